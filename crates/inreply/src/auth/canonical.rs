//! The two canonical forms of header and body (RFC 6376 §3.4).

use std::fmt;

use memchr::memchr;
use sha2::{Digest, Sha256};

/// How much a message may change on its way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(clippy::exhaustive_enums, reason = "RFC 6376 §3.4 has these two")]
pub enum Canonical {
    /// White space may: folds, runs, ends of lines, and the case of a field's name.
    Relaxed,
    /// Hardly at all: empty lines at the end of the body.
    Simple,
}

impl Canonical {
    /// Appends a field in this form, without a final CRLF; `name` as it is written, with the white space before its colon.
    pub fn field(self, name: &[u8], value: &[u8], out: &mut Vec<u8>) {
        match self {
            Self::Simple => {
                unix_to_mail(name, out);
                out.push(b':');
                unix_to_mail(value, out);
            }
            Self::Relaxed => {
                out.extend(name.trim_ascii().iter().map(u8::to_ascii_lowercase));
                out.push(b':');
                // A fold's line end goes, its white space stays.
                let mut spaces = false;
                let start = out.len();
                for (at, &octet) in value.iter().enumerate() {
                    match octet {
                        b' ' | b'\t' => spaces = true,
                        b'\n' => {}
                        b'\r' if value.get(at + 1) == Some(&b'\n') => {}
                        _ => {
                            if std::mem::take(&mut spaces) && out.len() > start {
                                out.push(b' ');
                            }
                            out.push(octet);
                        }
                    }
                }
            }
        }
    }

    /// The SHA-256 of at most `limit` octets of a body in this form, and how many octets the form has.
    pub fn hash(self, body: &[u8], limit: Option<u64>) -> ([u8; 32], u64) {
        let mut hasher = Sha256::new();
        let (mut length, limit) = (0_u64, limit.unwrap_or(u64::MAX));
        self.body(body, |octets| {
            let room = usize::try_from(limit.saturating_sub(length)).unwrap_or(usize::MAX);
            hasher.update(&octets[..octets.len().min(room)]);
            length += octets.len() as u64;
        });
        (hasher.finalize().into(), length)
    }

    /// Gives a body in this form, in pieces.
    ///
    /// Lines end in CRLF; one that ends in LF alone is a line too, as for the rest of the crate, and is signed as if it ended in
    /// CRLF: the form in which it was on the wire before a program took the CRs away.
    pub fn body(self, body: &[u8], mut take: impl FnMut(&[u8])) {
        let mut rest = body;
        // Empty lines count only where something follows.
        let (mut empty, mut any) = (0_usize, false);
        let mut line_buffer = Vec::new();
        while !rest.is_empty() {
            let (line, after) = match memchr(b'\n', rest) {
                Some(feed) => {
                    let line = &rest[..feed];
                    (line.strip_suffix(b"\r").unwrap_or(line), &rest[feed + 1..])
                }
                None => (rest, &[][..]),
            };
            rest = after;
            let line = match self {
                Self::Simple => line,
                Self::Relaxed => relax(line, &mut line_buffer),
            };
            if line.is_empty() {
                empty += 1;
                continue;
            }
            for _ in 0..std::mem::take(&mut empty) {
                take(b"\r\n");
            }
            take(line);
            take(b"\r\n");
            any = true;
        }
        // §3.4.3: an empty body is one line end; §3.4.4: it is nothing.
        if !any && self == Self::Simple {
            take(b"\r\n");
        }
    }
}

/// A line with its runs of white space as one space, and none at its end.
fn relax<'a>(line: &'a [u8], buffer: &'a mut Vec<u8>) -> &'a [u8] {
    let is_white = |octet: u8| matches!(octet, b' ' | b'\t');
    let blanks = line.iter().rev().take_while(|octet| is_white(**octet));
    let line = &line[..line.len() - blanks.count()];
    let is_run = |pair: &[u8]| is_white(pair[0]) && is_white(pair[1]);
    if !line.contains(&b'\t') && !line.windows(2).any(is_run) {
        return line;
    }
    buffer.clear();
    let mut spaces = false;
    for &octet in line {
        if is_white(octet) {
            spaces = true;
            continue;
        }
        if std::mem::take(&mut spaces) {
            buffer.push(b' ');
        }
        buffer.push(octet);
    }
    buffer
}

/// LF alone as CRLF.
fn unix_to_mail(octets: &[u8], out: &mut Vec<u8>) {
    for &octet in octets {
        if octet == b'\n' && out.last() != Some(&b'\r') {
            out.push(b'\r');
        }
        out.push(octet);
    }
}

impl fmt::Display for Canonical {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Relaxed => "relaxed",
            Self::Simple => "simple",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn body(form: Canonical, body: &str) -> String {
        let mut out = Vec::new();
        form.body(body.as_bytes(), |octets| out.extend_from_slice(octets));
        String::from_utf8(out).unwrap()
    }

    fn field(form: Canonical, name: &str, value: &str) -> String {
        let mut out = Vec::new();
        form.field(name.as_bytes(), value.as_bytes(), &mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn rfc_6376_section_3_4_5() {
        use Canonical::{Relaxed, Simple};
        assert_eq!(field(Relaxed, "A", " X"), "a:X");
        assert_eq!(field(Relaxed, "B ", " Y\t\r\n\tZ  "), "b:Y Z");
        assert_eq!(field(Simple, "A", " X"), "A: X");
        assert_eq!(field(Simple, "B ", " Y\t\r\n\tZ  "), "B : Y\t\r\n\tZ  ");
        let text = " C \r\nD \t E\r\n\r\n\r\n";
        assert_eq!(body(Relaxed, text), " C\r\nD E\r\n");
        assert_eq!(body(Simple, text), " C \r\nD \t E\r\n");
    }

    #[test]
    fn ends_and_line_ends() {
        use Canonical::{Relaxed, Simple};
        for empty in ["", "\r\n", "\r\n\r\n", "\n"] {
            assert_eq!(body(Simple, empty), "\r\n");
            assert_eq!(body(Relaxed, empty), "");
        }
        assert_eq!(body(Relaxed, " \t\r\n  "), "");
        assert_eq!(body(Simple, " "), " \r\n");
        for text in ["a\r\n\r\nb", "a\n\nb\n", "a\r\n\nb\r\n\r\n"] {
            assert_eq!(body(Simple, text), "a\r\n\r\nb\r\n");
            assert_eq!(body(Relaxed, text), "a\r\n\r\nb\r\n");
        }
        // CR alone ends no line.
        assert_eq!(body(Relaxed, "a\rb \r\r\n"), "a\rb \r\r\n");
        assert_eq!(field(Relaxed, "A", "\n a\rb"), "a:a\rb");
        assert_eq!(field(Simple, "A", "a\n b\r\n c"), "A:a\r\n b\r\n c");
    }

    #[test]
    fn a_limit_counts_octets_of_the_form() {
        let whole = Canonical::Relaxed.hash(b"a  b\r\n", None);
        assert_eq!(whole.1, 5);
        assert_eq!(
            Canonical::Relaxed.hash(b"a \tb\r\nmore", Some(5)),
            (whole.0, 11)
        );
        assert_eq!(
            Canonical::Simple.hash(b"x", Some(0)).0[..4],
            [0xe3, 0xb0, 0xc4, 0x42]
        );
    }
}
