//! What only a person's sentence holds, and no line of a mail program.

use super::feature::address_at;
use super::words;

/// A person speaks: "On 3 May 2024 I wrote", "am 3. Mai schrieb ich Ihnen". An article before the verb says the same,
/// but may be a part of a name where an address in brackets follows it.
pub(crate) fn speaks(body: &str) -> bool {
    let article = !is_bracketed(body);
    body.split(|c: char| !c.is_alphanumeric() && !matches!(c, '\'' | '\u{2019}'))
        .any(|word| words::SPEAKER.contains(&word) || article && words::ARTICLE.contains(&word))
}

/// A sentence with somebody in it who does something: "ich habe es über Outlook gesendet".
pub(crate) fn tells(body: &str) -> bool {
    is_own(body) || words_of(body).any(|word| words::OTHERS.contains(&word))
}

/// A sentence of what its writer does, or with the writer in it: "unsubscribe me".
pub(crate) fn is_own(body: &str) -> bool {
    words_of(body).any(|word| {
        words::FIRST_PERSON.contains(&word) || words::FIRST_PERSON_OPENS.contains(&word)
    })
}

fn words_of(body: &str) -> impl Iterator<Item = &str> {
    body.split(|c: char| !c.is_alphanumeric() && !matches!(c, '\'' | '\u{2019}'))
}

/// More words than a date and a name need, and no address in brackets.
pub(crate) fn is_wordy(body: &str) -> bool {
    let small = |word: &&str| {
        word.chars().count() >= 3 && word.chars().all(|c| c.is_alphabetic() && c.is_lowercase())
    };
    !is_bracketed(body) && body.split_whitespace().filter(small).count() >= 3
}

/// `<bob@example.com>`, `(bob@example.com)`, `[mailto:bob@example.com]`.
pub(crate) fn is_bracketed(body: &str) -> bool {
    let Some((start, end)) = address_at(body) else {
        return false;
    };
    let before = body[..start].trim_end_matches(|c: char| c.is_alphanumeric() || c == ':');
    let before = before.trim_end();
    let behind = body[end..].trim_start_matches(|c: char| {
        c.is_whitespace() || ('\u{202a}'..='\u{202e}').contains(&c) || c == '\u{200f}'
    });
    before.ends_with(['<', '(', '[']) && behind.starts_with(['>', ')', ']', '<'])
}
