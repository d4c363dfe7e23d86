//! `[spool]`: where messages wait, and which part of the server this process is.

use std::fmt;
use std::path::PathBuf;

use anyhow::{Context, Result, ensure};
use clap::ValueEnum;
use inreply::postgres::{AnySpool, PgConfig, PgSpool};
use inreply::spool::Maildir;
use serde::Deserialize;

use crate::config::Config;

#[derive(Debug, Clone, PartialEq, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct SpoolPlace {
    pub(crate) postgres: DatabaseUrl,
    pub(crate) fallback: bool,
}

/// A URL with a password in it, which no log and no bundle shows.
#[derive(Clone, PartialEq, Default, Deserialize)]
#[serde(transparent)]
pub(crate) struct DatabaseUrl(String);

impl fmt::Debug for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.is_empty() {
            "none"
        } else {
            "postgres://[redacted]"
        })
    }
}

/// What a process of several that share a database does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub(crate) enum Role {
    /// Take mail and make comments of it.
    #[default]
    All,
    /// Take mail alone.
    Edge,
    /// Make comments alone, and send what goes out.
    Worker,
}

impl Role {
    pub(crate) fn listens(self) -> bool {
        self != Self::Worker
    }

    pub(crate) fn works(self) -> bool {
        self != Self::Edge
    }
}

impl Config {
    /// The database of the spool, where it has one.
    pub(crate) fn postgres(&self) -> Result<Option<PgConfig>> {
        let url = &self.spool.postgres.0;
        if url.is_empty() {
            ensure!(
                self.role == Role::All,
                "an edge and its workers share a database: spool.postgres"
            );
            ensure!(!self.spool.fallback, "spool.fallback is for spool.postgres");
            return Ok(None);
        }
        Ok(Some(url.parse().context("spool.postgres")?))
    }

    /// Where the maildir is.
    pub(crate) fn spool(&self) -> PathBuf {
        self.data.join("spool")
    }

    /// The spool in the data folder: the only one, or the one for when the database is away.
    pub(crate) fn maildir(&self) -> Result<Maildir> {
        let folder = self.spool();
        Maildir::open(&folder)
            .with_context(|| format!("cannot open the spool in {}", folder.display()))
    }

    /// The spool of a running server.
    pub(crate) fn open_spool(&self) -> Result<AnySpool> {
        let Some(config) = self.postgres()? else {
            return Ok(AnySpool::Maildir(self.maildir()?));
        };
        if self.spool.fallback {
            let spool = PgSpool::with_fallback(config, self.maildir()?)?;
            return Ok(AnySpool::Postgres(spool));
        }
        self.look_behind();
        Ok(AnySpool::Postgres(PgSpool::new(config)?))
    }

    /// Says where messages were left behind by a server that had no database yet. It is a hint, without which the server starts too.
    fn look_behind(&self) {
        if !self.spool().exists() {
            return;
        }
        let left = self.maildir();
        match left.and_then(|maildir| Ok(maildir.backlog()?.messages)) {
            Ok(0) => {}
            Ok(messages) => tracing::warn!(
                messages,
                "the maildir has messages that nobody looks at: spool move postgres"
            ),
            Err(error) => tracing::warn!(
                error = %format!("{error:#}"),
                "whether the maildir has messages that nobody looks at cannot be read"
            ),
        }
    }

    /// What is kept, for a command beside a running server: it takes nothing, and drains nothing.
    pub(crate) fn kept_spool(&self) -> Result<AnySpool> {
        Ok(match self.postgres()? {
            Some(config) => AnySpool::Postgres(PgSpool::new(config)?),
            None => AnySpool::Maildir(self.maildir()?),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(text: &str) -> Config {
        toml::from_str(text).unwrap()
    }

    #[test]
    fn the_password_of_the_database_is_in_no_log() {
        let config = config("[spool]\npostgres = \"postgres://inreply:s3cret@db.example/forge\"");
        assert!(config.postgres().unwrap().is_some());
        assert!(!format!("{config:#?}").contains("s3cret"));
    }

    #[test]
    fn what_needs_a_database_says_so() {
        let mut edge = config("");
        edge.role = Role::Edge;
        assert!(edge.postgres().is_err());
        assert!(config("[spool]\nfallback = true").postgres().is_err());
        assert!(
            config("[spool]\npostgres = \"mysql://db.example\"")
                .postgres()
                .is_err()
        );
    }
}
