//! Everything that can be looked at, in one go: what the subcommand `check` prints.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::response::{IntoResponse, Response};

use super::Console;
use super::page::{Page, html};
use super::visitor::Visitor;
use crate::check::{self, Findings, Mark};

#[derive(Template)]
#[template(path = "check.html")]
struct CheckPage {
    page: Page,
    found: Findings,
}

impl CheckPage {
    fn word(&self, mark: Mark) -> &'static str {
        let words = self.page.words;
        match mark {
            Mark::Fault => words.fault,
            Mark::Fine => words.well,
            Mark::Hint => "",
            Mark::Unknown => words.severity_unknown,
            Mark::Warning => words.severity_warning,
        }
    }

    /// The class of the style sheet.
    fn look(&self, mark: Mark) -> &'static str {
        match mark {
            Mark::Fault => "bad",
            Mark::Fine => "good",
            Mark::Hint => "",
            Mark::Unknown | Mark::Warning => "warn",
        }
    }

    fn is_well(&self) -> bool {
        self.found.count(Mark::Fault) + self.found.count(Mark::Unknown) == 0
    }
}

pub(super) async fn show(State(console): State<Arc<Console>>, visitor: Visitor) -> Response {
    let (config, path) = (console.server.config().await, console.server.path());
    let mut found = Findings::new();
    check::examine(&config, path, true, &mut found).await;
    html(&CheckPage {
        page: visitor.page("/check", visitor.words.check),
        found,
    })
    .into_response()
}
