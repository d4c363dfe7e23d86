//! Mail without a port 25: a provider posts each message, as it came, to a web address: `webhook [HTTP-ADDRESS]`.
//!
//! The message goes the same way as over SMTP: the gate, intake, the spool, and only then `200`. What SMTP would refuse for good
//! is `422`, so that the provider drops it; what it would put off is `503`, so that the provider tries again.
//!
//! ```text
//! curl --data-binary @message.eml 'http://127.0.0.1:8080/inbound?sender=ann@example.com&recipient=ADDRESS'
//! ```

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::SystemTime;

use axum::body::Bytes;
use axum::extract::{ConnectInfo, DefaultBodyLimit, Query, State};
use axum::http::StatusCode;
use axum::{Router, routing::post};
use inreply::gate::Gate;
use inreply::inbox::{Inbox, InboxError, IncomingReply, Receipt, Senders, Standing};
use inreply::listener::Handler;
use inreply::receiver::Receiver;
use inreply::site::Site;
use inreply::smtp::wire::reply::{Reply, ReplyCode};
use inreply::spool::Maildir;
use inreply::token::{Context, Day, Key, KeyId, KeyRing, Opened};
use inreply::worker;
use serde::Deserialize;
use tokio::net::TcpListener;
use tokio::sync::watch;

/// The largest message that is taken, in octets.
const MAX_MESSAGE: usize = 26_214_400;

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

/// The envelope, which a message does not hold.
#[derive(Debug, Deserialize)]
struct Envelope {
    /// Empty for a report.
    sender: String,
    recipient: String,
}

async fn inbound(
    State(receiver): State<Arc<Receiver<Printer>>>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    Query(envelope): Query<Envelope>,
    message: Bytes,
) -> (StatusCode, String) {
    let reply = match take(&receiver, peer, &envelope, message).await {
        Ok(reply) | Err(reply) => reply,
    };
    let status = match reply.to_string().as_bytes().first() {
        Some(b'2') => StatusCode::OK,
        Some(b'4') => StatusCode::SERVICE_UNAVAILABLE,
        _ => StatusCode::UNPROCESSABLE_ENTITY,
    };
    (status, reply.to_string())
}

/// What a session of SMTP would say, without one.
async fn take(
    receiver: &Arc<Receiver<Printer>>,
    peer: SocketAddr,
    envelope: &Envelope,
    message: Bytes,
) -> Result<Reply, Reply> {
    const NO_ADDRESS: Reply = Reply::literal(ReplyCode::BAD_ARGUMENT, (5, 1, 7), "No address");
    let sender = format!("<{}>", envelope.sender);
    let recipient = format!("<{}>", envelope.recipient);
    let mut session = receiver.session(peer);
    let name = "webhook".parse().map_err(|_| NO_ADDRESS)?;
    session.hello(name, true).await?;
    let sender = sender.parse().map_err(|_| NO_ADDRESS)?;
    session.mail(sender, Default::default()).await?;
    let recipient = recipient.parse().map_err(|_| NO_ADDRESS)?;
    session.rcpt(recipient, Default::default()).await?;
    session.data().await?;
    session.body(message).await;
    Ok(session.message(None).await)
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let http = std::env::args().nth(1);
    let http = http.unwrap_or_else(|| "127.0.0.1:8080".to_owned());
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
    tokio::spawn(worker::run(Arc::clone(&receiver), stopped));
    let application = Router::new()
        .route("/inbound", post(inbound))
        .layer(DefaultBodyLimit::max(MAX_MESSAGE))
        .with_state(receiver)
        .into_make_service_with_connect_info::<SocketAddr>();
    Ok(axum::serve(TcpListener::bind(http).await?, application).await?)
}
