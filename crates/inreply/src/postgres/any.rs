//! A maildir or PostgreSQL, as the settings of a program say.

use std::fmt;
use std::io;
use std::time::SystemTime;

use bytes::Bytes;

use super::transfer::blocking;
use super::{PgDraft, PgKept, PgSpool};
use crate::spool::{
    Backlog, Drafting, Folder, HOURS, Maildir, MaildirDraft, Preamble, QueueId, Retention,
    Selection, Spool,
};

/// Messages of the tables that [`AnySpool::kept`] lists, the newest: a page for people, and no dump.
const MOST_KEPT: usize = 100_000;

/// The spool of a program that lets its operator choose.
///
/// ```
/// # tokio::runtime::Runtime::new()?.block_on(async {
/// use std::time::SystemTime;
/// use inreply::postgres::AnySpool;
/// use inreply::spool::{Folder, Maildir, Spool};
///
/// let root = tempfile::tempdir()?;
/// let maildir = Maildir::open(root.path())?;
/// let id = maildir.begin(SystemTime::now())?.commit()?;
/// let spool = AnySpool::Maildir(maildir);
/// assert_eq!(spool.kept(None).await?[0].folder, "new");
///
/// spool.file(id, Folder::Failure("the issue is gone".to_owned())).await?;
/// spool.retry(id).await?;
/// assert_eq!(spool.backlog().await?.messages, 1);
/// # Ok::<(), std::io::Error>(())
/// # })?;
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum AnySpool {
    /// In folders of this machine.
    Maildir(Maildir),
    /// In tables that many machines share.
    Postgres(PgSpool),
}

/// A spool at a glance: what [`AnySpool::glance`] saw.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Glance {
    /// How many messages are in each folder that is not empty, by name; of tables up to [`Glance::MOST_COUNTED`].
    pub counts: Vec<(String, usize)>,
    /// Those that wait for a worker.
    pub backlog: Backlog,
    /// How many arrived in each of the last 24 hours, the oldest hour first; of tables up to 100,000 an hour.
    pub by_hour: [u64; HOURS],
    /// The newest of those that were asked for, the newest first, each with its size in octets, the preamble included; 0 for one
    /// that went meanwhile.
    pub latest: Vec<(PgKept, u64)>,
}

impl Glance {
    /// How far the messages of one folder are counted in tables: so many are or more.
    pub const MOST_COUNTED: usize = 1_000_000;
}

/// A draft of [`AnySpool`].
#[derive(Debug)]
#[non_exhaustive]
pub enum AnyDraft {
    /// In a folder.
    Maildir(MaildirDraft),
    /// In memory.
    Postgres(PgDraft),
}

impl AnySpool {
    /// The messages that are kept, in the order of their arrival; of `folder` alone where one is named. Of tables at most the 100,000
    /// newest.
    ///
    /// # Errors
    /// Where the folders or the tables cannot be read.
    pub async fn kept(&self, folder: Option<&str>) -> io::Result<Vec<PgKept>> {
        match self {
            Self::Maildir(maildir) => {
                let folder = folder.map(str::to_owned);
                let kept = blocking(maildir, move |maildir| maildir.kept(folder.as_deref()));
                Ok(kept.await?.into_iter().map(PgKept::from).collect())
            }
            Self::Postgres(tables) => tables.newest(folder, MOST_KEPT).await,
        }
    }

    /// Counts what is kept, and gives the newest messages: of `folder` alone where one is named, of those that came before
    /// `before` where that is given, at most `most`. In folders it opens nothing but the reasons of these.
    ///
    /// ```
    /// # tokio::runtime::Runtime::new()?.block_on(async {
    /// use std::time::SystemTime;
    /// use inreply::postgres::AnySpool;
    /// use inreply::spool::Maildir;
    ///
    /// let root = tempfile::tempdir()?;
    /// let maildir = Maildir::open(root.path())?;
    /// let ids = [(); 3].map(|()| maildir.begin(SystemTime::now()).unwrap().commit().unwrap());
    /// let glance = AnySpool::Maildir(maildir).glance(Some("new"), Some(ids[2]), 1).await?;
    /// assert_eq!((glance.counts, glance.latest[0].0.id), (vec![("new".to_owned(), 3)], ids[1]));
    /// # Ok::<(), std::io::Error>(())
    /// # })?;
    /// # Ok::<(), std::io::Error>(())
    /// ```
    ///
    /// # Errors
    /// Where the folders or the tables cannot be read.
    pub async fn glance(
        &self,
        folder: Option<&str>,
        before: Option<QueueId>,
        most: usize,
    ) -> io::Result<Glance> {
        match self {
            Self::Maildir(maildir) => {
                let folder = folder.map(str::to_owned);
                let look = move |maildir: &Maildir| {
                    let selection = Selection {
                        folder: folder.as_deref(),
                        before,
                        most,
                    };
                    let listing = maildir.listing(selection, SystemTime::now())?;
                    Ok(Glance {
                        counts: listing.counts,
                        backlog: listing.backlog,
                        by_hour: listing.by_hour,
                        latest: listing
                            .latest
                            .into_iter()
                            .map(|kept| {
                                let size = std::fs::metadata(kept.path());
                                (PgKept::from(kept), size.map_or(0, |file| file.len()))
                            })
                            .collect(),
                    })
                };
                blocking(maildir, look).await
            }
            Self::Postgres(tables) => {
                let (counts, backlog, by_hour, latest) = tokio::try_join!(
                    tables.counts(),
                    Spool::backlog(tables),
                    tables.by_hour(SystemTime::now(), MOST_KEPT),
                    tables.latest(folder, before, most)
                )?;
                Ok(Glance {
                    counts,
                    backlog,
                    by_hour,
                    latest,
                })
            }
        }
    }

    /// Where a message is; none where it is not kept.
    ///
    /// # Errors
    /// Where the folders or the tables cannot be read.
    pub async fn find(&self, id: QueueId) -> io::Result<Option<PgKept>> {
        match self {
            Self::Maildir(maildir) => {
                let found = blocking(maildir, move |maildir| maildir.find(id)).await?;
                Ok(found.map(PgKept::from))
            }
            Self::Postgres(tables) => tables.find(id).await,
        }
    }

    /// The preamble and the message, wherever it is.
    ///
    /// # Errors
    /// [`io::ErrorKind::NotFound`] where it is not kept, or where it cannot be read.
    pub async fn original(&self, id: QueueId) -> io::Result<Vec<u8>> {
        match self {
            Self::Maildir(maildir) => {
                let read = move |maildir: &Maildir| {
                    let found = maildir.find(id)?.ok_or(io::ErrorKind::NotFound)?;
                    std::fs::read(found.path())
                };
                blocking(maildir, read).await
            }
            Self::Postgres(tables) => tables.original(id).await,
        }
    }

    /// Its size in octets, the preamble included; 0 where it is not kept.
    ///
    /// # Errors
    /// Where the folders or the tables cannot be read.
    pub async fn size(&self, id: QueueId) -> io::Result<u64> {
        match self {
            Self::Maildir(maildir) => {
                let size = move |maildir: &Maildir| match maildir.find(id)? {
                    Some(found) => Ok(std::fs::metadata(found.path())?.len()),
                    None => Ok(0),
                };
                blocking(maildir, size).await
            }
            Self::Postgres(tables) => tables.size(id).await,
        }
    }

    /// Puts a message that failed, or that was ignored, back into `new`.
    ///
    /// # Errors
    /// Those of [`Maildir::retry`] and [`PgSpool::retry`].
    pub async fn retry(&self, id: QueueId) -> io::Result<()> {
        match self {
            Self::Maildir(maildir) => blocking(maildir, move |maildir| maildir.retry(id)).await,
            Self::Postgres(tables) => tables.retry(id).await,
        }
    }

    /// Deletes a message, wherever it is.
    ///
    /// # Errors
    /// Those of [`Maildir::discard`] and [`PgSpool::discard`].
    pub async fn discard(&self, id: QueueId) -> io::Result<()> {
        match self {
            Self::Maildir(maildir) => blocking(maildir, move |maildir| maildir.discard(id)).await,
            Self::Postgres(tables) => tables.discard(id).await,
        }
    }
}

/// The folder, or the servers and the database, for logs.
impl fmt::Display for AnySpool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Maildir(maildir) => maildir.root().display().fmt(f),
            Self::Postgres(tables) => tables.fmt(f),
        }
    }
}

impl Spool for AnySpool {
    type Draft = AnyDraft;

    async fn begin(&self, received_at: SystemTime, preamble: Preamble) -> io::Result<AnyDraft> {
        Ok(match self {
            Self::Maildir(maildir) => {
                AnyDraft::Maildir(Spool::begin(maildir, received_at, preamble).await?)
            }
            Self::Postgres(tables) => {
                AnyDraft::Postgres(tables.begin(received_at, preamble).await?)
            }
        })
    }

    async fn store(
        &self,
        received_at: SystemTime,
        preamble: Preamble,
        message: Bytes,
    ) -> io::Result<QueueId> {
        match self {
            Self::Maildir(maildir) => maildir.store(received_at, preamble, message).await,
            Self::Postgres(tables) => tables.store(received_at, preamble, message).await,
        }
    }

    async fn claim(&self, most: usize) -> io::Result<Vec<QueueId>> {
        match self {
            Self::Maildir(maildir) => maildir.claim(most).await,
            Self::Postgres(tables) => tables.claim(most).await,
        }
    }

    async fn due(&self) {
        match self {
            Self::Maildir(maildir) => maildir.due().await,
            Self::Postgres(tables) => tables.due().await,
        }
    }

    async fn read(&self, id: QueueId) -> io::Result<Vec<u8>> {
        match self {
            Self::Maildir(maildir) => Spool::read(maildir, id).await,
            Self::Postgres(tables) => tables.read(id).await,
        }
    }

    async fn put_off(&self, id: QueueId, reason: &str) -> io::Result<()> {
        match self {
            Self::Maildir(maildir) => maildir.put_off(id, reason).await,
            Self::Postgres(tables) => tables.put_off(id, reason).await,
        }
    }

    async fn give_up(&self) -> io::Result<()> {
        match self {
            Self::Maildir(maildir) => maildir.give_up().await,
            Self::Postgres(tables) => tables.give_up().await,
        }
    }

    async fn file(&self, id: QueueId, folder: Folder) -> io::Result<()> {
        match self {
            Self::Maildir(maildir) => Spool::file(maildir, id, folder).await,
            Self::Postgres(tables) => tables.file(id, folder).await,
        }
    }

    async fn expire(&self, now: SystemTime, retention: Retention) -> io::Result<usize> {
        match self {
            Self::Maildir(maildir) => Spool::expire(maildir, now, retention).await,
            Self::Postgres(tables) => tables.expire(now, retention).await,
        }
    }

    async fn backlog(&self) -> io::Result<Backlog> {
        match self {
            Self::Maildir(maildir) => Spool::backlog(maildir).await,
            Self::Postgres(tables) => tables.backlog().await,
        }
    }

    fn place_of(&self, id: QueueId) -> String {
        match self {
            Self::Maildir(maildir) => maildir.place_of(id),
            Self::Postgres(tables) => tables.place_of(id),
        }
    }

    fn end_of(&self, folder: &Folder) -> String {
        match self {
            Self::Maildir(maildir) => maildir.end_of(folder),
            Self::Postgres(tables) => tables.end_of(folder),
        }
    }
}

impl Drafting for AnyDraft {
    fn id(&self) -> QueueId {
        match self {
            Self::Maildir(draft) => draft.id(),
            Self::Postgres(draft) => draft.id(),
        }
    }

    async fn write(&mut self, octets: Bytes) -> io::Result<()> {
        match self {
            Self::Maildir(draft) => draft.write(octets).await,
            Self::Postgres(draft) => draft.write(octets).await,
        }
    }

    async fn read(&mut self) -> io::Result<Vec<u8>> {
        match self {
            Self::Maildir(draft) => draft.read().await,
            Self::Postgres(draft) => draft.read().await,
        }
    }

    async fn commit(self) -> io::Result<QueueId> {
        match self {
            Self::Maildir(draft) => draft.commit().await,
            Self::Postgres(draft) => draft.commit().await,
        }
    }
}
