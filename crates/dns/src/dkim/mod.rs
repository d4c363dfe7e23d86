//! DKIM key records: the public half of the key that mail is signed with (RFC 6376 §3.6.1, RFC 8463).

mod base64;
mod der;
mod record;
mod words;

pub use record::{Key, KeyRecord};
pub use words::Words;
