//! temporary

pub mod gate;
pub mod inbox;
pub mod intake;
#[cfg(feature = "tokio")]
pub mod listener;
#[cfg(feature = "tokio")]
pub mod relay;
pub mod site;
pub mod spool;
mod texts;
