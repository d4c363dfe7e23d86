//! When a message is tried again.

use std::time::Duration;

/// The waits between the tries of one message (RFC 5321 §4.5.4.1).
///
/// The RFC asks for "at least 30 minutes" between tries and allows better strategies. The first waits here are shorter: who
/// greylists takes the message on the second try, and the reader of a notification waits for it.
///
/// ```
/// use std::time::Duration;
/// use inreply::outbox::Schedule;
///
/// let schedule = Schedule::default();
/// assert_eq!(schedule.wait(1, 0), Duration::from_mins(2));
/// assert_eq!(schedule.wait(4, 0), Duration::from_mins(30));
/// assert_eq!(schedule.wait(40, 0), Duration::from_hours(3));
/// assert_eq!(schedule.wait(4, u32::MAX), Duration::from_mins(33));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Schedule {
    waits: Vec<Duration>,
    then: Duration,
    jitter: u32,
}

impl Default for Schedule {
    fn default() -> Self {
        let minutes = Duration::from_mins;
        Self {
            waits: [2, 6, 15, 30, 60, 120].map(minutes).to_vec(),
            then: minutes(180),
            jitter: 10,
        }
    }
}

impl Schedule {
    /// The waits behind the first tries, in order. Defaults to 2, 6, 15, 30, 60 and 120 minutes: two tries within the time for
    /// which greylisting commonly refuses, then the 30 minutes of RFC 5321 §4.5.4.1, then fewer.
    #[must_use]
    pub fn waits(mut self, waits: Vec<Duration>) -> Self {
        self.waits = waits;
        self
    }

    /// The wait behind all later tries. Defaults to 3 hours, of the "two or three hours" of RFC 5321 §4.5.4.1.
    #[must_use]
    pub fn then(mut self, wait: Duration) -> Self {
        self.then = wait;
        self
    }

    /// How much longer a wait may be by chance, in percent, so that what was put off together does not come back together; it
    /// is never shorter. Defaults to 10 percent.
    #[must_use]
    pub fn jitter(mut self, percent: u32) -> Self {
        self.jitter = percent;
        self
    }

    /// The wait behind the try with this number, the first of which is 1. `chance` is a random number.
    pub fn wait(&self, tries: u32, chance: u32) -> Duration {
        let index = usize::try_from(tries.saturating_sub(1)).unwrap_or(usize::MAX);
        let wait = self.waits.get(index).copied().unwrap_or(self.then);
        let more = f64::from(chance) / f64::from(u32::MAX) * f64::from(self.jitter) / 100.0;
        wait.saturating_add(wait.mul_f64(more))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The tries of a message of five days, each behind the wait of the one before.
    #[test]
    fn the_table_of_five_days() {
        let schedule = Schedule::default();
        let (mut at, mut minutes) = (Duration::ZERO, vec![0]);
        for tries in 1.. {
            at += schedule.wait(tries, 0);
            if at > Duration::from_hours(5 * 24) {
                break;
            }
            minutes.push(at.as_secs() / 60);
        }
        assert_eq!(minutes[..8], [0, 2, 8, 23, 53, 113, 233, 413]);
        assert_eq!(minutes.len(), 7 + 38);
        let hour = minutes.iter().filter(|at| **at < 60).count();
        assert!(hour >= 2, "RFC 5321 §4.5.4.1: two tries in the first hour");
    }

    #[test]
    fn chance_makes_a_wait_longer_and_never_shorter() {
        let schedule = Schedule::default();
        for tries in [0, 1, 5, 6, 7, u32::MAX] {
            let least = schedule.wait(tries, 0);
            for chance in [1, u32::MAX / 2, u32::MAX] {
                let wait = schedule.wait(tries, chance);
                assert!(least <= wait && wait <= least.mul_f64(1.1) + Duration::from_millis(1));
            }
        }
        let still = schedule.jitter(0);
        assert_eq!(still.wait(1, u32::MAX), Duration::from_mins(2));
        let long = still.then(Duration::MAX).jitter(10);
        assert_eq!(long.wait(9, 0), Duration::MAX);
    }
}
