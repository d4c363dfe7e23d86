//! The oracle: dangerous and odd addresses and headers, each with the reading that is right and its source. Boundaries and
//! bodies have a table of their own, in `oracle_bodies.rs`.
//!
//! What decides is the RFC's text; where it has none, the reading that no filter before us can be fooled by: an address
//! is what stands in the last angle brackets, bytes stay what they are, and a leniency is a defect.

use inreply_mime::message::{Defect, DefectKind, Message};

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
    // A sender shows one address and hides another: the brackets hold the address, whatever stands before them.
    (
        "alice@example.org)<bob@example.com>",
        &[("alice@example.org)", "bob@example.com")],
        "CVE-2023-27043; RFC 5322 §3.4: name-addr",
    ),
    (
        "alice@example.org(<bob@example.com>",
        &[("<bob@example.com>", "alice@example.org")],
        "CVE-2023-27043; RFC 5322 §3.2.2: an open comment holds the rest",
    ),
    (
        "alice@example.org@<bob@example.com>",
        &[("alice@example.org@", "bob@example.com")],
        "CVE-2023-27043",
    ),
    (
        "alice@example.org.<bob@example.com>",
        &[("alice@example.org.", "bob@example.com")],
        "CVE-2023-27043",
    ),
    (
        "alice@example.org[<bob@example.com>",
        &[("alice@example.org[", "bob@example.com")],
        "CVE-2023-27043",
    ),
    (
        "alice@example.org:<bob@example.com>",
        &[("alice@example.org:", "bob@example.com")],
        "CVE-2023-27043: no group behind an @",
    ),
    (
        "alice@example.org><bob@example.com>",
        &[("alice@example.org>", "bob@example.com")],
        "CVE-2023-27043",
    ),
    (
        "alice@example.org,<bob@example.com>",
        &[("", "alice@example.org"), ("", "bob@example.com")],
        "RFC 5322 §3.4: two mailboxes",
    ),
    (
        "alice@example.org\"<bob@example.com>",
        &[("", "alice@example.org\"<bob@example.com>")],
        "a quote that never ends is part of the address: no domain of either",
    ),
    (
        "<alice@example.org><bob@example.com>",
        &[("", "bob@example.com")],
        "the last brackets with an @ count",
    ),
    (
        "Alice <alice@example.org> Bob <bob@example.com>",
        &[("Alice <alice@example.org> Bob", "bob@example.com")],
        "the last brackets count, the name shows that there were others",
    ),
    (
        "<alice@example.org@bank.example>",
        &[("", "alice@example.org@bank.example")],
        "two at-signs: at bank.example, and a defect",
    ),
    (
        "\"alice@example.org, x\" <bob@example.com>",
        &[("alice@example.org, x", "bob@example.com")],
        "RFC 5322 §3.2.4: a quoted comma parts nothing",
    ),
    (
        "\"alice@example.org> <\" <bob@example.com>",
        &[("alice@example.org> <", "bob@example.com")],
        "RFC 5322 §3.2.4: quoted brackets are text",
    ),
    (
        "\"alice\\@example.org\"@example.com",
        &[("", "\"alice\\@example.org\"@example.com")],
        "RFC 5322 §3.2.4: a quoted pair stays",
    ),
    (
        "alice@example.org (, bob@example.com)",
        &[(", bob@example.com", "alice@example.org")],
        "RFC 5322 §3.2.2: a comma in a comment parts nothing",
    ),
    (
        "(alice@example.org) bob@example.com",
        &[("alice@example.org", "bob@example.com")],
        "RFC 5322 §3.2.2: a comment is no address",
    ),
    (
        "alice(@example.org)@example.com",
        &[("@example.org", "alice@example.com")],
        "RFC 5322 §4.4: a comment beside the @",
    ),
    (
        "bob@example.com (Alice <alice@example.org>)",
        &[("Alice <alice@example.org>", "bob@example.com")],
        "RFC 5322 §3.2.2: brackets in a comment are text",
    ),
    (
        "=?utf-8?q?alice=40example.org?=",
        &[("alice@example.org", "")],
        "RFC 2047 §5 (3): an encoded word is a name, never an address",
    ),
    (
        "=?utf-8?q?alice=40example.org=2C?= <bob@example.com>",
        &[("alice@example.org,", "bob@example.com")],
        "RFC 2047 §6.2: words are decoded after the list is parted",
    ),
    (
        "=?utf-8?q?=3Calice=40example.org=3E?= <bob@example.com>",
        &[("<alice@example.org>", "bob@example.com")],
        "RFC 2047 §6.2",
    ),
    (
        "\"=?utf-8?q?alice=40example.org=22=3C?=\" <bob@example.com>",
        &[("alice@example.org\"<", "bob@example.com")],
        "RFC 2047 §5, broken by every mail client: decoded, and still a name",
    ),
    (
        "=?utf-8?q?alice?=@example.org",
        &[("", "=?utf-8?q?alice?=@example.org")],
        "RFC 2047 §5: never in an addr-spec",
    ),
    (
        "=?utf-8?q?Ann=00=1B=5B31m?= <ann@example.com>",
        &[("Ann[31m", "ann@example.com")],
        "control characters dropped",
    ),
    (
        "=?utf-8?q?a=0D=0ABcc:_x,_y?= <ann@example.com>",
        &[("a  Bcc: x, y", "ann@example.com")],
        "RFC 2047 §5 (3): no colon or comma in a word of a phrase; one all the same parts nothing",
    ),
    (
        "alice%example.org@example.com",
        &[("", "alice%example.org@example.com")],
        "no source route in a local part: RFC 5321 §2.3.11",
    ),
    (
        "<@a.example,@b.example:bob@example.com>",
        &[("", "bob@example.com")],
        "RFC 5322 §4.4: obs-route",
    ),
    (
        "alice@[192.0.2.1], bob@[IPv6:2001:db8::1]",
        &[("", "alice@[192.0.2.1]"), ("", "bob@[IPv6:2001:db8::1]")],
        "RFC 5321 §4.1.3",
    ),
    (
        "'alice@example.org' via List <list@example.com>",
        &[("'alice@example.org' via List", "list@example.com")],
        "what list software writes for DMARC's sake",
    ),
    (
        "Team: alice@example.org (x;y), bob@example.com; , carol@example.com",
        &[
            ("x;y", "alice@example.org"),
            ("", "bob@example.com"),
            ("", "carol@example.com"),
        ],
        "RFC 5322 §3.4: a group, and one more",
    ),
    (
        "<bob@example.com",
        &[("", "bob@example.com")],
        "brackets that never close",
    ),
    ("@example.com", &[("", "@example.com")], "no local part"),
    ("alice@", &[("", "alice@")], "no domain"),
    ("nobody", &[("nobody", "")], "no addr-spec without @"),
    ("", &[], "nothing"),
    ("((((((((((", &[], "a comment that never ends"),
    (
        "\"\\\"\\\"\\\"",
        &[("\"\"\"", "")],
        "a quote that never ends",
    ),
];

/// A message, a field of it, the texts of its occurrences, every defect of the message, source.
type HeaderCase = (
    &'static str,
    &'static str,
    &'static [&'static str],
    &'static [DefectKind],
    &'static str,
);

const HEADERS: &[HeaderCase] = &[
    (
        "Subject: =?utf-8?q?a=0D=0ABcc:_eve=40example.org?=\n\n",
        "subject",
        &["a  Bcc: eve@example.org"],
        &[DefectKind::ControlInEncodedWord],
        "header injection: line ends from a word are spaces",
    ),
    (
        "Subject: =?utf-8?b?YQpCY2M6IHg=?=\n\n",
        "bcc",
        &[],
        &[DefectKind::ControlInEncodedWord],
        "header injection: no field comes out of a word",
    ),
    (
        "Subject: a\rBcc: x\n\n",
        "bcc",
        &[],
        &[DefectKind::BareCr],
        "RFC 5322 §2.2: a bare CR ends no line",
    ),
    (
        "Subject: a\u{2028}Bcc: x\u{85}To: y\n\n",
        "subject",
        &["a\u{2028}Bcc: x\u{85}To: y"],
        &[],
        "RFC 6532: only CRLF ends a line",
    ),
    (
        "Subject: a\0b\n\n",
        "subject",
        &["a\0b"],
        &[],
        "RFC 5322 §4.1: obs-NO-WS-CTL, kept",
    ),
    (
        "From: a@example.com\nFrom: b@example.org\n\n",
        "from",
        &["a@example.com", "b@example.org"],
        &[DefectKind::RepeatedField],
        "RFC 5322 §3.6: one From; both are reachable",
    ),
    (
        "From: a@example.com\nFROM : b@example.org\n\n",
        "from",
        &["a@example.com", "b@example.org"],
        &[DefectKind::SpaceBeforeColon, DefectKind::RepeatedField],
        "RFC 5322 §4.5.8: obs-from; a filter that skips it sees one",
    ),
    (
        "Subject: one\nSubject: two\n\n",
        "subject",
        &["one", "two"],
        &[DefectKind::RepeatedField],
        "RFC 5322 §3.6",
    ),
    (
        "Content-Type: text/plain\nContent-Type: text/html\n\n",
        "content-type",
        &["text/plain", "text/html"],
        &[DefectKind::RepeatedField],
        "RFC 2045 §5: one Content-Type; the first counts",
    ),
    (
        "Subject: a\n\tb\n  c\n\n",
        "subject",
        &["a\tb  c"],
        &[],
        "RFC 5322 §2.2.3: unfolding removes the line end alone",
    ),
    (
        "Subject:\n \n a\n\n",
        "subject",
        &["a"],
        &[],
        "RFC 5322 §4.2: obs-FWS, a line of nothing but white space",
    ),
    (
        "Fr om: a@example.com\n\n",
        "from",
        &[],
        &[],
        "RFC 5322 §2.2: white space inside a name is none of ours",
    ),
    (
        "no field\nSubject: a\n\n",
        "subject",
        &["a"],
        &[DefectKind::NoColon],
        "RFC 5322 §2.2: a line without colon is skipped",
    ),
    (
        "\nSubject: a\n\n",
        "subject",
        &["a"],
        &[DefectKind::LeadingBlankLine],
        "what stands before many a stored message",
    ),
    (
        "From ann@example.com Tue Feb  3 09:12:44 2026\nSubject: a\n\n",
        "subject",
        &["a"],
        &[DefectKind::MboxLine],
        "RFC 4155",
    ),
    (
        "From : ann@example.com\nSubject: a\n\n",
        "from",
        &["ann@example.com"],
        &[DefectKind::SpaceBeforeColon],
        "RFC 5322 §4.5.8, and no line of an mbox, in the first line either",
    ),
    (
        "Date: soon\n\n",
        "date",
        &["soon"],
        &[DefectKind::BadDate],
        "RFC 5322 §3.3",
    ),
    (
        "To: a@b@example.com\n\n",
        "to",
        &["a@b@example.com"],
        &[DefectKind::AddressTwoAt],
        "RFC 5322 §3.4.1: one @ outside quotes",
    ),
    (
        "To: =?utf-8?q?ann?=@example.com\n\n",
        "to",
        &["ann@example.com"],
        &[DefectKind::EncodedWordInAddress],
        "RFC 2047 §5: the text is decoded, the address is not",
    ),
    (
        "Subject: =?utf-8?q?=E2=80=AEgpj.exe?=\n\n",
        "subject",
        &["\u{202e}gpj.exe"],
        &[],
        "a right-to-left override is a character: showing it is the caller's business",
    ),
    (
        "Subject: =?utf-8?q?one?= =?utf-8?b?ww==?=\n\n",
        "subject",
        &["one\u{fffd}"],
        &[],
        "RFC 2047 §6.3: what cannot be decoded is shown as such",
    ),
    (
        "Subject: a\r\nTo: b@example.com\nCc: c@example.com\r\n\r\n",
        "to",
        &["b@example.com"],
        &[DefectKind::BareLf],
        "a lone LF between CRLFs ends a line, too, and is told",
    ),
];

#[test]
fn headers_are_read_as_their_source_says() {
    for (raw, name, expected, defects, source) in HEADERS {
        let message = Message::parse(raw.as_bytes());
        let texts: Vec<String> = message
            .header(name)
            .map(|field| field.text().into_owned())
            .collect();
        assert_eq!(texts, *expected, "{raw:?} ({source})");
        let kinds: Vec<DefectKind> = message.audit().iter().map(Defect::kind).collect();
        assert_eq!(kinds, *defects, "{raw:?} ({source})");
    }
}

/// A Content-Type or Content-Disposition value, a parameter, its value, source.
const PARAMETERS: &[(&str, &str, Option<&str>, &str)] = &[
    (
        "multipart/mixed; boundary=a; boundary=b",
        "boundary",
        Some("a"),
        "RFC 2045 §5.1: once; the first counts",
    ),
    (
        "multipart/mixed; boundary=\"a\\\"b\"",
        "boundary",
        Some("a\"b"),
        "RFC 5322 §3.2.4: a quoted pair",
    ),
    (
        "multipart/mixed; boundary=a (; boundary=b)",
        "boundary",
        Some("a"),
        "RFC 2045 §5.1: a comment",
    ),
    (
        "multipart/mixed; x=\"; boundary=b\"; boundary=a",
        "boundary",
        Some("a"),
        "RFC 2045 §5.1: a quoted semicolon parts nothing",
    ),
    (
        "text/plain; name=\"a.txt\"; name*=utf-8''b.exe",
        "name",
        Some("b.exe"),
        "RFC 2231 §4: the extended form is meant, RFC 6266 §4.3 says so for both",
    ),
    (
        "text/plain; name*1=\"xe\"; name*0=\"b.e\"",
        "name",
        Some("b.exe"),
        "RFC 2231 §3: in the order of the numbers",
    ),
    (
        "text/plain; name*0=\"a.txt\"; name*0=\"b.exe\"",
        "name",
        Some("a.txt"),
        "RFC 2231 §3: of two sections with one number the first",
    ),
    (
        "text/plain; name*0*=utf-8''%C3; name*1*=%A9.txt",
        "name",
        Some("\u{e9}.txt"),
        "RFC 2231 §4.1: sections are joined before they are decoded",
    ),
    (
        "text/plain; name=\"a.txt\r\n .exe\"",
        "name",
        Some("a.txt .exe"),
        "RFC 5322 §2.2.3: a fold inside quotes",
    ),
    ("text/plain; charset", "charset", None, "no value"),
];

#[test]
fn parameters_are_read_as_their_source_says() {
    for (value, name, expected, source) in PARAMETERS {
        let raw = format!("Content-Type: {value}\r\n\r\n");
        let message = Message::parse(raw.as_bytes());
        let part = message.part(0).unwrap();
        assert_eq!(
            part.parameter(name).as_deref(),
            *expected,
            "{value} ({source})"
        );
    }
}

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
fn message_ids_with_junk() {
    let raw = b"Message-ID: junk <one@example.com> (x)\nReferences: <a@b>\n\t<c@d>garbage<e@f>\nIn-Reply-To: bare@example.com\n\n";
    let message = Message::parse(raw);
    assert_eq!(message.message_id().as_deref(), Some("one@example.com"));
    assert_eq!(message.references(), ["a@b", "c@d", "e@f"]);
    assert_eq!(message.in_reply_to(), ["bare@example.com"]);
}
