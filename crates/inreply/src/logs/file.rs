//! A file that lines are appended to.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

/// A log file. A line is appended by one write, so that lines of several processes do not mix, and so are
/// [those that belong together](Self::lines).
///
/// A line that cannot be written is lost, and `tracing` says so once until one can be: a full disk must not stop the mail.
///
/// ```
/// use inreply::logs::LogFile;
///
/// let folder = tempfile::tempdir()?;
/// let path = folder.path().join("mail.log");
/// let log = LogFile::open(&path)?;
/// log.line("one\nline");
/// log.lines(["two", "lines"]);
/// assert_eq!(std::fs::read_to_string(&path)?, "one?line\ntwo\nlines\n");
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Debug)]
pub struct LogFile {
    path: PathBuf,
    file: Mutex<File>,
    failing: AtomicBool,
}

impl LogFile {
    /// Opens a file, which is made where it is missing.
    ///
    /// # Errors
    /// Where it cannot be opened for appending.
    pub fn open(path: impl Into<PathBuf>) -> io::Result<Self> {
        let path = path.into();
        Ok(Self {
            file: Mutex::new(append(&path)?),
            path,
            failing: AtomicBool::new(false),
        })
    }

    /// Opens the file of the same name again, after a rotation has renamed the old one.
    ///
    /// # Errors
    /// Where it cannot be opened; the old file is written to still.
    pub fn reopen(&self) -> io::Result<()> {
        let file = append(&self.path)?;
        *self.file.lock().unwrap_or_else(PoisonError::into_inner) = file;
        Ok(())
    }

    /// Appends a line. Control characters become `?`: what a peer sent cannot begin a line of its own.
    pub fn line(&self, text: &str) {
        self.lines([text]);
    }

    /// Appends lines by one write, so that they stay together.
    pub fn lines<'a>(&self, texts: impl IntoIterator<Item = &'a str>) {
        let mut lines = String::new();
        for text in texts {
            lines.extend(text.chars().map(|c| if c.is_control() { '?' } else { c }));
            lines.push('\n');
        }
        let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        match file.write_all(lines.as_bytes()) {
            Ok(()) => self.failing.store(false, Ordering::Relaxed),
            Err(error) if !self.failing.swap(true, Ordering::Relaxed) => {
                tracing::error!(path = %self.path.display(), %error, "log lines are lost");
            }
            Err(_) => {}
        }
    }
}

fn append(path: &Path) -> io::Result<File> {
    OpenOptions::new().create(true).append(true).open(path)
}
