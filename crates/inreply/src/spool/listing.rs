//! What the spool keeps, at a glance: 100,000 messages are counted and leafed through without one of them being opened.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::io;
use std::time::{Duration, SystemTime};

use super::{Backlog, Kept, Maildir, QueueId};

/// Which messages [`Maildir::listing`] shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(clippy::exhaustive_structs)]
pub struct Selection<'a> {
    /// Of this folder alone, where one is named.
    pub folder: Option<&'a str>,
    /// Of those that came before this one alone, where one is given: the last of the page before.
    pub before: Option<QueueId>,
    /// At most so many.
    pub most: usize,
}

/// What [`Maildir::listing`] saw.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Listing {
    /// How many messages are in each folder that is not empty, by name.
    pub counts: Vec<(String, usize)>,
    /// Those that wait for the worker.
    pub backlog: Backlog,
    /// How many of all arrived in each of the last 24 hours, the oldest hour first.
    pub by_hour: [u64; HOURS],
    /// The newest of those that were asked for, the newest first.
    pub latest: Vec<Kept>,
}

/// Hours of [`Listing::by_hour`].
pub(crate) const HOURS: usize = 24;

pub(crate) const HOUR: Duration = Duration::from_hours(1);

impl Maildir {
    /// Counts what each folder has at `now`, and gives the newest messages. It opens nothing but the reasons of these, and takes memory for
    /// these alone.
    ///
    /// # Errors
    /// Where a folder cannot be read. One that is not there is empty.
    ///
    /// ```
    /// use std::time::SystemTime;
    /// use inreply::spool::{Folder, Maildir, Selection};
    ///
    /// let root = tempfile::tempdir()?;
    /// let spool = Maildir::open(root.path())?;
    /// let ids = [(); 3].map(|()| spool.begin(SystemTime::now()).unwrap().commit().unwrap());
    /// spool.file(ids[0], &Folder::Failure("the issue is gone".to_owned()))?;
    ///
    /// let first = Selection { folder: None, before: None, most: 2 };
    /// let listing = spool.listing(first, SystemTime::now())?;
    /// assert_eq!(listing.counts, [("failure".to_owned(), 1), ("new".to_owned(), 2)]);
    /// assert_eq!((listing.backlog.messages, listing.backlog.oldest), (2, Some(ids[1].arrival())));
    /// assert_eq!(listing.by_hour.iter().sum::<u64>(), 3);
    /// assert_eq!([listing.latest[0].id, listing.latest[1].id], [ids[2], ids[1]]);
    /// let next = spool.listing(Selection { before: Some(ids[1]), ..first }, SystemTime::now())?.latest;
    /// assert_eq!((next.len(), next[0].reason.as_deref()), (1, Some("the issue is gone")));
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn listing(&self, selection: Selection<'_>, now: SystemTime) -> io::Result<Listing> {
        let (mut counts, mut by_hour, mut newest) = (Vec::new(), [0; HOURS], BinaryHeap::new());
        let mut backlog = Backlog::default();
        for (name, path) in self.folders()? {
            let waits = name == "new";
            let is_shown = selection.folder.is_none_or(|folder| folder == name);
            let mut count = 0;
            let listed = self.files().each_id(&path, &mut |id| {
                count += 1;
                if waits {
                    backlog.add(id);
                }
                if let Some(hour) = hour_of(id, now).and_then(|hour| by_hour.get_mut(hour)) {
                    *hour += 1;
                }
                if is_shown && selection.before.is_none_or(|before| id < before) {
                    newest.push(Reverse(id));
                    if newest.len() > selection.most {
                        newest.pop();
                    }
                }
            });
            match listed {
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                other => other?,
            }
            if count > 0 {
                counts.push((name, count));
            }
        }
        counts.sort_unstable();
        let newest = newest.into_sorted_vec().into_iter();
        Ok(Listing {
            counts,
            backlog,
            by_hour,
            // One that was dropped meanwhile is left out.
            latest: newest
                .filter_map(|Reverse(id)| self.find(id).ok().flatten())
                .collect(),
        })
    }
}

/// The hour of [`Listing::by_hour`] in which a message arrived; none before the first.
fn hour_of(id: QueueId, now: SystemTime) -> Option<usize> {
    // What a clock that was set back has arrive later is of the last hour.
    let age = now.duration_since(id.arrival()).unwrap_or_default();
    let ago = usize::try_from(age.as_secs() / HOUR.as_secs()).ok()?;
    (HOURS - 1).checked_sub(ago)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spool::Folder;

    fn selection(folder: Option<&str>, before: Option<QueueId>, most: usize) -> Selection<'_> {
        Selection {
            folder,
            before,
            most,
        }
    }

    #[test]
    fn pages_join_to_what_is_kept() {
        let root = tempfile::tempdir().unwrap();
        let spool = Maildir::open(root.path()).unwrap();
        let start = SystemTime::now();
        for at in 0..25 {
            let now = start + Duration::from_secs(at * 7 % 25);
            let id = spool.begin(now).unwrap().commit().unwrap();
            match at % 3 {
                0 => spool.file(id, &Folder::Success).unwrap(),
                1 => spool.file(id, &Folder::Failure(at.to_string())).unwrap(),
                _ => {}
            }
        }
        for folder in [None, Some("failure"), Some("success"), Some("nothing")] {
            let mut expected = spool.kept(folder).unwrap();
            expected.reverse();
            for size in [1, 4, 25, 100] {
                let (mut pages, mut before) = (Vec::new(), None);
                loop {
                    let listing = spool
                        .listing(selection(folder, before, size), start)
                        .unwrap();
                    let Some(last) = listing.latest.last() else {
                        break;
                    };
                    assert!(listing.latest.len() <= size);
                    before = Some(last.id);
                    pages.extend(listing.latest);
                }
                assert_eq!(pages, expected, "{folder:?} by {size}");
            }
        }
        let counts = spool
            .listing(selection(None, None, 0), start)
            .unwrap()
            .counts;
        let expected = [("failure", 8), ("new", 8), ("success", 9)];
        assert_eq!(
            counts,
            expected.map(|(name, count)| (name.to_owned(), count))
        );
    }

    #[test]
    fn each_hour_of_a_day_has_its_messages() {
        let root = tempfile::tempdir().unwrap();
        let spool = Maildir::open(root.path()).unwrap();
        let now = SystemTime::now();
        // How long ago in minutes; the last is from before the clock was set back.
        for minutes in [0, 59, 60, 23 * 60, 24 * 60 - 1, 24 * 60, 100 * 24 * 60] {
            let arrival = now - Duration::from_mins(minutes);
            spool.begin(arrival).unwrap().commit().unwrap();
        }
        spool.begin(now + HOUR).unwrap().commit().unwrap();
        let by_hour = spool
            .listing(selection(None, None, 0), now)
            .unwrap()
            .by_hour;
        let mut expected = [0; HOURS];
        (expected[23], expected[22], expected[0]) = (3, 1, 2);
        assert_eq!(by_hour, expected);
    }
}
