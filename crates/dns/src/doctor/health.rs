//! What is about the zone and its servers rather than about mail: signatures, TTLs, sizes.

use std::collections::BTreeSet;

use super::checkup::Checkup;
use crate::name::Name;
use crate::record::{Data, Kind};

impl Checkup<'_> {
    pub(super) fn signatures(&mut self) {
        let host = self.config.host.clone();
        let Some(head) = self.lookups.resolve(&host, Kind::Soa) else {
            return;
        };
        let Some(section) = head.outcome.section() else {
            return;
        };
        let zone = section
            .records
            .iter()
            .find(|found| matches!(found.record.data, Data::Soa { .. }))
            .map(|found| found.record.owner.clone())
            .or_else(|| section.zone.clone())
            .unwrap_or_else(|| host.clone());
        let bogus: BTreeSet<Name> = self
            .lookups
            .bogus
            .iter()
            .map(|question| match question.name.is_within(&zone) {
                true => zone.clone(),
                false => question.name.clone(),
            })
            .collect();
        let shown = [(&host, Kind::Soa)];
        if !bogus.contains(&zone) {
            if section.authenticated {
                let message = format!("{zone} is signed, and the resolver has validated it");
                self.add("dnssec.secure", &zone, message, &shown);
                self.pass("dnssec", &zone, "signed and validated");
            } else if section.signed {
                let message = format!(
                    "{zone} is signed, but the resolver has not validated it: it does not check, or no DS leads to the zone"
                );
                self.add("dnssec.not_validated", &zone, message, &shown);
            }
        }
        for name in bogus {
            let message = format!(
                "the signatures of {name} do not hold: who validates gets no answer at all, and no mail comes from there"
            );
            self.add("dnssec.bogus", &name, message, &shown);
        }
    }

    /// TTLs of the records that are needed. Zero tells only where it is the zone's own: a cache counts down to it.
    pub(super) fn ttls(&mut self) {
        let config = self.config;
        let mut needed = Vec::new();
        for (name, kinds) in [
            (&config.host, &[Kind::A, Kind::Aaaa][..]),
            (&config.reply, &[Kind::A, Kind::Aaaa, Kind::Mx]),
            (&config.noreply, &[Kind::Mx]),
            (&config.sender_domain, &[Kind::Txt]),
        ] {
            needed.extend(kinds.iter().map(|kind| (name.clone(), *kind)));
        }
        let selectors = config
            .selectors
            .iter()
            .filter_map(|(selector, _)| self.selector_name(selector));
        needed.extend(selectors.map(|name| (name, Kind::Txt)));
        needed.extend(
            config
                .sender_domain
                .child("_dmarc")
                .map(|name| (name, Kind::Txt)),
        );
        for (name, kind) in needed {
            for (found, authoritative) in self.lookups.found(&name, kind) {
                let owner = found.record.owner.clone();
                let kind = found.record.data.kind();
                let shown = [(&name, kind)];
                if found.ttl == 0 && authoritative {
                    let message = format!(
                        "the {kind} record of {owner} has TTL 0: it is asked for at every message"
                    );
                    self.add("dns.ttl_zero", &name, message, &shown);
                }
                if found.ttl > config.long_ttl {
                    let days = found.ttl / 86_400;
                    let message = format!(
                        "the {kind} record of {owner} may be kept for {days} days: a mistake stays as long"
                    );
                    self.add("dns.ttl_long", &name, message, &shown);
                }
            }
        }
    }

    pub(super) fn large_answers(&mut self) {
        let large: BTreeSet<_> = self.lookups.large().cloned().collect();
        for question in large {
            let message = format!(
                "the answer for {question} does not fit into a datagram; resolvers need TCP for it"
            );
            self.add(
                "dns.large_answer",
                &question.name,
                message,
                &[(&question.name, question.kind)],
            );
        }
    }
}
