//! The report as SARIF 2.1.0, which code hosts show beside the file.

use super::Report;
use super::json::quoted;
use crate::doctor::{Code, Severity};

pub(super) fn report(report: &Report, uri: &str) -> String {
    let rules: Vec<String> = Code::all()
        .map(|code| {
            let (id, title) = (quoted(code.as_str()), quoted(code.title()));
            format!("{{\"id\":{id},\"shortDescription\":{{\"text\":{title}}}}}")
        })
        .collect();
    let results: Vec<String> = report
        .findings
        .iter()
        .map(|finding| {
            let level = match finding.severity {
                Severity::Info => "note",
                Severity::Warning | Severity::Unknown => "warning",
                Severity::Error => "error",
            };
            let fix: Vec<String> = finding.fix.iter().map(ToString::to_string).collect();
            let text = [std::slice::from_ref(&finding.message), fix.as_slice()].concat().join("\n");
            let (id, text, uri, name) =
                (quoted(finding.code.as_str()), quoted(&text), quoted(uri), quoted(&finding.name));
            format!(
                "{{\"ruleId\":{id},\"level\":\"{level}\",\"message\":{{\"text\":{text}}},\"locations\":[{{\
                 \"physicalLocation\":{{\"artifactLocation\":{{\"uri\":{uri}}}}},\
                 \"logicalLocations\":[{{\"name\":{name}}}]}}]}}"
            )
        })
        .collect();
    format!(
        "{{\"version\":\"2.1.0\",\"$schema\":\"https://json.schemastore.org/sarif-2.1.0.json\",\"runs\":[{{\
         \"tool\":{{\"driver\":{{\"name\":\"inreply-dns\",\"version\":\"{}\",\"rules\":[{}]}}}},\"results\":[{}]}}]}}",
        env!("CARGO_PKG_VERSION"),
        rules.join(","),
        results.join(",")
    )
}
