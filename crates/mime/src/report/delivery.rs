//! Delivery status notifications (RFC 3464).

use super::group::{Group, Typed};

/// message/delivery-status: fields about the message, then a group about each recipient (RFC 3464 §2.1).
///
/// ```
/// use inreply_mime::report::{Action, DeliveryStatus};
///
/// let status = DeliveryStatus::parse(
///     b"Original-Envelope-Id: QQ314159\n\
///       Reporting-MTA: dns; cs.example.edu\n\
///       Arrival-Date: Tue, 3 Feb 2026 09:12:44 +0100\n\n\
///       Original-Recipient: rfc822;list@example.edu\n\
///       Final-Recipient: rfc822;ann@example.com\n\
///       Action: delayed\nStatus: 4.4.1\n\
///       Diagnostic-Code: smtp; 451 come back\n\
///       Will-Retry-Until: Sat, 7 Feb 2026 09:12:44 +0100\n",
/// );
/// assert_eq!(status.original_envelope_id(), Some("QQ314159"));
/// assert_eq!(status.arrival_date(), Some(1_770_106_364));
/// let [recipient] = status.recipients() else { panic!() };
/// assert_eq!(recipient.action(), Action::Delayed);
/// assert_eq!(recipient.address(), "list@example.edu");
/// assert_eq!(recipient.final_recipient().unwrap().value(), "ann@example.com");
/// assert_eq!(recipient.diagnostic_code().unwrap().value(), "451 come back");
/// assert_eq!(recipient.will_retry_until(), Some(1_770_451_964));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeliveryStatus {
    message: Group,
    recipients: Vec<RecipientStatus>,
}

impl DeliveryStatus {
    /// Reads the decoded body of such a part.
    pub fn parse(body: &[u8]) -> Self {
        let groups = Group::all(body);
        let message = groups.first().cloned().unwrap_or_default();
        // A group that names no recipient and no action says nothing; some systems leave the first group out.
        let recipients = groups
            .into_iter()
            .map(|fields| RecipientStatus { fields })
            .filter(|one| !one.address().is_empty() || one.fields.first("action").is_some())
            .collect();
        Self {
            message,
            recipients,
        }
    }

    /// The sender's own name for the message, from ENVID (§2.2.1).
    pub fn original_envelope_id(&self) -> Option<&str> {
        self.message.first("original-envelope-id")
    }

    /// Who reports (§2.2.2).
    pub fn reporting_mta(&self) -> Option<Typed<'_>> {
        self.message.typed("reporting-mta")
    }

    /// The gateway that translated another system's report (§2.2.3).
    pub fn dsn_gateway(&self) -> Option<Typed<'_>> {
        self.message.typed("dsn-gateway")
    }

    /// Who had sent the message to the reporter (§2.2.4).
    pub fn received_from_mta(&self) -> Option<Typed<'_>> {
        self.message.typed("received-from-mta")
    }

    /// When it arrived there (§2.2.5), in seconds since 1970-01-01T00:00:00Z.
    pub fn arrival_date(&self) -> Option<i64> {
        self.message.date("arrival-date")
    }

    /// A field about the message by its name, extensions included (§2.4).
    pub fn field(&self, name: &str) -> Option<&str> {
        self.message.first(name)
    }

    /// What became of each recipient.
    pub fn recipients(&self) -> &[RecipientStatus] {
        &self.recipients
    }
}

/// What became of one recipient (RFC 3464 §2.3).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecipientStatus {
    fields: Group,
}

impl RecipientStatus {
    /// The address that the sender knows: that of Original-Recipient where there is one, else that of Final-Recipient;
    /// empty where neither says.
    pub fn address(&self) -> &str {
        self.original_recipient()
            .filter(|original| !original.value().is_empty())
            .or_else(|| self.final_recipient())
            .map_or("", |typed| typed.value().trim_matches(['<', '>', ' ']))
    }

    /// The address as the sender gave it, from ORCPT (§2.3.1).
    pub fn original_recipient(&self) -> Option<Typed<'_>> {
        self.fields.typed("original-recipient")
    }

    /// The address the reporter tried (§2.3.2).
    pub fn final_recipient(&self) -> Option<Typed<'_>> {
        self.fields.typed("final-recipient")
    }

    /// What was done (§2.3.3).
    pub fn action(&self) -> Action {
        Action::parse(self.fields.first("action").unwrap_or_default())
    }

    /// The status code of RFC 3463 such as `5.1.1`, without what stands behind it (§2.3.4).
    pub fn status(&self) -> Option<&str> {
        self.fields.first("status")?.split_whitespace().next()
    }

    /// The server that answered (§2.3.5).
    pub fn remote_mta(&self) -> Option<Typed<'_>> {
        self.fields.typed("remote-mta")
    }

    /// What it answered (§2.3.6).
    pub fn diagnostic_code(&self) -> Option<Typed<'_>> {
        self.fields.typed("diagnostic-code")
    }

    /// When it was tried last (§2.3.7), in seconds since 1970-01-01T00:00:00Z.
    pub fn last_attempt_date(&self) -> Option<i64> {
        self.fields.date("last-attempt-date")
    }

    /// The name of the log's entry there (§2.3.8).
    pub fn final_log_id(&self) -> Option<&str> {
        self.fields.first("final-log-id")
    }

    /// Until when a delayed message is tried again (§2.3.9), in seconds since 1970-01-01T00:00:00Z.
    pub fn will_retry_until(&self) -> Option<i64> {
        self.fields.date("will-retry-until")
    }

    /// A field by its name, extensions included.
    pub fn field(&self, name: &str) -> Option<&str> {
        self.fields.first(name)
    }
}

/// What became of a recipient (RFC 3464 §2.3.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Action {
    /// Not yet delivered.
    Delayed,
    /// Delivered.
    Delivered,
    /// Sent on to several addresses.
    Expanded,
    /// Given up.
    Failed,
    /// Handed to a system that reports nothing.
    Relayed,
    /// The report does not say.
    Unknown,
}

impl Action {
    fn parse(text: &str) -> Self {
        // `failed (permanent)`: comments are common.
        let word = text.split([' ', '(', ';']).next().unwrap_or_default();
        match word.to_ascii_lowercase().as_str() {
            "failed" | "fail" | "failure" => Self::Failed,
            "delayed" => Self::Delayed,
            "delivered" => Self::Delivered,
            "relayed" => Self::Relayed,
            "expanded" => Self::Expanded,
            _ => Self::Unknown,
        }
    }
}
