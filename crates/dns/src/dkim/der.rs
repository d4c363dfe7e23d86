//! As much DER as an RSA public key takes (RFC 5280 §4.1.2.7, RFC 8017 appendix A.1.1).

/// The modulus and the exponent as big-endian numbers without leading zeros, of a SubjectPublicKeyInfo as everybody publishes,
/// or of a bare RSAPublicKey as the letter of RFC 6376 §3.6.1 has it. `None` where it is neither.
pub(super) fn rsa_numbers(der: &[u8]) -> Option<(&[u8], &[u8])> {
    let (body, []) = element(der, SEQUENCE)? else {
        return None;
    };
    if element(body, INTEGER).is_some() {
        return numbers(body);
    }
    let (algorithm, rest) = element(body, SEQUENCE)?;
    let (oid, _parameters) = element(algorithm, OBJECT_IDENTIFIER)?;
    let (bits, []) = element(rest, BIT_STRING)? else {
        return None;
    };
    match (oid, bits) {
        (RSA_ENCRYPTION, [0, key @ ..]) => {
            let (body, []) = element(key, SEQUENCE)? else {
                return None;
            };
            numbers(body)
        }
        _ => None,
    }
}

/// The modulus' length in bits.
pub(super) fn rsa_bits(der: &[u8]) -> Option<usize> {
    let (modulus, _) = rsa_numbers(der)?;
    let first = modulus.first()?;
    Some(modulus.len() * 8 - first.leading_zeros() as usize)
}

fn numbers(body: &[u8]) -> Option<(&[u8], &[u8])> {
    let (modulus, rest) = element(body, INTEGER)?;
    let (exponent, []) = element(rest, INTEGER)? else {
        return None;
    };
    let plain = |number: &'_ [u8]| number.iter().take_while(|octet| **octet == 0).count();
    Some((&modulus[plain(modulus)..], &exponent[plain(exponent)..]))
}

/// An element of this tag: its content, and what follows it.
fn element(der: &[u8], tag: u8) -> Option<(&[u8], &[u8])> {
    let (&found, rest) = der.split_first()?;
    if found != tag {
        return None;
    }
    let (&first, rest) = rest.split_first()?;
    let (length, rest) = match first {
        short @ 0..=0x7f => (usize::from(short), rest),
        0x81 | 0x82 => {
            let octets = usize::from(first & 0x7f);
            let (length, rest) = rest.split_at_checked(octets)?;
            let length = length
                .iter()
                .fold(0, |sum, octet| sum << 8 | usize::from(*octet));
            (length, rest)
        }
        // A key of 64 KiB and more is none.
        _ => return None,
    };
    rest.split_at_checked(length)
}

const INTEGER: u8 = 0x02;
const BIT_STRING: u8 = 0x03;
const OBJECT_IDENTIFIER: u8 = 0x06;
const SEQUENCE: u8 = 0x30;

/// 1.2.840.113549.1.1.1
const RSA_ENCRYPTION: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01];
