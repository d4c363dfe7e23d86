//! Bounces without a delivery-status part: what servers wrote before RFC 3464, and what some still write.

use super::{Kind, Sender, Verdict};
use crate::message::Message;

/// Two of three signs make a bounce: a machine as sender, a subject that says so, a body that opens as one.
pub(crate) fn read(message: &Message<'_>, sender: &Sender) -> Option<Verdict> {
    if let Some(field) = message.header("x-failed-recipients").first() {
        return Some(Verdict::new(
            Kind::Bounce,
            format!("X-Failed-Recipients: {}", field.text()),
        ));
    }
    let mut signs: Vec<&str> = Vec::new();
    if is_machine(message) {
        signs.push("sender is a mail system");
    }
    if sender.null {
        signs.push("null envelope sender");
    }
    let subject = message.subject().unwrap_or_default().to_lowercase();
    let said = SUBJECTS.iter().any(|phrase| subject.contains(phrase));
    if said {
        signs.push("Subject");
    }
    if signs.is_empty() {
        return None;
    }
    let text = message.text();
    let head_end = text.char_indices().nth(HEAD).map_or(text.len(), |(at, _)| at);
    let head = text[..head_end].to_lowercase();
    let opens = BODIES.iter().any(|phrase| head.contains(phrase));
    if opens {
        signs.push("body");
    }
    if signs.len() < 2 || !said && !opens {
        return None;
    }
    Some(Verdict::new(Kind::Bounce, signs.join(" and ")))
}

fn is_machine(message: &Message<'_>) -> bool {
    message.from().iter().any(|from| {
        let local = from.local_part().to_ascii_lowercase();
        let name = from.name().to_lowercase();
        MACHINES
            .iter()
            .any(|machine| local.starts_with(machine) || name.starts_with(machine))
    })
}

const MACHINES: &[&str] = &[
    "mailer-daemon",
    "mailerdaemon",
    "mail delivery",
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
];

/// What a bounce has to say stands at its top, in characters.
const HEAD: usize = 4_000;
