//! The verification of one signature (RFC 6376 §6.1).

use std::collections::HashMap;

use inreply_dns::dkim::{Key, KeyRecord};
use inreply_dns::lookup::{Question, Resolution};
use inreply_dns::record::Kind;
use inreply_mime::Message;
use inreply_mime::message::Field;
use memchr::memrchr;
use ring::signature::{
    ED25519, RSA_PKCS1_1024_8192_SHA256_FOR_LEGACY_USE_ONLY, RsaPublicKeyComponents,
    UnparsedPublicKey,
};
use sha2::{Digest, Sha256};

use super::signature::{Algorithm, Signature, SignatureError};
use super::verdicts::{AuthResult, Dkim};

/// "Verifiers MUST NOT consider signatures using RSA keys of less than 1024 bits as valid signatures" (RFC 8301 §3.2); and what
/// is longer than ring's most costs more time than a stranger's message is worth.
const RSA_BITS: std::ops::RangeInclusive<usize> = 1_024..=8_192;

/// A signature on its way to a verdict.
#[derive(Debug, Clone)]
pub(super) struct Candidate {
    found: Dkim,
    /// What is left to be done; nothing where the result stands.
    open: Option<Open>,
}

#[derive(Debug, Clone)]
struct Open {
    signature: Signature,
    /// The octets that are signed.
    header: Vec<u8>,
    /// The body has octets behind `l=`.
    partial: bool,
}

impl Candidate {
    /// Reads a field and does all that needs no key.
    pub(super) fn new(message: &Message<'_>, field: &Field<'_>, now: u64) -> Self {
        let mut candidate = Self {
            found: Dkim::default(),
            open: None,
        };
        match Signature::parse(field.raw()) {
            Ok(signature) => candidate.begin(message, field, signature, now),
            Err(error) => {
                let result = match error {
                    // RFC 8301 §3.1: "permanently failed"; RFC 8601 §2.7.1: "such as a required header field being absent".
                    SignatureError::Algorithm | SignatureError::FromNotSigned => {
                        AuthResult::PermError
                    }
                    // "contained syntax errors or were not otherwise able to be processed"
                    _ => AuthResult::Neutral,
                };
                candidate.decide(result, &error.to_string());
            }
        }
        candidate
    }

    fn begin(&mut self, message: &Message<'_>, field: &Field<'_>, signature: Signature, now: u64) {
        let mut start = data_encoding::BASE64.encode(&signature.octets);
        start.truncate(8);
        self.found = Dkim {
            domain: Some(signature.domain.as_str().to_owned()),
            selector: Some(signature.selector.clone()),
            algorithm: Some(signature.algorithm.to_string()),
            signature: Some(start),
            ..Dkim::default()
        };
        if signature.expires_at.is_some_and(|expires| expires < now) {
            return self.decide(AuthResult::Fail, "the signature has expired");
        }
        let raw = message.raw();
        let body = message
            .part(0)
            .map_or(raw.len(), |part| part.body_range().start);
        let body = raw.get(body..).unwrap_or_default();
        let (hash, length) = signature.body.hash(body, signature.length);
        if signature.length.is_some_and(|signed| signed > length) {
            return self.decide(AuthResult::Fail, "the body is shorter than what was signed");
        }
        if hash != signature.body_hash {
            return self.decide(AuthResult::Fail, "the body was changed");
        }
        self.open = Some(Open {
            header: signed_header(message, field, &signature),
            partial: signature.length.is_some_and(|signed| signed < length),
            signature,
        });
    }

    /// Where the key stands; nothing where the result does.
    pub(super) fn question(&self) -> Option<Question> {
        let open = self.open.as_ref()?;
        Some(Question::new(open.signature.key_name().clone(), Kind::Txt))
    }

    /// Takes the answer to [`Candidate::question`].
    pub(super) fn answer(&mut self, answer: &Resolution) {
        let Some(open) = self.open.take() else { return };
        match open.verify(answer) {
            Ok(()) => self.found.result = AuthResult::Pass,
            Err((result, reason)) => self.decide(result, reason),
        }
    }

    /// What is found; none while a key is missing.
    pub(super) fn found(&self) -> Option<&Dkim> {
        self.open.is_none().then_some(&self.found)
    }

    fn decide(&mut self, result: AuthResult, reason: &str) {
        self.found.result = result;
        self.found.reason = Some(reason.to_owned());
    }
}

/// The fields of `h=`, of each name the lowest that is not taken yet, and the signature's own without its `b=` (RFC 6376 §3.7,
/// §5.4.2). A name that has none left signs that there is none.
fn signed_header(message: &Message<'_>, own: &Field<'_>, signature: &Signature) -> Vec<u8> {
    let raw = message.raw();
    let mut stacks: HashMap<String, Vec<Field<'_>>> = HashMap::new();
    for field in message.headers() {
        let name = field.name().to_ascii_lowercase();
        stacks.entry(name).or_default().push(field);
    }
    let mut header = Vec::new();
    for name in &signature.fields {
        if let Some(field) = stacks.get_mut(name).and_then(Vec::pop) {
            signature
                .header
                .field(name_of(raw, &field), field.raw(), &mut header);
            header.extend_from_slice(b"\r\n");
        }
    }
    let value = Signature::unsigned(own.raw());
    signature
        .header
        .field(name_of(raw, own), &value, &mut header);
    header
}

/// A field's name with the white space before its colon.
fn name_of<'a>(raw: &'a [u8], field: &Field<'_>) -> &'a [u8] {
    // The colon, which stands on the line of the name, is right before the value.
    let colon = field.range().start.saturating_sub(1);
    let before = raw.get(..colon).unwrap_or_default();
    let start = memrchr(b'\n', before).map_or(0, |feed| feed + 1);
    &before[start..]
}

impl Open {
    fn verify(&self, answer: &Resolution) -> Result<(), (AuthResult, &'static str)> {
        use AuthResult::{Fail, Neutral, PermError, Policy, TempError};
        if answer.failed() || answer.chain.looped {
            return Err((TempError, "the lookup of the key failed"));
        }
        let texts: Vec<&[u8]> = answer.texts().collect();
        let keys: Vec<KeyRecord> = texts
            .iter()
            .filter_map(|text| KeyRecord::parse(std::str::from_utf8(text).ok()?).ok())
            .collect();
        let [key] = &keys[..] else {
            // §3.6.2.2: with several, "the results are undefined"; one that depends on their order would be worse.
            return Err(match (texts.len(), keys.len()) {
                (0, _) => (PermError, "there is no key"),
                (_, 0) => (PermError, "the key cannot be read"),
                _ => (PermError, "there are several keys"),
            });
        };
        if !key.is_for_email() || !key.allows_sha256() {
            return Err((PermError, "the key is not for this"));
        }
        if key.strict && self.signature.identity != self.signature.domain {
            return Err((PermError, "the key is not for domains below its own"));
        }
        let octets = &self.signature.octets;
        let holds = match (self.signature.algorithm, &key.key) {
            (_, Key::Revoked) => return Err((PermError, "the key was revoked")),
            (Algorithm::Ed25519Sha256, Key::Ed25519(public)) => {
                // RFC 8463 §3: what is signed is the hash.
                let hash = Sha256::digest(&self.header);
                UnparsedPublicKey::new(&ED25519, public)
                    .verify(&hash, octets)
                    .is_ok()
            }
            (Algorithm::RsaSha256, Key::Rsa { bits, .. }) if !RSA_BITS.contains(bits) => {
                return Err((PermError, "the key is too short, or too long"));
            }
            (Algorithm::RsaSha256, key) if key.rsa_numbers().is_some() => {
                let (n, e) = key.rsa_numbers().unwrap_or_default();
                RsaPublicKeyComponents { n, e }
                    .verify(
                        &RSA_PKCS1_1024_8192_SHA256_FOR_LEGACY_USE_ONLY,
                        &self.header,
                        octets,
                    )
                    .is_ok()
            }
            _ => return Err((PermError, "the key is of another type")),
        };
        if !holds {
            return Err((Fail, "the header was changed, or the key is another"));
        }
        if key.testing {
            return Err((Neutral, "the domain is testing"));
        }
        if self.partial {
            return Err((Policy, "a part of the body is not signed"));
        }
        Ok(())
    }
}
