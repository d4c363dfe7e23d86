//! Base64 with white space anywhere in it (RFC 6376 §2.10, RFC 4648 §4), in one pass.

use crate::syntax::Stop;

/// The octets. Padding is wanted, and bits that a last group leaves over must be zero: who signs and who verifies must read the
/// same key.
pub(super) fn decode(text: &[u8]) -> Result<Vec<u8>, Stop<'_>> {
    let mut octets = vec![0; text.len() / 4 * 3 + 3];
    let (mut length, mut rest) = (0, text);
    while !rest.is_empty() {
        // Groups without white space, and then one that may have some.
        let groups = rest.as_chunks().0.iter();
        let groups = groups.zip(octets[length..].as_chunks_mut().0);
        let good = groups.map_while(|(group, out)| dense(group, out)).count();
        length += good * 3;
        rest = &rest[good * 4..];
        let decoded;
        (decoded, rest) = group(rest, &mut octets[length..])?;
        length += decoded;
    }
    octets.truncate(length);
    Ok(octets)
}

/// One group without white space; `None` where it is none.
fn dense(group: &[u8; 4], out: &mut [u8; 3]) -> Option<()> {
    let [a, b, c, d] = group.map(|octet| VALUES[usize::from(octet)]);
    if (a | b | c | d) & NONE != 0 {
        return None;
    }
    let [_, first, second, third] = (a << 18 | b << 12 | c << 6 | d).to_be_bytes();
    *out = [first, second, third];
    Some(())
}

/// One group, the last maybe, with white space in it: how many octets it has, and what follows.
fn group<'a>(text: &'a [u8], out: &mut [u8]) -> Result<(usize, &'a [u8]), Stop<'a>> {
    let (mut bits, mut letters, mut padding) = (0_u32, 0, 0);
    for (at, octet) in text.iter().enumerate() {
        let value = VALUES[usize::from(*octet)];
        match octet {
            b' ' | b'\t' | b'\r' | b'\n' => {}
            b'=' if letters >= 2 => padding += 1,
            _ if value & NONE != 0 || padding > 0 => return Err(Stop::new(&text[at..], "base64")),
            _ => {
                bits = bits << 6 | value;
                letters += 1;
            }
        }
        if letters == 4 {
            out[..3].copy_from_slice(&bits.to_be_bytes()[1..]);
            return Ok((3, &text[at + 1..]));
        }
    }
    let (decoded, left_over) = match (letters, padding) {
        (0, 0) => (0, 0),
        (2, 2) => (1, bits & 0xf),
        (3, 1) => (2, bits & 0x3),
        _ => return Err(Stop::new(text, "base64 with its padding")),
    };
    if left_over != 0 {
        return Err(Stop::new(text, "base64 with its padding"));
    }
    let bits = bits << (6 * (4 - letters));
    out[..decoded].copy_from_slice(&bits.to_be_bytes()[1..=decoded]);
    Ok((decoded, &[]))
}

/// No letter of base64.
const NONE: u32 = 0x80;

const VALUES: [u32; 256] = {
    let alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut values = [NONE; 256];
    let mut value = 0;
    while value < 64_u32 {
        values[alphabet[value as usize] as usize] = value;
        value += 1;
    }
    values
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_another_encoder_writes_comes_back() {
        let octets: Vec<u8> = (0..=255).collect();
        for length in 0..=octets.len() {
            let octets = &octets[..length];
            let text = data_encoding::BASE64.encode(octets);
            assert_eq!(decode(text.as_bytes()).as_deref(), Ok(octets));
            let folded: Vec<String> = text
                .chars()
                .map(|letter| format!("{letter}\r\n\t"))
                .collect();
            assert_eq!(decode(folded.concat().as_bytes()).as_deref(), Ok(octets));
        }
    }

    #[test]
    fn what_is_none_is_refused() {
        for text in [
            "A", "AA", "AAA", "AA=", "AAA==", "AA==A", "AB==", "AAB=", "=", "A===", "AAAA=",
            "AA-A", "AAAA!", "AAAAA",
        ] {
            assert!(decode(text.as_bytes()).is_err(), "{text}");
        }
    }
}
