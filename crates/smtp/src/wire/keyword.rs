//! Keywords: words that are read without regard to case (RFC 5321 §2.4).

/// Whether `word` is `keyword`, which is written in upper case. The bit of the case is masked out where the keyword has
/// a letter; both are arrays of known length, so that it comes down to one comparison of a number.
pub(crate) fn is_keyword<const N: usize>(word: &[u8], keyword: &[u8; N]) -> bool {
    <&[u8; N]>::try_from(word).is_ok_and(|word| {
        word.iter()
            .zip(keyword)
            .fold(0, |different, (octet, letter)| {
                let mask = if letter.is_ascii_uppercase() {
                    0xdf
                } else {
                    0xff
                };
                different | ((octet & mask) ^ letter)
            })
            == 0
    })
}

#[cfg(test)]
mod tests {
    use super::is_keyword;

    #[test]
    fn case_is_the_only_thing_that_may_differ() {
        for word in ["SIZE", "size", "SiZe"] {
            assert!(is_keyword(word.as_bytes(), b"SIZE"), "{word}");
        }
        for word in ["", "SIZ", "SIZES", "\x13IZE", "SIZE\0", "s1ze"] {
            assert!(!is_keyword(word.as_bytes(), b"SIZE"), "{word:?}");
        }
        // What differs from a letter by the bit of the case only.
        assert!(!is_keyword(b"\rT-PRIORITY", b"MT-PRIORITY"));
        assert!(!is_keyword(b"MT\rPRIORITY", b"MT-PRIORITY"));
        assert!(!is_keyword(b"\x18BITMIME", b"8BITMIME"));
    }
}
