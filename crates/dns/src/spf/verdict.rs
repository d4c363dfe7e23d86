//! What is asked of SPF, and what it says.

use std::fmt;
use std::net::IpAddr;

use crate::lookup::{Outcome, Question};
use crate::name::Name;
use crate::syntax::SyntaxError;

/// The arguments of `check_host()` (RFC 7208 §4.1), and what macros may ask for besides.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    ip: IpAddr,
    sender: String,
    helo: String,
    receiver: String,
    unix_seconds: u64,
}

impl Request {
    /// Whether `ip` may send for `sender`, a mailbox; where that is empty, as in a bounce, for `postmaster@helo` (RFC 7208
    /// §2.4).
    pub fn new(ip: IpAddr, sender: impl Into<String>, helo: impl Into<String>) -> Self {
        let (sender, helo) = (sender.into(), helo.into());
        let sender = match sender.as_str() {
            "" => format!("postmaster@{helo}"),
            text if text.starts_with('@') => format!("postmaster{text}"),
            text if !text.contains('@') => format!("postmaster@{text}"),
            _ => sender,
        };
        // RFC 7208 §5: an IPv4-mapped address is the IPv4 address.
        let ip = ip.to_canonical();
        Self {
            ip,
            sender,
            helo,
            receiver: "unknown".to_owned(),
            unix_seconds: 0,
        }
    }

    /// The name of the host that evaluates, for the macro `r`. Defaults to `unknown` (RFC 7208 §7.3).
    #[must_use]
    pub fn at(mut self, receiver: impl Into<String>) -> Self {
        self.receiver = receiver.into();
        self
    }

    /// The time for the macro `t`, in seconds since 1970-01-01 UTC. Defaults to 0.
    #[must_use]
    pub fn when(mut self, unix_seconds: u64) -> Self {
        self.unix_seconds = unix_seconds;
        self
    }

    /// The client's address; an IPv4-mapped one as IPv4.
    pub fn ip(&self) -> IpAddr {
        self.ip
    }

    /// The local part and the domain of the sender.
    pub fn sender_parts(&self) -> (&str, &str) {
        self.sender
            .rsplit_once('@')
            .unwrap_or(("postmaster", &self.sender))
    }

    /// The name in HELO or EHLO.
    pub fn helo(&self) -> &str {
        &self.helo
    }

    /// The name of the host that evaluates.
    pub fn receiver(&self) -> &str {
        &self.receiver
    }

    /// The time, in seconds since 1970-01-01 UTC.
    pub fn unix_seconds(&self) -> u64 {
        self.unix_seconds
    }
}

/// The result of `check_host()` (RFC 7208 §2.6).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[allow(clippy::exhaustive_enums, reason = "RFC 7208 §2.6 has these seven")]
pub enum Verdict {
    /// The address may not send for the domain.
    Fail,
    /// The domain says nothing of the address.
    Neutral,
    /// There is no record, or no domain.
    None,
    /// The address may send for the domain.
    Pass,
    /// A record cannot be used.
    PermError,
    /// The address should not send for the domain.
    SoftFail,
    /// A lookup failed for now.
    TempError,
}

impl Verdict {
    /// The result as `Received-SPF` and `Authentication-Results` write it (RFC 7208 §9).
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Fail => "fail",
            Self::Neutral => "neutral",
            Self::None => "none",
            Self::Pass => "pass",
            Self::PermError => "permerror",
            Self::SoftFail => "softfail",
            Self::TempError => "temperror",
        }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A verdict and how it came about.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Evaluated {
    /// The verdict.
    pub verdict: Verdict,
    /// The domain's explanation of a fail (RFC 7208 §6.2).
    pub explanation: Option<String>,
    /// Why it is a temporary or permanent error.
    pub problem: Option<Problem>,
    /// The term that matched, and the domain in whose record it stands.
    pub matched: Option<(Name, String)>,
    /// Terms that have asked the DNS, of ten allowed.
    pub lookups: usize,
    /// Lookups that found nothing, of two allowed.
    pub voids: usize,
    /// What each term of the domain's own record has cost.
    pub costs: Vec<Cost>,
}

/// What a term has cost in lookups, with all that it includes.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Cost {
    /// The term.
    pub term: String,
    /// Lookups.
    pub lookups: usize,
}

/// Why an evaluation ended in an error.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Problem {
    /// `include:` of a domain without a record (RFC 7208 §5.2), or `redirect=` to one (§6.1).
    #[error("{domain} has no SPF record, and {by} wants one")]
    IncludeNone {
        /// The domain without.
        domain: Name,
        /// The term.
        by: String,
    },
    /// A lookup failed for now.
    #[error("{question}: {outcome}")]
    LookupFailed {
        /// What was asked.
        question: Question,
        /// What came of it.
        outcome: Outcome,
    },
    /// `include:` or `redirect=` leads back to a domain that is being evaluated.
    #[error("{by} in the record of {domain} leads back to a record that led there")]
    Loop {
        /// Whose record leads back.
        domain: Name,
        /// The term.
        by: String,
    },
    /// Two records or more (RFC 7208 §4.5).
    #[error("{domain} has {count} SPF records")]
    Multiple {
        /// The domain.
        domain: Name,
        /// How many.
        count: usize,
    },
    /// The record does not follow the grammar.
    #[error("the record of {domain}: {error}")]
    Syntax {
        /// Whose record.
        domain: Name,
        /// What is wrong.
        error: SyntaxError,
    },
    /// More than ten mail exchanges behind one `mx` (RFC 7208 §4.6.4).
    #[error("{domain} has more than {most} mail exchanges")]
    TooManyExchanges {
        /// Whose.
        domain: Name,
        /// How many are allowed.
        most: usize,
    },
    /// More terms that ask the DNS than are allowed (RFC 7208 §4.6.4).
    #[error("more than {most} lookups")]
    TooManyLookups {
        /// How many are allowed.
        most: usize,
    },
    /// More lookups that find nothing than are allowed (RFC 7208 §4.6.4).
    #[error("more than {most} lookups find nothing, the last at {question}")]
    TooManyVoids {
        /// How many are allowed.
        most: usize,
        /// The one too many.
        question: Question,
    },
}
