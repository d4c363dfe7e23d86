//! What a client machine tells its caller.

use crate::wire::capability::Capabilities;
use crate::wire::path::{ForwardPath, ReversePath};
use crate::wire::reply::{Reply, ReplyClass};
use crate::wire::reply_parser::ReplyError;

/// Whom a message is from and for, and what it needs of the server.
///
/// ```
/// use inreply_smtp::client::Envelope;
///
/// let envelope = Envelope::new("<ann@example.com>".parse().unwrap())
///     .to("<reply+x@reply.example>".parse().unwrap())
///     .octets(1_000);
/// assert_eq!(envelope.recipients().len(), 1);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Envelope {
    pub(super) reverse_path: ReversePath<'static>,
    pub(super) recipients: Vec<ForwardPath<'static>>,
    pub(super) octets: Option<u64>,
    pub(super) eight_bit: bool,
    pub(super) binary: bool,
    pub(super) smtputf8: bool,
}

impl Envelope {
    /// An envelope without recipients, for a message in ASCII.
    pub fn new(reverse_path: ReversePath<'static>) -> Self {
        Self {
            reverse_path,
            recipients: Vec::new(),
            octets: None,
            eight_bit: false,
            binary: false,
            smtputf8: false,
        }
    }

    /// Adds a recipient.
    #[must_use]
    pub fn to(mut self, recipient: ForwardPath<'static>) -> Self {
        self.recipients.push(recipient);
        self
    }

    /// The size of the message, so that a server that cannot take it says so before it is sent (RFC 1870).
    #[must_use]
    pub fn octets(mut self, octets: u64) -> Self {
        self.octets = Some(octets);
        self
    }

    /// Whether the message holds octets above 127 in its body (RFC 6152).
    #[must_use]
    pub fn eight_bit(mut self, eight_bit: bool) -> Self {
        self.eight_bit = eight_bit;
        self
    }

    /// Whether the message goes octet by octet as it is, bare line ends and NULs included (BINARYMIME, RFC 3030).
    #[must_use]
    pub fn binary(mut self, binary: bool) -> Self {
        self.binary = binary;
        self
    }

    /// Whether the message's header fields hold non-ASCII (RFC 6531). Addresses of the envelope are looked at anyway.
    #[must_use]
    pub fn smtputf8(mut self, smtputf8: bool) -> Self {
        self.smtputf8 = smtputf8;
        self
    }

    /// Where failures are reported.
    pub fn reverse_path(&self) -> &ReversePath<'static> {
        &self.reverse_path
    }

    /// Whether [`Envelope::eight_bit`] was said.
    pub fn is_eight_bit(&self) -> bool {
        self.eight_bit
    }

    /// Whether [`Envelope::binary`] was said.
    pub fn is_binary(&self) -> bool {
        self.binary
    }

    /// Whether [`Envelope::smtputf8`] was said.
    pub fn is_smtputf8(&self) -> bool {
        self.smtputf8
    }

    /// The recipients, in the order of the report.
    pub fn recipients(&self) -> &[ForwardPath<'static>] {
        &self.recipients
    }

    /// Whether the message cannot go without SMTPUTF8.
    pub(super) fn needs_smtputf8(&self) -> bool {
        let is_ascii =
            self.reverse_path.is_ascii() && self.recipients.iter().all(ForwardPath::is_ascii);
        self.smtputf8 || !is_ascii
    }
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Event {
    /// The server is ready for TLS: every octet from now on belongs to it. Call
    /// [`Client::tls_started`](super::Client::tls_started) when the handshake is done, or
    /// [`Client::tls_failed`](super::Client::tls_failed).
    HandshakeWanted,
    /// The server has greeted and said what it can do: [`Client::send`](super::Client::send) may be called.
    Ready(Capabilities),
    /// The server wants the message: call [`Client::write_body`](super::Client::write_body) until it is given, then
    /// [`Client::finish_body`](super::Client::finish_body).
    BodyWanted,
    /// A transaction is over; the next may follow, or has begun ([`Client::send_next`](super::Client::send_next)).
    Finished(Report),
    /// The session is over. Send what `poll_transmit` still gives, then close the connection.
    Closed(CloseReason),
}

/// What became of a message, recipient by recipient in the order of the envelope.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    pub(super) results: Vec<Delivery>,
    pub(super) stages: Vec<Option<Stage>>,
}

impl Report {
    /// One result a recipient.
    pub fn results(&self) -> &[Delivery] {
        &self.results
    }

    /// What the server was asked when it decided about the recipient of this index; none where it never did.
    pub fn stage(&self, index: usize) -> Option<Stage> {
        self.stages.get(index).copied().flatten()
    }

    /// Whether the server has taken the message for every recipient.
    pub fn is_delivered(&self) -> bool {
        self.results
            .iter()
            .all(|result| matches!(result, Delivery::Delivered(_)))
    }
}

/// A step of a transaction that a server can refuse (RFC 5321 §3.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Stage {
    /// MAIL: the sender.
    Mail,
    /// RCPT: the recipient.
    Rcpt,
    /// DATA: the wish to send.
    Data,
    /// The message, in DATA or BDAT.
    Message,
}

/// What became of a message for one recipient.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Delivery {
    /// The server has taken it, with these words.
    Delivered(Reply),
    /// The server said no.
    Refused(Reply),
    /// The connection ended before the server said either. It may have the message: sending it again can double it.
    Unknown,
}

impl Delivery {
    /// Whether trying again later can help: a 4yz reply or none.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Delivered(_) => false,
            Self::Refused(reply) => reply.code().class() != ReplyClass::PermanentNegative,
            Self::Unknown => true,
        }
    }
}

/// Why a session ended.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CloseReason {
    /// After [`Client::quit`](super::Client::quit).
    #[error("done")]
    Quit,
    /// The greeting or the reply to EHLO and HELO was negative.
    #[error("the server does not want to talk: {}", .0.to_string().trim_end())]
    Refused(Reply),
    /// TLS is required and the server does not offer it, or somebody between took the offer away.
    #[error("the server does not offer STARTTLS")]
    NoStartTls,
    /// Octets stood behind the reply to STARTTLS: somebody wants them to be read as if they had come over TLS.
    #[error("octets came between the reply to STARTTLS and the handshake")]
    LeftoverAfterStartTls,
    /// [`Client::tls_failed`](super::Client::tls_failed).
    #[error("the TLS handshake failed")]
    TlsFailed,
    /// There are credentials, TLS is off, and the config does not let them go without it.
    #[error("credentials are not sent without TLS")]
    AuthNeedsTls,
    /// The server offers no mechanism that the credentials and the config allow.
    #[error("the server offers no mechanism of AUTH that can be used")]
    NoMechanism,
    /// The server does not take the credentials.
    #[error("the server refused the credentials: {}", .0.to_string().trim_end())]
    AuthRefused(Reply),
    /// The server did not keep to the mechanism of AUTH, or did not prove that it knows the password.
    #[error("the server could not prove that it knows the password")]
    ServerNotGenuine,
    /// The server said 421.
    #[error("the server is closing: {}", .0.to_string().trim_end())]
    Unavailable(Reply),
    /// The server closed the connection.
    #[error("the server closed the connection")]
    Eof,
    /// The server took longer than a deadline.
    #[error("the server did not answer {0} in time")]
    Timeout(&'static str),
    /// What the server sent is no reply.
    #[error(transparent)]
    Protocol(#[from] ReplyError),
    /// The server replied to a command that was not sent.
    #[error("the server sent a reply that nobody asked for: {}", .0.to_string().trim_end())]
    UnexpectedReply(Reply),
}

impl CloseReason {
    /// Whether trying again later can help. A protocol error counts as one: the next server of the domain may be in order.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Refused(reply) | Self::AuthRefused(reply) => {
                reply.code().class() != ReplyClass::PermanentNegative
            }
            Self::AuthNeedsTls | Self::NoMechanism => false,
            _ => true,
        }
    }
}

/// Why a transaction was not begun. Nothing was sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SendError {
    /// The session is not ready: before [`Event::Ready`], within a transaction, or after the end.
    #[error("the session is not ready for a message")]
    NotReady,
    /// The envelope has no recipient.
    #[error("the envelope has no recipient")]
    NoRecipients,
    /// The message is larger than the server's SIZE.
    #[error("the message is larger than the {limit} octets that the server takes")]
    TooBig {
        /// The server's limit in octets.
        limit: u64,
    },
    /// The body holds octets above 127, and the server has no 8BITMIME.
    #[error("the message is in 8 bits and the server takes only 7")]
    NeedsEightBitMime,
    /// The message is to go as it is, and the server has no CHUNKING with BINARYMIME.
    #[error("the message is binary, and the server takes only text")]
    NeedsBinaryMime,
    /// An address or a field holds non-ASCII, and the server has no SMTPUTF8.
    #[error("the message needs SMTPUTF8, which the server does not offer")]
    NeedsSmtputf8,
}

/// A call that the state of the session does not allow: a fault of the program.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ApiMisuse {
    /// No handshake is under way.
    #[error("no handshake is under way")]
    NoHandshake,
    /// The server has not asked for a message.
    #[error("the server has not asked for a message")]
    NoBodyWanted,
}
