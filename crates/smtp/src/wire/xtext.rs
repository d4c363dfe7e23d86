//! `xtext`: octets as printable ASCII, for values of parameters.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use super::syntax::SyntaxError;

/// Octets written so that they fit into one word of a command.
///
/// ```text
/// xtext   = *( xchar / hexchar )                                  RFC 3461 §4
/// xchar   = any ASCII CHAR between "!" (33) and "~" (126) inclusive, except for "+" and "="
/// hexchar = ASCII "+" immediately followed by two upper case hexadecimal digits
/// ```
///
/// ```
/// use inreply_smtp::wire::xtext::Xtext;
///
/// let text = Xtext::encode(b"e=mc2@example.com");
/// assert_eq!(text.as_str(), "e+3Dmc2@example.com");
/// assert_eq!(&*text.decode(), b"e=mc2@example.com");
/// assert!(Xtext::parse(b"a+3d").is_err());
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Xtext<'a>(Cow<'a, str>);

impl<'a> Xtext<'a> {
    /// Parses the whole of `input`; it may be empty.
    ///
    /// # Errors
    /// At the first octet that is neither an `xchar` nor a whole `hexchar`.
    pub fn parse(input: &'a [u8]) -> Result<Self, SyntaxError> {
        let mut at = 0;
        while let Some(octet) = input.get(at) {
            at += match octet {
                b'+' if matches!(input.get(at + 1..at + 3), Some([high, low]) if digit(*high).is_some() && digit(*low).is_some()) => {
                    3
                }
                b'+' | b'=' => return Err(Self::error(at)),
                b'!'..=b'~' => 1,
                _ => return Err(Self::error(at)),
            };
        }
        let text = std::str::from_utf8(input).map_err(|error| Self::error(error.valid_up_to()))?;
        Ok(Self(Cow::Borrowed(text)))
    }

    /// The xtext of any octets.
    pub fn encode(octets: &[u8]) -> Xtext<'static> {
        let mut text = String::with_capacity(octets.len());
        for octet in octets {
            match octet {
                b'+' | b'=' => text.push_str(&format!("+{octet:02X}")),
                b'!'..=b'~' => text.push(char::from(*octet)),
                _ => text.push_str(&format!("+{octet:02X}")),
            }
        }
        Xtext(Cow::Owned(text))
    }

    /// The octets that it stands for. They can hold anything, line ends included.
    pub fn decode(&self) -> Cow<'_, [u8]> {
        if !self.0.contains('+') {
            return Cow::Borrowed(self.0.as_bytes());
        }
        let (mut octets, mut rest) = (Vec::with_capacity(self.0.len()), self.0.as_bytes());
        while let Some((first, behind)) = rest.split_first() {
            let hex = match (first, behind) {
                (b'+', [high, low, ..]) => digit(*high).zip(digit(*low)),
                _ => None,
            };
            let (octet, taken) = hex.map_or((*first, 0), |(high, low)| (high * 16 + low, 2));
            octets.push(octet);
            rest = behind.get(taken..).unwrap_or_default();
        }
        Cow::Owned(octets)
    }

    /// The text as it goes over the wire.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The same, owning its text.
    pub fn into_owned(self) -> Xtext<'static> {
        Xtext(Cow::Owned(self.0.into_owned()))
    }

    fn error(at: usize) -> SyntaxError {
        SyntaxError {
            expected: "xtext",
            at,
        }
    }
}

impl FromStr for Xtext<'static> {
    type Err = SyntaxError;

    fn from_str(text: &str) -> Result<Self, SyntaxError> {
        Xtext::parse(text.as_bytes()).map(Xtext::into_owned)
    }
}

impl fmt::Display for Xtext<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

fn digit(octet: u8) -> Option<u8> {
    match octet {
        b'0'..=b'9' => Some(octet - b'0'),
        b'A'..=b'F' => Some(octet - b'A' + 10),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_is_no_xtext_says_where() {
        for (input, at) in [
            (&b"+"[..], 0),
            (b"a+2", 1),
            (b"a+2g", 1),
            (b"a=b", 1),
            (b"a b", 1),
            (b"\xc3\xa9", 0),
            (b"a\r", 1),
        ] {
            assert_eq!(
                Xtext::parse(input).unwrap_err().at,
                at,
                "{}",
                input.escape_ascii()
            );
        }
    }

    proptest! {
        #[test]
        fn printing_is_the_inverse_of_parsing(octets in proptest::collection::vec(any::<u8>(), 0..40)) {
            let text = Xtext::encode(&octets);
            prop_assert_eq!(&*text.decode(), &octets[..]);
            prop_assert_eq!(Xtext::parse(text.as_str().as_bytes()).unwrap(), text.clone());
        }
    }
}
