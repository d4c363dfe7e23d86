//! How spool and outbox in PostgreSQL behave.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use super::PgConfigError;
use crate::tls::Trust;

/// Settings of a [`PgSpool`](super::PgSpool) or a [`PgOutbox`](super::PgOutbox).
///
/// ```
/// use std::time::Duration;
/// use inreply::postgres::PgConfig;
///
/// let config: PgConfig = "postgres://inreply:secret@db.example/forge?sslmode=verify-full".parse()?;
/// let config = config.schema("mail")?.lease(Duration::from_secs(60));
/// assert!(!format!("{config:?}").contains("secret"));
/// # Ok::<(), inreply::postgres::PgConfigError>(())
/// ```
#[derive(Clone)]
pub struct PgConfig {
    pub(super) server: tokio_postgres::Config,
    pub(super) trust: Option<Trust>,
    pub(super) schema: String,
    pub(super) timeout: Duration,
    pub(super) lease: Duration,
    pub(super) poll: Duration,
    pub(super) in_flight: usize,
    pub(super) batch_messages: usize,
    pub(super) batch_octets: usize,
    pub(super) draft_octets: usize,
    pub(super) first_wait: Duration,
    pub(super) longest_wait: Duration,
    pub(super) max_tries: u32,
    pub(super) keep_keys: Duration,
}

impl FromStr for PgConfig {
    type Err = PgConfigError;

    /// Reads a URL, `postgres://USER:PASSWORD@HOST:PORT/DATABASE`, with libpq's parameters behind `?`.
    ///
    /// TLS only where it says so: `sslmode=require` believes whoever answers, unless `sslrootcert=FILE` names the authorities;
    /// `sslmode=verify-full` asks for a certificate of them, or of the system's. `sslrootcert` without a mode means `verify-full`: who
    /// names authorities wants to be sure.
    fn from_str(url: &str) -> Result<Self, PgConfigError> {
        let (url, mode, roots) = split_tls(url)?;
        let mut server: tokio_postgres::Config = url.parse().map_err(PgConfigError::Url)?;
        let roots = roots.map(|file| Trust::File(PathBuf::from(file)));
        let trust = match mode.as_deref() {
            Some("disable") => None,
            None => roots,
            Some("require") => Some(roots.unwrap_or(Trust::Anybody)),
            Some("verify-full") => Some(roots.unwrap_or(Trust::System)),
            Some(other) => return Err(PgConfigError::SslMode(other.to_owned())),
        };
        server.ssl_mode(match trust {
            Some(_) => tokio_postgres::config::SslMode::Require,
            None => tokio_postgres::config::SslMode::Disable,
        });
        // A server that was demoted must not be asked to keep anything.
        server.target_session_attrs(tokio_postgres::config::TargetSessionAttrs::ReadWrite);
        if server.get_application_name().is_none() {
            server.application_name("inreply");
        }
        if server.get_connect_timeout().is_none() {
            server.connect_timeout(Duration::from_secs(5));
        }
        Ok(Self {
            server,
            trust,
            schema: "inreply".to_owned(),
            timeout: Duration::from_secs(10),
            lease: Duration::from_secs(30),
            poll: Duration::from_secs(2),
            in_flight: 256,
            batch_messages: 256,
            batch_octets: 8 << 20,
            draft_octets: 256 << 20,
            first_wait: Duration::from_secs(30),
            longest_wait: Duration::from_mins(30),
            max_tries: 250,
            keep_keys: Duration::from_hours(24) * 400,
        })
    }
}

impl PgConfig {
    /// The schema that holds the tables; it is made where it is not there. Defaults to `inreply`, beside the product's own.
    ///
    /// # Errors
    /// [`PgConfigError::Schema`] for anything but lower-case letters, digits and underscores, of 1 to 40 octets, a letter first, and
    /// for the names of PostgreSQL's own: `information_schema`, and what begins with `pg_`.
    pub fn schema(mut self, name: &str) -> Result<Self, PgConfigError> {
        let plain = |octet: u8| matches!(octet, b'a'..=b'z' | b'0'..=b'9' | b'_');
        let starts = name.as_bytes().first().is_some_and(u8::is_ascii_lowercase);
        let theirs = name.starts_with("pg_") || name == "information_schema";
        if !starts || theirs || name.len() > 40 || !name.bytes().all(plain) {
            return Err(PgConfigError::Schema(name.to_owned()));
        }
        self.schema = name.to_owned();
        Ok(self)
    }

    /// How long a call may take, the connection included; then the client hears 451. Defaults to 10 s: a database that is
    /// promoted elsewhere answers within, and no sender gives up as fast.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// How long a claimed message is a worker's or a sender's that gives no sign of life; it gives one four times as often. Defaults
    /// to 30 s: as long a comment, or a notification, waits for one that was killed.
    pub fn lease(mut self, lease: Duration) -> Self {
        self.lease = lease;
        self
    }

    /// How often a worker that has nothing to do looks, though nobody has woken it, and how often one that is nearly full does. Defaults
    /// to 2 s: a query that finds nothing costs less than a millisecond.
    pub fn poll(mut self, poll: Duration) -> Self {
        self.poll = poll;
        self
    }

    /// Messages that one process has claimed and not filed, at most. A quarter of them, and at most 64, is claimed at once, and what is
    /// free where that is less for the time of [`PgConfig::poll`]. Defaults to 256 messages: four lanes are busy, and the rest is left to
    /// the other workers.
    pub fn in_flight(mut self, messages: usize) -> Self {
        self.in_flight = messages.max(1);
        self
    }

    /// Messages that share a commit, at most. Defaults to 256 messages: beyond it a commit costs less than its rows.
    pub fn batch_messages(mut self, messages: usize) -> Self {
        self.batch_messages = messages.max(1);
        self
    }

    /// Octets after which no further message joins a commit. Defaults to 8 MiB: they are in memory twice while they are sent.
    pub fn batch_octets(mut self, octets: usize) -> Self {
        self.batch_octets = octets.max(1);
        self
    }

    /// Octets of messages too long for a session's own memory that are held while they arrive; the sender of the next one hears
    /// `452 4.3.1`, and short messages are taken.
    /// Defaults to 256 MiB: ten of the longest that a server takes by default.
    pub fn draft_octets(mut self, octets: usize) -> Self {
        self.draft_octets = octets.min(tokio::sync::Semaphore::MAX_PERMITS);
        self
    }

    /// The first wait of a message that was put off, and the longest; each is twice the one before. Defaults to 30 s and
    /// 30 minutes, as in a maildir.
    pub fn waits(mut self, first: Duration, longest: Duration) -> Self {
        (self.first_wait, self.longest_wait) = (first, longest);
        self
    }

    /// Tries after which a message is filed as a failure, from where it can be retried; a worker that dies with it counts as one.
    /// Defaults to 250 tries: five days of waits, as long as a mail server tries (RFC 5321 §4.5.4.1).
    pub fn max_tries(mut self, tries: u32) -> Self {
        self.max_tries = tries.max(1);
        self
    }

    /// How long the keys of [`PgSpool::accept_in`](super::PgSpool::accept_in) are kept. Defaults to 400 days: as long as a token
    /// is good, so that no copy of a reply comes in time to be a second comment.
    pub fn keep_keys(mut self, time: Duration) -> Self {
        self.keep_keys = time;
        self
    }
}

impl PgConfig {
    /// The schema, the database and its servers.
    pub(super) fn fmt_place(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let database = self.server.get_dbname().unwrap_or_default();
        write!(f, "PostgreSQL {database}.{} at", self.schema)?;
        for host in self.server.get_hosts() {
            match host {
                tokio_postgres::config::Host::Tcp(name) => write!(f, " {name}")?,
                tokio_postgres::config::Host::Unix(path) => write!(f, " {}", path.display())?,
            }
        }
        Ok(())
    }
}

impl fmt::Debug for PgConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PgConfig")
            .field("hosts", &self.server.get_hosts())
            .field("database", &self.server.get_dbname())
            .field("schema", &self.schema)
            .field("trust", &self.trust)
            .finish_non_exhaustive()
    }
}

/// The URL without what it says about TLS; its `sslmode`, and its `sslrootcert`.
fn split_tls(url: &str) -> Result<(String, Option<String>, Option<String>), PgConfigError> {
    if !url.starts_with("postgres://") && !url.starts_with("postgresql://") {
        return Err(PgConfigError::Scheme);
    }
    let Some((head, query)) = url.split_once('?') else {
        return Ok((url.to_owned(), None, None));
    };
    let (mut mode, mut roots, mut rest) = (None, None, Vec::new());
    for pair in query.split('&') {
        match pair.split_once('=') {
            Some(("sslmode", value)) => mode = Some(value.to_owned()),
            Some(("sslrootcert", value)) => roots = Some(value.replace("%2F", "/")),
            _ => rest.push(pair),
        }
    }
    let url = match rest.as_slice() {
        [] => head.to_owned(),
        rest => format!("{head}?{}", rest.join("&")),
    };
    Ok((url, mode, roots))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tls_is_where_the_url_says_so() {
        let trust = |query: &str| {
            let config: PgConfig = format!("postgres://db.example/forge{query}")
                .parse()
                .unwrap();
            config.trust
        };
        assert_eq!(trust(""), None);
        assert_eq!(trust("?connect_timeout=3"), None);
        assert_eq!(trust("?sslmode=disable"), None);
        assert_eq!(trust("?sslmode=require"), Some(Trust::Anybody));
        assert_eq!(trust("?sslmode=verify-full"), Some(Trust::System));
        let file = Some(Trust::File("/etc/ca.pem".into()));
        assert_eq!(trust("?sslrootcert=/etc/ca.pem&sslmode=require"), file);
        assert_eq!(trust("?sslrootcert=/etc/ca.pem"), file);
        assert_eq!(trust("?sslrootcert=/etc/ca.pem&sslmode=disable"), None);
    }

    #[test]
    fn what_is_no_url_or_no_name_is_told() {
        for bad in ["", "host=db.example", "mysql://x/y", "postgres://x:y:z/"] {
            assert!(bad.parse::<PgConfig>().is_err(), "{bad}");
        }
        let prefer = "postgres://x/y?sslmode=prefer".parse::<PgConfig>();
        assert!(matches!(prefer, Err(PgConfigError::SslMode(mode)) if mode == "prefer"));
        let config: PgConfig = "postgres://x/y".parse().unwrap();
        for bad in [
            "",
            "1a",
            "a-b",
            "a\"b",
            "Mail",
            "pg_mail",
            "information_schema",
            &"a".repeat(41),
        ] {
            assert!(config.clone().schema(bad).is_err(), "{bad}");
        }
    }
}
