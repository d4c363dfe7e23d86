//! Messages a second through the spool in PostgreSQL, beside what the database does when it is asked for the least:
//! `INREPLY_POSTGRES_URL=postgres://… cargo bench -p inreply-benches --bench postgres`.
//!
//! All of it in one run and in turn, some rounds of it; the ratios are taken round by round, and their medians printed:
//!
//! ```text
//! postgres<TAB>WHAT<TAB>a second<TAB>BESIDE<TAB>a second<TAB>ratio
//! ```
//!
//! **Taking**: 64 sessions, each waits for its commit before the next message, into one or two spools ("edges"). Beside it a table of
//! an id and octets, and 64 connections that each `INSERT` one row a commit, prepared; then the most that can be had, one connection
//! that inserts 64 rows a commit.
//!
//! **Working**: one, two or four spools ("workers"), each claims 64 at a time, reads each and files each, and claims
//! on meanwhile, as [`inreply::worker`] does. Beside it as many connections on a
//! table of an id, a state and octets, that claim 64 with `FOR UPDATE SKIP LOCKED` and their octets in one statement, and set them done
//! in another: no leases, no retries, no order among tokens, no folders. And the same loop with one message a turn.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::{Duration, Instant, SystemTime};

use bytes::Bytes;
use inreply::postgres::{PgConfig, PgSpool};
use inreply::spool::{Folder, Preamble, Protocol, Spool};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio_postgres::{Client, NoTls};

type Error = Box<dyn std::error::Error + Send + Sync>;

const SESSIONS: usize = 64;
const BATCH: usize = 64;
const ROUNDS: usize = 5;

fn main() -> Result<(), Error> {
    let Ok(url) = std::env::var("INREPLY_POSTGRES_URL") else {
        eprintln!("skipped: INREPLY_POSTGRES_URL names no server");
        return Ok(());
    };
    // `cargo bench -- --test` looks whether it runs.
    let (rounds, messages) = match std::env::args().any(|word| word == "--test") {
        true => (1, 128),
        false => (ROUNDS, 6_400),
    };
    tokio::runtime::Runtime::new()?.block_on(run(&url, rounds, messages))
}

async fn run(url: &str, rounds: usize, messages: usize) -> Result<(), Error> {
    let mut lines = Lines::default();
    for _ in 0..rounds {
        let one = insert(url, messages, SESSIONS, 1).await?;
        let many = insert(url, messages, 1, BATCH).await?;
        for edges in [1, 2] {
            let ours = take(url, messages, edges).await?;
            lines.add(format!("take, edges: {edges}"), ours, "INSERT", one);
            lines.add(format!("take, edges: {edges}"), ours, "INSERT of 64", many);
        }
        for workers in [1, 2, 4] {
            let one = claim_loop(url, messages, workers, 1).await?;
            let many = claim_loop(url, messages, workers, BATCH).await?;
            let ours = work(url, messages, workers).await?;
            lines.add(format!("work, workers: {workers}"), ours, "claim loop", one);
            lines.add(
                format!("work, workers: {workers}"),
                ours,
                "claim loop of 64",
                many,
            );
        }
    }
    lines.print();
    Ok(())
}

/// What was measured beside what, ours and theirs of each round.
type Line = (String, &'static str, Vec<(f64, f64)>);

#[derive(Default)]
struct Lines(Vec<Line>);

impl Lines {
    fn add(&mut self, what: String, ours: f64, beside: &'static str, theirs: f64) {
        let same = |line: &&mut Line| line.0 == what && line.1 == beside;
        match self.0.iter_mut().find(same) {
            Some(line) => line.2.push((ours, theirs)),
            None => self.0.push((what, beside, vec![(ours, theirs)])),
        }
    }

    fn print(&self) {
        for (what, beside, rounds) in &self.0 {
            let of = |value: fn(&(f64, f64)) -> f64| {
                let mut values: Vec<f64> = rounds.iter().map(value).collect();
                values.sort_unstable_by(f64::total_cmp);
                values[values.len() / 2]
            };
            let (ours, theirs, ratio) = (
                of(|both| both.0),
                of(|both| both.1),
                of(|both| both.0 / both.1),
            );
            println!("postgres\t{what}\t{ours:.0}\t{beside}\t{theirs:.0}\t{ratio:.2}");
        }
    }
}

/// A reply of the usual size.
fn message() -> Bytes {
    Bytes::from(format!(
        "From: ann@example.com\r\nSubject: hi\r\n\r\n{}",
        "A line of the answer.\r\n".repeat(170)
    ))
}

fn preamble(number: usize) -> Result<Preamble, Error> {
    Ok(Preamble {
        reverse_path: "<ann@example.com>".parse()?,
        recipients: vec![format!("<reply+{}@reply.example>", number % 500).parse()?],
        hello: "client.example".parse()?,
        client: "192.0.2.1".parse()?,
        by: "reply.example".to_owned(),
        protocol: Protocol::Esmtps,
        verdicts: None,
    })
}

async fn connect(url: &str) -> Result<Client, Error> {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await?;
    tokio::spawn(connection);
    Ok(client)
}

fn rate(messages: usize, since: Instant) -> f64 {
    messages as f64 / since.elapsed().as_secs_f64()
}

async fn all(mut tasks: JoinSet<Result<(), Error>>) -> Result<(), Error> {
    while let Some(done) = tasks.join_next().await {
        done??;
    }
    Ok(())
}

/// Names of tables that nobody else has.
fn fresh() -> Result<String, Error> {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH)?;
    Ok(format!("bench_{}", since.as_micros()))
}

/// Rows a second of the bare INSERT.
async fn insert(url: &str, messages: usize, connections: usize, rows: usize) -> Result<f64, Error> {
    let (owner, table) = (connect(url).await?, fresh()?);
    let create = format!(
        "CREATE TABLE {table} (id text PRIMARY KEY, octets bytea NOT NULL); ALTER TABLE {table} ALTER octets SET STORAGE EXTERNAL"
    );
    owner.batch_execute(&create).await?;
    let mut clients = Vec::new();
    for _ in 0..connections {
        let client = connect(url).await?;
        let sql = format!("INSERT INTO {table} SELECT * FROM unnest($1::text[], $2::bytea[])");
        clients.push((client.prepare(&sql).await?, client));
    }
    let (since, mut tasks) = (Instant::now(), JoinSet::new());
    let last = Arc::new(AtomicU64::new(0));
    for (statement, client) in clients {
        let last = Arc::clone(&last);
        tasks.spawn(async move {
            let message = message();
            for _ in 0..messages / connections / rows {
                // As long as an id, and in their order; two of those may be the same, which is an error of a bare INSERT.
                let new = |_| format!("{:018X}", last.fetch_add(1, Ordering::Relaxed));
                let ids: Vec<String> = (0..rows).map(new).collect();
                client
                    .execute(&statement, &[&ids, &vec![&*message; rows]])
                    .await?;
            }
            Ok(())
        });
    }
    all(tasks).await?;
    let rate = rate(messages, since);
    owner.batch_execute(&format!("DROP TABLE {table}")).await?;
    Ok(rate)
}

/// Messages a second that spools take.
async fn take(url: &str, messages: usize, edges: usize) -> Result<f64, Error> {
    let schema = fresh()?;
    let spools = spools(url, &schema, edges).await?;
    let since = Instant::now();
    fill(&spools, messages).await?;
    let rate = rate(messages, since);
    forget(url, &schema, spools).await?;
    Ok(rate)
}

async fn spools(url: &str, schema: &str, number: usize) -> Result<Vec<PgSpool>, Error> {
    let mut spools = Vec::new();
    for _ in 0..number {
        let config: PgConfig = url.parse()?;
        let spool = PgSpool::new(config.schema(schema)?)?;
        spool.check().await?;
        spools.push(spool);
    }
    Ok(spools)
}

async fn fill(spools: &[PgSpool], messages: usize) -> Result<(), Error> {
    let mut tasks = JoinSet::new();
    for (session, spool) in (0..SESSIONS).zip(spools.iter().cycle()) {
        let spool = spool.clone();
        tasks.spawn(async move {
            let message = message();
            for number in 0..messages / SESSIONS {
                let preamble = preamble(number * SESSIONS + session)?;
                spool
                    .store(SystemTime::now(), preamble, message.clone())
                    .await?;
            }
            Ok(())
        });
    }
    all(tasks).await
}

async fn forget(url: &str, schema: &str, spools: Vec<PgSpool>) -> Result<(), Error> {
    drop(spools);
    // What their tasks were at comes to its end.
    tokio::time::sleep(Duration::from_millis(100)).await;
    let drop = format!("DROP SCHEMA {schema} CASCADE; CHECKPOINT");
    connect(url).await?.batch_execute(&drop).await?;
    Ok(())
}

/// Messages a second that spools claim, read and file.
async fn work(url: &str, messages: usize, workers: usize) -> Result<f64, Error> {
    let schema = fresh()?;
    fill(&spools(url, &schema, 1).await?, messages).await?;
    let spools = spools(url, &schema, workers).await?;
    let (since, mut tasks) = (Instant::now(), JoinSet::new());
    let (done, filed) = (watch::Sender::new(false), Arc::new(AtomicUsize::new(0)));
    for spool in spools.clone() {
        let (done, filed, mut is_done) = (done.clone(), Arc::clone(&filed), done.subscribe());
        tasks.spawn(async move {
            let mut filing = JoinSet::new();
            while !*is_done.borrow() {
                let ids = spool.claim(BATCH).await?;
                if ids.is_empty() {
                    tokio::select! {
                        () = spool.due() => {}
                        _ = is_done.wait_for(|done| *done) => {}
                    }
                }
                for id in ids {
                    let (spool, done, filed) = (spool.clone(), done.clone(), Arc::clone(&filed));
                    filing.spawn(async move {
                        std::hint::black_box(spool.read(id).await?);
                        spool.file(id, Folder::Success).await?;
                        if filed.fetch_add(1, Ordering::Relaxed) + 1 == messages {
                            done.send_replace(true);
                        }
                        Ok::<_, Error>(())
                    });
                }
            }
            all(filing).await
        });
    }
    all(tasks).await?;
    let rate = rate(messages, since);
    let left = spools[0].backlog().await?;
    assert_eq!(left.messages, 0);
    forget(url, &schema, spools).await?;
    Ok(rate)
}

/// Messages a second of the bare loop.
async fn claim_loop(
    url: &str,
    messages: usize,
    workers: usize,
    batch: usize,
) -> Result<f64, Error> {
    let (owner, table) = (connect(url).await?, fresh()?);
    let create = format!(
        "CREATE TABLE {table} (id text PRIMARY KEY, state text NOT NULL DEFAULT 'new', octets bytea NOT NULL);
        ALTER TABLE {table} ALTER octets SET STORAGE EXTERNAL;
        CREATE INDEX {table}_new ON {table} (id) WHERE state = 'new'"
    );
    owner.batch_execute(&create).await?;
    let (message, insert) = (
        message(),
        format!(
            "INSERT INTO {table} (id, octets) SELECT i::text, $1 FROM generate_series(1, $2) i"
        ),
    );
    let count = i32::try_from(messages)?;
    owner.execute(&insert, &[&&*message, &count]).await?;
    let claim = format!(
        "UPDATE {table} t SET state = 'claimed' FROM (SELECT id FROM {table} WHERE state = 'new' ORDER BY id LIMIT {batch} FOR UPDATE SKIP LOCKED) n
        WHERE t.id = n.id RETURNING t.id, t.octets"
    );
    let done = format!("UPDATE {table} SET state = 'done' WHERE id = ANY ($1)");
    let mut clients = Vec::new();
    for _ in 0..workers {
        let client = connect(url).await?;
        clients.push((
            client.prepare(&claim).await?,
            client.prepare(&done).await?,
            client,
        ));
    }
    let (since, mut tasks) = (Instant::now(), JoinSet::new());
    for (claim, done, client) in clients {
        tasks.spawn(async move {
            loop {
                let rows = client.query(&claim, &[]).await?;
                if rows.is_empty() {
                    return Ok(());
                }
                let ids: Vec<&str> = rows.iter().map(|row| row.get(0)).collect();
                client.execute(&done, &[&ids]).await?;
            }
        });
    }
    all(tasks).await?;
    let rate = rate(messages, since);
    owner
        .batch_execute(&format!("DROP TABLE {table}; CHECKPOINT"))
        .await?;
    Ok(rate)
}
