//! One run of all checks over the answers that are known.

use std::net::IpAddr;

use super::code::{Code, Severity};
use super::config::Config;
use super::finding::{Change, Evidence, Finding};
use super::lookups::Lookups;
use crate::dmarc::Walk;
use crate::lookup::{Outcome, Question, Resolution};
use crate::name::Name;
use crate::record::{Data, Kind, Record};
use crate::report::{Check, Report};

/// A label that no zone has, to see what a wildcard gives.
pub(super) const PROBE: &str = "inreply-doctor-probe";

/// A run: each check ends early, by `None`, where an answer is not known yet, having left its question in
/// [`Lookups::wanted`]; the others go on, so that one wave has the questions of all.
pub(super) struct Checkup<'a> {
    pub(super) config: &'a Config,
    pub(super) lookups: &'a mut Lookups,
    pub(super) findings: Vec<Finding>,
    pub(super) checks: Vec<Check>,
}

/// A name's addresses.
pub(super) struct Addresses {
    pub(super) v4: Resolution,
    pub(super) v6: Resolution,
    pub(super) list: Vec<IpAddr>,
}

impl Addresses {
    /// Nothing is known: none was found, and a lookup failed.
    pub(super) fn failed(&self) -> bool {
        self.list.is_empty() && (self.v4.failed() || self.v6.failed())
    }

    pub(super) fn looped(&self) -> bool {
        self.v4.chain.looped || self.v6.chain.looped
    }

    /// A CNAME leads to a name that does not exist.
    pub(super) fn dangles(&self) -> bool {
        self.list.is_empty()
            && !self.v4.chain.is_empty()
            && matches!(*self.v4.outcome, Outcome::NxDomain(_))
    }
}

impl<'a> Checkup<'a> {
    pub(super) fn new(config: &'a Config, lookups: &'a mut Lookups) -> Self {
        Self {
            config,
            lookups,
            findings: Vec::new(),
            checks: Vec::new(),
        }
    }

    /// Runs everything that can be run.
    pub(super) fn run(&mut self) {
        let fixed = self.fixed_questions();
        let mut known = true;
        for question in &fixed {
            known &= self.lookups.raw(question, false).is_some();
        }
        if !known || self.resolver_is_unusable(&fixed) != Some(false) {
            return;
        }
        // Each returns `None` where it has to wait; which, does not matter to the others.
        let _ = self.host_address();
        let _ = self.reply_address();
        let _ = self.reply_exchange();
        let _ = self.noreply_exchange();
        self.spf();
        let _ = self.dkim();
        let _ = self.dmarc();
        let _ = self.bimi();
        self.reverse();
        let _ = self.mta_sts();
        let _ = self.tls_rpt();
        self.dane();
        self.signatures();
        self.ttls();
        self.large_answers();
    }

    /// What is asked of every installation. It is asked at once, so that a good zone takes one wave.
    fn fixed_questions(&self) -> Vec<Question> {
        let config = self.config;
        let mut questions = Vec::new();
        let mut ask = |name: &Name, kinds: &[Kind]| {
            let of = |kind: &Kind| Question::new(name.clone(), *kind);
            questions.extend(kinds.iter().map(of));
        };
        let mail = [Kind::A, Kind::Aaaa, Kind::Mx, Kind::Txt];
        ask(&config.host, &[Kind::A, Kind::Aaaa, Kind::Soa]);
        ask(&config.reply, &mail);
        ask(&config.noreply, &mail);
        for name in [&config.sender_domain, &config.envelope_domain, &config.helo] {
            ask(name, &[Kind::Txt]);
        }
        for (selector, _) in &config.selectors {
            if let Some(name) = self.selector_name(selector) {
                ask(&name, &[Kind::Txt]);
            }
        }
        for name in Walk::new(&config.sender_domain).names() {
            if let Ok(name) = name.child("_dmarc") {
                ask(&name, &[Kind::Txt]);
            }
        }
        for (above, label) in [
            (&config.sender_domain, "default._bimi"),
            (&config.reply, "_mta-sts"),
            (&config.reply, "_smtp._tls"),
        ] {
            if let Ok(name) = above.child(label) {
                ask(&name, &[Kind::Txt]);
            }
        }
        for above in [&config.reply, &config.host] {
            if let Ok(name) = above.child("_25._tcp") {
                ask(&name, &[Kind::Tlsa]);
            }
        }
        for address in &config.sending {
            ask(&Name::reverse(*address), &[Kind::Ptr]);
        }
        if let Some(probe) = self.probe() {
            ask(&probe, &mail);
        }
        if let Some(probe) = self.probe_above() {
            ask(&probe, &[Kind::A, Kind::Aaaa]);
        }
        questions.sort();
        questions.dedup();
        questions
    }

    /// A name below the host that only a wildcard can give.
    pub(super) fn probe(&self) -> Option<Name> {
        self.config.host.child(PROBE).ok()
    }

    /// A name beside the host that only a wildcard above it can give; none beside a registered domain.
    pub(super) fn probe_above(&self) -> Option<Name> {
        let above = self.config.host.parent()?;
        if above.labels().count() < 2 {
            return None;
        }
        above.child(PROBE).ok()
    }

    pub(super) fn selector_name(&self, selector: &str) -> Option<Name> {
        let label = format!("{selector}._domainkey");
        self.config.sender_domain.child(&label).ok()
    }

    /// Whether all lookups of the installation's own names fail alike: then there is one finding, and nothing else is said.
    /// `None` where it has to be looked into first.
    fn resolver_is_unusable(&mut self, fixed: &[Question]) -> Option<bool> {
        // Names above these, and those of addresses, are of other servers.
        let config = self.config;
        let own = [&config.host, &config.reply, &config.sender_domain];
        let is_own = |name: &Name| own.iter().any(|above| name.is_within(above));
        let mut alike = None;
        for question in fixed.iter().filter(|question| is_own(&question.name)) {
            let outcome = self.lookups.raw(question, false)?;
            let same = alike.get_or_insert_with(|| outcome.as_str());
            if !outcome.is_failure() || *same != outcome.as_str() {
                return Some(false);
            }
        }
        let alike = alike?;
        if matches!(alike, "SERVFAIL" | "bogus") {
            // One question tells: with the check of signatures switched off it may be answered.
            let first = Question::new(self.config.host.clone(), Kind::Soa);
            if !self.lookups.get(&first)?.is_failure() {
                return Some(false);
            }
        }
        let host = self.config.host.clone();
        let message = format!(
            "every lookup of {host} and the names below it ends alike: {alike}; whether the records are right nobody can say"
        );
        self.add(
            "dns.resolver_unusable",
            &host,
            message,
            &[(&host.clone(), Kind::A)],
        );
        Some(true)
    }

    /// A finding about a name.
    pub(super) fn add(
        &mut self,
        code: &str,
        name: &Name,
        message: impl Into<String>,
        evidence: &[(&Name, Kind)],
    ) -> &mut Finding {
        let evidence = evidence
            .iter()
            .filter_map(|(name, kind)| self.lookups.evidence(name, *kind, &self.config.server))
            .collect();
        self.add_about(code, name.to_string(), message, evidence)
    }

    /// A finding about anything. One that is there already, of this code and name, is kept as it is.
    pub(super) fn add_about(
        &mut self,
        code: &str,
        name: String,
        message: impl Into<String>,
        evidence: Vec<Evidence>,
    ) -> &mut Finding {
        debug_assert!(Code::of(code).is_some(), "{code}");
        // Every code that is written here is in the table, as the tests that reach it see; the first stands in for none.
        let code = Code::of(code).or_else(|| Code::all().next());
        let there = self
            .findings
            .iter()
            .position(|finding| Some(finding.code) == code && finding.name == name);
        let at = there.unwrap_or(self.findings.len());
        if let (None, Some(code)) = (there, code) {
            self.findings.push(Finding {
                code,
                severity: code.severity(),
                name,
                message: message.into(),
                evidence,
                fix: Vec::new(),
            });
        }
        &mut self.findings[at]
    }

    /// A check that went well, for the report's list.
    pub(super) fn pass(
        &mut self,
        area: &'static str,
        name: impl ToString,
        summary: impl Into<String>,
    ) {
        self.checks.push(Check {
            area,
            name: name.to_string(),
            summary: summary.into(),
        });
    }

    pub(super) fn addresses(&mut self, name: &Name) -> Option<Addresses> {
        let (v4, v6) = (
            self.lookups.resolve(name, Kind::A),
            self.lookups.resolve(name, Kind::Aaaa),
        );
        let (v4, v6) = (v4?, v6?);
        let mut list: Vec<IpAddr> = v4.addresses().chain(v6.addresses()).collect();
        list.sort_unstable();
        Some(Addresses { v4, v6, list })
    }

    /// The addresses that are ours: the host's, and those that mail leaves from.
    pub(super) fn ours(&mut self) -> Option<Vec<IpAddr>> {
        let host = self.config.host.clone();
        let mut ours = self.addresses(&host)?.list;
        ours.extend(&self.config.sending);
        ours.sort_unstable();
        ours.dedup();
        Some(ours)
    }

    /// The address records that a name of ours should have: the host's addresses, or else those that mail leaves from.
    pub(super) fn address_records(&mut self, name: &Name) -> Option<Vec<Record>> {
        let host = self.config.host.clone();
        let mut addresses = self.addresses(&host)?.list;
        if addresses.is_empty() {
            addresses.clone_from(&self.config.sending);
        }
        let record = |address: IpAddr| Record::new(name.clone(), Data::from(address));
        Some(addresses.into_iter().map(record).collect())
    }

    pub(super) fn into_report(mut self, questions: usize, waves: usize) -> Report {
        let mut fix: Vec<Change> = Vec::new();
        self.findings.sort_by(|a, b| {
            let key = |finding: &Finding| (std::cmp::Reverse(finding.severity), finding.code);
            key(a).cmp(&key(b)).then_with(|| a.name.cmp(&b.name))
        });
        self.checks
            .sort_by(|a, b| (a.area, &a.name).cmp(&(b.area, &b.name)));
        self.checks.dedup();
        for finding in &self.findings {
            for change in &finding.fix {
                if !fix.contains(change) {
                    fix.push(change.clone());
                }
            }
        }
        let uncovered = self.uncovered(&fix);
        fix.extend(uncovered);
        // What is taken away goes first: nothing may stand beside a CNAME, not even for a moment.
        fix.sort_by_key(|change| match change {
            Change::Remove(_) => 0,
            Change::Replace { .. } => 1,
            Change::Add(_) => 2,
            Change::Ask(_) => 3,
        });
        Report::new(self.findings, self.checks, fix, questions, waves)
    }

    /// Lowers or raises a finding where a circumstance asks for it.
    pub(super) fn severity(finding: &mut Finding, severity: Severity) -> &mut Finding {
        finding.severity = severity;
        finding
    }
}
