//! What is wrong with a record's text, and at which octet.

use nom::error::{ErrorKind, ParseError};

/// A text that does not follow its grammar.
///
/// ```
/// use inreply_dns::spf::Record;
///
/// let error = Record::parse("v=spf1 ip4:192.0.2.300 -all").unwrap_err();
/// assert_eq!(error.to_string(), "expected an IPv4 address at octet 11");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("expected {expected} at octet {at}")]
#[allow(
    clippy::exhaustive_structs,
    reason = "an offset and a reason are all that a grammar says"
)]
pub struct SyntaxError {
    /// What the grammar wants there, as a noun with its article.
    pub expected: &'static str,
    /// Offset into the text, in octets, from 0.
    pub at: usize,
}

/// The error that the grammar functions carry: where in the text they stopped, and what they wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Stop<'a> {
    /// A part of the text that begins there.
    rest: &'a [u8],
    expected: &'static str,
}

impl<'a> Stop<'a> {
    /// Where `rest` begins, `expected` was wanted.
    pub(crate) fn new(rest: &'a [u8], expected: &'static str) -> Self {
        Self { rest, expected }
    }

    /// Turns the stop into an offset from the start of `text`, of which its rest is a part.
    pub(crate) fn within(self, text: &[u8]) -> SyntaxError {
        let at = self
            .rest
            .as_ptr()
            .addr()
            .saturating_sub(text.as_ptr().addr());
        SyntaxError {
            expected: self.expected,
            at: at.min(text.len()),
        }
    }
}

impl<'a> ParseError<&'a [u8]> for Stop<'a> {
    fn from_error_kind(rest: &'a [u8], _: ErrorKind) -> Self {
        Self::new(rest, "something else")
    }

    fn append(_: &'a [u8], _: ErrorKind, other: Self) -> Self {
        other
    }
}

/// The result of a grammar function over octets.
pub(crate) type Parsed<'a, T> = nom::IResult<&'a [u8], T, Stop<'a>>;

/// A recoverable failure: `expected` was wanted where `rest` begins.
pub(crate) fn stop<'a, T>(rest: &'a [u8], expected: &'static str) -> Parsed<'a, T> {
    Err(nom::Err::Error(Stop::new(rest, expected)))
}

/// Runs `grammar` over the whole of `text`.
pub(crate) fn whole<'a, T>(
    text: &'a [u8],
    grammar: impl FnOnce(&'a [u8]) -> Parsed<'a, T>,
) -> Result<T, SyntaxError> {
    match grammar(text) {
        Ok(([], value)) => Ok(value),
        Ok((rest, _)) => Err(Stop::new(rest, "the end").within(text)),
        Err(nom::Err::Error(stop) | nom::Err::Failure(stop)) => Err(stop.within(text)),
        Err(nom::Err::Incomplete(_)) => Err(SyntaxError {
            expected: "more octets",
            at: text.len(),
        }),
    }
}

/// The octets as text. The grammars call it on what they have matched as ASCII.
pub(crate) fn ascii(octets: &[u8]) -> &str {
    std::str::from_utf8(octets).unwrap_or_default()
}

/// `*WSP` (RFC 5234 appendix B.1).
pub(crate) fn wsp(text: &[u8]) -> Parsed<'_, ()> {
    let length = text
        .iter()
        .take_while(|octet| matches!(octet, b' ' | b'\t'))
        .count();
    Ok((&text[length..], ()))
}
