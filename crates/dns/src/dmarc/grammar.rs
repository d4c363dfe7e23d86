//! The grammar of DMARC policy records (RFC 9989 §4.8).

use std::collections::BTreeSet;

use memchr::memchr;
use nom::Parser;
use nom::bytes::complete::{tag, tag_no_case};

use super::record::{
    Alignment, FailureOptions, Fault, Notice, Policy, PublicSuffix, Reading, Record,
};
use crate::syntax::{Parsed, Stop, ascii, stop, wsp};
use crate::tags::{Style, Tag, parts};
use crate::uri::{Uri, uri};

/// `dmarc-tag = 1*ALPHA equals 1*dmarc-value`, behind `dmarc-sep = *WSP ";" *WSP`.
struct Tags;

impl Style for Tags {
    const LOOSE: bool = true;
    const OPEN_VALUE: bool = true;
    const OPEN_END: bool = true;

    fn is_name(octet: u8) -> bool {
        octet.is_ascii_alphabetic()
    }
}

/// The tags that have a meaning, or had one (RFC 9989 §4.7, RFC 7489 §6.3).
#[derive(Clone, Copy)]
enum Known {
    Adkim,
    Aspf,
    Fo,
    Np,
    P,
    Pct,
    Psd,
    Rf,
    Ri,
    Rua,
    Ruf,
    Sp,
    T,
}

impl Known {
    const ALL: [(&'static [u8], Self); 13] = [
        (b"p", Self::P),
        (b"rua", Self::Rua),
        (b"sp", Self::Sp),
        (b"adkim", Self::Adkim),
        (b"aspf", Self::Aspf),
        (b"ruf", Self::Ruf),
        (b"fo", Self::Fo),
        (b"np", Self::Np),
        (b"t", Self::T),
        (b"psd", Self::Psd),
        (b"pct", Self::Pct),
        (b"ri", Self::Ri),
        (b"rf", Self::Rf),
    ];

    fn of(name: &[u8]) -> Option<Self> {
        let mut all = Self::ALL.iter();
        all.find(|(known, _)| known.eq_ignore_ascii_case(name))
            .map(|(_, known)| *known)
    }
}

/// `dmarc-version = "v" equals %s"DMARC1"`
pub(super) fn version(text: &[u8]) -> Parsed<'_, ()> {
    let version = tag_no_case::<_, _, Stop<'_>>("v")
        .and(wsp)
        .and(tag("="))
        .and(wsp)
        .and(tag("DMARC1"));
    match ({ version }).parse(text) {
        Ok((rest, _)) => Ok((rest, ())),
        Err(_) => stop(text, "\"v=DMARC1\""),
    }
}

/// `dmarc-record = dmarc-version *(dmarc-sep dmarc-tag) [dmarc-sep]`; what is wrong behind the version is a fault.
pub(super) fn record(text: &[u8]) -> Parsed<'_, Reading> {
    let (rest, ()) = version(text)?;
    if !matches!(rest.trim_ascii_start(), [] | [b';', ..]) {
        return stop(rest, "a semicolon");
    }
    let mut reading = Reading {
        record: Record::default(),
        faults: Vec::new(),
        notices: Vec::new(),
    };
    let (mut seen, mut others) = (0_u16, BTreeSet::<Vec<u8>>::new());
    let mut rest = Tags::spaces(rest);
    // Each turn is at a semicolon; a fault ends with its tag.
    while let [_, after @ ..] = rest {
        let field = Tags::spaces(after);
        rest = &field[memchr(b';', field).unwrap_or(field.len())..];
        let field = &field[..field.len() - rest.len()];
        if field.is_empty() {
            if !rest.is_empty() {
                reading.fault(text, field, Stop::new(rest, "a tag"));
            }
            continue;
        }
        let taken = Tags::field(field).and_then(|(_, tag)| {
            let known = Known::of(tag.name);
            let new = match known {
                Some(known) => {
                    let bit = 1 << (known as u16);
                    let new = seen & bit == 0;
                    seen |= bit;
                    new
                }
                None => others.insert(tag.name.to_ascii_lowercase()),
            };
            match new {
                true => apply(&mut reading, known, tag),
                false => stop(tag.name, "each tag once"),
            }
        });
        if let Err(nom::Err::Error(stop) | nom::Err::Failure(stop)) = taken {
            reading.fault(text, field, stop);
        }
    }
    Ok((rest, reading))
}

impl Reading {
    fn fault(&mut self, text: &[u8], field: &[u8], stop: Stop<'_>) {
        let length = field
            .iter()
            .take_while(|octet| octet.is_ascii_alphanumeric());
        let tag = ascii(&field[..length.count()]).to_ascii_lowercase().into();
        let error = stop.within(text);
        self.faults.push(Fault { tag, error });
    }
}

/// Takes a tag's value by the rule of its name.
fn apply<'a>(reading: &mut Reading, known: Option<Known>, field: Tag<'a>) -> Parsed<'a, ()> {
    let value = field.value;
    if value.is_empty() {
        return stop(value, "a value");
    }
    let record = &mut reading.record;
    match known {
        Some(Known::P) => record.policy = Some(policy(value)?),
        Some(Known::Sp) => record.subdomain_policy = Some(policy(value)?),
        Some(Known::Np) => record.nonexistent_policy = Some(policy(value)?),
        Some(Known::Psd) => {
            record.public_suffix = match value {
                b"n" | b"N" => PublicSuffix::No,
                b"u" | b"U" => PublicSuffix::Unknown,
                b"y" | b"Y" => PublicSuffix::Yes,
                _ => return stop(value, "\"y\", \"n\" or \"u\""),
            };
        }
        Some(Known::T) => {
            record.testing = match value {
                b"n" | b"N" => false,
                b"y" | b"Y" => true,
                _ => return stop(value, "\"y\" or \"n\""),
            };
        }
        Some(Known::Adkim) => record.dkim_alignment = alignment(value)?,
        Some(Known::Aspf) => record.spf_alignment = alignment(value)?,
        Some(Known::Fo) => {
            let (options, both) = failure_options(value)?;
            record.failure_options = options;
            reading
                .notices
                .extend(both.then_some(Notice::BothFailureOptions));
        }
        Some(Known::Rua) => uris(value, &mut record.rua, &mut reading.notices)?,
        Some(Known::Ruf) => uris(value, &mut record.ruf, &mut reading.notices)?,
        Some(Known::Pct | Known::Rf | Known::Ri) => {
            let name = ascii(field.name).to_ascii_lowercase();
            reading.notices.push(Notice::Obsolete(name.into()));
        }
        None => {
            let name = ascii(field.name).to_ascii_lowercase();
            reading.notices.push(Notice::Unknown(name.into()));
        }
    }
    Ok((value, ()))
}

/// `dmarc-request = "none" / "quarantine" / "reject"`
fn policy(value: &[u8]) -> Result<Policy, nom::Err<Stop<'_>>> {
    let policies = [Policy::None, Policy::Quarantine, Policy::Reject];
    let known = policies
        .into_iter()
        .find(|policy| value.eq_ignore_ascii_case(policy.as_str().as_bytes()));
    known.ok_or_else(|| nom::Err::Error(Stop::new(value, "\"none\", \"quarantine\" or \"reject\"")))
}

/// `dmarc-rors = "r" / "s"`
fn alignment(value: &[u8]) -> Result<Alignment, nom::Err<Stop<'_>>> {
    match value {
        b"r" | b"R" => Ok(Alignment::Relaxed),
        b"s" | b"S" => Ok(Alignment::Strict),
        _ => Err(nom::Err::Error(Stop::new(value, "\"r\" or \"s\""))),
    }
}

/// `dmarc-fo`: `0` or `1`, `d` and `s`, each at most once; and whether both numbers stand there.
fn failure_options(value: &[u8]) -> Result<(FailureOptions, bool), nom::Err<Stop<'_>>> {
    let mut options = FailureOptions::default();
    let mut all = false;
    for part in parts(value, b':') {
        let option = match part {
            b"0" => &mut all,
            b"1" => &mut options.any,
            b"d" | b"D" => &mut options.dkim,
            b"s" | b"S" => &mut options.spf,
            _ => {
                let expected = "\"0\", \"1\", \"d\" or \"s\"";
                return Err(nom::Err::Error(Stop::new(part, expected)));
            }
        };
        if std::mem::replace(option, true) {
            return Err(nom::Err::Error(Stop::new(part, "each option once")));
        }
    }
    Ok((options, options.any && all))
}

/// `dmarc-urilist`. A part that is no URI is a fault, and the others stay: "at least one syntactically valid reporting URI"
/// decides what a bad policy does (RFC 9989 §4.10.1).
fn uris<'a>(
    value: &'a [u8],
    uris: &mut Vec<Uri>,
    notices: &mut Vec<Notice>,
) -> Result<(), nom::Err<Stop<'a>>> {
    let mut first = Ok(());
    for part in parts(value, b',') {
        match reporting_uri(part) {
            Ok((uri, sized)) => {
                if sized && !notices.contains(&Notice::ReportSize) {
                    notices.push(Notice::ReportSize);
                }
                uris.push(uri);
            }
            Err(error) => first = first.and(Err(error)),
        }
    }
    first
}

/// `dmarc-uri / obs-dmarc-uri`; the size of the latter is passed over, and noted.
fn reporting_uri(part: &[u8]) -> Result<(Uri, bool), nom::Err<Stop<'_>>> {
    let (rest, uri) = uri(part)?;
    match rest {
        [] => Ok((uri, false)),
        [b'!', size @ ..] => {
            let unit = size
                .last()
                .copied()
                .unwrap_or_default()
                .to_ascii_lowercase();
            let digits = match unit {
                b'k' | b'm' | b'g' | b't' => &size[..size.len() - 1],
                _ => size,
            };
            if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
                return Err(nom::Err::Error(Stop::new(size, "a size")));
            }
            Ok((uri, true))
        }
        _ => Err(nom::Err::Error(Stop::new(rest, "a comma or a semicolon"))),
    }
}

#[cfg(test)]
mod tests {
    use crate::dmarc::{Place, Policy, Record};

    #[test]
    fn one_valid_uri_is_an_address_for_reports() {
        for (rua, valid) in [
            ("mailto:a@x.example,nonsense", 1),
            ("nonsense,mailto:a@x.example!10m,mailto:b@x.example", 2),
            ("mailto:!10m,mailto:a@x.example", 1),
            ("mailto:,mailto:a@x.example", 1),
            ("nonsense", 0),
        ] {
            let text = format!("v=DMARC1; p=rejct; rua={rua}");
            let reading = Record::read(text.as_bytes()).unwrap();
            assert_eq!(reading.record.rua.len(), valid, "{rua}");
            assert_eq!(reading.faults.len(), 2);
            let policy = Place::Own(reading).policy(true);
            assert_eq!(policy, (valid > 0).then_some(Policy::None), "{rua}");
            assert!(Record::parse(&text).is_err());
        }
    }
}
