//! TLS-RPT records: where reports about failed TLS go (RFC 8460 §3).

use std::fmt;

use nom::Parser;
use nom::bytes::complete::tag;

use crate::syntax::{Parsed, Stop, SyntaxError, ascii, stop, whole};
use crate::tags::{Style, Tag, parts};
use crate::uri::{Uri, uri};

/// A record at `_smtp._tls`.
///
/// ```
/// use inreply_dns::tls_rpt::Record;
///
/// let record = Record::parse("v=TLSRPTv1; rua=mailto:tls@example.com")?;
/// assert_eq!(record.to_string(), "v=TLSRPTv1; rua=mailto:tls@example.com");
/// assert_eq!(Record::parse("v=TLSRPTv1").unwrap_err().to_string(), "expected a rua field at octet 10");
/// # Ok::<(), inreply_dns::SyntaxError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub struct Record {
    /// Where reports go; one and more.
    pub rua: Vec<Uri>,
    /// Fields that RFC 8460 does not know.
    pub extensions: Vec<(Box<str>, Box<str>)>,
}

impl Record {
    /// Whether a TXT record's text is meant as TLS-RPT (RFC 8460 §3).
    pub fn is_meant(text: &[u8]) -> bool {
        text.starts_with(b"v=TLSRPTv1")
    }

    /// Reads a record.
    ///
    /// # Errors
    /// Where the text does not follow the grammar, with the octet.
    pub fn parse(text: &str) -> Result<Self, SyntaxError> {
        whole(text.as_bytes(), record)
    }
}

/// Fields stand behind `*WSP ";" *WSP`, without spaces around the equals sign.
pub(crate) struct Fields;

impl Style for Fields {
    const LOOSE: bool = false;
    const OPEN_VALUE: bool = false;
    const OPEN_END: bool = true;

    fn is_name(octet: u8) -> bool {
        octet.is_ascii_alphanumeric() || matches!(octet, b'_' | b'-' | b'.')
    }
}

/// `tlsrpt-record = tlsrpt-version 1*(field-delim tlsrpt-field) [field-delim]`
fn record(text: &[u8]) -> Parsed<'_, Record> {
    let Ok((rest, _)) = tag::<_, _, Stop<'_>>("v=TLSRPTv1").parse(text) else {
        return stop(text, "\"v=TLSRPTv1\"");
    };
    let mut record = Record::default();
    let (rest, ()) = Fields::rest_of(rest, |field| {
        if field.name == b"rua" {
            for part in parts(field.value, b',') {
                match uri(part)? {
                    ([], uri) => record.rua.push(uri),
                    (rest, _) => return stop(rest, "a comma or a semicolon"),
                }
            }
            return Ok((field.value, ()));
        }
        let (rest, extension) = extension(field)?;
        record.extensions.push(extension);
        Ok((rest, ()))
    })?;
    if record.rua.is_empty() {
        return stop(rest, "a rua field");
    }
    Ok((rest, record))
}

/// `ext-name "=" ext-value`, of RFC 8460 §3 and RFC 8461 §3.1 alike:
/// a name is `(ALPHA / DIGIT) *31(ALPHA / DIGIT / "_" / "-" / ".")`, a value `1*(%x21-3A / %x3C / %x3E-7E)`.
pub(crate) fn extension<'a>(field: Tag<'a>) -> Parsed<'a, (Box<str>, Box<str>)> {
    let starts_well = field.name.first().is_some_and(u8::is_ascii_alphanumeric);
    if !starts_well || field.name.len() > 32 {
        return stop(field.name, "a field's name of 1 to 32 characters");
    }
    let odd = |octet: &u8| !octet.is_ascii_graphic() || *octet == b'=';
    if let Some(at) = field.value.iter().position(odd) {
        return stop(&field.value[at..], "a semicolon");
    }
    if field.value.is_empty() {
        return stop(field.value, "a value");
    }
    let (name, value) = (ascii(field.name).into(), ascii(field.value).into());
    Ok((field.value, (name, value)))
}

impl fmt::Display for Record {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rua: Vec<&str> = self.rua.iter().map(Uri::as_str).collect();
        write!(f, "v=TLSRPTv1; rua={}", rua.join(","))?;
        let mut extensions = self.extensions.iter();
        extensions.try_for_each(|(name, value)| write!(f, "; {name}={value}"))
    }
}
