//! One sync of a folder for all who wait for one.

use std::io;
use std::sync::{Condvar, Mutex, PoisonError};

/// Syncs a folder; calls that come while a sync runs share the next one.
///
/// A sync that has begun may have passed an entry by that was made since, so that a caller waits for one that begins behind
/// its call. Whoever finds none running runs it, for all who have come by then.
#[derive(Debug, Default)]
pub(super) struct FolderSync {
    state: Mutex<State>,
    ended: Condvar,
}

#[derive(Debug, Default)]
struct State {
    /// Syncs that have begun.
    begun: u64,
    running: bool,
    /// The last of those that ended well.
    done: u64,
    /// The last of those that failed, and how.
    failed: Option<(u64, io::ErrorKind)>,
}

impl FolderSync {
    /// Returns once every entry that was made before the call is on disk, by `run` of this call or of another's.
    ///
    /// # Errors
    /// Where the disk does not confirm it.
    pub(super) fn sync(&self, run: impl FnOnce() -> io::Result<()>) -> io::Result<()> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        // The next to begin, whoever runs it.
        let wanted = state.begun + 1;
        loop {
            // Behind a failed sync the kernel may call the next one a success without having written what was lost.
            if let Some((number, kind)) = state.failed
                && number >= wanted
            {
                return Err(kind.into());
            }
            if state.done >= wanted {
                return Ok(());
            }
            if !state.running {
                break;
            }
            state = self
                .ended
                .wait(state)
                .unwrap_or_else(PoisonError::into_inner);
        }
        state.running = true;
        state.begun += 1;
        let number = state.begun;
        drop(state);
        let synced = run();
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.running = false;
        match &synced {
            Ok(()) => state.done = number,
            Err(error) => state.failed = Some((number, error.kind())),
        }
        drop(state);
        self.ended.notify_all();
        synced
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Barrier;

    #[test]
    fn many_at_once_need_few_syncs() {
        let sync = FolderSync::default();
        let barrier = Barrier::new(64);
        std::thread::scope(|scope| {
            for _ in 0..64 {
                scope.spawn(|| {
                    barrier.wait();
                    sync.sync(|| Ok(())).unwrap();
                });
            }
        });
        let state = sync.state.lock().unwrap();
        assert!((1..=64).contains(&state.begun) && state.done == state.begun);
    }

    #[test]
    fn a_sync_that_failed_fails_those_who_waited_for_it_and_no_later_one() {
        let sync = FolderSync::default();
        let full = || Err(io::ErrorKind::StorageFull.into());
        assert_eq!(
            sync.sync(full).unwrap_err().kind(),
            io::ErrorKind::StorageFull
        );
        sync.sync(|| Ok(())).unwrap();
    }

    #[test]
    fn one_alone_syncs_each_time() {
        let sync = FolderSync::default();
        for number in 1..=3 {
            sync.sync(|| Ok(())).unwrap();
            assert_eq!(sync.state.lock().unwrap().done, number);
        }
    }
}
