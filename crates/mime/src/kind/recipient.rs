//! Whom a bounce is about.

use super::transcript;
use crate::report::{Action, RecipientStatus};

/// A recipient of the message that a bounce or a delivery notice is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recipient {
    pub(super) address: String,
    pub(super) action: Action,
    pub(super) status: String,
    pub(super) diagnostic: String,
}

impl Recipient {
    pub(super) fn of(recipient: &RecipientStatus) -> Self {
        let diagnostic = recipient.diagnostic_code().map_or("", |code| code.value());
        // RFC 3463 §3.1 has x.0.0 for "undefined": where the other server was more exact, its code says more.
        let status = recipient
            .status()
            .filter(|status| !status.ends_with(".0.0"))
            .or_else(|| transcript::status(diagnostic))
            .or_else(|| recipient.status());
        Self {
            address: recipient.address().to_owned(),
            action: recipient.action(),
            status: status.unwrap_or_default().to_owned(),
            diagnostic: diagnostic.to_owned(),
        }
    }

    /// The address that the message was sent to, as far as the report says; empty where it does not.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// What became of it.
    pub fn action(&self) -> Action {
        self.action
    }

    /// The status code of RFC 3463, such as `5.1.1`: the report's, or the other server's where the report only says
    /// `5.0.0`; empty where there is none.
    pub fn status(&self) -> &str {
        &self.status
    }

    /// What the other server said; empty where there is none.
    pub fn diagnostic(&self) -> &str {
        &self.diagnostic
    }
}
