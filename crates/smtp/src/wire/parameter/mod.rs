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
use super::octets::Octets;
use super::syntax::SyntaxError;

/// The octets of an `esmtp-keyword`.
static KEYWORD: Octets = Octets::letters_digits_and(b"-");

/// One `esmtp-param` and where it begins.
#[derive(Clone, Copy)]
struct Parameter<'a> {
    keyword: &'a [u8],
    value: Option<&'a [u8]>,
    at: usize,
}

impl<'a> Parameter<'a> {
    /// The parameters of `input`, which runs of spaces separate.
    fn all(input: &'a [u8]) -> impl Iterator<Item = Result<Self, CommandError>> {
        let mut rest = input;
        std::iter::from_fn(move || {
            let spaces = rest.iter().position(|octet| *octet != b' ')?;
            (_, rest) = rest.split_at(spaces);
            let at = input.len() - rest.len();
            let (keyword, behind) = rest.split_at(KEYWORD.run(rest));
            let value = match behind.split_first() {
                None | Some((b' ', _)) => {
                    rest = behind;
                    None
                }
                Some((b'=', behind)) => {
                    let end = behind
                        .iter()
                        .position(|octet| *octet == b' ')
                        .unwrap_or(behind.len());
                    let (value, behind) = behind.split_at(end);
                    rest = behind;
                    Some(value)
                }
                Some(_) => return Some(Err(error(at, "a parameter"))),
            };
            if keyword.is_empty() || keyword.starts_with(b"-") {
                return Some(Err(error(at, "a parameter")));
            }
            Some(Ok(Self { keyword, value, at }))
        })
    }

    fn is(self, keyword: &str) -> bool {
        self.keyword.eq_ignore_ascii_case(keyword.as_bytes())
    }

    fn error(self, expected: &'static str) -> CommandError {
        error(self.at, expected)
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

fn error(at: usize, expected: &'static str) -> CommandError {
    CommandError::Syntax(SyntaxError { expected, at })
}
