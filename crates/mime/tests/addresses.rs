//! Dangerous and odd addresses and headers, with the reading that is right and where it stands.

use inreply_mime::message::{DefectKind, Message};

fn from(value: &str) -> Vec<(String, String)> {
    let raw = format!("From: {value}\r\n\r\n");
    let message = Message::parse(raw.as_bytes());
    message
        .from()
        .iter()
        .map(|from| (from.name().to_owned(), from.address().to_owned()))
        .collect()
}

/// Field value, the mailboxes as name and address, source.
type Case = (
    &'static str,
    &'static [(&'static str, &'static str)],
    &'static str,
);

const CASES: &[Case] = &[
    (
        "ann@example.com",
        &[("", "ann@example.com")],
        "RFC 5322 §3.4.1",
    ),
    (
        "Ann <ann@example.com>",
        &[("Ann", "ann@example.com")],
        "RFC 5322 §3.4",
    ),
    (
        "\"Joe Q. Public\" <john.q.public@example.com>",
        &[("Joe Q. Public", "john.q.public@example.com")],
        "RFC 5322 A.1.2",
    ),
    (
        "Who? <one@y.test>",
        &[("Who?", "one@y.test")],
        "RFC 5322 A.1.2",
    ),
    (
        "\"Giant; \\\"Big\\\" Box\" <sysservices@example.net>",
        &[("Giant; \"Big\" Box", "sysservices@example.net")],
        "RFC 5322 A.1.2",
    ),
    (
        "A Group:Ed Jones <joe@where.test>,john@one.test;",
        &[("Ed Jones", "joe@where.test"), ("", "john@one.test")],
        "RFC 5322 A.1.3",
    ),
    ("Undisclosed recipients:;", &[], "RFC 5322 A.1.3"),
    (
        "Pete(A nice \\) chap) <pete(his account)@silly.test(his host)>",
        &[("Pete", "pete@silly.test")],
        "RFC 5322 A.5",
    ),
    (
        "Joe Q. Public <john . q . public@example.com>",
        &[("Joe Q. Public", "john.q.public@example.com")],
        "RFC 5322 A.6.1",
    ),
    (
        "Mary Smith <@node.test:mary@example.net>, , jdoe@test . example",
        &[
            ("Mary Smith", "mary@example.net"),
            ("", "jdoe@test.example"),
        ],
        "RFC 5322 A.6.1",
    ),
    (
        "ann@example.com (Ann Field)",
        &[("Ann Field", "ann@example.com")],
        "RFC 5322 §3.4: comment as name",
    ),
    (
        "\"a@b\"@example.com",
        &[("", "\"a@b\"@example.com")],
        "RFC 5322 §3.2.4: one address, at example.com",
    ),
    (
        "\"ann@bank.example\" <eve@example.org>",
        &[("ann@bank.example", "eve@example.org")],
        "the name is no address",
    ),
    (
        "ann@bank.example <eve@example.org>",
        &[("ann@bank.example", "eve@example.org")],
        "an unquoted @ in a name",
    ),
    // CVE-2023-27043: a parser that gave up at the bracket took the address before it for the sender's.
    (
        "alice@example.org)bob@example.com",
        &[("", "alice@example.org)bob@example.com")],
        "CVE-2023-27043",
    ),
    (
        "alice@example.org<bob@example.com>",
        &[("alice@example.org", "bob@example.com")],
        "CVE-2023-27043",
    ),
    (
        "=?utf-8?q?=61=40=62?= <eve@example.org>",
        &[("a@b", "eve@example.org")],
        "RFC 2047 §5: in a phrase",
    ),
    (
        "<=?utf-8?q?ann?=@example.com>",
        &[("", "=?utf-8?q?ann?=@example.com")],
        "RFC 2047 §5: never in an addr-spec",
    ),
    (
        "=?utf-8?q?Ann=0D=0ABcc=3A_eve?= <ann@example.com>",
        &[("Ann  Bcc: eve", "ann@example.com")],
        "control characters dropped",
    ),
    (
        "j\u{fc}rgen@example.com",
        &[("", "j\u{fc}rgen@example.com")],
        "RFC 6532 §3.2",
    ),
    (
        "\"J\u{fc}rgen\" <j@b\u{fc}cher.example>",
        &[("J\u{fc}rgen", "j@b\u{fc}cher.example")],
        "RFC 6532 §3.2",
    ),
    (
        "ann@example.com, bob@example.com",
        &[("", "ann@example.com"), ("", "bob@example.com")],
        "RFC 5322 §3.4",
    ),
    (
        "ann@example.com; bob@example.com",
        &[("", "ann@example.com"), ("", "bob@example.com")],
        "what Outlook users type",
    ),
    ("nobody", &[("nobody", "")], "no addr-spec without @"),
    ("", &[], "nothing"),
    ("((((((((((", &[], "a comment that never ends"),
    (
        "\"\\\"\\\"\\\"",
        &[("\"\"\"", "")],
        "a quote that never ends",
    ),
];

#[test]
fn right_readings() {
    for (value, expected, source) in CASES {
        let expected: Vec<(String, String)> = expected
            .iter()
            .map(|(name, address)| ((*name).to_owned(), (*address).to_owned()))
            .collect();
        assert_eq!(from(value), expected, "{value} ({source})");
    }
}

#[test]
fn parts_of_an_address() {
    for (value, local, domain) in [
        ("ann@example.com", "ann", "example.com"),
        ("\"a@b\"@example.com", "\"a@b\"", "example.com"),
        ("a@b@c", "a@b", "c"),
    ] {
        let raw = format!("From: {value}\n\n");
        let message = Message::parse(raw.as_bytes());
        let list = message.from();
        assert_eq!(
            (list[0].local_part(), list[0].domain()),
            (local, domain),
            "{value}"
        );
    }
}

#[test]
fn two_from_fields_are_both_reachable() {
    let message = Message::parse(b"From: a@example.com\nFrom : b@example.com\n\n");
    assert_eq!(message.header("from").count(), 2);
    assert_eq!(
        message.header("from").first().unwrap().text(),
        "a@example.com"
    );
    assert_eq!(
        message.header("from").last().unwrap().text(),
        "b@example.com"
    );
    assert_eq!(message.from().len(), 2);
    assert!(
        message
            .defects()
            .iter()
            .any(|defect| defect.kind() == DefectKind::SpaceBeforeColon)
    );
}

#[test]
fn boundaries_that_look_alike() {
    let inner_starts_with_outer = b"Content-Type: multipart/mixed; boundary=b\n\n--b\n\
        Content-Type: multipart/alternative; boundary=b1\n\n--b1\n\ninner\n--b1--\n--b\n\nouter\n--b--\n";
    let message = Message::parse(inner_starts_with_outer);
    let bodies: Vec<&[u8]> = message
        .parts()
        .filter(|part| !part.is_multipart())
        .map(|part| part.raw_body())
        .collect();
    assert_eq!(bodies, [&b"inner"[..], b"outer"]);
    assert!(message.defects().is_empty(), "{:?}", message.defects());

    // RFC 2046 §5.1.1: the boundary must stand at the start of a line.
    let within = b"Content-Type: multipart/mixed; boundary=b\n\n--b\n\nx --b\n --b\n--b--\n";
    let message = Message::parse(within);
    assert_eq!(message.part(1).unwrap().raw_body(), b"x --b\n --b");

    let unclosed = b"Content-Type: multipart/mixed; boundary=b\n\n--b\n\ntext\n";
    let message = Message::parse(unclosed);
    assert_eq!(message.text(), "text\n");
    assert_eq!(
        message.defects()[0].kind(),
        DefectKind::MissingCloseDelimiter
    );
}

#[test]
fn message_ids_with_junk() {
    let raw = b"Message-ID: junk <one@example.com> (x)\nReferences: <a@b>\n\t<c@d>garbage<e@f>\nIn-Reply-To: bare@example.com\n\n";
    let message = Message::parse(raw);
    assert_eq!(message.message_id().as_deref(), Some("one@example.com"));
    assert_eq!(message.references(), ["a@b", "c@d", "e@f"]);
    assert_eq!(message.in_reply_to(), ["bare@example.com"]);
}
