//! RTF as text: what Outlook puts into `winmail.dat` instead of a text.

use encoding_rs::Encoding;

use crate::decode::charset;
use crate::message::content::hex;

/// Renders as text: paragraphs and tabs, no fonts, no pictures. HTML that was wrapped in RTF (`\fromhtml`) keeps its
/// text, its tags stand in groups that are skipped.
pub(super) fn to_text(rtf: &[u8]) -> String {
    let mut reader = Reader {
        rest: rtf,
        out: String::new(),
        pending: Vec::new(),
        encoding: encoding_rs::WINDOWS_1252,
        group: Group::default(),
        groups: Vec::new(),
        skip: 0,
    };
    reader.read();
    reader.out
}

/// What a group inherits, and forgets at its end.
#[derive(Clone, Copy)]
struct Group {
    /// Fonts, colours, pictures, and what only a newer reader knows.
    hidden: bool,
    /// The RTF twin of an HTML tag.
    htmlrtf: bool,
    /// How many characters stand in for a `\u`.
    stand_ins: usize,
}

impl Default for Group {
    fn default() -> Self {
        Self {
            hidden: false,
            htmlrtf: false,
            stand_ins: 1,
        }
    }
}

struct Reader<'r> {
    rest: &'r [u8],
    out: String,
    /// Bytes in the code page, not yet decoded: a character may take several.
    pending: Vec<u8>,
    encoding: &'static Encoding,
    group: Group,
    groups: Vec<Group>,
    /// Characters that stand in for a `\u` and are still to come.
    skip: usize,
}

impl Reader<'_> {
    fn read(&mut self) {
        while let Some((&byte, tail)) = self.rest.split_first() {
            self.rest = tail;
            match byte {
                b'{' => {
                    self.groups.push(self.group);
                    self.skip = 0;
                }
                b'}' => {
                    self.flush();
                    self.group = self.groups.pop().unwrap_or_default();
                    self.skip = 0;
                }
                b'\\' => self.control(),
                b'\r' | b'\n' | 0 => {}
                _ => self.byte(byte),
            }
        }
        self.flush();
    }

    fn control(&mut self) {
        let letters = self
            .rest
            .iter()
            .take_while(|b| b.is_ascii_alphabetic())
            .count();
        if letters == 0 {
            let Some((&symbol, tail)) = self.rest.split_first() else {
                return;
            };
            self.rest = tail;
            match symbol {
                b'\'' => {
                    if let [high, low, tail @ ..] = tail
                        && let (Some(high), Some(low)) = (hex(*high), hex(*low))
                    {
                        self.rest = tail;
                        self.byte(high << 4 | low);
                    }
                }
                b'\\' | b'{' | b'}' => self.byte(symbol),
                b'~' => self.character('\u{a0}'),
                b'_' => self.character('-'),
                b'\r' | b'\n' => self.character('\n'),
                // A destination that old readers are to skip.
                b'*' => self.group.hidden = true,
                _ => {}
            }
            return;
        }
        let (word, tail) = self.rest.split_at(letters);
        let signed = usize::from(tail.first() == Some(&b'-'));
        let digits = tail[signed..]
            .iter()
            .take_while(|b| b.is_ascii_digit())
            .count();
        let (number, tail) = tail.split_at(if digits == 0 { 0 } else { signed + digits });
        let number: Option<i32> = std::str::from_utf8(number)
            .ok()
            .and_then(|number| number.parse().ok());
        self.rest = tail.strip_prefix(b" ").unwrap_or(tail);
        self.word(word, number);
    }

    fn word(&mut self, word: &[u8], number: Option<i32>) {
        match word {
            b"ansicpg" => {
                let number = number.and_then(|number| u16::try_from(number).ok());
                let label = charset::of_codepage(number.unwrap_or(0));
                self.encoding = Encoding::for_label(label).unwrap_or(encoding_rs::WINDOWS_1252);
            }
            b"par" | b"line" | b"sect" | b"page" | b"row" => self.character('\n'),
            b"tab" | b"cell" => self.character('\t'),
            b"emdash" => self.character('\u{2014}'),
            b"endash" => self.character('\u{2013}'),
            b"lquote" => self.character('\u{2018}'),
            b"rquote" => self.character('\u{2019}'),
            b"ldblquote" => self.character('\u{201c}'),
            b"rdblquote" => self.character('\u{201d}'),
            b"bullet" => self.character('\u{2022}'),
            b"uc" => {
                let count = number.and_then(|number| usize::try_from(number).ok());
                self.group.stand_ins = count.unwrap_or(1);
            }
            b"u" => {
                // Negative numbers are 16 bits read with a sign.
                let code = number.unwrap_or(0).rem_euclid(0x1_0000);
                let code = u32::try_from(code).unwrap_or(0);
                self.skip = 0;
                self.character(char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER));
                self.skip = self.group.stand_ins;
            }
            b"htmlrtf" => {
                self.flush();
                self.group.htmlrtf = number != Some(0);
            }
            b"fonttbl" | b"colortbl" | b"stylesheet" | b"info" | b"pict" | b"object"
            | b"header" | b"footer" => self.group.hidden = true,
            _ => {}
        }
    }

    fn byte(&mut self, byte: u8) {
        if self.skip > 0 {
            self.skip -= 1;
        } else if !self.group.hidden && !self.group.htmlrtf {
            self.pending.push(byte);
        }
    }

    fn character(&mut self, character: char) {
        if self.skip > 0 {
            self.skip -= 1;
        } else if !self.group.hidden && !self.group.htmlrtf {
            self.flush();
            self.out.push(character);
        }
    }

    fn flush(&mut self) {
        if !self.pending.is_empty() {
            self.out
                .push_str(&self.encoding.decode_without_bom_handling(&self.pending).0);
            self.pending.clear();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_outlook_writes() {
        let cases: &[(&str, &str)] = &[
            (
                "{\\rtf1\\ansi\\ansicpg1252\\pard hello world}\r\n",
                "hello world",
            ),
            (
                "{\\rtf1\\ansi{\\fonttbl{\\f0 Arial;}}{\\colortbl;\\red0;}\\f0 One\\par\r\nTwo\\tab x\\par}",
                "One\nTwo\tx\n",
            ),
            (
                "{\\rtf1\\ansicpg1252 caf\\'e9 \\u8364?\\{1\\}}",
                "caf\u{e9} \u{20ac}{1}",
            ),
            ("{\\rtf1\\ansicpg932 \\'8a\\'bf}", "\u{6f22}"),
            (
                "{\\rtf1{\\*\\generator Riched20;}\\uc0\\u-10179 x}",
                "\u{fffd}x",
            ),
            (
                "{\\rtf1\\fromhtml1 {\\*\\htmltag64 <p>}\\htmlrtf {\\htmlrtf0 Hi{\\*\\htmltag72 </p>}\\htmlrtf\\par}\\htmlrtf0 }",
                "Hi",
            ),
            ("{\\rtf1 open", "open"),
            ("}}}", ""),
            ("\\", ""),
        ];
        for (rtf, expected) in cases {
            assert_eq!(to_text(rtf.as_bytes()), *expected, "{rtf}");
        }
    }
}
