//! What a sender wants to hear of its message (RFC 3461).

use std::borrow::Cow;
use std::fmt;

use super::syntax::SyntaxError;
use super::xtext::Xtext;

/// The longest ENVID value as it goes over the wire, in octets (RFC 3461 §4.4).
pub const MAX_ENVID: usize = 100;

/// The longest ORCPT value as it goes over the wire, in octets (RFC 3461 §4.2).
pub const MAX_ORCPT: usize = 500;

/// How much of the message a report brings back.
///
/// ```text
/// ret-value = "FULL" / "HDRS"                                     RFC 3461 §4.3
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
// The RFC has these two.
#[allow(clippy::exhaustive_enums)]
pub enum Ret {
    /// `FULL`: all of it.
    Full,
    /// `HDRS`: its header fields.
    Headers,
}

impl Ret {
    pub(crate) fn parse(value: &[u8]) -> Option<Self> {
        [Self::Full, Self::Headers]
            .into_iter()
            .find(|ret| value.eq_ignore_ascii_case(ret.name().as_bytes()))
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Full => "FULL",
            Self::Headers => "HDRS",
        }
    }
}

impl fmt::Display for Ret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// What a sender wants to be told about one recipient.
///
/// ```text
/// notify-esmtp-value  = "NEVER" / 1#notify-list-element           RFC 3461 §4.1
/// notify-list-element = "SUCCESS" / "FAILURE" / "DELAY"
/// ```
///
/// ```
/// use inreply_smtp::wire::dsn::Notify;
///
/// let notify = Notify::parse(b"delay,FAILURE").unwrap();
/// assert!(notify.failure && notify.delay && !notify.success);
/// assert_eq!(notify.to_string(), "FAILURE,DELAY");
/// assert_eq!(Notify::parse(b"NEVER").unwrap(), Notify::NEVER);
/// assert!(Notify::parse(b"NEVER,DELAY").is_err());
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
// The RFC has these three and their absence.
#[allow(clippy::exhaustive_structs)]
pub struct Notify {
    /// When it was delivered.
    pub success: bool,
    /// When it could not be delivered.
    pub failure: bool,
    /// When it takes long.
    pub delay: bool,
}

impl Notify {
    /// `NEVER`: nothing at all, not even a failure.
    pub const NEVER: Self = Self {
        success: false,
        failure: false,
        delay: false,
    };

    /// Parses the whole of `value`.
    ///
    /// # Errors
    /// Where a word is none of the three or stands twice, or `NEVER` beside another.
    pub fn parse(value: &[u8]) -> Result<Self, SyntaxError> {
        let mut notify = Self::NEVER;
        if value.eq_ignore_ascii_case(b"NEVER") {
            return Ok(notify);
        }
        let mut at = 0;
        for word in value.split(|octet| *octet == b',') {
            let error = SyntaxError {
                expected: "NEVER, or SUCCESS, FAILURE and DELAY once each",
                at,
            };
            let flag = if word.eq_ignore_ascii_case(b"SUCCESS") {
                &mut notify.success
            } else if word.eq_ignore_ascii_case(b"FAILURE") {
                &mut notify.failure
            } else if word.eq_ignore_ascii_case(b"DELAY") {
                &mut notify.delay
            } else {
                return Err(error);
            };
            if std::mem::replace(flag, true) {
                return Err(error);
            }
            at += word.len() + 1;
        }
        Ok(notify)
    }
}

impl fmt::Display for Notify {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words = [
            (self.success, "SUCCESS"),
            (self.failure, "FAILURE"),
            (self.delay, "DELAY"),
        ];
        let mut words = words.into_iter().filter(|(wanted, _)| *wanted);
        let Some((_, first)) = words.next() else {
            return f.write_str("NEVER");
        };
        f.write_str(first)?;
        words.try_for_each(|(_, word)| write!(f, ",{word}"))
    }
}

/// The address that the sender first gave for a recipient, through every rewriting on the way.
///
/// ```text
/// original-recipient-address = addr-type ";" xtext                RFC 3461 §4.2
/// addr-type                  = atom
/// ```
///
/// ```
/// use inreply_smtp::wire::dsn::OriginalRecipient;
///
/// let original = OriginalRecipient::parse(b"rfc822;Bob@Example.org").unwrap();
/// assert_eq!(original.address_type(), "rfc822");
/// assert_eq!(&*original.address().decode(), b"Bob@Example.org");
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct OriginalRecipient<'a> {
    address_type: Cow<'a, str>,
    address: Xtext<'a>,
}

impl<'a> OriginalRecipient<'a> {
    /// Parses the whole of `value`.
    ///
    /// # Errors
    /// Where it is longer than [`MAX_ORCPT`], has no type, or its address is no [`Xtext`] of at least one octet.
    pub fn parse(value: &'a [u8]) -> Result<Self, SyntaxError> {
        let error = |at| SyntaxError {
            expected: "an address type, a semicolon and xtext, 500 octets at most",
            at,
        };
        let end = memchr::memchr(b';', value).ok_or_else(|| error(value.len()))?;
        let (kind, address) = value.split_at(end);
        let address = address.get(1..).unwrap_or_default();
        let atom =
            |octet: &u8| octet.is_ascii_alphanumeric() || b"!#$%&'*-/?^_`{|}~".contains(octet);
        if kind.is_empty()
            || address.is_empty()
            || value.len() > MAX_ORCPT
            || !kind.iter().all(atom)
        {
            return Err(error(0));
        }
        Ok(Self {
            address_type: Cow::Borrowed(std::str::from_utf8(kind).map_err(|_| error(0))?),
            address: Xtext::parse(address).map_err(|inner| error(end + 1 + inner.at))?,
        })
    }

    /// `rfc822`, `utf-8` (RFC 6533) and the like; compare it without regard to case.
    pub fn address_type(&self) -> &str {
        &self.address_type
    }

    /// The address.
    pub fn address(&self) -> &Xtext<'a> {
        &self.address
    }

    /// The same, owning its text.
    pub fn into_owned(self) -> OriginalRecipient<'static> {
        OriginalRecipient {
            address_type: Cow::Owned(self.address_type.into_owned()),
            address: self.address.into_owned(),
        }
    }
}

impl fmt::Display for OriginalRecipient<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{};{}", self.address_type, self.address)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn printing_is_the_inverse_of_parsing() {
        for text in ["NEVER", "SUCCESS", "FAILURE,DELAY", "SUCCESS,FAILURE,DELAY"] {
            assert_eq!(Notify::parse(text.as_bytes()).unwrap().to_string(), text);
        }
        for text in ["rfc822;Dana@Ivory.EDU", "X-mine;a+2Bb"] {
            assert_eq!(
                OriginalRecipient::parse(text.as_bytes())
                    .unwrap()
                    .to_string(),
                text
            );
        }
        for ret in [Ret::Full, Ret::Headers] {
            assert_eq!(
                Ret::parse(ret.to_string().to_lowercase().as_bytes()),
                Some(ret)
            );
        }
    }

    #[test]
    fn what_is_no_wish_says_where() {
        for (text, at) in [
            ("", 0),
            ("SUCCESS,", 8),
            ("DELAY,DELAY", 6),
            ("DELAY,NEVER", 6),
        ] {
            assert_eq!(Notify::parse(text.as_bytes()).unwrap_err().at, at, "{text}");
        }
        for (text, at) in [
            ("rfc822", 6),
            (";a", 0),
            ("rfc822;", 0),
            ("rfc822;a=b", 8),
            ("a b;c", 0),
        ] {
            assert_eq!(
                OriginalRecipient::parse(text.as_bytes()).unwrap_err().at,
                at,
                "{text}"
            );
        }
        let long = format!("rfc822;{}", "a".repeat(MAX_ORCPT));
        assert!(OriginalRecipient::parse(long.as_bytes()).is_err());
    }
}
