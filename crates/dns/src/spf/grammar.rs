//! The grammar of SPF records (RFC 7208 §12).

use std::net::Ipv4Addr;

use memchr::memchr;
use nom::Parser;
use nom::bytes::complete::tag_no_case;

use super::macros::{DomainSpec, domain_spec, macro_string};
use super::record::{Directive, Mechanism, Qualifier, Record, Term};
use crate::syntax::{Parsed, Stop, ascii, stop};

/// `record = version terms *SP`, `terms = *( 1*SP ( directive / modifier ) )`.
pub(super) fn record(text: &[u8]) -> Parsed<'_, Record> {
    let Ok((mut rest, _)) = tag_no_case::<_, _, Stop<'_>>("v=spf1").parse(text) else {
        return stop(text, "\"v=spf1\"");
    };
    let mut terms: Vec<Term> = Vec::with_capacity(8);
    let (mut redirects, mut explanations) = (0, 0);
    while let [first, ..] = rest {
        if *first != b' ' {
            return stop(rest, "a space");
        }
        let spaces = rest.iter().take_while(|octet| **octet == b' ').count();
        let at_term = &rest[spaces..];
        if at_term.is_empty() {
            rest = at_term;
            break;
        }
        let end = memchr(b' ', at_term).unwrap_or(at_term.len());
        let (word, after) = at_term.split_at(end);
        let (_, next) = term(word)?;
        redirects += usize::from(matches!(next, Term::Redirect(_)));
        explanations += usize::from(matches!(next, Term::Explanation(_)));
        if redirects > 1 || explanations > 1 {
            return stop(at_term, "one redirect= and one exp= at most");
        }
        terms.push(next);
        rest = after;
    }
    Ok((rest, Record { terms }))
}

/// `directive / modifier`
fn term(word: &[u8]) -> Parsed<'_, Term> {
    let (rest, qualifier) = match word {
        [b'+', rest @ ..] => (rest, Some(Qualifier::Pass)),
        [b'-', rest @ ..] => (rest, Some(Qualifier::Fail)),
        [b'~', rest @ ..] => (rest, Some(Qualifier::SoftFail)),
        [b'?', rest @ ..] => (rest, Some(Qualifier::Neutral)),
        _ => (word, None),
    };
    let is_name = |octet: &u8| octet.is_ascii_alphanumeric() || matches!(octet, b'-' | b'_' | b'.');
    let length = rest.iter().take_while(|octet| is_name(octet)).count();
    let (name, after) = rest.split_at(length);
    if let ([b'=', value @ ..], None) = (after, qualifier)
        && name.first().is_some_and(u8::is_ascii_alphabetic)
    {
        return modifier(name, value);
    }
    let (rest, mechanism) = mechanism(rest, name, after)?;
    let qualifier = qualifier.unwrap_or_default();
    Ok((
        rest,
        Term::Directive(Directive {
            qualifier,
            mechanism,
        }),
    ))
}

/// `redirect / explanation / unknown-modifier`
fn modifier<'a>(name: &'a [u8], value: &'a [u8]) -> Parsed<'a, Term> {
    if name.eq_ignore_ascii_case(b"redirect") {
        return domain_spec.map(Term::Redirect).parse(value);
    }
    if name.eq_ignore_ascii_case(b"exp") {
        return domain_spec.map(Term::Explanation).parse(value);
    }
    let (rest, value) = macro_string(value, false)?;
    let name = ascii(name).into();
    Ok((rest, Term::Unknown { name, value }))
}

/// A mechanism: `at` is where it begins, `name` what it is called, `after` what follows the name.
fn mechanism<'a>(at: &'a [u8], name: &'a [u8], after: &'a [u8]) -> Parsed<'a, Mechanism> {
    let mut lower = [0; LONGEST];
    let Some(lower) = lower.get_mut(..name.len()) else {
        return stop(at, "a mechanism or a modifier");
    };
    lower.copy_from_slice(name);
    lower.make_ascii_lowercase();
    let argument = after.strip_prefix(b":");
    let domain = || domain_spec(argument.unwrap_or_else(|| &after[after.len()..]));
    match &*lower {
        b"a" => hosts(after, |domain, prefix4, prefix6| Mechanism::A {
            domain,
            prefix4,
            prefix6,
        }),
        b"all" => match after {
            [] => Ok((after, Mechanism::All)),
            _ => stop(after, "a space, for \"all\" takes nothing"),
        },
        b"exists" => wants_colon(after, argument)
            .and_then(|()| domain())
            .map(|(rest, domain)| (rest, Mechanism::Exists(domain))),
        b"include" => wants_colon(after, argument)
            .and_then(|()| domain())
            .map(|(rest, domain)| (rest, Mechanism::Include(domain))),
        b"ip4" => {
            wants_colon(after, argument)?;
            let (network, prefix) =
                network(argument.unwrap_or_default(), ipv4, "an IPv4 address", 32)?;
            Ok((&[], Mechanism::Ip4 { network, prefix }))
        }
        b"ip6" => {
            wants_colon(after, argument)?;
            let ipv6 = |address: &[u8]| ascii(address).parse().ok();
            let (network, prefix) =
                network(argument.unwrap_or_default(), ipv6, "an IPv6 address", 128)?;
            Ok((&[], Mechanism::Ip6 { network, prefix }))
        }
        b"mx" => hosts(after, |domain, prefix4, prefix6| Mechanism::Mx {
            domain,
            prefix4,
            prefix6,
        }),
        b"ptr" => match (after, argument) {
            ([], _) => Ok((after, Mechanism::Ptr(None))),
            (_, Some(argument)) => domain_spec
                .map(|domain| Mechanism::Ptr(Some(domain)))
                .parse(argument),
            _ => stop(after, "a colon or a space"),
        },
        _ => stop(at, "a mechanism or a modifier"),
    }
}

/// Octets of the longest name of a mechanism, `include`.
const LONGEST: usize = 7;

/// `[ ":" domain-spec ] [ dual-cidr-length ]`
fn hosts(
    after: &[u8],
    mechanism: impl FnOnce(Option<DomainSpec>, u8, u8) -> Mechanism,
) -> Parsed<'_, Mechanism> {
    let (front, prefix4, prefix6) = dual_cidr(after)?;
    let domain = match front {
        [] => None,
        [b':', domain @ ..] => Some(domain_spec(domain)?.1),
        _ => return stop(after, "a colon, a slash or a space"),
    };
    Ok((&[], mechanism(domain, prefix4, prefix6)))
}

/// `qnum "." qnum "." qnum "." qnum`, where a `qnum` has no leading zero.
fn ipv4(address: &[u8]) -> Option<Ipv4Addr> {
    let mut parts = [0; 4];
    let mut numbers = address.split(|octet| *octet == b'.');
    for part in &mut parts {
        let number = numbers.next()?;
        if !(1..=3).contains(&number.len()) {
            return None;
        }
        *part = prefix(number, u8::MAX)?;
    }
    numbers.next().is_none().then(|| Ipv4Addr::from(parts))
}

fn wants_colon<'a>(after: &'a [u8], argument: Option<&[u8]>) -> Result<(), nom::Err<Stop<'a>>> {
    match argument {
        Some(_) => Ok(()),
        None => Err(nom::Err::Error(Stop::new(after, "a colon"))),
    }
}

/// `ip4-network [ ip4-cidr-length ]`, and the same of IPv6.
fn network<'a, A>(
    text: &'a [u8],
    read: impl FnOnce(&'a [u8]) -> Option<A>,
    expected: &'static str,
    most: u8,
) -> Result<(A, u8), nom::Err<Stop<'a>>> {
    let slash = text.iter().position(|octet| *octet == b'/');
    let (address, length) = text.split_at(slash.unwrap_or(text.len()));
    let Some(network) = read(address) else {
        return Err(nom::Err::Error(Stop::new(text, expected)));
    };
    match length {
        [] => Ok((network, most)),
        [_, digits @ ..] => match prefix(digits, most) {
            Some(prefix) => Ok((network, prefix)),
            None => Err(nom::Err::Error(Stop::new(digits, "a prefix length"))),
        },
    }
}

/// `dual-cidr-length = [ ip4-cidr-length ] [ "/" ip6-cidr-length ]` at the end of `text`: what stands before it, and the two.
///
/// A slash may stand in a domain too (`macro-literal`), so the lengths are looked for from the end.
fn dual_cidr(text: &[u8]) -> Result<(&[u8], u8, u8), nom::Err<Stop<'_>>> {
    let mut front = text;
    let (mut prefix4, mut prefix6) = (32, 128);
    if let Some((before, digits)) = trailing_length(front)
        && let Some(before) = before.strip_suffix(b"/")
    {
        let at = &text[text.len() - digits.len()..];
        prefix6 = prefix(digits, 128)
            .ok_or_else(|| nom::Err::Error(Stop::new(at, "a prefix length up to 128")))?;
        front = before;
    }
    if let Some((before, digits)) = trailing_length(front) {
        let at = &text[before.len() + 1..];
        prefix4 = prefix(digits, 32)
            .ok_or_else(|| nom::Err::Error(Stop::new(at, "a prefix length up to 32")))?;
        front = before;
    }
    Ok((front, prefix4, prefix6))
}

/// A slash and digits at the end, and what stands before the slash.
fn trailing_length(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let slash = text.iter().rposition(|octet| *octet == b'/')?;
    let digits = &text[slash + 1..];
    digits
        .iter()
        .all(u8::is_ascii_digit)
        .then_some((&text[..slash], digits))
}

/// A number up to `most`, without leading zeros.
fn prefix(digits: &[u8], most: u8) -> Option<u8> {
    if matches!(digits, [] | [b'0', _, ..]) {
        return None;
    }
    let number = digits.iter().try_fold(0_u8, |number, digit| {
        let digit = digit.wrapping_sub(b'0');
        number
            .checked_mul(10)?
            .checked_add(digit)
            .filter(|_| digit < 10)
    });
    number.filter(|number| *number <= most)
}
