//! Postfix in front: it takes mail on port 25 and hands that for the reply domain on over LMTP: `postfix-pipe [ADDRESS]`.
//!
//! In its `main.cf`:
//!
//! ```text
//! relay_domains = reply.forge.example, noreply.forge.example
//! transport_maps = inline:{ {reply.forge.example=lmtp:inet:127.0.0.1:2424}, {noreply.forge.example=lmtp:inet:127.0.0.1:2424} }
//! smtpd_reject_unlisted_recipient = no
//! ```
//!
//! A refusal here comes behind Postfix's own `250`, so that Postfix bounces it to the sender. To refuse while the sender's server
//! still listens, let Postfix ask at RCPT: `reject_unverified_recipient`.

use std::sync::Arc;
use std::time::SystemTime;

use inreply::gate::Gate;
use inreply::inbox::{Inbox, InboxError, IncomingReply, Receipt, Senders, Standing};
use inreply::listener::{self, ListenerConfig};
use inreply::receiver::Receiver;
use inreply::site::Site;
use inreply::smtp::server::ServerConfig;
use inreply::spool::Maildir;
use inreply::token::{Context, Day, Key, KeyId, KeyRing, Opened};
use inreply::worker;
use tokio::net::TcpListener;
use tokio::sync::watch;

/// A product that prints.
#[derive(Debug)]
struct Printer;

impl Inbox for Printer {
    async fn standing(&self, _: &Opened) -> Result<Standing, InboxError> {
        Ok(Standing::Open(Senders::Anyone))
    }

    async fn comment(&self, reply: IncomingReply) -> Result<Receipt, InboxError> {
        println!("{}: {}", reply.from, reply.text);
        Ok(Receipt::Stored)
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let address = std::env::args().nth(1);
    let address = address.unwrap_or_else(|| "127.0.0.1:2424".to_owned());
    // A real program keeps its key; addresses of this run die with it.
    let mut key = [0; 32];
    getrandom::fill(&mut key).map_err(|error| error.to_string())?;
    let ring = KeyRing::new(KeyId(1), Key::from_bytes(&key)?);
    let gate = Gate::new(Site::new("forge.example")?, &ring);
    let today = Day::from(SystemTime::now());
    println!("{}", gate.addresses().mint(Context::Reply, (7, 5), today)?);

    let folder = tempfile::tempdir()?;
    let receiver = Receiver::new(gate, Maildir::open(folder.path())?, Printer);
    let (_stop, stopped) = watch::channel(false);
    tokio::spawn(worker::run(Arc::clone(&receiver), stopped.clone()));
    let machine = ServerConfig::new("reply.forge.example".parse()?).lmtp(true);
    let socket = TcpListener::bind(address).await?;
    listener::serve(socket, ListenerConfig::new(machine), stopped, move |peer| {
        receiver.lmtp_session(peer)
    })
    .await;
    Ok(())
}
