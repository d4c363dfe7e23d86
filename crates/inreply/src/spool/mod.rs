//! Where messages wait and where they end: a maildir, durable before it is acknowledged.
//!
//! ```text
//! ROOT/mail/reply/tmp              being written
//! ROOT/mail/reply/new              durable and acknowledged, waits for intake
//! ROOT/incoming-mail/success       became a comment
//! ROOT/incoming-mail/failure       could not; ID.reason beside it says why
//! ROOT/incoming-mail/ignored/KIND  auto-replies, bounces, duplicates …
//! ROOT/incoming-mail/operator      for postmaster and abuse
//! ```
//!
//! A message becomes visible in `new` by one rename behind a sync of its octets; the folder is synced before
//! [`Draft::commit`] returns; messages that are committed together share that sync. What a crash leaves in `tmp` was never acknowledged. The calls block on the disk: an async
//! program makes them on a thread for blocking work.

mod folder_sync;
mod id;
mod kept;
mod preamble;

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use self::folder_sync::FolderSync;
pub use self::id::{QueueId, QueueIdError};
pub use self::kept::Kept;
pub use self::preamble::{Envelope, Preamble};

const TMP: &str = "mail/reply/tmp";
const NEW: &str = "mail/reply/new";

/// Files in `tmp` older than this are left over from a crash: the maildir convention, longer than any SMTP session.
const STALE: Duration = Duration::from_hours(36);

/// A spool in the file system.
///
/// ```
/// use std::time::SystemTime;
/// use inreply::spool::{Folder, Maildir};
///
/// let folder = tempfile::tempdir()?;
/// let spool = Maildir::open(folder.path())?;
/// let mut draft = spool.begin(SystemTime::now())?;
/// draft.write(b"Subject: hi\r\n\r\nhello\r\n")?;
/// let id = draft.commit()?;
///
/// assert_eq!(spool.waiting()?, [id]);
/// assert_eq!(spool.read(id)?, b"Subject: hi\r\n\r\nhello\r\n");
/// spool.file(id, &Folder::Success)?;
/// assert_eq!(spool.waiting()?, []);
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Maildir {
    root: PathBuf,
    new_sync: Arc<FolderSync>,
}

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
    fn path(&self) -> PathBuf {
        let incoming = Path::new("incoming-mail");
        match self {
            Self::Success => incoming.join("success"),
            Self::Failure(_) => incoming.join("failure"),
            Self::Ignored(kind) => incoming.join("ignored").join(kind),
            Self::Operator => incoming.join("operator"),
        }
    }
}

impl Maildir {
    /// The spool below `root`; makes the folders that are missing, and removes what a crash left in `tmp`.
    ///
    /// # Errors
    /// Where a folder cannot be made or read.
    pub fn open(root: impl Into<PathBuf>) -> io::Result<Self> {
        let root = root.into();
        for folder in [TMP, NEW] {
            fs::create_dir_all(root.join(folder))?;
        }
        let new_sync = Arc::new(FolderSync::new(&root.join(NEW))?);
        let spool = Self { root, new_sync };
        for folder in [
            Folder::Success,
            Folder::Failure(String::new()),
            Folder::Operator,
        ] {
            fs::create_dir_all(spool.root.join(folder.path()))?;
        }
        for entry in fs::read_dir(spool.tmp())? {
            let entry = entry?;
            let age = entry.metadata()?.modified()?.elapsed().unwrap_or_default();
            if age > STALE {
                fs::remove_file(entry.path())?;
            }
        }
        Ok(spool)
    }

    /// Its root.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Begins a message that arrives at `now`. Nothing of it is visible before [`Draft::commit`]; a draft that is dropped
    /// is removed.
    ///
    /// # Errors
    /// Where the file cannot be made.
    pub fn begin(&self, now: SystemTime) -> io::Result<Draft> {
        // Two messages of one microsecond differ in the random half of the id; a clash there is tried again.
        loop {
            let id = QueueId::new(now)?;
            let path = self.tmp().join(id.to_string());
            match OpenOptions::new().write(true).create_new(true).open(&path) {
                Ok(file) => {
                    return Ok(Draft {
                        id,
                        file: Some(file),
                        path,
                        new: self.new_folder(),
                        new_sync: Arc::clone(&self.new_sync),
                    });
                }
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(error),
            }
        }
    }

    /// The messages in `new`, in the order of their arrival.
    ///
    /// # Errors
    /// Where the folder cannot be read.
    pub fn waiting(&self) -> io::Result<Vec<QueueId>> {
        let mut ids = Vec::new();
        for entry in fs::read_dir(self.new_folder())? {
            // A file that is none of ours is not touched.
            ids.extend(
                entry?
                    .file_name()
                    .to_str()
                    .and_then(|name| name.parse::<QueueId>().ok()),
            );
        }
        ids.sort_unstable();
        Ok(ids)
    }

    /// The octets of a message in `new`.
    ///
    /// # Errors
    /// Where the file cannot be read.
    pub fn read(&self, id: QueueId) -> io::Result<Vec<u8>> {
        fs::read(self.path(id))
    }

    /// Moves a message from `new` to where it ends.
    ///
    /// # Errors
    /// Where the file or its reason cannot be written or moved; the message is then still in `new`.
    pub fn file(&self, id: QueueId, folder: &Folder) -> io::Result<()> {
        let target = self.folder(folder);
        fs::create_dir_all(&target)?;
        if let Folder::Failure(reason) = folder {
            fs::write(target.join(format!("{id}.reason")), format!("{reason}\n"))?;
        }
        fs::rename(self.path(id), target.join(id.to_string()))
    }

    /// The file of a message that waits.
    pub fn path(&self, id: QueueId) -> PathBuf {
        self.new_folder().join(id.to_string())
    }

    /// Where messages end that belong in `folder`; it is made for the first of them.
    pub fn folder(&self, folder: &Folder) -> PathBuf {
        self.root.join(folder.path())
    }

    fn tmp(&self) -> PathBuf {
        self.root.join(TMP)
    }

    fn new_folder(&self) -> PathBuf {
        self.root.join(NEW)
    }
}

/// A message that is being written.
#[derive(Debug)]
pub struct Draft {
    id: QueueId,
    file: Option<File>,
    path: PathBuf,
    new: PathBuf,
    new_sync: Arc<FolderSync>,
}

impl Draft {
    /// Its id, under which it will be found.
    pub fn id(&self) -> QueueId {
        self.id
    }

    /// Appends octets.
    ///
    /// # Errors
    /// Where they cannot be written, the disk is full, say.
    pub fn write(&mut self, octets: &[u8]) -> io::Result<()> {
        match &mut self.file {
            Some(file) => file.write_all(octets),
            None => Err(io::ErrorKind::NotConnected.into()),
        }
    }

    /// What was written so far.
    ///
    /// # Errors
    /// Where the file cannot be read.
    pub fn read(&self) -> io::Result<Vec<u8>> {
        fs::read(&self.path)
    }

    /// Makes the message durable and visible in `new`. **Say 250 behind this, never before.**
    ///
    /// # Errors
    /// Where the disk does not confirm it: nothing was promised. The message may be there all the same after a crash.
    pub fn commit(mut self) -> io::Result<QueueId> {
        if let Some(file) = &self.file {
            file.sync_all()?;
        }
        fs::rename(&self.path, self.new.join(self.id.to_string()))?;
        self.file = None;
        // The entry is in the folder, and the folder is what has to reach the disk.
        self.new_sync.sync()?;
        Ok(self.id)
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        if self.file.is_some() {
            // A leftover is removed by the next `Maildir::open`; there is nobody to tell.
            let _ = fs::remove_file(&self.path);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_draft_is_invisible_and_leaves_nothing() {
        let root = tempfile::tempdir().unwrap();
        let spool = Maildir::open(root.path()).unwrap();
        let mut draft = spool.begin(SystemTime::now()).unwrap();
        draft.write(b"x").unwrap();
        assert_eq!(spool.waiting().unwrap(), []);
        drop(draft);
        assert_eq!(fs::read_dir(spool.tmp()).unwrap().count(), 0);
    }

    #[test]
    fn messages_wait_in_the_order_of_arrival_across_a_restart() {
        let root = tempfile::tempdir().unwrap();
        let start = SystemTime::now();
        let mut ids: Vec<QueueId> = (0..20)
            .map(|second| {
                let spool = Maildir::open(root.path()).unwrap();
                spool
                    .begin(start + Duration::from_secs(20 - second))
                    .unwrap()
                    .commit()
                    .unwrap()
            })
            .collect();
        ids.reverse();
        fs::write(root.path().join("mail/reply/new/README"), "not ours").unwrap();
        assert_eq!(Maildir::open(root.path()).unwrap().waiting().unwrap(), ids);
    }

    #[test]
    fn a_failure_keeps_its_reason() {
        let root = tempfile::tempdir().unwrap();
        let spool = Maildir::open(root.path()).unwrap();
        let id = spool.begin(SystemTime::now()).unwrap().commit().unwrap();
        spool
            .file(id, &Folder::Failure("the issue is gone".to_owned()))
            .unwrap();
        let failure = root.path().join("incoming-mail/failure");
        assert!(failure.join(id.to_string()).exists());
        assert_eq!(
            fs::read_to_string(failure.join(format!("{id}.reason"))).unwrap(),
            "the issue is gone\n"
        );
        let id = spool.begin(SystemTime::now()).unwrap().commit().unwrap();
        spool.file(id, &Folder::Ignored("auto-reply")).unwrap();
        assert!(
            root.path()
                .join("incoming-mail/ignored/auto-reply")
                .join(id.to_string())
                .exists()
        );
    }

    #[test]
    fn what_a_crash_left_is_removed_after_a_while() {
        let root = tempfile::tempdir().unwrap();
        let spool = Maildir::open(root.path()).unwrap();
        for (name, age) in [("fresh", Duration::ZERO), ("stale", STALE * 2)] {
            let file = File::create(spool.tmp().join(name)).unwrap();
            file.set_modified(SystemTime::now() - age).unwrap();
        }
        Maildir::open(root.path()).unwrap();
        assert!(spool.tmp().join("fresh").exists());
        assert!(!spool.tmp().join("stale").exists());
    }
}
