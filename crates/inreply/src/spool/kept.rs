//! What the spool keeps, for the operator: list, find, read, retry, drop.

use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};

use super::maildir::remove_if_there;
use super::{Maildir, QueueId};

/// A message in the spool and where it is.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Kept {
    /// Its id.
    pub id: QueueId,
    /// The folder: `new`, `success`, `failure`, `operator`, or `ignored/KIND`.
    pub folder: String,
    /// Why it failed, where it did.
    pub reason: Option<String>,
    path: PathBuf,
}

impl Kept {
    /// Its file.
    pub fn path(&self) -> &Path {
        &self.path
    }
}

impl Maildir {
    /// The messages that are kept, in the order of their arrival; of `folder` alone where one is named.
    ///
    /// # Errors
    /// Where a folder cannot be read. One that is not there is empty.
    ///
    /// ```
    /// use std::time::SystemTime;
    /// use inreply::spool::{Folder, Maildir};
    ///
    /// let root = tempfile::tempdir()?;
    /// let spool = Maildir::open(root.path())?;
    /// let id = spool.begin(SystemTime::now())?.commit()?;
    /// spool.file(id, &Folder::Failure("the issue is gone".to_owned()))?;
    ///
    /// let kept = spool.kept(Some("failure"))?;
    /// assert_eq!((kept[0].id, kept[0].reason.as_deref()), (id, Some("the issue is gone")));
    /// spool.retry(id)?;
    /// assert_eq!(spool.waiting()?, [id]);
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn kept(&self, folder: Option<&str>) -> io::Result<Vec<Kept>> {
        let mut all = Vec::new();
        for (name, path) in self.folders()? {
            if folder.is_none_or(|folder| folder == name) {
                for file in self.list(&path)? {
                    all.extend(
                        file.to_str()
                            .and_then(|file| self.entry(&name, &path, file)),
                    );
                }
            }
        }
        all.sort_unstable_by_key(|kept| kept.id);
        Ok(all)
    }

    /// Where a message is, none where it is not kept.
    ///
    /// # Errors
    /// Where the folders cannot be read.
    pub fn find(&self, id: QueueId) -> io::Result<Option<Kept>> {
        let folders = self.folders()?;
        // A look-up a folder: it does not matter how many messages there are.
        let mut found = folders
            .iter()
            .filter(|(_, path)| self.files().exists(&path.join(id.to_string())));
        Ok(found
            .next()
            .and_then(|(name, path)| self.entry(name, path, &id.to_string())))
    }

    /// Puts a message that failed, or that was ignored, back into `new`: the worker looks at it as if it had just come.
    ///
    /// # Errors
    /// [`io::ErrorKind::NotFound`] where it is not kept, [`io::ErrorKind::InvalidInput`] where it is in a folder that nothing
    /// goes back from, or where it cannot be moved.
    pub fn retry(&self, id: QueueId) -> io::Result<()> {
        let kept = self.find(id)?.ok_or(io::ErrorKind::NotFound)?;
        if kept.folder != "failure" && !kept.folder.starts_with("ignored/") {
            return Err(io::Error::new(
                io::ErrorKind::InvalidInput,
                format!("a message in {} is not tried again", kept.folder),
            ));
        }
        // The reason first: a worker that fails it again at once writes another.
        remove_if_there(self.files(), &reason_of(kept.path()))?;
        self.files().rename(kept.path(), &self.path(id))?;
        // A worker of this process takes it at once.
        if self.queue().arrived(id) {
            #[cfg(feature = "tokio")]
            self.arrived().notify_one();
        }
        Ok(())
    }

    /// Deletes a message, wherever it is.
    ///
    /// # Errors
    /// [`io::ErrorKind::NotFound`] where it is not kept, or where it cannot be deleted.
    pub fn discard(&self, id: QueueId) -> io::Result<()> {
        let kept = self.find(id)?.ok_or(io::ErrorKind::NotFound)?;
        self.remove(kept.path())
    }

    /// Deletes a file, and its reason where there is one.
    ///
    /// # Errors
    /// [`io::ErrorKind::NotFound`] where it is not there, or where it cannot be deleted.
    pub(super) fn remove(&self, path: &Path) -> io::Result<()> {
        self.files().remove(path)?;
        remove_if_there(self.files(), &reason_of(path))
    }

    /// The folders in which messages are, by name.
    pub(super) fn folders(&self) -> io::Result<Vec<(String, PathBuf)>> {
        let incoming = self.root().join("incoming-mail");
        let mut folders = vec![("new".to_owned(), self.new_folder())];
        for name in ["success", "failure", "operator"] {
            folders.push((name.to_owned(), incoming.join(name)));
        }
        let ignored = incoming.join("ignored");
        for kind in self.list(&ignored)? {
            if let Some(kind) = kind.to_str() {
                folders.push((format!("ignored/{kind}"), ignored.join(kind)));
            }
        }
        Ok(folders)
    }

    /// The names in a folder; none of one that is not there.
    fn list(&self, path: &Path) -> io::Result<Vec<OsString>> {
        match self.files().list(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
            other => other,
        }
    }

    fn entry(&self, folder: &str, path: &Path, file: &str) -> Option<Kept> {
        let id: QueueId = file.parse().ok()?;
        let path = path.join(file);
        let reason = match folder {
            "failure" => self.files().read(&reason_of(&path)).ok(),
            _ => None,
        };
        Some(Kept {
            id,
            folder: folder.to_owned(),
            reason: reason.map(|reason| String::from_utf8_lossy(&reason).trim_end().to_owned()),
            path,
        })
    }
}

fn reason_of(path: &Path) -> PathBuf {
    path.with_extension("reason")
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::time::{Instant, SystemTime};

    use super::*;
    use crate::spool::Folder;

    fn stored(spool: &Maildir, folder: Option<Folder>) -> QueueId {
        let mut draft = spool.begin(SystemTime::now()).unwrap();
        draft.write(b"hello").unwrap();
        let id = draft.commit().unwrap();
        if let Some(folder) = folder {
            spool.file(id, &folder).unwrap();
        }
        id
    }

    #[test]
    fn every_folder_is_listed_and_its_messages_found() {
        let root = tempfile::tempdir().unwrap();
        let spool = Maildir::open(root.path()).unwrap();
        let ids = [
            (stored(&spool, None), "new"),
            (stored(&spool, Some(Folder::Success)), "success"),
            (stored(&spool, Some(Folder::Operator)), "operator"),
            (
                stored(&spool, Some(Folder::Failure("gone".to_owned()))),
                "failure",
            ),
            (
                stored(&spool, Some(Folder::Ignored("auto-reply"))),
                "ignored/auto-reply",
            ),
        ];
        let listed: Vec<(QueueId, String)> = spool
            .kept(None)
            .unwrap()
            .into_iter()
            .map(|kept| (kept.id, kept.folder))
            .collect();
        assert_eq!(listed, ids.map(|(id, folder)| (id, folder.to_owned())));
        for (id, folder) in ids {
            let kept = spool.find(id).unwrap().unwrap();
            assert_eq!(kept.folder, folder);
            assert_eq!(fs::read(kept.path()).unwrap(), b"hello");
            assert_eq!(spool.kept(Some(folder)).unwrap(), [kept]);
        }
    }

    #[test]
    fn what_failed_goes_back_and_what_became_a_comment_does_not() {
        let root = tempfile::tempdir().unwrap();
        let spool = Maildir::open(root.path()).unwrap();
        let failed = stored(&spool, Some(Folder::Failure("gone".to_owned())));
        let done = stored(&spool, Some(Folder::Success));
        let claim = || {
            let listed = |give: &mut dyn FnMut(QueueId)| spool.each_waiting(give);
            spool.queue().claim(Instant::now(), 10, listed).unwrap()
        };
        assert_eq!(claim(), []);
        spool.retry(failed).unwrap();
        assert_eq!(spool.waiting().unwrap(), [failed]);
        assert_eq!(claim(), [failed], "who works here need not wait");
        assert_eq!(spool.kept(Some("failure")).unwrap(), []);
        assert_eq!(
            fs::read_dir(spool.folder(&Folder::Failure(String::new())))
                .unwrap()
                .count(),
            0,
            "the reason went too"
        );
        assert_eq!(
            spool.retry(done).unwrap_err().kind(),
            io::ErrorKind::InvalidInput
        );
        spool.discard(done).unwrap();
        assert_eq!(spool.find(done).unwrap(), None);
        assert_eq!(
            spool.discard(done).unwrap_err().kind(),
            io::ErrorKind::NotFound
        );
    }
}
