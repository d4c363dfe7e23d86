//! XCLIENT: a trusted proxy tells whom it speaks for.

use std::borrow::Cow;
use std::fmt;

use super::syntax::SyntaxError;
use super::xtext::Xtext;

/// The attributes of an XCLIENT command, as a trusted proxy in front of the server sends them.
///
/// ```text
/// xclient-command = "XCLIENT" 1*( SP attribute-name "=" attribute-value )
/// attribute-name  = "NAME" / "ADDR" / "PORT" / "PROTO" / "HELO" / "LOGIN" / "DESTADDR" / "DESTPORT"
/// attribute-value = xtext
/// ```
///
/// The protocol is Postfix's; no RFC has it. A value of `[UNAVAILABLE]` or `[TEMPUNAVAIL]` says that nothing is known.
///
/// ```
/// use inreply_smtp::wire::xclient::Xclient;
///
/// let attributes = Xclient::parse(b"ADDR=192.0.2.7 name=[UNAVAILABLE]").unwrap();
/// assert_eq!(attributes.value("addr").unwrap(), "192.0.2.7");
/// assert_eq!(attributes.value("NAME"), None);
/// assert!(Xclient::parse(b"SHELL=sh").is_err());
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Xclient<'a>(Cow<'a, str>);

/// The attributes of the protocol, in the order of its description.
const NAMES: [&str; 8] = [
    "NAME", "ADDR", "PORT", "PROTO", "HELO", "LOGIN", "DESTADDR", "DESTPORT",
];

impl<'a> Xclient<'a> {
    /// What a server that takes the command says behind EHLO.
    pub const KEYWORD: &'static str = "XCLIENT NAME ADDR PORT PROTO HELO LOGIN DESTADDR DESTPORT";

    /// Parses the words behind `XCLIENT `.
    ///
    /// # Errors
    /// Where there is none, a name is not known, stands twice or has no value, or a value is no [`Xtext`].
    pub fn parse(input: &'a [u8]) -> Result<Self, SyntaxError> {
        let (mut seen, mut at) = ([false; NAMES.len()], 0);
        for word in input.split(|octet| *octet == b' ') {
            let error = SyntaxError {
                expected: "a known attribute once, an equals sign and xtext",
                at,
            };
            let equals = memchr::memchr(b'=', word).ok_or(error)?;
            let (name, value) = word.split_at(equals);
            let index = NAMES
                .iter()
                .position(|known| name.eq_ignore_ascii_case(known.as_bytes()))
                .ok_or(error)?;
            let value = value.get(1..).unwrap_or_default();
            let doubled = seen
                .get_mut(index)
                .is_some_and(|seen| std::mem::replace(seen, true));
            if doubled || value.is_empty() || Xtext::parse(value).is_err() {
                return Err(error);
            }
            at += word.len() + 1;
        }
        let text = std::str::from_utf8(input).map_err(|error| SyntaxError {
            expected: "ASCII",
            at: error.valid_up_to(),
        })?;
        Ok(Self(Cow::Borrowed(text)))
    }

    /// The value of an attribute, decoded; none where it is not given, said to be unavailable, or no UTF-8.
    pub fn value(&self, name: &str) -> Option<String> {
        let (_, value) = self
            .0
            .split(' ')
            .filter_map(|word| word.split_once('='))
            .find(|(known, _)| known.eq_ignore_ascii_case(name))?;
        if ["[UNAVAILABLE]", "[TEMPUNAVAIL]"]
            .iter()
            .any(|nothing| value.eq_ignore_ascii_case(nothing))
        {
            return None;
        }
        String::from_utf8(Xtext::parse(value.as_bytes()).ok()?.decode().into_owned()).ok()
    }

    /// The same, owning its text.
    pub fn into_owned(self) -> Xclient<'static> {
        Xclient(Cow::Owned(self.0.into_owned()))
    }
}

impl fmt::Display for Xclient<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn printing_is_the_inverse_of_parsing() {
        let text = "NAME=spike.example ADDR=IPV6:2001:db8::1 HELO=a+20b";
        let attributes = Xclient::parse(text.as_bytes()).unwrap();
        assert_eq!(attributes.to_string(), text);
        assert_eq!(attributes.value("HELO").as_deref(), Some("a b"));
        assert_eq!(attributes.clone().into_owned(), attributes);
    }

    #[test]
    fn every_attribute_is_known_and_stands_once() {
        for bad in [
            "",
            "ADDR",
            "ADDR=",
            "X=1",
            "ADDR=a ADDR=b",
            "ADDR=a  PORT=1",
            "ADDR=a+b",
        ] {
            assert!(Xclient::parse(bad.as_bytes()).is_err(), "{bad}");
        }
    }
}
