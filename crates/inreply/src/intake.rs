//! From a message to what it means: pure, without a socket, a disk or a clock.

use std::time::SystemTime;

use inreply_mime::Message;
use inreply_mime::kind::{Kind, Verdict};
use inreply_mime::reply;
use inreply_smtp::wire::path::ReversePath;
use inreply_token::{Day, Ids, Opened};
use sha2::{Digest, Sha256};

use crate::attachments;
use crate::auth::Verdicts;
use crate::bounce::Bounce;
use crate::gate::{Gate, Recipient};
use crate::inbox::{IdempotencyKey, IncomingReply, Permission, Senders};
use crate::refusal::Refusal;
use crate::site::Site;

/// Received fields of a message that runs in a circle (RFC 5321 §6.3 asks for a limit of at least 100).
pub(crate) const MAX_HOPS: usize = 100;

/// What is known of a message beside its octets.
#[derive(Debug, Clone, Copy)]
#[allow(clippy::exhaustive_structs)]
pub struct Mail<'a> {
    /// Who gets reports about it.
    pub reverse_path: &'a ReversePath<'static>,
    /// What its accepted recipients stand for.
    pub recipients: &'a [Recipient],
    /// Who may use its reply token; none where the product has not said yet, so that the question stays open.
    pub senders: Option<&'a Senders>,
    /// What authentication has found; none where nobody has looked.
    pub verdicts: Option<&'a Verdicts>,
    /// When it came.
    pub received_at: SystemTime,
    /// Its octets.
    pub message: &'a [u8],
}

/// What a message means.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Outcome {
    /// A person's answer.
    Comment(Box<IncomingReply>),
    /// Mail to the recipient of a token came back.
    Bounced(Bounce),
    /// The recipient of this token wants no more.
    Unsubscribed(Opened),
    /// For the operator.
    Operator,
    /// From a machine, or for nobody: kept under this kind and answered with 250, for a 5xx would breed bounces.
    Ignored {
        /// The folder below `ignored/`.
        kind: &'static str,
        /// What told it.
        reason: String,
    },
    /// Not taken.
    Refused {
        /// What the sender hears: see [`Refusal::reply`].
        refusal: Refusal,
        /// What the operator reads.
        reason: &'static str,
    },
}

/// Decides a message, in the order in which faults matter.
///
/// A message for a reply token is judged as a reply whatever else it is addressed to.
///
/// ```
/// use std::time::SystemTime;
/// use inreply::gate::{Decision, Gate};
/// use inreply::inbox::{Senders, Standing};
/// use inreply::intake::{Mail, Outcome, decide};
/// use inreply::site::Site;
/// use inreply_token::{Context, Day, Key, KeyId, KeyRing};
///
/// let gate = Gate::new(Site::new("forge.example")?, &KeyRing::new(KeyId(1), Key::from_bytes(&[7; 32])?));
/// let today = Day::from_unix_seconds(1_800_000_000);
/// let address = gate.addresses().mint(Context::Reply, (7, 5), today)?;
/// let Decision::Ask(token) = gate.check(&[], &format!("<{address}>").parse()?, today) else { panic!() };
/// let recipient = gate.admit(token, &Standing::Open(Senders::Anyone)).unwrap();
///
/// let message = b"From: ann@example.com\r\n\r\nMerge it.\r\n\r\nOn Mon, 2 Nov 2026, Bob <bob@example.com> wrote:\r\n> Shall I?\r\n";
/// let mail = Mail {
///     reverse_path: &"<ann@example.com>".parse()?,
///     recipients: &[recipient],
///     senders: Some(&Senders::Anyone),
///     verdicts: None,
///     received_at: SystemTime::UNIX_EPOCH,
///     message,
/// };
/// let Outcome::Comment(reply) = decide(&gate, &mail) else { panic!() };
/// assert_eq!((reply.text.as_str(), reply.from.as_str()), ("Merge it.", "ann@example.com"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn decide(gate: &Gate, mail: &Mail<'_>) -> Outcome {
    let site = gate.site();
    let message = Message::parse(mail.message);
    let sender = mail
        .reverse_path
        .mailbox()
        .map_or("", |mailbox| mailbox.as_str());
    let verdict = Verdict::of_foreign(&message, Some(sender), |message| {
        is_own(site, message) || is_marked(gate, message, mail.received_at)
    });
    let find = |wanted: fn(&Recipient) -> Option<Opened>| mail.recipients.iter().find_map(wanted);
    let reply = find(|recipient| match recipient {
        Recipient::Reply(opened) => Some(*opened),
        _ => None,
    });
    let Some(token) = reply else {
        return without_reply_token(mail, &verdict);
    };
    match verdict.kind() {
        Kind::Human => {}
        // Precedence and List-* alone never outweigh a token that holds and a sender that can be told.
        Kind::List if !sender.is_empty() => {}
        kind => return ignored(kind, &verdict),
    }
    comment(site, mail, &message, token)
}

fn without_reply_token(mail: &Mail<'_>, verdict: &Verdict) -> Outcome {
    for recipient in mail.recipients {
        match (recipient, verdict.kind()) {
            (Recipient::Bounce(opened), Kind::Bounce) => {
                return Bounce::of(*opened, verdict)
                    .map_or_else(|| ignored(Kind::DeliveryNotice, verdict), Outcome::Bounced);
            }
            (Recipient::Unsubscribe(opened), Kind::Human | Kind::List) => {
                return Outcome::Unsubscribed(*opened);
            }
            (Recipient::Operator, _) => return Outcome::Operator,
            _ => {}
        }
    }
    match verdict.kind() {
        Kind::Human => Outcome::Ignored {
            kind: "nobody",
            reason: "no recipient reads mail".to_owned(),
        },
        kind => ignored(kind, verdict),
    }
}

fn ignored(kind: Kind, verdict: &Verdict) -> Outcome {
    Outcome::Ignored {
        kind: kind.name(),
        reason: verdict.reason().to_owned(),
    }
}

fn comment(site: &Site, mail: &Mail<'_>, message: &Message<'_>, token: Opened) -> Outcome {
    let refused = |refusal, reason| Outcome::Refused { refusal, reason };
    if message.header("received").count() >= MAX_HOPS {
        return refused(Refusal::Loop, "100 or more Received fields");
    }
    let from = message.from();
    let (1, [from]) = (message.header("from").count(), &from[..]) else {
        return refused(Refusal::NotOneFrom, "not exactly one author in From");
    };
    let permission = mail
        .senders
        .map(|senders| senders.permission(from.address(), mail.verdicts));
    if let Some((refusal, reason)) = permission.and_then(denied) {
        return refused(refusal, reason);
    }
    let written = reply::Reply::of_message(message);
    if matches!(
        written.source(),
        reply::Source::Encrypted | reply::Source::None
    ) {
        return refused(Refusal::Unreadable, "encrypted, or without any text");
    }
    let text = written
        .visible_without(|address| site.is_own_address(address))
        .replace("\r\n", "\n");
    if text.is_empty() {
        return refused(
            Refusal::NothingLeft,
            "nothing was left without quotes and signature",
        );
    }
    let markdown = match written.source() {
        reply::Source::Html => written
            .markdown_without(|address| site.is_own_address(address))
            .replace("\r\n", "\n"),
        _ => text.clone(),
    };
    let (attachments, attachments_left_out) = attachments::of(message, site.attachment_limits());
    Outcome::Comment(Box::new(IncomingReply {
        token,
        text,
        markdown,
        html: message.html_part().map(|part| part.text().into_owned()),
        attachments,
        attachments_left_out,
        in_reply_to: message.in_reply_to(),
        references: message.references(),
        from: from.address().to_owned(),
        verdicts: mail.verdicts.cloned(),
        subject: message.subject().unwrap_or_default().into_owned(),
        message_id: message.message_id(),
        key: key(message, token, written.text()),
        received_at: mail.received_at,
        queue_id: None,
    }))
}

/// What a sender hears who may not use the token, and what the operator reads.
pub(crate) fn denied(permission: Permission) -> Option<(Refusal, &'static str)> {
    match permission {
        Permission::Granted => None,
        Permission::Stranger => Some((
            Refusal::SenderNotAllowed,
            "the author in From may not use this token",
        )),
        Permission::Undecided => Some((
            Refusal::SenderUndecided,
            "whether the author's domain vouches for the message is not known yet",
        )),
        Permission::Unproven => Some((
            Refusal::SenderUnproven,
            "the author's domain does not vouch for the message",
        )),
    }
}

/// Whether a message is one of our notifications, by its own Message-ID: `kind/number` in front of our host
/// ([`crate::notify`]). References and Received prove nothing.
fn is_own(site: &Site, message: &Message<'_>) -> bool {
    message.message_id().is_some_and(|id| {
        let Some((local_part, domain)) = id.rsplit_once('@') else {
            return false;
        };
        let mut words = local_part.split('/');
        let kind = words
            .next()
            .is_some_and(|kind| kind.bytes().all(|octet| octet.is_ascii_lowercase()));
        let number = words
            .next()
            .is_some_and(|number| number.bytes().all(|octet| octet.is_ascii_digit()));
        kind && number && domain.eq_ignore_ascii_case(site.host().as_str())
    })
}

/// Whether a message carries our mark: a relay that rewrites Message-ID leaves it alone.
fn is_marked(gate: &Gate, message: &Message<'_>, received_at: SystemTime) -> bool {
    let today = Day::from(received_at);
    let mark = message.header("x-inreply-own").first();
    mark.is_some_and(|mark| gate.is_mark(mark.text().trim(), today))
}

/// The same for each copy of a reply: its token, its Message-ID (Date and From where it has none) and its text.
fn key(message: &Message<'_>, token: Opened, text: &str) -> IdempotencyKey {
    let mut hash = Sha256::new();
    let mut field = |bytes: &[u8]| {
        hash.update((bytes.len() as u64).to_be_bytes());
        hash.update(bytes);
    };
    field(b"inreply reply 1");
    field(token.context.as_str().as_bytes());
    match token.ids {
        Ids::Pair { subject, recipient } => {
            field(&subject.to_be_bytes());
            field(&recipient.to_be_bytes());
        }
        Ids::Uuid { subject, recipient } => {
            field(&subject);
            field(&recipient.to_be_bytes());
        }
        Ids::Handle(handle) => field(&handle),
        // A layout to come is told by its text until it has a line of its own here.
        other => field(format!("{other:?}").as_bytes()),
    }
    match message.message_id() {
        Some(id) => field(id.as_bytes()),
        None => {
            for name in ["date", "from"] {
                field(
                    message
                        .header(name)
                        .first()
                        .map_or(&[][..], |field| field.raw()),
                );
            }
        }
    }
    field(text.as_bytes());
    IdempotencyKey(hash.finalize().into())
}

#[cfg(test)]
mod tests;
