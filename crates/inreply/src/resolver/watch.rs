//! Looks again until all is well: after a zone was changed, caches and secondary servers take their time.

use std::time::{Duration, Instant};

use inreply_dns::doctor::{Config, Doctor};
use inreply_dns::report::{Report, Verdict};
use tokio::time::sleep;

use super::Resolver;

/// How a zone is watched.
///
/// ```
/// use std::time::Duration;
/// use inreply::resolver::Watch;
///
/// let watch = Watch::default();
/// // A record that a cache has for 20 seconds more changes in 20 seconds at the soonest.
/// assert_eq!(watch.pause(Some(20)), Duration::from_secs(21));
/// assert_eq!((watch.pause(Some(0)), watch.pause(Some(86_400))), (Duration::from_secs(5), Duration::from_secs(60)));
/// ```
#[derive(Debug, Clone)]
pub struct Watch {
    deadline: Duration,
    shortest: Duration,
    longest: Duration,
}

/// A look at the zone.
#[derive(Debug)]
#[non_exhaustive]
pub struct Looked {
    /// What was found.
    pub report: Report,
    /// How long it is until the next look; `None` after the last.
    pub next: Option<Duration>,
}

impl Default for Watch {
    fn default() -> Self {
        Self {
            deadline: Duration::from_secs(3_600),
            shortest: Duration::from_secs(5),
            longest: Duration::from_secs(60),
        }
    }
}

impl Watch {
    /// When to give up. Defaults to 3,600 seconds, the TTL of most zones.
    #[must_use]
    pub fn deadline(mut self, deadline: Duration) -> Self {
        self.deadline = deadline;
        self
    }

    /// The shortest time between two looks. Defaults to 5 seconds: a resolver is not a toy.
    #[must_use]
    pub fn shortest(mut self, shortest: Duration) -> Self {
        self.shortest = shortest;
        self
    }

    /// The longest time between two looks. Defaults to 60 seconds: records that are missing now are not in the TTLs.
    #[must_use]
    pub fn longest(mut self, longest: Duration) -> Self {
        self.longest = longest;
        self
    }

    /// How long to wait where the records in question may be kept for `ttl` seconds more: just longer, within the limits.
    pub fn pause(&self, ttl: Option<u32>) -> Duration {
        let ttl = ttl.map_or(self.shortest, |ttl| Duration::from_secs(u64::from(ttl) + 1));
        ttl.clamp(self.shortest, self.longest.max(self.shortest))
    }

    /// Looks until the verdict is pass or warn, or the deadline is over; `each` sees every report.
    pub async fn run(
        &self,
        resolver: &Resolver,
        config: &Config,
        mut each: impl FnMut(&Looked),
    ) -> Report {
        let begun = Instant::now();
        loop {
            let report = resolver.examine(Doctor::new(config.clone())).await;
            let good = report.verdict <= Verdict::Warn;
            let findings = report.findings.iter();
            let evidence = findings.flat_map(|finding| &finding.evidence);
            let pause = self.pause(evidence.filter_map(|evidence| evidence.ttl).min());
            let over = begun.elapsed() + pause > self.deadline;
            let next = (!good && !over).then_some(pause);
            let looked = Looked { report, next };
            each(&looked);
            match next {
                Some(pause) => sleep(pause).await,
                None => return looked.report,
            }
        }
    }
}
