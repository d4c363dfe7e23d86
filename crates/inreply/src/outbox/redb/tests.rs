//! What every store keeps, and what this one does alone.

use super::*;
use crate::outbox::suite::{Place, at, claim, letter, suite};
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
