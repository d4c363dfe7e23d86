//! Bodies over `inreply-mime`.

use inreply_mime::message::{Index, Limits, Message};
use inreply_mime::reply::Reply;
use inreply_mime::report::{DeliveryStatus, DispositionNotification, FeedbackReport};
use inreply_mime::tnef::Tnef;
use inreply_mime::{Verdict, html};

use crate::Target;

/// The targets of this module.
pub const TARGETS: &[Target] = &[
    ("mime_decode", decode),
    ("mime_html", html),
    ("mime_kind", kind),
    ("mime_message", message),
    ("mime_reply", reply),
];

/// Parses a message and reads everything in it: ranges fit, and used tables read like new ones.
///
/// # Panics
/// Where a range lies outside the input, or the tables depend on what they held.
pub fn message(data: &[u8]) {
    let message = Message::parse(data);
    let mut index = Index::default();
    Message::parse_into(b"A: b\n\nx", &Limits::default(), &mut index);
    let again = Message::parse_into(data, &Limits::default(), &mut index);
    assert_eq!(message.defects(), again.defects());
    assert_eq!(message.parts().count(), again.parts().count());
    for part in message.parts() {
        let range = part.body_range();
        assert!(range.start <= range.end && range.end <= data.len());
        let _ = (
            part.unflowed(),
            part.body(),
            part.file_name(),
            part.media_type(),
            part.charset(),
        );
        for field in part.headers() {
            assert!(field.range().end <= data.len());
            let _ = field.text();
        }
    }
    for name in ["from", "to", "cc", "reply-to", "sender"] {
        for address in message.addresses(name) {
            let length = address.local_part().len() + address.domain().len();
            assert!(length <= address.address().len());
        }
    }
    let _ = (
        message.subject(),
        message.date(),
        message.message_id(),
        message.references(),
    );
    tiles(&Reply::of_message(&message));
}

/// Decodes the data by every transfer encoding, looks for files in it, guesses its charset, and opens it as winmail.dat
/// and as each report.
///
/// # Panics
/// Where a decoded body is much longer than the encoded one, or a file lies outside of it.
pub fn decode(data: &[u8]) {
    for encoding in [
        "7bit",
        "base64",
        "quoted-printable",
        "x-uuencode",
        "x-yencode",
    ] {
        let header = format!("Content-Transfer-Encoding: {encoding}\n\n");
        let raw = [header.as_bytes(), data].concat();
        let message = Message::parse(&raw);
        let Some(part) = message.part(0) else {
            unreachable!("a message has a part")
        };
        let body = part.body();
        // uuencode gives three bytes for a line whose blanks were cut.
        assert!(body.len() <= part.raw_body().len() * 3 / 2 + 3);
        for file in part.embedded_files() {
            assert!(file.range().end <= body.len());
        }
        let _ = (part.guessed_text(), message.audit());
    }
    let signed = [b"Content-Type: application/pkcs7-mime\n\n", data].concat();
    if let Some(part) = Message::parse(&signed).part(0) {
        let _ = part.signed_content();
    }
    if let Some(tnef) = Tnef::parse(data) {
        let _ = (tnef.text(), tnef.html(), tnef.rtf());
        for attachment in tnef.attachments() {
            assert!(attachment.data().len() <= data.len());
        }
    }
    let _ = (
        DeliveryStatus::parse(data).recipients().len(),
        DispositionNotification::parse(data).modifiers().count(),
        FeedbackReport::parse(data).incidents(),
    );
}

/// Extracts a reply from plain text.
///
/// # Panics
/// Where the fragments do not tile the text.
pub fn reply(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let reply = Reply::of_text(&text);
    assert_eq!(reply.text(), text);
    tiles(&reply);
}

/// Renders HTML and extracts a reply from it.
///
/// # Panics
/// Where the fragments do not tile the rendered text.
pub fn html(data: &[u8]) {
    let source = String::from_utf8_lossy(data);
    let _ = html::to_text(&source);
    tiles(&Reply::of_html(&source));
}

/// Classifies a message, by either envelope.
///
/// # Panics
/// Never, or the crate's promise is broken.
pub fn kind(data: &[u8]) {
    let message = Message::parse(data);
    for sender in [None, Some(""), Some("ann@example.com")] {
        assert!(!Verdict::of(&message, sender).reason().is_empty());
    }
}

fn tiles(reply: &Reply<'_>) {
    let mut end = 0;
    for fragment in reply.fragments() {
        assert_eq!(fragment.range().start, end);
        end = fragment.range().end;
    }
    assert_eq!(end, reply.text().len());
    let _ = (
        reply.visible(),
        reply.markdown(),
        reply.elided(),
        reply.explain(),
    );
}
