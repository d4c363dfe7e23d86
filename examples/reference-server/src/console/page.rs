//! What all pages have in common.

use askama::Template;
use axum::http::{StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use jiff::Timestamp;

use super::words::{ENGLISH, Words};

/// The frame of a page.
#[derive(Debug)]
pub(crate) struct Page {
    pub(crate) words: &'static Words,
    /// Empty where nobody is logged in.
    pub(crate) form_token: String,
    /// The entry of the menu.
    pub(crate) here: &'static str,
    pub(crate) title: String,
}

impl Page {
    /// One without a menu.
    pub(crate) fn outside(words: &'static Words, title: &str) -> Self {
        Self {
            words,
            form_token: String::new(),
            here: "",
            title: title.to_owned(),
        }
    }

    /// The entries of the menu: path and name.
    pub(crate) fn menu(&self) -> [(&'static str, &'static str); 9] {
        let words = self.words;
        [
            ("/", words.overview),
            ("/settings", words.settings),
            ("/inbound", words.inbound),
            ("/explain", words.explain),
            ("/outbound", words.outbound),
            ("/dns", words.dns),
            ("/logs", words.logs),
            ("/support", words.support),
            ("/issues", words.issues),
        ]
    }
}

/// A page, or the fault of its template.
pub(crate) fn html(template: &impl Template) -> Response {
    match template.render() {
        Ok(text) => Html(text).into_response(),
        Err(error) => Failure::from(anyhow::Error::from(error)).into_response(),
    }
}

/// Why there is no page.
#[derive(Debug)]
pub(crate) struct Failure {
    status: StatusCode,
    reason: String,
}

impl Failure {
    pub(crate) fn new(status: StatusCode, reason: impl Into<String>) -> Self {
        Self {
            status,
            reason: reason.into(),
        }
    }

    pub(crate) fn not_found() -> Self {
        Self::new(StatusCode::NOT_FOUND, ENGLISH.not_found)
    }

    pub(crate) fn bad(reason: impl Into<String>) -> Self {
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, reason)
    }
}

impl<E: Into<anyhow::Error>> From<E> for Failure {
    fn from(error: E) -> Self {
        let error = error.into();
        tracing::error!(error = %format!("{error:#}"), "a page of the console failed");
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, format!("{error:#}"))
    }
}

#[derive(Template)]
#[template(path = "failure.html")]
struct FailurePage<'a> {
    page: Page,
    reason: &'a str,
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let page = Page::outside(&ENGLISH, ENGLISH.error);
        let body = FailurePage {
            page,
            reason: &self.reason,
        }
        .render();
        let body = body.unwrap_or_else(|_| self.reason.clone());
        (self.status, Html(body)).into_response()
    }
}

/// A file to be saved.
pub(crate) fn download(name: &str, kind: &'static str, octets: Vec<u8>) -> Response {
    let disposition = format!("attachment; filename=\"{name}\"");
    let headers = [
        (header::CONTENT_TYPE, kind.to_owned()),
        (header::CONTENT_DISPOSITION, disposition),
    ];
    (headers, octets).into_response()
}

/// A moment as people of all zones read it.
pub(crate) fn moment(at: std::time::SystemTime) -> String {
    Timestamp::try_from(at).map_or_else(
        |_| String::new(),
        |at| at.strftime("%Y-%m-%d %H:%M:%S UTC").to_string(),
    )
}
