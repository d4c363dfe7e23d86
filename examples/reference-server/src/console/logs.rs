//! The ends of the logs.

use std::path::Path as FilePath;
use std::sync::Arc;

use askama::Template;
use axum::extract::{Path, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use inreply::bundle::end_of_log;
use tokio::task::spawn_blocking;

use super::Console;
use super::page::{Failure, Page, html};
use super::visitor::Visitor;

/// Octets of a log that are shown.
const SHOWN: u64 = 32_768;

/// The logs that there are.
const NAMES: [&str; 3] = ["mail.log", "replies.log", "conversations.log"];

#[derive(Template)]
#[template(path = "logs.html")]
struct LogsPage {
    page: Page,
    /// Name, what it has, and its end.
    logs: Vec<(&'static str, &'static str, String)>,
}

pub(super) async fn show(
    State(console): State<Arc<Console>>,
    visitor: Visitor,
) -> Result<Response, Failure> {
    let data = console.server.config().await.data;
    let words = visitor.words;
    let about = [words.mail_log, words.replies_log, words.conversations_log];
    let ends = spawn_blocking(move || NAMES.map(|name| end_of(&data.join(name)))).await?;
    let logs = NAMES.into_iter().zip(about).zip(ends);
    Ok(html(&LogsPage {
        page: visitor.page("/logs", words.logs),
        logs: logs
            .map(|((name, about), end)| (name, about, end))
            .collect(),
    }))
}

pub(super) async fn tail(
    State(console): State<Arc<Console>>,
    _: Visitor,
    Path(name): Path<String>,
) -> Result<Response, Failure> {
    // One of three names: no path leads anywhere else.
    let known = NAMES.into_iter().find(|known| *known == name);
    let name = known.ok_or_else(Failure::not_found)?;
    let path = console.server.config().await.data.join(name);
    let end = spawn_blocking(move || end_of(&path)).await?;
    let headers = [(header::CONTENT_TYPE, "text/plain; charset=utf-8")];
    Ok((headers, end).into_response())
}

/// The last lines of a log; nothing of one that is not there yet.
fn end_of(path: &FilePath) -> String {
    let end = end_of_log(path, SHOWN).unwrap_or_default();
    String::from_utf8_lossy(&end).into_owned()
}
