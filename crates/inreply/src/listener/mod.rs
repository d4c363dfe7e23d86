//! The SMTP server on Tokio: sockets and time for the machine of `inreply-smtp`.
//!
//! No protocol rule lives here, and no policy: the machine has the first, a [`Handler`] the second.

mod handler;
mod per_address;
mod session;

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use inreply_smtp::server::ServerConfig;
use ipnet::IpNet;
use tokio::io::AsyncWriteExt;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;
use tokio::time::interval;

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
    server: Arc<ServerConfig>,
    tls: Option<Arc<rustls::ServerConfig>>,
    implicit_tls: bool,
    max_connections: usize,
    max_per_address: Option<usize>,
    proxy_from: Vec<IpNet>,
    xclient_from: Vec<IpNet>,
    greeting_pause: Duration,
    drain: Duration,
}

impl ListenerConfig {
    /// The defaults, with the settings of each session's machine.
    pub fn new(server: ServerConfig) -> Self {
        Self {
            server: Arc::new(server),
            tls: None,
            implicit_tls: false,
            max_connections: 2_048,
            max_per_address: None,
            proxy_from: Vec::new(),
            xclient_from: Vec::new(),
            greeting_pause: Duration::from_millis(1),
            drain: Duration::from_secs(30),
        }
    }

    /// Offers STARTTLS with this configuration, say of [`crate::tls::server_config`]. Defaults to none.
    #[must_use]
    pub fn tls(mut self, config: Arc<rustls::ServerConfig>) -> Self {
        self.server = Arc::new(Arc::unwrap_or_clone(self.server).starttls(true));
        self.tls = Some(config);
        self
    }

    /// Whether every connection begins with the handshake (RFC 8314 §3, port 465) instead of STARTTLS. Defaults to false.
    #[must_use]
    pub fn implicit_tls(mut self, implicit: bool) -> Self {
        self.implicit_tls = implicit;
        self
    }

    /// Load balancers whose connections begin with a PROXY header, version 1 or 2, and are cut off without one. **Whoever
    /// connects from these networks says what address it has**, in [`Handler::proxied`]. Defaults to none.
    #[must_use]
    pub fn proxy_from(mut self, networks: Vec<IpNet>) -> Self {
        self.proxy_from = networks;
        self
    }

    /// Proxies that are offered XCLIENT, answered by [`Handler::xclient`]. **Whoever connects from these networks says what
    /// address, name and login it has.** Defaults to none.
    #[must_use]
    pub fn xclient_from(mut self, networks: Vec<IpNet>) -> Self {
        self.xclient_from = networks;
        self
    }

    /// Connections of one address at once; one more hears 421. It does not hold for load balancers and proxies, who speak
    /// for many. Defaults to no limit: large senders come from few addresses.
    #[must_use]
    pub fn max_per_address(mut self, connections: usize) -> Self {
        self.max_per_address = Some(connections.max(1));
        self
    }

    /// How long a client is watched before it is greeted: one that speaks meanwhile is sent away. Defaults to 1 millisecond,
    /// in which the octets of a client that never waits arrive behind its connection, and which nobody else notices.
    #[must_use]
    pub fn greeting_pause(mut self, duration: Duration) -> Self {
        self.greeting_pause = duration;
        self
    }

    /// Connections at once; one more hears 421 and is closed. Defaults to 2,048: each costs some 5 kB idle and the body
    /// window busy, and a process has 4,096 files by habit.
    #[must_use]
    pub fn max_connections(mut self, connections: usize) -> Self {
        self.max_connections = connections.clamp(1, Semaphore::MAX_PERMITS);
        self
    }

    fn is_balancer(&self, peer: IpAddr) -> bool {
        holds(&self.proxy_from, peer)
    }

    /// The machine's settings for a connection of `peer`.
    fn machine(&self, peer: IpAddr) -> Arc<ServerConfig> {
        let (balancer, proxy) = (self.is_balancer(peer), holds(&self.xclient_from, peer));
        if !balancer && !proxy {
            return Arc::clone(&self.server);
        }
        let server = ServerConfig::clone(&self.server);
        Arc::new(server.expect_proxy(balancer).xclient(proxy))
    }

    /// The connections that `peer` may have at once.
    fn per_address(&self, peer: IpAddr) -> Option<usize> {
        let speaks_for_many = self.is_balancer(peer) || holds(&self.xclient_from, peer);
        self.max_per_address.filter(|_| !speaks_for_many)
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
    // The runtime has a timer at all times that rings before the alarm of any session, for setting one that rings first wakes it.
    let mut beat = interval(session::ALARM / 2);
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
            _ = beat.tick() => continue,
        };
        let place = per_address.enter(peer.ip(), config.per_address(peer.ip()));
        let (Ok(permit), Some(place)) = (Arc::clone(&permits).try_acquire_owned(), place) else {
            tracing::warn!(%peer, "too many connections");
            sessions.spawn(refuse(stream));
            continue;
        };
        let mut session = Session::new(&config, peer.ip(), handler(peer));
        let mut shutdown = shutdown.clone();
        sessions.spawn(async move {
            session.run(stream, stopped(&mut shutdown)).await;
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

/// Whether `peer` is of one of the networks; an IPv4 address in IPv6 clothes is the IPv4 address.
fn holds(networks: &[IpNet], peer: IpAddr) -> bool {
    let peer = peer.to_canonical();
    networks.iter().any(|network| network.contains(&peer))
}

/// Resolves once the value is true or can never become it.
async fn stopped(shutdown: &mut watch::Receiver<bool>) {
    let _ = shutdown.wait_for(|stop| *stop).await;
}
