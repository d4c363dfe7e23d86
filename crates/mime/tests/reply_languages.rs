//! Replies of many languages and mail programs, from `tests/replies/languages/`: a file a language.
//!
//! A reply is the text that the program writes, each line with the letter of its fragment, and its HTML twin:
//!
//! ```text
//! === Gmail, answer above
//! --- text
//! t|It turned up.                    t  text
//! a|On … Bob wrote:                  a  attribution      h  header block
//! q|> Where is the lid?              q  quote            c  a mail program's line
//! --- html
//! <div dir="ltr">It turned up.</div>…
//! ```
//!
//! A capital letter is of something that is shown all the same: a quote that is answered.

use std::fs;
use std::path::Path;

use inreply_mime::Reply;
use inreply_mime::reply::FragmentKind;

struct Case<'f> {
    name: String,
    /// Letter and text of each line; a blank line has no letter.
    lines: Vec<(char, &'f str)>,
    html: &'f str,
}

impl<'f> Case<'f> {
    fn all(language: &str, file: &'f str) -> Vec<Self> {
        let cases = file.split("=== ").skip(1);
        cases
            .map(|case| {
                let (name, rest) = case.split_once("\n--- text\n").unwrap_or_default();
                let (text, html) = rest.split_once("\n--- html\n").unwrap_or_default();
                let lines = text.lines().map(|line| match line.split_once('|') {
                    Some((letter, line)) => (letter.chars().next().unwrap_or(' '), line),
                    None => (' ', ""),
                });
                Self {
                    name: format!("{language}, {name}"),
                    lines: lines.collect(),
                    html,
                }
            })
            .collect()
    }

    fn text(&self, end: &str) -> String {
        self.lines
            .iter()
            .map(|(_, line)| format!("{line}{end}"))
            .collect()
    }

    /// The lines that are to be seen, without blank ones.
    fn shown(&self) -> Vec<&'f str> {
        self.lines
            .iter()
            .filter(|(letter, _)| *letter == 't' || letter.is_uppercase())
            .map(|(_, line)| line.trim())
            .collect()
    }
}

fn lines(text: &str) -> Vec<&str> {
    text.lines()
        .map(str::trim)
        .filter(|line| !line.is_empty())
        .collect()
}

fn letter(kind: FragmentKind) -> char {
    match kind {
        FragmentKind::Attribution => 'a',
        FragmentKind::ClientSignature => 'c',
        FragmentKind::HeaderBlock => 'h',
        FragmentKind::Quote => 'q',
        FragmentKind::Text => 't',
        _ => '?',
    }
}

#[test]
fn every_language_and_client() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/replies/languages");
    let mut languages = 0;
    let mut replies = 0;
    let mut wrong = Vec::new();
    for file in fs::read_dir(folder).unwrap() {
        let path = file.unwrap().path();
        let language = path.file_stem().unwrap().to_string_lossy().into_owned();
        let file = fs::read_to_string(&path).unwrap();
        languages += 1;
        for case in Case::all(&language, &file) {
            replies += 1;
            for end in ["\n", "\r\n"] {
                let text = case.text(end);
                let reply = Reply::of_text(&text);
                check_text(&case, &reply, end.len(), &mut wrong);
            }
            let reply = Reply::of_html(case.html);
            tiles(&case.name, &reply);
            let visible = reply.visible();
            let unmarked: Vec<&str> = lines(&visible)
                .into_iter()
                .map(|line| line.trim_start_matches("> "))
                .collect();
            let shown: Vec<&str> = case
                .shown()
                .into_iter()
                .map(|line| line.trim_start_matches("> "))
                .collect();
            if unmarked != shown {
                wrong.push(format!("{}, HTML\n{}", case.name, reply.explain()));
            }
        }
    }
    assert!(
        wrong.is_empty(),
        "{} wrong:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
    assert!(
        languages >= 30 && replies >= 150,
        "{replies} replies in {languages} languages"
    );
}

/// The fragments tile the text, and what is shown is a part of it, in its order.
fn tiles(name: &str, reply: &Reply<'_>) {
    let mut end = 0;
    for fragment in reply.fragments() {
        assert_eq!(fragment.range().start, end, "{name}: a gap");
        end = fragment.range().end;
    }
    assert_eq!(end, reply.text().len(), "{name}: not to the end");
    let mut rest = reply.text().chars();
    for character in reply.visible().chars().filter(|c| !c.is_whitespace()) {
        assert!(
            rest.any(|c| c == character),
            "{name}: {character:?} is not where it was"
        );
    }
}

fn check_text(case: &Case<'_>, reply: &Reply<'_>, end: usize, wrong: &mut Vec<String>) {
    tiles(&case.name, reply);
    let visible = reply.visible();
    let mut problems = Vec::new();
    if lines(&visible) != case.shown() {
        problems.push("shown");
    }
    let again = Reply::of_text(&visible).visible();
    if case.lines.iter().all(|(letter, _)| !letter.is_uppercase()) && again != visible {
        problems.push("not stable");
    }
    let mut position = 0;
    for (expected, line) in &case.lines {
        let fragment = reply
            .fragments()
            .iter()
            .find(|fragment| fragment.range().contains(&position));
        let found = fragment.map_or('?', |fragment| letter(fragment.kind()));
        if *expected != ' ' && found != expected.to_ascii_lowercase() {
            problems.push("a fragment");
        }
        position += line.len() + end;
    }
    if !problems.is_empty() {
        wrong.push(format!(
            "{}: {}\n{}",
            case.name,
            problems.join(", "),
            reply.explain()
        ));
    }
}
