//! URIs to which reports go, and images stand (RFC 3986).

use std::fmt;

use crate::name::Name;
use crate::syntax::{Parsed, SyntaxError, ascii, stop, whole};

/// A URI without commas, exclamation marks and semicolons, which lists of them use (RFC 9989 §4.8, RFC 8460 §3).
///
/// ```
/// use inreply_dns::uri::Uri;
///
/// let uri = Uri::parse("mailto:reports@example.com")?;
/// assert_eq!((uri.scheme(), uri.host().unwrap().as_str()), ("mailto", "example.com"));
/// assert_eq!(Uri::parse("reports").unwrap_err().to_string(), "expected a scheme and a colon at octet 0");
/// # Ok::<(), inreply_dns::SyntaxError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Uri(Box<str>);

impl Uri {
    /// Reads a URI.
    ///
    /// # Errors
    /// Where it is none, with the octet.
    pub fn parse(text: &str) -> Result<Self, SyntaxError> {
        whole(text.as_bytes(), uri)
    }

    /// As it was written.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What stands before the first colon.
    pub fn scheme(&self) -> &str {
        self.0.split_once(':').map_or("", |(scheme, _)| scheme)
    }

    /// The domain of a `mailto:` address, the host of an `https:` one; `None` of others and where it is no domain name.
    pub fn host(&self) -> Option<Name> {
        let (scheme, rest) = self.0.split_once(':')?;
        if scheme.eq_ignore_ascii_case("mailto") {
            let address = rest.split('?').next()?;
            return address.rsplit_once('@')?.1.parse().ok();
        }
        let authority = rest.strip_prefix("//")?.split(['/', '?', '#']).next()?;
        let host = authority
            .rsplit_once('@')
            .map_or(authority, |(_, host)| host);
        host.split(':').next()?.parse().ok()
    }
}

/// `scheme ":" hier-part`, of characters that a URI has.
pub(crate) fn uri(text: &[u8]) -> Parsed<'_, Uri> {
    let is_scheme =
        |octet: u8| octet.is_ascii_alphanumeric() || matches!(octet, b'+' | b'-' | b'.');
    let scheme = text.iter().take_while(|octet| is_scheme(**octet)).count();
    let (scheme, rest) = text.split_at(scheme);
    let [b':', rest @ ..] = rest else {
        return stop(text, "a scheme and a colon");
    };
    if !scheme.first().is_some_and(u8::is_ascii_alphabetic) {
        return stop(text, "a scheme and a colon");
    }
    let plain = |rest: &[u8]| rest.iter().take_while(|octet| is_plain(**octet)).count();
    let mut after = &rest[plain(rest)..];
    while let [b'%', digits @ ..] = after {
        match digits {
            [a, b, digits @ ..] if a.is_ascii_hexdigit() && b.is_ascii_hexdigit() => {
                after = &digits[plain(digits)..];
            }
            _ => return stop(after, "\"%\" and two hexadecimal digits"),
        }
    }
    if after.len() == rest.len() {
        return stop(rest, "more than a scheme");
    }
    let octets = &text[..text.len() - after.len()];
    Ok((after, Uri(ascii(octets).into())))
}

/// `unreserved` and `reserved` (RFC 3986 §2), without what lists use.
fn is_plain(octet: u8) -> bool {
    PLAIN[usize::from(octet)]
}

const PLAIN: [bool; 256] = {
    let mut plain = [false; 256];
    let mut octet = 0;
    while octet < 128_u8 {
        plain[octet as usize] = octet.is_ascii_alphanumeric();
        octet += 1;
    }
    let (others, mut at) = (b"-._~:/?#[]@$&'()*+=", 0);
    while at < others.len() {
        plain[others[at] as usize] = true;
        at += 1;
    }
    plain
};

impl fmt::Display for Uri {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
