//! The settings of an outbox.

use std::time::Duration;

use super::schedule::Schedule;

/// The settings of an [`Outbox`](super::Outbox) and of what drains it.
///
/// ```
/// use std::time::Duration;
/// use inreply::outbox::OutboxConfig;
///
/// let config = OutboxConfig::default()
///     .time_to_live(Duration::from_hours(24))
///     .only_domains(["staging.example"]);
/// assert!(config.allows("Staging.Example") && !config.allows("example.com"));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutboxConfig {
    pub(super) schedule: Schedule,
    pub(super) time_to_live: Duration,
    pub(super) only_domains: Option<Vec<String>>,
    pub(super) connections: usize,
    pub(super) messages_per_connection: u32,
    pub(super) messages_per_minute: Option<u32>,
    pub(super) idle: Duration,
    pub(super) relay_pause: Duration,
    pub(super) look_again: Duration,
    pub(super) group: Duration,
    pub(super) batch: usize,
    pub(super) batch_octets: u64,
    pub(super) product_timeout: Duration,
    pub(super) drain: Duration,
}

impl Default for OutboxConfig {
    fn default() -> Self {
        Self {
            schedule: Schedule::default(),
            time_to_live: Duration::from_hours(5 * 24),
            only_domains: None,
            connections: 4,
            messages_per_connection: 1_000,
            messages_per_minute: None,
            idle: Duration::from_secs(5),
            relay_pause: Duration::from_mins(1),
            look_again: Duration::from_secs(1),
            group: Duration::from_millis(100),
            batch: 256,
            batch_octets: 8_388_608,
            product_timeout: Duration::from_mins(1),
            drain: Duration::from_secs(30),
        }
    }
}

impl OutboxConfig {
    /// When a message is tried again. Defaults to [`Schedule::default`].
    #[must_use]
    pub fn schedule(mut self, schedule: Schedule) -> Self {
        self.schedule = schedule;
        self
    }

    /// How long a message is tried that does not say so itself ([`Letter::time_to_live`](super::Letter::time_to_live)). Defaults
    /// to 5 days: RFC 5321 §4.5.4.1 has "at least 4-5 days".
    #[must_use]
    pub fn time_to_live(mut self, duration: Duration) -> Self {
        self.time_to_live = duration;
        self
    }

    /// The only domains that get mail, compared whole and without regard to case: for an installation with a copy of real
    /// data. The product hears of the rest. Defaults to all.
    #[must_use]
    pub fn only_domains<D: Into<String>>(mut self, domains: impl IntoIterator<Item = D>) -> Self {
        self.only_domains = Some(domains.into_iter().map(Into::into).collect());
        self
    }

    /// Connections to the relay at once, of this process; a further one is opened where messages wait for the others. Defaults to 4:
    /// one waits for its peer most of the time, and relays of providers allow some ten.
    #[must_use]
    pub fn connections(mut self, connections: usize) -> Self {
        self.connections = connections.max(1);
        self
    }

    /// Messages on one connection; the next one has a new one. Defaults to 1,000, so that a relay behind a load balancer is
    /// chosen anew now and then.
    #[must_use]
    pub fn messages_per_connection(mut self, messages: u32) -> Self {
        self.messages_per_connection = messages.max(1);
        self
    }

    /// Messages a minute to the relay, spread evenly: for a provider with a limit. Where several processes send from one store, each
    /// has this many, so that the limit is parted among them by hand. Defaults to no limit.
    #[must_use]
    pub fn messages_per_minute(mut self, messages: u32) -> Self {
        self.messages_per_minute = Some(messages.max(1));
        self
    }

    /// How long a connection is kept without a message. Defaults to 5 seconds, as Postfix has for lookups of its cache: the next
    /// event of a thread often follows, and a relay's places are few.
    #[must_use]
    pub fn idle(mut self, duration: Duration) -> Self {
        self.idle = duration;
        self
    }

    /// How long a relay that gives no session is left alone; no message's tries are counted meanwhile. Defaults to 1 minute: it
    /// is our own relay, which was restarted more often than it died, and one connection a minute burdens nobody.
    #[must_use]
    pub fn relay_pause(mut self, duration: Duration) -> Self {
        self.relay_pause = duration;
        self
    }

    /// How often the store is asked for what other processes have put there. Defaults to 1 second; what this process enqueues
    /// is seen at once.
    #[must_use]
    pub fn look_again(mut self, duration: Duration) -> Self {
        self.look_again = duration;
        self
    }

    /// How long results are gathered before they are committed together; until then they stand in the store's record alone
    /// ([`Store::record`](super::Store::record)). Defaults to 100 milliseconds: ten commits a second are few.
    #[must_use]
    pub fn group(mut self, duration: Duration) -> Self {
        self.group = duration;
        self
    }

    /// Messages that are claimed at once. Defaults to 256: few claims a second at the speed of a relay in the same room.
    #[must_use]
    pub fn batch(mut self, messages: usize) -> Self {
        self.batch = messages.max(1);
        self
    }

    /// Octets of messages that are claimed at once, the last message beyond them included; twice as many may be in memory.
    /// Defaults to 8,388,608 octets (8 MiB), which a batch of notifications never fills.
    #[must_use]
    pub fn batch_octets(mut self, octets: u64) -> Self {
        self.batch_octets = octets;
        self
    }

    /// How long the product may take to hear of a result; then it is told again later. Defaults to 1 minute.
    #[must_use]
    pub fn product_timeout(mut self, duration: Duration) -> Self {
        self.product_timeout = duration;
        self
    }

    /// How long a shutdown waits for messages that are with the relay. Defaults to 30 seconds, less than service managers wait
    /// before they kill. What is cut off is sent again, and may be there twice. Results that a store does not take are tried for 15
    /// seconds more.
    #[must_use]
    pub fn drain(mut self, duration: Duration) -> Self {
        self.drain = duration;
        self
    }

    /// Whether mail goes to this domain.
    pub fn allows(&self, domain: &str) -> bool {
        let allowed = |domains: &Vec<String>| {
            domains
                .iter()
                .any(|allowed| allowed.eq_ignore_ascii_case(domain))
        };
        self.only_domains.as_ref().is_none_or(allowed)
    }
}
