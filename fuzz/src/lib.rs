//! The bodies of the fuzz targets: one function a target, each panics where a promise of a crate is broken.
//!
//! `fuzz_targets/` calls them under libFuzzer, `tests/replay.rs` runs them over `corpus/` on stable.

#![forbid(unsafe_code)]
#![warn(missing_docs)]

pub mod auth;
pub mod dns;
pub mod fields;
pub mod mime;
pub mod notify;
pub mod smtp;
pub mod token;

/// A target's name, as `cargo fuzz` and the folders of `corpus/` spell it, and its body.
pub type Target = (&'static str, fn(&[u8]));

/// Every target of this package.
pub fn targets() -> Vec<Target> {
    [
        auth::TARGETS,
        dns::TARGETS,
        fields::TARGETS,
        mime::TARGETS,
        notify::TARGETS,
        smtp::TARGETS,
        token::TARGETS,
    ]
    .concat()
}
