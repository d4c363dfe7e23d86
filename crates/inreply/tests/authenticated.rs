//! The way in with an authenticator, whose resolver answers from a zone.

#![cfg(all(feature = "auth", feature = "dns"))]
// Helpers of tests are tests.
#![allow(clippy::unwrap_used, clippy::panic)]

use std::net::SocketAddr;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use hickory_proto::op::{Message, MessageType, ResponseCode};
use hickory_proto::rr::rdata::TXT;
use hickory_proto::rr::{RData, Record, RecordType};
use inreply::auth::{AuthResult, Authenticator};
use inreply::dns::lookup::{Outcome, Question};
use inreply::dns::record::{Data, Kind};
use inreply::dns::zone::Zones;
use inreply::gate::Gate;
use inreply::inbox::{Inbox, InboxError, IncomingReply, Receipt, Senders, Standing};
use inreply::listener::{self, ListenerConfig};
use inreply::receiver::{Options, Receiver};
use inreply::relay::Relay;
use inreply::resolver::Resolver;
use inreply::site::Site;
use inreply::smtp::client::{ClientConfig, Delivery, Envelope};
use inreply::smtp::server::ServerConfig;
use inreply::spool::Maildir;
use inreply::token::{Context, Day, Key, KeyId, KeyRing, Opened};
use inreply::worker;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream, UdpSocket};
use tokio::sync::{mpsc, watch};

/// example.com lets this machine send, example.net does not, and nobody answers for silent.example.
const ZONES: [&str; 2] = [
    "$TTL 60\n$ORIGIN example.com.\n@ TXT \"v=spf1 ip4:127.0.0.1 -all\"\n_dmarc TXT \"v=DMARC1; p=reject\"\n",
    "$TTL 60\n$ORIGIN example.net.\n@ TXT \"v=spf1 -all\"\n_dmarc TXT \"v=DMARC1; p=reject\"\n",
];

/// A resolver that knows TXT records, and counts what it is asked.
async fn resolver(asked: Arc<AtomicUsize>) -> SocketAddr {
    let mut zones = Zones::parse(ZONES[0]).unwrap();
    zones.add(inreply::dns::zone::ZoneResolver::parse(ZONES[1]).unwrap());
    let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let address = socket.local_addr().unwrap();
    tokio::spawn(async move {
        let mut octets = [0; 2_000];
        while let Ok((length, from)) = socket.recv_from(&mut octets).await {
            asked.fetch_add(1, Ordering::Relaxed);
            let mut message = Message::from_vec(&octets[..length]).unwrap();
            let query = message.queries[0].clone();
            let name = query.name().to_ascii();
            if name.ends_with("silent.example.") {
                continue;
            }
            message.metadata.message_type = MessageType::Response;
            let question = Question::new(name.parse().unwrap(), Kind::Txt);
            match zones.lookup(&question) {
                Outcome::Answer(section) if query.query_type() == RecordType::TXT => {
                    for found in section.records {
                        let Data::Txt(text) = found.record.data else {
                            continue;
                        };
                        let text = String::from_utf8(text).unwrap();
                        let data = RData::TXT(TXT::new(vec![text]));
                        message.add_answer(Record::from_rdata(query.name().clone(), 60, data));
                    }
                }
                Outcome::Answer(_) | Outcome::NoData(_) => {}
                _ => message.metadata.response_code = ResponseCode::NXDomain,
            }
            let _ = socket.send_to(&message.to_vec().unwrap(), from).await;
        }
    });
    address
}

struct Product {
    standing: Mutex<Result<Standing, InboxError>>,
    told: mpsc::UnboundedSender<IncomingReply>,
}

impl Inbox for Product {
    async fn standing(&self, _: &Opened) -> Result<Standing, InboxError> {
        self.standing.lock().unwrap().clone()
    }

    async fn comment(&self, reply: IncomingReply) -> Result<Receipt, InboxError> {
        self.told.send(reply).unwrap();
        Ok(Receipt::Stored)
    }
}

fn authors() -> Result<Standing, InboxError> {
    let authors = ["ann@example.com", "bob@example.net", "cat@silent.example"];
    let authors = authors.map(str::to_owned).to_vec();
    Ok(Standing::Open(Senders::OnlyAuthenticated(authors)))
}

struct Running {
    address: SocketAddr,
    receiver: Arc<Receiver<Product>>,
    told: mpsc::UnboundedReceiver<IncomingReply>,
    stop: watch::Sender<bool>,
    asked: Arc<AtomicUsize>,
}

impl Running {
    async fn start(root: &Path, standing: Result<Standing, InboxError>) -> Self {
        let (told, heard) = mpsc::unbounded_channel();
        let site = Site::new("forge.example").unwrap();
        let keys = KeyRing::new(KeyId(1), Key::from_bytes(&[7; 32]).unwrap());
        let product = Product {
            standing: Mutex::new(standing),
            told,
        };
        let mut options = Options::default();
        let asked = Arc::new(AtomicUsize::new(0));
        let resolver = Resolver::new(resolver(Arc::clone(&asked)).await)
            .timeout(Duration::from_millis(200))
            .tries(1);
        let id = "reply.forge.example".parse().unwrap();
        options.authenticator = Some(Authenticator::new(id, resolver));
        let spool = Maildir::open(root).unwrap();
        let receiver = Receiver::with(Gate::new(site, &keys), spool, product, options);
        let socket = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = socket.local_addr().unwrap();
        let (stop, stopped) = watch::channel(false);
        let config = ListenerConfig::new(ServerConfig::new("reply.forge.example".parse().unwrap()));
        let sessions = Arc::clone(&receiver);
        tokio::spawn(listener::serve(socket, config, stopped, move |peer| {
            sessions.session(peer)
        }));
        Self {
            address,
            receiver,
            told: heard,
            stop,
            asked,
        }
    }

    /// Sends a message to a reply address, from ann@example.com by its envelope.
    async fn send(&self, message: &str) -> Delivery {
        let to = self.address_of(5);
        let client = ClientConfig::new("client.example".parse().unwrap());
        let relay = Relay::new("127.0.0.1".to_owned(), self.address.port(), client);
        let envelope =
            Envelope::new("<bounces@example.com>".parse().unwrap())
                .to(format!("<{to}>").parse().unwrap());
        let sent = relay.send(envelope, message.as_bytes()).await;
        sent.result.unwrap().results()[0].clone()
    }

    /// Where a user answers issue 7.
    fn address_of(&self, user: u64) -> String {
        let today = Day::from(SystemTime::now());
        let addresses = self.receiver.gate().addresses();
        let address = addresses.mint(Context::Reply, (7, user), today);
        address.unwrap().to_string()
    }

    async fn comment(&mut self) -> IncomingReply {
        tokio::spawn(worker::run(
            Arc::clone(&self.receiver),
            self.stop.subscribe(),
        ));
        let told = tokio::time::timeout(Duration::from_secs(20), self.told.recv());
        told.await.unwrap().unwrap()
    }
}

/// The one file that waits in the spool.
fn waiting(root: &Path) -> String {
    let folder = std::fs::read_dir(root.join("mail/reply/new")).unwrap();
    let files: Vec<_> = folder.map(|file| file.unwrap().path()).collect();
    assert_eq!(files.len(), 1);
    assert_eq!(
        std::fs::read_dir(root.join("mail/reply/tmp"))
            .unwrap()
            .count(),
        0
    );
    std::fs::read_to_string(&files[0]).unwrap()
}

const FORGED: &str =
    "Authentication-Results: reply.forge.example; dmarc=pass header.from=example.net\r\n";

#[tokio::test]
async fn a_domain_vouches_for_its_author() {
    for length in [10, 400_000] {
        let root = tempfile::tempdir().unwrap();
        let mut running = Running::start(root.path(), authors()).await;
        let text = "Merge it.\r\n".repeat(length / 10);
        let sent = running
            .send(&format!("{FORGED}From: ann@example.com\r\n\r\n{text}"))
            .await;
        assert!(matches!(sent, Delivery::Delivered(_)), "{sent:?}");
        let file = waiting(root.path());
        assert_eq!(file.matches("Authentication-Results").count(), 1);
        assert!(
            file.contains("Authentication-Results: reply.forge.example;\r\n\tspf=pass smtp.mailfrom=example.com;\r\n\tdkim=none;\r\n\tdmarc=pass header.from=example.com policy.dmarc=reject\r\nReceived: from client.example"),
            "{}",
            &file[..1_000.min(file.len())]
        );
        let comment = running.comment().await;
        assert_eq!(comment.verdicts.unwrap().dmarc.result, AuthResult::Pass);
        running.stop.send_replace(true);
    }
}

#[tokio::test]
async fn a_forger_with_the_token_is_refused() {
    let root = tempfile::tempdir().unwrap();
    let running = Running::start(root.path(), authors()).await;
    for (from, code) in [
        ("bob@example.net", "550 5.7.1 "),
        ("cat@silent.example", "451 4.7.1 "),
        ("eve@example.com", "550 5.7.1 "),
    ] {
        let sent = running
            .send(&format!("{FORGED}From: {from}\r\n\r\nMerge it.\r\n"))
            .await;
        let Delivery::Refused(reply) = &sent else {
            panic!("{sent:?}")
        };
        assert!(reply.to_string().starts_with(code), "{from}: {reply}");
    }
    assert_eq!(
        std::fs::read_dir(root.path().join("mail/reply/new"))
            .unwrap()
            .count(),
        0
    );
}

/// The product was away at RCPT and at the final dot: what was found then counts when it is back.
#[tokio::test]
async fn verdicts_are_kept_with_the_message() {
    let away = Err(InboxError::Transient("away".to_owned()));
    for (from, is_taken) in [("ann@example.com", true), ("bob@example.net", false)] {
        let root = tempfile::tempdir().unwrap();
        let mut running = Running::start(root.path(), away.clone()).await;
        let sent = running
            .send(&format!("{FORGED}From: {from}\r\n\r\nMerge it.\r\n"))
            .await;
        assert!(matches!(sent, Delivery::Delivered(_)), "{sent:?}");
        *running.receiver.inbox().standing.lock().unwrap() = authors();
        if is_taken {
            let comment = running.comment().await;
            assert!(comment.verdicts.unwrap().authenticates(from));
        } else {
            tokio::spawn(worker::run(
                Arc::clone(&running.receiver),
                running.stop.subscribe(),
            ));
            let failure = root.path().join("incoming-mail/failure");
            for _ in 0..200 {
                if std::fs::read_dir(&failure).is_ok_and(|folder| folder.count() > 0) {
                    break;
                }
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
            assert!(std::fs::read_dir(&failure).unwrap().count() > 0);
            assert!(running.told.try_recv().is_err());
        }
        running.stop.send_replace(true);
    }
}

/// In LMTP each recipient has a copy, and one look is enough for all.
#[tokio::test]
async fn recipients_of_one_message_share_its_verdicts() {
    let root = tempfile::tempdir().unwrap();
    let running = Running::start(root.path(), authors()).await;
    let socket = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let mut stream = TcpStream::connect(socket.local_addr().unwrap())
        .await
        .unwrap();
    let machine = ServerConfig::new("reply.forge.example".parse().unwrap()).lmtp(true);
    let sessions = Arc::clone(&running.receiver);
    tokio::spawn(listener::serve(
        socket,
        ListenerConfig::new(machine),
        running.stop.subscribe(),
        move |peer| sessions.lmtp_session(peer),
    ));
    let (first, second) = (running.address_of(5), running.address_of(6));
    let mut asked = Vec::new();
    for (said, until) in [
        (String::new(), "220 "),
        ("LHLO client.example\r\n".to_owned(), "250 "),
        (
            format!(
                "MAIL FROM:<ann@example.com>\r\nRCPT TO:<{first}>\r\nRCPT TO:<{second}>\r\nDATA\r\n"
            ),
            "354 ",
        ),
        (
            format!("{FORGED}From: ann@example.com\r\n\r\nMerge it.\r\n.\r\n"),
            "queued as ",
        ),
    ] {
        asked.push(running.asked.load(Ordering::Relaxed));
        stream.write_all(said.as_bytes()).await.unwrap();
        let mut heard = Vec::new();
        while !heard.ends_with(b"\r\n") || !String::from_utf8_lossy(&heard).contains(until) {
            assert!(stream.read_buf(&mut heard).await.unwrap() > 0, "{heard:?}");
        }
    }
    stream.write_all(b"QUIT\r\n").await.unwrap();
    stream.read_to_end(&mut Vec::new()).await.unwrap();
    // SPF, and two names of the walk: example.com and com.
    assert_eq!(running.asked.load(Ordering::Relaxed) - asked[3], 3);
    let folder = std::fs::read_dir(root.path().join("mail/reply/new")).unwrap();
    let files = folder.map(|file| std::fs::read_to_string(file.unwrap().path()).unwrap());
    let files: Vec<String> = files.collect();
    assert_eq!(files.len(), 2);
    for file in files {
        assert!(file.contains("dmarc=pass header.from=example.com"));
        assert!(!file.contains("example.net"));
    }
    running.stop.send_replace(true);
}
