//! The report as JUnit XML, which continuous integration reads.

use std::fmt::Write;

use super::Report;
use crate::doctor::Severity;

pub(super) fn report(report: &Report) -> String {
    let bad = |severity: Severity| severity != Severity::Info;
    let failures = report
        .findings
        .iter()
        .filter(|finding| bad(finding.severity))
        .count();
    let tests = report.checks.len() + report.findings.len();
    let mut xml = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuite name=\"inreply-dns\" tests=\"{tests}\" failures=\"{failures}\">\n"
    );
    for check in &report.checks {
        let (name, area) = (escaped(&check.name), check.area);
        // Writing to a String does not fail.
        let _ = writeln!(xml, "  <testcase classname=\"{area}\" name=\"{name}\"/>");
    }
    for finding in &report.findings {
        let (code, name) = (finding.code, escaped(&finding.name));
        let message = escaped(&finding.message);
        let _ = write!(xml, "  <testcase classname=\"{code}\" name=\"{name}\">");
        let _ = if bad(finding.severity) {
            let fix: Vec<String> = finding.fix.iter().map(ToString::to_string).collect();
            let fix = escaped(&fix.join("\n"));
            let severity = finding.severity;
            write!(
                xml,
                "<failure type=\"{severity}\" message=\"{message}\">{fix}</failure>"
            )
        } else {
            write!(xml, "<system-out>{message}</system-out>")
        };
        xml.push_str("</testcase>\n");
    }
    xml + "</testsuite>\n"
}

/// Text for XML: its marks escaped, and characters left out that XML 1.0 §2.2 does not have.
fn escaped(text: &str) -> String {
    let mut xml = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => xml.push_str("&amp;"),
            '<' => xml.push_str("&lt;"),
            '>' => xml.push_str("&gt;"),
            '"' => xml.push_str("&quot;"),
            '\n' | '\t' => xml.push(letter),
            letter if u32::from(letter) < 0x20 => {}
            letter => xml.push(letter),
        }
    }
    xml
}
