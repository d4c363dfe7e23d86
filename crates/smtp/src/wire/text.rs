//! A free argument of VRFY, EXPN, HELP and ETRN.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use super::syntax::SyntaxError;

/// What stands behind a verb whose argument has no structure that matters here.
///
/// ```text
/// String = Atom / Quoted-string                                   RFC 5321 §4.1.2
/// ```
///
/// Clients send words with spaces and addresses in brackets too, so that any UTF-8 without control characters is taken, at
/// least one octet of it. Nothing that holds one can break the line it is sent in.
///
/// ```
/// use inreply_smtp::wire::text::Argument;
///
/// assert_eq!("Ann Example <ann@example.com>".parse::<Argument<'static>>().unwrap().as_str().len(), 29);
/// assert!("two\r\nlines".parse::<Argument<'static>>().is_err());
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Argument<'a>(Cow<'a, str>);

impl<'a> Argument<'a> {
    /// Parses the whole of `input`; spaces at its ends are dropped.
    ///
    /// # Errors
    /// Where nothing is left, or an octet is a control character or no UTF-8.
    pub fn parse(input: &'a [u8]) -> Result<Self, SyntaxError> {
        let start = input.len() - input.trim_ascii_start().len();
        let error = |at| SyntaxError {
            expected: "an argument",
            at,
        };
        let text = std::str::from_utf8(input.trim_ascii())
            .map_err(|wrong| error(start + wrong.valid_up_to()))?;
        match text.char_indices().find(|(_, c)| c.is_control()) {
            Some((at, _)) => Err(error(start + at)),
            None if text.is_empty() => Err(error(input.len())),
            None => Ok(Self(Cow::Borrowed(text))),
        }
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The same, owning its text.
    pub fn into_owned(self) -> Argument<'static> {
        Argument(Cow::Owned(self.0.into_owned()))
    }
}

impl FromStr for Argument<'static> {
    type Err = SyntaxError;

    fn from_str(text: &str) -> Result<Self, SyntaxError> {
        Argument::parse(text.as_bytes()).map(Argument::into_owned)
    }
}

impl fmt::Display for Argument<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn controls_are_no_text() {
        for (input, at) in [
            (&b""[..], 0),
            (b"  ", 2),
            (b" a\x07", 2),
            (b"a\0", 1),
            (b"a\xff", 1),
        ] {
            assert_eq!(
                Argument::parse(input).unwrap_err().at,
                at,
                "{}",
                input.escape_ascii()
            );
        }
        assert_eq!(
            Argument::parse(b" caf\xc3\xa9 ").unwrap().to_string(),
            "café"
        );
    }
}
