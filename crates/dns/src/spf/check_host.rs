//! `check_host()` as a machine that asks (RFC 7208 §4).

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::evaluation::{Evaluation, Limits};
use super::verdict::{Evaluated, Request};
use crate::lookup::{Outcome, Question};

/// An SPF evaluation without a resolver: **take the questions, answer them all, and again until there is a verdict.**
///
/// It asks ahead: what later terms will need is asked with what the first ones do, so that an evaluation takes as many rounds
/// as its longest chain of includes has links, and may ask for what a match makes needless.
///
/// ```
/// use inreply_dns::spf::{CheckHost, Request, Verdict};
/// use inreply_dns::zone::Zones;
///
/// let zones = Zones::parse("$ORIGIN example.\n@ 3600 TXT \"v=spf1 a:mx.example.example -all\"\nmx.example A 192.0.2.1")?;
/// let mut check = CheckHost::new(Request::new("192.0.2.1".parse()?, "ann@example", "mx.example"));
/// // A name of one label is none that SPF knows (§4.3).
/// assert_eq!(check.verdict().unwrap().verdict, Verdict::None);
///
/// let zones = Zones::parse("$ORIGIN forge.example.\n@ 3600 TXT \"v=spf1 a:mx.forge.example -all\"\nmx A 192.0.2.1")?;
/// let mut check = CheckHost::new(Request::new("192.0.2.1".parse()?, "ann@forge.example", "mx.forge.example"));
/// let evaluated = loop {
///     if let Some(evaluated) = check.verdict() {
///         break evaluated;
///     }
///     for question in check.asks() {
///         let outcome = zones.lookup(&question);
///         check.answer(question, outcome);
///     }
/// };
/// assert_eq!((evaluated.verdict, evaluated.lookups), (Verdict::Pass, 1));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct CheckHost {
    request: Request,
    limits: Limits,
    answers: BTreeMap<Question, Arc<Outcome>>,
}

impl CheckHost {
    /// An evaluation within the limits of RFC 7208.
    pub fn new(request: Request) -> Self {
        Self {
            request,
            limits: Limits::default(),
            answers: BTreeMap::new(),
        }
    }

    /// Sets what it may cost.
    #[must_use]
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// The questions to be answered next, independent of each other; none where there is a verdict.
    pub fn asks(&self) -> Vec<Question> {
        let mut wanted = BTreeSet::new();
        let mut known = |question: &Question| {
            let answer = self.answers.get(question).cloned();
            if answer.is_none() {
                wanted.insert(question.clone());
            }
            answer
        };
        let verdict = Evaluation::new(&self.request, self.limits, &mut known).run();
        if verdict.is_some() {
            return Vec::new();
        }
        wanted.into_iter().collect()
    }

    /// Answers a question; a second answer to it is passed over.
    pub fn answer(&mut self, question: Question, outcome: Outcome) {
        self.answers
            .entry(question)
            .or_insert_with(|| Arc::new(outcome));
    }

    /// The verdict, once every question that bears on it is answered.
    pub fn verdict(&self) -> Option<Evaluated> {
        let mut known = |question: &Question| self.answers.get(question).cloned();
        Evaluation::new(&self.request, self.limits, &mut known).run()
    }
}
