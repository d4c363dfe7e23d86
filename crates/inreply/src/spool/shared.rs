//! What the server asks of a spool.

use std::fmt;
use std::future::Future;
use std::io;
use std::time::{Instant, SystemTime};

use bytes::Bytes;
use tokio::task::spawn_blocking;

use super::{Backlog, Draft, Folder, Maildir, Preamble, QueueId, Retention};

/// Keeps messages between the final dot and the product.
///
/// Sessions write into it, one worker or many claim from it. **What [`Spool::store`] or [`Drafting::commit`] has returned an id
/// for is never lost**, whatever stops; it is claimed until it is filed.
///
/// The errors of all calls mean the same: `StorageFull` and `QuotaExceeded` are answered with `452 4.3.1`, and for two seconds
/// every recipient hears it too; `ResourceBusy`, no room for this one message, with `452 4.3.1` alone; every other with
/// `451 4.3.0`. The client tries again.
pub trait Spool: Send + Sync + 'static {
    /// A message that is being written.
    type Draft: Drafting;

    /// Begins a message. The preamble stands before it.
    fn begin(
        &self,
        received_at: SystemTime,
        preamble: Preamble,
    ) -> impl Future<Output = io::Result<Self::Draft>> + Send;

    /// Stores a whole message; the same as to begin, write and commit it.
    fn store(
        &self,
        received_at: SystemTime,
        preamble: Preamble,
        message: Bytes,
    ) -> impl Future<Output = io::Result<QueueId>> + Send {
        async move {
            let mut draft = self.begin(received_at, preamble).await?;
            draft.write(message).await?;
            draft.commit().await
        }
    }

    /// Takes the oldest messages that are due, at most `most`, for this worker: nobody else gets them until they are filed or
    /// put off, or until the worker is gone.
    fn claim(&self, most: usize) -> impl Future<Output = io::Result<Vec<QueueId>>> + Send;

    /// Returns when there may be something to claim. Where it is not sure, it returns.
    fn due(&self) -> impl Future<Output = ()> + Send;

    /// The preamble and the message. [`io::ErrorKind::NotFound`] where it is gone, the operator deleted it, say.
    fn read(&self, id: QueueId) -> impl Future<Output = io::Result<Vec<u8>>> + Send;

    /// Gives a claimed message back: it is claimed again after a while, best a longer one each time.
    fn put_off(&self, id: QueueId, reason: &str) -> impl Future<Output = io::Result<()>> + Send;

    /// Gives back at once all that was claimed and neither filed nor put off: this worker has ended, and others need not wait until
    /// they take it for dead. Does nothing by default, for a spool whose claims end with their process.
    fn give_up(&self) -> impl Future<Output = io::Result<()>> + Send {
        async { Ok(()) }
    }

    /// Moves a claimed message to where it ends.
    fn file(&self, id: QueueId, folder: Folder) -> impl Future<Output = io::Result<()>> + Send;

    /// Deletes what was kept long enough, and says how many messages they were.
    fn expire(
        &self,
        now: SystemTime,
        retention: Retention,
    ) -> impl Future<Output = io::Result<usize>> + Send;

    /// Counts the messages that wait, for monitoring.
    fn backlog(&self) -> impl Future<Output = io::Result<Backlog>> + Send;

    /// What the log of the worker calls a message that waits.
    fn place_of(&self, id: QueueId) -> String {
        id.to_string()
    }

    /// What the log of the worker calls the place where messages of a folder end.
    fn end_of(&self, folder: &Folder) -> String {
        folder.name()
    }
}

/// A message that is being written into a [`Spool`]. One that is dropped leaves nothing behind.
pub trait Drafting: fmt::Debug + Send + 'static {
    /// Its id, under which it will be found.
    fn id(&self) -> QueueId;

    /// Appends octets.
    fn write(&mut self, octets: Bytes) -> impl Future<Output = io::Result<()>> + Send;

    /// The preamble, and what was written so far.
    fn read(&mut self) -> impl Future<Output = io::Result<Vec<u8>>> + Send;

    /// Makes it durable, and due. **Say 250 behind this, never before.**
    fn commit(self) -> impl Future<Output = io::Result<QueueId>> + Send;
}

/// A draft of a [`Maildir`], which a thread for blocking work has while it writes.
#[derive(Debug)]
pub struct MaildirDraft {
    id: QueueId,
    /// None behind a call that was given up while it ran.
    draft: Option<Draft>,
}

impl MaildirDraft {
    async fn with<T: Send + 'static>(
        &mut self,
        work: impl FnOnce(&mut Draft) -> io::Result<T> + Send + 'static,
    ) -> io::Result<T> {
        let mut draft = self.draft.take().ok_or(io::ErrorKind::NotConnected)?;
        let (draft, done) = spawn_blocking(move || {
            let done = work(&mut draft);
            (draft, done)
        })
        .await?;
        self.draft = Some(draft);
        done
    }
}

impl Drafting for MaildirDraft {
    fn id(&self) -> QueueId {
        self.id
    }

    async fn write(&mut self, octets: Bytes) -> io::Result<()> {
        self.with(move |draft| draft.write(&octets)).await
    }

    async fn read(&mut self) -> io::Result<Vec<u8>> {
        self.with(|draft| draft.read()).await
    }

    async fn commit(mut self) -> io::Result<QueueId> {
        let draft = self.draft.take().ok_or(io::ErrorKind::NotConnected)?;
        spawn_blocking(move || draft.commit()).await?
    }
}

/// Begins a message with its preamble.
fn begin(spool: &Maildir, received_at: SystemTime, preamble: &Preamble) -> io::Result<Draft> {
    let mut draft = spool.begin(received_at)?;
    draft.write(preamble.to_text(draft.id()).as_bytes())?;
    Ok(draft)
}

impl Maildir {
    async fn blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Self) -> io::Result<T> + Send + 'static,
    ) -> io::Result<T> {
        let spool = self.clone();
        spawn_blocking(move || work(&spool)).await?
    }
}

impl Spool for Maildir {
    type Draft = MaildirDraft;

    async fn begin(&self, received_at: SystemTime, preamble: Preamble) -> io::Result<MaildirDraft> {
        let draft = self
            .blocking(move |spool| begin(spool, received_at, &preamble))
            .await?;
        Ok(MaildirDraft {
            id: draft.id(),
            draft: Some(draft),
        })
    }

    async fn store(
        &self,
        received_at: SystemTime,
        preamble: Preamble,
        message: Bytes,
    ) -> io::Result<QueueId> {
        self.blocking(move |spool| {
            let mut draft = begin(spool, received_at, &preamble)?;
            draft.write(&message)?;
            draft.commit()
        })
        .await
    }

    async fn claim(&self, most: usize) -> io::Result<Vec<QueueId>> {
        self.blocking(move |spool| {
            let mut queue = spool.queue();
            queue.claim(Instant::now(), most, |give| spool.each_waiting(give))
        })
        .await
    }

    async fn due(&self) {
        let now = Instant::now();
        let next = self.queue().next(now);
        let wait = next.saturating_duration_since(now);
        // A message that arrived before this call has left its permit.
        let _ = tokio::time::timeout(wait, self.arrived().notified()).await;
    }

    async fn read(&self, id: QueueId) -> io::Result<Vec<u8>> {
        self.blocking(move |spool| Self::read(spool, id)).await
    }

    async fn put_off(&self, id: QueueId, _: &str) -> io::Result<()> {
        self.queue().put_off(Instant::now(), id);
        Ok(())
    }

    async fn file(&self, id: QueueId, folder: Folder) -> io::Result<()> {
        self.blocking(move |spool| Self::file(spool, id, &folder))
            .await
    }

    async fn expire(&self, now: SystemTime, retention: Retention) -> io::Result<usize> {
        self.blocking(move |spool| Self::expire(spool, now, &retention))
            .await
    }

    async fn backlog(&self) -> io::Result<Backlog> {
        self.blocking(Self::backlog).await
    }

    fn place_of(&self, id: QueueId) -> String {
        self.path(id).display().to_string()
    }

    fn end_of(&self, folder: &Folder) -> String {
        self.folder(folder).display().to_string()
    }
}
