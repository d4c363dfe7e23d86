//! temporary

pub mod server;
pub mod transcript;
pub mod wire;
