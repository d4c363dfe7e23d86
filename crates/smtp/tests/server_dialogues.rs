//! The dialogues of the RFCs and of section 5 of SMTP life, against the server machine.

// Helpers of tests are tests.
#![allow(clippy::unwrap_used, clippy::panic)]

mod support;

use inreply_smtp::server::AnswerError;
use support::{Session, TRY_LATER, config, dialogue};

/// RFC 5321 appendix D.1, with our names and texts.
#[test]
fn a_typical_transaction() {
    let mut session = Session::new(config());
    dialogue(
        &mut session,
        "S: 220 mx.example ESMTP
         C: EHLO bar.com
         S: 250-mx.example
         S: 250-PIPELINING
         S: 250-SIZE 26214400
         S: 250-8BITMIME
         S: 250-SMTPUTF8
         S: 250-ENHANCEDSTATUSCODES
         S: 250-CHUNKING
         S: 250 LIMITS RCPTMAX=100
         C: MAIL FROM:<Smith@bar.com>
         S: 250 2.1.0 Ok
         C: RCPT TO:<Jones@foo.com>
         S: 250 2.1.5 Ok
         C: RCPT TO:<noGreen@foo.com>
         S: 550 5.1.1 No such mailbox
         C: RCPT TO:<Brown@foo.com>
         S: 250 2.1.5 Ok
         C: DATA
         S: 354 End data with <CR><LF>.<CR><LF>
         C: Blah blah blah...
         C: ...etc. etc. etc.
         C: .
         S: 250 2.0.0 Ok
         C: QUIT
         S: 221 2.0.0 Bye",
    );
    assert_eq!(
        session.log,
        [
            "hello bar.com true",
            "mail <Smith@bar.com>",
            "rcpt <Jones@foo.com>",
            "rcpt <noGreen@foo.com>",
            "rcpt <Brown@foo.com>",
            "data",
            "message 37 0 Blah blah blah...\\r\\n..etc. etc. etc.\\r\\n",
            "closed: QUIT",
        ]
    );
}

/// RFC 5321 appendix D.2.
#[test]
fn an_aborted_transaction() {
    let mut session = Session::greeted(config());
    dialogue(
        &mut session,
        "C: MAIL FROM:<Smith@bar.com>
         S: 250 2.1.0 Ok
         C: RCPT TO:<Jones@foo.com>
         S: 250 2.1.5 Ok
         C: RSET
         S: 250 2.0.0 Ok
         C: DATA
         S: 503 5.5.1 Send MAIL first
         C: QUIT
         S: 221 2.0.0 Bye",
    );
    assert!(
        session
            .log
            .contains(&"aborted: the client gave it up".to_owned())
    );
}

/// RFC 2920 §4: one piece of three commands, one reply each, in order; then a group without an accepted recipient.
#[test]
fn pipelined_groups() {
    let mut session = Session::greeted(config());
    dialogue(
        &mut session,
        "C: MAIL FROM:<mrose@dbc.mtview.ca.us>
         C: RCPT TO:<ned@innosoft.com>
         C: RCPT TO:<nodan@innosoft.com>
         C: DATA
         S: 250 2.1.0 Ok
         S: 250 2.1.5 Ok
         S: 550 5.1.1 No such mailbox
         S: 354 End data with <CR><LF>.<CR><LF>
         C: hello
         C: .
         C: MAIL FROM:<>
         C: RCPT TO:<nobody@innosoft.com>
         C: DATA
         S: 250 2.0.0 Ok
         S: 250 2.1.0 Ok
         S: 550 5.1.1 No such mailbox
         S: 554 5.5.1 No valid recipients
         C: QUIT
         S: 221 2.0.0 Bye",
    );
}

#[test]
fn commands_out_of_order_are_refused() {
    let mut session = Session::new(config());
    dialogue(
        &mut session,
        "S: 220 mx.example ESMTP
         C: MAIL FROM:<a@b.example>
         S: 503 5.5.1 Send EHLO first
         C: HELO client.example
         S: 250 mx.example
         C: RCPT TO:<a@b.example>
         S: 503 5.5.1 Send MAIL first
         C: DATA
         S: 503 5.5.1 Send MAIL first
         C: MAIL FROM:<a@b.example>
         S: 250 2.1.0 Ok
         C: MAIL FROM:<a@b.example>
         S: 503 5.5.1 A transaction is open, send RSET first
         C: DATA
         S: 554 5.5.1 No valid recipients
         C: EHLO client.example
         S: 250-mx.example
         S: 250-PIPELINING
         S: 250-SIZE 26214400
         S: 250-8BITMIME
         S: 250-SMTPUTF8
         S: 250-ENHANCEDSTATUSCODES
         S: 250-CHUNKING
         S: 250 LIMITS RCPTMAX=100
         C: RCPT TO:<a@b.example>
         S: 503 5.5.1 Send MAIL first",
    );
}

#[test]
fn arguments_are_checked() {
    let mut session = Session::greeted(config().max_message_octets(1_000).max_recipients(2));
    dialogue(
        &mut session,
        "C: MAIL FROM:<a@b.example> SIZE=1001
         S: 552 5.3.4 Message too big
         C: MAIL FROM:<a@b.example> SIZE=18446744073709551617
         S: 501 5.5.4 Error: expected SIZE= and a number of octets at octet 24
         C: MAIL FROM:<a@b.example> XFOO=1
         S: 555 5.5.4 Error: a parameter is not known
         C: MAIL FROM:<é@b.example>
         S: 553 5.6.7 A non-ASCII address needs SMTPUTF8 on MAIL
         C: MAIL FROM:<@é.example:a@b.example>
         S: 553 5.6.7 A non-ASCII address needs SMTPUTF8 on MAIL
         C: MAIL FROM:<é@b.example> SMTPUTF8 BODY=8BITMIME
         S: 250 2.1.0 Ok
         C: RCPT TO:<>
         S: 501 5.5.4 Error: expected a local part at octet 9
         C: RCPT TO:<Postmaster>
         S: 250 2.1.5 Ok
         C: RCPT TO:<@relay.example:用户@b.example>
         S: 250 2.1.5 Ok
         C: RCPT TO:<c@b.example>
         S: 452 4.5.3 Too many recipients, send the rest in another transaction
         C: VRFY root
         S: 252 2.5.0 Cannot verify, send the message and see
         C: EXPN staff
         S: 502 5.5.1 Not implemented
         C: NOOP please
         S: 250 2.0.0 Ok
         C: STARTTLS
         S: 502 5.5.1 Not implemented",
    );
}

#[test]
fn early_talk_ends_the_session() {
    for (before, early) in [
        ("", "EHLO client.example\r\n"),
        ("", "HELO client.example\r\n"),
        (
            "EHLO client.example\r\n",
            "MAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nDATA\r\nSubject: x\r\n.\r\n",
        ),
    ] {
        let mut session = Session::new(config());
        if !before.is_empty() || early.starts_with("HELO") {
            session.drain();
        }
        session.say(before);
        let replies = session.say(format!("{early}NOOP\r\n"));
        assert!(
            replies.ends_with("554 5.5.0 SMTP synchronization error: wait for the reply\r\n"),
            "{replies}"
        );
        assert!(!replies.contains("354"), "{replies}");
        assert_eq!(
            session.log.last().unwrap(),
            "closed: the client spoke before its turn"
        );
        assert_eq!(session.say("NOOP\r\n"), "");
    }
}

#[test]
fn a_line_over_the_limit_costs_one_reply() {
    let mut session = Session::greeted(config().max_line(512));
    let replies = session.say(format!("NOOP {}\r\nNOOP\r\n", "a".repeat(5_000)));
    assert_eq!(replies, "500 5.5.6 Line too long\r\n250 2.0.0 Ok\r\n");
}

#[test]
fn an_endless_line_ends_the_session() {
    let mut session = Session::greeted(config().max_line(512));
    assert_eq!(
        session.say("a".repeat(512 * 16 + 1)),
        "500 5.5.6 Line too long\r\n"
    );
    assert_eq!(session.log.last().unwrap(), "closed: the line was endless");
}

#[test]
fn a_browser_is_sent_away_at_its_first_line() {
    let mut session = Session::new(config());
    session.drain();
    let replies =
        session.say("POST / HTTP/1.1\r\nHost: mx.example\r\n\r\nHELO x\r\nMAIL FROM:<a@b>\r\n");
    assert_eq!(replies, "421 4.7.0 I speak SMTP, you do not\r\n");
    assert_eq!(session.log, ["closed: the client speaks another protocol"]);
}

#[test]
fn nothing_of_the_peer_is_reflected() {
    let mut session = Session::greeted(config());
    let replies = session.say(b"FOO\x1b[31m\xff\r\nRCPT TO:<\x07@b>\r\n");
    assert!(
        replies
            .bytes()
            .all(|octet| matches!(octet, b' '..=b'~' | b'\r' | b'\n')),
        "{replies:?}"
    );
}

#[test]
fn smuggling_is_refused_and_read_to_the_true_end() {
    for (end, reason) in [
        ("\n.\n", "bare CR or LF"),
        ("\n.\r\n", "bare CR or LF"),
        ("\r.\r\n", "bare CR or LF"),
        ("\r\n.\n", "bare CR or LF"),
        ("\r\n.\r", "bare CR or LF"),
        ("\r\n\0.\r\n", "a NUL"),
    ] {
        let mut session = Session::greeted(config());
        session.say("MAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nDATA\r\n");
        let smuggled =
            format!("hello{end}MAIL FROM:<x@y>\r\nRCPT TO:<c@d>\r\nDATA\r\nbad\r\n.\r\nNOOP\r\n");
        let replies = session.say(smuggled);
        let (first, rest) = replies.split_once("\r\n").unwrap();
        assert!(first.starts_with("550 5.6.0 Message refused: "), "{first}");
        assert_eq!(rest, "250 2.0.0 Ok\r\n", "{end:?}");
        assert_eq!(
            session.log.last().unwrap(),
            &format!(
                "aborted: the message holds {}",
                match reason {
                    "a NUL" => "a NUL",
                    _ => "a bare CR or LF",
                }
            )
        );
    }
}

#[test]
fn normalising_is_counted_and_the_end_stays_strict() {
    use inreply_smtp::wire::data::BareLineEnds;
    let mut session = Session::greeted(config().bare_line_ends(BareLineEnds::Normalize));
    session.say("MAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nDATA\r\n");
    assert_eq!(session.say("a\n.\nb\r.\r\n.\r\n"), "250 2.0.0 Ok\r\n");
    // Behind a bare line end a dot is stuffing at most, so that both lone dots lose it.
    assert_eq!(
        session.log.last().unwrap(),
        "message 10 3 a\\r\\n\\r\\nb\\r\\n\\r\\n"
    );
}

#[test]
fn a_message_over_the_limit_is_refused_at_its_end() {
    let mut session = Session::greeted(config().max_message_octets(1_000));
    session.say("MAIL FROM:<a@b> SIZE=10\r\nRCPT TO:<c@d>\r\nDATA\r\n");
    let line = format!("{}\r\n", "a".repeat(98));
    assert_eq!(session.say(line.repeat(11)), "");
    assert_eq!(
        session.log.last().unwrap(),
        "aborted: the message is too big"
    );
    assert_eq!(
        session.say(".\r\nNOOP\r\n"),
        "552 5.3.4 Message too big\r\n250 2.0.0 Ok\r\n"
    );
}

#[test]
fn an_endless_message_is_cut_off() {
    let mut session = Session::greeted(config().max_message_octets(1_000));
    session.say("MAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nDATA\r\n");
    assert_eq!(
        session.say("a".repeat(2_001)),
        "552 5.3.4 Message too big\r\n"
    );
    assert_eq!(
        session.log.last().unwrap(),
        "closed: the message was endless"
    );
}

#[test]
fn errors_are_counted_until_a_message_is_accepted() {
    let mut session = Session::greeted(config().max_errors(3));
    assert_eq!(session.say("X\r\nX\r\n").matches("500 ").count(), 2);
    session.say("MAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nDATA\r\n");
    session.say(".\r\n");
    assert_eq!(session.say("X\r\nX\r\n").matches("500 ").count(), 2);
    assert_eq!(
        session.say("X\r\nNOOP\r\n"),
        "421 4.7.0 Too many errors, closing\r\n"
    );
}

#[test]
fn answers_come_in_any_order_and_replies_in_the_order_of_the_commands() {
    let mut session = Session::greeted(config());
    session.hold = true;
    assert_eq!(
        session.say("MAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nRCPT TO:<e@f>\r\nNOOP\r\nDATA\r\n"),
        ""
    );
    let (mail, first, second) = (
        session.held.pop_front().unwrap(),
        session.held.pop_front().unwrap(),
        session.held.pop_front().unwrap(),
    );
    assert!(session.held.is_empty(), "DATA waits for all RCPT tickets");
    session
        .server
        .answer(session.now, second, support::NO_SUCH_MAILBOX)
        .unwrap();
    session.server.accept(session.now, first).unwrap();
    assert_eq!(session.drain(), "");
    session.server.accept(session.now, mail).unwrap();
    assert_eq!(
        session.drain(),
        "250 2.1.0 Ok\r\n250 2.1.5 Ok\r\n550 5.1.1 No such mailbox\r\n250 2.0.0 Ok\r\n"
    );
    let data = session.held.pop_front().unwrap();
    session.server.accept(session.now, data).unwrap();
    assert_eq!(session.drain(), "354 End data with <CR><LF>.<CR><LF>\r\n");
}

#[test]
fn a_refused_mail_refuses_its_recipients() {
    let mut session = Session::greeted(config());
    session.hold = true;
    session.say("MAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nDATA\r\n");
    let (mail, rcpt) = (
        session.held.pop_front().unwrap(),
        session.held.pop_front().unwrap(),
    );
    session.server.accept(session.now, rcpt).unwrap();
    session.server.answer(session.now, mail, TRY_LATER).unwrap();
    assert_eq!(
        session.drain(),
        "451 4.3.0 Try again later\r\n503 5.5.1 Send MAIL first\r\n503 5.5.1 Send MAIL first\r\n"
    );
}

#[test]
fn input_behind_an_open_verdict_waits() {
    let mut session = Session::greeted(config());
    session.say("MAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nDATA\r\n");
    session.hold = true;
    assert_eq!(session.say("hi\r\n.\r\nRCPT TO:<e@f>\r\nQUIT\r\n"), "");
    let verdict = session.held.pop_front().unwrap();
    session.server.accept(session.now, verdict).unwrap();
    assert_eq!(
        session.drain(),
        "250 2.0.0 Ok\r\n503 5.5.1 Send MAIL first\r\n221 2.0.0 Bye\r\n"
    );
}

#[test]
fn a_ticket_belongs_to_its_session_and_its_time() {
    let (mut one, mut other) = (Session::greeted(config()), Session::greeted(config()));
    one.hold = true;
    one.say("MAIL FROM:<a@b>\r\n");
    let ticket = one.held.pop_front().unwrap();
    let error = other.server.accept(other.now, ticket).unwrap_err();
    assert!(matches!(error, AnswerError::ApiMisuse(_)), "{error}");

    one.say("RCPT TO:<c@d>\r\n");
    let late = one.held.pop_front().unwrap();
    assert_eq!(
        one.wait(std::time::Duration::from_mins(1)),
        "451 4.3.0 Not decided in time, try again later\r\n503 5.5.1 Send MAIL first\r\n"
    );
    assert_eq!(one.server.accept(one.now, late), Err(AnswerError::TooLate));
}

#[test]
fn deadlines_hold_against_trickling() {
    let mut session = Session::greeted(config());
    for _ in 0..4 {
        assert_eq!(session.wait(std::time::Duration::from_mins(1)), "");
        session.say("N");
    }
    assert_eq!(
        session.wait(std::time::Duration::from_mins(1)),
        "421 4.4.2 Timeout, closing\r\n"
    );

    let mut session = Session::greeted(config());
    session.say("MAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nDATA\r\n");
    for _ in 0..29 {
        assert_eq!(session.wait(std::time::Duration::from_mins(2)), "");
        session.say("a");
    }
    assert_eq!(
        session.wait(std::time::Duration::from_mins(2)),
        "421 4.4.2 Timeout, closing\r\n"
    );
    assert_eq!(
        session.log[session.log.len() - 2],
        "aborted: the connection ended"
    );
}

#[test]
fn shutdown_lets_an_open_message_finish() {
    let mut idle = Session::greeted(config());
    idle.server.shutdown(idle.now);
    assert_eq!(idle.drain(), "421 4.3.2 Shutting down, try again later\r\n");

    let mut busy = Session::greeted(config());
    busy.say("MAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nDATA\r\n");
    busy.server.shutdown(busy.now);
    assert_eq!(busy.drain(), "");
    assert_eq!(
        busy.say("hi\r\n.\r\n"),
        "250 2.0.0 Ok\r\n421 4.3.2 Shutting down, try again later\r\n"
    );
}

#[test]
fn the_end_of_the_connection_is_no_end_of_data() {
    let mut session = Session::greeted(config());
    session.say("MAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nDATA\r\n");
    session.say("half\r\n.");
    session.server.handle_eof(session.now);
    assert_eq!(session.drain(), "");
    assert_eq!(
        session.log[session.log.len() - 2..],
        [
            "aborted: the connection ended",
            "closed: the client closed the connection"
        ]
    );
}

#[test]
fn a_client_that_closes_its_half_still_hears_its_replies() {
    let mut session = Session::greeted(config());
    session.say("MAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nDATA\r\n");
    session.hold = true;
    session.say("hi\r\n.\r\nQUIT\r\n");
    session.server.handle_eof(session.now);
    let verdict = session.held.pop_front().unwrap();
    session.server.accept(session.now, verdict).unwrap();
    assert_eq!(session.drain(), "250 2.0.0 Ok\r\n221 2.0.0 Bye\r\n");
}

#[test]
fn a_slow_embedder_holds_the_input_back() {
    use bytes::BytesMut;
    use inreply_smtp::server::Event;
    let mut session = Session::greeted(config().body_window(1_000));
    session.say("MAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nDATA\r\n");
    let mut input = BytesMut::from("a".repeat(5_000).as_str());
    session.server.handle_input(session.now, &mut input);
    assert_eq!(input.len(), 4_000);
    let mut taken = 0;
    while let Some(Event::Body(octets)) = session.server.poll_event() {
        taken += octets.len();
        session.server.handle_input(session.now, &mut input);
    }
    assert_eq!((taken, input.len()), (5_000, 0));
}
