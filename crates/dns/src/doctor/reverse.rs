//! The names of the addresses that mail leaves from.

use std::net::IpAddr;

use super::checkup::Checkup;
use super::finding::Change;
use crate::name::Name;
use crate::record::{Data, Kind};

/// Names of one address that are looked at: receivers do not look at more either.
const NAMES: usize = 10;

impl Checkup<'_> {
    pub(super) fn reverse(&mut self) {
        for address in self.config.sending.clone() {
            let _ = self.reverse_of(address);
        }
    }

    fn reverse_of(&mut self, address: IpAddr) -> Option<()> {
        let reverse = Name::reverse(address);
        let found = self.lookups.resolve(&reverse, Kind::Ptr)?;
        let evidence = |checkup: &Self| {
            let evidence = checkup
                .lookups
                .evidence(&reverse, Kind::Ptr, &checkup.config.server);
            evidence.into_iter().collect()
        };
        let ask = format!(
            "ask the owner of {address}: add {reverse} IN PTR {}",
            self.config.helo
        );
        let shown = evidence(self);
        if found.failed() {
            let message = format!(
                "the name of {address} could not be looked up: {}",
                found.outcome
            );
            self.add_about("ptr.lookup_failed", address.to_string(), message, shown);
            return Some(());
        }
        let names: Vec<Name> = found
            .found
            .iter()
            .filter_map(|found| match &found.record.data {
                Data::Ptr(name) => Some(name.clone()),
                _ => None,
            })
            .take(NAMES)
            .collect();
        if names.is_empty() {
            let message =
                format!("{address} has no name; many receivers refuse mail from such an address");
            let finding = self.add_about("ptr.missing", address.to_string(), message, shown);
            finding.fix = vec![Change::Ask(ask)];
            return Some(());
        }
        let (mut confirmed, mut unknown, mut pending) = (false, false, false);
        for name in &names {
            match self.addresses(name) {
                Some(addresses) => {
                    confirmed |= addresses.list.contains(&address);
                    unknown |= addresses.v4.failed() || addresses.v6.failed();
                }
                None => pending = true,
            }
        }
        if pending {
            return None;
        }
        let listed: Vec<String> = names.iter().map(ToString::to_string).collect();
        let listed = listed.join(", ");
        if !confirmed && unknown {
            let message =
                format!("whether {listed} resolves back to {address} could not be looked up");
            self.add_about("ptr.lookup_failed", address.to_string(), message, shown);
        } else if !confirmed {
            let message =
                format!("{address} is called {listed}, which does not resolve back to it");
            let ask = format!("{ask} instead, or let {} resolve to {address}", names[0]);
            let finding = self.add_about("ptr.not_confirmed", address.to_string(), message, shown);
            finding.fix = vec![Change::Ask(ask)];
        } else {
            if !names.contains(&self.config.helo) {
                let message = format!(
                    "{address} is called {listed}, and says {} in EHLO",
                    self.config.helo
                );
                self.add_about("ptr.other_name", address.to_string(), message, shown);
            }
            self.pass("ptr", address, listed);
        }
        Some(())
    }
}
