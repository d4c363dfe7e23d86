//! Questions to the DNS, and what may come of them.

use std::fmt;
use std::sync::Arc;

use crate::name::Name;
use crate::record::{Data, Kind, Record};

/// The longest chain of CNAMEs that is followed; resolvers give up at 8 to 16.
pub const MAX_CHAIN: usize = 16;

/// What is asked for: the records of a type at a name, class IN.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[allow(clippy::exhaustive_structs, reason = "RFC 1035 §4.1.2 has no more")]
pub struct Question {
    /// The name.
    pub name: Name,
    /// The type.
    pub kind: Kind,
}

/// What came of a question. The nine are never mixed up: a failed lookup says nothing about what exists.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Outcome {
    /// NOERROR with records: of the type, or CNAMEs that lead on.
    Answer(Section),
    /// NOERROR without such records: the name exists and has none of the type.
    NoData(Section),
    /// NXDOMAIN: the name, or the one that its CNAMEs lead to, does not exist, nor anything below it (RFC 8020).
    NxDomain(Section),
    /// A validating resolver says that the signatures do not hold (RFC 8914 §4.7 and its kin).
    Bogus(Reason),
    /// The answer could not be read, or was to another question.
    Malformed(Reason),
    /// REFUSED, NOTAUTH and the like: the server will not answer this asker.
    Refused(Reason),
    /// SERVFAIL, without more said than the reason.
    ServFail(Reason),
    /// Nothing came in the time given.
    Timeout,
    /// Cut over UDP, and TCP did not work.
    Truncated(Reason),
}

/// What a server says of its failure, empty where it says nothing: an extended error (RFC 8914), say.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[allow(clippy::exhaustive_structs, reason = "a text is all that there is")]
pub struct Reason(pub String);

/// What a server answered with.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Section {
    /// The answer: CNAMEs, then the records that they lead to.
    pub records: Vec<Found>,
    /// The zone that denies, by its SOA in the authority section.
    pub zone: Option<Name>,
    /// The server speaks for the zone (AA): its TTLs are those of the zone file.
    pub authoritative: bool,
    /// The resolver has validated it (AD).
    pub authenticated: bool,
    /// There are signatures (RRSIG), whether or not anybody looked at them.
    pub signed: bool,
    /// It came over TCP, for it did not fit into a datagram.
    pub large: bool,
}

/// A record in an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(clippy::exhaustive_structs, reason = "RFC 1035 §3.2.1 has no more")]
pub struct Found {
    /// The record.
    pub record: Record,
    /// How long it may be kept, in seconds.
    pub ttl: u32,
}

impl Question {
    /// The question for the records of `kind` at `name`.
    pub fn new(name: Name, kind: Kind) -> Self {
        Self { name, kind }
    }
}

impl fmt::Display for Question {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.name, self.kind)
    }
}

impl Section {
    /// The CNAMEs of the answer from `name` on, and where they end.
    pub fn follow(&self, name: &Name) -> Chain {
        let mut links = vec![name.clone()];
        while let Some(next) = links.last().and_then(|last| self.alias(last)) {
            if links.contains(next) || links.len() > MAX_CHAIN {
                links.push(next.clone());
                return Chain {
                    links,
                    looped: true,
                };
            }
            links.push(next.clone());
        }
        Chain {
            links,
            looped: false,
        }
    }

    /// The records of `kind` at `name` itself.
    pub fn at<'a>(&'a self, name: &'a Name, kind: Kind) -> impl Iterator<Item = &'a Found> {
        self.records
            .iter()
            .filter(move |found| found.record.owner == *name && found.record.data.kind() == kind)
    }

    fn alias(&self, name: &Name) -> Option<&Name> {
        let mut at = self
            .records
            .iter()
            .filter(|found| found.record.owner == *name);
        at.find_map(|found| match &found.record.data {
            Data::Cname(target) => Some(target),
            _ => None,
        })
    }
}

/// Names that CNAMEs join.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Chain {
    /// The name asked for, and then what each CNAME leads to.
    pub links: Vec<Name>,
    /// The last leads back into the chain, or the chain has no end within reason.
    pub looped: bool,
}

impl Chain {
    /// How many CNAMEs there are.
    pub fn len(&self) -> usize {
        self.links.len().saturating_sub(1)
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// What came of a question once every CNAME was followed.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Resolution {
    /// The name asked for, and then what each CNAME leads to.
    pub chain: Chain,
    /// The records at the chain's end.
    pub found: Vec<Found>,
    /// The last answer.
    pub outcome: Arc<Outcome>,
}

impl Resolution {
    /// Follows CNAMEs, within answers and from answer to answer; `None` where an answer is not known yet.
    pub fn of(
        question: &Question,
        known: &mut dyn FnMut(&Question) -> Option<Arc<Outcome>>,
    ) -> Option<Self> {
        let mut chain = Chain {
            links: vec![question.name.clone()],
            looped: false,
        };
        let mut asked = question.clone();
        loop {
            let outcome = known(&asked)?;
            let mut found = Vec::new();
            if let Some(section) = outcome.section() {
                let part = section.follow(&asked.name);
                chain.looped |= part.looped
                    || part.links[1..]
                        .iter()
                        .any(|link| chain.links.contains(link));
                chain.links.extend(part.links.into_iter().skip(1));
                chain.looped |= chain.len() > MAX_CHAIN;
                let end = chain.links.last().unwrap_or(&question.name);
                found.extend(section.at(end, question.kind).cloned());
                let leads_on = matches!(*outcome, Outcome::Answer(_)) && *end != asked.name;
                if found.is_empty() && leads_on && !chain.looped {
                    asked.name = end.clone();
                    continue;
                }
            }
            return Some(Self {
                chain,
                found,
                outcome,
            });
        }
    }

    /// The addresses among the records.
    pub(crate) fn addresses(&self) -> impl Iterator<Item = std::net::IpAddr> {
        self.found
            .iter()
            .filter_map(|found| found.record.data.address())
    }

    /// The texts among the records.
    pub fn texts(&self) -> impl Iterator<Item = &[u8]> {
        self.found
            .iter()
            .filter_map(|found| match &found.record.data {
                Data::Txt(text) => Some(text.as_slice()),
                _ => None,
            })
    }

    /// Whether the lookup failed, so that nothing is known.
    pub fn failed(&self) -> bool {
        self.outcome.is_failure()
    }
}

impl Outcome {
    /// Records found, or their absence proven; none where the lookup failed.
    pub fn section(&self) -> Option<&Section> {
        match self {
            Self::Answer(section) | Self::NoData(section) | Self::NxDomain(section) => {
                Some(section)
            }
            _ => None,
        }
    }

    /// Whether it says nothing about what exists.
    pub fn is_failure(&self) -> bool {
        self.section().is_none()
    }

    /// The outcome's name.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Answer(_) => "answer",
            Self::NoData(_) => "NODATA",
            Self::NxDomain(_) => "NXDOMAIN",
            Self::Bogus(_) => "bogus",
            Self::Malformed(_) => "malformed",
            Self::Refused(_) => "REFUSED",
            Self::ServFail(_) => "SERVFAIL",
            Self::Timeout => "timeout",
            Self::Truncated(_) => "truncated without TCP",
        }
    }

    /// What the server says of its failure.
    pub fn reason(&self) -> &str {
        match self {
            Self::Bogus(reason)
            | Self::Malformed(reason)
            | Self::Refused(reason)
            | Self::ServFail(reason)
            | Self::Truncated(reason) => &reason.0,
            _ => "",
        }
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())?;
        if !self.reason().is_empty() {
            write!(f, " ({})", self.reason())?;
        }
        Ok(())
    }
}
