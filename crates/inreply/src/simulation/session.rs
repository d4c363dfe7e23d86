//! One connection to the simulated relay: the driver's loop of `inreply-smtp`, which may fall silent or break off.

use std::sync::Arc;
use std::time::Instant;

use bytes::BytesMut;
use inreply_smtp::server::{Event, Server, ServerConfig, Ticket};
use inreply_smtp::wire::path::{ForwardPath, ReversePath};
use inreply_smtp::wire::reply::{Reply, ReplyCode};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::{sleep, sleep_until};

use super::words::{Word, reply};
use super::{Accepted, State};

const OK: Reply = Reply::literal(ReplyCode::OK, (2, 0, 0), "Ok: taken");
const GREYLISTED: Reply =
    Reply::literal(ReplyCode::LOCAL_ERROR, (4, 7, 1), "Greylisted, try again");
const ENOUGH: Reply = Reply::literal(
    ReplyCode::UNAVAILABLE,
    (4, 3, 2),
    "Enough messages for one connection",
);

/// Room made for a read, in octets.
const READ: usize = 16_384;

/// The connection breaks off, as asked.
pub(super) struct BrokenOff;

pub(super) struct Session {
    state: Arc<State>,
    connection: u64,
    server: Server,
    taken: u32,
    reverse_path: ReversePath<'static>,
    recipients: Vec<ForwardPath<'static>>,
    message: BytesMut,
    /// What the recipients ask of the whole message; the first one counts.
    word: Word,
}

impl Session {
    pub(super) fn new(state: Arc<State>, connection: u64, config: Arc<ServerConfig>) -> Self {
        Self {
            state,
            connection,
            server: Server::new(config, Instant::now()),
            taken: 0,
            reverse_path: ReversePath::Null,
            recipients: Vec::new(),
            message: BytesMut::new(),
            word: Word::Take,
        }
    }

    /// Serves until one of the two has had enough.
    pub(super) async fn run(&mut self, mut stream: TcpStream) -> Result<(), BrokenOff> {
        let _ = stream.set_nodelay(true);
        let mut input = BytesMut::new();
        let gone = |_| BrokenOff;
        loop {
            loop {
                let before = input.len();
                self.server.handle_input(Instant::now(), &mut input);
                let mut moved = input.len() != before;
                while let Some(octets) = self.server.poll_transmit() {
                    stream.write_all(&octets).await.map_err(gone)?;
                    moved = true;
                }
                while let Some(event) = self.server.poll_event() {
                    self.answer(event).await?;
                    moved = true;
                }
                if !moved {
                    break;
                }
            }
            if self.server.is_closed() {
                return stream.shutdown().await.map_err(gone);
            }
            let deadline = self.server.poll_timeout();
            input.reserve(READ);
            tokio::select! {
                read = stream.read_buf(&mut input) => match read {
                    Ok(0) | Err(_) => self.server.handle_eof(Instant::now()),
                    Ok(_) => {}
                },
                () = sleep_until(deadline.unwrap_or_else(Instant::now).into()), if deadline.is_some() => {
                    self.server.handle_timeout(Instant::now());
                }
            }
        }
    }

    async fn answer(&mut self, event: Event) -> Result<(), BrokenOff> {
        let (ticket, answer) = match event {
            Event::Hello { ticket, .. } | Event::Data { ticket } => (ticket, Ok(())),
            Event::Mail {
                ticket,
                reverse_path,
                ..
            } => (ticket, self.mail(reverse_path)),
            Event::Rcpt {
                ticket,
                forward_path,
                ..
            } => (ticket, self.recipient(forward_path).await?),
            Event::Body(octets) => {
                if self.word == Word::DropWithin {
                    return Err(BrokenOff);
                }
                self.message.extend_from_slice(&octets);
                return Ok(());
            }
            Event::EndOfData { ticket, .. } => (ticket, Err(self.end().await?)),
            Event::TransactionAborted(_) => {
                self.forget();
                return Ok(());
            }
            _ => return Ok(()),
        };
        self.give(ticket, answer);
        Ok(())
    }

    /// An answer that comes too late is the machine's, which has given its own.
    fn give(&mut self, ticket: Ticket, answer: Result<(), Reply>) {
        let now = Instant::now();
        let _ = match answer {
            Ok(()) => self.server.accept(now, ticket),
            Err(reply) => self.server.answer(now, ticket, reply),
        };
    }

    fn mail(&mut self, reverse_path: ReversePath<'static>) -> Result<(), Reply> {
        self.forget();
        if (self.state.script().max_messages).is_some_and(|most| self.taken >= most) {
            return Err(ENOUGH);
        }
        let word = (reverse_path.mailbox()).map(|mailbox| Word::of(mailbox.local_part()));
        self.reverse_path = reverse_path;
        match word {
            Some(Word::Refuse(code)) => Err(reply(code)),
            _ => Ok(()),
        }
    }

    async fn recipient(
        &mut self,
        forward_path: ForwardPath<'static>,
    ) -> Result<Result<(), Reply>, BrokenOff> {
        let mailbox = forward_path.mailbox();
        let word = mailbox.map_or(Word::Take, |mailbox| Word::of(mailbox.local_part()));
        match word {
            Word::Take => {}
            Word::Drop => return Err(BrokenOff),
            Word::Refuse(code) => return Ok(Err(reply(code))),
            Word::Greylist(times) if self.state.count(&forward_path) <= times => {
                return Ok(Err(GREYLISTED));
            }
            Word::Greylist(_) => {}
            Word::Slow(duration) => sleep(duration).await,
            word if self.word == Word::Take => self.word = word,
            _ => {}
        }
        self.recipients.push(forward_path);
        Ok(Ok(()))
    }

    async fn end(&mut self) -> Result<Reply, BrokenOff> {
        match self.word {
            Word::RefuseMessage(code) => {
                self.forget();
                return Ok(reply(code));
            }
            Word::SlowMessage(duration) => sleep(duration).await,
            _ => {}
        }
        self.taken += 1;
        let broken_off = self.word == Word::DropBehind;
        self.state.accept(Accepted {
            connection: self.connection,
            reverse_path: std::mem::replace(&mut self.reverse_path, ReversePath::Null),
            recipients: std::mem::take(&mut self.recipients),
            message: std::mem::take(&mut self.message).freeze(),
        });
        self.forget();
        if broken_off { Err(BrokenOff) } else { Ok(OK) }
    }

    fn forget(&mut self) {
        self.reverse_path = ReversePath::Null;
        self.recipients.clear();
        self.message.clear();
        self.word = Word::Take;
    }
}
