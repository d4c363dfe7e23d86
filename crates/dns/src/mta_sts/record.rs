//! The record that says that there is a policy, and which (RFC 8461 §3.1).

use std::fmt;

use nom::Parser;
use nom::bytes::complete::tag;

use crate::syntax::{Parsed, Stop, SyntaxError, ascii, stop, whole};
use crate::tags::Style;
use crate::tls_rpt::{Fields, extension};

/// A record at `_mta-sts`.
///
/// ```
/// use inreply_dns::mta_sts::Record;
///
/// let record = Record::parse("v=STSv1; id=20160831085700Z;")?;
/// assert_eq!(record.to_string(), "v=STSv1; id=20160831085700Z");
/// let error = Record::parse("v=STSv1; id=2016-08-31").unwrap_err();
/// assert_eq!(error.to_string(), "expected an id of 1 to 32 letters and digits at octet 12");
/// # Ok::<(), inreply_dns::SyntaxError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Record {
    /// Changes when the policy does: `1*32(ALPHA / DIGIT)`.
    pub id: Box<str>,
    /// Fields that RFC 8461 does not know.
    pub extensions: Vec<(Box<str>, Box<str>)>,
}

impl Record {
    /// Whether a TXT record's text is meant as MTA-STS: "if the number of resulting records [that begin with `v=STSv1;`] is
    /// not one … senders MUST assume the recipient domain does not have an available MTA-STS Policy" (RFC 8461 §3.1).
    pub fn is_meant(text: &[u8]) -> bool {
        text.starts_with(b"v=STSv1") && matches!(text.get(7), None | Some(b';' | b' ' | b'\t'))
    }

    /// Reads a record.
    ///
    /// # Errors
    /// Where the text does not follow the grammar, with the octet.
    pub fn parse(text: &str) -> Result<Self, SyntaxError> {
        whole(text.as_bytes(), record)
    }
}

/// `sts-text-record = sts-version 1*(sts-field-delim sts-field) [sts-field-delim]`
fn record(text: &[u8]) -> Parsed<'_, Record> {
    let Ok((rest, _)) = tag::<_, _, Stop<'_>>("v=STSv1").parse(text) else {
        return stop(text, "\"v=STSv1\"");
    };
    let (mut id, mut extensions) = (None, Vec::new());
    let (rest, ()) = Fields::rest_of(rest, |field| {
        if field.name != b"id" {
            let (rest, extension) = extension(field)?;
            extensions.push(extension);
            return Ok((rest, ()));
        }
        if id.is_some() {
            return stop(field.name, "one id");
        }
        let is_id = field.value.iter().all(u8::is_ascii_alphanumeric);
        if !is_id || !(1..=32).contains(&field.value.len()) {
            return stop(field.value, "an id of 1 to 32 letters and digits");
        }
        id = Some(ascii(field.value).into());
        Ok((field.value, ()))
    })?;
    match id {
        Some(id) => Ok((rest, Record { id, extensions })),
        None => stop(rest, "an id field"),
    }
}

impl fmt::Display for Record {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "v=STSv1; id={}", self.id)?;
        let mut extensions = self.extensions.iter();
        extensions.try_for_each(|(name, value)| write!(f, "; {name}={value}"))
    }
}
