//! Whether an identifier that was proven speaks for the author (RFC 9989 §4.10.2, §5.3).

use inreply_dns::dmarc::{Alignment, Decision, Found, Place, Walk};
use inreply_dns::lookup::{Outcome, Question, Resolution};
use inreply_dns::name::Name;
use inreply_dns::record::Kind;

use super::verdicts::{AuthResult, Dmarc};

/// What SPF or a signature says of a domain.
#[derive(Debug, Clone)]
pub(super) struct Identifier {
    pub(super) domain: Name,
    pub(super) result: AuthResult,
    pub(super) method: Method,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Method {
    Dkim,
    Spf,
}

/// Answers a question, or notes that it is open.
pub(super) type Resolve<'a> = dyn FnMut(&Question) -> Option<Resolution> + 'a;

/// Walks the tree above a domain, all names at once; none where an answer is missing.
pub(super) fn walk(domain: &Name, resolve: &mut Resolve<'_>) -> Option<Decision> {
    let mut pending = false;
    let decision = Walk::new(domain).decide(|name| {
        // A name that leaves no room for `_dmarc` has no record.
        let Ok(at) = name.child("_dmarc") else {
            return Found::None;
        };
        match resolve(&Question::new(at, Kind::Txt)) {
            Some(texts) => Found::of(&texts),
            None => {
                pending = true;
                Found::None
            }
        }
    });
    (!pending).then_some(decision)
}

/// The verdict on the author's domain; none where an answer is missing.
pub(super) fn evaluate(
    author: &Name,
    identifiers: &[Identifier],
    resolve: &mut Resolve<'_>,
) -> Option<Dmarc> {
    let decision = walk(author, resolve)?;
    let mut dmarc = Dmarc::new(AuthResult::None, author.as_str());
    let reading = match &decision.policy {
        Place::Above { reading, .. } | Place::Own(reading) => reading,
        Place::Nowhere => return Some(dmarc),
        Place::Unknown => {
            dmarc.result = AuthResult::TempError;
            return Some(dmarc);
        }
    };
    // Only a policy of a domain above depends on whether the author's exists (§4.7 `np`).
    let exists = match &decision.policy {
        Place::Above { .. } => {
            let address = resolve(&Question::new(author.clone(), Kind::A))?;
            !matches!(*address.outcome, Outcome::NxDomain(_))
        }
        _ => true,
    };
    // §4.10.1: a bad policy without an address for reports is no policy.
    let Some(policy) = decision.policy.policy(exists) else {
        return Some(dmarc);
    };
    dmarc.policy = Some(match reading.record.testing {
        true => policy.weaker(),
        false => policy,
    });
    let (mut pass, mut doubt, mut pending) = (false, false, false);
    for identifier in identifiers {
        let mode = match identifier.method {
            Method::Dkim => reading.record.dkim_alignment,
            Method::Spf => reading.record.spf_alignment,
        };
        let aligned = match identifier.domain == *author {
            true => Aligned::Yes,
            false if mode == Alignment::Strict => Aligned::No,
            false => relaxed(&identifier.domain, &decision, resolve),
        };
        match (identifier.result, aligned) {
            (_, Aligned::Pending) => pending = true,
            (AuthResult::Pass, Aligned::Yes) => pass = true,
            (AuthResult::Pass, Aligned::Unknown)
            | (AuthResult::TempError, Aligned::Yes | Aligned::Unknown) => doubt = true,
            _ => {}
        }
    }
    dmarc.result = match (pass, pending, doubt) {
        (true, _, _) => AuthResult::Pass,
        (false, true, _) => return None,
        // §5.3.6: "the message cannot be considered to pass or fail".
        (false, false, true) => AuthResult::TempError,
        (false, false, false) => AuthResult::Fail,
    };
    Some(dmarc)
}

enum Aligned {
    No,
    Pending,
    Unknown,
    Yes,
}

/// Whether a domain has the author's organisational domain.
fn relaxed(domain: &Name, author: &Decision, resolve: &mut Resolve<'_>) -> Aligned {
    let Some(organisation) = &author.organisation else {
        return Aligned::Unknown;
    };
    // An organisational domain is the domain itself or one above it: for most strangers no walk is needed to see it.
    if !domain.is_within(organisation) {
        return Aligned::No;
    }
    match walk(domain, resolve) {
        None => Aligned::Pending,
        Some(decision) => match decision.organisation {
            None => Aligned::Unknown,
            Some(other) if other == *organisation => Aligned::Yes,
            Some(_) => Aligned::No,
        },
    }
}
