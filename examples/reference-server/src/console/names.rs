//! The DNS records: what is needed, what is there, what to change.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use inreply::dns::doctor::Doctor;
use inreply::dns::plan::{Plan, Row};
use inreply::dns::report::Report;

use super::Console;
use super::page::{Failure, Page, html};
use super::visitor::Visitor;
use crate::config::Config;

#[derive(Template)]
#[template(path = "dns.html")]
struct DnsPage {
    page: Page,
    wanted: Vec<Row>,
    verdict: &'static str,
    report: Option<Report>,
    fault: String,
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
        verdict: report.as_ref().map_or("", |report| report.verdict.as_str()),
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
