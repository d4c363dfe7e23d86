//! Quote marks other than `>`: bars, the other's initials, and what people set up.
//!
//! Each of them begins lines of the writer's own, too. They are marks from the first run on that something introduces.

use super::feature::{has_address, has_date};
use super::line::Line;
use super::verb::{Wrote, verb_at_end};

/// `| `, which exmh and others write: a run of lines that start with bars and hold no other, as a table would.
///
/// "| one", "| two" may be bullets: by the first run stand labels with a day and an address, or a verb of writing.
pub(super) fn bars(text: &str, lines: &mut [Line]) {
    let mut known = false;
    let mut at = 0;
    while at < lines.len() {
        let run = lines[at..]
            .iter()
            .take_while(|line| barred(text, line) > 0)
            .count();
        known |= run >= 1 && {
            let solid = lines[..at].iter().rev().filter(|line| !line.is_blank());
            let near = solid.take(MAX_NEAR).chain(&lines[at..at + run.min(2)]);
            introduce(near.map(|line| line.text(text)))
        };
        if known {
            for line in &mut lines[at..at + run] {
                line.depth = barred(text, line);
                while text[line.content..line.end].starts_with(['|', ' ', '\t']) {
                    line.content += 1;
                }
            }
        }
        at += run.max(1);
    }
}

/// `| Date: Tue, 3 Feb 2026`, and `| From: bob@example.com`; or `Bob Stone wrote:`. A label with a day alone stands above
/// the points of that day, too.
fn introduce<'t>(near: impl Iterator<Item = &'t str>) -> bool {
    let (mut date, mut address) = (false, false);
    for content in near {
        let content = content.trim_start_matches(['|', ' ', '\t']);
        let label = content.split_whitespace().next().unwrap_or_default();
        if verb_at_end(content) {
            return true;
        }
        if label.ends_with(':') {
            date |= has_date(content);
            address |= has_address(content);
        }
    }
    date && address
}

/// How many bars a line starts with, if it holds no other.
fn barred(text: &str, line: &Line) -> usize {
    let content = line.text(text);
    if line.depth > 0 || content != "|" && !content.starts_with("| ") {
        return 0;
    }
    let rest = content.trim_start_matches(['|', ' ', '\t']);
    let bars = content[..content.len() - rest.len()].matches('|').count();
    if rest.contains('|') { 0 } else { bars }
}

/// The Bat! quotes with the other's initials, `BS> Is it there?`, below a date, a verb of writing or an address, and a
/// colon; mutt with what its user likes, `) Is it there?`. That may be a prompt, so there the verb must be.
pub(super) fn prefixes(text: &str, lines: &mut [Line]) {
    let mut known: Option<&str> = None;
    let mut introduced = Introduced::No;
    for at in 0..lines.len() {
        let line = lines[at];
        let content = line.text(text);
        let prefix = initials(content).or_else(|| mark(content));
        let prefix = prefix.filter(|_| line.depth == 0);
        let opens = |prefix: &str| {
            // One line with a mark is a heading, or an item.
            let below = || {
                lines
                    .get(at + 1)
                    .is_some_and(|next| next.text(text).starts_with(prefix))
            };
            match introduced {
                Introduced::No => false,
                Introduced::ByVerb => prefix.ends_with('>') || below(),
                Introduced::ByAddress => prefix.ends_with('>'),
            }
        };
        match prefix {
            Some(prefix) if known == Some(prefix) || known.is_none() && opens(prefix) => {
                known = Some(prefix);
                lines[at].depth = 1;
                lines[at].content = (line.content + prefix.len()).min(line.end);
            }
            _ if line.is_blank() => {}
            _ => {
                let dated =
                    content.ends_with(':') && content.len() <= MAX_BYTES && has_date(content);
                introduced = match dated {
                    true if Wrote::read(content).is_some() => Introduced::ByVerb,
                    true if has_address(content) => Introduced::ByAddress,
                    _ => Introduced::No,
                };
            }
        }
    }
}

/// How the line above leads into a quote.
#[derive(Clone, Copy)]
enum Introduced {
    ByAddress,
    ByVerb,
    No,
}

/// `BS>`
fn initials(content: &str) -> Option<&str> {
    let (name, _) = content.split_once('>')?;
    let short = (1..=3).contains(&name.chars().count()) && name.chars().all(char::is_uppercase);
    short.then(|| &content[..=name.len()])
}

/// `) `, or alone. `# ` is none: headings begin so, and what the administrator types.
fn mark(content: &str) -> Option<&str> {
    let mark = content.get(..1)?;
    let alone = content.len() == 1 || content[1..].starts_with([' ', ')', ':', '}', '%']);
    ([")", ":", "}", "%"].contains(&mark) && alone).then_some(mark)
}

/// Lines of a header block, as exmh writes one above its bars.
const MAX_NEAR: usize = 4;

/// Of an attribution.
const MAX_BYTES: usize = 500;
