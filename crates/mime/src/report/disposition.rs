//! Message disposition notifications (RFC 8098).

use super::group::{Group, Typed};

/// message/disposition-notification: what a reader, or their program, did with the message.
///
/// ```
/// use inreply_mime::report::{DispositionNotification, Outcome};
///
/// let receipt = DispositionNotification::parse(
///     b"Reporting-UA: joes-pc.example.com; Foomail 97.1\n\
///       Original-Recipient: rfc822;joe@example.com\n\
///       Final-Recipient: rfc822;joe@example.com\n\
///       Original-Message-ID: <199509192301.23456@example.org>\n\
///       Disposition: manual-action/MDN-sent-manually; displayed\n",
/// );
/// assert_eq!(receipt.outcome(), Outcome::Displayed);
/// assert!(!receipt.is_action_automatic() && !receipt.is_sent_automatically());
/// assert_eq!(receipt.original_message_id(), Some("199509192301.23456@example.org"));
/// assert_eq!(receipt.final_recipient().unwrap().value(), "joe@example.com");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DispositionNotification {
    fields: Group,
}

impl DispositionNotification {
    /// Reads the decoded body of such a part.
    pub fn parse(body: &[u8]) -> Self {
        // One group (§3.1); what follows a blank line is another part's.
        let fields = Group::all(body).into_iter().next().unwrap_or_default();
        Self { fields }
    }

    /// The program that reports (§3.2.1).
    pub fn reporting_ua(&self) -> Option<&str> {
        self.fields.first("reporting-ua")
    }

    /// The gateway that translated another system's report (§3.2.2).
    pub fn mdn_gateway(&self) -> Option<Typed<'_>> {
        self.fields.typed("mdn-gateway")
    }

    /// The address as the sender gave it (§3.2.3).
    pub fn original_recipient(&self) -> Option<Typed<'_>> {
        self.fields.typed("original-recipient")
    }

    /// Whose mailbox it is (§3.2.4).
    pub fn final_recipient(&self) -> Option<Typed<'_>> {
        self.fields.typed("final-recipient")
    }

    /// The id of the message it is about, without angle brackets (§3.2.5).
    pub fn original_message_id(&self) -> Option<&str> {
        let id = self.fields.first("original-message-id")?;
        Some(id.trim_matches(['<', '>', ' ']))
    }

    /// What became of the message (§3.2.6.2).
    pub fn outcome(&self) -> Outcome {
        let word = self.kind().split('/').next().unwrap_or_default().trim();
        match word.to_ascii_lowercase().as_str() {
            "deleted" => Outcome::Deleted,
            "dispatched" => Outcome::Dispatched,
            "displayed" => Outcome::Displayed,
            "processed" => Outcome::Processed,
            _ => Outcome::Other,
        }
    }

    /// Whether a program did it, and nobody asked it to this time: `automatic-action` (§3.2.6.1).
    pub fn is_action_automatic(&self) -> bool {
        self.mode().contains("automatic-action")
    }

    /// Whether a program sent the notification: `MDN-sent-automatically` (§3.2.6.1).
    pub fn is_sent_automatically(&self) -> bool {
        self.mode().contains("sent-automatically")
    }

    /// What stands behind the outcome, such as `error` (§3.2.6.3).
    pub fn modifiers(&self) -> impl Iterator<Item = &str> {
        let (_, modifiers) = self.kind().split_once('/').unwrap_or_default();
        modifiers
            .split(',')
            .map(str::trim)
            .filter(|modifier| !modifier.is_empty())
    }

    /// The texts of Error fields (§3.2.7).
    pub fn errors(&self) -> impl Iterator<Item = &str> {
        self.fields.all_of("error")
    }

    /// A field by its name, extensions included (§3.3).
    pub fn field(&self, name: &str) -> Option<&str> {
        self.fields.first(name)
    }

    fn mode(&self) -> String {
        let text = self.fields.first("disposition").unwrap_or_default();
        text.split(';')
            .next()
            .unwrap_or_default()
            .to_ascii_lowercase()
    }

    fn kind(&self) -> &str {
        let text = self.fields.first("disposition").unwrap_or_default();
        text.split_once(';').map_or("", |(_, kind)| kind)
    }
}

/// What became of a message (RFC 8098 §3.2.6.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Outcome {
    /// Deleted, and maybe never seen.
    Deleted,
    /// Sent on, without being shown.
    Dispatched,
    /// Shown to somebody, which does not say that it was read.
    Displayed,
    /// A word of older standards (`denied`, `failed`), or none.
    Other,
    /// Handled by a rule, and not shown.
    Processed,
}
