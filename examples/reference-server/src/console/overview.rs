//! The first page: is it well, what came in, what failed.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use inreply::health::Check;
use inreply::postgres::Glance;

use super::Console;
use super::chart::bars;
use super::page::{Failure, Page, html, moment};
use super::visitor::Visitor;
use super::words::Words;

/// Failures that are shown.
const FAILURES: usize = 5;

#[derive(Template)]
#[template(path = "overview.html")]
struct OverviewPage {
    page: Page,
    enabled: bool,
    parts: Vec<Part>,
    /// Folder and how many messages are in it.
    folders: Vec<(String, String)>,
    chart: String,
    outbound: u64,
    failures: Vec<Failed>,
}

/// A part of the server, in the language of who reads it.
struct Part {
    name: &'static str,
    is_well: bool,
    says: String,
}

impl Part {
    /// What is wrong is told in the library's words, which are what support asks for.
    fn new(check: Check, waiting: u64, words: &'static Words) -> Self {
        let (name, well) = match check.name {
            "spool" => (words.spool, words.spool_well.to_owned()),
            "worker" => (words.worker, words.worker_well.to_owned()),
            "backlog" => (words.backlog, format!("{waiting} {}", words.waiting)),
            other => (other, check.says.clone()),
        };
        Self {
            name,
            is_well: check.is_well,
            says: if check.is_well { well } else { check.says },
        }
    }
}

struct Failed {
    id: String,
    at: String,
    reason: String,
}

pub(super) async fn show(
    State(console): State<Arc<Console>>,
    visitor: Visitor,
) -> Result<Response, Failure> {
    let parts = console.server.parts().await?;
    let spool = parts.receiver.spool();
    let glance = spool.glance(Some("failure"), None, FAILURES).await?;
    let failures = glance
        .latest
        .iter()
        .map(|(kept, _)| Failed {
            id: kept.id.to_string(),
            at: moment(kept.id.arrival()),
            reason: kept.reason.clone().unwrap_or_default(),
        })
        .collect();
    let waiting = glance.backlog.messages;
    let health = parts.receiver.health_with(glance.backlog).await;
    let checks = health.checks.into_iter();
    Ok(html(&OverviewPage {
        page: visitor.page("/", visitor.words.overview),
        enabled: parts.config.enabled,
        parts: checks
            .map(|check| Part::new(check, waiting, visitor.words))
            .collect(),
        chart: bars(visitor.words.by_hour, &glance.by_hour),
        folders: glance.counts.into_iter().map(counted).collect(),
        outbound: parts.post.count().await?,
        failures,
    }))
}

/// A folder and how many are in it, which a database with many does not count to their end.
fn counted((folder, count): (String, usize)) -> (String, String) {
    match count {
        Glance::MOST_COUNTED => (folder, format!("{count}+")),
        _ => (folder, count.to_string()),
    }
}
