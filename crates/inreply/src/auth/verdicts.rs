//! What authentication has found, as plain values.

use std::fmt;

use inreply_dns::dmarc::Policy;
use inreply_dns::name::Name;

/// What was found of one message.
///
/// ```
/// use inreply::auth::{AuthResult, Dmarc, Verdicts};
///
/// let mut verdicts = Verdicts::default();
/// assert!(!verdicts.authenticates("ann@example.com"));
/// verdicts.dmarc = Dmarc::new(AuthResult::Pass, "example.com");
/// assert!(verdicts.authenticates("ann@Example.com"));
/// assert!(!verdicts.authenticates("ann@news.example.com"));
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Verdicts {
    /// Whether the client may send for the envelope's sender.
    pub spf: Spf,
    /// One for each signature that was looked at, the topmost first.
    pub dkim: Vec<Dkim>,
    /// Whether one of them speaks for the author's domain.
    pub dmarc: Dmarc,
}

/// The result of a method (RFC 8601 §2.7).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[allow(clippy::exhaustive_enums, reason = "RFC 8601 §2.7 has these eight")]
pub enum AuthResult {
    /// It was tried, and does not hold.
    Fail,
    /// There is something that could not be read, or that says nothing.
    Neutral,
    /// There is nothing to be tried.
    #[default]
    None,
    /// It holds.
    Pass,
    /// It cannot be decided, now or ever.
    PermError,
    /// It holds, and is not enough.
    Policy,
    /// SPF's weak fail.
    SoftFail,
    /// It cannot be decided now.
    TempError,
}

/// What SPF says (RFC 7208).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Spf {
    /// The result.
    pub result: AuthResult,
    /// The domain of MAIL FROM, or of HELO where that is empty, in lower case.
    pub domain: Option<String>,
    /// Whether it is that of HELO.
    pub by_helo: bool,
}

/// What a signature says (RFC 6376).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Dkim {
    /// The result.
    pub result: AuthResult,
    /// `d=`: who signed, in lower case; none where it cannot be read.
    pub domain: Option<String>,
    /// `s=`: with which key.
    pub selector: Option<String>,
    /// `a=`: how.
    pub algorithm: Option<String>,
    /// The first eight characters of the signature, which tell it from others of the same domain (RFC 6008 §4).
    pub signature: Option<String>,
    /// Why it is no pass, for the operator.
    pub reason: Option<String>,
}

/// What DMARC says (RFC 9989).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Dmarc {
    /// The result; none where the author's domain has no policy.
    pub result: AuthResult,
    /// The author's domain, in lower case; none where there is not exactly one author.
    pub domain: Option<String>,
    /// What that domain wants done with mail that fails, `t=` considered.
    pub policy: Option<Policy>,
}

impl Verdicts {
    /// Whether the domain of `from`, the author's address, has vouched for the message: an aligned DMARC pass of that very
    /// domain.
    ///
    /// It proves the domain. That the domain lets nobody but Ann write as `ann@` is the domain's affair.
    pub fn authenticates(&self, from: &str) -> bool {
        let domain = domain_of(from);
        self.dmarc.result == AuthResult::Pass
            && domain.is_some()
            && domain.as_ref().map(Name::as_str) == self.dmarc.domain.as_deref()
    }
}

impl Dmarc {
    /// The result for the author's domain.
    pub fn new(result: AuthResult, domain: &str) -> Self {
        Self {
            result,
            domain: Some(domain.to_ascii_lowercase()),
            policy: None,
        }
    }
}

/// The domain of an address, in A-labels (RFC 9989 §5.3.1).
pub(crate) fn domain_of(address: &str) -> Option<Name> {
    let (_, domain) = address.rsplit_once('@')?;
    let name = Name::from_unicode(domain).ok()?;
    (!name.is_root()).then_some(name)
}

impl AuthResult {
    const ALL: [Self; 8] = [
        Self::Fail,
        Self::Neutral,
        Self::None,
        Self::Pass,
        Self::PermError,
        Self::Policy,
        Self::SoftFail,
        Self::TempError,
    ];

    /// As `Authentication-Results` writes it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Fail => "fail",
            Self::Neutral => "neutral",
            Self::None => "none",
            Self::Pass => "pass",
            Self::PermError => "permerror",
            Self::Policy => "policy",
            Self::SoftFail => "softfail",
            Self::TempError => "temperror",
        }
    }

    /// The result of a word; none where no method has it, which is no pass either.
    pub(crate) fn of_word(word: &str) -> Option<Self> {
        let mut all = Self::ALL.into_iter();
        all.find(|result| result.as_str().eq_ignore_ascii_case(word))
    }
}

impl fmt::Display for AuthResult {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl From<inreply_dns::spf::Verdict> for AuthResult {
    fn from(verdict: inreply_dns::spf::Verdict) -> Self {
        use inreply_dns::spf::Verdict;
        match verdict {
            Verdict::Fail => Self::Fail,
            Verdict::Neutral => Self::Neutral,
            Verdict::None => Self::None,
            Verdict::Pass => Self::Pass,
            Verdict::PermError => Self::PermError,
            Verdict::SoftFail => Self::SoftFail,
            Verdict::TempError => Self::TempError,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_pass_of_the_very_domain_authenticates() {
        let domain = "xn--bcher-kva.example";
        for result in AuthResult::ALL {
            assert_eq!(AuthResult::of_word(result.as_str()), Some(result));
            let verdicts = Verdicts {
                dmarc: Dmarc::new(result, domain),
                ..Verdicts::default()
            };
            let pass = result == AuthResult::Pass;
            for from in ["ann@xn--bcher-kva.example", "ann@B\u{fc}cher.example"] {
                assert_eq!(verdicts.authenticates(from), pass, "{from}");
            }
            for from in [
                "ann",
                "",
                "@",
                "ann@example",
                "a@xn--bcher-kva.example@x.example",
            ] {
                assert!(!verdicts.authenticates(from), "{from}");
            }
        }
        // Nobody is not nobody's author.
        let mut verdicts = Verdicts::default();
        verdicts.dmarc.result = AuthResult::Pass;
        assert!(!verdicts.authenticates("ann"));
    }
}
