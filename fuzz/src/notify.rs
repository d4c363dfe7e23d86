//! The body over notifications: texts of the product against the header.

use std::time::SystemTime;

use inreply::gate::Gate;
use inreply::mime::Message;
use inreply::notify::{Notification, Thread};
use inreply::site::Site;
use inreply::token::{Key, KeyId, KeyRing};

use crate::Target;

/// The targets of this module.
pub const TARGETS: &[Target] = &[("notify_compose", compose)];

/// The fields of a notification that has everything.
const FIELDS: usize = 22;

/// Composes a notification of texts that a form feed parts: title, list, author, text, event, reason, URL and mailbox. What can
/// be refused is left as it is where it is refused.
///
/// # Panics
/// Where a text makes a field, a part or an author more or fewer, or a line is too long or has an end of another kind.
pub fn compose(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let mut texts = text.split('\x0c').map(str::to_owned);
    let mut next = || texts.next().unwrap_or_default();
    let key = Key::from_bytes(&[7; 32]).expect("32 octets");
    let site = Site::new("forge.example").expect("a host");
    let gate = Gate::new(site, &KeyRing::new(KeyId(1), key));
    let mut told = Notification {
        to: "ann@example.com".parse().expect("a mailbox"),
        recipient: 5,
        thread: Thread {
            kind: "issue",
            id: 7,
            title: next(),
            list: next(),
        },
        event: "comment/3".to_owned(),
        reason: "mention".to_owned(),
        author: next(),
        text: next(),
        url: Some("https://forge.example/issues/7".parse().expect("a URL")),
    };
    let (event, reason) = (next(), next());
    if let Ok(url) = next().parse() {
        told.url = Some(url);
    }
    if let Ok(to) = next().parse() {
        told.to = to;
    }
    check(&told, &gate);
    if !event.is_empty() {
        told.event = event;
    }
    told.reason = reason;
    check(&told, &gate);
}

fn check(told: &Notification, gate: &Gate) {
    let Ok(composed) = told.compose(gate, SystemTime::UNIX_EPOCH) else {
        return;
    };
    for line in composed.message.split(|octet| *octet == b'\n') {
        // The last line has no end.
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        assert!(line.len() <= 998, "{} octets", line.len());
        assert!(!line.contains(&b'\r') && !line.contains(&0));
    }
    assert!(composed.message.ends_with(b"\r\n"));
    let message = Message::parse(&composed.message);
    let shown = String::from_utf8_lossy(&composed.message);
    assert_eq!(message.headers().count(), FIELDS, "{shown}");
    assert_eq!(message.parts().count(), 3, "{shown}");
    let from = message.from();
    assert_eq!(from.len(), 1, "{shown}");
    assert_eq!(from[0].address(), "noreply@noreply.forge.example");
    assert_eq!(message.to().len(), 1, "{shown}");
    assert_eq!(message.cc().len(), 1, "{shown}");
    assert_eq!(
        message.reply_to()[0].address(),
        composed.reply_to.as_str(),
        "{shown}"
    );
    assert_eq!(
        message.message_id().as_deref(),
        Some(composed.message_id.as_str())
    );
}
