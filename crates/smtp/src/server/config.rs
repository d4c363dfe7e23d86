//! What a server allows.

use std::time::Duration;

use crate::wire::data::BareLineEnds;
use crate::wire::domain::Domain;
use crate::wire::reply::ReplyText;
use crate::wire::sasl::Mechanisms;

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
    pub(super) help: Option<ReplyText>,
    pub(super) smtputf8: bool,
    pub(super) lmtp: bool,
    pub(super) chunking: bool,
    pub(super) binary_mime: bool,
    pub(super) dsn: bool,
    pub(super) requiretls: bool,
    pub(super) starttls: bool,
    pub(super) require_tls: bool,
    pub(super) auth: Mechanisms,
    pub(super) plaintext_auth: bool,
    pub(super) expect_proxy: bool,
    pub(super) xclient: bool,
    pub(super) max_idle_commands: u32,
    pub(super) handshake_timeout: Duration,
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
            help: None,
            smtputf8: true,
            lmtp: false,
            chunking: true,
            binary_mime: false,
            dsn: false,
            requiretls: false,
            starttls: false,
            require_tls: false,
            auth: Mechanisms::NONE,
            plaintext_auth: false,
            expect_proxy: false,
            xclient: false,
            max_idle_commands: 100,
            handshake_timeout: Duration::from_mins(1),
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

    /// The longest command line, in octets without its line end; AUTH may take 12,288 (RFC 4954 §4). RFC 5321 §4.5.3.1.4 names 512 and extensions add to it:
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

    /// The last line of the refusals of a message that the machine gives by itself: too big, a NUL, a bare line end. The sender's
    /// mail server shows it to a person, who is helped by a link. Defaults to none.
    #[must_use]
    pub fn help(mut self, text: ReplyText) -> Self {
        self.help = Some(text);
        self
    }

    /// Whether SMTPUTF8 (RFC 6531) is offered. Defaults to true: addresses pass through as they came.
    #[must_use]
    pub fn smtputf8(mut self, offered: bool) -> Self {
        self.smtputf8 = offered;
        self
    }

    /// Whether the session is LMTP (RFC 2033): LHLO instead of EHLO, and a verdict for each recipient. Defaults to false.
    #[must_use]
    pub fn lmtp(mut self, lmtp: bool) -> Self {
        self.lmtp = lmtp;
        self
    }

    /// Whether CHUNKING (RFC 3030) is offered: messages in chunks of told length, without dots to stuff. Defaults to true: the
    /// same rules hold for what they contain.
    #[must_use]
    pub fn chunking(mut self, offered: bool) -> Self {
        self.chunking = offered;
        self
    }

    /// Whether BINARYMIME (RFC 3030) is offered, with CHUNKING. Defaults to false: bare CRs, LFs and NULs then reach the
    /// embedder, and whatever it hands the message to.
    #[must_use]
    pub fn binary_mime(mut self, offered: bool) -> Self {
        self.binary_mime = offered;
        self
    }

    /// Whether DSN (RFC 3461) is offered. Defaults to false: offering it promises to send the reports that are asked for.
    #[must_use]
    pub fn dsn(mut self, offered: bool) -> Self {
        self.dsn = offered;
        self
    }

    /// Whether REQUIRETLS (RFC 8689) is offered, under TLS. Defaults to false: offering it promises to hand the message on over
    /// verified TLS only.
    #[must_use]
    pub fn requiretls(mut self, offered: bool) -> Self {
        self.requiretls = offered;
        self
    }

    /// Whether STARTTLS (RFC 3207) is offered while TLS is off. Defaults to false: the driver has to have a certificate.
    #[must_use]
    pub fn starttls(mut self, offered: bool) -> Self {
        self.starttls = offered;
        self
    }

    /// Whether all but EHLO, HELO, LHLO, NOOP, QUIT and STARTTLS hears `530 5.7.0` while TLS is off. Defaults to false, for
    /// RFC 3207 §4 forbids it to a server that the public MX records name.
    #[must_use]
    pub fn require_tls(mut self, required: bool) -> Self {
        self.require_tls = required;
        self
    }

    /// The mechanisms of AUTH (RFC 4954) that are offered. Defaults to none.
    #[must_use]
    pub fn auth(mut self, mechanisms: Mechanisms) -> Self {
        self.auth = mechanisms;
        self
    }

    /// Whether AUTH is offered while TLS is off. Defaults to false: passwords would be read on the way.
    #[must_use]
    pub fn plaintext_auth(mut self, offered: bool) -> Self {
        self.plaintext_auth = offered;
        self
    }

    /// Whether the connection has to begin with a PROXY header. Defaults to false. **Set it for the addresses of one's own load
    /// balancers only:** it lets the peer say whom it speaks for, and a direct client is then cut off.
    #[must_use]
    pub fn expect_proxy(mut self, expected: bool) -> Self {
        self.expect_proxy = expected;
        self
    }

    /// Whether XCLIENT is offered. Defaults to false. **Set it for the addresses of one's own proxies only.**
    #[must_use]
    pub fn xclient(mut self, offered: bool) -> Self {
        self.xclient = offered;
        self
    }

    /// Commands without effect (EHLO, NOOP, RSET, VRFY and the like) before an accepted message, then `421 4.7.0`. Defaults to
    /// 100: a client that keeps its connection warm needs a few.
    #[must_use]
    pub fn max_idle_commands(mut self, commands: u32) -> Self {
        self.max_idle_commands = commands.max(1);
        self
    }

    /// How long a TLS handshake may take behind STARTTLS. Defaults to 1 minute: three round trips on the worst line.
    #[must_use]
    pub fn handshake_timeout(mut self, duration: Duration) -> Self {
        self.handshake_timeout = duration;
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
    /// minutes: clients wait 10 (RFC 5321 §4.5.3.2.6), and a late 250 is a duplicate. In LMTP each recipient has so long, one
    /// behind the other.
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
