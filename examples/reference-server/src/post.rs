//! The way out: the outbox in the data folder or the database, and what the demo application hears of its mail.

use std::io::Write;
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Context, Result, ensure};
use clap::Subcommand;
use inreply::logs::ConversationLog;
use inreply::outbox::{End, Letter, Notice, NoticeError, Notices, Outbox, RedbStore};
use inreply::postgres::{AnyOutbox, PgOutbox};
use inreply::smtp::transcript::Transcript;
use inreply::smtp::wire::mailbox::Mailbox;
use inreply::spool::QueueId;
use tokio::task::spawn_blocking;

use crate::config::Config;
use crate::store::{Store, User};

/// Entries that are read at once.
const PAGE: usize = 100;

pub(crate) type Post = Outbox<AnyOutbox>;

/// What an operator does with outgoing mail, while the server runs or not.
#[derive(Debug, Subcommand)]
pub(crate) enum OutboxCommand {
    /// List what waits: id, size, tries, next try, recipients, and what stood in the way last.
    List,
    /// Print a message as it goes out.
    Show { id: QueueId },
    /// Try a message now; a running server does within a second.
    Retry { id: QueueId },
    /// Delete a message.
    Drop { id: QueueId },
    /// List the mailboxes that get nothing, since when and why.
    Suppressed,
    /// Send to a mailbox again.
    Release { mailbox: Mailbox<'static> },
}

/// The outbox that the config asks for.
pub(crate) fn open(config: &Config) -> Result<Post> {
    match config.postgres()? {
        Some(_) => in_database(config),
        None => in_file(config),
    }
}

/// The outbox in the data folder.
pub(crate) fn in_file(config: &Config) -> Result<Post> {
    std::fs::create_dir_all(&config.data)
        .with_context(|| format!("cannot make {}", config.data.display()))?;
    let store = RedbStore::open(file(config))?;
    Ok(Outbox::new(AnyOutbox::Redb(store), config.outbox()?))
}

/// The outbox in the database of the spool.
pub(crate) fn in_database(config: &Config) -> Result<Post> {
    let postgres = config.postgres()?.context("spool.postgres is empty")?;
    let store = AnyOutbox::Postgres(PgOutbox::new(postgres)?);
    Ok(Outbox::new(store, config.outbox()?))
}

/// The outbox in the data folder, where there is one: looking for it makes none.
pub(crate) fn left_in_file(config: &Config) -> Result<Option<Post>> {
    let there = file(config).exists();
    there.then(|| in_file(config)).transpose()
}

/// Says where mail was left behind by a server that had no database yet. It is a hint, without which the server starts too.
pub(crate) async fn look_behind(config: &Config) {
    match left_behind(config).await {
        Ok((0, false)) => {}
        Ok((messages, _)) => tracing::warn!(
            messages,
            "DATA/outbox.redb has mail or a suppression list that nobody looks at: spool move postgres"
        ),
        Err(error) => tracing::warn!(
            error = %format!("{error:#}"),
            "whether DATA/outbox.redb has mail that nobody looks at cannot be read"
        ),
    }
}

/// How many messages, and whether there is a suppression list.
async fn left_behind(config: &Config) -> Result<(u64, bool)> {
    if config.postgres()?.is_none() {
        return Ok((0, false));
    }
    let Some(left) = left_in_file(config)? else {
        return Ok((0, false));
    };
    let listed = left.suppressions(None, 1).await?;
    Ok((left.count().await?, !listed.is_empty()))
}

fn file(config: &Config) -> PathBuf {
    config.data.join("outbox.redb")
}

/// A notification for somebody, whom its end is told by.
pub(crate) fn letter(notification: inreply::notify::Composed, to: &User) -> Letter {
    Letter::from(notification).tag(to.id.to_string())
}

/// Marks the people whose mailbox does not take mail.
pub(crate) struct Told {
    pub(crate) store: Arc<Store>,
    pub(crate) post: Post,
    pub(crate) conversations: ConversationLog,
}

impl Notices for Told {
    async fn ended(&self, notice: &Notice) -> Result<(), NoticeError> {
        let gone = match notice.end {
            End::Suppressed(_) => true,
            // The message may be at fault; then the mailbox is not on the list.
            End::Refused(_) => {
                let listed = self.post.suppression(&notice.recipient).await;
                listed
                    .map_err(|error| NoticeError(error.to_string()))?
                    .is_some()
            }
            _ => false,
        };
        let Some(user) = notice.tag.parse().ok().filter(|_| gone) else {
            return Ok(());
        };
        let store = Arc::clone(&self.store);
        let marked = spawn_blocking(move || store.mark_bounced(user)).await;
        marked
            .map_err(anyhow::Error::from)
            .flatten()
            .map_err(|error| NoticeError(format!("{error:#}")))
    }

    fn said(&self, id: QueueId, transcript: &Transcript) {
        self.conversations
            .append(&format!("notification {id}"), transcript);
    }
}

pub(crate) async fn run(config: &Config, command: OutboxCommand) -> Result<()> {
    let post = open(config)?;
    match command {
        OutboxCommand::List => {
            let mut after = None;
            loop {
                let page = post.list(after, PAGE).await?;
                for entry in &page {
                    println!("{entry}");
                }
                let Some(last) = page.last() else { break };
                after = Some(last.id());
            }
        }
        OutboxCommand::Show { id } => {
            let (_, message) = post
                .read(id)
                .await?
                .with_context(|| format!("no message {id}"))?;
            std::io::stdout().write_all(&message)?;
        }
        OutboxCommand::Retry { id } => ensure!(post.retry(id).await?, "no message {id}"),
        OutboxCommand::Drop { id } => ensure!(post.discard(id).await?, "no message {id}"),
        OutboxCommand::Suppressed => {
            let mut after: Option<String> = None;
            loop {
                let page = post.suppressions(after.as_deref(), PAGE).await?;
                for one in &page {
                    println!("{one}");
                }
                let Some(last) = page.last() else { break };
                after = Some(last.mailbox().to_owned());
            }
        }
        OutboxCommand::Release { mailbox } => {
            let was_there = post.release(mailbox.as_str()).await?;
            Store::open(&config.store())?.unmark_bounced(mailbox.as_str())?;
            ensure!(was_there, "{mailbox} was not suppressed");
        }
    }
    Ok(())
}
