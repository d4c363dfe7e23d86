//! `winmail.dat`, made here as MS-OXTNEF §3 writes it.

use inreply_mime::Message;
use inreply_mime::tnef::Tnef;

/// A length as the format writes it.
fn le32(length: usize) -> [u8; 4] {
    let [first, second, third, fourth, ..] = length.to_le_bytes();
    [first, second, third, fourth]
}

fn attribute(level: u8, id: u32, data: &[u8]) -> Vec<u8> {
    let mut out = vec![level];
    out.extend(id.to_le_bytes());
    out.extend(le32(data.len()));
    out.extend(data);
    let sum = data
        .iter()
        .fold(0_u16, |sum, &byte| sum.wrapping_add(byte.into()));
    out.extend(sum.to_le_bytes());
    out
}

fn property(kind: u16, id: u16, value: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    out.extend(kind.to_le_bytes());
    out.extend(id.to_le_bytes());
    out.extend(1_u32.to_le_bytes());
    out.extend(le32(value.len()));
    out.extend(value);
    out.resize(out.len().div_ceil(4) * 4, 0);
    out
}

fn properties(list: &[Vec<u8>]) -> Vec<u8> {
    let mut out = le32(list.len()).to_vec();
    out.extend(list.concat());
    out
}

fn stream(attributes: &[Vec<u8>]) -> Vec<u8> {
    let mut out = vec![0x78, 0x9f, 0x3e, 0x22, 1, 0];
    out.extend(attributes.concat());
    out
}

/// A message with a text, a picture, and a message inside.
fn sample() -> Vec<u8> {
    let inner = stream(&[attribute(1, 0x0002_800c, b"The inner text.\0")]);
    let mut object = vec![0; 16];
    object.extend(&inner);
    let name: Vec<u8> = "Grundri\u{df} lang.png\0"
        .encode_utf16()
        .flat_map(u16::to_le_bytes)
        .collect();
    stream(&[
        attribute(1, 0x0006_9007, &1251_u32.to_le_bytes()),
        attribute(1, 0x0001_8004, b"Lid\0"),
        attribute(1, 0x0002_800c, b"\xcf\xf0\xe8\xe2\xe5\xf2\0"),
        attribute(
            1,
            0x0006_9003,
            &properties(&[property(0x102, 0x1013, b"<p>Hi</p>")]),
        ),
        attribute(2, 0x0006_9002, &[0; 14]),
        attribute(2, 0x0001_8010, b"GRUNDR~1.PNG\0"),
        attribute(2, 0x0006_800f, b"\x89PNG"),
        attribute(
            2,
            0x0006_9005,
            &properties(&[
                property(0x1f, 0x3707, &name),
                property(0x1e, 0x370e, b"image/png\0"),
                property(0x1e, 0x3712, b"lid@example.com\0"),
            ]),
        ),
        attribute(2, 0x0006_9002, &[0; 14]),
        attribute(
            2,
            0x0006_9005,
            &properties(&[property(0x0d, 0x3701, &object)]),
        ),
    ])
}

#[test]
fn text_and_attachments() {
    let stream = sample();
    let tnef = Tnef::parse(&stream).unwrap();
    assert_eq!(tnef.subject(), Some("Lid"));
    assert_eq!(
        tnef.text().as_deref(),
        Some("\u{41f}\u{440}\u{438}\u{432}\u{435}\u{442}")
    );
    assert_eq!(tnef.html(), Some("<p>Hi</p>"));
    let [picture, message] = tnef.attachments() else {
        panic!("{:?}", tnef.attachments());
    };
    assert_eq!(picture.name(), "Grundri\u{df} lang.png");
    assert_eq!(
        (picture.media_type(), picture.content_id(), picture.data()),
        ("image/png", "lid@example.com", &b"\x89PNG"[..])
    );
    assert_eq!(message.media_type(), "application/ms-tnef");
    let inner = Tnef::parse(message.data()).unwrap();
    assert_eq!(inner.text().as_deref(), Some("The inner text."));
}

#[test]
fn text_out_of_compressed_rtf() {
    // MS-OXRTFCP §4.1.1.
    let rtf = b"\x2d\0\0\0\x2b\0\0\0LZFu\xf1\xc5\xc7\xa7\x03\0\x0a\0rcpg125B2\x0a\xf3 hel\x09\0 bw\x05\xb0ld}\x0a\x80\x0f\xa0";
    let stream = stream(&[attribute(
        1,
        0x0006_9003,
        &properties(&[property(0x102, 0x1009, rtf)]),
    )]);
    let tnef = Tnef::parse(&stream).unwrap();
    assert_eq!(tnef.text().as_deref(), Some("hello world"));
}

#[test]
fn a_cut_stream_ends_there() {
    let stream = sample();
    for end in 0..stream.len() {
        if let Some(tnef) = Tnef::parse(&stream[..end]) {
            let _ = (tnef.text(), tnef.rtf());
            for attachment in tnef.attachments() {
                let _ = Tnef::parse(attachment.data());
            }
        }
    }
}

#[test]
fn a_reply_that_is_nothing_else() {
    let mut raw = b"Content-Type: application/octet-stream; name=\"WINMAIL.DAT\"\r\n\r\n".to_vec();
    raw.extend(stream(&[attribute(
        1,
        0x0002_800c,
        b"Yes.\r\n\r\nOn 3 May 2024 at 10:12, Bob <bob@example.com> wrote:\r\n> Coffee?\r\n\0",
    )]));
    let message = Message::parse(&raw);
    assert!(Tnef::is(&message.part(0).unwrap()));
    assert_eq!(inreply_mime::Reply::of_message(&message).visible(), "Yes.");
}
