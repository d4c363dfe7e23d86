//! The way in over real sockets: listener, gate, spool, intake, worker, product; sent by the relay client.

// Helpers of tests are tests.
#![allow(clippy::unwrap_used, clippy::panic)]

use std::collections::HashMap;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use inreply::bounce::Bounce;
use inreply::gate::Gate;
use inreply::inbox::{
    IdempotencyKey, Inbox, InboxError, IncomingReply, Receipt, Senders, Standing,
};
use inreply::listener::{self, ListenerConfig};
use inreply::logs::{LogFile, Logs, MailLog, RepliesLog};
use inreply::rates::{Rate, RateLimits};
use inreply::receiver::{Options, Receiver};
use inreply::relay::{Relay, RelayError};
use inreply::site::Site;
use inreply::smtp::client::{ClientConfig, Delivery, Envelope};
use inreply::smtp::server::ServerConfig;
use inreply::spool::Maildir;
use inreply::token::{Context, Day, Key, KeyId, KeyRing, Opened};
use inreply::worker;
use tokio::net::TcpListener;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;

/// A product in memory: what it says of a token can be set, what it is given is told.
#[derive(Debug)]
struct Product {
    standing: Mutex<Result<Standing, InboxError>>,
    comments: Mutex<HashMap<IdempotencyKey, String>>,
    told: mpsc::UnboundedSender<String>,
}

impl Inbox for Product {
    async fn standing(&self, _: &Opened) -> Result<Standing, InboxError> {
        self.standing.lock().unwrap().clone()
    }

    async fn comment(&self, reply: IncomingReply) -> Result<Receipt, InboxError> {
        let known = self
            .comments
            .lock()
            .unwrap()
            .insert(reply.key, reply.text.clone())
            .is_some();
        self.told.send(reply.text).unwrap();
        Ok(if known {
            Receipt::Duplicate
        } else {
            Receipt::Stored
        })
    }

    async fn bounced(&self, bounce: &Bounce) -> Result<(), InboxError> {
        self.told
            .send(format!(
                "bounced {:?} {:?}",
                bounce.token.ids.pair(),
                bounce.status
            ))
            .unwrap();
        Ok(())
    }
}

struct Running {
    address: SocketAddr,
    receiver: Arc<Receiver<Product>>,
    told: mpsc::UnboundedReceiver<String>,
    stop: watch::Sender<bool>,
    tasks: Vec<JoinHandle<()>>,
}

fn gate() -> Gate {
    let site = Site::new("forge.example").unwrap();
    Gate::new(
        site,
        &KeyRing::new(KeyId(1), Key::from_bytes(&[7; 32]).unwrap()),
    )
}

fn today() -> Day {
    Day::from(SystemTime::now())
}

fn token() -> String {
    gate()
        .addresses()
        .mint(Context::Reply, (7, 5), today())
        .unwrap()
        .to_string()
}

impl Running {
    async fn start(root: &Path, max_connections: usize) -> Self {
        Self::limited(root, max_connections, RateLimits::default()).await
    }

    async fn limited(root: &Path, max_connections: usize, rates: RateLimits) -> Self {
        let (told, heard) = mpsc::unbounded_channel();
        let product = Product {
            standing: Mutex::new(Ok(Standing::Open(Senders::Anyone))),
            comments: Mutex::default(),
            told,
        };
        let log = |name| LogFile::open(root.join(name)).unwrap();
        let logs = Logs {
            mail: Some(MailLog::new(log("mail.log"), "mx.forge.example")),
            replies: Some(RepliesLog::new(log("replies.log"))),
        };
        let mut options = Options::default();
        (options.logs, options.rates) = (logs, rates);
        let receiver = Receiver::with(gate(), Maildir::open(root).unwrap(), product, options);
        let socket = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = socket.local_addr().unwrap();
        let (stop, stopped) = watch::channel(false);
        let config = ListenerConfig::new(ServerConfig::new("reply.forge.example".parse().unwrap()))
            .max_connections(max_connections);
        let sessions = Arc::clone(&receiver);
        let served = listener::serve(socket, config, stopped, move |peer| sessions.session(peer));
        Self {
            address,
            receiver,
            told: heard,
            stop,
            tasks: vec![tokio::spawn(served)],
        }
    }

    fn work(&mut self) {
        let worker = worker::run(Arc::clone(&self.receiver), self.stop.subscribe());
        self.tasks.push(tokio::spawn(worker));
    }

    async fn send(&self, to: &str, message: &str) -> Result<Delivery, RelayError> {
        let client = ClientConfig::new("client.example".parse().unwrap());
        let relay = Relay::new(self.address.ip().to_string(), self.address.port(), client);
        let envelope = Envelope::new("<ann@example.com>".parse().unwrap())
            .to(format!("<{to}>").parse().unwrap());
        Ok(relay
            .send(envelope, message.as_bytes())
            .await
            .result?
            .results()[0]
            .clone())
    }

    async fn next(&mut self) -> String {
        tokio::time::timeout(Duration::from_secs(20), self.told.recv())
            .await
            .unwrap()
            .unwrap()
    }

    async fn stop(self) {
        self.stop.send_replace(true);
        for task in self.tasks {
            task.await.unwrap();
        }
    }
}

fn files(folder: &Path) -> usize {
    std::fs::read_dir(folder).map_or(0, Iterator::count)
}

const REPLY: &str =
    "From: ann@example.com\r\nMessage-ID: <1@example.com>\r\n\r\nMerge it.\r\n\r\n> Shall I?\r\n";

#[tokio::test]
async fn a_reply_is_a_comment_and_its_file_a_success() {
    let root = tempfile::tempdir().unwrap();
    let mut running = Running::start(root.path(), 10).await;
    running.work();
    let sent = running.send(&token(), REPLY).await.unwrap();
    assert!(
        matches!(&sent, Delivery::Delivered(reply) if reply.to_string().starts_with("250 2.0.0 Ok: queued as "))
    );
    assert_eq!(running.next().await, "Merge it.");
    running.stop().await;
    assert_eq!(files(&root.path().join("incoming-mail/success")), 1);
    assert_eq!(
        files(&root.path().join("mail/reply/new")) + files(&root.path().join("mail/reply/tmp")),
        0
    );
}

/// The lines of a log behind their times, with what differs from run to run taken out.
fn log_lines(path: &Path, id: &str) -> Vec<String> {
    let pid = format!("[{}]", std::process::id());
    let text = std::fs::read_to_string(path).unwrap();
    let lines = text.lines().map(|line| {
        let line = line.replace(id, "ID").replace(&pid, "[PID]");
        line.split_once("mx.forge.example postfix/")
            .map_or_else(|| line.clone(), |(_, text)| text.to_owned())
    });
    lines.collect()
}

#[tokio::test]
async fn each_message_leaves_its_lines_in_both_logs() {
    let root = tempfile::tempdir().unwrap();
    let mut running = Running::start(root.path(), 10).await;
    running.work();
    let token = token();
    running.send(&token, REPLY).await.unwrap();
    running.next().await;
    running
        .send("nobody@reply.forge.example", REPLY)
        .await
        .unwrap();
    running
        .send(&token, "From: bob@example.com\r\n\r\n> Shall I?\r\n")
        .await
        .unwrap();
    running.stop().await;

    let success = root.path().join("incoming-mail/success");
    let file = std::fs::read_dir(&success)
        .unwrap()
        .next()
        .unwrap()
        .unwrap();
    let id = file.file_name().into_string().unwrap();
    let lines = log_lines(&root.path().join("mail.log"), &id);
    let session = |counts| format!("smtpd[PID]: disconnect from unknown[127.0.0.1] {counts}");
    let expected = [
        "smtpd[PID]: connect from unknown[127.0.0.1]".to_owned(),
        "smtpd[PID]: ID: client=unknown[127.0.0.1]".to_owned(),
        "cleanup[PID]: ID: message-id=<1@example.com>".to_owned(),
        format!(
            "qmgr[PID]: ID: from=<ann@example.com>, size={}, nrcpt=1 (queue active)",
            REPLY.len()
        ),
        format!("local[PID]: ID: to=<{token}>, relay=local, delay="),
        "qmgr[PID]: ID: removed".to_owned(),
        session("ehlo=1 mail=1 rcpt=1 data=1 quit=1 commands=5"),
        "smtpd[PID]: connect from unknown[127.0.0.1]".to_owned(),
        "smtpd[PID]: NOQUEUE: reject: RCPT from unknown[127.0.0.1]: 550 5.1.1 <nobody@reply.forge.example>: No such address"
            .to_owned(),
        session("ehlo=1 mail=1 rcpt=0/1 quit=1 commands=3/4"),
        "smtpd[PID]: connect from unknown[127.0.0.1]".to_owned(),
        "smtpd[PID]: NOQUEUE: reject: END-OF-MESSAGE from unknown[127.0.0.1]: 554 5.6.0 <END-OF-MESSAGE>: ".to_owned(),
        session("ehlo=1 mail=1 rcpt=1 data=0/1 quit=1 commands=4/5"),
    ];
    assert_eq!(lines.len(), expected.len(), "{lines:#?}");
    for (line, expected) in lines.iter().zip(&expected) {
        assert!(line.starts_with(expected), "{line}\n{expected}");
    }
    assert!(
        lines[8].ends_with("; from=<ann@example.com> to=<nobody@reply.forge.example> proto=ESMTP helo=<client.example>"),
        "{}",
        lines[8]
    );
    assert!(
        lines[4].ends_with(", dsn=2.0.0, status=sent (delivered to maildir)"),
        "{}",
        lines[4]
    );

    let lines = log_lines(&root.path().join("replies.log"), &id);
    let new = root.path().join("mail/reply/new/ID");
    let expected = [
        "inreply: processing <1@example.com>".to_owned(),
        format!("Matched {}", new.display()),
        format!("Moving {} => {}", new.display(), success.display()),
    ];
    assert_eq!(lines.len(), expected.len(), "{lines:#?}");
    for (line, expected) in lines.iter().zip(&expected) {
        let (head, text) = line.split_once("] ").unwrap();
        assert_eq!(text, expected);
        assert!(head.starts_with('[') && head.ends_with(" #"), "{head}");
    }
}

#[tokio::test]
async fn what_was_acknowledged_before_a_crash_is_processed_after_it() {
    let root = tempfile::tempdir().unwrap();
    let crashed = Running::start(root.path(), 10).await;
    assert!(matches!(
        crashed.send(&token(), REPLY).await.unwrap(),
        Delivery::Delivered(_)
    ));
    assert_eq!(files(&root.path().join("mail/reply/new")), 1);
    // Nobody stops it: its tasks go with the runtime, as a process goes.
    let mut restarted = Running::start(root.path(), 10).await;
    restarted.work();
    assert_eq!(restarted.next().await, "Merge it.");
    restarted.stop().await;
}

#[tokio::test]
async fn a_product_that_cannot_answer_now_is_asked_again() {
    let root = tempfile::tempdir().unwrap();
    let mut running = Running::start(root.path(), 10).await;
    let inbox = running.receiver.inbox();
    *inbox.standing.lock().unwrap() = Err(InboxError::Transient("the database is away".to_owned()));
    assert!(matches!(
        running.send(&token(), REPLY).await.unwrap(),
        Delivery::Delivered(_)
    ));
    running.work();
    // The second message finds the product well, and wakes the worker for both.
    *running.receiver.inbox().standing.lock().unwrap() = Ok(Standing::Open(Senders::Anyone));
    running
        .send(
            &token(),
            &REPLY.replace("Merge", "Ship").replace("<1@", "<2@"),
        )
        .await
        .unwrap();
    let mut heard = [running.next().await, running.next().await];
    heard.sort();
    assert_eq!(heard, ["Merge it.", "Ship it."]);
    running.stop().await;
}

#[tokio::test]
async fn a_refused_message_leaves_nothing() {
    let root = tempfile::tempdir().unwrap();
    let running = Running::start(root.path(), 10).await;
    *running.receiver.inbox().standing.lock().unwrap() = Ok(Standing::Open(Senders::Only(vec![
        "bob@example.com".to_owned(),
    ])));
    for (message, code) in [
        (REPLY, "550-5.7.1"),
        ("From: bob@example.com\r\n\r\n> Shall I?\r\n", "554-5.6.0"),
    ] {
        let sent = running.send(&token(), message).await.unwrap();
        let Delivery::Refused(reply) = sent else {
            panic!("{sent:?}")
        };
        assert!(
            reply.to_string().starts_with(&code.replace('-', " ")),
            "{reply}"
        );
    }
    *running.receiver.inbox().standing.lock().unwrap() =
        Ok(Standing::Closed("the issue is locked".to_owned()));
    let sent = running.send(&token(), REPLY).await.unwrap();
    assert!(
        matches!(sent, Delivery::Refused(reply) if reply.to_string().starts_with("550 5.2.1 "))
    );
    running.stop().await;
    for folder in [
        "mail/reply/tmp",
        "mail/reply/new",
        "incoming-mail/success",
        "incoming-mail/failure",
    ] {
        assert_eq!(files(&root.path().join(folder)), 0, "{folder}");
    }
}

#[tokio::test]
async fn who_writes_too_fast_is_put_off_and_never_refused() {
    let root = tempfile::tempdir().unwrap();
    let mut rates = RateLimits::default();
    rates.token = Some(Rate {
        burst: 2,
        every: Duration::from_hours(1),
    });
    let running = Running::limited(root.path(), 10, rates).await;
    for number in 0..3 {
        let sent = running.send(&token(), REPLY).await.unwrap();
        match number {
            0 | 1 => assert!(matches!(sent, Delivery::Delivered(_)), "{sent:?}"),
            _ => assert!(
                matches!(&sent, Delivery::Refused(reply) if reply.to_string().starts_with("451 4.7.1 ")),
                "{sent:?}"
            ),
        }
    }
    // Bounces and the operator's mail are not what the limit is for.
    let operator = running.send("abuse@reply.forge.example", REPLY).await;
    assert!(matches!(operator.unwrap(), Delivery::Delivered(_)));
    running.stop().await;
}

#[tokio::test]
async fn a_message_larger_than_memory_is_spilt_and_whole() {
    let root = tempfile::tempdir().unwrap();
    let mut running = Running::start(root.path(), 10).await;
    running.work();
    let long: String = (0..20_000)
        .map(|line| format!("This is line {line} of a long answer.\r\n"))
        .collect();
    let message = format!("From: ann@example.com\r\n\r\n{long}");
    assert!(matches!(
        running.send(&token(), &message).await.unwrap(),
        Delivery::Delivered(_)
    ));
    assert_eq!(running.next().await, long.trim_end().replace("\r\n", "\n"));
    running.stop().await;
    let success = root.path().join("incoming-mail/success");
    let file = std::fs::read_dir(success)
        .unwrap()
        .next()
        .unwrap()
        .unwrap()
        .path();
    let stored = std::fs::read_to_string(file).unwrap();
    assert!(
        stored.starts_with("Return-Path: <ann@example.com>\r\nDelivered-To: reply+"),
        "{}",
        &stored[..200]
    );
    assert!(stored.ends_with(&message));
}

#[tokio::test]
async fn bounces_operators_and_nobody_have_their_places() {
    let root = tempfile::tempdir().unwrap();
    let mut running = Running::start(root.path(), 10).await;
    running.work();
    let bounce = "From: MAILER-DAEMON@example.com\r\nContent-Type: multipart/report; report-type=delivery-status; \
                  boundary=b\r\n\r\n--b\r\n\r\nno\r\n--b\r\nContent-Type: message/delivery-status\r\n\r\n\
                  Reporting-MTA: dns; mx.example.com\r\n\r\nFinal-Recipient: rfc822; ann@example.com\r\n\
                  Action: failed\r\nStatus: 5.1.1\r\n\r\n--b--\r\n";
    let address = gate()
        .bounce_addresses()
        .mint(Context::Bounce, (0, 5), today())
        .unwrap();
    running.send(address.as_str(), bounce).await.unwrap();
    assert_eq!(running.next().await, "bounced Some((0, 5)) Some(5.1.1)");
    running
        .send("postmaster@reply.forge.example", REPLY)
        .await
        .unwrap();
    running
        .send("mention@noreply.forge.example", REPLY)
        .await
        .unwrap();
    running
        .send(
            &token(),
            &format!("Auto-Submitted: auto-replied\r\n{REPLY}"),
        )
        .await
        .unwrap();
    running.send(&token(), REPLY).await.unwrap();
    assert_eq!(running.next().await, "Merge it.");
    running.stop().await;
    let incoming = root.path().join("incoming-mail");
    for (folder, count) in [
        ("success", 2),
        ("operator", 1),
        ("ignored/auto-reply", 1),
        ("failure", 0),
    ] {
        assert_eq!(files(&incoming.join(folder)), count, "{folder}");
    }
}

#[tokio::test]
async fn a_connection_too_many_is_told_to_come_back() {
    let root = tempfile::tempdir().unwrap();
    let running = Running::start(root.path(), 1).await;
    let idle = tokio::net::TcpStream::connect(running.address)
        .await
        .unwrap();
    idle.readable().await.unwrap();
    let error = running.send(&token(), REPLY).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "the server is closing: 421 4.3.2 Too many connections, try again later"
    );
    assert!(error.is_transient());
    drop(idle);
    running.stop().await;
}

#[tokio::test]
async fn what_happens_is_counted_and_the_parts_say_how_they_are() {
    let root = tempfile::tempdir().unwrap();
    let mut running = Running::start(root.path(), 10).await;
    let receiver = Arc::clone(&running.receiver);
    running.send(&token(), REPLY).await.unwrap();
    running
        .send("reply+aaaa@reply.forge.example", REPLY)
        .await
        .unwrap();
    let health = receiver.health().await;
    assert!(health.is_ready() && !health.is_well());
    assert_eq!(
        health.to_string().lines().take(2).collect::<Vec<_>>(),
        [
            "spool: ok, it can be written",
            "worker: FAULT, it does not run"
        ]
    );
    let waiting = receiver.metrics_text().await;
    running.work();
    running.next().await;
    while !receiver.spool().waiting().unwrap().is_empty() {
        tokio::task::yield_now().await;
    }
    assert!(receiver.health().await.is_well());
    std::fs::remove_dir(root.path().join("mail/reply/tmp")).unwrap();
    assert!(!receiver.health().await.is_ready());
    running.stop().await;
    let done = receiver.metrics_text().await;
    for (text, line) in [
        (&waiting, "inreply_spool_waiting_messages 1"),
        (&done, "inreply_spool_waiting_messages 0"),
        (&done, "inreply_sessions_total 2"),
        (&done, "inreply_sessions_open 0"),
        (
            &done,
            "inreply_verdicts_total{stage=\"rcpt\",code=\"250\",status=\"2.1.5\"} 1",
        ),
        (
            &done,
            "inreply_verdicts_total{stage=\"rcpt\",code=\"550\",status=\"5.1.1\"} 1",
        ),
        (
            &done,
            "inreply_verdicts_total{stage=\"data\",code=\"250\",status=\"2.0.0\"} 1",
        ),
        (&done, "inreply_store_seconds_count 1"),
        (&done, "inreply_outcomes_total{folder=\"success\"} 1"),
    ] {
        assert!(
            text.lines().any(|told| told == line),
            "{line} is not in\n{text}"
        );
    }
}
