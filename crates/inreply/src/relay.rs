//! Sends mail to a relay: sockets and time for the client machine of `inreply-smtp`, on Tokio.

use std::io;
use std::time::{Duration, Instant};

use bytes::BytesMut;
use inreply_smtp::client::{Client, ClientConfig, CloseReason, Envelope, Event, Report, SendError};
use inreply_smtp::transcript::Transcript;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpStream, lookup_host};
use tokio::time::{sleep_until, timeout};

/// Octets of a message that are handed to the machine at once.
const PIECE: usize = 65_536;

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
    connect_timeout: Duration,
}

/// What became of a message, and the conversation about it.
#[derive(Debug)]
#[non_exhaustive]
pub struct Sent {
    /// A result a recipient, or why the server was not asked.
    pub result: Result<Report, RelayError>,
    /// What was said, to the last word before an error.
    pub transcript: Transcript,
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
            Self::Lookup { .. } | Self::Connect { .. } | Self::Broken { .. } => true,
            Self::Unsuitable(_) => false,
            Self::Closed(reason) => reason.is_transient(),
        }
    }
}

impl Relay {
    /// The server at `host`, a name or an address, and `port`.
    pub fn new(host: impl Into<String>, port: u16, client: ClientConfig) -> Self {
        let client = client.transcript(true);
        Self {
            host: host.into(),
            port,
            client,
            connect_timeout: Duration::from_secs(30),
        }
    }

    /// How long one address may take to accept the connection. Defaults to 30 seconds: a firewall that drops packets is told
    /// from a busy server in less, and the next address gets its turn.
    #[must_use]
    pub fn connect_timeout(mut self, duration: Duration) -> Self {
        self.connect_timeout = duration;
        self
    }

    /// Sends one message on a connection of its own; every address of the name is tried in turn.
    pub async fn send(&self, envelope: Envelope, message: &[u8]) -> Sent {
        let mut transcript = Transcript::default();
        let (stream, peer) = match self.connect().await {
            Ok(connected) => connected,
            Err(error) => {
                return Sent {
                    result: Err(error),
                    transcript,
                };
            }
        };
        transcript.opened(&format!("{}:{}", self.host, self.port));
        let mut client = Client::new(self.client.clone(), Instant::now());
        let result = converse(stream, &mut client, envelope, message)
            .await
            .map_err(|error| match error {
                Failure::Io(source) => RelayError::Broken { peer, source },
                Failure::Relay(error) => error,
            });
        if let Some(said) = client.transcript() {
            transcript.append(said);
        }
        Sent { result, transcript }
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

enum Failure {
    Io(io::Error),
    Relay(RelayError),
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

/// The driver's loop of `inreply-smtp`, until the session is closed.
async fn converse(
    mut stream: TcpStream,
    client: &mut Client,
    envelope: Envelope,
    message: &[u8],
) -> Result<Report, Failure> {
    let (mut input, mut envelope, mut report) = (BytesMut::new(), Some(envelope), None);
    loop {
        client.handle_input(Instant::now(), &mut input);
        flush(client, &mut stream).await?;
        while let Some(event) = client.poll_event() {
            match event {
                Event::Ready(_) => {
                    if let Some(envelope) = envelope.take()
                        && let Err(error) = client.send(Instant::now(), envelope)
                    {
                        report = Some(Err(RelayError::Unsuitable(error)));
                        client.quit(Instant::now());
                    }
                }
                Event::BodyWanted => {
                    for piece in message.chunks(PIECE) {
                        // An end of the session in between is told by the next event.
                        let _ = client.write_body(Instant::now(), piece);
                        flush(client, &mut stream).await?;
                    }
                    let _ = client.finish_body(Instant::now());
                }
                Event::Finished(finished) => {
                    report = Some(Ok(finished));
                    client.quit(Instant::now());
                }
                Event::Closed(reason) => {
                    return report
                        .unwrap_or(Err(RelayError::Closed(reason)))
                        .map_err(Failure::Relay);
                }
                _ => {}
            }
            flush(client, &mut stream).await?;
        }
        let deadline = client.poll_timeout();
        tokio::select! {
            read = stream.read_buf(&mut input) => match read {
                Ok(0) => client.handle_eof(Instant::now()),
                Ok(_) => {}
                // Behind the report only the goodbye is missing.
                Err(_) if report.is_some() => client.handle_eof(Instant::now()),
                Err(error) => return Err(error.into()),
            },
            () = sleep_until(deadline.unwrap_or_else(Instant::now).into()), if deadline.is_some() => {
                client.handle_timeout(Instant::now());
            }
        }
    }
}

async fn flush(client: &mut Client, stream: &mut TcpStream) -> io::Result<()> {
    while let Some(octets) = client.poll_transmit() {
        let patience = client
            .poll_timeout()
            .map(|at| at.saturating_duration_since(Instant::now()));
        timeout(
            patience.unwrap_or(Duration::from_mins(5)),
            stream.write_all(&octets),
        )
        .await??;
    }
    Ok(())
}
