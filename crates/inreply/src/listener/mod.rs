//! The SMTP server on Tokio: sockets and time for the machine of `inreply-smtp`.
//!
//! No protocol rule lives here, and no policy: the machine has the first, a [`Handler`] the second.

mod handler;
mod per_address;
mod session;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use inreply_smtp::server::ServerConfig;
use tokio::io::AsyncWriteExt;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;

pub use self::handler::Handler;
use self::per_address::PerAddress;
use self::session::Session;

/// What a connection beyond the limit hears (RFC 5321 §3.1 has 421 for it).
const FULL: &[u8] = b"421 4.3.2 Too many connections, try again later\r\n";

/// How long a peer may take to read what it is sent, and a refused connection to take its refusal.
const WRITE_TIMEOUT: Duration = Duration::from_mins(3);

/// The settings of [`serve`].
#[derive(Debug, Clone)]
pub struct ListenerConfig {
    server: ServerConfig,
    tls: Option<Arc<rustls::ServerConfig>>,
    implicit_tls: bool,
    max_connections: usize,
    max_per_address: Option<usize>,
    greeting_pause: Duration,
    drain: Duration,
}

impl ListenerConfig {
    /// The defaults, with the settings of each session's machine.
    pub fn new(server: ServerConfig) -> Self {
        Self {
            server,
            tls: None,
            implicit_tls: false,
            max_connections: 2_048,
            max_per_address: None,
            greeting_pause: Duration::from_millis(5),
            drain: Duration::from_secs(30),
        }
    }

    /// Offers STARTTLS with this configuration, say of [`crate::tls::server_config`]. Defaults to none.
    #[must_use]
    pub fn tls(mut self, config: Arc<rustls::ServerConfig>) -> Self {
        self.server = self.server.starttls(true);
        self.tls = Some(config);
        self
    }

    /// Whether every connection begins with the handshake (RFC 8314 §3, port 465) instead of STARTTLS. Defaults to false.
    #[must_use]
    pub fn implicit_tls(mut self, implicit: bool) -> Self {
        self.implicit_tls = implicit;
        self
    }

    /// Connections of one address at once; one more hears 421. Defaults to no limit: large senders come from few addresses.
    #[must_use]
    pub fn max_per_address(mut self, connections: usize) -> Self {
        self.max_per_address = Some(connections.max(1));
        self
    }

    /// How long a client is watched before it is greeted: one that speaks meanwhile is sent away. Defaults to 5 milliseconds,
    /// in which the octets of a client that never waits arrive behind its connection, and which nobody else notices.
    #[must_use]
    pub fn greeting_pause(mut self, duration: Duration) -> Self {
        self.greeting_pause = duration;
        self
    }

    /// Connections at once; one more hears 421 and is closed. Defaults to 2,048: each costs some 10 kB idle and the body
    /// window busy, and a process has 4,096 files by habit.
    #[must_use]
    pub fn max_connections(mut self, connections: usize) -> Self {
        self.max_connections = connections.clamp(1, Semaphore::MAX_PERMITS);
        self
    }

    /// How long a shutdown waits for messages that are coming in. Defaults to 30 seconds, less than service managers wait
    /// before they kill.
    #[must_use]
    pub fn drain(mut self, duration: Duration) -> Self {
        self.drain = duration;
        self
    }
}

/// Serves SMTP on `listener` until `shutdown` holds true or its sender is gone, then lets open messages finish.
///
/// `handler` makes the policy of one connection from the address of its peer.
pub async fn serve<H: Handler + 'static>(
    listener: TcpListener,
    config: ListenerConfig,
    mut shutdown: watch::Receiver<bool>,
    mut handler: impl FnMut(SocketAddr) -> H,
) {
    let permits = Arc::new(Semaphore::new(config.max_connections));
    let per_address = Arc::new(PerAddress::default());
    let mut sessions = JoinSet::new();
    loop {
        // Finished tasks are taken off while others are accepted, so that the set does not grow.
        while sessions.try_join_next().is_some() {}
        let (stream, peer) = tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok(accepted) => accepted,
                Err(error) => {
                    // Out of files, say: a loop without a pause would burn a core until one is closed.
                    tracing::warn!(%error, "cannot accept a connection");
                    tokio::time::sleep(Duration::from_millis(100)).await;
                    continue;
                }
            },
            () = stopped(&mut shutdown) => break,
        };
        let place = per_address.enter(peer.ip(), config.max_per_address);
        let (Ok(permit), Some(place)) = (Arc::clone(&permits).try_acquire_owned(), place) else {
            tracing::warn!(%peer, "too many connections");
            sessions.spawn(refuse(stream));
            continue;
        };
        let session = Session::new(&config, handler(peer), shutdown.clone());
        sessions.spawn(async move {
            session.run(stream).await;
            drop((permit, place));
        });
    }
    drop(listener);
    let drained = async { while sessions.join_next().await.is_some() {} };
    if tokio::time::timeout(config.drain, drained).await.is_err() {
        tracing::warn!(
            open = sessions.len(),
            "closing connections that did not finish"
        );
    }
}

async fn refuse(mut stream: TcpStream) {
    // The peer is not owed more than a try.
    let _ = tokio::time::timeout(Duration::from_secs(5), stream.write_all(FULL)).await;
}

/// Resolves once the value is true or can never become it.
async fn stopped(shutdown: &mut watch::Receiver<bool>) {
    let _ = shutdown.wait_for(|stop| *stop).await;
}
