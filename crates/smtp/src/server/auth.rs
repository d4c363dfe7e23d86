//! AUTH (RFC 4954): the frames of a SASL exchange.

use std::time::Instant;

use bytes::{Bytes, BytesMut};

use super::event::{AnswerError, ApiMisuse, AuthRequest, Event, Ticket};
use super::pipeline::Asked;
use super::{Server, texts};
use crate::sasl::{read_oauthbearer, read_plain, read_xoauth2};
use crate::secret::Secret;
use crate::wire::command::trim_end;
use crate::wire::line::Frame;
use crate::wire::reply::{MAX_REPLY_TEXT, Reply, ReplyCode, ReplyText};
use crate::wire::sasl::{Mechanism, Response, decode, encode};

/// The longest line of an exchange, AUTH itself included, in octets (RFC 4954 §4).
pub(super) const MAX_AUTH_LINE: usize = 12_288;

/// What LOGIN asks first; clients look at the reply's code only, yet some compare the words.
const USERNAME: &str = "Username:";
/// What LOGIN asks then.
const PASSWORD: &str = "Password:";

/// What the next line of the client is.
#[derive(Debug)]
pub(super) enum Exchange {
    /// The first message of a mechanism that lets the client begin.
    First(Mechanism),
    LoginUser,
    LoginPassword(String),
    /// The response to a challenge of the embedder.
    Response,
}

impl Server {
    pub(super) fn auth(&mut self, now: Instant, mechanism: Mechanism, initial: Option<Response<'_>>) {
        let offered = self.capabilities().auth;
        let refusal = if self.config.auth.is_empty() {
            Some(texts::NOT_IMPLEMENTED)
        } else if offered.is_empty() {
            Some(texts::AUTH_NEEDS_TLS)
        } else if !self.greeted {
            Some(texts::HELLO_FIRST)
        } else if self.transaction.is_some() {
            Some(texts::BUSY_TRANSACTION)
        } else if self.authenticated {
            Some(texts::ALREADY_AUTHENTICATED)
        } else if !offered.contains(mechanism) {
            Some(texts::MECHANISM_NOT_OFFERED)
        } else if initial.is_some() && !mechanism.takes_initial_response() {
            Some(texts::AUTH_MALFORMED)
        } else {
            None
        };
        if let Some(refusal) = refusal {
            return self.pipeline.push(refusal);
        }
        match (mechanism, initial.map(|initial| Secret::new(initial.decode()))) {
            (Mechanism::CramMd5, _) => {
                let message = Secret::new(Vec::new());
                self.ask_auth(now, AuthRequest::Start { mechanism, message });
            }
            (Mechanism::Login, None) => self.prompt(Exchange::LoginUser, USERNAME),
            (Mechanism::Login, Some(user)) => self.login_user(&user),
            (_, None) => self.prompt(Exchange::First(mechanism), ""),
            (_, Some(message)) => self.first_message(now, mechanism, message),
        }
    }

    /// Takes a line of the exchange; whether there was one to take.
    pub(super) fn auth_line(&mut self, now: Instant, input: &mut BytesMut) -> bool {
        let line = match self.framer.next(input) {
            None => return false,
            Some(Frame::TooLong) => None,
            Some(Frame::Line(line)) => Some(line),
        };
        if let Some(transcript) = &mut self.transcript {
            transcript.redacted_client();
        }
        match (self.exchange.take(), line) {
            (None, _) => {}
            (_, None) => self.pipeline.push(texts::AUTH_TOO_LONG),
            (Some(exchange), Some(line)) => self.response(now, exchange, &line),
        }
        self.settle(now);
        true
    }

    fn response(&mut self, now: Instant, exchange: Exchange, line: &Bytes) {
        let line = trim_end(line);
        if line == b"*" {
            return self.pipeline.push(texts::AUTH_CANCELLED);
        }
        let Some(message) = decode(line).map(Secret::new) else {
            return self.pipeline.push(texts::AUTH_MALFORMED);
        };
        match exchange {
            Exchange::First(mechanism) => self.first_message(now, mechanism, message),
            Exchange::LoginUser => self.login_user(&message),
            Exchange::LoginPassword(user) => self.ask_auth(
                now,
                AuthRequest::Password {
                    authorization: String::new(),
                    user,
                    password: message,
                },
            ),
            Exchange::Response => self.ask_auth(now, AuthRequest::Response(message)),
        }
    }

    fn first_message(&mut self, now: Instant, mechanism: Mechanism, message: Secret) {
        let request = match mechanism {
            Mechanism::Plain => {
                read_plain(message.expose()).map(|(authorization, user, password)| AuthRequest::Password {
                    authorization,
                    user,
                    password,
                })
            }
            Mechanism::XOAuth2 => {
                read_xoauth2(message.expose()).map(|(user, token)| AuthRequest::Token { user, token })
            }
            Mechanism::OAuthBearer => {
                read_oauthbearer(message.expose()).map(|(user, token)| AuthRequest::Token { user, token })
            }
            Mechanism::CramMd5 | Mechanism::Login | Mechanism::ScramSha256 => {
                Some(AuthRequest::Start { mechanism, message })
            }
        };
        match request {
            Some(request) => self.ask_auth(now, request),
            None => self.pipeline.push(texts::AUTH_MALFORMED),
        }
    }

    fn login_user(&mut self, user: &Secret) {
        match user.expose_str() {
            Some(user) if !user.is_empty() => {
                self.prompt(Exchange::LoginPassword(user.to_owned()), PASSWORD);
            }
            _ => self.pipeline.push(texts::AUTH_MALFORMED),
        }
    }

    /// Asks the client for the next line by itself.
    fn prompt(&mut self, exchange: Exchange, words: &str) {
        self.exchange = Some(exchange);
        self.pipeline.push(continuation(words.as_bytes()));
    }

    fn ask_auth(&mut self, now: Instant, request: AuthRequest) {
        let ticket = self.ask(now, Asked::Auth);
        self.events.push_back(Event::Auth { ticket, request });
    }

    /// Goes on with AUTH: sends `octets` to the client, whose response comes as [`AuthRequest::Response`].
    ///
    /// # Errors
    /// [`AnswerError::TooLate`] as with [`Server::answer`]; [`AnswerError::ApiMisuse`] for a ticket that is not of
    /// [`Event::Auth`], and for more than 360 octets, which no reply line can carry.
    pub fn challenge(&mut self, now: Instant, ticket: Ticket, octets: &[u8]) -> Result<(), AnswerError> {
        if self.asked(&ticket)? != Asked::Auth || octets.len().div_ceil(3) * 4 > MAX_REPLY_TEXT {
            return Err(ApiMisuse::Challenge.into());
        }
        self.pipeline.answer(ticket.number, continuation(octets));
        self.settle(now);
        Ok(())
    }

    /// The answer to a step of AUTH leaves.
    pub(super) fn auth_answered(&mut self, reply: &Reply) {
        if reply.code() == ReplyCode::CONTINUE {
            self.exchange = Some(Exchange::Response);
        } else {
            self.authenticated = reply.is_positive();
        }
        self.send(reply);
    }
}

/// 334 with the octets in base64 (RFC 4954 §4).
fn continuation(octets: &[u8]) -> Reply {
    Reply::new(ReplyCode::CONTINUE, None, ReplyText::lossy(&encode(octets)))
}
