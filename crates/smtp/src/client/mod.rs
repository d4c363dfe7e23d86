//! The client's side of a session.
//!
//! [`Client`] takes octets and the time, and gives octets, events and a deadline. The loop that drives it stands in the
//! [crate's documentation](crate).

mod body;
mod config;
mod credentials;
mod dialogue;
mod event;
mod secure;
mod transaction;

use std::collections::VecDeque;
use std::time::Instant;

use bytes::{BufMut, Bytes, BytesMut};

use self::body::Body;
pub use self::config::{ClientConfig, StartTls};
pub use self::credentials::Credentials;
use self::credentials::Exchange;
pub use self::event::{
    ApiMisuse, CloseReason, Delivery, Envelope, Event, Report, SendError, Stage,
};
use self::transaction::Transaction;
use crate::sasl::NONCE_OCTETS;
use crate::tls::TlsInfo;
use crate::transcript::Transcript;
use crate::wire::capability::Capabilities;
use crate::wire::command::Command;
use crate::wire::reply::{Reply, ReplyClass, ReplyCode};
use crate::wire::reply_parser::ReplyParser;

/// The client's state machine, from the greeting to QUIT, for any number of messages one after another.
///
/// ```
/// use std::time::Instant;
/// use bytes::BytesMut;
/// use inreply_smtp::client::{Client, ClientConfig, Envelope, Event};
///
/// let now = Instant::now();
/// let mut client = Client::new(ClientConfig::new("client.example".parse().unwrap()), now);
/// let mut hear = |client: &mut Client, text: &str| client.handle_input(now, &mut BytesMut::from(text));
/// hear(&mut client, "220 mx.example ESMTP\r\n");
/// assert_eq!(client.poll_transmit().unwrap(), "EHLO client.example\r\n");
/// hear(&mut client, "250-mx.example\r\n250 PIPELINING\r\n");
/// assert!(matches!(client.poll_event(), Some(Event::Ready(capabilities)) if capabilities.pipelining));
///
/// let envelope = Envelope::new("<ann@example.com>".parse().unwrap()).to("<bob@example.net>".parse().unwrap());
/// client.send(now, envelope).unwrap();
/// assert_eq!(
///     client.poll_transmit().unwrap(),
///     "MAIL FROM:<ann@example.com>\r\nRCPT TO:<bob@example.net>\r\nDATA\r\n",
/// );
/// ```
pub struct Client {
    config: ClientConfig,
    parser: ReplyParser,
    capabilities: Capabilities,
    state: State,
    /// The message behind this one.
    next: Option<Transaction>,
    /// The commands whose replies are outstanding, in order.
    expected: VecDeque<Expected>,
    /// How many of them, counted from the back, nobody has polled yet: a reply to one of these is forged or out of step.
    unsent: usize,
    deadline: Instant,
    tls: Option<TlsInfo>,
    nonce: Option<[u8; NONCE_OCTETS]>,
    transmit: BytesMut,
    events: VecDeque<Event>,
    transcript: Option<Transcript>,
}

enum State {
    Opening,
    /// The connection belongs to the handshake.
    Handshake,
    Authenticating(Exchange),
    /// The server did not keep to its mechanism; its reply to `*` ends the session.
    Cancelling,
    Ready,
    Envelope(Transaction),
    Body(Transaction, Body),
    /// The message is sent, or there is none to send: replies are outstanding that end the transaction.
    Ending(Transaction),
    Quitting,
    Closed,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Expected {
    Greeting,
    Ehlo,
    Helo,
    StartTls,
    Auth,
    Mail,
    Rcpt(usize),
    Data,
    /// BDAT before the last.
    Chunk,
    EndOfData,
    Rset,
    Quit,
}

impl Expected {
    /// Which step of a transaction its reply decides.
    fn stage(self) -> Stage {
        match self {
            Self::Mail => Stage::Mail,
            Self::Rcpt(_) => Stage::Rcpt,
            Self::Data => Stage::Data,
            _ => Stage::Message,
        }
    }

    /// How a timeout names it.
    fn name(self) -> &'static str {
        match self {
            Self::Greeting => "the connection",
            Self::Ehlo => "EHLO",
            Self::Helo => "HELO",
            Self::StartTls => "STARTTLS",
            Self::Auth => "AUTH",
            Self::Chunk => "BDAT",
            Self::Mail => "MAIL",
            Self::Rcpt(_) => "RCPT",
            Self::Data => "DATA",
            Self::EndOfData => "the end of the message",
            Self::Rset => "RSET",
            Self::Quit => "QUIT",
        }
    }
}

impl Client {
    /// A session on a connection that was opened at `now`.
    pub fn new(config: ClientConfig, now: Instant) -> Self {
        let mut client = Self {
            parser: ReplyParser::new(config.max_reply_line, config.max_reply_lines),
            capabilities: Capabilities::default(),
            state: State::Opening,
            next: None,
            expected: VecDeque::from([Expected::Greeting]),
            unsent: 0,
            deadline: now + config.command_timeout,
            tls: None,
            nonce: None,
            transmit: BytesMut::new(),
            events: VecDeque::new(),
            transcript: config.transcript.then(Transcript::default),
            config,
        };
        client.at(now);
        client
    }

    /// A session over TLS from its first octet (RFC 8314 §3): [`Event::HandshakeWanted`] comes first.
    pub fn implicit_tls(config: ClientConfig, now: Instant) -> Self {
        let mut client = Self::new(config, now);
        client.state = State::Handshake;
        client.events.push_back(Event::HandshakeWanted);
        client
    }

    /// Takes whole replies off the front of `input` and leaves the rest.
    pub fn handle_input(&mut self, now: Instant, input: &mut BytesMut) {
        self.at(now);
        while !self.is_closed() {
            // Whoever writes behind the 220 to STARTTLS wants plain octets to be read as if they had come over TLS.
            if matches!(self.state, State::Handshake) {
                if input.is_empty() {
                    return;
                }
                self.close(CloseReason::LeftoverAfterStartTls);
                break;
            }
            match self.parser.next(input) {
                None => return,
                Some(Ok(reply)) => {
                    match &mut self.transcript {
                        Some(transcript) if reply.code() == ReplyCode::CONTINUE => {
                            transcript.redacted_server()
                        }
                        Some(transcript) => transcript.server(reply.to_string().as_bytes()),
                        None => {}
                    }
                    self.reply(now, reply);
                }
                Some(Err(error)) => self.close(error.into()),
            }
        }
        input.clear();
    }

    /// The server will send no more.
    pub fn handle_eof(&mut self, _now: Instant) {
        if !self.is_closed() {
            let quit = matches!(self.state, State::Quitting);
            self.close(if quit {
                CloseReason::Quit
            } else {
                CloseReason::Eof
            });
        }
    }

    /// The deadline of [`Client::poll_timeout`] has come; a call too early changes nothing.
    pub fn handle_timeout(&mut self, now: Instant) {
        if self.poll_timeout().is_some_and(|deadline| deadline <= now) {
            let late = self
                .expected
                .front()
                .map_or_else(|| late_caller(&self.state), |expected| expected.name());
            self.close(CloseReason::Timeout(late));
        }
    }

    /// Octets for the server, all that there are.
    pub fn poll_transmit(&mut self) -> Option<Bytes> {
        self.unsent = 0;
        (!self.transmit.is_empty()).then(|| self.transmit.split().freeze())
    }

    /// The next event.
    pub fn poll_event(&mut self) -> Option<Event> {
        self.events.pop_front()
    }

    /// When [`Client::handle_timeout`] is to be called; none while nothing is outstanding.
    pub fn poll_timeout(&self) -> Option<Instant> {
        match self.state {
            State::Closed | State::Ready => None,
            _ => Some(self.deadline),
        }
    }

    /// Says QUIT where the session is ready, and ends it at once elsewhere.
    pub fn quit(&mut self, now: Instant) {
        match self.state {
            State::Ready => {
                self.command(now, &Command::Quit, Expected::Quit);
                self.state = State::Quitting;
            }
            State::Closed | State::Quitting => {}
            _ => self.close(CloseReason::Quit),
        }
    }

    /// Whether [`Client::send`] may be called.
    pub fn is_ready(&self) -> bool {
        matches!(self.state, State::Ready)
    }

    /// Whether the session is over.
    pub fn is_closed(&self) -> bool {
        matches!(self.state, State::Closed)
    }

    /// What both sides have said so far, where the config asks for it.
    pub fn transcript(&self) -> Option<&Transcript> {
        self.transcript.as_ref()
    }

    /// The same, taken: what is said next begins an empty one. For sessions of many messages, each of which is logged.
    pub fn take_transcript(&mut self) -> Option<Transcript> {
        self.transcript.as_mut().map(std::mem::take)
    }

    fn reply(&mut self, now: Instant, reply: Reply) {
        let answered = self
            .expected
            .len()
            .checked_sub(self.unsent + 1)
            .and_then(|_| self.expected.pop_front());
        let Some(expected) = answered else {
            return self.close(match reply.code() {
                ReplyCode::UNAVAILABLE => CloseReason::Unavailable(reply),
                _ => CloseReason::UnexpectedReply(reply),
            });
        };
        self.deadline = now + self.patience();
        if reply.code() == ReplyCode::UNAVAILABLE && expected != Expected::Quit {
            self.decide(reply.clone(), expected.stage());
            return self.close(CloseReason::Unavailable(reply));
        }
        // An intermediate reply where none can be, or none where one has to be, leaves the two sides out of step.
        let intermediate = reply.code().class() == ReplyClass::PositiveIntermediate;
        let wanted = match expected {
            Expected::Data => reply.is_positive(),
            Expected::Auth => intermediate && matches!(self.state, State::Authenticating(_)),
            _ => false,
        };
        if intermediate != wanted {
            return self.close(CloseReason::UnexpectedReply(reply));
        }
        match expected {
            Expected::Greeting if reply.is_positive() => {
                self.command(
                    now,
                    &Command::Ehlo(self.config.name.clone()),
                    Expected::Ehlo,
                );
            }
            Expected::Ehlo | Expected::Helo if reply.is_positive() => {
                self.greeted(now, &reply);
            }
            Expected::StartTls => self.starttls_replied(now, reply),
            Expected::Auth if matches!(self.state, State::Cancelling) => {
                self.close(CloseReason::ServerNotGenuine);
            }
            Expected::Auth => self.auth_replied(now, reply),
            // RFC 5321 §3.2: a server without extensions answers EHLO so.
            Expected::Ehlo if reply.code().class() == ReplyClass::PermanentNegative => {
                self.command(
                    now,
                    &Command::Helo(self.config.name.clone()),
                    Expected::Helo,
                );
            }
            Expected::Greeting | Expected::Ehlo | Expected::Helo => {
                self.close(CloseReason::Refused(reply))
            }
            Expected::Mail if reply.is_positive() => self.advance(now),
            Expected::Rcpt(index) => {
                if let State::Envelope(transaction) = &mut self.state {
                    transaction.recipient_replied(index, reply);
                }
                self.advance(now);
            }
            Expected::Data if reply.is_positive() => self.begin_body(now),
            Expected::Chunk if reply.is_positive() => self.advance(now),
            Expected::Chunk => self.chunk_refused(now, reply),
            Expected::Mail | Expected::Data => {
                self.decide(reply, expected.stage());
                self.advance(now);
            }
            // What else is outstanding is of the next message.
            Expected::EndOfData => {
                self.decide(reply, expected.stage());
                self.finish(now);
            }
            Expected::Rset => self.advance(now),
            Expected::Quit => self.close(CloseReason::Quit),
        }
    }

    fn command(&mut self, now: Instant, command: &Command<'_>, expected: Expected) {
        let line = command.to_string();
        self.at(now);
        if let Some(transcript) = &mut self.transcript {
            transcript.client(line.as_bytes());
        }
        self.line(now, &line, expected);
    }

    /// Sends a line that the transcript has, or must not have.
    fn line(&mut self, now: Instant, line: &str, expected: Expected) {
        self.transmit.put_slice(line.as_bytes());
        self.transmit.put_slice(b"\r\n");
        self.expect(expected);
        self.deadline = now + self.patience();
    }

    /// What is noted from now on is noted at `now`.
    fn at(&mut self, now: Instant) {
        if let Some(transcript) = &mut self.transcript {
            transcript.at(now);
        }
    }

    fn expect(&mut self, expected: Expected) {
        self.expected.push_back(expected);
        self.unsent += 1;
    }

    /// How long the reply that comes next may take.
    fn patience(&self) -> std::time::Duration {
        match self.expected.front() {
            Some(Expected::Data) => self.config.data_timeout,
            Some(Expected::EndOfData) => self.config.verdict_timeout,
            Some(Expected::Quit) => self.config.quit_timeout,
            _ => self.config.command_timeout,
        }
    }

    fn close(&mut self, reason: CloseReason) {
        match std::mem::replace(&mut self.state, State::Closed) {
            State::Envelope(transaction)
            | State::Body(transaction, _)
            | State::Ending(transaction) => {
                self.events.push_back(Event::Finished(transaction.report()));
            }
            _ => {}
        }
        if let Some(next) = self.next.take() {
            self.events.push_back(Event::Finished(next.report()));
        }
        self.expected.clear();
        self.nonce = None;
        // Nobody can give a body or shake hands any more.
        self.events
            .retain(|event| !matches!(event, Event::BodyWanted | Event::HandshakeWanted));
        self.events.push_back(Event::Closed(reason));
    }
}

/// What a timeout names where no reply is outstanding.
fn late_caller(state: &State) -> &'static str {
    match state {
        State::Handshake => "the TLS handshake",
        _ => "the next piece of the message",
    }
}

/// What waits to be sent can be a password: it is not shown.
impl std::fmt::Debug for Client {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Client")
            .field("tls", &self.tls)
            .field("capabilities", &self.capabilities)
            .field("expected", &self.expected)
            .field("closed", &self.is_closed())
            .finish_non_exhaustive()
    }
}
