//! Encoded words in header text (RFC 2047, with the language of RFC 2231 §5), and unfolding.

use std::borrow::Cow;

use memchr::{memchr, memmem};

use super::{base64, charset};
use crate::message::content::hex;

/// Unfolds and decodes the text of a field.
///
/// White space between two encoded words is dropped (§6.2); adjacent words of one charset are joined before they are
/// decoded, since senders cut multi-byte characters and shift states at word ends. Control characters from inside a
/// word are dropped: they would put line ends into whatever the text is shown in.
pub(crate) fn decode(bytes: &[u8]) -> Cow<'_, str> {
    decode_flagged(bytes.trim_ascii(), Bounds::Free).0
}

/// The same for the value of a parameter: a word counts where white space or the end bounds it (§5), since a file name
/// may hold anything.
pub(crate) fn decode_bounded(bytes: &[u8]) -> Cow<'_, str> {
    decode_flagged(bytes.trim_ascii(), Bounds::Blank).0
}

/// The same without trimming, for a piece of a display name.
pub(crate) fn decode_piece(bytes: &[u8]) -> Cow<'_, str> {
    decode_flagged(bytes, Bounds::Free).0
}

/// How long the encoded word at the start of `bytes` is, if there is one without white space.
pub(crate) fn length(bytes: &[u8]) -> Option<usize> {
    if !bytes.starts_with(b"=?") {
        return None;
    }
    let (_, length) = EncodedWord::at(bytes)?;
    let blank = bytes[..length].iter().any(u8::is_ascii_whitespace);
    (!blank).then_some(length)
}

/// What may stand beside an encoded word.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Bounds {
    /// White space, another word or an end.
    Blank,
    /// Anything: senders glue words to text.
    Free,
}

/// The second value is true where a control character was dropped.
pub(crate) fn decode_flagged(bytes: &[u8], bounds: Bounds) -> (Cow<'_, str>, bool) {
    let mut first = memmem::find(bytes, b"=?");
    if first.is_none() && memchr(b'\n', bytes).is_none() {
        return (charset::utf8(bytes), false);
    }
    // Behind the last `?=` no word can end: looking on for one at every `=?` would be quadratic.
    let last_end = memmem::rfind(bytes, b"?=").unwrap_or(0);
    let mut text = Text::default();
    let mut rest = bytes;
    while let Some(at) = first {
        if bytes.len() - rest.len() + at >= last_end {
            break;
        }
        let word = EncodedWord::at(&rest[at..]).filter(|(_, length)| {
            let before = rest[..at].last().is_none_or(|b| b.is_ascii_whitespace());
            let after = rest
                .get(at + length)
                .is_none_or(|b| b.is_ascii_whitespace());
            bounds == Bounds::Free || before && after
        });
        match word {
            Some((word, length)) => {
                text.plain(&rest[..at], true);
                text.word(&word);
                rest = &rest[at + length..];
                first = memmem::find(rest, b"=?");
            }
            // Not a word: the text goes on past these two bytes.
            None => first = memmem::find(&rest[at + 2..], b"=?").map(|next| at + 2 + next),
        }
    }
    // No word at all: what looked like one is plain text.
    if rest.len() == bytes.len() && memchr(b'\n', bytes).is_none() {
        return (charset::utf8(bytes), false);
    }
    text.plain(rest, false);
    text.flush();
    (Cow::Owned(text.out), text.dropped)
}

/// `=?charset*language?encoding?text?=`
struct EncodedWord<'a> {
    charset: &'a [u8],
    base64: bool,
    text: &'a [u8],
}

impl<'a> EncodedWord<'a> {
    /// The word at the start of `bytes`, and its length.
    fn at(bytes: &'a [u8]) -> Option<(Self, usize)> {
        let head = bytes.get(2..bytes.len().min(2 + MAX_CHARSET))?;
        let end = memchr(b'?', head)?;
        let charset = &head[..end];
        if charset.is_empty()
            || charset
                .iter()
                .any(|&b| b.is_ascii_whitespace() || b == b'=')
        {
            return None;
        }
        let [encoding, b'?', tail @ ..] = bytes.get(2 + end + 1..)? else {
            return None;
        };
        let base64 = match encoding {
            b'b' | b'B' => true,
            b'q' | b'Q' => false,
            _ => return None,
        };
        let length = memmem::find(tail, b"?=")?;
        let language = memchr(b'*', charset).unwrap_or(charset.len());
        let word = Self {
            charset: &charset[..language],
            base64,
            text: &tail[..length],
        };
        Some((word, 2 + end + 3 + length + 2))
    }
}

#[derive(Default)]
struct Text {
    out: String,
    /// Bytes of adjacent words, not yet decoded.
    pending: Vec<u8>,
    charset: Vec<u8>,
    after_word: bool,
    dropped: bool,
}

impl Text {
    fn plain(&mut self, bytes: &[u8], before_word: bool) {
        if self.after_word && before_word && bytes.iter().all(u8::is_ascii_whitespace) {
            return;
        }
        if bytes.is_empty() {
            return;
        }
        self.flush();
        self.after_word = false;
        if memchr(b'\n', bytes).is_none() {
            self.out.push_str(&charset::utf8(bytes));
            return;
        }
        // RFC 5322 §2.2.3: "simply removing any CRLF that is immediately followed by WSP".
        let unfolded: Vec<u8> = bytes
            .iter()
            .copied()
            .filter(|&b| b != b'\r' && b != b'\n')
            .collect();
        self.out.push_str(&charset::utf8(&unfolded));
    }

    fn word(&mut self, word: &EncodedWord<'_>) {
        if !self.charset.eq_ignore_ascii_case(word.charset) {
            self.flush();
            self.charset.clear();
            self.charset.extend_from_slice(word.charset);
        }
        // Two escapes in a row are an error to a decoder (WHATWG, ISO-2022-JP): the return to ASCII at a word's end
        // goes, where the next word leaves it again.
        if self.pending.ends_with(b"\x1b(B") && starts_iso_2022(word.charset) {
            self.pending.truncate(self.pending.len() - 3);
        }
        if word.base64 {
            base64::decode_into(word.text, &mut self.pending);
        } else {
            q_into(word.text, &mut self.pending);
        }
        self.after_word = true;
    }

    fn flush(&mut self) {
        if self.pending.is_empty() {
            return;
        }
        let (text, _) = charset::decode(&self.charset, &self.pending);
        for character in text.chars() {
            match character {
                '\t' | '\n' | '\r' => {
                    self.dropped = true;
                    self.out.push(' ');
                }
                _ if character.is_control() => self.dropped = true,
                _ => self.out.push(character),
            }
        }
        self.pending.clear();
    }
}

fn starts_iso_2022(charset: &[u8]) -> bool {
    charset
        .get(..8)
        .is_some_and(|head| head.eq_ignore_ascii_case(b"iso-2022"))
}

/// The Q encoding (RFC 2047 §4.2).
fn q_into(text: &[u8], out: &mut Vec<u8>) {
    let mut rest = text;
    while let Some((&byte, tail)) = rest.split_first() {
        rest = tail;
        match byte {
            b'_' => out.push(b' '),
            b'=' => match tail {
                [high, low, after @ ..] if hex(*high).is_some() && hex(*low).is_some() => {
                    out.push(hex(*high).unwrap_or(0) << 4 | hex(*low).unwrap_or(0));
                    rest = after;
                }
                _ => out.push(b'='),
            },
            b'\r' | b'\n' => {}
            _ => out.push(byte),
        }
    }
}

/// IANA's longest charset name has 45 letters; a language may follow.
const MAX_CHARSET: usize = 80;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rfc_2047_section_8() {
        let cases: &[(&str, &str)] = &[
            ("=?ISO-8859-1?Q?a?=", "a"),
            ("=?ISO-8859-1?Q?a?= b", "a b"),
            ("=?ISO-8859-1?Q?a?= =?ISO-8859-1?Q?b?=", "ab"),
            ("=?ISO-8859-1?Q?a?=  =?ISO-8859-1?Q?b?=", "ab"),
            ("=?ISO-8859-1?Q?a?=\r\n    =?ISO-8859-1?Q?b?=", "ab"),
            ("=?ISO-8859-1?Q?a_b?=", "a b"),
            ("=?ISO-8859-1?Q?a?= =?ISO-8859-2?Q?_b?=", "a b"),
            ("=?US-ASCII*EN?Q?Keith_Moore?=", "Keith Moore"),
            (
                "=?ISO-8859-1?B?SWYgeW91IGNhbiByZWFkIHRoaXMgeW8=?=\r\n =?ISO-8859-2?B?dSB1bmRlcnN0YW5kIHRoZSBleGFtcGxlLg==?=",
                "If you can read this you understand the example.",
            ),
        ];
        for (input, expected) in cases {
            assert_eq!(decode(input.as_bytes()), *expected, "{input}");
        }
    }

    #[test]
    fn what_senders_write() {
        let cases: &[(&str, &str)] = &[
            ("plain", "plain"),
            ("folded\r\n text", "folded text"),
            ("Re: =?utf-8?B?w6k=?= x", "Re: \u{e9} x"),
            ("=?utf-8?q?a=0D=0ABcc:_x?=", "a  Bcc: x"),
            ("=?utf-8?q?unterminated", "=?utf-8?q?unterminated"),
            ("=?x?y?z?=", "=?x?y?z?="),
            ("a =? b", "a =? b"),
            ("=?utf-8?q??=", ""),
            ("\u{e9}", "\u{e9}"),
        ];
        for (input, expected) in cases {
            assert_eq!(decode(input.as_bytes()), *expected, "{input}");
        }
        // A character cut between two words.
        assert_eq!(decode(b"=?utf-8?q?=C3?= =?utf-8?q?=A9?="), "\u{e9}");
    }
}
