//! Domain names as zone files write them.

use std::fmt;
use std::str::FromStr;

/// The longest name in octets, without its final dot (RFC 1035 §3.1 less the length octets at both ends).
pub const MAX_NAME: usize = 253;

/// A fully qualified name, in lower case and A-label form, printed with its final dot.
///
/// Labels are of letters, digits, hyphens and underscores, 1 to 63 octets each (RFC 1035 §2.3.4; the underscore of
/// RFC 8552).
///
/// ```
/// use inreply_dns::name::Name;
///
/// let name: Name = "_DMARC.Example.com.".parse().unwrap();
/// assert_eq!(name.to_string(), "_dmarc.example.com.");
/// assert!("exa mple.com".parse::<Name>().is_err());
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Name(String);

/// A text that is no domain name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "a domain name has labels of 1 to 63 letters, digits, hyphens and underscores, and at most {MAX_NAME} octets"
)]
pub struct NameError;

impl Name {
    /// The name without its final dot.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The name `label` below this one.
    ///
    /// # Errors
    /// Where the label is none, or the whole becomes too long.
    pub fn child(&self, label: &str) -> Result<Self, NameError> {
        format!("{label}.{}", self.0).parse()
    }
}

impl FromStr for Name {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        let name = text.strip_suffix('.').unwrap_or(text);
        let is_label = |label: &str| {
            (1..=63).contains(&label.len())
                && label
                    .bytes()
                    .all(|octet| octet.is_ascii_alphanumeric() || matches!(octet, b'-' | b'_'))
        };
        if name.len() <= MAX_NAME && name.split('.').all(is_label) {
            Ok(Self(name.to_ascii_lowercase()))
        } else {
            Err(NameError)
        }
    }
}

/// With its final dot: a name in a zone file without one is relative to the zone.
impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_name_is_refused() {
        for bad in [
            "",
            ".",
            "a..b",
            ".a",
            "a b",
            "a\n",
            "é.example",
            "a..",
            &"a".repeat(64),
            &["abcdefg"; 32].join("."),
        ] {
            assert_eq!(bad.parse::<Name>(), Err(NameError), "{bad:?}");
        }
        for good in [
            "a",
            "A.b.",
            "xn--bcher-kva.example",
            "_dmarc.example",
            &"a".repeat(63),
        ] {
            assert!(good.parse::<Name>().is_ok(), "{good}");
        }
    }
}
