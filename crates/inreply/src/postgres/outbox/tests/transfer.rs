//! From a file into the tables and back.

use super::*;
use crate::outbox::suite::tried;
use crate::outbox::{Entry, Outbox, OutboxConfig, StoreError};

#[tokio::test]
async fn an_outbox_moves_into_the_tables_and_back() {
    let Some(place) = place() else { return };
    let folder = tempfile::tempdir().unwrap();
    let (file, tables) = (folder.open().await, place.open().await);
    let letters: Vec<_> = (0..20).map(letter).collect();
    let bob = "<bob@example.com>".parse().unwrap();
    file.insert(letters.clone()).await.unwrap();
    // A transfer before was cut off behind the commit there.
    tables.insert(letters[..5].to_vec()).await.unwrap();
    // One of them was tried here before its process died: who has got it does not get it again from there.
    let first = file.claim(claim(0)).await.unwrap().remove(0).0;
    let first = tried(first, 30);
    file.record(&first).await.unwrap();
    let file = folder.open_again(file).await;
    let few = OutboxConfig::default().batch(3).batch_octets(1);
    let file = Outbox::new(file, few.clone());
    let tables = Outbox::new(tables, few);
    file.suppress(&bob, "5.1.1").await.unwrap();
    let suppressed = file.suppression(&bob).await.unwrap();

    assert_eq!(file.move_to(&tables).await.unwrap(), 20);
    assert_eq!(file.count().await.unwrap(), 0);
    assert_eq!(file.suppression(&bob).await.unwrap(), None);
    assert_eq!(tables.suppression(&bob).await.unwrap(), suppressed);
    for (entry, octets) in &letters {
        let there = tables.read(entry.id()).await.unwrap().unwrap();
        let entry = if entry.id() == first.id() {
            &first
        } else {
            entry
        };
        assert_eq!((&there.0, &there.1), (entry, octets));
    }
    assert_eq!(tables.move_to(&file).await.unwrap(), 20);
    assert_eq!(tables.count().await.unwrap(), 0);
    assert_eq!(file.suppression(&bob).await.unwrap(), suppressed);
    let listed = file.list(None, 100).await.unwrap();
    assert_eq!(
        listed.iter().map(Entry::id).collect::<Vec<_>>(),
        ids(&letters)
    );
}

#[tokio::test]
async fn what_a_living_sender_has_is_not_moved() {
    let Some(place) = place() else { return };
    let folder = tempfile::tempdir().unwrap();
    let (tables, sender) = (place.open().await, place.open().await);
    tables.insert(vec![letter(1), letter(2)]).await.unwrap();
    let theirs = ids(&sender.claim(claim(1)).await.unwrap());
    let tables = Outbox::new(tables, OutboxConfig::default());
    let file = Outbox::new(folder.open().await, OutboxConfig::default());
    let moved = tables.move_to(&file).await;
    assert!(matches!(moved, Err(StoreError::Taken)), "{moved:?}");
    assert!(sender.holds(theirs[0]));
    assert_eq!(
        (tables.count().await.unwrap(), file.count().await.unwrap()),
        (1, 1)
    );
    let given_back = vec![Settlement::Untouched(theirs[0])];
    sender.settle(given_back).await.unwrap();
    assert_eq!(tables.move_to(&file).await.unwrap(), 1);
    assert_eq!(file.count().await.unwrap(), 2);
}
