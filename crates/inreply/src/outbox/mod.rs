//! A durable queue of outgoing mail, and what drains it.
//!
//! ```text
//! product ──▶ Outbox::enqueue ──▶ Store (synced) ──▶ run ──▶ up to 4 connections ──▶ relay
//!                                     ▲               │
//!                                     └── try later ──┴──▶ Notices: delivered, refused, expired …
//! ```
//!
//! [`Outbox::enqueue`] returns when the message is on disk. [`run`] sends what is due on connections that it keeps, each recipient
//! with a result of its own, and tries again by a [`Schedule`] until the time to live is over. The product hears of each end in
//! [`Notices`].
//!
//! # What is promised
//!
//! - What was enqueued is sent, or the product hears why not, whatever stops in between.
//! - The result of a message is noted before the next one goes on the same connection; only the envelope of that one may be there
//!   already, which sends nothing. Where **the process dies**, the one message
//!   of each connection that was with the relay may be sent twice: nobody can know whether it was taken. Both copies have the same
//!   octets, the same Message-ID included, by which mail programs show them as one. A message without a Message-ID is sent as it is.
//! - Where **the machine dies**, that holds for all messages since the last commit ([`OutboxConfig::group`]).
//! - A connection that breaks behind the last octet and before the reply is the same case: the message is sent again.
//! - Where several send from one store, each message is one sender's at a time ([`Store::claim`]).
//! - The product is told at least once of each recipient.
//!
//! # Who gets nothing
//!
//! Mailboxes on the suppression list, and domains that [`OutboxConfig::only_domains`] does not name. A mailbox comes on the list
//! where the relay refuses it for good with a code that is about the mailbox (`5.1.1`, say), and where the product puts it there:
//! best in [`Inbox::bounced`](crate::inbox::Inbox::bounced), for mail that the relay took and that came back. It leaves the list
//! by [`Outbox::release`].

mod config;
mod entry;
mod jobs;
mod judge;
mod letter;
mod notice;
#[cfg(feature = "redb")]
mod redb;
mod schedule;
mod sender;
mod store;
#[cfg(all(test, any(feature = "postgres", feature = "redb")))]
pub(crate) mod suite;
mod suppression;
mod transfer;
mod upstream;

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use inreply_smtp::wire::path::ForwardPath;
use tokio::sync::{Notify, mpsc};

pub use self::config::OutboxConfig;
pub use self::entry::{Entry, Recipient};
#[cfg(feature = "postgres")]
pub(crate) use self::entry::{from_micros, to_micros};
pub use self::letter::Letter;
pub use self::notice::{End, Notice, NoticeError, Notices};
#[cfg(feature = "redb")]
pub use self::redb::RedbStore;
pub use self::schedule::Schedule;
pub use self::sender::run;
pub use self::store::{Claim, Settlement, Store, StoreError};
pub use self::suppression::Suppression;
use crate::metrics::Metrics;
use crate::outgoing::Outgoing;
use crate::spool::{Backlog, QueueId};

/// Letters that are taken from a channel at once.
const GROUP: usize = 256;

/// Outgoing mail that is not lost. Clones are the same outbox.
#[derive(Debug)]
pub struct Outbox<S> {
    shared: Arc<Shared<S>>,
    metrics: Metrics,
}

impl<S> Clone for Outbox<S> {
    fn clone(&self) -> Self {
        Self {
            shared: Arc::clone(&self.shared),
            metrics: self.metrics.clone(),
        }
    }
}

#[derive(Debug)]
struct Shared<S> {
    store: S,
    config: OutboxConfig,
    arrived: Notify,
    /// The microsecond of the last id.
    last: AtomicU64,
}

/// Why a letter was not enqueued.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EnqueueError {
    /// It is for nobody.
    #[error("the envelope has no recipient")]
    NoRecipients,
    /// The operating system gives no random numbers.
    #[error("no random numbers: {0}")]
    Random(#[source] io::Error),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl<S: Store> Outbox<S> {
    /// An outbox in this store.
    pub fn new(store: S, config: OutboxConfig) -> Self {
        let shared = Shared {
            store,
            config,
            arrived: Notify::new(),
            last: AtomicU64::new(0),
        };
        Self {
            shared: Arc::new(shared),
            metrics: Metrics::default(),
        }
    }

    /// What is counted for monitoring, by [`run`] on this clone or one made of it. Defaults to counters of its own.
    #[must_use]
    pub fn metrics(mut self, metrics: Metrics) -> Self {
        self.metrics = metrics;
        self
    }

    /// Sets the gauges of the outbox in its [metrics](Outbox::metrics) to what waits now.
    ///
    /// # Errors
    /// Where the store fails.
    pub async fn measure(&self) -> Result<(), StoreError> {
        let oldest = self.list(None, 1).await?;
        let backlog = Backlog {
            messages: self.count().await?,
            // Ids begin with the time.
            oldest: oldest.first().map(|entry| entry.id().arrival()),
        };
        self.metrics.outbox(&backlog, SystemTime::now());
        Ok(())
    }

    /// Makes a letter durable; [`run`], here or in another process, sends it.
    ///
    /// # Errors
    /// Where it has no recipient, or the store fails; then it is not there. A database that is lost while it commits is the
    /// exception: it may be there all the same, and is sent.
    pub async fn enqueue(&self, letter: Letter) -> Result<QueueId, EnqueueError> {
        let id = self.id()?;
        self.insert(vec![(id, letter)]).await?;
        Ok(id)
    }

    /// Makes letters durable together, all or none: one commit instead of many, for an event that many are told of.
    ///
    /// # Errors
    /// Where one has no recipient, or the store fails; then none of them is there, with the exception of
    /// [`Outbox::enqueue`].
    pub async fn enqueue_all(&self, letters: Vec<Letter>) -> Result<Vec<QueueId>, EnqueueError> {
        let with_id = letters.into_iter().map(|letter| Ok((self.id()?, letter)));
        let letters = with_id.collect::<Result<Vec<_>, EnqueueError>>()?;
        let ids = letters.iter().map(|(id, _)| *id).collect();
        self.insert(letters).await?;
        Ok(ids)
    }

    /// Enqueues what comes from a channel until its other end is gone: the mails about what came in, of
    /// [`Options::outgoing`](crate::receiver::Options::outgoing). What cannot be enqueued is dropped with an error in the log.
    pub async fn enqueue_from(&self, mut mails: mpsc::Receiver<Outgoing>) {
        let mut group = Vec::new();
        while mails.recv_many(&mut group, GROUP).await > 0 {
            let letters = group.drain(..).map(Letter::from).collect();
            if let Err(error) = self.enqueue_all(letters).await {
                tracing::error!(%error, "mails about what came in are not sent");
            }
        }
    }

    /// At most `most` messages in the order of their ids, those behind `after`.
    ///
    /// # Errors
    /// Where the store fails.
    pub async fn list(
        &self,
        after: Option<QueueId>,
        most: usize,
    ) -> Result<Vec<Entry>, StoreError> {
        self.shared.store.list(after, most).await
    }

    /// How many messages wait.
    ///
    /// # Errors
    /// Where the store fails.
    pub async fn count(&self) -> Result<u64, StoreError> {
        self.shared.store.count().await
    }

    /// A message and its octets.
    ///
    /// # Errors
    /// Where the store fails.
    pub async fn read(&self, id: QueueId) -> Result<Option<(Entry, Bytes)>, StoreError> {
        self.shared.store.read(id).await
    }

    /// Has a message tried now; false where it is gone.
    ///
    /// # Errors
    /// Where the store fails.
    pub async fn retry(&self, id: QueueId) -> Result<bool, StoreError> {
        let there = self.shared.store.retry(id, SystemTime::now()).await?;
        self.shared.arrived.notify_one();
        Ok(there)
    }

    /// Deletes a message, without a notice; false where it was gone. One that is with the relay just now may arrive.
    ///
    /// # Errors
    /// Where the store fails.
    pub async fn discard(&self, id: QueueId) -> Result<bool, StoreError> {
        self.shared.store.discard(id).await
    }

    /// Puts a mailbox on the suppression list.
    ///
    /// # Errors
    /// Where the store fails.
    pub async fn suppress(&self, path: &ForwardPath<'_>, reason: &str) -> Result<(), StoreError> {
        let suppression = Suppression::new(path, reason, SystemTime::now());
        self.shared.store.suppress(vec![suppression]).await
    }

    /// Why and since when a mailbox gets nothing; none where it gets what is for it.
    ///
    /// # Errors
    /// Where the store fails.
    pub async fn suppression(
        &self,
        path: &ForwardPath<'_>,
    ) -> Result<Option<Suppression>, StoreError> {
        let listed = self
            .shared
            .store
            .suppressed(vec![Suppression::key(path)])
            .await?;
        Ok(listed.into_iter().next())
    }

    /// At most `most` of the suppression list in the order of mailboxes, those behind `after`.
    ///
    /// # Errors
    /// Where the store fails.
    pub async fn suppressions(
        &self,
        after: Option<&str>,
        most: usize,
    ) -> Result<Vec<Suppression>, StoreError> {
        let after = after.map(str::to_owned);
        self.shared.store.suppressions(after, most).await
    }

    /// Takes a mailbox off the suppression list; false where it was not there.
    ///
    /// # Errors
    /// Where the store fails.
    pub async fn release(&self, mailbox: &str) -> Result<bool, StoreError> {
        self.shared.store.release(mailbox.to_lowercase()).await
    }

    /// The store.
    pub fn store(&self) -> &S {
        &self.shared.store
    }

    /// The settings.
    pub fn config(&self) -> &OutboxConfig {
        &self.shared.config
    }

    fn arrived(&self) -> &Notify {
        &self.shared.arrived
    }

    async fn insert(&self, letters: Vec<(QueueId, Letter)>) -> Result<(), EnqueueError> {
        let time_to_live = self.shared.config.time_to_live;
        let with_entry = letters.into_iter().map(|(id, letter)| {
            if letter.envelope.recipients().is_empty() {
                return Err(EnqueueError::NoRecipients);
            }
            let entry = Entry::new(id, &letter, time_to_live);
            Ok((entry, letter.message))
        });
        let letters = with_entry.collect::<Result<Vec<_>, _>>()?;
        self.shared.store.insert(letters).await?;
        self.shared.arrived.notify_one();
        Ok(())
    }

    /// An id of this moment, or of a later microsecond that no other id of this process has; 16 random bits tell processes apart.
    fn id(&self) -> Result<QueueId, EnqueueError> {
        let now = entry::to_micros(SystemTime::now());
        let later = |last: u64| Some(now.max(last.saturating_add(1)));
        let last = self
            .shared
            .last
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, later);
        // The update never declines.
        let micros = now.max(last.unwrap_or_default().saturating_add(1));
        QueueId::new(UNIX_EPOCH + Duration::from_micros(micros)).map_err(EnqueueError::Random)
    }
}
