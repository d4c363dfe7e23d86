//! The messages that came in.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Redirect, Response};
use inreply::mime::Message;
use inreply::postgres::{AnySpool, PgKept};
use inreply::receiver::Receiver;
use inreply::spool::{Preamble, QueueId};
use serde::Deserialize;
use tokio::task::spawn_blocking;

use super::explain::{Explained, explained};
use super::page::{Failure, Page, html, moment};
use super::visitor::{Posted, Visitor};
use super::{Console, Nothing};
use crate::forum::Forum;

/// Messages on one page, the newest first.
const SHOWN: usize = 100;

/// Octets of a message that are looked at.
const MAX_READ: usize = 33_554_432;

/// A mail's HTML may show itself and do nothing: the sandbox has no origin, no scripts and no forms, and nothing is fetched.
const MAIL_POLICY: &str =
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; sandbox; frame-ancestors 'self'";

#[derive(Deserialize)]
pub(super) struct Filter {
    #[serde(default)]
    folder: String,
    /// The id behind which the page begins.
    #[serde(default)]
    before: String,
}

#[derive(Template)]
#[template(path = "inbound.html")]
struct InboundPage {
    page: Page,
    folder: String,
    folders: Vec<String>,
    rows: Vec<Row>,
    more: Option<String>,
}

struct Row {
    id: String,
    at: String,
    folder: String,
    octets: u64,
    reason: String,
}

pub(super) async fn list(
    State(console): State<Arc<Console>>,
    visitor: Visitor,
    Query(filter): Query<Filter>,
) -> Result<Response, Failure> {
    let receiver = console.server.parts().await?.receiver;
    let spool = receiver.spool();
    let before: Option<QueueId> = filter.before.parse().ok();
    let folder = Some(filter.folder.as_str()).filter(|folder| !folder.is_empty());
    // One more than is shown tells whether there are more.
    let glance = spool.glance(folder, before, SHOWN + 1).await?;
    let shown = glance.latest.iter().take(SHOWN);
    let rows: Vec<Row> = shown.map(|(kept, octets)| row(kept, *octets)).collect();
    let more = (glance.latest.len() > SHOWN)
        .then(|| rows.last().map(|row| row.id.clone()))
        .flatten();
    let folders = glance.counts.into_iter().map(|(name, _)| name).collect();
    Ok(html(&InboundPage {
        page: visitor.page("/inbound", visitor.words.inbound),
        folder: filter.folder,
        folders,
        rows,
        more,
    }))
}

fn row(kept: &PgKept, octets: u64) -> Row {
    Row {
        id: kept.id.to_string(),
        at: moment(kept.id.arrival()),
        folder: kept.folder.clone(),
        octets,
        reason: kept.reason.clone().unwrap_or_default(),
    }
}

#[derive(Template)]
#[template(path = "message.html")]
struct MessagePage {
    page: Page,
    row: Row,
    can_retry: bool,
    reverse_path: String,
    recipients: String,
    explained: Explained,
}

pub(super) async fn show(
    State(console): State<Arc<Console>>,
    visitor: Visitor,
    Path(id): Path<String>,
) -> Result<Response, Failure> {
    let receiver = console.server.parts().await?.receiver;
    let (kept, file) = read(receiver.spool(), &id).await?;
    let row = row(&kept, receiver.spool().size(kept.id).await?);
    let shown = spawn_blocking(move || {
        let split = Preamble::split(&file);
        let (envelope, message) = match &split {
            Some((envelope, message)) => (Some(envelope), *message),
            None => (None, file.as_slice()),
        };
        let reverse_path = envelope.map(|envelope| envelope.reverse_path.to_string());
        let recipients: Vec<String> = envelope
            .iter()
            .flat_map(|envelope| &envelope.recipients)
            .map(|path| path.to_string().trim_matches(['<', '>']).to_owned())
            .collect();
        let first = recipients.first().cloned();
        (
            reverse_path.unwrap_or_default(),
            recipients.join(", "),
            explained(receiver.gate(), message, first.as_deref()),
        )
    });
    let (reverse_path, recipients, explained) = shown.await?;
    let title = match explained.subject.as_str() {
        "" => row.id.clone(),
        subject => subject.to_owned(),
    };
    Ok(html(&MessagePage {
        page: visitor.page("/inbound", title),
        can_retry: row.folder == "failure" || row.folder.starts_with("ignored/"),
        row,
        reverse_path,
        recipients,
        explained,
    }))
}

/// A message that is kept, and its file.
async fn read(spool: &AnySpool, id: &str) -> Result<(PgKept, Vec<u8>), Failure> {
    // An id is hexadecimal digits: no path leads out of the spool.
    let id: QueueId = id.parse().map_err(|_| Failure::not_found())?;
    let kept = spool.find(id).await?.ok_or_else(Failure::not_found)?;
    let mut file = spool.original(id).await.map_err(told)?;
    file.truncate(MAX_READ);
    Ok((kept, file))
}

pub(super) async fn original(
    State(console): State<Arc<Console>>,
    _: Visitor,
    Path(id): Path<String>,
) -> Result<Response, Failure> {
    let receiver = console.server.parts().await?.receiver;
    let (_, file) = read(receiver.spool(), &id).await?;
    Ok(([(header::CONTENT_TYPE, "text/plain; charset=utf-8")], file).into_response())
}

pub(super) async fn html_part(
    State(console): State<Arc<Console>>,
    _: Visitor,
    Path(id): Path<String>,
) -> Result<Response, Failure> {
    let receiver = console.server.parts().await?.receiver;
    let (_, file) = read(receiver.spool(), &id).await?;
    let message = Preamble::split(&file).map_or(file.as_slice(), |(_, message)| message);
    let html = Message::parse(message).html().into_owned();
    let headers = [
        (
            header::CONTENT_TYPE,
            HeaderValue::from_static("text/html; charset=utf-8"),
        ),
        (
            header::CONTENT_SECURITY_POLICY,
            HeaderValue::from_static(MAIL_POLICY),
        ),
    ];
    Ok((headers, html).into_response())
}

pub(super) async fn retry(
    State(console): State<Arc<Console>>,
    Path(id): Path<String>,
    _: Posted<Nothing>,
) -> Result<Response, Failure> {
    let (receiver, named) = named(&console, &id).await?;
    receiver.spool().retry(named).await.map_err(told)?;
    Ok(Redirect::to(&format!("/inbound/{id}")).into_response())
}

pub(super) async fn discard(
    State(console): State<Arc<Console>>,
    Path(id): Path<String>,
    _: Posted<Nothing>,
) -> Result<Response, Failure> {
    let (receiver, named) = named(&console, &id).await?;
    receiver.spool().discard(named).await.map_err(told)?;
    Ok(Redirect::to("/inbound").into_response())
}

async fn named(
    console: &Console,
    id: &str,
) -> Result<(Arc<Receiver<Forum, AnySpool>>, QueueId), Failure> {
    let id = id.parse().map_err(|_| Failure::not_found())?;
    Ok((console.server.parts().await?.receiver, id))
}

/// What the spool did not do, as a page.
fn told(error: std::io::Error) -> Failure {
    match error.kind() {
        std::io::ErrorKind::NotFound => Failure::not_found(),
        std::io::ErrorKind::InvalidInput => Failure::bad(error.to_string()),
        _ => error.into(),
    }
}
