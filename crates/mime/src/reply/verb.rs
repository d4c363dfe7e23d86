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
        // Most languages put it last, where it is found without a search.
        let end = lower.as_bytes().last();
        let last = words::WROTE
            .iter()
            .filter(|verb| verb.as_bytes().last() == end && lower.ends_with(*verb))
            .map(|verb| lower.len() - verb.len())
            .min();
        if let Some(start) = last
            && !lower[..start].ends_with(char::is_alphabetic)
        {
            let before = body.get(..start).filter(|_| lower.len() == body.len());
            return Some(Self {
                before: before.unwrap_or_default(),
                behind: "",
            });
        }
        let (end, start) = last_verb(&lower)?;
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

/// The first bytes of the verbs.
const VERB_STARTS: [bool; 256] = {
    let mut table = [false; 256];
    let mut at = 0;
    while at < words::WROTE.len() {
        table[words::WROTE[at].as_bytes()[0] as usize] = true;
        at += 1;
    }
    table
};

/// Where the verb that ends last in the text ends and starts. One look at each start of a word, for there are many verbs.
fn last_verb(lower: &str) -> Option<(usize, usize)> {
    // Scripts without word gaps (Chinese, Japanese, Korean, Thai) stand beside letters.
    let free = |c: char| u32::from(c) > 0x0E00 && u32::from(c) != 0xFF1A;
    let bound = |c: Option<char>| c.is_none_or(|c| !c.is_alphabetic() || free(c));
    let (mut found, mut before) = (None, None);
    for (at, c) in lower.char_indices() {
        let rest = &lower[at..];
        let first = rest.as_bytes()[0];
        if VERB_STARTS[usize::from(first)] && (free(c) || bound(before)) {
            let verbs = words::WROTE
                .iter()
                .filter(|verb| verb.as_bytes()[0] == first);
            let ends = verbs
                .filter_map(|verb| Some((verb, rest.strip_prefix(verb)?)))
                .filter(|(_, behind)| free(c) || bound(behind.chars().next()))
                .map(|(verb, _)| (at + verb.len(), at));
            found = found.max(ends.max());
        }
        before = Some(c);
    }
    found
}

/// Words of a name: "Maria del Carmen Stone".
const MAX_NAME: usize = 4;
