//! The doctor over zones of our own: what it finds, that its fixes mend it, how long it takes.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test's panic is its report"
)]

mod cases;
mod clinic;
mod faults;
mod properties;
mod scenarios;
mod time;
