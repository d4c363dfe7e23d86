//! How a client behaves.

use std::time::Duration;

use super::credentials::Credentials;
use crate::wire::domain::EhloName;

/// Whether a plain session is turned into one over TLS.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
// RFC 3207 leaves these three.
#[allow(clippy::exhaustive_enums)]
pub enum StartTls {
    /// STARTTLS is not sent.
    #[default]
    Never,
    /// It is sent where the server offers it, and the session goes on without TLS where the server then refuses. Whoever is
    /// between the two can take the offer away: it keeps out listeners, not attackers.
    Opportunistic,
    /// Nothing goes without TLS, neither a password nor a message.
    Required,
}

/// The settings of a [`Client`](super::Client).
///
/// ```
/// use std::time::Duration;
/// use inreply_smtp::client::ClientConfig;
///
/// let config = ClientConfig::new("forge.example.com".parse().unwrap()).command_timeout(Duration::from_secs(30));
/// assert_eq!(config.name().as_str(), "forge.example.com");
/// ```
#[derive(Debug, Clone)]
pub struct ClientConfig {
    pub(super) name: EhloName<'static>,
    pub(super) max_reply_line: usize,
    pub(super) max_reply_lines: usize,
    pub(super) max_pipelined: usize,
    pub(super) command_timeout: Duration,
    pub(super) data_timeout: Duration,
    pub(super) block_timeout: Duration,
    pub(super) verdict_timeout: Duration,
    pub(super) quit_timeout: Duration,
    pub(super) starttls: StartTls,
    pub(super) credentials: Option<Credentials>,
    pub(super) plaintext_auth: bool,
    pub(super) chunking: bool,
    pub(super) transcript: bool,
}

impl ClientConfig {
    /// The defaults for a client that calls itself `name` in EHLO.
    pub fn new(name: EhloName<'static>) -> Self {
        Self {
            name,
            max_reply_line: 2_048,
            max_reply_lines: 128,
            max_pipelined: 100,
            command_timeout: Duration::from_mins(5),
            data_timeout: Duration::from_mins(2),
            block_timeout: Duration::from_mins(3),
            verdict_timeout: Duration::from_mins(10),
            quit_timeout: Duration::from_secs(5),
            starttls: StartTls::Never,
            credentials: None,
            plaintext_auth: false,
            chunking: false,
            transcript: false,
        }
    }

    /// The name in EHLO.
    pub fn name(&self) -> &EhloName<'static> {
        &self.name
    }

    /// The longest reply line taken. Defaults to 2,048 octets: four times what RFC 5321 §4.5.3.1.5 allows, for servers with long
    /// explanations.
    #[must_use]
    pub fn max_reply_line(mut self, octets: usize) -> Self {
        self.max_reply_line = octets;
        self
    }

    /// The most lines of one reply. Defaults to 128 lines; a reply to EHLO has about 15.
    #[must_use]
    pub fn max_reply_lines(mut self, lines: usize) -> Self {
        self.max_reply_lines = lines.max(1);
        self
    }

    /// Commands sent without having read a reply, where the server offers PIPELINING. Defaults to 100: their replies fit any
    /// socket buffer, so that the two sides never wait for each other to read (RFC 2920 §3.1).
    #[must_use]
    pub fn max_pipelined(mut self, commands: usize) -> Self {
        self.max_pipelined = commands.max(1);
        self
    }

    /// How long the greeting and the reply to a command may take. Defaults to 5 minutes (RFC 5321 §4.5.3.2.1 to .3).
    #[must_use]
    pub fn command_timeout(mut self, duration: Duration) -> Self {
        self.command_timeout = duration;
        self
    }

    /// How long the reply to DATA may take. Defaults to 2 minutes (RFC 5321 §4.5.3.2.4).
    #[must_use]
    pub fn data_timeout(mut self, duration: Duration) -> Self {
        self.data_timeout = duration;
        self
    }

    /// How long the caller and the network may take for a piece of the message. Defaults to 3 minutes (RFC 5321 §4.5.3.2.5).
    #[must_use]
    pub fn block_timeout(mut self, duration: Duration) -> Self {
        self.block_timeout = duration;
        self
    }

    /// How long the reply to the end of the message may take. Defaults to 10 minutes (RFC 5321 §4.5.3.2.6): giving up earlier
    /// sends a message twice that the server had already taken.
    #[must_use]
    pub fn verdict_timeout(mut self, duration: Duration) -> Self {
        self.verdict_timeout = duration;
        self
    }

    /// How long the reply to QUIT may take. Defaults to 5 seconds: every message is decided by then, and nobody should wait for
    /// a goodbye.
    #[must_use]
    pub fn quit_timeout(mut self, duration: Duration) -> Self {
        self.quit_timeout = duration;
        self
    }

    /// What is done about TLS on a connection that begins without it. Defaults to [`StartTls::Never`]: the driver has to know how.
    #[must_use]
    pub fn starttls(mut self, starttls: StartTls) -> Self {
        self.starttls = starttls;
        self
    }

    /// Who the client is. A session that cannot prove it ends before a message goes. Defaults to nobody.
    #[must_use]
    pub fn auth(mut self, credentials: Credentials) -> Self {
        self.credentials = Some(credentials);
        self
    }

    /// Whether AUTH is sent while TLS is off. Defaults to false: passwords would be read on the way.
    #[must_use]
    pub fn plaintext_auth(mut self, allowed: bool) -> Self {
        self.plaintext_auth = allowed;
        self
    }

    /// Whether messages go in BDAT where the server offers CHUNKING and PIPELINING. Defaults to false: DATA is what every
    /// server has been tried with, and one round trip is all there is to gain. A binary message goes so in any case.
    #[must_use]
    pub fn chunking(mut self, chunking: bool) -> Self {
        self.chunking = chunking;
        self
    }

    /// Whether the machine records the conversation ([`Client::transcript`](super::Client::transcript)). Defaults to false.
    #[must_use]
    pub fn transcript(mut self, recorded: bool) -> Self {
        self.transcript = recorded;
        self
    }
}
