//! Rows of the tables, and what they stand for.

use std::time::SystemTime;

use bytes::Bytes;
use tokio_postgres::Row;

use crate::outbox::{Entry, StoreError, Suppression, from_micros, to_micros};
use crate::spool::QueueId;

/// A time, as the tables have it.
pub(super) fn micros(at: SystemTime) -> i64 {
    i64::try_from(to_micros(at)).unwrap_or(i64::MAX)
}

pub(super) fn time(micros: i64) -> SystemTime {
    from_micros(u64::try_from(micros).unwrap_or_default())
}

pub(super) fn id(row: &Row) -> Result<QueueId, StoreError> {
    let id: &str = row.try_get(0).map_err(StoreError::failed)?;
    id.parse().map_err(StoreError::failed)
}

/// Of the columns id, state and next try.
pub(super) fn entry(row: &Row) -> Result<Entry, StoreError> {
    let id = id(row)?;
    let state: &[u8] = row.try_get(1).map_err(StoreError::failed)?;
    let next_try = row.try_get(2).map_err(StoreError::failed)?;
    let entry = Entry::decode(id, state)
        .ok_or_else(|| StoreError::failed(format!("the state of message {id} cannot be read")))?;
    // An operator's retry changes the column alone.
    Ok(entry.due_at(time(next_try)))
}

/// The same with the octets behind them.
pub(super) fn letter(row: &Row) -> Result<(Entry, Bytes), StoreError> {
    let octets: &[u8] = row.try_get(3).map_err(StoreError::failed)?;
    Ok((entry(row)?, Bytes::copy_from_slice(octets)))
}

/// Of the columns mailbox, reason and since.
pub(super) fn suppression(row: &Row) -> Result<Suppression, StoreError> {
    let mailbox = row.try_get(0).map_err(StoreError::failed)?;
    let reason = row.try_get(1).map_err(StoreError::failed)?;
    let since = row.try_get(2).map_err(StoreError::failed)?;
    Ok(Suppression::from_parts(mailbox, reason, time(since)))
}
