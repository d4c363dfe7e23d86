//! The parameters of RCPT TO.

use std::fmt;

use super::Parameter;
use crate::wire::command::CommandError;
use crate::wire::dsn::{Notify, OriginalRecipient};

/// The parameters of a RCPT command that this crate knows (RFC 3461 §4.1, §4.2).
///
/// ```
/// use inreply_smtp::wire::parameter::RcptParameters;
///
/// let parameters = RcptParameters::parse(b"NOTIFY=SUCCESS,DELAY ORCPT=rfc822;ann@example.com").unwrap();
/// assert!(parameters.notify.unwrap().success);
/// assert_eq!(parameters.to_string(), " NOTIFY=SUCCESS,DELAY ORCPT=rfc822;ann@example.com");
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct RcptParameters<'a> {
    /// `NOTIFY=`: what the sender wants to be told.
    pub notify: Option<Notify>,
    /// `ORCPT=`: the address that the sender first gave.
    pub orcpt: Option<OriginalRecipient<'a>>,
}

impl<'a> RcptParameters<'a> {
    /// Parses what stands behind the path and its space.
    ///
    /// # Errors
    /// [`CommandError::UnknownParameter`] for a keyword that is none of these, [`CommandError::Syntax`] for a bad or
    /// repeated one.
    pub fn parse(input: &'a [u8]) -> Result<Self, CommandError> {
        let mut all = Self::default();
        for it in Parameter::all(input) {
            if it.is(b"NOTIFY") {
                it.set(
                    &mut all.notify,
                    "NOTIFY=NEVER or a list of SUCCESS, FAILURE and DELAY",
                    |value| Notify::parse(value).ok(),
                )?;
            } else if it.is(b"ORCPT") {
                it.set(
                    &mut all.orcpt,
                    "ORCPT= with a type, a semicolon and xtext",
                    |value| OriginalRecipient::parse(value).ok(),
                )?;
            } else {
                return Err(it.unknown());
            }
        }
        Ok(all)
    }

    /// Whether a report is asked for or shaped by them.
    pub fn asks_for_dsn(&self) -> bool {
        self.notify.is_some() || self.orcpt.is_some()
    }

    /// The same, owning its text.
    pub fn into_owned(self) -> RcptParameters<'static> {
        RcptParameters {
            notify: self.notify,
            orcpt: self.orcpt.map(OriginalRecipient::into_owned),
        }
    }
}

/// Prints each parameter with a space before it, as it stands behind the path.
impl fmt::Display for RcptParameters<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(notify) = self.notify {
            write!(f, " NOTIFY={notify}")?;
        }
        if let Some(orcpt) = &self.orcpt {
            write!(f, " ORCPT={orcpt}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn printing_is_the_inverse_of_parsing() {
        for text in [
            "",
            " NOTIFY=NEVER",
            " NOTIFY=FAILURE,DELAY ORCPT=rfc822;a+2Bb@c",
        ] {
            let parameters = RcptParameters::parse(text.as_bytes()).unwrap();
            assert_eq!(parameters.to_string(), text);
            assert_eq!(parameters.clone().into_owned(), parameters);
        }
    }

    #[test]
    fn an_unknown_parameter_is_told_from_a_bad_one() {
        assert_eq!(
            RcptParameters::parse(b"X=1"),
            Err(CommandError::UnknownParameter)
        );
        for bad in [
            "NOTIFY",
            "NOTIFY=",
            "ORCPT=a",
            "NOTIFY=NEVER NOTIFY=NEVER",
            "=1",
        ] {
            assert!(
                matches!(
                    RcptParameters::parse(bad.as_bytes()),
                    Err(CommandError::Syntax(_))
                ),
                "{bad}"
            );
        }
    }
}
