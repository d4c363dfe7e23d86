//! What goes wrong, and what the spool's caller hears of it.

use std::io;

use tokio_postgres::error::SqlState;

/// Why there is no configuration.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PgConfigError {
    /// The schema has no plain name, or one of PostgreSQL's own.
    #[error(
        "{0:?} is no name of a schema: lower-case letters, digits and _, at most 40, and not of PostgreSQL's own"
    )]
    Schema(String),
    /// It begins with something else.
    #[error("the URL begins with postgres://")]
    Scheme,
    /// Of the modes of libpq these have no meaning of their own.
    #[error("sslmode is disable, require or verify-full, not {0:?}")]
    SslMode(String),
    /// It cannot be read.
    #[error("the URL cannot be read: {0}")]
    Url(tokio_postgres::Error),
}

/// Why a message was not completed in a transaction. **Roll it back.**
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CompleteError {
    /// The database.
    #[error("the database: {}", words(.0))]
    Database(#[from] tokio_postgres::Error),
    /// The lease ran out meanwhile, and the message is another worker's or filed.
    #[error("the message is no longer this worker's")]
    NotHeld,
    /// The reply was not given by the worker, but by the review at the end of the message: it is not in the spool yet.
    #[error("the reply is not in the spool")]
    NotSpooled,
}

/// As the trait wants it: a full disk says so, everything else is "not now".
pub(super) fn to_io(error: tokio_postgres::Error) -> io::Error {
    let kind = match error.code() {
        Some(code) if *code == SqlState::DISK_FULL => io::ErrorKind::StorageFull,
        Some(code) if *code == SqlState::UNIQUE_VIOLATION => io::ErrorKind::AlreadyExists,
        Some(_) => io::ErrorKind::Other,
        None => io::ErrorKind::NotConnected,
    };
    io::Error::new(kind, words(&error))
}

/// The library's own text is "db error"; the server's words are in its source.
fn words(error: &tokio_postgres::Error) -> String {
    match error.as_db_error() {
        Some(said) => said.to_string(),
        None => error.to_string(),
    }
}
