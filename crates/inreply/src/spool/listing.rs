//! What the spool keeps, at a glance: 100,000 messages are counted and leafed through without one of them being opened.

use std::io;

use super::{Kept, Maildir, QueueId};

/// The messages of each folder by id, as they were when [`Maildir::listing`] looked.
///
/// ```
/// use std::time::SystemTime;
/// use inreply::spool::{Folder, Maildir};
///
/// let root = tempfile::tempdir()?;
/// let spool = Maildir::open(root.path())?;
/// let ids = [(); 3].map(|()| spool.begin(SystemTime::now()).unwrap().commit().unwrap());
/// spool.file(ids[0], &Folder::Failure("the issue is gone".to_owned()))?;
///
/// let listing = spool.listing()?;
/// assert_eq!(listing.counts().collect::<Vec<_>>(), [("failure", 1), ("new", 2)]);
/// let newest = listing.latest(None, None, 2);
/// assert_eq!([newest[0].id, newest[1].id], [ids[2], ids[1]]);
/// let next = listing.latest(None, Some(ids[1]), 2);
/// assert_eq!((next.len(), next[0].reason.as_deref()), (1, Some("the issue is gone")));
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Debug)]
pub struct Listing {
    spool: Maildir,
    /// Name, and what is in it in no order.
    folders: Vec<(String, Vec<QueueId>)>,
}

impl Maildir {
    /// Reads the names in each folder, 16 octets a message.
    ///
    /// # Errors
    /// Where a folder cannot be read. One that is not there is empty.
    pub fn listing(&self) -> io::Result<Listing> {
        let mut folders = Vec::new();
        for (name, path) in self.folders()? {
            let ids = match self.files().ids(&path) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => Vec::new(),
                other => other?,
            };
            folders.push((name, ids));
        }
        folders.sort_unstable();
        Ok(Listing {
            spool: self.clone(),
            folders,
        })
    }
}

impl Listing {
    /// How many messages are in each folder that is not empty, by name.
    pub fn counts(&self) -> impl Iterator<Item = (&str, usize)> {
        let counts = self.folders.iter();
        counts
            .map(|(name, ids)| (name.as_str(), ids.len()))
            .filter(|(_, count)| *count > 0)
    }

    /// The messages of all folders, in no order.
    pub fn ids(&self) -> impl Iterator<Item = QueueId> {
        self.folders.iter().flat_map(|(_, ids)| ids).copied()
    }

    /// The newest messages, of `folder` alone where one is named and of those that came before `before` where that is given: at
    /// most `most`, the newest first. It reads the reasons of these, and nothing else.
    pub fn latest(&self, folder: Option<&str>, before: Option<QueueId>, most: usize) -> Vec<Kept> {
        let mut wanted: Vec<QueueId> = Vec::new();
        for (name, ids) in &self.folders {
            if folder.is_none_or(|folder| folder == name) {
                let ids = ids
                    .iter()
                    .filter(|id| before.is_none_or(|before| **id < before));
                wanted.extend(ids);
            }
        }
        // What is not shown need not be sorted.
        if most < wanted.len() {
            wanted.select_nth_unstable_by(most, |one, other| other.cmp(one));
            wanted.truncate(most);
        }
        wanted.sort_unstable_by(|one, other| other.cmp(one));
        // One that was dropped meanwhile is left out.
        let kept = wanted.into_iter();
        kept.filter_map(|id| self.spool.find(id).ok().flatten())
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, SystemTime};

    use super::*;
    use crate::spool::Folder;

    #[test]
    fn pages_join_to_what_is_kept() {
        let root = tempfile::tempdir().unwrap();
        let spool = Maildir::open(root.path()).unwrap();
        for at in 0..25 {
            let now = SystemTime::now() + Duration::from_secs(at * 7 % 25);
            let id = spool.begin(now).unwrap().commit().unwrap();
            match at % 3 {
                0 => spool.file(id, &Folder::Success).unwrap(),
                1 => spool.file(id, &Folder::Failure(at.to_string())).unwrap(),
                _ => {}
            }
        }
        let listing = spool.listing().unwrap();
        for folder in [None, Some("failure"), Some("success"), Some("nothing")] {
            let mut expected = spool.kept(folder).unwrap();
            expected.reverse();
            for size in [1, 4, 25, 100] {
                let (mut pages, mut before) = (Vec::new(), None);
                loop {
                    let page = listing.latest(folder, before, size);
                    let Some(last) = page.last() else { break };
                    assert!(page.len() <= size);
                    before = Some(last.id);
                    pages.extend(page);
                }
                assert_eq!(pages, expected, "{folder:?} by {size}");
            }
        }
        assert_eq!(listing.ids().count(), 25);
        let counts: Vec<_> = listing.counts().collect();
        assert_eq!(counts, [("failure", 8), ("new", 8), ("success", 9)]);
    }
}
