//! The sender beside a store that lends its messages for a time, and that may fail.

// Helpers of tests are tests.
#![allow(clippy::unwrap_used, clippy::panic)]

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use inreply::outbox::{
    self, Claim, Entry, Letter, Notice, NoticeError, Notices, Outbox, OutboxConfig, RedbStore,
    Settlement, Store, StoreError, Suppression,
};
use inreply::simulation::SimulatedRelay;
use inreply::smtp::client::Envelope;
use inreply::smtp::transcript::Transcript;
use inreply::spool::QueueId;
use tempfile::TempDir;
use tokio::sync::watch;
use tokio::time::{sleep, timeout};

const PATIENCE: Duration = Duration::from_secs(20);
const MILLI: Duration = Duration::from_millis(1);

/// A store whose claims end when a test says so.
#[derive(Clone)]
struct Leased {
    store: RedbStore,
    is_another_senders: Arc<AtomicBool>,
    given_back: Arc<AtomicUsize>,
    /// Settlements get no answer.
    hangs: Arc<AtomicBool>,
    has_let_lapse: Arc<AtomicBool>,
}

impl Leased {
    fn open(folder: &TempDir) -> Self {
        Self {
            store: RedbStore::open(folder.path().join("outbox.redb")).unwrap(),
            is_another_senders: Arc::default(),
            given_back: Arc::default(),
            hangs: Arc::default(),
            has_let_lapse: Arc::default(),
        }
    }
}

impl Store for Leased {
    async fn insert(&self, letters: Vec<(Entry, Bytes)>) -> Result<(), StoreError> {
        self.store.insert(letters).await
    }

    async fn claim(&self, claim: Claim) -> Result<Vec<(Entry, Bytes)>, StoreError> {
        self.store.claim(claim).await
    }

    async fn next_due(&self) -> Result<Option<SystemTime>, StoreError> {
        self.store.next_due().await
    }

    fn holds(&self, _: QueueId) -> bool {
        !self.is_another_senders.load(SeqCst)
    }

    async fn record(&self, entry: &Entry) -> Result<(), StoreError> {
        self.store.record(entry).await
    }

    async fn settle(&self, settlements: Vec<Settlement>) -> Result<(), StoreError> {
        let given_back = settlements
            .iter()
            .filter(|one| matches!(one, Settlement::Untouched(_)));
        self.given_back.fetch_add(given_back.count(), SeqCst);
        if self.hangs.load(SeqCst) {
            std::future::pending::<()>().await;
        }
        self.store.settle(settlements).await
    }

    fn let_lapse(&self) {
        self.has_let_lapse.store(true, SeqCst);
    }

    async fn read(&self, id: QueueId) -> Result<Option<(Entry, Bytes)>, StoreError> {
        self.store.read(id).await
    }

    async fn retry(&self, id: QueueId, at: SystemTime) -> Result<bool, StoreError> {
        self.store.retry(id, at).await
    }

    async fn discard(&self, id: QueueId) -> Result<bool, StoreError> {
        self.store.discard(id).await
    }

    async fn list(&self, after: Option<QueueId>, most: usize) -> Result<Vec<Entry>, StoreError> {
        self.store.list(after, most).await
    }

    async fn count(&self) -> Result<u64, StoreError> {
        self.store.count().await
    }

    async fn suppress(&self, suppressions: Vec<Suppression>) -> Result<(), StoreError> {
        self.store.suppress(suppressions).await
    }

    async fn suppressed(&self, mailboxes: Vec<String>) -> Result<Vec<Suppression>, StoreError> {
        self.store.suppressed(mailboxes).await
    }

    async fn suppressions(
        &self,
        after: Option<String>,
        most: usize,
    ) -> Result<Vec<Suppression>, StoreError> {
        self.store.suppressions(after, most).await
    }

    async fn release(&self, mailbox: String) -> Result<bool, StoreError> {
        self.store.release(mailbox).await
    }
}

/// Waits of milliseconds in the place of minutes.
fn config() -> OutboxConfig {
    OutboxConfig::default().look_again(5 * MILLI).group(MILLI)
}

fn letter(to: &str) -> Letter {
    let to = format!("<{to}@example.com>").parse().unwrap();
    let envelope = Envelope::new("<>".parse().unwrap()).to(to);
    Letter::new(envelope, "Subject: hi\r\n\r\nhello\r\n")
}

async fn until(what: impl Fn() -> bool) {
    let come = async {
        while !what() {
            sleep(MILLI).await;
        }
    };
    timeout(PATIENCE, come).await.unwrap();
}

/// The place in the minute is waited for longer than the lease lasts.
#[tokio::test]
async fn a_message_that_was_lost_while_it_waited_is_not_sent() {
    let (relay, folder) = (
        SimulatedRelay::start().await.unwrap(),
        tempfile::tempdir().unwrap(),
    );
    let store = Leased::open(&folder);
    let outbox = Outbox::new(store.clone(), config().messages_per_minute(60));
    let (stop, stopped) = watch::channel(false);
    let sending = tokio::spawn(outbox::run(outbox.clone(), relay.relay(), (), stopped));
    let letters = vec![letter("ann"), letter("bob")];
    outbox.enqueue_all(letters).await.unwrap();
    timeout(PATIENCE, relay.wait_for(1)).await.unwrap();
    // The second one has been asked for once, and waits.
    sleep(100 * MILLI).await;
    assert_eq!(store.given_back.load(SeqCst), 0);
    store.is_another_senders.store(true, SeqCst);
    until(|| store.given_back.load(SeqCst) > 0).await;
    assert_eq!(relay.accepted().len(), 1);
    // The other one did not send it after all.
    store.is_another_senders.store(false, SeqCst);
    assert_eq!(timeout(PATIENCE, relay.wait_for(2)).await.unwrap().len(), 2);
    stop.send(true).unwrap();
    sending.await.unwrap();
    assert_eq!(outbox.count().await.unwrap(), 0);
}

/// Whoever waits for its end kills it, sooner or later; and what it could not settle is to be somebody's again.
#[tokio::test]
async fn a_sender_ends_beside_a_store_that_hangs() {
    let (relay, folder) = (
        SimulatedRelay::start().await.unwrap(),
        tempfile::tempdir().unwrap(),
    );
    let store = Leased::open(&folder);
    store.hangs.store(true, SeqCst);
    let outbox = Outbox::new(store.clone(), config());
    let (stop, stopped) = watch::channel(false);
    let sending = tokio::spawn(outbox::run(outbox.clone(), relay.relay(), (), stopped));
    outbox.enqueue(letter("ann")).await.unwrap();
    timeout(PATIENCE, relay.wait_for(1)).await.unwrap();
    stop.send(true).unwrap();
    tokio::time::pause();
    timeout(Duration::from_mins(1), sending)
        .await
        .unwrap()
        .unwrap();
    assert!(store.has_let_lapse.load(SeqCst));
}

/// A log that cannot cope with what was said.
struct Panics;

impl Notices for Panics {
    async fn ended(&self, _: &Notice) -> Result<(), NoticeError> {
        Ok(())
    }

    fn said(&self, _: QueueId, _: &Transcript) {
        panic!("as the test asks");
    }
}

#[tokio::test]
async fn a_log_that_panics_costs_no_message() {
    let (relay, folder) = (
        SimulatedRelay::start().await.unwrap(),
        tempfile::tempdir().unwrap(),
    );
    let outbox = Outbox::new(Leased::open(&folder), config().connections(1));
    let (_stop, stopped) = watch::channel(false);
    tokio::spawn(outbox::run(outbox.clone(), relay.relay(), Panics, stopped));
    for (sent, to) in ["ann", "bob", "eve"].into_iter().enumerate() {
        outbox.enqueue(letter(to)).await.unwrap();
        timeout(PATIENCE, relay.wait_for(sent + 1)).await.unwrap();
    }
    let settled = async {
        while outbox.count().await.unwrap() > 0 {
            sleep(MILLI).await;
        }
    };
    timeout(PATIENCE, settled).await.unwrap();
    assert_eq!(relay.accepted().len(), 3);
}
