//! What a server says it can do, behind EHLO.

use std::fmt;

use super::reply::Reply;
use super::sasl::Mechanisms;

/// The extensions that a reply to EHLO announces (RFC 5321 §4.1.1.1). Keywords are read without regard to case.
///
/// ```
/// use bytes::BytesMut;
/// use inreply_smtp::wire::{capability::Capabilities, reply_parser::ReplyParser, sasl::Mechanism};
///
/// let mut wire = BytesMut::from("250-mx.example\r\n250-size 1000\r\n250-XNEW\r\n250 AUTH PLAIN\r\n");
/// let reply = ReplyParser::new(512, 100).next(&mut wire).unwrap().unwrap();
/// let capabilities = Capabilities::of(&reply);
/// assert_eq!(capabilities.size, Some(1_000));
/// assert!(capabilities.auth.contains(Mechanism::Plain) && !capabilities.pipelining);
/// assert_eq!(capabilities.keywords().collect::<Vec<_>>(), ["SIZE 1000", "AUTH PLAIN"]);
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Capabilities {
    /// `8BITMIME` (RFC 6152).
    pub eight_bit_mime: bool,
    /// `AUTH` (RFC 4954), and the mechanisms of it that this crate speaks.
    pub auth: Mechanisms,
    /// `BINARYMIME` (RFC 3030).
    pub binary_mime: bool,
    /// `CHUNKING` (RFC 3030).
    pub chunking: bool,
    /// `DSN` (RFC 3461).
    pub dsn: bool,
    /// `ENHANCEDSTATUSCODES` (RFC 2034).
    pub enhanced_status_codes: bool,
    /// `LIMITS` (RFC 9422).
    pub limits: Limits,
    /// `PIPELINING` (RFC 2920).
    pub pipelining: bool,
    /// `REQUIRETLS` (RFC 8689).
    pub requiretls: bool,
    /// `SIZE` (RFC 1870), with the largest message in octets; 0 where the server has no fixed limit.
    pub size: Option<u64>,
    /// `SMTPUTF8` (RFC 6531).
    pub smtputf8: bool,
    /// `STARTTLS` (RFC 3207).
    pub starttls: bool,
}

impl Capabilities {
    /// Reads the lines of a 250 reply behind the first, which holds the server's name.
    pub fn of(reply: &Reply) -> Self {
        let mut capabilities = Self::default();
        for line in reply.lines().skip(1) {
            capabilities.read(line);
        }
        capabilities
    }

    fn read(&mut self, line: &str) {
        let mut words = line.split_ascii_whitespace();
        let Some(keyword) = words.next() else { return };
        let keyword = keyword.to_ascii_uppercase();
        match keyword.as_str() {
            "8BITMIME" => self.eight_bit_mime = true,
            "AUTH" => self.auth = Mechanisms::of_words(words),
            "BINARYMIME" => self.binary_mime = true,
            "CHUNKING" => self.chunking = true,
            "DSN" => self.dsn = true,
            "ENHANCEDSTATUSCODES" => self.enhanced_status_codes = true,
            "LIMITS" => self.limits = Limits::of_words(words),
            "PIPELINING" => self.pipelining = true,
            "REQUIRETLS" => self.requiretls = true,
            "SIZE" => {
                self.size = Some(words.next().and_then(|size| size.parse().ok()).unwrap_or(0))
            }
            "SMTPUTF8" => self.smtputf8 = true,
            "STARTTLS" => self.starttls = true,
            _ => {}
        }
    }

    /// The lines of a reply that announces them.
    pub fn keywords(&self) -> impl Iterator<Item = String> {
        let word = |offered: bool, keyword: &str| offered.then(|| keyword.to_owned());
        [
            word(self.pipelining, "PIPELINING"),
            self.size.map(|size| format!("SIZE {size}")),
            word(self.eight_bit_mime, "8BITMIME"),
            word(self.smtputf8, "SMTPUTF8"),
            word(self.enhanced_status_codes, "ENHANCEDSTATUSCODES"),
            word(self.chunking, "CHUNKING"),
            word(self.binary_mime, "BINARYMIME"),
            word(self.starttls, "STARTTLS"),
            (!self.auth.is_empty()).then(|| format!("AUTH {}", self.auth)),
            word(self.dsn, "DSN"),
            word(self.requiretls, "REQUIRETLS"),
            (self.limits != Limits::default()).then(|| format!("LIMITS{}", self.limits)),
        ]
        .into_iter()
        .flatten()
    }
}

/// What a server takes at most (RFC 9422 §4). A limit that is not told is none that one knows of.
///
/// ```
/// use inreply_smtp::wire::capability::Limits;
///
/// let limits = Limits::of_words(["RCPTMAX=20", "mailmax=5", "XNEW=1"]);
/// assert_eq!((limits.recipients, limits.messages), (Some(20), Some(5)));
/// assert_eq!(limits.to_string(), " MAILMAX=5 RCPTMAX=20");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub struct Limits {
    /// `MAILMAX`: transactions of one session.
    pub messages: Option<u32>,
    /// `RCPTMAX`: recipients of one transaction.
    pub recipients: Option<u32>,
    /// `RCPTDOMAINMAX`: domains of the recipients of one session.
    pub domains: Option<u32>,
}

impl Limits {
    /// Reads `name=value` words; those that are not known or not well formed are passed over, as RFC 9422 §3 asks.
    pub fn of_words<'a>(words: impl IntoIterator<Item = &'a str>) -> Self {
        let mut limits = Self::default();
        for word in words {
            let Some((name, value)) = word.split_once('=') else {
                continue;
            };
            // `limit-value = 1*6DIGIT`, where zero is no limit that makes sense.
            let digits = value.len() <= 6 && value.bytes().all(|octet| octet.is_ascii_digit());
            let value = value.parse().ok().filter(|value| digits && *value > 0);
            match name.to_ascii_uppercase().as_str() {
                "MAILMAX" => limits.messages = value,
                "RCPTDOMAINMAX" => limits.domains = value,
                "RCPTMAX" => limits.recipients = value,
                _ => {}
            }
        }
        limits
    }
}

/// Each limit with a space before it.
impl fmt::Display for Limits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (name, value) in [
            ("MAILMAX", self.messages),
            ("RCPTMAX", self.recipients),
            ("RCPTDOMAINMAX", self.domains),
        ] {
            if let Some(value) = value {
                write!(f, " {name}={value}")?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::reply::{ReplyCode, ReplyText};
    use crate::wire::sasl::Mechanism;

    fn reply(lines: impl IntoIterator<Item = String>) -> Reply {
        lines.into_iter().fold(
            Reply::new(ReplyCode::OK, None, ReplyText::literal("mx.example")),
            |reply, line| reply.line(ReplyText::lossy(&line)),
        )
    }

    #[test]
    fn printing_is_the_inverse_of_parsing() {
        let all = Capabilities {
            eight_bit_mime: true,
            auth: Mechanisms::from_iter(Mechanism::ALL),
            binary_mime: true,
            chunking: true,
            dsn: true,
            enhanced_status_codes: true,
            limits: Limits::of_words(["RCPTMAX=100"]),
            pipelining: true,
            requiretls: true,
            size: Some(0),
            smtputf8: true,
            starttls: true,
        };
        for capabilities in [all, Capabilities::default()] {
            assert_eq!(
                Capabilities::of(&reply(capabilities.keywords())),
                capabilities
            );
        }
    }

    #[test]
    fn what_is_not_known_is_passed_over() {
        let lines = [
            "",
            "XNEW a b",
            "auth=LOGIN",
            "AUTH GSSAPI",
            "SIZE many",
            "LIMITS RCPTMAX=0 MAILMAX=1000000",
        ];
        let capabilities = Capabilities::of(&reply(lines.map(str::to_owned)));
        assert_eq!(
            capabilities,
            Capabilities {
                size: Some(0),
                ..Capabilities::default()
            }
        );
    }
}
