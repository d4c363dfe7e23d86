//! The tables, one transaction at a time.

use std::ops::Bound;
use std::time::SystemTime;

use ::redb::{
    Database, Error, ReadOnlyTable, ReadTransaction, ReadableDatabase, ReadableTable,
    ReadableTableMetadata, TableDefinition, WriteTransaction,
};
use bytes::Bytes;

use super::super::entry::{from_micros, to_micros};
use crate::outbox::{Claim, Entry, StoreError, Suppression};
use crate::spool::QueueId;

/// An id, which sorts by arrival.
type Id = &'static [u8; 9];
/// Microseconds since 1970, and an id.
type Moment = (u64, &'static [u8; 9]);

const ENTRIES: TableDefinition<'_, Id, &[u8]> = TableDefinition::new("entries");
const MESSAGES: TableDefinition<'_, Id, &[u8]> = TableDefinition::new("messages");
/// By the next try.
const DUE: TableDefinition<'_, Moment, ()> = TableDefinition::new("due");
const EXPIRING: TableDefinition<'_, Moment, ()> = TableDefinition::new("expiring");
/// By mailbox: reason, and microseconds since 1970.
const SUPPRESSED: TableDefinition<'_, &str, (&str, u64)> = TableDefinition::new("suppressed");

/// Any error of the database.
fn failed(error: impl Into<Error>) -> StoreError {
    StoreError::failed(error.into())
}

/// A transaction that changes.
pub(super) struct Writing(WriteTransaction);

impl Writing {
    pub(super) fn begin(database: &Database) -> Result<Self, StoreError> {
        Ok(Self(database.begin_write().map_err(failed)?))
    }

    /// Returns when it is on disk.
    pub(super) fn commit(self) -> Result<(), StoreError> {
        self.0.commit().map_err(failed)
    }

    /// So that a reader need not ask whether they are there.
    pub(super) fn make_tables(&self) -> Result<(), StoreError> {
        self.0.open_table(ENTRIES).map_err(failed)?;
        self.0.open_table(MESSAGES).map_err(failed)?;
        self.0.open_table(DUE).map_err(failed)?;
        self.0.open_table(EXPIRING).map_err(failed)?;
        self.0.open_table(SUPPRESSED).map_err(failed)?;
        Ok(())
    }

    pub(super) fn insert(&self, letters: &[(Entry, Bytes)]) -> Result<(), StoreError> {
        let mut entries = self.0.open_table(ENTRIES).map_err(failed)?;
        let mut messages = self.0.open_table(MESSAGES).map_err(failed)?;
        let mut due = self.0.open_table(DUE).map_err(failed)?;
        let mut expiring = self.0.open_table(EXPIRING).map_err(failed)?;
        for (entry, message) in letters {
            let id = &entry.id().to_octets();
            let known = entries.insert(id, &entry.encode()[..]).map_err(failed)?;
            if known.is_some() {
                return Err(StoreError::failed("two messages with one id"));
            }
            drop(known);
            messages.insert(id, &message[..]).map_err(failed)?;
            due.insert((to_micros(entry.next_try()), id), ())
                .map_err(failed)?;
            expiring
                .insert((to_micros(entry.expires_at()), id), ())
                .map_err(failed)?;
        }
        Ok(())
    }

    /// Writes a later state of a message that is still there.
    pub(super) fn update(&self, entry: &Entry) -> Result<(), StoreError> {
        self.change(entry, |_| true)
    }

    /// The same, where it has more tries than the state that is there.
    pub(super) fn overtake(&self, entry: &Entry) -> Result<(), StoreError> {
        self.change(entry, |known| entry.tries() > known.tries())
    }

    fn change(&self, entry: &Entry, wanted: impl Fn(&Entry) -> bool) -> Result<(), StoreError> {
        let id = &entry.id().to_octets();
        let mut entries = self.0.open_table(ENTRIES).map_err(failed)?;
        let known = match entries.get(id).map_err(failed)? {
            Some(known) => decode(entry.id(), known.value())?,
            None => return Ok(()),
        };
        if !wanted(&known) {
            return Ok(());
        }
        entries.insert(id, &entry.encode()[..]).map_err(failed)?;
        let mut due = self.0.open_table(DUE).map_err(failed)?;
        due.remove((to_micros(known.next_try()), id))
            .map_err(failed)?;
        due.insert((to_micros(entry.next_try()), id), ())
            .map_err(failed)?;
        Ok(())
    }

    /// Makes a message due at `at`; false where it is gone.
    pub(super) fn retry(&self, id: QueueId, at: SystemTime) -> Result<bool, StoreError> {
        let known = {
            let entries = self.0.open_table(ENTRIES).map_err(failed)?;
            let known = entries.get(&id.to_octets()).map_err(failed)?;
            known.map(|known| decode(id, known.value())).transpose()?
        };
        let Some(mut entry) = known else {
            return Ok(false);
        };
        entry.try_at(at);
        self.update(&entry)?;
        Ok(true)
    }

    /// Deletes a message; false where it was gone.
    pub(super) fn remove(&self, id: QueueId) -> Result<bool, StoreError> {
        let octets = &id.to_octets();
        let mut entries = self.0.open_table(ENTRIES).map_err(failed)?;
        let known = match entries.remove(octets).map_err(failed)? {
            Some(known) => decode(id, known.value())?,
            None => return Ok(false),
        };
        let mut messages = self.0.open_table(MESSAGES).map_err(failed)?;
        messages.remove(octets).map_err(failed)?;
        let mut due = self.0.open_table(DUE).map_err(failed)?;
        due.remove((to_micros(known.next_try()), octets))
            .map_err(failed)?;
        let mut expiring = self.0.open_table(EXPIRING).map_err(failed)?;
        expiring
            .remove((to_micros(known.expires_at()), octets))
            .map_err(failed)?;
        Ok(true)
    }

    pub(super) fn suppress(&self, suppression: &Suppression) -> Result<(), StoreError> {
        let mut table = self.0.open_table(SUPPRESSED).map_err(failed)?;
        let mailbox = suppression.mailbox();
        if table.get(mailbox).map_err(failed)?.is_some() {
            return Ok(());
        }
        let value = (suppression.reason(), to_micros(suppression.since()));
        table.insert(mailbox, value).map_err(failed)?;
        Ok(())
    }

    pub(super) fn release(&self, mailbox: &str) -> Result<bool, StoreError> {
        let mut table = self.0.open_table(SUPPRESSED).map_err(failed)?;
        let known = table.remove(mailbox).map_err(failed)?;
        Ok(known.is_some())
    }
}

/// A transaction that looks.
pub(super) struct Reading(ReadTransaction);

impl Reading {
    pub(super) fn begin(database: &Database) -> Result<Self, StoreError> {
        Ok(Self(database.begin_read().map_err(failed)?))
    }

    /// What is due or has expired, as the claim wants it, of what is `free`.
    pub(super) fn due(
        &self,
        claim: &Claim,
        free: impl Fn(QueueId) -> bool,
    ) -> Result<Vec<(Entry, Bytes)>, StoreError> {
        let index = if claim.only_expired { EXPIRING } else { DUE };
        let index = self.0.open_table(index).map_err(failed)?;
        let entries = self.0.open_table(ENTRIES).map_err(failed)?;
        let messages = self.0.open_table(MESSAGES).map_err(failed)?;
        let (mut claimed, mut octets) = (Vec::new(), 0);
        let last = (to_micros(claim.now), &[u8::MAX; 9]);
        for moment in index.range(..=last).map_err(failed)? {
            if claimed.len() >= claim.most || octets >= claim.octets {
                break;
            }
            let moment = moment.map_err(failed)?;
            let id = QueueId::from_octets(*moment.0.value().1);
            if !free(id) {
                continue;
            }
            match letter(&entries, &messages, id) {
                Ok(Some((entry, message))) if entry.next_try() <= claim.now => {
                    octets += message.len() as u64;
                    claimed.push((entry, message));
                }
                Ok(_) => {}
                // One that cannot be read does not stop the others.
                Err(error) => tracing::error!(%id, %error, "a message is left out"),
            }
        }
        Ok(claimed)
    }

    pub(super) fn next_due(
        &self,
        free: impl Fn(QueueId) -> bool,
    ) -> Result<Option<SystemTime>, StoreError> {
        let due = self.0.open_table(DUE).map_err(failed)?;
        for moment in due.iter().map_err(failed)? {
            let moment = moment.map_err(failed)?;
            let (micros, id) = moment.0.value();
            if free(QueueId::from_octets(*id)) {
                return Ok(Some(from_micros(micros)));
            }
        }
        Ok(None)
    }

    pub(super) fn letter(&self, id: QueueId) -> Result<Option<(Entry, Bytes)>, StoreError> {
        let entries = self.0.open_table(ENTRIES).map_err(failed)?;
        let messages = self.0.open_table(MESSAGES).map_err(failed)?;
        letter(&entries, &messages, id)
    }

    pub(super) fn list(
        &self,
        after: Option<QueueId>,
        most: usize,
    ) -> Result<Vec<Entry>, StoreError> {
        let entries = self.0.open_table(ENTRIES).map_err(failed)?;
        let after = after.map_or([0; 9], QueueId::to_octets);
        let behind = (Bound::Excluded(&after), Bound::Unbounded);
        let entries = entries.range::<&[u8; 9]>(behind);
        entries
            .map_err(failed)?
            .take(most)
            .map(|entry| {
                let (id, entry) = entry.map_err(failed)?;
                decode(QueueId::from_octets(*id.value()), entry.value())
            })
            .collect()
    }

    pub(super) fn count(&self) -> Result<u64, StoreError> {
        let entries = self.0.open_table(ENTRIES).map_err(failed)?;
        entries.len().map_err(failed)
    }

    pub(super) fn suppressed(&self, mailboxes: &[String]) -> Result<Vec<Suppression>, StoreError> {
        let table = self.0.open_table(SUPPRESSED).map_err(failed)?;
        let mut found = Vec::new();
        for mailbox in mailboxes {
            if let Some(value) = table.get(mailbox.as_str()).map_err(failed)? {
                found.push(suppression(mailbox, value.value()));
            }
        }
        Ok(found)
    }

    pub(super) fn suppressions(
        &self,
        after: Option<&str>,
        most: usize,
    ) -> Result<Vec<Suppression>, StoreError> {
        let table = self.0.open_table(SUPPRESSED).map_err(failed)?;
        let behind = (
            after.map_or(Bound::Unbounded, Bound::Excluded),
            Bound::Unbounded,
        );
        let table = table.range::<&str>(behind);
        table
            .map_err(failed)?
            .take(most)
            .map(|entry| {
                let (mailbox, value) = entry.map_err(failed)?;
                Ok(suppression(mailbox.value(), value.value()))
            })
            .collect()
    }
}

fn letter(
    entries: &ReadOnlyTable<Id, &'static [u8]>,
    messages: &ReadOnlyTable<Id, &'static [u8]>,
    id: QueueId,
) -> Result<Option<(Entry, Bytes)>, StoreError> {
    let octets = &id.to_octets();
    let (entry, message) = (entries.get(octets), messages.get(octets));
    let both = entry.map_err(failed)?.zip(message.map_err(failed)?);
    both.map(|(entry, message)| {
        let entry = decode(id, entry.value())?;
        Ok((entry, Bytes::copy_from_slice(message.value())))
    })
    .transpose()
}

fn decode(id: QueueId, octets: &[u8]) -> Result<Entry, StoreError> {
    Entry::decode(id, octets)
        .ok_or_else(|| StoreError::failed(format!("the state of message {id} cannot be read")))
}

fn suppression(mailbox: &str, (reason, since): (&str, u64)) -> Suppression {
    Suppression::from_parts(mailbox.to_owned(), reason.to_owned(), from_micros(since))
}
