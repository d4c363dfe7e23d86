//! The outbox in PostgreSQL.

mod insert;
mod lease;
mod row;
mod sql;
mod store;
#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::fmt;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::mpsc;
use tokio::task::JoinSet;

use self::insert::Arriving;
use self::lease::LeaseEnd;
use self::sql::Sql;
use super::line::{Connector, Line};
use super::{PgConfig, QUEUED, new_holder, schema};
use crate::spool::QueueId;
use crate::tls::TlsError;

/// An outbox in PostgreSQL, and its suppression list: any number of processes enqueue, and any number send. Clones are the same
/// outbox.
///
/// What a sender claims is leased to it ([`PgConfig::lease`]), and the lease is renewed while it lives. A message is tried only within
/// the lease: with a database that is away for longer nothing is sent, since another sender may have it meanwhile. So nobody gets a
/// message twice but where a sender dies with it, or is with the relay still, or has not committed what that said, when a lease that
/// cannot be renewed ends.
///
/// Each message, each claim and each settlement is on disk when it is answered, and messages that come at the same time share a commit.
/// The result of a try is with the server before the next message goes, and on its disk within a second.
///
/// ```no_run
/// # async fn outbox() -> Result<(), Box<dyn std::error::Error>> {
/// use inreply::outbox::{Letter, Outbox, OutboxConfig};
/// use inreply::postgres::PgOutbox;
/// use inreply::smtp::client::Envelope;
///
/// let store = PgOutbox::new("postgres://inreply@db.example/forge?sslmode=verify-full".parse()?)?;
/// let outbox = Outbox::new(store, OutboxConfig::default());
/// let envelope = Envelope::new("<bob@example.org>".parse()?).to("<ann@example.com>".parse()?);
/// outbox.enqueue(Letter::new(envelope, "Subject: hi\r\n\r\nhello\r\n")).await?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct PgOutbox {
    shared: Arc<Shared>,
    arriving: mpsc::Sender<Arriving>,
    /// End with the last clone.
    _tasks: Arc<JoinSet<()>>,
}

/// What the outbox and its tasks share.
struct Shared {
    connector: Arc<Connector>,
    sql: Sql,
    /// Results of tries, and what a sender asks.
    fast: Line,
    /// What has to be on disk: letters, settlements, and whose a message is.
    sure: Line,
    /// What operators and monitors ask: it may take long, and no result waits behind it.
    look: Line,
    /// Names this process in the table.
    holder: i64,
    /// What it has claimed and not settled, and until when that is certainly its own; none where it is not any more.
    held: Mutex<HashMap<QueueId, Option<LeaseEnd>>>,
    /// Held by a claim or a settlement: what is claimed beside a settlement may be from before it, and was sent.
    turn: tokio::sync::Mutex<()>,
}

impl PgOutbox {
    /// An outbox there. It connects when it is used; the first connection makes the tables, in the schema of the spool and as
    /// [`PgSpool::new`](super::PgSpool::new) does. It wants a Tokio runtime.
    ///
    /// # Errors
    /// [`TlsError`] where the certificates of authorities cannot be read, or there are no random numbers.
    pub fn new(config: PgConfig) -> Result<Self, TlsError> {
        let sql = Sql::new(&config.schema);
        let statements = Arc::new(schema::Sql::new(&config.schema));
        let connector = Arc::new(Connector::new(config, statements, schema::OUTBOX)?);
        let shared = Arc::new(Shared {
            sql,
            fast: Line::new(Arc::clone(&connector), false),
            sure: Line::new(Arc::clone(&connector), true),
            look: Line::new(Arc::clone(&connector), false),
            connector,
            holder: new_holder()?,
            held: Mutex::default(),
            turn: tokio::sync::Mutex::default(),
        });
        let (arriving, arrivals) = mpsc::channel(QUEUED);
        let mut tasks = JoinSet::new();
        tasks.spawn(insert::insert(Arc::clone(&shared), arrivals));
        tasks.spawn(lease::beat(Arc::clone(&shared)));
        Ok(Self {
            shared,
            arriving,
            _tasks: Arc::new(tasks),
        })
    }

    /// Makes the tables, and finds out whether the database can be used.
    ///
    /// # Errors
    /// Where it cannot be reached in time, or refuses.
    pub async fn check(&self) -> io::Result<()> {
        let shared = &self.shared;
        shared.fast.query(&shared.sql.next_due, &[]).await.map(drop)
    }
}

impl Shared {
    fn held(&self) -> MutexGuard<'_, HashMap<QueueId, Option<LeaseEnd>>> {
        // Ids and times alone; nothing in it can be half done.
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for PgOutbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PgOutbox")
            .field("config", self.shared.connector.config())
            .finish_non_exhaustive()
    }
}

/// The database and its servers, without the password.
impl fmt::Display for PgOutbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.shared.connector.config().fmt_place(f)
    }
}
