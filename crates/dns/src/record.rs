//! Records as zone files write them.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use crate::name::Name;
use crate::tlsa::Tlsa;

/// The longest character-string of a TXT record (RFC 1035 §3.3).
pub const MAX_STRING: usize = 255;

/// A record, printed as a zone line: `reply.example.com. IN MX 10 reply.example.com.`
///
/// ```
/// use inreply_dns::record::{Data, Record};
///
/// let record = Record::new("example.com".parse().unwrap(), Data::text("v=spf1 -all"));
/// assert_eq!(record.to_string(), "example.com. IN TXT \"v=spf1 -all\"");
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[allow(clippy::exhaustive_structs, reason = "class IN and nothing else")]
pub struct Record {
    /// Where it stands.
    pub owner: Name,
    /// What it says.
    pub data: Data,
}

/// The type of a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Kind {
    /// IPv4 address (RFC 1035 §3.4.1).
    A,
    /// IPv6 address (RFC 3596).
    Aaaa,
    /// Another name for the owner (RFC 1034 §3.6.2).
    Cname,
    /// Mail exchange (RFC 5321 §5.1).
    Mx,
    /// Name server.
    Ns,
    /// The name of an address.
    Ptr,
    /// The head of a zone.
    Soa,
    /// A certificate (RFC 6698).
    Tlsa,
    /// Text.
    Txt,
}

/// The type and the data of a record.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Data {
    /// An IPv4 address.
    A(Ipv4Addr),
    /// An IPv6 address.
    Aaaa(Ipv6Addr),
    /// The name that this one stands for.
    Cname(Name),
    /// A mail exchange (RFC 5321 §5.1).
    Mx {
        /// The lowest is tried first.
        preference: u16,
        /// The host that takes the mail; the root in a null MX (RFC 7505).
        exchange: Name,
    },
    /// A server of the zone.
    Ns(Name),
    /// The name of an address.
    Ptr(Name),
    /// The head of a zone.
    Soa {
        /// The primary server.
        primary: Name,
        /// How long a negative answer may be kept, in seconds (RFC 2308 §4).
        minimum: u32,
    },
    /// A certificate or key of a server (RFC 6698).
    Tlsa(Tlsa),
    /// A text, its strings joined; printed in strings of at most 255 octets (RFC 1035 §3.3.14).
    Txt(Vec<u8>),
}

impl Record {
    /// The record of `owner` that says `data`.
    pub fn new(owner: Name, data: Data) -> Self {
        Self { owner, data }
    }
}

impl From<IpAddr> for Data {
    fn from(address: IpAddr) -> Self {
        match address {
            IpAddr::V4(address) => Self::A(address),
            IpAddr::V6(address) => Self::Aaaa(address),
        }
    }
}

impl Kind {
    /// The mnemonic.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::A => "A",
            Self::Aaaa => "AAAA",
            Self::Cname => "CNAME",
            Self::Mx => "MX",
            Self::Ns => "NS",
            Self::Ptr => "PTR",
            Self::Soa => "SOA",
            Self::Tlsa => "TLSA",
            Self::Txt => "TXT",
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Data {
    /// A TXT record's data.
    pub fn text(text: impl Into<String>) -> Self {
        Self::Txt(text.into().into_bytes())
    }

    /// The type.
    pub fn kind(&self) -> Kind {
        match self {
            Self::A(_) => Kind::A,
            Self::Aaaa(_) => Kind::Aaaa,
            Self::Cname(_) => Kind::Cname,
            Self::Mx { .. } => Kind::Mx,
            Self::Ns(_) => Kind::Ns,
            Self::Ptr(_) => Kind::Ptr,
            Self::Soa { .. } => Kind::Soa,
            Self::Tlsa(_) => Kind::Tlsa,
            Self::Txt(_) => Kind::Txt,
        }
    }

    /// The address, where it is one.
    pub fn address(&self) -> Option<IpAddr> {
        match self {
            Self::A(address) => Some(IpAddr::V4(*address)),
            Self::Aaaa(address) => Some(IpAddr::V6(*address)),
            _ => None,
        }
    }

    /// Whether it is a null MX: the owner takes no mail (RFC 7505 §3).
    pub fn is_null_mx(&self) -> bool {
        matches!(self, Self::Mx { exchange, .. } if exchange.is_root())
    }

    /// The strings of a TXT record, 255 octets each but the last, as a panel wants them; the one field of any other type.
    ///
    /// ```
    /// use inreply_dns::record::Data;
    ///
    /// let strings = Data::text("x".repeat(300)).strings();
    /// assert_eq!((strings[0].len(), strings[1].len()), (257, 47));
    /// ```
    pub fn strings(&self) -> Vec<String> {
        match self {
            Self::Txt(text) if text.is_empty() => vec!["\"\"".to_owned()],
            Self::Txt(text) => text.chunks(MAX_STRING).map(quoted).collect(),
            other => vec![other.to_string()],
        }
    }
}

/// A character-string in quotes, its octets escaped where they have to be (RFC 1035 §5.1).
fn quoted(octets: &[u8]) -> String {
    let mut string = String::with_capacity(octets.len() + 2);
    string.push('"');
    for octet in octets {
        match octet {
            b'"' | b'\\' => string.extend(['\\', char::from(*octet)]),
            b' '..=b'~' => string.push(char::from(*octet)),
            _ => string.push_str(&format!("\\{octet:03}")),
        }
    }
    string.push('"');
    string
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
            Self::Cname(name) | Self::Ns(name) | Self::Ptr(name) => name.fmt(f),
            Self::Mx {
                preference,
                exchange,
            } => write!(f, "{preference} {exchange}"),
            // What is not kept of a SOA is of no use to mail.
            Self::Soa { primary, minimum } => write!(f, "{primary} . 0 0 0 0 {minimum}"),
            Self::Tlsa(tlsa) => tlsa.fmt(f),
            Self::Txt(_) => f.write_str(&self.strings().join(" ")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_cannot_leave_its_quotes_and_is_split() {
        let text = Data::text("a\"b\\c\nd");
        assert_eq!(text.to_string(), "\"a\\\"b\\\\c\\010d\"");
        let long = Data::text("x".repeat(300)).to_string();
        assert_eq!(
            long,
            format!("\"{}\" \"{}\"", "x".repeat(255), "x".repeat(45))
        );
        assert_eq!(Data::text("").to_string(), "\"\"");
    }

    #[test]
    fn a_null_mx_prints_its_root() {
        let null = Data::Mx {
            preference: 0,
            exchange: Name::root(),
        };
        assert!(null.is_null_mx());
        assert_eq!(null.to_string(), "0 .");
    }
}
