//! The messages that came in, by hand.

use std::io::Write;

use anyhow::{Context, Result};
use clap::{Subcommand, ValueEnum};
use inreply::postgres::PgSpool;
use inreply::spool::QueueId;

use crate::config::Config;
use crate::post;

/// What an operator does with incoming mail, while the server runs or not.
#[derive(Debug, Subcommand)]
pub(crate) enum SpoolCommand {
    /// List them: id, folder, and why it failed.
    List {
        /// Only this folder: new, success, failure, operator, or ignored/KIND.
        #[arg(long)]
        folder: Option<String>,
    },
    /// Print a message as it came.
    Show { id: QueueId },
    /// Look again at a message that failed or was ignored; a running server does within 30 seconds, and at once from its console.
    Retry { id: QueueId },
    /// Delete a message.
    Drop { id: QueueId },
    /// Move all messages, the outbox and the suppression list between DATA and the database, while no server runs. One that was cut
    /// off can be done again.
    Move { to: Place },
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum Place {
    /// Into the database of spool.postgres.
    Postgres,
    /// Into DATA/spool and DATA/outbox.redb.
    Maildir,
}

pub(crate) async fn run(config: &Config, command: SpoolCommand) -> Result<()> {
    let spool = config.kept_spool()?;
    match command {
        SpoolCommand::List { folder } => {
            for kept in spool.kept(folder.as_deref()).await? {
                let reason = kept.reason.unwrap_or_default();
                println!(
                    "{}",
                    format!("{}  {}  {reason}", kept.id, kept.folder).trim_end()
                );
            }
        }
        SpoolCommand::Show { id } => {
            let original = spool.original(id).await;
            let original = original.with_context(|| format!("cannot show {id}"))?;
            std::io::stdout().write_all(&original)?;
        }
        SpoolCommand::Retry { id } => {
            let retried = spool.retry(id).await;
            retried.with_context(|| format!("cannot try {id} again"))?;
        }
        SpoolCommand::Drop { id } => {
            let dropped = spool.discard(id).await;
            dropped.with_context(|| format!("cannot drop {id}"))?;
        }
        SpoolCommand::Move { to } => {
            let postgres = config.postgres()?.context("spool.postgres is empty")?;
            let (tables, maildir) = (PgSpool::new(postgres)?, config.maildir()?);
            let database = post::in_database(config)?;
            let (moved, waiting) = match to {
                Place::Postgres => (
                    tables.move_from(&maildir).await?,
                    match post::left_in_file(config)? {
                        Some(file) => file.move_to(&database).await?,
                        None => 0,
                    },
                ),
                Place::Maildir => (
                    tables.move_to(&maildir).await?,
                    database.move_to(&post::in_file(config)?).await?,
                ),
            };
            println!("{moved} messages moved, and {waiting} that wait in the outbox");
        }
    }
    Ok(())
}
