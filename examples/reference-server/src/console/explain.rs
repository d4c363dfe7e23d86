//! What became of a message line by line, of one that came or of one that is pasted.

use std::sync::Arc;
use std::time::SystemTime;

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use inreply::gate::Gate;
use inreply::mime::Message;
use inreply::mime::kind::Verdict;
use inreply::mime::reply::Reply;
use inreply::token::{Day, Opened};
use serde::Deserialize;

use super::Console;
use super::page::{Failure, Page, html};
use super::visitor::{Posted, Visitor};
use crate::address::facts;

/// What is shown of a message.
pub(super) struct Explained {
    pub(super) from: String,
    pub(super) to: String,
    pub(super) subject: String,
    /// Name and value, as they came.
    pub(super) fields: Vec<(String, String)>,
    /// `human`, `auto-reply`, …: what the message is, and what told it.
    pub(super) kind: String,
    pub(super) lines: Vec<Line>,
    pub(super) comment: String,
    pub(super) has_html: bool,
    /// Name, type and octets.
    pub(super) attachments: Vec<(String, String, usize)>,
    /// Address and what its token says.
    pub(super) tokens: Vec<(String, String)>,
}

/// A run of lines that had the same fate.
pub(super) struct Line {
    pub(super) is_visible: bool,
    pub(super) kind: String,
    pub(super) rule: String,
    pub(super) text: String,
}

/// Explains a message, or a text without a header.
pub(super) fn explained(gate: &Gate, octets: &[u8], envelope: Option<&str>) -> Explained {
    let message = Message::parse(octets);
    let reply = Reply::of_message(&message);
    let today = Day::from(SystemTime::now());
    let addresses = |found: Vec<inreply::mime::message::Address<'_>>| {
        let texts: Vec<String> = found.iter().map(|one| one.address().to_owned()).collect();
        texts.join(", ")
    };
    let recipients: Vec<String> = message
        .to()
        .iter()
        .chain(&message.cc())
        .map(|one| one.address().to_owned())
        .chain(envelope.map(str::to_owned))
        .collect();
    let mut tokens: Vec<(String, String)> = Vec::new();
    for address in recipients {
        let opened = gate.addresses().open(&address, today);
        if let Ok(opened) = opened
            && !tokens.iter().any(|(known, _)| *known == address)
        {
            tokens.push((address, token_text(&opened)));
        }
    }
    let verdict = Verdict::of(&message, None);
    Explained {
        from: addresses(message.from()),
        to: addresses(message.to()),
        subject: message.subject().unwrap_or_default().into_owned(),
        fields: message
            .headers()
            .map(|field| (field.name().to_string(), field.text().into_owned()))
            .collect(),
        kind: format!("{}: {}", verdict.kind().name(), verdict.reason()),
        lines: reply
            .fragments()
            .iter()
            .map(|fragment| Line {
                is_visible: fragment.is_visible(),
                kind: fragment.kind().to_string(),
                rule: fragment.rule().to_string(),
                text: reply.text_of(fragment).trim_end().to_owned(),
            })
            .filter(|line| !line.text.is_empty())
            .collect(),
        comment: reply.visible_without(|address| gate.site().is_own_address(address)),
        has_html: message.html_part().is_some(),
        attachments: message
            .attachments()
            .map(|part| {
                let octets = part.body().len();
                let name = part.file_name().unwrap_or_default().to_string();
                (name, part.media_type().into_owned(), octets)
            })
            .collect(),
        tokens,
    }
}

/// What a token says, in one line.
fn token_text(opened: &Opened) -> String {
    let facts = facts(opened).into_iter();
    let texts: Vec<String> = facts
        .map(|(name, value)| format!("{name} {value}"))
        .collect();
    texts.join(", ")
}

#[derive(Template)]
#[template(path = "explain.html")]
struct ExplainPage {
    page: Page,
    pasted: String,
    explained: Option<Explained>,
}

pub(super) async fn form(visitor: Visitor) -> Response {
    html(&ExplainPage {
        page: visitor.page("/explain", visitor.words.explain),
        pasted: String::new(),
        explained: None,
    })
}

#[derive(Deserialize)]
pub(super) struct Pasted {
    message: String,
}

pub(super) async fn explain(
    State(console): State<Arc<Console>>,
    posted: Posted<Pasted>,
) -> Result<Response, Failure> {
    let parts = console.server.parts().await?;
    let pasted = posted.form.message;
    // A text alone has no header: it is the body of a message without one.
    let has_header = pasted
        .lines()
        .next()
        .and_then(|line| line.split_once(':'))
        .is_some_and(|(name, _)| !name.is_empty() && !name.contains(char::is_whitespace));
    let text = match has_header {
        true => pasted.clone(),
        false => format!("\r\n{pasted}"),
    };
    let receiver = parts.receiver;
    let explained =
        tokio::task::spawn_blocking(move || explained(receiver.gate(), text.as_bytes(), None))
            .await?;
    Ok(html(&ExplainPage {
        page: posted
            .visitor
            .page("/explain", posted.visitor.words.explain),
        pasted,
        explained: Some(explained),
    }))
}
