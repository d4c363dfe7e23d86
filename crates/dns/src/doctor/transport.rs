//! How mail comes in under TLS: MTA-STS, TLS-RPT and DANE.

use super::checkup::Checkup;
use super::code::Severity;
use super::finding::Change;
use crate::mta_sts::{self, Mode, Policy};
use crate::name::Name;
use crate::record::{Data, Kind, Record};
use crate::tls_rpt;

impl Checkup<'_> {
    pub(super) fn mta_sts(&mut self) -> Option<()> {
        let reply = self.config.reply.clone();
        let name = reply.child("_mta-sts").ok()?;
        let shown = [(&name, Kind::Txt)];
        let found = self.lookups.resolve(&name, Kind::Txt)?;
        let texts: Vec<String> = found
            .texts()
            .filter(|text| mta_sts::Record::is_meant(text))
            .map(|text| String::from_utf8_lossy(text).into_owned())
            .collect();
        match texts.as_slice() {
            [] => {
                if self.config.policy.is_some() && !found.failed() {
                    let message =
                        format!("there is a policy, but no record at {name} that says so");
                    self.add("mtasts.no_record", &name, message, &shown);
                }
                return self.mta_sts_policy(&reply, &name, false);
            }
            [text] => {
                if let Err(error) = mta_sts::Record::parse(text) {
                    let message = format!("the record at {name} does not parse: {error}");
                    self.add("mtasts.syntax", &name, message, &shown);
                    return Some(());
                }
            }
            [.., last] => {
                let record = |text: &String| Record::new(name.clone(), Data::text(text.as_str()));
                let gone = texts.iter().filter(|text| *text != last).map(record);
                let fix = gone.filter_map(|record| self.remove(record)).collect();
                let message = format!(
                    "{} records stand at {name}; they count as none",
                    texts.len()
                );
                self.add("mtasts.multiple", &name, message, &shown).fix = fix;
                return Some(());
            }
        }
        self.mta_sts_policy(&reply, &name, true)
    }

    /// Holds the policy against the MX records.
    fn mta_sts_policy(&mut self, reply: &Name, name: &Name, announced: bool) -> Option<()> {
        let shown = [(name, Kind::Txt), (reply, Kind::Mx)];
        let text = match (&self.config.policy, announced) {
            (Some(text), _) => text.clone(),
            (None, false) => return Some(()),
            (None, true) => match self.lookups.policy(reply)? {
                Some(text) => text,
                None => {
                    let message = format!(
                        "the policy at https://mta-sts.{}/.well-known/mta-sts.txt could not be had",
                        reply.as_str()
                    );
                    self.add("mtasts.policy_unread", name, message, &shown);
                    return Some(());
                }
            },
        };
        let policy = match Policy::parse(&text) {
            Ok(policy) => policy,
            Err(error) => {
                let message = format!("the MTA-STS policy of {reply} does not parse: {error}");
                self.add("mtasts.policy_syntax", name, message, &shown);
                return Some(());
            }
        };
        let exchanges = self.lookups.resolve(reply, Kind::Mx)?;
        let mut left_out: Vec<&Name> = exchanges
            .found
            .iter()
            .filter_map(|found| match &found.record.data {
                Data::Mx { exchange, .. } if !exchange.is_root() => Some(exchange),
                _ => None,
            })
            .filter(|exchange| !policy.covers(exchange))
            .collect();
        // RFC 5321 §5.1: without an MX the name itself is the exchange.
        if exchanges.found.is_empty() && !exchanges.failed() && !policy.covers(reply) {
            left_out.push(reply);
        }
        if let (Some(exchange), Mode::Enforce) = (left_out.first(), policy.mode) {
            let message = format!(
                "the MTA-STS policy of {reply} leaves out its mail exchange {exchange}: senders that keep to it deliver nothing"
            );
            let line = format!("mx: {}", exchange.as_str());
            let ask = format!(
                "add the line \"{line}\" to https://mta-sts.{}/.well-known/mta-sts.txt, and then change id= at {name}",
                reply.as_str()
            );
            let finding = self.add("mtasts.mx_not_covered", name, message, &shown);
            finding.fix = vec![Change::Ask(ask)];
            if !announced {
                // Nobody looks at a policy that no record announces.
                Self::severity(finding, Severity::Info);
            }
        } else {
            self.pass(
                "mtasts",
                name,
                format!("mode {}, {} mx", policy.mode, policy.mx.len()),
            );
        }
        Some(())
    }

    pub(super) fn tls_rpt(&mut self) -> Option<()> {
        let name = self.config.reply.child("_smtp._tls").ok()?;
        let shown = [(&name, Kind::Txt)];
        let found = self.lookups.resolve(&name, Kind::Txt)?;
        let texts: Vec<String> = found
            .texts()
            .map(|text| String::from_utf8_lossy(text).into_owned())
            .filter(|text| text.to_ascii_lowercase().starts_with("v=tlsrpt"))
            .collect();
        let good = texts
            .iter()
            .find(|text| tls_rpt::Record::parse(text).is_ok());
        if texts.len() > 1 {
            let record = |text: &String| Record::new(name.clone(), Data::text(text.as_str()));
            let keep = good.or_else(|| texts.first());
            let gone = texts.iter().filter(|text| Some(*text) != keep).map(record);
            let fix = gone.filter_map(|record| self.remove(record)).collect();
            let message = format!(
                "{} records stand at {name}; they count as none",
                texts.len()
            );
            self.add("tlsrpt.multiple", &name, message, &shown).fix = fix;
        }
        if let Some(text) = texts.first().filter(|_| good.is_none()) {
            let error = tls_rpt::Record::parse(text)
                .err()
                .map(|error| error.to_string());
            let old = Record::new(name.clone(), Data::text(text.as_str()));
            let address = format!(
                "v=TLSRPTv1; rua=mailto:postmaster@{}",
                self.config.host.as_str()
            );
            let fix = self.replace(old, Record::new(name.clone(), Data::text(address)));
            let message = format!(
                "the record at {name} does not parse: {}",
                error.unwrap_or_default()
            );
            self.add("tlsrpt.syntax", &name, message, &shown).fix = vec![fix];
        }
        if let (Some(text), 1) = (good, texts.len()) {
            self.pass("tlsrpt", &name, text.as_str());
        }
        Some(())
    }

    pub(super) fn dane(&mut self) {
        for target in [self.config.reply.clone(), self.config.host.clone()] {
            if let Ok(name) = target.child("_25._tcp") {
                let _ = self.dane_of(&name);
            }
        }
    }

    fn dane_of(&mut self, name: &Name) -> Option<()> {
        let shown = [(name, Kind::Tlsa)];
        let found = self.lookups.resolve(name, Kind::Tlsa)?;
        if found.found.is_empty() {
            return Some(());
        }
        let section = found.outcome.section()?;
        if section.authenticated {
            self.pass("dane", name, format!("{} TLSA", found.found.len()));
        } else if section.signed {
            let message = format!(
                "the TLSA records at {name} are signed, but this resolver did not vouch for them"
            );
            self.add("dane.not_validated", name, message, &shown);
        } else {
            let message = format!(
                "TLSA records stand at {name}, but the zone is not signed: they have no effect"
            );
            self.add("dane.not_secure", name, message, &shown);
        }
        for found in &found.found {
            if let Data::Tlsa(tlsa) = &found.record.data
                && let Err(unusable) = tlsa.usable_by_smtp()
            {
                let fix = self.remove(found.record.clone()).into_iter().collect();
                let message = format!("a TLSA record at {name} is of no use to SMTP: {unusable}");
                self.add("dane.unusable", name, message, &shown).fix = fix;
            }
        }
        Some(())
    }
}
