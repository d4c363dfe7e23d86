//! The report for people.

use std::fmt;

use super::Report;
use crate::doctor::Change;
use crate::name::Name;

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for finding in &self.findings {
            let severity = finding.severity.as_str();
            writeln!(f, "{severity:<8} {:<30} {}", finding.code, finding.message)?;
            let unicode = finding
                .name
                .parse()
                .ok()
                .and_then(|name: Name| name.to_unicode());
            if let Some(unicode) = unicode {
                writeln!(f, "{:39} {} is {unicode}", "", finding.name)?;
            }
            for evidence in &finding.evidence {
                let at = if evidence.server.is_empty() {
                    String::new()
                } else {
                    format!(" @{}", evidence.server)
                };
                let answer: String = evidence.answer.chars().take(200).collect();
                writeln!(f, "{:39} {}{at}: {answer}", "", evidence.question)?;
            }
        }
        for check in &self.checks {
            let summary: String = check.summary.chars().take(120).collect();
            writeln!(
                f,
                "{:<8} {:<30} {}: {summary}",
                "ok", check.area, check.name
            )?;
        }
        writeln!(
            f,
            "\nverdict: {} ({} questions, {} waves)",
            self.verdict, self.questions, self.waves
        )?;
        let (asks, changes): (Vec<_>, Vec<_>) = self
            .fix
            .iter()
            .partition(|change| matches!(change, Change::Ask(_)));
        if !self.fix.is_empty() {
            writeln!(f, "\nto mend it:")?;
        }
        asks.iter().try_for_each(|ask| writeln!(f, "; {ask}"))?;
        changes
            .iter()
            .try_for_each(|change| writeln!(f, "{change}"))
    }
}
