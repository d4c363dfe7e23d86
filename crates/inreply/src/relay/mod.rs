//! Sends mail to a relay: sockets and time for the client machine of `inreply-smtp`, on Tokio.

mod connection;
pub(crate) mod watcher;
pub(crate) mod wire;

use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant};

use inreply_smtp::client::{
    Client, ClientConfig, CloseReason, Envelope, Report, SendError, StartTls,
};
use inreply_smtp::sasl::NONCE_OCTETS;
use inreply_smtp::tls::{HandshakeFailure, SecureClient};
use inreply_smtp::transcript::Transcript;
use rustls::pki_types::ServerName;
use tokio::net::{TcpStream, lookup_host};
use tokio::time::timeout;

pub use self::connection::Connection;
use self::watcher::Watcher;
use crate::tls::{TlsError, Trust, client_config};

/// A server that takes our mail.
///
/// ```no_run
/// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
/// use inreply::relay::Relay;
/// use inreply_smtp::client::{ClientConfig, Envelope};
///
/// let relay = Relay::new("mx.example.com", 25, ClientConfig::new("forge.example.com".parse()?));
/// let envelope = Envelope::new("<>".parse()?).to("<ann@example.com>".parse()?);
/// let sent = relay.send(envelope, b"Subject: hi\r\n\r\nhello\r\n").await;
/// println!("{}", sent.transcript);
/// assert!(sent.result?.is_delivered());
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct Relay {
    host: String,
    port: u16,
    client: ClientConfig,
    security: Security,
    tls: Option<Arc<rustls::ClientConfig>>,
    connect_timeout: Duration,
    watcher: Option<Watcher>,
}

/// Whether and how a session is encrypted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Security {
    /// Never.
    #[default]
    None,
    /// By STARTTLS where the server offers it, whoever's certificate it shows.
    Opportunistic,
    /// By STARTTLS with a certificate that is trusted, or the message is not sent.
    Required,
    /// From the first octet (RFC 8314 §3, port 465), with a certificate that is trusted.
    Implicit,
}

/// What became of a message, and the conversation about it.
#[derive(Debug)]
#[non_exhaustive]
pub struct Sent {
    /// A result a recipient, or why the server was not asked.
    pub result: Result<Report, RelayError>,
    /// What was said, to the last word before an error.
    pub transcript: Transcript,
    /// Whether the message itself was begun. Where it was not, the server cannot have it, and sending it again doubles nothing.
    pub begun: bool,
}

/// Why no recipient has a result.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RelayError {
    /// The name has no address, or none could be looked up.
    #[error("{host} has no address: {source}")]
    Lookup {
        /// The name.
        host: String,
        /// What the resolver said.
        source: io::Error,
    },
    /// No address took the connection.
    #[error("no connection to {peer}: {source}")]
    Connect {
        /// The last address and port that was tried.
        peer: String,
        /// Why.
        source: io::Error,
    },
    /// The server cannot take such a message.
    #[error(transparent)]
    Unsuitable(#[from] SendError),
    /// The session ended before the message was begun.
    #[error(transparent)]
    Closed(#[from] CloseReason),
    /// TLS did not come about.
    #[error("TLS with {peer} failed: {source}")]
    Handshake {
        /// The address and port.
        peer: String,
        /// Why.
        source: HandshakeFailure,
    },
    /// The operating system gives no random numbers.
    #[error("no random numbers: {0}")]
    Random(String),
    /// The connection broke.
    #[error("the connection to {peer} broke: {source}")]
    Broken {
        /// The address and port.
        peer: String,
        /// Why.
        source: io::Error,
    },
}

impl RelayError {
    /// Whether trying again later can help.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Lookup { .. }
            | Self::Connect { .. }
            | Self::Broken { .. }
            | Self::Handshake { .. }
            | Self::Random(_) => true,
            Self::Unsuitable(_) => false,
            Self::Closed(reason) => reason.is_transient(),
        }
    }
}

impl Relay {
    /// The server at `host`, a name or an address, and `port`.
    pub fn new(host: impl Into<String>, port: u16, client: ClientConfig) -> Self {
        Self {
            host: host.into(),
            port,
            client: client.transcript(true),
            security: Security::None,
            tls: None,
            connect_timeout: Duration::from_secs(30),
            watcher: None,
        }
    }

    /// Encrypts the session; `trust` says whose certificates count where the security asks for one. Defaults to
    /// [`Security::None`].
    ///
    /// # Errors
    /// Where the trusted certificates cannot be read.
    pub fn security(mut self, security: Security, trust: &Trust) -> Result<Self, TlsError> {
        self.client = self.client.starttls(match security {
            Security::None | Security::Implicit => StartTls::Never,
            Security::Opportunistic => StartTls::Opportunistic,
            Security::Required => StartTls::Required,
        });
        self.tls = match security {
            Security::None => None,
            Security::Opportunistic => Some(client_config(&Trust::Anybody)?),
            Security::Required | Security::Implicit => Some(client_config(trust)?),
        };
        self.security = security;
        Ok(self)
    }

    /// How long one address may take to accept the connection. Defaults to 30 seconds: a firewall that drops packets is told
    /// from a busy server in less, and the next address gets its turn.
    #[must_use]
    pub fn connect_timeout(mut self, duration: Duration) -> Self {
        self.connect_timeout = duration;
        self
    }

    /// The server as it was named: `HOST:PORT`.
    #[must_use]
    pub fn name(&self) -> String {
        format!("{}:{}", self.host, self.port)
    }

    /// The port.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// How long the connection, and then each answer, may take, whatever the parts have by themselves: for tests before which
    /// somebody waits.
    pub(crate) fn patience(mut self, patience: Duration) -> Self {
        self.client = self
            .client
            .command_timeout(patience)
            .data_timeout(patience)
            .block_timeout(patience)
            .verdict_timeout(patience);
        self.connect_timeout = patience;
        self
    }

    /// Tells this one each line of what is said.
    pub(crate) fn watched(mut self, watcher: Option<Watcher>) -> Self {
        self.watcher = watcher;
        self
    }

    /// Sends one message on a connection of its own.
    pub async fn send(&self, envelope: Envelope, message: &[u8]) -> Sent {
        match self.open().await {
            Ok(mut connection) => {
                let mut sent = connection.send(envelope, message).await;
                sent.transcript.append(&connection.quit().await);
                sent
            }
            Err(sent) => *sent,
        }
    }

    /// A connection for several messages: every address of the name is tried in turn, then the session is greeted, secured
    /// and authenticated.
    ///
    /// # Errors
    /// A [`Sent`] of nothing: why there is no session, and what was said until then.
    pub async fn open(&self) -> Result<Connection, Box<Sent>> {
        let mut transcript = Transcript::default();
        let failed = |error, transcript| {
            Box::new(Sent {
                result: Err(error),
                transcript,
                begun: false,
            })
        };
        let (stream, peer) = match self.connect().await {
            Ok(connected) => connected,
            Err(error) => return Err(failed(error, transcript)),
        };
        transcript.opened(&self.name());
        let client = match self.machine() {
            Ok(client) => client,
            Err(error) => return Err(failed(error, transcript)),
        };
        let mut connection =
            Connection::new(stream, peer, client, transcript, self.watcher.clone());
        match connection.greeted().await {
            Ok(()) => Ok(connection),
            Err(error) => Err(failed(error, connection.said())),
        }
    }

    /// The machine of one session, behind its TLS.
    fn machine(&self) -> Result<SecureClient, RelayError> {
        let (config, now) = (self.client.clone(), Instant::now());
        let mut client = match self.security {
            Security::Implicit => Client::implicit_tls(config, now),
            _ => Client::new(config, now),
        };
        let mut nonce = [0; NONCE_OCTETS];
        getrandom::fill(&mut nonce).map_err(|error| RelayError::Random(error.to_string()))?;
        client.set_nonce(nonce);
        let name = ServerName::try_from(self.host.clone()).ok();
        Ok(SecureClient::new(client, self.tls.clone().zip(name)))
    }

    async fn connect(&self) -> Result<(TcpStream, String), RelayError> {
        let lookup = |source| RelayError::Lookup {
            host: self.host.clone(),
            source,
        };
        let addresses = lookup_host((self.host.as_str(), self.port))
            .await
            .map_err(lookup)?;
        let mut last = lookup(io::ErrorKind::NotFound.into());
        for address in addresses {
            let peer = address.to_string();
            let connected = timeout(self.connect_timeout, TcpStream::connect(address)).await;
            match connected.map_err(io::Error::from).flatten() {
                Ok(stream) => {
                    // Commands are written whole; waiting to fill a segment only delays them.
                    let _ = stream.set_nodelay(true);
                    return Ok((stream, peer));
                }
                Err(source) => last = RelayError::Connect { peer, source },
            }
        }
        Err(last)
    }
}
