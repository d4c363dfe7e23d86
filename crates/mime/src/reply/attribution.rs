//! Attributions: the line above a quote that says who wrote it and when.
//!
//! Generic first: a date, an address and a final colon make one in any language. The verb lists of [`words::WROTE`]
//! stand in where the date or the address is missing.

use super::feature::{has_address, has_date, has_time, plain_digits};
use super::line::{Line, is_blank};
use super::sentence;
use super::verb::{Wrote, verb_at_end};
use super::words;

/// An attribution that ends in a given line.
pub(crate) struct Attribution {
    /// Its first line.
    pub(crate) first: usize,
    /// Where it starts in that line: behind the writer's own words where a client put both on one line.
    pub(crate) start: usize,
}

/// The attribution whose last line is `last`, wrapped over up to [`MAX_LINES`] lines.
///
/// `quoted` says that a quoted line follows: then a date and an address do without colon and verb. Where it follows
/// directly, a short line that ends in a verb and a colon, or opens with a weekday, does without either.
pub(crate) fn ending_at(
    text: &str,
    lines: &[Line],
    last: usize,
    quoted: bool,
) -> Option<Attribution> {
    let line = lines.get(last)?;
    if line.is_empty() || line.len() > MAX_BYTES || !may_end(line.text(text), quoted) {
        return None;
    }
    let mut found: Option<usize> = None;
    let mut dated = false;
    for first in (last.saturating_sub(MAX_LINES - 1)..=last).rev() {
        let start = &lines[first];
        if start.is_empty() || start.depth != line.depth || line.end - start.content > MAX_BYTES {
            break;
        }
        // What begins with a bullet is an item of the writer's list, and not wrapped from anything.
        if first < last
            && ["- ", "* ", "+ ", "\u{2022}"]
                .iter()
                .any(|mark| start.text(text).starts_with(mark))
        {
            break;
        }
        let joined = &text[start.content..line.end];
        if found.is_some() {
            // Longer only while something is missing: a date above, or the start of a bracket.
            let torn = is_open(start.text(text));
            let gains_date = !dated && has_date(start.text(text));
            if !torn && !gains_date {
                break;
            }
        } else if !is_attribution(joined, quoted) {
            continue;
        }
        found = Some(first);
        dated = has_date(joined);
        if dated
            && !(first > 0
                && lines[first - 1].depth == line.depth
                && is_open(lines[first - 1].text(text)))
        {
            break;
        }
    }
    let Some(first) = found else {
        let direct = quoted && lines.get(last + 1).is_some_and(|below| below.depth > 0);
        let (first, start) = (last, line.content);
        let brief = quoted && is_brief(line.text(text), direct);
        return brief.then_some(Attribution { first, start });
    };
    let start = lines[first].content + own_words(lines[first].text(text));
    Some(Attribution { first, start })
}

/// A cheap look at the last line, before lines are joined.
fn may_end(line: &str, quoted: bool) -> bool {
    let end = line.trim_end_matches(|c: char| is_blank(c) || matches!(c, '*' | '_' | '>' | '-'));
    end.ends_with([':', '\u{ff1a}'])
        || quoted && (line.ends_with(['>', ')', ']']) || has_date(line))
        || verb_at_end(end)
}

fn is_attribution(joined: &str, quoted: bool) -> bool {
    let end = joined.trim_end_matches(|c: char| is_blank(c) || matches!(c, '*' | '_'));
    let colon = end.ends_with([':', '\u{ff1a}']);
    let body =
        end.trim_end_matches(|c: char| is_blank(c) || matches!(c, ':' | '\u{ff1a}' | '*' | '_'));
    let address = has_address(body);
    let date = has_date(body);
    if !date && !address {
        return false;
    }
    let ends = ends_with_address(body);
    if quoted {
        return match colon {
            true => {
                date && (address || has_time(body))
                    || ends && is_short(body)
                    || Wrote::read(body).is_some()
            }
            false => date && address && opens(body) && (ends || verb_at_end(body)),
        };
    }
    // Without a quote below it must be no sentence: "On 3 May I wrote to bob@example.com:".
    if sentence::speaks(body) {
        return false;
    }
    if !colon {
        return date && address && verb_at_end(body) && opens(body);
    }
    let Some(wrote) = Wrote::read(body) else {
        let named = address && !sentence::is_wordy(body);
        return date && named && (ends || opens(body) && has_time(body));
    };
    // One opens with the date, its preposition or a name, and ends with the verb or a name.
    let opened = opens(body) || date && has_time(body) && wrote.is_behind_name();
    address && verb_at_end(body)
        || wrote.is_before_name(body) && (date && ends || (date || address) && opened)
}

/// `Zitat von Bob Stone <bob@example.com>`, `Quoting …`, `Citando …`: a name, its address and hardly a word more.
fn is_short(body: &str) -> bool {
    sentence::is_bracketed(body)
        && body.split_whitespace().count() <= MAX_BRIEF
        && !body.starts_with(char::is_lowercase)
        && !sentence::speaks(body)
}

/// `On Monday Bob wrote:`, `Bob Stone schrieb:`, `On Monday, Bob:`: too little to go by, unless the quote is glued to it
/// (`direct`). With a blank line between, the whole name and the verb are asked for.
///
/// A sentence that leads into a citation is longer, or opens with a small letter or with its speaker ("I said:").
fn is_brief(line: &str, direct: bool) -> bool {
    let end = line.trim_end_matches(|c: char| is_blank(c) || matches!(c, '*' | '_'));
    let Some(body) = end.strip_suffix([':', '\u{ff1a}']) else {
        return false;
    };
    let words: Vec<&str> = body.split_whitespace().take(MAX_BRIEF + 1).collect();
    if words.len() < 2 || words.len() > MAX_BRIEF || !body.starts_with(char::is_uppercase) {
        return false;
    }
    let head: String = body.chars().take(12).flat_map(char::to_lowercase).collect();
    let on = words::ON.iter().any(|word| head.starts_with(word));
    let dated = on && is_date_word(words[1].trim_end_matches(','));
    let name = |word: &&str| word.starts_with(char::is_uppercase) || word.chars().count() <= 3;
    let named = words[0] != "I" && words[..words.len() - 1].iter().all(name);
    // "Some days ago Bob wrote:", as people set up their programs.
    if !sentence::speaks(body) && verb_at_end(body) && line.len() <= MAX_OWN {
        return words.len() >= 3 || named && direct;
    }
    if !direct {
        return false;
    }
    dated || verb_at_end(body) && named
}

/// Starts like an attribution: with a preposition, a digit, or a weekday or name before the date.
fn opens(body: &str) -> bool {
    let body = &*plain_digits(body);
    let head = body.trim_start_matches(|c: char| {
        is_blank(c) || matches!(c, '*' | '_' | '-' | '"' | '<' | '\u{201c}')
    });
    if head.starts_with(|c: char| c.is_ascii_digit()) {
        return true;
    }
    let lower: String = head.chars().take(24).flat_map(char::to_lowercase).collect();
    if words::ON.iter().any(|word| lower.starts_with(word)) {
        return head.chars().take(40).any(|c| c.is_ascii_digit());
    }
    // `pe 20. lokakuuta`, `ср, 30 апр.`, `tir. 18. apr.`: a short word and the day.
    let mut words = head
        .split(|c: char| is_blank(c) || c == ',')
        .filter(|word| !word.is_empty());
    let first = words.next().unwrap_or_default();
    let second = words.next().unwrap_or_default();
    if first.chars().count() <= 12 && second.starts_with(|c: char| c.is_ascii_digit()) {
        return true;
    }
    // `Ann Smith <ann@example.com> schrieb am …`: the address before anything else that could be a sentence.
    super::feature::address_at(head)
        .is_some_and(|(start, _)| start <= 80 && head[..start].split_whitespace().count() <= 6)
}

/// Where an attribution starts behind the writer's words on the same line: "Thanks. On Tue, Sep 30 …".
fn own_words(line: &str) -> usize {
    let mut from = 1;
    let mut found = 0;
    while let Some(at) = line
        .get(from..)
        .and_then(|rest| rest.find("On "))
        .map(|at| from + at)
    {
        from = at + 3;
        let before = line[..at].chars().next_back();
        let after: &str = &line[from..];
        let word: &str = after.split([' ', ',']).next().unwrap_or_default();
        let is_date = word.starts_with(|c: char| c.is_ascii_digit())
            || words::CALENDAR
                .iter()
                .any(|name| super::feature::starts_with_ignoring_case(word, name));
        if before.is_some_and(is_blank) && is_date && has_date(after) {
            found = at;
            break;
        }
    }
    if found > 0 && opens(line) { 0 } else { found }
}

/// An attribution inside a line, where a client put answer, attribution and quote on one: the byte where it starts,
/// and the byte behind its colon. English only: other languages have no such client.
pub(crate) fn inside(line: &str) -> Option<(usize, usize)> {
    let colon = memchr::memmem::find(line.as_bytes(), b"wrote:")? + 6;
    let from = line[..colon]
        .char_indices()
        .rev()
        .nth(MAX_INSIDE)
        .map_or(0, |(at, _)| at);
    let mut end = colon;
    // The nearest "On" that a date follows; at most a few stand in so short a stretch.
    while let Some(at) = line[from..end].rfind("On ").map(|at| from + at) {
        end = at;
        let body = &line[at..colon];
        let bound = line[..at].chars().next_back().is_none_or(is_blank);
        let date_first = body[3..].split([' ', ',']).next().is_some_and(is_date_word);
        if bound && date_first && has_date(body) && (has_address(body) || has_time(body)) {
            return Some((at, colon));
        }
    }
    None
}

fn is_date_word(word: &str) -> bool {
    word.starts_with(|c: char| c.is_ascii_digit())
        || words::CALENDAR
            .iter()
            .any(|name| super::feature::starts_with_ignoring_case(word, name))
}

pub(crate) fn ends_with_address(body: &str) -> bool {
    let tail =
        body.trim_end_matches(|c: char| is_blank(c) || matches!(c, '>' | ')' | ']' | '"' | '\''));
    tail.rsplit(|c: char| is_blank(c) || matches!(c, '<' | '(' | '[' | ':'))
        .next()
        .is_some_and(has_address)
}

/// A bracket or quote opens in the line and does not close: the next line belongs to it.
pub(crate) fn is_open(line: &str) -> bool {
    let opened = line.rfind(['<', '(', '[']);
    let closed = line.rfind(['>', ')', ']']);
    match (opened, closed) {
        (Some(open), Some(close)) => open > close,
        (Some(_), None) => true,
        _ => false,
    }
}

/// Google writes two lines, Outlook for iOS three; five leave room for a wrapped address.
const MAX_LINES: usize = 5;

/// Words of an attribution that has no address: a date of three, a name of three, a verb of two.
const MAX_BRIEF: usize = 8;

/// An attribution of the reader's own, in bytes.
const MAX_OWN: usize = 78;

/// The longest attribution inside a line, in characters.
const MAX_INSIDE: usize = 200;

/// Longer is no attribution, and joining it would cost.
const MAX_BYTES: usize = 500;

/// What stands between the dashes of "---- On … wrote ----", or of "---- Bob wrote ----".
pub(crate) fn is_dashed(title: &str, dashes: usize) -> bool {
    let short = dashes >= 3 && title.split_whitespace().count() <= 8 && title.contains(' ');
    has_date(title) && Wrote::read(title).is_some()
        || short && verb_at_end(title) && title.starts_with(char::is_uppercase)
}
