//! The domain that addresses stand at.

use core::fmt;
use core::str::FromStr;

/// RFC 1035 §2.3.4, less the length octets of the wire form.
const MAX_OCTETS: usize = 253;
const MAX_LABEL_OCTETS: usize = 63;

/// The domain that addresses stand at, in lower case. It is bound into the tag: a token of one host never opens at
/// another.
///
/// RFC 5321 §4.1.2, with the lengths of RFC 1035 §2.3.4:
///
/// ```text
/// Domain     = sub-domain *("." sub-domain)
/// sub-domain = Let-dig [Ldh-str]
/// ```
///
/// ASCII only, so neither CR, LF nor NUL, no trailing dot, no address literal. An internationalised name must be
/// given in its A-label form (RFC 5890 §2.3.2.1, `xn--bcher-kva.example`), as it stands in the DNS: one name must not
/// have two spellings under the tag, and mapping them is the business of the caller's IDNA library.
///
/// ```
/// use inreply_token::Host;
///
/// assert_eq!(Host::new("Reply.Example.COM")?.as_str(), "reply.example.com");
/// assert!(Host::new("bücher.example").is_err());
/// assert!(Host::new("example.com.").is_err());
/// assert!(Host::new("example.com\r\n").is_err());
/// # Ok::<(), inreply_token::HostError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Host(String);

impl Host {
    /// Checks `text` and lower-cases it.
    ///
    /// # Errors
    /// [`HostError::Length`] unless it has `1..=253` octets, [`HostError::Label`] if a label is empty, has more than
    /// 63 octets or begins or ends with a hyphen, [`HostError::Octet`] for anything but letters, digits, hyphens and
    /// dots.
    pub fn new(text: &str) -> Result<Self, HostError> {
        if text.is_empty() || text.len() > MAX_OCTETS {
            return Err(HostError::Length { octets: text.len() });
        }
        let allowed = |octet: u8| octet.is_ascii_alphanumeric() || matches!(octet, b'-' | b'.');
        if let Some(at) = text.bytes().position(|octet| !allowed(octet)) {
            return Err(HostError::Octet { at });
        }
        let sound = |label: &str| {
            (1..=MAX_LABEL_OCTETS).contains(&label.len())
                && !label.starts_with('-')
                && !label.ends_with('-')
        };
        if !text.split('.').all(sound) {
            return Err(HostError::Label);
        }
        Ok(Self(text.to_ascii_lowercase()))
    }

    /// The name in lower case.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Host {
    type Err = HostError;

    fn from_str(text: &str) -> Result<Self, HostError> {
        Self::new(text)
    }
}

impl TryFrom<&str> for Host {
    type Error = HostError;

    fn try_from(text: &str) -> Result<Self, HostError> {
        Self::new(text)
    }
}

impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Why a text is no [`Host`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum HostError {
    /// A label is empty, longer than 63 octets, or begins or ends with a hyphen.
    #[error("a label of the host name is empty, longer than 63 octets or has a hyphen at an end")]
    Label,
    /// Not `1..=253` octets.
    #[error("a host name has 1 to 253 octets, not {octets}")]
    Length {
        /// The length of the text.
        octets: usize,
    },
    /// An octet that no host name has; names outside ASCII are given as A-labels.
    #[error("invalid octet in the host name at {at}")]
    Octet {
        /// Where it stands, from 0.
        at: usize,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_pass() {
        for name in [
            "localhost",
            "reply.example.com",
            "xn--bcher-kva.example",
            "1.a",
            "a--b.c",
            &"a".repeat(63),
        ] {
            assert_eq!(Host::new(name).unwrap().as_str(), name);
        }
        let longest = [
            &"a".repeat(63),
            &"b".repeat(63),
            &"c".repeat(63),
            &"d".repeat(61),
        ]
        .map(String::as_str)
        .join(".");
        assert_eq!(longest.len(), 253);
        assert!(Host::new(&longest).is_ok());
        assert_eq!(
            Host::new(&format!("{longest}e")),
            Err(HostError::Length { octets: 254 })
        );
    }

    #[test]
    fn names_that_do_not() {
        for (name, error) in [
            ("", HostError::Length { octets: 0 }),
            (".", HostError::Label),
            ("a..b", HostError::Label),
            ("a.", HostError::Label),
            (".a", HostError::Label),
            ("-a", HostError::Label),
            ("a-.b", HostError::Label),
            ("a b", HostError::Octet { at: 1 }),
            ("a\r", HostError::Octet { at: 1 }),
            ("a\n", HostError::Octet { at: 1 }),
            ("a\0", HostError::Octet { at: 1 }),
            ("a_b", HostError::Octet { at: 1 }),
            ("[127.0.0.1]", HostError::Octet { at: 0 }),
            ("b\u{fc}cher", HostError::Octet { at: 1 }),
            ("a@b", HostError::Octet { at: 1 }),
        ] {
            assert_eq!(Host::new(name), Err(error), "{name:?}");
        }
        assert_eq!(Host::new(&"a".repeat(64)), Err(HostError::Label));
    }
}
