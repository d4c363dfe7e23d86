//! The report for people.

use std::fmt;

use super::Report;
use crate::doctor::Change;
use crate::name::Name;

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let with_evidence = f.alternate();
        for finding in &self.findings {
            let message = &finding.message;
            writeln!(f, "{:<8} {:<32} {message}", finding.severity, finding.code)?;
            let name = finding.name.parse().ok();
            if let Some(unicode) = name.and_then(|name: Name| name.to_unicode()) {
                writeln!(f, "{:41} ({} is {unicode})", "", finding.name)?;
            }
            for evidence in finding.evidence.iter().filter(|_| with_evidence) {
                let answer: String = evidence.answer.chars().take(200).collect();
                writeln!(f, "{:41} {}: {answer}", "", evidence.question)?;
            }
        }
        for check in &self.checks {
            let summary: String = check.summary.chars().take(120).collect();
            writeln!(
                f,
                "{:<8} {:<32} {}: {summary}",
                "ok", check.area, check.name
            )?;
        }
        let waves = if self.waves == 1 { "wave" } else { "waves" };
        writeln!(
            f,
            "\nverdict: {} ({} questions, {} {waves})",
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
