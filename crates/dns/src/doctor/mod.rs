//! The doctor: asks for every record that reply-by-e-mail needs, and says what is wrong and what mends it.
//!
//! It holds no resolver. **Take the asks, answer them all, and again until there are none; then take the report.** The asks of
//! one call are independent of each other and may be answered at once, in any order; no question is asked twice. A zone that is
//! as it should be takes one wave.
//!
//! ```
//! use inreply_dns::doctor::{Ask, Config, Doctor};
//! use inreply_dns::zone::Zones;
//!
//! let zones = Zones::parse("$ORIGIN forge.example.\n@ SOA ns host 1 2 3 4 5\n@ A 192.0.2.1\n* A 192.0.2.1\nreply MX 10 reply\nnoreply MX 10 @")?;
//! let mut doctor = Doctor::new(Config::new("forge.example")?);
//! loop {
//!     let asks = doctor.asks();
//!     if asks.is_empty() {
//!         break;
//!     }
//!     for ask in asks {
//!         match ask {
//!             Ask::Dns { question, checking_disabled } => {
//!                 let outcome = zones.lookup(&question);
//!                 doctor.answer(question, checking_disabled, outcome);
//!             }
//!             Ask::Https { domain } => doctor.fetched(domain, None),
//!         }
//!     }
//! }
//! let report = doctor.report();
//! let finding = report.findings.iter().find(|finding| finding.code.as_str() == "reply.addr.wildcard_shadowed").unwrap();
//! assert_eq!(finding.fix[0].to_string(), "add reply.forge.example. IN A 192.0.2.1");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # What it minds
//! - A failed lookup proves nothing: it is `unknown`, never `missing`.
//! - A record below a wildcard takes that name away from the wildcard (RFC 4592 §2.2.1): a fix that adds one adds what the
//!   wildcard gave as well.
//! - Nothing is proposed beside a CNAME.
//! - Everything is computed anew from the answers that are there, so that their order cannot matter.

mod address;
mod checkup;
mod code;
mod config;
mod dkim;
mod dmarc;
mod finding;
mod health;
mod lookups;
mod mx;
mod reverse;
mod spf;
mod spf_mend;
mod transport;
mod wildcard;

pub use code::{Code, Severity};
pub use config::Config;
pub use finding::{Change, Evidence, Finding};
pub use lookups::Ask;

use std::collections::BTreeSet;

use crate::lookup::{Outcome, Question};
use crate::name::Name;
use crate::report::Report;
use checkup::Checkup;
use lookups::Lookups;

/// A check of one installation. See the [module](self).
#[derive(Debug, Clone)]
pub struct Doctor {
    config: Config,
    lookups: Lookups,
    asked: BTreeSet<Ask>,
    waves: usize,
}

impl Doctor {
    /// A check of the installation that `config` describes.
    pub fn new(config: Config) -> Self {
        Self {
            config,
            lookups: Lookups::default(),
            asked: BTreeSet::new(),
            waves: 0,
        }
    }

    /// The next wave: what is to be answered before the next call; empty once everything is known, or the limits are reached.
    pub fn asks(&mut self) -> Vec<Ask> {
        if self.waves >= self.config.waves {
            return Vec::new();
        }
        self.lookups.wanted.clear();
        Checkup::new(&self.config, &mut self.lookups).run();
        let wanted = std::mem::take(&mut self.lookups.wanted);
        let left = self.config.questions.saturating_sub(self.asked.len());
        let asks: Vec<Ask> = wanted
            .into_iter()
            .filter(|ask| !self.asked.contains(ask))
            .take(left)
            .collect();
        self.asked.extend(asks.iter().cloned());
        self.waves += usize::from(!asks.is_empty());
        asks
    }

    /// Answers [`Ask::Dns`]; a second answer is passed over.
    pub fn answer(&mut self, question: Question, checking_disabled: bool, outcome: Outcome) {
        self.lookups.answer(question, checking_disabled, outcome);
    }

    /// Answers [`Ask::Https`]: with the file, or with nothing where it could not be had, for whatever reason.
    pub fn fetched(&mut self, domain: Name, policy: Option<String>) {
        self.lookups.fetched(domain, policy);
    }

    /// How many asks have been given out so far.
    pub fn asked(&self) -> usize {
        self.asked.len()
    }

    /// What is found. What was not answered counts as a timeout.
    pub fn report(&self) -> Report {
        let mut lookups = self.lookups.clone();
        lookups.closed = true;
        let mut checkup = Checkup::new(&self.config, &mut lookups);
        checkup.run();
        checkup.into_report(self.asked.len(), self.waves)
    }
}
