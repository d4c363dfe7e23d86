//! The addresses of the host and of the reply domain.

use std::net::IpAddr;

use super::checkup::{Addresses, Checkup};
use super::code::Severity;
use super::finding::Change;
use crate::name::Name;
use crate::record::{Data, Kind, Record};

impl Checkup<'_> {
    pub(super) fn host_address(&mut self) -> Option<()> {
        let host = self.config.host.clone();
        let found = self.addresses(&host)?;
        let shown = [(&host, Kind::A), (&host, Kind::Aaaa)];
        if found.failed() {
            let message = format!("the addresses of {host} could not be looked up");
            self.add("host.addr.lookup_failed", &host, message, &shown);
            return Some(());
        }
        if found.list.is_empty() {
            let why = match (found.looped(), found.v4.chain.is_empty()) {
                (true, _) => "its CNAME leads in a circle",
                (false, false) => "its CNAME leads to a name without one",
                (false, true) => "there is neither A nor AAAA",
            };
            let mut fix: Vec<Change> = self.without_alias(&host);
            let sending = self.config.sending.clone();
            let mut addresses = sending;
            if addresses.is_empty() {
                let reply = self.config.reply.clone();
                addresses = self.addresses(&reply)?.list;
            }
            let record = |address: IpAddr| Record::new(host.clone(), Data::from(address));
            fix.extend(addresses.into_iter().map(record).map(Change::Add));
            let message = format!("{host} has no address: {why}");
            self.add("host.addr.missing", &host, message, &shown).fix = fix;
            return Some(());
        }
        if found.v4.found.is_empty() && !found.v4.failed() {
            let message = format!("{host} has only IPv6 addresses; many senders have none");
            self.add("host.addr.no_ipv4", &host, message, &shown);
        }
        self.pass("host.addr", &host, listed(&found.list));
        Some(())
    }

    pub(super) fn reply_address(&mut self) -> Option<()> {
        let reply = self.config.reply.clone();
        let found = self.addresses(&reply)?;
        let shown = [(&reply, Kind::A), (&reply, Kind::Aaaa)];
        if self.alias_beside_data() {
            let mut fix = self.without_alias(&reply);
            fix.extend(self.address_records(&reply)?.into_iter().map(Change::Add));
            let has_exchange = !self
                .lookups
                .found(&reply, Kind::Mx)
                .iter()
                .all(|(found, _)| {
                    found.record.owner != reply || found.record.data.kind() != Kind::Mx
                });
            if !has_exchange {
                fix.push(Change::Add(exchange(&reply, &reply)));
            }
            let message = format!(
                "{reply} is a CNAME and has other records beside it; servers refuse such a zone, or answer now one, now the other"
            );
            self.add("reply.cname_and_other_data", &reply, message, &shown)
                .fix = fix;
            return Some(());
        }
        if found.looped() {
            let fix = self.own_records(&reply, &reply)?;
            let message =
                format!("the CNAME of {reply} leads back to itself, so that it has no address");
            self.add("reply.addr.cname_loop", &reply, message, &shown)
                .fix = fix;
            return Some(());
        }
        if found.failed() {
            let message = format!("the addresses of {reply} could not be looked up");
            self.add("reply.addr.lookup_failed", &reply, message, &shown);
            return Some(());
        }
        if found.list.is_empty() {
            return self.reply_without_address(&reply, &found);
        }
        self.reply_with_address(&reply, &found)
    }

    fn reply_without_address(&mut self, reply: &Name, found: &Addresses) -> Option<()> {
        let shown = [(reply, Kind::A), (reply, Kind::Aaaa)];
        if found.dangles() {
            let fix = self.own_records(reply, reply)?;
            let message = format!("the CNAME of {reply} leads to a name that does not exist");
            self.add("reply.addr.cname_dangling", reply, message, &shown)
                .fix = fix;
            return Some(());
        }
        let fix = match found.v4.chain.is_empty() {
            true => self
                .address_records(reply)?
                .into_iter()
                .map(Change::Add)
                .collect(),
            false => self.own_records(reply, reply)?,
        };
        let given = match self.probe() {
            Some(probe) => self.addresses(&probe)?.list,
            None => Vec::new(),
        };
        if found.v4.chain.is_empty() && !given.is_empty() {
            let message = format!(
                "a wildcard gives names below {} an address, but not {reply}: that name exists for the sake of another record, and a \
                 wildcard covers only what does not exist",
                self.config.host
            );
            self.add("reply.addr.wildcard_shadowed", reply, message, &shown)
                .fix = fix;
        } else {
            let message = format!("{reply} has neither A nor AAAA");
            self.add("reply.addr.missing", reply, message, &shown).fix = fix;
        }
        Some(())
    }

    fn reply_with_address(&mut self, reply: &Name, found: &Addresses) -> Option<()> {
        let shown = [(reply, Kind::A), (reply, Kind::Aaaa)];
        if found.v4.found.is_empty() && !found.v4.failed() {
            let message = format!("{reply} has only IPv6 addresses; many senders have none");
            self.add("reply.addr.no_ipv4", reply, message, &shown);
        }
        let hidden: Vec<IpAddr> = found
            .list
            .iter()
            .copied()
            .filter(|ip| !is_public(*ip))
            .collect();
        if !hidden.is_empty() {
            let sending = self.config.sending.iter();
            let sending = sending.map(|ip| Record::new(reply.clone(), Data::from(*ip)));
            let sending: Vec<Record> = sending.collect();
            let host = self.address_records(reply)?;
            let is_shown = |record: &Record| record.data.address().is_some_and(is_public);
            let wanted = if host.iter().any(is_shown) {
                host
            } else {
                sending
            };
            let wanted: Vec<Record> = wanted.into_iter().filter(is_shown).collect();
            let mut fix = Vec::new();
            if found.v4.chain.is_empty() {
                for address in &hidden {
                    fix.extend(self.remove(Record::new(reply.clone(), Data::from(*address))));
                }
                let has = |record: &Record| {
                    record
                        .data
                        .address()
                        .is_some_and(|ip| found.list.contains(&ip))
                };
                fix.extend(
                    wanted
                        .into_iter()
                        .filter(|record| !has(record))
                        .map(Change::Add),
                );
            }
            let message = format!("{} cannot be reached from outside", listed(&hidden));
            let all = hidden.len() == found.list.len();
            let finding = self.add("reply.addr.not_public", reply, message, &shown);
            if !all {
                // Senders try the others too.
                Self::severity(finding, Severity::Warning);
            }
            finding.fix = fix;
        }
        let links = found.v4.chain.len().max(found.v6.chain.len());
        if links > self.config.long_chain {
            let fix = self.own_records(reply, reply)?;
            let message = format!(
                "{links} CNAMEs lead from {reply} to its address, each a lookup that may fail"
            );
            self.add("reply.addr.cname_chain_long", reply, message, &shown)
                .fix = fix;
        }
        if self.is_synthesised(reply) {
            let message = format!(
                "{reply} has its address from a wildcard; a record of its own, of any type, takes the address away (RFC 4592)"
            );
            self.add("reply.addr.from_wildcard", reply, message, &shown);
        }
        self.pass("reply.addr", reply, listed(&found.list));
        Some(())
    }

    /// Whether answers show the reply domain both as a CNAME and with data of its own.
    pub(super) fn alias_beside_data(&self) -> bool {
        let reply = &self.config.reply;
        self.lookups.alias(reply).is_some() && self.lookups.has_own_data(reply)
    }

    /// The removal of a name's CNAME, where it has one that can be removed.
    pub(super) fn without_alias(&self, name: &Name) -> Vec<Change> {
        let alias = self.lookups.alias(name);
        alias
            .and_then(|alias| self.remove(alias))
            .into_iter()
            .collect()
    }

    /// What was found behind a name's CNAME as records of the name itself.
    pub(super) fn instead_of_alias(&self, name: &Name) -> Vec<Change> {
        let mut changes = self.without_alias(name);
        for kind in [Kind::A, Kind::Aaaa, Kind::Mx, Kind::Txt] {
            let known = self.lookups.known(name, kind).into_iter();
            changes.extend(known.map(|data| Change::Add(Record::new(name.clone(), data))));
        }
        changes
    }

    /// A name's own records instead of its CNAME: addresses where it is the reply domain, the MX, and the texts that were
    /// found behind the CNAME.
    pub(super) fn own_records(&mut self, name: &Name, target: &Name) -> Option<Vec<Change>> {
        let mut changes = self.without_alias(name);
        if *name == self.config.reply || *name == self.config.host {
            let addresses = self.address_records(name)?;
            changes.extend(addresses.into_iter().map(Change::Add));
        }
        changes.push(Change::Add(exchange(name, target)));
        if *name == self.config.noreply {
            let texts = self.lookups.known(name, Kind::Txt);
            let record = |data| Change::Add(Record::new(name.clone(), data));
            changes.extend(texts.into_iter().map(record));
        }
        Some(changes)
    }
}

/// The MX that a domain of ours should have.
pub(super) fn exchange(owner: &Name, target: &Name) -> Record {
    let data = Data::Mx {
        preference: 10,
        exchange: target.clone(),
    };
    Record::new(owner.clone(), data)
}

fn listed(addresses: &[IpAddr]) -> String {
    let addresses: Vec<String> = addresses.iter().map(ToString::to_string).collect();
    addresses.join(", ")
}

/// Whether an address can be reached from anywhere (RFC 6890 and the registries that follow it). The ranges for documentation
/// count as public: examples and tests are written with them.
fn is_public(address: IpAddr) -> bool {
    match address.to_canonical() {
        IpAddr::V4(ip) => {
            let [a, b, ..] = ip.octets();
            // RFC 6598 (shared), RFC 2544 (benchmarks), RFC 1112 §4 (reserved), RFC 791 (this network).
            let shared = a == 100 && b & 0xc0 == 64;
            let benchmark = a == 198 && b & 0xfe == 18;
            !(ip.is_private()
                || ip.is_loopback()
                || ip.is_link_local()
                || ip.is_multicast()
                || shared
                || benchmark
                || a == 0
                || a >= 240)
        }
        IpAddr::V6(ip) => {
            let first = ip.segments()[0];
            // RFC 4193 (unique local), RFC 4291 (link local, and site local of old).
            let local = first & 0xfe00 == 0xfc00 || first & 0xff80 == 0xfe80;
            !(local || ip.is_loopback() || ip.is_unspecified() || ip.is_multicast())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_public() {
        let public = |text: &str| is_public(text.parse().unwrap());
        for hidden in [
            "10.1.2.3",
            "172.16.0.1",
            "172.31.255.255",
            "192.168.1.1",
            "127.0.0.1",
            "169.254.1.1",
            "100.64.0.1",
            "100.127.0.1",
            "0.0.0.0",
            "224.0.0.1",
            "255.255.255.255",
            "198.18.0.1",
            "::1",
            "::",
            "fe80::1",
            "fc00::1",
            "fd12::1",
            "ff02::1",
            "::ffff:10.0.0.1",
        ] {
            assert!(!public(hidden), "{hidden}");
        }
        for shown in [
            "192.0.2.1",
            "100.63.0.1",
            "100.128.0.1",
            "172.32.0.1",
            "2001:db8::1",
            "2a00::1",
            "8.8.8.8",
        ] {
            assert!(public(shown), "{shown}");
        }
    }
}
