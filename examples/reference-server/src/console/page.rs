//! What all pages have in common.

use askama::Template;
use axum::http::{StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use jiff::Timestamp;

use super::words::Words;

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
    pub(crate) fn menu(&self) -> [(&'static str, &'static str); 10] {
        let words = self.words;
        [
            ("/", words.overview),
            ("/settings", words.settings),
            ("/inbound", words.inbound),
            ("/explain", words.explain),
            ("/outbound", words.outbound),
            ("/check", words.check),
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
        Err(error) => Failure::from(error).into_response(),
    }
}

/// Why there is no page.
#[derive(Debug, Clone)]
pub(crate) struct Failure {
    status: StatusCode,
    reason: Reason,
}

#[derive(Debug, Clone)]
enum Reason {
    /// One of the console's own texts, in the language of who reads it.
    Word(fn(&Words) -> &'static str),
    Text(String),
}

impl Failure {
    /// One that the console has a text for.
    pub(crate) fn new(status: StatusCode, word: fn(&Words) -> &'static str) -> Self {
        let reason = Reason::Word(word);
        Self { status, reason }
    }

    pub(crate) fn not_found() -> Self {
        Self::new(StatusCode::NOT_FOUND, |words| words.not_found)
    }

    /// What was asked for cannot be done.
    pub(crate) fn wrong(word: fn(&Words) -> &'static str) -> Self {
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, word)
    }

    /// The same, with what the library says.
    pub(crate) fn bad(reason: impl Into<String>) -> Self {
        Self {
            status: StatusCode::UNPROCESSABLE_ENTITY,
            reason: Reason::Text(reason.into()),
        }
    }

    /// What was posted cannot be read: it is too long, or no form of ours.
    pub(crate) fn unread(rejection: &Response) -> Self {
        match rejection.status() {
            StatusCode::PAYLOAD_TOO_LARGE => {
                Self::new(StatusCode::PAYLOAD_TOO_LARGE, |words| words.too_large)
            }
            status => Self::new(status, |words| words.no_form),
        }
    }

    /// The page, for who reads this language.
    pub(super) fn page(&self, words: &'static Words) -> Response {
        (self.status, Html(self.text(words))).into_response()
    }

    /// The text of the page.
    pub(super) fn text(&self, words: &'static Words) -> String {
        let reason = match &self.reason {
            Reason::Word(word) => word(words),
            Reason::Text(text) => text,
        };
        let page = FailurePage {
            page: Page::outside(words, words.error),
            reason,
        };
        page.render().unwrap_or_else(|_| reason.to_owned())
    }
}

impl<E: Into<anyhow::Error>> From<E> for Failure {
    fn from(error: E) -> Self {
        let error = error.into();
        tracing::error!(error = %format!("{error:#}"), "a page of the console failed");
        Self {
            status: StatusCode::INTERNAL_SERVER_ERROR,
            reason: Reason::Text(format!("{error:#}")),
        }
    }
}

#[derive(Template)]
#[template(path = "failure.html")]
struct FailurePage<'a> {
    page: Page,
    reason: &'a str,
}

/// It goes with the answer to the layer that knows the reader's language, which makes the page of it.
impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let mut response = self.status.into_response();
        response.extensions_mut().insert(self);
        response
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
