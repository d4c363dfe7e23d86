//! `local-part "@" domain`.

use std::borrow::Cow;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::str::FromStr;

use super::domain::{domain, text};
use super::octets::Octets;
use super::syntax::{Parsed, SyntaxError, stop, whole};

/// The longest path in octets, its angle brackets included (RFC 5321 §4.5.3.1.3).
pub const MAX_PATH: usize = 256;

/// What the angle brackets leave of it.
const MAX_MAILBOX: usize = MAX_PATH - 2;

/// A mailbox as an SMTP path carries it.
///
/// ```text
/// Mailbox       = Local-part "@" ( Domain / address-literal )     RFC 5321 §4.1.2
/// Local-part    = Dot-string / Quoted-string
/// Quoted-string = DQUOTE *( qtextSMTP / quoted-pairSMTP ) DQUOTE
/// ```
///
/// A quoted local part stays quoted: `"a@b"@c` is one mailbox at `c`, and taking its quotes off would move it to
/// another domain. Non-ASCII is let through as UTF-8 (RFC 6531); whether the session allows it is the machine's
/// question. RFC 5321 §4.5.3.1.1 names 64 octets for a local part and asks to take longer ones where possible: bulk
/// senders' bounce addresses exceed it, so that only the length of the whole is bounded, to [`MAX_PATH`] less the two
/// angle brackets.
///
/// ```
/// use inreply_smtp::wire::mailbox::Mailbox;
///
/// let mailbox: Mailbox<'static> = "\"a@b\"@example.com".parse().unwrap();
/// assert_eq!(mailbox.local_part(), "\"a@b\"");
/// assert_eq!(mailbox.domain(), "example.com");
/// assert_eq!(mailbox.to_string(), "\"a@b\"@example.com");
/// ```
#[derive(Debug, Clone)]
pub struct Mailbox<'a> {
    /// Ends with the mailbox. Before it stands the source route of the path that it was read in, with its colon: a command
    /// of 128 octets is moved without a call, and the route is next to never there.
    text: Cow<'a, str>,
    start: u16,
    at: u16,
}

impl<'a> Mailbox<'a> {
    /// Parses the whole of `input`.
    ///
    /// # Errors
    /// What the grammar wanted and where; also where the whole is longer than 254 octets.
    pub fn parse(input: &'a [u8]) -> Result<Self, SyntaxError> {
        whole(input, mailbox)
    }

    /// The local part as written, quotes included. It is compared with regard to case (RFC 5321 §2.4).
    pub fn local_part(&self) -> &str {
        let octets = usize::from(self.start)..usize::from(self.at);
        self.text.get(octets).unwrap_or_default()
    }

    /// What the local part means, its quotes and backslashes taken off: `"a\ b"@c` and `"a b"@c` are the same mailbox
    /// (RFC 5321 §4.1.2), and so are `"ann"@c` and `ann@c`. For looking a mailbox up, never for printing one.
    ///
    /// ```
    /// use inreply_smtp::wire::mailbox::Mailbox;
    ///
    /// assert_eq!(Mailbox::parse(br#""a\"b"@example.com"#).unwrap().unquoted_local_part(), "a\"b");
    /// ```
    pub fn unquoted_local_part(&self) -> Cow<'_, str> {
        let Some(inner) = self
            .local_part()
            .strip_prefix('"')
            .and_then(|inner| inner.strip_suffix('"'))
        else {
            return Cow::Borrowed(self.local_part());
        };
        let mut escaped = false;
        let unescaped = inner.chars().filter(|c| {
            escaped = *c == '\\' && !escaped;
            !escaped
        });
        Cow::Owned(unescaped.collect())
    }

    /// The domain or address literal as written; compare it without regard to case.
    pub fn domain(&self) -> &str {
        self.text
            .get(usize::from(self.at) + 1..)
            .unwrap_or_default()
    }

    /// `local-part@domain` as written.
    pub fn as_str(&self) -> &str {
        self.text.get(usize::from(self.start)..).unwrap_or_default()
    }

    /// Whether sending it needs SMTPUTF8.
    pub fn is_ascii(&self) -> bool {
        self.as_str().is_ascii()
    }

    /// The same, owning its text.
    pub fn into_owned(self) -> Mailbox<'static> {
        Mailbox {
            text: Cow::Owned(self.text.into_owned()),
            start: self.start,
            at: self.at,
        }
    }

    /// The source route that stands before it, with its colon; empty where there is none.
    pub(super) fn route(&self) -> &str {
        self.text.get(..usize::from(self.start)).unwrap_or_default()
    }

    /// The same without it.
    pub(super) fn without_route(mut self) -> Self {
        let route = usize::from(self.start);
        match &mut self.text {
            Cow::Borrowed(text) => *text = text.get(route..).unwrap_or_default(),
            Cow::Owned(text) => *text = text.get(route..).unwrap_or_default().to_owned(),
        }
        self.at -= self.start;
        self.start = 0;
        self
    }

    /// The same behind a source route: `text` is the route with its colon, and this mailbox.
    pub(super) fn behind_route(self, text: &'a str) -> Self {
        let start = text.len().saturating_sub(self.text.len());
        // A path is too short to exceed them.
        let start = u16::try_from(start).unwrap_or(u16::MAX);
        Self {
            text: Cow::Borrowed(text),
            start,
            at: start.saturating_add(self.at),
        }
    }
}

/// A mailbox is the same behind every source route.
impl PartialEq for Mailbox<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.as_str() == other.as_str()
    }
}

impl Eq for Mailbox<'_> {}

impl Hash for Mailbox<'_> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.as_str().hash(state);
    }
}

impl FromStr for Mailbox<'static> {
    type Err = SyntaxError;

    fn from_str(text: &str) -> Result<Self, SyntaxError> {
        Mailbox::parse(text.as_bytes()).map(Mailbox::into_owned)
    }
}

impl fmt::Display for Mailbox<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// `Mailbox`, leaving the rest.
#[inline(always)]
pub(crate) fn mailbox(input: &[u8]) -> Parsed<'_, Mailbox<'_>> {
    let (rest, local) = local_part(input)?;
    let Some((b'@', rest)) = rest.split_first() else {
        return stop(rest, "an at sign");
    };
    let (rest, _) = domain(rest)?;
    let (octets, _) = input.split_at(input.len() - rest.len());
    let at = u16::try_from(local.len());
    let (Ok(at), 0..=MAX_MAILBOX) = (at, octets.len()) else {
        return stop(input, "a mailbox of at most 254 octets");
    };
    let (rest, text) = text(octets, rest, "a mailbox in UTF-8")?;
    Ok((
        rest,
        Mailbox {
            text: Cow::Borrowed(text),
            start: 0,
            at,
        },
    ))
}

/// `Local-part`, quotes kept.
#[inline(always)]
fn local_part(input: &[u8]) -> Parsed<'_, &[u8]> {
    if input.first() == Some(&b'"') {
        return quoted_string(input);
    }
    let mut end = 0;
    loop {
        let atom = ATEXT.run(input.get(end..).unwrap_or_default());
        end += atom;
        if atom == 0 {
            return stop(input, "a local part");
        }
        if input.get(end) != Some(&b'.') {
            let (local, rest) = input.split_at(end);
            return Ok((rest, local));
        }
        end += 1;
    }
}

fn quoted_string(input: &[u8]) -> Parsed<'_, &[u8]> {
    let mut escaped = false;
    for (at, octet) in input.iter().enumerate().skip(1) {
        match octet {
            b' '..=b'~' if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => {
                let (local, rest) = input.split_at(at + 1);
                return Ok((rest, local));
            }
            b' '..=b'~' | 0x80.. if !escaped => {}
            _ => {
                return stop(
                    input.get(at..).unwrap_or_default(),
                    "a printable octet in the quoted local part",
                );
            }
        }
    }
    stop(&[], "the closing quote of the local part")
}

/// `atext` of RFC 5322 §3.2.3, and UTF-8 of RFC 6531 §3.3.
static ATEXT: Octets = Octets::letters_digits_and(b"!#$%&'*+-/=?^_`{|}~").and_utf8();

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_decide_where_the_domain_begins() {
        for (input, local, domain) in [
            ("ann@example.com", "ann", "example.com"),
            ("\"a@b\"@c", "\"a@b\"", "c"),
            ("\"a\\\"@b\"@c", "\"a\\\"@b\"", "c"),
            ("\" \"@c", "\" \"", "c"),
            ("a%b@c", "a%b", "c"),
            ("prvs=1234abcdef=ann@c", "prvs=1234abcdef=ann", "c"),
            ("用户@例え.jp", "用户", "例え.jp"),
            ("a@[192.0.2.1]", "a", "[192.0.2.1]"),
        ] {
            let mailbox = Mailbox::parse(input.as_bytes()).unwrap();
            assert_eq!((mailbox.local_part(), mailbox.domain()), (local, domain));
            assert_eq!(mailbox.to_string(), input);
        }
    }

    #[test]
    fn what_is_no_mailbox_says_where() {
        for (input, at) in [
            (&b""[..], 0),
            (b"a", 1),
            (b"a@", 2),
            (b"@b", 0),
            (b".a@b", 0),
            (b"a.@b", 0),
            (b"a..b@c", 0),
            (b"a b@c", 1),
            (b"a@b@c", 3),
            (b"\"a@b", 4),
            (b"\"a\r\"@b", 2),
            (b"a\0@b", 1),
            (b"a@b\0@c", 3),
            (b"\xff@b", 0),
        ] {
            assert_eq!(
                Mailbox::parse(input).unwrap_err().at,
                at,
                "{}",
                input.escape_ascii()
            );
        }
    }

    #[test]
    fn the_length_of_the_whole_is_bounded() {
        let fits = format!("{}@example.com", "a".repeat(254 - 12));
        assert!(Mailbox::parse(fits.as_bytes()).is_ok());
        assert!(Mailbox::parse(format!("a{fits}").as_bytes()).is_err());
    }
}
