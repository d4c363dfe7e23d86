//! A client machine and its socket: the driver's loop of `inreply-smtp` on Tokio.

use std::io;
use std::time::{Duration, Instant};

use bytes::BytesMut;
use inreply_smtp::client::Event;
use inreply_smtp::tls::SecureClient;
use inreply_smtp::transcript::Transcript;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::{sleep_until, timeout};

use super::watcher::Watcher;

/// Room made for one read: a reply to EHLO fits.
const READ_SIZE: usize = 4_096;

/// Joined, they give one event after the other.
pub(crate) struct Wire {
    stream: TcpStream,
    pub(crate) client: SecureClient,
    input: BytesMut,
    watcher: Option<Watcher>,
    /// Lines of the machine's transcript that the watcher has been told.
    told: usize,
}

impl Wire {
    pub(crate) fn new(stream: TcpStream, client: SecureClient) -> Self {
        Self {
            stream,
            client,
            input: BytesMut::new(),
            watcher: None,
            told: 0,
        }
    }

    /// Tells this one each line of the machine's transcript from here on.
    pub(super) fn watched(mut self, watcher: Option<Watcher>) -> Self {
        self.watcher = watcher;
        self
    }

    /// What was said since the last call.
    pub(super) fn take_transcript(&mut self) -> Option<Transcript> {
        self.tell();
        self.told = 0;
        self.client.take_transcript()
    }

    fn tell(&mut self) {
        if let (Some(watcher), Some(transcript)) = (&self.watcher, self.client.transcript()) {
            self.told = watcher.tell(transcript, self.told);
        }
    }

    /// Drives the machine to its next event. The last one is [`Event::Closed`].
    ///
    /// # Errors
    /// Where the connection breaks.
    pub(crate) async fn next_event(&mut self) -> io::Result<Event> {
        loop {
            self.client.handle_input(Instant::now(), &mut self.input);
            self.tell();
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
                    Err(error) => return Err(error),
                },
                () = sleep_until(deadline.unwrap_or_else(Instant::now).into()), if deadline.is_some() => {
                    self.client.handle_timeout(Instant::now());
                }
            }
        }
    }

    /// Sends what the machine has to send.
    ///
    /// # Errors
    /// Where the connection breaks, or the server does not read before the machine's deadline.
    pub(crate) async fn flush(&mut self) -> io::Result<()> {
        while let Some(octets) = self.client.poll_transmit() {
            let patience = self
                .client
                .poll_timeout()
                .map(|at| at.saturating_duration_since(Instant::now()));
            timeout(
                patience.unwrap_or(Duration::from_mins(5)),
                self.stream.write_all(&octets),
            )
            .await??;
        }
        Ok(())
    }
}
