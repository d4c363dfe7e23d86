//! An SMTP server that takes mail for any mailbox of one domain and nothing else: protocol rules, no content rules.
//!
//! It shows a `Handler` of `inreply::listener` in front of the spool: one file a message, durable before its 250.

use std::path::PathBuf;
use std::time::SystemTime;

use bytes::{Bytes, BytesMut};
use clap::Parser;
use inreply::listener::{self, Handler, ListenerConfig};
use inreply::smtp::server::{AbortReason, ServerConfig};
use inreply::smtp::wire::data::BareLineEnds;
use inreply::smtp::wire::path::ForwardPath;
use inreply::smtp::wire::reply::{Reply, ReplyCode};
use inreply::spool::Maildir;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::spawn_blocking;

const OK: Reply = Reply::literal(ReplyCode::OK, (2, 0, 0), "Ok: stored");
const DISCARDED: Reply = Reply::literal(ReplyCode::OK, (2, 0, 0), "Ok: discarded");
const NOT_STORED: Reply = Reply::literal(
    ReplyCode::LOCAL_ERROR,
    (4, 3, 0),
    "The message could not be stored",
);
const NOT_OURS: Reply = Reply::literal(ReplyCode::MAILBOX_UNAVAILABLE, (5, 7, 1), "Relaying denied");

/// Take mail for any mailbox of one domain.
#[derive(Parser)]
struct Arguments {
    /// Where to listen, say 127.0.0.1:2526.
    #[arg(long)]
    listen: String,
    /// The domain.
    #[arg(long)]
    domain: String,
    /// Store messages below this folder, in mail/reply/new.
    #[arg(long, required_unless_present = "discard", conflicts_with = "discard")]
    maildir: Option<PathBuf>,
    /// Store nothing.
    #[arg(long)]
    discard: bool,
    /// The largest message in octets.
    #[arg(long, default_value_t = 26_214_400)]
    max_size: u64,
    /// Make <CR><LF> of a bare CR or LF instead of refusing the message.
    #[arg(long)]
    normalize_newlines: bool,
    /// Connections at once.
    #[arg(long, default_value_t = 2_048)]
    max_connections: usize,
}

#[derive(Clone)]
struct Sink {
    domain: String,
    spool: Option<Maildir>,
    message: BytesMut,
}

impl Handler for Sink {
    async fn rcpt(&mut self, path: ForwardPath<'static>) -> Result<(), Reply> {
        // The bare <Postmaster> is the server's own: it is taken whatever the domain.
        let ours = path
            .mailbox()
            .is_none_or(|mailbox| mailbox.domain().eq_ignore_ascii_case(&self.domain));
        if ours { Ok(()) } else { Err(NOT_OURS) }
    }

    async fn body(&mut self, octets: Bytes) {
        if self.spool.is_some() {
            self.message.extend_from_slice(&octets);
        }
    }

    async fn message(&mut self) -> Reply {
        let Some(spool) = self.spool.clone() else {
            return DISCARDED;
        };
        let message = std::mem::take(&mut self.message);
        let stored = spawn_blocking(move || {
            let mut draft = spool.begin(SystemTime::now())?;
            draft.write(&message)?;
            draft.commit()
        });
        match stored.await.map_err(std::io::Error::from).flatten() {
            Ok(_) => OK,
            Err(error) => {
                eprintln!("not stored: {error}");
                NOT_STORED
            }
        }
    }

    fn aborted(&mut self, _: AbortReason) {
        self.message.clear();
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments = Arguments::parse();
    let bare = if arguments.normalize_newlines {
        BareLineEnds::Normalize
    } else {
        BareLineEnds::Refuse
    };
    let server = ServerConfig::new(arguments.domain.parse()?)
        .max_message_octets(arguments.max_size)
        .max_recipients(1_000)
        .bare_line_ends(bare);
    let config = ListenerConfig::new(server).max_connections(arguments.max_connections);
    let spool = arguments.maildir.map(Maildir::open).transpose()?;
    let sink = Sink {
        domain: arguments.domain,
        spool,
        message: BytesMut::new(),
    };
    let listener = TcpListener::bind(&arguments.listen).await?;
    println!("listening on {}", listener.local_addr()?);
    let (stop, stopped) = watch::channel(false);
    tokio::spawn(async move {
        // Without a handler for Ctrl-C the process ends by the signal itself.
        let _ = tokio::signal::ctrl_c().await;
        stop.send_replace(true);
    });
    // On a worker thread, beside its sessions: the main thread would hand over every connection.
    tokio::spawn(listener::serve(listener, config, stopped, move |_| sink.clone())).await?;
    Ok(())
}
