//! DMARC policy records as types (RFC 9989 §4.7).

use std::fmt;

use super::grammar;
use crate::syntax::{SyntaxError, whole};
use crate::uri::Uri;

/// A policy record at `_dmarc`. Tags that are absent have their default.
///
/// ```
/// use inreply_dns::dmarc::{Policy, Record};
///
/// let record = Record::parse("v=DMARC1; p=reject; np=quarantine; rua=mailto:d@example.com")?;
/// assert_eq!((record.policy, record.for_subdomain(false)), (Some(Policy::Reject), Policy::Quarantine));
/// assert_eq!(record.to_string(), "v=DMARC1; p=reject; np=quarantine; rua=mailto:d@example.com");
/// let error = Record::parse("v=DMARC1; p=rejct").unwrap_err();
/// assert_eq!(error.to_string(), "expected \"none\", \"quarantine\" or \"reject\" at octet 12");
/// # Ok::<(), inreply_dns::SyntaxError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub struct Record {
    /// `p=`: the policy of the domain.
    pub policy: Option<Policy>,
    /// `sp=`: that of the names below it that exist.
    pub subdomain_policy: Option<Policy>,
    /// `np=`: that of the names below it that do not.
    pub nonexistent_policy: Option<Policy>,
    /// `psd=`
    pub public_suffix: PublicSuffix,
    /// `t=y`: the policy is to be applied one step weaker.
    pub testing: bool,
    /// `adkim=`
    pub dkim_alignment: Alignment,
    /// `aspf=`
    pub spf_alignment: Alignment,
    /// `fo=`
    pub failure_options: FailureOptions,
    /// `rua=`: where aggregate reports go.
    pub rua: Vec<Uri>,
    /// `ruf=`: where reports of single messages go.
    pub ruf: Vec<Uri>,
}

/// `dmarc-request`, from weak to strong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[allow(clippy::exhaustive_enums, reason = "RFC 9989 §4.8 has these three")]
pub enum Policy {
    /// No preference.
    None,
    /// Such mail is suspicious.
    Quarantine,
    /// Such mail is not the domain's.
    Reject,
}

/// `dmarc-psd`
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[allow(clippy::exhaustive_enums, reason = "RFC 9989 §4.8 has these three")]
pub enum PublicSuffix {
    /// `n`: it is an organisational domain.
    No,
    /// `u`: the walk decides.
    #[default]
    Unknown,
    /// `y`: it is a public suffix.
    Yes,
}

/// `dmarc-rors`
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[allow(clippy::exhaustive_enums, reason = "RFC 9989 §4.8 has these two")]
pub enum Alignment {
    /// `r`: the organisational domains are the same.
    #[default]
    Relaxed,
    /// `s`: the domains are the same.
    Strict,
}

/// `dmarc-fo`: which failures are reported.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[allow(clippy::exhaustive_structs, reason = "RFC 9989 §4.8 has these three")]
pub struct FailureOptions {
    /// `1`: any mechanism without an aligned pass; all of them otherwise.
    pub any: bool,
    /// `d`: every signature that fails.
    pub dkim: bool,
    /// `s`: every SPF evaluation that fails.
    pub spf: bool,
}

/// A record as receivers read it: "syntax errors in the remainder of the record MUST be discarded in favor of default values
/// (if any) or ignored outright" (RFC 9989 §4.8).
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Reading {
    /// What is left.
    pub record: Record,
    /// What was discarded: the record does not follow the grammar.
    pub faults: Vec<Fault>,
    /// What follows the grammar, or nearly, and has no effect.
    pub notices: Vec<Notice>,
}

/// A tag that was discarded.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(clippy::exhaustive_structs, reason = "a tag and what is wrong with it")]
pub struct Fault {
    /// The tag's name in lower case; empty where there is no tag.
    pub tag: Box<str>,
    /// What is wrong.
    pub error: SyntaxError,
}

/// A part of a record that has no effect.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Notice {
    /// `fo=` with both `0` and `1`, which exclude each other: `1` is taken.
    BothFailureOptions,
    /// `pct`, `rf` or `ri`, which RFC 9989 has removed.
    Obsolete(Box<str>),
    /// `!10m` behind an address, which RFC 9989 has removed.
    ReportSize,
    /// A tag that is not known.
    Unknown(Box<str>),
}

impl Record {
    /// Whether a TXT record's text is meant as a policy record: its first tag is `v=DMARC1` (RFC 9989 §4.7).
    ///
    /// ```
    /// assert!(inreply_dns::dmarc::Record::is_meant(b"v = DMARC1 ; p=none"));
    /// assert!(!inreply_dns::dmarc::Record::is_meant(b"v=DMARC12; p=none"));
    /// ```
    pub fn is_meant(text: &[u8]) -> bool {
        grammar::version(text)
            .is_ok_and(|(rest, ())| matches!(rest.trim_ascii_start(), [] | [b';', ..]))
    }

    /// Reads a record by the letter of the grammar. Unknown and obsolete tags are passed over.
    ///
    /// # Errors
    /// Where the text does not follow it, with the octet.
    pub fn parse(text: &str) -> Result<Self, SyntaxError> {
        let reading = Self::read(text.as_bytes())?;
        match reading.faults.into_iter().next() {
            Some(fault) => Err(fault.error),
            None => Ok(reading.record),
        }
    }

    /// Reads a record as receivers do.
    ///
    /// # Errors
    /// Where it does not begin with `v=DMARC1`: then it is none.
    pub fn read(text: &[u8]) -> Result<Reading, SyntaxError> {
        whole(text, |text| grammar::record(text))
    }

    /// The policy for names below the domain, that exist or do not (RFC 9989 §4.10.1).
    pub fn for_subdomain(&self, exists: bool) -> Policy {
        let nonexistent = self.nonexistent_policy.filter(|_| !exists);
        nonexistent
            .or(self.subdomain_policy)
            .or(self.policy)
            .unwrap_or(Policy::None)
    }
}

impl Reading {
    /// Whether `p=`, `sp=` or `np=` is not one of the three policies: receivers take `p=none` where there is an address for
    /// reports, and nothing at all otherwise (RFC 9989 §4.10.1).
    pub fn has_bad_policy(&self) -> bool {
        let mut faults = self.faults.iter();
        faults.any(|fault| matches!(&*fault.tag, "p" | "sp" | "np"))
    }
}

impl Policy {
    /// The policy that is applied where `t=y` asks for a weaker one (RFC 9989 §4.7).
    #[must_use]
    pub fn weaker(self) -> Self {
        match self {
            Self::Reject => Self::Quarantine,
            Self::None | Self::Quarantine => Self::None,
        }
    }

    /// As a record writes it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Quarantine => "quarantine",
            Self::Reject => "reject",
        }
    }
}

impl fmt::Display for Policy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Display for Record {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("v=DMARC1")?;
        for (tag, policy) in [
            ("p", self.policy),
            ("sp", self.subdomain_policy),
            ("np", self.nonexistent_policy),
        ] {
            if let Some(policy) = policy {
                write!(f, "; {tag}={policy}")?;
            }
        }
        match self.public_suffix {
            PublicSuffix::No => f.write_str("; psd=n")?,
            PublicSuffix::Unknown => {}
            PublicSuffix::Yes => f.write_str("; psd=y")?,
        }
        if self.testing {
            f.write_str("; t=y")?;
        }
        if self.dkim_alignment == Alignment::Strict {
            f.write_str("; adkim=s")?;
        }
        if self.spf_alignment == Alignment::Strict {
            f.write_str("; aspf=s")?;
        }
        let options = self.failure_options;
        let set = [(options.any, "1"), (options.dkim, "d"), (options.spf, "s")];
        let set: Vec<&str> = set
            .iter()
            .filter(|(set, _)| *set)
            .map(|(_, name)| *name)
            .collect();
        if !set.is_empty() {
            write!(f, "; fo={}", set.join(":"))?;
        }
        for (tag, uris) in [("rua", &self.rua), ("ruf", &self.ruf)] {
            if !uris.is_empty() {
                let uris: Vec<&str> = uris.iter().map(Uri::as_str).collect();
                write!(f, "; {tag}={}", uris.join(","))?;
            }
        }
        Ok(())
    }
}
