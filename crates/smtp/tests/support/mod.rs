//! A server machine behind a script, and both machines behind a wire that can be cut at any octet.
// Each test binary uses its own part.
#![allow(dead_code)]
// A harness that cannot go on is a failed test.
#![allow(clippy::unwrap_used, clippy::panic)]

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use bytes::BytesMut;
use inreply_smtp::client::{self, Client, ClientConfig, Envelope};
use inreply_smtp::sasl::{Credential, NONCE_OCTETS, Step, Verifier};
use inreply_smtp::secret::Secret;
use inreply_smtp::server::{AuthRequest, Event, Server, ServerConfig, Ticket};
use inreply_smtp::tls::TlsInfo;
use inreply_smtp::wire::reply::{Reply, ReplyCode};

pub(crate) const NO_SUCH_MAILBOX: Reply =
    Reply::literal(ReplyCode::MAILBOX_UNAVAILABLE, (5, 1, 1), "No such mailbox");
pub(crate) const TRY_LATER: Reply =
    Reply::literal(ReplyCode::LOCAL_ERROR, (4, 3, 0), "Try again later");

/// The password of the user `ann`.
pub(crate) const PASSWORD: &str = "correct horse battery staple";
/// The token that is accepted.
pub(crate) const TOKEN: &str = "ya29.vF9dft4qmTc2Nvb3RlckBhdHRhdmlzdGEuY29tCg";

pub(crate) fn tls_info() -> TlsInfo {
    TlsInfo::new("TLSv1.3", "TLS_AES_256_GCM_SHA384")
}

pub(crate) fn client_config() -> ClientConfig {
    ClientConfig::new("client.example".parse().unwrap())
}

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
    verifier: Option<Verifier>,
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
            verifier: None,
        }
    }

    /// Ends the handshake that the server waits for.
    pub(crate) fn start_tls(&mut self) {
        self.server.tls_started(self.now, tls_info()).unwrap();
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
        octets
            .as_ref()
            .iter()
            .map(|octet| self.say([*octet]))
            .collect()
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

    fn auth(&mut self, ticket: Ticket, request: AuthRequest) {
        let verifier = self
            .verifier
            .get_or_insert_with(|| Verifier::new("mx.example".parse().unwrap(), [7; NONCE_OCTETS]));
        if let AuthRequest::Token { user, token } = &request {
            self.log.push(format!("token of {user}"));
            return match token.expose() == TOKEN.as_bytes() {
                true => self.server.accept(self.now, ticket).unwrap(),
                false => self.server.refuse_credentials(self.now, ticket).unwrap(),
            };
        }
        let step = verifier.step(request, |user| {
            (user == "ann").then(|| Credential::Password(Secret::new(PASSWORD)))
        });
        match step {
            Step::Challenge(octets) => {
                return self.server.challenge(self.now, ticket, &octets).unwrap();
            }
            Step::Accept(user) => {
                self.log.push(format!("authenticated {user}"));
                self.server.accept(self.now, ticket).unwrap();
            }
            Step::Refuse => self.server.refuse_credentials(self.now, ticket).unwrap(),
        }
        self.verifier = None;
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
            Event::Rcpt {
                ticket,
                forward_path,
                parameters,
            } => {
                self.log.push(format!("rcpt {forward_path}{parameters}"));
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
                recipient,
                octets,
                normalized_line_ends,
            } => {
                let number = recipient.map_or_else(String::new, |number| format!(" for {number}"));
                self.log.push(format!(
                    "message{number} {octets} {normalized_line_ends} {}",
                    self.message.escape_ascii()
                ));
                (ticket, None)
            }
            Event::StartTls { ticket } => (ticket, None),
            Event::HandshakeWanted => return self.log.push("handshake".to_owned()),
            Event::Xclient { ticket, attributes } => {
                self.log.push(format!("xclient {attributes}"));
                (ticket, None)
            }
            Event::Proxied(header) => {
                return self.log.push(format!("proxied {:?}", header.source()));
            }
            Event::Auth { ticket, request } if self.hold => {
                self.log.push(format!("auth {request:?}"));
                (ticket, None)
            }
            Event::Auth { ticket, request } => return self.auth(ticket, request),
            Event::TransactionAborted(reason) => {
                return self.log.push(format!("aborted: {reason}"));
            }
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
    /// A second message with the same body, told of while the first is written.
    pub(crate) next: Option<Envelope>,
    pub(crate) events: Vec<client::Event>,
    to_server: BytesMut,
    to_client: BytesMut,
    client_input: BytesMut,
}

impl Pair {
    pub(crate) fn new(config: ServerConfig, body: &[u8]) -> Self {
        Self::with_client(config, client_config(), body)
    }

    pub(crate) fn with_client(config: ServerConfig, client: ClientConfig, body: &[u8]) -> Self {
        let session = Session::new(config);
        let mut client = Client::new(client.transcript(true), session.now);
        client.set_nonce([9; NONCE_OCTETS]);
        Self {
            client,
            session,
            piece: usize::MAX,
            cut: usize::MAX,
            body: body.to_vec(),
            next: None,
            events: Vec::new(),
            to_server: BytesMut::new(),
            to_client: BytesMut::new(),
            client_input: BytesMut::new(),
        }
    }

    /// Sends one message or two, says QUIT, and runs until nothing moves.
    pub(crate) fn run(&mut self, envelope: &Envelope) {
        let now = self.session.now;
        loop {
            while let Some(event) = self.client.poll_event() {
                match &event {
                    client::Event::Ready(_) => self.client.send(now, envelope.clone()).unwrap(),
                    client::Event::BodyWanted => {
                        if let Some(next) = self.next.take() {
                            self.client.send_next(next).unwrap();
                        }
                        for piece in self.body.chunks(self.piece.clamp(7, 1_000)) {
                            self.client.write_body(now, piece).unwrap();
                        }
                        self.client.finish_body(now).unwrap();
                    }
                    client::Event::Finished(_) if self.client.is_ready() => self.client.quit(now),
                    client::Event::HandshakeWanted => {
                        // The handshake itself is somebody else's: here it takes no octets.
                        self.session.start_tls();
                        self.client.tls_started(now, tls_info()).unwrap();
                    }
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

/// Lines that begin with `C: ` are said one after another, what comes back is compared with the `S: ` lines behind.
pub(crate) fn dialogue(session: &mut Session, script: &str) {
    let mut lines = script
        .lines()
        .map(str::trim_start)
        .filter(|line| !line.is_empty())
        .peekable();
    let mut said = session.drain();
    while lines.peek().is_some() {
        let mut expected = String::new();
        while let Some(line) = lines.next_if(|line| line.starts_with("S: ")) {
            expected.push_str(&line[3..]);
            expected.push_str("\r\n");
        }
        assert_eq!(said, expected);
        let mut next = String::new();
        while let Some(line) = lines.next_if(|line| line.starts_with("C:")) {
            next.push_str(line.strip_prefix("C: ").unwrap_or_default());
            next.push_str("\r\n");
        }
        said = session.say(next);
    }
    assert_eq!(said, "");
}
