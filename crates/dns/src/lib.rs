//! The DNS records that reply-by-e-mail needs.
//!
//! [`plan::Plan`] makes them from the host's name, as zone lines with a reason each. It asks nothing: this crate holds no
//! resolver, no socket and no clock. The doctor that checks a zone against the plan, and the grammars of SPF, DKIM, DMARC and
//! their kin, are not here yet.
//!
//! ```
//! let plan = inreply_dns::plan::Plan::new("forge.example.com").unwrap();
//! assert_eq!(plan.records()[0].record.to_string(), "reply.forge.example.com. IN MX 10 reply.forge.example.com.");
//! ```

#![deny(clippy::print_stdout, clippy::print_stderr)]

pub mod name;
pub mod plan;
pub mod record;

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct ReadmeDoctests;
