//! The server's side of a session.
//!
//! [`Server`] takes octets and the time, and gives octets, events and a deadline. The loop that drives it stands in the
//! [crate's documentation](crate).

mod auth;
mod commands;
mod config;
mod event;
mod message;
mod pipeline;
mod secure;
mod texts;
mod transaction;

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use bytes::{Bytes, BytesMut};

use self::auth::{Exchange, MAX_AUTH_LINE};
pub use self::config::ServerConfig;
pub use self::event::{
    AbortReason, AnswerError, ApiMisuse, AuthRequest, CloseReason, Event, Ticket,
};
use self::message::{Reception, Skip};
use self::pipeline::{Asked, Pipeline};
use self::transaction::Transaction;
use crate::tls::TlsInfo;
use crate::transcript::Transcript;
use crate::wire::line::{Frame, LineFramer};
use crate::wire::reply::{Reply, ReplyClass, ReplyCode, ReplyText};

/// Tells the tickets of one session from those of another.
static SESSIONS: AtomicU64 = AtomicU64::new(0);

/// The server's state machine, from the greeting to the close.
///
/// ```
/// use std::time::Instant;
/// use bytes::BytesMut;
/// use inreply_smtp::server::{Event, Server, ServerConfig};
///
/// let now = Instant::now();
/// let mut server = Server::new(ServerConfig::new("mx.example".parse().unwrap()), now);
/// assert_eq!(server.poll_transmit().unwrap(), "220 mx.example ESMTP\r\n");
///
/// let mut input = BytesMut::from("HELO client.example\r\n");
/// server.handle_input(now, &mut input);
/// let Some(Event::Hello { ticket, name, .. }) = server.poll_event() else { panic!() };
/// assert_eq!(name.as_str(), "client.example");
/// server.accept(now, ticket).unwrap();
/// assert_eq!(server.poll_transmit().unwrap(), "250 mx.example\r\n");
/// ```
pub struct Server {
    config: Arc<ServerConfig>,
    session: u64,
    framer: LineFramer,
    pipeline: Pipeline,
    /// A command that has to wait until the pipeline is empty.
    waiting_line: Option<Bytes>,
    turn: Turn,
    tls: Option<TlsInfo>,
    /// The greeting is owed behind the handshake.
    implicit_tls: bool,
    greeted: bool,
    authenticated: bool,
    exchange: Option<Exchange>,
    /// An AUTH command was the last word, and what follows may be a response.
    stray_responses: bool,
    transaction: Option<Transaction>,
    reception: Option<Reception>,
    skip: Option<Skip>,
    errors: u32,
    idle_commands: u32,
    idle_deadline: Instant,
    eof: bool,
    shutting_down: bool,
    closed: bool,
    transmit: BytesMut,
    events: VecDeque<Event>,
    transcript: Option<Transcript>,
}

/// Whose turn it is at the points where the client must wait (RFC 2920 §3.1).
#[derive(Debug)]
enum Turn {
    /// The client may speak.
    Client,
    /// The embedder is thinking about EHLO or DATA.
    Embedder,
    /// The embedder is thinking about STARTTLS: what comes in is thrown away (RFC 3207 §4.2).
    EmbedderTls,
    /// The connection belongs to the handshake.
    Handshake,
    /// A trusted peer says first whom it speaks for.
    Proxy,
    /// The reply is ready and nobody has polled it.
    Transmit(Reply),
    /// The reply to STARTTLS is.
    TransmitTls(Reply),
}

impl Turn {
    fn is_clients(&self) -> bool {
        matches!(self, Self::Client | Self::Handshake | Self::Proxy)
    }
}

impl Server {
    /// A session that begins at `now`; its greeting waits in [`Server::poll_transmit`], behind the PROXY header where one is
    /// expected.
    ///
    /// Sessions of one listener share one config: give a clone of its [`Arc`].
    pub fn new(config: impl Into<Arc<ServerConfig>>, now: Instant) -> Self {
        let config = config.into();
        let mut server = Self {
            session: SESSIONS.fetch_add(1, Ordering::Relaxed),
            framer: LineFramer::new(match config.auth.is_empty() {
                true => config.max_line,
                false => config.max_line.max(MAX_AUTH_LINE),
            }),
            pipeline: Pipeline::default(),
            waiting_line: None,
            turn: Turn::Proxy,
            tls: None,
            implicit_tls: false,
            greeted: false,
            authenticated: false,
            exchange: None,
            stray_responses: false,
            transaction: None,
            reception: None,
            skip: None,
            errors: 0,
            idle_commands: 0,
            idle_deadline: now + config.command_timeout,
            eof: false,
            shutting_down: false,
            closed: false,
            transmit: BytesMut::new(),
            events: VecDeque::new(),
            transcript: config.transcript.then(Transcript::default),
            config,
        };
        server.at(now);
        if !server.config.expect_proxy {
            server.turn = Turn::Transmit(server.greeting());
        }
        server
    }

    /// A session over TLS from its first octet (RFC 8314 §3): [`Event::HandshakeWanted`] comes first, behind the PROXY header
    /// where one is expected, and the greeting behind the handshake.
    pub fn implicit_tls(config: impl Into<Arc<ServerConfig>>, now: Instant) -> Self {
        let mut server = Self::new(config, now);
        server.implicit_tls = true;
        if !server.config.expect_proxy {
            server.idle_deadline = now + server.config.handshake_timeout;
            server.forget();
        }
        server
    }

    fn greeting(&self) -> Reply {
        let protocol = if self.config.lmtp { "LMTP" } else { "ESMTP" };
        let text = format!("{} {protocol}", self.config.domain);
        Reply::new(ReplyCode::READY, None, ReplyText::lossy(&text))
    }

    /// Takes from the front of `input` what it can act on and leaves the rest.
    ///
    /// Call it with what was read, and again with what is left, even nothing, after each answer and each polled event.
    pub fn handle_input(&mut self, now: Instant, input: &mut BytesMut) {
        self.at(now);
        while !self.closed {
            let progress = match self.turn {
                Turn::Client if self.skip.is_some() => self.throw_away(now, input),
                Turn::Client if self.reception.is_some() => self.receive(now, input),
                Turn::Client => self.next_command(now, input),
                Turn::Proxy => self.proxy_header(input),
                Turn::EmbedderTls | Turn::TransmitTls(_) | Turn::Handshake => {
                    input.clear();
                    false
                }
                Turn::Embedder | Turn::Transmit(_) => {
                    if !input.is_empty() {
                        self.early_talk();
                    }
                    false
                }
            };
            if !progress {
                break;
            }
        }
        if self.closed {
            input.clear();
        } else if self.eof {
            self.close_if_starved();
        }
    }

    /// The client will send no more. What it asked before is still answered: go on calling
    /// [`Server::handle_input`] with what is left.
    pub fn handle_eof(&mut self, _now: Instant) {
        self.eof = true;
        if !self.closed {
            self.close_if_starved();
        }
    }

    /// A deadline of [`Server::poll_timeout`] has come; a call too early changes nothing.
    pub fn handle_timeout(&mut self, now: Instant) {
        if self.closed {
            return;
        }
        self.at(now);
        let verdict_open = self.pipeline.waits_for_verdict();
        if self.pipeline.expire(now, &texts::ANSWER_TIMEOUT) {
            if verdict_open {
                self.events
                    .push_back(Event::TransactionAborted(AbortReason::VerdictTimeout));
            }
            self.settle(now);
        }
        if self
            .client_deadline()
            .is_some_and(|deadline| deadline <= now)
        {
            self.last_word(&texts::TIMEOUT);
            self.close(CloseReason::Timeout);
        }
    }

    /// Octets for the client, all that there are.
    pub fn poll_transmit(&mut self) -> Option<Bytes> {
        match std::mem::replace(&mut self.turn, Turn::Client) {
            Turn::Transmit(reply) => self.send(&reply),
            Turn::TransmitTls(reply) => {
                self.send(&reply);
                if reply.is_positive() {
                    self.forget();
                }
            }
            turn => self.turn = turn,
        }
        (!self.transmit.is_empty()).then(|| self.transmit.split().freeze())
    }

    /// The next event.
    pub fn poll_event(&mut self) -> Option<Event> {
        let event = self.events.pop_front()?;
        if let (Event::Body(octets), Some(reception)) = (&event, &mut self.reception) {
            reception.polled(octets.len());
        }
        Some(event)
    }

    /// When [`Server::handle_timeout`] is to be called; none once the session is closed.
    pub fn poll_timeout(&self) -> Option<Instant> {
        if self.closed {
            return None;
        }
        [self.pipeline.next_deadline(), self.client_deadline()]
            .into_iter()
            .flatten()
            .min()
    }

    /// Refuses the credentials of [`Event::Auth`], with `535 5.7.8`.
    ///
    /// # Errors
    /// As [`Server::answer`].
    pub fn refuse_credentials(&mut self, now: Instant, ticket: Ticket) -> Result<(), AnswerError> {
        self.answer(now, ticket, texts::UNKNOWN_CREDENTIALS)
    }

    /// Answers a ticket with the machine's own positive reply.
    ///
    /// # Errors
    /// As [`Server::answer`].
    pub fn accept(&mut self, now: Instant, ticket: Ticket) -> Result<(), AnswerError> {
        let reply = match self.asked(&ticket)? {
            Asked::Mail => texts::SENDER_OK,
            Asked::Rcpt => texts::RECIPIENT_OK,
            Asked::Auth => texts::AUTHENTICATED,
            Asked::StartTls => texts::READY_FOR_TLS,
            _ => texts::OK,
        };
        self.answer(now, ticket, reply)
    }

    /// Answers a ticket: a 2yz reply accepts, a 4yz or 5yz reply refuses, 421 also closes the session.
    ///
    /// # Errors
    /// [`AnswerError::TooLate`] where the ticket's deadline passed or the session ended;
    /// [`AnswerError::ApiMisuse`] for a ticket of another session or a 3yz reply.
    pub fn answer(
        &mut self,
        now: Instant,
        ticket: Ticket,
        reply: Reply,
    ) -> Result<(), AnswerError> {
        self.at(now);
        self.asked(&ticket)?;
        if reply.code().class() == ReplyClass::PositiveIntermediate {
            return Err(ApiMisuse::IntermediateAnswer.into());
        }
        self.pipeline.answer(ticket.number, reply);
        self.settle(now);
        Ok(())
    }

    /// Ends the session at the next point where no message is lost: at once where the client is idle, behind the open
    /// transaction's end of DATA where a message is coming in.
    pub fn shutdown(&mut self, now: Instant) {
        self.at(now);
        self.shutting_down = true;
        self.settle(now);
    }

    /// Whether the session is over. What [`Server::poll_transmit`] and [`Server::poll_event`] hold is still good.
    pub fn is_closed(&self) -> bool {
        self.closed
    }

    /// What both sides have said so far, where the config asks for it.
    pub fn transcript(&self) -> Option<&Transcript> {
        self.transcript.as_ref()
    }

    fn asked(&self, ticket: &Ticket) -> Result<Asked, AnswerError> {
        if ticket.session != self.session {
            return Err(ApiMisuse::ForeignTicket.into());
        }
        self.pipeline
            .asked(ticket.number)
            .ok_or(AnswerError::TooLate)
    }

    /// Takes the next command; whether there was one to take.
    fn next_command(&mut self, now: Instant, input: &mut BytesMut) -> bool {
        if self.waiting_line.is_some()
            || self.pipeline.len() >= self.config.max_pipelined
            || self.pipeline.blocks_input()
        {
            return false;
        }
        if self.exchange.is_some() {
            return self.auth_line(now, input);
        }
        match self.framer.next(input) {
            None => return false,
            Some(Frame::TooLong) => self.pipeline.push(texts::LINE_TOO_LONG),
            Some(Frame::Endless) => {
                self.send(&texts::LINE_TOO_LONG);
                self.close(CloseReason::EndlessLine);
            }
            Some(Frame::Line(line)) => self.command(now, &line),
        }
        self.settle(now);
        true
    }

    /// Lets the replies leave that may, in order, and does what each of them decides.
    fn settle(&mut self, now: Instant) {
        while !self.closed {
            let Some((asked, reply)) = self.pipeline.pop() else {
                if self.pipeline.is_empty()
                    && let Some(line) = self.waiting_line.take()
                {
                    self.command(now, &line);
                    continue;
                }
                break;
            };
            self.idle_deadline = now + self.config.command_timeout;
            self.settle_one(now, asked, reply);
        }
        let idle = self.pipeline.is_empty() && self.transaction.is_none() && self.skip.is_none();
        if self.shutting_down && !self.closed && idle {
            self.last_word(&texts::SHUTDOWN);
            self.close(CloseReason::Shutdown);
        }
    }

    fn settle_one(&mut self, now: Instant, asked: Asked, reply: Reply) {
        let reply = if asked == Asked::Rcpt
            && !self.transaction.as_ref().is_some_and(|open| open.accepted)
        {
            texts::MAIL_FIRST
        } else {
            reply
        };
        if !reply.is_positive() {
            self.errors += 1;
            if self.errors >= self.config.max_errors && reply.code() != ReplyCode::UNAVAILABLE {
                self.send(&texts::TOO_MANY_ERRORS);
                return self.close(CloseReason::TooManyErrors);
            }
        }
        if reply.code() == ReplyCode::UNAVAILABLE {
            self.send(&reply);
            return self.close(match asked {
                Asked::Close(reason) => reason,
                _ => CloseReason::Refused,
            });
        }
        let positive = reply.is_positive();
        match asked {
            Asked::Nothing => self.send(&reply),
            Asked::Close(reason) => {
                self.send(&reply);
                self.close(reason);
            }
            Asked::Auth => self.auth_answered(&reply),
            Asked::Chunk { octets, last } => self.first_chunk(now, octets, last, reply),
            Asked::StartTls => self.starttls_answered(now, reply),
            Asked::Xclient => self.xclient_answered(reply),
            Asked::Hello { extended } => {
                self.greeted = positive;
                self.turn = Turn::Transmit(if positive {
                    self.hello_reply(extended)
                } else {
                    reply
                });
            }
            Asked::Mail => {
                if positive {
                    self.transaction.get_or_insert_default().accepted = true;
                } else {
                    self.transaction = None;
                }
                self.send(&reply);
            }
            Asked::Rcpt => {
                if let Some(transaction) = self.transaction.as_mut().filter(|_| positive) {
                    transaction.recipients += 1;
                }
                self.send(&reply);
            }
            Asked::Data if positive => {
                self.reception = Some(Reception::of_data(&self.config, now));
                self.turn = Turn::Transmit(texts::START_MESSAGE);
            }
            Asked::Data => self.turn = Turn::Transmit(reply),
            Asked::EndOfData => {
                if !self.pipeline.waits_for_verdict() {
                    self.transaction = None;
                }
                if positive {
                    (self.errors, self.idle_commands) = (0, 0);
                }
                self.send(&reply);
            }
        }
    }

    fn early_talk(&mut self) {
        self.pipeline.clear();
        self.turn = Turn::Client;
        self.send(&texts::EARLY_TALK);
        self.close(CloseReason::EarlyTalk);
    }

    fn send(&mut self, reply: &Reply) {
        let start = self.transmit.len();
        reply.write(&mut self.transmit);
        match (&mut self.transcript, self.transmit.get(start..)) {
            (Some(transcript), Some(_)) if reply.code() == ReplyCode::CONTINUE => {
                transcript.redacted_server()
            }
            (Some(transcript), Some(sent)) => transcript.server(sent),
            _ => {}
        }
    }

    /// Sends a reply that ends the session, unless the connection belongs to a handshake and plain octets would spoil it.
    fn last_word(&mut self, reply: &Reply) {
        match std::mem::replace(&mut self.turn, Turn::Client) {
            Turn::Handshake | Turn::Proxy => {}
            Turn::TransmitTls(unsent) if !unsent.is_positive() => {
                self.send(&unsent);
                self.send(reply);
            }
            _ => self.send(reply),
        }
    }

    /// What is noted from now on is noted at `now`.
    fn at(&mut self, now: Instant) {
        if let Some(transcript) = &mut self.transcript {
            transcript.at(now);
        }
    }

    fn close(&mut self, reason: CloseReason) {
        let given_up = if reason == CloseReason::Quit {
            AbortReason::Client
        } else {
            AbortReason::Closed
        };
        self.abort(given_up);
        self.pipeline.clear();
        self.waiting_line = None;
        self.exchange = None;
        self.skip = None;
        self.turn = Turn::Client;
        self.closed = true;
        // Nobody can answer these any more, or shake hands.
        self.events
            .retain(|event| !event.has_ticket() && !matches!(event, Event::HandshakeWanted));
        self.events.push_back(Event::Closed(reason));
    }

    /// Forgets the transaction, and says so where the embedder knows of one.
    fn abort(&mut self, reason: AbortReason) {
        let told = self
            .reception
            .take()
            .is_some_and(|reception| reception.is_refused());
        if self.transaction.take().is_some() && !told {
            self.events.push_back(Event::TransactionAborted(reason));
        }
    }

    /// When the client has to have spoken; none while it waits for us.
    fn client_deadline(&self) -> Option<Instant> {
        match &self.reception {
            _ if !self.pipeline.is_empty() => None,
            Some(reception) => Some(reception.deadline()),
            None => Some(self.idle_deadline),
        }
    }
}

/// A line that waits can be an AUTH command, and a line of an exchange a password: neither is shown.
impl std::fmt::Debug for Server {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Server")
            .field("session", &self.session)
            .field("tls", &self.tls)
            .field("greeted", &self.greeted)
            .field("authenticated", &self.authenticated)
            .field("transaction", &self.transaction)
            .field("errors", &self.errors)
            .field("closed", &self.closed)
            .finish_non_exhaustive()
    }
}
