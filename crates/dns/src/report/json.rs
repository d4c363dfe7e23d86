//! The report for programs.

use super::Report;
use crate::doctor::{Change, Evidence, Finding};

pub(super) fn report(report: &Report) -> String {
    let findings = list(&report.findings, finding);
    let checks = list(&report.checks, |check| {
        format!(
            "{{\"area\":{},\"name\":{},\"summary\":{}}}",
            quoted(check.area),
            quoted(&check.name),
            quoted(&check.summary)
        )
    });
    format!(
        "{{\"schema\":1,\"verdict\":{},\"findings\":{findings},\"checks\":{checks},\"fix\":{},\"questions\":{},\"waves\":{}}}",
        quoted(report.verdict.as_str()),
        list(&report.fix, |change: &Change| quoted(&change.to_string())),
        report.questions,
        report.waves
    )
}

fn finding(finding: &Finding) -> String {
    format!(
        "{{\"code\":{},\"severity\":{},\"name\":{},\"message\":{},\"rfc\":{},\"evidence\":{},\"fix\":{}}}",
        quoted(finding.code.as_str()),
        quoted(finding.severity.as_str()),
        quoted(&finding.name),
        quoted(&finding.message),
        quoted(finding.code.rfc()),
        list(&finding.evidence, evidence),
        list(&finding.fix, |change: &Change| quoted(&change.to_string())),
    )
}

fn evidence(evidence: &Evidence) -> String {
    let ttl = evidence
        .ttl
        .map_or_else(|| "null".to_owned(), |ttl| ttl.to_string());
    format!(
        "{{\"question\":{},\"answer\":{},\"server\":{},\"ttl\":{ttl}}}",
        quoted(&evidence.question),
        quoted(&evidence.answer),
        quoted(&evidence.server),
    )
}

fn list<T>(items: &[T], write: impl Fn(&T) -> String) -> String {
    let items: Vec<String> = items.iter().map(write).collect();
    format!("[{}]", items.join(","))
}

/// A JSON string (RFC 8259 §7).
pub(super) fn quoted(text: &str) -> String {
    let mut string = String::with_capacity(text.len() + 2);
    string.push('"');
    for letter in text.chars() {
        match letter {
            '"' | '\\' => string.extend(['\\', letter]),
            '\n' => string.push_str("\\n"),
            letter if u32::from(letter) < 0x20 => {
                string.push_str(&format!("\\u{:04x}", u32::from(letter)));
            }
            letter => string.push(letter),
        }
    }
    string.push('"');
    string
}
