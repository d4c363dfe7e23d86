//! The parameters of MAIL FROM.

use std::fmt;

use super::command::CommandError;
use super::syntax::SyntaxError;

/// How the octets of a message are to be carried (RFC 6152 §3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum BodyType {
    /// `7BIT`: what a MAIL command without the parameter means.
    #[default]
    SevenBit,
    /// `8BITMIME`: octets above 127 in the message, in lines of at most 998 octets.
    EightBitMime,
}

impl fmt::Display for BodyType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::SevenBit => "7BIT",
            Self::EightBitMime => "8BITMIME",
        })
    }
}

/// The parameters of a MAIL command that this crate knows.
///
/// ```text
/// Mail-parameters = esmtp-param *(SP esmtp-param)                 RFC 5321 §4.1.2
/// esmtp-param     = esmtp-keyword ["=" esmtp-value]
/// size-value      = 1*20DIGIT                                     RFC 1870 §4
/// body-value      = "7BIT" / "8BITMIME"                           RFC 6152 §3
/// ```
///
/// A parameter that stands twice is an error: two readers could pick different ones.
///
/// ```
/// use inreply_smtp::wire::parameter::{BodyType, MailParameters};
///
/// let parameters = MailParameters::parse(b"SIZE=1000 body=8bitmime").unwrap();
/// assert_eq!(parameters.size, Some(1_000));
/// assert_eq!(parameters.body, Some(BodyType::EightBitMime));
/// assert_eq!(parameters.to_string(), " SIZE=1000 BODY=8BITMIME");
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct MailParameters {
    /// `SIZE=`: the client's estimate of the message's size in octets (RFC 1870).
    pub size: Option<u64>,
    /// `BODY=` (RFC 6152).
    pub body: Option<BodyType>,
    /// `SMTPUTF8`: addresses or header fields of the message hold non-ASCII (RFC 6531 §3.4).
    pub smtputf8: bool,
}

impl MailParameters {
    /// Parses what stands behind the path and its space.
    ///
    /// # Errors
    /// [`CommandError::UnknownParameter`] for a keyword that is none of these, [`CommandError::Syntax`] for a bad or
    /// repeated one.
    pub fn parse(input: &[u8]) -> Result<Self, CommandError> {
        let mut parameters = Self::default();
        for (at, parameter) in split(input) {
            let (keyword, value) = keyword_and_value(parameter);
            let wrong = |expected| CommandError::Syntax(SyntaxError { expected, at });
            if !is_keyword(keyword) {
                return Err(wrong("a parameter"));
            }
            if keyword.eq_ignore_ascii_case(b"SIZE") {
                let size = value
                    .and_then(size_value)
                    .ok_or_else(|| wrong("SIZE= and a number of octets"))?;
                once(parameters.size.replace(size).is_none(), at)?;
            } else if keyword.eq_ignore_ascii_case(b"BODY") {
                let body = value
                    .and_then(body_value)
                    .ok_or_else(|| wrong("BODY=7BIT or BODY=8BITMIME"))?;
                once(parameters.body.replace(body).is_none(), at)?;
            } else if keyword.eq_ignore_ascii_case(b"SMTPUTF8") {
                if value.is_some() {
                    return Err(wrong("SMTPUTF8 without a value"));
                }
                once(!std::mem::replace(&mut parameters.smtputf8, true), at)?;
            } else {
                return Err(CommandError::UnknownParameter);
            }
        }
        Ok(parameters)
    }
}

/// Prints each parameter with a space before it, as it stands behind the path.
impl fmt::Display for MailParameters {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(size) = self.size {
            write!(f, " SIZE={size}")?;
        }
        if let Some(body) = self.body {
            write!(f, " BODY={body}")?;
        }
        if self.smtputf8 {
            f.write_str(" SMTPUTF8")?;
        }
        Ok(())
    }
}

/// The words of `input` with their offsets; runs of spaces separate as one does.
pub(crate) fn split(input: &[u8]) -> impl Iterator<Item = (usize, &[u8])> {
    let mut at = 0;
    input.split(|octet| *octet == b' ').filter_map(move |word| {
        let start = at;
        at += word.len() + 1;
        (!word.is_empty()).then_some((start, word))
    })
}

fn keyword_and_value(parameter: &[u8]) -> (&[u8], Option<&[u8]>) {
    match memchr::memchr(b'=', parameter) {
        None => (parameter, None),
        Some(at) => {
            let (keyword, value) = parameter.split_at(at);
            (keyword, value.get(1..))
        }
    }
}

/// `esmtp-keyword = (ALPHA / DIGIT) *(ALPHA / DIGIT / "-")`
fn is_keyword(keyword: &[u8]) -> bool {
    keyword.first().is_some_and(u8::is_ascii_alphanumeric)
        && keyword
            .iter()
            .all(|octet| octet.is_ascii_alphanumeric() || *octet == b'-')
}

fn size_value(value: &[u8]) -> Option<u64> {
    // `u64::from_str` would take a leading `+`; twenty digits can exceed 64 bits, and must not wrap.
    if value.len() > 20 || !value.iter().all(u8::is_ascii_digit) {
        return None;
    }
    std::str::from_utf8(value).ok()?.parse().ok()
}

fn body_value(value: &[u8]) -> Option<BodyType> {
    [BodyType::SevenBit, BodyType::EightBitMime]
        .into_iter()
        .find(|body| value.eq_ignore_ascii_case(body.to_string().as_bytes()))
}

fn once(first: bool, at: usize) -> Result<(), CommandError> {
    if first {
        Ok(())
    } else {
        Err(CommandError::Syntax(SyntaxError {
            expected: "each parameter once",
            at,
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_read_without_wrapping() {
        assert_eq!(
            MailParameters::parse(b"SIZE=18446744073709551615").unwrap().size,
            Some(u64::MAX)
        );
        for bad in [
            "SIZE",
            "SIZE=",
            "SIZE=+1",
            "SIZE=-1",
            "SIZE=abc",
            "SIZE=18446744073709551616",
            "SIZE=1 SIZE=2",
        ] {
            assert!(
                matches!(
                    MailParameters::parse(bad.as_bytes()),
                    Err(CommandError::Syntax(_))
                ),
                "{bad}"
            );
        }
    }

    #[test]
    fn an_unknown_parameter_is_told_from_a_bad_one() {
        assert_eq!(
            MailParameters::parse(b"XFOO=bar"),
            Err(CommandError::UnknownParameter)
        );
        for bad in ["=", "-A", "BODY=9BIT", "BODY", "SMTPUTF8=1", "SMTPUTF8 SMTPUTF8"] {
            assert!(
                matches!(
                    MailParameters::parse(bad.as_bytes()),
                    Err(CommandError::Syntax(_))
                ),
                "{bad}"
            );
        }
    }

    #[test]
    fn printing_is_the_inverse_of_parsing() {
        for text in [
            "",
            " SIZE=0",
            " BODY=7BIT SMTPUTF8",
            " SIZE=5 BODY=8BITMIME SMTPUTF8",
        ] {
            assert_eq!(MailParameters::parse(text.as_bytes()).unwrap().to_string(), text);
        }
    }
}
