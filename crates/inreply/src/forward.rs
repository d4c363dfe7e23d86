//! The operator's mail on its way to the operator: what came for postmaster and abuse.

use std::time::{SystemTime, UNIX_EPOCH};

use inreply_mime::Message;
use inreply_smtp::client::Envelope;
use inreply_smtp::wire::mailbox::Mailbox;
use inreply_smtp::wire::path::{ForwardPath, ReversePath};

use crate::intake::MAX_HOPS;
use crate::outgoing::Outgoing;
use crate::site::Site;
use crate::spool::date;

/// The message, resent to the operator (RFC 5322 §3.6.6): its own fields and its body stay as they are, and so do the
/// signatures over them.
///
/// None where it would run in a circle: the operator's mailbox is of this site, or the message has 100 Received fields.
///
/// ```
/// use std::time::SystemTime;
/// use inreply::forward::to_operator;
/// use inreply::site::Site;
///
/// let site = Site::new("forge.example")?;
/// let message = b"From: ann@example.com\r\nSubject: spam from you\r\n\r\nSee below.\r\n";
/// let now = SystemTime::UNIX_EPOCH;
/// let forwarded = to_operator(&site, &"ops@example.net".parse()?, message, now).unwrap();
/// assert!(forwarded.message.starts_with(b"Resent-From: <noreply@noreply.forge.example>\r\nResent-To: <ops@example.net>\r\n"));
/// assert!(forwarded.message.ends_with(message));
///
/// assert!(to_operator(&site, &"postmaster@forge.example".parse()?, message, now).is_none());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn to_operator(
    site: &Site,
    operator: &Mailbox<'static>,
    message: &[u8],
    now: SystemTime,
) -> Option<Outgoing> {
    let hops = Message::parse(message).header("received").count();
    if site.serves(operator.domain()) || hops >= MAX_HOPS {
        return None;
    }
    let micros = now
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default()
        .as_micros();
    let mut resent = format!(
        "Resent-From: <{}>\r\nResent-To: <{operator}>\r\nResent-Date: {}\r\nResent-Message-ID: <operator/{micros}@{}>\r\n",
        site.no_reply(),
        date(now),
        site.host()
    )
    .into_bytes();
    resent.extend_from_slice(message);
    let envelope = Envelope::new(ReversePath::Null)
        .to(ForwardPath::from(operator.clone()))
        .octets(resent.len() as u64);
    Some(Outgoing {
        envelope,
        message: resent,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_circle_ends() {
        let site = Site::new("forge.example").unwrap();
        let to = "ops@example.net".parse().unwrap();
        let message =
            |hops| "Received: from a\r\n".repeat(hops) + "From: a@b.example\r\n\r\nhi\r\n";
        assert!(to_operator(&site, &to, message(MAX_HOPS - 1).as_bytes(), UNIX_EPOCH).is_some());
        assert!(to_operator(&site, &to, message(MAX_HOPS).as_bytes(), UNIX_EPOCH).is_none());
    }
}
