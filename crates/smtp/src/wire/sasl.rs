//! The words of AUTH (RFC 4954): mechanisms and responses.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use zeroize::Zeroize;

use super::syntax::SyntaxError;

/// A SASL mechanism that this crate speaks.
///
/// ```text
/// sasl-mech = 1*20mech-char                                       RFC 4422 §3.1
/// mech-char = %x41-5A / DIGIT / HYPHEN / UNDERSCORE
/// ```
///
/// Read without regard to case, as every keyword of SMTP.
///
/// ```
/// use inreply_smtp::wire::sasl::Mechanism;
///
/// assert_eq!("scram-sha-256".parse(), Ok(Mechanism::ScramSha256));
/// assert_eq!(Mechanism::ScramSha256.to_string(), "SCRAM-SHA-256");
/// assert!("GSSAPI".parse::<Mechanism>().is_err());
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Mechanism {
    /// `SCRAM-SHA-256` (RFC 7677): the password stays at home, and the server proves that it knows it.
    ScramSha256,
    /// `CRAM-MD5` (RFC 2195): the password stays at home; the server must keep it readable.
    CramMd5,
    /// `PLAIN` (RFC 4616).
    Plain,
    /// `LOGIN`, never standardised, and the only one that some clients speak.
    Login,
    /// `OAUTHBEARER` (RFC 7628): a token instead of a password.
    OAuthBearer,
    /// `XOAUTH2`, what Google and Microsoft had before OAUTHBEARER.
    XOAuth2,
}

impl Mechanism {
    /// All of them, those that give least away first.
    pub const ALL: [Self; 6] = [
        Self::ScramSha256,
        Self::CramMd5,
        Self::Plain,
        Self::Login,
        Self::OAuthBearer,
        Self::XOAuth2,
    ];

    /// The name in the registry.
    pub const fn name(self) -> &'static str {
        match self {
            Self::CramMd5 => "CRAM-MD5",
            Self::Login => "LOGIN",
            Self::OAuthBearer => "OAUTHBEARER",
            Self::Plain => "PLAIN",
            Self::ScramSha256 => "SCRAM-SHA-256",
            Self::XOAuth2 => "XOAUTH2",
        }
    }

    /// Whether the client speaks first, so that its response may stand in the AUTH command. LOGIN lets the server begin, yet
    /// many clients give the user's name there.
    pub const fn takes_initial_response(self) -> bool {
        !matches!(self, Self::CramMd5)
    }

    pub(crate) fn parse(name: &[u8]) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|mechanism| name.eq_ignore_ascii_case(mechanism.name().as_bytes()))
    }
}

/// A name that is none of [`Mechanism::ALL`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("no SASL mechanism that is known here")]
pub struct UnknownMechanism;

impl FromStr for Mechanism {
    type Err = UnknownMechanism;

    fn from_str(name: &str) -> Result<Self, UnknownMechanism> {
        Self::parse(name.as_bytes()).ok_or(UnknownMechanism)
    }
}

impl fmt::Display for Mechanism {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A set of mechanisms. Printing names them as a reply to EHLO does, those that give least away first.
///
/// ```
/// use inreply_smtp::wire::sasl::{Mechanism, Mechanisms};
///
/// let offered = Mechanisms::from_iter([Mechanism::Plain, Mechanism::ScramSha256]);
/// assert_eq!(offered.to_string(), "SCRAM-SHA-256 PLAIN");
/// assert_eq!(Mechanisms::of_words(["plain", "GSSAPI", "SCRAM-SHA-256"]), offered);
/// assert!(!offered.contains(Mechanism::Login));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Mechanisms(u8);

impl Mechanisms {
    /// None.
    pub const NONE: Self = Self(0);

    /// Reads names; those that are not known are passed over.
    pub fn of_words<'a>(words: impl IntoIterator<Item = &'a str>) -> Self {
        words
            .into_iter()
            .filter_map(|word| word.parse().ok())
            .collect()
    }

    /// Whether `mechanism` is one of them.
    pub fn contains(self, mechanism: Mechanism) -> bool {
        self.0 & Self::bit(mechanism) != 0
    }

    /// Whether there is none.
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The mechanisms, those that give least away first.
    pub fn iter(self) -> impl Iterator<Item = Mechanism> {
        Mechanism::ALL
            .into_iter()
            .filter(move |mechanism| self.contains(*mechanism))
    }

    fn bit(mechanism: Mechanism) -> u8 {
        1 << mechanism as u8
    }
}

impl FromIterator<Mechanism> for Mechanisms {
    fn from_iter<I: IntoIterator<Item = Mechanism>>(mechanisms: I) -> Self {
        Self(
            mechanisms
                .into_iter()
                .map(Self::bit)
                .fold(0, |set, bit| set | bit),
        )
    }
}

impl fmt::Display for Mechanisms {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, mechanism) in self.iter().enumerate() {
            let space = if number == 0 { "" } else { " " };
            write!(f, "{space}{mechanism}")?;
        }
        Ok(())
    }
}

/// A response in base64, as a client sends it in the AUTH command or on a line of its own.
///
/// ```text
/// initial-response = base64 / "="                                 RFC 4954 §8
/// base64           = base64-terminal / ( 1*(4base64-char) [base64-terminal] )
/// ```
///
/// It may be a password: printing gives it for the wire, `Debug` does not, and owned octets are wiped.
///
/// ```
/// use inreply_smtp::wire::sasl::Response;
///
/// let response = Response::parse(b"AHVzZXIAc2VjcmV0").unwrap();
/// assert_eq!(response.decode(), b"\0user\0secret");
/// assert_eq!(format!("{response:?}"), "Response(16 octets)");
/// assert_eq!(Response::parse(b"=").unwrap().decode(), b"");
/// ```
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Response<'a>(Cow<'a, str>);

impl<'a> Response<'a> {
    /// Parses the whole of `input`.
    ///
    /// # Errors
    /// Where it is neither base64 with its padding nor `=`.
    pub fn parse(input: &'a [u8]) -> Result<Self, SyntaxError> {
        let error = |at| SyntaxError {
            expected: "a response in base64",
            at,
        };
        let text = std::str::from_utf8(input).map_err(|wrong| error(wrong.valid_up_to()))?;
        if input.is_empty() || (text != "=" && !is_base64(input)) {
            return Err(error(0));
        }
        Ok(Self(Cow::Borrowed(text)))
    }

    /// The response that stands for these octets.
    pub fn encode(octets: &[u8]) -> Response<'static> {
        if octets.is_empty() {
            return Response(Cow::Borrowed("="));
        }
        Response(Cow::Owned(encode(octets)))
    }

    /// The octets.
    pub fn decode(&self) -> Vec<u8> {
        decode(self.0.as_bytes()).unwrap_or_default()
    }

    /// The same, owning its text.
    pub fn into_owned(mut self) -> Response<'static> {
        Response(Cow::Owned(std::mem::take(&mut self.0).into_owned()))
    }
}

impl Drop for Response<'_> {
    fn drop(&mut self) {
        if let Cow::Owned(text) = &mut self.0 {
            text.zeroize();
        }
    }
}

impl fmt::Debug for Response<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Response({} octets)", self.0.len())
    }
}

impl fmt::Display for Response<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The base64 of `octets`, with padding.
pub(crate) fn encode(octets: &[u8]) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.encode(octets)
}

/// The octets of `text`, none where it is no base64 with its padding; a single `=` and nothing are both no octets.
pub(crate) fn decode(text: &[u8]) -> Option<Vec<u8>> {
    use base64::Engine as _;
    if text == b"=" {
        return Some(Vec::new());
    }
    base64::engine::general_purpose::STANDARD.decode(text).ok()
}

/// Whether `text` is base64, without decoding it.
fn is_base64(text: &[u8]) -> bool {
    let padding = text
        .iter()
        .rev()
        .take_while(|octet| **octet == b'=')
        .count();
    let (digits, _) = text.split_at(text.len() - padding);
    padding <= 2
        && text.len().is_multiple_of(4)
        && digits
            .iter()
            .all(|octet| octet.is_ascii_alphanumeric() || matches!(octet, b'+' | b'/'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_is_read_back() {
        for mechanism in Mechanism::ALL {
            assert_eq!(mechanism.name().to_ascii_lowercase().parse(), Ok(mechanism));
        }
        let all = Mechanisms::from_iter(Mechanism::ALL);
        assert_eq!(Mechanisms::of_words(all.to_string().split(' ')), all);
        assert!(Mechanisms::NONE.is_empty() && !all.is_empty());
    }

    #[test]
    fn only_base64_is_a_response() {
        for good in ["=", "YQ==", "YWI=", "YWJj", "+/+/"] {
            let response = Response::parse(good.as_bytes()).unwrap();
            assert_eq!(response.to_string(), good);
            assert_eq!(Response::encode(&response.decode()), response);
        }
        for bad in [
            "", "!!!!", "YQ", "YQ=", "====", "Y===", "YQ==\r", "YQ==YQ==", "\u{e9}",
        ] {
            assert!(Response::parse(bad.as_bytes()).is_err(), "{bad:?}");
        }
    }
}
