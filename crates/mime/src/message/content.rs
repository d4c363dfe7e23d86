//! Content-Type and Content-Disposition: a value and its parameters (RFC 2045 §5.1, RFC 2183 §2, RFC 2231).

use std::borrow::Cow;
use std::ops::Range;

use memchr::memchr;

use crate::decode::{charset, words};

/// Whether a Content-Type value names a `multipart` type: all that the walk asks of most parts.
pub(crate) fn is_multipart(value: &[u8]) -> bool {
    let at = skip_cfws(value, 0);
    value
        .get(at..at + 9)
        .is_some_and(|word| word.eq_ignore_ascii_case(b"multipart"))
        && value[skip_cfws(value, at + 9)..].first() == Some(&b'/')
}

/// The type and subtype of a Content-Type value, as written.
///
/// `None` where there is no `token/token`: RFC 2045 §5.2 has such a part read as text/plain.
pub(crate) fn media_type(value: &[u8]) -> Option<(&str, &str)> {
    let (kind, at) = token(value, skip_cfws(value, 0))?;
    let at = skip_cfws(value, at);
    if value.get(at) != Some(&b'/') {
        return None;
    }
    let from = skip_cfws(value, at + 1);
    let rest = value.get(from..)?;
    // Dirt behind the subtype (`text/plain>`) makes it another type, not the one it resembles.
    let end = rest
        .iter()
        .position(|&b| matches!(b, b';' | b'(' | b',') || b.is_ascii_whitespace());
    let subtype = std::str::from_utf8(&rest[..end.unwrap_or(rest.len())]).ok()?;
    if subtype.is_empty() {
        None
    } else {
        Some((kind, subtype))
    }
}

/// What stands before the first `;`.
pub(crate) fn bare_value(value: &[u8]) -> &[u8] {
    value[..memchr(b';', value).unwrap_or(value.len())].trim_ascii()
}

/// The first word of a Content-Disposition or Content-Transfer-Encoding value, as written.
pub(crate) fn first_token(value: &[u8]) -> &str {
    token(value, skip_cfws(value, 0)).map_or("", |(word, _)| word)
}

/// Where the boundary stands in a Content-Type value; `None` where there is none, or where it does not stand there in
/// one piece: escaped or cut into sections, it is joined into `joined`.
pub(crate) fn boundary(value: &[u8], joined: &mut Vec<u8>) -> Option<Range<usize>> {
    let mut sections = false;
    for parameter in Parameters::new(value) {
        if parameter.name.eq_ignore_ascii_case(b"boundary") {
            if parameter.is_literal() {
                return Some(parameter.position..parameter.position + parameter.value.len());
            }
            parameter.unquoted_into(joined);
            return None;
        }
        sections |= parameter.name.contains(&b'*');
    }
    if sections {
        joined.extend_from_slice(&assemble(value, b"boundary", usize::MAX).0);
    }
    None
}

/// One parameter, decoded: RFC 2231 sections are joined and their charset is applied; where there are none, an
/// encoded word inside the value is decoded too, against RFC 2047 §5 and with every mail client.
pub(crate) fn parameter<'a>(value: &'a [u8], name: &str, limit: usize) -> Option<Cow<'a, str>> {
    let mut plain = None;
    let mut sections = false;
    for parameter in Parameters::new(value).take(limit) {
        if plain.is_none() && parameter.name.eq_ignore_ascii_case(name.as_bytes()) {
            plain = Some(parameter);
        }
        sections |= parameter.name.contains(&b'*');
    }
    if sections {
        // RFC 2231 §4: the extended form is for programs that can read it, and a sender that writes both means it.
        let (bytes, label, found) = assemble(value, name.as_bytes(), limit);
        if found {
            return Some(Cow::Owned(match label {
                Some(label) => charset::decode(label, &bytes).0.into_owned(),
                None => words::decode_bounded(&bytes).into_owned(),
            }));
        }
    }
    let parameter = plain?;
    if parameter.is_literal() {
        return Some(words::decode_bounded(parameter.value));
    }
    let mut out = Vec::new();
    parameter.unquoted_into(&mut out);
    Some(Cow::Owned(words::decode_bounded(&out).into_owned()))
}

/// Joins the sections `name*0`, `name*1*`, … and the single `name*` (RFC 2231 §3 and §4).
fn assemble<'a>(value: &'a [u8], name: &[u8], limit: usize) -> (Vec<u8>, Option<&'a [u8]>, bool) {
    let mut sections: Vec<(u32, bool, Parameter<'a>)> = Vec::new();
    for parameter in Parameters::new(value).take(limit) {
        let Some(rest) = strip_prefix_ignoring_case(parameter.name, name) else {
            continue;
        };
        let Some(rest) = rest.strip_prefix(b"*") else {
            continue;
        };
        let (number, extended) = match rest {
            [] => (0, true),
            [digits @ .., b'*'] => (section_number(digits), true),
            digits => (section_number(digits), false),
        };
        sections.push((number, extended, parameter));
    }
    // A stable sort: of two sections with one number the first stands.
    sections.sort_by_key(|section| section.0);
    sections.dedup_by_key(|section| section.0);
    let mut out = Vec::new();
    let mut label = None;
    for (position, (_, extended, parameter)) in sections.iter().enumerate() {
        if !extended {
            parameter.unquoted_into(&mut out);
            continue;
        }
        let mut encoded = parameter.value;
        if position == 0
            && let Some(first) = memchr(b'\'', encoded)
            && let Some(second) = memchr(b'\'', &encoded[first + 1..])
        {
            label = Some(&encoded[..first]).filter(|label| !label.is_empty());
            encoded = &encoded[first + 1 + second + 1..];
        }
        percent_into(encoded, &mut out);
    }
    (out, label, !sections.is_empty())
}

/// A parameter as it stands in the field.
#[derive(Clone, Copy)]
pub(crate) struct Parameter<'a> {
    pub(crate) name: &'a [u8],
    /// Without the outer quotes, with the inner escapes.
    pub(crate) value: &'a [u8],
    /// Where that stands in the field's value.
    position: usize,
    pub(crate) quoted: bool,
}

impl Parameter<'_> {
    /// Whether the value means what stands there.
    fn is_literal(&self) -> bool {
        !self.quoted
            || !self
                .value
                .iter()
                .any(|b| matches!(b, b'\\' | b'\r' | b'\n'))
    }

    fn unquoted_into(&self, out: &mut Vec<u8>) {
        if !self.quoted {
            out.extend_from_slice(self.value);
            return;
        }
        let mut bytes = self.value.iter();
        while let Some(&byte) = bytes.next() {
            match byte {
                b'\\' => out.extend(bytes.next()),
                // Folding inside a quoted string is the fold and not the text (RFC 5322 §3.2.4).
                b'\r' | b'\n' => {}
                _ => out.push(byte),
            }
        }
    }
}

/// Walks the parameters of a field value, past whatever is no parameter.
pub(crate) struct Parameters<'a> {
    value: &'a [u8],
    position: usize,
}

impl<'a> Parameters<'a> {
    pub(crate) fn new(value: &'a [u8]) -> Self {
        let mut parameters = Self { value, position: 0 };
        parameters.skip_to_semicolon();
        parameters
    }

    fn skip_to_semicolon(&mut self) {
        while let Some(&byte) = self.value.get(self.position) {
            match byte {
                b';' => return,
                b'"' => self.position = quoted_end(self.value, self.position + 1) + 1,
                b'(' => self.position = comment_end(self.value, self.position),
                _ => self.position += 1,
            }
        }
    }
}

impl<'a> Iterator for Parameters<'a> {
    type Item = Parameter<'a>;

    fn next(&mut self) -> Option<Self::Item> {
        let value = self.value;
        loop {
            while value.get(self.position) == Some(&b';') {
                self.position = skip_cfws(value, self.position + 1);
            }
            let start = self.position;
            let name_end = start
                + value.get(start..)?.iter().position(|&b| {
                    matches!(b, b'=' | b';' | b'"' | b'(') || b.is_ascii_whitespace()
                })?;
            let equals = skip_cfws(value, name_end);
            if value.get(equals) != Some(&b'=') {
                self.position = name_end;
                self.skip_to_semicolon();
                continue;
            }
            let from = skip_cfws(value, equals + 1);
            let name = &value[start..name_end];
            if value.get(from) == Some(&b'"') {
                let end = quoted_end(value, from + 1);
                let parameter = Parameter {
                    name,
                    value: &value[from + 1..end],
                    position: from + 1,
                    quoted: true,
                };
                self.position = skip_cfws(value, (end + 1).min(value.len()));
                return Some(parameter);
            }
            let end = unquoted_end(value, from);
            let mut text = value[from..end].trim_ascii();
            if !ends_with_ignoring_case(name, b"name")
                && let Some(comment) = text.windows(2).position(|pair| pair == b" (")
            {
                text = text[..comment].trim_ascii_end();
            }
            self.position = skip_cfws(value, end);
            return Some(Parameter {
                name,
                value: text,
                position: from,
                quoted: false,
            });
        }
    }
}

/// An unquoted value ends at `;`, or at the end of its line: file names with blanks are often left unquoted, a missing
/// `;` before a folded line is seen about as often.
fn unquoted_end(value: &[u8], from: usize) -> usize {
    let rest = value.get(from..).unwrap_or_default();
    from + rest
        .iter()
        .position(|&b| b == b';' || b == b'\n')
        .unwrap_or(rest.len())
}

/// The closing quote, or the end.
pub(crate) fn quoted_end(value: &[u8], from: usize) -> usize {
    let mut at = from;
    while let Some(&byte) = value.get(at) {
        match byte {
            b'"' => return at,
            b'\\' => at += 2,
            _ => at += 1,
        }
    }
    value.len()
}

/// One past the comment that opens at `from`, by depth and without recursion (RFC 5322 §3.2.2).
pub(crate) fn comment_end(value: &[u8], from: usize) -> usize {
    let mut at = from;
    let mut depth = 0_usize;
    while let Some(&byte) = value.get(at) {
        at += 1;
        match byte {
            b'\\' => at += 1,
            b'(' => depth += 1,
            b')' => {
                depth -= 1;
                if depth == 0 {
                    return at;
                }
            }
            _ => {}
        }
    }
    value.len()
}

pub(crate) fn skip_cfws(value: &[u8], from: usize) -> usize {
    let mut at = from.min(value.len());
    while let Some(&byte) = value.get(at) {
        match byte {
            b' ' | b'\t' | b'\r' | b'\n' => at += 1,
            b'(' => at = comment_end(value, at),
            _ => break,
        }
    }
    at
}

fn token(value: &[u8], from: usize) -> Option<(&str, usize)> {
    let rest = value.get(from..)?;
    let length = rest
        .iter()
        .position(|&b| !is_token(b))
        .unwrap_or(rest.len());
    let text = std::str::from_utf8(&rest[..length]).ok()?;
    if text.is_empty() {
        None
    } else {
        Some((text, from + length))
    }
}

/// RFC 2045 §5.1: `token := 1*<any (US-ASCII) CHAR except SPACE, CTLs, or tspecials>`.
fn is_token(byte: u8) -> bool {
    byte.is_ascii_graphic() && !b"()<>@,;:\\\"/[]?=".contains(&byte)
}

fn percent_into(encoded: &[u8], out: &mut Vec<u8>) {
    let mut rest = encoded;
    while let Some((&byte, tail)) = rest.split_first() {
        if byte == b'%'
            && let [high, low, ..] = tail
            && let (Some(high), Some(low)) = (hex(*high), hex(*low))
        {
            out.push(high << 4 | low);
            rest = &tail[2..];
            continue;
        }
        out.push(byte);
        rest = tail;
    }
}

/// The value of a hex digit of either case.
pub(crate) fn hex(byte: u8) -> Option<u8> {
    match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        b'A'..=b'F' => Some(byte - b'A' + 10),
        _ => None,
    }
}

fn section_number(digits: &[u8]) -> u32 {
    std::str::from_utf8(digits)
        .ok()
        .and_then(|text| text.parse().ok())
        .unwrap_or(u32::MAX)
}

fn strip_prefix_ignoring_case<'a>(bytes: &'a [u8], prefix: &[u8]) -> Option<&'a [u8]> {
    let (head, rest) = bytes.split_at_checked(prefix.len())?;
    head.eq_ignore_ascii_case(prefix).then_some(rest)
}

fn ends_with_ignoring_case(bytes: &[u8], suffix: &[u8]) -> bool {
    bytes.len() >= suffix.len() && bytes[bytes.len() - suffix.len()..].eq_ignore_ascii_case(suffix)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rfc_2045_and_2231_examples() {
        let plain = b"text/plain; charset=us-ascii (Plain text)";
        assert_eq!(media_type(plain), Some(("text", "plain")));
        assert_eq!(parameter(plain, "charset", 10).as_deref(), Some("us-ascii"));
        let long = b"message/external-body; access-type=URL;\r\n URL*0=\"ftp://\";\r\n URL*1=\"cs.utk.edu/pub/moore\"";
        assert_eq!(
            parameter(long, "url", 10).as_deref(),
            Some("ftp://cs.utk.edu/pub/moore")
        );
        let mixed =
            b"application/x-stuff\r\n title*0*=us-ascii'en'This%20is%20even%20more%20;\r\n \
            title*1*=%2A%2A%2Afun%2A%2A%2A%20;\r\n title*2=\"isn't it!\"";
        let mixed: Vec<u8> = mixed.to_vec();
        let mixed = String::from_utf8(mixed)
            .unwrap()
            .replacen("x-stuff", "x-stuff;", 1);
        assert_eq!(
            parameter(mixed.as_bytes(), "title", 10).as_deref(),
            Some("This is even more ***fun*** isn't it!")
        );
    }

    #[test]
    fn what_senders_write() {
        let cases: &[(&str, &str, Option<&str>)] = &[
            ("text/plain; charset=\"utf-8\"", "charset", Some("utf-8")),
            (
                "text/plain;charset = utf-8 ;format=flowed",
                "format",
                Some("flowed"),
            ),
            (
                "text/plain; name=two words.txt; x=1",
                "name",
                Some("two words.txt"),
            ),
            (
                "text/plain; name=copy (1).txt",
                "name",
                Some("copy (1).txt"),
            ),
            ("text/plain; name=\"a\\\"b\"", "name", Some("a\"b")),
            ("text/plain; name=\"unclosed", "name", Some("unclosed")),
            (
                "text/plain; charset=utf-8\r\n format=flowed",
                "format",
                Some("flowed"),
            ),
            ("text/plain;;;; charset=utf-8", "charset", Some("utf-8")),
            (
                "attachment; filename*=UTF-8''na%C3%AFve.txt",
                "filename",
                Some("na\u{ef}ve.txt"),
            ),
            (
                "attachment; filename=\"=?utf-8?q?na=C3=AFve.txt?=\"",
                "filename",
                Some("na\u{ef}ve.txt"),
            ),
            (
                "attachment; filename=\"a=?utf-8?q?b?=\"",
                "filename",
                Some("a=?utf-8?q?b?="),
            ),
            ("text/plain", "charset", None),
            ("", "charset", None),
        ];
        for (value, name, expected) in cases {
            assert_eq!(
                parameter(value.as_bytes(), name, 100).as_deref(),
                *expected,
                "{value}"
            );
        }
    }
}
