//! What a server machine tells and asks its embedder.

use bytes::Bytes;

use crate::secret::Secret;
use crate::wire::domain::EhloName;
use crate::wire::parameter::{MailParameters, RcptParameters};
use crate::wire::path::{ForwardPath, ReversePath};
use crate::wire::proxy::ProxyHeader;
use crate::wire::sasl::Mechanism;
use crate::wire::xclient::Xclient;

/// The right to answer one event, once.
///
/// It is consumed by [`Server::accept`](super::Server::accept) or [`Server::answer`](super::Server::answer). One that is
/// dropped runs into its deadline: the client hears `451 4.3.0` and tries again later.
#[derive(Debug)]
#[must_use = "the client waits for this answer"]
pub struct Ticket {
    pub(super) session: u64,
    pub(super) number: u64,
}

/// What happened, in the order of the client's commands.
#[derive(Debug)]
#[non_exhaustive]
pub enum Event {
    /// The PROXY header of a trusted peer, before the greeting.
    Proxied(ProxyHeader),
    /// XCLIENT of a trusted peer. Behind a positive answer the session begins anew, with its greeting.
    Xclient {
        /// To be answered.
        ticket: Ticket,
        /// Whom the peer speaks for.
        attributes: Xclient<'static>,
    },
    /// STARTTLS. Where no handshake is possible, answer `454 4.7.0`.
    StartTls {
        /// To be answered.
        ticket: Ticket,
    },
    /// The 220 behind STARTTLS has left and the session is forgotten: every octet from now on belongs to TLS. Call
    /// [`Server::tls_started`](super::Server::tls_started) when the handshake is done, or
    /// [`Server::tls_failed`](super::Server::tls_failed).
    HandshakeWanted,
    /// A step of AUTH. Answer it, or go on with [`Server::challenge`](super::Server::challenge);
    /// [`Verifier`](crate::sasl::Verifier) knows which, for who keeps passwords.
    Auth {
        /// To be answered.
        ticket: Ticket,
        /// What the client says.
        request: AuthRequest,
    },
    /// EHLO, HELO or LHLO. A positive answer's text is not used: the machine lists its extensions.
    Hello {
        /// To be answered.
        ticket: Ticket,
        /// What the client calls itself; nothing proves it.
        name: EhloName<'static>,
        /// EHLO or LHLO, so that extensions are used; false for HELO.
        extended: bool,
    },
    /// MAIL FROM.
    Mail {
        /// To be answered.
        ticket: Ticket,
        /// Where failures are to be reported.
        reverse_path: ReversePath<'static>,
        /// `SIZE=` and the like, within the limits of the config.
        parameters: MailParameters<'static>,
    },
    /// RCPT TO. Where MAIL is refused later, the client hears 503 for this one whatever the answer is.
    Rcpt {
        /// To be answered.
        ticket: Ticket,
        /// Where the message is to go.
        forward_path: ForwardPath<'static>,
        /// `NOTIFY=` and the like, where the config offers DSN.
        parameters: RcptParameters<'static>,
    },
    /// DATA or the first BDAT, with at least one accepted recipient. Behind a positive answer body events follow.
    Data {
        /// To be answered.
        ticket: Ticket,
    },
    /// Octets of the message, in order, dots unstuffed.
    Body(Bytes),
    /// The message is complete. **A 2xx answer is a promise to deliver it** (RFC 5321 §4.2.5): store it first.
    EndOfData {
        /// To be answered.
        ticket: Ticket,
        /// In LMTP the number of the accepted recipient that the verdict is for, from 0 in the order of their RCPT: there is
        /// one such event for each. None in SMTP, where one verdict is for all.
        recipient: Option<usize>,
        /// The size of the message in octets.
        octets: u64,
        /// Bare CRs and LFs that became `<CR><LF>`, where the config says so.
        normalized_line_ends: u64,
    },
    /// The transaction is over without a message: forget its sender, recipients and octets.
    TransactionAborted(AbortReason),
    /// The session is over. Send what [`Server::poll_transmit`](super::Server::poll_transmit) still gives, then close the
    /// connection.
    Closed(CloseReason),
}

impl Event {
    pub(super) fn has_ticket(&self) -> bool {
        matches!(
            self,
            Self::Auth { .. }
                | Self::Hello { .. }
                | Self::StartTls { .. }
                | Self::Xclient { .. }
                | Self::Mail { .. }
                | Self::Rcpt { .. }
                | Self::Data { .. }
                | Self::EndOfData { .. }
        )
    }
}

/// What a client says in AUTH.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum AuthRequest {
    /// PLAIN or LOGIN: the password as it is.
    Password {
        /// Whom the client wants to act as; empty for itself, and always with LOGIN.
        authorization: String,
        /// Who the client says it is.
        user: String,
        /// The proof.
        password: Secret,
    },
    /// XOAUTH2 or OAUTHBEARER.
    Token {
        /// Who the client says it is; it may be empty, for the token knows.
        user: String,
        /// The proof.
        token: Secret,
    },
    /// CRAM-MD5 or SCRAM-SHA-256 begins.
    Start {
        /// Which of them.
        mechanism: Mechanism,
        /// The client's first message, empty with CRAM-MD5.
        message: Secret,
    },
    /// The response to a challenge.
    Response(Secret),
}

/// Why a transaction ended without a message for the embedder.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AbortReason {
    /// RSET, EHLO, HELO, STARTTLS, XCLIENT or QUIT.
    #[error("the client gave it up")]
    Client,
    /// The connection ended.
    #[error("the connection ended")]
    Closed,
    /// The message holds a bare CR or LF, and the config refuses it.
    #[error("the message holds a bare CR or LF")]
    BareLineEnd,
    /// The message holds a NUL.
    #[error("the message holds a NUL")]
    Nul,
    /// The embedder refused the first chunk of the message.
    #[error("the message was not wanted")]
    Refused,
    /// The message is larger than the limit.
    #[error("the message is too big")]
    TooBig,
    /// The answer to the end of DATA came too late.
    #[error("the answer came too late")]
    VerdictTimeout,
}

/// Why a session ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CloseReason {
    /// QUIT.
    #[error("QUIT")]
    Quit,
    /// The client closed the connection without QUIT.
    #[error("the client closed the connection")]
    Eof,
    /// The client spoke before its turn.
    #[error("the client spoke before its turn")]
    EarlyTalk,
    /// The connection had to begin with a PROXY header, and did not.
    #[error("the PROXY header is missing")]
    NoProxyHeader,
    /// A BDAT came without a size that can be read: nobody knows where the next command begins.
    #[error("the client sent a chunk of unknown size")]
    UnknownChunkSize,
    /// [`Server::tls_failed`](super::Server::tls_failed).
    #[error("the TLS handshake failed")]
    TlsFailed,
    /// A browser or a proxy is at the other end.
    #[error("the client speaks another protocol")]
    OtherProtocol,
    /// The client took longer than a deadline.
    #[error("the client took too long")]
    Timeout,
    /// Too many negative replies.
    #[error("too many errors")]
    TooManyErrors,
    /// Too many commands that lead to no message.
    #[error("too many commands without a message")]
    TooManyCommands,
    /// A message went on long behind its limit.
    #[error("the message was endless")]
    EndlessMessage,
    /// The embedder answered 421.
    #[error("the server closed the session")]
    Refused,
    /// [`Server::shutdown`](super::Server::shutdown).
    #[error("the server is shutting down")]
    Shutdown,
}

/// Why an answer was not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AnswerError {
    /// The deadline passed or the session ended: the client has its reply, or will never have one.
    #[error("the answer came too late")]
    TooLate,
    /// The call itself is wrong.
    #[error(transparent)]
    ApiMisuse(#[from] ApiMisuse),
}

/// A call that no state of the session allows: a fault of the program.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ApiMisuse {
    /// The ticket is of another session.
    #[error("the ticket is of another session")]
    ForeignTicket,
    /// A challenge where no AUTH is open, or one that no reply line can carry.
    #[error("the challenge has no place")]
    Challenge,
    /// No handshake is under way.
    #[error("no handshake is under way")]
    NoHandshake,
    /// A 3yz reply was given: the machine sends 334 and 354 by itself.
    #[error("an answer's code begins with 2, 4 or 5")]
    IntermediateAnswer,
}
