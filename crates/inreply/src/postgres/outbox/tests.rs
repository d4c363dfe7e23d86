//! What every store keeps, and what many senders share, in a real PostgreSQL: `.ci/postgres` runs these.

use super::*;
use crate::outbox::suite::{Place, at, claim, ids, letter, suite};
use crate::outbox::{Settlement, Store};
use crate::postgres::line::Parameter;
use crate::postgres::{schema, there};
use std::collections::HashSet;
use std::pin::pin;
use std::time::Duration;
use tokio_postgres::types::Type;

#[cfg(feature = "redb")]
mod transfer;

const LEASE: Duration = Duration::from_secs(1);

impl Place for PgConfig {
    type Store = PgOutbox;

    async fn open(&self) -> PgOutbox {
        PgOutbox::new(self.clone()).unwrap()
    }

    async fn open_again(&self, store: PgOutbox) -> PgOutbox {
        drop(store);
        tokio::time::sleep(LEASE + LEASE / 4).await;
        self.open().await
    }
}

/// A schema of a test's own; none where there is no server.
fn place() -> Option<PgConfig> {
    Some(there::config("outbox")?.lease(LEASE))
}

suite!(place());

#[tokio::test]
async fn each_message_is_one_senders() {
    let Some(place) = place() else { return };
    let store = place.open().await;
    let letters: Vec<_> = (0..200).map(letter).collect();
    store.insert(letters.clone()).await.unwrap();
    let mut senders = JoinSet::new();
    for _ in 0..4 {
        let sender = place.open().await;
        senders.spawn(async move {
            let mut mine = Vec::new();
            loop {
                let few = crate::outbox::Claim {
                    most: 7,
                    ..claim(300)
                };
                let claimed = ids(&sender.claim(few).await.unwrap());
                if claimed.is_empty() {
                    return mine;
                }
                assert!(claimed.iter().all(|id| sender.holds(*id)));
                mine.extend(&claimed);
                let done = claimed.into_iter().map(Settlement::Done);
                sender.settle(done.collect()).await.unwrap();
            }
        });
    }
    let sent: Vec<_> = senders.join_all().await.into_iter().flatten().collect();
    assert_eq!(sent.len(), 200);
    let once: HashSet<_> = sent.into_iter().collect();
    assert_eq!(once, ids(&letters).into_iter().collect());
    assert_eq!(store.count().await.unwrap(), 0);
}

#[tokio::test]
async fn a_living_sender_keeps_what_it_has() {
    let Some(place) = place() else { return };
    let (store, other) = (place.open().await, place.open().await);
    store.insert(vec![letter(1)]).await.unwrap();
    let mine = store.claim(claim(1)).await.unwrap();
    tokio::time::sleep(LEASE * 2).await;
    assert_eq!(other.claim(claim(1)).await.unwrap(), []);
    assert!(store.holds(mine[0].0.id()) && !other.holds(mine[0].0.id()));
}

#[tokio::test]
async fn what_a_sender_had_that_ended_is_free_at_once() {
    let Some(place) = place() else { return };
    let place = place.lease(Duration::from_mins(1));
    let (store, other) = (place.open().await, place.open().await);
    store.insert(vec![letter(1), letter(2)]).await.unwrap();
    let mine = ids(&store.claim(claim(1)).await.unwrap());
    let theirs = ids(&other.claim(claim(2)).await.unwrap());
    store.give_up().await.unwrap();
    assert!(!store.holds(mine[0]) && other.holds(theirs[0]));
    assert_eq!(ids(&other.claim(claim(2)).await.unwrap()), mine);
    store.give_up().await.unwrap();
    assert_eq!(store.claim(claim(2)).await.unwrap(), []);
}

/// As behind the crash of a server that has lost the claim: what the sender believes ends with its next sign of life.
#[tokio::test]
async fn a_claim_that_the_server_has_forgotten_is_none() {
    let Some(place) = place() else { return };
    let place = place.lease(Duration::from_mins(1));
    let (store, other) = (place.open().await, place.open().await);
    store.insert(vec![letter(1), letter(2)]).await.unwrap();
    let mine = ids(&store.claim(claim(2)).await.unwrap());
    let forget = schema::in_schema(
        "UPDATE $S.outgoing SET holder = NULL, held_until = NULL WHERE id = $1",
        &place.schema,
    );
    let lost: [Parameter<'_>; 1] = [(&mine[0].to_string(), Type::TEXT)];
    store.shared.sure.query(&forget, &lost).await.unwrap();
    store.shared.renew().await.unwrap();
    assert!(!store.holds(mine[0]) && store.holds(mine[1]));

    // It lies here still, and the other one may have sent it to some of its recipients: it comes again as that one has left it.
    let mut tried = other.claim(claim(1)).await.unwrap().remove(0).0;
    tried = tried.due_at(at(2));
    let later = vec![Settlement::Later(Box::new(tried.clone()))];
    other.settle(later).await.unwrap();
    assert_eq!(store.claim(claim(2)).await.unwrap(), []);
    assert!(!store.holds(mine[0]));
    store.shared.renew().await.unwrap();
    assert!(!store.holds(mine[0]));
    let given_back = vec![Settlement::Untouched(mine[0])];
    store.settle(given_back).await.unwrap();
    assert_eq!(store.claim(claim(2)).await.unwrap()[0].0, tried);
    assert!(store.holds(mine[0]));
}

/// A clone of the store lives on, as that of a server with new settings does: it keeps nobody's claims.
#[tokio::test]
async fn what_a_sender_could_not_settle_lapses() {
    let Some(place) = place() else { return };
    let (store, other) = (place.open().await, place.open().await);
    store.insert(vec![letter(1)]).await.unwrap();
    let mine = ids(&store.claim(claim(1)).await.unwrap());
    store.let_lapse();
    assert!(!store.holds(mine[0]));
    assert_eq!(other.claim(claim(1)).await.unwrap(), []);
    tokio::time::sleep(LEASE + LEASE / 4).await;
    assert_eq!(ids(&other.claim(claim(1)).await.unwrap()), mine);
}

/// The next claim is on its way behind the settlement, and both answers come at once.
#[tokio::test]
async fn what_is_given_back_is_claimed_by_the_next_claim() {
    let Some(place) = place() else { return };
    let store = place.lease(Duration::from_mins(1)).open().await;
    store.insert(vec![letter(1)]).await.unwrap();
    let mine = ids(&store.claim(claim(1)).await.unwrap());
    let mut settling = pin!(store.settle(vec![Settlement::Untouched(mine[0])]));
    let mut claiming = pin!(store.claim(claim(1)));
    tokio::select! {
        biased;
        _ = &mut settling => panic!(),
        _ = &mut claiming => panic!(),
        () = tokio::task::yield_now() => {}
    }
    tokio::task::yield_now().await;
    // Nobody reads meanwhile: there is one thread.
    std::thread::sleep(LEASE / 4);
    let (claimed, settled) = tokio::join!(biased; claiming, settling);
    settled.unwrap();
    assert_eq!(ids(&claimed.unwrap()), mine);
    assert!(store.holds(mine[0]));
}

/// As behind an outage that was longer than a lease: the claim that was asked for first has the message free, and of that claim it is not.
#[tokio::test]
async fn what_was_sent_and_is_not_settled_yet_is_not_claimed_again() {
    let Some(place) = place() else { return };
    let store = place.open().await;
    store.insert(vec![letter(1), letter(2)]).await.unwrap();
    let mine = ids(&store.claim(claim(1)).await.unwrap());
    let deaf = std::mem::take(&mut *store.shared.held());
    tokio::time::sleep(LEASE + LEASE / 4).await;
    *store.shared.held() = deaf;
    let sent = vec![Settlement::Done(mine[0])];
    let (claimed, settled) = tokio::join!(biased; store.claim(claim(1)), store.settle(sent));
    settled.unwrap();
    assert_eq!(claimed.unwrap(), []);
    assert_eq!(store.count().await.unwrap(), 1);
}

/// As an operator who puts it off does, for a moment.
#[tokio::test]
async fn what_somebody_looks_into_is_not_lost_to_its_sender() {
    let Some(place) = place() else { return };
    let place = place.lease(Duration::from_mins(1));
    let store = place.open().await;
    store.insert(vec![letter(1), letter(2)]).await.unwrap();
    let mine = ids(&store.claim(claim(2)).await.unwrap());
    let look = schema::in_schema(
        "BEGIN; SELECT FROM $S.outgoing ORDER BY id LIMIT 1 FOR UPDATE",
        &place.schema,
    );
    let other = store.shared.connector.connect(|| {}).await.unwrap();
    other.batch_execute(&look).await.unwrap();
    store.shared.renew().await.unwrap();
    assert!(store.holds(mine[0]) && store.holds(mine[1]));
}

/// Its statements hang, as where the database is away: it may not send, and what it says later harms nobody.
#[tokio::test]
async fn a_sender_that_was_silent_for_a_lease_sends_nothing() {
    let Some(place) = place() else { return };
    let (silent, other) = (place.open().await, place.open().await);
    silent.insert(vec![letter(1), letter(2)]).await.unwrap();
    let claimed = silent.claim(claim(2)).await.unwrap();
    let (first, second) = (claimed[0].0.id(), claimed[1].0.id());
    assert!(silent.holds(first));
    // What it believes to have until now is what its next sign of life is for.
    let deaf = std::mem::take(&mut *silent.shared.held());
    tokio::time::sleep(LEASE + LEASE / 4).await;
    *silent.shared.held() = deaf;
    assert!(!silent.holds(first));
    assert_eq!(ids(&other.claim(claim(2)).await.unwrap()), [first, second]);

    let mut tried = claimed[0].0.clone();
    tried = tried.due_at(at(50));
    silent.record(&tried).await.unwrap();
    let late = vec![
        Settlement::Later(Box::new(tried)),
        Settlement::Untouched(second),
    ];
    silent.settle(late).await.unwrap();
    assert_eq!(silent.claim(claim(60)).await.unwrap(), []);
    let kept = other.read(first).await.unwrap().unwrap();
    assert_eq!(kept.0, claimed[0].0);
    // It was sent before it fell silent, after all.
    silent.settle(vec![Settlement::Done(first)]).await.unwrap();
    assert_eq!(other.count().await.unwrap(), 1);
}
