//! How a client proves who it is.

use crate::sasl::{NONCE_OCTETS, ScramClient, cram_response, oauthbearer, plain, xoauth2};
use crate::secret::Secret;
use crate::wire::sasl::{Mechanism, Mechanisms};

/// A user and the proof of it.
///
/// ```
/// use inreply_smtp::client::Credentials;
/// use inreply_smtp::secret::Secret;
/// use inreply_smtp::wire::sasl::Mechanism;
///
/// let credentials = Credentials::password("ann", Secret::new("correct horse")).mechanism(Mechanism::Plain);
/// assert!(!format!("{credentials:?}").contains("horse"));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Credentials {
    user: String,
    proof: Proof,
    mechanism: Option<Mechanism>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Proof {
    Password(Secret),
    Token(Secret),
}

impl Credentials {
    /// A password, for SCRAM-SHA-256, CRAM-MD5, PLAIN or LOGIN, whichever the server offers first in this order.
    pub fn password(user: impl Into<String>, password: Secret) -> Self {
        Self {
            user: user.into(),
            proof: Proof::Password(password),
            mechanism: None,
        }
    }

    /// A bearer token, for OAUTHBEARER or XOAUTH2.
    pub fn token(user: impl Into<String>, token: Secret) -> Self {
        Self {
            user: user.into(),
            proof: Proof::Token(token),
            mechanism: None,
        }
    }

    /// Uses this mechanism and no other.
    #[must_use]
    pub fn mechanism(mut self, mechanism: Mechanism) -> Self {
        self.mechanism = Some(mechanism);
        self
    }

    /// The best of the offered mechanisms; SCRAM needs a nonce.
    pub(super) fn choose(&self, offered: Mechanisms, has_nonce: bool) -> Option<Mechanism> {
        let suits = |mechanism: &Mechanism| match (mechanism, &self.proof) {
            (Mechanism::OAuthBearer | Mechanism::XOAuth2, proof) => matches!(proof, Proof::Token(_)),
            (Mechanism::ScramSha256, Proof::Password(_)) => has_nonce,
            (_, proof) => matches!(proof, Proof::Password(_)),
        };
        offered
            .iter()
            .filter(|mechanism| self.mechanism.is_none_or(|only| only == *mechanism))
            .find(suits)
    }

    fn secret(&self) -> &Secret {
        match &self.proof {
            Proof::Password(secret) | Proof::Token(secret) => secret,
        }
    }
}

/// The client's half of one AUTH exchange.
pub(super) struct Exchange {
    credentials: Credentials,
    state: State,
}

enum State {
    Cram,
    LoginUser,
    LoginPassword,
    /// Nothing more is to be said; what the server still sends is answered with nothing (XOAUTH2 sends an error so).
    Said,
    Scram(Box<ScramClient>),
    ScramProof(Box<ScramClient>),
    /// The server has proved that it knows the password.
    Genuine,
    Over,
}

/// What follows a challenge.
pub(super) enum Answer {
    Respond(Secret),
    /// The server does not keep to the mechanism.
    Cancel,
}

impl Exchange {
    /// An exchange and its initial response, where the mechanism has one.
    pub(super) fn begin(
        credentials: Credentials,
        mechanism: Mechanism,
        nonce: Option<&[u8; NONCE_OCTETS]>,
    ) -> (Self, Option<Secret>) {
        let (user, secret) = (&credentials.user, credentials.secret());
        let (state, initial) = match (mechanism, nonce) {
            (Mechanism::Plain, _) => (State::Said, Some(plain(user, secret))),
            (Mechanism::XOAuth2, _) => (State::Said, Some(xoauth2(user, secret))),
            (Mechanism::OAuthBearer, _) => (State::Said, Some(oauthbearer(user, secret))),
            (Mechanism::CramMd5, _) => (State::Cram, None),
            (Mechanism::ScramSha256, Some(nonce)) => {
                let (scram, first) = ScramClient::begin(user, nonce);
                (State::Scram(Box::new(scram)), Some(first))
            }
            (Mechanism::ScramSha256, None) => (State::Over, None),
            (Mechanism::Login, _) => (State::LoginUser, None),
        };
        (Self { credentials, state }, initial)
    }

    /// Answers a challenge.
    pub(super) fn answer(&mut self, challenge: &[u8]) -> Answer {
        let (user, secret) = (&self.credentials.user, self.credentials.secret());
        let nothing = Answer::Respond(Secret::new(Vec::new()));
        match std::mem::replace(&mut self.state, State::Over) {
            State::Cram => Answer::Respond(cram_response(user, secret, challenge)),
            State::LoginUser => {
                self.state = State::LoginPassword;
                Answer::Respond(Secret::new(user.as_str()))
            }
            State::LoginPassword => Answer::Respond(secret.clone()),
            State::Said => nothing,
            State::Scram(mut scram) => match scram.prove(secret, challenge) {
                Some(proof) => {
                    self.state = State::ScramProof(scram);
                    Answer::Respond(proof)
                }
                None => Answer::Cancel,
            },
            State::ScramProof(scram) if scram.is_genuine(challenge) => {
                self.state = State::Genuine;
                nothing
            }
            State::ScramProof(_) | State::Genuine | State::Over => Answer::Cancel,
        }
    }

    /// Whether a 235 may be believed: with SCRAM the server has to have proved itself first.
    pub(super) fn is_proven(&self) -> bool {
        !matches!(self.state, State::Scram(_) | State::ScramProof(_))
    }
}
