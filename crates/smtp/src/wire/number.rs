//! `1*DIGIT`.

/// The number that one or more digits and nothing else say; none where it exceeds 64 bits, for it must not wrap.
/// `u64::from_str` would take a leading `+`.
pub(crate) fn number(digits: &[u8]) -> Option<u64> {
    if digits.is_empty() {
        return None;
    }
    digits.iter().try_fold(0_u64, |number, digit| {
        if !digit.is_ascii_digit() {
            return None;
        }
        number.checked_mul(10)?.checked_add(u64::from(digit - b'0'))
    })
}

#[cfg(test)]
mod tests {
    use super::number;

    #[test]
    fn a_number_is_made_of_digits_and_does_not_wrap() {
        assert_eq!(number(b"0"), Some(0));
        assert_eq!(number(b"0042"), Some(42));
        assert_eq!(number(b"18446744073709551615"), Some(u64::MAX));
        for bad in [
            "",
            "+1",
            "-1",
            "1 ",
            "a",
            "18446744073709551616",
            "99999999999999999999",
        ] {
            assert_eq!(number(bad.as_bytes()), None, "{bad}");
        }
    }
}
