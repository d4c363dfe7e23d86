//! Macros in domains and explanations (RFC 7208 §7).

use std::fmt;
use std::net::IpAddr;

use nom::Parser;
use nom::branch::alt;
use nom::bytes::complete::{tag, take_while, take_while1};
use nom::combinator::{opt, value};

use super::verdict::Request;
use crate::name::{MAX_NAME, Name};
use crate::syntax::{Parsed, SyntaxError, ascii, stop, whole};

/// `macro-string = *( macro-expand / macro-literal )` (RFC 7208 §7.1), kept as it was written.
///
/// ```
/// use inreply_dns::spf::{Letter, MacroString, Piece};
///
/// let text = MacroString::parse("%{d2r-}.x")?;
/// let Piece::Macro { letter, keep, reverse, delimiters, .. } = text.pieces().next().unwrap() else { unreachable!() };
/// assert_eq!((letter, keep, reverse, delimiters), (Letter::Domain, Some(2), true, "-"));
/// assert_eq!(MacroString::parse("%{x}").unwrap_err().to_string(), "expected a macro letter at octet 2");
/// # Ok::<(), inreply_dns::SyntaxError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct MacroString(Box<str>);

/// `domain-spec = macro-string domain-end` (RFC 7208 §7.1): it ends in a macro, or in a dot and a label that is no number.
///
/// ```
/// use inreply_dns::spf::DomainSpec;
///
/// assert_eq!(DomainSpec::parse("%{i}._spf.example.com")?.to_string(), "%{i}._spf.example.com");
/// assert!(DomainSpec::parse("localhost").is_err());
/// # Ok::<(), inreply_dns::SyntaxError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct DomainSpec(MacroString);

/// A part of a macro string.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Piece<'a> {
    /// Text that stands for itself.
    Literal(&'a str),
    /// `%-`: a space, encoded for a URL.
    EncodedSpace,
    /// `%%`
    Percent,
    /// `%_`
    Space,
    /// `%{letter digits r delimiters}`
    Macro {
        /// What it stands for.
        letter: Letter,
        /// Written in upper case: the value is escaped for a URL (§7.3).
        escape: bool,
        /// How many parts are kept, from the right; 1 and more.
        keep: Option<usize>,
        /// The parts are reversed first.
        reverse: bool,
        /// What divides the parts; a dot where empty.
        delimiters: &'a str,
    },
}

/// `macro-letter` (RFC 7208 §7.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Letter {
    /// `s`, the sender.
    Sender,
    /// `l`, the sender's local part.
    LocalPart,
    /// `o`, the sender's domain.
    SenderDomain,
    /// `d`, the domain under evaluation.
    Domain,
    /// `i`, the client's address, dotted.
    Ip,
    /// `p`, the client's validated name.
    ValidatedName,
    /// `v`, `in-addr` or `ip6`.
    Version,
    /// `h`, the name in HELO or EHLO.
    Helo,
    /// `c`, the client's address, readable; in explanations only.
    ReadableIp,
    /// `r`, the host that evaluates; in explanations only.
    Receiver,
    /// `t`, seconds since 1970; in explanations only.
    Time,
}

impl MacroString {
    /// Reads a macro string of a record.
    ///
    /// # Errors
    /// Where it is none, with the octet.
    pub fn parse(text: &str) -> Result<Self, SyntaxError> {
        whole(text.as_bytes(), |text| macro_string(text, false))
    }

    /// Reads an explanation, `*( macro-string / SP )`, where `c`, `r` and `t` may stand (RFC 7208 §6.2).
    ///
    /// # Errors
    /// Where it is none, with the octet.
    pub fn parse_explanation(text: &str) -> Result<Self, SyntaxError> {
        whole(text.as_bytes(), |text| macro_string(text, true))
    }

    /// As it was written.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The parts in their order.
    pub fn pieces(&self) -> impl Iterator<Item = Piece<'_>> {
        let mut rest = self.0.as_bytes();
        std::iter::from_fn(move || {
            let (after, piece) = piece(rest, true).ok()?;
            rest = after;
            Some(piece)
        })
    }

    /// Whether the validated name of the client is needed.
    pub(crate) fn wants_validated_name(&self) -> bool {
        self.pieces().any(|piece| {
            matches!(
                piece,
                Piece::Macro {
                    letter: Letter::ValidatedName,
                    ..
                }
            )
        })
    }

    /// The text with every macro replaced.
    pub(crate) fn expand(&self, context: &Context<'_>) -> String {
        let mut text = String::new();
        for piece in self.pieces() {
            match piece {
                Piece::Literal(literal) => text.push_str(literal),
                Piece::EncodedSpace => text.push_str("%20"),
                Piece::Percent => text.push('%'),
                Piece::Space => text.push(' '),
                Piece::Macro {
                    letter,
                    escape,
                    keep,
                    reverse,
                    delimiters,
                } => {
                    let whole = context.value(letter);
                    let part = transformed(&whole, keep, reverse, delimiters);
                    if escape {
                        escape_for_url(&part, &mut text);
                    } else {
                        text.push_str(&part);
                    }
                }
            }
        }
        text
    }
}

impl DomainSpec {
    /// Reads a domain of a record.
    ///
    /// # Errors
    /// Where it is none, with the octet.
    pub fn parse(text: &str) -> Result<Self, SyntaxError> {
        whole(text.as_bytes(), domain_spec)
    }

    /// As it was written.
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }

    /// The macro string that it is.
    pub fn as_macro_string(&self) -> &MacroString {
        &self.0
    }

    /// The name, where that takes no evaluation.
    pub fn name(&self) -> Option<Name> {
        if self.as_str().contains('%') {
            return None;
        }
        self.as_str().parse().ok()
    }

    /// The domain with every macro replaced; `None` where that is no name. Labels are left out from the left until the rest
    /// has at most 253 octets (RFC 7208 §7.3).
    pub(crate) fn expand(&self, context: &Context<'_>) -> Option<Name> {
        let text = self.0.expand(context);
        let mut name = text.strip_suffix('.').unwrap_or(&text);
        while name.len() > MAX_NAME {
            name = name.split_once('.')?.1;
        }
        Name::from_labels(name.split('.')).ok()
    }
}

/// What the macros stand for.
pub(crate) struct Context<'a> {
    pub(crate) request: &'a Request,
    pub(crate) domain: &'a Name,
    pub(crate) validated: &'a str,
}

impl Context<'_> {
    fn value(&self, letter: Letter) -> String {
        let (local, domain) = self.request.sender_parts();
        match letter {
            Letter::Sender => format!("{local}@{domain}"),
            Letter::LocalPart => local.to_owned(),
            Letter::SenderDomain => domain.to_owned(),
            Letter::Domain => self.domain.as_str().to_owned(),
            Letter::Ip => match self.request.ip() {
                IpAddr::V4(address) => address.to_string(),
                IpAddr::V6(address) => {
                    let nibbles = address.octets();
                    let nibbles = nibbles
                        .iter()
                        .flat_map(|octet| [octet >> 4, octet & 0xf])
                        .map(|nibble| format!("{nibble:X}"));
                    nibbles.collect::<Vec<_>>().join(".")
                }
            },
            Letter::ValidatedName => self.validated.to_owned(),
            Letter::Version => match self.request.ip() {
                IpAddr::V4(_) => "in-addr".to_owned(),
                IpAddr::V6(_) => "ip6".to_owned(),
            },
            Letter::Helo => self.request.helo().to_owned(),
            Letter::ReadableIp => self.request.ip().to_string(),
            Letter::Receiver => self.request.receiver().to_owned(),
            Letter::Time => self.request.unix_seconds().to_string(),
        }
    }
}

/// Splits, reverses and keeps parts as the transformers say, and joins them with dots (RFC 7208 §7.3).
fn transformed(whole: &str, keep: Option<usize>, reverse: bool, delimiters: &str) -> String {
    if keep.is_none() && !reverse && delimiters.is_empty() {
        return whole.to_owned();
    }
    let divides = |letter: char| match delimiters {
        "" => letter == '.',
        some => some.contains(letter),
    };
    let mut parts: Vec<&str> = whole.split(divides).collect();
    if reverse {
        parts.reverse();
    }
    let dropped = parts.len().saturating_sub(keep.unwrap_or(usize::MAX));
    parts[dropped..].join(".")
}

/// Escapes what is not `unreserved` (RFC 3986 §2.3).
fn escape_for_url(part: &str, text: &mut String) {
    for octet in part.bytes() {
        match octet {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                text.push(char::from(octet));
            }
            _ => text.push_str(&format!("%{octet:02X}")),
        }
    }
}

/// `macro-string`, of which an explanation has more letters and spaces.
pub(super) fn macro_string(text: &[u8], explanation: bool) -> Parsed<'_, MacroString> {
    let mut rest = text;
    while !rest.is_empty() {
        (rest, _) = piece(rest, explanation)?;
    }
    Ok((rest, MacroString(ascii(text).into())))
}

/// `domain-spec`, to the end of the text.
pub(super) fn domain_spec(text: &[u8]) -> Parsed<'_, DomainSpec> {
    // Most domains have no macro: all octets are looked at without a branch between them.
    let is_plain = |octet: &u8| octet.is_ascii_graphic() && *octet != b'%';
    if text
        .iter()
        .fold(true, |plain, octet| plain & is_plain(octet))
        && ends_in_top_label(text)
    {
        return Ok((&[], DomainSpec(MacroString(ascii(text).into()))));
    }
    let (mut rest, mut last) = (text, None);
    while !rest.is_empty() {
        let (after, next) = piece(rest, false)?;
        (rest, last) = (after, Some((rest, next)));
    }
    let ends_well = match last {
        None => return stop(text, "a domain"),
        Some((_, Piece::Literal(literal))) => ends_in_top_label(literal.as_bytes()),
        Some(_) => true,
    };
    if ends_well {
        Ok((rest, DomainSpec(MacroString(ascii(text).into()))))
    } else {
        // `last` is there: the arm above has returned otherwise.
        stop(
            last.map_or(text, |(at, _)| at),
            "a domain that ends in a dot and a top label, or in a macro",
        )
    }
}

/// `"." toplabel [ "." ]` at the end, where
/// `toplabel = ( *alphanum ALPHA *alphanum ) / ( 1*alphanum "-" *( alphanum / "-" ) alphanum )`.
fn ends_in_top_label(literal: &[u8]) -> bool {
    let name = literal.strip_suffix(b".").unwrap_or(literal);
    let mut only_digits = true;
    for (at, octet) in name.iter().enumerate().rev() {
        match octet {
            b'.' => {
                let label = &name[at + 1..];
                let hyphens = label.starts_with(b"-") || label.ends_with(b"-");
                return !label.is_empty() && !only_digits && !hyphens;
            }
            b'0'..=b'9' => {}
            b'A'..=b'Z' | b'a'..=b'z' | b'-' => only_digits = false,
            _ => return false,
        }
    }
    false
}

/// `macro-expand / macro-literal`, of the latter as many as there are.
fn piece(text: &[u8], explanation: bool) -> Parsed<'_, Piece<'_>> {
    match text {
        [b'%', b'{', ..] => macro_expand(text, explanation),
        [b'%', ..] => alt((
            value(Piece::Percent, tag("%%")),
            value(Piece::Space, tag("%_")),
            value(Piece::EncodedSpace, tag("%-")),
        ))
        .parse(text)
        .or_else(|_: nom::Err<nom::error::Error<&[u8]>>| {
            stop(text, "one of \"%{\", \"%%\", \"%_\" and \"%-\"")
        }),
        _ => {
            let literal = |octet: u8| {
                matches!(octet, b'!'..=b'$' | b'&'..=b'~') || octet == b' ' && explanation
            };
            let Ok((rest, literal)) =
                take_while1::<_, _, nom::error::Error<&[u8]>>(literal).parse(text)
            else {
                return stop(text, "a printable ASCII character");
            };
            Ok((rest, Piece::Literal(ascii(literal))))
        }
    }
}

/// `"%{" macro-letter transformers *delimiter "}"`, `transformers = *DIGIT [ "r" ]`.
fn macro_expand(text: &[u8], explanation: bool) -> Parsed<'_, Piece<'_>> {
    let inside = &text[2..];
    let letter = inside.first().copied().unwrap_or_default();
    let Some(kind) = Letter::of(letter, explanation) else {
        return stop(inside, "a macro letter");
    };
    let at_digits = &inside[1..];
    let (rest, digits) = take_while(|octet: u8| octet.is_ascii_digit()).parse(at_digits)?;
    let keep = match ascii(digits) {
        "" => None,
        digits => match digits.parse() {
            Ok(0) => return stop(at_digits, "a number above 0"),
            Ok(number) => Some(number),
            // More parts than can be: all of them.
            Err(_) => Some(usize::MAX),
        },
    };
    let (rest, reverse) = opt(alt((tag("r"), tag("R")))).parse(rest)?;
    let is_delimiter = |octet: u8| b".-+,/_=".contains(&octet);
    let (rest, delimiters) = take_while(is_delimiter).parse(rest)?;
    match rest {
        [b'}', rest @ ..] => Ok((
            rest,
            Piece::Macro {
                letter: kind,
                escape: letter.is_ascii_uppercase(),
                keep,
                reverse: reverse.is_some(),
                delimiters: ascii(delimiters),
            },
        )),
        _ => stop(rest, "a delimiter or \"}\""),
    }
}

impl Letter {
    fn of(octet: u8, explanation: bool) -> Option<Self> {
        Some(match octet.to_ascii_lowercase() {
            b's' => Self::Sender,
            b'l' => Self::LocalPart,
            b'o' => Self::SenderDomain,
            b'd' => Self::Domain,
            b'i' => Self::Ip,
            b'p' => Self::ValidatedName,
            b'v' => Self::Version,
            b'h' => Self::Helo,
            b'c' if explanation => Self::ReadableIp,
            b'r' if explanation => Self::Receiver,
            b't' if explanation => Self::Time,
            _ => return None,
        })
    }
}

impl fmt::Display for MacroString {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Display for DomainSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
