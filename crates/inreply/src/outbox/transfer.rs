//! From one outbox into another.

use bytes::Bytes;

use super::store::{Settlement, Store, StoreError};
use super::{Entry, Outbox};

/// Mailboxes of the suppression list that are moved at once.
const PAGE: usize = 256;

impl<S: Store> Outbox<S> {
    /// Moves all that waits, under its ids, and the suppression list into another outbox; says how many messages that were. **Nothing
    /// may send from this outbox meanwhile.** A message is durable there before it is deleted here, so that a transfer that was cut
    /// off is done again.
    ///
    /// # Errors
    /// [`StoreError::Taken`] where another process sends from it and the store knows, or where a store fails.
    pub async fn move_to<T: Store>(&self, to: &Outbox<T>) -> Result<u64, StoreError> {
        let (from, to, config) = (self.store(), to.store(), self.config());
        // As a sender does first: what one that died has left in its record is taken into account.
        from.next_due().await?;
        let (mut after, mut moved) = (None, 0);
        loop {
            let page = from.list(after, config.batch).await?;
            let Some(last) = page.last() else { break };
            after = Some(last.id());
            let (mut letters, mut octets) = (Vec::new(), 0);
            for id in page.iter().map(Entry::id) {
                let Some((entry, message)) = from.read(id).await? else {
                    continue;
                };
                octets += entry.octets();
                letters.push((entry, message));
                if octets >= config.batch_octets {
                    moved += move_letters(from, to, std::mem::take(&mut letters)).await?;
                    octets = 0;
                }
            }
            moved += move_letters(from, to, letters).await?;
        }
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
}

async fn move_letters(
    from: &impl Store,
    to: &impl Store,
    letters: Vec<(Entry, Bytes)>,
) -> Result<u64, StoreError> {
    let (mut missing, mut done) = (Vec::new(), Vec::new());
    for letter in letters {
        let id = letter.0.id();
        match to.read(id).await? {
            None => missing.push(letter),
            // Of a transfer that was cut off behind its commit.
            Some((_, there)) if there == letter.1 => {}
            Some(_) => {
                let error = format!("another message has the id {id}");
                return Err(StoreError::failed(error));
            }
        }
        done.push(Settlement::Done(id));
    }
    if !missing.is_empty() {
        to.insert(missing).await?;
    }
    let moved = done.len() as u64;
    from.settle(done).await?;
    Ok(moved)
}
