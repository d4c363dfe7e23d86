//! Signs outgoing mail with DKIM (RFC 6376), by RSA, Ed25519 (RFC 8463) or both.
//!
//! Where the relay signs, leave this alone: two signatures of one domain do no harm, but one is enough.
//!
//! # What is signed
//! The whole body and [the fields that a reader sees or acts on](SIGNED), in the relaxed forms, for relays fold lines and
//! change spaces. Each name is signed once more than the message has it ("oversigning", RFC 6376 §8.15): a second From, Subject
//! or List-Unsubscribe that somebody adds breaks the signature. There is a `t=`, no `l=`, which would let others add to the
//! body, and no `x=` unless it is asked for: mail that waits in a queue is not worth less.
//!
//! # Which key?
//! RSA of 2,048 bits: every receiver verifies it, and its record fits two strings of a TXT record. Ed25519 is short and young:
//! put it beside RSA, not in its place, for receivers that do not know it see no signature (RFC 8463 §6).

mod der;
mod key;

use std::fmt::Write;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use data_encoding::BASE64;
use inreply_dns::dkim::KeyRecord;
use inreply_dns::name::{Name, NameError};
use inreply_mime::Message;

pub use self::key::{KeyError, SigningKey};

use crate::auth::Canonical;

/// The fields that are signed where they are there, and whose absence is where not.
pub const SIGNED: [&str; 20] = [
    "From",
    "Sender",
    "Reply-To",
    "To",
    "Cc",
    "Subject",
    "Date",
    "Message-ID",
    "In-Reply-To",
    "References",
    "List-Id",
    "List-Archive",
    "List-Unsubscribe",
    "List-Unsubscribe-Post",
    "Auto-Submitted",
    "MIME-Version",
    "Content-Type",
    "Content-Transfer-Encoding",
    "Content-Disposition",
    "Content-Language",
];

/// Columns of a line of the field: "Each line … SHOULD be no more than 78 characters" (RFC 5322 §2.1.1).
const COLUMNS: usize = 76;

/// Signs for one domain.
///
/// ```
/// use std::time::SystemTime;
/// use inreply::auth::Signature;
/// use inreply::mime::Message;
/// use inreply::sign::{Signer, SigningKey};
///
/// let (key, pem) = SigningKey::generate_ed25519()?;
/// assert!(pem.starts_with("-----BEGIN PRIVATE KEY-----\n"));
/// let signer = Signer::new("noreply.forge.example")?.key("s1", key)?;
/// let signed = signer.sign(b"From: noreply@noreply.forge.example\r\n\r\nhi\r\n", SystemTime::now())?;
/// let message = Message::parse(&signed);
/// let signature = Signature::parse(message.header("dkim-signature").first().unwrap().raw())?;
/// assert_eq!(signature.key_name().to_string(), "s1._domainkey.noreply.forge.example.");
///
/// // What goes into the DNS:
/// let (name, record) = signer.records().next().unwrap();
/// assert_eq!(&name, signature.key_name());
/// assert!(record.to_string().starts_with("v=DKIM1; k=ed25519; p="));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Signer {
    domain: Name,
    keys: Vec<Keyed>,
    lifetime: Option<Duration>,
}

#[derive(Debug)]
struct Keyed {
    selector: String,
    name: Name,
    key: SigningKey,
}

/// Why a message was not signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SignError {
    /// There has to be one (RFC 6376 §5.4), and two would be signed for nobody.
    #[error("a message that is signed has exactly one From field")]
    From,
    /// The key would not sign: the operating system gives no random numbers for RSA's blinding.
    #[error("the key did not sign")]
    Key,
}

impl Signer {
    /// A signer for `domain`, that of From, so that DMARC finds the two aligned; it has no key yet.
    ///
    /// # Errors
    /// Where it is no domain.
    pub fn new(domain: &str) -> Result<Self, NameError> {
        let domain = Name::from_unicode(domain)?;
        if domain.is_root() {
            return Err(NameError);
        }
        Ok(Self {
            domain,
            keys: Vec::new(),
            lifetime: None,
        })
    }

    /// Adds a key and the selector under which its public half stands in the DNS; each key makes a signature of its own.
    ///
    /// # Errors
    /// Where the selector is none: `sub-domain *( "." sub-domain )` (RFC 6376 §3.1).
    pub fn key(mut self, selector: &str, key: SigningKey) -> Result<Self, NameError> {
        let selector = selector.to_ascii_lowercase();
        let is_selector = |octet: u8| octet.is_ascii_alphanumeric() || matches!(octet, b'-' | b'.');
        if selector.is_empty() || !selector.bytes().all(is_selector) {
            return Err(NameError);
        }
        let name = self.domain.child(&format!("{selector}._domainkey"))?;
        self.keys.push(Keyed {
            selector,
            name,
            key,
        });
        Ok(self)
    }

    /// How long a signature holds (`x=`). Defaults to none, for good: what bounds a replay is the token, not the signature.
    #[must_use]
    pub fn lifetime(mut self, lifetime: Duration) -> Self {
        self.lifetime = Some(lifetime);
        self
    }

    /// The domain that is signed for.
    pub fn domain(&self) -> &Name {
        &self.domain
    }

    /// The selectors and their public keys, for [`Config::signing`](inreply_dns::doctor::Config::signing) and with it the plan.
    pub fn selectors(&self) -> impl Iterator<Item = (&str, inreply_dns::dkim::Key)> {
        let keys = self.keys.iter();
        keys.map(|keyed| (keyed.selector.as_str(), keyed.key.public()))
    }

    /// The records that have to stand in the DNS, and where.
    pub fn records(&self) -> impl Iterator<Item = (Name, KeyRecord)> {
        let keys = self.keys.iter();
        keys.map(|keyed| (keyed.name.clone(), KeyRecord::new(keyed.key.public())))
    }

    /// The message with a `DKIM-Signature` of each key in front, signed at `now`. Its lines have to end in `<CR><LF>`.
    ///
    /// # Errors
    /// See [`SignError`].
    pub fn sign(&self, message: &[u8], now: SystemTime) -> Result<Vec<u8>, SignError> {
        let parsed = Message::parse(message);
        if parsed.header("from").count() != 1 {
            return Err(SignError::From);
        }
        let body = parsed
            .part(0)
            .map_or(message.len(), |part| part.body_range().start);
        let (body_hash, _) = Canonical::Relaxed.hash(message.get(body..).unwrap_or_default(), None);
        let (names, mut header) = signed_fields(&parsed);
        let since = now.duration_since(UNIX_EPOCH).unwrap_or_default();

        let mut signed = Vec::with_capacity(message.len() + 1_500 * self.keys.len());
        let length = header.len();
        for keyed in &self.keys {
            let value = self.unsigned(keyed, &names, &body_hash, since);
            header.truncate(length);
            // RFC 6376 §3.7: the field itself comes last, with an empty `b=` and without its CRLF.
            Canonical::Relaxed.field(b"DKIM-Signature", value.as_bytes(), &mut header);
            let octets = keyed.key.sign(&header).ok_or(SignError::Key)?;
            signed.extend_from_slice(b"DKIM-Signature:");
            signed.extend_from_slice(value.as_bytes());
            for line in BASE64.encode(&octets).as_bytes().chunks(COLUMNS - 2) {
                signed.extend_from_slice(b"\r\n\t");
                signed.extend_from_slice(line);
            }
            signed.extend_from_slice(b"\r\n");
        }
        signed.extend_from_slice(message);
        Ok(signed)
    }

    /// The field's value up to its `b=`.
    fn unsigned(
        &self,
        keyed: &Keyed,
        names: &[&str],
        body_hash: &[u8; 32],
        since: Duration,
    ) -> String {
        let mut value = format!(
            " v=1; a={}; c=relaxed/relaxed;\r\n\td={}; s={};\r\n\tt={};",
            keyed.key.algorithm(),
            self.domain.as_str(),
            keyed.selector,
            since.as_secs(),
        );
        if let Some(lifetime) = self.lifetime {
            // "The value of the "x=" tag MUST be greater than the value of the "t=" tag".
            let expires = since.as_secs().saturating_add(lifetime.as_secs().max(1));
            let _ = write!(value, " x={expires};");
        }
        value.push_str("\r\n\th=");
        let mut column = 3;
        for (at, name) in names.iter().enumerate() {
            let separator = if at == 0 { "" } else { ":" };
            if column + separator.len() + name.len() + 1 > COLUMNS {
                value.push_str(separator);
                value.push_str("\r\n\t");
                column = 1;
            } else {
                value.push_str(separator);
                column += separator.len();
            }
            value.push_str(name);
            column += name.len();
        }
        let _ = write!(value, ";\r\n\tbh={};\r\n\tb=", BASE64.encode(body_hash));
        value
    }
}

/// The names of `h=`, and the fields that they stand for in canonical form: of each name from the bottom up (RFC 6376
/// §5.4.2), and once more than there are.
fn signed_fields(message: &Message<'_>) -> (Vec<&'static str>, Vec<u8>) {
    let (mut names, mut header) = (Vec::new(), Vec::new());
    for name in SIGNED {
        let mut fields: Vec<_> = message
            .headers()
            .filter(|field| field.name().eq_ignore_ascii_case(name))
            .collect();
        while let Some(field) = fields.pop() {
            Canonical::Relaxed.field(name.as_bytes(), field.raw(), &mut header);
            header.extend_from_slice(b"\r\n");
            names.push(name);
        }
        names.push(name);
    }
    (names, header)
}

#[cfg(test)]
mod tests;
