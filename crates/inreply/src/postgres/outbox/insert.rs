//! Messages that are enqueued at the same time share a commit.

use std::io;
use std::sync::Arc;

use bytes::Bytes;
use tokio::sync::{mpsc, oneshot};
use tokio_postgres::types::Type;

use super::super::line::Parameter;
use super::Shared;
use super::row::micros;
use crate::outbox::{Entry, StoreError};

/// Messages that want to be durable, all or none.
pub(super) struct Arriving {
    pub(super) letters: Vec<(Entry, Bytes)>,
    pub(super) done: oneshot::Sender<Result<(), StoreError>>,
}

impl Arriving {
    fn octets(&self) -> usize {
        self.letters.iter().map(|(_, octets)| octets.len()).sum()
    }
}

/// Inserts what arrives; while one group is committed the next one gathers.
pub(super) async fn insert(shared: Arc<Shared>, mut arriving: mpsc::Receiver<Arriving>) {
    let config = shared.connector.config();
    while let Some(first) = arriving.recv().await {
        let (mut messages, mut octets) = (first.letters.len(), first.octets());
        let mut group = vec![first];
        while messages < config.batch_messages
            && octets < config.batch_octets
            && let Ok(next) = arriving.try_recv()
        {
            messages += next.letters.len();
            octets += next.octets();
            group.push(next);
        }
        // Whoever gave up takes it for not enqueued.
        group.retain(|arriving| !arriving.done.is_closed());
        match shared.insert(group.iter()).await {
            // One of them has an id that is there: the others are not to suffer from it.
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists && group.len() > 1 => {
                for arriving in group {
                    let inserted = shared.insert([&arriving]).await;
                    let _ = arriving.done.send(inserted.map_err(StoreError::failed));
                }
            }
            inserted => {
                for arriving in group {
                    let inserted = inserted.as_ref().map_err(ToString::to_string).copied();
                    let _ = arriving.done.send(inserted.map_err(StoreError::failed));
                }
            }
        }
    }
}

impl Shared {
    async fn insert(&self, group: impl IntoIterator<Item = &Arriving>) -> io::Result<()> {
        let (mut ids, mut states, mut octets) = (Vec::new(), Vec::new(), Vec::new());
        let (mut next_tries, mut ends) = (Vec::new(), Vec::new());
        for (entry, message) in group.into_iter().flat_map(|arriving| &arriving.letters) {
            ids.push(entry.id().to_string());
            states.push(entry.encode());
            octets.push(&**message);
            next_tries.push(micros(entry.next_try()));
            ends.push(micros(entry.expires_at()));
        }
        let parameters: [Parameter<'_>; 5] = [
            (&ids, Type::TEXT_ARRAY),
            (&states, Type::BYTEA_ARRAY),
            (&octets, Type::BYTEA_ARRAY),
            (&next_tries, Type::INT8_ARRAY),
            (&ends, Type::INT8_ARRAY),
        ];
        let inserted = self.sure.query(&self.sql.insert, &parameters);
        inserted.await.map(drop)
    }
}
