//! `name = value` tags with semicolons between them, which five kinds of record are made of.

use memchr::memchr;

use crate::syntax::{Parsed, stop};

/// A tag as it was written. Every part is a part of the record's text.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Tag<'a> {
    pub(crate) name: &'a [u8],
    /// Without the spaces around it.
    pub(crate) value: &'a [u8],
}

/// How a kind of record writes its tags.
pub(crate) trait Style {
    /// Spaces may stand around the equals sign.
    const LOOSE: bool;
    /// Spaces may end the record behind a value.
    const OPEN_VALUE: bool;
    /// Spaces may end the record behind a semicolon.
    const OPEN_END: bool;

    /// What a name is made of.
    fn is_name(octet: u8) -> bool;

    /// What may stand around names, values and semicolons: `WSP` (RFC 5234 appendix B.1), and more where a record folds.
    fn is_space(octet: u8) -> bool {
        matches!(octet, b' ' | b'\t')
    }

    /// `*( delim tag ) [ delim ]` to the end of the text, behind the version; `take` gets each tag.
    fn rest_of<'a>(
        text: &'a [u8],
        mut take: impl FnMut(Tag<'a>) -> Parsed<'a, ()>,
    ) -> Parsed<'a, ()> {
        let mut rest = text;
        loop {
            let after = Self::spaces(rest);
            match after {
                [] if rest.is_empty() || Self::OPEN_VALUE => return Ok((after, ())),
                [b';', after @ ..] => {
                    let at_tag = Self::spaces(after);
                    if at_tag.is_empty() && (after.is_empty() || Self::OPEN_END) {
                        return Ok((at_tag, ()));
                    }
                    rest = at_tag;
                }
                _ => return stop(rest, "a semicolon"),
            }
            let (after, tag) = Self::tag(rest)?;
            take(tag)?;
            rest = after;
        }
    }

    /// One tag; what is left begins behind its value.
    fn tag(text: &[u8]) -> Parsed<'_, Tag<'_>> {
        let end = memchr(b';', text).unwrap_or(text.len());
        let (spaces, tag) = Self::field(&text[..end])?;
        Ok((&text[end - spaces.len()..], tag))
    }

    /// One tag of a text that has no semicolon; what is left are the spaces behind its value.
    fn field(text: &[u8]) -> Parsed<'_, Tag<'_>> {
        let name = text.iter().position(|octet| !Self::is_name(*octet));
        let (name, rest) = text.split_at(name.unwrap_or(text.len()));
        if name.is_empty() {
            return stop(text, "a tag's name");
        }
        let rest = if Self::LOOSE {
            Self::spaces(rest)
        } else {
            rest
        };
        let [b'=', rest @ ..] = rest else {
            return stop(rest, "\"=\"");
        };
        let value = if Self::LOOSE {
            Self::spaces(rest)
        } else {
            rest
        };
        let is_value = |octet: u8| octet.is_ascii_graphic() || Self::is_space(octet);
        // All octets are looked at without a branch between them; a bad one is looked for only where there is one.
        if !value
            .iter()
            .fold(true, |good, octet| good & is_value(*octet))
        {
            let odd = value.iter().position(|octet| !is_value(*octet));
            return stop(&value[odd.unwrap_or(0)..], "a printable ASCII character");
        }
        let spaces = value
            .iter()
            .rev()
            .take_while(|octet| Self::is_space(**octet));
        let (value, spaces) = value.split_at(value.len() - spaces.count());
        Ok((spaces, Tag { name, value }))
    }

    /// What follows the spaces.
    fn spaces(text: &[u8]) -> &[u8] {
        let spaces = text.iter().take_while(|octet| Self::is_space(**octet));
        &text[spaces.count()..]
    }
}

/// Divides a value at `divider`, without the spaces around its parts.
pub(crate) fn parts(value: &[u8], divider: u8) -> impl Iterator<Item = &[u8]> {
    value
        .split(move |octet| *octet == divider)
        .map(<[u8]>::trim_ascii)
}
