//! From the greeting to a session that is ready: EHLO, STARTTLS and AUTH.

use std::time::Instant;

use super::config::StartTls;
use super::credentials::{Answer, Exchange};
use super::event::{ApiMisuse, CloseReason, Event};
use super::{Client, Expected, State};
use crate::sasl::NONCE_OCTETS;
use crate::tls::TlsInfo;
use crate::wire::capability::Capabilities;
use crate::wire::command::Command;
use crate::wire::reply::{Reply, ReplyClass};
use crate::wire::sasl::{Mechanism, Response, decode, encode};

impl Client {
    /// Octets drawn at random for this session, without which SCRAM-SHA-256 is not chosen.
    pub fn set_nonce(&mut self, nonce: [u8; NONCE_OCTETS]) {
        self.nonce = Some(nonce);
    }

    /// The handshake that [`Event::HandshakeWanted`] asked for is done; EHLO follows, over TLS.
    ///
    /// # Errors
    /// [`ApiMisuse::NoHandshake`] where none is under way.
    pub fn tls_started(&mut self, now: Instant, info: TlsInfo) -> Result<(), ApiMisuse> {
        if !matches!(self.state, State::Handshake) {
            return Err(ApiMisuse::NoHandshake);
        }
        self.at(now);
        if let Some(transcript) = &mut self.transcript {
            transcript.tls_started(&info);
        }
        self.tls = Some(info);
        self.state = State::Opening;
        if self.expected.front() == Some(&Expected::Greeting) {
            self.deadline = now + self.config.command_timeout;
            return Ok(());
        }
        // RFC 3207 §4.2: what was said in plain text does not count.
        self.capabilities = Capabilities::default();
        self.command(now, &Command::Ehlo(self.config.name.clone()), Expected::Ehlo);
        Ok(())
    }

    /// The handshake that [`Event::HandshakeWanted`] asked for failed: the session is over.
    pub fn tls_failed(&mut self) {
        if !self.is_closed() {
            self.close(CloseReason::TlsFailed);
        }
    }

    /// Whether the connection belongs to a handshake.
    #[cfg(feature = "tls")]
    pub(crate) fn wants_handshake(&self) -> bool {
        matches!(self.state, State::Handshake)
    }

    /// The TLS that the session runs over.
    pub fn tls(&self) -> Option<&TlsInfo> {
        self.tls.as_ref()
    }

    /// The server has said what it can do: what is to happen before a message may go?
    pub(super) fn greeted(&mut self, now: Instant, reply: &Reply) {
        self.capabilities = Capabilities::of(reply);
        if self.tls.is_none() && self.config.starttls != StartTls::Never {
            if self.capabilities.starttls {
                return self.command(now, &Command::StartTls, Expected::StartTls);
            }
            if self.config.starttls == StartTls::Required {
                return self.close(CloseReason::NoStartTls);
            }
        }
        self.authenticate(now);
    }

    pub(super) fn starttls_replied(&mut self, now: Instant, reply: Reply) {
        if reply.is_positive() {
            self.state = State::Handshake;
            self.events.push_back(Event::HandshakeWanted);
        } else if self.config.starttls == StartTls::Required {
            self.close(CloseReason::Refused(reply));
        } else {
            self.authenticate(now);
        }
    }

    fn authenticate(&mut self, now: Instant) {
        let Some(credentials) = self.config.credentials.clone() else {
            return self.ready();
        };
        if self.tls.is_none() && !self.config.plaintext_auth {
            return self.close(CloseReason::AuthNeedsTls);
        }
        let Some(mechanism) = credentials.choose(self.capabilities.auth, self.nonce.is_some()) else {
            return self.close(CloseReason::NoMechanism);
        };
        // A nonce serves one exchange.
        let nonce = self.nonce.take();
        let (exchange, initial) = Exchange::begin(credentials, mechanism, nonce.as_ref());
        self.state = State::Authenticating(exchange);
        let initial = initial.map(|message| Response::encode(message.expose()));
        self.auth_command(now, mechanism, initial);
    }

    fn auth_command(&mut self, now: Instant, mechanism: Mechanism, initial: Option<Response<'_>>) {
        let line = Command::Auth { mechanism, initial }.to_string();
        if let Some(transcript) = &mut self.transcript {
            transcript.client_auth(line.as_bytes());
        }
        self.line(now, &line, Expected::Auth);
    }

    pub(super) fn auth_replied(&mut self, now: Instant, reply: Reply) {
        let State::Authenticating(exchange) = &mut self.state else {
            return;
        };
        match reply.code().class() {
            ReplyClass::PositiveIntermediate => {
                let challenge = reply
                    .lines()
                    .next()
                    .and_then(|text| decode(text.trim().as_bytes()));
                let answer = challenge.map_or(Answer::Cancel, |challenge| exchange.answer(&challenge));
                if let Some(transcript) = &mut self.transcript {
                    transcript.redacted_client();
                }
                match answer {
                    Answer::Respond(response) => {
                        let line = zeroize::Zeroizing::new(encode(response.expose()));
                        self.line(now, &line, Expected::Auth);
                    }
                    Answer::Cancel => {
                        self.line(now, "*", Expected::Auth);
                        self.state = State::Cancelling;
                    }
                }
            }
            ReplyClass::PositiveCompletion if exchange.is_proven() => self.ready(),
            ReplyClass::PositiveCompletion => self.close(CloseReason::ServerNotGenuine),
            _ => self.close(CloseReason::AuthRefused(reply)),
        }
    }

    fn ready(&mut self) {
        self.state = State::Ready;
        self.events.push_back(Event::Ready(self.capabilities.clone()));
    }
}
