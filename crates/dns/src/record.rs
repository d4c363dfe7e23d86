//! Records as zone files write them.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use crate::name::Name;

/// The longest character-string of a TXT record (RFC 1035 §3.3).
const MAX_STRING: usize = 255;

/// A record, printed as a zone line: `reply.example.com. IN MX 10 reply.example.com.`
///
/// ```
/// use inreply_dns::record::{Data, Record};
///
/// let record = Record { owner: "example.com".parse().unwrap(), data: Data::Txt("v=spf1 -all".to_owned()) };
/// assert_eq!(record.to_string(), "example.com. IN TXT \"v=spf1 -all\"");
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(clippy::exhaustive_structs)]
pub struct Record {
    /// Where it stands.
    pub owner: Name,
    /// What it says.
    pub data: Data,
}

/// The type and the data of a record.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Data {
    /// An IPv4 address.
    A(Ipv4Addr),
    /// An IPv6 address.
    Aaaa(Ipv6Addr),
    /// A mail exchange (RFC 5321 §5.1).
    Mx {
        /// The lowest is tried first.
        preference: u16,
        /// The host that takes the mail.
        exchange: Name,
    },
    /// A text, printed in strings of at most 255 octets (RFC 1035 §3.3.14).
    Txt(String),
}

impl From<IpAddr> for Data {
    fn from(address: IpAddr) -> Self {
        match address {
            IpAddr::V4(address) => Self::A(address),
            IpAddr::V6(address) => Self::Aaaa(address),
        }
    }
}

impl Data {
    /// The type's mnemonic.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::A(_) => "A",
            Self::Aaaa(_) => "AAAA",
            Self::Mx { .. } => "MX",
            Self::Txt(_) => "TXT",
        }
    }
}

impl fmt::Display for Record {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} IN {} {}", self.owner, self.data.kind(), self.data)
    }
}

/// The data alone.
impl fmt::Display for Data {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::A(address) => address.fmt(f),
            Self::Aaaa(address) => address.fmt(f),
            Self::Mx {
                preference,
                exchange,
            } => write!(f, "{preference} {exchange}"),
            Self::Txt(text) => {
                for (number, string) in text.as_bytes().chunks(MAX_STRING).enumerate() {
                    f.write_str(if number == 0 { "\"" } else { " \"" })?;
                    for octet in string {
                        match octet {
                            b'"' | b'\\' => write!(f, "\\{}", char::from(*octet))?,
                            b' '..=b'~' => write!(f, "{}", char::from(*octet))?,
                            // RFC 1035 §5.1: \DDD is the octet of that decimal number.
                            _ => write!(f, "\\{octet:03}")?,
                        }
                    }
                    f.write_str("\"")?;
                }
                Ok(())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_cannot_leave_its_quotes_and_is_split() {
        let text = Data::Txt("a\"b\\c\nd".to_owned());
        assert_eq!(text.to_string(), "\"a\\\"b\\\\c\\010d\"");
        let long = Data::Txt("x".repeat(300)).to_string();
        assert_eq!(
            long,
            format!("\"{}\" \"{}\"", "x".repeat(255), "x".repeat(45))
        );
    }
}
