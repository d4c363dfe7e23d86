//! SPF of the domains in From, in the envelope and in EHLO.

use std::net::IpAddr;

use super::checkup::Checkup;
use super::finding::Change;
use super::spf_mend::salvaged;
use crate::lookup::Resolution;
use crate::name::Name;
use crate::record::Kind;
use crate::spf::{
    Evaluated, Evaluation, Limits, Mechanism, Problem, Qualifier, Record, Request, Survey, Term,
    Verdict,
};

/// Lookups that a survey counts at most: by then it is plain that there are too many.
const SURVEYED: usize = 40;

/// The one record of a domain, as it was found.
struct Published<'a> {
    domain: &'a Name,
    found: &'a Resolution,
    text: &'a [Vec<u8>],
    record: &'a Record,
    /// What mends all that can be told without an evaluation.
    fix: &'a [Change],
}

impl Checkup<'_> {
    pub(super) fn spf(&mut self) {
        let (sender, envelope, helo) = (
            self.config.sender_domain.clone(),
            self.config.envelope_domain.clone(),
            self.config.helo.clone(),
        );
        let _ = self.spf_of(&sender);
        if envelope != sender {
            let _ = self.spf_of(&envelope);
        }
        if helo != sender && helo != envelope {
            let _ = self.spf_of_helo(&helo);
        }
    }

    fn spf_of(&mut self, domain: &Name) -> Option<()> {
        let shown = [(domain, Kind::Txt)];
        let found = self.lookups.resolve(domain, Kind::Txt)?;
        if found.failed() || found.chain.looped {
            let message = format!(
                "the SPF record of {domain} could not be looked up: {}",
                found.outcome
            );
            self.add("spf.lookup_failed", domain, message, &shown);
            return Some(());
        }
        let texts: Vec<Vec<u8>> = found
            .texts()
            .filter(|text| Record::is_meant(text))
            .map(<[u8]>::to_vec)
            .collect();
        match texts.as_slice() {
            [] => {
                let fix = self.spf_fix(domain, &found, &[], &Record::default());
                let message = format!(
                    "{domain} has no SPF record: receivers cannot tell our mail from a forger's"
                );
                self.add("spf.missing", domain, message, &shown).fix = fix;
                Some(())
            }
            [text] => self.spf_record(domain, &found, text),
            several => {
                let parsed = several.iter().map(|text| salvaged(text));
                let terms = parsed.flat_map(|record| record.terms).collect();
                let fix = self.spf_fix(domain, &found, several, &Record { terms });
                let message = format!(
                    "{domain} has {} SPF records, of which none counts",
                    several.len()
                );
                self.add("spf.multiple", domain, message, &shown).fix = fix;
                Some(())
            }
        }
    }

    fn spf_record(&mut self, domain: &Name, found: &Resolution, text: &[u8]) -> Option<()> {
        let shown = [(domain, Kind::Txt)];
        let old = [text.to_vec()];
        let record = match Record::parse_octets(text) {
            Ok(record) => record,
            Err(error) => {
                let fix = self.spf_fix(domain, found, &old, &salvaged(text));
                let message = format!("the SPF record of {domain} does not parse: {error}");
                self.add("spf.syntax", domain, message, &shown).fix = fix;
                return Some(());
            }
        };
        let fix = self.spf_fix(domain, found, &old, &record);
        if record.all() == Some(Qualifier::Pass) {
            let message = format!("the SPF record of {domain} passes for every address there is");
            self.add("spf.pass_all", domain, message, &shown)
                .fix
                .clone_from(&fix);
        }
        if record.all().is_none() && record.redirect().is_none() {
            let message = format!(
                "the SPF record of {domain} has neither all nor redirect: of other addresses it says nothing"
            );
            self.add("spf.no_all", domain, message, &shown)
                .fix
                .clone_from(&fix);
        }
        if record
            .directives()
            .any(|directive| matches!(directive.mechanism, Mechanism::Ptr(_)))
        {
            let message =
                format!("the SPF record of {domain} uses ptr, which is slow and not to be used");
            self.add("spf.ptr", domain, message, &shown)
                .fix
                .clone_from(&fix);
        }
        // Both are begun before either is waited for.
        let evaluated = self.evaluate_all(domain);
        let cost = Survey::new(SURVEYED, &mut |question| self.lookups.get(question))
            .count(domain, &record);
        let (evaluated, cost) = (evaluated?, cost?);
        let mut passed = true;
        let published = Published {
            domain,
            found,
            text: &old,
            record: &record,
            fix: &fix,
        };
        for (address, evaluated) in &evaluated {
            passed &= self.spf_verdict(&published, *address, evaluated);
        }
        if cost > 10 && passed {
            let message = format!(
                "the SPF record of {domain} takes more than 10 lookups for addresses that it does not list first"
            );
            let finding = self.add("spf.too_many_lookups", domain, message, &shown);
            Self::severity(finding, super::code::Severity::Warning);
        } else if cost >= 9 && passed {
            let message =
                format!("the SPF record of {domain} uses {cost} of the 10 lookups there are");
            self.add("spf.near_lookup_limit", domain, message, &shown);
        }
        if passed {
            self.pass("spf", domain, record.to_string());
        }
        Some(())
    }

    /// The verdict for each sending address.
    fn evaluate_all(&mut self, domain: &Name) -> Option<Vec<(IpAddr, Evaluated)>> {
        let helo = self.config.helo.as_str().to_owned();
        let mut verdicts = Some(Vec::new());
        for address in self.config.sending.clone() {
            let request = Request::new(address, format!("postmaster@{}", domain.as_str()), &helo);
            let mut known = |question: &_| self.lookups.get(question);
            let evaluated = Evaluation::new(&request, Limits::default(), &mut known).run();
            match (evaluated, &mut verdicts) {
                (Some(evaluated), Some(verdicts)) => verdicts.push((address, evaluated)),
                _ => verdicts = None,
            }
        }
        verdicts
    }

    /// Says what a verdict means; whether it is a pass.
    fn spf_verdict(
        &mut self,
        published: &Published<'_>,
        address: IpAddr,
        evaluated: &Evaluated,
    ) -> bool {
        let (domain, record) = (published.domain, published.record);
        let shown = [(domain, Kind::Txt)];
        let Some(problem) = &evaluated.problem else {
            if evaluated.verdict == Verdict::Pass {
                let everybody = evaluated
                    .matched
                    .as_ref()
                    .is_some_and(|(_, term)| term == "all");
                if everybody {
                    let message = format!(
                        "the SPF record of {domain} passes for every address there is, by a record that it leads to"
                    );
                    self.add("spf.pass_all", domain, message, &shown);
                }
                return true;
            }
            let message = format!(
                "SPF of {domain} says {} to {address}, which our mail leaves from",
                evaluated.verdict
            );
            self.add("spf.sender_not_authorised", domain, message, &shown)
                .fix = published.fix.to_vec();
            return false;
        };
        let costs: Vec<String> = evaluated
            .costs
            .iter()
            .filter(|cost| cost.lookups > 0)
            .map(|cost| format!("{} {}", cost.term, cost.lookups))
            .collect();
        let (code, message) = match problem {
            Problem::IncludeNone { .. } => ("spf.include_none", problem.to_string()),
            Problem::LookupFailed { .. } => ("spf.lookup_failed", problem.to_string()),
            Problem::Loop { .. } => ("spf.include_loop", problem.to_string()),
            Problem::Multiple { .. } => ("spf.multiple", problem.to_string()),
            Problem::Syntax { .. } => ("spf.syntax", problem.to_string()),
            Problem::TooManyVoids { .. } => ("spf.too_many_void_lookups", problem.to_string()),
            Problem::TooManyExchanges { .. } | Problem::TooManyLookups { .. } => {
                let cost = evaluated.lookups;
                (
                    "spf.too_many_lookups",
                    format!("{cost} of 10 lookups at {}: {problem}", costs.join(", ")),
                )
            }
        };
        // A term of the domain's own that cannot work can be left out; what it was for is gone already.
        let useless: Vec<&Term> = record
            .terms
            .iter()
            .filter(|term| match problem {
                Problem::IncludeNone { by, .. } | Problem::Loop { by, .. } => {
                    term.to_string().ends_with(by.as_str())
                }
                Problem::TooManyVoids { .. } => self.finds_nothing(domain, term),
                _ => false,
            })
            .collect();
        let mut fix = Vec::new();
        if !useless.is_empty() {
            let terms = record.terms.iter().filter(|term| !useless.contains(term));
            let without = Record {
                terms: terms.cloned().collect(),
            };
            fix = self.spf_fix(domain, published.found, published.text, &without);
        }
        self.add(code, domain, format!("SPF of {domain}: {message}"), &shown)
            .fix = fix;
        false
    }

    fn finds_nothing(&self, domain: &Name, term: &Term) -> bool {
        let Term::Directive(directive) = term else {
            return false;
        };
        let (target, kinds): (_, &[Kind]) = match &directive.mechanism {
            Mechanism::A { domain: target, .. } => (target.as_ref(), &[Kind::A, Kind::Aaaa]),
            Mechanism::Mx { domain: target, .. } => (target.as_ref(), &[Kind::Mx]),
            Mechanism::Exists(target) => (Some(target), &[Kind::A]),
            _ => return false,
        };
        let name = match target {
            Some(target) => target.name(),
            None => Some(domain.clone()),
        };
        name.is_some_and(|name| {
            kinds
                .iter()
                .all(|kind| self.lookups.known(&name, *kind).is_empty())
        })
    }

    fn spf_of_helo(&mut self, domain: &Name) -> Option<()> {
        let shown = [(domain, Kind::Txt)];
        let found = self.lookups.resolve(domain, Kind::Txt)?;
        if found.failed() || !found.texts().any(Record::is_meant) {
            if !found.failed() {
                let message = format!(
                    "{domain}, the name in EHLO, has no SPF record; bounces are checked against it"
                );
                let finding = self.add("spf.helo_none", domain, message, &shown);
                finding.fix = Vec::new();
            }
            return Some(());
        }
        for (address, evaluated) in self.evaluate_all(domain)? {
            if !matches!(evaluated.verdict, Verdict::Pass | Verdict::TempError) {
                let message = format!(
                    "SPF of {domain}, the name in EHLO, says {} to {address}",
                    evaluated.verdict
                );
                self.add("spf.helo_not_authorised", domain, message, &shown);
            }
        }
        Some(())
    }
}
