//! When a verdict is said, by whom, and what is left of a message: over real sockets, with a product that takes its time.

// Helpers of tests are tests.
#![allow(clippy::unwrap_used, clippy::panic)]

use std::fmt::Write;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use inreply::gate::Gate;
use inreply::inbox::{Inbox, InboxError, IncomingReply, Receipt, Review, Senders, Standing};
use inreply::listener::{self, ListenerConfig};
use inreply::receiver::{Mode, Options, Receiver};
use inreply::site::Site;
use inreply::smtp::server::ServerConfig;
use inreply::spool::{Maildir, Preamble, Protocol, QueueId};
use inreply::token::{Context, Day, Key, KeyId, KeyRing, Opened};
use inreply::worker;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;

/// A product that answers once it is awake.
#[derive(Debug)]
struct Product {
    awake: watch::Receiver<bool>,
    review: Mutex<Review>,
    comments: mpsc::UnboundedSender<String>,
}

impl Inbox for Product {
    async fn standing(&self, token: &Opened) -> Result<Standing, InboxError> {
        // User 6 has changed the address.
        Ok(Standing::Open(match token.ids.pair() {
            Some((_, 6)) => Senders::Only(vec!["bob@example.com".to_owned()]),
            _ => Senders::Anyone,
        }))
    }

    async fn review(&self, _: &IncomingReply) -> Result<Review, InboxError> {
        let mut awake = self.awake.clone();
        awake.wait_for(|awake| *awake).await.unwrap();
        Ok(self.review.lock().unwrap().clone())
    }

    async fn comment(&self, reply: IncomingReply) -> Result<Receipt, InboxError> {
        assert!(
            !reply.text.contains("poison"),
            "as a product with a bug does"
        );
        self.comments.send(reply.text).unwrap();
        Ok(Receipt::Stored)
    }
}

struct Running {
    address: SocketAddr,
    receiver: Arc<Receiver<Product>>,
    awake: watch::Sender<bool>,
    comments: mpsc::UnboundedReceiver<String>,
    stop: watch::Sender<bool>,
    tasks: Vec<JoinHandle<()>>,
}

fn gate() -> Gate {
    let ring = KeyRing::new(KeyId(1), Key::from_bytes(&[7; 32]).unwrap());
    Gate::new(Site::new("forge.example").unwrap(), &ring)
}

fn token(ids: (u64, u64)) -> String {
    let today = Day::from(SystemTime::now());
    let address = gate().addresses().mint(Context::Reply, ids, today);
    address.unwrap().to_string()
}

fn files(root: &Path, folder: &str) -> usize {
    std::fs::read_dir(root.join(folder)).map_or(0, Iterator::count)
}

impl Running {
    async fn start(root: &Path, lmtp: bool, options: Options) -> Self {
        let (awake, sleeping) = watch::channel(true);
        let (told, comments) = mpsc::unbounded_channel();
        let product = Product {
            awake: sleeping,
            review: Mutex::new(Review::Take),
            comments: told,
        };
        let spool = Maildir::open(root).unwrap();
        let receiver = Receiver::with(gate(), spool, product, options);
        let socket = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = socket.local_addr().unwrap();
        let (stop, stopped) = watch::channel(false);
        let machine = ServerConfig::new("reply.forge.example".parse().unwrap()).lmtp(lmtp);
        let sessions = Arc::clone(&receiver);
        let served =
            listener::serve(
                socket,
                ListenerConfig::new(machine),
                stopped,
                move |peer| match lmtp {
                    true => sessions.lmtp_session(peer),
                    false => sessions.session(peer),
                },
            );
        Self {
            address,
            receiver,
            awake,
            comments,
            stop,
            tasks: vec![tokio::spawn(served)],
        }
    }

    fn work(&mut self) {
        let worker = worker::run(Arc::clone(&self.receiver), self.stop.subscribe());
        self.tasks.push(tokio::spawn(worker));
    }

    /// Says `commands`, which end with QUIT, and hears the whole session.
    async fn say(&self, commands: &str) -> String {
        let mut stream = TcpStream::connect(self.address).await.unwrap();
        let mut heard = String::new();
        let mut buffer = [0; 1_024];
        // The greeting comes first: a client that does not wait for it is refused.
        let length = stream.read(&mut buffer).await.unwrap();
        assert!(buffer[..length].starts_with(b"220 "));
        for part in commands.split_inclusive("LO client.example\r\n") {
            let (hello, body) = part.split_once("DATA\r\n").unwrap_or((part, ""));
            stream.write_all(hello.as_bytes()).await.unwrap();
            if !body.is_empty() {
                stream.write_all(b"DATA\r\n").await.unwrap();
            }
            loop {
                let length = stream.read(&mut buffer).await.unwrap();
                heard.push_str(std::str::from_utf8(&buffer[..length]).unwrap());
                let last = heard.lines().last().unwrap_or_default();
                if last.starts_with(if body.is_empty() { "250 " } else { "354 " }) {
                    break;
                }
            }
            stream.write_all(body.as_bytes()).await.unwrap();
        }
        stream.read_to_string(&mut heard).await.unwrap();
        heard
    }

    /// Sends a message to these addresses, and hears what is said behind its final dot.
    async fn send(&self, hello: &str, to: &[String], message: &str) -> String {
        let mut commands = format!("{hello} client.example\r\nMAIL FROM:<ann@example.com>\r\n");
        for to in to {
            write!(commands, "RCPT TO:<{to}>\r\n").unwrap();
        }
        write!(commands, "DATA\r\n{message}.\r\nQUIT\r\n").unwrap();
        let heard = self.say(&commands).await;
        let (_, verdict) = heard.split_once("354 ").unwrap();
        let (_, verdict) = verdict.split_once("\r\n").unwrap();
        verdict.to_owned()
    }

    async fn next(&mut self) -> String {
        let comment = tokio::time::timeout(Duration::from_secs(20), self.comments.recv());
        comment.await.unwrap().unwrap()
    }

    async fn stop(self) {
        self.stop.send_replace(true);
        for task in self.tasks {
            task.await.unwrap();
        }
    }
}

const REPLY: &str = "From: ann@example.com\r\nMessage-ID: <1@example.com>\r\n\r\nMerge it.\r\n";

#[tokio::test]
async fn the_product_refuses_while_the_sender_listens() {
    let root = tempfile::tempdir().unwrap();
    let running = Running::start(root.path(), false, Options::default()).await;
    *running.receiver.inbox().review.lock().unwrap() = Review::Refuse("it is too long".to_owned());
    let heard = running.send("EHLO", &[token((7, 5))], REPLY).await;
    assert!(
        heard.starts_with("550 5.7.1 This answer is not taken: it is too long\r\n"),
        "{heard}"
    );
    running.stop().await;
    for folder in ["mail/reply/tmp", "mail/reply/new", "incoming-mail/failure"] {
        assert_eq!(files(root.path(), folder), 0, "{folder}");
    }
}

#[tokio::test]
async fn a_product_that_sleeps_past_the_deadline_decides_later() {
    let root = tempfile::tempdir().unwrap();
    let mut options = Options::default();
    options.deadline = Duration::from_millis(20);
    let mut running = Running::start(root.path(), false, options).await;
    running.awake.send_replace(false);
    let heard = running.send("EHLO", &[token((7, 5))], REPLY).await;
    assert!(heard.starts_with("250 2.0.0 Ok: queued as "), "{heard}");
    assert_eq!(files(root.path(), "mail/reply/new"), 1);
    running.work();
    running.awake.send_replace(true);
    assert_eq!(running.next().await, "Merge it.");
    running.stop().await;
    assert_eq!(files(root.path(), "incoming-mail/success"), 1);
}

#[tokio::test]
async fn in_spooled_mode_everything_is_taken_and_decided_by_the_worker() {
    let root = tempfile::tempdir().unwrap();
    let mut options = Options::default();
    options.mode = Mode::Spooled;
    const QUOTE_ALONE: &str = "From: ann@example.com\r\n\r\n> Shall I?\r\n";
    let (rejections, mut told) = mpsc::channel(10);
    options.outgoing = Some(rejections);
    let mut running = Running::start(root.path(), false, options).await;
    for message in [REPLY, QUOTE_ALONE, QUOTE_ALONE] {
        let heard = running.send("EHLO", &[token((7, 5))], message).await;
        assert!(heard.starts_with("250 2.0.0 Ok: queued as "), "{heard}");
    }
    assert_eq!(files(root.path(), "mail/reply/new"), 3);
    running.work();
    assert_eq!(running.next().await, "Merge it.");
    while files(root.path(), "mail/reply/new") > 0 {
        tokio::task::yield_now().await;
    }
    running.stop().await;
    assert_eq!(files(root.path(), "incoming-mail/success"), 1);
    // Each message and its reason.
    assert_eq!(files(root.path(), "incoming-mail/failure"), 4);
    // The sender is told once a day.
    let rejection = told.recv().await.unwrap();
    let text = String::from_utf8(rejection.message).unwrap();
    assert!(text.contains("Nothing was left of this message"), "{text}");
    assert!(text.contains("To: <ann@example.com>\r\n"), "{text}");
    assert!(told.try_recv().is_err());
}

#[cfg(feature = "auth")]
#[tokio::test]
async fn a_refusal_by_mail_is_signed() {
    use inreply::sign::{Signer, SigningKey};

    let root = tempfile::tempdir().unwrap();
    let (key, _) = SigningKey::generate_ed25519().unwrap();
    let signer = Signer::new("noreply.forge.example").unwrap();
    let (rejections, mut told) = mpsc::channel(10);
    let mut options = Options::default();
    options.mode = Mode::Spooled;
    options.outgoing = Some(rejections);
    options.signer = Some(signer.key("s1", key).unwrap());
    let mut running = Running::start(root.path(), false, options).await;
    const QUOTE_ALONE: &str = "From: ann@example.com\r\n\r\n> Shall I?\r\n";
    running.send("EHLO", &[token((7, 5))], QUOTE_ALONE).await;
    running.work();
    let rejection = told.recv().await.unwrap();
    running.stop().await;
    let octets = rejection.message.len() as u64;
    assert_eq!(
        rejection.envelope,
        rejection.envelope.clone().octets(octets)
    );
    let text = String::from_utf8(rejection.message).unwrap();
    assert!(
        text.starts_with("DKIM-Signature: v=1; a=ed25519-sha256;"),
        "{text}"
    );
    assert!(text.contains("\r\nFrom: "), "{text}");
}

#[tokio::test]
async fn in_lmtp_each_token_has_its_verdict_and_its_message() {
    let root = tempfile::tempdir().unwrap();
    let mut running = Running::start(root.path(), true, Options::default()).await;
    let to = [token((7, 5)), token((8, 6)), token((9, 5))];
    let long = format!("{REPLY}{}", "And a long line of it.\r\n".repeat(20_000));
    let heard = running.send("LHLO", &to, &long).await;
    let codes: Vec<&str> = heard.lines().map(|line| &line[..9]).collect();
    assert_eq!(
        codes,
        ["250 2.0.0", "550 5.7.1", "250 2.0.0", "221 2.0.0"],
        "{heard}"
    );
    let spool = running.receiver.spool().clone();
    let waiting = spool.waiting().unwrap();
    let mut delivered = Vec::new();
    for id in waiting {
        let file = String::from_utf8(spool.read(id).unwrap()).unwrap();
        let (preamble, message) = file.split_at(file.len() - long.len());
        assert_eq!(message, long);
        assert!(preamble.contains("with LMTP id"), "{preamble}");
        let lines = preamble.lines();
        delivered
            .extend(lines.filter_map(|line| Some(line.strip_prefix("Delivered-To: ")?.to_owned())));
    }
    delivered.sort_unstable();
    let mut taken = [to[0].clone(), to[2].clone()];
    taken.sort_unstable();
    assert_eq!(delivered, taken);
    assert_eq!(files(root.path(), "mail/reply/tmp"), 0);
    running.work();
    assert!(running.next().await.starts_with("Merge it."));
    assert!(running.next().await.starts_with("Merge it."));
    running.stop().await;
}

#[tokio::test]
async fn replies_to_one_address_keep_their_order() {
    let root = tempfile::tempdir().unwrap();
    let mut running = Running::start(root.path(), false, Options::default()).await;
    for number in 0..20 {
        let message = REPLY.replace("Merge it.", &format!("Number {number:02}."));
        running.send("EHLO", &[token((7, 5))], &message).await;
    }
    running.work();
    for number in 0..20 {
        assert_eq!(running.next().await, format!("Number {number:02}."));
    }
    running.stop().await;
}

#[tokio::test]
async fn in_lmtp_a_message_that_could_not_be_written_is_taken_for_nobody() {
    let root = tempfile::tempdir().unwrap();
    let running = Running::start(root.path(), true, Options::default()).await;
    std::fs::remove_dir_all(root.path().join("mail/reply/tmp")).unwrap();
    let to = [
        token((7, 5)),
        token((9, 5)),
        "postmaster@reply.forge.example".to_owned(),
    ];
    let long = format!("{REPLY}{}", "And a long line of it.\r\n".repeat(20_000));
    let heard = running.send("LHLO", &to, &long).await;
    let codes: Vec<&str> = heard.lines().map(|line| &line[..9]).collect();
    assert_eq!(
        codes,
        ["451 4.3.0", "451 4.3.0", "451 4.3.0", "221 2.0.0"],
        "{heard}"
    );
    assert_eq!(files(root.path(), "mail/reply/new"), 0);
    running.stop().await;
}

#[tokio::test]
async fn a_product_that_panics_costs_one_message_its_turn_and_no_other() {
    let root = tempfile::tempdir().unwrap();
    let mut running = Running::start(root.path(), false, Options::default()).await;
    for text in ["This is poison.", "Merge it.", "Ship it."] {
        let message = REPLY.replace("Merge it.", text);
        running.send("EHLO", &[token((7, 5))], &message).await;
    }
    running.work();
    assert_eq!(running.next().await, "Merge it.");
    assert_eq!(running.next().await, "Ship it.");
    running.stop().await;
    assert_eq!(files(root.path(), "mail/reply/new"), 1);
}

#[tokio::test]
async fn mail_for_postmaster_is_kept_and_sent_on() {
    let root = tempfile::tempdir().unwrap();
    let mut options = Options::default();
    let (outgoing, mut mails) = mpsc::channel(10);
    options.outgoing = Some(outgoing);
    options.operator = Some("ops@example.net".parse().unwrap());
    let mut running = Running::start(root.path(), false, options).await;
    running.work();
    let to = ["Postmaster@reply.forge.example".to_owned()];
    running.send("EHLO", &to, REPLY).await;
    let mail = tokio::time::timeout(Duration::from_secs(20), mails.recv());
    let mail = String::from_utf8(mail.await.unwrap().unwrap().message).unwrap();
    assert!(
        mail.contains("Resent-To: <ops@example.net>\r\n") && mail.ends_with(REPLY),
        "{mail}"
    );
    running.stop().await;
    assert_eq!(files(root.path(), "incoming-mail/operator"), 1);
}

/// What a server finds that was away for long: all of it is worked through at once, and none is put off.
#[tokio::test]
async fn a_long_backlog_of_one_address_is_worked_through_in_order() {
    let root = tempfile::tempdir().unwrap();
    let mut running = Running::start(root.path(), false, Options::default()).await;
    let to = token((7, 5));
    let start = SystemTime::now() - Duration::from_secs(3_600);
    for number in 0..1_500_u64 {
        let id = QueueId::new(start + Duration::from_secs(number)).unwrap();
        let preamble = Preamble {
            reverse_path: "<ann@example.com>".parse().unwrap(),
            recipients: vec![format!("<{to}>").parse().unwrap()],
            hello: "client.example".parse().unwrap(),
            client: "192.0.2.1".parse().unwrap(),
            by: "reply.forge.example".to_owned(),
            protocol: Protocol::Esmtp,
            verdicts: None,
        };
        let file = preamble.to_text(id) + &REPLY.replace("Merge it.", &format!("Number {number}."));
        std::fs::write(running.receiver.spool().path(id), file).unwrap();
    }
    running.work();
    for number in 0..1_500 {
        assert_eq!(running.next().await, format!("Number {number}."));
    }
    running.stop().await;
}
