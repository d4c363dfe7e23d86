//! The demo application: issues and their comments.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use inreply::smtp::wire::mailbox::Mailbox;
use serde::Deserialize;

use super::page::{Failure, Page, html};
use super::visitor::{Posted, Visitor};
use super::{Console, Nothing};
use crate::forum;
use crate::store::{Issue, User};
use crate::supervisor::Parts;

#[derive(Template)]
#[template(path = "issues.html")]
struct IssuesPage {
    page: Page,
    issues: Vec<Issue>,
    people: Vec<User>,
}

pub(super) async fn list(
    State(console): State<Arc<Console>>,
    visitor: Visitor,
) -> Result<Response, Failure> {
    let store = console.server.parts().await?.store;
    Ok(html(&IssuesPage {
        page: visitor.page("/issues", visitor.words.issues),
        issues: store.issues()?,
        people: store.users()?,
    }))
}

#[derive(Template)]
#[template(path = "issue.html")]
struct IssuePage {
    page: Page,
    issue: Issue,
    /// Author and text.
    comments: Vec<(String, String)>,
    /// And whether mail about the issue goes to them.
    people: Vec<(User, bool)>,
}

pub(super) async fn show(
    State(console): State<Arc<Console>>,
    visitor: Visitor,
    Path(id): Path<u64>,
) -> Result<Response, Failure> {
    let store = console.server.parts().await?.store;
    let issue = store.issue(id)?.ok_or_else(Failure::not_found)?;
    let users = store.users()?;
    let name = |author| {
        let user = users.iter().find(|user| user.id == author);
        user.map_or_else(String::new, |user| user.name.clone())
    };
    let comments = store.comments(id)?;
    let comments = comments
        .into_iter()
        .map(|comment| (name(comment.author), comment.text))
        .collect();
    let mut people = Vec::new();
    for user in users {
        let notified = store.is_notified(id, user.id)?;
        people.push((user, notified));
    }
    Ok(html(&IssuePage {
        page: visitor.page("/issues", format!("#{id} {}", issue.title)),
        issue,
        comments,
        people,
    }))
}

#[derive(Deserialize)]
pub(super) struct Opened {
    title: String,
    author: u64,
    text: String,
}

pub(super) async fn open(
    State(console): State<Arc<Console>>,
    posted: Posted<Opened>,
) -> Result<Response, Failure> {
    let parts = console.server.parts().await?;
    let form = posted.form;
    if form.title.trim().is_empty() {
        return Err(Failure::wrong(|words| words.issue_title));
    }
    known(&parts, form.author)?;
    let issue = parts.store.open_issue(form.title.trim())?;
    tell(&parts, issue, form.author, &form.text).await
}

#[derive(Deserialize)]
pub(super) struct Commented {
    author: u64,
    text: String,
}

pub(super) async fn comment(
    State(console): State<Arc<Console>>,
    Path(issue): Path<u64>,
    posted: Posted<Commented>,
) -> Result<Response, Failure> {
    let parts = console.server.parts().await?;
    known(&parts, posted.form.author)?;
    let found = parts.store.issue(issue)?.ok_or_else(Failure::not_found)?;
    if found.locked {
        return Err(Failure::wrong(|words| words.issue_locked));
    }
    tell(&parts, issue, posted.form.author, &posted.form.text).await
}

fn known(parts: &Parts, author: u64) -> Result<(), Failure> {
    let user = parts.store.user(author)?;
    user.map(drop)
        .ok_or_else(|| Failure::wrong(|words| words.no_person))
}

async fn tell(parts: &Parts, issue: u64, author: u64, text: &str) -> Result<Response, Failure> {
    let Parts {
        config,
        store,
        post,
        ..
    } = parts;
    match config.enabled {
        true => forum::tell(config, store, post, (issue, author), text).await?,
        false => store.add_comment(issue, author, text)?,
    };
    Ok(Redirect::to(&format!("/issues/{issue}")).into_response())
}

pub(super) async fn lock(
    State(console): State<Arc<Console>>,
    Path(issue): Path<u64>,
    _: Posted<Nothing>,
) -> Result<Response, Failure> {
    console.server.parts().await?.store.lock_issue(issue)?;
    Ok(Redirect::to(&format!("/issues/{issue}")).into_response())
}

#[derive(Deserialize)]
pub(super) struct Notified {
    user: u64,
    notified: bool,
}

pub(super) async fn notify(
    State(console): State<Arc<Console>>,
    Path(issue): Path<u64>,
    posted: Posted<Notified>,
) -> Result<Response, Failure> {
    let Notified { user, notified } = posted.form;
    let store = console.server.parts().await?.store;
    store.set_notified(issue, user, notified)?;
    Ok(Redirect::to(&format!("/issues/{issue}")).into_response())
}

#[derive(Deserialize)]
pub(super) struct Person {
    name: String,
    email: String,
}

pub(super) async fn add_person(
    State(console): State<Arc<Console>>,
    posted: Posted<Person>,
) -> Result<Response, Failure> {
    let Person { name, email } = posted.form;
    let email: Mailbox<'static> = email
        .trim()
        .parse()
        .map_err(|error| Failure::bad(format!("{email}: {error}")))?;
    let store = console.server.parts().await?.store;
    store.add_user(name.trim(), email.as_str())?;
    Ok(Redirect::to("/issues").into_response())
}
