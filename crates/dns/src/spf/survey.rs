//! What a record costs in lookups, whoever asks.

use std::sync::Arc;

use super::record::{Mechanism, Record, Term};
use crate::lookup::{Outcome, Question, Resolution};
use crate::name::Name;
use crate::record::Kind;

/// How many lookups a record costs an address that nothing matches: what the limit of ten is about for everybody else.
pub(crate) struct Survey<'a> {
    known: &'a mut dyn FnMut(&Question) -> Option<Arc<Outcome>>,
    most: usize,
    lookups: usize,
    pending: bool,
    stack: Vec<Name>,
}

impl<'a> Survey<'a> {
    /// Counts up to `most`.
    pub(crate) fn new(
        most: usize,
        known: &'a mut dyn FnMut(&Question) -> Option<Arc<Outcome>>,
    ) -> Self {
        Self {
            known,
            most,
            lookups: 0,
            pending: false,
            stack: Vec::new(),
        }
    }

    /// The number, or `None` where an answer is not known yet.
    pub(crate) fn count(mut self, domain: &Name, record: &Record) -> Option<usize> {
        self.stack.push(domain.clone());
        self.walk(record);
        (!self.pending).then_some(self.lookups)
    }

    fn walk(&mut self, record: &Record) {
        for term in &record.terms {
            let target = match term {
                Term::Directive(directive) if directive.mechanism.asks() => {
                    self.lookups += 1;
                    match &directive.mechanism {
                        Mechanism::Include(target) => target,
                        _ => continue,
                    }
                }
                Term::Redirect(target) if record.all().is_none() => {
                    self.lookups += 1;
                    target
                }
                _ => continue,
            };
            if self.lookups > self.most {
                return;
            }
            // What a macro leads to depends on the sender.
            let Some(name) = target.name().filter(|name| !self.stack.contains(name)) else {
                continue;
            };
            let question = Question::new(name.clone(), Kind::Txt);
            let Some(texts) = Resolution::of(&question, self.known) else {
                self.pending = true;
                continue;
            };
            let text = texts.texts().find(|text| Record::is_meant(text));
            if let Some(record) = text.and_then(|text| Record::parse_octets(text).ok()) {
                self.stack.push(name);
                self.walk(&record);
                self.stack.pop();
            }
        }
    }
}
