//! Spool and outbox in PostgreSQL: many servers take mail into it, many workers claim from it, and send what goes out.
//!
//! ```text
//! listener ──┐                                       ┌──▶ worker
//! listener ──┴▶ group commit ──▶ PostgreSQL ──▶ lease ┴──▶ worker ──▶ the product's own transaction
//! ```
//!
//! - `250` is said behind the commit. Messages that arrive together share one. While the database is away senders hear `451 4.3.0`.
//! - A claimed message is leased. A worker that lives renews its leases; what a dead one held is claimed again.
//! - What is put off waits longer each time, and is filed as a failure in the end.
//! - The queue is in the order of arrival, but for a token with many messages: each stands a second behind the one before it, so that
//!   it starves nobody. With several workers the order within a token is not kept.
//! - [`PgOutbox`] is the [outbox](crate::outbox) and its suppression list in the same tables' schema: each message is one sender's at a
//!   time, by a lease too.
//! - With [`PgSpool::accept_in`] comment and completion are one transaction, and every reply is one comment by construction. A
//!   product with its data elsewhere keeps [`IncomingReply::key`](crate::inbox::IncomingReply::key).
#![doc = include_str!("scale.md")]

mod any;
#[cfg(feature = "redb")]
mod any_outbox;
mod config;
mod error;
mod kept;
mod line;
mod outbox;
mod queue;
mod schema;
mod spool;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod there;
mod tls;
mod transfer;
mod writer;

use std::collections::HashMap;
use std::fmt;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use bytes::Bytes;
use tokio::sync::{Notify, Semaphore, mpsc};
use tokio::task::JoinSet;
use tokio_postgres::Transaction;
use tokio_postgres::types::Type;

pub use self::any::{AnyDraft, AnySpool, Glance};
#[cfg(feature = "redb")]
pub use self::any_outbox::AnyOutbox;
pub use self::config::PgConfig;
pub use self::error::{CompleteError, PgConfigError};
pub use self::kept::PgKept;
use self::line::{Connector, Line};
pub use self::outbox::PgOutbox;
use self::schema::Sql;
pub use self::spool::PgDraft;
use self::writer::{Filing, Writing};
use crate::inbox::{IncomingReply, Receipt};
use crate::spool::{Folder, Maildir, QueueId};
use crate::tls::TlsError;

/// Calls that wait for their group: sessions beyond it wait for a place.
const QUEUED: usize = 1_024;

/// A spool in PostgreSQL. Clones are the same spool.
#[derive(Clone)]
pub struct PgSpool {
    shared: Arc<Shared>,
    writing: mpsc::Sender<Writing>,
    filing: mpsc::Sender<Filing>,
    drafts: Arc<Semaphore>,
    /// End with the last clone; none in the clone that a task of them has.
    _tasks: Option<Arc<JoinSet<()>>>,
}

/// What the spool and its tasks share.
struct Shared {
    connector: Arc<Connector>,
    /// Claims, leases, and what a worker reads.
    fast: Line,
    /// What has to be on disk, and is rare.
    sure: Line,
    /// What operators and monitors ask: it may take long, and no claim waits behind it.
    look: Line,
    /// Where messages go while the database is away.
    fallback: Option<Maildir>,
    /// They go there now.
    away: AtomicBool,
    /// Names this process in the table.
    holder: i64,
    /// What this process has claimed, with the octets that came with it.
    held: Mutex<HashMap<QueueId, Option<Bytes>>>,
    wake: Notify,
    /// The last claim gave all that it asked for.
    busy: AtomicBool,
    looks: Mutex<Looks>,
}

/// When this process has looked for work.
#[derive(Debug, Default)]
struct Looks {
    claimed_at: Option<Instant>,
    revived_at: Option<Instant>,
}

impl PgSpool {
    /// A spool there. It connects when it is used, so that a server starts while the database is away; the first connection
    /// makes the tables, or those that a new version needs: one whose role may not do so uses what another one has made. It wants a Tokio
    /// runtime.
    ///
    /// # Errors
    /// [`TlsError`] where the certificates of authorities cannot be read, or there are no random numbers.
    pub fn new(config: PgConfig) -> Result<Self, TlsError> {
        Self::start(config, None)
    }

    /// The same with a maildir for when the database is away: what cannot be committed there in time is kept here before its `250`, and
    /// moved into the tables when they are back. **No worker may claim from that maildir**; what lies there at the start is moved too.
    ///
    /// Without one senders hear `451 4.3.0` and come again, which loses nothing either and keeps the order.
    ///
    /// # Errors
    /// Those of [`PgSpool::new`].
    pub fn with_fallback(config: PgConfig, maildir: Maildir) -> Result<Self, TlsError> {
        Self::start(config, Some(maildir))
    }

    fn start(config: PgConfig, fallback: Option<Maildir>) -> Result<Self, TlsError> {
        let sql = Arc::new(Sql::new(&config.schema));
        let drafts = Arc::new(Semaphore::new(config.draft_octets));
        let connector = Arc::new(Connector::new(config, sql, schema::SPOOL)?);
        let shared = Arc::new(Shared {
            fast: Line::new(Arc::clone(&connector), false),
            sure: Line::new(Arc::clone(&connector), true),
            look: Line::new(Arc::clone(&connector), false),
            fallback,
            away: AtomicBool::new(false),
            connector: Arc::clone(&connector),
            holder: new_holder()?,
            held: Mutex::default(),
            wake: Notify::new(),
            busy: AtomicBool::new(false),
            looks: Mutex::default(),
        });
        let (writing, writings) = mpsc::channel(QUEUED);
        let (filing, filings) = mpsc::channel(QUEUED);
        let mut tasks = JoinSet::new();
        tasks.spawn(writer::write(Arc::clone(&connector), writings));
        tasks.spawn(writer::file(connector, shared.holder, filings));
        tasks.spawn(queue::beat(Arc::clone(&shared)));
        tasks.spawn(queue::listen(Arc::clone(&shared)));
        let mut spool = Self {
            shared,
            writing,
            filing,
            drafts,
            _tasks: None,
        };
        if let Some(maildir) = spool.shared.fallback.clone() {
            tasks.spawn(spool.clone().drain(maildir));
        }
        spool._tasks = Some(Arc::new(tasks));
        Ok(spool)
    }

    /// Makes the tables, and finds out whether the database can be used.
    ///
    /// # Errors
    /// Where it cannot be reached in time, or refuses.
    pub async fn check(&self) -> std::io::Result<()> {
        let sql = self.shared.connector.sql();
        self.shared.fast.query(&sql.backlog, &[]).await.map(drop)
    }

    /// Accepts a reply in a transaction of the product's own, in the same database: notes its key and completes its message.
    /// **Store the comment where it is [`Receipt::Stored`], in this transaction, then commit**; nothing of it happens otherwise.
    ///
    /// ```no_run
    /// # use inreply::inbox::{IncomingReply, Receipt};
    /// # use inreply::postgres::PgSpool;
    /// # async fn comment(spool: &PgSpool, client: &mut tokio_postgres::Client, reply: IncomingReply)
    /// # -> Result<Receipt, Box<dyn std::error::Error>> {
    /// let transaction = client.transaction().await?;
    /// let receipt = spool.accept_in(&transaction, &reply).await?;
    /// if receipt == Receipt::Stored {
    ///     let statement = "INSERT INTO comment (text) VALUES ($1)";
    ///     transaction.execute(statement, &[&reply.text]).await?;
    /// }
    /// transaction.commit().await?;
    /// # Ok(receipt)
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`CompleteError`]; the transaction has to be rolled back, and the reply is offered again, to whoever holds it then.
    pub async fn accept_in(
        &self,
        transaction: &Transaction<'_>,
        reply: &IncomingReply,
    ) -> Result<Receipt, CompleteError> {
        let id = reply.queue_id.ok_or(CompleteError::NotSpooled)?;
        let (key, name) = (reply.key.as_bytes().as_slice(), id.to_string());
        let accept = &self.shared.connector.sql().accept;
        let new = transaction
            .query_typed(accept, &[(&key, Type::BYTEA), (&name, Type::TEXT)])
            .await?;
        let (receipt, folder) = match new.is_empty() {
            false => (Receipt::Stored, Folder::Success),
            true => (Receipt::Duplicate, Folder::Ignored("duplicate")),
        };
        self.complete_in(transaction, id, &folder).await?;
        Ok(receipt)
    }

    /// Moves a claimed message to where it ends, in a transaction of the product's own: once, whoever else tries.
    ///
    /// # Errors
    /// [`CompleteError`]; the transaction has to be rolled back.
    pub async fn complete_in(
        &self,
        transaction: &Transaction<'_>,
        id: QueueId,
        folder: &Folder,
    ) -> Result<(), CompleteError> {
        let (id, name, reason) = (id.to_string(), folder.name(), reason_of(folder));
        let parameters: [line::Parameter<'_>; 4] = [
            (&id, Type::TEXT),
            (&name, Type::TEXT),
            (&reason, Type::TEXT),
            (&self.shared.holder, Type::INT8),
        ];
        let complete = &self.shared.connector.sql().complete;
        match transaction.query_typed(complete, &parameters).await?.len() {
            0 => Err(CompleteError::NotHeld),
            _ => Ok(()),
        }
    }
}

impl Shared {
    fn held(&self) -> MutexGuard<'_, HashMap<QueueId, Option<Bytes>>> {
        // Each change is one call; nothing in it can be half done.
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn looks(&self) -> MutexGuard<'_, Looks> {
        self.looks.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The message is no longer this process's.
    fn forget(&self, id: QueueId) {
        self.held().remove(&id);
        self.wake.notify_one();
    }
}

impl fmt::Debug for PgSpool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PgSpool")
            .field("config", self.shared.connector.config())
            .finish_non_exhaustive()
    }
}

/// The database and its servers, without the password.
impl fmt::Display for PgSpool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.shared.connector.config().fmt_place(f)
    }
}

/// A number that no other process has, by which the tables know this one.
fn new_holder() -> Result<i64, TlsError> {
    let mut holder = [0; 8];
    getrandom::fill(&mut holder)
        .map_err(|error| rustls::Error::General(format!("no random numbers: {error}")))?;
    Ok(i64::from_ne_bytes(holder))
}

/// Why a message is in a folder, as PostgreSQL takes a text: without NUL.
fn reason_of(folder: &Folder) -> Option<String> {
    match folder {
        Folder::Failure(reason) => Some(reason.replace('\0', "")),
        _ => None,
    }
}
