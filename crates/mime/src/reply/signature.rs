//! Signatures without a delimiter.

use super::feature::has_address;
use super::line::{Line, is_blank};
use super::words;

/// `-Ann`, `— Ann Smith`, `--Ann`: up to four capitalised words behind a dash.
pub(crate) fn is_trailing_name(line: &str) -> bool {
    let Some(name) = line.strip_prefix(['-', '\u{2013}', '\u{2014}', '~']) else {
        return false;
    };
    let name = name.strip_prefix('-').unwrap_or(name);
    is_full_name(name.trim_matches(is_blank)) && name.split_whitespace().count() <= 4
}

/// A name behind a dash, and contact data below it.
pub(crate) fn is_card(text: &str, lines: &[Line]) -> bool {
    let Some((name, data)) = lines.split_first() else {
        return false;
    };
    (1..=MAX_CARD_LINES).contains(&data.len())
        && is_trailing_name(name.text(text))
        && data
            .iter()
            .all(|line| Contact::read(line.text(text)).is_some())
}

/// Capitalised words of letters alone.
pub(crate) fn is_full_name(name: &str) -> bool {
    (1..=40).contains(&name.chars().count())
        && !name.ends_with('-')
        && name
            .split_whitespace()
            .all(|word| word.trim_start_matches('"').starts_with(char::is_uppercase))
        && name
            .chars()
            .all(|c| c.is_alphabetic() || matches!(c, ' ' | '.' | '\'' | '\u{2019}' | '-' | '"'))
}

/// A gateway's warning: that the message is from outside, and to beware.
pub(crate) fn is_banner(paragraph: &str) -> bool {
    if paragraph.len() > MAX_BANNER_BYTES {
        return false;
    }
    if is_tag(paragraph) {
        return true;
    }
    let lower = paragraph.to_lowercase();
    let count = |list: &[&str]| list.iter().filter(|phrase| lower.contains(*phrase)).count();
    let warns = || {
        let phrases = count(words::BEWARE);
        // One word of warning is a person's, too, but for the heading of a gateway, or what speaks of this message.
        phrases >= 2
            || phrases == 1
                && (count(words::THIS_MESSAGE) > 0
                    || paragraph.split_whitespace().count() <= MAX_HEADING)
    };
    count(words::BANNER_LINKS) > 0 || count(words::OUTSIDE) > 0 && warns()
}

/// `[EXTERNAL]`, `*** External Email ***`
fn is_tag(paragraph: &str) -> bool {
    let mark = |c: char| is_blank(c) || matches!(c, '[' | ']' | '*' | '-' | '_' | '#' | '!');
    let inner = paragraph.trim_matches(mark);
    // One in small letters is a word that the writer set apart.
    paragraph.len() > inner.len() + 1
        && inner.contains(char::is_uppercase)
        && words::TAGS.contains(&inner.to_lowercase().as_str())
}

/// Where a trailing block of contact lines starts, as an index into `lines`, which end in a text line.
///
/// Whole paragraphs of short lines that a name opens, three of which at least are a telephone number, an address of
/// mail or web, or an account, and not all of them links: links are what people send. No line ends like a sentence, and
/// the line above does not lead into it with a colon.
///
/// Above the lawyers' paragraph (`legal`) two are enough.
pub(crate) fn contact_block(text: &str, lines: &[Line], legal: bool) -> Option<usize> {
    let mut start = None;
    let mut contacts = 0;
    let mut links = 0;
    let mut end = lines.len();
    while end > 0 && lines.len() - end < MAX_CONTACT_LINES {
        let top = lines[..end]
            .iter()
            .rposition(Line::is_blank)
            .map_or(0, |at| at + 1);
        // "Best," right above the name is the writer's, as it is with a blank line between.
        let first = lines[top..end.min(top + MAX_CONTACT_LINES)]
            .iter()
            .rposition(|line| is_sign_off(line.text(text)))
            .map_or(top, |at| top + at + 1);
        let paragraph = &lines[first..end];
        if paragraph.len() > MAX_CONTACT_LINES
            || paragraph
                .iter()
                .any(|line| !is_signature_line(line.text(text)))
        {
            break;
        }
        let found: Vec<Contact> = paragraph
            .iter()
            .flat_map(|line| cells(line.text(text)))
            .filter_map(Contact::read)
            .collect();
        let picture = paragraph
            .iter()
            .any(|line| line.text(text).starts_with("[image:"));
        if found.is_empty() && !picture {
            break;
        }
        contacts += found.len();
        links += found
            .iter()
            .filter(|&&contact| contact == Contact::Link)
            .count();
        if is_name(paragraph[0].text(text)) {
            start = Some(first);
        }
        end = lines[..first]
            .iter()
            .rposition(|line| !line.is_blank())
            .map_or(0, |at| at + 1);
    }
    let start = start?;
    // A block that is all of the message but a greeting, or that the writer announces, is the answer.
    let mut said = lines[..start].iter().rev().filter(|line| !line.is_blank());
    let above = said.next()?.text(text);
    if said.next().is_none() && is_sign_off(above) {
        return None;
    }
    let enough = if legal { 2 } else { 3 };
    (contacts >= enough && contacts > links && !announces(above)).then_some(start)
}

/// A name, a firm or contact data stands in the line, and no sentence.
pub(crate) fn signs(line: &str) -> bool {
    is_signature_line(line)
        && !line.ends_with('.')
        && line.split_whitespace().count() <= MAX_SIGNING
        && (!line.starts_with(char::is_lowercase) || has_address(line) || line.contains("www."))
}

/// "Best regards,"
pub(crate) fn is_sign_off(line: &str) -> bool {
    line.ends_with(',') && line.split_whitespace().count() <= 4
}

/// What stands below is what the line asks to read; `:+1:` is no such line.
pub(crate) fn announces(line: &str) -> bool {
    line.ends_with([':', '\u{ff1a}']) && !line.starts_with(':')
}

/// Up to six words, capitalised, without digits or links.
fn is_name(line: &str) -> bool {
    let plain = line.trim_start_matches(['*', '_', '-', '\u{2013}', '\u{2014}', ' ']);
    plain.starts_with(char::is_uppercase)
        && plain.split_whitespace().count() <= 6
        && !plain.contains("://")
        && !plain
            .chars()
            .any(|c| c.is_ascii_digit() || matches!(c, '@' | ':'))
}

pub(crate) fn is_signature_line(line: &str) -> bool {
    let plain = line.trim_end_matches(|c: char| is_blank(c) || c == '*');
    line.chars().count() <= 80
        && !plain.ends_with(['?', '!', ':', ','])
        && !(plain.ends_with('.') && plain.contains(' '))
}

/// `T: +44 20 7946 0000 | M: +44 7700 900123`, `ann@example.com · www.example.com`
fn cells(line: &str) -> impl Iterator<Item = &str> {
    line.split(['|', '\u{2022}', '\u{b7}'])
        .filter(|cell| !cell.trim().is_empty())
}

/// Contact data, with a short label at most.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Contact {
    Link,
    Mail,
    Number,
    Place,
}

impl Contact {
    fn read(line: &str) -> Option<Self> {
        let plain = line.trim_matches(|c: char| is_blank(c) || matches!(c, '*' | '_' | '|'));
        let words = plain.split_whitespace().count();
        if words <= 4 && has_address(plain) {
            return Some(Self::Mail);
        }
        let lower = plain.to_lowercase();
        if words <= 4 && (lower.contains("www.") || lower.contains("http")) {
            return Some(Self::Link);
        }
        let digits = plain.bytes().filter(u8::is_ascii_digit).count();
        let letters = plain.chars().filter(|c| c.is_alphabetic()).count();
        // `Tel: +44 …`, `IBAN NL93 …`, `(206) 339-4326`: a label or nothing, then one number. A row of a table starts
        // with one number of many.
        let labelled = plain.starts_with(|c: char| c.is_alphabetic() || matches!(c, '+' | '('));
        let bare = letters == 0 && !plain.contains(['%', '$', '=', ',']);
        if digits >= 7 && letters <= digits + 12 && (labelled || bare) && words <= 10 {
            return Some(Self::Number);
        }
        // A street and its post code.
        let place =
            digits >= 4 && plain.contains(',') && labelled && words <= 8 && !plain.contains(':');
        place.then_some(Self::Place)
    }
}

/// "CAUTION: external email": in words.
const MAX_HEADING: usize = 6;

const MAX_BANNER_BYTES: usize = 800;

/// In words: "Tel. +44 161 496 0123 | Fax +44 161 496 0124".
const MAX_SIGNING: usize = 12;

const MAX_CARD_LINES: usize = 6;

const MAX_CONTACT_LINES: usize = 24;
