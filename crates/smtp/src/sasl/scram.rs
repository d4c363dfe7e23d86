//! SCRAM-SHA-256 (RFC 5802, RFC 7677), without channel binding.

use subtle::ConstantTimeEq;
use zeroize::{Zeroize, ZeroizeOnDrop};

use super::NONCE_OCTETS;
use super::hash::{hmac_sha256, salted_password, sha256};
use super::message::{read_saslname, saslname};
use crate::secret::Secret;
use crate::wire::sasl::{decode, encode};

/// Fewer rounds than RFC 7677 §4 asks for make a stolen exchange cheap to guess from.
const MIN_ITERATIONS: u32 = 4_096;

/// More rounds are a server that keeps its clients busy: this many take half a second.
const MAX_ITERATIONS: u32 = 1_000_000;

/// The GS2 header of a client that does not bind the channel, in base64 where it is repeated.
const NO_BINDING: &str = "n,,";

/// What a server keeps of a password for SCRAM-SHA-256: enough to check it, too little to log in elsewhere with it.
///
/// A password of non-ASCII characters is used as it comes: clients that prepare it (RFC 4013) and those that do not differ
/// there.
///
/// ```
/// use inreply_smtp::sasl::ScramKeys;
/// use inreply_smtp::secret::Secret;
///
/// let keys = ScramKeys::derive(&Secret::new("pencil"), b"W[m:{OD1fMOj", 4_096);
/// assert_eq!(format!("{keys:?}"), "ScramKeys(..)");
/// ```
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct ScramKeys {
    salt: Vec<u8>,
    iterations: u32,
    stored: [u8; 32],
    server: [u8; 32],
}

impl ScramKeys {
    /// The keys of a password; `iterations` below 4,096 are raised to it (RFC 7677 §4).
    pub fn derive(password: &Secret, salt: &[u8], iterations: u32) -> Self {
        let iterations = iterations.max(MIN_ITERATIONS);
        let salted = salted_password(password.expose(), salt, iterations);
        Self {
            salt: salt.to_vec(),
            iterations,
            stored: sha256(&hmac_sha256(&salted, b"Client Key")),
            server: hmac_sha256(&salted, b"Server Key"),
        }
    }

    /// Whether they were made of this password.
    pub(super) fn is_of(&self, password: &Secret) -> bool {
        let other = Self::derive(password, &self.salt, self.iterations);
        self.stored.ct_eq(&other.stored).into()
    }
}

impl std::fmt::Debug for ScramKeys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ScramKeys(..)")
    }
}

/// The server's half of one exchange.
pub(super) struct ScramServer {
    keys: ScramKeys,
    nonce: String,
    /// What both sides have said so far, which the proof is over.
    said: String,
    user: String,
}

impl ScramServer {
    /// The user of a client's first message.
    pub(super) fn user(first: &[u8]) -> Option<String> {
        Self::read_first(first).map(|(user, _, _)| user)
    }

    /// Answers the client's first message.
    pub(super) fn begin(
        first: &[u8],
        nonce: &[u8; NONCE_OCTETS],
        keys: ScramKeys,
    ) -> Option<(Self, Vec<u8>)> {
        let (user, client_nonce, bare) = Self::read_first(first)?;
        let nonce = format!("{client_nonce}{}", encode(nonce));
        let answer = format!("r={nonce},s={},i={}", encode(&keys.salt), keys.iterations);
        let said = format!("{bare},{answer}");
        let server = Self {
            keys,
            nonce,
            said,
            user,
        };
        Some((server, answer.into_bytes()))
    }

    /// Checks the client's last message; gives the user and the server's own proof.
    pub(super) fn finish(self, last: &[u8]) -> Option<(String, Vec<u8>)> {
        let text = std::str::from_utf8(last).ok()?;
        let (without_proof, proof) = text.rsplit_once(",p=")?;
        let mut parts = without_proof.split(',');
        let (binding, nonce) = (parts.next()?, parts.next()?);
        let binding = decode(binding.strip_prefix("c=")?.as_bytes())?;
        // The header that is repeated is the one of the first message: somebody in between could have changed it. A client
        // that could bind the channel and thinks that we cannot (`y`) is right.
        let unbound = binding.starts_with(b"n,") || binding.starts_with(b"y,");
        if !unbound || nonce.strip_prefix("r=")? != self.nonce {
            return None;
        }
        let said = format!("{},{without_proof}", self.said);
        let signature = hmac_sha256(&self.keys.stored, said.as_bytes());
        let proof: [u8; 32] = decode(proof.as_bytes())?.try_into().ok()?;
        let key = xor(&proof, &signature);
        if !bool::from(sha256(&key).ct_eq(&self.keys.stored)) {
            return None;
        }
        let server = format!("v={}", encode(&hmac_sha256(&self.keys.server, said.as_bytes())));
        Some((self.user, server.into_bytes()))
    }

    /// The user, the nonce, and the message without its GS2 header.
    fn read_first(first: &[u8]) -> Option<(String, &str, &str)> {
        let text = std::str::from_utf8(first).ok()?;
        let rest = text.strip_prefix("n,").or_else(|| text.strip_prefix("y,"))?;
        let (_, bare) = rest.split_once(',')?;
        let mut parts = bare.split(',');
        let user = read_saslname(parts.next()?.strip_prefix("n=")?)?;
        let nonce = parts.next()?.strip_prefix("r=")?;
        (!nonce.is_empty()).then_some((user, nonce, bare))
    }
}

/// The client's half of one exchange.
#[derive(Clone)]
pub(crate) struct ScramClient {
    nonce: String,
    first: String,
    /// The signature that the server owes.
    expected: Option<[u8; 32]>,
}

impl ScramClient {
    /// An exchange, and its first message.
    pub(crate) fn begin(user: &str, nonce: &[u8; NONCE_OCTETS]) -> (Self, Secret) {
        let nonce = encode(nonce);
        let first = format!("n={},r={nonce}", saslname(user));
        let message = Secret::new(format!("{NO_BINDING}{first}"));
        let client = Self {
            nonce,
            first,
            expected: None,
        };
        (client, message)
    }

    /// The last message, none where the server's is malformed, repeats a wrong nonce or asks for too few or too many rounds.
    pub(crate) fn prove(&mut self, password: &Secret, server_first: &[u8]) -> Option<Secret> {
        let text = std::str::from_utf8(server_first).ok()?;
        let mut parts = text.split(',');
        let nonce = parts.next()?.strip_prefix("r=")?;
        let salt = decode(parts.next()?.strip_prefix("s=")?.as_bytes())?;
        let iterations: u32 = parts.next()?.strip_prefix("i=")?.parse().ok()?;
        let fresh = nonce.len() > self.nonce.len() && nonce.starts_with(&self.nonce);
        if !fresh || salt.is_empty() || !(MIN_ITERATIONS..=MAX_ITERATIONS).contains(&iterations) {
            return None;
        }
        let salted = salted_password(password.expose(), &salt, iterations);
        let key = hmac_sha256(&salted, b"Client Key");
        let without_proof = format!("c={},r={nonce}", encode(NO_BINDING.as_bytes()));
        let said = format!("{},{text},{without_proof}", self.first);
        let proof = xor(&key, &hmac_sha256(&sha256(&key), said.as_bytes()));
        self.expected = Some(hmac_sha256(&hmac_sha256(&salted, b"Server Key"), said.as_bytes()));
        Some(Secret::new(format!("{without_proof},p={}", encode(&proof))))
    }

    /// Whether the server knows the password too.
    pub(crate) fn is_genuine(&self, server_final: &[u8]) -> bool {
        let signature = server_final
            .strip_prefix(b"v=")
            .and_then(|signature| decode(signature.split(|octet| *octet == b',').next()?));
        match (signature, &self.expected) {
            (Some(signature), Some(expected)) => signature.ct_eq(expected).into(),
            _ => false,
        }
    }
}

fn xor(one: &[u8; 32], other: &[u8; 32]) -> [u8; 32] {
    let mut sum = *one;
    sum.iter_mut().zip(other).for_each(|(sum, octet)| *sum ^= octet);
    sum
}

#[cfg(test)]
mod tests {
    use super::*;

    fn password() -> Secret {
        Secret::new("pencil")
    }

    /// RFC 7677 §3, whose nonces are text and not base64 of 18 octets.
    #[test]
    fn the_example_of_the_rfc() {
        let mut client = ScramClient {
            nonce: "rOprNGfwEbeRWgbNEkqO".to_owned(),
            first: "n=user,r=rOprNGfwEbeRWgbNEkqO".to_owned(),
            expected: None,
        };
        let last = client
            .prove(
                &password(),
                b"r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096",
            )
            .unwrap();
        assert_eq!(
            last.expose_str().unwrap(),
            "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ="
        );
        assert!(client.is_genuine(b"v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4="));
        assert!(!client.is_genuine(b"v=7rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4="));
        assert!(!client.is_genuine(b"e=other-error"));
    }

    #[test]
    fn both_halves_agree_only_on_one_password() {
        for (typed, right) in [("pencil", true), ("Pencil", false)] {
            let (mut client, first) = ScramClient::begin("a=b,c", &[1; NONCE_OCTETS]);
            let keys = ScramKeys::derive(&password(), b"salt", 0);
            let (server, challenge) = ScramServer::begin(first.expose(), &[2; NONCE_OCTETS], keys).unwrap();
            let last = client.prove(&Secret::new(typed), &challenge).unwrap();
            let finished = server.finish(last.expose());
            assert_eq!(finished.is_some(), right);
            if let Some((user, proof)) = finished {
                assert_eq!(user, "a=b,c");
                assert!(client.is_genuine(&proof));
            }
        }
    }

    #[test]
    fn a_server_that_cheats_gets_no_proof() {
        let (mut client, _) = ScramClient::begin("ann", &[0; NONCE_OCTETS]);
        let nonce = encode(&[0; NONCE_OCTETS]);
        for bad in [
            format!("r={nonce},s=c2FsdA==,i=4096"),
            "r=other,s=c2FsdA==,i=4096".to_owned(),
            format!("r={nonce}x,s=c2FsdA==,i=4095"),
            format!("r={nonce}x,s=c2FsdA==,i=1000001"),
            format!("r={nonce}x,s=,i=4096"),
            format!("r={nonce}x,s=!,i=4096"),
            format!("r={nonce}x"),
        ] {
            assert!(client.prove(&password(), bad.as_bytes()).is_none(), "{bad}");
        }
    }
}
