//! The names of an installation: whose mail it is, and how much of it is taken.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use inreply_smtp::wire::mailbox::Mailbox;
use inreply_smtp::wire::reply::ReplyText;
use inreply_token::{Host, HostError};

use crate::attachments::AttachmentLimits;
use crate::catalogue::{Catalogue, English};

/// The domains and addresses of one installation, derived from its host name and changed where it differs.
///
/// ```
/// use inreply::site::Site;
///
/// let site = Site::new("forge.example.com")?.support("https://forge.example.com/help".parse()?);
/// assert_eq!(site.reply_domain().as_str(), "reply.forge.example.com");
/// assert_eq!(site.no_reply().as_str(), "noreply@noreply.forge.example.com");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct Site {
    host: Host,
    reply_domain: Host,
    noreply_domain: Host,
    no_reply: Mailbox<'static>,
    support: Option<SupportLink>,
    public_url: Option<WebUrl>,
    reasons: Vec<String>,
    discard_no_reply: bool,
    attachments: AttachmentLimits,
    texts: Arc<dyn Catalogue>,
}

/// Why a host cannot carry an installation.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SiteError {
    /// The host, or the host with `reply.` or `noreply.` before it, is no domain.
    #[error("the host: {0}")]
    Host(#[from] HostError),
    /// The host leaves no room for a mailbox.
    #[error("the host leaves no room for addresses: {0}")]
    Address(#[from] inreply_smtp::wire::syntax::SyntaxError),
}

impl Site {
    /// The installation at `host`: replies go to `reply.HOST`, notifications come from `noreply@noreply.HOST`.
    ///
    /// # Errors
    /// Where the host is no domain in A-label form, or too long for the names below it.
    pub fn new(host: &str) -> Result<Self, SiteError> {
        let host = Host::new(host)?;
        let reply_domain = Host::new(&format!("reply.{host}"))?;
        let noreply_domain = Host::new(&format!("noreply.{host}"))?;
        let no_reply = format!("noreply@{noreply_domain}").parse()?;
        let reasons = [
            "assign",
            "author",
            "comment",
            "manual",
            "mention",
            "state_change",
            "subscribed",
            "team_mention",
        ];
        Ok(Self {
            host,
            reply_domain,
            noreply_domain,
            no_reply,
            support: None,
            public_url: None,
            reasons: reasons.map(str::to_owned).to_vec(),
            discard_no_reply: false,
            attachments: AttachmentLimits::default(),
            texts: Arc::new(English),
        })
    }

    /// The link shown in notifications and rejections. Defaults to none.
    #[must_use]
    pub fn support(mut self, link: SupportLink) -> Self {
        self.support = Some(link);
        self
    }

    /// Where the product answers on the web. Set it only where it serves `URL/u/TOKEN`
    /// ([`one_click`](crate::notify::one_click)): signed notifications ask mail providers to post there, if it begins with
    /// `https://`. Defaults to none.
    #[must_use]
    pub fn public_url(mut self, url: WebUrl) -> Self {
        self.public_url = Some(url);
        self
    }

    /// The address in From and To of notifications; its domain is where bounces come home. Defaults to
    /// `noreply@noreply.HOST`.
    ///
    /// # Errors
    /// Where its domain is no host name, say an address literal.
    pub fn with_no_reply(mut self, mailbox: Mailbox<'static>) -> Result<Self, SiteError> {
        self.noreply_domain = Host::new(mailbox.domain())?;
        self.no_reply = mailbox;
        Ok(self)
    }

    /// Whether mail to the no-reply address is taken and dropped; else it is refused with a hint. Defaults to false.
    #[must_use]
    pub fn discard_no_reply(mut self, discard: bool) -> Self {
        self.discard_no_reply = discard;
        self
    }

    /// The local parts under the no-reply domain that stand for reasons (`mention@noreply.HOST` in Cc of a notification),
    /// taken and dropped so that a reply-all earns no bounce. Compared without regard to case.
    #[must_use]
    pub fn reasons(mut self, reasons: impl IntoIterator<Item = String>) -> Self {
        self.reasons = reasons.into_iter().collect();
        self
    }

    /// How much of the attachments of an answer the product is given.
    #[must_use]
    pub fn attachments(mut self, limits: AttachmentLimits) -> Self {
        self.attachments = limits;
        self
    }

    /// The language of replies and mails. Defaults to [`English`].
    #[must_use]
    pub fn catalogue(mut self, texts: impl Catalogue + 'static) -> Self {
        self.texts = Arc::new(texts);
        self
    }

    /// The host.
    pub fn host(&self) -> &Host {
        &self.host
    }

    /// Where replies go.
    pub fn reply_domain(&self) -> &Host {
        &self.reply_domain
    }

    /// Where notifications come from and bounces go.
    pub fn noreply_domain(&self) -> &Host {
        &self.noreply_domain
    }

    /// The no-reply address.
    pub fn no_reply(&self) -> &Mailbox<'static> {
        &self.no_reply
    }

    /// The support link.
    pub fn support_link(&self) -> Option<&SupportLink> {
        self.support.as_ref()
    }

    /// Whether an address would hand a token to whoever reads it: at the reply domain, or with a `+` at that of no-reply.
    /// Such are taken out of what is published.
    ///
    /// ```
    /// use inreply::site::Site;
    ///
    /// let site = Site::new("forge.example")?;
    /// assert!(site.is_own_address("reply+abc@Reply.forge.example"));
    /// assert!(site.is_own_address("b+abc@noreply.forge.example"));
    /// assert!(!site.is_own_address("noreply@noreply.forge.example"));
    /// # Ok::<(), inreply::site::SiteError>(())
    /// ```
    pub fn is_own_address(&self, address: &str) -> bool {
        address
            .rsplit_once('@')
            .is_some_and(|(local_part, domain)| {
                domain.eq_ignore_ascii_case(self.reply_domain.as_str())
                    || domain.eq_ignore_ascii_case(self.noreply_domain.as_str())
                        && local_part.contains('+')
            })
    }

    /// Where the product answers on the web.
    pub fn public_web_url(&self) -> Option<&WebUrl> {
        self.public_url.as_ref()
    }

    /// The texts.
    pub fn texts(&self) -> &dyn Catalogue {
        &*self.texts
    }

    /// The limits of attachments.
    pub fn attachment_limits(&self) -> &AttachmentLimits {
        &self.attachments
    }

    /// The last line of a refusal: where there is help, if somewhere. Also for
    /// [`ServerConfig::help`](inreply_smtp::server::ServerConfig::help).
    pub fn help(&self) -> Option<ReplyText> {
        let link = self.support.as_ref()?;
        Some(ReplyText::lossy(&format!("Help: {link}")))
    }

    /// Whether mail to the no-reply address is dropped.
    pub fn discards_no_reply(&self) -> bool {
        self.discard_no_reply
    }

    /// Whether `local_part` is a reason under the no-reply domain.
    pub fn is_reason(&self, local_part: &str) -> bool {
        self.reasons
            .iter()
            .any(|reason| reason.eq_ignore_ascii_case(local_part))
    }

    /// Whether mail for `domain` is ours, case ignored.
    pub fn serves(&self, domain: &str) -> bool {
        [&self.host, &self.reply_domain, &self.noreply_domain]
            .iter()
            .any(|served| served.as_str().eq_ignore_ascii_case(domain))
    }
}

/// Where people find help: an e-mail address or a web page.
///
/// ```
/// use inreply::site::SupportLink;
///
/// assert!("help@example.com".parse::<SupportLink>().is_ok());
/// assert!("https://example.com/help".parse::<SupportLink>().is_ok());
/// assert!("example.com/help".parse::<SupportLink>().is_err());
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SupportLink(String);

/// A text that is no support link.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "a support link is an e-mail address or begins with http:// or https://, in at most 200 printable ASCII characters"
)]
pub struct SupportLinkError;

impl SupportLink {
    /// The link as it is shown.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for SupportLink {
    type Err = SupportLinkError;

    fn from_str(text: &str) -> Result<Self, SupportLinkError> {
        // It stands in reply lines, which have 512 octets.
        let printable = text.len() <= 200 && text.bytes().all(|octet| octet.is_ascii_graphic());
        let url = ["http://", "https://"]
            .iter()
            .any(|scheme| text.len() > scheme.len() && text.starts_with(scheme));
        if printable && (url || Mailbox::parse(text.as_bytes()).is_ok()) {
            Ok(Self(text.to_owned()))
        } else {
            Err(SupportLinkError)
        }
    }
}

impl fmt::Display for SupportLink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The address of a web page: `http://` or `https://` and at most 900 printable ASCII characters, without quotes, backslashes
/// and brackets, so that it can stand in a header field within one line (RFC 5322 §2.1.1) and in HTML.
///
/// ```
/// use inreply::site::WebUrl;
///
/// assert!("https://forge.example/issues/7?a=1#comment-3".parse::<WebUrl>().is_ok());
/// for bad in ["javascript:alert(1)", "https://", "https://a b", "https://a/>\r\nBcc: x", "forge.example"] {
///     assert!(bad.parse::<WebUrl>().is_err());
/// }
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WebUrl(String);

/// A text that is no [`WebUrl`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "a web address begins with http:// or https://, in at most 900 printable ASCII characters without quotes, backslashes and brackets: percent-encode others"
)]
pub struct WebUrlError;

impl WebUrl {
    /// The longest, in octets.
    const MAX: usize = 900;

    /// The address.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether it is one of HTTPS.
    pub fn is_https(&self) -> bool {
        self.0.starts_with("https://")
    }
}

impl FromStr for WebUrl {
    type Err = WebUrlError;

    fn from_str(text: &str) -> Result<Self, WebUrlError> {
        let printable = text
            .bytes()
            .all(|octet| octet.is_ascii_graphic() && !b"<>\"\\`{}|^".contains(&octet));
        let host = ["http://", "https://"]
            .iter()
            .find_map(|scheme| text.strip_prefix(scheme));
        let has_host = host.is_some_and(|rest| rest.starts_with(|c: char| !"/?#".contains(c)));
        if printable && has_host && text.len() <= Self::MAX {
            Ok(Self(text.to_owned()))
        } else {
            Err(WebUrlError)
        }
    }
}

impl fmt::Display for WebUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_cannot_break_a_reply_line() {
        for bad in [
            "",
            "http://",
            "javascript:x",
            "ftp://x",
            "https://x\r\n250 ok",
            "a b@c.example",
            "https://é",
        ] {
            assert_eq!(bad.parse::<SupportLink>(), Err(SupportLinkError), "{bad}");
        }
    }

    #[test]
    fn the_served_domains_are_exact() {
        let site = Site::new("forge.example").unwrap();
        for ours in [
            "forge.example",
            "REPLY.forge.example",
            "noreply.Forge.Example",
        ] {
            assert!(site.serves(ours));
        }
        for foreign in [
            "example",
            "evilforge.example",
            "x.forge.example",
            "forge.example.",
            "[127.0.0.1]",
        ] {
            assert!(!site.serves(foreign));
        }
    }
}
