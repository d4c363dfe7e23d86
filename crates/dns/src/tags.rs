//! `name = value` tags with semicolons between them, which five kinds of record are made of.

use nom::Parser;
use nom::bytes::complete::take_while;

use crate::syntax::{Parsed, stop};

/// A tag as it was written. Every part is a part of the record's text.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Tag<'a> {
    pub(crate) name: &'a [u8],
    /// Without the spaces around it.
    pub(crate) value: &'a [u8],
}

/// How a kind of record writes its tags.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Style {
    /// What may stand around names, values and semicolons.
    pub(crate) space: fn(u8) -> bool,
    /// What a name is made of.
    pub(crate) name: fn(u8) -> bool,
    /// Spaces may stand around the equals sign.
    pub(crate) loose: bool,
    /// Spaces may end the record behind a value.
    pub(crate) open_value: bool,
    /// Spaces may end the record behind a semicolon.
    pub(crate) open_end: bool,
}

impl Style {
    /// `*( delim tag ) [ delim ]` to the end of the text, behind the version; `take` gets each tag.
    pub(crate) fn rest_of<'a>(
        self,
        text: &'a [u8],
        mut take: impl FnMut(Tag<'a>) -> Parsed<'a, ()>,
    ) -> Parsed<'a, ()> {
        let mut rest = text;
        loop {
            let (after, _) = take_while(self.space).parse(rest)?;
            match after {
                [] if rest.is_empty() || self.open_value => return Ok((after, ())),
                [b';', after @ ..] => {
                    let (at_tag, spaces) = take_while(self.space).parse(after)?;
                    if at_tag.is_empty() && (spaces.is_empty() || self.open_end) {
                        return Ok((at_tag, ()));
                    }
                    rest = at_tag;
                }
                _ => return stop(rest, "a semicolon"),
            }
            let (after, tag) = self.tag(rest)?;
            take(tag)?;
            rest = after;
        }
    }

    /// One tag, and the spaces behind it unless the text ends with them.
    pub(crate) fn tag(self, text: &[u8]) -> Parsed<'_, Tag<'_>> {
        let (rest, name) = take_while(self.name).parse(text)?;
        if name.is_empty() {
            return stop(text, "a tag's name");
        }
        let (rest, _) = self.spaces(rest)?;
        let [b'=', rest @ ..] = rest else {
            return stop(rest, "\"=\"");
        };
        let (at_value, _) = self.spaces(rest)?;
        let is_value =
            |octet: u8| octet != b';' && (octet.is_ascii_graphic() || (self.space)(octet));
        let (rest, value) = take_while(is_value).parse(at_value)?;
        if !matches!(rest, [] | [b';', ..]) {
            return stop(rest, "a printable ASCII character");
        }
        let spaces = value.iter().rev();
        let spaces = spaces.take_while(|octet| (self.space)(**octet)).count();
        let value = &value[..value.len() - spaces];
        Ok((&at_value[value.len()..], Tag { name, value }))
    }

    fn spaces(self, text: &[u8]) -> Parsed<'_, &[u8]> {
        let space = |octet: u8| self.loose && (self.space)(octet);
        take_while(space).parse(text)
    }
}

/// `WSP` (RFC 5234 appendix B.1).
pub(crate) fn is_wsp(octet: u8) -> bool {
    matches!(octet, b' ' | b'\t')
}

/// Divides a value at `divider`, without the spaces around its parts.
pub(crate) fn parts(value: &[u8], divider: u8) -> impl Iterator<Item = &[u8]> {
    value
        .split(move |octet| *octet == divider)
        .map(<[u8]>::trim_ascii)
}
