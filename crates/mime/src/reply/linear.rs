//! That the work grows as the text does: counted in looks at a line and at its end, for time depends on the machine.

use std::cell::Cell;

use super::Reply;

thread_local! {
    static LOOKS: Cell<usize> = const { Cell::new(0) };
}

/// One line, or the end of one, was looked at.
pub(crate) fn look() {
    LOOKS.with(|looks| looks.set(looks.get() + 1));
}

fn looks(read: impl FnOnce()) -> usize {
    LOOKS.with(|looks| looks.set(0));
    read();
    LOOKS.with(Cell::get)
}

fn check(name: &str, text: impl Fn(usize) -> String, read: impl Fn(&str)) {
    let count = |times| looks(|| read(&text(times)));
    let (once, twice) = (count(1_000), count(2_000));
    assert!(twice < once * 5 / 2, "{name}: {once}, then {twice}");
}

const DISCLAIMER: &str =
    "This email is confidential and privileged, and any disclosure is strictly prohibited.\n";

#[test]
fn of_texts() {
    let repeated = [
        ("a rule above a quote", "hi\n", "___\n> x\n", ""),
        ("a dash above a quote", "hi\n", "\u{2014}\n> x\n", ""),
        (
            "a rule above a blank line",
            "hi\n",
            "___\n\nsome words\n",
            "",
        ),
        (
            "rules above a footer",
            "hi\n",
            "===\n",
            "\nUnsubscribe: http://list.example\n",
        ),
        (
            "rules apart above a footer",
            "hi\n",
            "===\n\n",
            "Unsubscribe: http://list.example\n",
        ),
        (
            "rules above a disclaimer",
            "hi\n",
            "###\n",
            &format!("\n{DISCLAIMER}"),
        ),
        (
            "disclaimers between quotes",
            "",
            &format!("> q\n{DISCLAIMER}"),
            "",
        ),
        ("disclaimers", "hi\n\n", &format!("{DISCLAIMER}\n"), ""),
        (
            "a signature without end",
            "",
            "-----BEGIN PGP SIGNATURE-----\n\n> x\n",
            "",
        ),
        (
            "a signed text without blank",
            "",
            "-----BEGIN PGP SIGNED MESSAGE-----\n",
            "",
        ),
        ("lines of programs", "hi\n", "Sent from my iPhone\n", ""),
        (
            "lines of programs above quotes",
            "hi\n",
            "Sent from my iPhone\n> x\n",
            "",
        ),
        ("lines of unknown programs", "hi\n", "Sent via Lid\n\n", ""),
        ("senders", "hi\n", "From: bob@example.com\n", ""),
        (
            "header blocks shown as code",
            "hi\n",
            "So:\n    From: Bob\n    To: Ann <ann@example.com>\nand\n",
            "",
        ),
        ("bars", "Bob wrote:\n", "| x\n\n", ""),
        (
            "marks",
            "On 3 Feb 2026 at 10:00 Bob wrote:\n",
            ") x\n\n",
            "",
        ),
        ("prompts", "", ">>> x\ny\n", ""),
        ("names", "hi\n", "\n- Ann\n", ""),
        (
            "cards",
            "hi\n\n",
            "Ann\nTel. 0161 496 0123\nann@example.com\n\n",
            "",
        ),
        ("blank lines", "hi\n", "\n", "> x\n"),
    ];
    for (name, head, body, tail) in repeated {
        let text = |times| format!("{head}{}{tail}", body.repeat(times));
        check(name, text, |text| drop(Reply::of_text(text)));
    }
}

#[test]
fn of_disclaimers_below_blank_lines() {
    let text = |times| "\n".repeat(times) + &format!("{DISCLAIMER}\n").repeat(times / 10);
    check("disclaimers below blank lines", text, |text| {
        drop(Reply::of_text(text))
    });
}

#[test]
fn of_html() {
    for (name, body) in [
        ("blank quotes", "<blockquote>&nbsp;</blockquote>"),
        ("blank signatures", "<div class=signature>&nbsp;</div>"),
        (
            "blank citations",
            "<blockquote class=gmail_quote>&nbsp;</blockquote>",
        ),
        ("blocks in blocks with line ends", "<ol><br>"),
        ("paragraphs and line ends", "<br><p>"),
        (
            "frames",
            "<div class=gmail_quote>a<blockquote type=cite>b</blockquote>c</div>",
        ),
    ] {
        check(
            name,
            |times| body.repeat(times),
            |html| drop(Reply::of_html(html)),
        );
    }
}
