//! One connection to a relay, for one message after the other.

use std::io;
use std::time::Instant;

use inreply_smtp::client::{CloseReason, Envelope, Event, Report, SendError};
use inreply_smtp::tls::SecureClient;
use inreply_smtp::transcript::Transcript;
use tokio::net::TcpStream;

use super::watcher::Watcher;
use super::wire::Wire;
use super::{RelayError, Sent};

/// Octets of a message that are handed to the machine at once.
const PIECE: usize = 65_536;

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
    wire: Wire,
    peer: String,
    /// What was said before the machine had its say.
    transcript: Transcript,
    /// The envelope that went with the message before: the message that is sent next is this one's.
    announced: Option<Envelope>,
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
        watcher: Option<Watcher>,
    ) -> Self {
        if let Some(watcher) = &watcher {
            watcher.tell(&transcript, 0);
        }
        Self {
            wire: Wire::new(stream, client).watched(watcher),
            peer,
            transcript,
            announced: None,
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
    ///
    /// Behind [`Connection::send_before`] it takes the message that was announced, and no other.
    pub fn is_open(&self) -> bool {
        self.wire.client.is_ready() || (self.announced.is_some() && !self.wire.client.is_closed())
    }

    /// Whether the session takes a message with this envelope.
    pub fn is_open_for(&self, envelope: &Envelope) -> bool {
        self.is_open() && self.announced.as_ref().is_none_or(|next| next == envelope)
    }

    /// Sends one message; the transcript is what was said since the one before.
    pub async fn send(&mut self, envelope: Envelope, message: &[u8]) -> Sent {
        self.send_before(envelope, message, None).await
    }

    /// Sends one message, and the envelope of the next right behind its last octet where the server has PIPELINING
    /// (RFC 2920 §3.1): one round trip a message instead of two. The next call sends that message, or the connection is given up;
    /// nothing of it but the envelope goes before. Its first words stand in the transcript of this one.
    ///
    /// A call that is given up on its way, or fails, leaves a connection that takes no other message.
    pub async fn send_before(
        &mut self,
        envelope: Envelope,
        message: &[u8],
        next: Option<&Envelope>,
    ) -> Sent {
        let mut begun = false;
        let result = self.transact(envelope, message, next, &mut begun).await;
        Sent {
            result,
            transcript: self.said(),
            begun,
        }
    }

    /// Says goodbye, and gives the last words. The messages are what they are, whether or not the server answers.
    pub async fn quit(mut self) -> Transcript {
        self.wire.client.quit(Instant::now());
        while !self.wire.client.is_closed() {
            if self.next_event().await.is_err() {
                break;
            }
        }
        self.said()
    }

    /// What was said since the last call.
    pub(super) fn said(&mut self) -> Transcript {
        let mut said = std::mem::take(&mut self.transcript);
        if let Some(more) = self.wire.take_transcript() {
            said.append(&more);
        }
        said
    }

    async fn transact(
        &mut self,
        envelope: Envelope,
        message: &[u8],
        next: Option<&Envelope>,
        begun: &mut bool,
    ) -> Result<Report, RelayError> {
        match self.announced.take() {
            Some(announced) if announced == envelope => {}
            Some(_) => return Err(SendError::NotReady.into()),
            None => self.wire.client.send(Instant::now(), envelope)?,
        }
        // It is known to the next call only where this one comes to its report: given up on the way, or broken, the connection
        // would give the one message's report to the other.
        let mut announced = None;
        loop {
            match self.next_event().await? {
                Event::BodyWanted => {
                    *begun = true;
                    // One that the server cannot take says so when it is sent.
                    announced = next
                        .filter(|next| self.wire.client.send_next((*next).clone()).is_ok())
                        .cloned();
                    for piece in message.chunks(PIECE) {
                        // An end of the session in between is told by the next event.
                        let _ = self.wire.client.write_body(Instant::now(), piece);
                        let sent = self.wire.flush().await;
                        sent.map_err(|error| self.broken(error))?;
                    }
                    let _ = self.wire.client.finish_body(Instant::now());
                }
                Event::Finished(report) => {
                    self.announced = announced;
                    return Ok(report);
                }
                Event::Closed(reason) => return Err(self.closed(reason)),
                _ => {}
            }
        }
    }

    fn closed(&self, reason: CloseReason) -> RelayError {
        match (reason, self.wire.client.failure()) {
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

    async fn next_event(&mut self) -> Result<Event, RelayError> {
        let event = self.wire.next_event().await;
        event.map_err(|error| self.broken(error))
    }
}
