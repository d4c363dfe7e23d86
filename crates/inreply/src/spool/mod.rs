//! Where messages wait and where they end, durable before they are acknowledged.
//!
//! [`Maildir`] keeps them in a file system. Whatever else is a `Spool` (with the feature `tokio`) can stand in its place: a
//! database that many servers share, say.

mod backlog;
#[cfg(test)]
mod crash;
mod file_system;
mod folder_sync;
mod id;
mod import;
mod kept;
mod listing;
mod maildir;
mod preamble;
// Maildir keeps it; the trait alone claims from it.
#[cfg_attr(not(feature = "tokio"), allow(dead_code))]
mod queue;
mod retention;
#[cfg(feature = "tokio")]
mod shared;

pub use self::backlog::Backlog;
pub use self::id::{QueueId, QueueIdError};
pub use self::kept::Kept;
#[cfg(feature = "postgres")]
pub(crate) use self::listing::{HOUR, HOURS};
pub use self::listing::{Listing, Selection};
pub use self::maildir::{Draft, Maildir};
pub(crate) use self::preamble::date;
pub use self::preamble::{Envelope, Preamble, Protocol};
pub use self::retention::Retention;
#[cfg(feature = "tokio")]
pub use self::shared::{Drafting, MaildirDraft, Spool};

/// Where a message ends.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Folder {
    /// It became a comment, or did what its token is for.
    Success,
    /// It could not become one, with the reason.
    Failure(String),
    /// It was not meant to become one; the kind names the folder, in lower-case letters and hyphens.
    Ignored(&'static str),
    /// It is for the operator.
    Operator,
}

impl Folder {
    /// `success`, `failure`, `ignored/KIND` or `operator`.
    ///
    /// ```
    /// use inreply::spool::Folder;
    ///
    /// assert_eq!(Folder::Ignored("auto-reply").name(), "ignored/auto-reply");
    /// ```
    pub fn name(&self) -> String {
        match self {
            Self::Success => "success".to_owned(),
            Self::Failure(_) => "failure".to_owned(),
            Self::Ignored(kind) => format!("ignored/{kind}"),
            Self::Operator => "operator".to_owned(),
        }
    }
}
