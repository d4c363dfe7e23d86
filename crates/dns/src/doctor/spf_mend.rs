//! SPF records made good.

use std::net::IpAddr;

use super::checkup::Checkup;
use super::finding::Change;
use crate::lookup::Resolution;
use crate::name::Name;
use crate::record::{Data, Record as ZoneRecord};
use crate::spf::{Directive, Mechanism, Qualifier, Record, Term};

impl Checkup<'_> {
    /// From the records that are there to one that passes for our addresses and for nobody else, with the includes kept.
    pub(super) fn spf_fix(
        &self,
        domain: &Name,
        found: &Resolution,
        old: &[Vec<u8>],
        record: &Record,
    ) -> Vec<Change> {
        if self.config.sending.is_empty() && record.terms.is_empty() {
            return Vec::new();
        }
        let mut terms: Vec<Term> = Vec::new();
        for term in &record.terms {
            let keep = match term {
                Term::Directive(Directive {
                    mechanism: Mechanism::All | Mechanism::Ptr(_),
                    ..
                }) => false,
                Term::Redirect(_) => {
                    record.all().is_none()
                        && !terms.iter().any(|term| matches!(term, Term::Redirect(_)))
                }
                Term::Explanation(_) => !terms
                    .iter()
                    .any(|term| matches!(term, Term::Explanation(_))),
                _ => !terms.contains(term),
            };
            if keep {
                terms.push(term.clone());
            }
        }
        let lists = |address: &IpAddr| {
            record.directives().any(|directive| {
                directive.qualifier == Qualifier::Pass
                    && match (&directive.mechanism, address) {
                        (Mechanism::Ip4 { network, prefix }, IpAddr::V4(ip)) => {
                            let differs = network.to_bits() ^ ip.to_bits();
                            differs.checked_shr(32 - u32::from(*prefix)).unwrap_or(0) == 0
                        }
                        (Mechanism::Ip6 { network, prefix }, IpAddr::V6(ip)) => {
                            let differs = network.to_bits() ^ ip.to_bits();
                            differs.checked_shr(128 - u32::from(*prefix)).unwrap_or(0) == 0
                        }
                        _ => false,
                    }
            })
        };
        let missing = self.config.sending.iter().filter(|address| !lists(address));
        let missing = missing.map(|address| {
            let mechanism = match address {
                IpAddr::V4(network) => Mechanism::Ip4 {
                    network: *network,
                    prefix: 32,
                },
                IpAddr::V6(network) => Mechanism::Ip6 {
                    network: *network,
                    prefix: 128,
                },
            };
            Term::Directive(Directive {
                qualifier: Qualifier::Pass,
                mechanism,
            })
        });
        let first = terms
            .iter()
            .position(|term| !matches!(term, Term::Directive(_)))
            .unwrap_or(terms.len());
        // Before what may match with another meaning.
        let first = terms.iter().position(|term| matches!(term, Term::Directive(directive) if directive.qualifier != Qualifier::Pass)).unwrap_or(first);
        let missing: Vec<Term> = missing.collect();
        terms.splice(first..first, missing);
        if !terms.iter().any(|term| matches!(term, Term::Redirect(_))) {
            let qualifier = match record.all() {
                Some(Qualifier::SoftFail) => Qualifier::SoftFail,
                _ => Qualifier::Fail,
            };
            let all = Term::Directive(Directive {
                qualifier,
                mechanism: Mechanism::All,
            });
            let end = terms
                .iter()
                .rposition(|term| matches!(term, Term::Directive(_)))
                .map_or(0, |last| last + 1);
            terms.insert(end, all);
        }
        let owner = found.chain.links.last().unwrap_or(domain);
        let record = |text: Vec<u8>| ZoneRecord::new(owner.clone(), Data::Txt(text));
        let new = record(Record { terms }.to_string().into_bytes());
        let mut old = old.iter().map(|text| record(text.clone()));
        let mut changes = Vec::new();
        match old.next() {
            Some(first) if first == new => {}
            Some(first) => changes.push(self.replace(first, new)),
            None => changes.push(Change::Add(new)),
        }
        changes.extend(old.filter_map(|record| self.remove(record)));
        changes
    }
}

/// What of a record that does not parse can be read: its good terms, and what a slip of the pen has made bad ones.
pub(super) fn salvaged(text: &[u8]) -> Record {
    let mut terms: Vec<Term> = Vec::new();
    for word in String::from_utf8_lossy(text)
        .split_ascii_whitespace()
        .skip(1)
    {
        let read = |word: &str| Record::parse(&format!("v=spf1 {word}")).ok();
        // `ip4=192.0.2.1` parses, as a modifier that nobody knows.
        let spelled = match word.split_once('=') {
            Some((name @ ("ip4" | "ip6" | "include" | "a" | "mx" | "exists"), value)) => {
                format!("{name}:{value}")
            }
            _ => word.to_owned(),
        };
        terms.extend(read(&spelled).into_iter().flat_map(|record| record.terms));
    }
    Record { terms }
}
