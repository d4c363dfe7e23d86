//! Comment and completion in one transaction of the product's, in a real PostgreSQL: `.ci/postgres` runs these.

use super::*;
use crate::inbox::IdempotencyKey;
use crate::spool::{Preamble, Protocol, Spool};
use bytes::Bytes;
use inreply_token::{Addresses, Context, Day, Host, Key, KeyId, KeyRing, Opened};
use std::time::{Duration, SystemTime};
use tokio_postgres::{Client, NoTls};

const LEASE: Duration = Duration::from_secs(1);

/// A product with a table of its own in the database of the spool.
struct Product {
    config: PgConfig,
    edge: PgSpool,
}

impl Product {
    async fn new(test: &str) -> Option<Self> {
        let config = there::config(test)?.lease(LEASE);
        let edge = PgSpool::new(config.clone()).unwrap();
        edge.check().await.unwrap();
        let product = Self { config, edge };
        let create = format!("CREATE TABLE {}.comment (text text)", product.config.schema);
        product.client().await.batch_execute(&create).await.unwrap();
        Some(product)
    }

    async fn client(&self) -> Client {
        let (client, connection) = self.config.server.connect(NoTls).await.unwrap();
        tokio::spawn(connection);
        client
    }

    fn worker(&self) -> PgSpool {
        PgSpool::new(self.config.clone()).unwrap()
    }

    async fn store(&self) -> QueueId {
        let preamble = Preamble {
            reverse_path: "<ann@example.com>".parse().unwrap(),
            recipients: vec!["<r@reply.example>".parse().unwrap()],
            hello: "client.example".parse().unwrap(),
            client: "192.0.2.1".parse().unwrap(),
            by: "reply.example".to_owned(),
            protocol: Protocol::Esmtp,
            verdicts: None,
        };
        let message = Bytes::from_static(b"Subject: hi\r\n\r\nhello\r\n");
        let stored = self.edge.store(SystemTime::now(), preamble, message);
        stored.await.unwrap()
    }

    /// As [`PgSpool::accept_in`] says, but for the commit.
    async fn accept(
        &self,
        worker: &PgSpool,
        transaction: &Transaction<'_>,
        id: QueueId,
    ) -> Result<Receipt, CompleteError> {
        let reply = reply(id);
        let receipt = worker.accept_in(transaction, &reply).await?;
        if receipt == Receipt::Stored {
            let insert = format!("INSERT INTO {}.comment VALUES ($1)", self.config.schema);
            transaction.execute(&insert, &[&reply.text]).await?;
        }
        Ok(receipt)
    }

    /// The comments that everybody sees, and the folder of the message.
    async fn seen(&self, id: QueueId) -> (i64, String) {
        let count = format!("SELECT count(*) FROM {}.comment", self.config.schema);
        let row = self.client().await.query_one(&count, &[]).await.unwrap();
        let kept = self.edge.find(id).await.unwrap().unwrap();
        (row.get(0), kept.folder)
    }
}

/// The same reply in whatever message.
fn reply(id: QueueId) -> IncomingReply {
    IncomingReply {
        token: token(),
        text: "hello".to_owned(),
        markdown: "hello".to_owned(),
        html: None,
        attachments: Vec::new(),
        attachments_left_out: 0,
        from: "ann@example.com".to_owned(),
        verdicts: None,
        subject: "hi".to_owned(),
        message_id: None,
        in_reply_to: Vec::new(),
        references: Vec::new(),
        key: IdempotencyKey::from_bytes([7; 32]),
        received_at: SystemTime::UNIX_EPOCH,
        queue_id: Some(id),
    }
}

fn token() -> Opened {
    let ring = KeyRing::new(KeyId(1), Key::from_bytes(&[7; 32]).unwrap());
    let addresses = Addresses::new(Host::new("reply.example").unwrap(), &ring);
    let today = Day::from_unix_seconds(1_800_000_000);
    let address = addresses.mint(Context::Reply, (1, 2), today).unwrap();
    addresses.open(address.local_part(), today).unwrap()
}

#[tokio::test]
async fn comment_and_completion_are_committed_together() {
    let Some(product) = Product::new("together").await else {
        return;
    };
    let (id, worker) = (product.store().await, product.worker());
    assert_eq!(worker.claim(9).await.unwrap(), [id]);
    let mut client = product.client().await;
    let transaction = client.transaction().await.unwrap();
    let receipt = product.accept(&worker, &transaction, id).await.unwrap();
    assert_eq!(receipt, Receipt::Stored);
    assert_eq!(product.seen(id).await, (0, "new".to_owned()));
    transaction.commit().await.unwrap();
    assert_eq!(product.seen(id).await, (1, "success".to_owned()));
    // The worker files it too, as it does for every product; it is where it is.
    worker.file(id, Folder::Success).await.unwrap();
    assert_eq!(product.seen(id).await, (1, "success".to_owned()));
    tokio::time::sleep(LEASE + LEASE / 4).await;
    assert_eq!(product.worker().claim(9).await.unwrap(), []);
}

#[tokio::test]
async fn what_was_rolled_back_is_claimed_again_and_stored_once() {
    let Some(product) = Product::new("rollback").await else {
        return;
    };
    let (id, worker) = (product.store().await, product.worker());
    assert_eq!(worker.claim(9).await.unwrap(), [id]);
    let mut client = product.client().await;
    let transaction = client.transaction().await.unwrap();
    product.accept(&worker, &transaction, id).await.unwrap();
    transaction.rollback().await.unwrap();
    assert_eq!(product.seen(id).await, (0, "new".to_owned()));
    // Its process is gone in the midst of it; the lease runs out.
    drop(worker);
    let other = product.worker();
    tokio::time::sleep(LEASE + LEASE / 4).await;
    assert_eq!(other.claim(9).await.unwrap(), [id]);
    let transaction = client.transaction().await.unwrap();
    let receipt = product.accept(&other, &transaction, id).await.unwrap();
    assert_eq!(receipt, Receipt::Stored, "its key went with the rollback");
    transaction.commit().await.unwrap();
    assert_eq!(product.seen(id).await, (1, "success".to_owned()));
    // Run a second time, it changes nothing.
    let transaction = client.transaction().await.unwrap();
    let again = product.accept(&other, &transaction, id).await;
    assert!(matches!(again, Err(CompleteError::NotHeld)));
    transaction.rollback().await.unwrap();
    assert_eq!(product.seen(id).await.0, 1);
}

/// Two messages with one reply, each with a worker of its own, at the same time: the second transaction waits for the first.
#[tokio::test]
async fn two_copies_at_once_are_one_comment() {
    for commits in [true, false] {
        let Some(product) = Product::new("copies").await else {
            return;
        };
        let (one, two) = (product.worker(), product.worker());
        let ids = [product.store().await, product.store().await];
        let first = one.claim(1).await.unwrap()[0];
        let second = two.claim(1).await.unwrap()[0];
        assert!(ids.contains(&first) && ids.contains(&second) && first != second);
        let (mut client, mut other) = (product.client().await, product.client().await);
        let transaction = client.transaction().await.unwrap();
        product.accept(&one, &transaction, first).await.unwrap();
        let waiting = async {
            let transaction = other.transaction().await.unwrap();
            let receipt = product.accept(&two, &transaction, second).await.unwrap();
            transaction.commit().await.unwrap();
            receipt
        };
        let ending = async {
            tokio::time::sleep(Duration::from_millis(100)).await;
            assert_eq!(product.seen(second).await, (0, "new".to_owned()));
            match commits {
                true => transaction.commit().await.unwrap(),
                false => transaction.rollback().await.unwrap(),
            }
        };
        let (receipt, ()) = tokio::join!(waiting, ending);
        let (expected, folder) = match commits {
            true => (Receipt::Duplicate, "ignored/duplicate"),
            false => (Receipt::Stored, "success"),
        };
        assert_eq!(receipt, expected);
        assert_eq!(product.seen(second).await, (1, folder.to_owned()));
    }
}

#[tokio::test]
async fn a_reply_that_is_only_reviewed_is_not_accepted() {
    let Some(product) = Product::new("reviewed").await else {
        return;
    };
    let mut client = product.client().await;
    let transaction = client.transaction().await.unwrap();
    let mut reviewed = reply(QueueId::new(SystemTime::now()).unwrap());
    reviewed.queue_id = None;
    let refused = product.edge.accept_in(&transaction, &reviewed).await;
    assert!(matches!(refused, Err(CompleteError::NotSpooled)));
}
