//! What the server says, and when: each condition at MAIL, at RCPT and at the end of DATA over a real socket, and the folder
//! where the message ends. One table, in the order of the checks.

// Helpers of tests are tests.
#![allow(clippy::unwrap_used, clippy::panic)]

mod table;

use std::io;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use inreply::gate::Gate;
use inreply::listener::{self, ListenerConfig};
use inreply::receiver::{Options, Receiver};
use inreply::smtp::server::ServerConfig;
use inreply::spool::{Backlog, Folder, Maildir, MaildirDraft, Preamble, QueueId, Retention, Spool};
use inreply::token::{Context, Day};
use inreply::worker;
use table::{Case, HELP, MAX_OCTETS, Product, folders_of, gate, reply_to, site, today};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// A server with its spool, on loopback.
struct Running {
    address: std::net::SocketAddr,
    stop: watch::Sender<bool>,
    tasks: Vec<JoinHandle<()>>,
}

impl Running {
    async fn start<S: Spool>(gate: Gate, spool: S, options: Options) -> Self {
        Self::start_with(gate, spool, options, |machine| machine).await
    }

    async fn start_with<S: Spool>(
        gate: Gate,
        spool: S,
        options: Options,
        settings: fn(ServerConfig) -> ServerConfig,
    ) -> Self {
        let help = gate.site().help().unwrap();
        let receiver = Receiver::with(gate, spool, Product::default(), options);
        let socket = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = socket.local_addr().unwrap();
        let (stop, stopped) = watch::channel(false);
        let machine = ServerConfig::new("reply.forge.example".parse().unwrap())
            .max_message_octets(MAX_OCTETS as u64)
            .help(help);
        let machine = settings(machine);
        let sessions = Arc::clone(&receiver);
        let served = listener::serve(socket, ListenerConfig::new(machine), stopped, move |peer| {
            sessions.session(peer)
        });
        let worker = worker::run(receiver, stop.subscribe());
        Self {
            address,
            stop,
            tasks: vec![tokio::spawn(served), tokio::spawn(worker)],
        }
    }

    async fn stop(self) {
        self.stop.send_replace(true);
        for task in self.tasks {
            task.await.unwrap();
        }
    }
}

/// A client that reads whole replies, and holds each line of them to the rules.
struct Client {
    stream: BufReader<TcpStream>,
}

impl Client {
    async fn connect(running: &Running) -> Self {
        let stream = BufReader::new(TcpStream::connect(running.address).await.unwrap());
        let mut client = Self { stream };
        assert!(client.hear().await.starts_with("220 "));
        client.say("EHLO client.example").await;
        client
    }

    async fn say(&mut self, line: &str) -> String {
        let line = format!("{line}\r\n");
        self.stream
            .get_mut()
            .write_all(line.as_bytes())
            .await
            .unwrap();
        self.hear().await
    }

    /// The message behind DATA, and the verdict on it.
    async fn data(&mut self, message: &str) -> String {
        assert!(self.say("DATA").await.starts_with("354 "));
        self.say(&format!("{}\r\n.", message.trim_end_matches("\r\n")))
            .await
    }

    /// One reply, all its lines.
    async fn hear(&mut self) -> String {
        let mut reply = String::new();
        loop {
            let start = reply.len();
            let octets = self.stream.read_line(&mut reply).await.unwrap();
            let line = &reply[start..];
            assert!(octets > 0, "the connection ended behind {reply:?}");
            // RFC 5321 §4.5.3.1.5, the CRLF included.
            assert!(line.len() <= 512 && line.ends_with("\r\n"), "{line:?}");
            assert!(line.is_ascii(), "{line:?}");
            assert_eq!(line[..3], reply[..3], "{reply:?}");
            if line.as_bytes()[3] == b' ' {
                return reply;
            }
        }
    }
}

/// `550 5.1.1` of a reply; and a refusal says in its last line where there is help.
fn codes(reply: &str, expected: &str) -> String {
    let codes = format!("{} {}", &reply[..3], &reply[4..9]);
    if codes == expected && !reply.starts_with('2') {
        let last = reply.lines().last().unwrap();
        assert_eq!(last, format!("{codes} Help: {HELP}"), "{reply}");
    }
    codes
}

async fn run(case: &Case) {
    let condition = case.condition;
    let root = tempfile::tempdir().unwrap();
    let mut options = Options::default();
    options.rates = case.setup.rates;
    let site = site().discard_no_reply(case.setup.discard_no_reply);
    let gate = Gate::new(site, &case.setup.ring());
    let running = Running::start(gate, Maildir::open(root.path()).unwrap(), options).await;
    let mut client = Client::connect(&running).await;
    for letter in &case.letters {
        let said = client.say(&format!("MAIL FROM:{}", letter.mail)).await;
        let expected = letter.mail_reply;
        assert_eq!(codes(&said, expected), expected, "{condition}: {said}");
        for (path, expected) in &letter.recipients {
            let said = client.say(&format!("RCPT TO:<{path}>")).await;
            assert_eq!(
                &codes(&said, expected),
                expected,
                "{condition}: {path}: {said}"
            );
        }
        match &letter.message {
            None => {
                client.say("RSET").await;
            }
            Some((message, expected)) => {
                let said = client.data(message).await;
                assert_eq!(&codes(&said, expected), expected, "{condition}: {said}");
            }
        }
        // The next one finds it decided.
        let new = root.path().join("mail/reply/new");
        for _ in 0..2_000 {
            if std::fs::read_dir(&new).unwrap().next().is_none() {
                break;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
    assert!(client.say("QUIT").await.starts_with("221 "));
    running.stop().await;
    assert_eq!(folders_of(root.path()), case.folders, "{condition}");
}

#[tokio::test]
async fn each_condition_has_its_reply_and_its_folder() {
    let mut failed = Vec::new();
    let cases = table::cases();
    assert!(cases.len() > 50);
    for case in cases {
        let condition = case.condition;
        // All of them are told, not the first alone.
        if tokio::spawn(async move { run(&case).await }).await.is_err() {
            failed.push(condition);
        }
    }
    assert!(failed.is_empty(), "{failed:#?}");
}

/// RFC 3207 §4: all but a few commands hear it while the connection is plain.
#[tokio::test]
async fn where_tls_is_enforced_a_plain_connection_sends_nothing() {
    let root = tempfile::tempdir().unwrap();
    let spool = Maildir::open(root.path()).unwrap();
    let options = Options::default();
    let enforced = |machine: ServerConfig| machine.require_tls(true);
    let running = Running::start_with(gate(), spool, options, enforced).await;
    let mut client = Client::connect(&running).await;
    for command in [
        "MAIL FROM:<ann@example.com>",
        "RCPT TO:<postmaster>",
        "DATA",
        "RSET",
        "VRFY ann",
    ] {
        let said = client.say(command).await;
        assert!(said.starts_with("530 5.7.0 "), "{command}: {said}");
    }
    assert!(client.say("NOOP").await.starts_with("250 "));
    assert!(client.say("QUIT").await.starts_with("221 "));
    running.stop().await;
    assert!(folders_of(root.path()).is_empty());
}

/// Nothing tells a forger whether the shape or the tag was wrong, or whether the mailbox was ever one.
#[tokio::test]
async fn what_does_not_open_has_one_text() {
    let root = tempfile::tempdir().unwrap();
    let spool = Maildir::open(root.path()).unwrap();
    let running = Running::start(gate(), spool, Options::default()).await;
    let mut client = Client::connect(&running).await;
    client.say("MAIL FROM:<ann@example.com>").await;
    let mut texts = Vec::new();
    for path in [
        table::wrong_tag(),
        table::wrong_shape(),
        "ann@reply.forge.example".to_owned(),
        "unknown-reason@noreply.forge.example".to_owned(),
    ] {
        texts.push(client.say(&format!("RCPT TO:<{path}>")).await);
    }
    texts.dedup();
    assert_eq!(texts.len(), 1, "{texts:#?}");
    client.say("QUIT").await;
    running.stop().await;
}

/// An expired token says since when; one whose key was retired or whose thread was locked says so.
#[tokio::test]
async fn what_no_longer_opens_says_why() {
    let root = tempfile::tempdir().unwrap();
    let gate = Gate::new(site(), &table::rotated());
    let spool = Maildir::open(root.path()).unwrap();
    let (locked, suspended) = (
        gate.addresses().mint(Context::Reply, (9, 5), today()),
        gate.addresses().mint(Context::Reply, (7, 66), today()),
    );
    let since = Day::from_unix_seconds(1_600_000_000);
    let expired = gate
        .addresses()
        .mint_until(Context::Reply, (7, 5), Some(since));
    let running = Running::start(gate, spool, Options::default()).await;
    let mut client = Client::connect(&running).await;
    client.say("MAIL FROM:<ann@example.com>").await;
    for (path, text) in [
        (
            expired.unwrap().to_string(),
            "has expired on 2020-09-13, please answer on the web",
        ),
        (reply_to(7), "was withdrawn, please answer on the web"),
        (
            locked.unwrap().to_string(),
            "taken here any more: the issue is locked",
        ),
        (
            suspended.unwrap().to_string(),
            "taken here any more: the account was suspended",
        ),
    ] {
        let said = client.say(&format!("RCPT TO:<{path}>")).await;
        let first = said.lines().next().unwrap();
        assert!(
            first.starts_with("550-5.2.1 ") && first.ends_with(text),
            "{said}"
        );
    }
    client.say("QUIT").await;
    running.stop().await;
}

/// A spool that takes nothing.
#[derive(Debug)]
struct Broken(io::ErrorKind);

impl Spool for Broken {
    type Draft = MaildirDraft;

    async fn begin(&self, _: SystemTime, _: Preamble) -> io::Result<MaildirDraft> {
        Err(self.0.into())
    }

    async fn store(&self, _: SystemTime, _: Preamble, _: Bytes) -> io::Result<QueueId> {
        Err(self.0.into())
    }

    async fn claim(&self, _: usize) -> io::Result<Vec<QueueId>> {
        Ok(Vec::new())
    }

    async fn due(&self) {
        std::future::pending().await
    }

    async fn read(&self, _: QueueId) -> io::Result<Vec<u8>> {
        Err(self.0.into())
    }

    async fn put_off(&self, _: QueueId, _: &str) -> io::Result<()> {
        Ok(())
    }

    async fn file(&self, _: QueueId, _: Folder) -> io::Result<()> {
        Err(self.0.into())
    }

    async fn backlog(&self) -> io::Result<Backlog> {
        Err(self.0.into())
    }

    async fn expire(&self, _: SystemTime, _: Retention) -> io::Result<usize> {
        Ok(0)
    }
}

/// Never a 5yz reply, and never a 250: the fault is ours, and the client has the message.
#[tokio::test]
async fn a_spool_that_takes_nothing_makes_the_client_try_again() {
    for (kind, expected) in [
        (io::ErrorKind::StorageFull, "452 4.3.1"),
        (io::ErrorKind::QuotaExceeded, "452 4.3.1"),
        (io::ErrorKind::ResourceBusy, "452 4.3.1"),
        (io::ErrorKind::PermissionDenied, "451 4.3.0"),
        (io::ErrorKind::NotFound, "451 4.3.0"),
    ] {
        // The short one is stored at its end, the long one before. A fault of the content is told all the same.
        for (message, expected) in [
            (table::REPLY, expected),
            (&table::long_reply(), expected),
            ("From: ann@example.com\r\n\r\n> a\r\n", "554 5.6.0"),
        ] {
            let running = Running::start(gate(), Broken(kind), Options::default()).await;
            let mut client = Client::connect(&running).await;
            client.say("MAIL FROM:<ann@example.com>").await;
            client.say(&format!("RCPT TO:<{}>", reply_to(7))).await;
            let said = client.data(message).await;
            assert_eq!(codes(&said, expected), expected, "{kind}: {said}");
            client.say("QUIT").await;
            running.stop().await;
        }
    }
}

/// Once a message has found no room, the next client hears of it before it sends one; and later it is tried again.
#[tokio::test]
async fn a_spool_without_room_is_told_at_rcpt() {
    let full = "452 4.3.1";
    let running = Running::start(
        gate(),
        Broken(io::ErrorKind::StorageFull),
        Options::default(),
    )
    .await;
    let mut client = Client::connect(&running).await;
    client.say("MAIL FROM:<ann@example.com>").await;
    client.say("RCPT TO:<postmaster>").await;
    let said = client.data(table::REPLY).await;
    assert_eq!(codes(&said, full), full, "{said}");
    let reply = reply_to(7);
    let mut other = Client::connect(&running).await;
    other.say("MAIL FROM:<ann@example.com>").await;
    for (path, expected) in [
        (reply.as_str(), full),
        ("postmaster", full),
        // Nothing is stored of it.
        ("mention@noreply.forge.example", "250 2.1.5"),
        // What tries again is told at once what will never do.
        (&table::wrong_shape(), "550 5.1.1"),
    ] {
        let said = other.say(&format!("RCPT TO:<{path}>")).await;
        assert_eq!(codes(&said, expected), expected, "{path}: {said}");
    }
    tokio::time::sleep(Duration::from_millis(2_100)).await;
    let said = other.say(&format!("RCPT TO:<{reply}>")).await;
    assert_eq!(codes(&said, "250 2.1.5"), "250 2.1.5", "{said}");
    for mut client in [client, other] {
        client.say("QUIT").await;
    }
    running.stop().await;
}

/// A message that finds no room beside others that arrive says nothing about the next one.
#[tokio::test]
async fn one_message_without_room_keeps_no_other_away() {
    let spool = Broken(io::ErrorKind::ResourceBusy);
    let running = Running::start(gate(), spool, Options::default()).await;
    let mut client = Client::connect(&running).await;
    for _ in 0..2 {
        client.say("MAIL FROM:<ann@example.com>").await;
        let said = client.say("RCPT TO:<postmaster>").await;
        assert_eq!(codes(&said, "250 2.1.5"), "250 2.1.5", "{said}");
        let said = client.data(table::REPLY).await;
        assert_eq!(codes(&said, "452 4.3.1"), "452 4.3.1", "{said}");
    }
    client.say("QUIT").await;
    running.stop().await;
}

/// A message on its way is finished; between messages there is `421`.
#[tokio::test]
async fn a_server_that_stops_says_421() {
    let root = tempfile::tempdir().unwrap();
    let spool = Maildir::open(root.path()).unwrap();
    let running = Running::start(gate(), spool, Options::default()).await;
    let mut idle = Client::connect(&running).await;
    let mut busy = Client::connect(&running).await;
    busy.say("MAIL FROM:<ann@example.com>").await;
    running.stop.send_replace(true);
    let said = idle.hear().await;
    assert!(said.starts_with("421 4.3.2 "), "{said}");
    let said = busy.say(&format!("RCPT TO:<{}>", reply_to(7))).await;
    assert!(said.starts_with("250 2.1.5 "), "{said}");
    let said = busy.data(table::REPLY).await;
    assert!(said.starts_with("250 2.0.0 "), "{said}");
    let said = busy.hear().await;
    assert!(said.starts_with("421 4.3.2 "), "{said}");
    running.stop().await;
    // The worker has stopped, and it is there at the next start.
    assert_eq!(folders_of(root.path()), ["new"]);
}
