//! The server machine.

use std::time::Instant;

use bytes::BytesMut;
use inreply_smtp::sasl::{Credential, Step, Verifier};
use inreply_smtp::secret::Secret;
use inreply_smtp::server::{AuthRequest, Event, Server, ServerConfig, Ticket};
use inreply_smtp::tls::TlsInfo;
use inreply_smtp::wire::data::BareLineEnds;
use inreply_smtp::wire::sasl::{Mechanism, Mechanisms};

use super::Features;

/// The server ends, keeps its bounds, and says and tells the same however the input is cut. The first octet is the length of
/// the pieces, the second the features that are on; an octet 0xff is a point at which the client waits.
pub fn server(input: &[u8]) {
    let [piece, features, input @ ..] = input else {
        return;
    };
    let features = Features(*features);
    let whole = Session::serve(features, input, usize::MAX);
    let pieces = Session::serve(features, input, usize::from(*piece).max(1));
    assert_eq!(pieces, whole);
}

struct Session {
    server: Server,
    now: Instant,
    input: BytesMut,
    said: Vec<u8>,
    log: Vec<String>,
    verifier: Verifier,
}

impl Session {
    /// What the server said and told; none where the client spoke before its turn, for then the cut may decide how much of
    /// it the server saw.
    fn serve(features: Features, input: &[u8], piece: usize) -> Option<(Vec<u8>, Vec<String>)> {
        let now = Instant::now();
        let mut session = Self {
            server: Server::new(config(features), now),
            now,
            input: BytesMut::new(),
            said: Vec::new(),
            log: Vec::new(),
            verifier: verifier(),
        };
        if !features.has(5) {
            session.wait();
        }
        for group in input.split(|octet| *octet == 0xff) {
            for piece in group.chunks(piece) {
                session.input.extend_from_slice(piece);
                // Segments of one group arrive before any reply is sent, as they do in one packet.
                session.act();
            }
            session.wait();
        }
        session.server.handle_eof(now);
        session.wait();
        assert!(session.server.is_closed());
        let early = session
            .log
            .last()
            .is_some_and(|line| line == "Closed(EarlyTalk)");
        (!early).then_some((session.said, session.log))
    }

    /// Lets the server act on what is there, and nothing leave.
    fn act(&mut self) {
        loop {
            let before = self.input.len();
            self.server.handle_input(self.now, &mut self.input);
            let mut idle = self.input.len() == before;
            while let Some(event) = self.server.poll_event() {
                self.answer(event);
                idle = false;
            }
            if idle {
                return;
            }
        }
    }

    /// Lets the server say all that it has to say.
    fn wait(&mut self) {
        loop {
            self.act();
            let Some(octets) = self.server.poll_transmit() else {
                return;
            };
            self.said.extend_from_slice(&octets);
        }
    }

    fn answer(&mut self, event: Event) {
        let (line, ticket) = match event {
            Event::Hello { ticket, name, .. } => (name.to_string(), ticket),
            Event::Mail {
                ticket,
                reverse_path,
                parameters,
            } => (format!("{reverse_path}{parameters}"), ticket),
            Event::Rcpt {
                ticket,
                forward_path,
                parameters,
            } => (format!("{forward_path}{parameters}"), ticket),
            Event::Data { ticket } => ("data".to_owned(), ticket),
            Event::EndOfData {
                ticket,
                recipient,
                octets,
                ..
            } => (format!("message {octets} {recipient:?}"), ticket),
            Event::StartTls { ticket } => ("STARTTLS".to_owned(), ticket),
            Event::Xclient { ticket, attributes } => (attributes.to_string(), ticket),
            Event::Auth { ticket, request } => return self.authenticate(ticket, request),
            Event::Body(octets) => {
                return self.log.extend(octets.iter().map(ToString::to_string));
            }
            Event::HandshakeWanted => {
                let tls = TlsInfo::new("TLSv1.3", "TLS_AES_256_GCM_SHA384");
                self.server
                    .tls_started(self.now, tls)
                    .expect("a handshake is wanted");
                return;
            }
            other => return self.log.push(format!("{other:?}")),
        };
        self.log.push(line);
        self.server.accept(self.now, ticket).expect("a live ticket");
    }

    fn authenticate(&mut self, ticket: Ticket, request: AuthRequest) {
        self.log.push(format!("{request:?}"));
        let step = self.verifier.step(request, |_| {
            Some(Credential::Password(Secret::new("correct horse")))
        });
        let answered = match step {
            Step::Challenge(octets) => self.server.challenge(self.now, ticket, &octets),
            Step::Accept(_) => self.server.accept(self.now, ticket),
            Step::Refuse => {
                self.verifier = verifier();
                self.server.refuse_credentials(self.now, ticket)
            }
        };
        answered.expect("a live ticket");
    }
}

fn verifier() -> Verifier {
    Verifier::new("mx.example".parse().expect("a domain"), [7; 18])
}

fn config(features: Features) -> ServerConfig {
    let mechanisms = match features.has(0) {
        true => Mechanisms::from_iter(Mechanism::ALL),
        false => Mechanisms::NONE,
    };
    let bare = match features.has(1) {
        true => BareLineEnds::Normalize,
        false => BareLineEnds::Refuse,
    };
    ServerConfig::new("mx.example".parse().expect("a domain"))
        .max_line(100)
        .body_window(16)
        .auth(mechanisms)
        .plaintext_auth(true)
        .bare_line_ends(bare)
        .binary_mime(features.has(2))
        .starttls(features.has(3))
        .lmtp(features.has(4))
        .expect_proxy(features.has(5))
        .xclient(features.has(6))
        .dsn(features.has(7))
        .requiretls(features.has(7))
}
