//! SPF records as types.

use std::fmt;
use std::net::{Ipv4Addr, Ipv6Addr};

use super::grammar;
use super::macros::{DomainSpec, MacroString};
use crate::syntax::{SyntaxError, whole};

/// An SPF record: `record = version terms *SP` (RFC 7208 §4.5, §12).
///
/// ```
/// use inreply_dns::spf::{Mechanism, Qualifier, Record};
///
/// let record = Record::parse("v=spf1 ip4:192.0.2.0/24 include:_spf.example.net ~all")?;
/// assert_eq!(record.to_string(), "v=spf1 ip4:192.0.2.0/24 include:_spf.example.net ~all");
/// let all = record.directives().last().unwrap();
/// assert_eq!((all.qualifier, &all.mechanism), (Qualifier::SoftFail, &Mechanism::All));
///
/// let error = Record::parse("v=spf1 include: -all").unwrap_err();
/// assert_eq!(error.to_string(), "expected a domain at octet 15");
/// # Ok::<(), inreply_dns::SyntaxError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
#[allow(clippy::exhaustive_structs, reason = "a record is its terms")]
pub struct Record {
    /// The terms in their order; at most one [`Term::Redirect`] and one [`Term::Explanation`] (RFC 7208 §6).
    pub terms: Vec<Term>,
}

/// `directive / modifier`
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Term {
    /// A mechanism and what a match means.
    Directive(Directive),
    /// `redirect=`: whose record decides where none of this one's mechanisms matches (§6.1).
    Redirect(DomainSpec),
    /// `exp=`: where the explanation of a fail stands (§6.2).
    Explanation(DomainSpec),
    /// Any other `name=value`, to be passed over (§6).
    Unknown {
        /// The name, as it was written.
        name: Box<str>,
        /// The value.
        value: MacroString,
    },
}

/// `[ qualifier ] mechanism`
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[allow(clippy::exhaustive_structs, reason = "RFC 7208 §4.6.1 has no more")]
pub struct Directive {
    /// What a match means.
    pub qualifier: Qualifier,
    /// What has to match.
    pub mechanism: Mechanism,
}

/// `qualifier = "+" / "-" / "?" / "~"` (RFC 7208 §4.6.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[allow(clippy::exhaustive_enums, reason = "RFC 7208 §4.6.2 has these four")]
pub enum Qualifier {
    /// `-`
    Fail,
    /// `?`
    Neutral,
    /// `+`, or nothing
    #[default]
    Pass,
    /// `~`
    SoftFail,
}

/// What has to match (RFC 7208 §5).
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Mechanism {
    /// Everything.
    All,
    /// One of the domain's addresses.
    A {
        /// The domain; the one under evaluation where `None`.
        domain: Option<DomainSpec>,
        /// Bits of an IPv4 address that count: `0..=32`.
        prefix4: u8,
        /// Bits of an IPv6 address that count: `0..=128`.
        prefix6: u8,
    },
    /// The domain has an IPv4 address, whichever.
    Exists(DomainSpec),
    /// The domain's own record passes.
    Include(DomainSpec),
    /// An IPv4 network.
    Ip4 {
        /// An address of it.
        network: Ipv4Addr,
        /// Bits that count: `0..=32`.
        prefix: u8,
    },
    /// An IPv6 network.
    Ip6 {
        /// An address of it.
        network: Ipv6Addr,
        /// Bits that count: `0..=128`.
        prefix: u8,
    },
    /// An address of one of the domain's mail exchanges.
    Mx {
        /// The domain; the one under evaluation where `None`.
        domain: Option<DomainSpec>,
        /// Bits of an IPv4 address that count: `0..=32`.
        prefix4: u8,
        /// Bits of an IPv6 address that count: `0..=128`.
        prefix6: u8,
    },
    /// The client's name is the domain or below it; not to be used (§5.5).
    Ptr(Option<DomainSpec>),
}

impl Record {
    /// Whether a TXT record's text is meant as SPF: it begins with `v=spf1` and a space, or ends there (RFC 7208 §4.5).
    ///
    /// ```
    /// assert!(inreply_dns::spf::Record::is_meant(b"V=SPF1 -all"));
    /// assert!(!inreply_dns::spf::Record::is_meant(b"v=spf10"));
    /// ```
    pub fn is_meant(text: &[u8]) -> bool {
        text.get(..6)
            .is_some_and(|version| version.eq_ignore_ascii_case(b"v=spf1"))
            && matches!(text.get(6), None | Some(b' '))
    }

    /// Reads a record.
    ///
    /// # Errors
    /// Where the text does not follow the grammar, with the octet: one wrong term makes the whole record void (RFC 7208
    /// §4.6).
    pub fn parse(text: &str) -> Result<Self, SyntaxError> {
        Self::parse_octets(text.as_bytes())
    }

    /// Reads the text of a TXT record, which may hold any octets.
    ///
    /// # Errors
    /// As [`Record::parse`].
    pub fn parse_octets(text: &[u8]) -> Result<Self, SyntaxError> {
        whole(text, grammar::record)
    }

    /// The directives in their order.
    pub fn directives(&self) -> impl Iterator<Item = &Directive> {
        self.terms.iter().filter_map(|term| match term {
            Term::Directive(directive) => Some(directive),
            _ => None,
        })
    }

    /// The domain of `redirect=`.
    pub fn redirect(&self) -> Option<&DomainSpec> {
        self.terms.iter().find_map(|term| match term {
            Term::Redirect(domain) => Some(domain),
            _ => None,
        })
    }

    /// The domain of `exp=`.
    pub fn explanation(&self) -> Option<&DomainSpec> {
        self.terms.iter().find_map(|term| match term {
            Term::Explanation(domain) => Some(domain),
            _ => None,
        })
    }

    /// What `all` means here, where the record has one.
    pub fn all(&self) -> Option<Qualifier> {
        self.directives()
            .find(|directive| directive.mechanism == Mechanism::All)
            .map(|directive| directive.qualifier)
    }
}

impl Mechanism {
    /// Whether a DNS lookup is needed, which a record has ten of (RFC 7208 §4.6.4).
    pub fn asks(&self) -> bool {
        !matches!(self, Self::All | Self::Ip4 { .. } | Self::Ip6 { .. })
    }
}

impl fmt::Display for Record {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("v=spf1")?;
        self.terms.iter().try_for_each(|term| write!(f, " {term}"))
    }
}

impl fmt::Display for Term {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Directive(directive) => directive.fmt(f),
            Self::Redirect(domain) => write!(f, "redirect={domain}"),
            Self::Explanation(domain) => write!(f, "exp={domain}"),
            Self::Unknown { name, value } => write!(f, "{name}={value}"),
        }
    }
}

impl fmt::Display for Directive {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.qualifier {
            Qualifier::Pass => "",
            Qualifier::Fail => "-",
            Qualifier::SoftFail => "~",
            Qualifier::Neutral => "?",
        })?;
        self.mechanism.fmt(f)
    }
}

impl fmt::Display for Mechanism {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (name, domain, prefixes) = match self {
            Self::All => return f.write_str("all"),
            Self::Include(domain) => return write!(f, "include:{domain}"),
            Self::Exists(domain) => return write!(f, "exists:{domain}"),
            Self::Ip4 {
                network,
                prefix: 32,
            } => return write!(f, "ip4:{network}"),
            Self::Ip4 { network, prefix } => return write!(f, "ip4:{network}/{prefix}"),
            Self::Ip6 {
                network,
                prefix: 128,
            } => return write!(f, "ip6:{network}"),
            Self::Ip6 { network, prefix } => return write!(f, "ip6:{network}/{prefix}"),
            Self::Ptr(domain) => ("ptr", domain, (32, 128)),
            Self::A {
                domain,
                prefix4,
                prefix6,
            } => ("a", domain, (*prefix4, *prefix6)),
            Self::Mx {
                domain,
                prefix4,
                prefix6,
            } => ("mx", domain, (*prefix4, *prefix6)),
        };
        f.write_str(name)?;
        if let Some(domain) = domain {
            write!(f, ":{domain}")?;
        }
        if prefixes.0 < 32 {
            write!(f, "/{}", prefixes.0)?;
        }
        if prefixes.1 < 128 {
            write!(f, "//{}", prefixes.1)?;
        }
        Ok(())
    }
}
