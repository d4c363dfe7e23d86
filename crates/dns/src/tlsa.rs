//! TLSA records: which certificate a server shows (RFC 6698, RFC 7671, and RFC 7672 for SMTP).

use std::fmt;
use std::str::FromStr;

use nom::Parser;
use nom::bytes::complete::{take_while, take_while1};
use nom::combinator::verify;

use crate::syntax::{Parsed, Stop, SyntaxError, ascii, stop, whole, wsp};

/// A TLSA record's data, printed as zone files write it.
///
/// ```
/// use inreply_dns::tlsa::{Tlsa, Unusable};
///
/// let digest = "ab".repeat(32);
/// let tlsa: Tlsa = format!("3 1 1 {digest}").parse()?;
/// assert_eq!(tlsa.usable_by_smtp(), Ok(()));
/// assert_eq!(tlsa.to_string(), format!("3 1 1 {digest}"));
/// let tlsa: Tlsa = format!("1 1 1 {digest}").parse()?;
/// assert_eq!(tlsa.usable_by_smtp(), Err(Unusable::Usage(1)));
/// # Ok::<(), inreply_dns::SyntaxError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[allow(
    clippy::exhaustive_structs,
    reason = "RFC 6698 §2.1 has these four fields"
)]
pub struct Tlsa {
    /// Certificate usage: 2 is DANE-TA, 3 is DANE-EE (RFC 7218 §2.1).
    pub usage: u8,
    /// What is matched: 0 the certificate, 1 its public key.
    pub selector: u8,
    /// How: 0 in full, 1 by SHA-256, 2 by SHA-512.
    pub matching: u8,
    /// The certificate association data.
    pub data: Vec<u8>,
}

/// Why no SMTP client may use a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Unusable {
    /// RFC 7672 §3.1.3: usages 0 and 1 need authorities that SMTP has not agreed on; above 3 nothing is defined.
    #[error("certificate usage {0}: SMTP takes 2 (DANE-TA) and 3 (DANE-EE) only")]
    Usage(u8),
    /// Only 0 and 1 are defined.
    #[error("selector {0}: only 0 (certificate) and 1 (public key) are defined")]
    Selector(u8),
    /// Only 0, 1 and 2 are defined.
    #[error("matching type {0}: only 0 (full), 1 (SHA-256) and 2 (SHA-512) are defined")]
    Matching(u8),
    /// A digest of another length than the matching type's.
    #[error("{octets} octets of data where the matching type has {wanted}")]
    Length {
        /// Octets there are.
        octets: usize,
        /// Octets the digest has; 1 and more for matching type 0.
        wanted: usize,
    },
}

impl Tlsa {
    /// Whether an SMTP client may use the record (RFC 7672 §3.1).
    ///
    /// # Errors
    /// With the first reason against it.
    pub fn usable_by_smtp(&self) -> Result<(), Unusable> {
        if !matches!(self.usage, 2 | 3) {
            return Err(Unusable::Usage(self.usage));
        }
        if self.selector > 1 {
            return Err(Unusable::Selector(self.selector));
        }
        let octets = self.data.len();
        let wanted = match self.matching {
            0 if octets > 0 => return Ok(()),
            0 => 1,
            1 => 32,
            2 => 64,
            other => return Err(Unusable::Matching(other)),
        };
        if octets == wanted {
            Ok(())
        } else {
            Err(Unusable::Length { octets, wanted })
        }
    }
}

impl FromStr for Tlsa {
    type Err = SyntaxError;

    /// Reads the presentation format of RFC 6698 §2.2: three numbers and hexadecimal digits, which white space may divide.
    fn from_str(text: &str) -> Result<Self, SyntaxError> {
        whole(text.as_bytes(), tlsa)
    }
}

fn tlsa(text: &[u8]) -> Parsed<'_, Tlsa> {
    let (text, ()) = wsp(text)?;
    let (text, usage) = number(text)?;
    let (text, selector) = number(text)?;
    let (text, matching) = number(text)?;
    // RFC 6698 §2.2: white space may stand between the digits.
    let is_digit = |octet: u8| octet.is_ascii_hexdigit() || matches!(octet, b' ' | b'\t');
    let (rest, digits) = take_while(is_digit).parse(text)?;
    let digits: Vec<u8> = digits
        .iter()
        .copied()
        .filter(u8::is_ascii_hexdigit)
        .collect();
    match data_encoding::HEXLOWER_PERMISSIVE.decode(&digits) {
        Ok(data) if !data.is_empty() => Ok((
            rest,
            Tlsa {
                usage,
                selector,
                matching,
                data,
            },
        )),
        _ => stop(text, "pairs of hexadecimal digits"),
    }
}

/// A number of one octet and the white space behind it.
fn number(text: &[u8]) -> Parsed<'_, u8> {
    let digits = take_while1::<_, _, Stop<'_>>(|octet: u8| octet.is_ascii_digit());
    let within = verify(digits, |digits: &[u8]| ascii(digits).parse::<u8>().is_ok()).parse(text);
    let Ok((rest, digits)) = within else {
        return stop(text, "a number up to 255");
    };
    let (rest, ()) = wsp(rest)?;
    Ok((rest, ascii(digits).parse().unwrap_or_default()))
}

impl fmt::Display for Tlsa {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digits = data_encoding::HEXLOWER.encode(&self.data);
        write!(
            f,
            "{} {} {} {digits}",
            self.usage, self.selector, self.matching
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_say_where() {
        for (text, at) in [
            ("", 0),
            ("256 1 1 ab", 0),
            ("3 x", 2),
            ("3 1 1 abc", 6),
            ("3 1 1 ab!", 8),
        ] {
            assert_eq!(text.parse::<Tlsa>().unwrap_err().at, at, "{text}");
        }
    }

    #[test]
    fn what_smtp_may_not_use() {
        let tlsa = |text: &str| text.parse::<Tlsa>().unwrap().usable_by_smtp();
        assert_eq!(tlsa("0 0 0 ab"), Err(Unusable::Usage(0)));
        assert_eq!(tlsa("3 2 0 ab"), Err(Unusable::Selector(2)));
        assert_eq!(tlsa("3 1 3 ab"), Err(Unusable::Matching(3)));
        let length = Unusable::Length {
            octets: 1,
            wanted: 64,
        };
        assert_eq!(tlsa("2 0 2 ab"), Err(length));
        assert_eq!(tlsa("2 0 0 ab cd"), Ok(()));
    }
}
