//! Bodies over `inreply-smtp`.

mod client;
mod pair;
mod server;
mod wire;

pub use self::client::client;
pub use self::pair::pair;
pub use self::server::server;
pub use self::wire::{command, proxy, reply, sasl};
use crate::Target;

/// The targets of this module.
pub const TARGETS: &[Target] = &[
    ("smtp_client", client),
    ("smtp_command", command),
    ("smtp_pair", pair),
    ("smtp_proxy", proxy),
    ("smtp_reply", reply),
    ("smtp_sasl", sasl),
    ("smtp_server", server),
];

/// The bits of an octet, each a feature that is on or off.
#[derive(Clone, Copy)]
struct Features(u8);

impl Features {
    fn has(self, bit: u8) -> bool {
        self.0 & (1 << bit) != 0
    }
}
