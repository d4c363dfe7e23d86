//! Replies as mail programs write them, from `tests/replies/`.

use inreply_mime::reply::FragmentKind;
use inreply_mime::{Message, Reply};

const ATTRIBUTIONS: &str = include_str!("replies/attributions.txt");
const HEADER_BLOCKS: &str = include_str!("replies/header-blocks.txt");
const CLIENT_LINES: &str = include_str!("replies/client-lines.txt");
const OWN_WORDS: &str = include_str!("replies/own-words.txt");
const CASES: &str = include_str!("replies/cases.txt");

const ANSWER: &str = "It turned up.\n\nIt was under the table, on the 2nd floor.";

/// The lines of a fixture file, unescaped, with their names.
fn entries(file: &'static str) -> impl Iterator<Item = (&'static str, String)> {
    file.lines()
        .filter(|line| !line.starts_with('#'))
        .map(|line| {
            let (name, text) = line.split_once('\t').unwrap_or(("", line));
            (name, text.replace("\\n", "\n"))
        })
}

/// Every byte of the text is in one fragment, and the visible text comes out of itself unchanged.
fn check(name: &str, input: &str, expected: &str) {
    for input in [input.to_owned(), input.replace('\n', "\r\n")] {
        let reply = Reply::of_text(&input);
        let visible = reply.visible().replace("\r\n", "\n");
        assert_eq!(visible, expected, "{name}\n{}", reply.explain());
        let mut end = 0;
        for fragment in reply.fragments() {
            assert_eq!(fragment.range().start, end, "{name}: a gap");
            end = fragment.range().end;
        }
        assert_eq!(end, input.len(), "{name}: not to the end");
    }
    assert_eq!(
        Reply::of_text(expected).visible(),
        expected,
        "{name}: not stable"
    );
}

#[test]
fn attributions_of_many_languages() {
    let mut count = 0;
    for (name, attribution) in entries(ATTRIBUTIONS) {
        let dashed = attribution.starts_with("----");
        let marked = format!("{ANSWER}\n\n{attribution}\n\n> Where is the lid?\n> Bob\n");
        check(&format!("{name}, marked"), &marked, ANSWER);
        let glued = format!("{ANSWER}\n{attribution}\n> Where is the lid?\n");
        check(&format!("{name}, glued"), &glued, ANSWER);
        let unmarked = format!("{ANSWER}\n\n{attribution}\n\nWhere is the lid?\n\nBob\n");
        check(&format!("{name}, unmarked"), &unmarked, ANSWER);
        let last = format!("{ANSWER}\n\n{attribution}\n");
        check(&format!("{name}, without quote"), &last, ANSWER);
        if !dashed {
            let bottom = format!("{attribution}\n> Where is the lid?\n\n{ANSWER}\n");
            check(&format!("{name}, bottom posting"), &bottom, ANSWER);
        }
        count += 1;
    }
    assert!(count >= 60, "{count} attributions");
}

#[test]
fn header_blocks_of_many_languages() {
    for (name, block) in entries(HEADER_BLOCKS) {
        check(
            name,
            &format!("{ANSWER}\n\n{block}\n\nWhere is the lid?\n\nBob\n"),
            ANSWER,
        );
    }
}

#[test]
fn client_lines_of_many_languages() {
    for (_, line) in entries(CLIENT_LINES) {
        check(&line, &format!("{ANSWER}\n\n{line}\n"), ANSWER);
        let quoted = format!(
            "{ANSWER}\n\n{line}\n\nAm 03.02.26 um 09:12 schrieb Bob:\n> Where is the lid?\n"
        );
        check(&line, &quoted, ANSWER);
    }
}

#[test]
fn what_only_looks_like_a_mail_program_stays() {
    for (name, text) in entries(OWN_WORDS) {
        check(name, &text, &text);
    }
}

#[test]
fn whole_replies() {
    let mut parts = CASES.split("=== ").skip(1);
    while let (Some(case), Some(visible)) = (parts.next(), parts.next()) {
        let (name, input) = case.split_once('\n').unwrap_or((case, ""));
        let expected = visible
            .strip_prefix("visible\n")
            .unwrap_or_default()
            .trim_end();
        check(name, input, expected);
    }
}

#[test]
fn html_of_many_clients() {
    let quote = "Where is the lid?";
    let cases = [
        (
            "gmail",
            "<div dir=\"ltr\">Here.</div><br><div class=\"gmail_quote\"><div dir=\"ltr\" class=\"gmail_attr\">On Tue, Feb 3, 2026 at 9:12 AM Bob &lt;<a href=\"mailto:bob@example.com\">bob@example.com</a>&gt; wrote:<br></div><blockquote class=\"gmail_quote\">Q</blockquote></div>",
        ),
        (
            "outlook web",
            "<div>Here.</div><div id=\"appendonsend\"></div><hr><div id=\"divRplyFwdMsg\"><b>From:</b> Bob &lt;bob@example.com&gt;<br><b>Sent:</b> Tuesday<br></div><div>Q</div>",
        ),
        (
            "outlook desktop",
            "<p class=MsoNormal>Here.</p><div style='border:none;border-top:solid #E1E1E1 1.0pt;padding:3.0pt 0in 0in 0in'><p><b>From:</b> Bob &lt;bob@example.com&gt;<br><b>Sent:</b> Tuesday, February 3, 2026 9:12 AM<br><b>To:</b> Ann<br><b>Subject:</b> Lid</p></div><p>Q</p>",
        ),
        (
            "apple mail",
            "<html><body>Here.<br><div><br><blockquote type=\"cite\"><div>On Feb 3, 2026, at 9:12 AM, Bob &lt;bob@example.com&gt; wrote:</div><br><div>Q</div></blockquote></div></body></html>",
        ),
        (
            "thunderbird",
            "<p>Here.</p><div class=\"moz-cite-prefix\">On 2/3/26 09:12, Bob wrote:<br></div><blockquote type=\"cite\" cite=\"mid:1@example.com\">Q</blockquote>",
        ),
        (
            "yahoo",
            "<div>Here.</div><div id=\"yahoo_quoted_1\" class=\"yahoo_quoted\"><div>On Tuesday, Bob wrote:</div><div>Q</div></div>",
        ),
        (
            "proton",
            "<div>Here.</div><div class=\"protonmail_quote\">On Tuesday, Bob wrote:<br><blockquote class=\"protonmail_quote\">Q</blockquote></div>",
        ),
        (
            "hotmail",
            "<div dir='ltr'>Here.<br><hr id=\"stopSpelling\">Date: Tue, 3 Feb 2026 09:12:44 +0100<br>From: bob@example.com<br><br>Q</div>",
        ),
        (
            "zimbra",
            "<div>Here.<br><br><hr id=\"zwchr\"><b>From: </b>\"Bob\" &lt;bob@example.com&gt;<br><b>To: </b>ann@example.com<br><br>Q</div>",
        ),
        (
            "gmx",
            "<div>Here.<div name=\"quote\" style=\"border-left:2px solid #C3D9E5\"><div><b>Gesendet:</b> Dienstag<br><b>Von:</b> Bob</div><div>Q</div></div></div>",
        ),
        (
            "windows mail",
            "<div>Here.</div><div style=\"padding-top: 5px; border-top-color: rgb(229, 229, 229); border-top-width: 1px; border-top-style: solid;\"><b>From:</b> Bob<br>Q</div>",
        ),
        (
            "outlook web over gmail",
            "<div>Here.</div><div class=\"x_gmail_quote\">On Tuesday, Bob wrote:<br>Q</div>",
        ),
        (
            "spark",
            "<div name=\"messageBodySection\">Here.</div><div name=\"messageSignatureSection\"><br>Ann Field</div><div name=\"messageReplySection\">On Feb 3, 2026 at 9:12 +0100, Bob &lt;bob@example.com&gt;, wrote:<br><blockquote type=\"cite\">Q</blockquote></div>",
        ),
        (
            "front",
            "<div>Here.</div><div class=\"front-signature\">Ann Field</div><div>On February 3, 2026, 9:12 AM GMT+1 bob@example.com wrote:</div><blockquote type=\"cite\" class=\"front-blockquote\">Q</blockquote>",
        ),
        (
            "netease on a telephone",
            "<div>Here.</div><div class=\"ntes-mailmaster-quote\"><div>---- Replied Message ----</div><table><tr><td>From</td><td>Bob</td></tr></table><div>Q</div></div>",
        ),
        (
            "horde",
            "<p>Here.</p><p>Zitat von Bob Stone &lt;bob@example.com&gt;:</p><blockquote type=\"cite\">Q</blockquote>",
        ),
        (
            "a blockquote below a name and a date",
            "<div>Here.</div><div>Bob Stone wrote on Tuesday, 3 February 2026 09:12:</div><blockquote class=\"foo\">Q</blockquote>",
        ),
        (
            "unknown client",
            "<div>Here.</div><div>Le mar. 3 févr. 2026 à 09:12, Bob &lt;bob@example.com&gt; a écrit :</div><div>Q</div>",
        ),
    ];
    for (client, html) in cases {
        let reply = Reply::of_html(&html.replace("Q<", &format!("{quote}<")));
        assert_eq!(reply.visible(), "Here.", "{client}\n{}", reply.explain());
        assert!(
            reply.elided().contains(quote),
            "{client}: the quote is kept"
        );
    }
}

const FRAME: &str = "<div dir=\"ltr\"><div class=\"gmail_quote\"><div dir=\"ltr\" class=\"gmail_attr\">On Tue, Feb 3, 2026 at 9:12 AM Bob &lt;<a href=\"mailto:bob@example.com\">bob@example.com</a>&gt; wrote:<br></div><blockquote class=\"gmail_quote\"><div>Is it?</div></blockquote>";

#[test]
fn an_answer_in_gmails_frame_is_the_writers() {
    let below = Reply::of_html(&format!(
        "{FRAME}<div><br></div><div>It is.</div></div></div>"
    ));
    assert_eq!(below.visible(), "It is.", "{}", below.explain());
    let between = Reply::of_html(&format!(
        "{FRAME}<div>It is.</div><blockquote class=\"gmail_quote\"><div>And the box?</div></blockquote><div>That, too.</div></div></div>"
    ));
    let lines: Vec<&str> = between
        .text()
        .lines()
        .filter(|line| !line.is_empty())
        .collect();
    let shown = between.visible();
    let shown: Vec<&str> = shown.lines().filter(|line| !line.is_empty()).collect();
    assert_eq!(shown, lines, "{}", between.explain());
    assert_eq!(lines.len(), 5);
    let signed = Reply::of_html(&format!(
        "<div>It is.</div>{FRAME}<div class=\"gmail_signature\">Ann</div></div></div>"
    ));
    assert_eq!(signed.visible(), "It is.", "{}", signed.explain());
}

#[test]
fn a_signature_is_called_one() {
    for (names, shown) in [
        ("class=gmail_signature", false),
        ("class=\"x_moz-signature\"", false),
        ("id=Signature", false),
        ("id=x_AppleMailSignature", false),
        ("id=ms-outlook-mobile-signature", false),
        ("id=MAC_OUTLOOK_SIGNATURE", false),
        ("class=\"protonmail_signature_block-user\"", false),
        ("class=ydp1a2b3csignature", false),
        ("class=email-signature-2", false),
        ("id=signature-request", true),
        ("class=signature_needed", true),
        ("class=designature", true),
        ("id=signatures", true),
        ("name=signatureField", true),
    ] {
        let html = format!("<div>Hi</div><div {names}>Please sign by Monday.</div>");
        let reply = Reply::of_html(&html);
        let visible = reply.visible();
        assert_eq!(visible.contains("sign"), shown, "{names}: {visible}");
    }
}

#[test]
fn a_paragraph_set_apart_is_the_writers() {
    let html =
        "<p>The law says:</p><blockquote><p>Everyone has a lid.</p></blockquote><p>So have I.</p>";
    let reply = Reply::of_html(html);
    let expected = "The law says:\n\nEveryone has a lid.\n\nSo have I.";
    assert_eq!(reply.visible(), expected, "{}", reply.explain());
}

#[test]
fn text_goes_on_behind_a_picture() {
    let part = |kind: &str, body: &str| format!("--b\nContent-Type: {kind}\n\n{body}\n");
    let picture = "--b\nContent-Type: image/png; name=a.png\nContent-Disposition: inline\n\nx\n";
    let file = "--b\nContent-Type: image/png; name=a.png\nContent-Disposition: attachment\n\nx\n";
    for (kind, one, two) in [
        (
            "text/plain",
            "Here it is:",
            "Do you see it?\n\nOn 3 Feb 2026, at 09:12, Bob <bob@example.com> wrote:\n> Is it?",
        ),
        (
            "text/html",
            "<p>Here it is:</p>",
            "<p>Do you see it?</p><blockquote type=cite>Is it?</blockquote>",
        ),
    ] {
        let raw = |between: &str| {
            let (one, two) = (part(kind, one), part(kind, two));
            format!("Content-Type: multipart/mixed; boundary=b\n\n{one}{between}{two}--b--\n")
        };
        let shown = |raw: &str| {
            let message = Message::parse(raw.as_bytes());
            let visible = Reply::of_message(&message).visible();
            visible.split_whitespace().collect::<Vec<_>>().join(" ")
        };
        assert_eq!(shown(&raw(picture)), "Here it is: Do you see it?", "{kind}");
        assert_eq!(
            shown(&raw(file)),
            "Here it is:",
            "{kind}, a footer behind a file"
        );
    }
}

#[test]
fn fragments_say_what_they_are() {
    let text = "Yes.\n\n-- \nAnn\n\nAm 03.02.26 um 09:12 schrieb Bob:\n> Is it?\n";
    let reply = Reply::of_text(text);
    let kinds: Vec<FragmentKind> = reply
        .fragments()
        .iter()
        .map(|fragment| fragment.kind())
        .collect();
    let expected = [
        FragmentKind::Text,
        FragmentKind::Signature,
        FragmentKind::Attribution,
        FragmentKind::Quote,
    ];
    assert_eq!(kinds, expected);
    assert_eq!(
        reply.visible().len() + reply.elided().len(),
        "Yes.".len() + text.trim_end().len() - "Yes.\n\n".len()
    );
}
