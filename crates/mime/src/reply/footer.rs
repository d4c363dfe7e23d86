//! What stands below a text in every message of a sender: the lawyers' paragraph, the company's, the scanner's, the list's.

use super::feature::{has_address, holds_word};
use super::fragment::{FragmentKind, Rule};
use super::line::{Line, is_blank};
use super::sentence;
use super::signature;
use super::words;

/// What the last paragraph is, if not the writer's: the line where it starts, as an index into `lines`, which end in a
/// text line. `alone` says that the writer said nothing above it, `signed` that a name or a footer stands around it.
pub(crate) fn read(
    text: &str,
    lines: &[Line],
    paragraph: usize,
    alone: bool,
    signed: bool,
) -> Option<(usize, FragmentKind, Rule)> {
    let first = lines.get(paragraph)?;
    let signed = || signed || is_disclaimer(above(text, &lines[..paragraph]), true);
    let content = text.get(first.start..lines.last()?.end)?;
    if is_disclaimer(content, alone) || !alone && is_notice(content, signed) {
        return Some((paragraph, FragmentKind::Disclaimer, Rule::DisclaimerWords));
    }
    if alone {
        return None;
    }
    // A rule above, in the paragraph or before it.
    let above = (paragraph > 0)
        .then(|| lines[..paragraph].iter().rposition(|line| !line.is_blank()))
        .flatten();
    let rule = match is_rule(first.text(text)) {
        true => Some(paragraph),
        false => above.filter(|&at| is_rule(lines[at].text(text))),
    };
    if leaves(content, rule.is_some()) {
        return Some((
            rule.unwrap_or(paragraph),
            FragmentKind::Signature,
            Rule::ListFooter,
        ));
    }
    // `---` and a name right below: a delimiter, and not a rule between two parts.
    let below = lines.get(paragraph + 1..)?;
    let name = below.first()?.text(text);
    let signed = rule == Some(paragraph)
        && !first.text(text).contains('=')
        && below.len() <= MAX_SIGNATURE_LINES
        && name.split_whitespace().count() <= 3
        && signature::is_full_name(name)
        && below
            .iter()
            .all(|line| signature::is_signature_line(line.text(text)));
    signed.then_some((paragraph, FragmentKind::Signature, Rule::Delimiter))
}

/// The paragraph that the lines end in, blank ones aside.
fn above<'t>(text: &'t str, lines: &[Line]) -> &'t str {
    let Some(last) = lines.iter().rposition(|line| !line.is_blank()) else {
        return "";
    };
    let first = lines[..last]
        .iter()
        .rposition(Line::is_blank)
        .map_or(0, |at| at + 1);
    text.get(lines[first].start..lines[last].end)
        .unwrap_or_default()
}

/// A line of dashes, equals signs, hashes and the like.
pub(crate) fn is_rule(line: &str) -> bool {
    line.len() >= 3
        && line.chars().all(|c| {
            matches!(
                c,
                '-' | '_' | '=' | '#' | '~' | '*' | '+' | ' ' | '\u{2014}'
            )
        })
}

/// Sentences of a person's, and nothing that a footer holds: no address, no link, no word of the lawyers'.
pub(crate) fn is_prose(paragraph: &str) -> bool {
    let lower = head(paragraph).to_lowercase();
    let count = |list: &[&str]| list.iter().filter(|word| lower.contains(*word)).count();
    paragraph.split_whitespace().take(MIN_PROSE).count() == MIN_PROSE
        && paragraph.ends_with(['.', '!', '?'])
        && !has_address(head(paragraph))
        && !lower.contains("http")
        && !lower.contains("www.")
        && count(words::DISCLAIMER) + count(words::COMPANY) + count(words::SCANNER) == 0
}

/// A paragraph of the lawyers': long, with four of their words, or three that speak of this message; where it is
/// longer still, two. A question is none.
fn is_disclaimer(paragraph: &str, alone: bool) -> bool {
    if paragraph.len() < MIN_DISCLAIMER || paragraph.contains(" I ") || paragraph.ends_with('?') {
        return false;
    }
    let lower = head(paragraph).to_lowercase();
    let count = |list: &[&str]| list.iter().filter(|word| lower.contains(*word)).count();
    let found = count(words::DISCLAIMER);
    let named = || count(words::THIS_MESSAGE) > 0;
    // Where it is all there is, it may be the answer.
    if alone {
        return found >= 3 && named();
    }
    found >= 4 || (found == 3 || found == 2 && paragraph.len() >= LONG_DISCLAIMER) && named()
}

/// The company's registration, the scanner's verdict, the advice not to print. A person who does something speaks of
/// other prints and scans.
fn is_notice(paragraph: &str, signed: impl FnOnce() -> bool) -> bool {
    if paragraph.len() > MAX_NOTICE {
        return false;
    }
    let lower = paragraph.to_lowercase();
    let holds = |list: &[&str]| list.iter().any(|word| holds_word(&lower, word));
    let count = |list: &[&str]| list.iter().filter(|word| holds_word(&lower, word)).count();
    let this_message = || words::THIS_MESSAGE.iter().any(|name| lower.contains(name));
    let brief = || lower.split_whitespace().count() <= MAX_VERDICT;
    // Most paragraphs hold none of these; the longer lists come second.
    let company = count(words::COMPANY);
    let found = company >= 1 && company + count(words::COMPANY_NUMBER) >= 2 && signed()
        || holds(words::SCANNER)
            && holds(words::SCANNED)
            && (this_message() || brief() || lower.contains("www."))
        || holds(words::PRINT)
            && this_message()
            && words::ENVIRONMENT.iter().any(|word| lower.contains(word));
    found && !sentence::is_own(paragraph)
}

/// How to leave a list, with a link or an address: behind a rule, or as the first words of the paragraph.
fn leaves(paragraph: &str, ruled: bool) -> bool {
    if paragraph.len() > MAX_NOTICE || paragraph.contains(" I ") || paragraph.contains("? ") {
        return false;
    }
    // Mailman's page of a list, where its footer is nothing else.
    if paragraph.contains("/mailman/listinfo/") && !paragraph.trim().contains(char::is_whitespace) {
        return true;
    }
    let lower = paragraph.to_lowercase();
    let lower = lower.trim_start_matches(|c: char| is_blank(c) || is_mark(c));
    if !has_address(lower) && !lower.contains("http") {
        return false;
    }
    let opens =
        || words::LEAVE.iter().any(|word| lower.starts_with(word)) && !sentence::is_own(paragraph);
    let holds = || {
        words::LEAVE
            .iter()
            .chain(LISTS)
            .any(|word| lower.contains(word))
    };
    opens() || ruled && holds()
}

fn is_mark(c: char) -> bool {
    matches!(c, '-' | '_' | '=' | '#' | '~' | '*' | '+')
}

/// The words come early; reading on would make many short searches of one long text.
fn head(paragraph: &str) -> &str {
    let end = paragraph
        .char_indices()
        .nth(MAX_HEAD)
        .map_or(paragraph.len(), |(at, _)| at);
    &paragraph[..end]
}

/// What else such a footer holds behind a rule.
const LISTS: &[&str] = &[
    "unsubscribe",
    "mailing list",
    "groups.io",
    "posted by:",
    "sponsored by",
];

const MAX_HEAD: usize = 800;

const MAX_NOTICE: usize = 1_200;

/// "Virus-free", "Scanned by …": in words.
const MAX_VERDICT: usize = 6;

/// In words.
const MIN_PROSE: usize = 7;

const MAX_SIGNATURE_LINES: usize = 8;

const MIN_DISCLAIMER: usize = 80;

/// A person's "please keep this message confidential, and do not disclose it" is shorter.
const LONG_DISCLAIMER: usize = 160;
