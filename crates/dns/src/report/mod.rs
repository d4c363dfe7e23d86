//! What a check has come to, and how it is written.

mod json;
#[cfg(feature = "junit")]
mod junit;
#[cfg(feature = "sarif")]
mod sarif;
mod text;

use std::fmt;

use crate::doctor::{Change, Finding, Severity};

/// The outcome of a check.
///
/// `Display` is for people: a line a check, and the changes that mend the zone at the end, to be pasted; with `{:#}` the answers
/// that show each finding stand below it. [`Report::to_json`] is for programs.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Report {
    /// What all findings come to.
    pub verdict: Verdict,
    /// The findings, errors first.
    pub findings: Vec<Finding>,
    /// What went well.
    pub checks: Vec<Check>,
    /// The changes that mend it, in the order in which they are to be made.
    pub fix: Vec<Change>,
    /// Questions that were asked.
    pub questions: usize,
    /// Waves in which they were asked.
    pub waves: usize,
}

/// What all findings come to: the worst of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[allow(clippy::exhaustive_enums, reason = "exit codes are made of these four")]
pub enum Verdict {
    /// Nothing but information.
    Pass,
    /// Warnings.
    Warn,
    /// A lookup failed, and nothing worse.
    Indeterminate,
    /// Errors.
    Fail,
}

/// A check that went well.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Check {
    /// What is checked: the front of the codes it may find.
    pub area: &'static str,
    /// Of which name.
    pub name: String,
    /// What stands there.
    pub summary: String,
}

impl Report {
    pub(crate) fn new(
        findings: Vec<Finding>,
        checks: Vec<Check>,
        fix: Vec<Change>,
        questions: usize,
        waves: usize,
    ) -> Self {
        let worst = findings.iter().map(|finding| finding.severity).max();
        let verdict = match worst {
            None | Some(Severity::Info) => Verdict::Pass,
            Some(Severity::Warning) => Verdict::Warn,
            Some(Severity::Unknown) => Verdict::Indeterminate,
            Some(Severity::Error) => Verdict::Fail,
        };
        Self {
            verdict,
            findings,
            checks,
            fix,
            questions,
            waves,
        }
    }

    /// The report for programs, a JSON object. Its schema is version 1:
    ///
    /// ```text
    /// { "schema": 1,
    ///   "verdict": "pass" | "warn" | "indeterminate" | "fail",
    ///   "findings": [ { "code": "reply.mx.missing", "severity": "info" | "warning" | "unknown" | "error",
    ///                   "name": "reply.example.com.", "message": "…", "rfc": "RFC 5321 §5.1",
    ///                   "evidence": [ { "question": "…", "answer": "…", "server": "…", "ttl": 3600 | null } ],
    ///                   "fix": [ "add reply.example.com. IN MX 10 reply.example.com." ] } ],
    ///   "checks": [ { "area": "spf", "name": "noreply.example.com.", "summary": "v=spf1 ip4:192.0.2.1 -all" } ],
    ///   "fix": [ "remove …", "replace … -> …", "add …", "a text for people" ],
    ///   "questions": 26, "waves": 1 }
    /// ```
    ///
    /// Fields are added without a new version; one that goes, or means something else, makes a new one.
    pub fn to_json(&self) -> String {
        json::report(self)
    }

    /// The report as JUnit XML: a test case a check, a failure a finding of severity warning and above.
    #[cfg(feature = "junit")]
    pub fn to_junit(&self) -> String {
        junit::report(self)
    }

    /// The report as SARIF 2.1.0, with `uri` as the place of the findings: the zone file, say.
    #[cfg(feature = "sarif")]
    pub fn to_sarif(&self, uri: &str) -> String {
        sarif::report(self, uri)
    }
}

impl Verdict {
    /// In lower case, as reports write it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Warn => "warn",
            Self::Indeterminate => "indeterminate",
            Self::Fail => "fail",
        }
    }

    /// A program's exit code: 0 for pass and, unless it is strict, warn; 1 for fail, and warn where it is; 3 for indeterminate.
    /// (2 is for a wrong command line.)
    pub fn exit_code(self, strict: bool) -> u8 {
        match self {
            Self::Pass => 0,
            Self::Warn => u8::from(strict),
            Self::Indeterminate => 3,
            Self::Fail => 1,
        }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
