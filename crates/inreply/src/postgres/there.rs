//! The server of the tests that want one.

// Helpers of tests are tests.
#![allow(clippy::unwrap_used)]

use std::io::Write;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::SystemTime;

use super::PgConfig;

/// A schema of a test's own in the server that `INREPLY_POSTGRES_URL` names; none where it names none, which is said.
pub(crate) fn config(test: &str) -> Option<PgConfig> {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let Ok(url) = std::env::var("INREPLY_POSTGRES_URL") else {
        let name = std::thread::current().name().unwrap_or(test).to_owned();
        // Not by the macro: what it prints is seen of tests that fail.
        let _ = writeln!(
            std::io::stderr(),
            "skipped: {name}: INREPLY_POSTGRES_URL names no server"
        );
        return None;
    };
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    let next = NEXT.fetch_add(1, Ordering::Relaxed);
    let schema = format!("{test}_{}_{next}", since.unwrap().as_micros());
    let config: PgConfig = url.parse().unwrap();
    Some(config.schema(&schema).unwrap())
}
