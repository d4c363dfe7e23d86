//! `reverse-path` and `forward-path`: the arguments of MAIL FROM and RCPT TO.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::str::FromStr;

use super::domain::{domain, text};
use super::mailbox::{MAX_PATH, Mailbox, mailbox};
use super::syntax::{Parsed, SyntaxError, stop, whole};

/// Where a failure is reported: a mailbox, or nowhere.
///
/// ```text
/// Reverse-path = Path / "<>"                        RFC 5321 §4.1.1.2
/// Path         = "<" [ A-d-l ":" ] Mailbox ">"      RFC 5321 §4.1.2
/// ```
///
/// A source route (`<@relay:ann@example.com>`) is read, kept for the log and never followed: RFC 5321 appendix C asks
/// servers to ignore it.
///
/// ```
/// use inreply_smtp::wire::path::ReversePath;
///
/// let null: ReversePath<'static> = "<>".parse().unwrap();
/// assert!(null.mailbox().is_none());
/// let path: ReversePath<'static> = "<@relay.example:ann@example.com>".parse().unwrap();
/// assert_eq!(path.mailbox().unwrap().as_str(), "ann@example.com");
/// assert_eq!(path.to_string(), "<@relay.example:ann@example.com>");
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
// `<>` or a path: RFC 5321 knows no third.
#[allow(clippy::exhaustive_enums)]
pub enum ReversePath<'a> {
    /// `<>`: the message is a report, nobody wants one about it.
    Null,
    /// A mailbox, with the route it was written with.
    Path(Path<'a>),
}

impl<'a> ReversePath<'a> {
    /// Parses the whole of `input`, angle brackets included.
    ///
    /// # Errors
    /// Where it is neither `<>` nor a path.
    pub fn parse(input: &'a [u8]) -> Result<Self, SyntaxError> {
        whole(input, reverse_path)
    }

    /// The mailbox, none for `<>`.
    pub fn mailbox(&self) -> Option<&Mailbox<'a>> {
        match self {
            Self::Null => None,
            Self::Path(path) => Some(&path.mailbox),
        }
    }

    /// Whether it can go without SMTPUTF8 (RFC 6531 §3.3), source route included.
    pub fn is_ascii(&self) -> bool {
        match self {
            Self::Null => true,
            Self::Path(path) => path.is_ascii(),
        }
    }

    /// The same, owning its text.
    pub fn into_owned(self) -> ReversePath<'static> {
        match self {
            Self::Null => ReversePath::Null,
            Self::Path(path) => ReversePath::Path(path.into_owned()),
        }
    }
}

impl<'a> From<Mailbox<'a>> for ReversePath<'a> {
    fn from(mailbox: Mailbox<'a>) -> Self {
        Self::Path(mailbox.into())
    }
}

impl FromStr for ReversePath<'static> {
    type Err = SyntaxError;

    fn from_str(text: &str) -> Result<Self, SyntaxError> {
        ReversePath::parse(text.as_bytes()).map(ReversePath::into_owned)
    }
}

impl fmt::Display for ReversePath<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => f.write_str("<>"),
            Self::Path(path) => path.fmt(f),
        }
    }
}

/// Where a message goes: a mailbox, or the postmaster of the server itself.
///
/// ```text
/// Forward-path = Path / "<Postmaster>"              RFC 5321 §4.1.1.3
/// ```
///
/// ```
/// use inreply_smtp::wire::path::ForwardPath;
///
/// assert_eq!("<postMASTER>".parse(), Ok(ForwardPath::Postmaster));
/// assert!("<>".parse::<ForwardPath<'static>>().is_err());
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
// As the RFC's rule.
#[allow(clippy::exhaustive_enums)]
pub enum ForwardPath<'a> {
    /// `<Postmaster>` without a domain, in any case: RFC 5321 §4.5.1 wants it taken always.
    Postmaster,
    /// A mailbox, with the route it was written with.
    Path(Path<'a>),
}

impl<'a> ForwardPath<'a> {
    /// Parses the whole of `input`, angle brackets included.
    ///
    /// # Errors
    /// Where it is neither a path nor `<Postmaster>`.
    pub fn parse(input: &'a [u8]) -> Result<Self, SyntaxError> {
        whole(input, forward_path)
    }

    /// The mailbox, none for the bare `<Postmaster>`.
    pub fn mailbox(&self) -> Option<&Mailbox<'a>> {
        match self {
            Self::Postmaster => None,
            Self::Path(path) => Some(&path.mailbox),
        }
    }

    /// Whether it can go without SMTPUTF8 (RFC 6531 §3.3), source route included.
    pub fn is_ascii(&self) -> bool {
        match self {
            Self::Postmaster => true,
            Self::Path(path) => path.is_ascii(),
        }
    }

    /// The same, owning its text.
    pub fn into_owned(self) -> ForwardPath<'static> {
        match self {
            Self::Postmaster => ForwardPath::Postmaster,
            Self::Path(path) => ForwardPath::Path(path.into_owned()),
        }
    }
}

impl<'a> From<Mailbox<'a>> for ForwardPath<'a> {
    fn from(mailbox: Mailbox<'a>) -> Self {
        Self::Path(mailbox.into())
    }
}

impl FromStr for ForwardPath<'static> {
    type Err = SyntaxError;

    fn from_str(text: &str) -> Result<Self, SyntaxError> {
        ForwardPath::parse(text.as_bytes()).map(ForwardPath::into_owned)
    }
}

impl fmt::Display for ForwardPath<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Postmaster => f.write_str("<Postmaster>"),
            Self::Path(path) => path.fmt(f),
        }
    }
}

/// A mailbox in angle brackets, with the obsolete source route before it.
#[derive(Debug, Clone, Eq)]
pub struct Path<'a> {
    mailbox: Mailbox<'a>,
}

impl<'a> Path<'a> {
    /// The mailbox.
    pub fn mailbox(&self) -> &Mailbox<'a> {
        &self.mailbox
    }

    /// The source route as written (`@a,@b`), which nobody follows.
    pub fn source_route(&self) -> Option<&str> {
        self.mailbox.route().strip_suffix(':')
    }

    /// Whether it can go without SMTPUTF8 (RFC 6531 §3.3), source route included.
    pub fn is_ascii(&self) -> bool {
        self.mailbox.route().is_ascii() && self.mailbox.is_ascii()
    }

    /// The same, owning its text.
    pub fn into_owned(self) -> Path<'static> {
        Path {
            mailbox: self.mailbox.into_owned(),
        }
    }
}

impl<'a> From<Mailbox<'a>> for Path<'a> {
    fn from(mailbox: Mailbox<'a>) -> Self {
        Self {
            mailbox: mailbox.without_route(),
        }
    }
}

impl PartialEq for Path<'_> {
    fn eq(&self, other: &Self) -> bool {
        (self.mailbox.route(), &self.mailbox) == (other.mailbox.route(), &other.mailbox)
    }
}

impl Hash for Path<'_> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.mailbox.hash(state);
    }
}

impl fmt::Display for Path<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<{}{}>", self.mailbox.route(), self.mailbox)
    }
}

/// `Reverse-path`, leaving the rest.
#[inline(always)]
pub(crate) fn reverse_path(input: &[u8]) -> Parsed<'_, ReversePath<'_>> {
    if let Some(rest) = input.strip_prefix(b"<>") {
        return Ok((rest, ReversePath::Null));
    }
    path(input).map(|(rest, path)| (rest, ReversePath::Path(path)))
}

/// `Forward-path`, leaving the rest.
#[inline(always)]
pub(crate) fn forward_path(input: &[u8]) -> Parsed<'_, ForwardPath<'_>> {
    const POSTMASTER: &[u8] = b"<postmaster>";
    if let Some((start, rest)) = input.split_at_checked(POSTMASTER.len())
        && start.eq_ignore_ascii_case(POSTMASTER)
    {
        return Ok((rest, ForwardPath::Postmaster));
    }
    path(input).map(|(rest, path)| (rest, ForwardPath::Path(path)))
}

#[inline(always)]
fn path(input: &[u8]) -> Parsed<'_, Path<'_>> {
    let Some((b'<', rest)) = input.split_first() else {
        return stop(input, "an opening angle bracket");
    };
    let (rest, mailbox) = match rest.first() {
        Some(b'@') => routed(rest)?,
        _ => mailbox(rest)?,
    };
    let Some((b'>', rest)) = rest.split_first() else {
        return stop(rest, "a closing angle bracket");
    };
    if input.len() - rest.len() > MAX_PATH {
        return stop(input, "a path of at most 256 octets");
    }
    Ok((rest, Path { mailbox }))
}

/// A mailbox behind `A-d-l ":"`.
fn routed(input: &[u8]) -> Parsed<'_, Mailbox<'_>> {
    let (rest, ()) = source_route(input)?;
    let (rest, mailbox) = mailbox(rest)?;
    let (octets, _) = input.split_at(input.len() - rest.len());
    let (rest, text) = text(octets, rest, "a source route in UTF-8")?;
    Ok((rest, mailbox.behind_route(text)))
}

/// `A-d-l ":"`.
fn source_route(input: &[u8]) -> Parsed<'_, ()> {
    let mut rest = input;
    loop {
        let Some((b'@', after)) = rest.split_first() else {
            return stop(rest, "an at sign of the source route");
        };
        let (after, _) = domain(after)?;
        match after.split_first() {
            Some((b',', after)) => rest = after,
            Some((b':', behind)) => return Ok((behind, ())),
            _ => return stop(after, "the colon behind the source route"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn printing_is_the_inverse_of_parsing() {
        for text in [
            "<>",
            "<ann@example.com>",
            "<@a.example,@b.example:ann@c.example>",
            "<\"x y\"@[192.0.2.1]>",
        ] {
            assert_eq!(
                ReversePath::parse(text.as_bytes()).unwrap().to_string(),
                text
            );
        }
        for text in ["<Postmaster>", "<postmaster@example.com>", "<@a:b@c>"] {
            assert_eq!(
                ForwardPath::parse(text.as_bytes()).unwrap().to_string(),
                text
            );
        }
    }

    #[test]
    fn a_source_route_is_the_paths_and_not_the_mailboxs() {
        let routed = ForwardPath::parse(b"<@r.example:\"@:\"@b.example>").unwrap();
        let plain = ForwardPath::parse(b"<\"@:\"@b.example>").unwrap();
        assert_ne!(routed, plain);
        let ForwardPath::Path(path) = &routed else {
            panic!("no path")
        };
        assert_eq!(path.source_route(), Some("@r.example"));
        let mailbox = path.mailbox();
        assert_eq!(Some(mailbox), plain.mailbox());
        assert_eq!(
            (mailbox.local_part(), mailbox.domain()),
            ("\"@:\"", "b.example")
        );
        assert_eq!(mailbox.to_string(), "\"@:\"@b.example");
        assert_eq!(routed.clone().into_owned(), routed);
        // A path that is made of it has none.
        for mailbox in [mailbox.clone(), mailbox.clone().into_owned()] {
            assert_eq!(ForwardPath::from(mailbox), plain);
        }
    }

    #[test]
    fn a_path_has_two_brackets_and_one_mailbox() {
        for bad in [
            "",
            "ann@b",
            "<ann@b",
            "<ann@b>>",
            "< ann@b>",
            "<ann@b >",
            "<a@b,c@d>",
            "<@a:>",
            "<@a@b>",
            "<@a,b:c@d>",
            "<ann>",
        ] {
            assert!(ReversePath::parse(bad.as_bytes()).is_err(), "{bad}");
            assert!(ForwardPath::parse(bad.as_bytes()).is_err(), "{bad}");
        }
    }
}
