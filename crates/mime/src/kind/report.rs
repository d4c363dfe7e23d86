//! Reports with a type of their own: multipart/report (RFC 6522) and its kin.

use super::{Kind, Recipient, Verdict};
use crate::message::Message;
use crate::report::{Action, DeliveryStatus, RecipientStatus, Report};

/// Reads the machine-readable part of a report.
pub(super) fn read(message: &Message<'_>) -> Option<Verdict> {
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
    match Report::of(message) {
        Some(Report::Delivery(status)) => return Some(delivery_status(&status)),
        Some(Report::Disposition(_)) => {
            // Dovecot's Sieve refuses a message by a notification of its own.
            let rejected = message
                .header("auto-submitted")
                .any(|field| field.text().contains("(rejected)"));
            return Some(if rejected {
                Verdict::new(Kind::Bounce, "a notification that says rejected")
            } else {
                let reason = "message/disposition-notification part";
                Verdict::new(Kind::ReadReceipt, reason)
            });
        }
        Some(Report::Feedback(_)) => {
            return Some(Verdict::new(
                Kind::FeedbackReport,
                "message/feedback-report part",
            ));
        }
        None => {}
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
fn delivery_status(status: &DeliveryStatus) -> Verdict {
    let arrived = |recipient: &RecipientStatus| match recipient.action() {
        Action::Delivered | Action::Expanded | Action::Relayed => true,
        // RFC 3463 §3.1: class 2 is success.
        Action::Unknown => recipient
            .status()
            .is_some_and(|status| status.starts_with('2')),
        Action::Delayed | Action::Failed => false,
    };
    let reached = !status.recipients().is_empty() && status.recipients().iter().all(arrived);
    let verdict = if reached {
        let reason = "message/delivery-status: all recipients reached";
        Verdict::new(Kind::DeliveryNotice, reason)
    } else {
        let reason = "message/delivery-status: a recipient not reached";
        Verdict::new(Kind::Bounce, reason)
    };
    verdict.with_recipients(status.recipients().iter().map(Recipient::of).collect())
}
