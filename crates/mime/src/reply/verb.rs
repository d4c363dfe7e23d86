//! Verbs of writing: where one stands in a line, and whether the line ends in it.

use super::line::is_blank;
use super::words;

pub(crate) fn has_verb(body: &str) -> bool {
    let lower = body.to_lowercase();
    words::WROTE.iter().any(|verb| contains_word(&lower, verb))
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

fn contains_word(text: &str, word: &str) -> bool {
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
            return true;
        }
        from = at + word.chars().next().map_or(1, char::len_utf8);
    }
    false
}
