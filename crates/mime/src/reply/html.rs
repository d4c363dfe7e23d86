//! Quotes and signatures in HTML: what the structure says.

mod mark;

use super::blocks::Region;
use super::fragment::FragmentKind;
use super::line;
use super::markdown::Outline;
use crate::html::{Element, Renderer, render};
use mark::{ATTRIBUTION, INDENT, Mark, is_program_quote, mark};

/// Renders HTML as text, with the regions that its structure marks, and its styles.
pub(crate) fn read(html: &str) -> (String, Vec<Region>, Outline) {
    let mut reader = Reader::default();
    let text = render(html, &mut reader);
    reader.structure.finish(text.len());
    let regions = reader.structure.regions(&text);
    (text, regions, reader.outline)
}

#[derive(Default)]
struct Reader {
    structure: Structure,
    outline: Outline,
}

impl Renderer for Reader {
    fn marks(&mut self, element: &Element<'_>) -> bool {
        self.structure.marks(element)
    }

    fn open(&mut self, element: &Element<'_>, depth: usize, position: usize) {
        self.structure.open(element, depth, position);
        self.outline.open(element, depth, position);
    }

    fn close(&mut self, depth: usize, position: usize) {
        self.structure.close(depth, position);
        self.outline.close(depth, position);
    }
}

/// Watches elements come and go, and remembers the outermost marked ones.
#[derive(Default)]
struct Structure {
    found: Vec<Found>,
    open: Option<Open>,
    to_end: bool,
}

/// A marked element, and what stands in it where it is a frame.
struct Found {
    region: Region,
    inner: Vec<Region>,
}

struct Open {
    depth: usize,
    start: usize,
    mark: Mark,
    inner: Vec<Region>,
    /// The one that is open.
    within: Option<(usize, usize, Mark)>,
}

impl Renderer for Structure {
    fn marks(&mut self, element: &Element<'_>) -> bool {
        match &self.open {
            Some(open) => open.takes(element).is_some(),
            None => !self.to_end && mark(element).is_some(),
        }
    }

    fn open(&mut self, element: &Element<'_>, depth: usize, position: usize) {
        if let Some(open) = &mut self.open {
            let mark = open.takes(element);
            if let Some(mark) = mark {
                open.within = Some((depth, position, mark));
            }
            return;
        }
        if self.to_end {
            return;
        }
        let Some(mark) = mark(element) else { return };
        self.to_end = mark.to_end;
        self.open = Some(Open {
            depth,
            start: position,
            mark,
            inner: Vec::new(),
            within: None,
        });
    }

    fn close(&mut self, depth: usize, position: usize) {
        let Some(open) = &mut self.open else { return };
        if let Some((opened, start, mark)) = open.within
            && opened >= depth
        {
            open.within = None;
            open.inner.push(mark.region(start, position));
        }
        if open.depth == depth && !open.mark.to_end {
            self.push(position);
        }
    }
}

impl Open {
    /// What an element is inside a frame.
    fn takes(&self, element: &Element<'_>) -> Option<Mark> {
        if !self.mark.frame || self.within.is_some() {
            return None;
        }
        match mark(element) {
            _ if element.is("blockquote") => is_program_quote(element).then_some(INDENT),
            Some(mark) if mark.kind == FragmentKind::Signature => Some(mark),
            _ => None,
        }
    }
}

impl Structure {
    fn push(&mut self, end: usize) {
        let Some(open) = self.open.take() else { return };
        if open.start < end {
            self.found.push(Found {
                region: open.mark.region(open.start, end),
                inner: open.inner,
            });
        }
    }

    fn finish(&mut self, end: usize) {
        if let Some(open) = &mut self.open
            && let Some((_, start, mark)) = open.within.take()
        {
            open.inner.push(mark.region(start, end));
        }
        self.push(end);
    }

    fn regions(self, text: &str) -> Vec<Region> {
        let mut regions = Vec::with_capacity(self.found.len());
        for found in self.found {
            match found.answered(text) {
                true => found.split(&mut regions),
                false => regions.push(found.region),
            }
        }
        regions
    }
}

impl Found {
    /// Something is written in the frame below its first blockquote: Gmail leaves answers there.
    fn answered(&self, text: &str) -> bool {
        let Some(first) = self
            .inner
            .iter()
            .position(|inner| inner.kind == FragmentKind::Quote)
        else {
            return false;
        };
        let starts = self.inner[first + 1..].iter().map(|inner| inner.start);
        let mut gaps = self.inner[first..]
            .iter()
            .map(|inner| inner.end)
            .zip(starts.chain([self.region.end]));
        gaps.any(|(start, end)| {
            let gap = text.get(start..end).unwrap_or_default();
            !gap.trim_matches(|c: char| line::is_blank(c) || c == '-')
                .is_empty()
        })
    }

    fn split(self, regions: &mut Vec<Region>) {
        if let Some(first) = self
            .inner
            .iter()
            .find(|inner| inner.kind == FragmentKind::Quote)
            && self.region.start < first.start
        {
            regions.push(ATTRIBUTION.region(self.region.start, first.start));
        }
        let start = regions.last().map_or(0, |region| region.end);
        regions.extend(
            self.inner
                .into_iter()
                .filter(|inner| inner.start >= start && inner.start < inner.end),
        );
    }
}
