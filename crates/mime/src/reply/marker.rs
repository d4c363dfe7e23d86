//! Lines between the writer's words and somebody else's.

use super::attribution;
use super::feature::starts_with_ignoring_case;
use super::line::is_blank;
use super::words;

/// The armour of OpenPGP (RFC 4880 §6.2, §7) in a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Armour {
    /// "BEGIN PGP SIGNED MESSAGE": hash fields follow, to a blank line.
    Signed,
    /// "BEGIN PGP SIGNATURE": the signature follows, to its END line.
    Signature,
}

/// Reads a line as the start of armour.
pub(crate) fn armour(line: &str) -> Option<Armour> {
    match line
        .strip_prefix("-----BEGIN PGP ")?
        .strip_suffix("-----")?
    {
        "SIGNED MESSAGE" => Some(Armour::Signed),
        "SIGNATURE" => Some(Armour::Signature),
        _ => None,
    }
}

/// What a line of its own announces.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Marker {
    /// Answer above this line.
    Above,
    /// Dashes around an attribution.
    Attribution,
    /// A forwarded message.
    Forward,
    /// A quoted message.
    Original,
    /// Dashes, underscores or equals signs alone: a header block may follow.
    Rule,
    /// A signature delimiter.
    Delimiter,
}

/// Reads a line as a marker.
pub(crate) fn read(line: &str) -> Option<Marker> {
    if line.len() > MAX_BYTES {
        return None;
    }
    let inner = line.trim_matches(|c: char| is_rule(c) || is_blank(c));
    if inner.is_empty() {
        return rule(line);
    }
    let dashed = line.starts_with(is_rule) && line.trim_end_matches(is_blank).ends_with(is_rule);
    if !dashed && inner.len() > 80 {
        return above(line);
    }
    let title = inner
        .trim_end_matches([':', '\u{ff1a}'])
        .trim_matches(|c: char| is_blank(c) || c == '*');
    let lower = title.to_lowercase();
    if words::FORWARDED
        .iter()
        .any(|name| lower == *name || dashed && lower.starts_with(name))
    {
        return (dashed || inner.ends_with(':') || inner.ends_with('\u{ff1a}'))
            .then_some(Marker::Forward);
    }
    let rules = line
        .chars()
        .take_while(|&c| is_rule(c) || is_blank(c))
        .filter(|&c| is_rule(c))
        .count();
    if dashed && rules >= 2 {
        if words::ORIGINAL.iter().any(|name| lower == *name) {
            return Some(Marker::Original);
        }
        if attribution::is_dashed(title, rules) {
            return Some(Marker::Attribution);
        }
    }
    above(line)
}

/// A few words between dashes, in whatever language: a title, if the lines below say so.
pub(crate) fn is_title(line: &str) -> bool {
    let rules = |side: &mut dyn Iterator<Item = char>| side.take_while(|&c| is_rule(c)).count();
    let inner = line.trim_matches(|c: char| is_rule(c) || is_blank(c));
    rules(&mut line.chars()) >= 3
        && rules(&mut line.chars().rev()) >= 3
        && (1..=MAX_TITLE).contains(&inner.chars().count())
}

/// `--- Reply ---`
pub(crate) fn is_one_word(line: &str) -> bool {
    let words = line.split(|c: char| is_rule(c) || is_blank(c));
    words.filter(|word| !word.is_empty()).count() == 1
}

/// "reply above this line" with dashes or hashes around it, or as a line of its own.
fn above(line: &str) -> Option<Marker> {
    let inner = line
        .trim_matches(|c: char| is_rule(c) || is_blank(c) || matches!(c, '#' | '*' | '>' | '<'));
    let framed = inner.len() < line.len();
    if !framed && inner.len() > MAX_BARE {
        return None;
    }
    let lower = inner.to_lowercase();
    words::ABOVE
        .iter()
        .any(|phrase| lower.contains(phrase) && (framed || lower.len() < phrase.len() + 24))
        .then_some(Marker::Above)
}

fn rule(line: &str) -> Option<Marker> {
    let count = line.chars().filter(|&c| is_rule(c)).count();
    let underscores = line.chars().filter(|&c| c == '_').count();
    match line.trim_matches(is_blank) {
        // RFC 3676 §4.3 has the space; half of the senders lose it.
        // The second is how a signed text escapes the first (RFC 9580 §7.2).
        "--" | "- --" | "\u{2014}" | "\u{2013}" => Some(Marker::Delimiter),
        _ if underscores == count && count >= 2 => Some(Marker::Delimiter),
        _ if count >= 4 => Some(Marker::Rule),
        _ => None,
    }
}

/// "Fwd:" and its translations.
pub(crate) fn is_forward_subject(subject: &str) -> bool {
    words::FORWARD_SUBJECT
        .iter()
        .any(|prefix| starts_with_ignoring_case(subject.trim_start(), prefix))
}

fn is_rule(c: char) -> bool {
    matches!(c, '-' | '_' | '=' | '\u{2010}'..='\u{2015}' | '\u{2500}')
}

const MAX_BYTES: usize = 300;

/// Of a title, in characters.
const MAX_TITLE: usize = 40;

/// A sentence that says "above this line" is longer than the line that asks for it.
const MAX_BARE: usize = 64;
