//! A client machine and its TLS, as one.

use std::sync::Arc;
use std::time::Instant;

use bytes::{Bytes, BytesMut};
use rustls::pki_types::ServerName;
use rustls::{ClientConnection, Connection};

use super::TlsInfo;
use super::failure::HandshakeFailure;
use super::link::Link;
use crate::client::{ApiMisuse, Client, Envelope, Event, SendError};
use crate::transcript::Transcript;

/// A [`Client`] whose octets are those of the wire, with TLS or without.
///
/// It is driven as the machine is (see the [crate's documentation](crate)); [`Event::HandshakeWanted`] is dealt with inside.
pub struct SecureClient {
    client: Client,
    /// What the server's certificate is checked with, and the name that it has to be for.
    tls: Option<(Arc<rustls::ClientConfig>, ServerName<'static>)>,
    link: Option<Link>,
    failure: Option<HandshakeFailure>,
}

impl SecureClient {
    /// Joins a machine made by [`Client::new`] or [`Client::implicit_tls`] with the config of its TLS and the name of the
    /// server; without them the first handshake fails.
    pub fn new(
        client: Client,
        tls: Option<(Arc<rustls::ClientConfig>, ServerName<'static>)>,
    ) -> Self {
        let mut joined = Self {
            client,
            tls,
            link: None,
            failure: None,
        };
        joined.begin_handshake();
        joined
    }

    /// Takes from the front of `input` what it can act on and leaves the rest.
    pub fn handle_input(&mut self, now: Instant, input: &mut BytesMut) {
        let Some(link) = &mut self.link else {
            self.client.handle_input(now, input);
            // The machine has seen what stood behind the 220, and closed where there was anything.
            return self.begin_handshake();
        };
        match link.read(input) {
            Ok(Some(info)) => {
                // The machine waits for it, or has closed since.
                let _ = self.client.tls_started(now, info);
            }
            Ok(None) => {}
            Err(failure) => {
                self.failure.get_or_insert(failure);
                self.client.tls_failed();
            }
        }
        if self.client.is_closed() {
            input.clear();
        }
        if !self.client.wants_handshake() {
            self.client.handle_input(now, &mut link.plain);
        }
    }

    /// The server will send no more.
    pub fn handle_eof(&mut self, now: Instant) {
        self.client.handle_eof(now);
    }

    /// The deadline of [`SecureClient::poll_timeout`] has come; a call too early changes nothing.
    pub fn handle_timeout(&mut self, now: Instant) {
        self.client.handle_timeout(now);
    }

    /// Octets for the wire, all that there are.
    pub fn poll_transmit(&mut self) -> Option<Bytes> {
        let Some(link) = &mut self.link else {
            return self.client.poll_transmit();
        };
        while let Some(octets) = self.client.poll_transmit() {
            link.write(&octets);
        }
        if self.client.is_closed() {
            link.close();
        }
        let mut wire = BytesMut::new();
        link.transmit(&mut wire);
        (!wire.is_empty()).then(|| wire.freeze())
    }

    /// The next event.
    pub fn poll_event(&mut self) -> Option<Event> {
        loop {
            match self.client.poll_event()? {
                Event::HandshakeWanted => {}
                event => return Some(event),
            }
        }
    }

    /// When [`SecureClient::handle_timeout`] is to be called; none while nothing is outstanding.
    pub fn poll_timeout(&self) -> Option<Instant> {
        self.client.poll_timeout()
    }

    /// [`Client::send`].
    ///
    /// # Errors
    /// As there.
    pub fn send(&mut self, now: Instant, envelope: Envelope) -> Result<(), SendError> {
        self.client.send(now, envelope)
    }

    /// [`Client::send_next`].
    ///
    /// # Errors
    /// As there.
    pub fn send_next(&mut self, envelope: Envelope) -> Result<(), SendError> {
        self.client.send_next(envelope)
    }

    /// [`Client::write_body`].
    ///
    /// # Errors
    /// As there.
    pub fn write_body(&mut self, now: Instant, piece: &[u8]) -> Result<(), ApiMisuse> {
        self.client.write_body(now, piece)
    }

    /// [`Client::finish_body`].
    ///
    /// # Errors
    /// As there.
    pub fn finish_body(&mut self, now: Instant) -> Result<(), ApiMisuse> {
        self.client.finish_body(now)
    }

    /// [`Client::quit`].
    pub fn quit(&mut self, now: Instant) {
        self.client.quit(now);
    }

    /// Whether [`SecureClient::send`] may be called.
    pub fn is_ready(&self) -> bool {
        self.client.is_ready()
    }

    /// Whether the session is over.
    pub fn is_closed(&self) -> bool {
        self.client.is_closed()
    }

    /// The TLS that the session runs over.
    pub fn tls(&self) -> Option<&TlsInfo> {
        self.client.tls()
    }

    /// Why TLS failed, where it did.
    pub fn failure(&self) -> Option<&HandshakeFailure> {
        self.failure.as_ref()
    }

    /// What both sides have said so far, where the config asks for it.
    pub fn transcript(&self) -> Option<&Transcript> {
        self.client.transcript()
    }

    /// [`Client::take_transcript`].
    pub fn take_transcript(&mut self) -> Option<Transcript> {
        self.client.take_transcript()
    }

    fn begin_handshake(&mut self) {
        if self.link.is_some() || !self.client.wants_handshake() {
            return;
        }
        let connection = match self.tls.take() {
            Some((config, name)) => {
                ClientConnection::new(config, name).map_err(HandshakeFailure::new)
            }
            None => Err(HandshakeFailure::no_config()),
        };
        match connection {
            Ok(connection) => self.link = Some(Link::new(Connection::Client(connection))),
            Err(failure) => {
                self.failure = Some(failure);
                self.client.tls_failed();
            }
        }
    }
}

impl std::fmt::Debug for SecureClient {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SecureClient")
            .field("client", &self.client)
            .field("failure", &self.failure)
            .finish_non_exhaustive()
    }
}
