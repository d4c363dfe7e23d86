//! Verbs of writing: where one stands in a line, and whether the line ends in it.

use super::feature::{has_address, has_date, has_time};
use super::line::is_blank;
use super::words;

/// A line around its last verb of writing.
pub(crate) struct Wrote<'t> {
    before: &'t str,
    behind: &'t str,
}

impl<'t> Wrote<'t> {
    pub(crate) fn read(body: &'t str) -> Option<Self> {
        let lower = body.to_lowercase();
        let found = |verb: &&str| word_at(&lower, verb).map(|at| (at + verb.len(), at));
        let (end, start) = words::WROTE.iter().filter_map(found).max()?;
        // Few letters change their length with their case; where one did, the places are not known.
        let (before, behind) = match lower.len() == body.len() {
            true => (body.get(..start)?, body.get(end..)?),
            false => ("", ""),
        };
        Some(Self { before, behind })
    }

    /// Nothing follows, or a date, an address or a name: `schrieb Bob`, and not "wrote down".
    pub(crate) fn is_before_name(&self, body: &str) -> bool {
        let behind = self.behind.trim_matches(|c: char| !c.is_alphanumeric());
        let small = behind.starts_with(char::is_lowercase);
        !small
            || has_address(behind)
            || has_date(behind)
            || has_time(body) && behind.split_whitespace().count() <= MAX_NAME
    }

    /// A full name alone precedes it: `Bob Stone wrote on …`.
    pub(crate) fn is_behind_name(&self) -> bool {
        let mut words = self.before.split_whitespace();
        self.before.starts_with(char::is_uppercase)
            && (2..=MAX_NAME).contains(&self.before.split_whitespace().count())
            && words.all(|word| !word.starts_with(char::is_lowercase))
    }
}

pub(crate) fn verb_at_end(body: &str) -> bool {
    let end = body
        .trim_end_matches(|c: char| is_blank(c) || matches!(c, ':' | '\u{ff1a}' | '-' | '*' | '_'));
    // Most lines end in a letter that no verb of the list ends in, or in no letter at all.
    if !end
        .as_bytes()
        .last()
        .is_some_and(|&last| VERB_ENDS[usize::from(last)])
    {
        return false;
    }
    let tail_start = end.char_indices().rev().nth(30).map_or(0, |(at, _)| at);
    let tail = end[tail_start..].to_lowercase();
    words::WROTE.iter().any(|verb| {
        tail.strip_suffix(verb).is_some_and(|before| {
            // `…@example.comwrote:` is what Gmail made of a fold.
            !verb.is_ascii() || !before.ends_with(char::is_alphabetic) || *verb == "wrote"
        })
    })
}

/// The last bytes of the verbs, in either case.
const VERB_ENDS: [bool; 256] = {
    let mut table = [false; 256];
    let mut at = 0;
    while at < words::WROTE.len() {
        let verb = words::WROTE[at].as_bytes();
        let last = verb[verb.len() - 1];
        table[last as usize] = true;
        table[last.to_ascii_uppercase() as usize] = true;
        at += 1;
    }
    table
};

/// Where a word stands in the text for the last time.
fn word_at(text: &str, word: &str) -> Option<usize> {
    let mut found = None;
    let mut from = 0;
    while let Some(at) = text
        .get(from..)
        .and_then(|rest| rest.find(word))
        .map(|at| from + at)
    {
        let before = text[..at].chars().next_back();
        let after = text[at + word.len()..].chars().next();
        // Scripts without word gaps (Chinese, Japanese, Korean, Thai) stand beside letters.
        let bound = |c: Option<char>| {
            c.is_none_or(|c| !c.is_alphabetic() || u32::from(c) > 0x0E00 && u32::from(c) != 0xFF1A)
        };
        if bound(before) && bound(after)
            || word.chars().next().is_some_and(|c| u32::from(c) > 0x0E00)
        {
            found = Some(at);
        }
        from = at + word.chars().next().map_or(1, char::len_utf8);
    }
    found
}

/// Words of a name: "Maria del Carmen Stone".
const MAX_NAME: usize = 4;
