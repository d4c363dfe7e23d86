//! From a maildir into the tables and back, and the maildir of a server whose database is away.

use std::io;
use std::sync::atomic::Ordering;
use std::time::Duration;

use bytes::Bytes;
use tokio::task::{JoinSet, spawn_blocking};
use tokio::time::sleep;
use tokio_postgres::types::Type;

use super::line::Parameter;
use super::spool::lane_of;
use super::{PgKept, PgSpool};
use crate::spool::{Maildir, Preamble, QueueId, Spool};

/// How often the maildir of a server is looked at whose database was away.
const DRAIN_EVERY: Duration = Duration::from_secs(1);

/// Messages that are moved at once: they share commits.
const AT_ONCE: usize = 32;

impl PgSpool {
    /// Moves all that a maildir keeps into the tables, under its ids, and says how many messages that were. **No server may work on
    /// the maildir meanwhile**, others may on the tables. What was cut off can be done again: a message is deleted there once it is
    /// committed here, and is not here twice.
    ///
    /// # Errors
    /// The first of them, behind a try of all; what was moved stays moved.
    pub async fn move_from(&self, maildir: &Maildir) -> io::Result<usize> {
        let kept = blocking(maildir, |maildir| maildir.kept(None)).await?;
        let kept = kept.into_iter().map(PgKept::from);
        self.move_in(maildir, kept.collect()).await
    }

    /// Moves all that the tables keep into a maildir, and says how many messages that were. What a worker holds is left to it: stop
    /// the workers first, and nothing is.
    ///
    /// # Errors
    /// The first of them; what was moved stays moved.
    pub async fn move_to(&self, maildir: &Maildir) -> io::Result<usize> {
        let (mut moved, mut behind) = (0, None);
        loop {
            let taken = self.take(behind).await?;
            let Some(last) = taken.iter().max() else {
                match behind.take() {
                    // What came meanwhile, or was given back.
                    Some(_) => continue,
                    None => break,
                }
            };
            behind = Some(*last);
            for id in taken {
                let kept = PgKept {
                    id,
                    folder: "new".to_owned(),
                    reason: None,
                };
                let out = self.move_out(maildir, kept, Some(self.shared.holder)).await;
                self.shared.forget(id);
                moved += usize::from(out?);
            }
        }
        let mut after = None;
        loop {
            let page = self.kept(None, after, 256).await?;
            let Some(last) = page.last() else {
                return Ok(moved);
            };
            after = Some(last.id);
            for kept in page.into_iter().filter(|kept| kept.folder != "new") {
                moved += usize::from(self.move_out(maildir, kept, None).await?);
            }
        }
    }

    /// Keeps a message in the maildir, because the tables could not be written for this reason.
    ///
    /// It has the id that it has in the tables, if it is there after all: then it is not there twice when it is drained.
    pub(super) async fn fall_back(
        &self,
        maildir: &Maildir,
        id: QueueId,
        octets: Bytes,
        error: io::Error,
    ) -> io::Result<QueueId> {
        if !self.shared.away.swap(true, Ordering::Relaxed) {
            tracing::error!(%error, "the database is away: messages go into the maildir");
        }
        blocking(maildir, move |maildir| {
            maildir.import(id, "new", None, &octets)
        })
        .await?;
        Ok(id)
    }

    /// Moves what has fallen back into the tables, for as long as it runs.
    pub(super) async fn drain(self, maildir: Maildir) {
        loop {
            if let Err(error) = self.drain_once(&maildir).await {
                tracing::error!(%error, "messages stay in the maildir");
            }
            sleep(DRAIN_EVERY).await;
        }
    }

    async fn drain_once(&self, maildir: &Maildir) -> io::Result<()> {
        let waiting = blocking(maildir, Maildir::waiting).await?;
        if waiting.is_empty() {
            return Ok(());
        }
        let kept = waiting.into_iter().map(|id| PgKept {
            id,
            folder: "new".to_owned(),
            reason: None,
        });
        let messages = self.move_in(maildir, kept.collect()).await?;
        self.shared.away.store(false, Ordering::Relaxed);
        tracing::info!(messages, "moved from the maildir into the database");
        Ok(())
    }

    async fn move_in(&self, maildir: &Maildir, all: Vec<PgKept>) -> io::Result<usize> {
        let (mut moving, mut moved, mut first) = (JoinSet::new(), 0, None);
        // One that cannot be moved does not keep the others.
        let mut count = |done: io::Result<()>| match done {
            Ok(()) => moved += 1,
            // Another process, or a worker, was faster.
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => drop(first.get_or_insert(error)),
        };
        for kept in all {
            if moving.len() >= AT_ONCE
                && let Some(done) = moving.join_next().await
            {
                count(done.map_err(io::Error::from).flatten());
            }
            let (spool, maildir) = (self.clone(), maildir.clone());
            moving.spawn(async move { spool.move_one_in(&maildir, kept).await });
        }
        while let Some(done) = moving.join_next().await {
            count(done.map_err(io::Error::from).flatten());
        }
        match first {
            None => Ok(moved),
            Some(error) => Err(error),
        }
    }

    async fn move_one_in(&self, maildir: &Maildir, kept: PgKept) -> io::Result<()> {
        let id = kept.id;
        let octets = blocking(maildir, move |maildir| {
            let found = maildir.find(id)?.ok_or(io::ErrorKind::NotFound)?;
            std::fs::read(found.path())
        });
        self.import(kept, Bytes::from(octets.await?)).await?;
        blocking(maildir, move |maildir| maildir.discard(id)).await
    }

    /// A message of another spool. It is durable when this returns.
    async fn import(&self, mut kept: PgKept, octets: Bytes) -> io::Result<()> {
        let envelope = Preamble::split(&octets);
        let lane = envelope.map_or(0, |(envelope, _)| lane_of(&envelope.recipients));
        loop {
            let entered = match kept.folder.as_str() {
                "new" => self.enter(kept.id, lane, octets.clone()).await,
                _ => self.import_kept(&kept, lane, &octets).await,
            };
            match entered {
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                    // Here since a transfer that was cut off; or the id is another message's, one in 65,536 of the same microsecond.
                    if self.read(kept.id).await? == octets {
                        return Ok(());
                    }
                    kept.id = QueueId::new(kept.id.arrival())?;
                }
                other => return other,
            }
        }
    }

    async fn import_kept(&self, kept: &PgKept, lane: i64, octets: &[u8]) -> io::Result<()> {
        let name = kept.id.to_string();
        let parameters: [Parameter<'_>; 5] = [
            (&name, Type::TEXT),
            (&lane, Type::INT8),
            (&kept.folder, Type::TEXT),
            (&kept.reason, Type::TEXT),
            (&octets, Type::BYTEA),
        ];
        let import = &self.shared.connector.sql().import;
        match self.shared.sure.query(import, &parameters).await?.len() {
            0 => Err(io::ErrorKind::AlreadyExists.into()),
            _ => Ok(()),
        }
    }

    /// Some of what waits behind an id and no worker has, for this process.
    async fn take(&self, behind: Option<QueueId>) -> io::Result<Vec<QueueId>> {
        self.revive().await?;
        let behind = behind.map(|id| id.to_string()).unwrap_or_default();
        let parameters: [Parameter<'_>; 4] = [
            (&256_i64, Type::INT8),
            (&self.shared.holder, Type::INT8),
            (
                &self.shared.connector.config().lease.as_secs_f64(),
                Type::FLOAT8,
            ),
            (&behind, Type::TEXT),
        ];
        let take = &self.shared.connector.sql().take;
        let rows = self.shared.fast.query(take, &parameters).await?;
        self.hold(rows)
    }

    /// Moves one message out; says whether it was this process's to move.
    async fn move_out(
        &self,
        maildir: &Maildir,
        kept: PgKept,
        holder: Option<i64>,
    ) -> io::Result<bool> {
        let (id, octets) = (kept.id, self.read(kept.id).await?);
        let PgKept { folder, reason, .. } = kept;
        blocking(maildir, move |maildir| {
            maildir.import(id, &folder, reason.as_deref(), &octets)
        })
        .await?;
        let gone = self.discard_of(id, holder).await?;
        if !gone {
            // Another process has it meanwhile.
            blocking(maildir, move |maildir| maildir.discard(id)).await?;
        }
        Ok(gone)
    }
}

pub(super) async fn blocking<T: Send + 'static>(
    maildir: &Maildir,
    work: impl FnOnce(&Maildir) -> io::Result<T> + Send + 'static,
) -> io::Result<T> {
    let maildir = maildir.clone();
    spawn_blocking(move || work(&maildir)).await?
}
