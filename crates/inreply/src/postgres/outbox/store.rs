//! The trait of outboxes.

use std::time::SystemTime;

use bytes::Bytes;
use tokio::sync::oneshot;
use tokio_postgres::types::Type;

use super::super::line::Parameter;
use super::PgOutbox;
use super::insert::Arriving;
use super::row::{self, micros};
use crate::outbox::{Claim, Entry, Settlement, Store, StoreError, Suppression};
use crate::spool::QueueId;

impl Store for PgOutbox {
    async fn insert(&self, letters: Vec<(Entry, Bytes)>) -> Result<(), StoreError> {
        let (done, inserted) = oneshot::channel();
        let sent = self.arriving.send(Arriving { letters, done }).await;
        sent.map_err(|_| StoreError::failed("the outbox is closed"))?;
        inserted.await.map_err(StoreError::failed)?
    }

    async fn claim(&self, claim: Claim) -> Result<Vec<(Entry, Bytes)>, StoreError> {
        self.lease(claim).await
    }

    async fn next_due(&self) -> Result<Option<SystemTime>, StoreError> {
        let rows = self.ask(&self.shared.sql.next_due, &[]).await?;
        let first = rows.first().map(|row| row.try_get::<_, Option<i64>>(0));
        let micros = first.transpose().map_err(StoreError::failed)?.flatten();
        Ok(micros.map(row::time))
    }

    fn holds(&self, id: QueueId) -> bool {
        self.has(id)
    }

    async fn record(&self, entry: &Entry) -> Result<(), StoreError> {
        let (id, state) = (entry.id().to_string(), entry.encode());
        let next_try = micros(entry.next_try());
        let parameters: [Parameter<'_>; 4] = [
            (&id, Type::TEXT),
            (&self.shared.holder, Type::INT8),
            (&state, Type::BYTEA),
            (&next_try, Type::INT8),
        ];
        let record = &self.shared.sql.record;
        self.ask(record, &parameters).await.map(drop)
    }

    async fn settle(&self, settlements: Vec<Settlement>) -> Result<(), StoreError> {
        let (mut done, mut later, mut untouched) = (Vec::new(), Vec::new(), Vec::new());
        let (mut states, mut next_tries) = (Vec::new(), Vec::new());
        for settlement in &settlements {
            let id = settlement.id().to_string();
            match settlement {
                Settlement::Done(_) => done.push(id),
                Settlement::Untouched(_) => untouched.push(id),
                Settlement::Later(entry) => {
                    later.push(id);
                    states.push(entry.encode());
                    next_tries.push(micros(entry.next_try()));
                }
            }
        }
        let parameters: [Parameter<'_>; 6] = [
            (&done, Type::TEXT_ARRAY),
            (&later, Type::TEXT_ARRAY),
            (&states, Type::BYTEA_ARRAY),
            (&next_tries, Type::INT8_ARRAY),
            (&untouched, Type::TEXT_ARRAY),
            (&self.shared.holder, Type::INT8),
        ];
        let _turn = self.shared.turn.lock().await;
        self.change(&self.shared.sql.settle, &parameters).await?;
        self.shared.let_go(&settlements);
        Ok(())
    }

    async fn give_up(&self) -> Result<(), StoreError> {
        let holder = &self.shared.holder;
        let give_up = &self.shared.sql.give_up;
        self.let_lapse();
        // By the holder and not by ids: of a claim that was cut off on its way nobody knows the ids. On the line of claims, behind it.
        let parameters: [Parameter<'_>; 1] = [(holder, Type::INT8)];
        self.change(give_up, &parameters).await.map(drop)
    }

    fn let_lapse(&self) {
        self.shared.held().clear();
    }

    async fn read(&self, id: QueueId) -> Result<Option<(Entry, Bytes)>, StoreError> {
        let id = id.to_string();
        let read = &self.shared.sql.read;
        let rows = self.look(read, &[(&id, Type::TEXT)]).await?;
        rows.first().map(row::letter).transpose()
    }

    async fn retry(&self, id: QueueId, at: SystemTime) -> Result<bool, StoreError> {
        let (id, at) = (id.to_string(), micros(at));
        let parameters: [Parameter<'_>; 2] = [(&id, Type::TEXT), (&at, Type::INT8)];
        let there = self.change(&self.shared.sql.retry, &parameters).await?;
        Ok(!there.is_empty())
    }

    async fn discard(&self, id: QueueId) -> Result<bool, StoreError> {
        let id = id.to_string();
        let discard = &self.shared.sql.discard;
        let gone = self.change(discard, &[(&id, Type::TEXT)]).await?;
        Ok(!gone.is_empty())
    }

    async fn list(&self, after: Option<QueueId>, most: usize) -> Result<Vec<Entry>, StoreError> {
        let after = after.map(|id| id.to_string()).unwrap_or_default();
        let most = i64::try_from(most).unwrap_or(i64::MAX);
        let parameters: [Parameter<'_>; 2] = [(&after, Type::TEXT), (&most, Type::INT8)];
        let rows = self.look(&self.shared.sql.list, &parameters).await?;
        rows.iter().map(row::entry).collect()
    }

    async fn count(&self) -> Result<u64, StoreError> {
        let rows = self.look(&self.shared.sql.count, &[]).await?;
        let count = rows.first().map(|row| row.try_get::<_, i64>(0));
        let count = count.transpose().map_err(StoreError::failed)?;
        Ok(u64::try_from(count.unwrap_or_default()).unwrap_or_default())
    }

    async fn suppress(&self, suppressions: Vec<Suppression>) -> Result<(), StoreError> {
        let (mut mailboxes, mut reasons, mut times) = (Vec::new(), Vec::new(), Vec::new());
        for suppression in &suppressions {
            mailboxes.push(suppression.mailbox());
            // PostgreSQL takes no NUL in a text.
            reasons.push(suppression.reason().replace('\0', ""));
            times.push(micros(suppression.since()));
        }
        let parameters: [Parameter<'_>; 3] = [
            (&mailboxes, Type::TEXT_ARRAY),
            (&reasons, Type::TEXT_ARRAY),
            (&times, Type::INT8_ARRAY),
        ];
        let suppress = &self.shared.sql.suppress;
        self.change(suppress, &parameters).await.map(drop)
    }

    async fn suppressed(&self, mailboxes: Vec<String>) -> Result<Vec<Suppression>, StoreError> {
        let parameters: [Parameter<'_>; 1] = [(&mailboxes, Type::TEXT_ARRAY)];
        let rows = self.ask(&self.shared.sql.suppressed, &parameters).await?;
        rows.iter().map(row::suppression).collect()
    }

    async fn suppressions(
        &self,
        after: Option<String>,
        most: usize,
    ) -> Result<Vec<Suppression>, StoreError> {
        let (after, most) = (
            after.unwrap_or_default(),
            i64::try_from(most).unwrap_or(i64::MAX),
        );
        let parameters: [Parameter<'_>; 2] = [(&after, Type::TEXT), (&most, Type::INT8)];
        let rows = self.look(&self.shared.sql.suppressions, &parameters);
        rows.await?.iter().map(row::suppression).collect()
    }

    async fn release(&self, mailbox: String) -> Result<bool, StoreError> {
        let release = &self.shared.sql.release;
        let gone = self.change(release, &[(&mailbox, Type::TEXT)]).await?;
        Ok(!gone.is_empty())
    }
}

impl PgOutbox {
    /// A statement that changes nothing, and may take long.
    async fn look(
        &self,
        statement: &str,
        parameters: &[Parameter<'_>],
    ) -> Result<Vec<tokio_postgres::Row>, StoreError> {
        let rows = self.shared.look.query(statement, parameters).await;
        rows.map_err(StoreError::failed)
    }

    /// A statement whose loss with the server does no harm.
    async fn ask(
        &self,
        statement: &str,
        parameters: &[Parameter<'_>],
    ) -> Result<Vec<tokio_postgres::Row>, StoreError> {
        let rows = self.shared.fast.query(statement, parameters).await;
        rows.map_err(StoreError::failed)
    }

    /// A statement that is on disk when it is answered.
    async fn change(
        &self,
        statement: &str,
        parameters: &[Parameter<'_>],
    ) -> Result<Vec<tokio_postgres::Row>, StoreError> {
        let rows = self.shared.sure.query(statement, parameters).await;
        rows.map_err(StoreError::failed)
    }
}
