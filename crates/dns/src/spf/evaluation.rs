//! `check_host()` over the answers that are known so far (RFC 7208 §4).

use std::net::IpAddr;
use std::sync::Arc;

use super::macros::{Context, DomainSpec, MacroString};
use super::record::{Mechanism, Qualifier, Record};
use super::verdict::{Cost, Evaluated, Problem, Request, Verdict};
use crate::lookup::{Outcome, Question, Resolution};
use crate::name::Name;
use crate::record::{Data, Kind};

/// What an evaluation may cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    pub(super) lookups: usize,
    pub(super) voids: usize,
    pub(super) names: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            lookups: 10,
            voids: 2,
            names: 10,
        }
    }
}

impl Limits {
    /// Terms that ask the DNS. Defaults to 10 lookups: RFC 7208 §4.6.4 says so, and a receiver that allows more tells a
    /// sender that all is well where others refuse.
    #[must_use]
    pub fn lookups(mut self, lookups: usize) -> Self {
        self.lookups = lookups;
        self
    }

    /// Lookups that find nothing. Defaults to 2 lookups, the number that RFC 7208 §4.6.4 recommends.
    #[must_use]
    pub fn voids(mut self, voids: usize) -> Self {
        self.voids = voids;
        self
    }

    /// Mail exchanges behind one `mx`, and names of an address that are looked at. Defaults to 10 names (RFC 7208 §4.6.4).
    #[must_use]
    pub fn names(mut self, names: usize) -> Self {
        self.names = names;
        self
    }
}

/// Why an evaluation stops short of a match.
#[derive(Debug)]
pub(crate) enum Halt {
    /// An answer is not there yet.
    Pending,
    Permanent(Problem),
    Temporary(Problem),
}

type Step<T> = Result<T, Halt>;

/// One run over the answers that are known. Where one is missing it looks on for what else will be needed, so that all of it
/// can be asked at once, and ends in [`Halt::Pending`].
pub(crate) struct Evaluation<'a> {
    request: &'a Request,
    limits: Limits,
    known: &'a mut dyn FnMut(&Question) -> Option<Arc<Outcome>>,
    lookups: usize,
    voids: usize,
    /// Domains whose records are being evaluated, the outermost first.
    stack: Vec<Name>,
    /// How many `include` terms are being evaluated, one inside the other.
    includes: usize,
    costs: Vec<Cost>,
    matched: Option<(Name, String)>,
    /// Whose `exp=` holds: that of the record that gave the verdict.
    explained_by: Option<(Name, DomainSpec)>,
}

impl<'a> Evaluation<'a> {
    pub(crate) fn new(
        request: &'a Request,
        limits: Limits,
        known: &'a mut dyn FnMut(&Question) -> Option<Arc<Outcome>>,
    ) -> Self {
        Self {
            request,
            limits,
            known,
            lookups: 0,
            voids: 0,
            stack: Vec::new(),
            includes: 0,
            costs: Vec::new(),
            matched: None,
            explained_by: None,
        }
    }

    /// The verdict, or `None` where an answer is not known yet.
    pub(crate) fn run(mut self) -> Option<Evaluated> {
        let domain = self.request.sender_parts().1;
        let domain = domain.strip_suffix('.').unwrap_or(domain);
        // §4.3: what is no multi-label name has no record.
        let name = Name::from_labels(domain.split('.')).ok();
        let Some(domain) = name.filter(|name| name.labels().count() > 1) else {
            return Some(self.finish(Verdict::None, None, None));
        };
        let (verdict, problem) = match self.check(domain) {
            Ok(verdict) => (verdict, None),
            Err(Halt::Pending) => return None,
            Err(Halt::Permanent(problem)) => (Verdict::PermError, Some(problem)),
            Err(Halt::Temporary(problem)) => (Verdict::TempError, Some(problem)),
        };
        let explanation = match (verdict, self.explained_by.take()) {
            (Verdict::Fail, Some((domain, text))) => match self.explanation(&domain, &text) {
                Ok(explanation) => explanation,
                Err(_) => return None,
            },
            _ => None,
        };
        Some(self.finish(verdict, problem, explanation))
    }

    fn finish(
        self,
        verdict: Verdict,
        problem: Option<Problem>,
        explanation: Option<String>,
    ) -> Evaluated {
        Evaluated {
            verdict,
            explanation,
            problem,
            matched: self.matched,
            lookups: self.lookups,
            voids: self.voids,
            costs: self.costs,
        }
    }

    fn check(&mut self, domain: Name) -> Step<Verdict> {
        let record = self.record(&domain)?;
        let Some(record) = record else {
            return Ok(Verdict::None);
        };
        self.stack.push(domain.clone());
        let verdict = self.terms(&domain, &record);
        self.stack.pop();
        verdict
    }

    /// The one SPF record of a domain (§4.5).
    fn record(&mut self, domain: &Name) -> Step<Option<Record>> {
        let texts = self.resolve(domain, Kind::Txt)?;
        let mut records = texts.texts().filter(|text| Record::is_meant(text));
        let Some(first) = records.next() else {
            return Ok(None);
        };
        let more = records.count();
        if more > 0 {
            return Err(Halt::Permanent(Problem::Multiple {
                domain: domain.clone(),
                count: more + 1,
            }));
        }
        let parsed = Record::parse_octets(first);
        parsed.map(Some).map_err(|error| {
            let domain = domain.clone();
            Halt::Permanent(Problem::Syntax { domain, error })
        })
    }

    fn terms(&mut self, domain: &Name, record: &Record) -> Step<Verdict> {
        let mut pending = false;
        for directive in record.directives() {
            let before = self.lookups;
            let matched = self.matches(domain, &directive.mechanism);
            if self.includes == 0 {
                self.costs.push(Cost {
                    term: directive.to_string(),
                    lookups: self.lookups - before,
                });
            }
            match matched {
                // Behind a term that is not decided nothing is: the rest is looked through for questions only.
                Err(Halt::Pending) => pending = true,
                _ if pending && !matches!(matched, Ok(false)) => break,
                Ok(true) => {
                    self.matched = Some((domain.clone(), directive.to_string()));
                    if self.includes == 0 {
                        self.explained_by = record
                            .explanation()
                            .map(|text| (domain.clone(), text.clone()));
                    }
                    return Ok(match directive.qualifier {
                        Qualifier::Fail => Verdict::Fail,
                        Qualifier::Neutral => Verdict::Neutral,
                        Qualifier::Pass => Verdict::Pass,
                        Qualifier::SoftFail => Verdict::SoftFail,
                    });
                }
                Ok(false) => {}
                Err(halt) => return Err(halt),
            }
        }
        // §6.1: a redirect counts only where there is no `all`, wherever that stands.
        let redirect = record.redirect().filter(|_| record.all().is_none());
        let verdict = match redirect {
            Some(target) => self.redirect(domain, target),
            None => Ok(Verdict::Neutral),
        };
        if pending { Err(Halt::Pending) } else { verdict }
    }

    fn redirect(&mut self, domain: &Name, target: &DomainSpec) -> Step<Verdict> {
        self.count()?;
        let by = format!("redirect={target}");
        let name = self.other(domain, target, &by)?;
        match self.check(name.clone())? {
            Verdict::None => Err(Halt::Permanent(Problem::IncludeNone { domain: name, by })),
            verdict => Ok(verdict),
        }
    }

    /// The domain whose record `by` brings in.
    fn other(&mut self, domain: &Name, target: &DomainSpec, by: &str) -> Step<Name> {
        let Some(name) = self.expand(domain, target)? else {
            return Err(Halt::Permanent(Problem::IncludeNone {
                domain: domain.clone(),
                by: by.to_owned(),
            }));
        };
        if name == *domain || self.stack.contains(&name) {
            return Err(Halt::Permanent(Problem::Loop {
                domain: domain.clone(),
                by: by.to_owned(),
            }));
        }
        Ok(name)
    }

    fn matches(&mut self, domain: &Name, mechanism: &Mechanism) -> Step<bool> {
        if mechanism.asks() {
            self.count()?;
        }
        let ip = self.request.ip();
        match mechanism {
            Mechanism::All => Ok(true),
            Mechanism::Ip4 { network, prefix } => Ok(is_in(ip, IpAddr::V4(*network), *prefix, 0)),
            Mechanism::Ip6 { network, prefix } => Ok(is_in(ip, IpAddr::V6(*network), 0, *prefix)),
            Mechanism::Include(target) => self.include(domain, target),
            Mechanism::A {
                domain: target,
                prefix4,
                prefix6,
            } => match self.target(domain, target.as_ref())? {
                Some(name) => self.has_address(&name, *prefix4, *prefix6),
                None => Ok(false),
            },
            Mechanism::Mx {
                domain: target,
                prefix4,
                prefix6,
            } => match self.target(domain, target.as_ref())? {
                Some(name) => self.exchanges(&name, *prefix4, *prefix6),
                None => Ok(false),
            },
            Mechanism::Exists(target) => match self.expand(domain, target)? {
                Some(name) => Ok(!self.lookup(&name, Kind::A)?.found.is_empty()),
                None => Ok(false),
            },
            Mechanism::Ptr(target) => match self.target(domain, target.as_ref())? {
                Some(name) => self.client_is_named(&name),
                None => Ok(false),
            },
        }
    }

    fn include(&mut self, domain: &Name, target: &DomainSpec) -> Step<bool> {
        let by = format!("include:{target}");
        let name = self.other(domain, target, &by)?;
        let matched = self.matched.take();
        self.includes += 1;
        let verdict = self.check(name.clone());
        self.includes -= 1;
        match verdict? {
            Verdict::Pass => Ok(true),
            Verdict::None => Err(Halt::Permanent(Problem::IncludeNone { domain: name, by })),
            _ => {
                self.matched = matched;
                Ok(false)
            }
        }
    }

    fn has_address(&mut self, name: &Name, prefix4: u8, prefix6: u8) -> Step<bool> {
        let addresses = self.lookup(name, self.address_kind())?;
        let ip = self.request.ip();
        Ok(addresses
            .addresses()
            .any(|address| is_in(ip, address, prefix4, prefix6)))
    }

    fn exchanges(&mut self, domain: &Name, prefix4: u8, prefix6: u8) -> Step<bool> {
        let exchanges = self.lookup(domain, Kind::Mx)?;
        if exchanges.found.len() > self.limits.names {
            return Err(Halt::Permanent(Problem::TooManyExchanges {
                domain: domain.clone(),
                most: self.limits.names,
            }));
        }
        let mut pending = false;
        for found in &exchanges.found {
            let Data::Mx { exchange, .. } = &found.record.data else {
                continue;
            };
            match self.has_address(exchange, prefix4, prefix6) {
                Err(Halt::Pending) => pending = true,
                Ok(true) if !pending => return Ok(true),
                Err(halt) if !pending => return Err(halt),
                _ => {}
            }
        }
        if pending {
            Err(Halt::Pending)
        } else {
            Ok(false)
        }
    }

    /// The `ptr` mechanism: a name of the client that resolves back is the domain or below it (§5.5).
    fn client_is_named(&mut self, domain: &Name) -> Step<bool> {
        let names = self.validated_names()?;
        Ok(names.iter().any(|name| name.is_within(domain)))
    }

    /// Names of the client that resolve back to it; a failed lookup is none (§5.5).
    fn validated_names(&mut self) -> Step<Vec<Name>> {
        let ip = self.request.ip();
        let names = self.quiet(&Name::reverse(ip), Kind::Ptr)?;
        let names: Vec<Name> = names
            .found
            .iter()
            .filter_map(|found| match &found.record.data {
                Data::Ptr(name) => Some(name.clone()),
                _ => None,
            })
            .take(self.limits.names)
            .collect();
        let mut validated = Vec::new();
        let mut pending = false;
        for name in names {
            match self.quiet(&name, self.address_kind()) {
                Ok(addresses) => {
                    if addresses.addresses().any(|address| address == ip) {
                        validated.push(name);
                    }
                }
                Err(_) => pending = true,
            }
        }
        if pending {
            return Err(Halt::Pending);
        }
        Ok(validated)
    }

    /// What `%{p}` stands for: the domain itself or a name below it where one is validated, else any, else `unknown` (§7.3).
    fn validated_name(&mut self, domain: &Name) -> Step<String> {
        let names = self.validated_names()?;
        let best = names
            .iter()
            .find(|name| *name == domain)
            .or_else(|| names.iter().find(|name| name.is_within(domain)))
            .or_else(|| names.first());
        Ok(best.map_or_else(|| "unknown".to_owned(), |name| name.as_str().to_owned()))
    }

    /// The explanation of a fail; a fault in it means none (§6.2).
    fn explanation(&mut self, domain: &Name, target: &DomainSpec) -> Step<Option<String>> {
        let Some(name) = self.expand(domain, target)? else {
            return Ok(None);
        };
        let texts = self.quiet(&name, Kind::Txt)?;
        let mut texts = texts.texts();
        let (Some(text), None) = (texts.next(), texts.next()) else {
            return Ok(None);
        };
        let text = std::str::from_utf8(text).unwrap_or("\u{e9}");
        let Ok(text) = MacroString::parse_explanation(text) else {
            return Ok(None);
        };
        self.text(domain, &text).map(Some)
    }

    fn target(&mut self, domain: &Name, target: Option<&DomainSpec>) -> Step<Option<Name>> {
        match target {
            Some(target) => self.expand(domain, target),
            None => Ok(Some(domain.clone())),
        }
    }

    fn expand(&mut self, domain: &Name, target: &DomainSpec) -> Step<Option<Name>> {
        if let Some(name) = target.name() {
            return Ok(Some(name));
        }
        let validated = match target.as_macro_string().wants_validated_name() {
            true => self.validated_name(domain)?,
            false => String::new(),
        };
        Ok(target.expand(&Context {
            request: self.request,
            domain,
            validated: &validated,
        }))
    }

    fn text(&mut self, domain: &Name, text: &MacroString) -> Step<String> {
        let validated = match text.wants_validated_name() {
            true => self.validated_name(domain)?,
            false => String::new(),
        };
        Ok(text.expand(&Context {
            request: self.request,
            domain,
            validated: &validated,
        }))
    }

    fn address_kind(&self) -> Kind {
        match self.request.ip() {
            IpAddr::V4(_) => Kind::A,
            IpAddr::V6(_) => Kind::Aaaa,
        }
    }

    /// Counts a term that asks the DNS (§4.6.4).
    fn count(&mut self) -> Step<()> {
        self.lookups += 1;
        if self.lookups > self.limits.lookups {
            let most = self.limits.lookups;
            return Err(Halt::Permanent(Problem::TooManyLookups { most }));
        }
        Ok(())
    }

    /// A lookup of a mechanism: one that finds nothing is counted (§4.6.4).
    fn lookup(&mut self, name: &Name, kind: Kind) -> Step<Resolution> {
        let resolution = self.resolve(name, kind)?;
        if resolution.found.is_empty() {
            self.voids += 1;
            if self.voids > self.limits.voids {
                return Err(Halt::Permanent(Problem::TooManyVoids {
                    most: self.limits.voids,
                    question: Question::new(name.clone(), kind),
                }));
            }
        }
        Ok(resolution)
    }

    /// A lookup whose failure is an error for now (§4.4, §5).
    fn resolve(&mut self, name: &Name, kind: Kind) -> Step<Resolution> {
        let resolution = self.quiet(name, kind)?;
        if resolution.failed() || resolution.chain.looped {
            return Err(Halt::Temporary(Problem::LookupFailed {
                question: Question::new(name.clone(), kind),
                outcome: resolution.outcome.as_ref().clone(),
            }));
        }
        Ok(resolution)
    }

    fn quiet(&mut self, name: &Name, kind: Kind) -> Step<Resolution> {
        let question = Question::new(name.clone(), kind);
        Resolution::of(&question, self.known).ok_or(Halt::Pending)
    }
}

/// Whether `ip` is in the network of `address`, by the prefix of its family.
fn is_in(ip: IpAddr, address: IpAddr, prefix4: u8, prefix6: u8) -> bool {
    match (ip, address) {
        (IpAddr::V4(ip), IpAddr::V4(address)) => {
            let differs = ip.to_bits() ^ address.to_bits();
            differs.checked_shr(32 - u32::from(prefix4)).unwrap_or(0) == 0
        }
        (IpAddr::V6(ip), IpAddr::V6(address)) => {
            let differs = ip.to_bits() ^ address.to_bits();
            differs.checked_shr(128 - u32::from(prefix6)).unwrap_or(0) == 0
        }
        _ => false,
    }
}
