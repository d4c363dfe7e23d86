//! Whom a bounce is about.

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
    pub(super) fn of(status: &RecipientStatus) -> Self {
        Self {
            address: status.address().to_owned(),
            action: status.action(),
            status: status.status().unwrap_or_default().to_owned(),
            diagnostic: status
                .diagnostic_code()
                .map_or("", |code| code.value())
                .to_owned(),
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

    /// The status code of RFC 3463, such as `5.1.1`; empty where there is none.
    pub fn status(&self) -> &str {
        &self.status
    }

    /// What the other server said; empty where there is none.
    pub fn diagnostic(&self) -> &str {
        &self.diagnostic
    }
}
