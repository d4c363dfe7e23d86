//! Base64 as mail holds it: RFC 2045 §6.8, "Any characters outside of the base64 alphabet are to be ignored".

use base64_simd::{Out, STANDARD_NO_PAD};
use memchr::memchr;

/// Decodes, skips what is no base64, and says whether something had to be skipped.
///
/// Padding ends a group and not the input: concatenated encodings, one a line, are read whole.
///
/// Lines are gathered into a block, which is decoded in one go; a block that holds anything but base64 is read once
/// more, character by character.
pub(crate) fn decode_into(input: &[u8], out: &mut Vec<u8>) -> bool {
    let start = out.len();
    // Four characters never hold more than three bytes.
    out.resize(start + input.len() / 4 * 3 + 3, 0);
    let mut decoder = Decoder {
        room: &mut out[start..],
        length: 0,
        bits: 0,
        held: 0,
        padded: false,
        dirty: false,
    };
    if input.len() < BLOCK {
        decoder.characters(input);
    } else {
        decoder.blocks(input);
    }
    let (length, dirty) = decoder.finish();
    out.truncate(start + length);
    dirty
}

struct Decoder<'o> {
    room: &'o mut [u8],
    /// How much of the room is written.
    length: usize,
    bits: u32,
    /// Characters of the group so far.
    held: usize,
    /// Padding was the last that was read.
    padded: bool,
    dirty: bool,
}

impl Decoder<'_> {
    fn blocks(&mut self, input: &[u8]) {
        let mut block = Block {
            characters: [0; BLOCK],
            length: 0,
            width: 0,
        };
        let mut rest = input;
        while !rest.is_empty() {
            rest = &rest[block.fill(rest)..];
            let characters = &block.characters[..block.length];
            // A group may go over the end of its block.
            let open = if self.held == 0 { 0 } else { 4 - self.held };
            let (open, characters) = characters.split_at(open.min(characters.len()));
            self.characters(open);
            let whole = characters.len() / 4 * 4;
            let clean = self.held == 0 && whole > 0 && self.groups(&characters[..whole]);
            self.characters(&characters[if clean { whole } else { 0 }..]);
        }
    }

    /// Decodes whole groups in one go, if they are nothing else.
    fn groups(&mut self, groups: &[u8]) -> bool {
        let room = Out::from_slice(&mut self.room[self.length..]);
        let clean = STANDARD_NO_PAD.decode(groups, room).is_ok();
        if clean {
            self.length += groups.len() / 4 * 3;
            self.padded = false;
        }
        clean
    }

    fn characters(&mut self, line: &[u8]) {
        for &byte in line {
            match VALUES[usize::from(byte)] {
                PADDING => {
                    self.dirty |= self.held == 1 || self.held == 0 && !self.padded;
                    self.padded = true;
                    self.flush();
                }
                BLANK => {}
                OTHER => self.dirty = true,
                value => {
                    self.padded = false;
                    self.bits = self.bits << 6 | u32::from(value);
                    self.held += 1;
                    if self.held == 4 {
                        self.flush();
                    }
                }
            }
        }
    }

    /// Four characters hold three bytes, three hold two, two hold one, one holds none.
    fn flush(&mut self) {
        let word = (self.bits << (6 * (4 - self.held))).to_be_bytes();
        let count = self.held.saturating_sub(1);
        self.room[self.length..self.length + count].copy_from_slice(&word[1..=count]);
        self.length += count;
        self.bits = 0;
        self.held = 0;
    }

    /// How much was written, and whether anything was wrong; a group that never ends gives what it holds.
    fn finish(mut self) -> (usize, bool) {
        self.dirty |= self.held != 0;
        self.flush();
        (self.length, self.dirty)
    }
}

/// Characters of several lines, without the line ends.
struct Block {
    characters: [u8; BLOCK],
    length: usize,
    /// How long the last line was: most often the next one is as long.
    width: usize,
}

impl Block {
    /// Fills it anew: how many bytes of the input it took, at least one.
    ///
    /// A line that ends in padding is a block of its own, so that only it is read by character.
    fn fill(&mut self, input: &[u8]) -> usize {
        self.length = 0;
        let mut position = 0;
        while let Some(rest) = input.get(position..).filter(|rest| !rest.is_empty()) {
            // A line end that this overlooks is no base64, and is found by decoding.
            if rest.get(self.width) != Some(&b'\n') {
                // No further than a block: a line without end must not be searched to its end for each block.
                let near = &rest[..rest.len().min(BLOCK + 2)];
                self.width = memchr(b'\n', near).unwrap_or(near.len());
            }
            let line = &rest[..self.width];
            let line = line.strip_suffix(b"\r").unwrap_or(line);
            let padded = line.ends_with(b"=");
            let room = &mut self.characters[self.length..];
            if self.length > 0 && (padded || line.len() > room.len()) {
                break;
            }
            let taken = line.len().min(room.len());
            room[..taken].copy_from_slice(&line[..taken]);
            self.length += taken;
            if taken < line.len() {
                return position + taken;
            }
            position += self.width + 1;
            if padded {
                break;
            }
        }
        position.min(input.len())
    }
}

/// Enough for a fast decoder to be fast, and little to clear.
const BLOCK: usize = 1_024;

const PADDING: u8 = 0xff;
const BLANK: u8 = 0xfe;
const OTHER: u8 = 0x80;

const VALUES: [u8; 256] = {
    let alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut table = [OTHER; 256];
    let mut at: u8 = 0;
    while at < 64 {
        table[alphabet[at as usize] as usize] = at;
        at += 1;
    }
    table[b'=' as usize] = PADDING;
    table[b' ' as usize] = BLANK;
    table[b'\t' as usize] = BLANK;
    table[b'\r' as usize] = BLANK;
    table[b'\n' as usize] = BLANK;
    table
};

#[cfg(test)]
mod tests {
    use super::*;

    fn decoded(input: &str) -> (Vec<u8>, bool) {
        let mut out = Vec::new();
        let dirty = decode_into(input.as_bytes(), &mut out);
        (out, dirty)
    }

    #[test]
    fn rfc_4648_vectors_and_dirt() {
        let cases: &[(&str, &str, bool)] = &[
            ("", "", false),
            ("Zg==", "f", false),
            ("Zm8=", "fo", false),
            ("Zm9v", "foo", false),
            ("Zm9vYg==", "foob", false),
            ("Zm9v\r\nYmFy\r\n", "foobar", false),
            ("Zm\r\n9v", "foo", false),
            ("Zg==Zg==", "ff", false),
            ("Zm9vYm\r\nFy\r\n", "foobar", false),
            ("Zm9vY\nmF\n\ny", "foobar", false),
            ("Zm9v \r\nYmFy", "foobar", false),
            ("Zm 9v", "foo", false),
            ("Zm9v=\n", "foo", true),
            ("Zg==\n=\n", "f", false),
            ("Zm9vYmE", "fooba", true),
            ("Zm!9v", "foo", true),
            ("Zm9vY", "foo", true),
            ("!A=!A=", "", true),
        ];
        for (input, expected, dirty) in cases {
            assert_eq!(
                decoded(input),
                (expected.as_bytes().to_vec(), *dirty),
                "{input:?}"
            );
        }
    }

    /// What the blocks give is what the characters give, whatever the lines are.
    #[test]
    fn blocks_read_like_characters() {
        let data: Vec<u8> = (0..9_000_u32).map(|n| n.to_le_bytes()[0] ^ 0x5a).collect();
        let mut encoded = String::new();
        for chunk in data.chunks(3) {
            encoded.push_str(&STANDARD_NO_PAD.encode_to_string(chunk));
        }
        for width in [1, 3, 4, 75, 76, 77, 1_023, 1_024, 1_025, 5_000, 20_000] {
            for (end, dirt) in [
                ("\n", ""),
                ("\r\n", ""),
                ("\r\n", "!"),
                (" \n", ""),
                ("\n\n", ""),
            ] {
                let mut input = String::new();
                for line in encoded.as_bytes().chunks(width) {
                    input.push_str(std::str::from_utf8(line).unwrap());
                    input.push_str(end);
                }
                input.insert_str(input.len() / 2, dirt);
                assert_eq!(
                    decoded(&input),
                    (data.clone(), !dirt.is_empty()),
                    "{width} {end:?} {dirt:?}"
                );
            }
        }
        let padded = "Zm9vYg==\r\n".repeat(500);
        assert_eq!(decoded(&padded), (b"foob".repeat(500), false));
    }
}
