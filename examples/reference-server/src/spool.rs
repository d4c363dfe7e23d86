//! The messages that came in, by hand.

use std::io::Write;

use anyhow::{Context, Result};
use clap::Subcommand;
use inreply::spool::{Maildir, QueueId};

use crate::config::Config;

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
}

pub(crate) fn run(config: &Config, command: SpoolCommand) -> Result<()> {
    let spool = Maildir::open(config.spool())
        .with_context(|| format!("cannot open the spool in {}", config.spool().display()))?;
    match command {
        SpoolCommand::List { folder } => {
            for kept in spool.kept(folder.as_deref())? {
                let reason = kept.reason.unwrap_or_default();
                println!(
                    "{}",
                    format!("{}  {}  {reason}", kept.id, kept.folder).trim_end()
                );
            }
        }
        SpoolCommand::Show { id } => {
            let kept = spool
                .find(id)?
                .with_context(|| format!("no message {id}"))?;
            std::io::stdout().write_all(&std::fs::read(kept.path())?)?;
        }
        SpoolCommand::Retry { id } => {
            spool
                .retry(id)
                .with_context(|| format!("cannot try {id} again"))?;
        }
        SpoolCommand::Drop { id } => {
            spool
                .discard(id)
                .with_context(|| format!("cannot drop {id}"))?;
        }
    }
    Ok(())
}
