//! From one outbox into another.

use std::time::{Duration, SystemTime};

use bytes::Bytes;

use super::store::{Claim, Settlement, Store, StoreError};
use super::{Entry, Outbox};

/// Mailboxes of the suppression list that are moved at once.
const PAGE: usize = 256;

/// Behind every next try.
const FAR: Duration = Duration::from_hours(24 * 365 * 1_000);

impl<S: Store> Outbox<S> {
    /// Moves all that waits, under its ids, and the suppression list into another outbox; says how many messages that were. **Nothing
    /// may send from this outbox meanwhile.** It is claimed as a sender does it, so that what another one has stays there. A message is
    /// durable there before it is deleted here, so that a transfer that was cut off is done again: in PostgreSQL once its lease is over,
    /// and in any case before something is sent.
    ///
    /// # Errors
    /// [`StoreError::Taken`] where another process sends from it; all that it does not have may be moved then. And where a store
    /// fails.
    pub async fn move_to<T: Store>(&self, to: &Outbox<T>) -> Result<u64, StoreError> {
        let (from, to) = (self.store(), to.store());
        let moved = self.move_letters(to).await;
        let given_back = from.give_up().await;
        let moved = moved?;
        given_back?;
        loop {
            // What was moved is gone, so that the first page is the next one.
            let page = from.suppressions(None, PAGE).await?;
            if page.is_empty() {
                return Ok(moved);
            }
            to.suppress(page.clone()).await?;
            for suppression in page {
                from.release(suppression.mailbox().to_owned()).await?;
            }
        }
    }

    async fn move_letters(&self, to: &impl Store) -> Result<u64, StoreError> {
        let (from, config) = (self.store(), self.config());
        let all = Claim {
            now: SystemTime::now() + FAR,
            most: config.batch,
            octets: config.batch_octets,
            only_expired: false,
        };
        let mut moved = 0;
        loop {
            let claimed = from.claim(all).await?;
            if claimed.is_empty() {
                break;
            }
            let done = claimed.iter().map(|(entry, _)| entry.id());
            let done: Vec<_> = done.map(Settlement::Done).collect();
            insert_missing(to, claimed).await?;
            moved += done.len() as u64;
            from.settle(done).await?;
        }
        match from.list(None, 1).await?.is_empty() {
            true => Ok(moved),
            false => Err(StoreError::Taken),
        }
    }
}

/// Inserts what is not there since a transfer that was cut off behind its commit.
async fn insert_missing(to: &impl Store, letters: Vec<(Entry, Bytes)>) -> Result<(), StoreError> {
    let mut missing = Vec::new();
    for (entry, message) in letters {
        let id = entry.id();
        match to.read(id).await? {
            None => missing.push((entry, message)),
            Some((_, octets)) if octets != message => {
                let error = format!("another message has the id {id}");
                return Err(StoreError::failed(error));
            }
            // It was tried here since, and who has got it is not to get it again.
            Some((there, _)) if there.tries() < entry.tries() => {
                to.discard(id).await?;
                missing.push((entry, message));
            }
            Some(_) => {}
        }
    }
    if !missing.is_empty() {
        to.insert(missing).await?;
    }
    Ok(())
}
