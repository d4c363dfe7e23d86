//! The tables, and how they come to be.

use tokio_postgres::error::SqlState;
use tokio_postgres::{Client, Error};

/// Each brings the tables from one version to the next; none is ever changed. `$S` stands for the schema.
const MIGRATIONS: [&str; 2] = [
    include_str!("migrations/1.sql"),
    include_str!("migrations/2.sql"),
];

/// The oldest version with the tables of the spool, and with those of the outbox.
pub(super) const SPOOL: i32 = 1;
pub(super) const OUTBOX: i32 = 2;

/// Settings of a connection whose commits are on disk, or on the replicas that the server waits for.
pub(super) const DURABLE: &str = "SELECT set_config('synchronous_commit', 'on', false)
    WHERE current_setting('synchronous_commit') = 'off'";

/// Settings of a connection whose commits may be lost with the server: what comes to the same when it is done again. A worker's claim is
/// of these, since a reply that two workers have is one comment by its key; a sender's is not, since mail has no such key.
pub(super) const FAST: &str = "SET synchronous_commit = off";

/// The statements, with the schema in them.
pub(super) struct Sql {
    pub(super) accept: String,
    pub(super) backlog: String,
    pub(super) beat: String,
    pub(super) by_hour: String,
    pub(super) claim: String,
    pub(super) complete: String,
    pub(super) counts: String,
    pub(super) discard: String,
    pub(super) expire: String,
    pub(super) expire_keys: String,
    pub(super) file: String,
    pub(super) find: String,
    pub(super) give_up: String,
    pub(super) import: String,
    pub(super) insert: String,
    pub(super) kept: String,
    pub(super) latest: String,
    pub(super) listen: String,
    pub(super) newest: String,
    pub(super) put_off: String,
    pub(super) read: String,
    pub(super) retry: String,
    pub(super) revive: String,
    pub(super) size: String,
    pub(super) take: String,
}

impl Sql {
    pub(super) fn new(schema: &str) -> Self {
        let of = |text: &str| in_schema(text, schema);
        Self {
            accept: of(include_str!("statements/accept.sql")),
            backlog: of(include_str!("statements/backlog.sql")),
            beat: of(include_str!("statements/beat.sql")),
            by_hour: of(include_str!("statements/by_hour.sql")),
            claim: of(include_str!("statements/claim.sql")),
            complete: of(include_str!("statements/complete.sql")),
            counts: of(include_str!("statements/counts.sql")),
            discard: of(include_str!("statements/discard.sql")),
            expire: of(include_str!("statements/expire.sql")),
            expire_keys: of(include_str!("statements/expire_keys.sql")),
            file: of(include_str!("statements/file.sql")),
            find: of(include_str!("statements/find.sql")),
            give_up: of(include_str!("statements/give_up.sql")),
            import: of(include_str!("statements/import.sql")),
            insert: of(include_str!("statements/insert.sql")),
            kept: of(include_str!("statements/kept.sql")),
            latest: of(include_str!("statements/latest.sql")),
            listen: of("LISTEN $S"),
            newest: of(include_str!("statements/newest.sql")),
            put_off: of(include_str!("statements/put_off.sql")),
            read: of(include_str!("statements/read.sql")),
            retry: of(include_str!("statements/retry.sql")),
            revive: of(include_str!("statements/revive.sql")),
            size: of(include_str!("statements/size.sql")),
            take: of(include_str!("statements/take.sql")),
        }
    }
}

/// In quotes, so that a name may be a word of SQL's too; that of the configuration has none in it.
pub(super) fn in_schema(text: &str, schema: &str) -> String {
    text.replace("$S", &format!("\"{schema}\""))
}

/// Brings the tables to this version; those of a later one are left as they are, for it keeps what this one needs.
///
/// Several servers may start at once, and any of them may die on the way: it is one transaction, behind a lock, that sees what the one before it has made.
///
/// A role without the right to make tables may use those that are there, where they have this version at least.
pub(super) async fn migrate(client: &Client, schema: &str, enough: i32) -> Result<(), Error> {
    let newest = i32::try_from(MIGRATIONS.len()).unwrap_or(i32::MAX);
    let found = version(client, schema).await?;
    if found >= newest {
        return Ok(());
    }
    let lock = format!(
        "BEGIN ISOLATION LEVEL READ COMMITTED; SELECT pg_advisory_xact_lock(hashtextextended('inreply {schema}', 0));"
    );
    client.batch_execute(&lock).await?;
    let done = migrate_locked(client, schema).await;
    let end = if done.is_ok() { "COMMIT" } else { "ROLLBACK" };
    client.batch_execute(end).await?;
    match done {
        Err(error)
            if found >= enough && error.code() == Some(&SqlState::INSUFFICIENT_PRIVILEGE) =>
        {
            tracing::warn!(
                schema,
                found,
                newest,
                "this role may not migrate the tables"
            );
            Ok(())
        }
        done => done,
    }
}

async fn migrate_locked(client: &Client, schema: &str) -> Result<(), Error> {
    let found = version(client, schema).await?;
    let missing = MIGRATIONS
        .iter()
        .zip(1..)
        .filter(|(_, number)| *number > found);
    for (migration, number) in missing {
        client.batch_execute(&in_schema(migration, schema)).await?;
        let noted = format!("INSERT INTO $S.migration (number) VALUES ({number})");
        let noted = in_schema(&noted, schema);
        client.batch_execute(&noted).await?;
        tracing::info!(schema, number, "tables migrated");
    }
    Ok(())
}

/// The newest migration that was run; 0 where there are no tables.
async fn version(client: &Client, schema: &str) -> Result<i32, Error> {
    let name = format!(
        "SELECT EXISTS (SELECT FROM pg_tables WHERE schemaname = '{schema}' AND tablename = 'migration')"
    );
    if !client.query_one(&name, &[]).await?.try_get::<_, bool>(0)? {
        return Ok(0);
    }
    let newest = in_schema("SELECT coalesce(max(number), 0) FROM $S.migration", schema);
    client.query_one(&newest, &[]).await?.try_get(0)
}

#[cfg(test)]
mod tests {
    use super::super::{PgOutbox, PgSpool, there};
    use super::*;
    use tokio_postgres::NoTls;

    #[tokio::test]
    async fn a_role_that_may_not_make_tables_uses_those_that_suffice() {
        let Some(mut config) = there::config("role") else {
            return;
        };
        let (client, connection) = config.server.connect(NoTls).await.unwrap();
        tokio::spawn(connection);
        let old = in_schema(include_str!("migrations/1.sql"), &config.schema);
        client.batch_execute(&old).await.unwrap();
        let role = config.schema.clone();
        let made = format!(
            "INSERT INTO $S.migration (number) VALUES (1); CREATE ROLE {role};
             GRANT USAGE ON SCHEMA $S TO {role}; GRANT ALL ON ALL TABLES IN SCHEMA $S TO {role}"
        );
        let made = in_schema(&made, &config.schema);
        client.batch_execute(&made).await.unwrap();
        config.server.options(format!("-c role={role}"));
        let spool = PgSpool::new(config.clone()).unwrap();
        spool.check().await.unwrap();
        let outbox = PgOutbox::new(config).unwrap();
        let refused = outbox.check().await.unwrap_err().to_string();
        assert!(refused.contains("permission denied"), "{refused}");
    }
}
