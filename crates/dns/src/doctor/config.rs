//! What the doctor is told about an installation.

use std::net::IpAddr;

use crate::dkim::Key;
use crate::name::{Name, NameError};

/// An installation, and what counts as too much.
///
/// ```
/// use inreply_dns::doctor::Config;
///
/// let config = Config::new("forge.bücher.example")?.sending(["192.0.2.1".parse().unwrap()]);
/// assert_eq!(config.reply().to_string(), "reply.forge.xn--bcher-kva.example.");
/// # Ok::<(), inreply_dns::name::NameError>(())
/// ```
#[derive(Debug, Clone)]
pub struct Config {
    pub(super) host: Name,
    pub(super) reply: Name,
    pub(super) noreply: Name,
    pub(super) sender_domain: Name,
    pub(super) envelope_domain: Name,
    pub(super) helo: Name,
    pub(super) sending: Vec<IpAddr>,
    pub(super) selectors: Vec<(String, Option<Key>)>,
    pub(super) policy: Option<String>,
    pub(super) server: String,
    pub(super) long_ttl: u32,
    pub(super) long_chain: usize,
    pub(super) waves: usize,
    pub(super) questions: usize,
}

impl Config {
    /// The installation at `host`: replies come to `reply.HOST`, notifications from `noreply.HOST`, by mail servers that say
    /// `HOST` in EHLO. Names are taken in Unicode too.
    ///
    /// # Errors
    /// Where the host, or a name below it, is no domain name.
    pub fn new(host: &str) -> Result<Self, NameError> {
        let host = Name::from_unicode(host)?;
        let (reply, noreply) = (host.child("reply")?, host.child("noreply")?);
        Ok(Self {
            reply,
            sender_domain: noreply.clone(),
            envelope_domain: noreply.clone(),
            noreply,
            helo: host.clone(),
            host,
            sending: Vec::new(),
            selectors: Vec::new(),
            policy: None,
            server: String::new(),
            long_ttl: 604_800,
            long_chain: 3,
            waves: 16,
            questions: 250,
        })
    }

    /// Where replies come to. Defaults to `reply.HOST`.
    #[must_use]
    pub fn with_reply(mut self, name: Name) -> Self {
        self.reply = name;
        self
    }

    /// What notifications come from, and bounces go to. The sender domain and the envelope's follow it unless they are set
    /// behind. Defaults to `noreply.HOST`.
    #[must_use]
    pub fn with_noreply(mut self, name: Name) -> Self {
        self.sender_domain = name.clone();
        self.envelope_domain = name.clone();
        self.noreply = name;
        self
    }

    /// The domain in From. Defaults to the no-reply domain; the envelope's follows it unless it is set behind.
    #[must_use]
    pub fn with_sender_domain(mut self, name: Name) -> Self {
        self.envelope_domain = name.clone();
        self.sender_domain = name;
        self
    }

    /// The domain of the envelope's sender, which SPF is about. Defaults to the sender domain.
    #[must_use]
    pub fn with_envelope_domain(mut self, name: Name) -> Self {
        self.envelope_domain = name;
        self
    }

    /// The name in EHLO. Defaults to the host.
    #[must_use]
    pub fn with_helo(mut self, name: Name) -> Self {
        self.helo = name;
        self
    }

    /// The addresses that mail leaves from. Defaults to none: SPF is then read, but not evaluated.
    #[must_use]
    pub fn sending(mut self, addresses: impl IntoIterator<Item = IpAddr>) -> Self {
        self.sending = addresses.into_iter().collect();
        self.sending.dedup();
        self
    }

    /// Adds a selector that mail is signed with, and its public key where it is known. Defaults to none.
    ///
    /// # Errors
    /// Where it is none: `sub-domain *( "." sub-domain )` (RFC 6376 §3.1).
    pub fn signing(mut self, selector: &str, key: Option<Key>) -> Result<Self, NameError> {
        self.sender_domain
            .child(&format!("{selector}._domainkey"))?;
        self.selectors.push((selector.to_ascii_lowercase(), key));
        Ok(self)
    }

    /// The MTA-STS policy file of the reply domain. Defaults to none: it is asked for where a record says that there is one.
    #[must_use]
    pub fn mta_sts_policy(mut self, text: impl Into<String>) -> Self {
        self.policy = Some(text.into());
        self
    }

    /// What answers the questions, for the evidence. Defaults to nothing.
    #[must_use]
    pub fn server(mut self, name: impl Into<String>) -> Self {
        self.server = name.into();
        self
    }

    /// The TTL above which a record is said to change too slowly. Defaults to 604,800 seconds, a week: who has made a mistake
    /// waits that long.
    #[must_use]
    pub fn long_ttl(mut self, seconds: u32) -> Self {
        self.long_ttl = seconds;
        self
    }

    /// The number of CNAMEs above which a chain is said to be long. Defaults to 3 links: each is a lookup, and resolvers give
    /// up at 8.
    #[must_use]
    pub fn long_chain(mut self, links: usize) -> Self {
        self.long_chain = links;
        self
    }

    /// The most waves of questions. Defaults to 16 waves: an SPF record of ten includes in a row takes eleven.
    #[must_use]
    pub fn waves(mut self, waves: usize) -> Self {
        self.waves = waves;
        self
    }

    /// The most questions. Defaults to 250 questions: what an SPF record may ask is 120, of which a zone in the hand of
    /// somebody else makes as many as it can.
    #[must_use]
    pub fn questions(mut self, questions: usize) -> Self {
        self.questions = questions;
        self
    }

    /// The host.
    pub fn host(&self) -> &Name {
        &self.host
    }

    /// Where replies come to.
    pub fn reply(&self) -> &Name {
        &self.reply
    }

    /// What notifications come from.
    pub fn noreply(&self) -> &Name {
        &self.noreply
    }

    /// The domain in From.
    pub fn sender_domain(&self) -> &Name {
        &self.sender_domain
    }

    /// The addresses that mail leaves from.
    pub fn sending_addresses(&self) -> &[IpAddr] {
        &self.sending
    }

    /// Where the key records of the selectors stand, of those whose key is known.
    pub fn keys(&self) -> impl Iterator<Item = (Name, Key)> {
        self.selectors.iter().filter_map(|(selector, key)| {
            let name = self.sender_domain.child(&format!("{selector}._domainkey"));
            Some((name.ok()?, key.clone()?))
        })
    }
}
