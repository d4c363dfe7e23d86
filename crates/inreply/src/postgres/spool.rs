//! The trait of spools.

use std::collections::hash_map::Entry;
use std::io;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant, SystemTime};

use bytes::{Bytes, BytesMut};
use inreply_smtp::wire::path::ForwardPath;
use sha2::{Digest, Sha256};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};
use tokio_postgres::Row;
use tokio_postgres::types::Type;

use super::error::to_io;
use super::line::Line;
use super::writer::{Filing, Writing};
use super::{PgSpool, reason_of};
use crate::spool::{Backlog, Drafting, Folder, Preamble, QueueId, Retention, Spool};

/// How often a worker with a long queue looks for what has waited long enough, and for what dead workers held.
const REVIVE_EVERY: Duration = Duration::from_secs(1);

/// Octets up to which a message comes with its claim, for it is read at once, and twice: a reply without attachments. What is in flight
/// by default is at most 16 MiB.
const SHORT: i32 = 65_536;

/// A message that is being written: in memory, within a limit for all of them, until it is committed.
#[derive(Debug)]
pub struct PgDraft {
    id: QueueId,
    lane: i64,
    octets: BytesMut,
    spool: PgSpool,
    /// What this one takes of the limit.
    room: Option<OwnedSemaphorePermit>,
}

impl Drafting for PgDraft {
    fn id(&self) -> QueueId {
        self.id
    }

    async fn write(&mut self, octets: Bytes) -> io::Result<()> {
        // Not of the disk: shorter messages find room.
        let full = |_| io::Error::from(io::ErrorKind::ResourceBusy);
        let size = u32::try_from(octets.len()).map_err(|_| io::ErrorKind::ResourceBusy)?;
        let drafts: Arc<Semaphore> = Arc::clone(&self.spool.drafts);
        let room = drafts.try_acquire_many_owned(size).map_err(full)?;
        match &mut self.room {
            Some(mine) => mine.merge(room),
            None => self.room = Some(room),
        }
        self.octets.extend_from_slice(&octets);
        Ok(())
    }

    async fn read(&mut self) -> io::Result<Vec<u8>> {
        Ok(self.octets.to_vec())
    }

    async fn commit(self) -> io::Result<QueueId> {
        let octets = self.octets.freeze();
        self.spool.write(self.id, self.lane, octets).await
    }
}

impl PgSpool {
    /// Makes a message durable: in the tables, or where they are away and it may, in the maildir.
    async fn write(&self, id: QueueId, lane: i64, octets: Bytes) -> io::Result<QueueId> {
        let Some(maildir) = &self.shared.fallback else {
            return self.enter(id, lane, octets).await.map(|()| id);
        };
        match self.enter(id, lane, octets.clone()).await {
            Ok(()) => Ok(id),
            // That is no fault of the database: the client comes again, and gets another id.
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Err(error),
            Err(error) => self.fall_back(maildir, id, octets, error).await,
        }
    }

    /// Commits a message with the next group; `AlreadyExists` where its id does.
    pub(super) async fn enter(&self, id: QueueId, lane: i64, octets: Bytes) -> io::Result<()> {
        let (done, answer) = oneshot::channel();
        let message = Writing {
            id,
            lane,
            octets,
            done,
        };
        let gone = |_| io::Error::from(io::ErrorKind::NotConnected);
        let written = async {
            self.writing
                .send(message)
                .await
                .map_err(|_| io::ErrorKind::NotConnected)?;
            answer.await.map_err(gone)?
        };
        // A group waits for the one before it, each for the limit of one call.
        let limit = self.shared.connector.config().timeout * 3;
        match tokio::time::timeout(limit, written).await {
            Ok(done) => done,
            Err(_) => Err(io::ErrorKind::TimedOut.into()),
        }
    }

    /// The same as [`PgSpool::revive`], but not with each claim while the queue is long: what has waited or lain with a dead worker
    /// may do so for a second more.
    async fn revive_in_time(&self) -> io::Result<()> {
        let shared = &self.shared;
        if shared.busy.load(Ordering::Relaxed) && !is_past(shared.looks().revived_at, REVIVE_EVERY)
        {
            return Ok(());
        }
        let now = Instant::now();
        self.revive().await?;
        shared.looks().revived_at = Some(now);
        Ok(())
    }

    /// Puts back into the queue what has waited long enough, and what dead workers held.
    pub(super) async fn revive(&self) -> io::Result<()> {
        let connector = &self.shared.connector;
        let tries = i32::try_from(connector.config().max_tries).unwrap_or(i32::MAX);
        let revive = &connector.sql().revive;
        let parameters: [super::line::Parameter<'_>; 1] = [(&tries, Type::INT4)];
        let back = self.shared.fast.query(revive, &parameters).await?;
        let dead = back
            .iter()
            .filter(|row| matches!(row.try_get(0), Ok("failure")))
            .count();
        if dead > 0 {
            tracing::error!(messages = dead, "given up after many tries");
        }
        Ok(())
    }

    pub(super) async fn read_by(&self, line: &Line, id: QueueId) -> io::Result<Vec<u8>> {
        let read = &self.shared.connector.sql().read;
        let name = id.to_string();
        let parameters: [super::line::Parameter<'_>; 1] = [(&name, Type::TEXT)];
        let rows = line.query(read, &parameters).await?;
        let row = rows.first().ok_or(io::ErrorKind::NotFound)?;
        row.try_get(0).map_err(to_io)
    }

    /// What was claimed is this process's.
    pub(super) fn hold(&self, rows: Vec<Row>) -> io::Result<Vec<QueueId>> {
        let mut ids = Vec::with_capacity(rows.len());
        let mut held = self.shared.held();
        for row in rows {
            let id: &str = row.try_get(0).map_err(to_io)?;
            let id = id.parse().map_err(io::Error::other)?;
            let octets: Option<&[u8]> = row.try_get(1).map_err(to_io)?;
            // One whose lease ran out while it lay here is being worked at already.
            if let Entry::Vacant(place) = held.entry(id) {
                place.insert(octets.map(Bytes::copy_from_slice));
                ids.push(id);
            }
        }
        Ok(ids)
    }

    async fn expire_folder(
        &self,
        (first, behind): (&str, &str),
        before: SystemTime,
    ) -> io::Result<usize> {
        let (mut deleted, before) = (0, QueueId::first_at(before).to_string());
        let expire = &self.shared.connector.sql().expire;
        loop {
            let parameters: [super::line::Parameter<'_>; 3] = [
                (&first, Type::TEXT),
                (&behind, Type::TEXT),
                (&before, Type::TEXT),
            ];
            match self.shared.fast.query(expire, &parameters).await?.len() {
                0 => return Ok(deleted),
                some => deleted += some,
            }
        }
    }
}

impl Spool for PgSpool {
    type Draft = PgDraft;

    async fn begin(&self, received_at: SystemTime, preamble: Preamble) -> io::Result<PgDraft> {
        let id = QueueId::new(received_at)?;
        Ok(PgDraft {
            id,
            lane: lane_of(&preamble.recipients),
            octets: BytesMut::from(preamble.to_text(id).as_bytes()),
            spool: self.clone(),
            room: None,
        })
    }

    async fn store(
        &self,
        received_at: SystemTime,
        preamble: Preamble,
        message: Bytes,
    ) -> io::Result<QueueId> {
        let mut draft = self.begin(received_at, preamble).await?;
        // The session holds it in memory already, and answers for that.
        draft.octets.extend_from_slice(&message);
        draft.commit().await
    }

    async fn claim(&self, most: usize) -> io::Result<Vec<QueueId>> {
        let (shared, connector) = (&self.shared, &self.shared.connector);
        let in_flight = connector.config().in_flight;
        let free = in_flight.saturating_sub(shared.held().len());
        let most = most.min(in_flight.div_ceil(4));
        // A worker that is full would go on with a claim for each message that it files. But where what it has is one slow token's, the
        // others are not to wait until a quarter of that is done.
        let is_time = is_past(shared.looks().claimed_at, connector.config().poll);
        if free == 0 || (free < most && !is_time) {
            return Ok(Vec::new());
        }
        let most = most.min(free);
        shared.looks().claimed_at = Some(Instant::now());
        self.revive_in_time().await?;
        let parameters: [super::line::Parameter<'_>; 4] = [
            (&i64::try_from(most).unwrap_or(i64::MAX), Type::INT8),
            (&shared.holder, Type::INT8),
            (&connector.config().lease.as_secs_f64(), Type::FLOAT8),
            (&SHORT, Type::INT4),
        ];
        let rows = shared.fast.query(&connector.sql().claim, &parameters);
        let rows = rows.await?;
        shared.busy.store(rows.len() == most, Ordering::Relaxed);
        self.hold(rows)
    }

    async fn due(&self) {
        let poll = self.shared.connector.config().poll;
        let _ = tokio::time::timeout(poll, self.shared.wake.notified()).await;
    }

    async fn read(&self, id: QueueId) -> io::Result<Vec<u8>> {
        let known = self.shared.held().get(&id).cloned().flatten();
        if let Some(octets) = known {
            return Ok(octets.to_vec());
        }
        self.read_by(&self.shared.fast, id).await
    }

    async fn put_off(&self, id: QueueId, reason: &str) -> io::Result<()> {
        let config = self.shared.connector.config();
        let (name, reason) = (id.to_string(), reason.replace('\0', ""));
        let parameters: [super::line::Parameter<'_>; 5] = [
            (&name, Type::TEXT),
            (&self.shared.holder, Type::INT8),
            (&reason, Type::TEXT),
            (&config.first_wait.as_secs_f64(), Type::FLOAT8),
            (&config.longest_wait.as_secs_f64(), Type::FLOAT8),
        ];
        let put_off = &self.shared.connector.sql().put_off;
        let done = self.shared.fast.query(put_off, &parameters).await;
        // Where that failed the lease runs out, and it comes back by that.
        self.shared.forget(id);
        done.map(drop)
    }

    async fn give_up(&self) -> io::Result<()> {
        let (shared, channel) = (&self.shared, &self.shared.connector.config().schema);
        let parameters: [super::line::Parameter<'_>; 2] =
            [(&shared.holder, Type::INT8), (channel, Type::TEXT)];
        // First: where the rest fails, the leases run out.
        shared.held().clear();
        // By the holder and not by ids: of a claim that was given up on its way nobody knows the ids.
        let give_up = &shared.connector.sql().give_up;
        shared.fast.query(give_up, &parameters).await.map(drop)
    }

    async fn file(&self, id: QueueId, folder: Folder) -> io::Result<()> {
        let (done, answer) = oneshot::channel();
        let filing = Filing {
            id,
            folder: folder.name(),
            reason: reason_of(&folder),
            done,
        };
        let sent = self.filing.send(filing).await;
        sent.map_err(|_| io::ErrorKind::NotConnected)?;
        answer.await.map_err(|_| io::ErrorKind::NotConnected)??;
        self.shared.forget(id);
        Ok(())
    }

    async fn expire(&self, now: SystemTime, retention: Retention) -> io::Result<usize> {
        let folders = [
            (("success", "success0"), retention.success),
            (("failure", "failure0"), retention.failure),
            (("ignored/", "ignored0"), retention.ignored),
            (("operator", "operator0"), retention.operator),
        ];
        let mut deleted = 0;
        for (folder, time) in folders {
            if let Some(before) = time.and_then(|time| now.checked_sub(time)) {
                deleted += self.expire_folder(folder, before).await?;
            }
        }
        let keep: Duration = self.shared.connector.config().keep_keys;
        let keys = &self.shared.connector.sql().expire_keys;
        let seconds = keep.as_secs_f64();
        let parameters: [super::line::Parameter<'_>; 1] = [(&seconds, Type::FLOAT8)];
        self.shared.fast.query(keys, &parameters).await?;
        Ok(deleted)
    }

    async fn backlog(&self) -> io::Result<Backlog> {
        let backlog = &self.shared.connector.sql().backlog;
        let rows = self.shared.look.query(backlog, &[]).await?;
        let row = rows.first().ok_or(io::ErrorKind::UnexpectedEof)?;
        let messages: i64 = row.try_get(0).map_err(to_io)?;
        let oldest: Option<&str> = row.try_get(1).map_err(to_io)?;
        let oldest = oldest.and_then(|id| id.parse::<QueueId>().ok());
        Ok(Backlog {
            messages: u64::try_from(messages).unwrap_or_default(),
            oldest: oldest.map(QueueId::arrival),
        })
    }
}

fn is_past(last: Option<Instant>, time: Duration) -> bool {
    last.is_none_or(|last| last.elapsed() >= time)
}

/// The same for all messages to the same recipients.
pub(super) fn lane_of(recipients: &[ForwardPath<'static>]) -> i64 {
    let mut hash = Sha256::new();
    for recipient in recipients {
        hash.update(recipient.to_string().to_ascii_lowercase());
    }
    let hash: [u8; 32] = hash.finalize().into();
    hash.first_chunk()
        .map_or(0, |first| i64::from_be_bytes(*first))
}
