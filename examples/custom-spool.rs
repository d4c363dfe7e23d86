//! A spool of one's own in the place of the maildir, in an embedded database: `custom-spool FILE [SMTP-ADDRESS]`.
//!
//! What waits and what is kept are two tables; what became a comment, and the mail of machines, is deleted. A message is committed before its `250`, and a
//! restart finds what waits.

use std::collections::{BTreeSet, HashMap};
use std::io;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use inreply::gate::Gate;
use inreply::inbox::{Inbox, InboxError, IncomingReply, Receipt, Senders, Standing};
use inreply::listener::{self, ListenerConfig};
use inreply::receiver::Receiver;
use inreply::site::Site;
use inreply::smtp::server::ServerConfig;
use inreply::spool::{Backlog, Drafting, Folder, Preamble, QueueId, Retention, Spool};
use inreply::token::{Context, Day, Key, KeyId, KeyRing, Opened};
use inreply::worker;
use redb::{Database, ReadableDatabase, ReadableTable, TableDefinition};
use tokio::net::TcpListener;
use tokio::sync::{Notify, watch};
use tokio::task::spawn_blocking;

/// By id, which sorts by arrival.
const WAITING: TableDefinition<'_, &str, &[u8]> = TableDefinition::new("waiting");
/// What failed, with its reason, and the operator's mail.
const KEPT: TableDefinition<'_, &str, (&str, &[u8])> = TableDefinition::new("kept");

/// How long a message that was put off is left alone.
const PAUSE: Duration = Duration::from_secs(30);

#[derive(Debug, Clone)]
struct InRedb(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    database: Database,
    /// Of this process, with the time from which they may be claimed again; a restart claims anew.
    claimed: Mutex<HashMap<QueueId, Option<Instant>>>,
    arrived: Notify,
}

impl InRedb {
    fn open(path: &str) -> Result<Self, redb::Error> {
        let database = Database::create(path)?;
        let transaction = database.begin_write()?;
        transaction.open_table(WAITING)?;
        transaction.open_table(KEPT)?;
        transaction.commit()?;
        Ok(Self(Arc::new(Shared {
            database,
            claimed: Mutex::default(),
            arrived: Notify::new(),
        })))
    }

    /// Runs `work` on a thread that may block.
    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Database) -> Result<T, redb::Error> + Send + 'static,
    ) -> io::Result<T> {
        let shared = Arc::clone(&self.0);
        let done = spawn_blocking(move || work(&shared.database)).await?;
        // A full disk says so, and the client is told.
        done.map_err(|error| match error {
            redb::Error::Io(error) => error,
            other => io::Error::other(other),
        })
    }

    fn claimed<T>(&self, work: impl FnOnce(&mut HashMap<QueueId, Option<Instant>>) -> T) -> T {
        work(
            &mut self
                .0
                .claimed
                .lock()
                .unwrap_or_else(PoisonError::into_inner),
        )
    }
}

/// A message in memory until it is committed: at most what the server takes.
#[derive(Debug)]
struct Draft {
    id: QueueId,
    octets: Vec<u8>,
    spool: InRedb,
}

impl Drafting for Draft {
    fn id(&self) -> QueueId {
        self.id
    }

    async fn write(&mut self, octets: bytes::Bytes) -> io::Result<()> {
        self.octets.extend_from_slice(&octets);
        Ok(())
    }

    async fn read(&mut self) -> io::Result<Vec<u8>> {
        Ok(self.octets.clone())
    }

    async fn commit(self) -> io::Result<QueueId> {
        let (id, octets) = (self.id, self.octets);
        let commit = self.spool.run(move |database| {
            let transaction = database.begin_write()?;
            transaction
                .open_table(WAITING)?
                .insert(id.to_string().as_str(), octets.as_slice())?;
            Ok(transaction.commit()?)
        });
        commit.await?;
        self.spool.0.arrived.notify_one();
        Ok(id)
    }
}

impl Spool for InRedb {
    type Draft = Draft;

    async fn begin(&self, received_at: SystemTime, preamble: Preamble) -> io::Result<Draft> {
        let id = QueueId::new(received_at)?;
        Ok(Draft {
            id,
            octets: preamble.to_text(id).into_bytes(),
            spool: self.clone(),
        })
    }

    async fn claim(&self, most: usize) -> io::Result<Vec<QueueId>> {
        let waiting = self.run(|database| {
            let table = database.begin_read()?.open_table(WAITING)?;
            let ids = table.iter()?.map(|entry| Ok(entry?.0.value().parse().ok()));
            ids.filter_map(Result::transpose)
                .collect::<Result<BTreeSet<QueueId>, redb::Error>>()
        });
        let waiting = waiting.await?;
        let now = Instant::now();
        Ok(self.claimed(|claimed| {
            let free: Vec<QueueId> = waiting
                .into_iter()
                .filter(|id| match claimed.get(id) {
                    None => true,
                    Some(until) => until.is_some_and(|until| until <= now),
                })
                .take(most)
                .collect();
            claimed.extend(free.iter().map(|id| (*id, None)));
            free
        }))
    }

    async fn due(&self) {
        // What was put off is looked at again though nothing arrives.
        let _ = tokio::time::timeout(PAUSE, self.0.arrived.notified()).await;
    }

    async fn read(&self, id: QueueId) -> io::Result<Vec<u8>> {
        let found = self.run(move |database| {
            let table = database.begin_read()?.open_table(WAITING)?;
            Ok(table
                .get(id.to_string().as_str())?
                .map(|octets| octets.value().to_vec()))
        });
        found.await?.ok_or_else(|| io::ErrorKind::NotFound.into())
    }

    async fn put_off(&self, id: QueueId, _: &str) -> io::Result<()> {
        let until = Instant::now() + PAUSE;
        self.claimed(|claimed| claimed.insert(id, Some(until)));
        Ok(())
    }

    async fn file(&self, id: QueueId, folder: Folder) -> io::Result<()> {
        self.run(move |database| {
            let (transaction, id) = (database.begin_write()?, id.to_string());
            {
                let mut waiting = transaction.open_table(WAITING)?;
                let octets = waiting.remove(id.as_str())?;
                let why = match &folder {
                    Folder::Failure(reason) => Some(reason.as_str()),
                    Folder::Operator => Some("for the operator"),
                    _ => None,
                };
                if let Some((why, octets)) = why.zip(octets) {
                    let mut kept = transaction.open_table(KEPT)?;
                    kept.insert(id.as_str(), (why, octets.value()))?;
                }
            }
            Ok(transaction.commit()?)
        })
        .await?;
        self.claimed(|claimed| claimed.remove(&id));
        Ok(())
    }

    async fn backlog(&self) -> io::Result<Backlog> {
        self.run(|database| {
            let table = database.begin_read()?.open_table(WAITING)?;
            let ids = table.iter()?.map(|entry| Ok(entry?.0.value().parse().ok()));
            let ids = ids
                .filter_map(Result::transpose)
                .collect::<Result<Vec<QueueId>, redb::Error>>()?;
            Ok(Backlog::of(ids))
        })
        .await
    }

    async fn expire(&self, _: SystemTime, _: Retention) -> io::Result<usize> {
        Ok(0)
    }
}

/// A product that prints.
#[derive(Debug)]
struct Printer;

impl Inbox for Printer {
    async fn standing(&self, _: &Opened) -> Result<Standing, InboxError> {
        Ok(Standing::Open(Senders::Anyone))
    }

    async fn comment(&self, reply: IncomingReply) -> Result<Receipt, InboxError> {
        println!("{}: {}", reply.from, reply.text);
        Ok(Receipt::Stored)
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let file = arguments.next().ok_or("custom-spool FILE [SMTP-ADDRESS]")?;
    let address = arguments
        .next()
        .unwrap_or_else(|| "127.0.0.1:2525".to_owned());
    // A real program keeps its key; addresses of this run die with it.
    let mut key = [0; 32];
    getrandom::fill(&mut key).map_err(|error| error.to_string())?;
    let ring = KeyRing::new(KeyId(1), Key::from_bytes(&key)?);
    let gate = Gate::new(Site::new("forge.example")?, &ring);
    let today = Day::from(SystemTime::now());
    println!("{}", gate.addresses().mint(Context::Reply, (7, 5), today)?);

    let receiver = Receiver::new(gate, InRedb::open(&file)?, Printer);
    let (_stop, stopped) = watch::channel(false);
    tokio::spawn(worker::run(Arc::clone(&receiver), stopped.clone()));
    let machine = ServerConfig::new("reply.forge.example".parse()?);
    let socket = TcpListener::bind(address).await?;
    listener::serve(socket, ListenerConfig::new(machine), stopped, move |peer| {
        receiver.session(peer)
    })
    .await;
    Ok(())
}
