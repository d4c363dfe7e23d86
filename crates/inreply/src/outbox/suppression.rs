//! Mailboxes that get nothing.

use std::fmt;
use std::time::SystemTime;

use inreply_smtp::wire::path::ForwardPath;

use super::entry::one_line;
use crate::spool::date;

/// A mailbox that gets nothing until somebody releases it, and why.
///
/// ```
/// use std::time::SystemTime;
/// use inreply::outbox::Suppression;
///
/// let suppression = Suppression::new(&"<Ann@Example.com>".parse()?, "it bounced", SystemTime::now());
/// assert_eq!(suppression.mailbox(), "ann@example.com");
/// # Ok::<(), inreply::smtp::wire::syntax::SyntaxError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Suppression {
    mailbox: String,
    reason: String,
    since: SystemTime,
}

impl Suppression {
    /// The mailbox gets nothing from now on; the reason is for people, at most 1,024 octets of it are kept.
    pub fn new(path: &ForwardPath<'_>, reason: impl AsRef<str>, since: SystemTime) -> Self {
        Self {
            mailbox: Self::key(path),
            reason: one_line(reason.as_ref()),
            since,
        }
    }

    /// One that a store has kept; `mailbox` as [`Suppression::mailbox`] gave it.
    pub fn from_parts(mailbox: String, reason: String, since: SystemTime) -> Self {
        Self {
            mailbox,
            reason,
            since,
        }
    }

    /// The mailbox in lower case. RFC 5321 §2.4 lets a server tell `Ann` from `ann`; none is known that does, and mail to the
    /// two bounces alike.
    pub fn mailbox(&self) -> &str {
        &self.mailbox
    }

    /// Why.
    pub fn reason(&self) -> &str {
        &self.reason
    }

    /// Since when.
    pub fn since(&self) -> SystemTime {
        self.since
    }

    /// What the list knows a recipient by.
    pub fn key(path: &ForwardPath<'_>) -> String {
        let mailbox = path.mailbox();
        // A bare `<Postmaster>` has no domain.
        mailbox.map_or_else(
            || "postmaster".to_owned(),
            |mailbox| mailbox.as_str().to_lowercase(),
        )
    }
}

/// A line of a list: mailbox, since when, why.
impl fmt::Display for Suppression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (mailbox, since) = (&self.mailbox, date(self.since));
        write!(f, "{mailbox}  {since}  {}", self.reason)
    }
}
