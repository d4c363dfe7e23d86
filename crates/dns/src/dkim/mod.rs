//! DKIM key records: the public half of the key that mail is signed with (RFC 6376 §3.6.1, RFC 8463).

mod der;
mod record;

pub use record::{Key, KeyRecord};
