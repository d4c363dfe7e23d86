//! Every message of `tests/messages/`, with each kind of line end, and cut everywhere.

use inreply_mime::message::{Defect, DefectKind, Message};
use inreply_mime::report::Report;
use inreply_mime::tnef::Tnef;
use inreply_mime::{Reply, Verdict};

/// Name and bytes, the lines ending in LF.
const MESSAGES: &[(&str, &[u8])] = &[
    (
        "alternative-related",
        include_bytes!("messages/alternative-related.eml"),
    ),
    ("broken", include_bytes!("messages/broken.eml")),
    ("invitation", include_bytes!("messages/invitation.eml")),
    ("japanese", include_bytes!("messages/japanese.eml")),
    ("koi8", include_bytes!("messages/koi8.eml")),
    (
        "nested-messages",
        include_bytes!("messages/nested-messages.eml"),
    ),
    ("plain", include_bytes!("messages/plain.eml")),
    ("report", include_bytes!("messages/report.eml")),
    (
        "signed-opaque",
        include_bytes!("messages/signed-opaque.eml"),
    ),
    ("signed", include_bytes!("messages/signed.eml")),
    ("uuencode", include_bytes!("messages/uuencode.eml")),
    ("winmail", include_bytes!("messages/winmail.eml")),
];

/// Each line's end by its number.
fn with_ends(raw: &[u8], end: impl Fn(usize) -> &'static [u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(raw.len() * 2);
    for (number, line) in raw.split_inclusive(|&b| b == b'\n').enumerate() {
        match line.strip_suffix(b"\n") {
            Some(line) => {
                out.extend_from_slice(line);
                out.extend_from_slice(end(number));
            }
            None => out.extend_from_slice(line),
        }
    }
    out
}

/// What a message says, whatever its line ends.
fn reading(message: &Message<'_>) -> Vec<String> {
    let mut out = vec![
        format!("{:?}", message.from()),
        format!("{:?}", message.to()),
        format!("{:?}", message.subject()),
        format!("{:?}", message.date()),
        format!("{:?}", message.references()),
        Verdict::of(message, None).kind().to_string(),
        Reply::of_message(message).visible().replace("\r\n", "\n"),
    ];
    for part in message.parts() {
        out.push(part.media_type().into_owned());
        out.push(format!("{:?}", part.file_name()));
        if part.is_kind("text") {
            out.push(part.unflowed().replace("\r\n", "\n"));
        } else if !part.is_multipart() && !part.is_kind("message") {
            out.push(String::from_utf8_lossy(&part.body()).replace("\r\n", "\n"));
        }
        let files = part.embedded_files();
        out.extend(files.iter().map(|file| format!("{:?}", file.data())));
        if let Some(inner) = part.message() {
            out.extend(reading(&inner));
        }
        if Tnef::is(&part) {
            let body = part.body();
            out.extend(Tnef::parse(&body).map(|tnef| format!("{tnef:?}")));
        }
    }
    out
}

fn kinds(message: &Message<'_>) -> Vec<DefectKind> {
    let mut kinds: Vec<DefectKind> = message.audit().iter().map(Defect::kind).collect();
    kinds.sort();
    kinds
}

#[test]
fn line_ends_change_nothing() {
    for &(name, raw) in MESSAGES {
        let lf = Message::parse(raw);
        let expected = reading(&lf);
        let defects = kinds(&lf);
        assert!(
            name == "broken" || defects.is_empty(),
            "{name}: {defects:?}"
        );

        let crlf = with_ends(raw, |_| b"\r\n");
        let crlf = Message::parse(&crlf);
        assert_eq!(reading(&crlf), expected, "{name}, CRLF");
        assert_eq!(kinds(&crlf), defects, "{name}, CRLF");

        let mixed = with_ends(raw, |number| if number % 2 == 0 { b"\r\n" } else { b"\n" });
        let mixed = Message::parse(&mixed);
        assert_eq!(reading(&mixed), expected, "{name}, mixed");
        let mut with_bare = defects.clone();
        with_bare.push(DefectKind::BareLf);
        with_bare.sort();
        assert_eq!(kinds(&mixed), with_bare, "{name}, mixed");
    }
}

#[test]
fn a_cut_message_reads_up_to_the_cut() {
    for &(name, raw) in MESSAGES {
        let whole = Message::parse(raw);
        let whole_kinds = kinds(&whole);
        for end in (0..raw.len()).step_by(64).chain([raw.len() - 1]) {
            let cut = Message::parse(&raw[..end]);
            let _ = (reading(&cut), Report::of(&cut).is_some());
            for defect in cut.audit() {
                assert!(defect.range().end <= end, "{name} at {end}: {defect}");
                // What a cut can do, and what was there before.
                let cut_short = [
                    DefectKind::BadBase64,
                    DefectKind::BadDate,
                    DefectKind::BadQuotedPrintable,
                    DefectKind::MissingBoundary,
                    DefectKind::MissingCloseDelimiter,
                    DefectKind::NoColon,
                    DefectKind::UnknownCharset,
                    DefectKind::UnknownEncoding,
                ];
                assert!(
                    cut_short.contains(&defect.kind()) || whole_kinds.contains(&defect.kind()),
                    "{name} at {end}: {defect}"
                );
            }
            // A field that ends before the cut reads as in the whole.
            let (fields, all): (Vec<_>, Vec<_>) =
                (cut.headers().collect(), whole.headers().collect());
            for (one, other) in fields.iter().zip(&all) {
                if one.range().end + 2 < end {
                    assert_eq!(one.text(), other.text(), "{name} at {end}");
                }
            }
        }
    }
}
