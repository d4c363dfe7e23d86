//! What the way in and the way out count, in the text format that Prometheus reads.
//!
//! A [`Receiver`](crate::receiver::Receiver) counts into the [`Metrics`] of its options, an [`Outbox`](crate::outbox::Outbox) into
//! those of [`Outbox::metrics`](crate::outbox::Outbox::metrics), which may be the same. A product mounts
//! [`Receiver::metrics_text`](crate::receiver::Receiver::metrics_text) where its monitoring looks, and has
//! [`Outbox::measure`](crate::outbox::Outbox::measure) look at the queue before.

use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::{Duration, SystemTime};

use inreply_smtp::wire::reply::Reply;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Registry, Unit};

use crate::outbox::End;
use crate::spool::{Backlog, Folder};

/// Upper bounds in seconds of the time that a disk takes: from one with a cache of its own to one that is ill.
const STORE_BUCKETS: [f64; 10] = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.5, 1.0, 5.0];

/// Counters, gauges and a histogram. Clones are the same.
///
/// | name | type | labels | what |
/// |---|---|---|---|
/// | `inreply_sessions_total` | counter | | sessions that began |
/// | `inreply_sessions_open` | gauge | | sessions that have not ended |
/// | `inreply_verdicts_total` | counter | `stage` (`rcpt`, `data`), `code`, `status` | replies to RCPT and to the final dot, by reply code and enhanced status code |
/// | `inreply_store_seconds` | histogram | | from the verdict to the disk, file and folder synced |
/// | `inreply_outcomes_total` | counter | `folder` | where messages ended: `success`, `failure`, `operator`, `ignored/KIND` |
/// | `inreply_put_off_total` | counter | | tries that the product, or the spool, put off |
/// | `inreply_spool_waiting_messages` | gauge | | messages that wait for the worker |
/// | `inreply_spool_oldest_seconds` | gauge | | the age of the oldest of them; 0 for none |
/// | `inreply_outbox_ends_total` | counter | `end` (`delivered`, `expired`, `not-allowed`, `refused`, `suppressed`) | recipients of outgoing mail, by how it ended; counted when the product has heard of it |
/// | `inreply_outbox_put_off_total` | counter | | tries behind which somebody still waits |
/// | `inreply_outbox_waiting_messages` | gauge | | messages in the outbox |
/// | `inreply_outbox_oldest_seconds` | gauge | | the age of the oldest of them; 0 for none |
///
/// No label holds what a peer chose: there are as many series as there are codes and folders.
///
/// ```
/// use inreply::metrics::Metrics;
///
/// let text = Metrics::default().encode();
/// assert!(text.contains("inreply_sessions_total 0\n"));
/// assert!(text.ends_with("# EOF\n"));
/// ```
#[derive(Debug, Clone)]
pub struct Metrics {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    registry: Registry,
    sessions: Counter,
    open: Gauge,
    verdicts: Family<Verdict, Counter>,
    storing: Histogram,
    outcomes: Family<Outcome, Counter>,
    put_off: Counter,
    spool: Queue,
    ends: Family<Ended, Counter>,
    outgoing_put_off: Counter,
    outbox: Queue,
}

/// The gauges of what waits.
#[derive(Debug, Default)]
struct Queue {
    waiting: Gauge,
    oldest: Gauge<f64, AtomicU64>,
}

impl Queue {
    fn register(&self, registry: &mut Registry, name: &str) {
        registry.register_with_unit(
            format!("{name}_waiting"),
            "Messages that wait",
            Unit::Other("messages".to_owned()),
            self.waiting.clone(),
        );
        registry.register_with_unit(
            format!("{name}_oldest"),
            "The age of the oldest message that waits",
            Unit::Seconds,
            self.oldest.clone(),
        );
    }

    fn set(&self, backlog: &Backlog, now: SystemTime) {
        let messages = i64::try_from(backlog.messages).unwrap_or(i64::MAX);
        self.waiting.set(messages);
        self.oldest.set(backlog.age(now).as_secs_f64());
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Verdict {
    stage: &'static str,
    code: String,
    status: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Ended {
    end: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Outcome {
    folder: String,
}

impl Default for Metrics {
    fn default() -> Self {
        let mut shared = Shared {
            registry: Registry::with_prefix("inreply"),
            sessions: Counter::default(),
            open: Gauge::default(),
            verdicts: Family::default(),
            storing: Histogram::new(STORE_BUCKETS),
            outcomes: Family::default(),
            put_off: Counter::default(),
            spool: Queue::default(),
            ends: Family::default(),
            outgoing_put_off: Counter::default(),
            outbox: Queue::default(),
        };
        let registry = &mut shared.registry;
        registry.register("sessions", "Sessions that began", shared.sessions.clone());
        registry.register(
            "sessions_open",
            "Sessions that have not ended",
            shared.open.clone(),
        );
        registry.register(
            "verdicts",
            "Replies to RCPT and to the final dot",
            shared.verdicts.clone(),
        );
        registry.register_with_unit(
            "store",
            "From the verdict to the disk",
            Unit::Seconds,
            shared.storing.clone(),
        );
        registry.register("outcomes", "Where messages ended", shared.outcomes.clone());
        registry.register("put_off", "Tries that were put off", shared.put_off.clone());
        shared.spool.register(registry, "spool");
        registry.register(
            "outbox_ends",
            "Recipients of outgoing mail, by how it ended",
            shared.ends.clone(),
        );
        registry.register(
            "outbox_put_off",
            "Tries behind which somebody still waits",
            shared.outgoing_put_off.clone(),
        );
        shared.outbox.register(registry, "outbox");
        Self {
            shared: Arc::new(shared),
        }
    }
}

impl Metrics {
    /// All of it as text, to be served as `application/openmetrics-text; version=1.0.0; charset=utf-8`. The gauges of the spool
    /// are those of the last [`Metrics::backlog`], those of the outbox those of the last
    /// [`Outbox::measure`](crate::outbox::Outbox::measure).
    pub fn encode(&self) -> String {
        let mut text = String::new();
        // Writing to a string fails only where a value refuses to print itself; what was printed is of use all the same.
        if encode(&mut text, &self.shared.registry).is_err() {
            tracing::error!("the metrics are not whole");
        }
        text
    }

    /// Sets the gauges of the spool, as seen at `now`.
    pub fn backlog(&self, backlog: &Backlog, now: SystemTime) {
        self.shared.spool.set(backlog, now);
    }

    pub(crate) fn outbox(&self, backlog: &Backlog, now: SystemTime) {
        self.shared.outbox.set(backlog, now);
    }

    pub(crate) fn ended(&self, end: &End) {
        let end = Ended { end: end.name() };
        self.shared.ends.get_or_create(&end).inc();
    }

    pub(crate) fn tried_in_vain(&self) {
        self.shared.outgoing_put_off.inc();
    }

    pub(crate) fn session_began(&self) {
        self.shared.sessions.inc();
        self.shared.open.inc();
    }

    pub(crate) fn session_ended(&self) {
        self.shared.open.dec();
    }

    pub(crate) fn verdict(&self, stage: &'static str, reply: &Reply) {
        let status = reply.enhanced();
        let verdict = Verdict {
            stage,
            code: reply.code().to_string(),
            status: status.map_or_else(String::new, |status| status.to_string()),
        };
        self.shared.verdicts.get_or_create(&verdict).inc();
    }

    pub(crate) fn stored(&self, after: Duration) {
        self.shared.storing.observe(after.as_secs_f64());
    }

    pub(crate) fn filed(&self, folder: &Folder) {
        let outcome = Outcome {
            folder: folder.name(),
        };
        self.shared.outcomes.get_or_create(&outcome).inc();
    }

    pub(crate) fn put_off(&self) {
        self.shared.put_off.inc();
    }
}

#[cfg(test)]
mod tests {
    use inreply_smtp::wire::reply::ReplyCode;

    use super::*;

    #[test]
    fn what_was_counted_is_told() {
        let metrics = Metrics::default();
        metrics.session_began();
        metrics.session_began();
        metrics.session_ended();
        let reply = Reply::literal(ReplyCode::MAILBOX_UNAVAILABLE, (5, 1, 1), "no");
        metrics.verdict("rcpt", &reply);
        metrics.stored(Duration::from_millis(3));
        metrics.filed(&Folder::Ignored("auto-reply"));
        metrics.put_off();
        let now = SystemTime::now();
        let backlog = Backlog {
            messages: 2,
            oldest: now.checked_sub(Duration::from_secs(90)),
        };
        metrics.backlog(&backlog, now);
        metrics.ended(&End::Refused("550 no".to_owned()));
        metrics.tried_in_vain();
        metrics.outbox(&Backlog::default(), now);
        let text = metrics.encode();
        for line in [
            "inreply_sessions_total 2",
            "inreply_sessions_open 1",
            "inreply_verdicts_total{stage=\"rcpt\",code=\"550\",status=\"5.1.1\"} 1",
            "inreply_store_seconds_bucket{le=\"0.002\"} 0",
            "inreply_store_seconds_bucket{le=\"0.005\"} 1",
            "inreply_outcomes_total{folder=\"ignored/auto-reply\"} 1",
            "inreply_put_off_total 1",
            "inreply_spool_waiting_messages 2",
            "inreply_spool_oldest_seconds 90.0",
            "inreply_outbox_ends_total{end=\"refused\"} 1",
            "inreply_outbox_put_off_total 1",
            "inreply_outbox_waiting_messages 0",
            "inreply_outbox_oldest_seconds 0.0",
        ] {
            assert!(
                text.lines().any(|told| told == line),
                "{line} is not in\n{text}"
            );
        }
    }
}
