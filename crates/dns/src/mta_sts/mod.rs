//! MTA-STS: a domain says that its mail exchanges speak TLS (RFC 8461).

mod policy;
mod record;

pub use policy::{Mode, MxPattern, Policy};
pub use record::Record;
