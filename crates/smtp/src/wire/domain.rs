//! Domains, address literals and the name that a client says of itself.

use std::borrow::Cow;
use std::fmt;
use std::net::{Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

use super::labels::edges_hold;
use super::octets::Octets;
use super::syntax::{Parsed, SyntaxError, stop, whole};

/// The longest domain, in octets (RFC 5321 §4.5.3.1.2).
pub const MAX_DOMAIN: usize = 255;

/// A domain name or an address literal: what stands behind the `@` of a mailbox.
///
/// ```text
/// Domain          = sub-domain *("." sub-domain)                 RFC 5321 §4.1.2
/// sub-domain      = Let-dig [Ldh-str] / U-label                  RFC 6531 §3.3
/// address-literal = "[" ( IPv4-address-literal / IPv6-address-literal / General-address-literal ) "]"
/// ```
///
/// One leniency: a label may hold `_` anywhere. Hosts of Windows networks name themselves so, and DNS allows it
/// (RFC 2181 §11); no octet that could end a path or a line is let in.
///
/// ```
/// use inreply_smtp::wire::domain::Domain;
///
/// let domain: Domain<'static> = "Reply.Example.COM".parse().unwrap();
/// assert!(domain.is("reply.example.com"));
/// assert!("reply..example".parse::<Domain<'static>>().is_err());
/// assert!("[192.0.2.1]".parse::<Domain<'static>>().unwrap().is_literal());
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Domain<'a>(Cow<'a, str>);

impl<'a> Domain<'a> {
    /// Parses the whole of `input`.
    ///
    /// # Errors
    /// Where it is no domain and no address literal, or longer than [`MAX_DOMAIN`] octets.
    pub fn parse(input: &'a [u8]) -> Result<Self, SyntaxError> {
        whole(input, |input| {
            let (rest, octets) = domain(input)?;
            text(octets, rest, "a domain in UTF-8")
        })
        .map(|text| Self(Cow::Borrowed(text)))
    }

    /// The name as it was written, brackets of a literal included.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether this is `other`, case ignored (RFC 5321 §2.4).
    pub fn is(&self, other: &str) -> bool {
        self.0.eq_ignore_ascii_case(other)
    }

    /// Whether this is an address literal such as `[192.0.2.1]`.
    pub fn is_literal(&self) -> bool {
        self.0.starts_with('[')
    }

    /// The same, owning its text.
    pub fn into_owned(self) -> Domain<'static> {
        Domain(Cow::Owned(self.0.into_owned()))
    }
}

impl FromStr for Domain<'static> {
    type Err = SyntaxError;

    fn from_str(text: &str) -> Result<Self, SyntaxError> {
        Domain::parse(text.as_bytes()).map(Domain::into_owned)
    }
}

impl fmt::Display for Domain<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The argument of EHLO or HELO: who the client says it is.
///
/// The grammar wants a [`Domain`]; clients behind NAT send host names with odd octets. RFC 5321 §4.1.4 forbids to
/// refuse mail over a name that does not check out, so any printable ASCII without spaces, of 1 to 255 octets, is
/// taken, and [`EhloName::is_domain`] tells whether it follows the grammar.
///
/// ```
/// use inreply_smtp::wire::domain::EhloName;
///
/// let name: EhloName<'static> = "[IPv6:2001:db8::1]".parse().unwrap();
/// assert!(name.is_domain());
/// let name: EhloName<'static> = "MacBook(2)".parse().unwrap();
/// assert!(!name.is_domain());
/// assert!("two words".parse::<EhloName<'static>>().is_err());
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct EhloName<'a>(Cow<'a, str>);

impl<'a> EhloName<'a> {
    /// Parses the whole of `input`.
    ///
    /// # Errors
    /// Where it is empty, over 255 octets, or holds a space, a control or a non-ASCII octet.
    pub fn parse(input: &'a [u8]) -> Result<Self, SyntaxError> {
        whole(input, |input| {
            let (name, rest) = input.split_at(GRAPHIC.run(input));
            match name.len() {
                0 => stop(input, "a host name"),
                1..=MAX_DOMAIN => text(name, rest, "a host name"),
                _ => stop(input, "a host name of at most 255 octets"),
            }
        })
        .map(|name| Self(Cow::Borrowed(name)))
    }

    /// The name as the client wrote it.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether the name follows the grammar of [`Domain`].
    pub fn is_domain(&self) -> bool {
        Domain::parse(self.0.as_bytes()).is_ok()
    }

    /// The same, owning its text.
    pub fn into_owned(self) -> EhloName<'static> {
        EhloName(Cow::Owned(self.0.into_owned()))
    }
}

impl FromStr for EhloName<'static> {
    type Err = SyntaxError;

    fn from_str(text: &str) -> Result<Self, SyntaxError> {
        EhloName::parse(text.as_bytes()).map(EhloName::into_owned)
    }
}

impl fmt::Display for EhloName<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// `Domain / address-literal`. Whether it is UTF-8 is left to the caller, who reads more than the domain as text.
#[inline(always)]
pub(crate) fn domain(input: &[u8]) -> Parsed<'_, &[u8]> {
    if input.first() == Some(&b'[') {
        return literal(input);
    }
    let end = LABELS.run(input);
    if end > MAX_DOMAIN {
        return stop(input, "a domain of at most 255 octets");
    }
    let (name, rest) = input.split_at(end);
    if name.is_empty() {
        return stop(input, "a domain");
    }
    if !edges_hold(name) {
        return stop(
            input,
            "a domain whose labels are not empty and do not begin or end with a hyphen",
        );
    }
    Ok((rest, name))
}

/// The octets of an [`EhloName`]: `VCHAR`.
static GRAPHIC: Octets = Octets::letters_digits_and(b"!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~");

/// The octets of labels and the dots between them: letters, digits, the hyphen, `_` (see [`Domain`]) and UTF-8.
static LABELS: Octets = Octets::letters_digits_and(b"-_.").and_utf8();

/// `address-literal` with its brackets.
fn literal(input: &[u8]) -> Parsed<'_, &[u8]> {
    const EXPECTED: &str = "an address literal";
    let Some(end) = memchr::memchr(b']', input).filter(|end| *end <= MAX_DOMAIN) else {
        return stop(input, EXPECTED);
    };
    let (octets, rest) = input.split_at(end + 1);
    let (_, literal) = text(octets, rest, EXPECTED)?;
    let inner = literal.trim_start_matches('[').trim_end_matches(']');
    let valid = match inner.split_once(':') {
        None => inner.parse::<Ipv4Addr>().is_ok(),
        Some((tag, address)) if tag.eq_ignore_ascii_case("IPv6") => {
            address.parse::<Ipv6Addr>().is_ok()
        }
        // General-address-literal = Standardized-tag ":" 1*dcontent
        Some((tag, content)) => {
            let ldh = |octet: u8| octet.is_ascii_alphanumeric() || octet == b'-';
            tag.bytes().all(ldh)
                && tag.ends_with(|c: char| c.is_ascii_alphanumeric())
                && !content.is_empty()
                && content
                    .bytes()
                    .all(|octet| octet.is_ascii_graphic() && !matches!(octet, b'[' | b'\\'))
        }
    };
    if valid {
        Ok((rest, octets))
    } else {
        stop(input, EXPECTED)
    }
}

/// `octets` as UTF-8, or a stop.
pub(crate) fn text<'a>(
    octets: &'a [u8],
    rest: &'a [u8],
    expected: &'static str,
) -> Parsed<'a, &'a str> {
    match std::str::from_utf8(octets) {
        Ok(text) => Ok((rest, text)),
        Err(_) => stop(octets, expected),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn domains_follow_the_grammar() {
        for good in [
            "a",
            "example.com",
            "1.example",
            "xn--bcher-kva.example",
            "bücher.example",
            "my_host.local",
        ] {
            assert_eq!(
                Domain::parse(good.as_bytes()).map(|d| d.to_string()),
                Ok(good.to_owned())
            );
        }
        for bad in [
            "", ".", "a.", ".a", "a..b", "-a.b", "a-.b", "a b", "a@b", "a\0b", "a>b", "a\r",
        ] {
            assert!(Domain::parse(bad.as_bytes()).is_err(), "{bad:?}");
        }
        assert!(Domain::parse(b"\xff\xfe").is_err());
        assert!(Domain::parse(&[b'a'; 256]).is_err());
        assert!(Domain::parse(&[b'a'; 255]).is_ok());
    }

    #[test]
    fn literals_hold_an_address() {
        for good in [
            "[192.0.2.1]",
            "[IPv6:::1]",
            "[ipv6:2001:db8::1]",
            "[x-net:abc]",
        ] {
            assert!(Domain::parse(good.as_bytes()).is_ok(), "{good}");
        }
        for bad in [
            "[]",
            "[192.0.2]",
            "[192.0.2.256]",
            "[IPv6:zz]",
            "[192.0.2.1",
            "[:a]",
            "[a-:b]",
            "[t:]",
            "[t:a b]",
        ] {
            assert!(Domain::parse(bad.as_bytes()).is_err(), "{bad}");
        }
    }
}
