//! What the tables keep, for the operator: list, find, retry, drop.

use std::time::{SystemTime, UNIX_EPOCH};
use std::{io, iter};

use tokio_postgres::Row;
use tokio_postgres::types::Type;

use super::error::to_io;
use super::line::Parameter;
use super::{Glance, PgSpool};
use crate::spool::{HOUR, HOURS, Kept, QueueId};

/// A message in the tables, without its octets: those [`Spool::read`](crate::spool::Spool::read) gives.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct PgKept {
    /// Its id.
    pub id: QueueId,
    /// The folder: `new`, `success`, `failure`, `operator`, or `ignored/KIND`.
    pub folder: String,
    /// Why it failed, or was put off last, where it was.
    pub reason: Option<String>,
}

impl PgSpool {
    /// At most `most` of the messages that are kept, in the order of their arrival: of `folder` alone where one is named, those
    /// behind `after`.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn kept(
        &self,
        folder: Option<&str>,
        after: Option<QueueId>,
        most: usize,
    ) -> io::Result<Vec<PgKept>> {
        let after = after.map(|id| id.to_string()).unwrap_or_default();
        let most = i64::try_from(most).unwrap_or(i64::MAX);
        let parameters: [Parameter<'_>; 3] = [
            (&folder, Type::TEXT),
            (&after, Type::TEXT),
            (&most, Type::INT8),
        ];
        let kept = &self.shared.connector.sql().kept;
        let rows = self.shared.look.query(kept, &parameters).await?;
        rows.iter().map(PgKept::of).collect()
    }

    /// The newest messages that are kept, at most `most`, in the order of their arrival.
    pub(super) async fn newest(
        &self,
        folder: Option<&str>,
        most: usize,
    ) -> io::Result<Vec<PgKept>> {
        let most = i64::try_from(most).unwrap_or(i64::MAX);
        let parameters: [Parameter<'_>; 2] = [(&folder, Type::TEXT), (&most, Type::INT8)];
        let newest = &self.shared.connector.sql().newest;
        let rows = self.shared.look.query(newest, &parameters).await?;
        rows.iter().map(PgKept::of).collect()
    }

    /// How many messages are in each folder that is not empty, up to [`Glance::MOST_COUNTED`].
    pub(super) async fn counts(&self) -> io::Result<Vec<(String, usize)>> {
        let most = i64::try_from(Glance::MOST_COUNTED).unwrap_or(i64::MAX);
        let parameters: [Parameter<'_>; 1] = [(&most, Type::INT8)];
        let counts = &self.shared.connector.sql().counts;
        let rows = self.shared.look.query(counts, &parameters).await?;
        let count = |row: &Row| {
            let (name, count): (String, i64) = (
                row.try_get(0).map_err(to_io)?,
                row.try_get(1).map_err(to_io)?,
            );
            Ok((name, usize::try_from(count).unwrap_or_default()))
        };
        rows.iter().map(count).collect()
    }

    /// How many messages arrived in each of the hours before `now`, the oldest hour first, each up to `most`.
    pub(super) async fn by_hour(&self, now: SystemTime, most: usize) -> io::Result<[u64; HOURS]> {
        let most = i64::try_from(most).unwrap_or(i64::MAX);
        // What a clock that was set back has arrive later is of the last hour.
        let last = now + HOUR * 1_000_000;
        let first = now.checked_sub(HOUR * 24).unwrap_or(UNIX_EPOCH);
        let bounds: Vec<String> = iter::successors(Some(first), |bound| Some(*bound + HOUR))
            .take(HOURS)
            .chain([last])
            .map(|bound| QueueId::first_at(bound).to_string())
            .collect();
        let parameters: [Parameter<'_>; 2] = [(&bounds, Type::TEXT_ARRAY), (&most, Type::INT8)];
        let by_hour = &self.shared.connector.sql().by_hour;
        let rows = self.shared.look.query(by_hour, &parameters).await?;
        let mut counts = [0; HOURS];
        for (count, row) in counts.iter_mut().zip(&rows) {
            let arrived: i64 = row.try_get(0).map_err(to_io)?;
            *count = u64::try_from(arrived).unwrap_or_default();
        }
        Ok(counts)
    }

    /// The newest messages that are kept with their sizes, at most `most`, the newest first.
    pub(super) async fn latest(
        &self,
        folder: Option<&str>,
        before: Option<QueueId>,
        most: usize,
    ) -> io::Result<Vec<(PgKept, u64)>> {
        let before = before.map(|id| id.to_string());
        let most = i64::try_from(most).unwrap_or(i64::MAX);
        let parameters: [Parameter<'_>; 3] = [
            (&folder, Type::TEXT),
            (&before, Type::TEXT),
            (&most, Type::INT8),
        ];
        let latest = &self.shared.connector.sql().latest;
        let rows = self.shared.look.query(latest, &parameters).await?;
        let sized = |row: &Row| {
            let octets: Option<i32> = row.try_get(3).map_err(to_io)?;
            let octets = u64::try_from(octets.unwrap_or_default()).unwrap_or_default();
            Ok((PgKept::of(row)?, octets))
        };
        rows.iter().map(sized).collect()
    }

    /// The preamble and the message. Not by [`Spool::read`](crate::spool::Spool::read), which is the worker's.
    pub(super) async fn original(&self, id: QueueId) -> io::Result<Vec<u8>> {
        self.read_by(&self.shared.look, id).await
    }

    /// The size of a message in octets; 0 where it is not kept.
    pub(super) async fn size(&self, id: QueueId) -> io::Result<u64> {
        let name = id.to_string();
        let parameters: [Parameter<'_>; 1] = [(&name, Type::TEXT)];
        let size = &self.shared.connector.sql().size;
        let rows = self.shared.look.query(size, &parameters).await?;
        let octets: i32 = match rows.first() {
            Some(row) => row.try_get(0).map_err(to_io)?,
            None => 0,
        };
        Ok(u64::try_from(octets).unwrap_or_default())
    }

    /// One message without its octets; none where it is not kept.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn find(&self, id: QueueId) -> io::Result<Option<PgKept>> {
        let name = id.to_string();
        let parameters: [Parameter<'_>; 1] = [(&name, Type::TEXT)];
        let find = &self.shared.connector.sql().find;
        let rows = self.shared.look.query(find, &parameters).await?;
        rows.first().map(PgKept::of).transpose()
    }

    /// Puts a message that failed, or that was ignored, back into `new`: a worker looks at it as if it had just come.
    ///
    /// # Errors
    /// [`io::ErrorKind::NotFound`] where it is not kept, [`io::ErrorKind::InvalidInput`] where it is in a folder that nothing goes
    /// back from, or where the database fails.
    pub async fn retry(&self, id: QueueId) -> io::Result<()> {
        let (name, channel) = (id.to_string(), &self.shared.connector.config().schema);
        let parameters: [Parameter<'_>; 2] = [(&name, Type::TEXT), (channel, Type::TEXT)];
        let retry = &self.shared.connector.sql().retry;
        let back = self.shared.sure.query(retry, &parameters).await?;
        if !back.is_empty() {
            return Ok(());
        }
        let kept = self.find(id).await?.ok_or(io::ErrorKind::NotFound)?;
        Err(io::Error::new(
            io::ErrorKind::InvalidInput,
            format!("a message in {} is not tried again", kept.folder),
        ))
    }

    /// Deletes a message, wherever it is. One that a worker has may become a comment this once.
    ///
    /// # Errors
    /// [`io::ErrorKind::NotFound`] where it is not kept, or where the database fails.
    pub async fn discard(&self, id: QueueId) -> io::Result<()> {
        match self.discard_of(id, None).await? {
            true => Ok(()),
            false => Err(io::ErrorKind::NotFound.into()),
        }
    }

    /// Deletes a message, where this holder has it or nobody asks; says whether it was there.
    pub(super) async fn discard_of(&self, id: QueueId, holder: Option<i64>) -> io::Result<bool> {
        let name = id.to_string();
        let parameters: [Parameter<'_>; 2] = [(&name, Type::TEXT), (&holder, Type::INT8)];
        let discard = &self.shared.connector.sql().discard;
        let gone = self.shared.sure.query(discard, &parameters).await?;
        Ok(!gone.is_empty())
    }
}

impl From<Kept> for PgKept {
    fn from(kept: Kept) -> Self {
        Self {
            id: kept.id,
            folder: kept.folder,
            reason: kept.reason,
        }
    }
}

impl PgKept {
    fn of(row: &Row) -> io::Result<Self> {
        let id: &str = row.try_get(0).map_err(to_io)?;
        Ok(Self {
            id: id.parse().map_err(io::Error::other)?,
            folder: row.try_get(1).map_err(to_io)?,
            reason: row.try_get(2).map_err(to_io)?,
        })
    }
}
