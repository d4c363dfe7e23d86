//! What is wrong with an input, and at which octet.

use nom::error::{Error, ErrorKind, ParseError};

/// An input that does not follow its grammar.
///
/// ```
/// use inreply_smtp::wire::mailbox::Mailbox;
///
/// let error = Mailbox::parse(b"ann@@example.com").unwrap_err();
/// assert_eq!(error.to_string(), "expected a domain at octet 4");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("expected {expected} at octet {at}")]
pub struct SyntaxError {
    /// What the grammar wants there, as a noun with its article.
    pub expected: &'static str,
    /// Offset into the input, in octets, from 0.
    pub at: usize,
}

/// The error that the grammar functions carry: the rest of the input where they stopped, and what they wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Stop<'a> {
    pub(crate) rest: &'a [u8],
    pub(crate) expected: &'static str,
}

impl<'a> Stop<'a> {
    /// Turns the stop into an offset from the start of `input`.
    pub(crate) fn within(self, input: &[u8]) -> SyntaxError {
        SyntaxError {
            expected: self.expected,
            at: input.len().saturating_sub(self.rest.len()),
        }
    }
}

impl<'a> ParseError<&'a [u8]> for Stop<'a> {
    fn from_error_kind(rest: &'a [u8], _: ErrorKind) -> Self {
        Self {
            rest,
            expected: "something else",
        }
    }

    fn append(_: &'a [u8], _: ErrorKind, other: Self) -> Self {
        other
    }
}

impl<'a> From<Error<&'a [u8]>> for Stop<'a> {
    fn from(error: Error<&'a [u8]>) -> Self {
        Self::from_error_kind(error.input, error.code)
    }
}

/// The result of a grammar function over octets. Those that every MAIL and RCPT goes through are `inline(always)`: else
/// each level copies what the one below found, a twentieth of a command's instructions.
pub(crate) type Parsed<'a, T> = nom::IResult<&'a [u8], T, Stop<'a>>;

/// A recoverable failure: `expected` was wanted where `rest` begins.
pub(crate) fn stop<'a, T>(rest: &'a [u8], expected: &'static str) -> Parsed<'a, T> {
    Err(nom::Err::Error(Stop { rest, expected }))
}

/// Runs `grammar` over the whole of `input`.
pub(crate) fn whole<'a, T>(
    input: &'a [u8],
    grammar: impl FnOnce(&'a [u8]) -> Parsed<'a, T>,
) -> Result<T, SyntaxError> {
    match grammar(input) {
        Ok(([], value)) => Ok(value),
        Ok((rest, _)) => Err(Stop {
            rest,
            expected: "the end",
        }
        .within(input)),
        Err(nom::Err::Error(stop) | nom::Err::Failure(stop)) => Err(stop.within(input)),
        Err(nom::Err::Incomplete(_)) => Err(SyntaxError {
            expected: "more octets",
            at: input.len(),
        }),
    }
}
