//! `replies.log`: what became of each message in the spool.

use std::process;

use jiff::ZonedDateTime;

use super::LogFile;

/// The log of the worker: which message it looks at, in which file, and where the file goes.
///
/// ```text
/// [2026-11-24T08:47:23.306 INFO (5284) #] inreply: processing <b2b9c260@mail.example>
/// [2026-11-24T08:47:23.333 DEBUG (5284) #] Matched /srv/mail/reply/new/064C3B6D2A1F0E9C5D
/// [2026-11-24T08:47:23.334 DEBUG (5284) #] Moving /srv/mail/reply/new/064C3B6D2A1F0E9C5D => /srv/incoming-mail/success
/// ```
#[derive(Debug)]
pub struct RepliesLog(LogFile);

impl RepliesLog {
    /// Writes to this file.
    pub fn new(file: LogFile) -> Self {
        Self(file)
    }

    /// The file, for rotation.
    pub fn file(&self) -> &LogFile {
        &self.0
    }

    /// A message is looked at: its Message-ID, or its queue id where it has none.
    pub(crate) fn processing(&self, id: &str, place: &str) {
        self.line("INFO", &format!("inreply: processing <{id}>"));
        self.line("DEBUG", &format!("Matched {place}"));
    }

    /// A message goes to its last folder.
    pub(crate) fn moving(&self, place: &str, end: &str) {
        self.line("DEBUG", &format!("Moving {place} => {end}"));
    }

    fn line(&self, level: &str, text: &str) {
        let now = ZonedDateTime::now()
            .strftime("%Y-%m-%dT%H:%M:%S%.3f")
            .to_string();
        self.0
            .line(&format!("[{now} {level} ({}) #] {text}", process::id()));
    }
}
