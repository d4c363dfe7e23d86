//! Boundaries of many open levels, found without holding each against a line.
//!
//! A few levels are looked at one by one. Where the caller allows thousands, that would be quadratic in a message of
//! nothing but levels: then a line is asked for each length that a boundary has, and there are few of those.

use std::collections::{BTreeMap, HashMap};

/// What is open, where that is more than [`SHALLOW`] levels.
#[derive(Clone, Debug, Default)]
pub(super) struct Deep {
    /// A boundary to the levels that have it, the innermost last.
    levels: HashMap<Vec<u8>, Vec<usize>>,
    /// How many boundaries there are of each length.
    lengths: BTreeMap<usize, usize>,
}

impl Deep {
    pub(super) fn push(&mut self, boundary: &[u8], level: usize) {
        self.levels
            .entry(boundary.to_vec())
            .or_default()
            .push(level);
        *self.lengths.entry(boundary.len()).or_default() += 1;
    }

    /// Takes away the innermost level that has this boundary.
    pub(super) fn pop(&mut self, boundary: &[u8]) {
        if let Some(levels) = self.levels.get_mut(boundary) {
            levels.pop();
            if levels.is_empty() {
                self.levels.remove(boundary);
            }
        }
        if let Some(count) = self.lengths.get_mut(&boundary.len()) {
            *count -= 1;
            if *count == 0 {
                self.lengths.remove(&boundary.len());
            }
        }
    }

    /// The innermost level with this very boundary.
    pub(super) fn level(&self, boundary: &[u8]) -> Option<usize> {
        self.levels.get(boundary)?.last().copied()
    }

    /// The level of the longest boundary that begins the line, the innermost of equals.
    pub(super) fn begins(&self, line: &[u8]) -> Option<usize> {
        let mut fitting = self.lengths.range(..=line.len()).rev();
        fitting.find_map(|(&length, _)| self.level(&line[..length]))
    }
}

/// Up to here levels are looked at one by one.
pub(super) const SHALLOW: usize = 64;
