//! The dialogues of RFC 3030, RFC 2033 and RFC 3461, against the server machine.

// Helpers of tests are tests.
#![allow(clippy::unwrap_used, clippy::panic)]

mod support;

use inreply_smtp::wire::data::BareLineEnds;
use support::{Session, config, dialogue};

/// RFC 3030 §4.1, with our names and texts.
#[test]
fn a_message_in_one_chunk() {
    let mut session = Session::greeted(config());
    session.say("MAIL FROM:<Sam@Random.com>\r\nRCPT TO:<Susan@Random.com>\r\n");
    assert_eq!(session.say("BDAT 11 LAST\r\n"), "");
    assert_eq!(session.say("To: Susan\r\n"), "250 2.0.0 Ok\r\n");
    assert_eq!(session.log.last().unwrap(), "message 11 0 To: Susan\\r\\n");
}

/// RFC 3030 §4.2: everything pipelined, the last chunk empty.
#[test]
fn a_binary_message_in_pipelined_chunks() {
    for trickle in [false, true] {
        let mut session = Session::greeted(config().binary_mime(true));
        let script = "MAIL FROM:<ned@ymir.claremont.edu> BODY=BINARYMIME\r\n\
             RCPT TO:<gvaudre@cnri.reston.va.us>\r\n\
             RCPT TO:<jstewart@cnri.reston.va.us>\r\n\
             BDAT 11\r\n\r\0\n.\r\nDATA\nBDAT 6\r\n\n.\r\n\r\nBDAT 0 LAST\r\nQUIT\r\n";
        let said = if trickle {
            session.trickle(script)
        } else {
            session.say(script)
        };
        assert_eq!(
            said,
            "250 2.1.0 Ok\r\n250 2.1.5 Ok\r\n250 2.1.5 Ok\r\n250 2.0.0 Ok: chunk taken\r\n\
             250 2.0.0 Ok: chunk taken\r\n250 2.0.0 Ok\r\n221 2.0.0 Bye\r\n"
        );
        assert!(
            session
                .log
                .contains(&"message 17 0 \\r\\x00\\n.\\r\\nDATA\\n\\n.\\r\\n\\r\\n".to_owned()),
            "{:?}",
            session.log
        );
    }
}

/// RFC 3030 §2: the octets of a chunk that is refused are consumed all the same.
#[test]
fn a_refused_chunk_is_taken_off_the_stream() {
    let mut session = Session::greeted(config());
    assert_eq!(
        session.say("BDAT 12 LAST\r\nNOOP\r\nNOOP\r\nNOOP\r\n"),
        "503 5.5.1 Send MAIL first\r\n250 2.0.0 Ok\r\n"
    );
    assert_eq!(
        session.say("MAIL FROM:<a@b>\r\nBDAT 6 LAST\r\nNOOP\r\nNOOP\r\n"),
        "250 2.1.0 Ok\r\n554 5.5.1 No valid recipients\r\n250 2.0.0 Ok\r\n"
    );
    let mut session = Session::greeted(config().chunking(false));
    assert_eq!(
        session.say("BDAT 6 LAST\r\nNOOP\r\nNOOP\r\n"),
        "502 5.5.1 Not implemented\r\n250 2.0.0 Ok\r\n"
    );
    let mut session = Session::greeted(config());
    session.say("MAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\n");
    session.hold = true;
    session.say("BDAT 6\r\nNOOP\r\nBDAT 6 LAST\r\nNOOP\r\nNOOP\r\n");
    let ticket = session.held.pop_front().unwrap();
    session
        .server
        .answer(session.now, ticket, support::TRY_LATER)
        .unwrap();
    assert_eq!(
        session.drain(),
        "451 4.3.0 Try again later\r\n503 5.5.1 Send MAIL first\r\n250 2.0.0 Ok\r\n"
    );
    assert_eq!(
        session.log.last().unwrap(),
        "aborted: the message was not wanted"
    );
}

#[test]
fn a_size_that_cannot_be_read_ends_the_session() {
    for size in [
        "18446744073709551621 LAST",
        "-1 LAST",
        "0x5 LAST",
        "",
        "5 FIRST",
    ] {
        let mut session = Session::greeted(config());
        session.say("MAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\n");
        assert_eq!(
            session.say(format!("BDAT {size}\r\nNOOP\r\n")),
            "501 5.5.4 Error: the size of the chunk cannot be read\r\n"
        );
        assert_eq!(
            session.log.last().unwrap(),
            "closed: the client sent a chunk of unknown size"
        );
    }
    let mut session = Session::greeted(config());
    assert_eq!(
        session.say("BDAT 18446744073709551615 LAST\r\nNOOP\r\n"),
        "552 5.3.4 Message too big\r\n"
    );
}

#[test]
fn text_chunks_hold_no_bare_line_end() {
    for (chunks, reply) in [
        (
            "BDAT 8 LAST\r\na\nb\rc\r\n.",
            "550 5.6.0 Message refused: bare <CR> or <LF>, lines end with <CR><LF>\r\n",
        ),
        (
            "BDAT 3\r\na\r\nBDAT 1\r\n\rBDAT 2 LAST\r\n\n.",
            "250 2.0.0 Ok: chunk taken\r\n250 2.0.0 Ok: chunk taken\r\n250 2.0.0 Ok\r\n",
        ),
        (
            "BDAT 2 LAST\r\na\r",
            "550 5.6.0 Message refused: bare <CR> or <LF>, lines end with <CR><LF>\r\n",
        ),
        (
            "BDAT 3 LAST\r\na\0b",
            "550 5.6.0 Message refused: it holds a NUL octet\r\n",
        ),
        (
            "BDAT 2\r\na\nBDAT 1 LAST\r\nb",
            "550 5.6.0 Message refused: bare <CR> or <LF>, lines end with <CR><LF>\r\n503 5.5.1 Send MAIL first\r\n",
        ),
    ] {
        let mut session = Session::greeted(config());
        session.say("MAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\n");
        assert_eq!(
            session.say(format!("{chunks}NOOP\r\n")),
            format!("{reply}250 2.0.0 Ok\r\n")
        );
    }
    let mut session = Session::greeted(config().bare_line_ends(BareLineEnds::Normalize));
    session.say("MAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\n");
    assert_eq!(session.say("BDAT 3 LAST\r\na\nb"), "250 2.0.0 Ok\r\n");
    assert_eq!(session.log.last().unwrap(), "message 4 1 a\\r\\nb");
}

#[test]
fn chunks_have_their_place() {
    let mut session = Session::greeted(config().binary_mime(true).max_message_octets(10));
    session.say("MAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\n");
    assert_eq!(session.say("BDAT 2\r\nhi"), "250 2.0.0 Ok: chunk taken\r\n");
    dialogue(
        &mut session,
        "C: DATA
         C: RCPT TO:<e@f>
         C: MAIL FROM:<a@b>
         S: 503 5.5.1 The message has begun, send the next BDAT or RSET
         S: 503 5.5.1 The message has begun, send the next BDAT or RSET
         S: 503 5.5.1 A transaction is open, send RSET first
         C: RSET
         S: 250 2.0.0 Ok
         C: MAIL FROM:<a@b> BODY=BINARYMIME
         C: RCPT TO:<c@d>
         C: DATA
         S: 250 2.1.0 Ok
         S: 250 2.1.5 Ok
         S: 503 5.5.1 BODY=BINARYMIME goes with BDAT only",
    );
    assert_eq!(
        session.say("BDAT 6\r\nabcdef"),
        "250 2.0.0 Ok: chunk taken\r\n"
    );
    assert_eq!(
        session.say("BDAT 6 LAST\r\nghijkl"),
        "552 5.3.4 Message too big\r\n"
    );
    let mut session = Session::greeted(config());
    assert_eq!(
        session.say("MAIL FROM:<a@b> BODY=BINARYMIME\r\n"),
        "555 5.5.4 Error: a parameter is not known\r\n"
    );
}

/// RFC 2033 §4.2, with our names and texts.
#[test]
fn lmtp_has_a_verdict_for_each_recipient() {
    let mut session = Session::new(config().lmtp(true));
    dialogue(
        &mut session,
        "S: 220 mx.example LMTP
         C: EHLO foo.edu
         C: HELO foo.edu
         S: 500 5.5.1 This is LMTP, send LHLO
         S: 500 5.5.1 This is LMTP, send LHLO
         C: LHLO foo.edu
         S: 250-mx.example
         S: 250-PIPELINING
         S: 250-SIZE 26214400
         S: 250-8BITMIME
         S: 250-SMTPUTF8
         S: 250-ENHANCEDSTATUSCODES
         S: 250-CHUNKING
         S: 250 LIMITS RCPTMAX=100
         C: MAIL FROM:<chris@bar.com>
         C: RCPT TO:<pat@foo.edu>
         C: RCPT TO:<nobody@foo.edu>
         C: RCPT TO:<pat@foo.edu>
         C: DATA
         S: 250 2.1.0 Ok
         S: 250 2.1.5 Ok
         S: 550 5.1.1 No such mailbox
         S: 250 2.1.5 Ok
         S: 354 End data with <CR><LF>.<CR><LF>
         C: Blah
         C: .
         S: 250 2.0.0 Ok
         S: 250 2.0.0 Ok
         C: MAIL FROM:<chris@bar.com>
         C: RCPT TO:<nobody@foo.edu>
         C: DATA
         S: 250 2.1.0 Ok
         S: 550 5.1.1 No such mailbox
         S: 503 5.5.1 No valid recipients
         C: QUIT
         S: 221 2.0.0 Bye",
    );
    assert!(
        session
            .log
            .contains(&"message for 0 6 0 Blah\\r\\n".to_owned())
    );
    assert!(
        session
            .log
            .contains(&"message for 1 6 0 Blah\\r\\n".to_owned())
    );
    let mut session = Session::new(config());
    session.drain();
    assert!(session.say("LHLO foo.edu\r\n").starts_with("500 "));
}

#[test]
fn lmtp_answers_in_order_and_refuses_for_each() {
    let mut session = Session::new(config().lmtp(true));
    session.drain();
    session.say("LHLO foo.edu\r\n");
    session.say("MAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nRCPT TO:<e@f>\r\nDATA\r\n");
    assert_eq!(session.say("a\nb\r\n.\r\n").matches("550 5.6.0").count(), 2);
    session.say("MAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nRCPT TO:<e@f>\r\n");
    session.hold = true;
    session.say("BDAT 1 LAST\r\na");
    let ticket = session.held.pop_front().unwrap();
    session.server.accept(session.now, ticket).unwrap();
    session.drain();
    let (first, second) = (
        session.held.pop_front().unwrap(),
        session.held.pop_front().unwrap(),
    );
    session
        .server
        .answer(session.now, second, support::NO_SUCH_MAILBOX)
        .unwrap();
    assert_eq!(session.say("NOOP\r\n"), "");
    session.server.accept(session.now, first).unwrap();
    assert_eq!(
        session.drain(),
        "250 2.0.0 Ok\r\n550 5.1.1 No such mailbox\r\n250 2.0.0 Ok\r\n"
    );
}

/// An embedder that decides one recipient after the other has the whole time for each.
#[test]
fn in_lmtp_the_time_for_a_verdict_begins_behind_the_one_before() {
    let patience = std::time::Duration::from_secs(60);
    let mut session = Session::new(config().lmtp(true).verdict_timeout(patience));
    session.drain();
    session.say("LHLO foo.edu\r\n");
    session.say("MAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nRCPT TO:<e@f>\r\nDATA\r\n");
    session.hold = true;
    assert_eq!(session.say("hi\r\n.\r\n"), "");
    let first = session.held.pop_front().unwrap();
    assert_eq!(
        session.wait(patience - std::time::Duration::from_secs(1)),
        ""
    );
    session.server.accept(session.now, first).unwrap();
    assert_eq!(session.drain(), "250 2.0.0 Ok\r\n");
    assert_eq!(session.wait(patience), "", "the second has its own time");
    assert!(session.wait(patience).starts_with("451 4.3.0 "));
}

/// RFC 3461 §5.1: the parameters reach the embedder where it honours them, and are refused where nobody does.
#[test]
fn dsn_is_offered_where_the_embedder_says_so() {
    let mut session = Session::greeted(config().dsn(true));
    session.say("MAIL FROM:<Alice@Pure-Heart.ORG> RET=HDRS ENVID=QQ314159\r\n");
    session.say("RCPT TO:<Bob@Example.COM> NOTIFY=SUCCESS ORCPT=rfc822;Bob@Example.COM\r\n");
    assert_eq!(
        session.log[1..],
        [
            "mail <Alice@Pure-Heart.ORG> RET=HDRS ENVID=QQ314159",
            "rcpt <Bob@Example.COM> NOTIFY=SUCCESS ORCPT=rfc822;Bob@Example.COM"
        ]
    );
    let mut session = Session::greeted(config());
    dialogue(
        &mut session,
        "C: MAIL FROM:<a@b> RET=HDRS
         S: 555 5.5.4 Error: a parameter is not known
         C: MAIL FROM:<a@b>
         S: 250 2.1.0 Ok
         C: RCPT TO:<c@d> NOTIFY=NEVER
         S: 555 5.5.4 Error: a parameter is not known
         C: RCPT TO:<c@d> NOTIFY=SOMETIMES
         S: 501 5.5.4 Error: expected NOTIFY=NEVER or a list of SUCCESS, FAILURE and DELAY at octet 14",
    );
}

#[test]
fn wishes_about_time_are_read_and_refused() {
    let mut session = Session::greeted(config());
    for wish in [
        "MT-PRIORITY=3",
        "HOLDFOR=60",
        "HOLDUNTIL=2026-11-24T10:00:00Z",
        "BY=120;R",
    ] {
        assert_eq!(
            session.say(format!("MAIL FROM:<a@b> {wish}\r\n")),
            "555 5.5.4 Error: a parameter is not known\r\n"
        );
    }
    assert!(
        session
            .say("MAIL FROM:<a@b> HOLDFOR=x\r\n")
            .starts_with("501 ")
    );
}

#[test]
fn commands_without_effect_are_counted_until_a_message_is_accepted() {
    let mut session = Session::greeted(config().max_idle_commands(4));
    assert_eq!(session.say("NOOP\r\nVRFY x\r\nRSET\r\n").lines().count(), 3);
    session.say("MAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nDATA\r\n");
    session.say(".\r\n");
    assert_eq!(
        session
            .say("HELP\r\nETRN x\r\nEXPN x\r\nNOOP\r\n")
            .lines()
            .count(),
        4
    );
    assert_eq!(
        session.say("NOOP\r\nNOOP\r\n"),
        "421 4.7.0 Too many commands without a message, closing\r\n"
    );
}
