//! SPF: who may send in a domain's name (RFC 7208).
//!
//! [`Record`] is the grammar, [`CheckHost`] the evaluation, which asks questions instead of a resolver.

mod check_host;
mod evaluation;
mod grammar;
mod macros;
mod record;
mod survey;
mod verdict;

pub use check_host::CheckHost;
pub use evaluation::Limits;
pub use macros::{DomainSpec, Letter, MacroString, Piece};
pub use record::{Directive, Mechanism, Qualifier, Record, Term};
pub use verdict::{Cost, Evaluated, Problem, Request, Verdict};

pub(crate) use evaluation::Evaluation;
pub(crate) use survey::Survey;
