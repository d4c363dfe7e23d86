//! The mail that goes out, and who gets none.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Path, State};
use axum::http::header;
use axum::response::{IntoResponse, Redirect, Response};
use inreply::smtp::wire::mailbox::Mailbox;
use inreply::spool::QueueId;
use serde::Deserialize;

use super::page::{Failure, Page, html, moment};
use super::visitor::{Posted, Visitor};
use super::{Console, Nothing};

/// Entries on the page.
const SHOWN: usize = 200;

#[derive(Template)]
#[template(path = "outbound.html")]
struct OutboundPage {
    page: Page,
    count: u64,
    rows: Vec<Row>,
    suppressed: Vec<Suppressed>,
}

struct Row {
    id: String,
    to: String,
    octets: u64,
    tries: u32,
    next: String,
    last_words: String,
}

struct Suppressed {
    mailbox: String,
    reason: String,
    since: String,
}

pub(super) async fn show(
    State(console): State<Arc<Console>>,
    visitor: Visitor,
) -> Result<Response, Failure> {
    let post = console.server.parts().await?.post;
    let rows = post.list(None, SHOWN).await?;
    let rows = rows.iter().map(|entry| {
        let to: Vec<String> = entry
            .recipients()
            .iter()
            .map(|recipient| recipient.path().to_string())
            .collect();
        Row {
            id: entry.id().to_string(),
            to: to.join(", "),
            octets: entry.octets(),
            tries: entry.tries(),
            next: moment(entry.next_try()),
            last_words: entry.last_words().to_owned(),
        }
    });
    let suppressed = post.suppressions(None, SHOWN).await?;
    let suppressed = suppressed.iter().map(|one| Suppressed {
        mailbox: one.mailbox().to_owned(),
        reason: one.reason().to_owned(),
        since: moment(one.since()),
    });
    Ok(html(&OutboundPage {
        page: visitor.page("/outbound", visitor.words.outbound),
        count: post.count().await?,
        rows: rows.collect(),
        suppressed: suppressed.collect(),
    }))
}

fn id(text: &str) -> Result<QueueId, Failure> {
    text.parse().map_err(|_| Failure::not_found())
}

pub(super) async fn message(
    State(console): State<Arc<Console>>,
    _: Visitor,
    Path(text): Path<String>,
) -> Result<Response, Failure> {
    let post = console.server.parts().await?.post;
    let found = post.read(id(&text)?).await?;
    let (_, message) = found.ok_or_else(Failure::not_found)?;
    Ok((
        [(header::CONTENT_TYPE, "text/plain; charset=utf-8")],
        message,
    )
        .into_response())
}

pub(super) async fn retry(
    State(console): State<Arc<Console>>,
    Path(text): Path<String>,
    _: Posted<Nothing>,
) -> Result<Response, Failure> {
    match console.server.parts().await?.post.retry(id(&text)?).await? {
        true => Ok(Redirect::to("/outbound").into_response()),
        false => Err(Failure::not_found()),
    }
}

pub(super) async fn discard(
    State(console): State<Arc<Console>>,
    Path(text): Path<String>,
    _: Posted<Nothing>,
) -> Result<Response, Failure> {
    match console
        .server
        .parts()
        .await?
        .post
        .discard(id(&text)?)
        .await?
    {
        true => Ok(Redirect::to("/outbound").into_response()),
        false => Err(Failure::not_found()),
    }
}

#[derive(Deserialize)]
pub(super) struct Released {
    mailbox: String,
}

pub(super) async fn release(
    State(console): State<Arc<Console>>,
    posted: Posted<Released>,
) -> Result<Response, Failure> {
    let parts = console.server.parts().await?;
    let mailbox: Mailbox<'static> = posted
        .form
        .mailbox
        .parse()
        .map_err(|_| Failure::wrong(|words| words.no_mailbox))?;
    let was_there = parts.post.release(mailbox.as_str()).await?;
    parts.store.unmark_bounced(mailbox.as_str())?;
    match was_there {
        true => Ok(Redirect::to("/outbound").into_response()),
        false => Err(Failure::not_found()),
    }
}
