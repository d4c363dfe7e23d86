//! Bytes to text, by label.

use std::borrow::Cow;

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::Encoding;

/// Decodes by a WHATWG label; the second value is false where the label is unknown, or contradicts the bytes.
///
/// us-ascii and unknown labels are read as UTF-8, which bytes beyond ASCII mostly are. Only where us-ascii text is no
/// UTF-8 either it is read as windows-1252, the code page of the programs that mislabel it.
pub(crate) fn decode<'a>(label: &[u8], bytes: &'a [u8]) -> (Cow<'a, str>, bool) {
    let label = label.trim_ascii();
    if is_utf8(label) {
        return (utf8_body(bytes), true);
    }
    if label.is_empty() {
        let text = utf8_body(bytes);
        // RFC 2045 §5.2 has us-ascii here; UTF-8 is what is meant, and told by its form.
        let known = !text.contains(char::REPLACEMENT_CHARACTER);
        return (text, known);
    }
    if is_ascii_name(label) {
        return match std::str::from_utf8(bytes) {
            Ok(text) => (Cow::Borrowed(text), text.is_ascii()),
            Err(_) => (
                encoding_rs::WINDOWS_1252
                    .decode_without_bom_handling(bytes)
                    .0,
                false,
            ),
        };
    }
    if label.eq_ignore_ascii_case(b"utf-7") || label.eq_ignore_ascii_case(b"unicode-1-1-utf-7") {
        return (Cow::Owned(utf7(bytes)), true);
    }
    match Encoding::for_label_no_replacement(label) {
        Some(encoding) => (encoding.decode_with_bom_removal(bytes).0, true),
        None => (utf8_body(bytes), false),
    }
}

/// The same for bytes that are owned already: no copy where they are the text.
pub(crate) fn decode_owned(label: &[u8], bytes: Vec<u8>) -> String {
    let trimmed = label.trim_ascii();
    let plain = is_utf8(trimmed) || trimmed.is_empty() || is_ascii_name(trimmed);
    if !plain || bytes.starts_with(b"\xef\xbb\xbf") {
        return decode(label, &bytes).0.into_owned();
    }
    String::from_utf8(bytes).unwrap_or_else(|error| decode(label, error.as_bytes()).0.into_owned())
}

/// Guesses the charset of bytes that are no UTF-8, from which letters follow which: the text and a WHATWG name.
pub(crate) fn guess(bytes: &[u8]) -> (Cow<'_, str>, &'static str) {
    // Browsers do not guess ISO-2022-JP, whose escapes can hide a script from a filter; mail without a label often is.
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Allow);
    detector.feed(bytes, true);
    let encoding = detector.guess(None, Utf8Detection::Allow);
    (
        encoding.decode_without_bom_handling(bytes).0,
        encoding.name(),
    )
}

/// What a Windows code page is called; windows-1252 for those that nobody writes mail in.
pub(crate) fn of_codepage(number: u16) -> &'static [u8] {
    match number {
        874 => b"windows-874",
        932 => b"shift_jis",
        936 => b"gbk",
        949 => b"euc-kr",
        950 => b"big5",
        1250 => b"windows-1250",
        1251 => b"windows-1251",
        1253 => b"windows-1253",
        1254 => b"windows-1254",
        1255 => b"windows-1255",
        1256 => b"windows-1256",
        1257 => b"windows-1257",
        1258 => b"windows-1258",
        20866 => b"koi8-r",
        28592 => b"iso-8859-2",
        65001 => b"utf-8",
        _ => WINDOWS_1252,
    }
}

/// What Windows writes where it is not told otherwise.
pub(crate) const WINDOWS_1252: &[u8] = b"windows-1252";

/// UTF-8 with U+FFFD for what is none.
///
/// U+FEFF stays: what begins here is a piece of a field, where it is no byte order mark but a letter, and an address
/// that loses a letter is another address.
pub(crate) fn utf8(bytes: &[u8]) -> Cow<'_, str> {
    encoding_rs::UTF_8.decode_without_bom_handling(bytes).0
}

/// The same for a whole text, without its byte order mark.
fn utf8_body(bytes: &[u8]) -> Cow<'_, str> {
    encoding_rs::UTF_8.decode_with_bom_removal(bytes).0
}

fn is_utf8(label: &[u8]) -> bool {
    label.eq_ignore_ascii_case(b"utf-8") || label.eq_ignore_ascii_case(b"utf8")
}

fn is_ascii_name(label: &[u8]) -> bool {
    [
        &b"us-ascii"[..],
        b"ascii",
        b"us",
        b"iso646-us",
        b"iso-ir-6",
        b"csascii",
        b"ansi_x3.4-1968",
        b"ansi_x3.4-1986",
    ]
    .iter()
    .any(|name| label.eq_ignore_ascii_case(name))
}

/// UTF-7 (RFC 2152): ASCII, with UTF-16 in base64 between `+` and `-`.
fn utf7(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len());
    let mut rest = bytes;
    while let Some((&byte, tail)) = rest.split_first() {
        rest = tail;
        if byte != b'+' {
            out.push(if byte.is_ascii() {
                char::from(byte)
            } else {
                char::REPLACEMENT_CHARACTER
            });
            continue;
        }
        let length = tail
            .iter()
            .take_while(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/'))
            .count();
        let mut units = Vec::new();
        super::base64::decode_into(&tail[..length], &mut units);
        if length == 0 {
            out.push('+');
        }
        let pairs = units
            .chunks_exact(2)
            .map(|pair| u16::from_be_bytes([pair[0], pair[1]]));
        out.extend(
            char::decode_utf16(pairs).map(|unit| unit.unwrap_or(char::REPLACEMENT_CHARACTER)),
        );
        rest = &tail[length..];
        rest = rest.strip_prefix(b"-").unwrap_or(rest);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels() {
        let cases: &[(&str, &[u8], &str, bool)] = &[
            ("utf-8", b"caf\xc3\xa9", "caf\u{e9}", true),
            ("UTF-8", b"\xef\xbb\xbfbom", "bom", true),
            ("iso-8859-1", b"caf\xe9", "caf\u{e9}", true),
            ("ISO-8859-1", b"\x80", "\u{20ac}", true),
            ("us-ascii", b"cafe", "cafe", true),
            ("us-ascii", b"caf\xc3\xa9", "caf\u{e9}", false),
            ("us-ascii", b"caf\xe9", "caf\u{e9}", false),
            ("x-nobody", b"caf\xc3\xa9", "caf\u{e9}", false),
            ("iso-2022-jp", b"\x1b$B4A\x1b(B", "\u{6f22}", true),
            ("koi8-r", b"\xf0", "\u{41f}", true),
            (
                "utf-7",
                b"Hi Mom -+Jjo--+AUM-!",
                "Hi Mom -\u{263a}-\u{143}!",
                true,
            ),
            ("utf-7", b"1 +- 1", "1 + 1", true),
        ];
        for (label, bytes, expected, known) in cases {
            assert_eq!(
                decode(label.as_bytes(), bytes),
                (Cow::Borrowed(*expected), *known),
                "{label}"
            );
        }
    }
}
