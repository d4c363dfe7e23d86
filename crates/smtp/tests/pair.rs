//! Both machines joined: whatever the wire does, both sides agree on what was delivered.

// Helpers of tests are tests.
#![allow(clippy::unwrap_used, clippy::panic)]

mod support;

use inreply_smtp::client::{
    Client, ClientConfig, CloseReason, Delivery, Envelope, Event, SendError,
};
use inreply_smtp::wire::data::BareLineEnds;
use support::{Pair, config};

fn envelope(recipients: &[&str]) -> Envelope {
    recipients.iter().fold(
        Envelope::new("<ann@example.com>".parse().unwrap()),
        |envelope, to| envelope.to(to.parse().unwrap()),
    )
}

const BODY: &[u8] = b"Subject: hi\r\n\r\n.dots\r\nbare\nline\rends\r\n.";
const STORED: &str =
    "message 43 0 Subject: hi\\r\\n\\r\\n.dots\\r\\nbare\\r\\nline\\r\\nends\\r\\n.\\r\\n";

#[test]
fn a_message_arrives_whole_under_every_segmentation() {
    for piece in [1, 2, 3, 7, 64, usize::MAX] {
        let mut pair = Pair::new(config(), BODY);
        pair.piece = piece;
        pair.run(&envelope(&[
            "<bob@example.net>",
            "<nobody@example.net>",
            "<eve@example.net>",
        ]));
        let results = pair.results();
        assert!(matches!(
            &results[..],
            [
                Delivery::Delivered(_),
                Delivery::Refused(_),
                Delivery::Delivered(_)
            ]
        ));
        assert!(
            pair.session.log.contains(&STORED.to_owned()),
            "{:?}",
            pair.session.log
        );
        assert_eq!(pair.events.last(), Some(&Event::Closed(CloseReason::Quit)));
    }
}

#[test]
fn a_connection_lost_at_any_octet_never_loses_an_accepted_message() {
    let mut whole = Pair::new(config(), BODY);
    whole.run(&envelope(&["<bob@example.net>"]));
    let mut cut = 0;
    loop {
        let mut pair = Pair::new(config(), BODY);
        pair.piece = 1;
        pair.cut = cut;
        pair.run(&envelope(&["<bob@example.net>"]));
        let stored = pair.session.log.contains(&STORED.to_owned());
        match &pair.results()[..] {
            [Delivery::Delivered(_)] => assert!(stored, "cut at {cut}"),
            [Delivery::Unknown] | [] => {}
            other => panic!("cut at {cut}: {other:?}"),
        }
        assert!(pair.session.server.is_closed() && pair.client.is_closed());
        if pair.cut > 0 {
            break;
        }
        cut += 1;
    }
    assert!(cut > 300, "{cut}");
}

#[test]
fn no_accepted_recipient_means_no_message() {
    let mut pair = Pair::new(config().bare_line_ends(BareLineEnds::Refuse), BODY);
    pair.run(&envelope(&["<nobody@example.net>"]));
    assert!(
        matches!(&pair.results()[..], [Delivery::Refused(reply)] if reply.code().as_u16() == 550)
    );
    assert!(
        !pair
            .session
            .log
            .iter()
            .any(|line| line.starts_with("message")),
        "{:?}",
        pair.session.log
    );
}

#[test]
fn the_transcript_tells_the_conversation() {
    let mut pair = Pair::new(config(), BODY);
    pair.run(&envelope(&["<bob@example.net>"]));
    let transcript = pair.client.transcript().unwrap().to_string();
    assert!(
        transcript
            .starts_with("-> \"220 mx.example ESMTP\\r\\n\"\n<- \"EHLO client.example\\r\\n\"\n"),
        "{transcript}"
    );
    assert!(
        transcript
            .contains("<- (message, 39 octets)\n-> \"250 2.0.0 Ok\\r\\n\"\n<- \"QUIT\\r\\n\"\n"),
        "{transcript}"
    );
}

/// A client against lines of a server that keeps to no rule.
fn hear(lines: &[&str]) -> Vec<Event> {
    let now = std::time::Instant::now();
    let mut client = Client::new(ClientConfig::new("client.example".parse().unwrap()), now);
    let mut events = Vec::new();
    for line in lines {
        client.handle_input(now, &mut bytes::BytesMut::from(*line));
        while let Some(event) = client.poll_event() {
            if matches!(event, Event::Ready(_)) {
                client.send(now, envelope(&["<bob@example.net>"])).unwrap();
            }
            if event == Event::BodyWanted {
                client.finish_body(now).unwrap();
            }
            events.push(event);
        }
        client.poll_transmit();
    }
    events
}

#[test]
fn a_server_out_of_step_is_left() {
    for (lines, reason) in [
        (
            &["hello\r\n"][..],
            "the server sent a line that is no reply: \"hello\"",
        ),
        (&["554 no\r\n"], "the server does not want to talk: 554 no"),
        (
            &["220 mx\r\n250 mx\r\n"],
            "the server sent a reply that nobody asked for: 250 mx",
        ),
        (
            &["220 mx\r\n", "550 no\r\n", "550 no\r\n"],
            "the server does not want to talk: 550 no",
        ),
        (
            &["220 mx\r\n", "250 mx\r\n", "354 go\r\n"],
            "the server sent a reply that nobody asked for: 354 go",
        ),
        (
            &[
                "220 mx\r\n",
                "250 mx\r\n",
                "250 a\r\n",
                "250 a\r\n",
                "250 a\r\n",
            ],
            "the server sent a reply that nobody asked for: 250 a",
        ),
        (
            &["220 mx\r\n", "250 mx\r\n", "421 4.3.2 bye\r\n"],
            "the server is closing: 421 4.3.2 bye",
        ),
    ] {
        // Without PIPELINING the second reply of a piece comes before its command.
        let events = hear(lines);
        assert!(
            matches!(events.last(), Some(Event::Closed(closed)) if closed.to_string() == reason),
            "{events:?}"
        );
    }
}

#[test]
fn a_pipelined_data_taken_without_recipients_sends_a_lone_dot() {
    let now = std::time::Instant::now();
    let mut client = Client::new(ClientConfig::new("client.example".parse().unwrap()), now);
    let hear = |client: &mut Client, text: &str| {
        client.handle_input(now, &mut bytes::BytesMut::from(text));
        client.poll_transmit()
    };
    hear(&mut client, "220 mx\r\n");
    hear(&mut client, "250-mx\r\n250 PIPELINING\r\n");
    client.send(now, envelope(&["<bob@example.net>"])).unwrap();
    client.poll_transmit();
    assert_eq!(
        hear(&mut client, "250 ok\r\n550 no\r\n354 go\r\n").unwrap(),
        ".\r\n"
    );
    hear(&mut client, "250 taken\r\n");
    let events: Vec<Event> = std::iter::from_fn(|| client.poll_event()).collect();
    let Some(Event::Finished(report)) = events.last() else {
        panic!("{events:?}")
    };
    assert!(matches!(report.results(), [Delivery::Refused(_)]));
    assert!(client.is_ready());
}

#[test]
fn what_the_server_cannot_take_is_not_begun() {
    let now = std::time::Instant::now();
    let mut client = Client::new(ClientConfig::new("client.example".parse().unwrap()), now);
    assert_eq!(
        client.send(now, envelope(&["<bob@example.net>"])),
        Err(SendError::NotReady)
    );
    for line in ["220 mx\r\n", "250-mx\r\n250 SIZE 100\r\n"] {
        client.handle_input(now, &mut bytes::BytesMut::from(line));
        client.poll_transmit();
    }
    let plain = envelope(&["<bob@example.net>"]);
    assert_eq!(
        client.send(now, envelope(&[])),
        Err(SendError::NoRecipients)
    );
    assert_eq!(
        client.send(now, plain.clone().octets(101)),
        Err(SendError::TooBig { limit: 100 })
    );
    assert_eq!(
        client.send(now, plain.clone().eight_bit(true)),
        Err(SendError::NeedsEightBitMime)
    );
    assert_eq!(
        client.send(now, envelope(&["<böb@example.net>"])),
        Err(SendError::NeedsSmtputf8)
    );
    assert_eq!(client.send(now, plain.octets(100)), Ok(()));
}
