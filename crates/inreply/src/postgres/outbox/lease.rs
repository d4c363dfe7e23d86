//! Whose a claimed message is, and for how long.

use std::collections::HashMap;
use std::collections::hash_map::Entry::{Occupied, Vacant};
use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use bytes::Bytes;
use tokio::time::sleep;
use tokio_postgres::types::Type;

use super::super::line::Parameter;
use super::row::{self, micros};
use super::{PgOutbox, Shared};
use crate::outbox::{Claim, Entry, Settlement, StoreError};
use crate::spool::QueueId;

/// When a lease ends, by both clocks of this host, whichever is first: the one that does not jump stands still while the host
/// sleeps, and the database's goes on.
#[derive(Debug, Clone, Copy)]
pub(super) struct LeaseEnd {
    steady: Instant,
    wall: SystemTime,
}

impl LeaseEnd {
    fn of(lease: Duration) -> Self {
        Self {
            steady: Instant::now() + lease,
            wall: SystemTime::now() + lease,
        }
    }

    fn is_over(self) -> bool {
        self.steady <= Instant::now() || self.wall <= SystemTime::now()
    }
}

/// Renews the leases of this process.
pub(super) async fn beat(shared: Arc<Shared>) {
    let lease = shared.lease();
    loop {
        sleep(lease / 4).await;
        if let Err(error) = shared.renew().await {
            tracing::warn!(%error, "leases of outgoing mail could not be renewed");
        }
    }
}

impl Shared {
    fn lease(&self) -> Duration {
        self.connector.config().lease
    }

    /// What is not this process's any more is not held any more.
    pub(super) async fn renew(&self) -> io::Result<()> {
        let asked = self.renewable();
        if asked.is_empty() {
            return Ok(());
        }
        let ids: Vec<String> = asked.iter().map(ToString::to_string).collect();
        let (until, seconds) = (LeaseEnd::of(self.lease()), self.lease().as_secs_f64());
        let parameters: [Parameter<'_>; 3] = [
            (&ids, Type::TEXT_ARRAY),
            (&self.holder, Type::INT8),
            (&seconds, Type::FLOAT8),
        ];
        let renewed = self.sure.query(&self.sql.beat, &parameters).await?;
        let ours = renewed.iter().filter_map(|row| {
            let is_renewed: bool = row.try_get(1).ok()?;
            Some((row::id(row).ok()?, is_renewed))
        });
        let ours: HashMap<_, _> = ours.collect();
        let mut held = self.held();
        for id in asked {
            let Some(end) = held.get_mut(&id) else {
                continue;
            };
            *end = match ours.get(&id) {
                Some(true) => end.and(Some(until)),
                // It ends when it would have.
                Some(false) => *end,
                None => None,
            };
        }
        Ok(())
    }

    /// What is settled is not held any more.
    pub(super) fn let_go(&self, settlements: &[Settlement]) {
        let mut held = self.held();
        for settlement in settlements {
            held.remove(&settlement.id());
        }
    }

    fn renewable(&self) -> Vec<QueueId> {
        let held = self.held();
        let mine = held.iter().filter(|(_, end)| end.is_some());
        mine.map(|(id, _)| *id).collect()
    }
}

impl PgOutbox {
    pub(super) async fn lease(&self, claim: Claim) -> Result<Vec<(Entry, Bytes)>, StoreError> {
        let shared = &self.shared;
        let statement = match claim.only_expired {
            true => &shared.sql.claim_expired,
            false => &shared.sql.claim,
        };
        let (now, seconds) = (micros(claim.now), shared.lease().as_secs_f64());
        let most = i64::try_from(claim.most).unwrap_or(i64::MAX);
        let octets = i64::try_from(claim.octets).unwrap_or(i64::MAX);
        let parameters: [Parameter<'_>; 5] = [
            (&now, Type::INT8),
            (&most, Type::INT8),
            (&octets, Type::INT8),
            (&shared.holder, Type::INT8),
            (&seconds, Type::FLOAT8),
        ];
        let _turn = shared.turn.lock().await;
        // Counted from before the server does, so that this end comes first.
        let until = LeaseEnd::of(shared.lease());
        // Both are on their way at once, and in this order. A claim that the server forgets, another sender makes too.
        let revived = shared.sure.query(&shared.sql.revive, &[]);
        let claimed = shared.sure.query(statement, &parameters);
        let (revived, claimed) = tokio::join!(revived, claimed);
        // What is claimed is ours, whatever became of the other.
        if let Err(error) = revived {
            tracing::warn!(%error, "messages of senders that are gone could not be revived");
        }
        let claimed = claimed.map_err(StoreError::failed)?;
        let (mut letters, mut held) = (Vec::with_capacity(claimed.len()), shared.held());
        for row in &claimed {
            match row::letter(row) {
                Ok((entry, octets)) => match held.entry(entry.id()) {
                    Vacant(place) => {
                        place.insert(Some(until));
                        letters.push((entry, octets));
                    }
                    // Its lease ran out while it lay here, and what lies here may be older than what another sender has made of it:
                    // it has to be given back first.
                    Occupied(mut place) => drop(place.insert(None)),
                },
                // One that cannot be read does not stop the others.
                Err(error) => tracing::error!(%error, "a message is left out"),
            }
        }
        Ok(letters)
    }

    /// Whether a claimed message is this process's still.
    pub(super) fn has(&self, id: QueueId) -> bool {
        let until = self.shared.held().get(&id).copied().flatten();
        until.is_some_and(|until| !until.is_over())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lease_is_over_by_the_first_of_two_clocks() {
        let hour = Duration::from_hours(1);
        let end = LeaseEnd::of(hour);
        assert!(!end.is_over());
        assert!(LeaseEnd::of(Duration::ZERO).is_over());
        // The host slept for two hours: one clock stood still.
        let wall = end.wall - 2 * hour;
        assert!(LeaseEnd { wall, ..end }.is_over());
    }
}
