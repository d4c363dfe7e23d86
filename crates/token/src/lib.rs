//! Signed tokens and the addresses that carry them.

#![deny(clippy::print_stdout, clippy::print_stderr)]

mod address;
mod addresses;
mod base32;
mod context;
mod day;
mod host;
mod ids;
mod key;
pub mod legacy;
mod policy;
mod prefix;
mod ring;
mod seal;
mod wire;

pub use address::Address;
pub use addresses::{Addresses, MintError, OpenError, Opened};
pub use context::Context;
pub use day::Day;
pub use host::{Host, HostError};
pub use ids::Ids;
pub use key::{Key, KeyError};
pub use policy::Policy;
pub use prefix::{Prefix, PrefixError};
pub use ring::{KeyId, KeyRing, KeyRingError, KeyState};
