//! The parameters of MAIL FROM and RCPT TO.
//!
//! ```text
//! Mail-parameters = esmtp-param *(SP esmtp-param)                 RFC 5321 §4.1.2
//! esmtp-param     = esmtp-keyword ["=" esmtp-value]
//! esmtp-keyword   = (ALPHA / DIGIT) *(ALPHA / DIGIT / "-")
//! esmtp-value     = 1*(%d33-60 / %d62-126)
//! ```
//!
//! A parameter that stands twice is an error: two readers could pick different ones.

mod mail;
mod rcpt;

pub use self::mail::{BodyType, MailParameters};
pub use self::rcpt::RcptParameters;
use super::command::CommandError;
use super::keyword::is_keyword;
use super::syntax::SyntaxError;

/// One `esmtp-param` and where it begins.
#[derive(Clone, Copy)]
struct Parameter<'a> {
    keyword: &'a [u8],
    value: Option<&'a [u8]>,
    at: usize,
}

impl<'a> Parameter<'a> {
    /// The parameters of `input`, which runs of spaces separate.
    fn all(input: &'a [u8]) -> impl Iterator<Item = Self> {
        let mut rest = input;
        std::iter::from_fn(move || {
            let spaces = rest.iter().position(|octet| *octet != b' ')?;
            let (_, word) = rest.split_at(spaces);
            let at = input.len() - word.len();
            let end = |word: &[u8], of: fn(u8) -> bool| {
                let end = word.iter().position(|octet| of(*octet));
                end.unwrap_or(word.len())
            };
            let (keyword, behind) = word.split_at(end(word, |octet| matches!(octet, b'=' | b' ')));
            let value = behind.strip_prefix(b"=");
            let value = value.map(|value| value.split_at(end(value, |octet| octet == b' ')));
            rest = value.map_or(behind, |(_, behind)| behind);
            Some(Self {
                keyword,
                value: value.map(|(value, _)| value),
                at,
            })
        })
    }

    /// The error of a parameter that is none of those known.
    fn unknown(self) -> CommandError {
        let ldh = |octet: &u8| octet.is_ascii_alphanumeric() || *octet == b'-';
        if self.keyword.first().is_some_and(u8::is_ascii_alphanumeric)
            && self.keyword.iter().all(ldh)
        {
            CommandError::UnknownParameter
        } else {
            self.error("a parameter")
        }
    }

    fn is<const N: usize>(self, keyword: &[u8; N]) -> bool {
        is_keyword(self.keyword, keyword)
    }

    fn error(self, expected: &'static str) -> CommandError {
        CommandError::Syntax(SyntaxError {
            expected,
            at: self.at,
        })
    }

    /// Puts the value that `grammar` reads into an empty `slot`.
    fn set<T>(
        self,
        slot: &mut Option<T>,
        expected: &'static str,
        grammar: impl FnOnce(&'a [u8]) -> Option<T>,
    ) -> Result<(), CommandError> {
        let value = self
            .value
            .and_then(grammar)
            .ok_or_else(|| self.error(expected))?;
        match slot.replace(value) {
            None => Ok(()),
            Some(_) => Err(self.error("each parameter once")),
        }
    }

    /// Raises a flag that has no value.
    fn raise(self, flag: &mut bool, expected: &'static str) -> Result<(), CommandError> {
        if self.value.is_some() {
            return Err(self.error(expected));
        }
        if std::mem::replace(flag, true) {
            return Err(self.error("each parameter once"));
        }
        Ok(())
    }
}
