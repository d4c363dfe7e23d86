//! Which messages of a folder are due, and which are being worked at.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::io;
use std::time::{Duration, Instant};

use super::QueueId;

/// How often the folder is read though nothing was announced: for messages that another process left there.
const LOOK_AGAIN: Duration = Duration::from_secs(30);

/// The first wait of a message that was put off; each further one is twice as long.
const FIRST_WAIT: Duration = Duration::from_secs(30);

/// The longest wait of a message that was put off: once the product is well again, nobody waits longer for a comment.
const LONGEST_WAIT: Duration = Duration::from_mins(30);

/// Ids that are due and held in memory, 16 octets each; more of them stay in the folder until these are done. It is read once for so
/// many, which for a million that wait takes a second each time.
const MAX_DUE: usize = 16_384;

/// Messages whose tries are remembered, some 100 octets each. What is put off beyond them is tried at the next look into the folder
/// instead, which is the first wait: a product that refuses so many is away for all of them.
const MAX_PUT_OFF: usize = 100_000;

/// The state of one process; the folder has the truth.
#[derive(Debug, Default)]
pub(super) struct Queue {
    due: BTreeSet<QueueId>,
    claimed: HashSet<QueueId>,
    put_off: HashMap<QueueId, PutOff>,
    /// Those of them that are not claimed, by the end of their wait.
    waiting: BTreeSet<(Instant, QueueId)>,
    /// When the folder was read; none before anybody has claimed.
    looked_at: Option<Instant>,
    /// There are more in the folder than are held here.
    more: bool,
}

#[derive(Debug, Clone, Copy)]
struct PutOff {
    until: Instant,
    times: u32,
}

impl Queue {
    /// The oldest that are due, at most `most`; they are the caller's until [`Queue::forget`] or [`Queue::put_off`].
    ///
    /// # Errors
    /// Those of `list`, which gives each message in the folder, where it is time to read that.
    pub(super) fn claim(
        &mut self,
        now: Instant,
        most: usize,
        list: impl FnOnce(&mut dyn FnMut(QueueId)) -> io::Result<()>,
    ) -> io::Result<Vec<QueueId>> {
        let stale = self
            .looked_at
            .is_none_or(|at| now.saturating_duration_since(at) >= LOOK_AGAIN);
        if stale || self.due.is_empty() && self.more {
            self.look(now, list)?;
        }
        while let Some((until, id)) = self.waiting.first().copied()
            && until <= now
        {
            self.waiting.pop_first();
            self.due.insert(id);
        }
        let mut claimed = Vec::new();
        while claimed.len() < most
            && let Some(id) = self.due.pop_first()
        {
            claimed.push(id);
        }
        self.claimed.extend(&claimed);
        Ok(claimed)
    }

    /// Holds no more than the oldest of what the folder has, and what was put off.
    fn look(
        &mut self,
        now: Instant,
        list: impl FnOnce(&mut dyn FnMut(QueueId)) -> io::Result<()>,
    ) -> io::Result<()> {
        let (mut due, mut more, mut tried) = (BTreeSet::new(), false, HashSet::new());
        list(&mut |id| {
            let put_off = self.put_off.get(&id);
            if put_off.is_some() {
                tried.insert(id);
            }
            let is_waiting =
                put_off.is_some_and(|put_off| self.waiting.contains(&(put_off.until, id)));
            if is_waiting || self.claimed.contains(&id) {
                return;
            }
            due.insert(id);
            if due.len() > MAX_DUE {
                due.pop_last();
                more = true;
            }
        })?;
        self.put_off.retain(|id, _| tried.contains(id));
        self.waiting.retain(|(_, id)| tried.contains(id));
        (self.due, self.more, self.looked_at) = (due, more, Some(now));
        Ok(())
    }

    /// A message is about to be seen in the folder, and not durable yet: nobody claims it before [`Queue::arrived`].
    pub(super) fn arriving(&mut self, id: QueueId) {
        self.claimed.insert(id);
    }

    /// What was arriving has arrived, or failed to. Says whether somebody claims here, who may want to know.
    pub(super) fn arrived(&mut self, id: QueueId) -> bool {
        self.claimed.remove(&id);
        if self.looked_at.is_none() {
            return false;
        }
        // Older ones that are in the folder alone come before it.
        self.more |= self.due.len() >= MAX_DUE;
        if !self.more {
            self.due.insert(id);
        }
        true
    }

    /// Gives a claimed message back, to be claimed again later and later.
    pub(super) fn put_off(&mut self, now: Instant, id: QueueId) {
        self.claimed.remove(&id);
        let times = self.put_off.get(&id).map_or(0, |put_off| put_off.times);
        if times == 0 && self.put_off.len() >= MAX_PUT_OFF {
            // Read at once, the folder would give this one again.
            self.more = false;
            return;
        }
        let wait = FIRST_WAIT
            .saturating_mul(1 << times.min(16))
            .min(LONGEST_WAIT);
        let put_off = PutOff {
            until: now + wait,
            times: times + 1,
        };
        self.put_off.insert(id, put_off);
        self.waiting.insert((put_off.until, id));
    }

    /// The message is no longer in the folder.
    pub(super) fn forget(&mut self, id: QueueId) {
        self.claimed.remove(&id);
        if let Some(put_off) = self.put_off.remove(&id) {
            self.waiting.remove(&(put_off.until, id));
        }
        self.due.remove(&id);
    }

    /// When there may be something to claim, unless a message arrives before.
    pub(super) fn next(&self, now: Instant) -> Instant {
        let Some(looked_at) = self.looked_at else {
            return now;
        };
        if !self.due.is_empty() || self.more {
            return now;
        }
        let look_again = looked_at + LOOK_AGAIN;
        let waiting = self.waiting.first().map(|(until, _)| *until);
        waiting.map_or(look_again, |until| until.min(look_again))
    }
}

#[cfg(test)]
mod tests {
    use std::time::SystemTime;

    use super::*;

    fn ids(count: usize) -> Vec<QueueId> {
        let start = SystemTime::UNIX_EPOCH + Duration::from_secs(1_800_000_000);
        (0..count)
            .map(|number| QueueId::new(start + Duration::from_secs(number as u64)).unwrap())
            .collect()
    }

    fn unread(_: &mut dyn FnMut(QueueId)) -> io::Result<()> {
        panic!("the folder is not read")
    }

    /// A folder with these messages, which gives them in another order than they came.
    fn folder(ids: &[QueueId]) -> impl FnOnce(&mut dyn FnMut(QueueId)) -> io::Result<()> {
        move |give| {
            ids.iter().rev().copied().for_each(give);
            Ok(())
        }
    }

    #[test]
    fn each_message_is_claimed_once_and_the_oldest_first() {
        let (ids, now) = (ids(4), Instant::now());
        let mut queue = Queue::default();
        assert!(!queue.arrived(ids[0]), "nobody claims yet");
        let claimed = queue.claim(now, 2, folder(&ids[..3])).unwrap();
        assert_eq!(claimed, ids[..2]);
        assert!(queue.arrived(ids[3]));
        assert_eq!(queue.claim(now, 9, unread).unwrap(), ids[2..]);
        assert_eq!(queue.claim(now, 9, unread).unwrap(), []);
        // What is claimed stays so when the folder is read again.
        let later = now + LOOK_AGAIN;
        assert_eq!(queue.next(now), later);
        queue.forget(ids[0]);
        assert_eq!(queue.claim(later, 9, folder(&ids[1..])).unwrap(), []);
    }

    #[test]
    fn nobody_claims_what_is_not_durable_yet() {
        let (ids, now) = (ids(1), Instant::now());
        let mut queue = Queue::default();
        queue.arriving(ids[0]);
        assert_eq!(queue.claim(now, 1, folder(&ids)).unwrap(), []);
        assert!(queue.arrived(ids[0]));
        assert_eq!(queue.claim(now, 1, unread).unwrap(), ids);
    }

    #[test]
    fn what_is_put_off_waits_longer_each_time() {
        let (ids, mut now) = (ids(1), Instant::now());
        let mut queue = Queue::default();
        let mut waits = Vec::new();
        for _ in 0..9 {
            assert_eq!(queue.claim(now, 1, folder(&ids)).unwrap(), ids);
            queue.put_off(now, ids[0]);
            let mut until = now;
            while queue.put_off[&ids[0]].until > until {
                until = queue.next(until);
                if queue.put_off[&ids[0]].until > until {
                    assert_eq!(queue.claim(until, 1, folder(&ids)).unwrap(), []);
                }
            }
            waits.push((until - now).as_secs());
            now = until;
        }
        assert_eq!(waits, [30, 60, 120, 240, 480, 960, 1_800, 1_800, 1_800]);
    }

    #[test]
    fn one_that_is_gone_is_forgotten() {
        let (ids, now) = (ids(2), Instant::now());
        let mut queue = Queue::default();
        queue.claim(now, 2, folder(&ids)).unwrap();
        queue.put_off(now, ids[0]);
        queue.put_off(now, ids[1]);
        let later = now + FIRST_WAIT;
        assert_eq!(queue.claim(later, 9, folder(&ids[1..])).unwrap(), [ids[1]]);
    }

    #[test]
    fn more_tries_than_are_remembered_wait_for_the_next_look() {
        for more in [2, MAX_DUE + 2] {
            let (ids, mut now) = (ids(MAX_PUT_OFF + more), Instant::now());
            let mut queue = Queue::default();
            for _ in 0..2 {
                while let claimed = queue.claim(now, 10_000, folder(&ids)).unwrap()
                    && !claimed.is_empty()
                {
                    for id in claimed {
                        queue.put_off(now, id);
                    }
                }
                assert_eq!(queue.put_off.len(), MAX_PUT_OFF);
                let next = queue.next(now);
                assert!(next >= now + FIRST_WAIT, "nothing turns in a circle");
                now += LOOK_AGAIN;
            }
            // Those that were remembered wait for a minute now, the others do not.
            let claimed = queue.claim(now, 2, folder(&ids)).unwrap();
            assert_eq!(claimed, ids[MAX_PUT_OFF..][..2]);
        }
    }

    #[test]
    fn what_arrives_does_not_overtake_what_stayed_in_the_folder() {
        let (ids, now) = (ids(MAX_DUE + 3), Instant::now());
        let mut queue = Queue::default();
        let claimed = queue.claim(now, 5, folder(&ids[..MAX_DUE + 2])).unwrap();
        assert_eq!(claimed, ids[..5]);
        queue.arrived(ids[MAX_DUE + 2]);
        let claimed = queue.claim(now, MAX_DUE, unread).unwrap();
        assert_eq!(claimed, ids[5..MAX_DUE]);
        let claimed = queue.claim(now, 9, folder(&ids)).unwrap();
        assert_eq!(claimed, ids[MAX_DUE..]);
    }

    #[test]
    fn more_than_fit_stay_in_the_folder() {
        let (ids, now) = (ids(MAX_DUE + 2), Instant::now());
        let mut queue = Queue::default();
        let first = queue.claim(now, MAX_DUE, folder(&ids)).unwrap();
        assert_eq!(first, ids[..MAX_DUE]);
        assert_eq!(queue.next(now), now, "there are more");
        assert_eq!(queue.claim(now, 9, folder(&ids)).unwrap(), ids[MAX_DUE..]);
    }
}
