//! Who wrote it: a person or one of the many machines.
//!
//! Asked in this order; the first that holds decides.
//! 1. The caller says it is the system's own.
//! 2. A part with a type of its own: delivery-status (RFC 3464), disposition-notification (RFC 8098), feedback-report
//!    (RFC 5965), tlsrpt (RFC 8460).
//! 3. A bounce by its form: sent by a mail system or `<>`, and saying so in subject, opening or the message returned.
//!    A person who writes about bounces does the second without the first; a postmaster who answers is a person.
//! 4. An invitation: text/calendar as the message, not as a file.
//! 5. Auto-Submitted other than `no`, or two weaker signs: a field of a vacation program, Precedence, `<>`, the subject.
//! 6. A list's software: List-Id and Precedence. List-Unsubscribe on an answer is a customer database's.
//! 7. Else a person. A person's answer taken for a machine's would vanish; the other way round it is a comment too many.

mod auto;
mod bounce;
mod recipient;
mod report;
mod transcript;
mod words;

use std::fmt;

pub use crate::report::Action;
pub use recipient::Recipient;

use crate::message::{Disposition, Message, Part};

/// What a message is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Kind {
    /// A vacation notice or another automatic answer (RFC 3834).
    AutoReply,
    /// A message that could not be delivered, or not yet (RFC 3464, and the many older forms).
    Bounce,
    /// An invitation or its answer (RFC 5546).
    Calendar,
    /// A delivery report of success (RFC 3464): nothing is lost.
    DeliveryNotice,
    /// A complaint (RFC 5965).
    FeedbackReport,
    /// A person's message.
    Human,
    /// Sent to the members of a list by its software.
    List,
    /// Sent by this very system.
    Own,
    /// A disposition notification (RFC 8098).
    ReadReceipt,
    /// A TLS report (RFC 8460).
    TlsReport,
}

impl Kind {
    /// The kind in one word: the name of the folder below `ignored/`.
    pub fn name(self) -> &'static str {
        match self {
            Self::AutoReply => "auto-reply",
            Self::Bounce => "bounce",
            Self::Calendar => "calendar",
            Self::DeliveryNotice => "delivery-notice",
            Self::FeedbackReport => "feedback-report",
            Self::Human => "human",
            Self::List => "list",
            Self::Own => "own",
            Self::ReadReceipt => "read-receipt",
            Self::TlsReport => "tls-report",
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A kind and what it was told by.
///
/// ```
/// use inreply_mime::{Message, kind::{Kind, Verdict}};
///
/// let raw = b"From: Ann <ann@example.com>\r\nAuto-Submitted: auto-replied\r\nSubject: Away\r\n\r\nBack on Monday.\r\n";
/// let verdict = Verdict::of(&Message::parse(raw), Some("ann@example.com"));
/// assert_eq!(verdict.kind(), Kind::AutoReply);
/// assert_eq!(verdict.reason(), "Auto-Submitted: auto-replied");
///
/// let raw = b"From: Ann <ann@example.com>\r\nAuto-Submitted: no\r\nPrecedence: bulk\r\n\r\nI am here.\r\n";
/// assert_eq!(Verdict::of(&Message::parse(raw), Some("ann@example.com")).kind(), Kind::Human);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    kind: Kind,
    reason: String,
    recipients: Vec<Recipient>,
}

impl Verdict {
    /// Classifies a message.
    ///
    /// `envelope_sender` is the address of MAIL FROM, `Some("")` for `<>`; `None` where it is not known: then a
    /// Return-Path field stands for it. Only half of all bounces carry one, so pass it where you have it.
    ///
    /// Whether a message is the system's own is not asked here: see [`Verdict::of_foreign`].
    pub fn of(message: &Message<'_>, envelope_sender: Option<&str>) -> Self {
        Self::of_foreign(message, envelope_sender, |_| false)
    }

    /// Classifies a message; `own` says whether it is one the system sent, by its Message-ID or a signed field.
    ///
    /// A host's name in Received proves nothing and is not looked at.
    pub fn of_foreign(
        message: &Message<'_>,
        envelope_sender: Option<&str>,
        own: impl FnOnce(&Message<'_>) -> bool,
    ) -> Self {
        if own(message) {
            return Self::new(Kind::Own, "sent by this system");
        }
        let sender = Sender::of(message, envelope_sender);
        let verdict = report::read(message)
            .or_else(|| bounce::read(message, &sender))
            .or_else(|| calendar(message))
            .or_else(|| auto::read(message, &sender))
            .or_else(|| list(message))
            .unwrap_or_else(|| Self::new(Kind::Human, "no sign of a machine"));
        if verdict.kind != Kind::Bounce || !verdict.recipients.is_empty() {
            return verdict;
        }
        verdict.with_recipients(transcript::recipients(message, &bounce::text(message)))
    }

    pub(crate) fn new(kind: Kind, reason: impl Into<String>) -> Self {
        Self {
            kind,
            reason: reason.into(),
            recipients: Vec::new(),
        }
    }

    pub(crate) fn with_recipients(mut self, recipients: Vec<Recipient>) -> Self {
        self.recipients = recipients;
        self
    }

    /// What the message is.
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// What it was told by: a field, a part, a phrase.
    pub fn reason(&self) -> &str {
        &self.reason
    }

    /// Whom a bounce or delivery notice is about, as far as it says.
    pub fn recipients(&self) -> &[Recipient] {
        &self.recipients
    }
}

/// What is known of the envelope sender.
pub(crate) struct Sender {
    /// `<>`: a machine that wants no answer.
    pub(crate) null: bool,
}

impl Sender {
    fn of(message: &Message<'_>, envelope_sender: Option<&str>) -> Self {
        let null = match envelope_sender {
            Some(address) => address.trim_matches(['<', '>', ' ']).is_empty(),
            None => message
                .header("return-path")
                .first()
                .is_some_and(|field| field.text().trim_matches(['<', '>', ' ']).is_empty()),
        };
        Self { null }
    }
}

/// An invitation is the message, not a file it carries.
fn calendar(message: &Message<'_>) -> Option<Verdict> {
    // Some calendar servers name the type in a second field and leave the multipart in the first.
    let is_calendar = |text: &str| text.to_ascii_lowercase().starts_with("text/calendar");
    if message
        .header("content-type")
        .any(|field| is_calendar(&field.text()))
    {
        return Some(Verdict::new(Kind::Calendar, "Content-Type: text/calendar"));
    }
    // Microsoft's own name for it.
    let class = |part: &Part<'_>| {
        let mut fields = part.header("content-class");
        fields.any(|field| {
            field
                .text()
                .eq_ignore_ascii_case("urn:content-classes:calendarmessage")
        })
    };
    if message.parts().any(|part| class(&part)) {
        return Some(Verdict::new(
            Kind::Calendar,
            "Content-Class: calendarmessage",
        ));
    }
    let part = message.parts().find(|part| {
        part.is("text/calendar")
            && part.disposition() != Disposition::Attachment
            && (part.parameter("method").is_some() || message.text_part().is_none())
    })?;
    let method = part.parameter("method").unwrap_or_default();
    Some(Verdict::new(
        Kind::Calendar,
        format!("text/calendar {method}").trim_end(),
    ))
}

/// List software says so in three fields at once; a person's answer that came through a list has no Precedence.
fn list(message: &Message<'_>) -> Option<Verdict> {
    // A customer database puts List-Unsubscribe on the answers of its people, too.
    let answers = message.header("in-reply-to").first().is_some();
    let unsubscribe = message.header("list-unsubscribe").first();
    let id = message
        .header("list-id")
        .first()
        .or_else(|| unsubscribe.filter(|_| !answers))?;
    let precedence = message.header("precedence").first()?;
    let word = precedence.text();
    let bulk = ["list", "bulk", "junk"]
        .iter()
        .any(|name| word.trim().eq_ignore_ascii_case(name));
    bulk.then(|| {
        Verdict::new(
            Kind::List,
            format!("{} and Precedence: {}", id.name(), word.trim()),
        )
    })
}
