//! The policy that receivers apply to the sender domain, and its image.

use super::checkup::Checkup;
use super::code::Severity;
use super::finding::Change;
use crate::bimi;
use crate::dmarc::{Alignment, Decision, Found, Notice, Place, Policy, Reading, Record, Walk};
use crate::lookup::{Outcome, Resolution};
use crate::name::Name;
use crate::record::{Data, Kind, Record as ZoneRecord};

impl Checkup<'_> {
    pub(super) fn dmarc(&mut self) -> Option<()> {
        let domain = self.config.sender_domain.clone();
        let own = domain.child("_dmarc").ok()?;
        let decision = self.decide(&domain)?;
        let several = self.several(&domain);
        match &decision.policy {
            Place::Unknown => {
                let message = format!("a lookup that decides the DMARC policy of {domain} failed");
                self.add("dmarc.lookup_failed", &own, message, &[(&own, Kind::Txt)]);
            }
            Place::Own(reading) => self.dmarc_record(&domain, &domain, reading, &decision)?,
            Place::Above { name, reading } => {
                self.misplaced(&domain, &own)?;
                self.dmarc_record(&domain, name, reading, &decision)?;
            }
            Place::Nowhere if several.is_empty() && !self.misplaced(&domain, &own)? => {
                let record = ZoneRecord::new(own.clone(), Data::text("v=DMARC1; p=none"));
                let message = format!("no DMARC record at {domain} or above it");
                self.add("dmarc.missing", &own, message, &[(&own, Kind::Txt)])
                    .fix = vec![Change::Add(record)];
            }
            Place::Nowhere => {}
        }
        let has_own = matches!(decision.policy, Place::Own(_));
        for name in several.into_iter().filter(|_| !has_own) {
            let at = name.child("_dmarc").ok()?;
            let found = self.policy_records(&name)?;
            let fix = match name == domain {
                true => self.all_but_the_strongest(&at, &found),
                // What stands above is of others too.
                false => Vec::new(),
            };
            let message = format!("several DMARC records stand at {at}; all of them are discarded");
            self.add("dmarc.multiple", &at, message, &[(&at, Kind::Txt)])
                .fix = fix;
        }
        self.alignment(&domain, &decision)
    }

    /// The texts at `_dmarc` below a name.
    fn policy_records(&mut self, name: &Name) -> Option<Resolution> {
        self.lookups.resolve(&name.child("_dmarc").ok()?, Kind::Txt)
    }

    /// Walks the tree. All its names are asked for at once.
    fn decide(&mut self, domain: &Name) -> Option<Decision> {
        let walk = Walk::new(domain);
        let mut pending = false;
        let decision = walk.decide(|name| {
            let Some(found) = self.policy_records(name) else {
                pending = true;
                return Found::None;
            };
            Found::of(&found)
        });
        (!pending).then_some(decision)
    }

    /// The names of the walk that have several records.
    fn several(&mut self, domain: &Name) -> Vec<Name> {
        let names: Vec<Name> = Walk::new(domain).names().cloned().collect();
        let mut several = Vec::new();
        for name in names {
            let found = self.policy_records(&name);
            let count = found.map_or(0, |found| {
                found.texts().filter(|text| Record::is_meant(text)).count()
            });
            if count > 1 {
                several.push(name);
            }
        }
        several
    }

    fn all_but_the_strongest(&self, at: &Name, found: &Resolution) -> Vec<Change> {
        let mut texts: Vec<&[u8]> = found
            .texts()
            .filter(|text| Record::is_meant(text))
            .collect();
        texts.sort_by_key(|text| {
            Record::read(text)
                .ok()
                .filter(|reading| reading.faults.is_empty())
                .and_then(|reading| reading.record.policy)
        });
        texts.pop();
        let record = |text: &[u8]| ZoneRecord::new(at.clone(), Data::Txt(text.to_vec()));
        texts
            .into_iter()
            .filter_map(|text| self.remove(record(text)))
            .collect()
    }

    /// Whether a DMARC text stands at the domain itself, where nobody looks for it.
    fn misplaced(&mut self, domain: &Name, own: &Name) -> Option<bool> {
        let found = self.lookups.resolve(domain, Kind::Txt)?;
        let Some(text) = found
            .texts()
            .find(|text| Record::is_meant(text))
            .map(<[u8]>::to_vec)
        else {
            return Some(false);
        };
        let old = ZoneRecord::new(domain.clone(), Data::Txt(text.clone()));
        let mut fix: Vec<Change> = self.remove(old).into_iter().collect();
        fix.push(Change::Add(ZoneRecord::new(own.clone(), Data::Txt(text))));
        let message =
            format!("a DMARC text stands at {domain}, where nobody looks; its place is {own}");
        self.add("dmarc.wrong_place", domain, message, &[(domain, Kind::Txt)])
            .fix = fix;
        Some(true)
    }

    /// Says what the record that holds, which stands below `at`, means for `domain`.
    fn dmarc_record(
        &mut self,
        domain: &Name,
        at: &Name,
        reading: &Reading,
        decision: &Decision,
    ) -> Option<()> {
        let owner = at.child("_dmarc").ok()?;
        let shown = [(&owner, Kind::Txt)];
        let texts = self.policy_records(at)?;
        let text = texts
            .texts()
            .find(|text| Record::is_meant(text))
            .map(<[u8]>::to_vec)?;
        let old = ZoneRecord::new(
            texts.chain.links.last().unwrap_or(&owner).clone(),
            Data::Txt(text.clone()),
        );
        let text = String::from_utf8_lossy(&text).into_owned();
        let is_own = at == domain;
        let exists = !matches!(
            *self.lookups.resolve(domain, Kind::Txt)?.outcome,
            Outcome::NxDomain(_)
        );
        let policy = decision.policy.policy(exists);
        // At a domain above, a change would be for others too: the sender domain gets a record of its own.
        let mended = |checkup: &Self, record: &Record| -> Vec<Change> {
            let data = Data::text(record.to_string());
            match domain.child("_dmarc") {
                Ok(_) if is_own && data == old.data => Vec::new(),
                Ok(own) if is_own => checkup.rewrite(&own, old.clone(), data),
                Ok(own) => vec![Change::Add(ZoneRecord::new(own, data))],
                Err(_) => Vec::new(),
            }
        };
        for fault in &reading.faults {
            let bad = matches!(&*fault.tag, "p" | "sp" | "np");
            let mut record = reading.record.clone();
            if bad {
                record.policy = record.policy.or_else(|| Some(meant_policy(&text, "p")));
                if record.subdomain_policy.is_none() && tag_value(&text, "sp").is_some() {
                    record.subdomain_policy = Some(meant_policy(&text, "sp"));
                }
                if record.nonexistent_policy.is_none() && tag_value(&text, "np").is_some() {
                    record.nonexistent_policy = Some(meant_policy(&text, "np"));
                }
            }
            let fix = mended(self, &record);
            let code = if bad {
                "dmarc.bad_policy"
            } else {
                "dmarc.syntax"
            };
            let effect = match (bad, policy) {
                (true, Some(_)) => "receivers act as if it said p=none",
                (true, None) => "receivers act as if there were no record",
                (false, _) => "receivers pass it over",
            };
            let message = format!("{}= at {owner}: {}; {effect}", fault.tag, fault.error);
            self.add(code, &owner, message, &shown).fix = fix;
        }
        if !is_own {
            let policy = policy.map_or("none", Policy::as_str);
            let message = format!("the DMARC policy of {domain} is that of {at}: {policy}");
            self.add("dmarc.inherited", &owner, message, &shown);
        }
        if !reading.has_bad_policy() {
            if policy == Some(Policy::None) {
                let mut record = reading.record.clone();
                record.policy = Some(Policy::Quarantine);
                record.subdomain_policy = record.subdomain_policy.filter(|_| !is_own);
                let fix = mended(self, &record);
                let message = format!(
                    "the DMARC policy of {domain} is none: a forger's mail is delivered like ours"
                );
                self.add("dmarc.policy_none", &owner, message, &shown).fix = fix;
            } else if reading.record.testing {
                let weaker = policy.map_or(Policy::None, Policy::weaker);
                let mut record = reading.record.clone();
                record.testing = false;
                let fix = mended(self, &record);
                let message = format!("t=y at {owner}: receivers are asked to apply {weaker} only");
                self.add("dmarc.testing", &owner, message, &shown).fix = fix;
            }
        }
        for notice in &reading.notices {
            let what = match notice {
                Notice::BothFailureOptions => {
                    "fo= with both 0 and 1, which exclude each other".to_owned()
                }
                Notice::Obsolete(tag) => format!("{tag}= has no meaning any more"),
                Notice::ReportSize => {
                    "a size behind a report's address has no meaning any more".to_owned()
                }
                Notice::Unknown(tag) => format!("{tag}= is not known"),
            };
            self.add("dmarc.obsolete", &owner, format!("{owner}: {what}"), &shown);
        }
        if policy.is_some_and(|policy| policy != Policy::None) && !reading.record.testing {
            self.pass("dmarc", domain, text);
        }
        self.report_addresses(at, &owner, reading, decision)
    }

    /// Whether another organisation that is to get reports has agreed to (RFC 9990 §4).
    fn report_addresses(
        &mut self,
        at: &Name,
        owner: &Name,
        reading: &Reading,
        decision: &Decision,
    ) -> Option<()> {
        let organisation = decision.organisation.clone().unwrap_or_else(|| at.clone());
        let record = &reading.record;
        let mut hosts: Vec<Name> = record
            .rua
            .iter()
            .chain(&record.ruf)
            .filter_map(|uri| uri.host())
            .filter(|host| !host.is_within(&organisation) && !host.is_within(at))
            .collect();
        hosts.sort();
        hosts.dedup();
        let mut pending = false;
        for host in hosts {
            let Ok(permit) =
                format!("{}._report._dmarc.{}", at.as_str(), host.as_str()).parse::<Name>()
            else {
                continue;
            };
            let Some(found) = self.lookups.resolve(&permit, Kind::Txt) else {
                pending = true;
                continue;
            };
            let shown = [(owner, Kind::Txt), (&permit, Kind::Txt)];
            if found.failed() {
                let message =
                    format!("whether {host} takes reports about {at} could not be looked up");
                self.add("dmarc.rua_unknown", owner, message, &shown);
            } else if !found.texts().any(Record::is_meant) {
                let ask = format!("ask the owner of {host}: add {permit} IN TXT \"v=DMARC1;\"");
                let message = format!(
                    "reports about {at} go to {host}, which does not say that it takes them; none will be sent"
                );
                let finding = self.add("dmarc.rua_not_authorised", owner, message, &shown);
                if are_kin(at, &host) {
                    // By the letter it is another organisation as long as no record above says otherwise; receivers that go
                    // by a list of public suffixes find it to be the same.
                    Self::severity(finding, Severity::Info);
                } else {
                    finding.fix.push(Change::Ask(ask));
                }
            } else if let Some(third) = passed_on(&found, &host) {
                let ask = format!("ask the owner of {host}: no rua= of another host at {permit}");
                let message = format!(
                    "reports about {at} go to {host}, which passes them on to {third}; none will be sent"
                );
                let finding = self.add("dmarc.rua_not_authorised", owner, message, &shown);
                finding.fix.push(Change::Ask(ask));
            }
        }
        if pending { None } else { Some(()) }
    }

    /// Whether the envelope's domain is of the sender domain's organisation, so that SPF counts for DMARC.
    fn alignment(&mut self, domain: &Name, decision: &Decision) -> Option<()> {
        let envelope = self.config.envelope_domain.clone();
        if envelope == *domain {
            return Some(());
        }
        let reading = match &decision.policy {
            Place::Own(reading) | Place::Above { reading, .. } => reading,
            Place::Nowhere | Place::Unknown => return Some(()),
        };
        let aligned = match reading.record.spf_alignment {
            Alignment::Strict => false,
            Alignment::Relaxed => {
                let other = self.decide(&envelope)?.organisation;
                other.is_none() || other == decision.organisation
            }
        };
        if !aligned {
            let message = format!(
                "SPF is about {envelope}, which is not aligned with {domain}: only DKIM counts for DMARC"
            );
            self.add(
                "spf.not_aligned",
                &envelope,
                message,
                &[(&envelope, Kind::Txt)],
            );
        }
        Some(())
    }

    pub(super) fn bimi(&mut self) -> Option<()> {
        let name = self.config.sender_domain.child("default._bimi").ok()?;
        let found = self.lookups.resolve(&name, Kind::Txt)?;
        let text = found
            .texts()
            .find(|text| bimi::Record::is_meant(text))
            .map(String::from_utf8_lossy);
        match text.map(|text| bimi::Record::parse(&text)) {
            None => {}
            Some(Ok(record)) => self.pass("bimi", &name, record.to_string()),
            Some(Err(error)) => {
                let message = format!("the BIMI record at {name} does not parse: {error}");
                self.add("bimi.syntax", &name, message, &[(&name, Kind::Txt)]);
            }
        }
        Some(())
    }
}

/// To which other host a permission sends reports on: "the overriding URI MUST use the same destination host" (RFC 9990 §4), or
/// no report is sent at all.
fn passed_on(permission: &Resolution, host: &Name) -> Option<Name> {
    let readings = permission
        .texts()
        .filter_map(|text| Record::read(text).ok());
    let mut hosts = readings
        .flat_map(|reading| reading.record.rua)
        .filter_map(|uri| uri.host());
    hosts.find(|third| third != host)
}

/// Whether two names have two labels or more in common from the right, as those of one registered domain do.
fn are_kin(a: &Name, b: &Name) -> bool {
    let pairs = a.labels().rev().zip(b.labels().rev());
    pairs.take_while(|(a, b)| a == b).count() >= 2
}

/// A tag's value as it was written.
fn tag_value<'a>(text: &'a str, tag: &str) -> Option<&'a str> {
    text.split(';').skip(1).find_map(|field| {
        let (name, value) = field.split_once('=')?;
        name.trim().eq_ignore_ascii_case(tag).then(|| value.trim())
    })
}

/// The policy that a misspelt one was meant to be: the one with the most letters in common from the front.
fn meant_policy(text: &str, tag: &str) -> Policy {
    let written = tag_value(text, tag)
        .unwrap_or_default()
        .to_ascii_lowercase();
    let common = |policy: &Policy| {
        let pairs = policy.as_str().bytes().zip(written.bytes());
        pairs.take_while(|(a, b)| a == b).count()
    };
    let policies = [Policy::None, Policy::Reject, Policy::Quarantine];
    let best = policies.into_iter().max_by_key(common);
    best.unwrap_or(Policy::Quarantine)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn misspelt_policies() {
        for (text, policy) in [
            ("v=DMARC1; p=rejct", Policy::Reject),
            ("v=DMARC1; P = Quarantin ; x=y", Policy::Quarantine),
            ("v=DMARC1; p=non", Policy::None),
            ("v=DMARC1; p=block", Policy::Quarantine),
        ] {
            assert_eq!(meant_policy(text, "p"), policy, "{text}");
        }
    }
}
