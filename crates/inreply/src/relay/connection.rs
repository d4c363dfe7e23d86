//! One connection to a relay: the driver's loop of `inreply-smtp` with a Tokio socket.

use std::io;
use std::time::{Duration, Instant};

use bytes::BytesMut;
use inreply_smtp::client::{CloseReason, Envelope, Event, Report};
use inreply_smtp::tls::SecureClient;
use inreply_smtp::transcript::Transcript;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::{sleep_until, timeout};

use super::{RelayError, Sent};

/// Octets of a message that are handed to the machine at once.
const PIECE: usize = 65_536;

/// Room made for one read: a reply to EHLO fits.
const READ_SIZE: usize = 4_096;

/// A session that takes one message after the other; [`Relay::open`](super::Relay::open) makes one.
///
/// ```no_run
/// # async fn example(letters: Vec<(inreply_smtp::client::Envelope, Vec<u8>)>) -> Result<(), Box<dyn std::error::Error>> {
/// use inreply::relay::Relay;
/// use inreply_smtp::client::ClientConfig;
///
/// let relay = Relay::new("mx.example.com", 25, ClientConfig::new("forge.example.com".parse()?));
/// let mut connection = relay.open().await.map_err(|sent| sent.result.unwrap_err())?;
/// for (envelope, message) in letters {
///     let sent = connection.send(envelope, &message).await;
///     assert!(sent.result?.is_delivered());
/// }
/// connection.quit().await;
/// # Ok(())
/// # }
/// ```
pub struct Connection {
    stream: TcpStream,
    peer: String,
    client: SecureClient,
    input: BytesMut,
    /// What was said before the machine had its say.
    transcript: Transcript,
}

impl std::fmt::Debug for Connection {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Connection")
            .field("peer", &self.peer)
            .finish_non_exhaustive()
    }
}

impl Connection {
    pub(super) fn new(
        stream: TcpStream,
        peer: String,
        client: SecureClient,
        transcript: Transcript,
    ) -> Self {
        Self {
            stream,
            peer,
            client,
            input: BytesMut::new(),
            transcript,
        }
    }

    /// Waits until the session takes messages.
    pub(super) async fn greeted(&mut self) -> Result<(), RelayError> {
        loop {
            match self.next_event().await? {
                Event::Ready(_) => return Ok(()),
                Event::Closed(reason) => return Err(self.closed(reason)),
                _ => {}
            }
        }
    }

    /// Whether the session takes another message. A server may have closed it since: that is told by the next message, which
    /// it has not taken, and which belongs on a new connection.
    pub fn is_open(&self) -> bool {
        self.client.is_ready()
    }

    /// Sends one message; the transcript is what was said since the one before.
    pub async fn send(&mut self, envelope: Envelope, message: &[u8]) -> Sent {
        let result = self.transact(envelope, message).await;
        Sent {
            result,
            transcript: self.said(),
        }
    }

    /// Says goodbye, and gives the last words. The messages are what they are, whether or not the server answers.
    pub async fn quit(mut self) -> Transcript {
        self.client.quit(Instant::now());
        while !self.client.is_closed() {
            if self.next_event().await.is_err() {
                break;
            }
        }
        self.said()
    }

    /// What was said since the last call.
    pub(super) fn said(&mut self) -> Transcript {
        let mut said = std::mem::take(&mut self.transcript);
        if let Some(more) = self.client.take_transcript() {
            said.append(&more);
        }
        said
    }

    async fn transact(&mut self, envelope: Envelope, message: &[u8]) -> Result<Report, RelayError> {
        self.client.send(Instant::now(), envelope)?;
        loop {
            match self.next_event().await? {
                Event::BodyWanted => {
                    for piece in message.chunks(PIECE) {
                        // An end of the session in between is told by the next event.
                        let _ = self.client.write_body(Instant::now(), piece);
                        self.flush().await?;
                    }
                    let _ = self.client.finish_body(Instant::now());
                }
                Event::Finished(report) => return Ok(report),
                Event::Closed(reason) => return Err(self.closed(reason)),
                _ => {}
            }
        }
    }

    fn closed(&self, reason: CloseReason) -> RelayError {
        match (reason, self.client.failure()) {
            (CloseReason::TlsFailed, Some(source)) => RelayError::Handshake {
                peer: self.peer.clone(),
                source: source.clone(),
            },
            (reason, _) => RelayError::Closed(reason),
        }
    }

    fn broken(&self, source: io::Error) -> RelayError {
        RelayError::Broken {
            peer: self.peer.clone(),
            source,
        }
    }

    /// Drives the machine to its next event. The last one is [`Event::Closed`].
    async fn next_event(&mut self) -> Result<Event, RelayError> {
        loop {
            self.client.handle_input(Instant::now(), &mut self.input);
            self.flush().await?;
            if let Some(event) = self.client.poll_event() {
                return Ok(event);
            }
            let deadline = self.client.poll_timeout();
            self.input.reserve(READ_SIZE);
            tokio::select! {
                read = self.stream.read_buf(&mut self.input) => match read {
                    Ok(0) => self.client.handle_eof(Instant::now()),
                    Ok(_) => {}
                    Err(error) => return Err(self.broken(error)),
                },
                () = sleep_until(deadline.unwrap_or_else(Instant::now).into()), if deadline.is_some() => {
                    self.client.handle_timeout(Instant::now());
                }
            }
        }
    }

    async fn flush(&mut self) -> Result<(), RelayError> {
        while let Some(octets) = self.client.poll_transmit() {
            let patience = self
                .client
                .poll_timeout()
                .map(|at| at.saturating_duration_since(Instant::now()));
            let written = timeout(
                patience.unwrap_or(Duration::from_mins(5)),
                self.stream.write_all(&octets),
            );
            let written = written.await.map_err(io::Error::from).flatten();
            written.map_err(|error| self.broken(error))?;
        }
        Ok(())
    }
}
