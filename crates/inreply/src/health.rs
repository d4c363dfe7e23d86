//! Whether the way in works, for a load balancer, an orchestrator or a person.

use std::fmt;
use std::io;
use std::net::Ipv4Addr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant, SystemTime};

use inreply_smtp::wire::path::ReversePath;
use tokio::time::timeout;

use crate::inbox::Inbox;
use crate::receiver::Receiver;
use crate::spool::{Backlog, Preamble, Protocol, Spool};

/// How long the disk may take to say that it can be written.
const PATIENCE: Duration = Duration::from_secs(5);

/// A worker looks at the spool every 30 seconds and longer only where its lanes are full; one that has not for so long is gone or
/// hangs.
const WORKER_SILENCE: Duration = Duration::from_mins(5);

/// Messages that wait longer are a fault of the product or of the worker: a message that was put off is tried again within the
/// half of it.
const OLD: Duration = Duration::from_hours(1);

/// What was looked at, and what was found.
///
/// [`Receiver::health`] makes it. **Ready** means that mail can be taken: a server that is not should get no connections.
/// A worker that stands still does not make it so, for what is taken is kept; it makes it unwell.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Health {
    /// One entry a part: `spool`, `worker`, `backlog`.
    pub checks: Vec<Check>,
}

/// One part.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Check {
    /// The part.
    pub name: &'static str,
    /// Whether it is as it should be.
    pub is_well: bool,
    /// Whether mail cannot be taken while it is unwell.
    pub is_vital: bool,
    /// A sentence for the operator.
    pub says: String,
}

impl Health {
    /// Whether mail can be taken.
    pub fn is_ready(&self) -> bool {
        self.checks
            .iter()
            .all(|check| check.is_well || !check.is_vital)
    }

    /// Whether all parts are as they should be.
    pub fn is_well(&self) -> bool {
        self.checks.iter().all(|check| check.is_well)
    }
}

/// A line a part: `spool: ok, it can be written`.
impl fmt::Display for Health {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for check in &self.checks {
            let word = if check.is_well { "ok" } else { "FAULT" };
            writeln!(f, "{}: {word}, {}", check.name, check.says)?;
        }
        Ok(())
    }
}

/// When the worker was last seen, without a lock.
#[derive(Debug)]
pub(crate) struct Pulse {
    began: Instant,
    /// Seconds behind `began`, plus one; 0 where it was never seen.
    seen: AtomicU64,
}

impl Default for Pulse {
    fn default() -> Self {
        Self {
            began: Instant::now(),
            seen: AtomicU64::new(0),
        }
    }
}

impl Pulse {
    pub(crate) fn beat(&self) {
        let seconds = self.began.elapsed().as_secs();
        self.seen.store(seconds + 1, Ordering::Relaxed);
    }

    fn silence(&self) -> Option<Duration> {
        let seen = self.seen.load(Ordering::Relaxed).checked_sub(1)?;
        let now = self.began.elapsed().as_secs();
        Some(Duration::from_secs(now.saturating_sub(seen)))
    }
}

impl<I: Inbox, S: Spool> Receiver<I, S> {
    /// Looks whether the spool can be written, whether the worker works, and how long messages have waited. It leaves nothing
    /// behind.
    pub async fn health(&self) -> Health {
        let counted = timeout(PATIENCE, self.spool.backlog()).await;
        self.health_of(counted.map_err(io::Error::from).flatten())
            .await
    }

    /// The same for a page that has counted what waits: of 100,000 messages that takes as long as all else.
    pub async fn health_with(&self, backlog: Backlog) -> Health {
        self.health_of(Ok(backlog)).await
    }

    async fn health_of(&self, counted: io::Result<Backlog>) -> Health {
        Health {
            checks: vec![
                self.spool_check().await,
                self.worker_check(),
                backlog_check(counted),
            ],
        }
    }

    /// The metrics, with the gauges of the spool as they are now.
    pub async fn metrics_text(&self) -> String {
        match self.spool.backlog().await {
            Ok(backlog) => self.metrics.backlog(&backlog, SystemTime::now()),
            Err(error) => tracing::error!(%error, "the spool cannot be counted"),
        }
        self.metrics.encode()
    }

    async fn spool_check(&self) -> Check {
        let written = timeout(PATIENCE, self.begin_nothing()).await;
        let written = written.map_err(io::Error::from).flatten();
        let (is_well, says) = match written {
            Ok(()) => (true, "it can be written".to_owned()),
            Err(error) => (false, format!("it cannot be written: {error}")),
        };
        Check {
            name: "spool",
            is_well,
            is_vital: true,
            says,
        }
    }

    /// Begins a message, and gives it up.
    async fn begin_nothing(&self) -> io::Result<()> {
        let site = self.gate.site();
        let preamble = Preamble {
            reverse_path: ReversePath::Null,
            recipients: Vec::new(),
            hello: site.host().as_str().parse().map_err(io::Error::other)?,
            client: Ipv4Addr::LOCALHOST.into(),
            by: site.reply_domain().to_string(),
            protocol: Protocol::Lmtp,
            verdicts: None,
        };
        self.spool
            .begin(SystemTime::now(), preamble)
            .await
            .map(drop)
    }

    fn worker_check(&self) -> Check {
        let (is_well, says) = match self.pulse.silence() {
            None => (false, "it does not run".to_owned()),
            Some(silence) if silence > WORKER_SILENCE => (
                false,
                format!("it was last seen {} seconds ago", silence.as_secs()),
            ),
            Some(_) => (true, "it runs".to_owned()),
        };
        Check {
            name: "worker",
            is_well,
            is_vital: false,
            says,
        }
    }
}

fn backlog_check(counted: io::Result<Backlog>) -> Check {
    let (is_well, says) = match counted {
        Ok(backlog) => {
            let age = backlog.age(SystemTime::now());
            let says = match backlog.messages {
                0 => "nothing waits".to_owned(),
                messages => format!(
                    "{messages} messages wait, the oldest for {} seconds",
                    age.as_secs()
                ),
            };
            (age <= OLD, says)
        }
        Err(error) => (false, format!("it cannot be counted: {error}")),
    };
    Check {
        name: "backlog",
        is_well,
        is_vital: false,
        says,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(is_well: bool, is_vital: bool) -> Check {
        Check {
            name: "spool",
            is_well,
            is_vital,
            says: "so".to_owned(),
        }
    }

    #[test]
    fn only_what_is_vital_turns_mail_away() {
        let health = |checks| Health { checks };
        let fine = health(vec![check(true, true), check(true, false)]);
        assert!(fine.is_ready() && fine.is_well());
        let limping = health(vec![check(true, true), check(false, false)]);
        assert!(limping.is_ready() && !limping.is_well());
        assert_eq!(limping.to_string(), "spool: ok, so\nspool: FAULT, so\n");
        let down = health(vec![check(false, true)]);
        assert!(!down.is_ready() && !down.is_well());
    }

    #[test]
    fn a_pulse_is_silent_before_its_first_beat() {
        let pulse = Pulse::default();
        assert_eq!(pulse.silence(), None);
        pulse.beat();
        assert!(pulse.silence().is_some());
    }
}
