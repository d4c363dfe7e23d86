//! Mails of the server's own about what came in: ready to send, from `<>`, so that nothing comes back of them.

#[cfg(feature = "auth")]
use std::time::SystemTime;

use inreply_smtp::client::Envelope;

#[cfg(feature = "auth")]
use crate::sign::{SignError, Signer};

/// A mail about a refusal ([`crate::rejection`]) or one for the operator ([`crate::forward`]).
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Outgoing {
    /// From `<>` to one mailbox.
    pub envelope: Envelope,
    /// The message, lines ended with `<CR><LF>`.
    pub message: Vec<u8>,
}

impl Outgoing {
    /// The mail with the signatures of our domain, at `now`: receivers trust what comes from `<>` even less than other mail.
    ///
    /// # Errors
    /// See [`SignError`].
    #[cfg(feature = "auth")]
    pub fn signed(self, signer: &Signer, now: SystemTime) -> Result<Self, SignError> {
        let message = signer.sign(&self.message, now)?;
        Ok(Self {
            envelope: self.envelope.octets(message.len() as u64),
            message,
        })
    }
}
