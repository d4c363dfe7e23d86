//! Whom a bounce in plain words is about, and why: what servers write for people.
//!
//! ```text
//!  qmail, Postfix, Yahoo     <bob@example.com>:
//!                            550 5.1.1 no such user
//!  Exim                        bob@example.com
//!                                host mx.example.com: 550 no such user
//!  sendmail                  <bob@example.com>
//!                                (reason: 550 5.1.1 <bob@example.com>... User unknown)
//!  Exchange                  bob@example.com on Thu, 29 Apr 2004 16:51:29 -0500
//!                                The recipient name is not recognized
//!  Domino                    was not delivered to:
//!                              bob@example.com
//!                            because:
//!                              User bob (bob@example.com) not listed in Domino Directory
//! ```
//!
//! One rule reads them all: a line that begins with an address names a recipient, what follows up to a blank line is
//! the reason; where none is there, the reason is the first line with a reply code.

use super::Recipient;
use crate::message::Message;
use crate::reply::feature::address_at;
use crate::report::{self, Action};

/// The recipients of a bounce that has no delivery-status part, as far as its text says.
pub(super) fn recipients(message: &Message<'_>, text: &str) -> Vec<Recipient> {
    let report = Text::new(message, text);
    let mut named = report.named();
    let failed = failed_recipients(message);
    if !failed.is_empty() {
        named.retain(|one| failed.iter().any(|other| one.is(other)));
        for address in failed {
            if !named.iter().any(|one| one.is(&address)) {
                named.push(Named::new(address));
            }
        }
    }
    if named.is_empty() {
        named = report.amazon();
    }
    if named.is_empty() {
        named.extend(report.mentioned());
    }
    if named.is_empty() {
        // One recipient alone can be meant.
        if let Some(returned) = report::returned(message)
            && let [to] = returned.to().as_slice()
        {
            named.push(Named::new(to.address().to_owned()));
        }
    }
    let action = report.action(message);
    let fallback = report.reply_line();
    named
        .into_iter()
        .map(|one| {
            let reason = if one.reason.is_empty() {
                fallback.to_owned()
            } else {
                one.reason
            };
            Recipient {
                address: one.address,
                action,
                status: status(&reason)
                    .or_else(|| status(fallback))
                    .unwrap_or_default()
                    .to_owned(),
                diagnostic: reason,
            }
        })
        .collect()
}

/// Exim's own field, which others have taken up.
fn failed_recipients(message: &Message<'_>) -> Vec<String> {
    let listed = message.addresses("x-failed-recipients").into_iter();
    listed
        .map(|address| address.address().to_owned())
        .filter(|address| !address.is_empty())
        .take(MAX_RECIPIENTS)
        .collect()
}

/// A recipient that the text names.
struct Named {
    address: String,
    reason: String,
}

impl Named {
    fn new(address: String) -> Self {
        Self {
            address,
            reason: String::new(),
        }
    }

    fn is(&self, address: &str) -> bool {
        self.address.eq_ignore_ascii_case(address)
    }

    /// Takes one more line of the reason.
    fn explain(&mut self, line: &str) {
        let line = line.trim();
        if line.is_empty() || self.reason.len() + line.len() > MAX_REASON {
            return;
        }
        if !self.reason.is_empty() {
            self.reason.push(' ');
        }
        self.reason.push_str(line);
    }
}

/// What the server wrote, without the message it returns.
struct Text<'t> {
    lines: Vec<&'t str>,
    /// Addresses that a bounce mentions without meaning them: its own sender and recipient.
    others: Vec<String>,
}

impl<'t> Text<'t> {
    fn new(message: &Message<'_>, text: &'t str) -> Self {
        let lines = text
            .lines()
            .take(MAX_LINES)
            .take_while(|line| !is_returned_message(line))
            .collect();
        let others = message.from().into_iter().chain(message.to());
        Self {
            lines,
            others: others.map(|one| one.address().to_owned()).collect(),
        }
    }

    /// The recipients that a line begins with, each once.
    fn named(&self) -> Vec<Named> {
        let mut named: Vec<Named> = Vec::new();
        // Where the reason belongs that the next line goes on with.
        let mut open: Option<usize> = None;
        for line in &self.lines {
            let Some((address, rest)) = recipient(line).filter(|(address, _)| self.means(address))
            else {
                match open {
                    Some(at) if !line.trim().is_empty() => named[at].explain(line),
                    // A blank line between the address and its reason is no end, nor behind "because:".
                    Some(at) if named[at].reason.is_empty() || named[at].reason.ends_with(':') => {}
                    _ => open = None,
                }
                continue;
            };
            let known = named.iter().position(|one| one.is(address));
            if known.is_none() && named.len() == MAX_RECIPIENTS {
                break;
            }
            let at = known.unwrap_or(named.len());
            if known.is_none() {
                named.push(Named::new(address.to_owned()));
            }
            named[at].explain(rest);
            open = Some(at);
        }
        named
    }

    /// The first recipient in the middle of a line: "your message to bob@example.com".
    fn mentioned(&self) -> Option<Named> {
        let mut addresses = self.lines.iter().filter_map(|line| {
            let (start, end) = address_at(line)?;
            let address = bare(&line[start..end]);
            self.means(address).then(|| Named::new(address.to_owned()))
        });
        addresses.next()
    }

    /// Amazon's notification service writes JSON.
    fn amazon(&self) -> Vec<Named> {
        let mut named = Vec::new();
        let parts = self
            .lines
            .iter()
            .filter(|line| line.contains("bouncedRecipients"))
            .flat_map(|line| line.split("\"emailAddress\":\"").skip(1));
        for part in parts.take(MAX_RECIPIENTS) {
            let (address, rest) = part.split_once('"').unwrap_or((part, ""));
            let mut one = Named::new(address.to_owned());
            if let Some((_, text)) = rest.split_once("\"diagnosticCode\":\"") {
                one.explain(text.split('"').next().unwrap_or_default());
            } else if let Some((_, text)) = rest.split_once("\"status\":\"") {
                one.explain(text.split('"').next().unwrap_or_default());
            }
            named.push(one);
        }
        named
    }

    fn means(&self, address: &str) -> bool {
        let local = address.split('@').next().unwrap_or_default();
        !OPERATORS
            .iter()
            .any(|name| local.eq_ignore_ascii_case(name))
            && !self
                .others
                .iter()
                .any(|other| other.eq_ignore_ascii_case(address))
    }

    /// The first line with an enhanced status code or an SMTP reply.
    fn reply_line(&self) -> &'t str {
        self.lines
            .iter()
            .map(|line| line.trim())
            .find(|line| status(line).is_some() || is_smtp_reply(line))
            .unwrap_or_default()
    }

    fn action(&self, message: &Message<'_>) -> Action {
        let says = |text: &str, phrases: &[&str]| {
            let lower = text.to_lowercase();
            phrases.iter().any(|phrase| lower.contains(phrase))
        };
        let delayed = message
            .subject()
            .is_some_and(|subject| says(&subject, DELAY_SUBJECTS))
            || self.lines.iter().any(|line| says(line, DELAYS));
        if delayed {
            Action::Delayed
        } else {
            Action::Failed
        }
    }
}

/// The address that a line begins with, and the rest of the line.
fn recipient(line: &str) -> Option<(&str, &str)> {
    let (start, end) = address_at(line)?;
    let before = line[..start].trim_matches(|c: char| c.is_whitespace() || MARKS.contains(&c));
    let lower = before.to_ascii_lowercase();
    if !before.is_empty() && !LABELS.iter().any(|label| lower.starts_with(label)) {
        return None;
    }
    let rest = line[end..].trim_start_matches(|c: char| c.is_whitespace() || MARKS.contains(&c));
    Some((bare(&line[start..end]), rest))
}

/// Without the quote marks before an address and the full stop that ends the sentence.
fn bare(address: &str) -> &str {
    address
        .trim_start_matches(['\'', '`', '*'])
        .trim_end_matches(['.', '-'])
}

/// Where the returned message starts.
fn is_returned_message(line: &str) -> bool {
    let line = line.trim();
    if line.starts_with("Received: ") || line.starts_with("Return-Path: ") {
        return true;
    }
    let dashed = line.starts_with("--") || line.ends_with("--") || line.ends_with(['.', ':']);
    let lower = line.to_ascii_lowercase();
    dashed && RETURNED.iter().any(|phrase| lower.contains(phrase))
}

/// `5.1.1`, and not three numbers of an address (RFC 3463 §2).
pub(super) fn status(text: &str) -> Option<&str> {
    let bytes = text.as_bytes();
    let mut from = 0;
    while let Some(at) = memchr::memchr3(b'2', b'4', b'5', bytes.get(from..)?) {
        let start = from + at;
        from = start + 1;
        let inside = start
            .checked_sub(1)
            .is_some_and(|before| bytes[before].is_ascii_alphanumeric() || bytes[before] == b'.');
        if inside || bytes.get(start + 1) != Some(&b'.') {
            continue;
        }
        let digits = |from: usize| {
            bytes[from..]
                .iter()
                .take_while(|b| b.is_ascii_digit())
                .count()
        };
        let subject = digits(start + 2);
        let second = start + 2 + subject;
        if !(1..=3).contains(&subject) || bytes.get(second) != Some(&b'.') {
            continue;
        }
        let detail = digits(second + 1);
        let end = second + 1 + detail;
        let goes_on = bytes.get(end) == Some(&b'.')
            && bytes.get(end + 1).is_some_and(u8::is_ascii_digit)
            || bytes.get(end).is_some_and(u8::is_ascii_alphabetic);
        if (1..=3).contains(&detail) && !goes_on {
            return Some(&text[start..end]);
        }
    }
    None
}

/// `550 no`, also behind `<<<` or `said:`.
fn is_smtp_reply(line: &str) -> bool {
    let mut words = line.split([' ', '-', ':', '(']);
    words.any(|word| {
        word.len() == 3
            && word.starts_with(['4', '5'])
            && word.bytes().all(|byte| byte.is_ascii_digit())
    })
}

/// What stands around an address in a list.
const MARKS: &[char] = &[
    '<', '>', '"', '\'', '*', '-', '[', ']', ':', ';', ',', '.', '>', '\u{2022}',
];

/// What stands before a recipient's address: the labels of LISTSERV, X.400 gateways and SMTP transcripts.
const LABELS: &[&str] = &[
    "error-for",
    "failed recipient",
    "final-recipient: rfc822",
    "original-recipient: rfc822",
    "invalid final delivery userid",
    "recipient",
    "rcpt to",
    "unknown user",
    "user unknown",
    "mailto",
    "smtp",
];

const RETURNED: &[&str] = &[
    "below this line",
    "copy of the message",
    "copy of your message",
    "original message",
    "returned message",
    "unsent message",
    "undelivered message",
    "message header",
    "mensaje original",
    "mensagem original",
    "ursprüngliche nachricht",
    "message d'origine",
];

/// Whom a reader may ask.
const OPERATORS: &[&str] = &[
    "postmaster",
    "mailer-daemon",
    "abuse",
    "support",
    "helpdesk",
    "admin",
    "hostmaster",
];

const DELAY_SUBJECTS: &[&str] = &["delay", "warning: could not send", "warning: message"];

const DELAYS: &[&str] = &[
    "has not yet been delivered",
    "have not yet been delivered",
    "not been delivered yet",
    "need to resend",
    "will be retried",
    "will keep trying",
    "will continue to try",
    "delivery attempts will continue",
];

/// Ten pages of what a server has to say.
const MAX_LINES: usize = 1_000;

const MAX_RECIPIENTS: usize = 1_000;

/// In bytes; RFC 5321 §4.5.3.1.5 has reply lines of 512.
const MAX_REASON: usize = 1_024;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn enhanced_codes() {
        let cases = [
            ("550 5.1.1 <a@b.c>... User unknown", Some("5.1.1")),
            ("(#5.1.1)", Some("5.1.1")),
            ("host 192.0.2.25 said: 4.4.1 timed out", Some("4.4.1")),
            ("192.0.2.2", None),
            ("5.5.5.5", None),
            ("version 15.2.1", None),
            ("Exim 4.80", None),
            ("4.", None),
            ("5.1.", None),
        ];
        for (text, expected) in cases {
            assert_eq!(status(text), expected, "{text}");
        }
    }
}
