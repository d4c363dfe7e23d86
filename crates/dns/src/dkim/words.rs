//! Words with colons between them: hash algorithms and services.

use std::fmt;

use crate::syntax::{Parsed, Stop, ascii, stop};
use crate::tags::parts;

/// `word *( [FWS] ":" [FWS] word )` (RFC 6376 §3.6.1), kept without the white space; none where the tag is absent.
///
/// ```
/// use inreply_dns::dkim::KeyRecord;
///
/// let record = KeyRecord::parse("v=DKIM1; h=sha1 : sha256; p=")?;
/// assert_eq!(record.hashes.iter().collect::<Vec<_>>(), ["sha1", "sha256"]);
/// assert!(record.hashes.contains("sha256") && record.services.is_empty());
/// # Ok::<(), inreply_dns::SyntaxError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct Words(Box<str>);

impl Words {
    /// The words in their order.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.split(':').filter(|word| !word.is_empty())
    }

    /// Whether the word is one of them.
    pub fn contains(&self, word: &str) -> bool {
        self.iter().any(|other| other == word)
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn parse(value: &[u8]) -> Result<Self, nom::Err<Stop<'_>>> {
        let mut spaces = false;
        for word in value.split(|octet| *octet == b':') {
            let (_, ()) = check(word.trim_ascii())?;
            spaces |= word.trim_ascii().len() < word.len();
        }
        if !spaces {
            return Ok(Self(ascii(value).into()));
        }
        let words: Vec<&str> = parts(value, b':').map(ascii).collect();
        Ok(Self(words.join(":").into()))
    }
}

/// `hyphenated-word`, or an asterisk.
pub(super) fn check(word: &[u8]) -> Parsed<'_, ()> {
    let is_word = |octet: &u8| octet.is_ascii_alphanumeric() || matches!(octet, b'-' | b'*');
    if word.is_empty() || !word.iter().all(is_word) {
        return stop(word, "a word");
    }
    Ok((word, ()))
}

impl fmt::Display for Words {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
