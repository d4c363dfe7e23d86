//! Who is told by mail: senders of a refusal, and the operator of what came for them.

use std::time::{Duration, Instant, SystemTime};

use inreply_smtp::wire::mailbox::Mailbox;
use inreply_smtp::wire::path::ReversePath;
use inreply_token::Opened;
use tokio::sync::mpsc;

use super::Receiver;
use crate::forward::to_operator;
use crate::outgoing::Outgoing;
use crate::rates::{Rate, RateLimits, Rates};
use crate::refusal::Refusal;
use crate::rejection::to_sender;

/// How often one address is told: whoever writes on hears the first refusal, and a forged sender is not flooded.
const ONCE_EACH: Duration = Duration::from_hours(24);

/// The way out for mails about what came in.
#[derive(Debug)]
pub(super) struct Notices {
    operator: Option<Mailbox<'static>>,
    outgoing: Option<mpsc::Sender<Outgoing>>,
    /// In memory: a restart forgets whom it told.
    told: Rates,
}

impl Notices {
    pub(super) fn new(
        outgoing: Option<mpsc::Sender<Outgoing>>,
        operator: Option<Mailbox<'static>>,
    ) -> Self {
        let mut limits = RateLimits::default();
        (limits.token, limits.user) = (None, None);
        limits.sender = Some(Rate {
            burst: 1,
            every: ONCE_EACH,
        });
        Self {
            outgoing,
            operator,
            told: Rates::new(limits),
        }
    }
}

impl<I, S> Receiver<I, S> {
    /// Sends the operator's mail on, where there is a mailbox for it. It is kept in any case.
    pub(crate) fn forward(&self, message: &[u8]) {
        let notices = &self.notices;
        let (Some(outgoing), Some(operator)) = (&notices.outgoing, &notices.operator) else {
            return;
        };
        let forwarded = to_operator(self.gate.site(), operator, message, SystemTime::now());
        let Some(forwarded) = forwarded else {
            return tracing::warn!(
                "mail for the operator is kept and not sent on: it would run in a circle"
            );
        };
        if let Err(error) = outgoing.try_send(forwarded) {
            tracing::warn!(%error, "mail for the operator is kept and not sent on");
        }
    }

    /// Tells the sender of a message with a token that holds, by mail, unless it is nobody, a machine, or was told today.
    pub(crate) fn tell(
        &self,
        token: &Opened,
        sender: &ReversePath<'static>,
        message: &[u8],
        refusal: &Refusal,
    ) {
        let Some(outgoing) = &self.notices.outgoing else {
            return;
        };
        let site = self.gate.site();
        let rejection = match to_sender(site, sender, message, refusal, SystemTime::now()) {
            Ok(Some(rejection)) => rejection,
            Ok(None) => return,
            Err(error) => return tracing::error!(%error, "the sender is not told of the refusal"),
        };
        match outgoing.try_reserve() {
            Ok(room) => {
                if self.notices.told.take(Instant::now(), token, sender) {
                    room.send(self.signed(rejection));
                }
            }
            Err(error) => tracing::warn!(%error, "the sender is not told of the refusal"),
        }
    }

    #[cfg(feature = "auth")]
    fn signed(&self, rejection: Outgoing) -> Outgoing {
        let Some(signer) = &self.signer else {
            return rejection;
        };
        match rejection.clone().signed(signer, SystemTime::now()) {
            Ok(signed) => signed,
            Err(error) => {
                tracing::error!(%error, "a refusal goes out unsigned");
                rejection
            }
        }
    }

    #[cfg(not(feature = "auth"))]
    fn signed(&self, rejection: Outgoing) -> Outgoing {
        rejection
    }
}
