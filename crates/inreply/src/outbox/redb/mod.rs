//! The outbox in an embedded database.

mod journal;
mod tables;
#[cfg(test)]
mod tests;

use std::collections::{HashMap, HashSet};
use std::fs::{File, OpenOptions};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use ::redb::{ConcurrencyMode, Database};
use bytes::Bytes;
use tokio::sync::oneshot;
use tokio::task::spawn_blocking;

use self::journal::Journal;
use self::tables::{Reading, Writing};
use super::entry::Entry;
use super::store::{Claim, Settlement, Store, StoreError};
use super::suppression::Suppression;
use crate::spool::QueueId;

/// Octets of the file that are kept in memory (16 MiB): what is due is read once and in order, so that more does not help.
const CACHE: usize = 16_777_216;

/// An outbox in one file, for any number of processes that enqueue, list and release, and one that sends: the first to claim.
/// Clones share it.
///
/// Each commit is synced. Letters that are inserted at the same time share one. Results are appended to two files beside it, which
/// the death of the process does not take; they are synced when they are settled.
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
/// use inreply::outbox::{Letter, Outbox, OutboxConfig, RedbStore};
/// use inreply::smtp::client::Envelope;
///
/// let folder = tempfile::tempdir()?;
/// let store = RedbStore::open(folder.path().join("outbox.redb"))?;
/// let outbox = Outbox::new(store, OutboxConfig::default());
/// let envelope = Envelope::new("<bob@example.org>".parse()?).to("<ann@example.com>".parse()?);
/// let id = outbox.enqueue(Letter::new(envelope, "Subject: hi\r\n\r\nhello\r\n")).await?;
/// assert_eq!(outbox.list(None, 10).await?[0].id(), id);
/// # Ok::<(), Box<dyn std::error::Error>>(()) })?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct RedbStore(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    database: Database,
    path: PathBuf,
    /// What the next commit inserts.
    arriving: Mutex<Vec<Arriving>>,
    /// Held by the commit that inserts.
    inserting: Mutex<()>,
    /// There once this process sends.
    sender: Mutex<Option<Sender>>,
}

#[derive(Debug)]
struct Arriving {
    letters: Vec<(Entry, Bytes)>,
    inserted: oneshot::Sender<Result<(), StoreError>>,
}

/// What the one process that sends keeps.
#[derive(Debug)]
struct Sender {
    /// Locked as long as it is open.
    _lock: File,
    journal: Journal,
    claimed: HashSet<QueueId>,
    /// The results in the journal that no commit has.
    recorded: HashMap<QueueId, Entry>,
}

impl RedbStore {
    /// The outbox in this file, which is made where there is none.
    ///
    /// # Errors
    /// Where it cannot be made or is no such file.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, StoreError> {
        let path = path.as_ref();
        let database = Database::builder()
            .set_concurrency_mode(ConcurrencyMode::MultiWriter)
            .set_cache_size(CACHE)
            .create(path)
            .map_err(StoreError::failed)?;
        let writing = Writing::begin(&database)?;
        writing.make_tables()?;
        writing.commit()?;
        Ok(Self(Arc::new(Shared {
            database,
            path: path.to_owned(),
            arriving: Mutex::default(),
            inserting: Mutex::default(),
            sender: Mutex::default(),
        })))
    }

    /// Runs `work` on a thread that may block.
    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Shared) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let shared = Arc::clone(&self.0);
        let done = spawn_blocking(move || work(&shared)).await;
        done.map_err(StoreError::failed).flatten()
    }
}

impl Shared {
    /// Inserts what has arrived, unless the commit before has taken it along.
    fn insert_arrived(&self) {
        let _one_at_a_time = lock(&self.inserting);
        let arrived = std::mem::take(&mut *lock(&self.arriving));
        if arrived.is_empty() {
            return;
        }
        let inserted = Writing::begin(&self.database).and_then(|writing| {
            for letters in &arrived {
                writing.insert(&letters.letters)?;
            }
            writing.commit()
        });
        let failure = inserted.err().map(|error| error.to_string());
        for letters in arrived {
            let inserted = failure
                .clone()
                .map_or(Ok(()), |error| Err(StoreError::failed(error)));
            // Who asked may be gone.
            let _ = letters.inserted.send(inserted);
        }
    }

    /// Calls `work` with what the sender keeps; the first call makes this process the one that sends.
    fn with_sender<T>(&self, work: impl FnOnce(&mut Sender) -> T) -> Result<T, StoreError> {
        let mut sender = lock(&self.sender);
        if let Some(sender) = &mut *sender {
            return Ok(work(sender));
        }
        let mut options = OpenOptions::new();
        options.write(true).create(true).truncate(false);
        let lock = options.open(self.path.with_extension("lock"));
        let lock = lock.map_err(StoreError::failed)?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(std::fs::TryLockError::WouldBlock) => return Err(StoreError::Taken),
            Err(std::fs::TryLockError::Error(error)) => return Err(StoreError::failed(error)),
        }
        let (mut journal, left) = Journal::open(&self.path).map_err(StoreError::failed)?;
        let writing = Writing::begin(&self.database)?;
        for entry in left {
            writing.overtake(&entry)?;
        }
        writing.commit()?;
        journal.clear().map_err(StoreError::failed)?;
        let made = sender.insert(Sender {
            _lock: lock,
            journal,
            claimed: HashSet::new(),
            recorded: HashMap::new(),
        });
        Ok(work(made))
    }

    fn settle(&self, settlements: &[Settlement]) -> Result<(), StoreError> {
        let recorded = self.with_sender(|sender| {
            sender.journal.turn();
            std::mem::take(&mut sender.recorded)
        })?;
        let committed = Writing::begin(&self.database).and_then(|writing| {
            for entry in recorded.values() {
                writing.overtake(entry)?;
            }
            for settlement in settlements {
                match settlement {
                    Settlement::Done(id) => {
                        writing.remove(*id)?;
                    }
                    Settlement::Later(entry) => writing.update(entry)?,
                    Settlement::Untouched(_) => {}
                }
            }
            writing.commit()
        });
        self.with_sender(|sender| match committed {
            Ok(()) => {
                for settlement in settlements {
                    sender.claimed.remove(&settlement.id());
                }
                sender.journal.committed().map_err(StoreError::failed)
            }
            Err(error) => {
                for (id, entry) in recorded {
                    sender.recorded.entry(id).or_insert(entry);
                }
                Err(error)
            }
        })?
    }
}

impl Store for RedbStore {
    async fn insert(&self, letters: Vec<(Entry, Bytes)>) -> Result<(), StoreError> {
        let (inserted, done) = oneshot::channel();
        lock(&self.0.arriving).push(Arriving { letters, inserted });
        self.run(|shared| {
            shared.insert_arrived();
            Ok(())
        })
        .await?;
        done.await.map_err(StoreError::failed)?
    }

    async fn claim(&self, claim: Claim) -> Result<Vec<(Entry, Bytes)>, StoreError> {
        self.run(move |shared| {
            shared.with_sender(|sender| {
                let reading = Reading::begin(&shared.database)?;
                let claimed = reading.due(&claim, |id| !sender.claimed.contains(&id))?;
                sender
                    .claimed
                    .extend(claimed.iter().map(|(entry, _)| entry.id()));
                Ok(claimed)
            })?
        })
        .await
    }

    async fn next_due(&self) -> Result<Option<SystemTime>, StoreError> {
        self.run(|shared| {
            shared.with_sender(|sender| {
                Reading::begin(&shared.database)?.next_due(|id| !sender.claimed.contains(&id))
            })?
        })
        .await
    }

    /// Appends a few hundred octets to a file: no thread is worth it.
    async fn record(&self, entry: &Entry) -> Result<(), StoreError> {
        self.0.with_sender(|sender| {
            let appended = sender.journal.append(entry);
            sender.recorded.insert(entry.id(), entry.clone());
            appended.map_err(StoreError::failed)
        })?
    }

    async fn settle(&self, settlements: Vec<Settlement>) -> Result<(), StoreError> {
        self.run(move |shared| shared.settle(&settlements)).await
    }

    /// The process may claim again, and has to see what it has recorded.
    async fn give_up(&self) -> Result<(), StoreError> {
        self.run(|shared| {
            if lock(&shared.sender).is_none() {
                return Ok(());
            }
            shared.settle(&[])?;
            shared.with_sender(|sender| sender.claimed.clear())
        })
        .await
    }

    async fn read(&self, id: QueueId) -> Result<Option<(Entry, Bytes)>, StoreError> {
        self.run(move |shared| Reading::begin(&shared.database)?.letter(id))
            .await
    }

    async fn retry(&self, id: QueueId, at: SystemTime) -> Result<bool, StoreError> {
        self.run(move |shared| {
            let writing = Writing::begin(&shared.database)?;
            let there = writing.retry(id, at)?;
            writing.commit()?;
            Ok(there)
        })
        .await
    }

    async fn discard(&self, id: QueueId) -> Result<bool, StoreError> {
        self.run(move |shared| {
            let writing = Writing::begin(&shared.database)?;
            let was_there = writing.remove(id)?;
            writing.commit()?;
            Ok(was_there)
        })
        .await
    }

    async fn list(&self, after: Option<QueueId>, most: usize) -> Result<Vec<Entry>, StoreError> {
        self.run(move |shared| Reading::begin(&shared.database)?.list(after, most))
            .await
    }

    async fn count(&self) -> Result<u64, StoreError> {
        self.run(|shared| Reading::begin(&shared.database)?.count())
            .await
    }

    async fn suppress(&self, suppressions: Vec<Suppression>) -> Result<(), StoreError> {
        self.run(move |shared| {
            let writing = Writing::begin(&shared.database)?;
            for suppression in &suppressions {
                writing.suppress(suppression)?;
            }
            writing.commit()
        })
        .await
    }

    async fn suppressed(&self, mailboxes: Vec<String>) -> Result<Vec<Suppression>, StoreError> {
        self.run(move |shared| Reading::begin(&shared.database)?.suppressed(&mailboxes))
            .await
    }

    async fn suppressions(
        &self,
        after: Option<String>,
        most: usize,
    ) -> Result<Vec<Suppression>, StoreError> {
        self.run(move |shared| {
            Reading::begin(&shared.database)?.suppressions(after.as_deref(), most)
        })
        .await
    }

    async fn release(&self, mailbox: String) -> Result<bool, StoreError> {
        self.run(move |shared| {
            let writing = Writing::begin(&shared.database)?;
            let was_there = writing.release(&mailbox)?;
            writing.commit()?;
            Ok(was_there)
        })
        .await
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
