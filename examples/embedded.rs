//! The whole way in inside a web application: `embedded [SMTP-ADDRESS [HTTP-ADDRESS]]`.
//!
//! Prints a reply address; what is mailed to it at SMTP-ADDRESS becomes a comment at `http://HTTP-ADDRESS/`:
//!
//! ```text
//! swaks --server 127.0.0.1:2525 --to ADDRESS --from ann@example.com --body 'Merge it.'
//! curl http://127.0.0.1:8080/
//! ```

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::SystemTime;

use axum::{Router, routing::get};
use inreply::gate::Gate;
use inreply::inbox::{
    IdempotencyKey, Inbox, InboxError, IncomingReply, Receipt, Senders, Standing,
};
use inreply::listener::{self, ListenerConfig};
use inreply::receiver::Receiver;
use inreply::site::Site;
use inreply::smtp::server::ServerConfig;
use inreply::spool::Maildir;
use inreply::token::{Context, Day, Key, KeyId, KeyRing, Opened};
use inreply::worker;
use tokio::net::TcpListener;
use tokio::sync::watch;

/// The application's data: comments by their idempotency key, so that each is there once. A database has a unique column.
#[derive(Clone, Debug, Default)]
struct Comments(Arc<Mutex<BTreeMap<IdempotencyKey, String>>>);

impl Inbox for Comments {
    async fn standing(&self, _: &Opened) -> Result<Standing, InboxError> {
        Ok(Standing::Open(Senders::Anyone))
    }

    async fn comment(&self, reply: IncomingReply) -> Result<Receipt, InboxError> {
        let poisoned = |_| InboxError::Transient("a thread panicked".to_owned());
        let text = format!("{}: {}\n", reply.from, reply.text);
        match self.0.lock().map_err(poisoned)?.insert(reply.key, text) {
            Some(_) => Ok(Receipt::Duplicate),
            None => Ok(Receipt::Stored),
        }
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut addresses = std::env::args().skip(1);
    let smtp = addresses
        .next()
        .unwrap_or_else(|| "127.0.0.1:2525".to_owned());
    let http = addresses
        .next()
        .unwrap_or_else(|| "127.0.0.1:8080".to_owned());

    // A real program keeps its key; addresses of this run die with it.
    let mut key = [0; 32];
    getrandom::fill(&mut key).map_err(|error| error.to_string())?;
    let ring = KeyRing::new(KeyId(1), Key::from_bytes(&key)?);
    let gate = Gate::new(Site::new("forge.example")?, &ring);
    let today = Day::from(SystemTime::now());
    println!("{}", gate.addresses().mint(Context::Reply, (7, 5), today)?);

    let comments = Comments::default();
    let folder = tempfile::tempdir()?;
    let receiver = Receiver::new(gate, Maildir::open(folder.path())?, comments.clone());
    let (_stop, stopped) = watch::channel(false);
    let config = ListenerConfig::new(ServerConfig::new("reply.forge.example".parse()?));
    let sessions = Arc::clone(&receiver);
    let socket = TcpListener::bind(smtp).await?;
    tokio::spawn(listener::serve(
        socket,
        config,
        stopped.clone(),
        move |peer| sessions.session(peer),
    ));
    tokio::spawn(worker::run(receiver, stopped));

    let page = move || async move {
        let comments = comments.0.lock();
        comments.map_or_else(
            |_| String::new(),
            |comments| comments.values().cloned().collect(),
        )
    };
    let application = Router::new().route("/", get(page));
    Ok(axum::serve(TcpListener::bind(http).await?, application).await?)
}
