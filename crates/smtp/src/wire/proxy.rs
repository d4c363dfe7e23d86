//! The PROXY header that a load balancer writes before the first octet of its client, versions 1 and 2.

use std::fmt::Write as _;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use bytes::{Buf, BufMut, BytesMut};

/// The longest header of version 1, its line end included.
const MAX_V1: usize = 107;

/// The longest header of version 2 that is taken: the addresses take 36 octets, what follows them some hundred.
const MAX_V2: usize = 16 + 2_048;

/// What begins a header of version 2: no text protocol begins so.
const SIGNATURE: &[u8; 12] = b"\r\n\r\n\0\r\nQUIT\n";

/// Whom a load balancer speaks for.
///
/// The protocol is HAProxy's ("The PROXY protocol, versions 1 & 2"). Anyone can write such a header: read it from trusted
/// peers only.
///
/// ```
/// use bytes::BytesMut;
/// use inreply_smtp::wire::proxy::ProxyHeader;
///
/// let mut input = BytesMut::from("PROXY TCP4 192.0.2.7 192.0.2.1 5000 25\r\nEHLO");
/// let header = ProxyHeader::take(&mut input).unwrap().unwrap();
/// assert_eq!(header.source().unwrap().to_string(), "192.0.2.7:5000");
/// assert_eq!(input, "EHLO");
/// assert!(ProxyHeader::take(&mut BytesMut::from("EHLO x\r\n")).is_err());
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
// A connection of somebody, or one of the balancer itself.
#[allow(clippy::exhaustive_enums)]
pub enum ProxyHeader {
    /// A connection between these two.
    Proxied {
        /// The client.
        source: SocketAddr,
        /// Where the client connected to.
        destination: SocketAddr,
    },
    /// The balancer speaks for itself (a health check), or does not say for whom.
    Local,
}

/// A connection that does not begin with a PROXY header.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the connection does not begin with a PROXY header")]
pub struct ProxyError;

impl ProxyHeader {
    /// The client, where the header says so.
    pub fn source(&self) -> Option<SocketAddr> {
        match self {
            Self::Local => None,
            Self::Proxied { source, .. } => Some(*source),
        }
    }

    /// Takes a header off the front of `input`; nothing where more octets are needed.
    ///
    /// # Errors
    /// [`ProxyError`] where `input` begins with anything else; close the connection without a word.
    pub fn take(input: &mut BytesMut) -> Result<Option<Self>, ProxyError> {
        let start = input.len().min(SIGNATURE.len());
        if input.get(..start) == SIGNATURE.get(..start) && !input.is_empty() {
            return Self::take_v2(input);
        }
        let start = input.len().min(b"PROXY ".len());
        if input.get(..start) != b"PROXY ".get(..start) {
            return Err(ProxyError);
        }
        let Some(end) = memchr::memchr(
            b'\n',
            input.get(..input.len().min(MAX_V1)).unwrap_or_default(),
        ) else {
            return if input.len() < MAX_V1 {
                Ok(None)
            } else {
                Err(ProxyError)
            };
        };
        let line = input.split_to(end + 1);
        let line = std::str::from_utf8(&line).map_err(|_| ProxyError)?;
        Self::parse_v1(line).map(Some)
    }

    fn parse_v1(line: &str) -> Result<Self, ProxyError> {
        let words = line.strip_suffix("\r\n").ok_or(ProxyError)?;
        let mut words = words.split(' ').skip(1);
        let v4 = match words.next() {
            Some("TCP4") => true,
            Some("TCP6") => false,
            // What follows it is not to be read.
            Some("UNKNOWN") => return Ok(Self::Local),
            _ => return Err(ProxyError),
        };
        let mut address = || {
            words
                .next()?
                .parse::<IpAddr>()
                .ok()
                .filter(|address| address.is_ipv4() == v4)
        };
        let (source, destination) = (address().ok_or(ProxyError)?, address().ok_or(ProxyError)?);
        let mut port = || {
            let word = words
                .next()
                .filter(|word| word.bytes().all(|octet| octet.is_ascii_digit()))?;
            word.parse::<u16>().ok()
        };
        let (from, to) = (port().ok_or(ProxyError)?, port().ok_or(ProxyError)?);
        if words.next().is_some() {
            return Err(ProxyError);
        }
        Ok(Self::Proxied {
            source: (source, from).into(),
            destination: (destination, to).into(),
        })
    }

    fn take_v2(input: &mut BytesMut) -> Result<Option<Self>, ProxyError> {
        let Some([command, family, high, low]) = input.get(12..16) else {
            return Ok(None);
        };
        let (command, family) = (*command, *family);
        let length = 16 + usize::from(u16::from_be_bytes([*high, *low]));
        if length > MAX_V2 || command >> 4 != 2 {
            return Err(ProxyError);
        }
        if input.len() < length {
            return Ok(None);
        }
        let mut body = input.split_to(length).split_off(16);
        match (command & 0xf, family) {
            (0, _) => Ok(Some(Self::Local)),
            (1, 0x11) if body.len() >= 12 => {
                let (source, destination) = (
                    Ipv4Addr::from(body.get_u32()),
                    Ipv4Addr::from(body.get_u32()),
                );
                Ok(Some(Self::proxied(
                    source.into(),
                    destination.into(),
                    &mut body,
                )))
            }
            (1, 0x21) if body.len() >= 36 => {
                let (source, destination) = (
                    Ipv6Addr::from(body.get_u128()),
                    Ipv6Addr::from(body.get_u128()),
                );
                Ok(Some(Self::proxied(
                    source.into(),
                    destination.into(),
                    &mut body,
                )))
            }
            // UNSPEC and the families that no SMTP client has: the balancer does not say.
            (1, 0x00 | 0x12 | 0x22 | 0x31 | 0x32) => Ok(Some(Self::Local)),
            _ => Err(ProxyError),
        }
    }

    fn proxied(source: IpAddr, destination: IpAddr, ports: &mut BytesMut) -> Self {
        Self::Proxied {
            source: (source, ports.get_u16()).into(),
            destination: (destination, ports.get_u16()).into(),
        }
    }

    /// Appends the header in version 1.
    pub fn write_v1(&self, wire: &mut BytesMut) {
        let line = match self {
            Self::Proxied {
                source,
                destination,
            } if source.is_ipv4() == destination.is_ipv4() => {
                let family = if source.is_ipv4() { "TCP4" } else { "TCP6" };
                let mut line = format!("PROXY {family} {} {}", source.ip(), destination.ip());
                // Writing to a String does not fail.
                let _ = write!(line, " {} {}\r\n", source.port(), destination.port());
                line
            }
            _ => "PROXY UNKNOWN\r\n".to_owned(),
        };
        wire.put_slice(line.as_bytes());
    }

    /// Appends the header in version 2.
    pub fn write_v2(&self, wire: &mut BytesMut) {
        wire.put_slice(SIGNATURE);
        match self {
            Self::Proxied {
                source: SocketAddr::V4(source),
                destination: SocketAddr::V4(destination),
            } => {
                wire.put_slice(&[0x21, 0x11, 0, 12]);
                wire.put_slice(&source.ip().octets());
                wire.put_slice(&destination.ip().octets());
                wire.put_u16(source.port());
                wire.put_u16(destination.port());
            }
            Self::Proxied {
                source: SocketAddr::V6(source),
                destination: SocketAddr::V6(destination),
            } => {
                wire.put_slice(&[0x21, 0x21, 0, 36]);
                wire.put_slice(&source.ip().octets());
                wire.put_slice(&destination.ip().octets());
                wire.put_u16(source.port());
                wire.put_u16(destination.port());
            }
            _ => wire.put_slice(&[0x20, 0, 0, 0]),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers() -> [ProxyHeader; 3] {
        [
            ("192.0.2.7:1", "192.0.2.1:25"),
            ("[2001:db8::7]:1", "[2001:db8::1]:25"),
        ]
        .map(|(source, destination)| ProxyHeader::Proxied {
            source: source.parse().unwrap(),
            destination: destination.parse().unwrap(),
        })
        .into_iter()
        .chain([ProxyHeader::Local])
        .collect::<Vec<_>>()
        .try_into()
        .unwrap()
    }

    #[test]
    fn both_versions_are_read_back_at_any_cut() {
        for header in headers() {
            for version in [ProxyHeader::write_v1, ProxyHeader::write_v2] {
                let mut wire = BytesMut::new();
                version(&header, &mut wire);
                let mut input = BytesMut::new();
                for (at, octet) in wire.iter().enumerate() {
                    input.put_u8(*octet);
                    let expected = (at + 1 == wire.len()).then_some(header);
                    assert_eq!(ProxyHeader::take(&mut input), Ok(expected));
                }
                assert!(input.is_empty());
            }
        }
    }

    #[test]
    fn what_follows_the_addresses_is_skipped() {
        let mut input = BytesMut::from(&SIGNATURE[..]);
        input.put_slice(&[
            0x21, 0x11, 0, 15, 192, 0, 2, 7, 192, 0, 2, 1, 0, 1, 0, 25, 4, 0, 0, b'E',
        ]);
        assert_eq!(ProxyHeader::take(&mut input), Ok(Some(headers()[0])));
        assert_eq!(input, "E");
    }

    #[test]
    fn anything_else_is_an_error() {
        for bad in [
            &b"EHLO"[..],
            b"proxy TCP4",
            b"PROXY TCP4 192.0.2.7 192.0.2.1 1 25\n",
            b"PROXY TCP4 192.0.2.7 192.0.2.1 1\r\n",
            b"PROXY TCP4 192.0.2.7 192.0.2.1 1 65536\r\n",
            b"PROXY TCP4 192.0.2.7 192.0.2.1 +1 25\r\n",
            b"PROXY TCP4 192.0.2.7 192.0.2.1 1 25 x\r\n",
            b"PROXY TCP6 192.0.2.7 192.0.2.1 1 25\r\n",
            b"PROXY UDP4 192.0.2.7 192.0.2.1 1 25\r\n",
            b"\r\n\r\n\0\r\nQUIT\n\x11\x11\0\0",
            b"\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x01\x01",
            b"\r\n\r\n\0\r\nQUIT\n\x21\x11\xff\xff",
        ] {
            let taken = ProxyHeader::take(&mut BytesMut::from(bad));
            assert_eq!(taken, Err(ProxyError), "{}", bad.escape_ascii());
        }
        let long = format!("PROXY UNKNOWN {}", "a".repeat(MAX_V1));
        assert!(ProxyHeader::take(&mut BytesMut::from(long.as_str())).is_err());
        assert_eq!(ProxyHeader::take(&mut BytesMut::new()), Ok(None));
    }
}
