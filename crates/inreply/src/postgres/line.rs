//! Connections that are made again when they break.

use std::io;
use std::sync::Arc;

use tokio::sync::{Mutex, OnceCell};
use tokio::time::timeout;
use tokio_postgres::types::{ToSql, Type};
use tokio_postgres::{Client, NoTls, Row};

use super::PgConfig;
use super::error::to_io;
use super::schema::{self, Sql};
use super::tls::Rustls;
use crate::tls;

/// A parameter and its type: with it a statement is one round trip, and nothing is prepared.
pub(super) type Parameter<'a> = (&'a (dyn ToSql + Sync), Type);

/// Makes connections to the database, with the tables in it.
pub(super) struct Connector {
    config: PgConfig,
    sql: Arc<Sql>,
    tls: Option<Rustls>,
    /// The version that the tables have to have.
    version: i32,
    migrated: OnceCell<()>,
}

impl Connector {
    pub(super) fn new(
        config: PgConfig,
        sql: Arc<Sql>,
        version: i32,
    ) -> Result<Self, tls::TlsError> {
        let trust = config.trust.as_ref();
        let tls = trust.map(tls::client_config).transpose()?.map(Rustls);
        Ok(Self {
            config,
            sql,
            tls,
            version,
            migrated: OnceCell::new(),
        })
    }

    pub(super) fn config(&self) -> &PgConfig {
        &self.config
    }

    pub(super) fn sql(&self) -> &Sql {
        &self.sql
    }

    /// A connection whose messages, notifications mostly, go to `told`.
    pub(super) async fn connect(
        &self,
        told: impl Fn() + Send + 'static,
    ) -> Result<Client, tokio_postgres::Error> {
        let server = &self.config.server;
        let client = match &self.tls {
            Some(tls) => {
                let (client, connection) = server.connect(tls.clone()).await?;
                tokio::spawn(drive(connection, told));
                client
            }
            None => {
                let (client, connection) = server.connect(NoTls).await?;
                tokio::spawn(drive(connection, told));
                client
            }
        };
        let migrate = || schema::migrate(&client, &self.config.schema, self.version);
        self.migrated.get_or_try_init(migrate).await?;
        Ok(client)
    }
}

/// Moves octets until the connection ends.
async fn drive<S, T>(
    mut connection: tokio_postgres::Connection<S, T>,
    told: impl Fn() + Send + 'static,
) where
    S: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin,
    T: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin,
{
    loop {
        match std::future::poll_fn(|context| connection.poll_message(context)).await {
            Some(Ok(_)) => told(),
            Some(Err(error)) => {
                tracing::debug!(%error, "a connection to the database ended");
                break;
            }
            None => break,
        }
    }
    // Whoever waits for a notification has to look for itself.
    told();
}

/// One connection, which statements share in the order of their calls.
pub(super) struct Line {
    connector: Arc<Connector>,
    durable: bool,
    client: Mutex<Option<Arc<Client>>>,
}

impl Line {
    /// A line whose commits are on disk when they are answered, or one whose loss does no harm.
    pub(super) fn new(connector: Arc<Connector>, durable: bool) -> Self {
        Self {
            connector,
            durable,
            client: Mutex::new(None),
        }
    }

    /// Runs one statement, in a transaction of its own.
    ///
    /// # Errors
    /// Those of [`to_io`], and `TimedOut`: it may have happened all the same.
    pub(super) async fn query(
        &self,
        statement: &str,
        parameters: &[Parameter<'_>],
    ) -> io::Result<Vec<Row>> {
        let ask = async {
            let client = self.client().await?;
            let rows = client.query_typed(statement, parameters).await;
            rows.map_err(to_io)
        };
        match timeout(self.connector.config.timeout, ask).await {
            Ok(done) => done,
            Err(_) => {
                // What waits behind a statement that hangs would hang too.
                if let Ok(mut client) = self.client.try_lock() {
                    *client = None;
                }
                Err(io::Error::new(
                    io::ErrorKind::TimedOut,
                    "the database did not answer in time",
                ))
            }
        }
    }

    async fn client(&self) -> io::Result<Arc<Client>> {
        let mut held = self.client.lock().await;
        if let Some(client) = held.as_ref().filter(|client| !client.is_closed()) {
            return Ok(Arc::clone(client));
        }
        *held = None;
        let client = self.connector.connect(|| {}).await.map_err(to_io)?;
        let settings = match self.durable {
            // A role or a database may have it off for its own tables.
            true => schema::DURABLE,
            false => schema::FAST,
        };
        client.batch_execute(settings).await.map_err(to_io)?;
        Ok(Arc::clone(held.insert(Arc::new(client))))
    }
}
