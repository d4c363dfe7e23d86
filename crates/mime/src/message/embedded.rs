//! Files that stand in a text, from before there were parts.

use std::ops::Range;

use memchr::memmem;

use crate::decode::uuencode::Lines;
use crate::decode::{charset, uuencode, yenc};

/// A file in the middle of a text: uuencode between `begin` and `end`, or yEnc.
///
/// See [`Part::embedded_files`](super::Part::embedded_files).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EmbeddedFile {
    name: String,
    range: Range<usize>,
    data: Vec<u8>,
    intact: bool,
}

impl EmbeddedFile {
    /// The file's name, as the sender wrote it: not a name to open a file by.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Where it stands, first to last line, in bytes of [`Part::body`](super::Part::body).
    pub fn range(&self) -> Range<usize> {
        self.range.clone()
    }

    /// The file.
    pub fn data(&self) -> &[u8] {
        &self.data
    }

    /// Whether its end is there: the line `end` of uuencode, the size that yEnc's trailer tells.
    pub fn is_intact(&self) -> bool {
        self.intact
    }
}

/// All of them, in order, at most `limit`.
pub(crate) fn files(body: &[u8], limit: usize) -> Vec<EmbeddedFile> {
    let mut out = Vec::new();
    // Most texts hold neither word: no line of them is looked at.
    if memmem::find(body, b"begin ").is_none() {
        return out;
    }
    let mut lines = Lines::new(body, 0);
    while let Some(line) = lines.next() {
        if out.len() >= limit {
            break;
        }
        let Some(block) =
            uuencode::block(body, line.start).or_else(|| yenc::block(body, line.start))
        else {
            continue;
        };
        lines.position = block.range.end;
        out.push(EmbeddedFile {
            name: charset::utf8(block.name).into_owned(),
            range: block.range,
            data: block.data,
            intact: block.intact,
        });
    }
    out
}
