//! Reports with a type of their own: multipart/report (RFC 6522) and its kin.

use super::{Kind, Verdict};
use crate::message::{Message, Part};

/// What became of a recipient (RFC 3464 §2.3.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Action {
    /// Not yet delivered.
    Delayed,
    /// Delivered.
    Delivered,
    /// Sent on to several addresses.
    Expanded,
    /// Given up.
    Failed,
    /// Handed to a system that reports nothing.
    Relayed,
    /// The report does not say.
    Unknown,
}

/// A recipient of the message that a report is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recipient {
    pub(crate) address: String,
    pub(crate) action: Action,
    pub(crate) status: String,
    pub(crate) diagnostic: String,
}

impl Recipient {
    /// The address: Original-Recipient where there is one, else Final-Recipient.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// What became of it.
    pub fn action(&self) -> Action {
        self.action
    }

    /// The status code of RFC 3463, such as `5.1.1`; empty where there is none.
    pub fn status(&self) -> &str {
        &self.status
    }

    /// What the other server said; empty where there is none.
    pub fn diagnostic(&self) -> &str {
        &self.diagnostic
    }
}

/// Reads the machine-readable part of a report.
pub(crate) fn read(message: &Message<'_>) -> Option<Verdict> {
    let top = message.part(0)?;
    let report = if top.is("multipart/report") {
        top.parameter("report-type")
    } else {
        None
    };
    let report = report.unwrap_or_default().trim().to_ascii_lowercase();
    if report == "tlsrpt"
        || message
            .parts()
            .any(|part| part.is("application/tlsrpt+gzip") || part.is("application/tlsrpt+json"))
    {
        return Some(Verdict::new(Kind::TlsReport, "application/tlsrpt part"));
    }
    // The report's own parts: what a forwarded report holds belongs to somebody else.
    for part in message.parts().filter(|part| part.depth() <= 2) {
        if part.is("message/feedback-report") {
            return Some(Verdict::new(
                Kind::FeedbackReport,
                "message/feedback-report part",
            ));
        }
        if part.is("message/disposition-notification") {
            // Dovecot's Sieve refuses a message by a notification of its own.
            if message
                .header("auto-submitted")
                .any(|field| field.text().contains("(rejected)"))
            {
                return Some(Verdict::new(
                    Kind::Bounce,
                    "a notification that says rejected",
                ));
            }
            return Some(Verdict::new(
                Kind::ReadReceipt,
                "message/disposition-notification part",
            ));
        }
        if part.is("message/delivery-status") || part.is("message/global-delivery-status") {
            return Some(delivery_status(part));
        }
    }
    match report.as_str() {
        "feedback-report" => Some(Verdict::new(
            Kind::FeedbackReport,
            "report-type=feedback-report",
        )),
        "disposition-notification" => Some(Verdict::new(
            Kind::ReadReceipt,
            "report-type=disposition-notification",
        )),
        "delivery-status" => Some(Verdict::new(Kind::Bounce, "report-type=delivery-status")),
        _ => None,
    }
}

/// A delay is a bounce that may still come good: its recipients say [`Action::Delayed`].
fn delivery_status(part: Part<'_>) -> Verdict {
    let recipients = recipients(&part.body());
    let arrived = |recipient: &Recipient| match recipient.action {
        Action::Delivered | Action::Expanded | Action::Relayed => true,
        // RFC 3463 §3.1: class 2 is success.
        Action::Unknown => recipient.status.starts_with('2'),
        Action::Delayed | Action::Failed => false,
    };
    if !recipients.is_empty() && recipients.iter().all(arrived) {
        let reason = "message/delivery-status: all recipients reached";
        return Verdict::new(Kind::DeliveryNotice, reason).with_recipients(recipients);
    }
    Verdict::new(
        Kind::Bounce,
        "message/delivery-status: a recipient not reached",
    )
    .with_recipients(recipients)
}

/// Groups of fields between blank lines: the first is about the message, each further one about a recipient
/// (RFC 3464 §2.1).
fn recipients(body: &[u8]) -> Vec<Recipient> {
    let mut recipients: Vec<Recipient> = Vec::new();
    let mut rest = body;
    while !rest.is_empty() && recipients.len() < MAX_RECIPIENTS {
        let group = Message::parse(rest);
        let end = group
            .part(0)
            .map_or(rest.len(), |part| part.body_range().start);
        let text = |name: &str| {
            group
                .header(name)
                .first()
                .map(|field| field.text().into_owned())
                .unwrap_or_default()
        };
        let typed = |name: &str| {
            let value = text(name);
            value
                .split_once(';')
                .map_or(value.as_str(), |(_, rest)| rest)
                .trim()
                .to_owned()
        };
        let original = typed("original-recipient");
        let address = if original.is_empty() {
            typed("final-recipient")
        } else {
            original
        };
        let action = text("action");
        if !address.is_empty() || !action.is_empty() {
            let status = text("status");
            recipients.push(Recipient {
                address: address.trim_matches(['<', '>', ' ']).to_owned(),
                action: self::action(&action),
                status: status
                    .split_whitespace()
                    .next()
                    .unwrap_or_default()
                    .to_owned(),
                diagnostic: typed("diagnostic-code"),
            });
        }
        // At least one byte is read, so the loop ends.
        rest = rest.get(end.max(1)..).unwrap_or_default();
    }
    recipients
}

fn action(text: &str) -> Action {
    // `failed (permanent)`: comments are common.
    match text
        .split([' ', '(', ';'])
        .next()
        .unwrap_or_default()
        .to_ascii_lowercase()
        .as_str()
    {
        "failed" | "fail" | "failure" => Action::Failed,
        "delayed" => Action::Delayed,
        "delivered" => Action::Delivered,
        "relayed" => Action::Relayed,
        "expanded" => Action::Expanded,
        _ => Action::Unknown,
    }
}

/// A report about more is no use to anybody; RFC 3461 senders stay below a hundred.
const MAX_RECIPIENTS: usize = 1_000;
