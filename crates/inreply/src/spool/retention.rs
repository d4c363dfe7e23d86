//! How long messages are kept where they ended.

use std::io;
use std::time::{Duration, SystemTime};

use super::Maildir;

/// How long messages are kept in each folder, from their arrival; none keeps them for good.
///
/// What waits in `new` is never removed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Retention {
    /// Originals of comments. Defaults to 30 days: long enough to look into "this is not what I wrote".
    pub success: Option<Duration>,
    /// What could not become a comment. Defaults to 90 days: it is somebody's answer, and can be retried.
    pub failure: Option<Duration>,
    /// Mail of machines, and duplicates. Defaults to 30 days.
    pub ignored: Option<Duration>,
    /// Mail to postmaster and abuse. Defaults to none: it is the operator's to delete.
    pub operator: Option<Duration>,
}

const DAY: Duration = Duration::from_hours(24);

impl Default for Retention {
    fn default() -> Self {
        Self {
            success: Some(DAY * 30),
            failure: Some(DAY * 90),
            ignored: Some(DAY * 30),
            operator: None,
        }
    }
}

impl Retention {
    /// For how long a folder of this name keeps its messages.
    fn of(&self, folder: &str) -> Option<Duration> {
        match folder {
            "success" => self.success,
            "failure" => self.failure,
            "operator" => self.operator,
            _ if folder.starts_with("ignored/") => self.ignored,
            _ => None,
        }
    }
}

impl Maildir {
    /// Deletes the messages that were kept long enough at `now`, and says how many they were.
    ///
    /// # Errors
    /// The first of them, where folders cannot be read or files not deleted; the others are gone through all the same.
    ///
    /// ```
    /// use std::time::{Duration, SystemTime};
    /// use inreply::spool::{Folder, Maildir, Retention};
    ///
    /// let root = tempfile::tempdir()?;
    /// let spool = Maildir::open(root.path())?;
    /// let now = SystemTime::now();
    /// let id = spool.begin(now)?.commit()?;
    /// spool.file(id, &Folder::Success)?;
    ///
    /// let month = Duration::from_hours(30 * 24);
    /// assert_eq!(spool.expire(now + month - Duration::from_secs(1), &Retention::default())?, 0);
    /// assert_eq!(spool.expire(now + month, &Retention::default())?, 1);
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn expire(&self, now: SystemTime, retention: &Retention) -> io::Result<usize> {
        let (mut expired, mut first) = (0, Ok(()));
        for (folder, path) in self.folders()? {
            let Some(time) = retention.of(&folder) else {
                continue;
            };
            let mut old = Vec::new();
            let listed = self.files().each_id(&path, &mut |id| {
                // A clock that was set back makes no message older.
                let age = now.duration_since(id.arrival()).unwrap_or_default();
                if age >= time {
                    old.push(id);
                }
            });
            first = first.and(listed);
            for id in old {
                match self.remove(&path.join(id.to_string())) {
                    Ok(()) => expired += 1,
                    // The operator was faster.
                    Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                    Err(error) => first = first.and(Err(error)),
                }
            }
        }
        first.map(|()| expired)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spool::{Folder, QueueId};

    #[test]
    fn each_folder_has_its_time_and_new_has_none() {
        let root = tempfile::tempdir().unwrap();
        let spool = Maildir::open(root.path()).unwrap();
        let start = SystemTime::now();
        let stored = |folder: Option<Folder>| {
            let id = spool.begin(start).unwrap().commit().unwrap();
            if let Some(folder) = folder {
                spool.file(id, &folder).unwrap();
            }
            id
        };
        let new = stored(None);
        let success = stored(Some(Folder::Success));
        let failure = stored(Some(Folder::Failure("gone".to_owned())));
        let ignored = stored(Some(Folder::Ignored("auto-reply")));
        let operator = stored(Some(Folder::Operator));
        let retention = Retention {
            success: Some(DAY),
            ignored: Some(DAY * 2),
            failure: Some(DAY * 3),
            operator: None,
        };
        for (days, left) in [
            (0, &[new, success, failure, ignored, operator][..]),
            (1, &[new, failure, ignored, operator]),
            (2, &[new, failure, operator]),
            (3, &[new, operator]),
            (3_000, &[new, operator]),
        ] {
            spool.expire(start + DAY * days, &retention).unwrap();
            let mut left = left.to_vec();
            left.sort_unstable();
            let kept: Vec<QueueId> = spool
                .kept(None)
                .unwrap()
                .iter()
                .map(|kept| kept.id)
                .collect();
            assert_eq!(kept, left, "{days} days");
        }
        let reasons = std::fs::read_dir(spool.folder(&Folder::Failure(String::new())));
        assert_eq!(reasons.unwrap().count(), 0, "the reason went too");
    }
}
