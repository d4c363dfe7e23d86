//! Domain names as zone files write them.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

/// The longest name in octets, without its final dot (RFC 1035 §3.1 less the length octets at both ends).
pub const MAX_NAME: usize = 253;

/// The longest label in octets (RFC 1035 §2.3.4).
pub const MAX_LABEL: usize = 63;

/// A fully qualified name, in lower case, printed with its final dot.
///
/// [`FromStr`] takes what a host or a record of a mail domain is called: labels of letters, digits, hyphens and underscores, 1
/// to 63 octets each (RFC 1035 §2.3.4; the underscore of RFC 8552), and the root, `.`. Any other octet that a server may
/// answer with comes in by [`Name::from_presentation`] and [`Name::from_labels`], and is kept as `\DDD` (RFC 1035 §5.1).
///
/// ```
/// use inreply_dns::name::Name;
///
/// let name: Name = "_DMARC.Example.com.".parse().unwrap();
/// assert_eq!(name.to_string(), "_dmarc.example.com.");
/// assert_eq!(name.parent().unwrap().to_string(), "example.com.");
/// assert!("exa mple.com".parse::<Name>().is_err());
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Name(String);

/// A text that is no domain name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "a domain name has labels of 1 to 63 letters, digits, hyphens and underscores, and at most {MAX_NAME} octets"
)]
#[allow(clippy::exhaustive_structs, reason = "there is nothing more to say")]
pub struct NameError;

impl Name {
    /// The root, `.`: the target of a null MX (RFC 7505 §3).
    pub fn root() -> Self {
        Self(String::new())
    }

    /// A name as people write it, in Unicode or in A-labels (RFC 5890 §2.3.2.1).
    ///
    /// ```
    /// use inreply_dns::name::Name;
    ///
    /// let name = Name::from_unicode("Forge.Bücher.example.")?;
    /// assert_eq!(name.to_string(), "forge.xn--bcher-kva.example.");
    /// assert_eq!(name.to_unicode().as_deref(), Some("forge.bücher.example"));
    /// # Ok::<(), inreply_dns::name::NameError>(())
    /// ```
    ///
    /// # Errors
    /// Where it has no A-label form, or that is no domain name.
    pub fn from_unicode(text: &str) -> Result<Self, NameError> {
        if text.is_ascii() {
            return text.parse();
        }
        idna::domain_to_ascii(text).map_err(|_| NameError)?.parse()
    }

    /// A name in the presentation format of zone files: any octet, with `\X` and `\DDD` escapes (RFC 1035 §5.1), `*` among
    /// them.
    ///
    /// # Errors
    /// Where a label is empty or too long, the whole is, or an escape is none.
    pub fn from_presentation(text: &str) -> Result<Self, NameError> {
        match text {
            "" => return Err(NameError),
            "." => return Ok(Self::root()),
            _ => {}
        }
        let mut labels = vec![Vec::new()];
        let mut octets = text.bytes();
        while let Some(octet) = octets.next() {
            let octet = match octet {
                b'.' => {
                    labels.push(Vec::new());
                    continue;
                }
                b'\\' => match octets.next().ok_or(NameError)? {
                    first @ b'0'..=b'9' => {
                        let digits = [Some(first), octets.next(), octets.next()];
                        let digits: Option<Vec<u8>> = digits.into_iter().collect();
                        let digits = String::from_utf8(digits.ok_or(NameError)?);
                        let number = digits.ok().and_then(|digits| digits.parse().ok());
                        number.ok_or(NameError)?
                    }
                    other => other,
                },
                other => other,
            };
            labels.last_mut().ok_or(NameError)?.push(octet);
        }
        if labels.last().is_some_and(Vec::is_empty) {
            labels.pop();
        }
        Self::from_labels(labels)
    }

    /// A name of labels as they stand in a message; none make the root.
    ///
    /// # Errors
    /// Where a label is empty or too long, or the whole is.
    pub fn from_labels<L: AsRef<[u8]>>(
        labels: impl IntoIterator<Item = L>,
    ) -> Result<Self, NameError> {
        let (mut name, mut octets) = (String::new(), 0);
        for label in labels {
            let label = label.as_ref();
            if label.is_empty() || label.len() > MAX_LABEL {
                return Err(NameError);
            }
            if octets > 0 {
                name.push('.');
            }
            octets += label.len() + 1;
            for octet in label {
                match octet {
                    // A dot inside a label and the backslash are escaped too, so that every dot of the text divides labels.
                    b'!'..=b'~'
                        if !matches!(
                            octet,
                            b'.' | b'\\' | b'"' | b';' | b'(' | b')' | b'@' | b'$'
                        ) =>
                    {
                        name.push(char::from(octet.to_ascii_lowercase()));
                    }
                    _ => name.push_str(&format!("\\{octet:03}")),
                }
            }
        }
        if octets > MAX_NAME + 1 {
            return Err(NameError);
        }
        Ok(Self(name))
    }

    /// The name under which the PTR record of an address stands (RFC 1035 §3.5, RFC 3596 §2.5).
    ///
    /// ```
    /// use inreply_dns::name::Name;
    ///
    /// assert_eq!(Name::reverse("192.0.2.1".parse().unwrap()).to_string(), "1.2.0.192.in-addr.arpa.");
    /// ```
    pub fn reverse(address: IpAddr) -> Self {
        Self(match address {
            IpAddr::V4(address) => {
                let [a, b, c, d] = address.octets();
                format!("{d}.{c}.{b}.{a}.in-addr.arpa")
            }
            IpAddr::V6(address) => {
                let mut name = String::new();
                for octet in address.octets().iter().rev() {
                    name.push_str(&format!("{:x}.{:x}.", octet & 0xf, octet >> 4));
                }
                name + "ip6.arpa"
            }
        })
    }

    /// The name without its final dot; empty for the root.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether this is the root.
    pub fn is_root(&self) -> bool {
        self.0.is_empty()
    }

    /// The name `label` below this one.
    ///
    /// # Errors
    /// Where the label is none, or the whole becomes too long.
    pub fn child(&self, label: &str) -> Result<Self, NameError> {
        let child = if self.is_root() {
            label.to_owned()
        } else {
            format!("{label}.{}", self.0)
        };
        let label_is_one = label.split('.').all(is_host_label);
        if label_is_one && Self(child.clone()).octets() <= MAX_NAME {
            Ok(Self(child.to_ascii_lowercase()))
        } else {
            Err(NameError)
        }
    }

    /// The name above this one; the root has none.
    pub fn parent(&self) -> Option<Self> {
        if self.is_root() {
            return None;
        }
        Some(Self(
            self.0
                .split_once('.')
                .map_or_else(String::new, |(_, parent)| parent.to_owned()),
        ))
    }

    /// The labels in presentation format, leftmost first.
    pub fn labels(&self) -> impl DoubleEndedIterator<Item = &str> {
        self.0.split('.').filter(|label| !label.is_empty())
    }

    /// The labels' octets, leftmost first.
    pub fn wire_labels(&self) -> impl Iterator<Item = Vec<u8>> {
        self.labels().map(|label| {
            let (mut octets, mut rest) = (Vec::new(), label);
            while let Some(first) = rest.bytes().next() {
                let number = rest.get(1..4).and_then(|digits| digits.parse().ok());
                match number.filter(|_| first == b'\\') {
                    Some(octet) => {
                        octets.push(octet);
                        rest = &rest[4..];
                    }
                    None => {
                        octets.push(first);
                        rest = &rest[1..];
                    }
                }
            }
            octets
        })
    }

    /// Whether this is `above`, or below it.
    pub fn is_within(&self, above: &Self) -> bool {
        above.is_root()
            || self
                .0
                .strip_suffix(above.as_str())
                .is_some_and(|front| front.is_empty() || front.ends_with('.'))
    }

    /// The name in Unicode without its final dot, where that differs.
    pub fn to_unicode(&self) -> Option<String> {
        if !self.0.contains("xn--") {
            return None;
        }
        let (text, result) = idna::domain_to_unicode(&self.0);
        (result.is_ok() && text != self.0).then_some(text)
    }

    /// Octets of the name without its final dot, an escape counted as the one octet that it is.
    fn octets(&self) -> usize {
        self.0.len() - 3 * self.0.matches('\\').count()
    }
}

fn is_host_label(label: &str) -> bool {
    (1..=MAX_LABEL).contains(&label.len())
        && label
            .bytes()
            .all(|octet| octet.is_ascii_alphanumeric() || matches!(octet, b'-' | b'_'))
}

impl FromStr for Name {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        if text == "." {
            return Ok(Self::root());
        }
        let name = text.strip_suffix('.').unwrap_or(text);
        if name.len() <= MAX_NAME && name.split('.').all(is_host_label) {
            Ok(Self(name.to_ascii_lowercase()))
        } else {
            Err(NameError)
        }
    }
}

/// With its final dot: a name in a zone file without one is relative to the zone.
impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_name_is_refused() {
        for bad in [
            "",
            "a..b",
            ".a",
            "a b",
            "a\n",
            "é.example",
            "a..",
            &"a".repeat(64),
            &["abcdefg"; 32].join("."),
        ] {
            assert_eq!(bad.parse::<Name>(), Err(NameError), "{bad:?}");
        }
        for good in [
            "a",
            ".",
            "A.b.",
            "xn--bcher-kva.example",
            "_dmarc.example",
            &"a".repeat(63),
        ] {
            assert!(good.parse::<Name>().is_ok(), "{good}");
        }
    }

    #[test]
    fn any_octet_comes_in_by_presentation_and_leaves_by_wire() {
        let name = Name::from_presentation("a\\.b\\032\\\\.*.Example").unwrap();
        assert_eq!(name.as_str(), "a\\046b\\032\\092.*.example");
        assert_eq!(Name::from_presentation(&name.to_string()), Ok(name.clone()));
        let labels: Vec<_> = name.wire_labels().collect();
        assert_eq!(labels[0], b"a.b \\");
        assert_eq!(Name::from_labels(labels), Ok(name));
        for bad in ["a\\", "a\\99", "a\\999", "a..b", ""] {
            assert_eq!(Name::from_presentation(bad), Err(NameError), "{bad}");
        }
    }

    #[test]
    fn relations() {
        let name: Name = "a.b.example".parse().unwrap();
        let above = |text: &str| name.is_within(&text.parse().unwrap());
        assert!(above("a.b.example") && above("example") && above("."));
        assert!(!above("xa.b.example") && !above("ample") && !above("c.a.b.example"));
        assert_eq!(Name::root().parent(), None);
        assert_eq!(
            "example".parse::<Name>().unwrap().parent(),
            Some(Name::root())
        );
        assert_eq!(
            Name::reverse("2001:db8::6".parse().unwrap()).as_str(),
            "6.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa"
        );
    }
}
