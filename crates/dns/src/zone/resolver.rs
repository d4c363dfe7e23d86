//! Answers from zone files, as the servers of the zones would give them.

use std::collections::BTreeMap;

use super::file::{ZoneError, ZoneFile};
use crate::doctor::{Ask, Doctor};
use crate::lookup::{Found, MAX_CHAIN, Outcome, Question, Reason, Section};
use crate::name::Name;
use crate::record::{Data, Kind, Record};
use crate::report::Report;

/// Zones, and answers from them: wildcards (RFC 4592), names that exist for the sake of others below them, CNAMEs, NODATA and
/// NXDOMAIN.
///
/// A name outside every zone is [`Outcome::Refused`], for nothing is known of it. Two exceptions are denied: names that exist
/// nowhere but in somebody's zone file, those of tests and documentation (RFC 6761, RFC 5737, RFC 3849); and `_dmarc` at the
/// top-level domain of a zone, where the walk of DMARC ends (RFC 9989 §4.10).
///
/// ```
/// use inreply_dns::lookup::{Outcome, Question};
/// use inreply_dns::record::Kind;
/// use inreply_dns::zone::Zones;
///
/// let zones = Zones::parse("$ORIGIN h.example.\n@ SOA ns host 1 2 3 4 5\n* A 192.0.2.1\nreply MX 10 reply")?;
/// let ask = |name: &str, kind| zones.lookup(&Question::new(name.parse().unwrap(), kind));
/// assert!(matches!(ask("other.h.example", Kind::A), Outcome::Answer(_)));
/// // The MX makes the name exist, and so the wildcard does not cover it.
/// assert!(matches!(ask("reply.h.example", Kind::A), Outcome::NoData(_)));
/// assert!(matches!(ask("x.reply.h.example", Kind::A), Outcome::NxDomain(_)));
/// assert!(matches!(ask("elsewhere.net", Kind::A), Outcome::Refused(_)));
/// # Ok::<(), inreply_dns::zone::ZoneError>(())
/// ```
#[derive(Debug, Clone, Default)]
pub struct Zones {
    zones: Vec<ZoneResolver>,
}

/// One zone.
#[derive(Debug, Clone)]
pub struct ZoneResolver {
    origin: Name,
    /// Every name that exists, with its records; empty non-terminals have none.
    nodes: BTreeMap<Name, Vec<Found>>,
}

impl Zones {
    /// The zone of one file.
    ///
    /// # Errors
    /// See [`ZoneResolver::parse`].
    pub fn parse(text: &str) -> Result<Self, ZoneError> {
        let mut zones = Self::default();
        zones.add(ZoneResolver::parse(text)?);
        Ok(zones)
    }

    /// Adds a zone.
    pub fn add(&mut self, zone: ZoneResolver) {
        self.zones.push(zone);
    }

    /// The report of a doctor who asks these zones and nobody else: to check them before they are published. A policy of
    /// MTA-STS is not in a zone, and not fetched.
    ///
    /// ```
    /// use inreply_dns::doctor::{Config, Doctor};
    /// use inreply_dns::report::Verdict;
    /// use inreply_dns::zone::Zones;
    ///
    /// let zones = Zones::parse("$ORIGIN forge.example.\n@ SOA ns host 1 2 3 4 5\n@ A 192.0.2.1\n")?;
    /// let report = zones.examine(Doctor::new(Config::new("forge.example")?));
    /// assert_eq!(report.verdict, Verdict::Fail);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn examine(&self, mut doctor: Doctor) -> Report {
        loop {
            let asks = doctor.asks();
            if asks.is_empty() {
                return doctor.report();
            }
            for ask in asks {
                match ask {
                    Ask::Dns {
                        question,
                        checking_disabled,
                    } => {
                        let outcome = self.lookup(&question);
                        doctor.answer(question, checking_disabled, outcome);
                    }
                    Ask::Https { domain } => doctor.fetched(domain, None),
                }
            }
        }
    }

    /// The answer to a question.
    pub fn lookup(&self, question: &Question) -> Outcome {
        let mut section = Section {
            authoritative: true,
            ..Section::default()
        };
        let mut name = question.name.clone();
        loop {
            let Some(zone) = self.zone_of(&name) else {
                return self.outside(&name, section);
            };
            section.zone = Some(zone.origin.clone());
            if zone.is_delegated(&name) {
                return Outcome::Refused(Reason(format!(
                    "{name} is in a zone below {}",
                    zone.origin
                )));
            }
            let Some(node) = zone.node(&name) else {
                return Outcome::NxDomain(section);
            };
            let of = |kind: Kind| {
                let of_kind = node
                    .iter()
                    .filter(move |found| found.record.data.kind() == kind);
                of_kind.map(|found| Found {
                    record: Record::new(name.clone(), found.record.data.clone()),
                    ttl: found.ttl,
                })
            };
            let before = section.records.len();
            section.records.extend(of(question.kind));
            if section.records.len() > before {
                return Outcome::Answer(section);
            }
            let Some(alias) = of(Kind::Cname).next() else {
                return Outcome::NoData(section);
            };
            let Data::Cname(target) = alias.record.data.clone() else {
                return Outcome::NoData(section);
            };
            section.records.push(alias);
            let seen = section
                .records
                .iter()
                .any(|found| found.record.owner == target);
            if seen || section.records.len() > MAX_CHAIN {
                return Outcome::Answer(section);
            }
            name = target;
        }
    }

    fn zone_of(&self, name: &Name) -> Option<&ZoneResolver> {
        self.zones
            .iter()
            .filter(|zone| name.is_within(&zone.origin))
            .max_by_key(|zone| zone.origin.labels().count())
    }

    /// The answer for a name that no zone holds, behind the CNAMEs that led there.
    fn outside(&self, name: &Name, section: Section) -> Outcome {
        if !section.records.is_empty() {
            return Outcome::Answer(section);
        }
        let above = name.parent().filter(|above| above.labels().count() == 1);
        let is_walk = name.labels().next() == Some("_dmarc");
        let ends_walk = above.is_some_and(|above| {
            is_walk && self.zones.iter().any(|zone| zone.origin.is_within(&above))
        });
        if ends_walk || is_reserved(name) {
            Outcome::NxDomain(section)
        } else {
            Outcome::Refused(Reason("no zone file holds that name".to_owned()))
        }
    }
}

impl ZoneResolver {
    /// The zone of a file. Its origin is where the SOA stands, or else the longest name that all owners share.
    ///
    /// # Errors
    /// Where the file cannot be read, holds no record, or one outside the zone.
    pub fn parse(text: &str) -> Result<Self, ZoneError> {
        let entries = ZoneFile::parse(text)?.entries;
        let soa = entries.iter().find(|entry| {
            let data = entry.found.as_ref().map(|found| &found.record.data);
            matches!(data, Some(Data::Soa { .. }))
        });
        let origin = match (soa, entries.first()) {
            (Some(soa), _) => soa.owner.clone(),
            (None, Some(first)) => {
                let mut shared = first.owner.clone();
                while let Some(above) = shared.parent()
                    && !entries.iter().all(|entry| entry.owner.is_within(&shared))
                {
                    shared = above;
                }
                shared
            }
            (None, None) => {
                return Err(ZoneError {
                    line: 1,
                    what: "there is no record".to_owned(),
                });
            }
        };
        let mut nodes = BTreeMap::<Name, Vec<Found>>::new();
        for entry in entries {
            if !entry.owner.is_within(&origin) {
                return Err(ZoneError {
                    line: 1,
                    what: format!("{} is outside the zone {origin}", entry.owner),
                });
            }
            let mut above = entry.owner.parent();
            while let Some(name) = above.filter(|name| name.is_within(&origin)) {
                above = name.parent();
                nodes.entry(name).or_default();
            }
            nodes.entry(entry.owner).or_default().extend(entry.found);
        }
        Ok(Self { origin, nodes })
    }

    /// Where the zone begins.
    pub fn origin(&self) -> &Name {
        &self.origin
    }

    /// The records at a name, or at the wildcard that covers it (RFC 4592 §3.3.1); none where it does not exist.
    fn node(&self, name: &Name) -> Option<&[Found]> {
        if let Some(node) = self.nodes.get(name) {
            return Some(node);
        }
        let mut encloser = name.parent()?;
        while !self.nodes.contains_key(&encloser) {
            encloser = encloser.parent()?;
        }
        let wildcard = Name::from_presentation(&format!("*.{encloser}")).ok()?;
        self.nodes.get(&wildcard).map(Vec::as_slice)
    }

    /// Whether an NS record below the origin gives the name to another zone.
    fn is_delegated(&self, name: &Name) -> bool {
        let mut above = Some(name.clone());
        while let Some(name) = above.filter(|name| *name != self.origin) {
            let node = self.nodes.get(&name).into_iter().flatten();
            if node
                .clone()
                .any(|found| found.record.data.kind() == Kind::Ns)
            {
                return true;
            }
            above = name.parent();
        }
        false
    }
}

/// Whether a name is one of tests and documentation, which no server of the public DNS has.
fn is_reserved(name: &Name) -> bool {
    const RESERVED: [&str; 8] = [
        "test",
        "example",
        "invalid",
        "localhost",
        "2.0.192.in-addr.arpa",
        "100.51.198.in-addr.arpa",
        "113.0.203.in-addr.arpa",
        "8.b.d.0.1.0.0.2.ip6.arpa",
    ];
    let mut reserved = RESERVED.iter().filter_map(|above| above.parse().ok());
    reserved.any(|above: Name| name.is_within(&above))
}

#[cfg(test)]
mod tests {
    use super::*;

    const ZONE: &str = "$ORIGIN h.example.\n@ SOA ns host 1 2 3 4 5\n\
        * A 192.0.2.9\n* TXT wild\nreply MX 10 reply\n\
        a CNAME b\nb CNAME c\nc A 192.0.2.1\n\
        l CNAME m\nm CNAME l\nd CNAME nowhere.c\n\
        _dmarc.noreply TXT x\ncut NS ns.elsewhere.test.\nboth CNAME c\nboth MX 10 c\n";

    fn ask(name: &str, kind: Kind) -> Outcome {
        let name = Name::from_presentation(&format!("{name}.h.example")).unwrap();
        Zones::parse(ZONE)
            .unwrap()
            .lookup(&Question::new(name, kind))
    }

    fn records(outcome: &Outcome) -> Vec<String> {
        let records = &outcome.section().unwrap().records;
        records
            .iter()
            .map(|found| found.record.to_string())
            .collect()
    }

    #[test]
    fn a_wildcard_covers_what_does_not_exist() {
        assert_eq!(
            records(&ask("x.y", Kind::A)),
            ["x.y.h.example. IN A 192.0.2.9"]
        );
        assert!(matches!(ask("x", Kind::Mx), Outcome::NoData(_)));
        assert!(matches!(ask("reply", Kind::A), Outcome::NoData(_)));
        // Empty, for the sake of `_dmarc` below it; and nothing is below `c`, whose closest encloser has no wildcard.
        assert!(matches!(ask("noreply", Kind::Txt), Outcome::NoData(_)));
        assert!(matches!(ask("x.c", Kind::A), Outcome::NxDomain(_)));
    }

    #[test]
    fn aliases_are_followed() {
        let chain = ask("a", Kind::A);
        assert_eq!(records(&chain).len(), 3);
        assert!(matches!(ask("a", Kind::Mx), Outcome::NoData(_)));
        assert_eq!(
            records(&ask("a", Kind::Cname)),
            ["a.h.example. IN CNAME b.h.example."]
        );
        assert!(matches!(ask("d", Kind::A), Outcome::NxDomain(_)));
        let looped = ask("l", Kind::A);
        let start = "l.h.example".parse().unwrap();
        assert!(looped.section().unwrap().follow(&start).looped);
        assert_eq!(records(&ask("both", Kind::Mx)).len(), 1);
        assert!(matches!(ask("x.cut", Kind::A), Outcome::Refused(_)));
    }

    #[test]
    fn what_is_outside_is_refused() {
        for text in ["", "$ORIGIN a.\n@ SOA b c 1 2 3 4 5\nx.b. A 192.0.2.1"] {
            assert!(ZoneResolver::parse(text).is_err(), "{text}");
        }
    }
}
