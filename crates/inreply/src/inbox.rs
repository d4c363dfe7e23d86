//! What the product is asked, and what it is given.

use std::fmt;
use std::future::Future;
use std::time::SystemTime;

use inreply_token::Opened;

use crate::attachments::Attachment;

use crate::auth::{AuthResult, Verdicts};
use crate::bounce::Bounce;
use crate::spool::QueueId;

/// The product's side of incoming mail.
///
/// The calls may be slow and may fail; they are made on the runtime of the listener and may run at the same time.
pub trait Inbox: Send + Sync + 'static {
    /// Whether an answer with this token is taken now, and from whom. Asked at RCPT and again before the comment.
    fn standing(&self, token: &Opened)
    -> impl Future<Output = Result<Standing, InboxError>> + Send;

    /// Whether this reply is taken, while the sender's server waits for the word: the last chance to tell them that it is too
    /// long, or that the thread was locked meanwhile. Asked at the end of the message, and again before the comment. **Stores
    /// nothing**: the reply is not durable yet. Takes everything by default.
    fn review(
        &self,
        _reply: &IncomingReply,
    ) -> impl Future<Output = Result<Review, InboxError>> + Send {
        std::future::ready(Ok(Review::Take))
    }

    /// Stores a reply as a comment. The message is durable before, and this call is made again after a crash or a transient
    /// error: **store [`IncomingReply::key`] in the same transaction as the comment**, and answer
    /// [`Receipt::Duplicate`] where it is there already.
    fn comment(
        &self,
        reply: IncomingReply,
    ) -> impl Future<Output = Result<Receipt, InboxError>> + Send;

    /// Mail to the recipient of a token came back. Does nothing by default; what to do is to send that mailbox no more where
    /// [`Bounce::is_of_the_mailbox`].
    fn bounced(&self, _bounce: &Bounce) -> impl Future<Output = Result<(), InboxError>> + Send {
        std::future::ready(Ok(()))
    }

    /// The recipient of this token wants no more of its subject. Does nothing by default.
    fn unsubscribed(&self, _token: &Opened) -> impl Future<Output = Result<(), InboxError>> + Send {
        std::future::ready(Ok(()))
    }
}

/// Whether a token may be used.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Standing {
    /// Answers are taken from these senders.
    Open(Senders),
    /// No answer is taken any more; the reason is told to the sender (`the issue is locked`), in ASCII.
    Closed(String),
}

/// Whether a reply may become a comment.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Review {
    /// It may.
    Take,
    /// It may not; the reason is told to the sender (`a comment has at most 65,536 characters`), in ASCII.
    Refuse(String),
}

/// Who may use a token. The token alone proves that its holder has seen the notification.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Senders {
    /// Whoever holds the token: forwarding the notification hands the right on.
    Anyone,
    /// Only mail whose From is one of these addresses, compared without regard to case. Nothing proves From by itself: it
    /// stops the colleague who answers a forwarded notification, not a forger who has the token.
    Only(Vec<String>),
    /// Only mail whose From is one of these addresses, and whose domain has vouched for it: an aligned DMARC pass
    /// ([`Verdicts::authenticates`]). It stops the forger too, and everybody whose domain publishes no DMARC policy. Without an
    /// authenticator nobody passes.
    OnlyAuthenticated(Vec<String>),
}

/// Whether a sender may use a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Permission {
    /// They may.
    Granted,
    /// The address is not one of those that may.
    Stranger,
    /// The address may, and its domain has not vouched for the message.
    Unproven,
    /// The same, and a lookup that failed for now may be the reason.
    Undecided,
}

impl Senders {
    /// Whether `from`, a bare address, may write; none of the verdicts where nobody has looked.
    ///
    /// ```
    /// use inreply::auth::{AuthResult, Dmarc, Verdicts};
    /// use inreply::inbox::{Permission, Senders};
    ///
    /// let senders = Senders::OnlyAuthenticated(vec!["ann@example.com".to_owned()]);
    /// assert_eq!(senders.permission("Ann@example.com", None), Permission::Unproven);
    /// let mut verdicts = Verdicts::default();
    /// verdicts.dmarc = Dmarc::new(AuthResult::Pass, "example.com");
    /// assert_eq!(senders.permission("Ann@example.com", Some(&verdicts)), Permission::Granted);
    /// assert_eq!(senders.permission("bob@example.com", Some(&verdicts)), Permission::Stranger);
    /// ```
    pub fn permission(&self, from: &str, verdicts: Option<&Verdicts>) -> Permission {
        let (addresses, proven) = match self {
            Self::Anyone => return Permission::Granted,
            Self::Only(addresses) => (addresses, true),
            Self::OnlyAuthenticated(addresses) => {
                let proven = verdicts.is_some_and(|verdicts| verdicts.authenticates(from));
                (addresses, proven)
            }
        };
        let mut addresses = addresses.iter();
        if !addresses.any(|address| address.eq_ignore_ascii_case(from)) {
            return Permission::Stranger;
        }
        match (proven, verdicts.map(|verdicts| verdicts.dmarc.result)) {
            (true, _) => Permission::Granted,
            (false, Some(AuthResult::TempError)) => Permission::Undecided,
            (false, _) => Permission::Unproven,
        }
    }
}

/// A reply, verified and cleaned.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct IncomingReply {
    /// Who answers what.
    pub token: Opened,
    /// What the person wrote, without quotes and signature; lines end with LF.
    pub text: String,
    /// The same as Markdown: emphasis, links, lists and code of an HTML message; of a plain one the text, escaped nowhere.
    pub markdown: String,
    /// The HTML of the message where it has some, whole, with quotes and signature, as it came. **Never shown unsanitised.**
    pub html: Option<String>,
    /// The files that came with it, within the limits of [`Site::attachments`](crate::site::Site::attachments).
    pub attachments: Vec<Attachment>,
    /// Attachments beyond the limits, which are in the original alone.
    pub attachments_left_out: usize,
    /// The address in From.
    pub from: String,
    /// What authentication has found; none where nobody has looked.
    pub verdicts: Option<Verdicts>,
    /// The subject, decoded.
    pub subject: String,
    /// The Message-ID without angle brackets, where there is one.
    pub message_id: Option<String>,
    /// The Message-IDs in In-Reply-To, without angle brackets.
    pub in_reply_to: Vec<String>,
    /// The Message-IDs in References, the oldest first.
    pub references: Vec<String>,
    /// The same for every copy of the same reply.
    pub key: IdempotencyKey,
    /// When the server took it.
    pub received_at: SystemTime,
    /// Its message in the spool, where the worker gives it; none while it is reviewed.
    pub queue_id: Option<QueueId>,
}

/// Identifies a reply: a hash over its token, its Message-ID (Date and From where it has none) and its body.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct IdempotencyKey(pub(crate) [u8; 32]);

impl IdempotencyKey {
    /// A key that a store has kept, or one of a test.
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The 32 bytes.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Debug for IdempotencyKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Lower-case hex.
impl fmt::Display for IdempotencyKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// What became of a reply.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Receipt {
    /// It is a comment now.
    Stored,
    /// It was one already.
    Duplicate,
}

/// Why the product did not take a reply or did not answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InboxError {
    /// Not now: the reply stays where it is and is offered again.
    #[error("not now: {0}")]
    Transient(String),
    /// Never: the reply is kept as a failure with this reason.
    #[error("{0}")]
    Permanent(String),
}
