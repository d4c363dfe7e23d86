//! What a server says it can do, behind EHLO.

use super::reply::Reply;

/// The extensions that a reply to EHLO announces (RFC 5321 §4.1.1.1). Keywords are read without regard to case.
///
/// ```
/// use bytes::BytesMut;
/// use inreply_smtp::wire::{capability::Capabilities, reply_parser::ReplyParser};
///
/// let mut wire = BytesMut::from("250-mx.example\r\n250-size 1000\r\n250-XNEW\r\n250 PIPELINING\r\n");
/// let reply = ReplyParser::new(512, 100).next(&mut wire).unwrap().unwrap();
/// let capabilities = Capabilities::of(&reply);
/// assert_eq!(capabilities.size, Some(1_000));
/// assert!(capabilities.pipelining && !capabilities.eight_bit_mime);
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Capabilities {
    /// `8BITMIME` (RFC 6152).
    pub eight_bit_mime: bool,
    /// `ENHANCEDSTATUSCODES` (RFC 2034).
    pub enhanced_status_codes: bool,
    /// `PIPELINING` (RFC 2920).
    pub pipelining: bool,
    /// `SIZE` (RFC 1870), with the largest message in octets; 0 where the server has no fixed limit.
    pub size: Option<u64>,
    /// `SMTPUTF8` (RFC 6531).
    pub smtputf8: bool,
}

impl Capabilities {
    /// Reads the lines of a 250 reply behind the first, which holds the server's name.
    pub fn of(reply: &Reply) -> Self {
        let mut capabilities = Self::default();
        for line in reply.lines().skip(1) {
            let mut words = line.split_ascii_whitespace();
            let Some(keyword) = words.next() else { continue };
            match keyword.to_ascii_uppercase().as_str() {
                "8BITMIME" => capabilities.eight_bit_mime = true,
                "ENHANCEDSTATUSCODES" => capabilities.enhanced_status_codes = true,
                "PIPELINING" => capabilities.pipelining = true,
                "SIZE" => {
                    capabilities.size = Some(words.next().and_then(|size| size.parse().ok()).unwrap_or(0))
                }
                "SMTPUTF8" => capabilities.smtputf8 = true,
                _ => {}
            }
        }
        capabilities
    }
}
