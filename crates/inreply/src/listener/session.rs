//! One connection: the driver's loop of `inreply-smtp` with a Tokio socket.

use std::future::Future;
use std::time::Instant;

use bytes::BytesMut;
use inreply_smtp::server::{AnswerError, Event, Server, ServerConfig, Ticket};
use inreply_smtp::wire::reply::Reply;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::time::{sleep_until, timeout, timeout_at};

use super::{Handler, WRITE_TIMEOUT, stopped};

/// The machine's own positive reply, or this one.
type Verdict = Result<(), Reply>;

/// Octets read ahead of the machine: behind them the socket is left alone, and TCP slows the peer down.
const READ_AHEAD: usize = 65_536;

pub(super) async fn run(
    mut stream: TcpStream,
    config: ServerConfig,
    mut handler: impl Handler,
    mut shutdown: watch::Receiver<bool>,
) {
    // Replies are written whole; waiting to fill a segment only delays them.
    let _ = stream.set_nodelay(true);
    let mut server = Server::new(config, Instant::now());
    let mut input = BytesMut::new();
    let (mut eof, mut stopping) = (false, false);
    loop {
        let flow = settle(&mut server, &mut stream, &mut input, &mut handler).await;
        if flow.is_err() || server.is_closed() {
            break;
        }
        let deadline = server.poll_timeout();
        tokio::select! {
            read = stream.read_buf(&mut input), if !eof && input.len() < READ_AHEAD => match read {
                Ok(0) => {
                    eof = true;
                    server.handle_eof(Instant::now());
                }
                Ok(_) => {}
                // A reset is an end of the input like any other; what was answered before stands.
                Err(_) => {
                    eof = true;
                    server.handle_eof(Instant::now());
                }
            },
            () = sleep_until(deadline.unwrap_or_else(Instant::now).into()), if deadline.is_some() => {
                server.handle_timeout(Instant::now());
            }
            () = stopped(&mut shutdown), if !stopping => {
                stopping = true;
                server.shutdown(Instant::now());
            }
        }
    }
    // Without this a close with unread input is a reset, which can overtake the last reply.
    let _ = timeout(WRITE_TIMEOUT, stream.shutdown()).await;
}

/// Drains the machine until nothing moves.
///
/// # Errors
/// Where the peer does not take what it is sent: the connection is dead.
async fn settle(
    server: &mut Server,
    stream: &mut TcpStream,
    input: &mut BytesMut,
    handler: &mut impl Handler,
) -> std::io::Result<()> {
    loop {
        let before = input.len();
        server.handle_input(Instant::now(), input);
        let mut moved = input.len() != before;
        while let Some(octets) = server.poll_transmit() {
            timeout(WRITE_TIMEOUT, stream.write_all(&octets)).await??;
            moved = true;
        }
        while let Some(event) = server.poll_event() {
            answer(server, event, handler).await;
            moved = true;
        }
        if !moved {
            return Ok(());
        }
    }
}

async fn answer(server: &mut Server, event: Event, handler: &mut impl Handler) {
    let (ticket, verdict) = match event {
        Event::Hello { ticket, name, .. } => (ticket, in_time(server, handler.hello(name)).await),
        Event::Mail {
            ticket,
            reverse_path,
            parameters,
        } => (
            ticket,
            in_time(server, handler.mail(reverse_path, parameters)).await,
        ),
        Event::Rcpt {
            ticket, forward_path, ..
        } => (ticket, in_time(server, handler.rcpt(forward_path)).await),
        Event::Data { ticket } => (ticket, in_time(server, handler.data()).await),
        Event::EndOfData { ticket, .. } => (
            ticket,
            in_time(server, async { Err(handler.message().await) }).await,
        ),
        Event::Body(octets) => return handler.body(octets).await,
        Event::TransactionAborted(reason) => return handler.aborted(reason),
        Event::Closed(reason) => return handler.closed(reason),
        _ => return,
    };
    let answered = match verdict {
        Some(Ok(())) => server.accept(Instant::now(), ticket),
        Some(Err(reply)) => server.answer(Instant::now(), ticket, reply),
        None => return expire(server, ticket),
    };
    match answered {
        Ok(()) | Err(AnswerError::TooLate) => {}
        Err(error) => tracing::error!(%error, "an answer was not taken"),
    }
}

/// The answer, none where the machine's deadline passed first.
async fn in_time(server: &Server, answer: impl Future<Output = Verdict>) -> Option<Verdict> {
    match server.poll_timeout() {
        Some(deadline) => timeout_at(deadline.into(), answer).await.ok(),
        None => Some(answer.await),
    }
}

/// Lets the machine answer a ticket that nobody will answer.
fn expire(server: &mut Server, ticket: Ticket) {
    drop(ticket);
    server.handle_timeout(Instant::now());
}
