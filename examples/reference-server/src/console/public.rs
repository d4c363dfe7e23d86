//! What is for everybody: unsubscription by one click (RFC 8058), without a session, an Origin or a redirect.

use std::sync::Arc;
use std::time::SystemTime;

use askama::Template;
use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use inreply::inbox::Inbox;
use inreply::notify::{OneClickError, one_click};
use inreply::token::Day;

use super::page::{Page, html};
use super::visitor;
use super::words::Words;
use crate::supervisor::Supervisor;

/// Octets of the form: that of RFC 8058 has 26, and multipart some hundred.
const MAX_FORM: usize = 4_096;

pub(super) fn router(server: Arc<Supervisor>) -> Router {
    Router::new()
        .route("/u/{token}", get(form).post(unsubscribe))
        .route("/style.css", get(super::style))
        .layer(DefaultBodyLimit::max(MAX_FORM))
        .with_state(server)
}

#[derive(Template)]
#[template(path = "unsubscribe.html")]
struct UnsubscribePage {
    page: Page,
    says: &'static str,
    token: String,
}

impl UnsubscribePage {
    fn new(words: &'static Words, says: &'static str, token: &str) -> Self {
        Self {
            page: Page::outside(words, words.unsubscribe),
            says,
            token: token.to_owned(),
        }
    }
}

/// A page with a button: programs that look into mails follow links, and must not unsubscribe anybody.
async fn form(headers: HeaderMap, Path(token): Path<String>) -> Response {
    let words = visitor::words(&headers);
    html(&UnsubscribePage::new(words, words.unsubscribe_text, &token))
}

async fn unsubscribe(
    State(server): State<Arc<Supervisor>>,
    headers: HeaderMap,
    Path(token): Path<String>,
    body: Bytes,
) -> Response {
    let words = visitor::words(&headers);
    let say = |status, says| (status, html(&UnsubscribePage::new(words, says, ""))).into_response();
    let Ok(parts) = server.parts().await else {
        return say(StatusCode::SERVICE_UNAVAILABLE, words.try_later);
    };
    let today = Day::from(SystemTime::now());
    match one_click(parts.receiver.gate(), &token, &body, today) {
        Ok(opened) => match parts.receiver.inbox().unsubscribed(&opened).await {
            Ok(()) => say(StatusCode::OK, words.unsubscribed),
            Err(error) => {
                tracing::error!(%error, "somebody could not be unsubscribed");
                say(StatusCode::SERVICE_UNAVAILABLE, words.try_later)
            }
        },
        Err(OneClickError::Form) => say(StatusCode::BAD_REQUEST, words.unsubscribe_bad),
        Err(_) => say(StatusCode::NOT_FOUND, words.unsubscribe_bad),
    }
}
