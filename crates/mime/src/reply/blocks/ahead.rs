//! What stands below or around a line, before it is said what the line is.

use super::super::footer;
use super::super::fragment::FragmentKind;
use super::super::line::Line;
use super::super::marker::{self, Marker};
use super::{Reader, Region};

impl Reader<'_> {
    pub(super) fn is_above(&self, content: &str) -> bool {
        self.markers
            .iter()
            .any(|marker| content.contains(marker.as_str()))
            || marker::read(content) == Some(Marker::Above)
    }

    /// The end of a header block below the line `at`, blank lines between.
    pub(super) fn block_below(&self, at: usize) -> Option<usize> {
        let first = self.solid_below(at)?;
        self.labels.block_end(self.text, self.lines, first, true)
    }

    /// The next line that is not blank, if it is near.
    pub(super) fn solid_below(&self, at: usize) -> Option<usize> {
        (at + 1..self.lines.len().min(at + 4)).find(|&number| !self.lines[number].is_blank())
    }

    pub(super) fn is_quoted_below(&self, last: usize) -> bool {
        let next = self
            .lines
            .iter()
            .skip(last + 1)
            .find(|line| !line.is_blank());
        match next {
            Some(line) => line.depth > 0 || self.in_region(line),
            None => false,
        }
    }

    pub(super) fn in_region(&self, line: &Line) -> bool {
        self.region_of(line).is_some()
    }

    pub(super) fn is_html_quote(&self, line: &Line) -> bool {
        self.region_of(line)
            .is_some_and(|region| region.kind == FragmentKind::Quote)
    }

    pub(super) fn region_of(&self, line: &Line) -> Option<&Region> {
        let next = self
            .regions
            .partition_point(|region| region.end <= line.start);
        let region = self.regions.get(next)?;
        (region.start <= line.start).then_some(region)
    }

    /// Where a signature ends: at the next quote or introducer.
    pub(super) fn signature_end(
        &self,
        from: usize,
        attributions: &[Option<(usize, usize)>],
    ) -> usize {
        (from..self.lines.len())
            .find(|&at| self.is_introducer(at, attributions))
            .unwrap_or(self.lines.len())
    }

    /// A quote starts here, or the line that introduces one.
    pub(super) fn is_introducer(&self, at: usize, attributions: &[Option<(usize, usize)>]) -> bool {
        let line = &self.lines[at];
        if line.depth > 0 || attributions[at].is_some() {
            return true;
        }
        if line.is_blank() {
            return false;
        }
        if self.in_region(line) {
            return true;
        }
        match marker::read(line.text(self.text)) {
            Some(Marker::Above | Marker::Original | Marker::Attribution | Marker::Forward) => true,
            Some(Marker::Rule | Marker::Delimiter) => self.block_below(at).is_some(),
            None => self
                .labels
                .block_end(self.text, self.lines, at, false)
                .is_some(),
        }
    }

    /// The writer goes on behind a rule: a blank line, and a paragraph of sentences.
    pub(super) fn goes_on(&self, from: usize, attributions: &[Option<(usize, usize)>]) -> bool {
        let lines = &self.lines[from..];
        let Some(first) = lines.iter().position(|line| !line.is_blank()) else {
            return false;
        };
        // Looking for the end of a paragraph that goes on above would be quadratic in the rules it holds.
        if first == 0 || self.is_introducer(from + first, attributions) {
            return false;
        }
        let rest = &lines[first..];
        let length = rest.iter().position(Line::is_blank).unwrap_or(rest.len());
        let paragraph = self.text.get(rest[0].start..rest[length - 1].end);
        paragraph.is_some_and(footer::is_prose)
    }

    /// Nothing more is said from here to what introduces the quote, or to the end.
    pub(super) fn ends_at(&self, from: usize, attributions: &[Option<(usize, usize)>]) -> bool {
        let next = (from..self.lines.len()).find(|&at| !self.lines[at].is_blank());
        next.is_none_or(|at| self.is_introducer(at, attributions))
    }
}
