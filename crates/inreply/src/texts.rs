//! Refusals as SMTP replies: the codes, around the text of the catalogue, with the support link.

use inreply_smtp::wire::reply::{EnhancedStatusCode, Reply, ReplyCode, ReplyText};

use crate::catalogue::Refusal;
use crate::site::Site;

/// What a client hears.
pub(crate) fn refuse(site: &Site, refusal: &Refusal) -> Reply {
    let (code, (class, subject, detail)) = codes(refusal);
    let enhanced = EnhancedStatusCode::new(class, subject, detail);
    let text = site.texts().reply(refusal, site);
    let reply = Reply::new(code, enhanced, ReplyText::lossy(&text));
    match site.help() {
        None => reply,
        Some(help) => reply.line(help),
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
