//! A private key that signs.

use std::fmt;

use inreply_dns::dkim::Key;
use ring::rand::SystemRandom;
use ring::signature::{Ed25519KeyPair, KeyPair, RSA_PKCS1_SHA256, RsaKeyPair};
use rustls_pki_types::PrivateKeyDer;
use rustls_pki_types::pem::PemObject;
use sha2::{Digest, Sha256};

use super::der;
use crate::auth::Algorithm;

/// The private half of a key.
///
/// A key of RSA comes from `SigningKey::generate_rsa` (feature `rsa`) or `openssl genrsa 2048`. One of Ed25519 comes from
/// [`SigningKey::generate_ed25519`] or `openssl genpkey -algorithm ed25519`.
///
/// ```
/// use inreply::sign::{KeyError, SigningKey};
///
/// let (key, pem) = SigningKey::generate_ed25519()?;
/// assert_eq!(SigningKey::from_pem(&pem)?.public(), key.public());
/// assert_eq!(format!("{key:?}"), "SigningKey(Ed25519Sha256)");
/// assert!(matches!(SigningKey::from_pem("secret"), Err(KeyError::NotPem)));
/// # Ok::<(), KeyError>(())
/// ```
pub struct SigningKey(Pair);

enum Pair {
    Ed25519(Ed25519KeyPair),
    Rsa(Box<RsaKeyPair>),
}

/// Why a text is no key that signs.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum KeyError {
    /// There is no block `PRIVATE KEY` or `RSA PRIVATE KEY`; an encrypted one has another name.
    #[error("no private key in PEM: an unencrypted block PRIVATE KEY or RSA PRIVATE KEY")]
    NotPem,
    /// It is a key, or is none, of which ring says so: RSA has 2,048 to 4,096 bits.
    #[error("the key is neither Ed25519 nor RSA of 2,048 to 4,096 bits: {0}")]
    Rejected(String),
    /// The operating system gives no random numbers.
    #[error("no random numbers")]
    Random,
}

impl SigningKey {
    /// Reads a key in PEM: PKCS #8 of either kind, or PKCS #1 of RSA.
    ///
    /// # Errors
    /// [`KeyError::NotPem`], or [`KeyError::Rejected`] as for DER.
    pub fn from_pem(text: &str) -> Result<Self, KeyError> {
        let found = PrivateKeyDer::from_pem_slice(text.as_bytes());
        Self::from_der(found.map_err(|_| KeyError::NotPem)?.secret_der())
    }

    /// Reads a key in DER: PKCS #8 of either kind, or PKCS #1 of RSA.
    ///
    /// # Errors
    /// [`KeyError::Rejected`] where it is neither, or an RSA key of fewer than 2,048 or more than 4,096 bits.
    pub fn from_der(der: &[u8]) -> Result<Self, KeyError> {
        // OpenSSL leaves the public half out, and there is nothing to hold against it.
        if let Ok(pair) = Ed25519KeyPair::from_pkcs8_maybe_unchecked(der) {
            return Ok(Self(Pair::Ed25519(pair)));
        }
        let pair = RsaKeyPair::from_pkcs8(der).or_else(|wrong| {
            // What is PKCS #8 and refused says better why.
            RsaKeyPair::from_der(der).map_err(|other| match wrong.to_string().as_str() {
                "InvalidEncoding" => other,
                _ => wrong,
            })
        });
        let pair = pair.map_err(|wrong| KeyError::Rejected(wrong.to_string()))?;
        Ok(Self(Pair::Rsa(Box::new(pair))))
    }

    /// Makes a key of Ed25519, and gives it in PEM as well, to be kept where nobody else reads it.
    ///
    /// # Errors
    /// [`KeyError::Random`]
    pub fn generate_ed25519() -> Result<(Self, String), KeyError> {
        let pkcs8 = Ed25519KeyPair::generate_pkcs8(&SystemRandom::new());
        let pkcs8 = pkcs8.map_err(|_| KeyError::Random)?;
        Ok((Self::from_der(pkcs8.as_ref())?, der::to_pem(pkcs8.as_ref())))
    }

    /// Makes a key of RSA of 2,048 bits, the size that every receiver verifies (RFC 8301 §3.2), and gives it in PEM as well, to
    /// be kept where nobody else reads it. It searches for primes: a second or so of one core.
    ///
    /// ```
    /// use inreply::auth::Algorithm;
    /// use inreply::sign::SigningKey;
    ///
    /// let (key, pem) = SigningKey::generate_rsa()?;
    /// assert_eq!(key.algorithm(), Algorithm::RsaSha256);
    /// assert_eq!(SigningKey::from_pem(&pem)?.public(), key.public());
    /// # Ok::<(), inreply::sign::KeyError>(())
    /// ```
    ///
    /// # Errors
    /// [`KeyError::Random`]
    #[cfg(feature = "rsa")]
    pub fn generate_rsa() -> Result<(Self, String), KeyError> {
        use rsa::pkcs8::EncodePrivateKey;

        let made = rsa::PrivateKey::new(&mut getrandom::SysRng, RSA_BITS);
        let pkcs8 = made.map_err(|_| KeyError::Random)?.to_pkcs8_der();
        let pkcs8 = pkcs8.map_err(|error| KeyError::Rejected(error.to_string()))?;
        Ok((
            Self::from_der(pkcs8.as_bytes())?,
            der::to_pem(pkcs8.as_bytes()),
        ))
    }

    /// The public half, as it stands in the DNS.
    pub fn public(&self) -> Key {
        match &self.0 {
            Pair::Ed25519(pair) => {
                let mut octets = [0; 32];
                octets.copy_from_slice(pair.public_key().as_ref());
                Key::Ed25519(octets)
            }
            Pair::Rsa(pair) => Key::Rsa {
                der: der::public_key_info(pair.public().as_ref()),
                bits: pair.public().modulus_len() * 8,
            },
        }
    }

    /// How it signs.
    pub fn algorithm(&self) -> Algorithm {
        match self.0 {
            Pair::Ed25519(_) => Algorithm::Ed25519Sha256,
            Pair::Rsa(_) => Algorithm::RsaSha256,
        }
    }

    /// The signature of a header.
    pub(super) fn sign(&self, header: &[u8]) -> Option<Vec<u8>> {
        match &self.0 {
            // RFC 8463 §3: what is signed is the hash.
            Pair::Ed25519(pair) => Some(pair.sign(&Sha256::digest(header)).as_ref().to_vec()),
            Pair::Rsa(pair) => {
                let mut octets = vec![0; pair.public().modulus_len()];
                let random = SystemRandom::new();
                pair.sign(&RSA_PKCS1_SHA256, &random, header, &mut octets)
                    .ok()?;
                Some(octets)
            }
        }
    }
}

/// What it is, not the key.
impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SigningKey({:?})", self.algorithm())
    }
}

/// Bits of a key that is made: one of 4,096 does not fit what many web panels of DNS take.
#[cfg(feature = "rsa")]
const RSA_BITS: usize = 2_048;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_found_among_other_blocks() {
        let (key, pem) = SigningKey::generate_ed25519().unwrap();
        let behind = format!("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n{pem}");
        for text in [&pem, &behind] {
            assert_eq!(SigningKey::from_pem(text).unwrap().public(), key.public());
        }
        for none in [
            "",
            "AAAA",
            "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n",
        ] {
            assert_eq!(
                SigningKey::from_pem(none).err(),
                Some(KeyError::NotPem),
                "{none}"
            );
        }
    }
}
