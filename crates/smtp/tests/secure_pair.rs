//! Both machines joined over STARTTLS and AUTH, and in chunks.

// Helpers of tests are tests.
#![allow(clippy::unwrap_used, clippy::panic)]

mod support;

use std::time::Instant;

use bytes::BytesMut;
use inreply_smtp::client::{
    Client, ClientConfig, CloseReason, Credentials, Delivery, Envelope, Event, SendError, StartTls,
};
use inreply_smtp::secret::Secret;
use inreply_smtp::server::ServerConfig;
use inreply_smtp::wire::sasl::{Mechanism, Mechanisms};
use support::{PASSWORD, Pair, TOKEN, client_config, config, tls_info};

const BODY: &[u8] = b"Subject: hi\r\n\r\n.dots\r\nbare\nline\rends\r\n.";
const STORED: &str = "message 43 0 Subject: hi\\r\\n\\r\\n.dots\\r\\nbare\\r\\nline\\r\\nends\\r\\n.\\r\\n";

fn envelope() -> Envelope {
    Envelope::new("<ann@example.com>".parse().unwrap()).to("<bob@example.net>".parse().unwrap())
}

fn secure() -> ServerConfig {
    config()
        .starttls(true)
        .auth(Mechanisms::from_iter(Mechanism::ALL))
}

fn password() -> Credentials {
    Credentials::password("ann", Secret::new(PASSWORD))
}

fn authenticating(credentials: Credentials) -> ClientConfig {
    client_config().starttls(StartTls::Required).auth(credentials)
}

#[test]
fn every_mechanism_delivers_under_every_segmentation() {
    for mechanism in Mechanism::ALL {
        for piece in [1, 7, usize::MAX] {
            let credentials = match mechanism {
                Mechanism::OAuthBearer | Mechanism::XOAuth2 => Credentials::token("ann", Secret::new(TOKEN)),
                _ => password(),
            };
            let client = authenticating(credentials.mechanism(mechanism));
            let mut pair = Pair::with_client(secure().require_tls(true), client, BODY);
            pair.piece = piece;
            pair.run(&envelope());
            assert!(
                matches!(&pair.results()[..], [Delivery::Delivered(_)]),
                "{mechanism}: {:?}",
                pair.events
            );
            assert!(pair.session.log.contains(&STORED.to_owned()));
        }
    }
}

#[test]
fn the_best_mechanism_is_chosen() {
    for (offered, chosen) in [
        (&Mechanism::ALL[..], "AUTH SCRAM-SHA-256 (redacted)"),
        (&[Mechanism::Login, Mechanism::Plain], "AUTH PLAIN (redacted)"),
        (&[Mechanism::CramMd5, Mechanism::XOAuth2], "AUTH CRAM-MD5"),
    ] {
        let offered = Mechanisms::from_iter(offered.iter().copied());
        let mut pair = Pair::with_client(secure().auth(offered), authenticating(password()), BODY);
        pair.run(&envelope());
        let transcript = pair.client.transcript().unwrap().to_string();
        assert!(
            transcript.contains(&format!("<- \"{chosen}\\r\\n\"\n")),
            "{transcript}"
        );
        assert!(transcript.contains("\nTLS connection started: TLSv1.3 with TLS_AES_256_GCM_SHA384\n"));
    }
}

#[test]
fn a_connection_lost_at_any_octet_never_loses_an_accepted_message() {
    for chunking in [false, true] {
        let (mut cut, mut delivered) = (0, 0);
        loop {
            let client = authenticating(password()).chunking(chunking);
            let mut pair = Pair::with_client(secure(), client, BODY);
            pair.piece = 1;
            pair.cut = cut;
            pair.run(&envelope());
            let stored = pair.session.log.contains(&STORED.to_owned());
            match &pair.results()[..] {
                [Delivery::Delivered(_)] => {
                    delivered += 1;
                    assert!(stored, "cut at {cut}");
                }
                [Delivery::Unknown] | [] => {}
                other => panic!("cut at {cut}: {other:?}"),
            }
            assert!(pair.session.server.is_closed() && pair.client.is_closed());
            if pair.cut > 0 {
                break;
            }
            cut += 1;
        }
        assert!(cut > 800 && delivered > 20, "{cut} {delivered}");
    }
}

#[test]
fn chunks_carry_what_data_carries() {
    let long = b"0123456789abcdef\r\n".repeat(10_000);
    let mut pair = Pair::with_client(config(), client_config().chunking(true), &long);
    pair.run(&envelope());
    assert!(matches!(&pair.results()[..], [Delivery::Delivered(_)]));
    assert_eq!(pair.session.message, long);
    let transcript = pair.client.transcript().unwrap().to_string();
    assert!(transcript.matches("<- \"BDAT ").count() == 3, "{transcript}");

    let binary: Vec<u8> = (0..=255).collect();
    let mut pair = Pair::new(config().binary_mime(true), &binary);
    pair.run(&envelope().binary(true));
    assert!(matches!(&pair.results()[..], [Delivery::Delivered(_)]));
    assert_eq!(pair.session.message, binary);
}

#[test]
fn a_refused_chunk_costs_the_message_and_not_the_session() {
    let long = vec![b'a'; 200_000];
    let mut pair = Pair::with_client(
        config().max_message_octets(150_000),
        client_config().chunking(true),
        &long,
    );
    pair.run(&envelope());
    assert!(
        matches!(&pair.results()[..], [Delivery::Refused(reply)] if reply.code().as_u16() == 552),
        "{:?}",
        pair.events
    );
    assert_eq!(pair.events.last(), Some(&Event::Closed(CloseReason::Quit)));
}

/// A client that hears these pieces, and what it said and told.
fn hear(config: ClientConfig, pieces: &[&str]) -> (String, Vec<Event>) {
    let now = Instant::now();
    let mut client = Client::new(config, now);
    client.set_nonce([9; 18]);
    let (mut said, mut events) = (String::new(), Vec::new());
    for piece in pieces {
        client.handle_input(now, &mut BytesMut::from(*piece));
        while let Some(event) = client.poll_event() {
            if event == Event::HandshakeWanted {
                client.tls_started(now, tls_info()).unwrap();
            }
            events.push(event);
        }
        while let Some(octets) = client.poll_transmit() {
            said.push_str(std::str::from_utf8(&octets).unwrap());
        }
    }
    (said, events)
}

#[test]
fn a_session_that_cannot_be_secured_ends_before_anything_goes() {
    let required = || client_config().starttls(StartTls::Required);
    let with = |credentials| authenticating(credentials);
    for (config, pieces, reason) in [
        (
            required(),
            &["220 m\r\n", "250 m\r\n"][..],
            "the server does not offer STARTTLS",
        ),
        (
            required(),
            &["220 m\r\n", "250-m\r\n250 STARTTLS\r\n", "454 no\r\n"],
            "the server does not want to talk: 454 no",
        ),
        (
            required(),
            &["220 m\r\n", "250-m\r\n250 STARTTLS\r\n", "220 go\r\n250-evil\r\n"],
            "octets came between the reply to STARTTLS and the handshake",
        ),
        (
            client_config().auth(password()),
            &["220 m\r\n", "250-m\r\n250 AUTH PLAIN\r\n"],
            "credentials are not sent without TLS",
        ),
        (
            with(password()),
            &[
                "220 m\r\n",
                "250-m\r\n250 STARTTLS\r\n",
                "220 go\r\n",
                "250-m\r\n250 AUTH XOAUTH2\r\n",
            ],
            "the server offers no mechanism of AUTH that can be used",
        ),
        (
            with(password()),
            &[
                "220 m\r\n",
                "250-m\r\n250 STARTTLS\r\n",
                "220 go\r\n",
                "250-m\r\n250 AUTH PLAIN\r\n",
                "535 5.7.8 no\r\n",
            ],
            "the server refused the credentials: 535 5.7.8 no",
        ),
        (
            with(password()),
            &[
                "220 m\r\n",
                "250-m\r\n250 STARTTLS\r\n",
                "220 go\r\n",
                "250-m\r\n250 AUTH PLAIN SCRAM-SHA-256\r\n",
                "235 2.7.0 welcome\r\n",
            ],
            "the server could not prove that it knows the password",
        ),
        (
            with(password()),
            &[
                "220 m\r\n",
                "250-m\r\n250 STARTTLS\r\n",
                "220 go\r\n",
                "250-m\r\n250 AUTH SCRAM-SHA-256\r\n",
                "334 cj1vdGhlcixzPWM2FsdCxpPTE=\r\n",
                "501 cancelled\r\n",
            ],
            "the server could not prove that it knows the password",
        ),
    ] {
        let (said, events) = hear(config, pieces);
        assert!(
            matches!(events.last(), Some(Event::Closed(closed)) if closed.to_string() == reason),
            "{events:?} {reason}"
        );
        assert!(!said.contains("MAIL"), "{said}");
        assert!(said.contains("STARTTLS") || !said.contains("AUTH"), "{said}");
    }
}

#[test]
fn an_opportunistic_client_goes_on_in_plain_text() {
    for pieces in [
        &["220 m\r\n", "250 m\r\n"][..],
        &["220 m\r\n", "250-m\r\n250 STARTTLS\r\n", "454 no\r\n"],
    ] {
        let (_, events) = hear(client_config().starttls(StartTls::Opportunistic), pieces);
        assert!(matches!(events.last(), Some(Event::Ready(_))), "{events:?}");
    }
}

#[test]
fn what_was_offered_in_plain_text_does_not_count() {
    let pieces = [
        "220 m\r\n",
        "250-m\r\n250-STARTTLS\r\n250 PIPELINING\r\n",
        "220 go\r\n",
        "250 m\r\n",
    ];
    let (said, events) = hear(client_config().starttls(StartTls::Opportunistic), &pieces);
    assert_eq!(said, "EHLO client.example\r\nSTARTTLS\r\nEHLO client.example\r\n");
    assert!(matches!(events.last(), Some(Event::Ready(capabilities)) if !capabilities.pipelining));
}

#[test]
fn a_binary_message_needs_a_server_for_it() {
    let now = Instant::now();
    let mut client = Client::new(client_config(), now);
    for line in ["220 m\r\n", "250-m\r\n250 CHUNKING\r\n"] {
        client.handle_input(now, &mut BytesMut::from(line));
        client.poll_transmit();
    }
    assert_eq!(
        client.send(now, envelope().binary(true)),
        Err(SendError::NeedsBinaryMime)
    );
}

/// Every form in which the secrets go over the wire, and their hex.
fn forms(secret: &str) -> Vec<String> {
    let hex = |octets: &[u8]| {
        octets
            .iter()
            .map(|octet| format!("{octet:02x}"))
            .collect::<String>()
    };
    let base64 = |octets: &[u8]| inreply_smtp::wire::sasl::Response::encode(octets).to_string();
    let mut forms = vec![
        secret.to_owned(),
        hex(secret.as_bytes()),
        format!("{:?}", secret.as_bytes()),
    ];
    // Base64 of a longer message shows a secret in one of three phases.
    for lead in [
        "",
        "\0",
        "\0\0",
        "\0ann\0",
        "user=ann\x01auth=Bearer ",
        "n,a=ann,\x01auth=Bearer ",
    ] {
        let text = base64(format!("{lead}{secret}").as_bytes());
        let start = lead.len().div_ceil(3) * 4;
        let end = (lead.len() + secret.len()) / 3 * 4;
        forms.push(text.get(start..end).unwrap().to_owned());
        forms.push(text.trim_end_matches('=').to_owned());
    }
    forms
}

#[test]
fn no_log_shows_a_secret() {
    for mechanism in Mechanism::ALL {
        for right in [true, false] {
            let secret = match (mechanism, right) {
                (_, false) => "hunter2 is not the password",
                (Mechanism::OAuthBearer | Mechanism::XOAuth2, true) => TOKEN,
                (_, true) => PASSWORD,
            };
            let credentials = match mechanism {
                Mechanism::OAuthBearer | Mechanism::XOAuth2 => Credentials::token("ann", Secret::new(secret)),
                _ => Credentials::password("ann", Secret::new(secret)),
            };
            let client = authenticating(credentials.mechanism(mechanism));
            let mut logs = format!("{client:?}");
            let mut pair = Pair::with_client(secure().transcript(true), client, BODY);
            pair.run(&envelope());
            assert_eq!(pair.results().len(), usize::from(right), "{mechanism}");
            for transcript in [pair.client.transcript(), pair.session.server.transcript()] {
                let transcript = transcript.unwrap();
                logs.push_str(&format!("{transcript} {transcript:?} {}", transcript.timed()));
            }
            logs.push_str(&format!(
                "{:?} {:?} {:?} {:?}",
                pair.client, pair.session.server, pair.events, pair.session.log
            ));
            assert!(logs.contains("(redacted)"));
            for form in forms(secret) {
                assert!(!logs.contains(&form), "{mechanism} shows {form}: {logs}");
            }
        }
    }
}

#[test]
fn no_log_shows_what_a_clumsy_client_sends() {
    let base64 = inreply_smtp::wire::sasl::Response::encode(PASSWORD.as_bytes()).to_string();
    for script in [
        format!("AUTH LOGIN\r\nYW5u\r\n{base64}\r\n"),
        format!("AUTH PLAIN {PASSWORD}\r\n"),
        format!("AUTH {PASSWORD}\r\n"),
        format!("AUTH PLAIN\t{base64}\r\n"),
        format!("AUTHPLAIN {base64}\r\n"),
        format!("auth plain {base64} {base64}\r\n"),
        format!("AUTH PLAIN {base64}{}\r\n", "A".repeat(13_000)),
        format!("RCPT TO:<a@b>\r\nAUTH PLAIN {base64}\r\n"),
    ] {
        // AUTH is not open: the exchange runs into errors, and is on its way all the same.
        for config in [
            config(),
            secure(),
            secure().plaintext_auth(true),
            secure().require_tls(true),
        ] {
            let mut session = support::Session::greeted(config.transcript(true));
            session.hold = true;
            let said = session.say(&script);
            let logs = format!(
                "{said} {} {:?} {:?}",
                session.server.transcript().unwrap(),
                session.server,
                session.log
            );
            for form in forms(PASSWORD) {
                assert!(!logs.contains(&form), "{script} shows {form}: {logs}");
            }
        }
    }
}
