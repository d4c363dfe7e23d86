//! A message between DATA and the verdict.

use std::io;
use std::time::SystemTime;

use bytes::{Bytes, BytesMut};

use crate::spool::{Drafting, Preamble, QueueId, Spool};

/// Octets of a message that are kept in memory before it is written to the spool: most replies never reach it.
const IN_MEMORY: usize = 262_144;

/// A message that arrives, in memory or on its way to the spool.
#[derive(Debug)]
pub(super) struct Writing<D> {
    pub(super) received_at: SystemTime,
    /// Octets that came so far.
    pub(super) size: u64,
    octets: BytesMut,
    /// What did not fit in memory; its rest is in `octets`.
    draft: Option<D>,
    /// A message that was read once, for the next recipient of LMTP.
    whole: Option<Bytes>,
    /// The first fault; the rest of the message is not kept. It stays: in LMTP each recipient hears of it.
    fault: Option<io::ErrorKind>,
}

/// A message that has arrived.
#[derive(Debug)]
pub(super) enum Arrived<D> {
    InMemory(Bytes),
    /// Its octets stand behind the preamble.
    Drafted(D),
}

impl<D: Drafting> Writing<D> {
    pub(super) fn new() -> Self {
        Self {
            received_at: SystemTime::now(),
            size: 0,
            octets: BytesMut::new(),
            draft: None,
            whole: None,
            fault: None,
        }
    }

    pub(super) fn has_fault(&self) -> bool {
        self.fault.is_some()
    }

    /// Whether it does not stay in memory anyway.
    pub(super) fn is_long(&self) -> bool {
        self.size > IN_MEMORY as u64
    }

    /// Takes octets, and says whether they fit in memory; else [`Writing::spill`] them.
    #[must_use]
    pub(super) fn push(&mut self, octets: &[u8]) -> bool {
        self.size += octets.len() as u64;
        self.octets.extend_from_slice(octets);
        self.octets.len() <= IN_MEMORY
    }

    /// Moves what is in memory to the spool. A fault is kept until the end, and nothing else is: the rest of the message may take its
    /// time, and others want the room.
    pub(super) async fn spill<S: Spool<Draft = D>>(&mut self, spool: &S, preamble: Preamble) {
        if let Err(error) = self.write(spool, preamble).await {
            tracing::error!(%error, "a message cannot be written");
            self.fault = Some(error.kind());
            self.octets = BytesMut::new();
            self.draft = None;
        }
    }

    async fn write<S: Spool<Draft = D>>(
        &mut self,
        spool: &S,
        preamble: Preamble,
    ) -> io::Result<()> {
        let draft = match &mut self.draft {
            Some(draft) => draft,
            None => self
                .draft
                .insert(spool.begin(self.received_at, preamble).await?),
        };
        draft.write(self.octets.split().freeze()).await
    }

    /// Gives the whole message back, for the next recipient.
    pub(super) fn rewind(&mut self, octets: Bytes) {
        self.whole = Some(octets);
        self.fault = None;
    }

    /// The whole message.
    ///
    /// # Errors
    /// The fault of its way.
    pub(super) async fn end(&mut self) -> io::Result<Arrived<D>> {
        if let Some(kind) = self.fault {
            return Err(kind.into());
        }
        if let Some(whole) = &self.whole {
            return Ok(Arrived::InMemory(whole.clone()));
        }
        // From here on it is the caller's; where that fails or is given up on the way, there is nothing for the next recipient.
        self.fault = Some(io::ErrorKind::NotFound);
        let rest = self.octets.split().freeze();
        match self.draft.take() {
            None => Ok(Arrived::InMemory(rest)),
            Some(mut draft) => {
                draft.write(rest).await?;
                Ok(Arrived::Drafted(draft))
            }
        }
    }
}

impl<D: Drafting> Arrived<D> {
    /// Its octets, without the preamble.
    pub(super) async fn octets(&mut self) -> io::Result<Bytes> {
        match self {
            Self::InMemory(octets) => Ok(octets.clone()),
            Self::Drafted(draft) => {
                let file = Bytes::from(draft.read().await?);
                let message = Preamble::split(&file).map(|(_, message)| file.slice_ref(message));
                Ok(message.unwrap_or(file))
            }
        }
    }

    /// Stores it durably.
    pub(super) async fn commit<S: Spool<Draft = D>>(
        self,
        spool: &S,
        received_at: SystemTime,
        preamble: Preamble,
    ) -> io::Result<QueueId> {
        match self {
            Self::InMemory(octets) => spool.store(received_at, preamble, octets).await,
            Self::Drafted(draft) => draft.commit().await,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spool::{Backlog, Folder, Maildir, MaildirDraft, Protocol, Retention};
    use std::sync::Arc;
    use tokio::sync::{OwnedSemaphorePermit, Semaphore};

    fn preamble() -> Preamble {
        Preamble {
            reverse_path: "<ann@example.com>".parse().unwrap(),
            recipients: vec!["<bob@reply.example>".parse().unwrap()],
            hello: "client.example".parse().unwrap(),
            client: "192.0.2.1".parse().unwrap(),
            by: "reply.example".to_owned(),
            protocol: Protocol::Lmtp,
            verdicts: None,
        }
    }

    /// A disk that fails once must not make the next recipient of LMTP believe in what is left of the message.
    #[tokio::test]
    async fn a_fault_stays() {
        let root = tempfile::tempdir().unwrap();
        let spool = Maildir::open(root.path()).unwrap();
        let tmp = root.path().join("mail/reply/tmp");
        std::fs::remove_dir(&tmp).unwrap();
        let mut writing = Writing::<MaildirDraft>::new();
        assert!(!writing.push(&[b'a'; IN_MEMORY + 1]));
        writing.spill(&spool, preamble()).await;
        std::fs::create_dir(&tmp).unwrap();
        for _ in 0..2 {
            let error = writing.end().await.unwrap_err();
            assert_eq!(error.kind(), io::ErrorKind::NotFound);
        }
    }

    /// A spool with room for so many octets of drafts.
    struct Small {
        maildir: Maildir,
        room: Arc<Semaphore>,
    }

    #[derive(Debug)]
    struct SmallDraft {
        draft: MaildirDraft,
        room: Arc<Semaphore>,
        mine: Vec<OwnedSemaphorePermit>,
    }

    impl Drafting for SmallDraft {
        fn id(&self) -> QueueId {
            self.draft.id()
        }

        async fn write(&mut self, octets: Bytes) -> io::Result<()> {
            let size = u32::try_from(octets.len()).unwrap();
            let room = Arc::clone(&self.room).try_acquire_many_owned(size);
            let room = room.map_err(|_| io::ErrorKind::ResourceBusy)?;
            self.mine.push(room);
            self.draft.write(octets).await
        }

        async fn read(&mut self) -> io::Result<Vec<u8>> {
            self.draft.read().await
        }

        async fn commit(self) -> io::Result<QueueId> {
            self.draft.commit().await
        }
    }

    impl Spool for Small {
        type Draft = SmallDraft;

        async fn begin(&self, at: SystemTime, preamble: Preamble) -> io::Result<SmallDraft> {
            Ok(SmallDraft {
                draft: Spool::begin(&self.maildir, at, preamble).await?,
                room: Arc::clone(&self.room),
                mine: Vec::new(),
            })
        }

        async fn claim(&self, most: usize) -> io::Result<Vec<QueueId>> {
            self.maildir.claim(most).await
        }

        async fn due(&self) {
            self.maildir.due().await;
        }

        async fn read(&self, id: QueueId) -> io::Result<Vec<u8>> {
            Spool::read(&self.maildir, id).await
        }

        async fn put_off(&self, id: QueueId, reason: &str) -> io::Result<()> {
            self.maildir.put_off(id, reason).await
        }

        async fn file(&self, id: QueueId, folder: Folder) -> io::Result<()> {
            Spool::file(&self.maildir, id, folder).await
        }

        async fn expire(&self, now: SystemTime, retention: Retention) -> io::Result<usize> {
            Spool::expire(&self.maildir, now, retention).await
        }

        async fn backlog(&self) -> io::Result<Backlog> {
            Spool::backlog(&self.maildir).await
        }
    }

    /// Two long messages arrive side by side, and there is room for one.
    #[tokio::test]
    async fn a_message_that_found_no_room_leaves_it_to_the_others() {
        let root = tempfile::tempdir().unwrap();
        let spool = Small {
            maildir: Maildir::open(root.path()).unwrap(),
            room: Arc::new(Semaphore::new(3 * (IN_MEMORY + 1))),
        };
        let mut messages = [Writing::new(), Writing::new()];
        for message in &mut messages {
            for _ in 0..2 {
                if !message.has_fault() && !message.push(&[b'a'; IN_MEMORY + 1]) {
                    message.spill(&spool, preamble()).await;
                }
            }
        }
        let [first, second] = &mut messages;
        assert!(!first.has_fault() && second.has_fault());
        assert!(!first.push(&[b'a'; IN_MEMORY + 1]));
        first.spill(&spool, preamble()).await;
        let arrived = first.end().await.unwrap();
        arrived
            .commit(&spool, first.received_at, preamble())
            .await
            .unwrap();
        assert_eq!(
            second.end().await.unwrap_err().kind(),
            io::ErrorKind::ResourceBusy
        );
    }

    #[tokio::test]
    async fn what_was_read_is_there_again_only_where_it_was_given_back() {
        let mut writing = Writing::<MaildirDraft>::new();
        assert!(writing.push(b"hello"));
        let octets = writing.end().await.unwrap().octets().await.unwrap();
        assert!(
            writing.end().await.is_err(),
            "the first was given up on its way"
        );
        writing.rewind(octets);
        for _ in 0..2 {
            let again = writing.end().await.unwrap().octets().await.unwrap();
            assert_eq!(again, "hello");
        }
    }
}
