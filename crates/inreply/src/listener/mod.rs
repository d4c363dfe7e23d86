//! The SMTP server on Tokio: sockets and time for the machine of `inreply-smtp`.
//!
//! No protocol rule lives here, and no policy: the machine has the first, a [`Handler`] the second.

mod handler;
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

/// What a connection beyond the limit hears (RFC 5321 §3.1 has 421 for it).
const FULL: &[u8] = b"421 4.3.2 Too many connections, try again later\r\n";

/// How long a peer may take to read what it is sent, and a refused connection to take its refusal.
const WRITE_TIMEOUT: Duration = Duration::from_mins(3);

/// The settings of [`serve`].
#[derive(Debug, Clone)]
pub struct ListenerConfig {
    server: ServerConfig,
    max_connections: usize,
    drain: Duration,
}

impl ListenerConfig {
    /// The defaults, with the settings of each session's machine.
    pub fn new(server: ServerConfig) -> Self {
        Self {
            server,
            max_connections: 2_048,
            drain: Duration::from_secs(30),
        }
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
        let Ok(permit) = Arc::clone(&permits).try_acquire_owned() else {
            tracing::warn!(%peer, "too many connections");
            sessions.spawn(refuse(stream));
            continue;
        };
        let (machine, handler, shutdown) = (config.server.clone(), handler(peer), shutdown.clone());
        sessions.spawn(async move {
            session::run(stream, machine, handler, shutdown).await;
            drop(permit);
        });
    }
    drop(listener);
    let drained = async { while sessions.join_next().await.is_some() {} };
    if tokio::time::timeout(config.drain, drained).await.is_err() {
        tracing::warn!(open = sessions.len(), "closing connections that did not finish");
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
