//! What the doctor has found, and what mends it.

use std::fmt;

use super::code::{Code, Severity};
use crate::record::Record;

/// Something that is not as it should be, or worth knowing.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Finding {
    /// Which kind.
    pub code: Code,
    /// How bad it is here.
    pub severity: Severity,
    /// What it is about: a name with its final dot, or an address.
    pub name: String,
    /// What is the matter, in a sentence.
    pub message: String,
    /// The answers that show it.
    pub evidence: Vec<Evidence>,
    /// What mends it, in this order.
    pub fix: Vec<Change>,
}

/// An answer that shows a finding.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Evidence {
    /// What was asked: a name and a type.
    pub question: String,
    /// What came of it.
    pub answer: String,
    /// Who answered; empty where that was not told.
    pub server: String,
    /// The lowest TTL of the records, in seconds.
    pub ttl: Option<u32>,
}

/// A step that mends something. Printed, all but [`Change::Ask`] can be pasted into a tool that applies them in their order.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Change {
    /// `add OWNER IN TYPE DATA`
    Add(Record),
    /// What cannot be done in the zone: a text for people.
    Ask(String),
    /// `remove OWNER IN TYPE DATA`
    Remove(Record),
    /// `replace OWNER IN TYPE DATA -> OWNER IN TYPE DATA`
    Replace {
        /// What goes.
        old: Record,
        /// What comes.
        new: Record,
    },
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Add(record) => write!(f, "add {record}"),
            Self::Ask(text) => f.write_str(text),
            Self::Remove(record) => write!(f, "remove {record}"),
            Self::Replace { old, new } => write!(f, "replace {old} -> {new}"),
        }
    }
}
