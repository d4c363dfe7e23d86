//! Address lists (RFC 5322 §3.4 with the obsolete forms of §4.4, RFC 6532).

use std::borrow::Cow;

use memchr::memrchr;

use super::content::{comment_end, quoted_end};
use crate::decode::{charset, words};

/// One mailbox of an address list.
///
/// ```
/// use inreply_mime::Message;
///
/// let message = Message::parse(b"From: =?utf-8?q?J=C3=BCrgen?= <\"j@rgen\"@example.com>\r\n\r\n");
/// let from = &message.from()[0];
/// assert_eq!(from.name(), "J\u{fc}rgen");
/// assert_eq!(from.address(), "\"j@rgen\"@example.com");
/// assert_eq!((from.local_part(), from.domain()), ("\"j@rgen\"", "example.com"));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address<'a> {
    pub(crate) name: Cow<'a, str>,
    pub(crate) address: Cow<'a, str>,
}

impl Address<'_> {
    /// The display name, decoded; else a comment's text; else empty.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The addr-spec as written, without white space and comments outside quotes.
    ///
    /// Never decoded: an encoded word here (RFC 2047 §5 forbids it) would let a sender write one address to a filter
    /// and another to a reader. Empty for a mailbox without address.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// What stands before the last `@` outside quotes; the whole address where there is none.
    pub fn local_part(&self) -> &str {
        self.at().map_or(&*self.address, |at| &self.address[..at])
    }

    /// What stands behind the last `@` outside quotes; empty where there is none.
    pub fn domain(&self) -> &str {
        self.at().map_or("", |at| &self.address[at + 1..])
    }

    /// `"a@b"@c` is one address at c: an `@` counts behind the closing quote only.
    fn at(&self) -> Option<usize> {
        let bytes = self.address.as_bytes();
        let at = memrchr(b'@', bytes)?;
        let open = bytes.first() == Some(&b'"') && quoted_end(bytes, 1) > at;
        if open { None } else { Some(at) }
    }

    /// The same, free of the message it was read from.
    pub fn into_owned(self) -> Address<'static> {
        Address {
            name: Cow::Owned(self.name.into_owned()),
            address: Cow::Owned(self.address.into_owned()),
        }
    }
}

/// Reads a whole list, groups flattened; the answer is false where the limit cut it short.
pub(crate) fn parse_list<'a>(value: &'a [u8], limit: usize, out: &mut Vec<Address<'a>>) -> bool {
    let mut mailbox = Mailbox::new(value);
    let mut at = 0;
    while let Some(&byte) = value.get(at) {
        match byte {
            b' ' | b'\t' | b'\r' | b'\n' => {
                mailbox.gap = true;
                at += 1;
            }
            b'"' => {
                let end = quoted_end(value, at + 1);
                mailbox.push(at, (end + 1).min(value.len()), Kind::Quoted);
                at = end + 1;
            }
            b'(' => {
                let end = comment_end(value, at);
                mailbox.comment = Some((at, end));
                mailbox.gap = true;
                at = end;
            }
            b'<' => {
                let end = angle_end(value, at + 1);
                if mailbox.angle.is_none() || value[at + 1..end].contains(&b'@') {
                    mailbox.angle = Some((at + 1, end));
                }
                at = end + 1;
            }
            b',' | b';' => {
                if out.len() >= limit {
                    return false;
                }
                mailbox.finish(out);
                at += 1;
            }
            // The end of a group's name (RFC 5322 §3.4); behind an `@` it is dirt in an address.
            b':' if !mailbox.has_at && mailbox.angle.is_none() => {
                mailbox = Mailbox::new(value);
                at += 1;
            }
            _ => {
                let end = atom_end(value, at);
                mailbox.push(at, end, Kind::Atom);
                at = end;
            }
        }
    }
    if out.len() < limit {
        mailbox.finish(out);
    }
    true
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Atom,
    Quoted,
}

#[derive(Clone, Copy)]
struct Word {
    start: usize,
    end: usize,
    kind: Kind,
    /// White space or a comment stands before it.
    gap: bool,
}

/// The mailbox being read.
struct Mailbox<'a> {
    value: &'a [u8],
    words: Vec<Word>,
    angle: Option<(usize, usize)>,
    comment: Option<(usize, usize)>,
    gap: bool,
    has_at: bool,
}

impl<'a> Mailbox<'a> {
    fn new(value: &'a [u8]) -> Self {
        Self {
            value,
            words: Vec::new(),
            angle: None,
            comment: None,
            gap: false,
            has_at: false,
        }
    }

    fn push(&mut self, start: usize, end: usize, kind: Kind) {
        self.has_at |= kind == Kind::Atom && self.value[start..end].contains(&b'@');
        self.words.push(Word {
            start,
            end,
            kind,
            gap: self.gap,
        });
        self.gap = false;
    }

    fn finish(&mut self, out: &mut Vec<Address<'a>>) {
        if !self.words.is_empty() || self.angle.is_some() {
            out.push(self.read());
        }
        self.words.clear();
        self.angle = None;
        self.comment = None;
        self.gap = false;
        self.has_at = false;
    }

    fn read(&self) -> Address<'a> {
        let comment = || match self.comment {
            Some((start, end)) => comment_text(&self.value[start..end]),
            None => Cow::Borrowed(""),
        };
        if let Some((start, end)) = self.angle {
            let address = addr_spec(&self.value[start..end]);
            let name = self.phrase(&self.words);
            let name = if name.is_empty() { comment() } else { name };
            return Address { name, address };
        }
        // Without angle brackets the address is the words that `@` and `.` hold together; white space around either is
        // obsolete (RFC 5322 §4.4) and dropped.
        let Some(at) = self
            .words
            .iter()
            .rposition(|word| self.atom(word).contains(&b'@'))
        else {
            let name = self.phrase(&self.words);
            let name = if name.is_empty() { comment() } else { name };
            return Address {
                name,
                address: Cow::Borrowed(""),
            };
        };
        let (mut first, mut last) = (at, at);
        while first > 0 && self.glued(first - 1, first) {
            first -= 1;
        }
        while last + 1 < self.words.len() && self.glued(last, last + 1) {
            last += 1;
        }
        let address = if first == last {
            text(self.bytes(&self.words[at]))
        } else {
            let joined: Vec<u8> = self.words[first..=last]
                .iter()
                .flat_map(|word| self.bytes(word))
                .copied()
                .filter(|byte| !is_line_end(*byte))
                .collect();
            Cow::Owned(charset::utf8(&joined).into_owned())
        };
        // Words before it are no display name: that needs the brackets.
        Address {
            name: comment(),
            address,
        }
    }

    fn glued(&self, left: usize, right: usize) -> bool {
        let (left, right) = (&self.words[left], &self.words[right]);
        let ends = self.bytes(left).last().copied().unwrap_or(b' ');
        let starts = self.bytes(right).first().copied().unwrap_or(b' ');
        !right.gap || matches!(ends, b'@' | b'.') || matches!(starts, b'@' | b'.')
    }

    fn bytes(&self, word: &Word) -> &'a [u8] {
        &self.value[word.start..word.end]
    }

    fn atom(&self, word: &Word) -> &'a [u8] {
        if word.kind == Kind::Atom {
            self.bytes(word)
        } else {
            &[]
        }
    }

    /// The words of a display name, one space where white space stood.
    fn phrase(&self, words: &[Word]) -> Cow<'a, str> {
        match words {
            [] => Cow::Borrowed(""),
            [word] if word.kind == Kind::Atom => words::decode(self.bytes(word)),
            [word] => match unquoted(self.bytes(word)) {
                Cow::Borrowed(name) => Cow::Borrowed(name.trim()),
                Cow::Owned(name) => Cow::Owned(name.trim().to_owned()),
            },
            [first, .., last] if words.iter().all(|word| word.kind == Kind::Atom) => {
                // Decoded in one piece: words of one charset belong together.
                let span = &self.value[first.start..last.end];
                if span.contains(&b'(') {
                    self.phrase_of_words(words)
                } else {
                    words::decode(span)
                }
            }
            _ => self.phrase_of_words(words),
        }
    }

    fn phrase_of_words(&self, words: &[Word]) -> Cow<'a, str> {
        let mut name = String::new();
        let mut run: Vec<u8> = Vec::new();
        for (number, word) in words.iter().enumerate() {
            if number > 0 && word.gap {
                run.push(b' ');
            }
            match word.kind {
                Kind::Atom => run.extend_from_slice(self.bytes(word)),
                Kind::Quoted => {
                    push_decoded(&mut run, &mut name);
                    name.push_str(&unquoted(self.bytes(word)));
                }
            }
        }
        push_decoded(&mut run, &mut name);
        Cow::Owned(name.trim().to_owned())
    }
}

fn push_decoded(run: &mut Vec<u8>, name: &mut String) {
    name.push_str(&words::decode_piece(run));
    run.clear();
}

/// A quoted string's text. Encoded words in quotes are against RFC 2047 §5, and decoded by every mail client.
fn unquoted(bytes: &[u8]) -> Cow<'_, str> {
    let inner = bytes.get(1..quoted_end(bytes, 1)).unwrap_or_default();
    if !inner.contains(&b'\\') {
        return words::decode_piece(inner);
    }
    Cow::Owned(words::decode_piece(&unescaped(inner)).into_owned())
}

fn unescaped(inner: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(inner.len());
    let mut bytes = inner.iter();
    while let Some(&byte) = bytes.next() {
        if byte == b'\\' {
            out.extend(bytes.next());
        } else {
            out.push(byte);
        }
    }
    out
}

fn comment_text(bytes: &[u8]) -> Cow<'_, str> {
    let inner = bytes.strip_prefix(b"(").unwrap_or(bytes);
    let inner = inner.strip_suffix(b")").unwrap_or(inner);
    if !inner.contains(&b'\\') {
        return words::decode(inner);
    }
    Cow::Owned(words::decode(&unescaped(inner)).into_owned())
}

/// What stands between angle brackets, without a source route (RFC 5322 §4.4), white space and comments.
fn addr_spec(bytes: &[u8]) -> Cow<'_, str> {
    let mut bytes = bytes.trim_ascii();
    if bytes.first() == Some(&b'@')
        && let Some(colon) = bytes.iter().position(|&b| b == b':')
    {
        bytes = bytes[colon + 1..].trim_ascii();
    }
    if !bytes
        .iter()
        .any(|&b| b.is_ascii_whitespace() || b == b'(' || b == b'<')
    {
        return text(bytes);
    }
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        let end = match byte {
            b'"' => (quoted_end(bytes, at + 1) + 1).min(bytes.len()),
            b'(' => {
                at = comment_end(bytes, at);
                continue;
            }
            b' ' | b'\t' | b'\r' | b'\n' | b'<' => {
                at += 1;
                continue;
            }
            _ => at + 1,
        };
        let piece = bytes[at..end].iter().copied();
        out.extend(piece.filter(|byte| !is_line_end(*byte)));
        at = end;
    }
    Cow::Owned(charset::utf8(&out).into_owned())
}

/// A fold inside a quoted local part is the fold and not the address (RFC 5322 §3.2.4): what is kept of it would be a line
/// end in whatever the address is written to next.
fn is_line_end(byte: u8) -> bool {
    matches!(byte, b'\r' | b'\n')
}

fn text(bytes: &[u8]) -> Cow<'_, str> {
    charset::utf8(bytes)
}

/// The closing bracket, or where the mailbox ends without one.
fn angle_end(value: &[u8], from: usize) -> usize {
    let mut at = from;
    while let Some(&byte) = value.get(at) {
        match byte {
            b'>' => return at,
            b'"' => {
                let end = quoted_end(value, at + 1);
                // A lone quote inside brackets is dirt: it must not swallow the list.
                at = if end < value.len() { end + 1 } else { at + 1 };
            }
            _ => at += 1,
        }
    }
    value.len()
}

/// An encoded word is one atom, whatever stands in it: RFC 2047 §5 (3) forbids commas and colons there, and programs
/// write them.
fn atom_end(value: &[u8], from: usize) -> usize {
    let rest = &value[from..];
    if let Some(length) = words::length(&rest[..rest.len().min(MAX_WORD)]) {
        return from + length;
    }
    let special =
        |b: &u8| matches!(b, b'"' | b'(' | b'<' | b',' | b';' | b':') || b.is_ascii_whitespace();
    // At least one byte: a stray colon comes here too.
    from + rest
        .iter()
        .skip(1)
        .position(special)
        .map_or(rest.len(), |at| at + 1)
}

/// RFC 2047 §2 has encoded words of 75 characters; a longer one is looked for no further than this.
const MAX_WORD: usize = 1_024;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_one_line() {
        for value in [
            &b"\"two\r\n lines\"@example.com"[..],
            b"<\"two\r\n lines\"@example.com>",
            b"Ann <\"two\n lines\" @example.com>",
        ] {
            let mut list = Vec::new();
            assert!(parse_list(value, 10, &mut list));
            assert_eq!(list[0].address(), "\"two lines\"@example.com");
        }
    }

    #[test]
    fn no_letter_of_an_address_is_a_byte_order_mark() {
        let mut list = Vec::new();
        assert!(parse_list(
            "\u{feff}ann@example.com, \"\u{feff}B\" <b@example.com>".as_bytes(),
            10,
            &mut list
        ));
        assert_eq!(list[0].address(), "\u{feff}ann@example.com");
        assert_eq!(list[1].name(), "\u{feff}B");
    }
}
