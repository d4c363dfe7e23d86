//! The logs that an operator greps: what came in over SMTP, what became of it, and what relays said.
//!
//! They are apart from `tracing`, which is for the program: their lines have the format of other programs, so that tools that
//! read those read these.

mod conversations;
mod file;
pub(crate) mod mail;
mod replies;

pub use self::conversations::ConversationLog;
pub use self::file::LogFile;
pub use self::mail::MailLog;
pub use self::replies::RepliesLog;

/// The logs of a [`Receiver`](crate::receiver::Receiver), each kept where it is given. None by default.
#[derive(Debug, Default)]
#[allow(clippy::exhaustive_structs)]
pub struct Logs {
    /// Each message's way in.
    pub mail: Option<MailLog>,
    /// What became of each message in the spool.
    pub replies: Option<RepliesLog>,
}
