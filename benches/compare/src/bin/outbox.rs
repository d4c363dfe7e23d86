//! Notifications through one relay, by the outbox and by lettre, in turn: `outbox PORT MESSAGES ROUNDS` (see `benches/outbox`).

#![forbid(unsafe_code)]

use std::error::Error;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant, SystemTime};

use inreply::gate::Gate;
use inreply::notify::{Notification, Thread};
use inreply::outbox::{
    self, Letter, Notice, NoticeError, Notices, Outbox, OutboxConfig, RedbStore,
};
use inreply::relay::Relay;
use inreply::site::Site;
use inreply::smtp::client::ClientConfig;
use inreply::token::{Key, KeyId, KeyRing};
use lettre::address::Envelope;
use lettre::transport::smtp::client::SmtpConnection;
use lettre::transport::smtp::extension::ClientId;
use tokio::sync::{Notify, watch};

/// Notifications that one event makes: so many are enqueued together.
const AUDIENCE: usize = 100;

/// Counts what was delivered.
#[derive(Debug, Clone, Default)]
struct Count(Arc<(AtomicUsize, Notify)>);

impl Notices for Count {
    async fn ended(&self, notice: &Notice) -> Result<(), NoticeError> {
        assert!(notice.end.is_delivered(), "{}", notice.end);
        self.0.0.fetch_add(1, Ordering::Relaxed);
        self.0.1.notify_one();
        Ok(())
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let mut number = || arguments.next().and_then(|text| text.parse::<usize>().ok());
    let (Some(port), Some(messages), Some(rounds)) = (number(), number(), number()) else {
        return Err("outbox PORT MESSAGES ROUNDS".into());
    };
    let port = u16::try_from(port)?;
    let notifications = notifications(messages)?;
    let octets: usize = notifications
        .iter()
        .map(|letter| letter.message().len())
        .sum();
    println!(
        "# {messages} notifications of {} octets",
        octets / messages.max(1)
    );
    for round in 0..=rounds {
        let lettre = by_lettre(port, &notifications)?;
        let one = by_outbox(port, &notifications, 1)?;
        let four = by_outbox(port, &notifications, 4)?;
        // The first round warms all up.
        if round > 0 {
            let seconds = [lettre, one.0, one.1, four.0, four.1].map(|time| time.as_secs_f64());
            println!("{}", seconds.map(|time| format!("{time:.4}")).join("\t"));
        }
    }
    Ok(())
}

fn notifications(messages: usize) -> Result<Vec<Letter>, Box<dyn Error>> {
    let ring = KeyRing::new(KeyId(1), Key::from_bytes(&[7; 32])?);
    let gate = Gate::new(Site::new("forge.example")?, &ring);
    let one = |number: usize| -> Result<Letter, Box<dyn Error>> {
        let composed = Notification {
            to: format!("user{number}@reader.example").parse()?,
            recipient: number as u64,
            thread: Thread {
                kind: "issue",
                id: 7,
                title: "The build fails on Tuesdays".to_owned(),
                list: "widgets".to_owned(),
            },
            event: format!("comment/{}", number / AUDIENCE + 1),
            reason: "subscribed".to_owned(),
            author: "Bob".to_owned(),
            text: "It is green on every other day.\nShall I look into it?".to_owned(),
            url: Some("https://forge.example/issues/7".parse()?),
        }
        .compose(&gate, SystemTime::now())?;
        Ok(Letter::from(composed))
    };
    (0..messages).map(one).collect()
}

/// One connection, one message after the other; nothing is durable.
fn by_lettre(port: u16, notifications: &[Letter]) -> Result<Duration, Box<dyn Error>> {
    let mut letters = Vec::new();
    for letter in notifications {
        let bare = |path: String| path.trim_matches(['<', '>']).parse();
        let from = bare(letter.envelope().reverse_path().to_string())?;
        let to = letter.envelope().recipients()[0].to_string();
        letters.push((
            Envelope::new(Some(from), vec![bare(to)?])?,
            letter.message(),
        ));
    }
    let begun = Instant::now();
    let name = ClientId::Domain("forge.example".to_owned());
    let patience = Some(Duration::from_secs(60));
    let mut connection = SmtpConnection::connect(("127.0.0.1", port), patience, &name, None, None)?;
    for (envelope, message) in &letters {
        connection.send(envelope, message)?;
    }
    connection.quit()?;
    Ok(begun.elapsed())
}

/// From the first enqueue to the last commit: the time until all is in the outbox, synced, and from there until all is
/// delivered and gone from it.
fn by_outbox(
    port: u16,
    notifications: &[Letter],
    connections: usize,
) -> Result<(Duration, Duration), Box<dyn Error>> {
    let runtime = tokio::runtime::Runtime::new()?;
    runtime.block_on(async {
        let folder = tempfile::tempdir_in(".")?;
        let store = RedbStore::open(folder.path().join("outbox.redb"))?;
        let config = OutboxConfig::default()
            .connections(connections)
            .messages_per_connection(u32::MAX);
        let outbox = Outbox::new(store, config);
        let letters = notifications.to_vec();
        let begun = Instant::now();
        for event in letters.chunks(AUDIENCE) {
            outbox.enqueue_all(event.to_vec()).await?;
        }
        let enqueued = begun.elapsed();
        let relay = Relay::new(
            "127.0.0.1",
            port,
            ClientConfig::new("forge.example".parse()?),
        );
        let (stop, stopped) = watch::channel(false);
        let count = Count::default();
        let running = tokio::spawn(outbox::run(outbox.clone(), relay, count.clone(), stopped));
        while count.0.0.load(Ordering::Relaxed) < notifications.len() {
            count.0.1.notified().await;
        }
        stop.send_replace(true);
        running.await?;
        let sent = begun.elapsed() - enqueued;
        assert_eq!(outbox.count().await?, 0);
        Ok((enqueued, sent))
    })
}
