//! Key records as types.

use std::collections::BTreeSet;
use std::fmt;

use data_encoding::BASE64;

use super::base64::decode;
use super::der::{rsa_bits, rsa_numbers};
use super::words::{Words, check};
use crate::syntax::{Parsed, SyntaxError, ascii, stop, whole};
use crate::tags::{Style, Tag, parts};

/// A key record at `SELECTOR._domainkey` (RFC 6376 §3.6.1).
///
/// ```
/// use inreply_dns::dkim::{Key, KeyRecord};
///
/// // RFC 8463 appendix A.2.
/// let text = "v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=";
/// let record = KeyRecord::parse(text)?;
/// assert!(matches!(record.key, Key::Ed25519(_)));
/// assert_eq!(record.to_string(), text);
/// let error = KeyRecord::parse("v=DKIM1; p=MII!").unwrap_err();
/// assert_eq!(error.to_string(), "expected base64 at octet 14");
/// # Ok::<(), inreply_dns::SyntaxError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct KeyRecord {
    /// `p=` and `k=`: the key.
    pub key: Key,
    /// `h=`: the hash algorithms that may be used; any where empty.
    pub hashes: Words,
    /// `n=`: a note for people.
    pub notes: Option<Box<str>>,
    /// `s=`: what the key is for; everything where empty.
    pub services: Words,
    /// `t=y`: the domain is testing DKIM; "verifiers MUST NOT treat messages from Signers in testing mode differently from
    /// unsigned email".
    pub testing: bool,
    /// `t=s`: the domain of `i=` must be that of `d=`, not one below it.
    pub strict: bool,
}

/// A public key.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Key {
    /// `k=ed25519` (RFC 8463 §3).
    Ed25519([u8; 32]),
    /// `p=` is empty: the key is no more.
    Revoked,
    /// `k=rsa`
    Rsa {
        /// The key's DER.
        der: Vec<u8>,
        /// The modulus' length in bits.
        bits: usize,
    },
}

/// Spaces are folding white space (RFC 6376 §2.8).
struct Tags;

impl Style for Tags {
    const LOOSE: bool = true;
    const OPEN_VALUE: bool = true;
    const OPEN_END: bool = false;

    fn is_name(octet: u8) -> bool {
        octet.is_ascii_alphanumeric() || octet == b'_'
    }

    fn is_space(octet: u8) -> bool {
        matches!(octet, b' ' | b'\t' | b'\r' | b'\n')
    }
}

impl KeyRecord {
    /// The record of a key, without tags that say what is so anyway.
    pub fn new(key: Key) -> Self {
        Self {
            key,
            hashes: Words::default(),
            notes: None,
            services: Words::default(),
            testing: false,
            strict: false,
        }
    }

    /// Reads a record.
    ///
    /// # Errors
    /// Where the text does not follow the grammar, a tag stands twice, or `p=` is not a key of the type that `k=` names, with
    /// the octet. Key types but rsa and ed25519 are errors too: nobody can verify with one.
    pub fn parse(text: &str) -> Result<Self, SyntaxError> {
        whole(text.as_bytes(), record)
    }

    /// Whether a signature with SHA-256, the one hash that RFC 8301 leaves, may use the key.
    pub fn allows_sha256(&self) -> bool {
        self.hashes.is_empty() || self.hashes.contains("sha256")
    }

    /// Whether the key is for e-mail.
    pub fn is_for_email(&self) -> bool {
        let services = &self.services;
        services.is_empty() || services.contains("*") || services.contains("email")
    }
}

impl Key {
    /// The key of `p=`'s base64 alone: 32 octets are ed25519, all else RSA. White space is passed over.
    ///
    /// # Errors
    /// Where it is neither, with the octet.
    pub fn from_base64(text: &str) -> Result<Self, SyntaxError> {
        let octets = decode(text.as_bytes()).map_err(|stop| stop.within(text.as_bytes()))?;
        if let Ok(key) = octets.as_slice().try_into() {
            return Ok(Self::Ed25519(key));
        }
        match rsa_bits(&octets) {
            Some(bits) => Ok(Self::Rsa { der: octets, bits }),
            None => Err(SyntaxError {
                expected: "an RSA or ed25519 public key",
                at: 0,
            }),
        }
    }

    /// The modulus and the exponent of an RSA key, as big-endian numbers without leading zeros; `None` for any other key.
    ///
    /// ```
    /// use inreply_dns::dkim::Key;
    ///
    /// let Ok(key) = Key::from_base64("MBowDQYJKoZIhvcNAQEBBQADCQAwBgIBDwIBAw==") else { panic!() };
    /// assert_eq!(key.rsa_numbers(), Some((&[15][..], &[3][..])));
    /// ```
    pub fn rsa_numbers(&self) -> Option<(&[u8], &[u8])> {
        match self {
            Self::Rsa { der, .. } => rsa_numbers(der),
            Self::Ed25519(_) | Self::Revoked => None,
        }
    }

    /// `k=`, as a record writes it.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Ed25519(_) => "ed25519",
            Self::Revoked | Self::Rsa { .. } => "rsa",
        }
    }

    /// `p=`, as a record writes it.
    pub fn to_base64(&self) -> String {
        match self {
            Self::Ed25519(key) => BASE64.encode(key),
            Self::Revoked => String::new(),
            Self::Rsa { der, .. } => BASE64.encode(der),
        }
    }
}

/// The tags so far.
#[derive(Default)]
struct Seen<'a> {
    /// Those of one small letter, which all that are known are.
    letters: u32,
    others: BTreeSet<&'a [u8]>,
    any: bool,
    public: Option<&'a [u8]>,
    ed25519: bool,
}

impl<'a> Seen<'a> {
    /// Whether the name is new.
    fn is_new(&mut self, name: &'a [u8]) -> bool {
        match name {
            [letter @ b'a'..=b'z'] => {
                let bit = 1 << (letter - b'a');
                let new = self.letters & bit == 0;
                self.letters |= bit;
                new
            }
            name => self.others.insert(name),
        }
    }
}

/// `tag-list = tag-spec *( ";" tag-spec ) [ ";" ]`, `tag-spec = [FWS] tag-name [FWS] "=" [FWS] tag-value [FWS]`.
fn record(text: &[u8]) -> Parsed<'_, KeyRecord> {
    let mut record = KeyRecord::new(Key::Revoked);
    let mut seen = Seen::default();
    let (rest, first) = Tags::tag(Tags::spaces(text))?;
    apply(&mut record, &mut seen, first)?;
    let (rest, ()) = Tags::rest_of(rest, |tag| apply(&mut record, &mut seen, tag))?;
    let Some(public) = seen.public else {
        return stop(rest, "a p tag");
    };
    let octets = decode(public).map_err(nom::Err::Error)?;
    record.key = if octets.is_empty() {
        Key::Revoked
    } else if seen.ed25519 {
        match octets.as_slice().try_into() {
            Ok(key) => Key::Ed25519(key),
            Err(_) => return stop(public, "an ed25519 key of 32 octets"),
        }
    } else {
        match rsa_bits(&octets) {
            Some(bits) => Key::Rsa { der: octets, bits },
            None => return stop(public, "an RSA public key"),
        }
    };
    Ok((rest, record))
}

/// Takes a tag's value by the rule of its name.
fn apply<'a>(record: &mut KeyRecord, seen: &mut Seen<'a>, tag: Tag<'a>) -> Parsed<'a, ()> {
    if !seen.is_new(tag.name) {
        return stop(tag.name, "each tag once");
    }
    match tag.name {
        b"v" if seen.any => return stop(tag.name, "v= as the first tag"),
        b"v" if tag.value != b"DKIM1" => return stop(tag.value, "\"DKIM1\""),
        b"h" => record.hashes = Words::parse(tag.value)?,
        b"k" if matches!(tag.value, b"rsa" | b"ed25519") => seen.ed25519 = tag.value == b"ed25519",
        b"k" => return stop(tag.value, "\"rsa\" or \"ed25519\""),
        b"n" => record.notes = Some(ascii(tag.value).into()),
        b"p" => seen.public = Some(tag.value),
        b"s" => record.services = Words::parse(tag.value)?,
        b"t" => {
            for flag in parts(tag.value, b':') {
                check(flag)?;
                match flag {
                    b"y" => record.testing = true,
                    b"s" => record.strict = true,
                    // §3.6.1: unrecognized flags are ignored.
                    _ => {}
                }
            }
        }
        _ => {}
    }
    seen.any = true;
    Ok((tag.value, ()))
}

impl fmt::Display for KeyRecord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("v=DKIM1")?;
        if !self.hashes.is_empty() {
            write!(f, "; h={}", self.hashes)?;
        }
        write!(f, "; k={}", self.key.kind())?;
        if let Some(notes) = &self.notes {
            write!(f, "; n={notes}")?;
        }
        if !self.services.is_empty() {
            write!(f, "; s={}", self.services)?;
        }
        match (self.testing, self.strict) {
            (false, false) => {}
            (true, false) => f.write_str("; t=y")?,
            (false, true) => f.write_str("; t=s")?,
            (true, true) => f.write_str("; t=y:s")?,
        }
        write!(f, "; p={}", self.key.to_base64())
    }
}
