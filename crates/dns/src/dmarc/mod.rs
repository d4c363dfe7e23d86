//! DMARC: what a domain wants done with mail that is not its own (RFC 9989).
//!
//! [`Record`] is the grammar, [`Walk`] the tree walk that finds the record of a domain, and with it the organisational domain.

mod grammar;
mod record;
mod walk;

pub use record::{Alignment, FailureOptions, Fault, Notice, Policy, PublicSuffix, Reading, Record};
pub use walk::{Decision, Found, Place, Walk};
