//! BIMI records: the image that a mail program may show beside a domain's mail (draft-brand-indicators-for-message-identification).

use std::collections::BTreeSet;
use std::fmt;

use nom::Parser;
use nom::bytes::complete::tag;

use crate::syntax::{Parsed, Stop, SyntaxError, ascii, stop, whole, wsp};
use crate::tags::{Style, parts};
use crate::uri::{Uri, uri};

/// A record at `SELECTOR._bimi`.
///
/// ```
/// use inreply_dns::bimi::Record;
///
/// let record = Record::parse("v=BIMI1; l=https://example.com/logo.svg; a=")?;
/// assert_eq!(record.location.as_ref().unwrap().host().unwrap().as_str(), "example.com");
/// assert_eq!(record.to_string(), "v=BIMI1; l=https://example.com/logo.svg");
/// let error = Record::parse("v=BIMI1; l=http://example.com/logo.svg").unwrap_err();
/// assert_eq!(error.to_string(), "expected an https URI at octet 11");
/// # Ok::<(), inreply_dns::SyntaxError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub struct Record {
    /// `l=`: where the image is. `None` declines to show one.
    pub location: Option<Uri>,
    /// `a=`: where the evidence is that the image is the domain's.
    pub evidence: Option<Uri>,
    /// `avp=`: what a receiver shows first; the brand's image where `None`.
    pub preference: Option<Preference>,
    /// `lps=`: local parts that are selectors too, in lower case.
    pub local_parts: Vec<Box<str>>,
}

/// `avp=`
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[allow(clippy::exhaustive_enums, reason = "the draft has these two")]
pub enum Preference {
    /// The brand's image.
    Brand,
    /// The person's.
    Personal,
}

impl Record {
    /// Whether a TXT record's text is meant as BIMI.
    pub fn is_meant(text: &[u8]) -> bool {
        text.starts_with(b"v=BIMI1")
    }

    /// Reads a record. Tags that are not known are passed over.
    ///
    /// # Errors
    /// Where the text does not follow the grammar, or a tag stands twice, with the octet.
    pub fn parse(text: &str) -> Result<Self, SyntaxError> {
        whole(text.as_bytes(), record)
    }
}

struct Tags;

impl Style for Tags {
    const LOOSE: bool = true;
    const OPEN_VALUE: bool = true;
    const OPEN_END: bool = true;

    fn is_name(octet: u8) -> bool {
        octet.is_ascii_alphanumeric() || octet == b'_'
    }
}

fn record(text: &[u8]) -> Parsed<'_, Record> {
    let version = tag::<_, _, Stop<'_>>("v")
        .and(wsp)
        .and(tag("="))
        .and(wsp)
        .and(tag("BIMI1"));
    let Ok((rest, _)) = ({ version }).parse(text) else {
        return stop(text, "\"v=BIMI1\"");
    };
    let mut record = Record::default();
    let mut names = BTreeSet::<&[u8]>::new();
    let (rest, ()) = Tags::rest_of(rest, |field| {
        if !names.insert(field.name) {
            return stop(field.name, "each tag once");
        }
        match field.name {
            b"l" => record.location = https(field.value)?.1,
            b"a" => record.evidence = https(field.value)?.1,
            b"avp" => {
                record.preference = Some(match field.value {
                    b"brand" => Preference::Brand,
                    b"personal" => Preference::Personal,
                    other => return stop(other, "\"brand\" or \"personal\""),
                });
            }
            b"lps" => {
                for part in parts(field.value, b',') {
                    let is_selector = |octet: &u8| octet.is_ascii_alphanumeric() || *octet == b'-';
                    if part.is_empty() || !part.iter().all(is_selector) {
                        return stop(part, "letters, digits and hyphens");
                    }
                    let part = ascii(part).to_ascii_lowercase();
                    record.local_parts.push(part.into());
                }
            }
            _ => {}
        }
        Ok((field.value, ()))
    })?;
    Ok((rest, record))
}

/// An https URI, or nothing.
fn https(value: &[u8]) -> Parsed<'_, Option<Uri>> {
    if value.is_empty() {
        return Ok((value, None));
    }
    match uri(value)? {
        ([], uri) if uri.scheme().eq_ignore_ascii_case("https") => Ok((&[], Some(uri))),
        ([], _) => stop(value, "an https URI"),
        (rest, _) => stop(rest, "a semicolon"),
    }
}

impl fmt::Display for Record {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let location = self.location.as_ref().map_or("", Uri::as_str);
        write!(f, "v=BIMI1; l={location}")?;
        if let Some(evidence) = &self.evidence {
            write!(f, "; a={evidence}")?;
        }
        match self.preference {
            Some(Preference::Brand) => f.write_str("; avp=brand")?,
            Some(Preference::Personal) => f.write_str("; avp=personal")?,
            None => {}
        }
        if !self.local_parts.is_empty() {
            write!(f, "; lps={}", self.local_parts.join(","))?;
        }
        Ok(())
    }
}
