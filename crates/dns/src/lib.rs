//! The doctor for a mail domain's DNS: knows every record that reply-by-e-mail needs, asks for them, and says what is wrong and
//! the zone lines that mend it.
//!
//! ```text
//! Config ──▶ plan::Plan ──▶ zone lines, rows for a provider's panel
//!    │
//!    └─────▶ doctor::Doctor ──▶ asks ──▶ a resolver, or zone::Zones ──▶ answers ──▶ report::Report
//!                                                                                    │ verdict, findings, fix
//! ```
//!
//! It is made of parts that stand by themselves: the grammars of [`spf`], [`dkim`], [`dmarc`], [`mta_sts`], [`tls_rpt`],
//! [`tlsa`], [`bimi`] and [`mx`], each strict as its RFC, printing what it parses, with the octet and the reason of an error; the
//! evaluation of SPF ([`spf::CheckHost`]) and the tree walk of DMARC ([`dmarc::Walk`]); and answers from zone files
//! ([`zone::Zones`]).
//!
//! What it does not do: it holds no resolver, socket, clock or thread. A driver asks for it, such as the module `resolver` of the
//! crate `inreply`. It changes no zone.
//!
//! ```
//! let plan = inreply_dns::plan::Plan::new("forge.example.com").unwrap();
//! assert_eq!(plan.records()[0].record.to_string(), "reply.forge.example.com. IN MX 10 reply.forge.example.com.");
//! ```
//!
//! # Limits
//! Questions and waves of a check stand in [`doctor::Config`], lookups of an SPF evaluation in [`spf::Limits`]; a chain of CNAMEs
//! is followed for [`lookup::MAX_CHAIN`] links. Parsers take time and memory in proportion to their input.
//!
//! # Features
//! `junit` and `sarif` add those forms of the report.

#![deny(clippy::print_stdout, clippy::print_stderr)]

pub mod bimi;
pub mod dkim;
pub mod dmarc;
pub mod doctor;
pub mod lookup;
pub mod mta_sts;
pub mod mx;
pub mod name;
pub mod plan;
pub mod record;
pub mod report;
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
