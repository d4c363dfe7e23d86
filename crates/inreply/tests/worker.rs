//! The worker beside a spool that is slow to move messages.

// Helpers of tests are tests.
#![allow(clippy::unwrap_used)]

use std::io;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use inreply::gate::Gate;
use inreply::inbox::{Inbox, InboxError, IncomingReply, Receipt, Senders, Standing};
use inreply::receiver::Receiver;
use inreply::site::Site;
use inreply::spool::{
    Backlog, Folder, Maildir, MaildirDraft, Preamble, Protocol, QueueId, Retention, Spool,
};
use inreply::token::{Context, Day, Key, KeyId, KeyRing, Opened};
use inreply::worker;
use tokio::sync::{Semaphore, mpsc, watch};
use tokio::time::timeout;

/// Tells what it is given.
struct Product(mpsc::UnboundedSender<String>);

impl Inbox for Product {
    async fn standing(&self, _: &Opened) -> Result<Standing, InboxError> {
        Ok(Standing::Open(Senders::Anyone))
    }

    async fn comment(&self, reply: IncomingReply) -> Result<Receipt, InboxError> {
        self.0.send(reply.text).unwrap();
        Ok(Receipt::Stored)
    }
}

/// A maildir that moves a message when it is let, and panics where that will never be.
struct Slow {
    maildir: Maildir,
    moves: Semaphore,
    put_off: mpsc::UnboundedSender<String>,
}

impl Spool for Slow {
    type Draft = MaildirDraft;

    async fn begin(&self, received_at: SystemTime, preamble: Preamble) -> io::Result<MaildirDraft> {
        Spool::begin(&self.maildir, received_at, preamble).await
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
        self.put_off.send(reason.to_owned()).unwrap();
        self.maildir.put_off(id, reason).await
    }

    async fn file(&self, id: QueueId, folder: Folder) -> io::Result<()> {
        self.moves.acquire().await.unwrap().forget();
        Spool::file(&self.maildir, id, folder).await
    }

    async fn backlog(&self) -> io::Result<Backlog> {
        Spool::backlog(&self.maildir).await
    }

    async fn expire(&self, now: SystemTime, retention: Retention) -> io::Result<usize> {
        Spool::expire(&self.maildir, now, retention).await
    }
}

/// A receiver over `root` with replies to one address in it, what its product is given, and why messages are put off.
async fn receiver(
    root: &Path,
    replies: usize,
) -> (
    Arc<Receiver<Product, Slow>>,
    mpsc::UnboundedReceiver<String>,
    mpsc::UnboundedReceiver<String>,
) {
    let site = Site::new("forge.example").unwrap();
    let keys = KeyRing::new(KeyId(1), Key::from_bytes(&[7; 32]).unwrap());
    let gate = Gate::new(site, &keys);
    let now = SystemTime::now();
    let address = gate
        .addresses()
        .mint(Context::Reply, (7, 5), Day::from(now))
        .unwrap();
    let preamble = Preamble {
        reverse_path: "<ann@example.com>".parse().unwrap(),
        recipients: vec![format!("<{address}>").parse().unwrap()],
        hello: "client.example".parse().unwrap(),
        client: "192.0.2.1".parse().unwrap(),
        by: "reply.forge.example".to_owned(),
        protocol: Protocol::Esmtps,
        verdicts: None,
    };
    let maildir = Maildir::open(root).unwrap();
    for number in 0..replies {
        let message = format!("From: ann@example.com\r\n\r\nanswer {number}\r\n");
        maildir
            .store(
                now + Duration::from_millis(number as u64),
                preamble.clone(),
                Bytes::from(message),
            )
            .await
            .unwrap();
    }
    let (told, heard) = mpsc::unbounded_channel();
    let (put_off, reasons) = mpsc::unbounded_channel();
    let spool = Slow {
        maildir,
        moves: Semaphore::new(0),
        put_off,
    };
    (Receiver::new(gate, spool, Product(told)), heard, reasons)
}

#[tokio::test]
async fn the_product_has_the_next_reply_while_those_before_are_moved() {
    let root = tempfile::tempdir().unwrap();
    let (receiver, mut told, _) = receiver(root.path(), 30).await;
    let (stop, stopped) = watch::channel(false);
    let working = tokio::spawn(worker::run(Arc::clone(&receiver), stopped));
    let mut answers = Vec::new();
    // None is moved yet, and they come in their order; how many are between the product and their folder is bounded.
    while answers.len() < 17 {
        answers.push(told.recv().await.unwrap());
    }
    // Without the bound the next one would be here at once.
    let next = timeout(Duration::from_millis(300), told.recv()).await;
    assert!(next.is_err(), "{next:?}");
    receiver.spool().moves.add_permits(30);
    while answers.len() < 30 {
        answers.push(told.recv().await.unwrap());
    }
    let expected: Vec<String> = (0..30).map(|number| format!("answer {number}")).collect();
    assert_eq!(answers, expected);
    // What the product had is moved before the worker ends.
    stop.send(true).unwrap();
    working.await.unwrap();
    assert_eq!(receiver.spool().backlog().await.unwrap().messages, 0);
}

#[tokio::test]
async fn a_spool_that_panics_costs_this_try() {
    let root = tempfile::tempdir().unwrap();
    let (receiver, mut told, mut put_off) = receiver(root.path(), 2).await;
    receiver.spool().moves.close();
    let (stop, stopped) = watch::channel(false);
    let working = tokio::spawn(worker::run(Arc::clone(&receiver), stopped));
    for answer in ["answer 0", "answer 1"] {
        assert_eq!(told.recv().await.unwrap(), answer);
        assert_eq!(put_off.recv().await.unwrap(), "the spool panicked");
    }
    stop.send(true).unwrap();
    working.await.unwrap();
    assert_eq!(receiver.spool().backlog().await.unwrap().messages, 2);
}
