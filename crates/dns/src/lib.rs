//! The DNS records that reply-by-e-mail needs.

#![deny(clippy::print_stdout, clippy::print_stderr)]

pub mod bimi;
pub mod dkim;
pub mod dmarc;
pub mod lookup;
pub mod mta_sts;
pub mod mx;
pub mod name;
pub mod plan;
pub mod record;
pub mod spf;
mod syntax;
mod tags;
pub mod tls_rpt;
pub mod tlsa;
pub mod uri;
pub mod zone;

pub use syntax::SyntaxError;

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct ReadmeDoctests;
