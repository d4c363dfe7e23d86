//! One connection: the driver's loop of `inreply-smtp` with a Tokio socket.

use std::cell::RefCell;
use std::future::{Future, poll_fn};
use std::io;
use std::net::IpAddr;
use std::pin::pin;
use std::task::Poll;
use std::time::{Duration, Instant};

use bytes::BytesMut;
use inreply_smtp::sasl::Step;
use inreply_smtp::server::{AnswerError, Event, Server, Ticket};
use inreply_smtp::tls::SecureServer;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::task::coop::consume_budget;
use tokio::time::{sleep, timeout, timeout_at};

use super::{Handler, ListenerConfig, WRITE_TIMEOUT};

/// Octets of one read: an ordinary message comes in one.
const READ: usize = 32_768;

thread_local! {
    /// What is read stands here first, so that a session holds as many octets as wait in it: making room of this size for each
    /// command and giving it back was a tenth of the time outside the kernel.
    static SCRATCH: RefCell<Vec<u8>> = RefCell::new(vec![0; READ]);
}

/// The alarm of a session rings at least this often, so that few deadlines come before it.
pub(super) const ALARM: Duration = Duration::from_mins(1);

/// Octets read ahead of the machine: behind them the socket is left alone, and TCP slows the peer down.
const READ_AHEAD: usize = 65_536;

/// A machine and the policy of its connection.
pub(super) struct Session<H> {
    server: SecureServer,
    handler: H,
    reader: Reader,
    secured: bool,
    greeting_pause: Duration,
}

/// What was read and not taken.
struct Reader {
    input: BytesMut,
}

impl Reader {
    /// Reads what there is.
    async fn read(&mut self, stream: &TcpStream) -> io::Result<usize> {
        if self.input.is_empty() {
            // What it was part of is the machine's.
            self.input = BytesMut::new();
        }
        loop {
            stream.readable().await?;
            let read: io::Result<usize> = SCRATCH.with_borrow_mut(|scratch| {
                let octets = stream.try_read(scratch)?;
                self.input
                    .extend_from_slice(scratch.get(..octets).unwrap_or_default());
                Ok(octets)
            });
            match read {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                read => return read,
            }
        }
    }
}

impl<H: Handler> Session<H> {
    pub(super) fn new(config: &ListenerConfig, peer: IpAddr, handler: H) -> Self {
        let (machine, now) = (config.machine(peer), Instant::now());
        let machine = if config.implicit_tls {
            Server::implicit_tls(machine, now)
        } else {
            Server::new(machine, now)
        };
        Self {
            server: SecureServer::new(machine, config.tls.clone()),
            handler,
            reader: Reader {
                input: BytesMut::new(),
            },
            secured: false,
            // A TLS client speaks first, and so does a load balancer.
            greeting_pause: if config.implicit_tls || config.is_balancer(peer) {
                Duration::ZERO
            } else {
                config.greeting_pause
            },
        }
    }

    /// Serves the connection; `shutdown` resolves when it is to end at the next point where no message is lost.
    pub(super) async fn run(&mut self, mut stream: TcpStream, shutdown: impl Future<Output = ()>) {
        // Replies are written whole; waiting to fill a segment only delays them.
        let _ = stream.set_nodelay(true);
        let (mut eof, mut stopping) = (false, false);
        // While the client is watched the machine does not move. What it says meanwhile is read before the greeting
        // leaves, and ends the session.
        let mut watched = !self.greeting_pause.is_zero();
        let mut shutdown = pin!(shutdown);
        // One alarm for the whole session, set anew where it has rung or a deadline comes before it. Deadlines move with
        // every command, and setting a timer wakes the runtime.
        let mut alarm = pin!(sleep(self.greeting_pause));
        loop {
            if !watched {
                let flow = self.settle(&mut stream).await;
                if flow.is_err() || self.server.is_closed() {
                    break;
                }
                if let Some(deadline) = self.server.poll_timeout() {
                    let latest = Instant::now() + ALARM;
                    let next = deadline.min(latest).into();
                    if alarm.is_elapsed() || next < alarm.deadline() {
                        alarm.as_mut().reset(next);
                    }
                }
            }
            let room = self.reader.input.len() < READ_AHEAD;
            tokio::select! {
                read = self.reader.read(&stream), if !eof && room => {
                    // A reset is an end of the input like any other; what was answered before stands.
                    if !read.is_ok_and(|octets| octets > 0) {
                        eof = true;
                        self.server.handle_eof(Instant::now());
                    }
                }
                () = &mut alarm, if !alarm.is_elapsed() => {
                    if !watched {
                        self.server.handle_timeout(Instant::now());
                    }
                }
                () = &mut shutdown, if !stopping => {
                    stopping = true;
                    self.server.shutdown(Instant::now());
                }
            }
            watched = false;
        }
        if let Some(failure) = self.server.failure() {
            tracing::info!(peer = ?stream.peer_addr().ok(), %failure, "TLS failed");
        }
        // Without this a close with unread input is a reset, which can overtake the last reply.
        let _ = timeout(WRITE_TIMEOUT, stream.shutdown()).await;
    }

    /// Drains the machine until nothing moves. Each turn and each event costs some of the task's budget, which neither a socket that is
    /// ready nor an answer that is there does: the other sessions of the thread have their turns beside a client that never waits.
    ///
    /// # Errors
    /// Where the peer does not take what it is sent: the connection is dead.
    async fn settle(&mut self, stream: &mut TcpStream) -> io::Result<()> {
        loop {
            consume_budget().await;
            let before = self.reader.input.len();
            self.server
                .handle_input(Instant::now(), &mut self.reader.input);
            let mut moved = self.reader.input.len() != before;
            while let Some(octets) = self.server.poll_transmit() {
                write(stream, &octets).await?;
                moved = true;
            }
            if !self.secured && self.server.tls().is_some() {
                self.secured = true;
                if let Some(tls) = self.server.tls() {
                    self.handler.secured(tls);
                }
            }
            while let Some(event) = self.server.poll_event() {
                consume_budget().await;
                self.answer(event).await;
                moved = true;
            }
            if !moved {
                return Ok(());
            }
        }
    }

    async fn answer(&mut self, event: Event) {
        let Self {
            server, handler, ..
        } = self;
        let (ticket, verdict) = match event {
            Event::StartTls { ticket } => (ticket, Some(Ok(()))),
            Event::Proxied(header) => return handler.proxied(&header),
            Event::Xclient { ticket, attributes } => {
                (ticket, in_time(server, handler.xclient(attributes)).await)
            }
            Event::Auth { ticket, request } => {
                let step = in_time(server, handler.auth(request)).await;
                return done(step.map_or(Ok(()), |step| {
                    let now = Instant::now();
                    match step {
                        Step::Accept(_) => server.accept(now, ticket),
                        Step::Challenge(octets) => server.challenge(now, ticket, &octets),
                        Step::Refuse => server.refuse_credentials(now, ticket),
                    }
                }));
            }
            Event::Hello {
                ticket,
                name,
                extended,
            } => (ticket, in_time(server, handler.hello(name, extended)).await),
            Event::Mail {
                ticket,
                reverse_path,
                parameters,
            } => (
                ticket,
                in_time(server, handler.mail(reverse_path, parameters)).await,
            ),
            Event::Rcpt {
                ticket,
                forward_path,
                parameters,
            } => (
                ticket,
                in_time(server, handler.rcpt(forward_path, parameters)).await,
            ),
            Event::Data { ticket } => (ticket, in_time(server, handler.data()).await),
            Event::EndOfData {
                ticket, recipient, ..
            } => (
                ticket,
                in_time(server, async { Err(handler.message(recipient).await) }).await,
            ),
            Event::Body(octets) => return handler.body(octets).await,
            Event::TransactionAborted(reason) => return handler.aborted(reason),
            Event::Closed(reason) => return handler.closed(reason),
            _ => return,
        };
        done(match verdict {
            Some(Ok(())) => server.accept(Instant::now(), ticket),
            Some(Err(reply)) => server.answer(Instant::now(), ticket, reply),
            None => expire(server, ticket),
        });
    }
}

/// Sends octets. They nearly always go at once; a timer is made for those that do not.
async fn write(stream: &mut TcpStream, octets: &[u8]) -> io::Result<()> {
    let sent = match stream.try_write(octets) {
        Err(error) if error.kind() == io::ErrorKind::WouldBlock => 0,
        sent => sent?,
    };
    match octets.get(sent..) {
        None | Some([]) => Ok(()),
        Some(rest) => timeout(WRITE_TIMEOUT, stream.write_all(rest)).await?,
    }
}

/// The answer, none where the machine's deadline passed first. A timer is made for an answer that is not there at once.
async fn in_time<T>(server: &SecureServer, answer: impl Future<Output = T>) -> Option<T> {
    let mut answer = pin!(answer);
    if let Poll::Ready(answer) = poll_fn(|context| Poll::Ready(answer.as_mut().poll(context))).await
    {
        return Some(answer);
    }
    match server.poll_timeout() {
        Some(deadline) => timeout_at(deadline.into(), answer).await.ok(),
        None => Some(answer.await),
    }
}

/// Lets the machine answer a ticket that nobody will answer.
fn expire(server: &mut SecureServer, ticket: Ticket) -> Result<(), AnswerError> {
    drop(ticket);
    server.handle_timeout(Instant::now());
    Ok(())
}

fn done(answered: Result<(), AnswerError>) {
    match answered {
        Ok(()) | Err(AnswerError::TooLate) => {}
        Err(error) => tracing::error!(%error, "an answer was not taken"),
    }
}
