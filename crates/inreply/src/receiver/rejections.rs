//! Who is told by mail that their answer was not taken.

use std::time::{Duration, Instant, SystemTime};

use inreply_smtp::wire::path::ReversePath;
use inreply_token::Opened;
use tokio::sync::mpsc;

use super::Receiver;
use crate::catalogue::Refusal;
use crate::rates::{Rate, RateLimits, Rates};
use crate::rejection::Rejection;

/// How often one address is told: whoever writes on hears the first refusal, and a forged sender is not flooded.
const ONCE_EACH: Duration = Duration::from_hours(24);

/// The way out for mails about refusals.
#[derive(Debug)]
pub(super) struct Rejections {
    outgoing: Option<mpsc::Sender<Rejection>>,
    /// In memory: a restart forgets whom it told.
    told: Rates,
}

impl Rejections {
    pub(super) fn new(outgoing: Option<mpsc::Sender<Rejection>>) -> Self {
        let mut limits = RateLimits::default();
        (limits.token, limits.user) = (None, None);
        limits.sender = Some(Rate {
            burst: 1,
            every: ONCE_EACH,
        });
        Self {
            outgoing,
            told: Rates::new(limits),
        }
    }
}

impl<I, S> Receiver<I, S> {
    /// Tells the sender of a message with a token that holds, by mail, unless it is nobody, a machine, or was told today.
    pub(crate) fn tell(
        &self,
        token: &Opened,
        sender: &ReversePath<'static>,
        message: &[u8],
        refusal: &Refusal,
    ) {
        let Some(outgoing) = &self.rejections.outgoing else {
            return;
        };
        let site = self.gate.site();
        let rejection = match Rejection::of(site, sender, message, refusal, SystemTime::now()) {
            Ok(Some(rejection)) => rejection,
            Ok(None) => return,
            Err(error) => return tracing::error!(%error, "the sender is not told of the refusal"),
        };
        match outgoing.try_reserve() {
            Ok(room) => {
                if self.rejections.told.take(Instant::now(), token, sender) {
                    room.send(rejection);
                }
            }
            Err(error) => tracing::warn!(%error, "the sender is not told of the refusal"),
        }
    }
}
