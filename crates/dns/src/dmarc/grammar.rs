//! The grammar of DMARC policy records (RFC 9989 §4.8).

use nom::Parser;
use nom::bytes::complete::{tag, tag_no_case, take_while};

use super::record::{
    Alignment, FailureOptions, Fault, Notice, Policy, PublicSuffix, Reading, Record,
};
use crate::syntax::{Parsed, Stop, ascii, stop, wsp};
use crate::tags::{Style, Tag, is_wsp, parts};
use crate::uri::{Uri, uri};

/// `dmarc-tag = 1*ALPHA equals 1*dmarc-value`, behind `dmarc-sep = *WSP ";" *WSP`.
const TAGS: Style = Style {
    space: is_wsp,
    name: |octet| octet.is_ascii_alphabetic(),
    loose: true,
    open_value: true,
    open_end: true,
};

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
    let mut names: Vec<Box<str>> = Vec::new();
    let mut rest = rest;
    while !rest.is_empty() {
        // One separator and one tag: a fault ends with its tag.
        let (after, _) = take_while(|octet| octet != b';').parse(&rest[1.min(rest.len())..])?;
        let field = &rest[..rest.len() - after.len()];
        let parsed = TAGS.rest_of(field, |field| {
            let name = ascii(field.name).to_ascii_lowercase().into_boxed_str();
            if names.contains(&name) {
                return stop(field.name, "each tag once");
            }
            names.push(name);
            apply(&mut reading, field)
        });
        let only_separator = field.trim_ascii() == b";" && !after.is_empty();
        let error = match parsed {
            Err(nom::Err::Error(stop) | nom::Err::Failure(stop)) => Some(stop),
            _ if only_separator => Some(Stop::new(after, "a tag")),
            _ => None,
        };
        if let Some(error) = error {
            let named = field.strip_prefix(b";").unwrap_or(field).trim_ascii_start();
            let length = named
                .iter()
                .take_while(|octet| octet.is_ascii_alphanumeric());
            let name = ascii(&named[..length.count()]).to_ascii_lowercase();
            let error = error.within(text);
            let tag = name.into();
            reading.faults.push(Fault { tag, error });
        }
        rest = after;
    }
    Ok((rest, reading))
}

/// Takes a tag's value by the rule of its name.
fn apply<'a>(reading: &mut Reading, field: Tag<'a>) -> Parsed<'a, ()> {
    let value = field.value;
    if value.is_empty() {
        return stop(value, "a value");
    }
    let record = &mut reading.record;
    match ascii(field.name).to_ascii_lowercase().as_str() {
        "p" => record.policy = Some(policy(value)?),
        "sp" => record.subdomain_policy = Some(policy(value)?),
        "np" => record.nonexistent_policy = Some(policy(value)?),
        "psd" => {
            record.public_suffix = match value.to_ascii_lowercase().as_slice() {
                b"n" => PublicSuffix::No,
                b"u" => PublicSuffix::Unknown,
                b"y" => PublicSuffix::Yes,
                _ => return stop(value, "\"y\", \"n\" or \"u\""),
            };
        }
        "t" => {
            record.testing = match value.to_ascii_lowercase().as_slice() {
                b"n" => false,
                b"y" => true,
                _ => return stop(value, "\"y\" or \"n\""),
            };
        }
        "adkim" => record.dkim_alignment = alignment(value)?,
        "aspf" => record.spf_alignment = alignment(value)?,
        "fo" => {
            let (options, both) = failure_options(value)?;
            record.failure_options = options;
            reading
                .notices
                .extend(both.then_some(Notice::BothFailureOptions));
        }
        "rua" => record.rua = uris(value, &mut reading.notices)?,
        "ruf" => record.ruf = uris(value, &mut reading.notices)?,
        name @ ("pct" | "rf" | "ri") => reading.notices.push(Notice::Obsolete(name.into())),
        name => reading.notices.push(Notice::Unknown(name.into())),
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
    match value.to_ascii_lowercase().as_slice() {
        b"r" => Ok(Alignment::Relaxed),
        b"s" => Ok(Alignment::Strict),
        _ => Err(nom::Err::Error(Stop::new(value, "\"r\" or \"s\""))),
    }
}

/// `dmarc-fo`: `0` or `1`, `d` and `s`, each at most once; and whether both numbers stand there.
fn failure_options(value: &[u8]) -> Result<(FailureOptions, bool), nom::Err<Stop<'_>>> {
    let mut options = FailureOptions::default();
    let mut seen = Vec::new();
    for part in value.split(|octet| *octet == b':') {
        let part = part.trim_ascii();
        let option = part.to_ascii_lowercase();
        match option.as_slice() {
            _ if seen.contains(&option) => {
                return Err(nom::Err::Error(Stop::new(part, "each option once")));
            }
            b"0" => {}
            b"1" => options.any = true,
            b"d" => options.dkim = true,
            b"s" => options.spf = true,
            _ => {
                let expected = "\"0\", \"1\", \"d\" or \"s\"";
                return Err(nom::Err::Error(Stop::new(part, expected)));
            }
        }
        seen.push(option);
    }
    let both = options.any && seen.iter().any(|option| option == b"0");
    Ok((options, both))
}

/// `dmarc-urilist`; `obs-dmarc-report-size` is passed over, and noted.
fn uris<'a>(value: &'a [u8], notices: &mut Vec<Notice>) -> Result<Vec<Uri>, nom::Err<Stop<'a>>> {
    let mut uris = Vec::new();
    for part in parts(value, b',') {
        let (rest, uri) = uri(part)?;
        match rest {
            [] => {}
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
                if !notices.contains(&Notice::ReportSize) {
                    notices.push(Notice::ReportSize);
                }
            }
            _ => return Err(nom::Err::Error(Stop::new(rest, "a comma or a semicolon"))),
        }
        uris.push(uri);
    }
    Ok(uris)
}
