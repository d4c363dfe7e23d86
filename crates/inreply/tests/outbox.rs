//! The way out over real sockets: outbox, sender, simulated relay, and what the product hears.

// Helpers of tests are tests.
#![allow(clippy::unwrap_used, clippy::panic)]

use std::collections::HashSet;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use inreply::metrics::Metrics;
use inreply::outbox::{
    self, End, Letter, Notice, NoticeError, Notices, Outbox, OutboxConfig, RedbStore, Schedule,
};
use inreply::relay::Relay;
use inreply::simulation::{Script, SimulatedRelay};
use inreply::smtp::client::{ClientConfig, Envelope};
use inreply::smtp::transcript::Transcript;
use inreply::spool::QueueId;
use tempfile::TempDir;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;
use tokio::time::timeout;

const PATIENCE: Duration = Duration::from_secs(20);
const MILLI: Duration = Duration::from_millis(1);

/// A product that passes on what it is told, once it is ready to listen.
struct Product {
    told: mpsc::UnboundedSender<Notice>,
    deaf_for: std::sync::atomic::AtomicU32,
    said: Said,
    listening: Arc<tokio::sync::Mutex<()>>,
}

/// What was said to the relay, a text a try.
type Said = Arc<Mutex<Vec<(QueueId, String)>>>;

impl Notices for Product {
    async fn ended(&self, notice: &Notice) -> Result<(), NoticeError> {
        use std::sync::atomic::Ordering::SeqCst;
        let _listening = self.listening.lock().await;
        let deaf = self
            .deaf_for
            .fetch_update(SeqCst, SeqCst, |left| left.checked_sub(1));
        if deaf.is_ok() {
            return Err(NoticeError("busy".to_owned()));
        }
        self.told.send(notice.clone()).unwrap();
        Ok(())
    }

    fn said(&self, id: QueueId, transcript: &Transcript) {
        self.said.lock().unwrap().push((id, transcript.to_string()));
    }
}

/// An outbox, what drains it, and where it goes.
struct Post {
    outbox: Outbox<RedbStore>,
    told: mpsc::UnboundedReceiver<Notice>,
    stop: watch::Sender<bool>,
    sending: JoinHandle<()>,
    folder: TempDir,
    metrics: Metrics,
    said: Said,
    listening: Arc<tokio::sync::Mutex<()>>,
}

/// Waits of milliseconds in the place of minutes.
fn config() -> OutboxConfig {
    OutboxConfig::default()
        .schedule(Schedule::default().waits(vec![5 * MILLI]).then(5 * MILLI))
        .relay_pause(5 * MILLI)
        .look_again(5 * MILLI)
        .group(MILLI)
        .connections(1)
}

impl Post {
    fn open(config: OutboxConfig, relay: Relay) -> Self {
        Self::with(config, relay, 0)
    }

    fn with(config: OutboxConfig, relay: Relay, deaf_for: u32) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = RedbStore::open(folder.path().join("outbox.redb")).unwrap();
        let metrics = Metrics::default();
        let outbox = Outbox::new(store, config).metrics(metrics.clone());
        let (said, listening) = (Said::default(), Arc::default());
        let (told, heard) = mpsc::unbounded_channel();
        let (stop, stopped) = watch::channel(false);
        let product = Product {
            told,
            deaf_for: deaf_for.into(),
            said: Arc::clone(&said),
            listening: Arc::clone(&listening),
        };
        let sending = tokio::spawn(outbox::run(outbox.clone(), relay, product, stopped));
        Self {
            outbox,
            told: heard,
            stop,
            sending,
            folder,
            metrics,
            said,
            listening,
        }
    }

    async fn enqueue(&self, recipients: &[&str]) -> QueueId {
        self.outbox.enqueue(letter(recipients)).await.unwrap()
    }

    async fn hear(&mut self) -> (String, End) {
        let notice = timeout(PATIENCE, self.told.recv()).await.unwrap().unwrap();
        (notice.recipient.to_string(), notice.end)
    }

    /// Ends it, and looks that nothing is left and nothing else was told.
    async fn done(mut self) {
        while self.outbox.count().await.unwrap() > 0 {
            tokio::time::sleep(MILLI).await;
        }
        self.stop.send_replace(true);
        timeout(PATIENCE, &mut self.sending).await.unwrap().unwrap();
        assert!(self.told.try_recv().is_err());
    }
}

fn letter(recipients: &[&str]) -> Letter {
    let envelope = Envelope::new("<b+x@noreply.forge.example>".parse().unwrap());
    let envelope = recipients.iter().fold(envelope, |envelope, to| {
        envelope.to(format!("<{to}@example.com>").parse().unwrap())
    });
    Letter::new(
        envelope,
        format!(
            "Message-ID: <{}@forge.example>\r\n\r\nhi\r\n",
            recipients[0]
        ),
    )
    .tag("user 5")
}

async fn arrived(relay: &SimulatedRelay, messages: usize) -> Vec<inreply::simulation::Accepted> {
    timeout(PATIENCE, relay.wait_for(messages)).await.unwrap()
}

fn is_delivered(heard: &(String, End), to: &str) -> bool {
    heard.0 == format!("<{to}@example.com>") && heard.1.is_delivered()
}

#[tokio::test]
async fn a_message_goes_out_and_the_product_hears_of_it() {
    let relay = SimulatedRelay::start().await.unwrap();
    let mut post = Post::open(config(), relay.relay());
    let id = post.enqueue(&["ann"]).await;
    let notice = timeout(PATIENCE, post.told.recv()).await.unwrap().unwrap();
    assert_eq!((notice.id, notice.tag.as_str()), (id, "user 5"));
    assert_eq!(notice.message_id.as_deref(), Some("ann@forge.example"));
    assert_eq!(notice.end, End::Delivered("250 2.0.0 Ok: taken".to_owned()));
    let accepted = arrived(&relay, 1).await;
    assert_eq!(accepted[0].message, letter(&["ann"]).message());
    assert_eq!(
        accepted[0].reverse_path.to_string(),
        "<b+x@noreply.forge.example>"
    );
    post.done().await;
}

#[tokio::test]
async fn each_try_is_told_to_the_log_and_counted_for_monitoring() {
    let relay = SimulatedRelay::start().await.unwrap();
    relay.follow(Script::default().closed(true));
    let mut post = Post::open(config(), relay.relay());
    let id = post.enqueue(&["greylist+ann", "550+eve"]).await;
    while relay.connections() == 0 {
        tokio::time::sleep(MILLI).await;
    }
    post.outbox.measure().await.unwrap();
    let counts = |wanted: &str, metrics: &Metrics| {
        let text = metrics.encode();
        assert!(text.lines().any(|line| line == wanted), "{wanted}:\n{text}");
    };
    counts("inreply_outbox_waiting_messages 1", &post.metrics);
    relay.follow(Script::default());
    post.hear().await;
    assert!(is_delivered(&post.hear().await, "greylist+ann"));
    while post.outbox.count().await.unwrap() > 0 {
        tokio::time::sleep(MILLI).await;
    }
    post.outbox.measure().await.unwrap();
    for line in [
        "inreply_outbox_waiting_messages 0",
        "inreply_outbox_ends_total{end=\"refused\"} 1",
        "inreply_outbox_ends_total{end=\"delivered\"} 1",
        "inreply_outbox_put_off_total 1",
    ] {
        counts(line, &post.metrics);
    }
    let said = post.said.lock().unwrap().clone();
    assert!(said.iter().all(|(of, _)| *of == id));
    assert!(said[0].1.contains("421 4.3.2"), "{said:?}");
    let last = &said.last().unwrap().1;
    assert!(
        last.contains("RCPT TO:<greylist+ann@example.com>") && last.contains("250 2.0.0"),
        "{last}"
    );
    post.done().await;
}

#[tokio::test]
async fn many_messages_go_on_one_connection() {
    let relay = SimulatedRelay::start().await.unwrap();
    let mut post = Post::open(config(), relay.relay());
    let letters = (0..300).map(|number| letter(&[&format!("ann{number}")]));
    post.outbox.enqueue_all(letters.collect()).await.unwrap();
    for _ in 0..300 {
        assert!(post.hear().await.1.is_delivered());
    }
    let accepted = arrived(&relay, 300).await;
    let different: HashSet<_> = accepted.iter().map(|one| one.message.clone()).collect();
    assert_eq!((accepted.len(), different.len()), (300, 300));
    assert_eq!(relay.connections(), 1);
    post.done().await;
}

/// The one message's report is not the other's, whoever gives up waiting.
#[tokio::test]
async fn a_connection_that_was_given_up_takes_no_message() {
    let relay = SimulatedRelay::start().await.unwrap();
    let mut connection = relay.relay().open().await.unwrap();
    let (slow, next) = (letter(&["end-slow-300"]), letter(&["550"]));
    let sending = connection.send_before(
        slow.envelope().clone(),
        slow.message(),
        Some(next.envelope()),
    );
    assert!(timeout(50 * MILLI, sending).await.is_err());
    assert!(!connection.is_open());
    let sent = connection
        .send(next.envelope().clone(), next.message())
        .await;
    assert!(sent.result.is_err() && !sent.begun, "{sent:?}");
}

#[tokio::test]
async fn a_slow_product_keeps_no_relay_waiting() {
    let relay = SimulatedRelay::start().await.unwrap();
    let mut post = Post::open(config(), relay.relay());
    let letters = (0..200).map(|number| letter(&[&format!("ann{number}")]));
    // It hears of nothing for as long as this is held.
    let listening = Arc::clone(&post.listening);
    let deaf = listening.lock().await;
    post.outbox.enqueue_all(letters.collect()).await.unwrap();
    assert!(arrived(&relay, 60).await.len() >= 60);
    drop(deaf);
    for _ in 0..200 {
        assert!(post.hear().await.1.is_delivered());
    }
    assert_eq!((relay.accepted().len(), relay.connections()), (200, 1));
    post.done().await;
}

#[tokio::test]
async fn each_message_has_its_own_fate_though_envelopes_go_ahead() {
    let relay = SimulatedRelay::start().await.unwrap();
    let mut post = Post::open(config(), relay.relay());
    let fates = ["taken", "550", "data-552", "drop", "data-drop", "greylist"];
    let names = (0..120).map(|number| format!("{}+{number}", fates[number % fates.len()]));
    let letters = names.map(|name| {
        let breaks = name.contains("drop");
        letter(&[&name]).time_to_live(if breaks { 500 * MILLI } else { PATIENCE })
    });
    post.outbox.enqueue_all(letters.collect()).await.unwrap();
    for _ in 0..120 {
        let (recipient, end) = post.hear().await;
        let as_asked = match &end {
            End::Delivered(_) => ["<taken", "<greylist"]
                .iter()
                .any(|fate| recipient.starts_with(fate)),
            End::Refused(_) => ["<550", "<data-552"]
                .iter()
                .any(|fate| recipient.starts_with(fate)),
            _ => recipient.contains("drop"),
        };
        assert!(as_asked, "{recipient}: {end}");
    }
    let accepted = arrived(&relay, 40).await;
    let different: HashSet<_> = accepted.iter().map(|one| one.message.clone()).collect();
    assert_eq!((accepted.len(), different.len()), (40, 40));
    post.done().await;
}

#[tokio::test]
async fn one_of_two_recipients_is_refused_and_suppressed() {
    let relay = SimulatedRelay::start().await.unwrap();
    let mut post = Post::open(config(), relay.relay());
    post.enqueue(&["ann", "550+eve"]).await;
    assert!(is_delivered(&post.hear().await, "ann"));
    let refused = "550 5.1.1 as the address asks".to_owned();
    assert_eq!(
        post.hear().await,
        (
            "<550+eve@example.com>".to_owned(),
            End::Refused(refused.clone())
        )
    );
    assert_eq!(arrived(&relay, 1).await[0].recipients.len(), 1);
    // What comes next for that mailbox is not sent.
    post.enqueue(&["bob", "550+Eve"]).await;
    let heard = [post.hear().await, post.hear().await];
    assert!(heard.iter().any(|heard| is_delivered(heard, "bob")));
    let suppressed = ("<550+Eve@example.com>".to_owned(), End::Suppressed(refused));
    assert!(heard.contains(&suppressed), "{heard:?}");
    // Until somebody looks at the list and releases it.
    let listed = post.outbox.suppressions(None, 10).await.unwrap();
    assert_eq!(listed[0].mailbox(), "550+eve@example.com");
    assert!(post.outbox.release("550+EVE@example.com").await.unwrap());
    post.enqueue(&["550+eve"]).await;
    assert!(matches!(post.hear().await.1, End::Refused(_)));
    post.done().await;
}

#[tokio::test]
async fn a_greylisted_recipient_gets_it_later_and_the_other_once() {
    let relay = SimulatedRelay::start().await.unwrap();
    let mut post = Post::open(config(), relay.relay());
    post.enqueue(&["ann", "greylist-2+bob"]).await;
    assert!(is_delivered(&post.hear().await, "ann"));
    assert!(is_delivered(&post.hear().await, "greylist-2+bob"));
    let accepted = arrived(&relay, 2).await;
    let recipients: Vec<_> = accepted.iter().flat_map(|one| &one.recipients).collect();
    assert_eq!(recipients.len(), 2, "{recipients:?}");
    post.done().await;
}

#[tokio::test]
async fn a_relay_that_has_enough_of_a_connection_gets_a_new_one() {
    let relay = SimulatedRelay::start().await.unwrap();
    relay.follow(Script::default().max_messages(2));
    // A message that had to wait for its schedule would not come within the patience.
    let slow = Schedule::default();
    let mut post = Post::open(config().schedule(slow), relay.relay());
    let letters = (0..7).map(|number| letter(&[&format!("ann{number}")]));
    post.outbox.enqueue_all(letters.collect()).await.unwrap();
    for _ in 0..7 {
        assert!(post.hear().await.1.is_delivered());
    }
    assert_eq!(
        (arrived(&relay, 7).await.len(), relay.connections()),
        (7, 4)
    );
    post.done().await;
}

#[tokio::test]
async fn our_own_limit_of_a_connection() {
    let relay = SimulatedRelay::start().await.unwrap();
    let mut post = Post::open(config().messages_per_connection(2), relay.relay());
    let letters = (0..5).map(|number| letter(&[&format!("ann{number}")]));
    post.outbox.enqueue_all(letters.collect()).await.unwrap();
    for _ in 0..5 {
        post.hear().await;
    }
    assert_eq!(relay.connections(), 3);
    post.done().await;
}

#[tokio::test]
async fn messages_wait_for_a_relay_that_is_away_and_no_try_is_counted() {
    let relay = SimulatedRelay::start().await.unwrap();
    relay.follow(Script::default().closed(true));
    let mut post = Post::open(config().schedule(Schedule::default()), relay.relay());
    let id = post.enqueue(&["ann"]).await;
    while relay.connections() < 3 {
        tokio::time::sleep(MILLI).await;
    }
    assert_eq!(post.outbox.read(id).await.unwrap().unwrap().0.tries(), 0);
    relay.follow(Script::default());
    assert!(is_delivered(&post.hear().await, "ann"));
    post.done().await;
}

#[tokio::test]
async fn time_that_passes_while_the_relay_is_away() {
    let relay = SimulatedRelay::start().await.unwrap();
    relay.follow(Script::default().closed(true));
    let mut post = Post::open(config(), relay.relay());
    // It waits for good, and the one behind it is told of all the same.
    post.enqueue(&["waits"]).await;
    let hasty = letter(&["ann"]).time_to_live(50 * MILLI);
    post.outbox.enqueue(hasty).await.unwrap();
    let (recipient, End::Expired(why)) = post.hear().await else {
        panic!()
    };
    assert_eq!(recipient, "<ann@example.com>");
    assert!(why.contains("421"), "{why}");
    relay.follow(Script::default());
    assert!(is_delivered(&post.hear().await, "waits"));
    post.done().await;
}

#[tokio::test]
async fn time_that_passes_while_the_recipient_is_refused() {
    let relay = SimulatedRelay::start().await.unwrap();
    let mut post = Post::open(config(), relay.relay());
    let hasty = letter(&["451+ann"]).time_to_live(60 * MILLI);
    post.outbox.enqueue(hasty).await.unwrap();
    let why = "451 4.3.0 as the address asks".to_owned();
    assert_eq!(post.hear().await.1, End::Expired(why));
    post.done().await;
}

#[tokio::test]
async fn connections_that_break_off() {
    let relay = SimulatedRelay::start().await.unwrap();
    let mut post = Post::open(config(), relay.relay());
    for broken in ["drop", "data-drop"] {
        let hasty = letter(&[broken]).time_to_live(60 * MILLI);
        post.outbox.enqueue(hasty).await.unwrap();
        let why = "the connection ended before an answer";
        let (_, end) = post.hear().await;
        assert!(
            matches!(&end, End::Expired(said) if said == why || said.contains("broke")),
            "{broken}: {end}"
        );
    }
    assert_eq!(relay.accepted(), []);
    // It was taken, and nobody said so: it comes again with the same octets, until the time is over.
    let hasty = letter(&["end-drop"]).time_to_live(100 * MILLI);
    post.outbox.enqueue(hasty).await.unwrap();
    assert!(matches!(post.hear().await.1, End::Expired(_)));
    let accepted = relay.accepted();
    assert!(accepted.len() >= 2);
    assert!(
        accepted
            .iter()
            .all(|one| one.message == accepted[0].message)
    );
    post.done().await;
}

#[tokio::test]
async fn a_message_that_no_relay_takes_is_refused_at_once() {
    let relay = SimulatedRelay::start().await.unwrap();
    let mut post = Post::open(config(), relay.relay());
    post.enqueue(&["data-552"]).await;
    assert!(matches!(post.hear().await.1, End::Refused(why) if why.starts_with("552 5.2.3")));
    let big = Letter::new(
        letter(&["ann"]).envelope().clone(),
        "x\r\n".repeat(10_000_000),
    );
    post.outbox.enqueue(big).await.unwrap();
    assert!(matches!(post.hear().await.1, End::Refused(why) if why.contains("larger")));
    assert!(post.outbox.suppressions(None, 1).await.unwrap().is_empty());
    post.done().await;
}

#[tokio::test]
async fn domains_that_get_nothing_here() {
    let relay = SimulatedRelay::start().await.unwrap();
    let staging = config().only_domains(["staging.example"]);
    let mut post = Post::open(staging, relay.relay());
    let envelope = Envelope::new("<>".parse().unwrap())
        .to("<ann@example.com>".parse().unwrap())
        .to("<bob@Staging.example>".parse().unwrap());
    let letter = Letter::new(envelope, "Subject: hi\r\n\r\n");
    post.outbox.enqueue(letter).await.unwrap();
    let heard = [post.hear().await, post.hear().await];
    assert_eq!(heard[0], ("<ann@example.com>".to_owned(), End::NotAllowed));
    assert!(heard[1].1.is_delivered());
    assert_eq!(arrived(&relay, 1).await[0].recipients.len(), 1);
    post.done().await;
}

#[tokio::test]
async fn a_product_that_is_busy_hears_of_it_later_and_nothing_is_sent_twice() {
    let relay = SimulatedRelay::start().await.unwrap();
    let mut post = Post::with(config(), relay.relay(), 3);
    post.enqueue(&["ann", "bob"]).await;
    let mut heard = [post.hear().await.0, post.hear().await.0];
    heard.sort();
    assert_eq!(heard, ["<ann@example.com>", "<bob@example.com>"]);
    assert_eq!(relay.accepted().len(), 1);
    post.done().await;
}

#[tokio::test]
async fn what_is_left_at_the_end_is_sent_by_the_next_process() {
    let relay = SimulatedRelay::start().await.unwrap();
    let nowhere = Relay::new("127.0.0.1", 1, ClientConfig::new("a.test".parse().unwrap()));
    let post = Post::open(config(), nowhere);
    let ids = [post.enqueue(&["ann"]).await, post.enqueue(&["bob"]).await];
    assert!(post.outbox.discard(ids[1]).await.unwrap());
    post.stop.send_replace(true);
    timeout(PATIENCE, post.sending).await.unwrap().unwrap();
    let path = post.folder.path().join("outbox.redb");
    drop(post.outbox);
    let outbox = Outbox::new(RedbStore::open(path).unwrap(), config());
    let (_stop, stopped) = watch::channel(false);
    tokio::spawn(outbox::run(outbox.clone(), relay.relay(), (), stopped));
    let accepted = arrived(&relay, 1).await;
    assert_eq!(accepted[0].message, letter(&["ann"]).message());
    while outbox.count().await.unwrap() > 0 {
        tokio::time::sleep(MILLI).await;
    }
}

#[tokio::test]
async fn a_slow_relay_gets_a_few_connections_and_no_more() {
    let relay = SimulatedRelay::start().await.unwrap();
    let mut post = Post::open(config().connections(3), relay.relay());
    let letters = (0..9).map(|number| letter(&[&format!("end-slow-20+{number}")]));
    post.outbox.enqueue_all(letters.collect()).await.unwrap();
    for _ in 0..9 {
        assert!(post.hear().await.1.is_delivered());
    }
    assert_eq!(relay.connections(), 3);
    post.done().await;
}
