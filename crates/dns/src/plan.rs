//! The records that an installation needs, made without a look-up.

use std::fmt;
use std::net::IpAddr;

use crate::name::{Name, NameError};
use crate::record::{Data, Record};

/// What an installation needs in DNS.
///
/// ```
/// use inreply_dns::plan::Plan;
///
/// let plan = Plan::new("forge.example.com")?.addresses(["192.0.2.1".parse()?]);
/// let zone = plan.to_string();
/// assert!(zone.contains("\nreply.forge.example.com. IN MX 10 reply.forge.example.com.\n"));
/// assert!(zone.contains("\nnoreply.forge.example.com. IN MX 10 forge.example.com.\n"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    host: Name,
    reply: Name,
    noreply: Name,
    dmarc: Name,
    addresses: Vec<IpAddr>,
}

/// A record of a plan, and why it is needed.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Planned {
    /// The record.
    pub record: Record,
    /// Why, in one sentence.
    pub reason: &'static str,
}

impl Plan {
    /// The plan of the installation at `host`: replies come to `reply.HOST`, notifications from `noreply.HOST`.
    ///
    /// # Errors
    /// Where the host, or a name below it, is no domain name.
    pub fn new(host: &str) -> Result<Self, NameError> {
        let host: Name = host.parse()?;
        let (reply, noreply) = (host.child("reply")?, host.child("noreply")?);
        Ok(Self {
            dmarc: noreply.child("_dmarc")?,
            host,
            reply,
            noreply,
            addresses: Vec::new(),
        })
    }

    /// The addresses at which the server takes mail, and from which it sends. Without one the address records and SPF are
    /// left out.
    #[must_use]
    pub fn addresses(mut self, addresses: impl IntoIterator<Item = IpAddr>) -> Self {
        self.addresses = addresses.into_iter().collect();
        self
    }

    /// The records, address records first.
    pub fn records(&self) -> Vec<Planned> {
        let mut planned = Vec::new();
        let mut need = |owner: &Name, data: Data, reason: &'static str| {
            planned.push(Planned {
                record: Record::new(owner.clone(), data),
                reason,
            });
        };
        for owner in [&self.host, &self.reply] {
            for address in &self.addresses {
                need(owner, (*address).into(), "the server is found here");
            }
        }
        let mx = |exchange: &Name| Data::Mx {
            preference: 10,
            exchange: exchange.clone(),
        };
        need(&self.reply, mx(&self.reply), "replies are delivered here");
        need(
            &self.noreply,
            mx(&self.host),
            "bounces and reply-alls are delivered here",
        );
        if !self.addresses.is_empty() {
            need(
                &self.noreply,
                Data::text(self.spf()),
                "notifications pass SPF (RFC 7208)",
            );
        }
        let dmarc = "v=DMARC1; p=none".to_owned();
        need(
            &self.dmarc,
            Data::text(dmarc),
            "receivers know a DMARC policy; tighten it once DKIM signs",
        );
        planned
    }

    fn spf(&self) -> String {
        let mechanisms = self.addresses.iter().map(|address| match address {
            IpAddr::V4(address) => format!("ip4:{address}"),
            IpAddr::V6(address) => format!("ip6:{address}"),
        });
        format!("v=spf1 {} -all", mechanisms.collect::<Vec<_>>().join(" "))
    }
}

/// Zone lines, each behind a comment that says why; they can be pasted into a zone file.
impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.addresses.is_empty() {
            writeln!(
                f,
                "; {} and {} need A or AAAA records of this server's addresses",
                self.host, self.reply
            )?;
        }
        for Planned { record, reason } in self.records() {
            writeln!(f, "; {reason}\n{record}")?;
        }
        writeln!(
            f,
            "; An address of *.{} does not cover {}: the MX above makes that name exist (RFC 4592)",
            self.host, self.reply
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_records_of_a_host() {
        let addresses = ["192.0.2.1", "2001:db8::1"].map(|address| address.parse().unwrap());
        let records: Vec<String> = Plan::new("forge.example")
            .unwrap()
            .addresses(addresses)
            .records()
            .into_iter()
            .map(|planned| planned.record.to_string())
            .collect();
        assert_eq!(
            records,
            [
                "forge.example. IN A 192.0.2.1",
                "forge.example. IN AAAA 2001:db8::1",
                "reply.forge.example. IN A 192.0.2.1",
                "reply.forge.example. IN AAAA 2001:db8::1",
                "reply.forge.example. IN MX 10 reply.forge.example.",
                "noreply.forge.example. IN MX 10 forge.example.",
                "noreply.forge.example. IN TXT \"v=spf1 ip4:192.0.2.1 ip6:2001:db8::1 -all\"",
                "_dmarc.noreply.forge.example. IN TXT \"v=DMARC1; p=none\"",
            ]
        );
    }

    #[test]
    fn without_addresses_nothing_is_invented() {
        let plan = Plan::new("forge.example").unwrap();
        assert!(
            plan.records()
                .iter()
                .all(|planned| !matches!(planned.record.data, Data::A(_) | Data::Aaaa(_)))
        );
        assert!(
            plan.to_string()
                .starts_with("; forge.example. and reply.forge.example. need A or AAAA records")
        );
    }
}
