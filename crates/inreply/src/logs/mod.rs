//! The two logs that an operator greps: what came in over SMTP, and what became of it.
//!
//! They are apart from `tracing`, which is for the program: their lines have the format of other programs, so that tools that
//! read those read these.

mod file;
pub(crate) mod mail;
mod replies;

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
