//! RFC 4648 §6 base32 without padding: printed in lower case, read without regard to case.

/// The longest text this module reads: 36 bytes.
pub(crate) const MAX_CHARS: usize = 58;
/// The most bytes this module reads or prints.
pub(crate) const MAX_BYTES: usize = 36;

const ALPHABET: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz234567";
/// Marks an octet outside the alphabet; every value of the alphabet is below it.
const INVALID: u8 = 0x80;
const VALUES: [u8; 256] = values();

/// Appends up to [`MAX_BYTES`] of `bytes` to `out`.
pub(crate) fn encode(bytes: &[u8], out: &mut String) {
    let mut text = [0; MAX_CHARS.next_multiple_of(8)];
    for (group, place) in bytes.chunks(5).zip(text.as_chunks_mut().0) {
        let mut octets = [0; 5];
        octets[..group.len()].copy_from_slice(group);
        *place = chars(octets);
    }
    // The alphabet is ASCII.
    out.push_str(str::from_utf8(&text[..chars_for(bytes.len())]).unwrap_or_default());
}

/// The characters that `bytes` bytes take.
pub(crate) fn chars_for(bytes: usize) -> usize {
    (bytes * 8).div_ceil(5)
}

/// The most bytes whose text fits into `chars` characters.
pub(crate) fn bytes_within(chars: usize) -> usize {
    chars * 5 / 8
}

/// Reads `text` into `out`, and says how many bytes that are and whether it is sound: no octet outside the alphabet,
/// at most [`MAX_CHARS`] characters, a length that some number of bytes has, and trailing bits that are zero (there
/// must be one text for one token).
///
/// The loop does not stop at the first bad octet, and there are bytes in any case: what is wrong with a text must not
/// show in the time it takes.
pub(crate) fn decode(text: &[u8], out: &mut [u8; MAX_BYTES]) -> (usize, bool) {
    let read = &text[..text.len().min(MAX_CHARS)];
    let (groups, rest) = read.as_chunks();
    let (places, last_place) = out.as_chunks_mut();
    let mut seen = 0;
    for (group, place) in groups.iter().zip(places.iter_mut()) {
        *place = octets(*group, &mut seen);
    }
    // A group that is not full ends in zeros, for "a" is 0.
    let mut last = [ALPHABET[0]; 8];
    last[..rest.len()].copy_from_slice(rest);
    let last = octets(last, &mut seen);
    let len = bytes_within(rest.len());
    let place = places
        .get_mut(groups.len())
        .map_or(last_place, <[u8; 5]>::as_mut_slice);
    place[..len].copy_from_slice(&last[..len]);
    let trailing = last[len..].iter().fold(0, |bits, octet| bits | octet);
    let sound = seen & INVALID == 0
        && trailing == 0
        && chars_for(len) == rest.len()
        && read.len() == text.len();
    (5 * groups.len() + len, sound)
}

fn chars(octets: [u8; 5]) -> [u8; 8] {
    let [a, b, c, d, e] = octets;
    let bits = u64::from_be_bytes([0, 0, 0, a, b, c, d, e]);
    [35, 30, 25, 20, 15, 10, 5, 0].map(|shift| ALPHABET[(bits >> shift & 0x1f) as usize])
}

/// Five octets of eight characters; `seen` gathers their values, and with them whether one of them was invalid.
fn octets(chars: [u8; 8], seen: &mut u8) -> [u8; 5] {
    let mut bits = 0_u64;
    for char in chars {
        let value = VALUES[usize::from(char)];
        *seen |= value;
        bits = bits << 5 | u64::from(value & 0x1f);
    }
    let [_, _, _, a, b, c, d, e] = bits.to_be_bytes();
    [a, b, c, d, e]
}

const fn values() -> [u8; 256] {
    let mut values = [INVALID; 256];
    let mut index: u8 = 0;
    while index < 32 {
        let octet = ALPHABET[index as usize];
        values[octet as usize] = index;
        values[octet.to_ascii_uppercase() as usize] = index;
        index += 1;
    }
    values
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(bytes: &[u8]) -> String {
        let mut out = String::new();
        encode(bytes, &mut out);
        out
    }

    fn bytes(text: &str) -> Option<Vec<u8>> {
        let mut out = [0; MAX_BYTES];
        let (len, sound) = decode(text.as_bytes(), &mut out);
        sound.then(|| out[..len].to_vec())
    }

    /// RFC 4648 §10.
    #[test]
    fn the_vectors_of_the_rfc() {
        for (plain, encoded) in [
            ("", ""),
            ("f", "my"),
            ("fo", "mzxq"),
            ("foo", "mzxw6"),
            ("foob", "mzxw6yq"),
            ("fooba", "mzxw6ytb"),
            ("foobar", "mzxw6ytboi"),
        ] {
            assert_eq!(text(plain.as_bytes()), encoded);
            assert_eq!(bytes(encoded).as_deref(), Some(plain.as_bytes()));
            assert_eq!(
                bytes(&encoded.to_ascii_uppercase()).as_deref(),
                Some(plain.as_bytes())
            );
        }
    }

    #[test]
    fn another_reader_agrees_on_every_length() {
        let data: Vec<u8> = (0..36_u8)
            .map(|n| n.wrapping_mul(151).wrapping_add(13))
            .collect();
        for len in 0..=MAX_BYTES {
            let ours = text(&data[..len]);
            assert_eq!(
                ours,
                data_encoding::BASE32_NOPAD
                    .encode(&data[..len])
                    .to_ascii_lowercase()
            );
            assert_eq!(ours.len(), chars_for(len));
            assert_eq!(bytes_within(ours.len()), len);
            assert_eq!(bytes(&ours).as_deref(), Some(&data[..len]));
        }
    }

    #[test]
    fn one_text_for_one_token() {
        // "mz" would be "f" with two trailing bits set; "m", "mzx" and "mzxw6y" are lengths of no number of bytes.
        for bad in [
            "mz",
            "m",
            "mzx",
            "mzxw6y",
            "my======",
            "m1",
            "m y",
            "m\u{130}",
            "mzxw6ytb\0",
            "0y",
            "8y",
            "9y",
        ] {
            assert_eq!(bytes(bad), None, "{bad:?}");
        }
        assert!(bytes(&"a".repeat(58)).is_some());
        assert_eq!(bytes(&"a".repeat(59)), None);
        assert_eq!(bytes(&"a".repeat(64)), None);
    }
}
