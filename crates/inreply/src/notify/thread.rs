//! What notifications belong to, and its names.

use std::fmt::Write;

use sha2::{Digest, Sha256};

use super::{ComposeError, one_line};
use crate::site::Site;

/// What notifications of one thread have in common.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(clippy::exhaustive_structs)]
pub struct Thread {
    /// What it is: `issue`, in 1 to 32 lower-case letters.
    pub kind: &'static str,
    /// Its id, for the token and the Message-ID.
    pub id: u64,
    /// Its title.
    pub title: String,
    /// What it is part of, a project's name, say: the list of List-Id.
    pub list: String,
}

impl Thread {
    /// The id that every message of the thread refers to.
    pub(super) fn root(&self, site: &Site) -> Result<String, ComposeError> {
        let letters = self.kind.bytes().all(|octet| octet.is_ascii_lowercase());
        if !letters || !(1..=32).contains(&self.kind.len()) {
            return Err(ComposeError::Kind);
        }
        Ok(format!("{}/{}@{}", self.kind, self.id, site.host()))
    }

    /// `list-id = [phrase] "<" list-label "." list-id-namespace ">"` (RFC 2919 §2), without the phrase: `X-Inreply-List` has it.
    pub(super) fn list_id(&self, site: &Site) -> String {
        format!("<{}.{}>", label(&self.list), site.host())
    }
}

/// Characters of a name that stand in its label: with the hash a label stays within 63 octets (RFC 1035 §2.3.4).
const LABEL_CHARS: usize = 50;

/// `text` as one label of a List-Id, of letters, digits and hyphens. Where more than that had to go, a hash keeps two lists
/// apart.
fn label(text: &str) -> String {
    let text = one_line(text);
    let letters = text
        .chars()
        .take(LABEL_CHARS)
        .map(|c| match c.is_ascii_alphanumeric() {
            true => c.to_ascii_lowercase(),
            false => '-',
        });
    let label: String = letters.collect();
    let label = label.trim_matches('-');
    let is_lossy = text.chars().any(|c| !c.is_ascii() && c.is_alphanumeric());
    if !label.is_empty() && !is_lossy && text.chars().nth(LABEL_CHARS).is_none() {
        return label.to_owned();
    }
    let mut label = if label.is_empty() { "list" } else { label }.to_owned();
    let _ = write!(label, "-");
    for octet in &Sha256::digest(text.as_bytes())[..4] {
        let _ = write!(label, "{octet:02x}");
    }
    label
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_have_labels_of_their_own() {
        assert_eq!(label("Widgets"), "widgets");
        assert_eq!(label("team/Widgets 2"), "team-widgets-2");
        let (one, other) = (label("위젯"), label("기계"));
        assert!(one.starts_with("list-") && one != other, "{one} {other}");
        assert!(label(&"long ".repeat(50)).len() <= 63);
        assert_eq!(label("\r\n..").len(), "list-01234567".len());
    }
}
