//! What the product hears of its messages.

use std::fmt;
use std::future::Future;

use inreply_smtp::transcript::Transcript;
use inreply_smtp::wire::path::ForwardPath;

use crate::spool::QueueId;

/// The product's side of outgoing mail.
///
/// It is told of each recipient once the relay has taken or refused the message for it, or nobody tries any more. The result is
/// kept until the product has it: after a crash or an error it is told again, with the same id and recipient.
pub trait Notices: Send + Sync + 'static {
    /// How it ended for one recipient.
    fn ended(&self, notice: &Notice) -> impl Future<Output = Result<(), NoticeError>> + Send;

    /// What was said to the relay about a message, well or badly, for a [log](crate::logs::ConversationLog): called once a try, also
    /// where the relay gives no session. It may hold the first commands of the message behind. Does nothing by default.
    fn said(&self, _id: QueueId, _transcript: &Transcript) {}
}

/// Nobody is told; the log has it.
impl Notices for () {
    async fn ended(&self, _: &Notice) -> Result<(), NoticeError> {
        Ok(())
    }
}

/// What became of a message for one recipient.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Notice {
    /// The message.
    pub id: QueueId,
    /// Its Message-ID without angle brackets, where it has one.
    pub message_id: Option<String>,
    /// What [`Letter::tag`](super::Letter::tag) said.
    pub tag: String,
    /// The recipient.
    pub recipient: ForwardPath<'static>,
    /// How it ended.
    pub end: End,
}

/// How a message ended for one recipient.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum End {
    /// The relay has taken it, with these words. It may still come back: see [`Inbox::bounced`](crate::inbox::Inbox::bounced).
    Delivered(String),
    /// Its time to live passed; the text says what stood in the way last.
    Expired(String),
    /// Its domain is none of [`OutboxConfig::only_domains`](super::OutboxConfig::only_domains): nothing was sent.
    NotAllowed,
    /// The relay has refused it for good, with these words, or cannot take such a message.
    Refused(String),
    /// The mailbox is on the suppression list, for this reason: nothing was sent.
    Suppressed(String),
}

impl End {
    /// Whether the relay has it.
    pub fn is_delivered(&self) -> bool {
        matches!(self, Self::Delivered(_))
    }

    /// How it ended, in one word: `not-allowed`.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Delivered(_) => "delivered",
            Self::Expired(_) => "expired",
            Self::NotAllowed => "not-allowed",
            Self::Refused(_) => "refused",
            Self::Suppressed(_) => "suppressed",
        }
    }

    /// A letter for the store, and the text.
    pub(super) fn parts(&self) -> (u8, &str) {
        match self {
            Self::Delivered(text) => (b'D', text),
            Self::Expired(text) => (b'E', text),
            Self::NotAllowed => (b'N', ""),
            Self::Refused(text) => (b'R', text),
            Self::Suppressed(text) => (b'S', text),
        }
    }

    pub(super) fn from_parts(letter: u8, text: String) -> Option<Self> {
        Some(match letter {
            b'D' => Self::Delivered(text),
            b'E' => Self::Expired(text),
            b'N' => Self::NotAllowed,
            b'R' => Self::Refused(text),
            b'S' => Self::Suppressed(text),
            _ => return None,
        })
    }
}

/// For logs and lists: `refused: 550 5.1.1 No such user`.
impl fmt::Display for End {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Delivered(text) => write!(f, "delivered: {text}"),
            Self::Expired(text) => write!(f, "expired: {text}"),
            Self::NotAllowed => f.write_str("not allowed: the domain gets no mail from here"),
            Self::Refused(text) => write!(f, "refused: {text}"),
            Self::Suppressed(text) => write!(f, "suppressed: {text}"),
        }
    }
}

/// The product could not take a notice; it is told again later.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not now: {0}")]
pub struct NoticeError(pub String);
