//! The records that an installation needs, made without a look-up.

use std::fmt;
use std::net::IpAddr;

use crate::dkim::{Key, KeyRecord};
use crate::doctor::Config;
use crate::name::{Name, NameError};
use crate::record::{Data, Record};
use crate::spf::{Directive, Mechanism, Qualifier, Record as Spf, Term};

/// What an installation needs in DNS.
///
/// ```
/// use inreply_dns::plan::Plan;
///
/// let plan = Plan::new("forge.example.com")?.addresses(["192.0.2.1".parse()?]);
/// let zone = plan.to_string();
/// assert!(zone.contains("\nreply.forge.example.com. IN MX 10 reply.forge.example.com.\n"));
/// assert!(zone.contains("\nnoreply.forge.example.com. IN MX 10 forge.example.com.\n"));
/// let row = &plan.rows()[0];
/// assert_eq!((row.host.as_str(), row.kind, row.value.as_str()), ("forge.example.com", "A", "192.0.2.1"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    host: Name,
    reply: Name,
    noreply: Name,
    sender_domain: Name,
    addresses: Vec<IpAddr>,
    keys: Vec<(Name, Key)>,
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

/// A record as the form of a DNS provider's panel wants it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Row {
    /// The owner, without its final dot.
    pub host: String,
    /// The type.
    pub kind: &'static str,
    /// The data; a text longer than 255 octets in strings with quotes, as most panels take it.
    pub value: String,
}

impl Plan {
    /// The plan of the installation at `host`: replies come to `reply.HOST`, notifications from `noreply.HOST`.
    ///
    /// # Errors
    /// Where the host, or a name below it, is no domain name.
    pub fn new(host: &str) -> Result<Self, NameError> {
        Ok(Self::of(&Config::new(host)?))
    }

    /// The plan of the installation that the doctor is told about. A selector without its key is left out.
    pub fn of(config: &Config) -> Self {
        Self {
            host: config.host().clone(),
            reply: config.reply().clone(),
            noreply: config.noreply().clone(),
            sender_domain: config.sender_domain().clone(),
            addresses: config.sending_addresses().to_vec(),
            keys: config.keys().collect(),
        }
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
            let record = Record::new(owner.clone(), data);
            planned.push(Planned { record, reason });
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
                &self.sender_domain,
                Data::text(self.spf()),
                "notifications pass SPF (RFC 7208)",
            );
        }
        for (owner, key) in &self.keys {
            let text = KeyRecord::new(key.clone()).to_string();
            need(
                owner,
                Data::text(text),
                "notifications pass DKIM (RFC 6376)",
            );
        }
        if let Ok(owner) = self.sender_domain.child("_dmarc") {
            need(
                &owner,
                Data::text("v=DMARC1; p=none"),
                "receivers know a DMARC policy; tighten it once reports are good",
            );
        }
        planned
    }

    /// The records as host, type and value, for web panels.
    pub fn rows(&self) -> Vec<Row> {
        let row = |planned: Planned| Row {
            host: planned.record.owner.as_str().to_owned(),
            kind: planned.record.data.kind().as_str(),
            value: match &planned.record.data {
                Data::Txt(text) if text.len() <= crate::record::MAX_STRING => {
                    String::from_utf8_lossy(text).into_owned()
                }
                data => data.to_string(),
            },
        };
        self.records().into_iter().map(row).collect()
    }

    fn spf(&self) -> String {
        let mechanisms = self.addresses.iter().map(|address| match *address {
            IpAddr::V4(network) => Mechanism::Ip4 {
                network,
                prefix: 32,
            },
            IpAddr::V6(network) => Mechanism::Ip6 {
                network,
                prefix: 128,
            },
        });
        let pass = |mechanism| Directive {
            qualifier: Qualifier::Pass,
            mechanism,
        };
        let all = Directive {
            qualifier: Qualifier::Fail,
            mechanism: Mechanism::All,
        };
        let directives = mechanisms.map(pass).chain([all]);
        let terms = directives.map(Term::Directive).collect();
        Spf { terms }.to_string()
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

    #[test]
    fn rows_split_what_is_too_long_for_a_string() {
        let key = Key::Rsa {
            der: vec![7; 294],
            bits: 2_048,
        };
        let config = Config::new("forge.example").unwrap();
        let config = config.signing("s1", Some(key)).unwrap();
        let rows = Plan::of(&config).rows();
        let row = rows.iter().find(|row| row.host.starts_with("s1.")).unwrap();
        assert_eq!(
            (row.kind, row.host.as_str()),
            ("TXT", "s1._domainkey.noreply.forge.example")
        );
        assert!(row.value.starts_with("\"v=DKIM1; k=rsa; p=") && row.value.contains("\" \""));
        let dmarc = rows.last().unwrap();
        assert_eq!(dmarc.value, "v=DMARC1; p=none");
    }
}
