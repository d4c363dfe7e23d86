//! temporary

pub mod gate;
pub mod inbox;
pub mod intake;
#[cfg(feature = "tokio")]
pub mod listener;
pub mod notify;
#[cfg(feature = "tokio")]
pub mod receiver;
#[cfg(feature = "tokio")]
pub mod relay;
pub mod site;
pub mod spool;
mod texts;
#[cfg(feature = "tokio")]
pub mod worker;

pub use inreply_dns as dns;
pub use inreply_mime as mime;
pub use inreply_smtp as smtp;
pub use inreply_token as token;
