//! The three methods over one message, as a machine that asks.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use inreply_dns::lookup::{Outcome, Question, Resolution};
use inreply_dns::name::Name;
use inreply_dns::spf::{CheckHost, Request};
use inreply_mime::Message;

use super::dkim::Candidate;
use super::dmarc::{Identifier, Method, evaluate, walk};
use super::verdicts::{AuthResult, Dmarc, Spf, Verdicts, domain_of};

/// What the authentication of one message may cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    signatures: usize,
    questions: usize,
    waves: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            signatures: 8,
            questions: 150,
            waves: 16,
        }
    }
}

impl Limits {
    /// Signatures that are looked at, from the top. Defaults to 8 signatures: a message has two of its author and two of each
    /// forwarder, and each costs a hash over the body, a question and a verification. 50 at most, so that the field of results can be read back.
    #[must_use]
    pub fn signatures(mut self, count: usize) -> Self {
        self.signatures = count.min(50);
        self
    }

    /// Questions to the DNS. Defaults to 150 questions: SPF may take a hundred by its own limits, a walk eight.
    #[must_use]
    pub fn questions(mut self, count: usize) -> Self {
        self.questions = count;
        self
    }

    /// Waves of questions. Defaults to 16 waves: an SPF record may include ten others, one behind the other.
    #[must_use]
    pub fn waves(mut self, count: usize) -> Self {
        self.waves = count;
        self
    }
}

/// A message, and what the connection knows of it.
#[derive(Debug, Clone, Copy)]
#[allow(clippy::exhaustive_structs, reason = "a driver must fill in all of it")]
pub struct Arriving<'a> {
    /// The client's address.
    pub client: IpAddr,
    /// The name in HELO or EHLO.
    pub hello: &'a str,
    /// The mailbox in MAIL FROM; empty for a bounce.
    pub sender: &'a str,
    /// The name of the host that receives.
    pub receiver: &'a str,
    /// When it came.
    pub received_at: SystemTime,
    /// Its octets.
    pub message: &'a [u8],
}

/// An authentication without a resolver: **take the asks, answer them all, and again until there are none; then take the
/// verdicts.**
///
/// ```
/// use std::time::SystemTime;
/// use inreply::auth::{Arriving, AuthResult, Authentication, Limits};
/// use inreply::dns::zone::Zones;
///
/// let zones = Zones::parse("$ORIGIN news.example.\n@ 60 TXT \"v=spf1 ip4:192.0.2.1 -all\"\n_dmarc 60 TXT \"v=DMARC1; p=reject\"")?;
/// let mut authentication = Authentication::new(
///     &Arriving {
///         client: "192.0.2.1".parse()?,
///         hello: "mx.news.example",
///         sender: "ann@news.example",
///         receiver: "reply.forge.example",
///         received_at: SystemTime::now(),
///         message: b"From: ann@news.example\r\n\r\nMerge it.\r\n",
///     },
///     &Limits::default(),
/// );
/// loop {
///     let asks = authentication.asks();
///     if asks.is_empty() {
///         break;
///     }
///     for question in asks {
///         let outcome = zones.lookup(&question);
///         authentication.answer(question, outcome);
///     }
/// }
/// let verdicts = authentication.into_verdicts();
/// assert_eq!((verdicts.spf.result, verdicts.dmarc.result), (AuthResult::Pass, AuthResult::Pass));
/// assert!(verdicts.dkim.is_empty() && verdicts.authenticates("ann@news.example"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct Authentication {
    limits: Limits,
    signatures: Vec<Candidate>,
    check: CheckHost,
    /// Of the envelope's sender, by HELO where that is empty.
    spf: Spf,
    author: Option<Name>,
    answers: BTreeMap<Question, Arc<Outcome>>,
    asked: BTreeSet<Question>,
    waves: usize,
}

impl Authentication {
    /// Reads a message, and hashes it for each signature: some milliseconds for each MiB. Nothing of it is kept but the fields
    /// that are signed.
    pub fn new(arriving: &Arriving<'_>, limits: &Limits) -> Self {
        let message = Message::parse(arriving.message);
        let since = arriving.received_at.duration_since(UNIX_EPOCH);
        let now = since.unwrap_or_default().as_secs();
        let request = Request::new(arriving.client, arriving.sender, arriving.hello)
            .at(arriving.receiver)
            .when(now);
        let domain = request.sender_parts().1;
        let domain = domain_of(&format!("@{domain}")).map(|name| name.as_str().to_owned());
        let signatures = message.header("dkim-signature").take(limits.signatures);
        Self {
            limits: *limits,
            signatures: signatures
                .map(|field| Candidate::new(&message, &field, now))
                .collect(),
            check: CheckHost::new(request),
            spf: Spf {
                result: AuthResult::None,
                domain,
                by_helo: arriving.sender.is_empty(),
            },
            author: author(&message),
            answers: BTreeMap::new(),
            asked: BTreeSet::new(),
            waves: 0,
        }
    }

    /// The next wave: questions that are independent of each other, to be answered before the next call; none once everything
    /// is known, or the limits are reached. No question is asked twice.
    pub fn asks(&mut self) -> Vec<Question> {
        if self.waves >= self.limits.waves {
            return Vec::new();
        }
        let mut wanted = BTreeSet::new();
        self.run(&mut |question, answers| {
            let answer = answers.get(question).cloned();
            if answer.is_none() {
                wanted.insert(question.clone());
            }
            answer
        });
        let left = self.limits.questions.saturating_sub(self.asked.len());
        let asks: Vec<Question> = wanted
            .into_iter()
            .filter(|question| !self.asked.contains(question))
            .take(left)
            .collect();
        self.asked.extend(asks.iter().cloned());
        self.waves += usize::from(!asks.is_empty());
        asks
    }

    /// Answers a question; a second answer to it is passed over.
    pub fn answer(&mut self, question: Question, outcome: Outcome) {
        self.answers
            .entry(question)
            .or_insert_with(|| Arc::new(outcome));
    }

    /// What is found. What was not answered counts as a lookup that failed.
    pub fn into_verdicts(mut self) -> Verdicts {
        let timeout = Arc::new(Outcome::Timeout);
        let dmarc = self.run(&mut |question, answers| {
            let answer = answers.get(question).unwrap_or(&timeout);
            Some(Arc::clone(answer))
        });
        let dkim = self.signatures.iter().filter_map(Candidate::found);
        Verdicts {
            dkim: dkim.cloned().collect(),
            spf: self.spf,
            dmarc: dmarc.unwrap_or_default(),
        }
    }

    /// Goes as far as the answers lead.
    fn run(&mut self, known: &mut Known<'_>) -> Option<Dmarc> {
        let answers = &self.answers;
        let mut resolve = |question: &Question| {
            Resolution::of(question, &mut |question: &Question| {
                known(question, answers)
            })
        };
        let mut pending = false;
        for signature in &mut self.signatures {
            if let Some(question) = signature.question() {
                match resolve(&question) {
                    Some(answer) => signature.answer(&answer),
                    None => pending = true,
                }
            }
        }
        // What the tree says of the author is wanted whatever the others say.
        let walked = self
            .author
            .as_ref()
            .map(|author| walk(author, &mut resolve));
        // Each round answers something new, or ends.
        let spf = loop {
            if let Some(evaluated) = self.check.verdict() {
                break Some(evaluated.verdict);
            }
            let mut any = false;
            for question in self.check.asks() {
                if let Some(outcome) = known(&question, answers) {
                    any = true;
                    self.check.answer(question, (*outcome).clone());
                }
            }
            if !any {
                break None;
            }
        };
        self.spf.result = spf?.into();
        let author = self.author.as_ref()?;
        walked.flatten()?;
        if pending {
            return None;
        }
        let identifiers = self.identifiers();
        let mut resolve = |question: &Question| {
            Resolution::of(question, &mut |question: &Question| {
                known(question, answers)
            })
        };
        evaluate(author, &identifiers, &mut resolve)
    }

    /// The domains that SPF and the signatures speak of. Of one that failed nothing may be concluded.
    fn identifiers(&self) -> Vec<Identifier> {
        let relevant = |result| matches!(result, AuthResult::Pass | AuthResult::TempError);
        let identifier = |domain: Option<&String>, result, method| {
            let domain = domain?.parse().ok().filter(|_| relevant(result))?;
            Some(Identifier {
                domain,
                result,
                method,
            })
        };
        let spf = identifier(self.spf.domain.as_ref(), self.spf.result, Method::Spf);
        let dkim = self.signatures.iter().filter_map(|signature| {
            let found = signature.found()?;
            identifier(found.domain.as_ref(), found.result, Method::Dkim)
        });
        spf.into_iter().chain(dkim).collect()
    }
}

/// The answer to a question, where there is one.
type Known<'a> =
    dyn FnMut(&Question, &BTreeMap<Question, Arc<Outcome>>) -> Option<Arc<Outcome>> + 'a;

/// The author's domain, where there is one From with one author (RFC 9989 §5.3.1).
fn author(message: &Message<'_>) -> Option<Name> {
    let from = message.from();
    match (message.header("from").count(), &from[..]) {
        (1, [from]) => domain_of(from.address()),
        _ => None,
    }
}
