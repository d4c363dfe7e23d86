//! Composes notifications whose answers come back.
//!
//! A notification says in its header who may answer what (`Reply-To`), where its failure is reported (the envelope sender),
//! and which thread it belongs to, and it is marked so that no well-behaved robot answers it (RFC 3834).
//!
//! # Its fields
//! | field | holds |
//! |---|---|
//! | `From` | the author's name and the list's, at the no-reply address |
//! | `To` | the list, at the no-reply address; the recipient stands in the envelope |
//! | `Cc` | the reason, `mention@noreply.HOST`, which filters can look for in every mail program |
//! | `Reply-To` | the address with the token of thread and recipient |
//! | `Message-ID` | `KIND/ID/EVENT@HOST`, the same for everybody who is told |
//! | `In-Reply-To`, `References` | the root of the thread, `KIND/ID@HOST`. No message has this id, so that a relay that rewrites `Message-ID` cannot break the thread |
//! | `List-Id` | a name below HOST for the list (RFC 2919) |
//! | `List-Archive` | where the thread is read on the web |
//! | `List-Unsubscribe` | the address that ends the subscription; with a signature and a public URL of HTTPS also that of one click, and `List-Unsubscribe-Post` (RFC 8058) |
//! | `Auto-Submitted`, `Precedence`, `X-Auto-Response-Suppress` | `auto-generated`, `list`, `All` |
//! | `X-Inreply-Reason`, `-List`, `-Thread`, `-Author` | for filters: the reason, the list's name, `KIND/ID`, the author's name |
//! | `X-Inreply-Own` | a token by which [`intake`](crate::intake) knows the notification should it come back |
//!
//! # Injection
//! No text of the product reaches a header field but through a type that cannot hold a line break: names and titles become a
//! line of at most 255 characters, addresses and URLs are parsed, and words that make the Message-ID are refused with other
//! characters in them. The body is encoded where a line would be longer than 77 octets.

mod body;
mod line;
mod one_click;
mod thread;
mod trial;

use std::time::{SystemTime, UNIX_EPOCH};

use inreply_dns::name::Name;
use inreply_smtp::client::Envelope;
use inreply_smtp::wire::mailbox::Mailbox;
use inreply_smtp::wire::path::ReversePath;
use inreply_token::{Context, Day, Ids, MintError};
use mail_builder::MessageBuilder;
use mail_builder::headers::address::Address;
use mail_builder::headers::message_id::MessageId;
use mail_builder::headers::raw::Raw;
use mail_builder::headers::text::Text;

use self::body::Body;
use self::line::Line;
use crate::gate::Gate;
#[cfg(feature = "auth")]
use crate::sign::{SignError, Signer};
use crate::site::{Site, WebUrl};

pub(crate) use self::line::one_line;
pub use self::one_click::{OneClickError, one_click};
pub use self::thread::Thread;
pub use self::trial::test_message;

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
///     url: Some("https://forge.example/issues/7".parse()?),
/// }
/// .compose(&gate, SystemTime::now())?;
/// assert!(composed.reply_to.as_str().ends_with("@reply.forge.example"));
/// assert!(String::from_utf8(composed.message)?.contains("Message-ID: <issue/7/comment/3@forge.example>\r\n"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(clippy::exhaustive_structs)]
pub struct Notification {
    /// Who is told; stands in the envelope only. A domain in Unicode becomes A-labels (RFC 5891), so that the relay needs
    /// SMTPUTF8 only for a local part that does.
    pub to: Mailbox<'static>,
    /// The id of that person, for the token.
    pub recipient: u64,
    /// What is spoken of.
    pub thread: Thread,
    /// The event within the thread, say `comment/3`: at most 100 lower-case letters, digits and slashes, which with the thread
    /// make the Message-ID. Empty for the event that began the thread.
    pub event: String,
    /// Why that person is told, one of the site's reasons: `mention`.
    pub reason: String,
    /// Who did it, as a name.
    pub author: String,
    /// What the author wrote.
    pub text: String,
    /// Where the thread can be read on the web.
    pub url: Option<WebUrl>,
}

/// A notification ready to send.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Composed {
    /// From the bounce address to the person.
    pub envelope: Envelope,
    /// The message, lines ended with `<CR><LF>` and at most 998 octets long, in ASCII unless the no-reply address is not.
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
    /// The event cannot be part of a Message-ID.
    #[error("an event is at most 100 lower-case letters, digits and slashes")]
    Event,
    /// The kind of the thread cannot be part of a Message-ID.
    #[error("the kind of a thread is 1 to 32 lower-case letters")]
    Kind,
    /// The message could not be signed.
    #[cfg(feature = "auth")]
    #[error("the message could not be signed: {0}")]
    Sign(#[from] SignError),
    /// The message could not be written.
    #[error("the message could not be written: {0}")]
    Write(#[from] std::io::Error),
}

impl Notification {
    /// Makes the message, sent at `now`, without a signature: where the relay signs, or nobody does.
    ///
    /// # Errors
    /// Where the ids are too large for an address, the reason is none that an address can hold, or the event or the kind of the
    /// thread has other characters than it may.
    pub fn compose(&self, gate: &Gate, now: SystemTime) -> Result<Composed, ComposeError> {
        let (builder, rest) = self.draft(gate, now, false)?;
        Ok(rest.composed(builder.write_to_vec()?))
    }

    /// Makes the message and signs it with DKIM. Since the signature covers them, it has the fields of RFC 8058 where the site
    /// has a public URL of HTTPS.
    ///
    /// # Errors
    /// As [`Notification::compose`], and where it cannot be signed.
    #[cfg(feature = "auth")]
    pub fn compose_signed(
        &self,
        gate: &Gate,
        signer: &Signer,
        now: SystemTime,
    ) -> Result<Composed, ComposeError> {
        let (builder, rest) = self.draft(gate, now, true)?;
        Ok(rest.composed(signer.sign(&builder.write_to_vec()?, now)?))
    }

    fn draft(
        &self,
        gate: &Gate,
        now: SystemTime,
        is_signed: bool,
    ) -> Result<(MessageBuilder<'static>, Rest), ComposeError> {
        let site = gate.site();
        let seconds = now.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
        let today = Day::from(now);
        let ids = Ids::from((self.thread.id, self.recipient));
        let reply_to = gate.addresses().mint(Context::Reply, ids, today)?;
        let unsubscribe = gate.addresses().mint(Context::Unsubscribe, ids, today)?;
        // A bounce concerns the mailbox, and its short address has no room for more.
        let bounce =
            gate.bounce_addresses()
                .mint(Context::Bounce, Ids::from((0, self.recipient)), today)?;
        let message_id = self.message_id(site)?;

        let mut builder = self
            .letterhead(site, reply_to.as_str())?
            .date(i64::try_from(seconds).unwrap_or_default())
            .message_id(message_id.clone());
        let root = self.thread.root(site)?;
        if !self.event.is_empty() {
            builder = builder.in_reply_to(MessageId::new(root.clone()));
        }
        builder = builder
            .references(MessageId::new(root))
            .header("List-Id", Raw::new(self.thread.list_id(site)));
        if let Some(url) = &self.url {
            builder = builder.header("List-Archive", Raw::new(format!("<{url}>")));
        }
        let by_mail = format!("<mailto:{unsubscribe}>");
        // RFC 8058 §4: "The message needs a valid DKIM signature that covers at least the List-Unsubscribe and
        // List-Unsubscribe-Post headers".
        let public = site
            .public_web_url()
            .filter(|url| is_signed && url.is_https());
        builder = match public {
            Some(public) => {
                let both = format!("{by_mail}, <{}>", one_click::url(public, &unsubscribe));
                builder
                    .header("List-Unsubscribe", Raw::new(both))
                    .header("List-Unsubscribe-Post", Raw::new(one_click::VALUE))
            }
            None => builder.header("List-Unsubscribe", Raw::new(by_mail)),
        };
        builder = self.for_machines(builder);
        if let Some(mark) = gate.mark(ids, today) {
            builder = builder.header("X-Inreply-Own", Raw::new(mark));
        }
        let rest = Rest {
            bounce: format!("<{bounce}>").parse()?,
            to: in_a_labels(&self.to),
            message_id,
            reply_to,
        };
        Ok((builder.body(self.body(site).into_part()), rest))
    }

    /// The fields that a reader sees.
    fn letterhead(
        &self,
        site: &Site,
        reply_to: &str,
    ) -> Result<MessageBuilder<'static>, ComposeError> {
        let list = Line::new(&self.thread.list);
        let no_reply = site.no_reply().as_str();
        let reason: Mailbox<'static> =
            format!("{}@{}", self.reason, site.noreply_domain()).parse()?;
        let named = |name: &Line, address: &str| {
            let name = Some(name.to_string()).filter(|name| !name.is_empty());
            Address::new_address(name, address.to_owned())
        };
        let author = Line::new(&format!("{} ({list})", Line::new(&self.author)));
        // The first message of a thread is no answer, though it refers to the root.
        let answer = if self.event.is_empty() { "" } else { "Re: " };
        let title = Line::new(&self.thread.title);
        Ok(MessageBuilder::new()
            .from(named(&author, no_reply))
            .to(named(&list, no_reply))
            .cc(named(&Line::new(&self.reason), reason.as_str()))
            .reply_to(named(&list, reply_to))
            .subject(Text::new(format!(
                "{answer}[{list}] {title} (#{})",
                self.thread.id
            ))))
    }

    /// The fields that robots and filters look at.
    fn for_machines(&self, builder: MessageBuilder<'static>) -> MessageBuilder<'static> {
        let text = |text: &str| Text::new(Line::new(text).to_string());
        let thread = format!("{}/{}", self.thread.kind, self.thread.id);
        builder
            .header("Auto-Submitted", Raw::new("auto-generated"))
            .header("Precedence", Raw::new("list"))
            .header("X-Auto-Response-Suppress", Raw::new("All"))
            .header("X-Inreply-Reason", text(&self.reason))
            .header("X-Inreply-List", text(&self.thread.list))
            .header("X-Inreply-Thread", Raw::new(thread))
            .header("X-Inreply-Author", text(&self.author))
    }

    fn message_id(&self, site: &Site) -> Result<String, ComposeError> {
        let is_word = |octet: u8| matches!(octet, b'a'..=b'z' | b'0'..=b'9' | b'/');
        if self.event.len() > 100 || !self.event.bytes().all(is_word) {
            return Err(ComposeError::Event);
        }
        let event = match self.event.as_str() {
            "" => "first",
            event => event,
        };
        let Thread { kind, id, .. } = self.thread;
        Ok(format!("{kind}/{id}/{event}@{}", site.host()))
    }

    fn body(&self, site: &Site) -> Body {
        let url = self.url.as_ref();
        let mut footer = site.texts().notification_footer(url.map(WebUrl::as_str));
        push_help(&mut footer, site);
        let support = site.support_link();
        let support = support.and_then(|link| link.as_str().parse().ok());
        Body {
            text: self.text.clone(),
            footer,
            links: url.cloned().into_iter().chain(support).collect(),
            language: site.texts().language(),
        }
    }
}

/// What is known of a message beside its octets.
struct Rest {
    bounce: ReversePath<'static>,
    to: Mailbox<'static>,
    message_id: String,
    reply_to: inreply_token::Address,
}

impl Rest {
    fn composed(self, message: Vec<u8>) -> Composed {
        // The body is encoded: only an address of the site can be beyond ASCII.
        let envelope = Envelope::new(self.bounce)
            .to(self.to.into())
            .octets(message.len() as u64)
            .smtputf8(!message.is_ascii());
        Composed {
            envelope,
            message,
            message_id: self.message_id,
            reply_to: self.reply_to,
        }
    }
}

/// Where there is help, as the last line of a mail.
fn push_help(text: &mut String, site: &Site) {
    if let Some(link) = site.support_link() {
        text.push('\n');
        text.push_str(&site.texts().help(link));
    }
}

/// The mailbox with its domain in A-labels, where only its domain is beyond ASCII: every relay takes that.
pub(crate) fn in_a_labels(mailbox: &Mailbox<'static>) -> Mailbox<'static> {
    if mailbox.is_ascii() || !mailbox.local_part().is_ascii() {
        return mailbox.clone();
    }
    let name = Name::from_unicode(mailbox.domain()).ok();
    let ascii = name.and_then(|name| {
        format!("{}@{}", mailbox.local_part(), name.as_str())
            .parse()
            .ok()
    });
    ascii.unwrap_or_else(|| mailbox.clone())
}

#[cfg(test)]
mod tests;
