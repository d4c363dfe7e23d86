//! How much waits.

use std::time::{Duration, SystemTime};

use super::QueueId;

/// The messages of a spool that wait for the worker.
///
/// ```
/// use std::time::{Duration, SystemTime};
/// use inreply::spool::{Backlog, Maildir};
///
/// let root = tempfile::tempdir()?;
/// let spool = Maildir::open(root.path())?;
/// let now = SystemTime::now();
/// spool.begin(now)?.commit()?;
///
/// let backlog = Backlog::of(spool.waiting()?);
/// assert_eq!(backlog.messages, 1);
/// assert_eq!(backlog.age(now + Duration::from_secs(60)).as_secs(), 60);
/// assert_eq!(Backlog::default().age(now), Duration::ZERO);
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[allow(clippy::exhaustive_structs)]
pub struct Backlog {
    /// How many they are.
    pub messages: u64,
    /// When the oldest of them arrived.
    pub oldest: Option<SystemTime>,
}

impl Backlog {
    /// That of these messages.
    pub fn of(waiting: impl IntoIterator<Item = QueueId>) -> Self {
        let mut backlog = Self::default();
        for id in waiting {
            backlog.add(id);
        }
        backlog
    }

    /// One more message.
    pub(super) fn add(&mut self, id: QueueId) {
        self.messages += 1;
        let oldest = self.oldest.unwrap_or_else(|| id.arrival());
        self.oldest = Some(oldest.min(id.arrival()));
    }

    /// How long the oldest has waited at `now`; nothing where none waits, or where the clock was set back.
    pub fn age(&self, now: SystemTime) -> Duration {
        self.oldest
            .and_then(|oldest| now.duration_since(oldest).ok())
            .unwrap_or_default()
    }
}
