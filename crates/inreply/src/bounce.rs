//! Mail that came back: what the report says, and whether the mailbox is at fault.

use inreply_mime::kind::{Action, Verdict};
use inreply_smtp::wire::reply::EnhancedStatusCode;
use inreply_token::Opened;

/// A notification that came back to its bounce address.
///
/// ```
/// use inreply::bounce::is_of_the_mailbox;
/// use inreply::smtp::wire::reply::EnhancedStatusCode;
///
/// assert!(is_of_the_mailbox(EnhancedStatusCode::literal(5, 1, 1)));
/// // A full mailbox is emptied, a policy changed.
/// assert!(!is_of_the_mailbox(EnhancedStatusCode::literal(5, 2, 2)));
/// assert!(!is_of_the_mailbox(EnhancedStatusCode::literal(5, 7, 1)));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Bounce {
    /// Who was to get it: the token holds whatever the report says.
    pub token: Opened,
    /// The enhanced status code of the report, or of what the other server said (RFC 3464 §2.3.4); none where there is none that
    /// can be read.
    pub status: Option<EnhancedStatusCode>,
    /// What the other server said, for a log; empty where the report does not tell.
    pub words: String,
}

impl Bounce {
    /// What a report says of the recipient that failed; none where it names recipients and none that failed (RFC 3464 §2.3.3):
    /// what is still tried, or has arrived, is not lost.
    pub(crate) fn of(token: Opened, verdict: &Verdict) -> Option<Self> {
        let recipients = verdict.recipients();
        let with = |action| recipients.iter().find(move |one| one.action() == action);
        let failed = with(Action::Failed).or_else(|| with(Action::Unknown));
        if failed.is_none() && !recipients.is_empty() {
            return None;
        }
        Some(Self {
            token,
            status: failed.and_then(|recipient| code(recipient.status())),
            words: failed.map_or_else(String::new, |recipient| recipient.diagnostic().to_owned()),
        })
    }

    /// Whether the report says that the mailbox takes no mail, now or ever: a reason to send it no more. **False where the report
    /// has no status code**: what to make of those is the product's to say.
    pub fn is_of_the_mailbox(&self) -> bool {
        self.status.is_some_and(is_of_the_mailbox)
    }
}

fn code(status: &str) -> Option<EnhancedStatusCode> {
    EnhancedStatusCode::split(status).map(|(code, _)| code)
}

/// Whether a code is about the mailbox, and not about the message, the sender or the moment (RFC 3463 §3.2 and §3.3; X.1.10 is of
/// RFC 7505 §4.2).
pub fn is_of_the_mailbox(status: EnhancedStatusCode) -> bool {
    matches!(
        (status.class(), status.subject(), status.detail()),
        (5, 1, 1 | 2 | 3 | 6 | 10) | (5, 2, 1)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_mailbox_itself() {
        for (status, of_the_mailbox) in [
            ("5.1.1", true),
            ("5.1.2", true),
            ("5.1.6", true),
            ("5.1.10", true),
            ("5.2.1", true),
            ("5.2.2", false),
            ("5.1.8", false),
            ("5.7.1", false),
            ("5.0.0", false),
            ("4.1.1", false),
        ] {
            assert_eq!(
                code(status).map(is_of_the_mailbox),
                Some(of_the_mailbox),
                "{status}"
            );
        }
    }
}
