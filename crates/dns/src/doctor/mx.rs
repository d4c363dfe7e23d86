//! Where mail for the reply and no-reply domains goes.

use std::net::{IpAddr, Ipv6Addr};

use super::address::exchange;
use super::checkup::{Addresses, Checkup};
use super::code::Severity;
use super::finding::Change;
use crate::lookup::Outcome;
use crate::mx::MailExchange;
use crate::name::Name;
use crate::record::{Data, Kind, Record};

/// A mail exchange and what is known of its target.
struct Target {
    exchange: MailExchange,
    addresses: Addresses,
    is_ours: bool,
}

/// A fault, what it is called behind `reply.mx.` and `noreply.mx.`, and what mends it.
struct Fault {
    what: &'static str,
    message: String,
    fix: Vec<Change>,
    about: Option<Name>,
}

impl Checkup<'_> {
    pub(super) fn reply_exchange(&mut self) -> Option<()> {
        let reply = self.config.reply.clone();
        if self.alias_beside_data() {
            // Said at the address; what follows from it is not said again.
            return Some(());
        }
        let fault = self.exchange_fault(&reply, &reply)?;
        let lowered = match &fault {
            Some(fault) if fault.what == "missing" => {
                let ours = self.ours()?;
                let addresses = self.addresses(&reply)?;
                // RFC 5321 §5.1: without an MX the address itself is tried.
                addresses.list.iter().any(|address| ours.contains(address))
            }
            _ => false,
        };
        self.report_exchange("reply.mx", &reply, fault, lowered);
        Some(())
    }

    pub(super) fn noreply_exchange(&mut self) -> Option<()> {
        let (noreply, host) = (self.config.noreply.clone(), self.config.host.clone());
        let fault = self.exchange_fault(&noreply, &host)?;
        self.report_exchange("noreply.mx", &noreply, fault, false);
        Some(())
    }

    fn report_exchange(
        &mut self,
        area: &'static str,
        owner: &Name,
        fault: Option<Fault>,
        lowered: bool,
    ) {
        let Some(fault) = fault else {
            if self.is_synthesised(owner) {
                let message = format!("{owner} has its MX from a wildcard");
                let code = format!("{area}.from_wildcard");
                self.add(&code, owner, message, &[(owner, Kind::Mx)]);
            }
            let exchanges = self.lookups.known(owner, Kind::Mx);
            let exchanges: Vec<String> = exchanges.iter().map(ToString::to_string).collect();
            self.pass(area, owner, exchanges.join(", "));
            return;
        };
        let mut shown = vec![(owner, Kind::Mx)];
        if let Some(about) = &fault.about {
            shown.extend([(about, Kind::A), (about, Kind::Aaaa)]);
        }
        let code = format!("{area}.{}", fault.what);
        let finding = self.add(&code, owner, fault.message, &shown);
        finding.fix = fault.fix;
        if lowered {
            Self::severity(finding, Severity::Warning);
        }
    }

    /// The first fault of the MX records at `owner`, whose mail `expected` should take.
    fn exchange_fault(&mut self, owner: &Name, expected: &Name) -> Option<Option<Fault>> {
        let found = self.lookups.resolve(owner, Kind::Mx)?;
        let fault = |what: &'static str, message: String, fix: Vec<Change>| {
            Some(Some(Fault {
                what,
                message,
                fix,
                about: None,
            }))
        };
        if found.chain.looped {
            let fix = self.own_records(owner, expected)?;
            let message =
                format!("the CNAME of {owner} leads back to itself, so that no MX can be found");
            return fault("cname_loop", message, fix);
        }
        if found.failed() {
            let message = format!(
                "the MX of {owner} could not be looked up: {}",
                found.outcome
            );
            return fault("lookup_failed", message, Vec::new());
        }
        let mut exchanges: Vec<MailExchange> = found
            .found
            .iter()
            .filter_map(|found| match &found.record.data {
                Data::Mx {
                    preference,
                    exchange,
                } => Some(MailExchange {
                    preference: *preference,
                    exchange: exchange.clone(),
                }),
                _ => None,
            })
            .collect();
        exchanges.sort();
        let aliased = !found.chain.is_empty();
        let wanted = exchange(owner, expected);
        if exchanges.is_empty() {
            let dangles = aliased && matches!(*found.outcome, Outcome::NxDomain(_));
            let fix = match aliased {
                true => self.own_records(owner, expected)?,
                false => vec![Change::Add(wanted)],
            };
            if dangles {
                let message = format!(
                    "the CNAME of {owner} leads to a name that does not exist, so that there is no MX"
                );
                return fault("cname_dangling", message, fix);
            }
            return fault("missing", format!("{owner} has no MX"), fix);
        }
        let nulls = exchanges
            .iter()
            .filter(|exchange| exchange.is_null())
            .count();
        if nulls > 0 {
            let gone: Vec<MailExchange> = exchanges
                .iter()
                .filter(|exchange| exchange.is_null())
                .cloned()
                .collect();
            let fix = self.exchanged(owner, expected, &exchanges, &gone, aliased)?;
            if nulls < exchanges.len() {
                let message = format!(
                    "{owner} has a null MX beside another; servers may read it as taking no mail at all"
                );
                return fault("null_with_others", message, fix);
            }
            let message = format!("{owner} has a null MX: it says that it takes no mail");
            return fault("null", message, fix);
        }
        self.target_fault(owner, expected, &exchanges, aliased)
    }

    fn target_fault(
        &mut self,
        owner: &Name,
        expected: &Name,
        exchanges: &[MailExchange],
        aliased: bool,
    ) -> Option<Option<Fault>> {
        let ours = self.ours()?;
        let mut targets = Vec::new();
        let mut pending = false;
        for exchange in exchanges {
            // All are asked for before one is waited for.
            match self.addresses(&exchange.exchange) {
                Some(addresses) => targets.push(Target {
                    is_ours: exchange.exchange == *expected
                        || addresses.list.iter().any(|address| ours.contains(address)),
                    exchange: exchange.clone(),
                    addresses,
                }),
                None => pending = true,
            }
        }
        if pending {
            return None;
        }
        let Some(preference) = exchanges.first().map(|exchange| exchange.preference) else {
            return Some(None);
        };
        let best: Vec<&Target> = targets
            .iter()
            .filter(|target| target.exchange.preference == preference)
            .collect();
        let all = |fault: &dyn Fn(&Target) -> bool| best.iter().all(|target| fault(target));
        let name = |target: &Target| target.exchange.exchange.clone();
        let first = best
            .first()
            .map_or_else(|| owner.clone(), |target| name(target));
        let of_best: Vec<MailExchange> =
            best.iter().map(|target| target.exchange.clone()).collect();
        let elsewhere = |target: &&Target| !target.is_ours;
        let ours_at = targets
            .iter()
            .filter(|target| target.is_ours)
            .map(|target| target.exchange.preference)
            .min();

        let (what, message, gone) = if all(&|target| {
            written_as_address(&name(target), owner).is_some()
        }) {
            let message = format!("the MX of {owner} is {first}, an address; an MX wants a name");
            ("target_is_ip", message, of_best)
        } else if all(&|target| lacks_final_dot(&name(target), owner)) {
            let message = format!(
                "the MX of {owner} is {first}, which ends in the zone twice: the final dot is missing in the zone file"
            );
            ("missing_trailing_dot", message, of_best)
        } else if all(&|target| {
            // That a domain's own name has no address is said at the address.
            target.addresses.list.is_empty() && !target.addresses.failed() && name(target) != *owner
        }) {
            // The expected name wants its address, not another MX.
            let gone = if all(&|target| name(target) == *expected) {
                Vec::new()
            } else {
                of_best
            };
            let message = format!("the MX of {owner} is {first}, which has no address");
            ("target_dangling", message, gone)
        } else if all(&|target| !target.addresses.v4.chain.is_empty() && name(target) != *owner) {
            let message = format!(
                "the MX of {owner} is {first}, which is a CNAME; some servers will not follow it"
            );
            // The right name is not to be replaced by itself: it wants records of its own.
            let gone = of_best
                .into_iter()
                .filter(|best| best.exchange != *expected);
            ("target_is_cname", message, gone.collect())
        } else if let Some(unknown) = targets
            .iter()
            .find(|target| target.addresses.failed() && !target.is_ours)
        {
            let message = format!("whether {} is ours could not be looked up", name(unknown));
            let about = Some(name(unknown));
            return Some(Some(Fault {
                what: "lookup_failed",
                message,
                fix: Vec::new(),
                about,
            }));
        } else {
            let Some(ours_at) = ours_at else {
                let message = format!("mail for {owner} goes to {first}, another machine");
                let fix = self.exchanged(owner, expected, exchanges, exchanges, aliased)?;
                return Some(Some(Fault {
                    what: "wrong_host",
                    message,
                    fix,
                    about: Some(first),
                }));
            };
            let better = |target: &&Target| target.exchange.preference <= ours_at;
            let preferred: Vec<MailExchange> = targets
                .iter()
                .filter(elsewhere)
                .filter(better)
                .map(|target| target.exchange.clone())
                .collect();
            let backups: Vec<MailExchange> = targets
                .iter()
                .filter(elsewhere)
                .map(|target| target.exchange.clone())
                .collect();
            let by_name = |target: &Target| {
                target.exchange.preference == ours_at && name(target) == *expected
            };
            if let Some(first) = preferred.first() {
                let message = format!(
                    "mail for {owner} goes to {}, another machine, before or beside ours",
                    first.exchange
                );
                ("preferred_elsewhere", message, preferred)
            } else if !targets.iter().any(by_name) {
                let message = format!(
                    "the MX of {owner} is {first}, another name of the machine that {expected} is"
                );
                let gone = targets
                    .iter()
                    .filter(|target| target.is_ours && name(target) != *expected);
                (
                    "other_name_same_address",
                    message,
                    gone.map(|target| target.exchange.clone()).collect(),
                )
            } else if let Some(first) = backups.first() {
                let message = format!(
                    "{}, another machine, takes mail for {owner} where ours does not answer",
                    first.exchange
                );
                ("backup_elsewhere", message, backups)
            } else {
                return Some(None);
            }
        };
        let fix = match gone.is_empty() {
            true if what == "target_is_cname" => self.instead_of_alias(expected),
            true => Vec::new(),
            false => self.exchanged(owner, expected, exchanges, &gone, aliased)?,
        };
        let about = Some(first);
        Some(Some(Fault {
            what,
            message,
            fix,
            about,
        }))
    }

    /// Takes `gone` out of the MX records of `owner`, and puts `expected` in where it is not.
    fn exchanged(
        &mut self,
        owner: &Name,
        expected: &Name,
        exchanges: &[MailExchange],
        gone: &[MailExchange],
        aliased: bool,
    ) -> Option<Vec<Change>> {
        if aliased {
            return self.own_records(owner, expected);
        }
        let wanted = exchange(owner, expected);
        let record = |exchange: &MailExchange| {
            let data = Data::Mx {
                preference: exchange.preference,
                exchange: exchange.exchange.clone(),
            };
            Record::new(owner.clone(), data)
        };
        let stays = exchanges
            .iter()
            .any(|exchange| exchange.exchange == *expected && !gone.contains(exchange));
        let mut changes = Vec::new();
        let mut gone = gone.iter();
        if !stays {
            match gone.next() {
                Some(first) => changes.push(self.replace(record(first), wanted)),
                None => changes.push(Change::Add(wanted)),
            }
        }
        changes.extend(gone.filter_map(|exchange| self.remove(record(exchange))));
        Some(changes)
    }
}

/// The address that a target's first labels are: `192.0.2.1`, or that with the zone behind it, where the final dot was missing.
fn written_as_address(target: &Name, owner: &Name) -> Option<IpAddr> {
    let labels: Vec<&str> = target.labels().collect();
    if let Some(first) = labels.get(..4) {
        let rest = labels[4..].join(".");
        let behind = rest.is_empty() || rest.parse().is_ok_and(|zone: Name| owner.is_within(&zone));
        if let Ok(address) = first.join(".").parse()
            && behind
        {
            return Some(IpAddr::V4(address));
        }
    }
    let first: Ipv6Addr = labels.first()?.parse().ok()?;
    Some(IpAddr::V6(first))
}

/// Whether a target ends twice in a zone that the owner is in: `mx.example.com.example.com.`
fn lacks_final_dot(target: &Name, owner: &Name) -> bool {
    let labels: Vec<&str> = target.labels().collect();
    let mut zone = Some(owner.clone());
    while let Some(name) = zone.filter(|name| !name.is_root()) {
        let suffix: Vec<&str> = name.labels().collect();
        if let Some(front) = labels.strip_suffix(suffix.as_slice())
            && front.ends_with(&suffix)
        {
            return true;
        }
        zone = name.parent();
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(text: &str) -> Name {
        Name::from_presentation(text).unwrap()
    }

    #[test]
    fn targets_that_are_addresses() {
        let owner = name("reply.forge.example.com.");
        let address = |target: &str| written_as_address(&name(target), &owner).is_some();
        assert!(
            address("192.0.2.1.")
                && address("192.0.2.1.example.com.")
                && address("2001:db8::1.example.com.")
        );
        assert!(
            !address("192.0.2.300.")
                && !address("192.0.2.1.elsewhere.net.")
                && !address("mx1.example.com.")
        );
        assert!(!address("1.2.3.x.example.com."));
    }

    #[test]
    fn targets_without_their_final_dot() {
        let owner = name("reply.forge.example.com.");
        let lacks = |target: &str| lacks_final_dot(&name(target), &owner);
        assert!(
            lacks("mx.example.com.example.com.") && lacks("reply.forge.example.com.example.com.")
        );
        assert!(lacks("mx.forge.example.com.forge.example.com."));
        assert!(
            !lacks("mx.example.com.")
                && !lacks("com.example.com.")
                && !lacks("example.com.net.example.com.")
        );
    }
}
