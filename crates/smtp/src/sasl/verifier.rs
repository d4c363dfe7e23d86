//! Checks credentials for a server that keeps passwords or keys made of them.

use super::NONCE_OCTETS;
use super::hash::hmac_md5;
use super::scram::{ScramKeys, ScramServer};
use crate::secret::Secret;
use crate::server::AuthRequest;
use crate::wire::domain::Domain;
use crate::wire::sasl::{Mechanism, encode};

/// Rounds for a password that is kept as it is: what clients expect at least (RFC 7677 §4), some milliseconds.
const ITERATIONS: u32 = 4_096;

/// What a server knows of a user.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Credential {
    /// The password itself: every mechanism works.
    Password(Secret),
    /// Keys made of it: SCRAM-SHA-256 works, PLAIN and LOGIN too, CRAM-MD5 cannot.
    Scram(ScramKeys),
}

/// What to answer to a step of AUTH.
#[derive(Debug, Clone, PartialEq, Eq)]
// A step goes on, or ends well or badly.
#[allow(clippy::exhaustive_enums)]
pub enum Step {
    /// [`Server::challenge`](crate::server::Server::challenge) with these octets.
    Challenge(Vec<u8>),
    /// [`Server::accept`](crate::server::Server::accept): the client is this user.
    Accept(String),
    /// [`Server::accept`](crate::server::Server::accept)'s opposite: answer with 535 or another negative reply.
    Refuse,
}

/// One AUTH exchange, checked step by step.
///
/// An unknown user costs as many steps and as much time as a known one, so that neither tells which names exist.
///
/// ```
/// use inreply_smtp::sasl::{Credential, Step, Verifier};
/// use inreply_smtp::secret::Secret;
/// use inreply_smtp::server::AuthRequest;
///
/// let mut verifier = Verifier::new("mx.example".parse().unwrap(), [7; 18]);
/// let request = AuthRequest::Password {
///     authorization: String::new(),
///     user: "ann".to_owned(),
///     password: Secret::new("wrong"),
/// };
/// let known = |user: &str| (user == "ann").then(|| Credential::Password(Secret::new("right")));
/// assert_eq!(verifier.step(request, known), Step::Refuse);
/// ```
pub struct Verifier {
    domain: Domain<'static>,
    nonce: [u8; NONCE_OCTETS],
    state: State,
}

enum State {
    Start,
    Cram(String),
    Scram(Box<ScramServer>),
    /// The server's proof is sent, the client's empty response is awaited.
    Proven(String),
    Over,
}

impl std::fmt::Debug for Verifier {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Verifier").finish_non_exhaustive()
    }
}

impl Verifier {
    /// An exchange. `nonce` has to be drawn at random for it: a repeated one lets an old exchange be played again.
    pub fn new(domain: Domain<'static>, nonce: [u8; NONCE_OCTETS]) -> Self {
        Self {
            domain,
            nonce,
            state: State::Start,
        }
    }

    /// Checks one request; `credential` looks a user up. Tokens are not checked here: they are refused.
    pub fn step(
        &mut self,
        request: AuthRequest,
        credential: impl FnOnce(&str) -> Option<Credential>,
    ) -> Step {
        match (std::mem::replace(&mut self.state, State::Over), request) {
            (
                State::Start,
                AuthRequest::Password {
                    authorization,
                    user,
                    password,
                },
            ) => {
                let itself = authorization.is_empty() || authorization == user;
                if self.is_password(credential(&user), &password) && itself {
                    Step::Accept(user)
                } else {
                    Step::Refuse
                }
            }
            (
                State::Start,
                AuthRequest::Start {
                    mechanism: Mechanism::CramMd5,
                    ..
                },
            ) => {
                // RFC 2195 §2 wants the form of a message identifier.
                let challenge = format!("<{}@{}>", encode(&self.nonce), self.domain);
                self.state = State::Cram(challenge.clone());
                Step::Challenge(challenge.into_bytes())
            }
            (
                State::Start,
                AuthRequest::Start {
                    mechanism: Mechanism::ScramSha256,
                    message,
                },
            ) => self.scram(message.expose(), credential),
            (State::Cram(challenge), AuthRequest::Response(response)) => {
                Self::cram(&challenge, &response, credential)
            }
            (State::Scram(server), AuthRequest::Response(response)) => match server.finish(response.expose())
            {
                Some((user, proof)) => {
                    self.state = State::Proven(user);
                    Step::Challenge(proof)
                }
                None => Step::Refuse,
            },
            (State::Proven(user), AuthRequest::Response(response)) if response.expose().is_empty() => {
                Step::Accept(user)
            }
            _ => Step::Refuse,
        }
    }

    fn is_password(&self, credential: Option<Credential>, password: &Secret) -> bool {
        match credential {
            Some(Credential::Password(known)) => known == *password,
            Some(Credential::Scram(keys)) => keys.is_of(password),
            None => false,
        }
    }

    fn cram(challenge: &str, response: &Secret, credential: impl FnOnce(&str) -> Option<Credential>) -> Step {
        let Some((user, digest)) = response
            .expose_str()
            .and_then(|response| response.rsplit_once(' '))
        else {
            return Step::Refuse;
        };
        let (known, secret) = match credential(user) {
            Some(Credential::Password(secret)) => (true, secret),
            _ => (false, Secret::new("nobody's password")),
        };
        let expected = Secret::new(hmac_md5(secret.expose(), challenge.as_bytes()));
        if expected == Secret::new(digest.to_ascii_lowercase()) && known {
            Step::Accept(user.to_owned())
        } else {
            Step::Refuse
        }
    }

    fn scram(&mut self, first: &[u8], credential: impl FnOnce(&str) -> Option<Credential>) -> Step {
        let Some(user) = ScramServer::user(first) else {
            return Step::Refuse;
        };
        let keys = match credential(&user) {
            Some(Credential::Scram(keys)) => keys,
            Some(Credential::Password(password)) => ScramKeys::derive(&password, &self.nonce, ITERATIONS),
            // A proof can be made for no password that anybody knows: the octets are new each time.
            None => ScramKeys::derive(
                &Secret::new([&self.nonce[..], b"nobody"].concat()),
                &self.nonce,
                ITERATIONS,
            ),
        };
        match ScramServer::begin(first, &self.nonce, keys) {
            Some((server, challenge)) => {
                self.state = State::Scram(Box::new(server));
                Step::Challenge(challenge)
            }
            None => Step::Refuse,
        }
    }
}
