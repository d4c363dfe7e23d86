//! Bounces without a delivery-status part: what servers wrote before RFC 3464, and what some still write.

use std::borrow::Cow;

use super::{Kind, Sender, Verdict, auto};
use crate::html;
use crate::message::Message;

/// A mail system or the null sender must have sent it, and a subject or an opening must say what happened: a person who
/// writes about bounces does the second without the first.
pub(crate) fn read(message: &Message<'_>, sender: &Sender) -> Option<Verdict> {
    if let Some(field) = message.header("x-failed-recipients").first() {
        return Some(Verdict::new(
            Kind::Bounce,
            format!("X-Failed-Recipients: {}", field.text()),
        ));
    }
    let subject = message.subject().unwrap_or_default().to_lowercase();
    let text = opening(message);
    if let Some(verdict) = notification(&subject, &text, message) {
        return Some(verdict);
    }
    let daemon = is_from(message, DAEMONS);
    let mut signs: Vec<&str> = Vec::new();
    if daemon || is_from(message, MACHINES) {
        signs.push("sender is a mail system");
    }
    if sender.null {
        signs.push("null envelope sender");
    }
    if auto::is_auto_subject(&subject) {
        return None;
    }
    if signs.is_empty() {
        return by_form(message, &subject, &text);
    }
    if SUBJECTS.iter().any(|phrase| subject.contains(phrase)) {
        signs.push("subject");
    }
    if BODIES.iter().any(|phrase| text.contains(phrase)) {
        signs.push("body");
    }
    let returned = |kind: &str| message.parts().any(|part| part.is(kind));
    if daemon && (returned("message/rfc822") || returned("text/rfc822-headers")) {
        signs.push("the message returned");
    }
    if !["subject", "body", "the message returned"]
        .iter()
        .any(|sign| signs.contains(sign))
    {
        return None;
    }
    Some(Verdict::new(Kind::Bounce, signs.join(" and ")))
}

/// A gateway that bounces under its own name: subject and opening say so, a line names the recipient and nothing else,
/// and it answers no message. A person's report of a bounce fails the last two.
fn by_form(message: &Message<'_>, subject: &str, text: &str) -> Option<Verdict> {
    if message.header("in-reply-to").first().is_some()
        || !SUBJECTS.iter().any(|phrase| subject.contains(phrase))
    {
        return None;
    }
    let end = text
        .char_indices()
        .nth(FORM_HEAD)
        .map_or(text.len(), |(at, _)| at);
    let head = &text[..end];
    let names_one = head.lines().map(str::trim).any(|line| {
        line.contains('@') && (line.starts_with(['<', '"']) || !line.contains(char::is_whitespace))
    });
    let returned = message.parts().any(|part| part.is("message/rfc822"));
    if !BODIES.iter().any(|phrase| head.contains(phrase)) || !names_one && !returned {
        return None;
    }
    Some(Verdict::new(
        Kind::Bounce,
        "subject and body in the form of a bounce",
    ))
}

/// Reports that other programs make of a bounce or a complaint.
fn notification(subject: &str, text: &str, message: &Message<'_>) -> Option<Verdict> {
    // Amazon's notification service mails JSON.
    if text.contains("\"notificationtype\":") || text.contains("\"eventtype\":") {
        let dense: String = text.chars().filter(|c| !c.is_whitespace()).collect();
        let says = |value: &str| {
            dense.contains(&format!("\"notificationtype\":\"{value}\""))
                || dense.contains(&format!("\"eventtype\":\"{value}\""))
        };
        if says("bounce") {
            return Some(Verdict::new(Kind::Bounce, "notificationType: Bounce"));
        }
        if says("complaint") {
            return Some(Verdict::new(
                Kind::FeedbackReport,
                "notificationType: Complaint",
            ));
        }
        if says("delivery") {
            return Some(Verdict::new(
                Kind::DeliveryNotice,
                "notificationType: Delivery",
            ));
        }
    }
    // fml answers as the list's administrator what it will not post.
    if message.header("x-mlserver").first().is_some()
        && message
            .from()
            .iter()
            .any(|from| from.local_part().to_ascii_lowercase().ends_with("-admin"))
    {
        return Some(Verdict::new(
            Kind::Bounce,
            "X-MLServer, from the list's administrator",
        ));
    }
    // Hotmail's complaints came before RFC 5965 and never moved to it.
    if subject
        .trim_start()
        .starts_with("complaint about message from")
        && message.parts().any(|part| part.is("message/rfc822"))
    {
        return Some(Verdict::new(
            Kind::FeedbackReport,
            "complaint about message from",
        ));
    }
    None
}

/// How the text opens, in lower case.
fn opening(message: &Message<'_>) -> String {
    let text = text(message);
    let end = text
        .char_indices()
        .nth(HEAD)
        .map_or(text.len(), |(at, _)| at);
    text[..end].to_lowercase()
}

/// What is written for people.
pub(super) fn text<'m>(message: &'m Message<'_>) -> Cow<'m, str> {
    let text = message.text();
    if !text.trim().is_empty() {
        return text;
    }
    let text = html::to_text(&message.html());
    if !text.trim().is_empty() {
        return Cow::Owned(text);
    }
    // A multipart whose boundary was lost holds its text as a preamble.
    message
        .parts()
        .find(|part| part.is_multipart() && !part.has_parts())
        .map(|part| part.text())
        .unwrap_or_default()
}

fn is_from(message: &Message<'_>, machines: &[&str]) -> bool {
    message.from().iter().any(|from| {
        let local = from.local_part().to_ascii_lowercase();
        let name = from.name().to_lowercase();
        machines
            .iter()
            .any(|machine| local.starts_with(machine) || name.starts_with(machine))
    })
}

/// They send nothing but reports.
const DAEMONS: &[&str] = &[
    "mailer-daemon",
    "mailerdaemon",
    "mail delivery s",
    "mail delivery subsystem",
];

const MACHINES: &[&str] = &[
    "mail delivery",
    "post_master",
    "no-reply",
    "noreply",
    "do-not-reply",
    "maildelivery",
    "mail administrator",
    "mail system",
    "mdaemon",
    "postmaster",
    "microsoft exchange",
    "system administrator",
    "bounce",
    "delivery subsystem",
    "mmdf",
    "smtp server",
];

const SUBJECTS: &[&str] = &[
    "undeliver",
    "delivery status",
    "delivery failure",
    "delivery fail",
    "delivery report",
    "failed delivery",
    "failure notice",
    "mail failure",
    "mail delivery",
    "returned mail",
    "returned to sender",
    "return to sender",
    "non-deliv",
    "nondeliver",
    "non deliv",
    "message status - undelivered",
    "could not be delivered",
    "not delivered",
    "delivery problem",
    "delivery error",
    "undelivered",
    "unzustellbar",
    "nicht zugestellt",
    "non remis",
    "échec de la remise",
    "no se puede entregar",
    "mail system error",
    "warning: could not send",
    "user unknown",
    "unknown user",
    "message not delivered",
    "unable to deliver",
    "permanent failure",
    "bounced",
    "mail failed",
    "returning to sender",
    "has not yet been delivered",
    "delayed mail",
    "message delayed",
    "メールエラー",
    "配信エラー",
    "配信不能",
    "退信",
    "无法投递",
    "недоставленн",
    "не доставлено",
    "não entregue",
    "no entregado",
    "mancato recapito",
    "niet bezorgd",
    "onbestelbaar",
    "kunde inte levereras",
    "kunne ikke leveres",
    "niedostarczon",
];

const BODIES: &[&str] = &[
    "could not be delivered",
    "couldn't be delivered",
    "was not delivered",
    "were not delivered",
    "not be delivered",
    "not delivered to",
    "undeliverable",
    "undelivered",
    "delivery failed",
    "delivery to the following",
    "delivery of the following",
    "permanent fatal errors",
    "permanent error",
    "failed permanently",
    "permanently failed",
    "user unknown",
    "unknown user",
    "no such user",
    "mailbox unavailable",
    "mailbox is full",
    "unable to deliver",
    "unable to be delivered",
    "was unable to relay",
    "did not reach the following",
    "returned to sender",
    "this is the qmail-send program",
    "i wasn't able to deliver",
    "the following address",
    "rejected your message",
    "message was rejected",
    "recipient address rejected",
    "wurde nicht zugestellt",
    "konnte nicht zugestellt",
    "invalid user address",
    "has not yet been delivered",
    "requested action not taken",
    "送信できませんでした",
    "配信できません",
    "无法送达",
    "не может быть доставлено",
    "no se pudo entregar",
    "n'a pas pu être remis",
    "n'a pas pu être distribué",
    "não foi possível entregar",
    "non è stato possibile recapitare",
    "kon niet worden bezorgd",
];

/// What a bounce has to say stands at its top, in characters.
const HEAD: usize = 4_000;

/// And without a machine's name, at the very top.
const FORM_HEAD: usize = 800;
