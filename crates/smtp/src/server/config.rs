//! What a server allows.

use std::time::Duration;

use crate::wire::data::BareLineEnds;
use crate::wire::domain::Domain;

/// The settings of a [`Server`](super::Server).
///
/// ```
/// use inreply_smtp::server::ServerConfig;
///
/// let config = ServerConfig::new("reply.example.com".parse().unwrap()).max_message_octets(1_000_000);
/// assert_eq!(config.domain().as_str(), "reply.example.com");
/// ```
#[derive(Debug, Clone)]
pub struct ServerConfig {
    pub(super) domain: Domain<'static>,
    pub(super) max_line: usize,
    pub(super) max_message_octets: u64,
    pub(super) max_recipients: usize,
    pub(super) max_pipelined: usize,
    pub(super) max_errors: u32,
    pub(super) body_window: usize,
    pub(super) bare_line_ends: BareLineEnds,
    pub(super) smtputf8: bool,
    pub(super) command_timeout: Duration,
    pub(super) block_timeout: Duration,
    pub(super) message_timeout: Duration,
    pub(super) answer_timeout: Duration,
    pub(super) verdict_timeout: Duration,
    pub(super) transcript: bool,
}

impl ServerConfig {
    /// The defaults for a server that calls itself `domain` in its greeting.
    pub fn new(domain: Domain<'static>) -> Self {
        Self {
            domain,
            max_line: 4_096,
            max_message_octets: 26_214_400,
            max_recipients: 100,
            max_pipelined: 100,
            max_errors: 20,
            body_window: 65_536,
            bare_line_ends: BareLineEnds::Refuse,
            smtputf8: true,
            command_timeout: Duration::from_mins(5),
            block_timeout: Duration::from_mins(3),
            message_timeout: Duration::from_hours(1),
            answer_timeout: Duration::from_mins(1),
            verdict_timeout: Duration::from_mins(5),
            transcript: false,
        }
    }

    /// The name in the greeting.
    pub fn domain(&self) -> &Domain<'static> {
        &self.domain
    }

    /// The longest command line, in octets without its line end. RFC 5321 §4.5.3.1.4 names 512 and extensions add to it:
    /// SIZE 26, BODY 17, SMTPUTF8 10, an SMTPUTF8 path as many again. Defaults to 4,096 octets, which leaves room for the
    /// parameters of extensions to come and bounds what a peer can make us keep.
    #[must_use]
    pub fn max_line(mut self, octets: usize) -> Self {
        self.max_line = octets;
        self
    }

    /// The largest message, announced with SIZE (RFC 1870). Defaults to 26,214,400 octets (25 MiB), which is what the large
    /// providers let their users send.
    #[must_use]
    pub fn max_message_octets(mut self, octets: u64) -> Self {
        self.max_message_octets = octets;
        self
    }

    /// Recipients of one message; one more gets `452 4.5.3`. Defaults to 100, the least that RFC 5321 §4.5.3.1.8 allows: a
    /// reply has one or two.
    #[must_use]
    pub fn max_recipients(mut self, recipients: usize) -> Self {
        self.max_recipients = recipients;
        self
    }

    /// Commands whose replies may be outstanding at once; behind them no input is taken. Defaults to 100, so that one
    /// pipelined transaction of [`ServerConfig::max_recipients`] never waits.
    #[must_use]
    pub fn max_pipelined(mut self, commands: usize) -> Self {
        self.max_pipelined = commands.max(1);
        self
    }

    /// Negative replies without an accepted message in between, then `421 4.7.0`. Defaults to 20: enough for a mailing
    /// with dead addresses, too few to try a dictionary.
    #[must_use]
    pub fn max_errors(mut self, errors: u32) -> Self {
        self.max_errors = errors.max(1);
        self
    }

    /// Octets of a message that wait in events unpolled; behind them no input is taken. Defaults to 65,536 octets: a few
    /// reads of a socket, and the memory a slow embedder costs.
    #[must_use]
    pub fn body_window(mut self, octets: usize) -> Self {
        self.body_window = octets.max(2);
        self
    }

    /// What a bare CR or LF inside DATA does to the message. Defaults to [`BareLineEnds::Refuse`].
    #[must_use]
    pub fn bare_line_ends(mut self, bare_line_ends: BareLineEnds) -> Self {
        self.bare_line_ends = bare_line_ends;
        self
    }

    /// Whether SMTPUTF8 (RFC 6531) is offered. Defaults to true: addresses pass through as they came.
    #[must_use]
    pub fn smtputf8(mut self, offered: bool) -> Self {
        self.smtputf8 = offered;
        self
    }

    /// How long a whole command line may take, however it trickles. Defaults to 5 minutes (RFC 5321 §4.5.3.2.7).
    #[must_use]
    pub fn command_timeout(mut self, duration: Duration) -> Self {
        self.command_timeout = duration;
        self
    }

    /// How long a message may bring no octet. Defaults to 3 minutes (RFC 5321 §4.5.3.2.5).
    #[must_use]
    pub fn block_timeout(mut self, duration: Duration) -> Self {
        self.block_timeout = duration;
        self
    }

    /// How long a whole message may take. Defaults to 1 hour: 25 MiB at 7 kB/s, slower than any line in use, and an end
    /// to one octet a minute.
    #[must_use]
    pub fn message_timeout(mut self, duration: Duration) -> Self {
        self.message_timeout = duration;
        self
    }

    /// How long the embedder may think about a command; then `451 4.3.0`. Defaults to 1 minute: clients wait 2 for DATA
    /// and 5 for the others (RFC 5321 §4.5.3.2).
    #[must_use]
    pub fn answer_timeout(mut self, duration: Duration) -> Self {
        self.answer_timeout = duration;
        self
    }

    /// How long the embedder may think about a message; then `451 4.3.0`, and the client sends it again. Defaults to 5
    /// minutes: clients wait 10 (RFC 5321 §4.5.3.2.6), and a late 250 is a duplicate.
    #[must_use]
    pub fn verdict_timeout(mut self, duration: Duration) -> Self {
        self.verdict_timeout = duration;
        self
    }

    /// Whether the machine records the conversation ([`Server::transcript`](super::Server::transcript)). Defaults to false.
    #[must_use]
    pub fn transcript(mut self, recorded: bool) -> Self {
        self.transcript = recorded;
        self
    }
}
