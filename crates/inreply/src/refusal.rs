//! Why something is not taken, and how SMTP says so: the codes, around the text of the catalogue, with the support link.

use inreply_smtp::wire::reply::{EnhancedStatusCode, Reply, ReplyCode, ReplyText};
use inreply_token::Day;

use crate::site::Site;

/// Why something was not taken.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Refusal {
    /// The recipient is of another domain.
    NotOurDomain,
    /// There is no such recipient: also a token of wrong shape or with a wrong tag.
    NoSuchMailbox,
    /// The recipient is the no-reply address.
    NoReply,
    /// The reply address has expired.
    Expired {
        /// Its last day.
        since: Day,
    },
    /// The key of the reply address was given up.
    KeyRetired,
    /// The product takes no answer there any more, for this reason.
    Closed(String),
    /// The product does not take this answer, for this reason.
    NotTaken(String),
    /// The product could not make it a comment; the operator reads why.
    Failed,
    /// The message has a reply address already.
    AnotherToken,
    /// The author may not use the reply address.
    SenderNotAllowed,
    /// The author's domain does not vouch for the message.
    SenderUnproven,
    /// Whether it does cannot be found out now.
    SenderUndecided,
    /// The message runs in a circle.
    Loop,
    /// The message has no author, or several.
    NotOneFrom,
    /// The message is encrypted, or has no text.
    Unreadable,
    /// Nothing is left of the message without quotes and signature.
    NothingLeft,
    /// Too many replies in a short time.
    TooMany,
    /// The spool is full.
    SpoolFull,
    /// The message could not be stored.
    LocalFault,
}

impl Refusal {
    /// What a client hears, with the codes of RFC 5321 and RFC 3463 and the support link.
    ///
    /// ```
    /// use inreply::refusal::Refusal;
    /// use inreply::site::Site;
    ///
    /// let site = Site::new("forge.example")?;
    /// let reply = Refusal::Closed("the issue is locked".to_owned()).reply(&site);
    /// assert_eq!(reply.to_string(), "550 5.2.1 No answer is taken here any more: the issue is locked\r\n");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn reply(&self, site: &Site) -> Reply {
        let (code, (class, subject, detail)) = codes(self);
        let enhanced = EnhancedStatusCode::new(class, subject, detail);
        let text = site.texts().reply(self, site);
        let reply = Reply::new(code, enhanced, ReplyText::lossy(&text));
        match site.help() {
            None => reply,
            Some(help) => reply.line(help),
        }
    }
}

/// The codes of RFC 5321 §4.2.3 and RFC 3463.
fn codes(refusal: &Refusal) -> (ReplyCode, (u8, u16, u16)) {
    const UNAVAILABLE: ReplyCode = ReplyCode::MAILBOX_UNAVAILABLE;
    match refusal {
        Refusal::NotOurDomain
        | Refusal::NotTaken(_)
        | Refusal::SenderNotAllowed
        | Refusal::SenderUnproven => (UNAVAILABLE, (5, 7, 1)),
        Refusal::NoSuchMailbox | Refusal::NoReply => (UNAVAILABLE, (5, 1, 1)),
        Refusal::Expired { .. } | Refusal::KeyRetired | Refusal::Closed(_) => {
            (UNAVAILABLE, (5, 2, 1))
        }
        Refusal::Failed => (ReplyCode::FAILED, (5, 3, 0)),
        Refusal::AnotherToken => (ReplyCode::NO_STORAGE, (4, 5, 3)),
        // Never a 5yz reply: a person who writes much is no spammer, and their program tries again by itself. RFC 9989 §7.2
        // asks the same where DMARC cannot be told.
        Refusal::TooMany | Refusal::SenderUndecided => (ReplyCode::LOCAL_ERROR, (4, 7, 1)),
        Refusal::Loop => (ReplyCode::FAILED, (5, 4, 6)),
        Refusal::NotOneFrom | Refusal::NothingLeft => (ReplyCode::FAILED, (5, 6, 0)),
        Refusal::Unreadable => (ReplyCode::FAILED, (5, 6, 1)),
        Refusal::SpoolFull => (ReplyCode::NO_STORAGE, (4, 3, 1)),
        Refusal::LocalFault => (ReplyCode::LOCAL_ERROR, (4, 3, 0)),
    }
}
