//! The field `DKIM-Signature` (RFC 6376 §3.5).

use std::fmt;

use data_encoding::BASE64;
use inreply_dns::name::Name;

use super::canonical::Canonical;

/// The longest field that is read: the largest key there is makes some 1,400 octets of base64, and signers list hundreds of
/// fields at the very most.
const LONGEST: usize = 16_384;

/// What a signer claims.
///
/// ```
/// use inreply::auth::{Algorithm, Canonical, Signature};
///
/// // RFC 8463 appendix A.3.
/// let signature = Signature::parse(b" v=1; a=ed25519-sha256; c=relaxed/relaxed;\r\n d=football.example.com; \
///     i=@football.example.com;\r\n q=dns/txt; s=brisbane; t=1528637909; h=from : to :\r\n subject : date : message-id : \
///     from : subject : date;\r\n bh=2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=;\r\n \
///     b=/gCrinpcQOoIfuHNQIbq4pgh9kyIK3AQUdt9OdqQehSwhEIug4D11Bus\r\n Fa3bT3FY5OsU7ZbnKELq+eXdp1Q1Dw==")?;
/// assert_eq!((signature.algorithm, signature.body), (Algorithm::Ed25519Sha256, Canonical::Relaxed));
/// assert_eq!(signature.key_name().to_string(), "brisbane._domainkey.football.example.com.");
/// assert_eq!(signature.fields.len(), 8);
/// # Ok::<(), inreply::auth::SignatureError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Signature {
    /// `a=`
    pub algorithm: Algorithm,
    /// `b=`: the signature's octets.
    pub octets: Vec<u8>,
    /// `bh=`: the SHA-256 of the body.
    pub body_hash: [u8; 32],
    /// `c=`, the header's half.
    pub header: Canonical,
    /// `c=`, the body's half.
    pub body: Canonical,
    /// `d=`: who signs.
    pub domain: Name,
    /// `h=`: the names of the fields that are signed, in lower case and in their order. From is one of them.
    pub fields: Vec<String>,
    /// The domain of `i=`, which is `d=` or lies below it.
    pub identity: Name,
    /// `l=`: how many octets of the body are signed; all where it is absent.
    pub length: Option<u64>,
    /// `s=`: which key.
    pub selector: String,
    /// `t=`: when it was signed, in seconds since 1970-01-01 UTC.
    pub signed_at: Option<u64>,
    /// `x=`: how long it holds, in seconds since 1970-01-01 UTC.
    pub expires_at: Option<u64>,
    key_name: Name,
}

/// `a=`: the algorithms of RFC 8301 and RFC 8463.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Algorithm {
    /// `ed25519-sha256`
    Ed25519Sha256,
    /// `rsa-sha256`
    RsaSha256,
}

/// Why a field is no signature that can be verified.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SignatureError {
    /// `a=` is not one of the algorithms; `rsa-sha1` must not be verified (RFC 8301 §3.1).
    #[error("the algorithm is not one that is verified")]
    Algorithm,
    /// `h=` does not sign From (RFC 6376 §5.4).
    #[error("From is not signed")]
    FromNotSigned,
    /// `i=` is not below `d=` (RFC 6376 §3.5).
    #[error("the identity is not below the domain")]
    Identity,
    /// A tag that must be there is not.
    #[error("the tag {0}= is missing")]
    Missing(&'static str),
    /// `q=` offers no way to the key that is known.
    #[error("the key is not in the DNS")]
    Query,
    /// A tag stands twice, which makes the list invalid (RFC 6376 §3.2).
    #[error("a tag stands twice")]
    Repeated,
    /// The list of tags breaks the grammar.
    #[error("not a list of tags")]
    Tags,
    /// A value breaks the grammar.
    #[error("the value of {0}= cannot be read")]
    Value(&'static str),
    /// `v=` is not 1.
    #[error("not version 1")]
    Version,
}

impl Signature {
    /// Reads the value of a field.
    ///
    /// # Errors
    /// See [`SignatureError`].
    pub fn parse(value: &[u8]) -> Result<Self, SignatureError> {
        let tags = Tags::parse(value)?;
        if tags.required("v")? != b"1" {
            return Err(SignatureError::Version);
        }
        let algorithm = match tags.required("a")?.to_ascii_lowercase().as_slice() {
            b"rsa-sha256" => Algorithm::RsaSha256,
            b"ed25519-sha256" => Algorithm::Ed25519Sha256,
            _ => return Err(SignatureError::Algorithm),
        };
        let (header, body) = canonical(tags.get("c"))?;
        let domain = name(tags.required("d")?, "d")?;
        let selector = text(tags.required("s")?, "s")?.to_ascii_lowercase();
        let key_name = format!("{selector}._domainkey.{}", domain.as_str());
        let key_name = name(key_name.as_bytes(), "s")?;
        let identity = match tags.get("i") {
            None => domain.clone(),
            Some(value) => {
                let text = text(value, "i")?;
                let (_, below) = text.rsplit_once('@').ok_or(SignatureError::Value("i"))?;
                name(below.as_bytes(), "i")?
            }
        };
        if !identity.is_within(&domain) {
            return Err(SignatureError::Identity);
        }
        let fields = fields(tags.required("h")?)?;
        if !fields.iter().any(|name| name == "from") {
            return Err(SignatureError::FromNotSigned);
        }
        if let Some(methods) = tags.get("q") {
            let mut methods = methods
                .split(|octet| *octet == b':')
                .map(<[u8]>::trim_ascii);
            if !methods.any(|method| method.eq_ignore_ascii_case(b"dns/txt")) {
                return Err(SignatureError::Query);
            }
        }
        let (signed_at, expires_at) = (
            number(tags.get("t"), "t", 12)?,
            number(tags.get("x"), "x", 12)?,
        );
        // "The value of the "x=" tag MUST be greater than the value of the "t=" tag if both are present."
        if let (Some(signed), Some(expires)) = (signed_at, expires_at)
            && expires <= signed
        {
            return Err(SignatureError::Value("x"));
        }
        Ok(Self {
            algorithm,
            octets: base64(tags.required("b")?, "b")?,
            body_hash: base64(tags.required("bh")?, "bh")?
                .try_into()
                .map_err(|_| SignatureError::Value("bh"))?,
            header,
            body,
            domain,
            fields,
            identity,
            length: number(tags.get("l"), "l", 76)?,
            selector,
            signed_at,
            expires_at,
            key_name,
        })
    }

    /// Where the key stands: `SELECTOR._domainkey.DOMAIN` (RFC 6376 §3.6.2.1).
    pub fn key_name(&self) -> &Name {
        &self.key_name
    }

    /// The value of a field as it is signed: with an empty `b=` (RFC 6376 §3.7), its white space as it came.
    pub fn unsigned(value: &[u8]) -> Vec<u8> {
        let mut out = Vec::with_capacity(value.len());
        for (number, tag) in value.split(|octet| *octet == b';').enumerate() {
            if number > 0 {
                out.push(b';');
            }
            match tag.iter().position(|octet| *octet == b'=') {
                Some(equals) if tag[..equals].trim_ascii() == b"b" => {
                    out.extend_from_slice(&tag[..=equals]);
                }
                _ => out.extend_from_slice(tag),
            }
        }
        out
    }
}

/// One line, as a signer writes it; [`Signature::parse`] reads it back.
impl fmt::Display for Signature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "v=1; a={}; c={}/{}",
            self.algorithm, self.header, self.body
        )?;
        write!(f, "; d={}; s={}", self.domain.as_str(), self.selector)?;
        if self.identity != self.domain {
            write!(f, "; i=@{}", self.identity.as_str())?;
        }
        for (tag, number) in [
            ("l", self.length),
            ("t", self.signed_at),
            ("x", self.expires_at),
        ] {
            if let Some(number) = number {
                write!(f, "; {tag}={number}")?;
            }
        }
        let (hash, octets) = (BASE64.encode(&self.body_hash), BASE64.encode(&self.octets));
        write!(f, "; h={}; bh={hash}; b={octets}", self.fields.join(":"))
    }
}

impl fmt::Display for Algorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Ed25519Sha256 => "ed25519-sha256",
            Self::RsaSha256 => "rsa-sha256",
        })
    }
}

/// `tag-list = tag-spec *( ";" tag-spec ) [ ";" ]` (RFC 6376 §3.2).
struct Tags<'a>(Vec<(&'a [u8], &'a [u8])>);

impl<'a> Tags<'a> {
    fn parse(value: &'a [u8]) -> Result<Self, SignatureError> {
        if value.len() > LONGEST {
            return Err(SignatureError::Tags);
        }
        let mut tags: Vec<(&[u8], &[u8])> = Vec::new();
        let mut specs = value.split(|octet| *octet == b';').map(trim).peekable();
        while let Some(spec) = specs.next() {
            // The list may end with a semicolon.
            if spec.is_empty() && specs.peek().is_none() && !tags.is_empty() {
                break;
            }
            let equals = spec.iter().position(|octet| *octet == b'=');
            let (name, value) = spec.split_at(equals.ok_or(SignatureError::Tags)?);
            let (name, value) = (trim(name), trim(&value[1..]));
            let is_name = name.first().is_some_and(u8::is_ascii_alphabetic)
                && name
                    .iter()
                    .all(|octet| octet.is_ascii_alphanumeric() || *octet == b'_');
            // `VALCHAR`, folding white space, and the letters of RFC 8616.
            let is_value =
                |octet: &u8| octet.is_ascii_graphic() || is_space(*octet) || *octet >= 0x80;
            if !is_name || !value.iter().all(is_value) {
                return Err(SignatureError::Tags);
            }
            tags.push((name, value));
        }
        let mut names: Vec<&[u8]> = tags.iter().map(|(name, _)| *name).collect();
        names.sort_unstable();
        if names.windows(2).any(|pair| pair[0] == pair[1]) {
            return Err(SignatureError::Repeated);
        }
        Ok(Self(tags))
    }

    fn get(&self, name: &str) -> Option<&'a [u8]> {
        let mut tags = self.0.iter();
        let found = tags.find(|(known, _)| *known == name.as_bytes());
        found.map(|(_, value)| *value)
    }

    fn required(&self, name: &'static str) -> Result<&'a [u8], SignatureError> {
        self.get(name).ok_or(SignatureError::Missing(name))
    }
}

fn is_space(octet: u8) -> bool {
    matches!(octet, b' ' | b'\t' | b'\r' | b'\n')
}

fn trim(mut octets: &[u8]) -> &[u8] {
    while let [first, rest @ ..] = octets
        && is_space(*first)
    {
        octets = rest;
    }
    while let [rest @ .., last] = octets
        && is_space(*last)
    {
        octets = rest;
    }
    octets
}

/// `c=`: the body's half defaults to simple, and so do both.
fn canonical(value: Option<&[u8]>) -> Result<(Canonical, Canonical), SignatureError> {
    let Some(value) = value else {
        return Ok((Canonical::Simple, Canonical::Simple));
    };
    let text = text(value, "c")?;
    let (header, body) = text.split_once('/').unwrap_or((text, "simple"));
    let one = |word: &str| match word.to_ascii_lowercase().as_str() {
        "relaxed" => Ok(Canonical::Relaxed),
        "simple" => Ok(Canonical::Simple),
        _ => Err(SignatureError::Value("c")),
    };
    Ok((one(header)?, one(body)?))
}

/// `h=`: `hdr-name *( [FWS] ":" [FWS] hdr-name )`.
fn fields(value: &[u8]) -> Result<Vec<String>, SignatureError> {
    let names = value.split(|octet| *octet == b':').map(trim);
    let names = names.map(|name| {
        // `field-name = 1*ftext`
        if name.is_empty() || !name.iter().all(u8::is_ascii_graphic) {
            return Err(SignatureError::Value("h"));
        }
        Ok(text(name, "h")?.to_ascii_lowercase())
    });
    names.collect()
}

/// A domain in Unicode or A-labels (RFC 8616 §4); the root signs for nobody.
fn name(value: &[u8], tag: &'static str) -> Result<Name, SignatureError> {
    let name = Name::from_unicode(text(value, tag)?).ok();
    name.filter(|name| !name.is_root())
        .ok_or(SignatureError::Value(tag))
}

fn text<'a>(value: &'a [u8], tag: &'static str) -> Result<&'a str, SignatureError> {
    std::str::from_utf8(value).map_err(|_| SignatureError::Value(tag))
}

/// `1*76DIGIT`; what no machine counts to is as large as one can.
fn number(
    value: Option<&[u8]>,
    tag: &'static str,
    digits: usize,
) -> Result<Option<u64>, SignatureError> {
    let Some(value) = value else { return Ok(None) };
    if value.is_empty() || value.len() > digits || !value.iter().all(u8::is_ascii_digit) {
        return Err(SignatureError::Value(tag));
    }
    Ok(Some(text(value, tag)?.parse().unwrap_or(u64::MAX)))
}

/// `base64string`, with white space anywhere (RFC 6376 §2.10).
fn base64(value: &[u8], tag: &'static str) -> Result<Vec<u8>, SignatureError> {
    let dense: Vec<u8> = value
        .iter()
        .copied()
        .filter(|octet| !is_space(*octet))
        .collect();
    let octets = BASE64
        .decode(&dense)
        .map_err(|_| SignatureError::Value(tag))?;
    if octets.is_empty() {
        return Err(SignatureError::Value(tag));
    }
    Ok(octets)
}

#[cfg(test)]
mod tests {
    use super::*;

    const HASH: &str = "bh=2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=";

    fn parse(tags: &str) -> Result<Signature, SignatureError> {
        Signature::parse(
            format!("v=1; a=rsa-sha256; d=a.example; s=s; {HASH}; b=AAAA; {tags}").as_bytes(),
        )
    }

    #[test]
    fn what_is_left_out_has_a_default() {
        let signature = parse("h=From").unwrap();
        assert_eq!(
            (signature.header, signature.body),
            (Canonical::Simple, Canonical::Simple)
        );
        assert_eq!(
            (signature.length, signature.signed_at, signature.expires_at),
            (None, None, None)
        );
        assert_eq!(signature.identity, signature.domain);
        let half = parse("h=From; c=relaxed;").unwrap();
        assert_eq!(
            (half.header, half.body),
            (Canonical::Relaxed, Canonical::Simple)
        );
        let below =
            parse("h=a:From : b; i=ann@mail.a.example; unknown = x; l=18446744073709551616")
                .unwrap();
        assert_eq!(below.identity.as_str(), "mail.a.example");
        assert_eq!(
            (below.fields.join(" "), below.length),
            ("a from b".to_owned(), Some(u64::MAX))
        );
        for signature in [signature, half, below] {
            assert_eq!(
                Signature::parse(signature.to_string().as_bytes()),
                Ok(signature)
            );
        }
    }

    #[test]
    fn what_is_none_says_why() {
        use SignatureError::*;
        for (tags, error) in [
            ("", Missing("h")),
            ("h=From;;", Tags),
            ("h", Tags),
            ("h=From; x y=z", Tags),
            ("h=From; z=a\x07", Tags),
            ("h=From; h=From", Repeated),
            ("h=From; d=b.example", Repeated),
            ("h=To", FromNotSigned),
            ("h=From:", Value("h")),
            ("h=From; c=nowsp", Value("c")),
            ("h=From; i=ann@example", Identity),
            ("h=From; i=ann@ba.example", Identity),
            ("h=From; i=a.example", Value("i")),
            ("h=From; l=-1", Value("l")),
            ("h=From; t=2; x=2", Value("x")),
            ("h=From; q=http/get", Query),
        ] {
            assert_eq!(parse(tags), Err(error), "{tags}");
        }
        for (field, error) in [
            ("", Tags),
            ("v=2; a=rsa-sha256", Version),
            ("v=1; a=rsa-sha1", Algorithm),
            ("v=1; a=rsa-sha256; d=a b; s=s", Value("d")),
            ("v=1; a=rsa-sha256; d=.; s=s", Value("d")),
            ("v=1; a=rsa-sha256; s=s", Missing("d")),
            ("v=1; a=rsa-sha256; d=a.example; s=", Value("s")),
            (
                "v=1; a=rsa-sha256; d=a.example; s=s; h=from; b=; bh=AAAA",
                Value("b"),
            ),
            (
                "v=1; a=rsa-sha256; d=a.example; s=s; h=from; b=AAA; bh=AAAA",
                Value("b"),
            ),
            (
                "v=1; a=rsa-sha256; d=a.example; s=s; h=from; b=AAAA; bh=AAAA",
                Value("bh"),
            ),
        ] {
            assert_eq!(Signature::parse(field.as_bytes()), Err(error), "{field}");
        }
    }

    #[test]
    fn the_signature_is_taken_out_of_what_is_signed() {
        for (value, unsigned) in [
            (" v=1; b=abc\r\n def; bh=x=", " v=1; b=; bh=x="),
            (" b =\tabc= ", " b ="),
            ("bb=1;b=2;b2=3", "bb=1;b=;b2=3"),
        ] {
            assert_eq!(Signature::unsigned(value.as_bytes()), unsigned.as_bytes());
        }
    }
}
