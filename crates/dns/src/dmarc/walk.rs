//! The tree walk: which record is a domain's, and which domain is its organisation's (RFC 9989 §4.10).

use super::record::{Policy, PublicSuffix, Reading, Record};
use crate::lookup::Resolution;
use crate::name::Name;

/// The names of a walk, and what stands there.
///
/// ```
/// use inreply_dns::dmarc::{Found, Place, Policy, Record, Walk};
///
/// let walk = Walk::new(&"a.mail.example.com".parse()?);
/// let names: Vec<String> = walk.names().map(ToString::to_string).collect();
/// assert_eq!(names, ["a.mail.example.com.", "mail.example.com.", "example.com.", "com."]);
/// let record = Record::read(b"v=DMARC1; p=reject; sp=quarantine")?;
/// let place = walk.decide(|name| match name.as_str() {
///     "example.com" => Found::One(record.clone()),
///     _ => Found::None,
/// });
/// let Place::Above { name, reading } = place.policy else { unreachable!() };
/// assert_eq!((name.as_str(), reading.record.for_subdomain(true)), ("example.com", Policy::Quarantine));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct Walk {
    names: Vec<Name>,
}

/// What stands at `_dmarc` below a name.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(clippy::exhaustive_enums, reason = "none, one, more, or nobody knows")]
#[allow(clippy::large_enum_variant, reason = "one a name, eight names")]
pub enum Found {
    /// No policy record.
    None,
    /// One.
    One(Reading),
    /// More than one: all are discarded, and the walk goes on (§4.10 step 2).
    Several(usize),
    /// The lookup failed.
    Unknown,
}

/// Whose record is a domain's.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(
    clippy::exhaustive_enums,
    reason = "its own, one above, none, or nobody knows"
)]
#[allow(clippy::large_enum_variant, reason = "one a walk")]
pub enum Place {
    /// That of the organisational domain, or of the public suffix.
    Above {
        /// The domain.
        name: Name,
        /// Its record.
        reading: Reading,
    },
    /// There is none.
    Nowhere,
    /// Its own.
    Own(Reading),
    /// A lookup that decides it failed.
    Unknown,
}

/// What a walk has found.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Decision {
    /// The record that holds.
    pub policy: Place,
    /// The organisational domain; the domain itself where no record is found (§4.10.2). `None` where a lookup failed.
    pub organisation: Option<Name>,
}

impl Found {
    /// What the texts at `_dmarc` below a name are.
    pub fn of(texts: &Resolution) -> Self {
        if texts.failed() || texts.chain.looped {
            return Self::Unknown;
        }
        let mut records = texts.texts().filter(|text| Record::is_meant(text));
        match (records.next(), records.count()) {
            (None, _) => Self::None,
            (Some(text), 0) => Record::read(text).map_or(Self::None, Self::One),
            (Some(_), more) => Self::Several(more + 1),
        }
    }
}

impl Walk {
    /// The most names that are asked for.
    pub const MOST: usize = 8;

    /// The walk from a domain: itself, and the names above it, of which seven at most (§4.10 steps 3 to 7).
    pub fn new(domain: &Name) -> Self {
        let mut names = vec![domain.clone()];
        let mut above = domain.parent();
        while let Some(name) = above.filter(|name| !name.is_root()) {
            above = name.parent();
            if name.labels().count() < Self::MOST {
                names.push(name);
            }
        }
        Self { names }
    }

    /// The names, the domain first. The records stand at `_dmarc` below each.
    pub fn names(&self) -> impl Iterator<Item = &Name> {
        self.names.iter()
    }

    /// Decides by what stands at each name.
    pub fn decide(&self, mut at: impl FnMut(&Name) -> Found) -> Decision {
        let mut own = None;
        let mut records: Vec<(&Name, Reading)> = Vec::new();
        let mut unknown = false;
        for (step, name) in self.names.iter().enumerate() {
            match at(name) {
                Found::One(reading) => {
                    if step == 0 {
                        own = Some(reading.clone());
                    }
                    let stops = reading.record.public_suffix != PublicSuffix::Unknown;
                    records.push((name, reading));
                    if stops {
                        break;
                    }
                }
                Found::Unknown => {
                    unknown = true;
                    // Whether the walk would end here nobody knows.
                    if step == 0 {
                        return Decision {
                            policy: Place::Unknown,
                            organisation: None,
                        };
                    }
                }
                Found::None | Found::Several(_) => {}
            }
        }
        let organisation = self.organisation(&records);
        let policy = match own {
            Some(reading) => Place::Own(reading),
            None if unknown => Place::Unknown,
            None => {
                let at = |domain: &Name| records.iter().find(|(name, _)| *name == domain);
                // The organisational domain's, else the public suffix's (§4.10.1).
                match at(&organisation).or_else(|| records.last()) {
                    Some((name, reading)) => Place::Above {
                        name: (*name).clone(),
                        reading: reading.clone(),
                    },
                    None => Place::Nowhere,
                }
            }
        };
        Decision {
            policy,
            organisation: (!unknown).then_some(organisation),
        }
    }

    /// §4.10.2: the domain with `psd=n`; the one below that with `psd=y`; else the one with the fewest labels that has a record.
    fn organisation(&self, records: &[(&Name, Reading)]) -> Name {
        let domain = &self.names[0];
        let Some((last, reading)) = records.last() else {
            return domain.clone();
        };
        if reading.record.public_suffix != PublicSuffix::Yes || *last == domain {
            return (*last).clone();
        }
        let labels = last.labels().count() + 1;
        let mut name = domain.clone();
        while let Some(above) = name.parent().filter(|_| name.labels().count() > labels) {
            name = above;
        }
        name
    }
}

impl Place {
    /// The policy that receivers apply to the domain, before `t=y` weakens it; `None` where there is none or nobody knows. A
    /// bad policy acts as `none` where reports have an address, and as no record otherwise (§4.10.1).
    pub fn policy(&self, exists: bool) -> Option<Policy> {
        let (reading, policy) = match self {
            Self::Own(reading) => (reading, reading.record.policy.unwrap_or(Policy::None)),
            Self::Above { reading, .. } => (reading, reading.record.for_subdomain(exists)),
            Self::Nowhere | Self::Unknown => return None,
        };
        if reading.has_bad_policy() {
            return (!reading.record.rua.is_empty()).then_some(Policy::None);
        }
        Some(policy)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rfc_9989_section_4_10_2_organisational_domains() {
        let (none, no, yes) = ("", "; psd=n", "; psd=y");
        let cases: &[(&[(&str, &str)], &str)] = &[
            (
                &[("mail.example.com", none), ("example.com", none)],
                "example.com",
            ),
            (&[("mail.example.com", no)], "mail.example.com"),
            (&[("com", yes)], "example.com"),
            // Not at the domain where the walk starts.
            (&[("a.mail.example.com", yes)], "a.mail.example.com"),
            (&[], "a.mail.example.com"),
        ];
        for (records, expected) in cases {
            let walk = Walk::new(&"a.mail.example.com".parse().unwrap());
            let decision = walk.decide(|name| {
                let at = records.iter().find(|(at, _)| *at == name.as_str());
                at.map_or(Found::None, |(_, psd)| {
                    Found::One(Record::read(format!("v=DMARC1; p=none{psd}").as_bytes()).unwrap())
                })
            });
            let organisation = decision.organisation.unwrap();
            assert_eq!(organisation.as_str(), *expected, "{records:?}");
        }
    }
}
