//! Whatever the bytes are: no panic, tables in order, fragments without gaps.

use inreply_mime::message::{Limits, Message};
use inreply_mime::{Reply, Verdict, html};
use proptest::prelude::*;

const SAMPLE: &[u8] = b"From: =?utf-8?q?J=C3=BCrgen?= <j@example.com>, \"x@y\"@example.org (Comment)\r\n\
To: friends: ann@example.com, bob@example.com;\r\n\
Subject: =?iso-8859-1?B?R3L832U=?=\r\n =?utf-8?q?_und_mehr?=\r\n\
Date: Tue, 3 Feb 2026 09:12:44 +0100 (CET)\r\n\
Message-ID: <1@example.com>\r\nReferences: <a@b> <c@d>\r\n\
MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=\"outer\"\r\n\r\n\
preamble\r\n--outer\r\nContent-Type: multipart/alternative; boundary=outer-inner\r\n\r\n\
--outer-inner\r\nContent-Type: text/plain; charset=utf-8; format=flowed\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n\
Fine =C3=A9=\r\n.\r\n\r\nOn Tue, Feb 3, 2026 at 9:12 AM Bob <bob@example.com> wrote:\r\n> Is it?\r\n\
--outer-inner\r\nContent-Type: text/html\r\n\r\n<p>Fine<blockquote type=cite>Is it?</blockquote>\r\n--outer-inner--\r\n\
--outer\r\nContent-Type: application/octet-stream; name*0*=utf-8''a%20; name*1=b.bin\r\nContent-Transfer-Encoding: base64\r\n\
Content-Disposition: attachment\r\n\r\nAAEC/w==\r\n--outer--\r\nepilogue\r\n";

/// Calls everything that reads; the answers must fit the input.
fn read_all(raw: &[u8]) {
    let message = Message::parse(raw);
    let mut last = 0;
    for part in message.parts() {
        let range = part.body_range();
        assert!(
            range.start <= range.end && range.end <= raw.len(),
            "{range:?} of {}",
            raw.len()
        );
        assert!(part.headers().all(|field| field.range().end <= raw.len()));
        assert!(range.start >= last, "parts come in order");
        last = range.start;
        let _ = (
            part.text(),
            part.file_name(),
            part.media_type(),
            part.unflowed(),
            part.disposition(),
        );
        if let Some(inner) = part.message() {
            assert!(inner.raw().len() <= raw.len());
        }
    }
    for defect in message.defects() {
        assert!(defect.range().start <= defect.range().end && defect.range().end <= raw.len());
    }
    let _ = (
        message.from(),
        message.to(),
        message.cc(),
        message.reply_to(),
        message.subject(),
    );
    let _ = (
        message.date(),
        message.message_id(),
        message.in_reply_to(),
        message.references(),
    );
    let _ = (
        message.attachments().count(),
        message
            .headers()
            .map(|field| field.text().len())
            .sum::<usize>(),
    );
    let _ = Verdict::of(&message, None);
    tiles(&Reply::of_message(&message));
}

fn tiles(reply: &Reply<'_>) {
    let mut end = 0;
    for fragment in reply.fragments() {
        assert_eq!(fragment.range().start, end);
        assert!(fragment.range().end > end);
        end = fragment.range().end;
    }
    assert_eq!(end, reply.text().len());
    let _ = (
        reply.elided(),
        reply.explain(),
        reply.visible_without(|address| address.len() > 3),
        reply.markdown_without(|address| address.len() > 3),
    );
    // What is shown is a part of the text, in its order.
    let mut rest = reply.text().chars();
    for character in reply.visible().chars().filter(|c| !c.is_whitespace()) {
        assert!(
            rest.any(|c| c == character),
            "{character:?} is not where it was"
        );
    }
}

#[test]
fn every_truncation() {
    for end in 0..=SAMPLE.len() {
        read_all(&SAMPLE[..end]);
    }
}

#[test]
fn every_line_end() {
    let crlf = Message::parse(SAMPLE);
    let text = String::from_utf8(SAMPLE.to_vec()).unwrap();
    let mut mixed = String::new();
    for (number, line) in text.split_inclusive("\r\n").enumerate() {
        mixed.push_str(&if number % 2 == 0 {
            line.replace("\r\n", "\n")
        } else {
            line.to_owned()
        });
    }
    for other in [text.replace("\r\n", "\n"), mixed] {
        let other = Message::parse(other.as_bytes());
        assert_eq!(other.from(), crlf.from());
        assert_eq!(other.subject(), crlf.subject());
        assert_eq!(other.parts().count(), crlf.parts().count());
        assert_eq!(
            Reply::of_message(&other).visible(),
            Reply::of_message(&crlf).visible()
        );
        let bodies = |message: &Message<'_>| -> Vec<Vec<u8>> {
            message
                .attachments()
                .map(|part| part.body().into_owned())
                .collect()
        };
        assert_eq!(bodies(&other), bodies(&crlf));
    }
}

#[test]
fn limits_hold() {
    let deep: String = (0..200)
        .map(|n| format!("Content-Type: multipart/mixed; boundary=\"b{n}\"\r\n\r\n--b{n}\r\n"))
        .collect();
    let message = Message::parse(deep.as_bytes());
    assert!(message.parts().all(|part| part.depth() <= 32));
    assert!(!message.defects().is_empty());

    let wide = format!(
        "Content-Type: multipart/mixed; boundary=b\n\n{}",
        "--b\n\n".repeat(50)
    );
    let few = Message::parse_with(wide.as_bytes(), &Limits::default().parts(10));
    assert_eq!(few.parts().count(), 10);

    let list = format!("To: {}\n\n", "a@b.c,".repeat(50));
    let few = Message::parse_with(list.as_bytes(), &Limits::default().list_items(10));
    assert_eq!(few.to().len(), 10);

    let long = format!("{}Subject: late\n\nbody", "A: b\n".repeat(50));
    let few = Message::parse_with(long.as_bytes(), &Limits::default().header_bytes(100));
    assert_eq!((few.subject(), few.text().as_ref()), (None, "body"));
}

#[test]
fn a_tag_of_many_attributes_does_not_overflow_the_stack() {
    for attribute in [
        "a=\"b\" ", "a=\"\" ", "a='b' ", "a=b ", "a ", "a=\"b\"", "a=\"b\"/",
    ] {
        let attributes = attribute.repeat(100_000);
        let start = format!("<p {attributes}>hi</p>after");
        assert_eq!(html::to_text(&start), "hi\n\nafter\n", "{attribute}");
        let end = format!("<p>hi</p {attributes}>after");
        assert_eq!(html::to_text(&end), "hi\n\nafter\n", "{attribute}");
    }
}

/// Pieces that mean something to one of the readers: random bytes alone rarely come near.
fn pieces() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        Just("On Tue, Feb 3, 2026 at 9:12 AM Bob <bob@example.com> wrote:".to_owned()),
        Just("From: Bob <bob@example.com>".to_owned()),
        Just("Sent: 3 May 2024 10:00".to_owned()),
        Just("-- ".to_owned()),
        Just("--".to_owned()),
        Just("____".to_owned()),
        Just("-----Original Message-----".to_owned()),
        Just("---------- Forwarded message ---------".to_owned()),
        Just("Sent from my iPhone".to_owned()),
        Just("> quoted".to_owned()),
        Just(">> > deeper".to_owned()),
        Just("-Ann".to_owned()),
        Just("Tel: +44 20 7946 0000".to_owned()),
        Just("ann@example.com".to_owned()),
        Just("".to_owned()),
        Just("\u{200b}".to_owned()),
        Just("an answer".to_owned()),
        "\\PC{0,30}",
    ];
    (
        prop::collection::vec(piece, 0..24),
        prop_oneof![Just("\n"), Just("\r\n")],
    )
        .prop_map(|(lines, end)| lines.join(end))
}

fn html_pieces() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        Just("<div class=gmail_quote>"),
        Just("</div>"),
        Just("<blockquote type=cite>"),
        Just("<blockquote>"),
        Just("</blockquote>"),
        Just("<p>"),
        Just("<b>"),
        Just("</b> "),
        Just("<a href='https://example.com'>"),
        Just("</a>"),
        Just("<code>"),
        Just("<ol>"),
        Just("</ol>"),
        Just("<h2>"),
        Just("<br>"),
        Just("<pre>"),
        Just("</pre>"),
        Just("<li>"),
        Just("<div style='display:none'>"),
        Just("<hr>"),
        Just("text "),
        Just("On 3 May 2024 10:00 Bob wrote:"),
        Just("&lt;&amp;&nbsp;"),
        Just("<!--"),
        Just("<script>"),
        Just("<"),
        Just("\u{e9}"),
    ];
    prop::collection::vec(piece, 0..40).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn any_text(text in pieces()) {
        tiles(&Reply::of_text(&text));
    }

    #[test]
    fn any_html(text in html_pieces()) {
        tiles(&Reply::of_html(&text));
    }

    #[test]
    fn any_bytes(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        read_all(&bytes);
    }

    #[test]
    fn any_mutation(at in 0..SAMPLE.len(), length in 0_usize..40, byte in any::<u8>()) {
        let mut raw = SAMPLE.to_vec();
        let end = (at + length).min(raw.len());
        raw[at..end].fill(byte);
        read_all(&raw);
    }

    #[test]
    fn any_header_value(value in "[ -~\\r\\n\\t]{0,120}", name in prop_oneof![
        Just("From"), Just("Subject"), Just("Date"), Just("Message-ID"), Just("Content-Type")
    ]) {
        read_all(format!("{name}: {value}\r\n\r\nbody").as_bytes());
    }
}

/// With limits raised the reading is the same, however deep it goes.
#[test]
fn many_levels_are_told_apart() {
    const LEVELS: usize = 300;
    let mut raw = String::new();
    for level in 0..LEVELS {
        raw.push_str(&format!(
            "Content-Type: multipart/mixed; boundary=\"b{level}\"\r\n\r\n--b{level}\r\n"
        ));
    }
    raw.push_str("\r\ninnermost\r\n");
    for level in (0..LEVELS).rev() {
        // Each boundary begins with that of a level around it.
        raw.push_str(&format!(
            "--b{level}\r\n\r\nbelow {level}\r\n--b{level}--\r\n"
        ));
    }
    let message = Message::parse_with(raw.as_bytes(), &Limits::default().depth(LEVELS));
    assert!(message.defects().is_empty(), "{:?}", message.defects());
    let leaves: Vec<String> = message
        .parts()
        .filter(|part| !part.has_parts())
        .map(|part| part.text().into_owned())
        .collect();
    let expected: Vec<String> = std::iter::once("innermost".to_owned())
        .chain((0..LEVELS).rev().map(|level| format!("below {level}")))
        .collect();
    assert_eq!(leaves, expected);
}
