//! Mails of the server's own about what came in: ready to send, from `<>`, so that nothing comes back of them.

use inreply_smtp::client::Envelope;

/// A mail about a refusal ([`crate::rejection`]) or one for the operator ([`crate::forward`]).
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Outgoing {
    /// From `<>` to one mailbox.
    pub envelope: Envelope,
    /// The message, lines ended with `<CR><LF>`.
    pub message: Vec<u8>,
}
