//! A server machine behind a script, and both machines behind a wire that can be cut at any octet.
// Each test binary uses its own part.
#![allow(dead_code)]
// A harness that cannot go on is a failed test.
#![allow(clippy::unwrap_used, clippy::panic)]

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use bytes::BytesMut;
use inreply_smtp::client::{self, Client, ClientConfig, Envelope};
use inreply_smtp::server::{Event, Server, ServerConfig, Ticket};
use inreply_smtp::wire::reply::{Reply, ReplyCode};

pub(crate) const NO_SUCH_MAILBOX: Reply =
    Reply::literal(ReplyCode::MAILBOX_UNAVAILABLE, (5, 1, 1), "No such mailbox");
pub(crate) const TRY_LATER: Reply = Reply::literal(ReplyCode::LOCAL_ERROR, (4, 3, 0), "Try again later");

pub(crate) fn config() -> ServerConfig {
    ServerConfig::new("mx.example".parse().unwrap())
}

/// A server whose embedder accepts everything but mailboxes that begin with `no`, in virtual time.
pub(crate) struct Session {
    pub(crate) server: Server,
    pub(crate) now: Instant,
    input: BytesMut,
    /// What the embedder was told, a line an event; the octets of a message are joined.
    pub(crate) log: Vec<String>,
    pub(crate) message: Vec<u8>,
    /// Tickets are kept here instead of being answered.
    pub(crate) hold: bool,
    pub(crate) held: VecDeque<Ticket>,
}

impl Session {
    pub(crate) fn new(config: ServerConfig) -> Self {
        let now = Instant::now();
        Self {
            server: Server::new(config, now),
            now,
            input: BytesMut::new(),
            log: Vec::new(),
            message: Vec::new(),
            hold: false,
            held: VecDeque::new(),
        }
    }

    /// A session behind its greeting and EHLO.
    pub(crate) fn greeted(config: ServerConfig) -> Self {
        let mut session = Self::new(config);
        session.drain();
        session.say("EHLO client.example\r\n");
        session
    }

    /// Sends octets in one piece and gives what comes back.
    pub(crate) fn say(&mut self, octets: impl AsRef<[u8]>) -> String {
        self.input.extend_from_slice(octets.as_ref());
        self.drain()
    }

    /// Sends octets one at a time and gives what comes back.
    pub(crate) fn trickle(&mut self, octets: impl AsRef<[u8]>) -> String {
        octets.as_ref().iter().map(|octet| self.say([*octet])).collect()
    }

    pub(crate) fn wait(&mut self, duration: Duration) -> String {
        self.now += duration;
        self.server.handle_timeout(self.now);
        self.drain()
    }

    /// The documented loop, without a socket.
    pub(crate) fn drain(&mut self) -> String {
        let mut replies = String::new();
        loop {
            let before = self.input.len();
            self.server.handle_input(self.now, &mut self.input);
            let mut idle = self.input.len() == before;
            while let Some(octets) = self.server.poll_transmit() {
                replies.push_str(std::str::from_utf8(&octets).unwrap());
                idle = false;
            }
            while let Some(event) = self.server.poll_event() {
                self.event(event);
                idle = false;
            }
            if idle {
                return replies;
            }
        }
    }

    fn event(&mut self, event: Event) {
        let (ticket, refused) = match event {
            Event::Hello {
                ticket,
                name,
                extended,
            } => {
                self.log.push(format!("hello {name} {extended}"));
                (ticket, None)
            }
            Event::Mail {
                ticket,
                reverse_path,
                parameters,
            } => {
                self.log.push(format!("mail {reverse_path}{parameters}"));
                (ticket, None)
            }
            Event::Rcpt { ticket, forward_path } => {
                self.log.push(format!("rcpt {forward_path}"));
                (
                    ticket,
                    forward_path
                        .to_string()
                        .starts_with("<no")
                        .then_some(NO_SUCH_MAILBOX),
                )
            }
            Event::Data { ticket } => {
                self.log.push("data".to_owned());
                self.message.clear();
                (ticket, None)
            }
            Event::Body(octets) => return self.message.extend_from_slice(&octets),
            Event::EndOfData {
                ticket,
                octets,
                normalized_line_ends,
            } => {
                self.log.push(format!(
                    "message {octets} {normalized_line_ends} {}",
                    self.message.escape_ascii()
                ));
                (ticket, None)
            }
            Event::TransactionAborted(reason) => return self.log.push(format!("aborted: {reason}")),
            Event::Closed(reason) => return self.log.push(format!("closed: {reason}")),
            other => panic!("{other:?}"),
        };
        match refused {
            _ if self.hold => self.held.push_back(ticket),
            Some(reply) => self.server.answer(self.now, ticket, reply).unwrap(),
            None => self.server.accept(self.now, ticket).unwrap(),
        }
    }
}

/// A client and a server joined by a wire that hands over `piece` octets at a time and breaks after `cut` octets.
pub(crate) struct Pair {
    pub(crate) session: Session,
    pub(crate) client: Client,
    pub(crate) piece: usize,
    /// Octets that still pass, both directions together.
    pub(crate) cut: usize,
    pub(crate) body: Vec<u8>,
    pub(crate) events: Vec<client::Event>,
    to_server: BytesMut,
    to_client: BytesMut,
    client_input: BytesMut,
}

impl Pair {
    pub(crate) fn new(config: ServerConfig, body: &[u8]) -> Self {
        let session = Session::new(config);
        let client = Client::new(
            ClientConfig::new("client.example".parse().unwrap()).transcript(true),
            session.now,
        );
        Self {
            client,
            session,
            piece: usize::MAX,
            cut: usize::MAX,
            body: body.to_vec(),
            events: Vec::new(),
            to_server: BytesMut::new(),
            to_client: BytesMut::new(),
            client_input: BytesMut::new(),
        }
    }

    /// Sends one message, says QUIT, and runs until nothing moves.
    pub(crate) fn run(&mut self, envelope: &Envelope) {
        let now = self.session.now;
        loop {
            while let Some(event) = self.client.poll_event() {
                match &event {
                    client::Event::Ready(_) => self.client.send(now, envelope.clone()).unwrap(),
                    client::Event::BodyWanted => {
                        for piece in self.body.chunks(self.piece.min(7)) {
                            self.client.write_body(now, piece).unwrap();
                        }
                        self.client.finish_body(now).unwrap();
                    }
                    client::Event::Finished(_) => self.client.quit(now),
                    _ => {}
                }
                self.events.push(event);
            }
            while let Some(octets) = self.client.poll_transmit() {
                self.to_server.extend_from_slice(&octets);
            }
            // The server's greeting comes before the first word of the client, as on a socket.
            let said = self.session.drain();
            self.to_client.extend_from_slice(said.as_bytes());
            let (mut moved, piece) = (false, self.piece);
            if let Some(octets) = pass(&mut self.to_server, piece, &mut self.cut) {
                let said = self.session.say(octets);
                self.to_client.extend_from_slice(said.as_bytes());
                moved = true;
            }
            if let Some(octets) = pass(&mut self.to_client, piece, &mut self.cut) {
                self.client_input.extend_from_slice(&octets);
                self.client.handle_input(now, &mut self.client_input);
                moved = true;
            }
            if !moved {
                break;
            }
        }
        self.client.handle_eof(now);
        self.session.server.handle_eof(now);
        self.session.drain();
        self.events
            .extend(std::iter::from_fn(|| self.client.poll_event()));
    }

    pub(crate) fn results(&self) -> Vec<client::Delivery> {
        let reports = self.events.iter().filter_map(|event| match event {
            client::Event::Finished(report) => Some(report.results().to_vec()),
            _ => None,
        });
        reports.flatten().collect()
    }
}

fn pass(wire: &mut BytesMut, piece: usize, cut: &mut usize) -> Option<BytesMut> {
    let octets = wire.len().min(piece).min(*cut);
    *cut -= octets;
    (octets > 0).then(|| wire.split_to(octets))
}
