//! Who looks on while a conversation is held.

use std::fmt;
use std::sync::Arc;

use inreply_smtp::transcript::Transcript;

/// Is told each line of a transcript once, when it is noted.
#[derive(Clone)]
pub(crate) struct Watcher(Arc<dyn Fn(&str) + Send + Sync>);

impl fmt::Debug for Watcher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Watcher").finish_non_exhaustive()
    }
}

impl Watcher {
    pub(crate) fn new(watch: impl Fn(&str) + Send + Sync + 'static) -> Self {
        Self(Arc::new(watch))
    }

    /// Tells the lines behind the first `told`; gives how many are told now. A transcript keeps so few lines that to go through
    /// the told ones again costs nothing beside the network.
    pub(super) fn tell(&self, transcript: &Transcript, told: usize) -> usize {
        let new = transcript.lines().skip(told).map(|line| (self.0)(&line));
        told + new.count()
    }
}
