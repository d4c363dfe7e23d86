//! The oracle, continued: look-alike boundaries and damaged bodies, each with the reading that is right and its source.

use inreply_mime::message::{Defect, DefectKind, Message};

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
}

/// What stands behind a header of `multipart/mixed; boundary=b`, the bodies of its leaves, every defect, source.
const BOUNDARIES: &[(&str, &[&str], &[DefectKind], &str)] = &[
    (
        "--b\n\none\n--b\n\ntwo\n--b--\n",
        &["one", "two"],
        &[],
        "RFC 2046 §5.1.1",
    ),
    (
        "--b \t\n\none\n--b-- \n",
        &["one"],
        &[],
        "RFC 2046 §5.1.1: transport-padding",
    ),
    (
        "--b\n\none\n--bb\n\ntwo\n--b--\n",
        &["one", "two"],
        &[],
        "RFC 2046 §5.1.1: \"sufficient that the boundary appear in its entirety\"",
    ),
    (
        "--b\n\none\n--B\n--b--\n",
        &["one\n--B"],
        &[],
        "RFC 2046 §5.1.1: case counts",
    ),
    (
        "--b\n\none\n--b--\n--b\n\ntwo\n",
        &["one"],
        &[],
        "RFC 2046 §5.1.1: no part behind the close delimiter",
    ),
    (
        "--b\n\none\n",
        &["one\n"],
        &[DefectKind::MissingCloseDelimiter],
        "RFC 2046 §5.1.2: the end of the message is the end of the part",
    ),
    (
        "--b\n\none--b\n--b--\n",
        &["one--b"],
        &[DefectKind::MidLineBoundary],
        "RFC 2046 §5.1.1: at the beginning of a line",
    ),
    (
        "--b\n\none\r--b\n--b--\n",
        &["one\r--b"],
        &[DefectKind::BareCr, DefectKind::MidLineBoundary],
        "RFC 2046 §5.1.1: CRLF, and no CR alone",
    ),
    (
        "--b\nX: y\n--b--\n",
        &[""],
        &[DefectKind::MissingBlankLine],
        "RFC 2046 §5.1: a part without body",
    ),
    (
        "--b\nContent-Type: multipart/mixed; boundary=b\n\n--b\n\none\n--b\n\ntwo\n--b--\n",
        &["one", "two"],
        &[
            DefectKind::MissingCloseDelimiter,
            DefectKind::RepeatedBoundary,
        ],
        "RFC 2046 §5.1.2: a nested multipart has another boundary; the delimiters are the inner one's",
    ),
    (
        "--b\nContent-Type: multipart/mixed\n\n--c\n\none\n--c--\n--b--\n",
        &["--c\n\none\n--c--"],
        &[DefectKind::MissingBoundary],
        "RFC 2046 §5.1.1: no boundary, no parts",
    ),
];

#[test]
fn boundaries_are_read_as_their_source_says() {
    for (body, expected, defects, source) in BOUNDARIES {
        let raw = format!("Content-Type: multipart/mixed; boundary=b\n\n{body}");
        let message = Message::parse(raw.as_bytes());
        let leaves: Vec<String> = message
            .parts()
            .filter(|part| !part.has_parts())
            .map(|part| String::from_utf8_lossy(part.raw_body()).into_owned())
            .collect();
        assert_eq!(leaves, *expected, "{body:?} ({source})");
        let kinds: Vec<DefectKind> = message.audit().iter().map(Defect::kind).collect();
        assert_eq!(kinds, *defects, "{body:?} ({source})");
    }
}

/// A part's header, its body, the text, every defect, source.
type BodyCase = (
    &'static str,
    &'static [u8],
    &'static str,
    &'static [DefectKind],
    &'static str,
);

const BODIES: &[BodyCase] = &[
    (
        "Content-Transfer-Encoding: base64",
        b"Zm9v!YmFy",
        "foobar",
        &[DefectKind::BadBase64],
        "RFC 2045 §6.8: other characters are ignored",
    ),
    (
        "Content-Transfer-Encoding: base64",
        b"Zm9v=\nYmFy",
        "foobar",
        &[DefectKind::BadBase64],
        "RFC 2045 §6.8: padding in the middle ends a group, and no more",
    ),
    (
        "Content-Transfer-Encoding: quoted-printable",
        b"a=zzb =\nc",
        "a=zzb c",
        &[DefectKind::BadQuotedPrintable],
        "RFC 2045 §6.7: a robust implementation shows it as it is",
    ),
    (
        "Content-Transfer-Encoding: x-uuencode",
        b"#0V%T\n",
        "#0V%T\n",
        &[DefectKind::BadUuencode],
        "no begin: as it is",
    ),
    (
        "Content-Transfer-Encoding: x-yencode",
        b"=ybegin line=128 size=9 name=x\n\x6b\n=yend size=9\n",
        "A",
        &[DefectKind::BadYenc],
        "the trailer tells another size",
    ),
    (
        "Content-Transfer-Encoding: x-own",
        b"a=20b",
        "a=20b",
        &[DefectKind::UnknownEncoding],
        "RFC 2045 §6.4: as it is",
    ),
    (
        "Content-Type: text/plain; charset=x-own",
        b"caf\xc3\xa9 \xff",
        "caf\u{e9} \u{fffd}",
        &[DefectKind::UnknownCharset],
        "UTF-8 with U+FFFD",
    ),
    (
        "Content-Type: text/plain",
        b"caf\xe9",
        "caf\u{fffd}",
        &[DefectKind::UnknownCharset],
        "RFC 2045 §5.2: us-ascii, and this is none",
    ),
    (
        "Content-Type: text/plain; charset=us-ascii",
        b"caf\xe9",
        "caf\u{e9}",
        &[DefectKind::UnknownCharset],
        "LEDGER.md: the code page of the programs that write this label",
    ),
    (
        "Content-Type: text/plain; charset=iso-8859-1",
        b"\x80 5",
        "\u{20ac} 5",
        &[],
        "WHATWG Encoding §4.2: iso-8859-1 is a label of windows-1252",
    ),
];

#[test]
fn bodies_are_read_as_their_source_says() {
    for (header, body, expected, defects, source) in BODIES {
        let raw = [header.as_bytes(), b"\n\n", body].concat();
        let message = Message::parse(&raw);
        let part = message.part(0).unwrap();
        assert_eq!(part.text(), *expected, "{header} ({source})");
        let kinds: Vec<DefectKind> = message.audit().iter().map(Defect::kind).collect();
        assert_eq!(kinds, *defects, "{header} ({source})");
    }
}
