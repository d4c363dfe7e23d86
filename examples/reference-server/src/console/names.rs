//! The DNS records: what is needed, what is there, what to change.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use inreply::dns::doctor::{Change, Doctor, Severity};
use inreply::dns::plan::{Plan, Row};
use inreply::dns::record::Record;
use inreply::dns::report::{Report, Verdict};

use super::Console;
use super::page::{Failure, Page, html};
use super::visitor::Visitor;
use crate::config::Config;

#[derive(Template)]
#[template(path = "dns.html")]
struct DnsPage {
    page: Page,
    wanted: Vec<Row>,
    report: Option<Report>,
    fault: String,
}

impl DnsPage {
    fn verdict(&self, verdict: Verdict) -> &'static str {
        let words = self.page.words;
        match verdict {
            Verdict::Pass => words.verdict_pass,
            Verdict::Warn => words.verdict_warn,
            Verdict::Indeterminate => words.verdict_unknown,
            Verdict::Fail => words.verdict_fail,
        }
    }

    /// The class of the style sheet.
    fn look(&self, verdict: Verdict) -> &'static str {
        match verdict {
            Verdict::Pass => "good",
            Verdict::Warn | Verdict::Indeterminate => "warn",
            Verdict::Fail => "bad",
        }
    }

    fn severity(&self, severity: Severity) -> &'static str {
        let words = self.page.words;
        match severity {
            Severity::Error => words.severity_error,
            Severity::Warning => words.severity_warning,
            Severity::Unknown => words.severity_unknown,
            Severity::Info => words.severity_info,
        }
    }

    /// What is to be pasted into the zone.
    fn new_record<'c>(&self, change: &'c Change) -> Option<&'c Record> {
        match change {
            Change::Add(record) | Change::Replace { new: record, .. } => Some(record),
            _ => None,
        }
    }
}

pub(super) async fn show(
    State(console): State<Arc<Console>>,
    visitor: Visitor,
) -> Result<Response, Failure> {
    let config = console.server.config().await;
    let (report, fault) = match examine(&config).await {
        Ok(report) => (Some(report), String::new()),
        Err(error) => (None, format!("{error:#}")),
    };
    Ok(html(&DnsPage {
        page: visitor.page("/dns", visitor.words.dns),
        wanted: Plan::of(&config.doctor()?).rows(),
        report,
        fault,
    }))
}

/// Asks the resolver of the config.
pub(crate) async fn examine(config: &Config) -> anyhow::Result<Report> {
    let resolver = config.resolver()?;
    let asked = config.doctor()?.server(resolver.to_string());
    Ok(resolver.examine(Doctor::new(asked)).await)
}
