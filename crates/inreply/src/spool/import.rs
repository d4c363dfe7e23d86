//! Messages of another spool, under the ids that they have.

use std::io;
use std::path::Path;

use super::maildir::remove_if_there;
use super::{Maildir, QueueId};

impl Maildir {
    /// Keeps a message of another spool: its octets, the preamble among them, in the folder of this name ([`Kept::folder`]), with the
    /// reason where it failed. It is durable when this returns, and replaces one of the same id in that folder, so that a transfer
    /// that was cut off can be done again.
    ///
    /// # Errors
    /// [`io::ErrorKind::InvalidInput`] where there is no folder of this name, or where it cannot be written.
    ///
    /// ```
    /// use std::time::SystemTime;
    /// use inreply::spool::{Maildir, QueueId};
    ///
    /// let root = tempfile::tempdir()?;
    /// let spool = Maildir::open(root.path())?;
    /// let id = QueueId::new(SystemTime::now())?;
    /// spool.import(id, "new", None, b"Subject: hi\r\n\r\nhello\r\n")?;
    /// spool.import(id, "new", None, b"Subject: hi\r\n\r\nhello\r\n")?;
    ///
    /// assert_eq!(spool.waiting()?, [id]);
    /// assert!(spool.import(id, "../elsewhere", None, b"").is_err());
    /// # Ok::<(), std::io::Error>(())
    /// ```
    ///
    /// [`Kept::folder`]: super::Kept::folder
    pub fn import(
        &self,
        id: QueueId,
        folder: &str,
        reason: Option<&str>,
        octets: &[u8],
    ) -> io::Result<()> {
        if folder == "new" {
            let mut draft = self.draft(id)?;
            draft.write(octets)?;
            return draft.commit().map(drop);
        }
        if !is_folder(folder) {
            let error = format!("{folder:?} is no folder of a spool");
            return Err(io::Error::new(io::ErrorKind::InvalidInput, error));
        }
        let path = self.root().join("incoming-mail").join(folder);
        self.make_folder(&path)?;
        if let Some(reason) = reason {
            self.import_reason(id, &path, reason)?;
        }
        let mut draft = self.draft(id)?;
        draft.write(octets)?;
        draft.keep(&path)
    }

    fn import_reason(&self, id: QueueId, folder: &Path, reason: &str) -> io::Result<()> {
        let name = format!("{id}.reason");
        let draft = self.tmp().join(&name);
        remove_if_there(self.files(), &draft)?;
        let mut file = self.files().create(&draft)?;
        file.write(format!("{reason}\n").as_bytes())?;
        file.sync()?;
        self.files().rename(&draft, &folder.join(name))
    }
}

/// Whether [`Folder::name`](super::Folder::name) gives this name: nothing else is joined to a path.
fn is_folder(name: &str) -> bool {
    let kind = |kind: &str| {
        !kind.is_empty()
            && kind
                .bytes()
                .all(|octet| octet.is_ascii_lowercase() || octet == b'-')
    };
    match name.strip_prefix("ignored/") {
        Some(rest) => kind(rest),
        None => matches!(name, "success" | "failure" | "operator"),
    }
}

#[cfg(test)]
mod tests {
    use std::time::SystemTime;

    use super::*;

    #[test]
    fn each_folder_takes_what_it_has_kept_elsewhere() {
        let root = tempfile::tempdir().unwrap();
        let spool = Maildir::open(root.path()).unwrap();
        for (folder, reason) in [
            ("success", None),
            ("operator", None),
            ("ignored/auto-reply", None),
            ("failure", Some("the issue is gone")),
        ] {
            let id = QueueId::new(SystemTime::now()).unwrap();
            for _ in 0..2 {
                spool.import(id, folder, reason, b"hello").unwrap();
            }
            let kept = spool.find(id).unwrap().unwrap();
            assert_eq!(
                (kept.folder.as_str(), kept.reason.as_deref()),
                (folder, reason)
            );
            assert_eq!(std::fs::read(kept.path()).unwrap(), b"hello");
        }
        assert_eq!(spool.kept(None).unwrap().len(), 4);
    }

    #[test]
    fn no_name_leads_out_of_the_spool() {
        let root = tempfile::tempdir().unwrap();
        let spool = Maildir::open(root.path()).unwrap();
        let id = QueueId::new(SystemTime::now()).unwrap();
        for name in [
            "",
            "ignored",
            "ignored/",
            "ignored/..",
            "ignored/a/b",
            "/tmp",
            "Success",
        ] {
            let refused = spool.import(id, name, None, b"x").unwrap_err();
            assert_eq!(refused.kind(), io::ErrorKind::InvalidInput, "{name}");
        }
    }
}
