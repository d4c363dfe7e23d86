//! The answers so far, and the questions that are still open.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::finding::Evidence;
use crate::lookup::{Found, Outcome, Question, Resolution, Section};
use crate::name::Name;
use crate::record::{Data, Kind, Record};

/// What is to be found out.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[allow(
    clippy::exhaustive_enums,
    reason = "a driver must be able to do all of it"
)]
pub enum Ask {
    /// A question to the DNS.
    Dns {
        /// The question.
        question: Question,
        /// The CD bit: the resolver shall answer even where signatures do not hold (RFC 4035 §3.2.2).
        checking_disabled: bool,
    },
    /// The MTA-STS policy of a domain, at `https://mta-sts.DOMAIN/.well-known/mta-sts.txt` (RFC 8461 §3.3): TLS with a
    /// certificate for that host, status 200, no redirect, and at most 64 KiB.
    Https {
        /// The domain.
        domain: Name,
    },
}

/// Answers to [`Ask`]s, and what is not answered yet.
#[derive(Debug, Clone, Default)]
pub(super) struct Lookups {
    answers: BTreeMap<(Question, bool), Arc<Outcome>>,
    policies: BTreeMap<Name, Option<String>>,
    /// What this run would like to know.
    pub(super) wanted: BTreeSet<Ask>,
    /// Whether nothing will be answered any more: what is not known counts as a timeout.
    pub(super) closed: bool,
    /// Names whose signatures do not hold.
    pub(super) bogus: BTreeSet<Question>,
}

impl Lookups {
    pub(super) fn answer(&mut self, question: Question, checking_disabled: bool, outcome: Outcome) {
        self.answers
            .entry((question, checking_disabled))
            .or_insert_with(|| Arc::new(outcome));
    }

    pub(super) fn fetched(&mut self, domain: Name, policy: Option<String>) {
        self.policies.entry(domain).or_insert(policy);
    }

    /// The answer as the resolver gave it.
    pub(super) fn raw(
        &mut self,
        question: &Question,
        checking_disabled: bool,
    ) -> Option<Arc<Outcome>> {
        let key = (question.clone(), checking_disabled);
        if let Some(outcome) = self.answers.get(&key) {
            return Some(Arc::clone(outcome));
        }
        if self.closed {
            return Some(Arc::new(Outcome::Timeout));
        }
        let (question, checking_disabled) = key;
        self.wanted.insert(Ask::Dns {
            question,
            checking_disabled,
        });
        None
    }

    /// The answer, looked into where it is SERVFAIL: whether the signatures do not hold (ask with CD), or CNAMEs lead in a
    /// circle (ask for them one by one).
    pub(super) fn get(&mut self, question: &Question) -> Option<Arc<Outcome>> {
        let raw = self.raw(question, false)?;
        if !matches!(*raw, Outcome::ServFail(_) | Outcome::Bogus(_)) {
            return Some(raw);
        }
        let unchecked = self.raw(question, true);
        let circle = match question.kind {
            Kind::Cname => Some(None),
            _ => self.circle(&question.name),
        };
        let (unchecked, circle) = (unchecked?, circle?);
        if !unchecked.is_failure() {
            self.bogus.insert(question.clone());
            return Some(unchecked);
        }
        Some(circle.map_or(raw, |section| Arc::new(Outcome::Answer(section))))
    }

    /// The CNAMEs from `name`, where they lead in a circle.
    fn circle(&mut self, name: &Name) -> Option<Option<Section>> {
        let mut section = Section::default();
        let mut name = name.clone();
        loop {
            let outcome = self.raw(&Question::new(name.clone(), Kind::Cname), false)?;
            let Outcome::Answer(answer) = &*outcome else {
                return Some(None);
            };
            let Some(alias) = answer.at(&name, Kind::Cname).next() else {
                return Some(None);
            };
            section.records.push(alias.clone());
            let chain = section.follow(&section.records[0].record.owner);
            if chain.looped {
                return Some(Some(section));
            }
            name = chain.links.last()?.clone();
        }
    }

    /// The records at the end of the CNAMEs.
    pub(super) fn resolve(&mut self, name: &Name, kind: Kind) -> Option<Resolution> {
        let question = Question::new(name.clone(), kind);
        Resolution::of(&question, &mut |question| self.get(question))
    }

    /// What is known of a name's records without asking.
    pub(super) fn known(&self, name: &Name, kind: Kind) -> Vec<Data> {
        let question = Question::new(name.clone(), kind);
        let mut known = |question: &Question| {
            [false, true].into_iter().find_map(|checking| {
                let outcome = self.answers.get(&(question.clone(), checking))?;
                (!outcome.is_failure()).then(|| Arc::clone(outcome))
            })
        };
        let resolution = Resolution::of(&question, &mut known);
        let found = resolution
            .map(|resolution| resolution.found)
            .unwrap_or_default();
        let mut data: Vec<Data> = found.into_iter().map(|found| found.record.data).collect();
        data.sort_by_cached_key(ToString::to_string);
        data
    }

    /// The CNAME record at a name, where an answer showed one.
    pub(super) fn alias(&self, name: &Name) -> Option<Record> {
        let sections = self
            .answers
            .iter()
            .filter(|((question, _), _)| question.name == *name);
        sections
            .filter_map(|(_, outcome)| outcome.section())
            .find_map(|section| section.at(name, Kind::Cname).next())
            .map(|found| found.record.clone())
    }

    /// Whether an answer showed data of another type than CNAME at the name itself.
    pub(super) fn has_own_data(&self, name: &Name) -> bool {
        let mut sections = self
            .answers
            .iter()
            .filter(|((question, _), _)| question.name == *name);
        sections.any(|(_, outcome)| {
            let mut records = outcome
                .section()
                .into_iter()
                .flat_map(|section| &section.records);
            records
                .any(|found| found.record.owner == *name && found.record.data.kind() != Kind::Cname)
        })
    }

    /// Every record of an answer, with the flags of it.
    pub(super) fn found(&self, name: &Name, kind: Kind) -> Vec<(Found, bool)> {
        let outcome = self
            .answers
            .get(&(Question::new(name.clone(), kind), false));
        let section = outcome.and_then(|outcome| outcome.section());
        section
            .into_iter()
            .flat_map(|section| {
                section
                    .records
                    .iter()
                    .map(|found| (found.clone(), section.authoritative))
            })
            .collect()
    }

    /// Names whose answers did not fit into a datagram.
    pub(super) fn large(&self) -> impl Iterator<Item = &Question> {
        self.answers.iter().filter_map(|((question, _), outcome)| {
            let large = outcome.section().is_some_and(|section| section.large);
            large.then_some(question)
        })
    }

    /// The policy file of a domain: `None` where it is not known yet, `Some(None)` where it could not be fetched.
    pub(super) fn policy(&mut self, domain: &Name) -> Option<Option<String>> {
        match self.policies.get(domain) {
            Some(policy) => Some(policy.clone()),
            None if self.closed => Some(None),
            None => {
                self.wanted.insert(Ask::Https {
                    domain: domain.clone(),
                });
                None
            }
        }
    }

    pub(super) fn evidence(&self, name: &Name, kind: Kind, server: &str) -> Option<Evidence> {
        let question = Question::new(name.clone(), kind);
        let outcome = self.answers.get(&(question.clone(), false))?;
        let records = outcome
            .section()
            .map(|section| section.records.as_slice())
            .unwrap_or_default();
        let answer = match outcome.as_ref() {
            Outcome::Answer(_) => {
                let records = records.iter().map(|found| found.record.to_string());
                records.collect::<Vec<_>>().join(", ")
            }
            other => other.to_string(),
        };
        Some(Evidence {
            question: question.to_string(),
            answer,
            server: server.to_owned(),
            ttl: records.iter().map(|found| found.ttl).min(),
        })
    }
}
