//! The dialogues of RFC 3207, RFC 4954 and their neighbours, against the server machine.

// Helpers of tests are tests.
#![allow(clippy::unwrap_used, clippy::panic)]

mod support;

use std::time::Duration;

use inreply_smtp::server::{ApiMisuse, ServerConfig};
use inreply_smtp::wire::sasl::{Mechanism, Mechanisms};
use support::{Session, config, dialogue};

fn secure() -> ServerConfig {
    config()
        .starttls(true)
        .auth(Mechanisms::from_iter(Mechanism::ALL))
}

/// A session behind its handshake and its second EHLO.
fn encrypted(config: ServerConfig) -> Session {
    let mut session = Session::greeted(config);
    assert_eq!(session.say("STARTTLS\r\n"), "220 2.0.0 Ready to start TLS\r\n");
    session.start_tls();
    session.say("EHLO client.example\r\n");
    session.log.clear();
    session
}

/// RFC 3207 §5, with our names and texts.
#[test]
fn starttls_begins_the_session_anew() {
    let mut session = Session::new(secure());
    dialogue(
        &mut session,
        "S: 220 mx.example ESMTP
         C: EHLO mail.example.com
         S: 250-mx.example
         S: 250-PIPELINING
         S: 250-SIZE 26214400
         S: 250-8BITMIME
         S: 250-SMTPUTF8
         S: 250-ENHANCEDSTATUSCODES
         S: 250-CHUNKING
         S: 250-STARTTLS
         S: 250 LIMITS RCPTMAX=100
         C: MAIL FROM:<a@b.example>
         S: 250 2.1.0 Ok
         C: STARTTLS
         S: 220 2.0.0 Ready to start TLS",
    );
    assert_eq!(
        session.log[1..],
        [
            "mail <a@b.example>",
            "aborted: the client gave it up",
            "handshake"
        ]
    );
    session.start_tls();
    dialogue(
        &mut session,
        "C: RCPT TO:<c@d.example>
         S: 503 5.5.1 Send MAIL first
         C: MAIL FROM:<a@b.example>
         S: 503 5.5.1 Send EHLO first
         C: EHLO mail.example.com
         S: 250-mx.example
         S: 250-PIPELINING
         S: 250-SIZE 26214400
         S: 250-8BITMIME
         S: 250-SMTPUTF8
         S: 250-ENHANCEDSTATUSCODES
         S: 250-CHUNKING
         S: 250-AUTH SCRAM-SHA-256 CRAM-MD5 PLAIN LOGIN OAUTHBEARER XOAUTH2
         S: 250 LIMITS RCPTMAX=100
         C: STARTTLS
         S: 503 5.5.1 TLS is already on",
    );
    assert_eq!(session.server.tls().unwrap().version(), "TLSv1.3");
}

#[test]
fn what_is_sent_behind_starttls_is_thrown_away() {
    for trickle in [false, true] {
        let mut session = Session::greeted(secure());
        session.hold = true;
        session.say("STARTTLS\r\nMAIL FROM:<x@y>\r\n");
        if trickle {
            session.trickle("RCPT TO:<c@d>\r\nNO");
        }
        let ticket = session.held.pop_front().unwrap();
        session.server.accept(session.now, ticket).unwrap();
        assert_eq!(session.say("NOOP\r\n"), "220 2.0.0 Ready to start TLS\r\n");
        // These octets belong to the handshake; a driver that gives them here gets no answer.
        assert_eq!(session.say("NOOP\r\n"), "");
        session.start_tls();
        assert_eq!(session.drain(), "");
        assert_eq!(session.say("NOOP\r\n"), "250 2.0.0 Ok\r\n");
        assert_eq!(session.log, ["hello client.example true", "handshake"]);
    }
}

#[test]
fn starttls_has_its_place() {
    let mut session = Session::greeted(config());
    assert_eq!(session.say("STARTTLS\r\n"), "502 5.5.1 Not implemented\r\n");
    assert_eq!(
        session.server.tls_started(session.now, support::tls_info()),
        Err(ApiMisuse::NoHandshake)
    );
    let mut session = Session::greeted(secure());
    assert_eq!(
        session.say("STARTTLS foo\r\n"),
        "501 5.5.4 Error: expected no argument at octet 8\r\n"
    );
    session.hold = true;
    session.say("STARTTLS\r\n");
    let ticket = session.held.pop_front().unwrap();
    session
        .server
        .answer(session.now, ticket, support::TRY_LATER)
        .unwrap();
    assert_eq!(session.drain(), "451 4.3.0 Try again later\r\n");
    assert_eq!(session.say("NOOP\r\n"), "250 2.0.0 Ok\r\n");
}

#[test]
fn a_handshake_has_a_deadline_and_hears_no_plain_text() {
    let mut session = Session::greeted(secure());
    session.say("STARTTLS\r\n");
    assert_eq!(session.wait(Duration::from_mins(1)), "");
    assert_eq!(session.log.last().unwrap(), "closed: the client took too long");
    let mut session = Session::greeted(secure());
    session.say("STARTTLS\r\n");
    session.server.shutdown(session.now);
    assert_eq!(session.drain(), "");
    assert_eq!(session.log.last().unwrap(), "closed: the server is shutting down");
    let mut session = Session::greeted(secure());
    session.say("STARTTLS\r\n");
    session.server.tls_failed();
    assert_eq!(session.drain(), "");
    assert_eq!(session.log.last().unwrap(), "closed: the TLS handshake failed");
}

#[test]
fn where_tls_is_required_plain_sessions_can_only_start_it() {
    let mut session = Session::new(secure().require_tls(true));
    session.drain();
    session.say("EHLO client.example\r\n");
    for line in [
        "MAIL FROM:<a@b>",
        "MAIL",
        "RCPT TO:<a@b>",
        "DATA",
        "RSET",
        "VRFY x",
        "FOO",
        "AUTH PLAIN AA==",
    ] {
        assert_eq!(
            session.say(format!("{line}\r\n")),
            "530 5.7.0 Must issue a STARTTLS command first\r\n",
            "{line}"
        );
    }
    assert_eq!(
        session.say("BDAT 6 LAST\r\nNOOP\r\nNOOP\r\n"),
        "530 5.7.0 Must issue a STARTTLS command first\r\n250 2.0.0 Ok\r\n"
    );
    assert_eq!(session.say("noop\r\n"), "250 2.0.0 Ok\r\n");
    assert!(session.say("HELO client.example\r\n").starts_with("250 "));
    session.say("STARTTLS\r\n");
    session.start_tls();
    session.say("EHLO client.example\r\n");
    assert_eq!(session.say("MAIL FROM:<a@b>\r\n"), "250 2.1.0 Ok\r\n");
    session.say("QUIT\r\n");
}

/// RFC 4954 §4: PLAIN with and without an initial response, with our texts.
#[test]
fn plain_authenticates() {
    let mut session = encrypted(secure());
    let response = base64("\0ann\0correct horse battery staple");
    dialogue(
        &mut session,
        "C: AUTH PLAIN AGFubgBodW50ZXI=
         S: 535 5.7.8 Authentication credentials invalid
         C: AUTH PLAIN
         S: 334 ",
    );
    assert_eq!(
        session.say(format!("{response}\r\n")),
        "235 2.7.0 Authentication successful\r\n"
    );
    dialogue(
        &mut session,
        "C: AUTH PLAIN AA==
         S: 503 5.5.1 Already authenticated
         C: MAIL FROM:<a@b.example> AUTH=<>
         S: 250 2.1.0 Ok",
    );
    assert_eq!(session.log, ["authenticated ann", "mail <a@b.example> AUTH=<>"]);
    let mut session = encrypted(secure());
    assert_eq!(
        session.say(format!("AUTH plain {response}\r\nNOOP\r\n")),
        "235 2.7.0 Authentication successful\r\n250 2.0.0 Ok\r\n"
    );
}

#[test]
fn login_asks_twice() {
    for first in ["AUTH LOGIN\r\n", "AUTH LOGIN YW5u\r\n"] {
        let mut session = encrypted(secure());
        let mut said = session.say(first);
        if said == "334 VXNlcm5hbWU6\r\n" {
            said = session.say("YW5u\r\n");
        }
        assert_eq!(said, "334 UGFzc3dvcmQ6\r\n");
        assert_eq!(
            session.say(format!("{}\r\n", base64(support::PASSWORD))),
            "235 2.7.0 Authentication successful\r\n"
        );
        assert_eq!(session.log, ["authenticated ann"]);
    }
}

#[test]
fn tokens_are_the_embedders_to_check() {
    for (mechanism, head) in [
        ("XOAUTH2", "user=ann\x01"),
        ("OAUTHBEARER", "n,a=ann,\x01host=mx\x01"),
    ] {
        let mut session = encrypted(secure());
        let message = base64(&format!("{head}auth=Bearer {}\x01\x01", support::TOKEN));
        assert_eq!(
            session.say(format!("AUTH {mechanism} {message}\r\n")),
            "235 2.7.0 Authentication successful\r\n"
        );
        assert_eq!(session.log, ["token of ann"]);
        let mut session = encrypted(secure());
        let message = base64(&format!("{head}auth=Bearer other\x01\x01"));
        assert_eq!(
            session.say(format!("AUTH {mechanism} {message}\r\n")),
            "535 5.7.8 Authentication credentials invalid\r\n"
        );
    }
}

#[test]
fn an_exchange_can_fail_in_every_way() {
    let mut session = encrypted(secure());
    dialogue(
        &mut session,
        "C: AUTH PLAIN !!!!
         S: 501 5.5.4 Error: expected a response in base64 at octet 11
         C: AUTH PLAIN
         S: 334 
         C: *
         S: 501 5.7.0 Authentication cancelled
         C: AUTH PLAIN
         S: 334 
         C: !!!!
         S: 501 5.5.2 The response cannot be decoded
         C: AUTH PLAIN AAAA
         S: 501 5.5.2 The response cannot be decoded
         C: AUTH CRAM-MD5 AAAA
         S: 501 5.5.2 The response cannot be decoded
         C: AUTH GSSAPI
         S: 504 5.5.4 Error: the mechanism is not known
         C: MAIL FROM:<a@b.example>
         S: 250 2.1.0 Ok
         C: AUTH PLAIN AGFubgBodW50ZXI=
         S: 503 5.5.1 A transaction is open, send RSET first
         C: RSET
         S: 250 2.0.0 Ok
         C: AUTH SCRAM-SHA-256
         S: 334 
         C: bixhLGI=
         S: 535 5.7.8 Authentication credentials invalid",
    );
    let long = "A".repeat(12_289);
    assert_eq!(session.say("AUTH PLAIN\r\n"), "334 \r\n");
    assert_eq!(
        session.say(format!("{long}\r\nNOOP\r\n")),
        "500 5.5.6 Authentication exchange line is too long\r\n250 2.0.0 Ok\r\n"
    );
    assert_eq!(
        session.say(format!("AUTH PLAIN {long}\r\nNOOP {}\r\n", "a".repeat(5_000))),
        "500 5.5.6 Line too long\r\n500 5.5.6 Line too long\r\n"
    );
}

#[test]
fn auth_is_offered_under_tls_only() {
    let mut session = Session::new(secure());
    session.drain();
    assert!(!session.say("EHLO client.example\r\n").contains("AUTH"));
    assert_eq!(
        session.say("AUTH PLAIN AGFubgBodW50ZXI=\r\n"),
        "538 5.7.11 Encryption required, send STARTTLS first\r\n"
    );
    let mut session = Session::greeted(config());
    assert_eq!(
        session.say("AUTH PLAIN AA==\r\n"),
        "502 5.5.1 Not implemented\r\n"
    );
    let mut session = Session::new(secure().plaintext_auth(true));
    session.drain();
    assert!(session.say("EHLO client.example\r\n").contains("250-AUTH SCRAM"));
    assert_eq!(session.say("AUTH LOGIN\r\n"), "334 VXNlcm5hbWU6\r\n");
}

#[test]
fn a_proxy_header_is_read_from_trusted_peers_only() {
    let mut session = Session::new(config().expect_proxy(true));
    assert_eq!(session.drain(), "");
    assert_eq!(
        session.say("PROXY TCP4 192.0.2.7 192.0.2.1 5000 25\r\n"),
        "220 mx.example ESMTP\r\n"
    );
    assert_eq!(session.log, ["proxied Some(192.0.2.7:5000)"]);
    let mut session = Session::new(config().expect_proxy(true));
    assert_eq!(session.say("EHLO client.example\r\n"), "");
    assert_eq!(session.log, ["closed: the PROXY header is missing"]);
    let mut session = Session::new(config());
    session.drain();
    assert_eq!(
        session.say("PROXY TCP4 192.0.2.7 192.0.2.1 5000 25\r\n"),
        "500 5.5.1 Error: the verb is not known\r\n"
    );
}

#[test]
fn xclient_is_taken_from_trusted_peers_only() {
    let mut session = Session::greeted(config());
    assert_eq!(
        session.say("XCLIENT ADDR=192.0.2.7 LOGIN=root\r\n"),
        "550 5.7.0 You are not trusted to say so\r\n"
    );
    let mut session = Session::new(config().xclient(true));
    session.drain();
    assert!(
        session
            .say("EHLO proxy.example\r\n")
            .contains("XCLIENT NAME ADDR")
    );
    dialogue(
        &mut session,
        "C: XCLIENT ADDR=192.0.2.7
         S: 220 mx.example ESMTP
         C: MAIL FROM:<a@b.example>
         S: 503 5.5.1 Send EHLO first",
    );
    assert_eq!(session.log[1], "xclient ADDR=192.0.2.7");
}

#[test]
fn requiretls_needs_an_offer_and_tls() {
    let mut session = encrypted(secure());
    assert_eq!(
        session.say("MAIL FROM:<a@b> REQUIRETLS\r\n"),
        "555 5.5.4 Error: a parameter is not known\r\n"
    );
    let mut session = Session::greeted(secure().requiretls(true));
    assert_eq!(
        session.say("MAIL FROM:<a@b> REQUIRETLS\r\n"),
        "530 5.7.10 REQUIRETLS needs TLS here\r\n"
    );
    let mut session = encrypted(secure().requiretls(true));
    assert!(session.say("EHLO client.example\r\n").contains("REQUIRETLS"));
    assert_eq!(session.say("MAIL FROM:<a@b> REQUIRETLS\r\n"), "250 2.1.0 Ok\r\n");
}

fn base64(text: &str) -> String {
    inreply_smtp::wire::sasl::Response::encode(text.as_bytes()).to_string()
}
