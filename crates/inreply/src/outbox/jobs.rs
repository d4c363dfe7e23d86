//! Messages on their way from the store to the connections, and how many connections they need.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use tokio::sync::{Notify, Semaphore};
use tokio::time::timeout;

use super::entry::Entry;

/// A claimed message.
#[derive(Debug)]
pub(super) struct Job {
    pub(super) entry: Entry,
    pub(super) message: Bytes,
}

/// What waits for a lane. A lane is a task with at most one connection.
#[derive(Debug)]
pub(super) struct Jobs {
    state: Mutex<State>,
    /// A permit for each job.
    there: Semaphore,
    taken: Notify,
    max_lanes: usize,
}

#[derive(Debug, Default)]
struct State {
    jobs: VecDeque<Job>,
    lanes: usize,
    /// Lanes that wait for a job.
    free: usize,
}

impl Jobs {
    pub(super) fn new(max_lanes: usize) -> Self {
        Self {
            state: Mutex::default(),
            there: Semaphore::new(0),
            taken: Notify::new(),
            max_lanes,
        }
    }

    /// Adds jobs; gives how many lanes have to be begun.
    pub(super) fn push(&self, jobs: impl IntoIterator<Item = Job>) -> usize {
        let mut state = self.state();
        let before = state.jobs.len();
        state.jobs.extend(jobs);
        self.there.add_permits(state.jobs.len() - before);
        let wanted = state.jobs.len().saturating_sub(state.free);
        let begun = wanted.min(self.max_lanes - state.lanes);
        state.lanes += begun;
        begun
    }

    /// The next job for a lane; none where the lane is over: nothing came for so long, or nothing will.
    pub(super) async fn take(&self, idle: Duration) -> Option<Job> {
        loop {
            self.state().free += 1;
            let permit = timeout(idle, self.there.acquire()).await;
            let mut state = self.state();
            state.free -= 1;
            match permit {
                Ok(Ok(permit)) => {
                    permit.forget();
                    self.taken.notify_one();
                    if let Some(job) = state.jobs.pop_front() {
                        return Some(job);
                    }
                }
                // A job that came just now counts on this lane.
                Err(_) if !state.jobs.is_empty() => {}
                _ => {
                    state.lanes -= 1;
                    return None;
                }
            }
        }
    }

    /// A job more for a lane that has one, where more wait than there can be lanes: it costs no other lane its job.
    pub(super) fn take_ahead(&self) -> Option<Job> {
        let mut state = self.state();
        if state.jobs.len() <= self.max_lanes {
            return None;
        }
        // None where another lane is about to take the last.
        self.there.try_acquire().ok()?.forget();
        self.taken.notify_one();
        state.jobs.pop_front()
    }

    /// Ends the lanes; gives what none of them has taken.
    pub(super) fn close(&self) -> VecDeque<Job> {
        self.there.close();
        std::mem::take(&mut self.state().jobs)
    }

    pub(super) fn len(&self) -> usize {
        self.state().jobs.len()
    }

    /// Waits until fewer than `jobs` wait.
    pub(super) async fn fewer_than(&self, jobs: usize) {
        while self.len() >= jobs {
            self.taken.notified().await;
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::outbox::Letter;
    use crate::spool::QueueId;
    use inreply_smtp::client::Envelope;
    use std::sync::Arc;
    use std::time::SystemTime;

    const IDLE: Duration = Duration::from_secs(5);

    fn job() -> Job {
        let letter = Letter::new(Envelope::new("<>".parse().unwrap()), "x");
        let id = QueueId::new(SystemTime::now()).unwrap();
        Job {
            entry: Entry::new(id, &letter, IDLE),
            message: letter.message,
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_lane_more_is_begun_only_where_no_other_is_free() {
        let jobs = Arc::new(Jobs::new(2));
        assert_eq!(jobs.push([job()]), 1);
        assert!(jobs.take(IDLE).await.is_some());
        // The one lane is busy.
        assert_eq!(jobs.push([job(), job(), job()]), 1, "two at most");
        for _ in 0..3 {
            assert!(jobs.take(IDLE).await.is_some());
        }
        let waiting = tokio::spawn({
            let jobs = Arc::clone(&jobs);
            async move { jobs.take(IDLE).await.is_some() }
        });
        tokio::task::yield_now().await;
        assert_eq!(jobs.push([job()]), 0, "one lane waits for it");
        assert!(waiting.await.unwrap());
        // Both have nothing to do and end; the next job begins one anew.
        assert!(jobs.take(IDLE).await.is_none());
        assert!(jobs.take(IDLE).await.is_none());
        assert_eq!(jobs.push([job(), job(), job()]), 2);
    }

    #[tokio::test]
    async fn a_job_is_taken_ahead_where_the_other_lanes_have_enough() {
        let jobs = Jobs::new(2);
        jobs.push([job(), job(), job()]);
        assert!(jobs.take_ahead().is_some());
        assert!(jobs.take_ahead().is_none(), "two lanes, two jobs");
        assert_eq!(jobs.close().len(), 2);
    }

    #[tokio::test(start_paused = true)]
    async fn closing_ends_the_lanes_and_gives_the_rest_back() {
        let jobs = Jobs::new(4);
        jobs.push([job(), job()]);
        assert!(jobs.take(IDLE).await.is_some());
        assert_eq!(jobs.close().len(), 1);
        assert!(jobs.take(IDLE).await.is_none());
    }

    #[tokio::test(start_paused = true)]
    async fn who_fills_waits_for_who_takes() {
        let jobs = Arc::new(Jobs::new(1));
        jobs.push([job(), job(), job()]);
        let filler = tokio::spawn({
            let jobs = Arc::clone(&jobs);
            async move { jobs.fewer_than(2).await }
        });
        assert!(jobs.take(IDLE).await.is_some());
        tokio::task::yield_now().await;
        assert!(!filler.is_finished());
        assert!(jobs.take(IDLE).await.is_some());
        filler.await.unwrap();
    }
}
