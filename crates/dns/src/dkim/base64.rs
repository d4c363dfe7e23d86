//! Base64 with white space anywhere in it (RFC 6376 §2.10, RFC 4648 §4).

use base64_simd::STANDARD;
use data_encoding::{BASE64, DecodeKind};

use crate::syntax::Stop;

/// The octets. Padding is wanted, and bits that a last group leaves over must be zero: who signs and who verifies must read the
/// same key.
pub(super) fn decode(text: &[u8]) -> Result<Vec<u8>, Stop<'_>> {
    const PADDING: &str = "base64 with its padding";
    // Nearly every key comes without white space; the vectorised decoder is as strict, and does not say where an error is.
    if let Ok(octets) = STANDARD.decode_to_vec(text) {
        return Ok(octets);
    }
    let is_white = |octet: &u8| matches!(octet, b' ' | b'\t' | b'\r' | b'\n');
    let dense: Vec<u8> = text
        .iter()
        .copied()
        .filter(|octet| !is_white(octet))
        .collect();
    let stop = |at: usize, expected| {
        let mut letters = text
            .iter()
            .enumerate()
            .filter(|(_, octet)| !is_white(octet));
        let at = letters.nth(at).map_or(text.len(), |(at, _)| at);
        Stop::new(text.get(at..).unwrap_or_default(), expected)
    };
    // One padded text behind another is two texts, which the library would join.
    if let Some(end) = memchr::memchr(b'=', &dense)
        && let Some(more) = dense.iter().skip(end).position(|octet| *octet != b'=')
    {
        return Err(stop(end + more, "base64"));
    }
    BASE64.decode(&dense).map_err(|error| match error.kind {
        DecodeKind::Symbol => stop(error.position, "base64"),
        _ => stop(error.position, PADDING),
    })
}

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
