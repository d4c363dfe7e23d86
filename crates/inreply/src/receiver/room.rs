//! Whether the spool had room lately.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// How long clients hear at RCPT that there is no room, before they send a message in vain; then one may try.
const PAUSE: Duration = Duration::from_secs(2);

/// When the spool last had no room, in memory: each spool says so by itself, and no other fault of it is remembered, for it may
/// be that of one message.
#[derive(Debug, Default)]
pub(super) struct Room(Mutex<Option<Instant>>);

impl Room {
    /// A message has found no room.
    pub(super) fn is_gone(&self, now: Instant) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(now);
    }

    /// Whether a message would find none.
    pub(super) fn is_missing(&self, now: Instant) -> bool {
        let gone_at = *self.0.lock().unwrap_or_else(PoisonError::into_inner);
        gone_at.is_some_and(|at| now.saturating_duration_since(at) < PAUSE)
    }
}
