//! What every store keeps, and what this one does alone.

use super::*;
use crate::outbox::suite::{Place, at, claim, ids, letter, suite};
use crate::outbox::{Outbox, OutboxConfig};
use tempfile::TempDir;

impl Place for TempDir {
    type Store = RedbStore;

    async fn open(&self) -> RedbStore {
        RedbStore::open(self.path().join("outbox.redb")).unwrap()
    }

    async fn open_again(&self, store: RedbStore) -> RedbStore {
        drop(store);
        self.open().await
    }
}

suite!(Some(tempfile::tempdir().unwrap()));

/// What is in the way there is gone before the second try.
#[tokio::test]
async fn a_transfer_that_failed_is_done_again() {
    let (here, there) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let outbox = |store| Outbox::new(store, OutboxConfig::default());
    let (from, to) = (outbox(here.open().await), outbox(there.open().await));
    let (entry, octets) = letter(1);
    let (id, another) = (entry.id(), Bytes::from_static(b"Subject: another\r\n\r\n"));
    to.store()
        .insert(vec![(entry.clone(), another)])
        .await
        .unwrap();
    from.store().insert(vec![(entry, octets)]).await.unwrap();
    let failed = from.move_to(&to).await;
    assert!(matches!(failed, Err(StoreError::Failed(_))), "{failed:?}");
    assert!(to.discard(id).await.unwrap());
    assert_eq!(from.move_to(&to).await.unwrap(), 1);
    assert_eq!(ids(&to.store().claim(claim(1)).await.unwrap()), [id]);
}

#[tokio::test]
async fn one_process_sends_and_all_enqueue() {
    let folder = tempfile::tempdir().unwrap();
    let store = folder.open().await;
    let other = folder.open().await;
    assert_eq!(store.claim(claim(1)).await.unwrap(), []);
    other.insert(vec![letter(1)]).await.unwrap();
    assert!(matches!(
        other.claim(claim(1)).await,
        Err(StoreError::Taken)
    ));
    let id = other.list(None, 1).await.unwrap()[0].id();
    assert!(other.retry(id, at(1)).await.unwrap());
    assert_eq!(store.claim(claim(1)).await.unwrap().len(), 1);
    drop(store);
    assert_eq!(other.claim(claim(1)).await.unwrap().len(), 1);
}
