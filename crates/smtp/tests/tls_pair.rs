//! Both machines joined over real TLS, wherever the wire is cut.
#![cfg(feature = "tls")]
// Helpers of tests are tests.
#![allow(clippy::unwrap_used, clippy::panic)]

mod support;

use std::sync::Arc;
use std::time::Instant;

use bytes::BytesMut;
use inreply_smtp::client::{
    Client, ClientConfig, CloseReason, Credentials, Envelope, Event, StartTls,
};
use inreply_smtp::sasl::{Credential, Step, Verifier};
use inreply_smtp::secret::Secret;
use inreply_smtp::server::{self, Server, ServerConfig};
use inreply_smtp::tls::{SecureClient, SecureServer};
use inreply_smtp::wire::proxy::ProxyHeader;
use inreply_smtp::wire::sasl::{Mechanism, Mechanisms};
use rustls::RootCertStore;
use rustls::pki_types::{PrivateKeyDer, ServerName};
use support::{PASSWORD, client_config, config};

struct Certificates {
    server: Arc<rustls::ServerConfig>,
    client: Arc<rustls::ClientConfig>,
    stranger: Arc<rustls::ClientConfig>,
}

/// A certificate for `mx.example`, a client that trusts it and one that does not.
fn certificates() -> Certificates {
    let own = rcgen::generate_simple_self_signed(["mx.example".to_owned()]).unwrap();
    let provider = || Arc::new(rustls::crypto::ring::default_provider());
    let key = PrivateKeyDer::try_from(own.signing_key.serialize_der()).unwrap();
    let server = rustls::ServerConfig::builder_with_provider(provider())
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![own.cert.der().clone()], key)
        .unwrap();
    let client = |roots| {
        let config = rustls::ClientConfig::builder_with_provider(provider())
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(roots)
            .with_no_client_auth();
        Arc::new(config)
    };
    let mut roots = RootCertStore::empty();
    roots.add(own.cert.der().clone()).unwrap();
    Certificates {
        server: Arc::new(server),
        client: client(roots),
        stranger: client(RootCertStore::empty()),
    }
}

struct Wire {
    server: SecureServer,
    client: SecureClient,
    now: Instant,
    piece: usize,
    cut: usize,
    /// Octets that a load balancer puts before the client's first.
    head: BytesMut,
    message: Vec<u8>,
    stored: bool,
    told: Vec<String>,
    events: Vec<Event>,
}

impl Wire {
    fn new(
        server: ServerConfig,
        client: ClientConfig,
        implicit: bool,
        with: &Certificates,
        name: &str,
    ) -> Self {
        let now = Instant::now();
        let (make_server, make_client) = if implicit {
            (
                Server::implicit_tls as fn(_, _) -> _,
                Client::implicit_tls as fn(_, _) -> _,
            )
        } else {
            (Server::new as fn(_, _) -> _, Client::new as fn(_, _) -> _)
        };
        let name = ServerName::try_from(name.to_owned()).unwrap();
        Self {
            server: SecureServer::new(make_server(server, now), Some(Arc::clone(&with.server))),
            client: SecureClient::new(
                make_client(client.transcript(true), now),
                Some((Arc::clone(&with.client), name)),
            ),
            now,
            piece: usize::MAX,
            cut: usize::MAX,
            head: BytesMut::new(),
            message: Vec::new(),
            stored: false,
            told: Vec::new(),
            events: Vec::new(),
        }
    }

    fn run(&mut self) {
        let (mut to_server, mut to_client) = (std::mem::take(&mut self.head), BytesMut::new());
        let (mut server_input, mut client_input) = (BytesMut::new(), BytesMut::new());
        loop {
            let mut moved = false;
            self.serve(&mut server_input);
            while let Some(octets) = self.server.poll_transmit() {
                to_client.extend_from_slice(&octets);
                moved = true;
            }
            self.serve(&mut server_input);
            self.client.handle_input(self.now, &mut client_input);
            while let Some(octets) = self.client.poll_transmit() {
                to_server.extend_from_slice(&octets);
                moved = true;
            }
            while let Some(event) = self.client.poll_event() {
                self.client_event(event);
                moved = true;
            }
            for (wire, input) in [
                (&mut to_client, &mut client_input),
                (&mut to_server, &mut server_input),
            ] {
                let octets = wire.len().min(self.piece).min(self.cut);
                self.cut -= octets;
                input.extend_from_slice(&wire.split_to(octets));
                moved |= octets > 0;
            }
            if !moved {
                break;
            }
        }
        self.server.handle_eof(self.now);
        self.client.handle_eof(self.now);
        self.serve(&mut BytesMut::new());
        while let Some(event) = self.client.poll_event() {
            self.client_event(event);
        }
    }

    fn client_event(&mut self, event: Event) {
        let now = self.now;
        match &event {
            Event::Ready(_) => {
                let envelope = Envelope::new("<ann@example.com>".parse().unwrap());
                let envelope = envelope.to("<bob@mx.example>".parse().unwrap());
                self.client.send(now, envelope).unwrap();
            }
            Event::BodyWanted => {
                self.client
                    .write_body(now, b"Subject: hi\r\n\r\nhello\r\n")
                    .unwrap();
                self.client.finish_body(now).unwrap();
            }
            Event::Finished(_) => self.client.quit(now),
            _ => {}
        }
        self.events.push(event);
    }

    fn serve(&mut self, input: &mut BytesMut) {
        use server::Event;
        self.server.handle_input(self.now, input);
        while let Some(event) = self.server.poll_event() {
            let ticket = match event {
                Event::Body(octets) => {
                    self.message.extend_from_slice(&octets);
                    continue;
                }
                Event::Auth { ticket, request } => {
                    let mut verifier = Verifier::new("mx.example".parse().unwrap(), [3; 18]);
                    let credential = |_: &str| Some(Credential::Password(Secret::new(PASSWORD)));
                    match verifier.step(request, credential) {
                        Step::Accept(_) => self.server.accept(self.now, ticket).unwrap(),
                        _ => self.server.refuse_credentials(self.now, ticket).unwrap(),
                    }
                    continue;
                }
                Event::Hello { ticket, .. }
                | Event::Mail { ticket, .. }
                | Event::Rcpt { ticket, .. }
                | Event::StartTls { ticket }
                | Event::Data { ticket } => ticket,
                Event::EndOfData { ticket, .. } => {
                    self.stored = self.message == b"Subject: hi\r\n\r\nhello\r\n";
                    ticket
                }
                other => {
                    self.told.push(format!("{other:?}"));
                    continue;
                }
            };
            self.server.accept(self.now, ticket).unwrap();
        }
    }

    fn is_delivered(&self) -> bool {
        self.events
            .iter()
            .any(|event| matches!(event, Event::Finished(report) if report.is_delivered()))
    }
}

fn secure() -> ServerConfig {
    config()
        .starttls(true)
        .require_tls(true)
        .auth(Mechanisms::from_iter([Mechanism::Plain]))
}

fn required() -> ClientConfig {
    client_config()
        .starttls(StartTls::Required)
        .auth(Credentials::password("ann", Secret::new(PASSWORD)))
}

#[test]
fn a_message_arrives_whole_under_every_segmentation() {
    let with = certificates();
    for implicit in [false, true] {
        for piece in [1, 2, 7, 100, 1_500, usize::MAX] {
            let mut wire = Wire::new(secure(), required(), implicit, &with, "mx.example");
            wire.piece = piece;
            wire.run();
            assert!(
                wire.is_delivered() && wire.stored,
                "{piece}: {:?}",
                wire.events
            );
            assert_eq!(wire.events.last(), Some(&Event::Closed(CloseReason::Quit)));
            let (server, client) = (wire.server.tls().unwrap(), wire.client.tls().unwrap());
            assert_eq!(server, client);
            assert_eq!(server.version(), "TLSv1.3");
            assert!(server.cipher().starts_with("TLS_"), "{server}");
            let transcript = wire.client.transcript().unwrap().to_string();
            assert!(
                transcript.contains("TLS connection started: TLSv1.3 with TLS_"),
                "{transcript}"
            );
        }
    }
}

#[test]
fn a_connection_lost_at_any_octet_never_loses_an_accepted_message() {
    let with = certificates();
    for implicit in [false, true] {
        let (mut cut, mut delivered) = (0, 0);
        loop {
            let mut wire = Wire::new(secure(), required(), implicit, &with, "mx.example");
            (wire.cut, wire.piece) = (cut, 3);
            wire.run();
            assert!(
                wire.client.is_closed() && wire.server.is_closed(),
                "cut at {cut}"
            );
            if wire.is_delivered() {
                delivered += 1;
                assert!(wire.stored, "cut at {cut}");
            }
            if wire.cut > 0 {
                break;
            }
            // The octets of the handshake are alike; a prime meets every place of a record sooner or later.
            cut += if cut < 400 { 1 } else { 7 };
        }
        assert!(cut > 1_500 && delivered > 5, "{cut} {delivered}");
    }
}

#[test]
fn a_proxy_header_is_taken_off_before_the_handshake() {
    let with = certificates();
    for implicit in [false, true] {
        for piece in [1, usize::MAX] {
            let server = secure().expect_proxy(true);
            let mut wire = Wire::new(server, required(), implicit, &with, "mx.example");
            wire.piece = piece;
            let header = ProxyHeader::Proxied {
                source: "192.0.2.7:5000".parse().unwrap(),
                destination: "192.0.2.1:465".parse().unwrap(),
            };
            header.write_v2(&mut wire.head);
            wire.run();
            assert!(wire.is_delivered(), "{:?} {:?}", wire.events, wire.told);
            assert!(wire.told.iter().any(|told| told.contains("192.0.2.7:5000")));
        }
    }
}

#[test]
fn a_certificate_that_does_not_fit_ends_both_sides() {
    let mut with = certificates();
    let mut wire = Wire::new(secure(), required(), false, &with, "other.example");
    wire.run();
    assert_eq!(
        wire.client.failure().unwrap().to_string(),
        "the peer's certificate is for another name than the one that was asked for"
    );
    assert_eq!(
        wire.events.last(),
        Some(&Event::Closed(CloseReason::TlsFailed))
    );
    assert_eq!(
        wire.server.failure().unwrap().to_string(),
        "the peer does not accept our certificate"
    );
    assert_eq!(wire.told.last().unwrap(), "Closed(TlsFailed)");

    with.client = Arc::clone(&with.stranger);
    let mut wire = Wire::new(secure(), required(), true, &with, "mx.example");
    wire.run();
    let failure = wire.client.failure().unwrap();
    assert!(
        failure.is_certificate() && failure.to_string().contains("nobody who is trusted here"),
        "{failure}"
    );
}

#[test]
fn what_is_not_tls_ends_the_session_without_a_plain_word() {
    let with = certificates();
    let now = Instant::now();
    let mut server = SecureServer::new(Server::new(secure(), now), Some(Arc::clone(&with.server)));
    server.poll_transmit();
    for piece in ["EHLO c\r\n", "", "STARTTLS\r\nNOOP\r\n", ""] {
        server.handle_input(now, &mut BytesMut::from(piece));
        while let Some(event) = server.poll_event() {
            if let server::Event::Hello { ticket, .. } | server::Event::StartTls { ticket } = event
            {
                server.accept(now, ticket).unwrap();
            }
        }
        while server.poll_transmit().is_some() {}
    }
    server.handle_input(now, &mut BytesMut::from("NOOP\r\n\x00\u{ff}\r\nNOOP\r\n"));
    let said = server.poll_transmit().unwrap_or_default();
    // One fatal alert, and nothing else.
    assert_eq!(&said[..], b"\x15\x03\x03\x00\x02\x02\x32");
    assert!(server.is_closed());
    assert_eq!(
        server.failure().unwrap().to_string(),
        "the peer sent what is not TLS"
    );
}
