//! What senders are told, as SMTP replies: ASCII, with the support link.

use inreply_smtp::wire::reply::{EnhancedStatusCode, Reply, ReplyCode, ReplyText};
use inreply_token::Day;

use crate::site::Site;

/// A reply of `text`, with a second line that names the support link.
fn reply(site: &Site, code: ReplyCode, enhanced: EnhancedStatusCode, text: &str) -> Reply {
    let reply = Reply::new(code, Some(enhanced), ReplyText::lossy(text));
    match site.help() {
        None => reply,
        Some(help) => reply.line(help),
    }
}

macro_rules! enhanced {
    ($class:literal, $subject:literal, $detail:literal) => {
        const { EnhancedStatusCode::literal($class, $subject, $detail) }
    };
}

pub(crate) fn not_our_domain(site: &Site) -> Reply {
    let text = format!(
        "Relaying denied: this server takes mail for {} only",
        site.reply_domain()
    );
    reply(
        site,
        ReplyCode::MAILBOX_UNAVAILABLE,
        enhanced!(5, 7, 1),
        &text,
    )
}

/// One text for a token of wrong shape, one with a wrong tag, and any other unknown mailbox.
pub(crate) fn no_such_mailbox(site: &Site) -> Reply {
    let text = "No such address: answer with the reply function of your mail program, to the Reply-To address";
    reply(
        site,
        ReplyCode::MAILBOX_UNAVAILABLE,
        enhanced!(5, 1, 1),
        text,
    )
}

pub(crate) fn no_reply(site: &Site) -> Reply {
    let text = format!(
        "Nobody reads {}: answer to the Reply-To address of the notification",
        site.no_reply()
    );
    reply(
        site,
        ReplyCode::MAILBOX_UNAVAILABLE,
        enhanced!(5, 1, 1),
        &text,
    )
}

pub(crate) fn expired(site: &Site, since: Day) -> Reply {
    let text = format!("This reply address has expired on {since}, please answer on the web");
    reply(
        site,
        ReplyCode::MAILBOX_UNAVAILABLE,
        enhanced!(5, 2, 1),
        &text,
    )
}

pub(crate) fn key_retired(site: &Site) -> Reply {
    let text = "This reply address was withdrawn, please answer on the web";
    reply(
        site,
        ReplyCode::MAILBOX_UNAVAILABLE,
        enhanced!(5, 2, 1),
        text,
    )
}

pub(crate) fn closed(site: &Site, reason: &str) -> Reply {
    let text = format!("No answer is taken here any more: {reason}");
    reply(
        site,
        ReplyCode::MAILBOX_UNAVAILABLE,
        enhanced!(5, 2, 1),
        &text,
    )
}

#[cfg(feature = "tokio")]
pub(crate) fn not_taken(site: &Site, reason: &str) -> Reply {
    let text = format!("This answer is not taken: {reason}");
    reply(
        site,
        ReplyCode::MAILBOX_UNAVAILABLE,
        enhanced!(5, 7, 1),
        &text,
    )
}

/// Of the worker: what went wrong is the operator's to read.
#[cfg(feature = "tokio")]
pub(crate) fn failed(site: &Site) -> Reply {
    let text = "This answer could not be made a comment, please answer on the web";
    reply(site, ReplyCode::FAILED, enhanced!(5, 3, 0), text)
}

pub(crate) fn another_token(site: &Site) -> Reply {
    let text = "One reply address at a time, send the next in a message of its own";
    reply(site, ReplyCode::NO_STORAGE, enhanced!(4, 5, 3), text)
}

pub(crate) fn sender_not_allowed(site: &Site) -> Reply {
    let text = "The sender in From may not use this reply address: answer from the address that was notified";
    reply(
        site,
        ReplyCode::MAILBOX_UNAVAILABLE,
        enhanced!(5, 7, 1),
        text,
    )
}

/// RFC 9989 §7.2: "by using the word "DMARC" somewhere in the reply text".
pub(crate) fn sender_unproven(site: &Site) -> Reply {
    let text = "The domain in From does not vouch for this message (DMARC): answer through the mail server of your address";
    reply(
        site,
        ReplyCode::MAILBOX_UNAVAILABLE,
        enhanced!(5, 7, 1),
        text,
    )
}

/// RFC 9989 §7.2: "this is best done with a 4xy SMTP reply code".
pub(crate) fn sender_undecided(site: &Site) -> Reply {
    let text = "Whether the domain in From vouches for this message (DMARC) cannot be told now, try again later";
    reply(site, ReplyCode::LOCAL_ERROR, enhanced!(4, 7, 1), text)
}

pub(crate) fn loop_detected(site: &Site) -> Reply {
    reply(
        site,
        ReplyCode::FAILED,
        enhanced!(5, 4, 6),
        "Too many hops: the message runs in a circle",
    )
}

pub(crate) fn not_one_from(site: &Site) -> Reply {
    reply(
        site,
        ReplyCode::FAILED,
        enhanced!(5, 6, 0),
        "A message has exactly one From field",
    )
}

pub(crate) fn unreadable(site: &Site) -> Reply {
    let text =
        "Nothing to read in this message: it is encrypted or has no text, send it as plain text";
    reply(site, ReplyCode::FAILED, enhanced!(5, 6, 1), text)
}

pub(crate) fn nothing_left(site: &Site) -> Reply {
    let text = "Nothing was left of this message without its quotes: write your answer as new text";
    reply(site, ReplyCode::FAILED, enhanced!(5, 6, 0), text)
}

/// Never a 5yz reply: a person who writes much is no spammer, and their program tries again by itself.
#[cfg(feature = "tokio")]
pub(crate) fn too_many(site: &Site) -> Reply {
    let text = "Too many replies in a short time: this one is tried again later";
    reply(site, ReplyCode::LOCAL_ERROR, enhanced!(4, 7, 1), text)
}

#[cfg(feature = "tokio")]
pub(crate) fn local_fault(site: &Site) -> Reply {
    let text = "The message could not be stored, try again later";
    reply(site, ReplyCode::LOCAL_ERROR, enhanced!(4, 3, 0), text)
}

#[cfg(feature = "tokio")]
pub(crate) fn spool_full(site: &Site) -> Reply {
    let text = "No room for the message, try again later";
    reply(site, ReplyCode::NO_STORAGE, enhanced!(4, 3, 1), text)
}
