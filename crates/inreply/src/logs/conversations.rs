//! The conversations with relays, one behind the other.

use std::fmt::Display;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use jiff::Timestamp;

/// Octets after which a new file is begun; the one before is kept beside it. Some thousands of conversations, and never more than
/// twice that on the disk.
const FULL: u64 = 4_194_304;

/// A file with what was said in every delivery and every test. Secrets are not in a
/// [`Transcript`](inreply_smtp::transcript::Transcript), nor in the lines that a test is watched by.
///
/// ```
/// use inreply::logs::ConversationLog;
/// use inreply::smtp::transcript::Transcript;
///
/// let folder = tempfile::tempdir()?;
/// let log = ConversationLog::new(folder.path().join("conversations.log"));
/// let mut transcript = Transcript::default();
/// transcript.opened("smtp.example.com:587");
/// log.append("test mail to ann@example.com", &transcript);
///
/// let text = std::fs::read_to_string(log.path())?;
/// assert!(text.contains("test mail to ann@example.com\nConnection opened: smtp.example.com:587\n"));
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Debug)]
pub struct ConversationLog {
    path: PathBuf,
    writing: Mutex<()>,
}

impl ConversationLog {
    /// Writes to this file; it is made with the first conversation.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self {
            path: path.into(),
            writing: Mutex::new(()),
        }
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Appends a conversation, a transcript or the lines of one, under a line that says when and what for. One that cannot be written is
    /// lost, and `tracing` says so.
    pub fn append(&self, about: &str, said: &impl Display) {
        let about: String = about
            .chars()
            .map(|c| if c.is_control() { '?' } else { c })
            .collect();
        if let Err(error) = self.write(&format!("── {:.0} {about}", Timestamp::now()), said) {
            tracing::error!(path = %self.path.display(), %error, "a conversation is lost");
        }
    }

    fn write(&self, heading: &str, said: &impl Display) -> io::Result<()> {
        let _alone = self.writing.lock().unwrap_or_else(PoisonError::into_inner);
        let mut file = self.open()?;
        if file.metadata()?.len() >= FULL {
            fs::rename(&self.path, self.path.with_extension("log.1"))?;
            file = self.open()?;
        }
        // One write, so that those of several processes do not mix.
        file.write_all(format!("{heading}\n{said}\n").as_bytes())
    }

    fn open(&self) -> io::Result<File> {
        OpenOptions::new()
            .create(true)
            .append(true)
            .open(&self.path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_file_is_kept_beside_the_next() {
        let folder = tempfile::tempdir().unwrap();
        let log = ConversationLog::new(folder.path().join("conversations.log"));
        for text in ["first", "second", "third"] {
            log.write(text, &"x".repeat(usize::try_from(FULL).unwrap()))
                .unwrap();
        }
        let begins = |path: &Path| fs::read_to_string(path).unwrap()[..6].to_owned();
        assert_eq!(begins(log.path()), "third\n");
        assert_eq!(begins(&folder.path().join("conversations.log.1")), "second");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2);
    }
}
