//! The behaviour of the crate from outside, one scenario a file.

// `allow-unwrap-in-tests` does not reach the helpers of an integration test; a panic in them is a failed test too.
#![allow(clippy::unwrap_used)]

mod common;
#[cfg(feature = "hide-ids")]
mod hidden;
mod known_answers;
mod legacy;
mod one_form;
mod properties;
mod rotation;
