//! What every store keeps, and for whom: each store runs these tests.

// Helpers of tests are tests.
#![allow(clippy::unwrap_used)]

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use inreply_smtp::client::Envelope;

use super::{Claim, Entry, Letter, Settlement, Store, Suppression};
use crate::spool::QueueId;

/// Where a test has a store of its own.
pub(crate) trait Place {
    type Store: Store + Clone;

    async fn open(&self) -> Self::Store;

    /// Opens it again behind the death of the process that had `store`, once nobody has its claims any more.
    async fn open_again(&self, store: Self::Store) -> Self::Store;
}

/// The tests, each in a place of its own; the place is none where it cannot be had.
macro_rules! suite {
    ($place:expr) => {
        $crate::outbox::suite::suite! { $place;
            what_was_inserted_is_claimed_once_and_as_it_was
            a_claim_ends_at_its_limits_and_gives_one_message_at_least
            settling_deletes_puts_off_or_leaves
            only_what_has_expired
            a_result_outlives_its_process_without_a_commit
            what_was_given_up_is_claimed_again_with_its_results
            an_operator_retries_and_drops
            pages_of_a_long_queue
            letters_that_come_together_are_all_there
            the_suppression_list
        }
    };
    ($place:expr; $($test:ident)*) => {
        $(
            #[tokio::test]
            async fn $test() {
                if let Some(place) = $place {
                    $crate::outbox::suite::$test(&place).await;
                }
            }
        )*
    };
}
pub(crate) use suite;

const MINUTE: Duration = Duration::from_mins(1);

/// The message that arrives so many minutes after 2027-01-15T08:00Z, for an hour.
pub(crate) fn letter(minute: u32) -> (Entry, Bytes) {
    let envelope = Envelope::new("<>".parse().unwrap()).to("<ann@example.com>".parse().unwrap());
    let letter = Letter::new(envelope, format!("Subject: {minute}\r\n\r\n"));
    let id = QueueId::new(at(minute)).unwrap();
    (Entry::new(id, &letter, 60 * MINUTE), letter.message)
}

pub(crate) fn at(minute: u32) -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(1_800_000_000) + minute * MINUTE
}

pub(crate) fn claim(minute: u32) -> Claim {
    Claim {
        now: at(minute),
        most: 100,
        octets: 1_000_000,
        only_expired: false,
    }
}

/// The same behind a try, due at this minute.
#[cfg(all(feature = "postgres", feature = "redb"))]
pub(crate) fn tried(mut entry: Entry, minute: u32) -> Entry {
    entry.tries += 1;
    entry.try_at(at(minute));
    entry
}

pub(crate) fn ids(letters: &[(Entry, Bytes)]) -> Vec<QueueId> {
    letters.iter().map(|(entry, _)| entry.id()).collect()
}

pub(crate) async fn what_was_inserted_is_claimed_once_and_as_it_was(place: &impl Place) {
    let store = place.open().await;
    let letters = vec![letter(1), letter(2), letter(3)];
    store.insert(letters.clone()).await.unwrap();
    assert_eq!(store.next_due().await.unwrap(), Some(at(1)));
    assert_eq!(store.claim(claim(2)).await.unwrap(), letters[..2]);
    assert_eq!(store.claim(claim(2)).await.unwrap(), []);
    assert_eq!(store.next_due().await.unwrap(), Some(at(3)));
    assert_eq!(store.count().await.unwrap(), 3);
    assert_eq!(
        store.read(letters[2].0.id()).await.unwrap().as_ref(),
        Some(&letters[2])
    );
    // Its sender dies: what it had claimed is claimed again.
    let store = place.open_again(store).await;
    assert_eq!(store.claim(claim(3)).await.unwrap(), letters);
}

pub(crate) async fn a_claim_ends_at_its_limits_and_gives_one_message_at_least(place: &impl Place) {
    let store = place.open().await;
    let letters: Vec<_> = (1..=5).map(letter).collect();
    store.insert(letters.clone()).await.unwrap();
    let limited = |most, octets| Claim {
        most,
        octets,
        ..claim(60)
    };
    let one = store.claim(limited(100, 1)).await.unwrap();
    let two = store.claim(limited(2, 1_000)).await.unwrap();
    assert_eq!(one, letters[..1]);
    assert_eq!(two, letters[1..3]);
}

pub(crate) async fn settling_deletes_puts_off_or_leaves(place: &impl Place) {
    let store = place.open().await;
    store
        .insert(vec![letter(1), letter(2), letter(3)])
        .await
        .unwrap();
    let mut claimed = store.claim(claim(3)).await.unwrap();
    let (done, later, untouched) = (
        claimed.remove(0).0.id(),
        &mut claimed.remove(0).0,
        claimed.remove(0).0.id(),
    );
    later.try_at(at(9));
    store
        .settle(vec![
            Settlement::Done(done),
            Settlement::Later(Box::new(later.clone())),
            Settlement::Untouched(untouched),
        ])
        .await
        .unwrap();
    assert_eq!(ids(&store.claim(claim(8)).await.unwrap()), [untouched]);
    assert_eq!(store.next_due().await.unwrap(), Some(at(9)));
    assert_eq!(
        store.claim(claim(9)).await.unwrap()[0].0,
        later.clone(),
        "its new state, and its old index is gone"
    );
    assert_eq!(store.count().await.unwrap(), 2);
}

pub(crate) async fn only_what_has_expired(place: &impl Place) {
    let store = place.open().await;
    let letters = vec![letter(1), letter(2)];
    store.insert(letters.clone()).await.unwrap();
    let expired = |minute| Claim {
        only_expired: true,
        ..claim(minute)
    };
    assert_eq!(store.claim(expired(60)).await.unwrap(), []);
    assert_eq!(store.claim(expired(61)).await.unwrap(), letters[..1]);
}

pub(crate) async fn a_result_outlives_its_process_without_a_commit(place: &impl Place) {
    let store = place.open().await;
    store.insert(vec![letter(1), letter(2)]).await.unwrap();
    let mut claimed = store.claim(claim(2)).await.unwrap();
    let mut tried = claimed.remove(0).0;
    tried.tries = 1;
    tried.try_at(at(30));
    store.record(&tried).await.unwrap();
    let store = place.open_again(store).await;
    let left = store.claim(claim(2)).await.unwrap();
    assert_eq!(left.len(), 1, "the other one was not tried");
    assert_eq!(store.claim(claim(30)).await.unwrap()[0].0, tried);
    // A later state is not overtaken by an older record.
    let mut again = tried.clone();
    (again.tries, again.next_try) = (2, at(40));
    store
        .settle(vec![Settlement::Later(Box::new(again.clone()))])
        .await
        .unwrap();
    store.record(&tried).await.unwrap();
    let store = place.open_again(store).await;
    assert_eq!(ids(&store.claim(claim(30)).await.unwrap()), ids(&left));
    assert_eq!(store.claim(claim(40)).await.unwrap()[0].0, again);
}

pub(crate) async fn what_was_given_up_is_claimed_again_with_its_results(place: &impl Place) {
    let store = place.open().await;
    store.insert(vec![letter(1), letter(2)]).await.unwrap();
    let claimed = store.claim(claim(2)).await.unwrap();
    let mut tried = claimed[0].0.clone();
    tried.tries = 1;
    tried.try_at(at(30));
    store.record(&tried).await.unwrap();
    store.give_up().await.unwrap();
    assert_eq!(store.claim(claim(2)).await.unwrap(), claimed[1..]);
    assert_eq!(store.claim(claim(30)).await.unwrap()[0].0, tried);
}

async fn letter_id(store: &impl Store) -> QueueId {
    store.list(None, 1).await.unwrap()[0].id()
}

pub(crate) async fn an_operator_retries_and_drops(place: &impl Place) {
    let store = place.open().await;
    store.insert(vec![letter(1), letter(2)]).await.unwrap();
    let id = letter_id(&store).await;
    let claimed = store.claim(claim(1)).await.unwrap();
    let mut later = claimed[0].0.clone();
    later.try_at(at(50));
    store
        .settle(vec![Settlement::Later(Box::new(later))])
        .await
        .unwrap();
    assert!(store.retry(id, at(0)).await.unwrap());
    assert_eq!(ids(&store.claim(claim(1)).await.unwrap()), [id]);
    assert!(store.discard(id).await.unwrap());
    assert!(!store.discard(id).await.unwrap() && !store.retry(id, at(0)).await.unwrap());
    // Its result comes too late, and does not bring it back.
    store
        .settle(vec![Settlement::Later(Box::new(claimed[0].0.clone()))])
        .await
        .unwrap();
    assert_eq!(store.read(id).await.unwrap(), None);
    assert_eq!(store.count().await.unwrap(), 1);
}

pub(crate) async fn pages_of_a_long_queue(place: &impl Place) {
    let store = place.open().await;
    let letters: Vec<_> = (0..25).map(letter).collect();
    store.insert(letters.clone()).await.unwrap();
    let (mut after, mut listed) = (None, Vec::new());
    loop {
        let page = store.list(after, 10).await.unwrap();
        let Some(last) = page.last() else { break };
        after = Some(last.id());
        listed.extend(page.into_iter().map(|entry| entry.id()));
    }
    assert_eq!(listed, ids(&letters));
}

pub(crate) async fn letters_that_come_together_are_all_there(place: &impl Place) {
    let store = place.open().await;
    let inserts = (0..50).map(|minute| {
        let store = store.clone();
        tokio::spawn(async move { store.insert(vec![letter(minute)]).await })
    });
    for insert in inserts.collect::<Vec<_>>() {
        insert.await.unwrap().unwrap();
    }
    assert_eq!(store.count().await.unwrap(), 50);
    assert!(store.insert(vec![letter(99), letter(99)]).await.is_ok());
    let twice = letter(7);
    assert!(store.insert(vec![twice.clone(), twice]).await.is_err());
    assert_eq!(store.count().await.unwrap(), 52, "all or none");
}

pub(crate) async fn the_suppression_list(place: &impl Place) {
    let store = place.open().await;
    let suppress = |mailbox: &str, reason: &str| {
        Suppression::new(&format!("<{mailbox}>").parse().unwrap(), reason, at(1))
    };
    let [ann, bob] = [
        suppress("Ann@example.com", "5.1.1"),
        suppress("bob@example.com", "x"),
    ];
    store
        .suppress(vec![ann.clone(), bob.clone()])
        .await
        .unwrap();
    let later = vec![suppress("ann@example.com", "later")];
    store.suppress(later).await.unwrap();
    let store = place.open_again(store).await;
    let asked = ["ann@example.com", "eve@example.com"].map(str::to_owned);
    assert_eq!(
        store.suppressed(asked.to_vec()).await.unwrap(),
        std::slice::from_ref(&ann),
        "the first reason stays"
    );
    assert_eq!(
        store.suppressions(None, 10).await.unwrap(),
        [ann, bob.clone()]
    );
    assert_eq!(
        store
            .suppressions(Some("ann@example.com".to_owned()), 10)
            .await
            .unwrap(),
        [bob]
    );
    assert!(store.release("ann@example.com".to_owned()).await.unwrap());
    assert!(!store.release("ann@example.com".to_owned()).await.unwrap());
}
