//! A relay for tests that fails as it is told: the mail server that your own is never going to be on purpose.
//!
//! It listens on loopback, speaks the real protocol with the server machine of `inreply-smtp`, and keeps what it takes. What it
//! does stands in the address, so that a test says in one line what happens to whom:
//!
//! | local part | what happens |
//! |---|---|
//! | `451`, `550`, any code of 4yz and 5yz | RCPT is refused with it, and the enhanced code that goes with it |
//! | `temperror`, `permerror` | the same as `451` and `554` |
//! | `greylist`, `greylist-3` | this very address is refused with `451 4.7.1` once, three times; then it is taken |
//! | `slow`, `slow-50` | RCPT is answered after a second, after 50 milliseconds |
//! | `drop` | the connection ends at RCPT |
//! | `data-552`, any code | the whole message is refused at its end |
//! | `data-drop` | the connection ends within the message |
//! | `end-slow`, `end-slow-50` | the end of the message is answered late |
//! | `end-drop` | the message is taken, and the connection ends before the `250`: the sender cannot know |
//!
//! A `+` and anything may follow: `550+ann@example.com`. All other mailboxes take everything. A code in the **sender's** local
//! part is the answer to MAIL. [`Script`] has what concerns a whole connection.

mod session;
mod words;

use std::collections::{HashMap, VecDeque};
use std::io;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use inreply_smtp::client::ClientConfig;
use inreply_smtp::server::ServerConfig;
use inreply_smtp::wire::path::{ForwardPath, ReversePath};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinSet;

use self::session::Session;
use crate::relay::Relay;

/// What relay and client call themselves: a name of nobody (RFC 2606 §2).
const DOMAIN: &str = "relay.test";

/// What a client hears that is not wanted.
const CLOSED: &[u8] = b"421 4.3.2 Closed for the test\r\n";

/// A relay that does as the addresses say. Dropping it ends it and its connections.
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
/// use inreply::simulation::SimulatedRelay;
/// use inreply::smtp::client::{Delivery, Envelope};
///
/// let simulated = SimulatedRelay::start().await?;
/// let envelope = Envelope::new("<bob@example.org>".parse()?)
///     .to("<ann@example.com>".parse()?)
///     .to("<550+eve@example.com>".parse()?);
/// let sent = simulated.relay().send(envelope, b"Subject: hi\r\n\r\nhello\r\n").await;
/// let report = sent.result?;
/// assert!(matches!(report.results(), [Delivery::Delivered(_), Delivery::Refused(_)]));
/// assert_eq!(simulated.accepted()[0].recipients, ["<ann@example.com>".parse()?]);
/// # Ok::<(), Box<dyn std::error::Error>>(()) })?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct SimulatedRelay {
    address: SocketAddr,
    relay: Relay,
    state: Arc<State>,
    /// Gone with the relay.
    _stop: watch::Sender<()>,
}

/// What concerns whole connections.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Script {
    closed: bool,
    pub(crate) max_messages: Option<u32>,
}

impl Script {
    /// Whether new connections are greeted with `421`. Defaults to false.
    #[must_use]
    pub fn closed(mut self, closed: bool) -> Self {
        self.closed = closed;
        self
    }

    /// Messages taken on one connection; MAIL of the next one hears `421`. Defaults to no limit.
    #[must_use]
    pub fn max_messages(mut self, messages: u32) -> Self {
        self.max_messages = Some(messages);
        self
    }
}

/// A message that the relay has taken.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Accepted {
    /// The connection it came on, counted from 1.
    pub connection: u64,
    /// Its envelope sender.
    pub reverse_path: ReversePath<'static>,
    /// The recipients that were not refused.
    pub recipients: Vec<ForwardPath<'static>>,
    /// The message, dots unstuffed.
    pub message: Bytes,
}

/// What the connections share.
#[derive(Debug, Default)]
struct State {
    script: Mutex<Script>,
    /// How often an address was asked for.
    tries: Mutex<HashMap<String, u32>>,
    accepted: watch::Sender<VecDeque<Accepted>>,
    connections: AtomicU64,
}

impl State {
    fn script(&self) -> Script {
        *lock(&self.script)
    }

    /// How often `path` was asked for, this time included.
    fn count(&self, path: &ForwardPath<'static>) -> u32 {
        let mut tries = lock(&self.tries);
        let count = tries.entry(path.to_string()).or_insert(0);
        *count += 1;
        *count
    }

    fn accept(&self, accepted: Accepted) {
        self.accepted.send_modify(|all| all.push_back(accepted));
    }
}

impl SimulatedRelay {
    /// A relay on a port of loopback that was free.
    ///
    /// # Errors
    /// Where there is none.
    pub async fn start() -> io::Result<Self> {
        Self::listen("127.0.0.1:0").await
    }

    /// A relay at this address and port, say one that the test has closed before.
    ///
    /// # Errors
    /// Where it cannot listen there.
    pub async fn listen(address: &str) -> io::Result<Self> {
        let listener = TcpListener::bind(address).await?;
        let address = listener.local_addr()?;
        let domain = DOMAIN.parse().map_err(io::Error::other)?;
        let hello = DOMAIN.parse().map_err(io::Error::other)?;
        let (stop, stopped) = watch::channel(());
        let state = Arc::new(State::default());
        let config = ServerConfig::new(domain).max_errors(u32::MAX);
        tokio::spawn(serve(listener, config, Arc::clone(&state), stopped));
        let host = address.ip().to_string();
        Ok(Self {
            address,
            relay: Relay::new(host, address.port(), ClientConfig::new(hello)),
            state,
            _stop: stop,
        })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// A client of it, without TLS.
    pub fn relay(&self) -> Relay {
        self.relay.clone()
    }

    /// What holds from now on; open connections see it with their next message.
    pub fn follow(&self, script: Script) {
        *lock(&self.state.script) = script;
    }

    /// Connections so far, those included that were greeted with `421`.
    pub fn connections(&self) -> u64 {
        self.state.connections.load(Ordering::Relaxed)
    }

    /// What it has taken, in order.
    pub fn accepted(&self) -> Vec<Accepted> {
        self.state.accepted.borrow().iter().cloned().collect()
    }

    /// Waits until it has taken so many messages, and gives them. A test sets its own limit to its patience.
    pub async fn wait_for(&self, messages: usize) -> Vec<Accepted> {
        let mut accepted = self.state.accepted.subscribe();
        // The sender lives in `self`.
        let _ = accepted.wait_for(|all| all.len() >= messages).await;
        self.accepted()
    }

    /// Waits for the next message and takes it out of what was [`accepted`](Self::accepted): memory for a test without end.
    pub async fn next(&self) -> Accepted {
        let mut accepted = self.state.accepted.subscribe();
        loop {
            let mut next = None;
            self.state.accepted.send_if_modified(|all| {
                next = all.pop_front();
                false
            });
            if let Some(next) = next {
                return next;
            }
            // The sender lives in `self`.
            let _ = accepted.changed().await;
        }
    }
}

async fn serve(
    listener: TcpListener,
    config: ServerConfig,
    state: Arc<State>,
    mut stopped: watch::Receiver<()>,
) {
    let config = Arc::new(config);
    let mut sessions = JoinSet::new();
    loop {
        while sessions.try_join_next().is_some() {}
        let mut stream = tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => stream,
                Err(error) => return tracing::error!(%error, "the simulated relay ends"),
            },
            // Gone with the relay, and the sessions with the set.
            _ = stopped.changed() => return,
        };
        let number = state.connections.fetch_add(1, Ordering::Relaxed) + 1;
        let (state, config) = (Arc::clone(&state), Arc::clone(&config));
        sessions.spawn(async move {
            if state.script().closed {
                let _ = stream.write_all(CLOSED).await;
                return;
            }
            // A broken connection is what was asked for.
            let _ = Session::new(state, number, config).run(stream).await;
        });
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
