//! Bounces without a delivery-status part: what servers wrote before RFC 3464, and what some still write.

use std::borrow::Cow;

use super::words::{
    ANSWERS, BODIES, DAEMONS, FORWARDS, PERSONS, POSTMASTERS, ROBOTS, SUBJECTS, SYSTEMS,
};
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
    let daemon = is_from(message, DAEMONS, DAEMONS);
    let postmaster = is_from(message, POSTMASTERS, SYSTEMS);
    let robot = is_from(message, ROBOTS, &[]);
    let mut signs: Vec<&str> = Vec::new();
    if daemon || postmaster || robot {
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
    // A report answers nobody: a postmaster who does is a person, unless a line is the other server's.
    let answers = has_prefix(&subject, ANSWERS) || has_prefix(&subject, FORWARDS);
    if answers && !daemon && !sender.null && !has_reply_line(&text) {
        return None;
    }
    if !answers && SUBJECTS.iter().any(|phrase| subject.contains(phrase)) {
        signs.push("subject");
    }
    if BODIES.iter().any(|phrase| text.contains(phrase)) {
        signs.push("body");
    }
    let returned = |kind: &str| message.parts().any(|part| part.is(kind));
    if daemon && (returned("message/rfc822") || returned("text/rfc822-headers")) {
        signs.push("the message returned");
    }
    let said = ["subject", "body", "the message returned"]
        .iter()
        .filter(|sign| signs.contains(sign))
        .count();
    // Shops write from "no-reply" that something was not delivered.
    let enough = if robot && !daemon && !postmaster && !sender.null {
        2
    } else {
        1
    };
    if said < enough {
        return None;
    }
    Some(Verdict::new(Kind::Bounce, signs.join(" and ")))
}

/// A gateway that bounces under its own name: subject and opening say so, a line names the recipient and nothing else,
/// and it answers no message. A person's report of a bounce fails the last two.
fn by_form(message: &Message<'_>, subject: &str, text: &str) -> Option<Verdict> {
    if message.header("in-reply-to").first().is_some()
        || has_prefix(subject, FORWARDS)
        || !SUBJECTS.iter().any(|phrase| subject.contains(phrase))
    {
        return None;
    }
    let end = text
        .char_indices()
        .nth(FORM_HEAD)
        .map_or(text.len(), |(at, _)| at);
    let head = &text[..end];
    if is_a_persons(head) {
        return None;
    }
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

/// "My message … Can you check?" is what people write of a bounce, below whom they write to.
fn is_a_persons(head: &str) -> bool {
    let greets = head
        .lines()
        .map(str::trim)
        .find(|line| !line.is_empty())
        .is_some_and(|line| {
            line.ends_with([',', '\u{ff0c}']) && line.split_whitespace().count() <= MAX_GREETING
        });
    greets
        || head.contains('?')
        || head
            .split(|c: char| !c.is_alphanumeric() && c != '\'')
            .any(|word| PERSONS.contains(&word))
}

/// Reports that other programs make of a bounce or a complaint.
fn notification(subject: &str, text: &str, message: &Message<'_>) -> Option<Verdict> {
    // Amazon's notification service mails JSON.
    if text.trim_start().starts_with('{')
        && (text.contains("notificationtype") || text.contains("eventtype"))
    {
        // The one object is often a string in another.
        let dense: String = text
            .chars()
            .filter(|c| !c.is_whitespace() && *c != '\\')
            .collect();
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

/// By the whole word that an address begins with, or by a name.
fn is_from(message: &Message<'_>, locals: &[&str], names: &[&str]) -> bool {
    message.from().iter().any(|from| {
        let local = from.local_part().to_ascii_lowercase();
        let name = from.name().to_lowercase();
        let whole = |machine: &&str| {
            local
                .strip_prefix(machine)
                .is_some_and(|rest| !rest.starts_with(char::is_alphabetic))
        };
        locals.iter().any(whole) || names.iter().any(|system| name.starts_with(system))
    })
}

/// `Re:`, `AW[2]:`, `Fwd:`.
fn has_prefix(subject: &str, prefixes: &[&str]) -> bool {
    let Some((prefix, _)) = subject.trim_start().split_once([':', '\u{ff1a}']) else {
        return false;
    };
    let word = prefix
        .trim_end_matches(|c: char| matches!(c, '[' | ']' | '(' | ')' | ' ') || c.is_ascii_digit());
    prefixes.contains(&word)
}

/// A line that begins with the code of an SMTP reply: `550 5.1.1 no such user`.
fn has_reply_line(text: &str) -> bool {
    text.lines().map(str::trim).any(|line| {
        let code = line.split([' ', '-']).next().unwrap_or_default();
        code.len() == 3
            && code.starts_with(['4', '5'])
            && code.bytes().all(|byte| byte.is_ascii_digit())
            && line.len() > code.len()
    })
}

/// What a bounce has to say stands at its top, in characters.
const HEAD: usize = 4_000;

/// "Dear Mr Stone and colleagues,": in words.
const MAX_GREETING: usize = 6;

/// And without a machine's name, at the very top.
const FORM_HEAD: usize = 800;
