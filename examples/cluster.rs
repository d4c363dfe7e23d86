//! Many servers and one PostgreSQL: edges take mail into it, workers make comments of it, each reply exactly one.
//!
//! ```text
//! cluster edge   --database URL --key-file FILE [--listen ADDRESS] [--fallback FOLDER]
//! cluster worker --database URL --key-file FILE
//! ```
//!
//! An edge knows nothing but the key: the token says which reply is for what. A worker stores the comment in the same transaction that
//! completes the message, so that neither is there without the other, whoever dies. `.ci/chaos` tries it.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use clap::{Parser, ValueEnum};
use inreply::gate::Gate;
use inreply::inbox::{Inbox, InboxError, IncomingReply, Receipt, Senders, Standing};
use inreply::listener::{self, ListenerConfig};
use inreply::postgres::{PgConfig, PgSpool};
use inreply::receiver::{Options, Receiver};
use inreply::site::Site;
use inreply::smtp::server::ServerConfig;
use inreply::spool::Maildir;
use inreply::token::{Key, KeyId, KeyRing, Opened};
use inreply::worker;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::{Mutex, watch};
use tokio_postgres::{Client, NoTls};

/// Several servers, one PostgreSQL.
#[derive(Debug, Parser)]
struct Arguments {
    role: Role,
    /// postgres://USER:PASSWORD@HOST:PORT/DATABASE
    #[arg(long)]
    database: String,
    /// The key of all tokens in hex, the same for all servers.
    #[arg(long)]
    key_file: PathBuf,
    /// Where an edge takes mail.
    #[arg(long, default_value = "127.0.0.1:2525")]
    listen: String,
    /// The folder in which an edge keeps mail while the database is away; without one senders come again.
    #[arg(long)]
    fallback: Option<PathBuf>,
    /// The seconds after which the messages of a worker that is gone are another's.
    #[arg(long, default_value_t = 30)]
    lease: u64,
    /// Take as many replies to a token as come, for tests that send what hundreds sent.
    #[arg(long)]
    no_limits: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, ValueEnum)]
enum Role {
    Edge,
    Worker,
}

/// The application's data: a table in the database of the spool.
struct Comments {
    url: String,
    spool: PgSpool,
    /// None before the first comment, and where the connection broke.
    client: Mutex<Option<Client>>,
}

/// Made by the first worker; the others wait for it, since the statements of one call are one transaction.
const TABLE: &str = "SELECT pg_advisory_xact_lock(7);
    CREATE TABLE IF NOT EXISTS comment (
        number bigserial PRIMARY KEY, issue text NOT NULL, author text NOT NULL, text text NOT NULL
    )";

impl Comments {
    async fn connect(&self) -> Result<Client, tokio_postgres::Error> {
        let (client, connection) = tokio_postgres::connect(&self.url, NoTls).await?;
        tokio::spawn(connection);
        client.batch_execute(TABLE).await?;
        Ok(client)
    }

    /// Comment and completion, both or none.
    async fn store(
        &self,
        client: &mut Client,
        reply: &IncomingReply,
    ) -> Result<Receipt, Box<dyn std::error::Error + Send + Sync>> {
        let transaction = client.transaction().await?;
        let receipt = self.spool.accept_in(&transaction, reply).await?;
        if receipt == Receipt::Stored {
            let (issue, author) = (format!("{:?}", reply.token.ids), reply.from.to_string());
            let insert = "INSERT INTO comment (issue, author, text) VALUES ($1, $2, $3)";
            let text = reply.text.replace('\0', "");
            transaction
                .execute(insert, &[&issue, &author, &text])
                .await?;
        }
        transaction.commit().await?;
        Ok(receipt)
    }
}

impl Inbox for Comments {
    async fn standing(&self, _: &Opened) -> Result<Standing, InboxError> {
        Ok(Standing::Open(Senders::Anyone))
    }

    async fn comment(&self, reply: IncomingReply) -> Result<Receipt, InboxError> {
        let away = |error: &dyn std::fmt::Display| InboxError::Transient(error.to_string());
        let mut held = self.client.lock().await;
        let mut client = match held.take().filter(|client| !client.is_closed()) {
            Some(client) => client,
            None => self.connect().await.map_err(|error| away(&error))?,
        };
        let receipt = self.store(&mut client, &reply).await;
        *held = Some(client);
        receipt.map_err(|error| away(&error))
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments = Arguments::parse();
    let key = Key::from_file_contents(&std::fs::read(&arguments.key_file)?)?;
    let ring = KeyRing::new(KeyId(1), key);
    let gate = Gate::new(Site::new("forge.example")?, &ring);

    // A pause that is short, for a comment that waited for the database.
    let config: PgConfig = arguments.database.parse()?;
    let config = config
        .lease(Duration::from_secs(arguments.lease))
        .waits(Duration::from_secs(1), Duration::from_secs(60));
    let spool = match &arguments.fallback {
        Some(folder) => PgSpool::with_fallback(config, Maildir::open(folder)?)?,
        None => PgSpool::new(config)?,
    };
    let comments = Comments {
        url: arguments.database,
        spool: spool.clone(),
        client: Mutex::new(None),
    };
    let mut options = Options::default();
    if arguments.no_limits {
        let rates = &mut options.rates;
        (rates.token, rates.user, rates.sender) = (None, None, None);
    }
    let receiver = Receiver::with(gate, spool, comments, options);

    let (stop, stopped) = watch::channel(false);
    let running = match arguments.role {
        Role::Edge => {
            let socket = TcpListener::bind(&arguments.listen).await?;
            let config = ListenerConfig::new(ServerConfig::new("reply.forge.example".parse()?));
            let serve =
                listener::serve(socket, config, stopped, move |peer| receiver.session(peer));
            tokio::spawn(serve)
        }
        Role::Worker => tokio::spawn(worker::run(Arc::clone(&receiver), stopped)),
    };
    signal(SignalKind::terminate())?.recv().await;
    stop.send_replace(true);
    Ok(running.await?)
}
