//! The replies that the machine gives by itself.

use crate::wire::command::CommandError;
use crate::wire::reply::{EnhancedStatusCode, Reply, ReplyCode, ReplyText};

pub(super) const ALREADY_AUTHENTICATED: Reply =
    Reply::literal(ReplyCode::BAD_SEQUENCE, (5, 5, 1), "Already authenticated");
pub(super) const ALREADY_TLS: Reply =
    Reply::literal(ReplyCode::BAD_SEQUENCE, (5, 5, 1), "TLS is already on");
pub(super) const ANSWER_TIMEOUT: Reply = Reply::literal(
    ReplyCode::LOCAL_ERROR,
    (4, 3, 0),
    "Not decided in time, try again later",
);
pub(super) const AUTHENTICATED: Reply = Reply::literal(
    ReplyCode::AUTHENTICATED,
    (2, 7, 0),
    "Authentication successful",
);
pub(super) const AUTH_CANCELLED: Reply = Reply::literal(
    ReplyCode::BAD_ARGUMENT,
    (5, 7, 0),
    "Authentication cancelled",
);
pub(super) const AUTH_MALFORMED: Reply = Reply::literal(
    ReplyCode::BAD_ARGUMENT,
    (5, 5, 2),
    "The response cannot be decoded",
);
pub(super) const AUTH_NEEDS_TLS: Reply = Reply::literal(
    ReplyCode::ENCRYPTION_REQUIRED,
    (5, 7, 11),
    "Encryption required, send STARTTLS first",
);
pub(super) const AUTH_TOO_LONG: Reply = Reply::literal(
    ReplyCode::UNRECOGNIZED,
    (5, 5, 6),
    "Authentication exchange line is too long",
);
pub(super) const BARE_LINE_END: Reply = Reply::literal(
    ReplyCode::MAILBOX_UNAVAILABLE,
    (5, 6, 0),
    "Message refused: bare <CR> or <LF>, lines end with <CR><LF>",
);
pub(super) const BUSY_TRANSACTION: Reply = Reply::literal(
    ReplyCode::BAD_SEQUENCE,
    (5, 5, 1),
    "A transaction is open, send RSET first",
);
pub(super) const BINARY_NEEDS_BDAT: Reply = Reply::literal(
    ReplyCode::BAD_SEQUENCE,
    (5, 5, 1),
    "BODY=BINARYMIME goes with BDAT only",
);
pub(super) const BYE: Reply = Reply::literal(ReplyCode::CLOSING, (2, 0, 0), "Bye");
pub(super) const CHUNKED_ALREADY: Reply = Reply::literal(
    ReplyCode::BAD_SEQUENCE,
    (5, 5, 1),
    "The message has begun, send the next BDAT or RSET",
);
pub(super) const CHUNK_TAKEN: Reply = Reply::literal(ReplyCode::OK, (2, 0, 0), "Ok: chunk taken");
pub(super) const EARLY_TALK: Reply = Reply::literal(
    ReplyCode::FAILED,
    (5, 5, 0),
    "SMTP synchronization error: wait for the reply",
);
pub(super) const HELLO_FIRST: Reply =
    Reply::literal(ReplyCode::BAD_SEQUENCE, (5, 5, 1), "Send EHLO first");
pub(super) const HELP: Reply = Reply::literal(
    ReplyCode::HELP,
    (2, 0, 0),
    "EHLO HELO MAIL RCPT DATA BDAT RSET NOOP QUIT VRFY HELP STARTTLS AUTH",
);
pub(super) const LINE_TOO_LONG: Reply =
    Reply::literal(ReplyCode::UNRECOGNIZED, (5, 5, 6), "Line too long");
pub(super) const LMTP_ONLY: Reply = Reply::literal(
    ReplyCode::UNRECOGNIZED,
    (5, 5, 1),
    "This is LMTP, send LHLO",
);
pub(super) const MAIL_FIRST: Reply =
    Reply::literal(ReplyCode::BAD_SEQUENCE, (5, 5, 1), "Send MAIL first");
pub(super) const MECHANISM_NOT_OFFERED: Reply = Reply::literal(
    ReplyCode::PARAMETER_NOT_IMPLEMENTED,
    (5, 5, 4),
    "The mechanism is not offered",
);
pub(super) const NEEDS_TLS: Reply = Reply::literal(
    ReplyCode::ACCESS_DENIED,
    (5, 7, 0),
    "Must issue a STARTTLS command first",
);
/// RFC 2033 §4.2: in LMTP it is a matter of order.
pub(super) const NO_LMTP_RECIPIENTS: Reply =
    Reply::literal(ReplyCode::BAD_SEQUENCE, (5, 5, 1), "No valid recipients");
pub(super) const NO_RECIPIENTS: Reply =
    Reply::literal(ReplyCode::FAILED, (5, 5, 1), "No valid recipients");
pub(super) const NOT_IMPLEMENTED: Reply =
    Reply::literal(ReplyCode::NOT_IMPLEMENTED, (5, 5, 1), "Not implemented");
pub(super) const NOT_TRUSTED: Reply = Reply::literal(
    ReplyCode::MAILBOX_UNAVAILABLE,
    (5, 7, 0),
    "You are not trusted to say so",
);
pub(super) const NUL: Reply = Reply::literal(
    ReplyCode::MAILBOX_UNAVAILABLE,
    (5, 6, 0),
    "Message refused: it holds a NUL octet",
);
pub(super) const OK: Reply = Reply::literal(ReplyCode::OK, (2, 0, 0), "Ok");
pub(super) const OTHER_PROTOCOL: Reply = Reply::literal(
    ReplyCode::UNAVAILABLE,
    (4, 7, 0),
    "I speak SMTP, you do not",
);
pub(super) const READY_FOR_TLS: Reply =
    Reply::literal(ReplyCode::READY, (2, 0, 0), "Ready to start TLS");
pub(super) const RECIPIENT_OK: Reply = Reply::literal(ReplyCode::OK, (2, 1, 5), "Ok");
/// RFC 8689 §4.2.1.
pub(super) const REQUIRETLS_NEEDS_TLS: Reply = Reply::literal(
    ReplyCode::ACCESS_DENIED,
    (5, 7, 10),
    "REQUIRETLS needs TLS here",
);
pub(super) const SENDER_OK: Reply = Reply::literal(ReplyCode::OK, (2, 1, 0), "Ok");
pub(super) const SHUTDOWN: Reply = Reply::literal(
    ReplyCode::UNAVAILABLE,
    (4, 3, 2),
    "Shutting down, try again later",
);
pub(super) const START_MESSAGE: Reply = Reply::new(
    ReplyCode::START_MESSAGE,
    None,
    ReplyText::literal("End data with <CR><LF>.<CR><LF>"),
);
pub(super) const TIMEOUT: Reply =
    Reply::literal(ReplyCode::UNAVAILABLE, (4, 4, 2), "Timeout, closing");
pub(super) const TOO_BIG: Reply = Reply::literal(ReplyCode::TOO_BIG, (5, 3, 4), "Message too big");
pub(super) const TOO_MANY_COMMANDS: Reply = Reply::literal(
    ReplyCode::UNAVAILABLE,
    (4, 7, 0),
    "Too many commands without a message, closing",
);
pub(super) const TOO_MANY_ERRORS: Reply = Reply::literal(
    ReplyCode::UNAVAILABLE,
    (4, 7, 0),
    "Too many errors, closing",
);
pub(super) const TOO_MANY_RECIPIENTS: Reply = Reply::literal(
    ReplyCode::NO_STORAGE,
    (4, 5, 3),
    "Too many recipients, send the rest in another transaction",
);
pub(super) const UNKNOWN_CREDENTIALS: Reply = Reply::literal(
    ReplyCode::NOT_AUTHENTICATED,
    (5, 7, 8),
    "Authentication credentials invalid",
);
pub(super) const UTF8_NOT_ANNOUNCED: Reply = Reply::literal(
    ReplyCode::BAD_MAILBOX,
    (5, 6, 7),
    "A non-ASCII address needs SMTPUTF8 on MAIL",
);
pub(super) const VRFY: Reply = Reply::literal(
    ReplyCode::NOT_VERIFIED,
    (2, 5, 0),
    "Cannot verify, send the message and see",
);

/// What is said of a message itself: the mail server of its sender shows it to a person.
pub(super) fn with_help(reply: Reply, help: Option<&ReplyText>) -> Reply {
    match help {
        None => reply,
        Some(help) => reply.line(help.clone()),
    }
}

/// What a line that is no command hears. The text names the octet, and quotes nothing of what the peer sent.
pub(super) fn of(error: CommandError) -> Reply {
    let (code, enhanced) = match error {
        CommandError::Unrecognized => (ReplyCode::UNRECOGNIZED, (5, 5, 1)),
        CommandError::OtherProtocol => return OTHER_PROTOCOL,
        CommandError::Syntax(_) => (ReplyCode::BAD_ARGUMENT, (5, 5, 4)),
        CommandError::UnknownParameter => (ReplyCode::UNKNOWN_PARAMETER, (5, 5, 4)),
        CommandError::UnknownChunkSize => (ReplyCode::BAD_ARGUMENT, (5, 5, 4)),
        CommandError::UnknownMechanism => (ReplyCode::PARAMETER_NOT_IMPLEMENTED, (5, 5, 4)),
    };
    let (class, subject, detail) = enhanced;
    Reply::new(
        code,
        EnhancedStatusCode::new(class, subject, detail),
        ReplyText::lossy(&format!("Error: {error}")),
    )
}
