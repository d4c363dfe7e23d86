//! Base64 as mail holds it: RFC 2045 §6.8, "Any characters outside of the base64 alphabet are to be ignored".

use memchr::memchr;

/// Decodes, skips what is no base64, and says whether something had to be skipped.
///
/// Padding ends a group and not the input: concatenated encodings, one a line, are read whole.
pub(crate) fn decode_into(input: &[u8], out: &mut Vec<u8>) -> bool {
    out.reserve(input.len() / 4 * 3 + 3);
    let mut dirty = false;
    let mut bits = 0_u32;
    let mut held = 0_u32;
    let mut padded = false;
    let mut rest = input;
    while !rest.is_empty() {
        if held == 0 {
            rest = &rest[straight_into(rest, out)..];
        }
        let Some((&byte, tail)) = rest.split_first() else {
            break;
        };
        rest = tail;
        match VALUES[usize::from(byte)] {
            PADDING => {
                dirty |= held == 1 || held == 0 && !padded;
                padded = true;
                flush(&mut bits, &mut held, out);
            }
            BLANK => {}
            value if value & 0x80 != 0 => dirty = true,
            value => {
                padded = false;
                bits = bits << 6 | u32::from(value);
                held += 1;
                if held == 4 {
                    let [_, first, second, third] = bits.to_be_bytes();
                    out.extend_from_slice(&[first, second, third]);
                    bits = 0;
                    held = 0;
                }
            }
        }
    }
    dirty |= held != 0;
    flush(&mut bits, &mut held, out);
    dirty
}

/// Decodes whole groups up to the line's end or the first character that is none: how many characters it took.
fn straight_into(input: &[u8], out: &mut Vec<u8>) -> usize {
    // A window of one line: what is prepared for it and not used costs little, however often that happens.
    let window = &input[..input.len().min(WINDOW)];
    let line = memchr(b'\n', window).unwrap_or(window.len());
    let start = out.len();
    // Written in place: a push per group costs more than the decoding.
    out.resize(start + line / 4 * 3, 0);
    let mut groups = 0;
    for (group, room) in input[..line]
        .chunks_exact(4)
        .zip(out[start..].chunks_exact_mut(3))
    {
        let word = FIRST[usize::from(group[0])]
            | SECOND[usize::from(group[1])]
            | THIRD[usize::from(group[2])]
            | FOURTH[usize::from(group[3])];
        if word & BAD != 0 {
            break;
        }
        room.copy_from_slice(&word.to_be_bytes()[1..]);
        groups += 1;
    }
    out.truncate(start + groups * 3);
    groups * 4
}

/// Two characters hold one byte, three hold two, one holds none.
fn flush(bits: &mut u32, held: &mut u32, out: &mut Vec<u8>) {
    let word = (*bits << (6 * (4 - *held).min(4))).to_be_bytes();
    match *held {
        2 => out.push(word[1]),
        3 => out.extend_from_slice(&word[1..3]),
        _ => {}
    }
    *bits = 0;
    *held = 0;
}

/// The values of a character in each place of a group, shifted to where its bits go.
static FIRST: [u32; 256] = shifted(18);
static SECOND: [u32; 256] = shifted(12);
static THIRD: [u32; 256] = shifted(6);
static FOURTH: [u32; 256] = shifted(0);

/// RFC 2045 §6.8 has lines of at most 76 characters.
const WINDOW: usize = 128;

/// Set in the entries of what is no base64.
const BAD: u32 = 1 << 31;

const fn shifted(bits: u32) -> [u32; 256] {
    let mut table = [BAD; 256];
    let mut at = 0;
    while at < 256 {
        if VALUES[at] & 0x80 == 0 {
            table[at] = (VALUES[at] as u32) << bits;
        }
        at += 1;
    }
    table
}

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
}
