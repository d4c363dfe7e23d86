use std::time::Duration;

use inreply_mime::Message;
use inreply_mime::kind::{Kind, Verdict};
use inreply_mime::reply::Reply;
use inreply_token::{Key, KeyId, KeyRing};
use proptest::prelude::*;

use super::*;
use crate::catalogue::Korean;

fn site() -> Site {
    Site::new("forge.example")
        .unwrap()
        .support("https://forge.example/help".parse().unwrap())
        .public_url("https://forge.example".parse().unwrap())
}

fn gate_of(site: Site) -> Gate {
    let key = Key::from_bytes(&[7; 32]).unwrap();
    Gate::new(site, &KeyRing::new(KeyId(1), key))
}

fn gate() -> Gate {
    gate_of(site())
}

fn notification() -> Notification {
    Notification {
        to: "ann@example.com".parse().unwrap(),
        recipient: 5,
        thread: Thread {
            kind: "issue",
            id: 7,
            title: "Build fails".to_owned(),
            list: "Widgets".to_owned(),
        },
        event: "comment/3".to_owned(),
        reason: "mention".to_owned(),
        author: "Bob".to_owned(),
        text: "Shall I merge?\nIt is green.".to_owned(),
        url: Some("https://forge.example/issues/7".parse().unwrap()),
    }
}

fn korean() -> Notification {
    Notification {
        thread: Thread {
            title: "빌드가 실패합니다: 어제부터 모든 브랜치에서 같은 오류가 나고 있습니다"
                .to_owned(),
            list: "위젯".to_owned(),
            ..notification().thread
        },
        author: "밥".to_owned(),
        text: "병합할까요?\n테스트는 모두 통과했습니다.".to_owned(),
        ..notification()
    }
}

fn now() -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(1_800_000_000)
}

fn field(message: &Message<'_>, name: &str) -> String {
    let field = message.header(name).first();
    field
        .map(|field| field.text().into_owned())
        .unwrap_or_default()
}

/// The names of the header's fields, in their order.
fn names(message: &[u8]) -> Vec<String> {
    let message = Message::parse(message);
    let names = message.headers().map(|field| field.name().to_string());
    names.collect()
}

/// The fields of every notification without a public URL.
const FIELDS: [&str; 22] = [
    "From",
    "To",
    "Cc",
    "Reply-To",
    "Subject",
    "Date",
    "Message-ID",
    "In-Reply-To",
    "References",
    "List-Id",
    "List-Archive",
    "List-Unsubscribe",
    "Auto-Submitted",
    "Precedence",
    "X-Auto-Response-Suppress",
    "X-Inreply-Reason",
    "X-Inreply-List",
    "X-Inreply-Thread",
    "X-Inreply-Author",
    "X-Inreply-Own",
    "MIME-Version",
    "Content-Type",
];

#[test]
fn its_fields_say_who_answers_what_where() {
    let composed = notification().compose(&gate(), now()).unwrap();
    let message = Message::parse(&composed.message);
    assert_eq!(
        message.message_id().unwrap(),
        "issue/7/comment/3@forge.example"
    );
    assert_eq!(message.references(), ["issue/7@forge.example"]);
    assert_eq!(message.in_reply_to(), ["issue/7@forge.example"]);
    assert_eq!(message.date(), Some(1_800_000_000));
    assert_eq!(message.subject().unwrap(), "Re: [Widgets] Build fails (#7)");
    assert_eq!(
        (message.from()[0].name(), message.from()[0].address()),
        ("Bob (Widgets)", "noreply@noreply.forge.example")
    );
    assert_eq!(message.to()[0].address(), "noreply@noreply.forge.example");
    assert_eq!(message.cc()[0].address(), "mention@noreply.forge.example");
    assert_eq!(message.reply_to()[0].address(), composed.reply_to.as_str());
    for (name, value) in [
        ("list-id", "<widgets.forge.example>"),
        ("list-archive", "<https://forge.example/issues/7>"),
        ("precedence", "list"),
        ("x-inreply-reason", "mention"),
        ("x-inreply-list", "Widgets"),
        ("x-inreply-thread", "issue/7"),
        ("x-inreply-author", "Bob"),
    ] {
        assert_eq!(field(&message, name), value, "{name}");
    }
    assert_eq!(names(&composed.message), FIELDS);
    assert!(
        message
            .text()
            .starts_with("Shall I merge?\r\nIt is green.\r\n\r\n-- \r\nAnswer this e-mail")
    );
    assert!(message.text().contains("https://forge.example/help"));
    assert!(message.defects().is_empty(), "{:?}", message.defects());
}

/// RFC 3834 §5: the field that keeps other robots silent; §3.1.7 asks for an envelope sender to which failures can go.
#[test]
fn robots_know_it_for_one_of_theirs() {
    let composed = notification().compose(&gate(), now()).unwrap();
    let message = Message::parse(&composed.message);
    assert_eq!(field(&message, "auto-submitted"), "auto-generated");
    let verdict = Verdict::of(&message, Some("b+x@noreply.forge.example"));
    assert_ne!(verdict.kind(), Kind::Human);
    let envelope = format!("{:?}", composed.envelope);
    assert!(envelope.contains("b+") && envelope.contains("ann@example.com"));
}

/// RFC 8058 §3.1: both fields or none, HTTPS, a token that nobody can guess; §4: only under a signature.
#[cfg(feature = "auth")]
#[test]
fn one_click_needs_a_signature_and_https() {
    let post = |message: &[u8]| field(&Message::parse(message), "list-unsubscribe-post");
    let link = |message: &[u8]| field(&Message::parse(message), "list-unsubscribe");
    let plain = notification().compose(&gate(), now()).unwrap().message;
    assert_eq!(post(&plain), "");
    assert!(!link(&plain).contains("https"));

    let signed = notification().compose_signed(&gate(), &signer(), now());
    let signed = signed.unwrap().message;
    assert_eq!(post(&signed), "List-Unsubscribe=One-Click");
    let link_of_signed = link(&signed);
    let (mail, page) = link_of_signed.split_once(", ").unwrap();
    assert!(mail.starts_with("<mailto:u+") && mail.ends_with("@reply.forge.example>"));
    let token = page.strip_prefix("<https://forge.example/u/").unwrap();
    let today = Day::from_unix_seconds(1_800_000_000);
    let token = token.strip_suffix('>').unwrap();
    let opened = one_click(&gate(), token, b"List-Unsubscribe=One-Click", today).unwrap();
    assert_eq!(opened.ids.pair(), Some((7, 5)));

    let http = gate_of(site().public_url("http://forge.example".parse().unwrap()));
    let signed = notification().compose_signed(&http, &signer(), now());
    assert_eq!(post(&signed.unwrap().message), "");
}

#[cfg(feature = "auth")]
fn signer() -> Signer {
    let key = include_str!("../../tests/notify/rsa2048.pem");
    let key = crate::sign::SigningKey::from_pem(key).unwrap();
    let signer = Signer::new("noreply.forge.example").unwrap();
    signer.key("s1", key).unwrap()
}

#[test]
fn the_first_event_refers_to_the_root_and_is_no_answer() {
    let composed = Notification {
        event: String::new(),
        ..notification()
    }
    .compose(&gate(), now())
    .unwrap();
    let message = Message::parse(&composed.message);
    assert_eq!(composed.message_id, "issue/7/first@forge.example");
    assert_eq!(message.references(), ["issue/7@forge.example"]);
    assert_eq!(message.in_reply_to(), Vec::<String>::new());
    assert_eq!(message.subject().unwrap(), "[Widgets] Build fails (#7)");
}

#[test]
fn words_of_the_message_id_are_refused_where_they_are_none() {
    for event in ["1@x>", "Comment", "a b", "ü", &"a".repeat(101), "x\r\ny"] {
        let event = event.to_owned();
        let error = Notification {
            event,
            ..notification()
        }
        .compose(&gate(), now());
        assert!(matches!(error, Err(ComposeError::Event)));
    }
    for kind in [
        "",
        "Issue",
        "pull-request",
        "a/b",
        "abcdefghijklmnopqrstuvwxyzabcdefg",
    ] {
        let thread = Thread {
            kind,
            ..notification().thread
        };
        let error = Notification {
            thread,
            ..notification()
        }
        .compose(&gate(), now());
        assert!(matches!(error, Err(ComposeError::Kind)), "{kind}");
    }
    let error = Notification {
        reason: "a b>".to_owned(),
        ..notification()
    }
    .compose(&gate(), now());
    assert!(matches!(error, Err(ComposeError::Address(_))));
    let error = Notification {
        recipient: u64::MAX,
        ..notification()
    }
    .compose(&gate(), now());
    assert!(matches!(error, Err(ComposeError::Mint(_))));
}

#[test]
fn a_notification_that_comes_back_is_known_by_its_mark() {
    let gate = gate();
    let composed = notification().compose(&gate, now()).unwrap();
    let message = Message::parse(&composed.message);
    let (mark, today) = (
        field(&message, "x-inreply-own"),
        Day::from_unix_seconds(1_800_000_000),
    );
    assert!(gate.is_mark(&mark, today));
    assert!(gate.is_mark(&mark, today.saturating_add(10_000)));
    // It is no address, and no address is one.
    assert!(gate.addresses().open(&mark, today).is_err());
    assert!(!gate.is_mark(composed.reply_to.token(), today));
    assert!(!gate.is_mark("", today));
}

#[test]
fn a_recipient_needs_smtputf8_only_for_a_local_part() {
    let envelope = |to: &str| {
        let to = to.parse().unwrap();
        let composed = Notification {
            to,
            ..notification()
        }
        .compose(&gate(), now())
        .unwrap();
        assert!(composed.message.is_ascii());
        format!("{}", composed.envelope.recipients()[0])
    };
    assert_eq!(
        envelope("ann@bücher.example"),
        "<ann@xn--bcher-kva.example>"
    );
    assert_eq!(envelope("änn@bücher.example"), "<änn@bücher.example>");
    assert_eq!(envelope("ann@[192.0.2.1]"), "<ann@[192.0.2.1]>");
}

/// What is quoted by the programs of readers is cut, whichever twin they quote.
#[test]
fn both_twins_are_cut_from_an_answer() {
    for notification in [notification(), korean()] {
        let composed = notification.compose(&gate(), now()).unwrap();
        let message = Message::parse(&composed.message);
        let quote: String = message
            .text()
            .lines()
            .map(|line| format!("> {line}\r\n"))
            .collect();
        let answer = format!(
            "From: ann@example.com\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nMerge it.\r\n\r\n\
             On Tue, Nov 24, 2026 at 9:30 AM Bob (Widgets) <noreply@noreply.forge.example> wrote:\r\n{quote}"
        );
        let parsed = Message::parse(answer.as_bytes());
        assert_eq!(Reply::of_message(&parsed).visible(), "Merge it.");

        let html = message.html_part().unwrap().text().into_owned();
        let inner = html.split("<body>").nth(1).unwrap();
        let inner = inner.split("</body>").next().unwrap();
        let attribution = "On Tue, Nov 24, 2026 at 9:30 AM Bob (Widgets) &lt;noreply@noreply.forge.example&gt; wrote:";
        for answer in [
            format!(
                "<div>Merge it.</div><div class=\"gmail_quote\"><div class=\"gmail_attr\">{attribution}<br></div><blockquote>{inner}</blockquote></div>"
            ),
            format!(
                "<p>Merge it.</p><div class=\"moz-cite-prefix\">{attribution}<br></div><blockquote type=\"cite\">{inner}</blockquote>"
            ),
            format!(
                "<div>Merge it.</div><br><blockquote type=\"cite\"><div>{attribution}</div><br>{inner}</blockquote>"
            ),
            format!(
                "<p class=\"MsoNormal\">Merge it.</p><div style=\"border:none;border-top:solid #E1E1E1 1.0pt;padding:3.0pt 0cm 0cm 0cm\"><p><b>From:</b> Bob (Widgets) &lt;noreply@noreply.forge.example&gt;<br><b>Sent:</b> Tuesday, 24 November 2026 09:30<br><b>To:</b> Widgets &lt;noreply@noreply.forge.example&gt;<br><b>Subject:</b> Re: [Widgets] Build fails (#7)</p></div>{inner}"
            ),
        ] {
            let answer = format!(
                "From: ann@example.com\r\nContent-Type: text/html; charset=utf-8\r\n\r\n{answer}"
            );
            let parsed = Message::parse(answer.as_bytes());
            assert_eq!(
                Reply::of_message(&parsed).visible(),
                "Merge it.",
                "{answer}"
            );
        }
    }
}

/// Whole messages as files: what changes in one is seen. `BLESS=1` writes them anew.
#[test]
fn whole_messages_are_as_they_were() {
    let in_korean = site().catalogue(Korean);
    let cases = [
        ("comment.eml", notification().compose(&gate(), now())),
        ("korean.eml", korean().compose(&gate_of(in_korean), now())),
        #[cfg(feature = "auth")]
        (
            "signed.eml",
            Notification {
                event: String::new(),
                ..notification()
            }
            .compose_signed(&gate(), &signer(), now()),
        ),
    ];
    for (name, composed) in cases {
        let message = String::from_utf8(composed.unwrap().message).unwrap();
        assert_eq!(
            message.matches('\n').count(),
            message.matches("\r\n").count()
        );
        let message = message.replace("\r\n", "\n");
        let path = format!("{}/tests/notify/{name}", env!("CARGO_MANIFEST_DIR"));
        if std::env::var_os("BLESS").is_some() {
            std::fs::write(&path, &message).unwrap();
        }
        assert_eq!(message, std::fs::read_to_string(&path).unwrap(), "{name}");
    }
}

#[test]
fn the_test_mail_is_in_the_language_of_the_site() {
    let site = Site::new("forge.example")
        .unwrap()
        .support("help@forge.example".parse().unwrap())
        .catalogue(Korean);
    let test = test_message(&site, &"ann@bücher.example".parse().unwrap(), now()).unwrap();
    // RFC 2047: what is not ASCII in the header is an encoded word.
    let head = test
        .split(|octet| *octet == b'\n')
        .take_while(|line| *line != b"\r");
    assert!(head.into_iter().all(<[u8]>::is_ascii));
    let test = Message::parse(&test);
    assert_eq!(test.subject().unwrap(), "forge.example의 시험 메일");
    assert_eq!(test.to()[0].address(), "ann@xn--bcher-kva.example");
    assert!(test.text().contains("잘 도착했습니다"));
    assert!(test.text().ends_with("도움말: help@forge.example\r\n"));
}

proptest! {
    /// Whatever the texts hold, the header has the fields that it should have, each once, and what they say is what was meant.
    #[test]
    fn no_text_of_the_product_makes_a_field(
        title in nasty(), list in nasty(), author in nasty(), text in nasty(),
    ) {
        let told = Notification {
            thread: Thread { title: title.clone(), list, ..notification().thread },
            author: author.clone(),
            text,
            ..notification()
        };
        let composed = told.compose(&gate(), now()).unwrap();
        prop_assert_eq!(names(&composed.message), FIELDS);
        let octets = String::from_utf8(composed.message.clone()).unwrap();
        prop_assert!(octets.split("\r\n").all(|line| line.len() <= 998 && !line.contains(['\r', '\n', '\0'])));
        let message = Message::parse(&composed.message);
        prop_assert_eq!(message.from().len(), 1);
        prop_assert!(message.from()[0].address() == "noreply@noreply.forge.example");
        prop_assert!(message.reply_to()[0].address() == composed.reply_to.as_str());
        prop_assert_eq!(field(&message, "x-inreply-author"), Line::new(&author).to_string());
        let title = Line::new(&title).to_string();
        prop_assert!(message.subject().unwrap().contains(title.trim()), "{:?}", message.subject());
        prop_assert!(message.text().contains("\r\n-- \r\n"));
        let parts = message.parts().count();
        prop_assert_eq!(parts, 3, "{}", octets);
    }
}

proptest! {
    /// The same with the eyes of another: a parser that shares no line with ours.
    #[test]
    fn another_parser_reads_what_was_written(title in nasty(), author in nasty(), text in nasty()) {
        let told = Notification {
            thread: Thread { title, ..notification().thread },
            author,
            text,
            ..notification()
        };
        let composed = told.compose(&gate(), now()).unwrap();
        let theirs = mail_parser::MessageParser::default().parse(&composed.message).unwrap();
        let ours = Message::parse(&composed.message);
        prop_assert_eq!(theirs.headers().len(), ours.headers().count());
        prop_assert_eq!(theirs.parts.len(), ours.parts().count());
        let address = |list: Option<&mail_parser::Address<'_>>| {
            list.and_then(|list| list.first()?.address().map(str::to_owned))
        };
        prop_assert_eq!(address(theirs.from()).unwrap(), "noreply@noreply.forge.example");
        prop_assert_eq!(address(theirs.reply_to()).unwrap(), composed.reply_to.as_str());
        prop_assert_eq!(theirs.message_id().unwrap(), ours.message_id().unwrap());
        prop_assert_eq!(theirs.subject().unwrap_or_default(), ours.subject().unwrap_or_default());
        prop_assert_eq!(theirs.body_text(0).unwrap(), ours.text());
        let html = ours.html_part().unwrap().text().into_owned();
        prop_assert_eq!(theirs.body_html(0).unwrap(), html);
    }
}

/// Texts that would like to be header fields, encoded words, boundaries or HTML.
fn nasty() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        Just("\r\nBcc: eve@example.com\r\n\r\n".to_owned()),
        Just("\n".to_owned()),
        Just("\r".to_owned()),
        Just("\0\u{85}\u{2028}".to_owned()),
        Just("=?utf-8?Q?=0D=0ABcc:_x?=".to_owned()),
        Just("\" <eve@example.com>, \"".to_owned()),
        Just("\\".to_owned()),
        Just("--=_0123\r\n".to_owned()),
        Just("한국어 👩‍👩‍👧 \u{202e}".to_owned()),
        "[a-z ]{0,90}",
        "[a-z]{300,1200}",
        any::<String>(),
    ];
    proptest::collection::vec(piece, 0..6).prop_map(|pieces| pieces.concat())
}
