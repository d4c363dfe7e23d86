//! Header fields and their occurrences.

use std::borrow::Cow;

use super::index::FieldEntry;
use crate::decode::{charset, words};

/// A header field.
///
/// ```
/// let message = inreply_mime::Message::parse(b"Subject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=\r\n\r\n");
/// let field = message.headers().next().unwrap();
/// assert_eq!(field.name(), "Subject");
/// assert_eq!(field.text(), "Gr\u{fc}\u{df}e");
/// assert_eq!(field.raw(), b" =?utf-8?q?Gr=C3=BC=C3=9Fe?=");
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Field<'a> {
    raw: &'a [u8],
    entry: FieldEntry,
}

impl<'a> Field<'a> {
    pub(crate) fn new(raw: &'a [u8], entry: FieldEntry) -> Self {
        Self { raw, entry }
    }

    /// The name as written, without white space before the colon.
    pub fn name(&self) -> Cow<'a, str> {
        charset::utf8(self.raw_name())
    }

    pub(crate) fn raw_name(&self) -> &'a [u8] {
        &self.raw[self.entry.start as usize..self.entry.name_end as usize]
    }

    /// Whether the name is this one, regardless of case.
    pub fn is(&self, name: &str) -> bool {
        self.raw_name().eq_ignore_ascii_case(name.as_bytes())
    }

    /// The bytes behind the colon, folds included, without the last line end.
    pub fn raw(&self) -> &'a [u8] {
        &self.raw[self.entry.value_start as usize..self.entry.value_end as usize]
    }

    /// Where [`Field::raw`] lies in the input.
    pub fn range(&self) -> std::ops::Range<usize> {
        self.entry.value_start as usize..self.entry.value_end as usize
    }

    /// The value unfolded, trimmed, with encoded words (RFC 2047) decoded.
    pub fn text(&self) -> Cow<'a, str> {
        words::decode(self.raw())
    }
}

/// The fields of one name, in the order of the message.
///
/// Which one counts where a field is repeated is the caller's choice, and written out: [`Fields::first`] or
/// [`Iterator::last`].
///
/// ```
/// let message = inreply_mime::Message::parse(b"Received: newest\r\nReceived: oldest\r\n\r\n");
/// assert_eq!(message.header("received").first().unwrap().text(), "newest");
/// assert_eq!(message.header("received").last().unwrap().text(), "oldest");
/// assert_eq!(message.header("received").count(), 2);
/// ```
#[derive(Clone, Debug)]
pub struct Fields<'m, 'n> {
    pub(crate) raw: &'m [u8],
    pub(crate) entries: std::slice::Iter<'m, FieldEntry>,
    pub(crate) name: &'n str,
}

impl<'m> Fields<'m, '_> {
    /// The first occurrence.
    pub fn first(mut self) -> Option<Field<'m>> {
        self.next()
    }
}

impl<'m> Iterator for Fields<'m, '_> {
    type Item = Field<'m>;

    fn next(&mut self) -> Option<Field<'m>> {
        let (raw, name) = (self.raw, self.name);
        self.entries.find_map(|entry| {
            let length = (entry.name_end - entry.start) as usize;
            let field = Field::new(raw, *entry);
            (length == name.len() && field.is(name)).then_some(field)
        })
    }
}

/// Message ids (RFC 5322 §3.6.4): what stands in angle brackets, unfolded; where there are none, the
/// words of the field, since some senders leave the brackets out.
pub(crate) fn message_ids(value: &[u8], limit: usize, out: &mut Vec<String>) {
    let mut rest = value;
    let mut bracketed = false;
    while let Some(open) = memchr::memchr(b'<', rest) {
        let tail = &rest[open + 1..];
        let Some(close) = memchr::memchr(b'>', tail) else {
            break;
        };
        // `<a <b@c>`: the id starts at the bracket that is closed.
        let start = memchr::memrchr(b'<', &tail[..close]).map_or(0, |inner| inner + 1);
        bracketed = true;
        if out.len() >= limit {
            return;
        }
        let id: Vec<u8> = tail[start..close]
            .iter()
            .copied()
            .filter(|b| !matches!(b, b'\r' | b'\n'))
            .collect();
        if !id.trim_ascii().is_empty() {
            out.push(charset::utf8(id.trim_ascii()).into_owned());
        }
        rest = &tail[close + 1..];
    }
    if !bracketed {
        let words = value
            .split(|b| b.is_ascii_whitespace() || matches!(b, b',' | b'<' | b'>'))
            .filter(|word| word.contains(&b'@'));
        let room = limit.saturating_sub(out.len());
        out.extend(
            words
                .take(room)
                .map(|word| charset::utf8(word).into_owned()),
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bracket_is_never_part_of_an_id() {
        let cases: &[(&[u8], &[&str])] = &[
            (b"<a@b> <c@d>", &["a@b", "c@d"]),
            (b"<a <b@c>", &["b@c"]),
            (b"<a@b", &["a@b"]),
            (b"a@b> c@d", &["a@b", "c@d"]),
            (b"a@b, c@d", &["a@b", "c@d"]),
            (b"< >", &[]),
            (b"nothing", &[]),
        ];
        for (value, expected) in cases {
            let mut ids = Vec::new();
            message_ids(value, 10, &mut ids);
            assert_eq!(ids, *expected);
        }
    }

    #[test]
    fn the_limit_counts_over_all_fields() {
        let mut ids = vec!["a@b".to_owned(), "c@d".to_owned()];
        message_ids(b"e@f g@h", 3, &mut ids);
        assert_eq!(ids.len(), 3);
    }
}
