//! A message that follows another: its envelope may go behind the other's last octet (RFC 2920 §3.1), its body may not.

// Helpers of tests are tests.
#![allow(clippy::unwrap_used, clippy::panic)]

mod support;

use std::time::{Duration, Instant};

use bytes::BytesMut;
use inreply_smtp::client::{Client, ClientConfig, Delivery, Envelope, Event, Report, SendError};
use support::{Pair, client_config, config};

fn to(recipient: &str) -> Envelope {
    Envelope::new("<ann@example.com>".parse().unwrap()).to(recipient.parse().unwrap())
}

/// A client that wants the body of its first message, for `<bob@example.net>`, behind these capabilities.
fn in_body(config: ClientConfig, capabilities: &str, replies: &str) -> Client {
    let now = Instant::now();
    let mut client = Client::new(config, now);
    hear(&mut client, "220 mx\r\n");
    hear(&mut client, capabilities);
    client.send(now, to("<bob@example.net>")).unwrap();
    client.poll_transmit();
    // A reply at a time: without PIPELINING the next command goes behind it.
    for reply in replies.split_inclusive('\n') {
        hear(&mut client, reply);
    }
    assert!(events(&mut client).contains(&Event::BodyWanted));
    client
}

fn hear(client: &mut Client, text: &str) -> String {
    client.handle_input(Instant::now(), &mut BytesMut::from(text));
    transmitted(client)
}

fn transmitted(client: &mut Client) -> String {
    let octets = client.poll_transmit().unwrap_or_default();
    String::from_utf8(octets.to_vec()).unwrap()
}

fn write(client: &mut Client, body: &str) -> String {
    let now = Instant::now();
    client.write_body(now, body.as_bytes()).unwrap();
    client.finish_body(now).unwrap();
    transmitted(client)
}

fn events(client: &mut Client) -> Vec<Event> {
    std::iter::from_fn(|| client.poll_event()).collect()
}

fn reports(events: &[Event]) -> Vec<&Report> {
    let reports = events.iter().filter_map(|event| match event {
        Event::Finished(report) => Some(report),
        _ => None,
    });
    reports.collect()
}

const PIPELINING: &str = "250-mx\r\n250 PIPELINING\r\n";
const GO: &str = "250 ok\r\n250 ok\r\n354 go\r\n";

#[test]
fn the_next_envelope_goes_in_one_piece_with_the_body() {
    let mut client = in_body(client_config(), PIPELINING, GO);
    client.send_next(to("<eve@example.net>")).unwrap();
    assert_eq!(
        write(&mut client, "hi\r\n"),
        "hi\r\n.\r\nMAIL FROM:<ann@example.com>\r\nRCPT TO:<eve@example.net>\r\nDATA\r\n"
    );
    assert_eq!(events(&mut client), []);
    // One read of both: the report comes before the wish for the body.
    hear(&mut client, "250 taken\r\n250 ok\r\n250 ok\r\n354 go\r\n");
    let heard = events(&mut client);
    assert!(
        matches!(&heard[..], [Event::Finished(report), Event::BodyWanted] if report.is_delivered()),
        "{heard:?}"
    );
    assert_eq!(write(&mut client, "ho\r\n"), "ho\r\n.\r\n");
    hear(&mut client, "250 taken\r\n");
    assert!(reports(&events(&mut client))[0].is_delivered());
    assert!(client.is_ready());
}

#[test]
fn a_verdict_is_of_its_message_alone() {
    let mut client = in_body(client_config(), PIPELINING, GO);
    client.send_next(to("<eve@example.net>")).unwrap();
    write(&mut client, "hi\r\n");
    hear(
        &mut client,
        "554 5.6.0 no\r\n250 ok\r\n250 ok\r\n354 go\r\n",
    );
    let heard = events(&mut client);
    assert!(matches!(
        reports(&heard)[0].results(),
        [Delivery::Refused(_)]
    ));
    write(&mut client, "ho\r\n");
    hear(&mut client, "250 taken\r\n");
    assert!(reports(&events(&mut client))[0].is_delivered());

    // The recipient of the second message is refused, and nobody is left to send to.
    let mut client = in_body(client_config(), PIPELINING, GO);
    client.send_next(to("<eve@example.net>")).unwrap();
    write(&mut client, "hi\r\n");
    let said = hear(
        &mut client,
        "250 taken\r\n250 ok\r\n550 5.1.1 no\r\n554 no\r\n",
    );
    assert_eq!(said, "RSET\r\n");
    hear(&mut client, "250 ok\r\n");
    let heard = events(&mut client);
    let reports = reports(&heard);
    assert!(reports[0].is_delivered());
    assert!(matches!(reports[1].results(), [Delivery::Refused(_)]));
    assert!(client.is_ready());
}

#[test]
fn without_pipelining_it_waits_for_the_report() {
    let mut client = in_body(client_config(), "250 mx\r\n", GO);
    client.send_next(to("<eve@example.net>")).unwrap();
    assert_eq!(write(&mut client, "hi\r\n"), "hi\r\n.\r\n");
    assert_eq!(
        hear(&mut client, "250 taken\r\n"),
        "MAIL FROM:<ann@example.com>\r\n"
    );
    assert_eq!(
        hear(&mut client, "250 ok\r\n"),
        "RCPT TO:<eve@example.net>\r\n"
    );
}

#[test]
fn no_more_is_outstanding_than_the_config_allows() {
    let mut client = in_body(client_config().max_pipelined(3), PIPELINING, GO);
    client.send_next(to("<eve@example.net>")).unwrap();
    assert_eq!(
        write(&mut client, "hi\r\n"),
        "hi\r\n.\r\nMAIL FROM:<ann@example.com>\r\nRCPT TO:<eve@example.net>\r\n"
    );
    assert_eq!(hear(&mut client, "250 taken\r\n"), "DATA\r\n");
}

#[test]
fn behind_chunks_that_may_be_refused_it_waits() {
    let capabilities = "250-mx\r\n250-PIPELINING\r\n250 CHUNKING\r\n";
    let chunked = || client_config().chunking(true);
    // One chunk, the last: its refusal ends the transaction.
    let mut client = in_body(chunked(), capabilities, "250 ok\r\n250 ok\r\n");
    client.send_next(to("<eve@example.net>")).unwrap();
    assert_eq!(
        write(&mut client, "hi\r\n"),
        "BDAT 4 LAST\r\nhi\r\nMAIL FROM:<ann@example.com>\r\nRCPT TO:<eve@example.net>\r\n"
    );
    hear(&mut client, "250 taken\r\n250 ok\r\n250 ok\r\n");
    let heard = events(&mut client);
    assert!(matches!(heard[..], [Event::Finished(_), Event::BodyWanted]));

    let mut client = in_body(chunked(), capabilities, "250 ok\r\n250 ok\r\n");
    client.send_next(to("<eve@example.net>")).unwrap();
    let long = "line\r\n".repeat(20_000);
    assert!(!write(&mut client, &long).contains("MAIL"));
    assert_eq!(
        hear(&mut client, "552 5.3.4 too big\r\n503 no\r\n"),
        "RSET\r\n"
    );
    assert!(hear(&mut client, "250 ok\r\n").starts_with("MAIL FROM:<ann@example.com>\r\nRCPT"));
    let heard = events(&mut client);
    assert!(matches!(
        reports(&heard)[0].results(),
        [Delivery::Refused(_)]
    ));
}

#[test]
fn an_end_in_between_is_told_of_both() {
    for (said, first_is_known) in [("", false), ("421 4.3.2 bye\r\n", true)] {
        let mut client = in_body(client_config(), PIPELINING, GO);
        client.send_next(to("<eve@example.net>")).unwrap();
        write(&mut client, "hi\r\n");
        hear(&mut client, said);
        client.handle_eof(Instant::now());
        let heard = events(&mut client);
        let [first, second] = reports(&heard)[..] else {
            panic!("{heard:?}")
        };
        let refused = matches!(first.results(), [Delivery::Refused(_)]);
        assert_eq!(refused, first_is_known);
        assert_eq!(second.results(), [Delivery::Unknown]);
        assert!(matches!(heard.last(), Some(Event::Closed(_))));
    }
}

#[test]
fn one_message_may_follow_while_a_body_is_wanted() {
    let mut client = in_body(client_config(), PIPELINING, GO);
    assert_eq!(
        client.send_next(Envelope::new("<>".parse().unwrap())),
        Err(SendError::NoRecipients)
    );
    client.send_next(to("<eve@example.net>")).unwrap();
    assert_eq!(
        client.send_next(to("<eve@example.net>")),
        Err(SendError::NotReady)
    );
    write(&mut client, "hi\r\n");
    assert_eq!(
        client.send_next(to("<eve@example.net>")),
        Err(SendError::NotReady)
    );
}

#[test]
fn the_time_for_each_reply_is_its_own() {
    let config = client_config()
        .verdict_timeout(Duration::from_secs(600))
        .command_timeout(Duration::from_secs(60));
    let mut client = in_body(config, PIPELINING, GO);
    client.send_next(to("<eve@example.net>")).unwrap();
    write(&mut client, "hi\r\n");
    let left = |client: &Client| client.poll_timeout().unwrap() - Instant::now();
    assert!(left(&client) > Duration::from_secs(500), "the verdict");
    hear(&mut client, "250 taken\r\n");
    assert!(left(&client) <= Duration::from_secs(60), "MAIL");
}

#[test]
fn two_messages_arrive_whole_under_every_segmentation() {
    for piece in [1, 2, 3, 7, 64, usize::MAX] {
        let mut pair = Pair::new(config(), b"Subject: hi\r\n\r\n.\r\n");
        pair.piece = piece;
        pair.next = Some(to("<eve@example.net>"));
        pair.run(&to("<bob@example.net>"));
        assert!(matches!(
            pair.results()[..],
            [Delivery::Delivered(_), Delivery::Delivered(_)]
        ));
        assert_eq!(stored(&pair), 2, "{:?}", pair.session.log);
    }
}

#[test]
fn a_connection_lost_at_any_octet_leaves_one_message_in_doubt() {
    let mut cut = 0;
    loop {
        let mut pair = Pair::new(config(), b"Subject: hi\r\n\r\nbody\r\n");
        (pair.piece, pair.cut) = (1, cut);
        pair.next = Some(to("<eve@example.net>"));
        pair.run(&to("<bob@example.net>"));
        let results = pair.results();
        let delivered = results
            .iter()
            .filter(|result| matches!(result, Delivery::Delivered(_)))
            .count();
        let stored = stored(&pair);
        assert!(
            delivered <= stored && stored <= delivered + 1,
            "cut at {cut}: {delivered} of {stored}"
        );
        if pair.cut > 0 {
            assert_eq!(delivered, 2);
            break;
        }
        cut += 1;
    }
    assert!(cut > 400, "{cut}");
}

fn stored(pair: &Pair) -> usize {
    let log = pair.session.log.iter();
    log.filter(|line| line.starts_with("message")).count()
}
