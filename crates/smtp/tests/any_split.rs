//! Where the input is cut never changes what happens.

// Helpers of tests are tests.
#![allow(clippy::unwrap_used, clippy::panic)]

mod support;

use std::time::Instant;

use bytes::BytesMut;
use inreply_smtp::client::{Client, Credentials, Envelope, Event, StartTls};
use inreply_smtp::secret::Secret;
use inreply_smtp::wire::sasl::{Mechanism, Mechanisms};
use proptest::prelude::*;
use support::{PASSWORD, Session, client_config, config, tls_info};

/// What is said between two points at which a client waits; the harness drains the replies there.
fn scripts() -> impl Strategy<Value = Vec<String>> {
    let word = prop::sample::select(vec![
        "NOOP\r\n",
        "RSET\r\n",
        "VRFY x\r\n",
        "MAIL FROM:<a@b>\r\n",
        "MAIL FROM:<> SIZE=5\r\n",
        "RCPT TO:<c@d>\r\n",
        "RCPT TO:<no@d>\r\n",
        "RCPT TO:\r\n",
        "X\nY\r\n",
        "\r\n",
        "NOOP aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\r\n",
        "BDAT 3\r\nabc",
        "BDAT 4\r\n\r\n.\r",
        "BDAT 1\r\n\n",
        "BDAT 9 LAST\r\nNOOP\r\nhi\n",
        "BDAT 0 LAST\r\n",
        "AUTH PLAIN\r\nAGFubgBodW50ZXI=\r\n",
        "AUTH LOGIN\r\nYW5u\r\n*\r\n",
        "AUTH CRAM-MD5\r\n!\r\n",
        "AUTH SCRAM-SHA-256 biwsbj1hbm4scj14\r\nYQ==\r\n",
    ]);
    let group = prop::collection::vec(word, 0..6).prop_map(|words| words.concat());
    let text = prop::collection::vec(prop::sample::select(b"\r\n.\0a".to_vec()), 0..40);
    let message = text.prop_map(|text| format!("{}\r\n.\r\n", String::from_utf8(text).unwrap()));
    let transaction = (group, message).prop_map(|(group, message)| {
        vec![
            format!("{group}MAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nDATA\r\n"),
            message,
        ]
    });
    prop::collection::vec(transaction, 1..4).prop_map(|groups| groups.concat())
}

fn run(script: &[String], piece: usize) -> (String, Vec<String>) {
    let config = config()
        .max_line(60)
        .body_window(16)
        .auth(Mechanisms::from_iter(Mechanism::ALL))
        .plaintext_auth(true);
    let mut session = Session::greeted(config);
    let mut replies = String::new();
    for group in script {
        for piece in group.as_bytes().chunks(piece) {
            replies.push_str(&session.say(piece));
        }
    }
    (replies, session.log)
}

/// What a server says at each of its turns: the expected, the odd and the wrong.
fn turns() -> impl Strategy<Value = Vec<String>> {
    let word = prop::sample::select(vec![
        "250 ok\r\n",
        "250 2.1.0 Ok\r\n250 2.1.5 Ok\r\n354 go\r\n",
        "250-2.1.0 one\r\n250 2.1.0 two\r\n",
        "250-mx\r\n250-PIPELINING\r\n250-CHUNKING\r\n250 SIZE 1000\r\n",
        "250-mx\r\n250-STARTTLS\r\n250 AUTH PLAIN LOGIN CRAM-MD5\r\n",
        "220 go\r\n",
        "220 go\r\n250-evil\r\n250 AUTH PLAIN\r\n",
        "235 2.7.0 welcome\r\n",
        "334 PDE4OTYuNjk3MTcwOTUyQHBvc3RvZmZpY2UuZXhhbXBsZT4=\r\n",
        "354 go\r\n",
        "421 4.3.2 bye\r\n",
        "451 4.3.0 later\r\n",
        "550 5.1.1 no\r\n",
        "250 a\r\n550 b\r\n554 no recipients\r\n",
        "no reply\r\n",
        "250 bare\nend\r\n",
    ]);
    prop::collection::vec(word.prop_map(str::to_owned), 0..10)
        .prop_map(|turns| [vec!["220 mx.example\r\n".to_owned()], turns].concat())
}

/// What a client says and tells, where the server's words arrive in pieces.
fn hear(turns: &[String], starttls: StartTls, piece: usize) -> (Vec<u8>, Vec<Event>) {
    let now = Instant::now();
    let config = client_config()
        .starttls(starttls)
        .plaintext_auth(true)
        .auth(Credentials::password("ann", Secret::new(PASSWORD)));
    let mut client = Client::new(config, now);
    client.set_nonce([9; 18]);
    let envelope = Envelope::new("<a@b>".parse().unwrap()).to("<c@d>".parse().unwrap());
    let (mut input, mut said, mut events) = (BytesMut::new(), Vec::new(), Vec::new());
    for turn in turns {
        for piece in turn.as_bytes().chunks(piece) {
            input.extend_from_slice(piece);
            client.handle_input(now, &mut input);
        }
        while let Some(event) = client.poll_event() {
            // An error here means that the session has ended since, which an event still to come tells.
            let _ = match &event {
                Event::Ready(_) => client.send(now, envelope.clone()).is_ok(),
                Event::BodyWanted => {
                    client.write_body(now, b".a\nb\r").is_ok() && client.finish_body(now).is_ok()
                }
                Event::HandshakeWanted => client.tls_started(now, tls_info()).is_ok(),
                _ => true,
            };
            events.push(event);
        }
        said.extend(std::iter::from_fn(|| client.poll_transmit()).flatten());
    }
    client.handle_eof(now);
    events.extend(std::iter::from_fn(|| client.poll_event()));
    assert!(client.is_closed());
    (said, events)
}

proptest! {
    #[test]
    fn every_segmentation_gives_the_same_events_and_replies(script in scripts(), piece in 1_usize..9) {
        prop_assert_eq!(run(&script, piece), run(&script, usize::MAX));
    }

    #[test]
    fn a_client_hears_the_same_under_every_segmentation(
        turns in turns(),
        starttls in prop::sample::select(vec![StartTls::Never, StartTls::Opportunistic, StartTls::Required]),
        piece in 1_usize..9,
    ) {
        prop_assert_eq!(hear(&turns, starttls, piece), hear(&turns, starttls, usize::MAX));
    }

    #[test]
    fn arbitrary_octets_never_panic_and_are_bounded(octets in prop::collection::vec(any::<u8>(), 0..512), piece in 1_usize..64) {
        let mut session = Session::greeted(config());
        for piece in octets.chunks(piece) {
            session.say(piece);
        }
        session.server.handle_eof(session.now);
        session.drain();
        prop_assert!(session.server.is_closed());
    }
}
