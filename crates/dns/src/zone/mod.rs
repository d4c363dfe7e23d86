//! Zone files, and answers from them.
//!
//! [`Zones`] is a resolver for tests, and for a look at a zone before it is published.

mod file;
mod resolver;

pub use file::{Entry, ZoneError, ZoneFile};
pub use resolver::{ZoneResolver, Zones};
