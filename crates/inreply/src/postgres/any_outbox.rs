//! An outbox in a file or in PostgreSQL, as the settings of a program say.

use std::time::SystemTime;

use bytes::Bytes;

use super::PgOutbox;
use crate::outbox::{Claim, Entry, RedbStore, Settlement, Store, StoreError, Suppression};
use crate::spool::QueueId;

/// The outbox of a program that lets its operator choose.
///
/// ```
/// # tokio::runtime::Runtime::new()?.block_on(async {
/// use inreply::outbox::{Outbox, OutboxConfig, RedbStore};
/// use inreply::postgres::AnyOutbox;
///
/// let folder = tempfile::tempdir()?;
/// let store = AnyOutbox::Redb(RedbStore::open(folder.path().join("outbox.redb"))?);
/// let outbox = Outbox::new(store, OutboxConfig::default());
/// assert_eq!(outbox.count().await?, 0);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// # })?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum AnyOutbox {
    /// In tables that many machines share.
    Postgres(PgOutbox),
    /// In a file of this machine.
    Redb(RedbStore),
}

macro_rules! whichever {
    ($any:ident, $store:ident => $call:expr) => {
        match $any {
            AnyOutbox::Postgres($store) => $call,
            AnyOutbox::Redb($store) => $call,
        }
    };
}

impl Store for AnyOutbox {
    async fn insert(&self, letters: Vec<(Entry, Bytes)>) -> Result<(), StoreError> {
        whichever!(self, store => store.insert(letters).await)
    }

    async fn claim(&self, claim: Claim) -> Result<Vec<(Entry, Bytes)>, StoreError> {
        whichever!(self, store => store.claim(claim).await)
    }

    async fn next_due(&self) -> Result<Option<SystemTime>, StoreError> {
        whichever!(self, store => store.next_due().await)
    }

    fn holds(&self, id: QueueId) -> bool {
        whichever!(self, store => store.holds(id))
    }

    async fn record(&self, entry: &Entry) -> Result<(), StoreError> {
        whichever!(self, store => store.record(entry).await)
    }

    async fn settle(&self, settlements: Vec<Settlement>) -> Result<(), StoreError> {
        whichever!(self, store => store.settle(settlements).await)
    }

    async fn give_up(&self) -> Result<(), StoreError> {
        whichever!(self, store => store.give_up().await)
    }

    fn let_lapse(&self) {
        whichever!(self, store => store.let_lapse());
    }

    async fn read(&self, id: QueueId) -> Result<Option<(Entry, Bytes)>, StoreError> {
        whichever!(self, store => store.read(id).await)
    }

    async fn retry(&self, id: QueueId, at: SystemTime) -> Result<bool, StoreError> {
        whichever!(self, store => store.retry(id, at).await)
    }

    async fn discard(&self, id: QueueId) -> Result<bool, StoreError> {
        whichever!(self, store => store.discard(id).await)
    }

    async fn list(&self, after: Option<QueueId>, most: usize) -> Result<Vec<Entry>, StoreError> {
        whichever!(self, store => store.list(after, most).await)
    }

    async fn count(&self) -> Result<u64, StoreError> {
        whichever!(self, store => store.count().await)
    }

    async fn suppress(&self, suppressions: Vec<Suppression>) -> Result<(), StoreError> {
        whichever!(self, store => store.suppress(suppressions).await)
    }

    async fn suppressed(&self, mailboxes: Vec<String>) -> Result<Vec<Suppression>, StoreError> {
        whichever!(self, store => store.suppressed(mailboxes).await)
    }

    async fn suppressions(
        &self,
        after: Option<String>,
        most: usize,
    ) -> Result<Vec<Suppression>, StoreError> {
        whichever!(self, store => store.suppressions(after, most).await)
    }

    async fn release(&self, mailbox: String) -> Result<bool, StoreError> {
        whichever!(self, store => store.release(mailbox).await)
    }
}
