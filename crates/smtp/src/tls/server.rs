//! A server machine and its TLS, as one.

use std::sync::Arc;
use std::time::Instant;

use bytes::{Bytes, BytesMut};
use rustls::{Connection, ServerConnection};

use super::TlsInfo;
use super::failure::HandshakeFailure;
use super::link::Link;
use crate::server::{AnswerError, Event, Server, Ticket};
use crate::transcript::Transcript;
use crate::wire::reply::Reply;

/// A [`Server`] whose octets are those of the wire, with TLS or without.
///
/// It is driven as the machine is (see the [crate's documentation](crate)); [`Event::HandshakeWanted`] is dealt with inside.
/// A PROXY header is taken off before the handshake, where the machine's config expects one.
pub struct SecureServer {
    server: Server,
    config: Option<Arc<rustls::ServerConfig>>,
    /// Boxed: a TLS connection is larger than all the rest, and most sessions have none.
    link: Option<Box<Link>>,
    failure: Option<HandshakeFailure>,
}

impl SecureServer {
    /// Joins a machine made by [`Server::new`] or [`Server::implicit_tls`] with the config of its TLS; without one the first
    /// handshake fails.
    pub fn new(server: Server, config: Option<Arc<rustls::ServerConfig>>) -> Self {
        let mut joined = Self {
            server,
            config,
            link: None,
            failure: None,
        };
        joined.begin_handshake();
        joined
    }

    /// Takes from the front of `input` what it can act on and leaves the rest.
    pub fn handle_input(&mut self, now: Instant, input: &mut BytesMut) {
        if self.link.is_none() {
            self.server.handle_input(now, input);
            self.begin_handshake();
        }
        let Some(link) = &mut self.link else { return };
        match link.read(input) {
            Ok(Some(info)) => {
                // The machine waits for it, or has closed since.
                let _ = self.server.tls_started(now, info);
            }
            Ok(None) => {}
            Err(failure) => {
                self.failure.get_or_insert(failure);
                self.server.tls_failed();
            }
        }
        if self.server.is_closed() {
            input.clear();
        }
        if !self.server.wants_handshake() {
            self.server.handle_input(now, &mut link.plain);
        }
    }

    /// The client will send no more.
    pub fn handle_eof(&mut self, now: Instant) {
        self.server.handle_eof(now);
    }

    /// The deadline of [`SecureServer::poll_timeout`] has come; a call too early changes nothing.
    pub fn handle_timeout(&mut self, now: Instant) {
        self.server.handle_timeout(now);
    }

    /// Octets for the wire, all that there are.
    pub fn poll_transmit(&mut self) -> Option<Bytes> {
        let Some(link) = &mut self.link else {
            let octets = self.server.poll_transmit();
            self.begin_handshake();
            return octets;
        };
        while let Some(octets) = self.server.poll_transmit() {
            link.write(&octets);
        }
        if self.server.is_closed() {
            link.close();
        }
        let mut wire = BytesMut::new();
        link.transmit(&mut wire);
        (!wire.is_empty()).then(|| wire.freeze())
    }

    /// The next event.
    pub fn poll_event(&mut self) -> Option<Event> {
        loop {
            match self.server.poll_event()? {
                Event::HandshakeWanted => {}
                event => return Some(event),
            }
        }
    }

    /// When [`SecureServer::handle_timeout`] is to be called; none once the session is closed.
    pub fn poll_timeout(&self) -> Option<Instant> {
        self.server.poll_timeout()
    }

    /// [`Server::accept`].
    ///
    /// # Errors
    /// As there.
    pub fn accept(&mut self, now: Instant, ticket: Ticket) -> Result<(), AnswerError> {
        self.server.accept(now, ticket)
    }

    /// [`Server::answer`].
    ///
    /// # Errors
    /// As there.
    pub fn answer(
        &mut self,
        now: Instant,
        ticket: Ticket,
        reply: Reply,
    ) -> Result<(), AnswerError> {
        self.server.answer(now, ticket, reply)
    }

    /// [`Server::challenge`].
    ///
    /// # Errors
    /// As there.
    pub fn challenge(
        &mut self,
        now: Instant,
        ticket: Ticket,
        octets: &[u8],
    ) -> Result<(), AnswerError> {
        self.server.challenge(now, ticket, octets)
    }

    /// [`Server::refuse_credentials`].
    ///
    /// # Errors
    /// As there.
    pub fn refuse_credentials(&mut self, now: Instant, ticket: Ticket) -> Result<(), AnswerError> {
        self.server.refuse_credentials(now, ticket)
    }

    /// [`Server::shutdown`].
    pub fn shutdown(&mut self, now: Instant) {
        self.server.shutdown(now);
    }

    /// Whether the session is over.
    pub fn is_closed(&self) -> bool {
        self.server.is_closed()
    }

    /// The TLS that the session runs over.
    pub fn tls(&self) -> Option<&TlsInfo> {
        self.server.tls()
    }

    /// Why TLS failed, where it did.
    pub fn failure(&self) -> Option<&HandshakeFailure> {
        self.failure.as_ref()
    }

    /// What both sides have said so far, where the config asks for it.
    pub fn transcript(&self) -> Option<&Transcript> {
        self.server.transcript()
    }

    fn begin_handshake(&mut self) {
        if self.link.is_some() || !self.server.wants_handshake() {
            return;
        }
        let connection = match &self.config {
            Some(config) => {
                ServerConnection::new(Arc::clone(config)).map_err(HandshakeFailure::new)
            }
            None => Err(HandshakeFailure::no_config()),
        };
        match connection {
            Ok(connection) => self.link = Some(Box::new(Link::new(Connection::Server(connection)))),
            Err(failure) => {
                self.failure = Some(failure);
                self.server.tls_failed();
            }
        }
    }
}

impl std::fmt::Debug for SecureServer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SecureServer")
            .field("server", &self.server)
            .field("failure", &self.failure)
            .finish_non_exhaustive()
    }
}
