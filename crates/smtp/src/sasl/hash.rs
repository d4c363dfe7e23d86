//! The keyed hashes of CRAM-MD5 and SCRAM.

use hmac::{Hmac, KeyInit, Mac};
use md5::Md5;
use sha2::{Digest, Sha256};

/// HMAC-MD5 (RFC 2104) in lower case hex, as CRAM-MD5 sends it.
pub(super) fn hmac_md5(key: &[u8], text: &[u8]) -> String {
    let mut state = keyed::<Hmac<Md5>>(key);
    state.update(text);
    let digest = state.finalize().into_bytes();
    digest.iter().map(|octet| format!("{octet:02x}")).collect()
}

pub(super) fn hmac_sha256(key: &[u8], text: &[u8]) -> [u8; 32] {
    let mut state = keyed::<Hmac<Sha256>>(key);
    state.update(text);
    state.finalize().into_bytes().into()
}

pub(super) fn sha256(octets: &[u8]) -> [u8; 32] {
    Sha256::digest(octets).into()
}

/// `Hi` of RFC 5802 §2.2, which is PBKDF2 with one block.
pub(super) fn salted_password(password: &[u8], salt: &[u8], iterations: u32) -> [u8; 32] {
    let state = keyed::<Hmac<Sha256>>(password);
    let round = |text: &[&[u8]]| -> [u8; 32] {
        let mut state = state.clone();
        text.iter().for_each(|part| state.update(part));
        state.finalize().into_bytes().into()
    };
    let mut last = round(&[salt, &1_u32.to_be_bytes()]);
    let mut sum = last;
    for _ in 1..iterations {
        last = round(&[&last]);
        sum.iter_mut().zip(last).for_each(|(sum, octet)| *sum ^= octet);
    }
    sum
}

fn keyed<M: KeyInit>(key: &[u8]) -> M {
    // HMAC takes a key of any length (RFC 2104 §2); the crate has no error to give, only the signature.
    #[allow(clippy::expect_used)]
    M::new_from_slice(key).expect("a key of any length")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 2195 §2.
    #[test]
    fn the_example_of_cram_md5() {
        assert_eq!(
            hmac_md5(b"tanstaaftanstaaf", b"<1896.697170952@postoffice.reston.mci.net>"),
            "b913a602c7eda7a495b4e6e7334d3890"
        );
    }
}
