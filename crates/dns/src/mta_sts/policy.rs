//! The policy file at `https://mta-sts.DOMAIN/.well-known/mta-sts.txt` (RFC 8461 §3.2).

use std::fmt;

use nom::Parser;
use nom::bytes::complete::take_while;

use crate::name::Name;
use crate::syntax::{Parsed, SyntaxError, ascii, stop, whole, wsp};

/// A policy.
///
/// ```
/// use inreply_dns::mta_sts::{Mode, Policy};
///
/// let policy = Policy::parse("version: STSv1\r\nmode: enforce\r\nmx: *.example.com\r\nmax_age: 604800\r\n")?;
/// assert_eq!((policy.mode, policy.max_age), (Mode::Enforce, 604_800));
/// assert!(policy.covers(&"mx.example.com".parse().unwrap()));
/// assert!(!policy.covers(&"a.mx.example.com".parse().unwrap()) && !policy.covers(&"example.com".parse().unwrap()));
/// let error = Policy::parse("version: STSv1\nmode: none\n").unwrap_err();
/// assert_eq!(error.to_string(), "expected a max_age field at octet 26");
/// # Ok::<(), inreply_dns::SyntaxError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Policy {
    /// What a sender does where TLS or the name fails.
    pub mode: Mode,
    /// How long the policy may be kept, in seconds: `0..=9_999_999_999`, of which 31,557,600 is the most that counts.
    pub max_age: u64,
    /// The mail exchanges; one and more unless the mode is none.
    pub mx: Vec<MxPattern>,
    /// Fields that RFC 8461 does not know.
    pub extensions: Vec<(Box<str>, Box<str>)>,
}

/// `sts-policy-mode-value` (RFC 8461 §5).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[allow(clippy::exhaustive_enums, reason = "RFC 8461 §3.2 has these three")]
pub enum Mode {
    /// Mail is not delivered.
    Enforce,
    /// There is no policy any more.
    None,
    /// Mail is delivered, and reported.
    Testing,
}

/// `["*."] Domain`: a mail exchange, or all with one label more.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[allow(clippy::exhaustive_structs, reason = "RFC 8461 §3.2 has no more")]
pub struct MxPattern {
    /// `*.` stands before the name.
    pub wildcard: bool,
    /// The name.
    pub name: Name,
}

impl Policy {
    /// Reads a policy. Of a field that stands twice, `mx` apart, the first counts (RFC 8461 §3.2).
    ///
    /// # Errors
    /// Where the text does not follow the grammar, or a field is missing, with the octet.
    pub fn parse(text: &str) -> Result<Self, SyntaxError> {
        whole(text.as_bytes(), policy)
    }

    /// Whether a mail exchange is one of the policy's (RFC 8461 §4.1).
    pub fn covers(&self, exchange: &Name) -> bool {
        self.mx.iter().any(|pattern| pattern.matches(exchange))
    }
}

impl MxPattern {
    /// Whether the pattern is of the name: a wildcard stands for one label exactly.
    pub fn matches(&self, exchange: &Name) -> bool {
        if self.wildcard {
            exchange.parent().is_some_and(|above| above == self.name)
        } else {
            *exchange == self.name
        }
    }
}

/// `sts-policy-record`: fields with LF or CRLF between them.
fn policy(text: &[u8]) -> Parsed<'_, Policy> {
    let (mut version, mut mode, mut max_age) = (false, None, None);
    let (mut mx, mut extensions) = (Vec::new(), Vec::new());
    let mut rest = text;
    while !rest.is_empty() {
        let (after, (name, value)) = field(rest)?;
        match name {
            b"version" if value != b"STSv1" => return stop(value, "\"STSv1\""),
            b"version" => version = true,
            b"mode" => {
                let next = match value {
                    b"enforce" => Mode::Enforce,
                    b"none" => Mode::None,
                    b"testing" => Mode::Testing,
                    _ => return stop(value, "\"enforce\", \"none\" or \"testing\""),
                };
                mode.get_or_insert(next);
            }
            b"max_age" => {
                let digits = value.iter().all(u8::is_ascii_digit) && value.len() <= 10;
                match ascii(value).parse().ok().filter(|_: &u64| digits) {
                    Some(seconds) => max_age.get_or_insert(seconds),
                    None => return stop(value, "1 to 10 digits"),
                };
            }
            b"mx" => {
                let (domain, wildcard) = match value {
                    [b'*', b'.', domain @ ..] => (domain, true),
                    domain => (domain, false),
                };
                // RFC 5321 §4.1.2 `Domain`: no underscores and no final dot.
                let plain = !domain.contains(&b'_') && !domain.ends_with(b".");
                match ascii(domain).parse() {
                    Ok(name) if plain => mx.push(MxPattern { wildcard, name }),
                    _ => return stop(value, "a domain, or \"*.\" and a domain"),
                }
            }
            _ if value.is_empty() => return stop(value, "a value"),
            _ => extensions.push((ascii(name).into(), String::from_utf8_lossy(value).into())),
        }
        rest = after;
    }
    let (Some(mode), Some(max_age)) = (mode, max_age) else {
        let missing = match mode {
            None => "a mode field",
            Some(_) => "a max_age field",
        };
        return stop(rest, missing);
    };
    if !version {
        return stop(rest, "a version field");
    }
    if mx.is_empty() && mode != Mode::None {
        return stop(rest, "an mx field");
    }
    let policy = Policy {
        mode,
        max_age,
        mx,
        extensions,
    };
    Ok((rest, policy))
}

/// `name ":" *WSP value *WSP`, and the end of the line.
fn field(text: &[u8]) -> Parsed<'_, (&[u8], &[u8])> {
    let is_name = |octet: u8| octet.is_ascii_alphanumeric() || b"_-.".contains(&octet);
    let (rest, name) = take_while(is_name).parse(text)?;
    if !(1..=32).contains(&name.len()) {
        return stop(text, "a field's name of 1 to 32 characters");
    }
    let [b':', rest @ ..] = rest else {
        return stop(rest, "a colon");
    };
    let (at_value, ()) = wsp(rest)?;
    let (rest, value) = take_while(|octet| !matches!(octet, b'\n' | b'\r')).parse(at_value)?;
    if let Some(odd) = value
        .iter()
        .position(|octet| octet.is_ascii_control() && *octet != b'\t')
    {
        return stop(&value[odd..], "a character that is no control");
    }
    match rest {
        [] => Ok((rest, (name, value.trim_ascii_end()))),
        [b'\n', after @ ..] | [b'\r', b'\n', after @ ..] => {
            Ok((after, (name, value.trim_ascii_end())))
        }
        _ => stop(rest, "LF or CRLF"),
    }
}

impl fmt::Display for Mode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Enforce => "enforce",
            Self::None => "none",
            Self::Testing => "testing",
        })
    }
}

impl fmt::Display for MxPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let star = if self.wildcard { "*." } else { "" };
        write!(f, "{star}{}", self.name.as_str())
    }
}

/// The file, its lines ended by CRLF.
impl fmt::Display for Policy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "version: STSv1\r\nmode: {}\r\n", self.mode)?;
        for pattern in &self.mx {
            write!(f, "mx: {pattern}\r\n")?;
        }
        write!(f, "max_age: {}\r\n", self.max_age)?;
        let mut extensions = self.extensions.iter();
        extensions.try_for_each(|(name, value)| write!(f, "{name}: {value}\r\n"))
    }
}
