//! The spool in a real PostgreSQL: `INREPLY_POSTGRES_URL=postgres://… cargo test -p inreply --features postgres --test postgres`.

#![allow(clippy::unwrap_used)]

use std::collections::HashSet;
use std::io::Write;
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use inreply::postgres::{AnySpool, CompleteError, PgConfig, PgSpool};
use inreply::spool::{Drafting, Folder, Maildir, Preamble, Protocol, QueueId, Retention, Spool};
use tokio_postgres::NoTls;

/// The server's URL; none where there is no server, which is said.
fn url() -> Option<String> {
    let url = std::env::var("INREPLY_POSTGRES_URL").ok();
    if url.is_none() {
        let thread = std::thread::current();
        // Not by the macro: what it prints is seen of tests that fail.
        let _ = writeln!(
            std::io::stderr(),
            "skipped: {}: INREPLY_POSTGRES_URL names no server",
            thread.name().unwrap_or("a test")
        );
    }
    url
}

/// A schema of this test's own.
fn config(url: &str, test: &str) -> PgConfig {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    let name = format!("{test}_{}", since.unwrap().as_micros());
    let config: PgConfig = url.parse().unwrap();
    config.schema(&name).unwrap().lease(Duration::from_secs(1))
}

fn preamble(recipient: &str) -> Preamble {
    Preamble {
        reverse_path: "<ann@example.com>".parse().unwrap(),
        recipients: vec![format!("<{recipient}@reply.example>").parse().unwrap()],
        hello: "client.example".parse().unwrap(),
        client: "192.0.2.1".parse().unwrap(),
        by: "reply.example".to_owned(),
        protocol: Protocol::Esmtp,
        verdicts: None,
    }
}

async fn store(spool: &PgSpool, recipient: &str) -> QueueId {
    let message = Bytes::from_static(b"Subject: hi\r\n\r\nhello\r\n");
    let stored = spool.store(SystemTime::now(), preamble(recipient), message);
    stored.await.unwrap()
}

#[tokio::test]
async fn servers_that_start_at_once_make_the_tables_once() {
    let Some(url) = url() else { return };
    let config = config(&url, "migrate");
    let mut checks = tokio::task::JoinSet::new();
    for _ in 0..8 {
        let spool = PgSpool::new(config.clone()).unwrap();
        checks.spawn(async move { spool.check().await });
    }
    while let Some(checked) = checks.join_next().await {
        checked.unwrap().unwrap();
    }
}

#[tokio::test]
async fn each_message_is_one_workers() {
    let Some(url) = url() else { return };
    let config = config(&url, "claims");
    let spool = PgSpool::new(config.clone()).unwrap();
    let mut stores = tokio::task::JoinSet::new();
    for number in 0..200 {
        let spool = spool.clone();
        stores.spawn(async move { store(&spool, &format!("r{}", number % 7)).await });
    }
    let stored: HashSet<_> = stores.join_all().await.into_iter().collect();
    assert_eq!(spool.backlog().await.unwrap().messages, 200);

    let mut workers = tokio::task::JoinSet::new();
    for _ in 0..4 {
        let worker = PgSpool::new(config.clone()).unwrap();
        workers.spawn(async move {
            let mut mine = Vec::new();
            loop {
                let ids = worker.claim(16).await.unwrap();
                if ids.is_empty() {
                    return mine;
                }
                for id in ids {
                    assert!(
                        worker
                            .read(id)
                            .await
                            .unwrap()
                            .ends_with(b"\r\n\r\nhello\r\n")
                    );
                    worker.file(id, Folder::Success).await.unwrap();
                    mine.push(id);
                }
            }
        });
    }
    let claimed: Vec<_> = workers.join_all().await.into_iter().flatten().collect();
    assert_eq!(claimed.len(), 200);
    assert_eq!(claimed.into_iter().collect::<HashSet<_>>(), stored);
    assert_eq!(spool.backlog().await.unwrap().messages, 0);
    let year = Duration::from_hours(24 * 365);
    let expired = spool.expire(SystemTime::now() + year, Retention::default());
    assert_eq!(expired.await.unwrap(), 200);
}

#[tokio::test]
async fn what_a_dead_worker_held_is_claimed_again_and_only_once_completed() {
    let Some(url) = url() else { return };
    let config = config(&url, "lease");
    let spool = PgSpool::new(config.clone()).unwrap();
    let id = store(&spool, "r").await;
    let dead = PgSpool::new(config.clone().lease(Duration::from_millis(300))).unwrap();
    // Its signs of life stop with it: the runtime of a process is what ends here.
    assert_eq!(dead.claim(9).await.unwrap(), [id]);
    assert_eq!(spool.claim(9).await.unwrap(), []);
    drop(dead.clone());
    let (mut client, connection) = tokio_postgres::connect(&url, NoTls).await.unwrap();
    tokio::spawn(connection);
    let other = PgSpool::new(config).unwrap();
    let transaction = client.transaction().await.unwrap();
    let foreign = other.complete_in(&transaction, id, &Folder::Success).await;
    assert!(matches!(foreign, Err(CompleteError::NotHeld)));
    dead.complete_in(&transaction, id, &Folder::Success)
        .await
        .unwrap();
    transaction.rollback().await.unwrap();
    drop(dead);
    tokio::time::sleep(Duration::from_millis(400)).await;
    assert_eq!(other.claim(9).await.unwrap(), [id]);
    let transaction = client.transaction().await.unwrap();
    other
        .complete_in(&transaction, id, &Folder::Success)
        .await
        .unwrap();
    transaction.commit().await.unwrap();
    let transaction = client.transaction().await.unwrap();
    let again = other.complete_in(&transaction, id, &Folder::Success).await;
    assert!(matches!(again, Err(CompleteError::NotHeld)));
}

#[tokio::test]
async fn a_worker_that_is_full_claims_again_when_a_quarter_is_free() {
    let Some(url) = url() else { return };
    let spool = PgSpool::new(config(&url, "full").in_flight(8)).unwrap();
    for number in 0..12 {
        store(&spool, &format!("r{number}")).await;
    }
    let mut mine = Vec::new();
    for _ in 0..4 {
        let claimed = spool.claim(64).await.unwrap();
        assert_eq!(claimed.len(), 2);
        mine.extend(claimed);
    }
    assert_eq!(spool.claim(64).await.unwrap(), []);
    spool.file(mine[0], Folder::Success).await.unwrap();
    assert_eq!(spool.claim(64).await.unwrap(), []);
    spool.put_off(mine[1], "not now").await.unwrap();
    assert_eq!(spool.claim(64).await.unwrap().len(), 2);
    // What came with the claim is the message, and is gone with it.
    let held = spool.read(mine[2]).await.unwrap();
    assert!(held.ends_with(b"\r\n\r\nhello\r\n"));
    spool.discard(mine[0]).await.unwrap();
    let gone = spool.read(mine[0]).await.unwrap_err();
    assert_eq!(gone.kind(), std::io::ErrorKind::NotFound);
}

#[tokio::test]
async fn a_slow_token_that_fills_a_worker_keeps_the_others_out_for_a_moment() {
    let Some(url) = url() else { return };
    let poll = Duration::from_millis(300);
    let spool = PgSpool::new(config(&url, "slow").in_flight(8).poll(poll)).unwrap();
    for _ in 0..20 {
        store(&spool, "slow").await;
    }
    let mut mine = Vec::new();
    while mine.len() < 8 {
        mine.extend(spool.claim(64).await.unwrap());
    }
    let other = store(&spool, "other").await;
    tokio::time::sleep(poll).await;
    assert_eq!(spool.claim(64).await.unwrap(), [], "it is full");
    spool.file(mine[0], Folder::Success).await.unwrap();
    assert_eq!(spool.claim(64).await.unwrap(), [other]);
    spool.file(mine[1], Folder::Success).await.unwrap();
    assert_eq!(spool.claim(64).await.unwrap(), [], "each has its time");
}

#[tokio::test]
async fn a_token_with_many_messages_starves_nobody() {
    let Some(url) = url() else { return };
    let spool = PgSpool::new(config(&url, "fair")).unwrap();
    for _ in 0..20 {
        store(&spool, "flood").await;
    }
    let other = store(&spool, "other").await;
    assert!(spool.claim(3).await.unwrap().contains(&other));
}

#[tokio::test]
async fn what_fails_again_and_again_is_a_failure_in_the_end() {
    let Some(url) = url() else { return };
    let config = config(&url, "dead")
        .waits(Duration::ZERO, Duration::ZERO)
        .max_tries(2);
    let spool = PgSpool::new(config).unwrap();
    let id = store(&spool, "r").await;
    for _ in 0..2 {
        assert_eq!(spool.claim(9).await.unwrap(), [id]);
        spool.put_off(id, "not now").await.unwrap();
    }
    assert_eq!(spool.claim(9).await.unwrap(), []);
    assert_eq!(spool.backlog().await.unwrap().messages, 0);
}

#[tokio::test]
async fn a_long_message_is_whole_and_an_away_database_is_an_error() {
    let Some(url) = url() else { return };
    let spool = PgSpool::new(config(&url, "long").draft_octets(8 << 20)).unwrap();
    let begun = spool.begin(SystemTime::now(), preamble("r"));
    let mut draft = begun.await.unwrap();
    for _ in 0..8 {
        draft.write(Bytes::from(vec![b'x'; 1 << 20])).await.unwrap();
    }
    let full = draft.write(Bytes::from_static(b"x")).await.unwrap_err();
    // No fault of the disk, for which all others would be turned away.
    assert_eq!(full.kind(), std::io::ErrorKind::ResourceBusy);
    store(&spool, "r").await;
    let written = draft.read().await.unwrap();
    let id = draft.commit().await.unwrap();
    assert_eq!(spool.read(id).await.unwrap(), written);
    // Claimed, too: too long to come with its claim.
    assert_eq!(spool.claim(9).await.unwrap().len(), 2);
    assert_eq!(spool.read(id).await.unwrap(), written);

    let away: PgConfig = "postgres://x@127.0.0.1:1/x".parse().unwrap();
    let away = PgSpool::new(away).unwrap();
    let message = Bytes::from_static(b"x");
    assert!(
        away.store(SystemTime::now(), preamble("r"), message)
            .await
            .is_err()
    );
}

/// What is where, in the order of arrival.
async fn kept(spool: &PgSpool) -> Vec<(QueueId, String, Option<String>)> {
    let kept = spool.kept(None, None, 100).await.unwrap();
    kept.into_iter()
        .map(|kept| (kept.id, kept.folder, kept.reason))
        .collect()
}

#[tokio::test]
async fn a_spool_moves_from_a_maildir_and_back() {
    let Some(url) = url() else { return };
    let spool = PgSpool::new(config(&url, "move")).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let from = Maildir::open(folder.path().join("from")).unwrap();
    let to = Maildir::open(folder.path().join("to")).unwrap();
    let mut expected = Vec::new();
    for (folder, reason) in [
        (None, None),
        (Some(Folder::Success), None),
        (Some(Folder::Ignored("auto-reply")), None),
        (Some(Folder::Failure("gone".to_owned())), Some("gone")),
        (Some(Folder::Operator), None),
    ] {
        let message = Bytes::from_static(b"Subject: hi\r\n\r\nhello\r\n");
        let id = Spool::store(&from, SystemTime::now(), preamble("r"), message);
        let id = id.await.unwrap();
        let name = folder
            .as_ref()
            .map_or_else(|| "new".to_owned(), Folder::name);
        if let Some(folder) = folder {
            from.file(id, &folder).unwrap();
        }
        expected.push((id, name, reason.map(str::to_owned)));
    }
    let waiting = from.read(expected[0].0).unwrap();

    assert_eq!(spool.move_from(&from).await.unwrap(), 5);
    assert_eq!(from.kept(None).unwrap(), []);
    assert_eq!(kept(&spool).await, expected);
    assert_eq!(spool.read(expected[0].0).await.unwrap(), waiting);

    // What was put off goes too, what a worker holds does not.
    let held = store(&spool, "r").await;
    assert_eq!(spool.claim(9).await.unwrap(), [expected[0].0, held]);
    spool.put_off(expected[0].0, "not now").await.unwrap();
    assert_eq!(spool.move_to(&to).await.unwrap(), 5);
    assert_eq!(kept(&spool).await, [(held, "new".to_owned(), None)]);
    assert_eq!(to.read(expected[0].0).unwrap(), waiting);
    let moved: Vec<_> = to
        .kept(None)
        .unwrap()
        .into_iter()
        .map(|kept| (kept.id, kept.folder, kept.reason))
        .collect();
    assert_eq!(moved, expected);
}

#[tokio::test]
async fn a_transfer_that_was_cut_off_is_done_again() {
    let Some(url) = url() else { return };
    let spool = PgSpool::new(config(&url, "again")).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let maildir = Maildir::open(folder.path()).unwrap();
    let id = store(&spool, "r").await;
    // It was committed there, and not deleted here.
    let octets = spool.read(id).await.unwrap();
    maildir.import(id, "new", None, &octets).unwrap();
    assert_eq!(spool.move_from(&maildir).await.unwrap(), 1);
    assert_eq!(spool.backlog().await.unwrap().messages, 1);
    // Another message has the same id: both are kept.
    maildir.import(id, "new", None, b"another").unwrap();
    assert_eq!(spool.move_from(&maildir).await.unwrap(), 1);
    assert_eq!(spool.backlog().await.unwrap().messages, 2);
    assert_eq!(maildir.kept(None).unwrap(), []);
}

#[tokio::test]
async fn what_failed_goes_back_and_what_became_a_comment_does_not() {
    let Some(url) = url() else { return };
    let spool = PgSpool::new(config(&url, "retry")).unwrap();
    let (failed, done) = (store(&spool, "r").await, store(&spool, "r").await);
    assert_eq!(spool.claim(9).await.unwrap().len(), 2);
    spool.file(done, Folder::Success).await.unwrap();
    let folder = Folder::Failure("gone".to_owned());
    spool.file(failed, folder).await.unwrap();
    let found = spool.find(failed).await.unwrap().unwrap();
    assert_eq!(
        (found.folder.as_str(), found.reason.as_deref()),
        ("failure", Some("gone"))
    );
    spool.retry(failed).await.unwrap();
    assert_eq!(spool.claim(9).await.unwrap(), [failed]);
    let refused = spool.retry(done).await.unwrap_err();
    assert_eq!(refused.kind(), std::io::ErrorKind::InvalidInput);
    spool.discard(done).await.unwrap();
    assert_eq!(spool.find(done).await.unwrap(), None);
    let gone = spool.read(done).await.unwrap_err();
    assert_eq!(gone.kind(), std::io::ErrorKind::NotFound);
    let gone = spool.discard(done).await.unwrap_err();
    assert_eq!(gone.kind(), std::io::ErrorKind::NotFound);
}

/// A database that is away, and comes back: a port that refuses, then leads to the server.
#[tokio::test]
async fn what_fell_back_is_drained_under_its_id() {
    let Some(url) = url() else { return };
    let server: tokio_postgres::Config = url.parse().unwrap();
    let server = ("127.0.0.1", server.get_ports()[0]);
    let socket = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = socket.local_addr().unwrap().port();
    drop(socket);
    let through = url.replace(&server.1.to_string(), &port.to_string());
    let config = config(&through, "drain");
    let folder = tempfile::tempdir().unwrap();
    let maildir = Maildir::open(folder.path()).unwrap();
    let spool = PgSpool::with_fallback(config, maildir.clone()).unwrap();

    let id = store(&spool, "r").await;
    assert_eq!(maildir.waiting().unwrap(), [id]);
    assert!(spool.claim(1).await.is_err());

    let socket = tokio::net::TcpListener::bind(("127.0.0.1", port))
        .await
        .unwrap();
    tokio::spawn(async move {
        while let Ok((mut client, _)) = socket.accept().await {
            let mut there = tokio::net::TcpStream::connect(server).await.unwrap();
            tokio::spawn(
                async move { tokio::io::copy_bidirectional(&mut client, &mut there).await },
            );
        }
    });
    let claimed = loop {
        match spool.claim(9).await {
            Ok(ids) if !ids.is_empty() => break ids,
            _ => tokio::time::sleep(Duration::from_millis(50)).await,
        }
    };
    assert_eq!(claimed, [id]);
    assert!(
        spool
            .read(id)
            .await
            .unwrap()
            .ends_with(b"\r\n\r\nhello\r\n")
    );
    while !maildir.waiting().unwrap().is_empty() {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test]
async fn what_a_worker_had_that_ended_is_free_at_once() {
    let Some(url) = url() else { return };
    let config = config(&url, "give_up").lease(Duration::from_mins(1));
    let (worker, other) = (
        PgSpool::new(config.clone()).unwrap(),
        PgSpool::new(config).unwrap(),
    );
    let (held, put_off) = (store(&worker, "r").await, store(&worker, "s").await);
    assert_eq!(worker.claim(9).await.unwrap(), [held, put_off]);
    worker.put_off(put_off, "not now").await.unwrap();
    assert_eq!(other.claim(9).await.unwrap(), []);
    worker.give_up().await.unwrap();
    assert_eq!(other.claim(9).await.unwrap(), [held]);
    // What is another's by now stays that one's.
    worker.give_up().await.unwrap();
    assert_eq!(worker.claim(9).await.unwrap(), []);
}

#[tokio::test]
async fn a_glance_counts_and_leafs_and_knows_the_sizes() {
    let Some(url) = url() else { return };
    let spool = PgSpool::new(config(&url, "glance")).unwrap();
    let mut ids = Vec::new();
    for recipient in ["a", "b", "c", "d", "e"] {
        ids.push(store(&spool, recipient).await);
    }
    assert_eq!(spool.claim(3).await.unwrap(), ids[..3]);
    spool.file(ids[2], Folder::Success).await.unwrap();
    for id in &ids[..2] {
        let folder = Folder::Failure("gone".to_owned());
        spool.file(*id, folder).await.unwrap();
    }
    let size = spool.read(ids[0]).await.unwrap().len() as u64;
    let any = AnySpool::Postgres(spool);
    let all = any.glance(None, None, 3).await.unwrap();
    let counts = [("failure", 2), ("new", 2), ("success", 1)];
    assert_eq!(
        all.counts,
        counts.map(|(name, count)| (name.to_owned(), count))
    );
    assert_eq!(
        (all.backlog.messages, all.backlog.oldest),
        (2, Some(ids[3].arrival()))
    );
    assert_eq!((all.by_hour[23], all.by_hour.iter().sum()), (5, 5_u64));
    let latest: Vec<_> = all.latest.iter().map(|(kept, _)| kept.id).collect();
    assert_eq!(latest, [ids[4], ids[3], ids[2]]);
    let failed = any.glance(Some("failure"), Some(ids[1]), 9).await.unwrap();
    let [(kept, octets)] = &failed.latest[..] else {
        unreachable!("one failure came before the other")
    };
    assert_eq!((kept.id, *octets), (ids[0], size));
    assert_eq!(kept.reason.as_deref(), Some("gone"));
}

/// What may take long is not in the way of claims.
#[tokio::test]
async fn who_looks_has_a_connection_of_their_own() {
    let Some(url) = url() else { return };
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    let name = format!("look_{}", since.unwrap().as_micros());
    let named = format!("{url}?application_name={name}");
    let spool = PgSpool::new(config(&named, "look")).unwrap();
    let (client, connection) = tokio_postgres::connect(&url, NoTls).await.unwrap();
    tokio::spawn(connection);
    let count = "SELECT count(*) FROM pg_stat_activity WHERE application_name = $1";
    let connections = async || -> i64 { client.query_one(count, &[&name]).await.unwrap().get(0) };
    spool.claim(9).await.unwrap();
    // That of the claim, and one that listens.
    while connections().await < 2 {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let any = AnySpool::Postgres(spool);
    any.glance(None, None, 9).await.unwrap();
    any.backlog().await.unwrap();
    assert!(
        any.find(QueueId::new(SystemTime::now()).unwrap())
            .await
            .unwrap()
            .is_none()
    );
    assert_eq!(connections().await, 3);
}

/// A schema whose name is a word of SQL's.
#[tokio::test]
async fn a_schema_may_have_any_name_that_the_config_takes() {
    let Some(url) = url() else { return };
    let config: PgConfig = url.parse().unwrap();
    let spool = PgSpool::new(config.schema("user").unwrap()).unwrap();
    let id = store(&spool, "r").await;
    assert_eq!(spool.claim(1).await.unwrap(), [id]);
    spool.discard(id).await.unwrap();
    let config: PgConfig = url.parse().unwrap();
    assert!(config.schema("pg_mail").is_err());
}
