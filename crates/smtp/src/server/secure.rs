//! What surrounds the session: the PROXY header, STARTTLS and XCLIENT.

use std::time::Instant;

use bytes::BytesMut;

use super::event::{AbortReason, ApiMisuse, CloseReason, Event};
use super::pipeline::Asked;
use super::{Server, Turn, texts};
use crate::tls::TlsInfo;
use crate::wire::proxy::ProxyHeader;
use crate::wire::reply::Reply;
use crate::wire::xclient::Xclient;

impl Server {
    /// Reads the PROXY header; whether it is there.
    pub(super) fn proxy_header(&mut self, input: &mut BytesMut) -> bool {
        match ProxyHeader::take(input) {
            Ok(None) => false,
            Ok(Some(header)) => {
                self.events.push_back(Event::Proxied(header));
                if self.implicit_tls {
                    self.forget();
                } else {
                    self.turn = Turn::Transmit(self.greeting());
                }
                // What is left belongs to the handshake, or is early talk of which the next call knows more.
                false
            }
            Err(_) => {
                // Whoever it is does not speak for the balancer, and is not owed a word.
                self.close(CloseReason::NoProxyHeader);
                true
            }
        }
    }

    pub(super) fn starttls(&mut self, now: Instant) {
        if self.tls.is_some() {
            return self.pipeline.push(texts::ALREADY_TLS);
        }
        if !self.config.starttls {
            return self.pipeline.push(texts::NOT_IMPLEMENTED);
        }
        let ticket = self.ask(now, Asked::StartTls);
        self.turn = Turn::EmbedderTls;
        self.events.push_back(Event::StartTls { ticket });
    }

    /// The reply to STARTTLS may leave.
    pub(super) fn starttls_answered(&mut self, now: Instant, reply: Reply) {
        self.idle_deadline = now + self.config.handshake_timeout;
        self.turn = Turn::TransmitTls(reply);
    }

    /// The 220 has left: nothing that was said in plain text counts (RFC 3207 §4.2).
    pub(super) fn forget(&mut self) {
        self.abort(AbortReason::Client);
        self.greeted = false;
        self.authenticated = false;
        self.exchange = None;
        self.framer.reset();
        self.turn = Turn::Handshake;
        self.events.push_back(Event::HandshakeWanted);
    }

    /// The handshake that [`Event::HandshakeWanted`] asked for is done; the client greets again, over TLS.
    ///
    /// # Errors
    /// [`ApiMisuse::NoHandshake`] where none is under way.
    pub fn tls_started(&mut self, now: Instant, info: TlsInfo) -> Result<(), ApiMisuse> {
        if self.closed || !matches!(self.turn, Turn::Handshake) {
            return Err(ApiMisuse::NoHandshake);
        }
        self.at(now);
        if let Some(transcript) = &mut self.transcript {
            transcript.tls_started(&info);
        }
        self.tls = Some(info);
        self.turn = if self.implicit_tls {
            Turn::Transmit(self.greeting())
        } else {
            Turn::Client
        };
        self.idle_deadline = now + self.config.command_timeout;
        self.settle(now);
        Ok(())
    }

    /// The handshake that [`Event::HandshakeWanted`] asked for failed: the session is over.
    pub fn tls_failed(&mut self) {
        if !self.closed {
            self.close(CloseReason::TlsFailed);
        }
    }

    /// Whether the connection belongs to a handshake.
    #[cfg(feature = "tls")]
    pub(crate) fn wants_handshake(&self) -> bool {
        matches!(self.turn, Turn::Handshake)
    }

    /// The TLS that the session runs over.
    pub fn tls(&self) -> Option<&TlsInfo> {
        self.tls.as_ref()
    }

    pub(super) fn xclient(&mut self, now: Instant, attributes: Xclient<'_>) {
        let refusal = if !self.config.xclient {
            Some(texts::NOT_TRUSTED)
        } else if self.transaction.is_some() {
            Some(texts::BUSY_TRANSACTION)
        } else {
            None
        };
        if let Some(refusal) = refusal {
            return self.pipeline.push(refusal);
        }
        let ticket = self.ask(now, Asked::Xclient);
        self.events.push_back(Event::Xclient {
            ticket,
            attributes: attributes.into_owned(),
        });
    }

    /// The answer to XCLIENT may leave: the session begins anew.
    pub(super) fn xclient_answered(&mut self, reply: Reply) {
        if reply.is_positive() {
            self.greeted = false;
            self.authenticated = false;
            self.turn = Turn::Transmit(self.greeting());
        } else {
            self.send(&reply);
        }
    }
}
