//! What stands before a token in the local part.

use core::fmt;
use core::str::FromStr;

const MAX_OCTETS: usize = 6;

/// What stands before a token in the local part, such as `reply+`: `1..=6` octets.
///
/// Lower-case letters, digits and the other octets of `atext` (RFC 5322 §3.2.3), dots inside; the last octet is
/// neither letter nor digit, so that the eye and the mail server's "recipient delimiter" see where the token begins.
/// Six octets at most, for the longest token has 58 and a local part 64.
///
/// ```text
/// prefix = (atext *5(atext / "."))   ; the last octet no letter and no digit
/// ```
///
/// ```
/// use inreply_token::Prefix;
///
/// assert_eq!(Prefix::new("reply+")?.as_str(), "reply+");
/// assert!(Prefix::new("r-").is_ok());
/// assert!(Prefix::new("reply").is_err());
/// assert!(Prefix::new("Reply+").is_err());
/// assert!(Prefix::new("comment+").is_err());
/// # Ok::<(), inreply_token::PrefixError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Prefix(String);

impl Prefix {
    /// Checks `text`.
    ///
    /// # Errors
    /// [`PrefixError::Length`] unless it has `1..=6` octets, [`PrefixError::Octet`] for an upper-case letter, a dot
    /// in front or anything that is not `atext`, [`PrefixError::End`] if the last octet is a letter or a digit.
    pub fn new(text: &str) -> Result<Self, PrefixError> {
        if text.is_empty() || text.len() > MAX_OCTETS {
            return Err(PrefixError::Length { octets: text.len() });
        }
        let allowed = |at: usize, octet: u8| match octet {
            b'a'..=b'z' | b'0'..=b'9' => true,
            b'.' => at > 0,
            _ => b"!#$%&'*+-/=?^_`{|}~".contains(&octet),
        };
        let bytes = text.as_bytes();
        if let Some(at) = (0..bytes.len()).find(|&at| !allowed(at, bytes[at])) {
            return Err(PrefixError::Octet { at });
        }
        // RFC 5322 §3.2.3: a dot-atom has no two dots in a row.
        if let Some(at) = text.find("..") {
            return Err(PrefixError::Octet { at: at + 1 });
        }
        if text.ends_with(|c: char| c.is_ascii_alphanumeric()) {
            return Err(PrefixError::End);
        }
        Ok(Self(text.to_owned()))
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    /// What follows this prefix in `local_part`, read without regard to case.
    pub(crate) fn strip<'a>(&self, local_part: &'a [u8]) -> Option<&'a [u8]> {
        let (head, rest) = local_part.split_at_checked(self.len())?;
        head.eq_ignore_ascii_case(self.0.as_bytes()).then_some(rest)
    }

    /// For the defaults, which the tests hold against [`Prefix::new`].
    pub(crate) fn known(text: &'static str) -> Self {
        Self(text.to_owned())
    }
}

impl FromStr for Prefix {
    type Err = PrefixError;

    fn from_str(text: &str) -> Result<Self, PrefixError> {
        Self::new(text)
    }
}

impl TryFrom<&str> for Prefix {
    type Error = PrefixError;

    fn try_from(text: &str) -> Result<Self, PrefixError> {
        Self::new(text)
    }
}

impl fmt::Display for Prefix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Why a text is no [`Prefix`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PrefixError {
    /// The last octet is a letter or a digit, so that the token could not be told from it.
    #[error("a prefix ends with a separator such as '+' or '-'")]
    End,
    /// Not `1..=6` octets.
    #[error("a prefix has 1 to 6 octets, not {octets}")]
    Length {
        /// The length of the text.
        octets: usize,
    },
    /// An octet that no prefix has there.
    #[error("invalid octet in the prefix at {at}")]
    Octet {
        /// Where it stands, from 0.
        at: usize,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_of_prefixes() {
        for good in ["reply+", "b+", "u+", "+", "r-", "r.e.+", "a=b=", "a.", "0_"] {
            assert_eq!(Prefix::new(good).unwrap().to_string(), good);
        }
        for (bad, error) in [
            ("", PrefixError::Length { octets: 0 }),
            ("replyy+", PrefixError::Length { octets: 7 }),
            ("reply", PrefixError::End),
            ("R+", PrefixError::Octet { at: 0 }),
            (".+", PrefixError::Octet { at: 0 }),
            ("a..", PrefixError::Octet { at: 2 }),
            ("a@", PrefixError::Octet { at: 1 }),
            ("a +", PrefixError::Octet { at: 1 }),
            ("a\r\n+", PrefixError::Octet { at: 1 }),
            ("a\0+", PrefixError::Octet { at: 1 }),
            ("\u{fc}+", PrefixError::Octet { at: 0 }),
            ("\"a\"+", PrefixError::Octet { at: 0 }),
        ] {
            assert_eq!(Prefix::new(bad), Err(error), "{bad:?}");
        }
    }

    #[test]
    fn stripping_ignores_case_and_never_cuts_a_character() {
        let prefix = Prefix::new("reply+").unwrap();
        assert_eq!(prefix.strip(b"RePly+x"), Some(&b"x"[..]));
        assert_eq!(prefix.strip(b"reply"), None);
        assert_eq!(prefix.strip("repl\u{fc}+".as_bytes()), None);
    }
}
