//! Composes notifications whose answers come back.
//!
//! A notification says in its header who may answer what (`Reply-To`), where its failure is reported (the envelope sender),
//! and which thread it belongs to, and it is marked so that no well-behaved robot answers it. What the product gives is text:
//! line breaks and control characters in it become spaces wherever a header field is made of it.

use std::time::{SystemTime, UNIX_EPOCH};

use inreply_smtp::client::Envelope;
use inreply_smtp::wire::mailbox::Mailbox;
use inreply_token::{Context, Day, Ids, MintError};
use mail_builder::MessageBuilder;
use mail_builder::headers::address::Address;
use mail_builder::headers::message_id::MessageId;
use mail_builder::headers::raw::Raw;

use crate::gate::Gate;
use crate::site::Site;

/// One event of a thread, told to one person.
///
/// ```
/// use std::time::SystemTime;
/// use inreply::gate::Gate;
/// use inreply::notify::{Notification, Thread};
/// use inreply::site::Site;
/// use inreply_token::{Key, KeyId, KeyRing};
///
/// let gate = Gate::new(Site::new("forge.example")?, &KeyRing::new(KeyId(1), Key::from_bytes(&[7; 32])?));
/// let composed = Notification {
///     to: "ann@example.com".parse()?,
///     recipient: 5,
///     thread: Thread { kind: "issue", id: 7, title: "Build fails".to_owned(), list: "widgets".to_owned() },
///     event: "comment/3".to_owned(),
///     reason: "mention".to_owned(),
///     author: "Bob".to_owned(),
///     text: "Shall I merge?".to_owned(),
///     url: Some("https://forge.example/issues/7".to_owned()),
/// }
/// .compose(&gate, SystemTime::now())?;
/// assert!(composed.reply_to.as_str().ends_with("@reply.forge.example"));
/// assert!(String::from_utf8(composed.message)?.contains("Message-ID: <issue/7/comment/3@forge.example>\r\n"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(clippy::exhaustive_structs)]
pub struct Notification {
    /// Who is told; stands in the envelope only.
    pub to: Mailbox<'static>,
    /// The id of that person, for the token.
    pub recipient: u64,
    /// What is spoken of.
    pub thread: Thread,
    /// The event within the thread, say `comment/3`, of lower-case letters, digits and slashes: with the thread it makes
    /// the Message-ID. Empty for the event that began the thread.
    pub event: String,
    /// Why that person is told, one of the site's reasons: `mention`.
    pub reason: String,
    /// Who did it, as a name.
    pub author: String,
    /// What the author wrote.
    pub text: String,
    /// Where it can be read on the web.
    pub url: Option<String>,
}

/// What notifications of one thread have in common.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(clippy::exhaustive_structs)]
pub struct Thread {
    /// What it is: `issue`, in lower-case letters.
    pub kind: &'static str,
    /// Its id, for the token and the Message-ID.
    pub id: u64,
    /// Its title.
    pub title: String,
    /// What it is part of, a project's name, say: the list of List-Id.
    pub list: String,
}

/// A notification ready to send.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Composed {
    /// From the bounce address to the person.
    pub envelope: Envelope,
    /// The message, lines ended with `<CR><LF>`.
    pub message: Vec<u8>,
    /// Its Message-ID without angle brackets.
    pub message_id: String,
    /// Where its answer goes.
    pub reply_to: inreply_token::Address,
}

/// Why a notification was not composed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ComposeError {
    /// No address could be made for the ids.
    #[error("no address for the answer: {0}")]
    Mint(#[from] MintError),
    /// An address is no SMTP path, or the reason no local part.
    #[error("an address is no mailbox: {0}")]
    Address(#[from] inreply_smtp::wire::syntax::SyntaxError),
    /// The message could not be written.
    #[error("the message could not be written: {0}")]
    Write(#[from] std::io::Error),
}

impl Notification {
    /// Makes the message, sent at `now`.
    ///
    /// # Errors
    /// Where the ids are too large for an address, or the reason or the kind is none that an address can hold.
    pub fn compose(&self, gate: &Gate, now: SystemTime) -> Result<Composed, ComposeError> {
        let site = gate.site();
        let seconds = now.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
        let today = Day::from_unix_seconds(seconds);
        let ids = Ids::from((self.thread.id, self.recipient));
        let reply_to = gate.addresses().mint(Context::Reply, ids, today)?;
        let unsubscribe = gate.addresses().mint(Context::Unsubscribe, ids, today)?;
        // A bounce concerns the mailbox, and its short address has no room for more.
        let bounce =
            gate.bounce_addresses()
                .mint(Context::Bounce, Ids::from((0, self.recipient)), today)?;
        let reason: Mailbox<'static> =
            format!("{}@{}", self.reason, site.noreply_domain()).parse()?;

        let (root, message_id) = (self.thread.root(site), self.message_id(site));
        let list = one_line(&self.thread.list);
        let list_id = format!("{}.{}", label(&list), site.host());
        let from = format!("{} ({})", one_line(&self.author), list);
        let mut builder = MessageBuilder::new()
            .message_id(message_id.clone())
            .date(i64::try_from(seconds).unwrap_or_default())
            .from(Address::new_address(Some(from), site.no_reply().as_str()))
            .to(Address::new_address(
                Some(list.clone()),
                site.no_reply().as_str(),
            ))
            .cc(Address::new_address(
                Some(self.reason.clone()),
                reason.as_str(),
            ))
            .reply_to(Address::new_address(Some(list.clone()), reply_to.as_str()))
            .header("List-Id", Raw::new(format!("<{list_id}>")))
            .header(
                "List-Unsubscribe",
                Raw::new(format!("<mailto:{unsubscribe}>")),
            )
            .header("Auto-Submitted", Raw::new("auto-generated"))
            .header("Precedence", Raw::new("list"))
            .header("X-Auto-Response-Suppress", Raw::new("All"));
        // The first message of a thread is its root; some relays rewrite Message-ID, and the root still joins the rest.
        let answer = if message_id == root { "" } else { "Re: " };
        if message_id != root {
            builder = builder
                .in_reply_to(MessageId::new(root.clone()))
                .references(MessageId::new(root));
        }
        let subject = format!(
            "{answer}[{list}] {} (#{})",
            one_line(&self.thread.title),
            self.thread.id
        );
        let message = builder
            .subject(subject)
            .text_body(self.body(site))
            .write_to_vec()?;
        let envelope = Envelope::new(format!("<{bounce}>").parse()?)
            .to(self.to.clone().into())
            .octets(message.len() as u64);
        Ok(Composed {
            envelope,
            message,
            message_id,
            reply_to,
        })
    }

    fn message_id(&self, site: &Site) -> String {
        let event: String = self
            .event
            .chars()
            .filter(|c| matches!(c, 'a'..='z' | '0'..='9' | '/'))
            .collect();
        let event = event.trim_matches('/');
        let Thread { kind, id, .. } = self.thread;
        if event.is_empty() {
            self.thread.root(site)
        } else {
            format!("{kind}/{id}/{event}@{}", site.host())
        }
    }

    fn body(&self, site: &Site) -> String {
        let mut body = format!(
            "{}\r\n\r\n-- \r\n",
            self.text
                .trim_end()
                .replace("\r\n", "\n")
                .replace('\n', "\r\n")
        );
        let url = self.url.as_deref().map(one_line);
        let footer = site.texts().notification_footer(url.as_deref());
        body.push_str(&footer.replace('\n', "\r\n"));
        body.push_str("\r\n");
        push_help(&mut body, site);
        body
    }
}

/// A message that only shows that mail arrives: from the no-reply address, to one mailbox.
///
/// # Errors
/// Where it cannot be written.
pub fn test_message(
    site: &Site,
    to: &Mailbox<'_>,
    now: SystemTime,
) -> Result<Vec<u8>, ComposeError> {
    let since = now.duration_since(UNIX_EPOCH).unwrap_or_default();
    let texts = site.texts();
    let mut body = texts.test_text(site).replace('\n', "\r\n") + "\r\n";
    push_help(&mut body, site);
    let message = MessageBuilder::new()
        .message_id(format!("test/{}@{}", since.as_micros(), site.host()))
        .date(i64::try_from(since.as_secs()).unwrap_or_default())
        .from(Address::new_address(
            Some(site.host().as_str()),
            site.no_reply().as_str(),
        ))
        .to(Address::new_address(None::<&str>, to.as_str()))
        .header("Auto-Submitted", Raw::new("auto-generated"))
        .subject(one_line(&texts.test_subject(site)))
        .text_body(body);
    Ok(message.write_to_vec()?)
}

/// Where there is help, as the last line of a mail.
fn push_help(body: &mut String, site: &Site) {
    if let Some(link) = site.support_link() {
        body.push_str(&site.texts().help(link));
        body.push_str("\r\n");
    }
}

impl Thread {
    /// The id that every message of the thread refers to.
    fn root(&self, site: &Site) -> String {
        format!("{}/{}@{}", self.kind, self.id, site.host())
    }
}

/// `text` without anything that could end a header field's line.
pub(crate) fn one_line(text: &str) -> String {
    let spaced: String = text
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect();
    spaced.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// `text` as one label of a List-Id (RFC 2919 §2): letters, digits and hyphens.
fn label(text: &str) -> String {
    let label: String = text
        .chars()
        .map(|c| {
            if c.is_ascii_alphanumeric() {
                c.to_ascii_lowercase()
            } else {
                '-'
            }
        })
        .collect();
    match label.trim_matches('-') {
        "" => "list".to_owned(),
        label => label.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use inreply_mime::Message;
    use inreply_token::{Key, KeyId, KeyRing};
    use std::time::Duration;

    fn gate() -> Gate {
        let site = Site::new("forge.example")
            .unwrap()
            .support("https://forge.example/help".parse().unwrap());
        Gate::new(
            site,
            &KeyRing::new(KeyId(1), Key::from_bytes(&[7; 32]).unwrap()),
        )
    }

    fn notification() -> Notification {
        Notification {
            to: "ann@example.com".parse().unwrap(),
            recipient: 5,
            thread: Thread {
                kind: "issue",
                id: 7,
                title: "Build fails".to_owned(),
                list: "Widgets".to_owned(),
            },
            event: "comment/3".to_owned(),
            reason: "mention".to_owned(),
            author: "Bob".to_owned(),
            text: "Shall I merge?\nIt is green.".to_owned(),
            url: Some("https://forge.example/issues/7".to_owned()),
        }
    }

    fn now() -> SystemTime {
        UNIX_EPOCH + Duration::from_secs(1_800_000_000)
    }

    #[test]
    fn its_fields_say_who_answers_what_where() {
        let composed = notification().compose(&gate(), now()).unwrap();
        let message = Message::parse(&composed.message);
        let text = |name: &str| {
            message
                .header(name)
                .first()
                .map(|field| field.text().into_owned())
                .unwrap_or_default()
        };
        assert_eq!(
            message.message_id().unwrap(),
            "issue/7/comment/3@forge.example"
        );
        assert_eq!(message.references(), ["issue/7@forge.example"]);
        assert_eq!(message.in_reply_to(), ["issue/7@forge.example"]);
        assert_eq!(message.date(), Some(1_800_000_000));
        assert_eq!(message.subject().unwrap(), "Re: [Widgets] Build fails (#7)");
        assert_eq!(
            (message.from()[0].name(), message.from()[0].address()),
            ("Bob (Widgets)", "noreply@noreply.forge.example")
        );
        assert_eq!(message.to()[0].address(), "noreply@noreply.forge.example");
        assert_eq!(message.cc()[0].address(), "mention@noreply.forge.example");
        assert_eq!(message.reply_to()[0].address(), composed.reply_to.as_str());
        assert_eq!(text("list-id"), "<widgets.forge.example>");
        assert_eq!(text("auto-submitted"), "auto-generated");
        assert!(text("list-unsubscribe").starts_with("<mailto:u+"));
        assert!(
            message
                .text()
                .starts_with("Shall I merge?\r\nIt is green.\r\n\r\n-- \r\nAnswer this e-mail")
        );
        assert!(message.text().contains("https://forge.example/help"));
        assert!(message.defects().is_empty(), "{:?}", message.defects());
    }

    #[test]
    fn the_first_event_is_the_root_of_the_thread() {
        let composed = Notification {
            event: String::new(),
            ..notification()
        }
        .compose(&gate(), now())
        .unwrap();
        let message = Message::parse(&composed.message);
        assert_eq!(composed.message_id, "issue/7@forge.example");
        assert_eq!(message.references(), Vec::<String>::new());
        assert_eq!(message.subject().unwrap(), "[Widgets] Build fails (#7)");
    }

    #[test]
    fn text_of_the_product_cannot_add_a_field() {
        let evil = "x\r\nBcc: eve@example.com\r\n\r\nbody\0\u{85}";
        let composed = Notification {
            thread: Thread {
                title: evil.to_owned(),
                list: evil.to_owned(),
                ..notification().thread
            },
            event: format!("1@x>\r\n{evil}"),
            author: format!("\"{evil}\" <a@b>"),
            text: ".\r\n.\n\nFrom x".to_owned(),
            url: Some(evil.to_owned()),
            ..notification()
        }
        .compose(&gate(), now())
        .unwrap();
        let message = Message::parse(&composed.message);
        assert_eq!(message.header("bcc").count(), 0);
        assert_eq!(
            (message.from().len(), message.from()[0].address()),
            (1, "noreply@noreply.forge.example")
        );
        let bare = String::from_utf8(composed.message.clone())
            .unwrap()
            .replace("\r\n", "");
        assert!(!bare.contains(['\r', '\n', '\0']), "{bare}");
        assert!(
            Notification {
                reason: "a b>".to_owned(),
                ..notification()
            }
            .compose(&gate(), now())
            .is_err()
        );
    }

    #[test]
    fn ids_that_do_not_fit_are_an_error() {
        let error = Notification {
            recipient: u64::MAX,
            ..notification()
        }
        .compose(&gate(), now())
        .unwrap_err();
        assert!(matches!(error, ComposeError::Mint(_)), "{error}");
    }

    #[test]
    fn the_footer_is_in_the_language_of_the_site() {
        let site = Site::new("forge.example")
            .unwrap()
            .support("help@forge.example".parse().unwrap())
            .catalogue(crate::catalogue::Korean);
        let ring = KeyRing::new(KeyId(1), Key::from_bytes(&[7; 32]).unwrap());
        let gate = Gate::new(site, &ring);
        let composed = notification().compose(&gate, now()).unwrap();
        let message = Message::parse(&composed.message);
        assert!(
            message.text().ends_with(
                "\r\n-- \r\n이 메일에 답장하면 댓글이 됩니다. 웹에서 보기:\r\nhttps://forge.example/issues/7\r\n\
                 도움말: help@forge.example\r\n"
            ),
            "{}",
            message.text()
        );
        let test = test_message(gate.site(), &"ann@example.com".parse().unwrap(), now()).unwrap();
        // RFC 2047: what is not ASCII in the header is an encoded word.
        let head = test
            .split(|octet| *octet == b'\n')
            .take_while(|line| *line != b"\r");
        assert!(head.into_iter().all(<[u8]>::is_ascii));
        let test = Message::parse(&test);
        assert_eq!(test.subject().unwrap(), "forge.example의 시험 메일");
        assert!(test.text().contains("잘 도착했습니다"));
    }
}
