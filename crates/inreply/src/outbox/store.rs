//! Where messages wait for the relay.

use std::error::Error;
use std::future::Future;
use std::time::SystemTime;

use bytes::Bytes;

use super::entry::Entry;
use super::suppression::Suppression;
use crate::spool::QueueId;

/// A durable queue. Processes that share one may all enqueue; claiming and settling is for one sender, or as many as the store
/// can keep apart: `RedbStore` has one, `PgOutbox` any number.
///
/// The calls may run at the same time. None of them loads the whole queue: a store keeps an index by [`Entry::next_try`], and one
/// by [`Entry::expires_at`].
pub trait Store: Send + Sync + 'static {
    /// Makes them durable, all or none, before it returns.
    fn insert(
        &self,
        letters: Vec<(Entry, Bytes)>,
    ) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// Claims what is due, the earliest first, with the octets of each; of what has expired only what is due as well. What is
    /// claimed is not claimed again until it is settled, or its sender has died. Where a store knows of a death by a silence alone, a
    /// sender that lives may lose a claim: see [`Store::holds`].
    fn claim(
        &self,
        claim: Claim,
    ) -> impl Future<Output = Result<Vec<(Entry, Bytes)>, StoreError>> + Send;

    /// When the next message is due that nobody has claimed; a time in the past is now.
    fn next_due(&self) -> impl Future<Output = Result<Option<SystemTime>, StoreError>> + Send;

    /// Whether a claimed message is this sender's still; asked right before it goes to the relay, on a connection that waits for it, and
    /// nothing is sent that is not. A store whose claims end with their process alone need not look, so that it defaults to yes; one
    /// that lends them for a time has to be sure, and says no where it is not.
    fn holds(&self, _id: QueueId) -> bool {
        true
    }

    /// Notes the result of a try, so that the death of **this process** does not forget it: asked after each message, and cheap.
    /// [`Store::settle`] makes it durable against all else.
    fn record(&self, entry: &Entry) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// Makes results durable together, and gives the claims back. A message that is gone meanwhile stays gone, and one that another
    /// sender has stays as that one has it, unless it is done. Asked again with the same results where it has failed, and where
    /// nobody knows.
    fn settle(
        &self,
        settlements: Vec<Settlement>,
    ) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// Gives back at once all that was claimed and not settled: this sender has ended, and others need not wait until they take it
    /// for dead. Where that fails they wait as long, and no longer. What was recorded stands. Does nothing by default, for a store whose
    /// claims end with their process, and which is not sent from twice.
    fn give_up(&self) -> impl Future<Output = Result<(), StoreError>> + Send {
        async { Ok(()) }
    }

    /// Keeps no claim any longer, and gives none back: this sender has ended with results that are not settled, and others are to
    /// wait until they take it for dead. Does nothing by default, for a store whose claims end with their process.
    fn let_lapse(&self) {}

    /// One message.
    fn read(
        &self,
        id: QueueId,
    ) -> impl Future<Output = Result<Option<(Entry, Bytes)>, StoreError>> + Send;

    /// Makes a message due at `at`; false where it is gone. One that is claimed goes its way.
    fn retry(
        &self,
        id: QueueId,
        at: SystemTime,
    ) -> impl Future<Output = Result<bool, StoreError>> + Send;

    /// Deletes a message; false where it was gone. One that is claimed may be sent this once.
    fn discard(&self, id: QueueId) -> impl Future<Output = Result<bool, StoreError>> + Send;

    /// At most `most` messages in the order of their ids, those behind `after`.
    fn list(
        &self,
        after: Option<QueueId>,
        most: usize,
    ) -> impl Future<Output = Result<Vec<Entry>, StoreError>> + Send;

    /// How many there are.
    fn count(&self) -> impl Future<Output = Result<u64, StoreError>> + Send;

    /// Puts mailboxes on the suppression list; one that is there keeps its older reason.
    fn suppress(
        &self,
        suppressions: Vec<Suppression>,
    ) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// Those of the mailboxes ([`Suppression::key`]) that are on the list.
    fn suppressed(
        &self,
        mailboxes: Vec<String>,
    ) -> impl Future<Output = Result<Vec<Suppression>, StoreError>> + Send;

    /// At most `most` of the list in the order of mailboxes, those behind `after`.
    fn suppressions(
        &self,
        after: Option<String>,
        most: usize,
    ) -> impl Future<Output = Result<Vec<Suppression>, StoreError>> + Send;

    /// Takes a mailbox off the list; false where it was not there.
    fn release(&self, mailbox: String) -> impl Future<Output = Result<bool, StoreError>> + Send;
}

/// What is wanted of [`Store::claim`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(clippy::exhaustive_structs)]
pub struct Claim {
    /// The time.
    pub now: SystemTime,
    /// At most so many messages.
    pub most: usize,
    /// At most so many octets, the last message beyond them included.
    pub octets: u64,
    /// Only what has expired: the relay is away, and these need it no more.
    pub only_expired: bool,
}

/// What becomes of a claimed message.
#[derive(Debug, Clone, PartialEq, Eq)]
// A store has to handle each.
#[allow(clippy::exhaustive_enums)]
pub enum Settlement {
    /// Nobody waits for it any more: it is deleted.
    Done(QueueId),
    /// It is kept in this state until its next try.
    Later(Box<Entry>),
    /// It was not tried, and is as it was.
    Untouched(QueueId),
}

impl Settlement {
    /// The message.
    pub fn id(&self) -> QueueId {
        match self {
            Self::Done(id) | Self::Untouched(id) => *id,
            Self::Later(entry) => entry.id(),
        }
    }
}

/// Why a store did not answer.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// Only one process sends, and another does.
    #[error("another process sends what is in this outbox")]
    Taken,
    /// The disk or the database failed.
    #[error("the outbox cannot be read or written: {0}")]
    Failed(#[source] Box<dyn Error + Send + Sync>),
}

impl StoreError {
    /// The disk or the database failed, for this reason.
    pub fn failed(error: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self::Failed(error.into())
    }
}
