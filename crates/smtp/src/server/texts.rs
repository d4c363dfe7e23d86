//! The replies that the machine gives by itself.

use crate::wire::command::CommandError;
use crate::wire::reply::{EnhancedStatusCode, Reply, ReplyCode, ReplyText};

pub(super) const ANSWER_TIMEOUT: Reply = Reply::literal(
    ReplyCode::LOCAL_ERROR,
    (4, 3, 0),
    "Not decided in time, try again later",
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
pub(super) const BYE: Reply = Reply::literal(ReplyCode::CLOSING, (2, 0, 0), "Bye");
pub(super) const EARLY_TALK: Reply = Reply::literal(
    ReplyCode::FAILED,
    (5, 5, 0),
    "SMTP synchronization error: wait for the reply",
);
pub(super) const HELLO_FIRST: Reply = Reply::literal(ReplyCode::BAD_SEQUENCE, (5, 5, 1), "Send EHLO first");
pub(super) const HELP: Reply = Reply::literal(
    ReplyCode::HELP,
    (2, 0, 0),
    "EHLO HELO MAIL RCPT DATA RSET NOOP QUIT VRFY HELP (RFC 5321)",
);
pub(super) const LINE_TOO_LONG: Reply = Reply::literal(ReplyCode::UNRECOGNIZED, (5, 5, 6), "Line too long");
pub(super) const MAIL_FIRST: Reply = Reply::literal(ReplyCode::BAD_SEQUENCE, (5, 5, 1), "Send MAIL first");
pub(super) const NO_RECIPIENTS: Reply = Reply::literal(ReplyCode::FAILED, (5, 5, 1), "No valid recipients");
pub(super) const NOT_IMPLEMENTED: Reply =
    Reply::literal(ReplyCode::NOT_IMPLEMENTED, (5, 5, 1), "Not implemented");
pub(super) const NUL: Reply = Reply::literal(
    ReplyCode::MAILBOX_UNAVAILABLE,
    (5, 6, 0),
    "Message refused: it holds a NUL octet",
);
pub(super) const OK: Reply = Reply::literal(ReplyCode::OK, (2, 0, 0), "Ok");
pub(super) const OTHER_PROTOCOL: Reply =
    Reply::literal(ReplyCode::UNAVAILABLE, (4, 7, 0), "I speak SMTP, you do not");
pub(super) const RECIPIENT_OK: Reply = Reply::literal(ReplyCode::OK, (2, 1, 5), "Ok");
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
pub(super) const TIMEOUT: Reply = Reply::literal(ReplyCode::UNAVAILABLE, (4, 4, 2), "Timeout, closing");
pub(super) const TOO_BIG: Reply = Reply::literal(ReplyCode::TOO_BIG, (5, 3, 4), "Message too big");
pub(super) const TOO_MANY_ERRORS: Reply =
    Reply::literal(ReplyCode::UNAVAILABLE, (4, 7, 0), "Too many errors, closing");
pub(super) const TOO_MANY_RECIPIENTS: Reply = Reply::literal(
    ReplyCode::NO_STORAGE,
    (4, 5, 3),
    "Too many recipients, send the rest in another transaction",
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
