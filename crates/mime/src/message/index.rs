//! The flat tables and the one walk that fills them.
//!
//! The walk reads every byte once: header lines by `memchr`, bodies by a substring search for `LF--`, whose hits are
//! held against the stack of open boundaries. Nothing recurses, so depth costs a stack entry and no call frame.

use memchr::{memchr, memmem};

use super::content::{boundary, is_multipart};
use super::deep::{Deep, SHALLOW};
use super::defect::{Defect, DefectKind};
use super::limits::Limits;

/// No such entry.
pub(crate) const NONE: u32 = u32::MAX;

/// The tables of a parsed message, to be used again for the next one.
///
/// [`Message::parse_into`](super::Message::parse_into) clears it and keeps its memory: once it has grown to the size of
/// the largest message, parsing allocates nothing.
#[derive(Clone, Debug, Default)]
pub struct Index {
    pub(crate) fields: Vec<FieldEntry>,
    pub(crate) parts: Vec<PartEntry>,
    pub(crate) defects: Vec<Defect>,
    levels: Vec<Level>,
    /// Boundaries that do not stand in the input in one piece.
    joined: Vec<u8>,
    /// The same levels once more, where they are many.
    deep: Option<Box<Deep>>,
}

/// A header field: byte offsets into the input.
#[derive(Clone, Copy, Debug)]
pub(crate) struct FieldEntry {
    pub(crate) start: u32,
    pub(crate) name_end: u32,
    pub(crate) value_start: u32,
    pub(crate) value_end: u32,
}

/// A part: byte offsets into the input, indices into the tables.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PartEntry {
    pub(crate) parent: u32,
    pub(crate) depth: u32,
    /// One past the last descendant: the part table is in depth-first order.
    pub(crate) subtree_end: u32,
    pub(crate) fields_start: u32,
    pub(crate) fields_end: u32,
    pub(crate) body_start: u32,
    pub(crate) body_end: u32,
    pub(crate) content_type: u32,
    pub(crate) encoding: u32,
    pub(crate) disposition: u32,
    /// A delimiter of its own was seen.
    pub(crate) delimited: bool,
}

/// An open `multipart`.
#[derive(Clone, Copy, Debug)]
struct Level {
    part: u32,
    /// Where its boundary lies: in the input, or in [`Index::joined`].
    boundary_start: u32,
    boundary_len: u32,
    joined: bool,
    first: u8,
    /// First bytes of this boundary and of those around it, as bits: most lines fit none.
    firsts: u64,
    closed: bool,
}

/// A line that delimits parts.
struct Delimiter {
    level: usize,
    close: bool,
    /// Where the enclosed body ends: before the line end that belongs to the delimiter (RFC 2046 §5.1.1).
    body_end: usize,
    next: usize,
}

/// One parse.
pub(crate) struct Walk<'a> {
    raw: &'a [u8],
    limits: &'a Limits,
    index: &'a mut Index,
}

impl<'a> Walk<'a> {
    pub(crate) fn run(raw: &'a [u8], limits: &'a Limits, index: &'a mut Index) {
        index.fields.clear();
        index.parts.clear();
        index.defects.clear();
        index.levels.clear();
        index.joined.clear();
        index.deep = None;
        // What most messages need, so that none but the longest grow a table: three allocations, or none.
        if index.fields.capacity() == 0 {
            index.fields.reserve(FIELDS.min(raw.len() / 4));
            index.parts.reserve(PARTS.min(raw.len() / 16 + 1));
        }
        let mut walk = Walk { raw, limits, index };
        if raw.len() >= NONE as usize {
            walk.defect(DefectKind::TooLong, NONE as usize - 1, raw.len());
            walk.raw = &raw[..NONE as usize - 1];
        }
        walk.walk();
    }

    fn walk(&mut self) {
        let finder = memmem::Finder::new(b"\n--");
        let mut position = self.skip_preface();
        let mut parent = NONE;
        loop {
            let body_start = self.entity(position, parent);
            let Some(delimiter) = self.next_delimiter(&finder, body_start) else {
                self.close_above(0, self.raw.len());
                return;
            };
            match self.open_after(&finder, delimiter) {
                Some((next, within)) => (position, parent) = (next, within),
                None => return,
            }
        }
    }

    /// Follows delimiters until one opens a part: its start and its parent.
    fn open_after(
        &mut self,
        finder: &memmem::Finder<'_>,
        first: Delimiter,
    ) -> Option<(usize, u32)> {
        let mut delimiter = first;
        loop {
            self.close_above(delimiter.level + 1, delimiter.body_end);
            let level = self.index.levels.get_mut(delimiter.level)?;
            let part = level.part;
            if let Some(entry) = self.index.parts.get_mut(part as usize) {
                entry.delimited = true;
            }
            if !delimiter.close && delimiter.next < self.raw.len() {
                if self.index.parts.len() < self.limits.parts {
                    return Some((delimiter.next, part));
                }
                self.defect(DefectKind::TooManyParts, delimiter.next, self.raw.len());
                self.close_above(0, self.raw.len());
                return None;
            }
            level.closed = true;
            let from = delimiter.next;
            match self.find_delimiter(finder, from) {
                Some(next) => delimiter = next,
                None => {
                    self.close_above(0, self.raw.len());
                    return None;
                }
            }
        }
    }

    /// Ends the current leaf and every open `multipart` from `level` on.
    fn close_above(&mut self, level: usize, end: usize) {
        let parts = offset(self.index.parts.len());
        if let Some(leaf) = self.index.parts.last_mut()
            && leaf.body_end == NONE
        {
            leaf.body_end = offset(end).max(leaf.body_start);
            leaf.subtree_end = parts;
        }
        while self.index.levels.len() > level {
            let Some(open) = self.index.levels.pop() else {
                break;
            };
            if let Some(mut deep) = self.index.deep.take() {
                deep.pop(self.boundary(&open));
                self.index.deep = Some(deep).filter(|_| self.index.levels.len() > SHALLOW);
            }
            if open.joined {
                self.index.joined.truncate(open.boundary_start as usize);
            }
            if let Some(part) = self.index.parts.get_mut(open.part as usize) {
                part.body_end = offset(end).max(part.body_start);
                part.subtree_end = parts;
                let range = part.body_start as usize..part.body_end as usize;
                if !open.closed {
                    self.defect(DefectKind::MissingCloseDelimiter, range.start, range.end);
                }
            }
        }
    }

    /// Reads a header section; opens a level where the part is a `multipart`.
    fn entity(&mut self, start: usize, parent: u32) -> usize {
        let number = self.index.parts.len();
        let depth = match self.index.parts.get(parent as usize) {
            Some(parent) => parent.depth + 1,
            None => 0,
        };
        let fields_start = offset(self.index.fields.len());
        let mut part = PartEntry {
            parent,
            depth,
            subtree_end: offset(number + 1),
            fields_start,
            fields_end: fields_start,
            body_start: offset(start),
            body_end: NONE,
            content_type: NONE,
            encoding: NONE,
            disposition: NONE,
            delimited: false,
        };
        let body_start = self.header(start, &mut part);
        part.body_start = offset(body_start);
        part.fields_end = offset(self.index.fields.len());
        self.index.parts.push(part);
        self.open_level(number, part.content_type);
        body_start
    }

    fn open_level(&mut self, number: usize, content_type: u32) {
        let Some(field) = self.index.fields.get(content_type as usize) else {
            return;
        };
        let (start, end) = (field.value_start as usize, field.value_end as usize);
        let value = &self.raw[start..end];
        if !is_multipart(value) {
            return;
        }
        if self.index.levels.len() >= self.limits.depth {
            self.defect(DefectKind::TooDeep, start, end);
            return;
        }
        let before = self.index.joined.len();
        let range = match boundary(value, &mut self.index.joined) {
            Some(range) => start + range.start..start + range.end,
            None => before..self.index.joined.len(),
        };
        let mut level = Level {
            part: offset(number),
            boundary_start: offset(range.start),
            boundary_len: offset(range.len()),
            joined: self.index.joined.len() > before,
            first: 0,
            firsts: self.index.levels.last().map_or(0, |level| level.firsts),
            closed: false,
        };
        let boundary = self.boundary(&level);
        let Some(&first) = boundary.first() else {
            self.defect(DefectKind::MissingBoundary, start, end);
            return;
        };
        level.first = first;
        level.firsts |= bit(first);
        let is_same = |around: &Level| self.boundary(around) == boundary;
        let repeated = match &self.index.deep {
            Some(deep) => deep.level(boundary).is_some(),
            None => self.index.levels.iter().any(is_same),
        };
        if repeated {
            self.defect(DefectKind::RepeatedBoundary, start, end);
        }
        self.index.levels.push(level);
        self.remember_deep();
    }

    /// Remembers the innermost level by its boundary, or all of them where there have come to be many.
    fn remember_deep(&mut self) {
        let count = self.index.levels.len();
        if count <= SHALLOW {
            return;
        }
        let known = self.index.deep.is_some();
        let mut deep = self.index.deep.take().unwrap_or_default();
        let from = if known { count - 1 } else { 0 };
        for number in from..count {
            deep.push(self.boundary(&self.index.levels[number]), number);
        }
        self.index.deep = Some(deep);
    }

    fn boundary(&self, level: &Level) -> &[u8] {
        let bytes = if level.joined {
            &self.index.joined
        } else {
            self.raw
        };
        &bytes[level.boundary_start as usize..][..level.boundary_len as usize]
    }

    /// Blank lines and the `From …` line of an mbox file stand before many a stored message.
    fn skip_preface(&mut self) -> usize {
        let raw = self.raw;
        let blank = raw
            .iter()
            .take_while(|&&b| b == b'\r' || b == b'\n')
            .count();
        let mut position = 0;
        if blank > 0 && self.is_field(blank) {
            self.defect(DefectKind::LeadingBlankLine, 0, blank);
            position = blank;
        }
        let line = &raw[position..];
        // `From :` is a field of obsolete syntax (RFC 5322 §4.5).
        let is_field = |name: &[u8]| name.trim_ascii_start().starts_with(b":");
        let mbox = line
            .strip_prefix(b"From ")
            .or_else(|| line.strip_prefix(b">From "))
            .is_some_and(|rest| !is_field(&rest[..rest.len().min(MAX_BLANKS)]));
        if mbox {
            let end = self.line_end(position);
            self.defect(DefectKind::MboxLine, position, end);
            position = (end + 1).min(raw.len());
        }
        position
    }

    /// Whether the line starts like a field: a name, and a colon right behind it.
    fn is_field(&self, start: usize) -> bool {
        let name = self.raw[start..]
            .iter()
            .take(100)
            .take_while(|b| b.is_ascii_graphic() && **b != b':')
            .count();
        name > 0 && self.raw.get(start + name) == Some(&b':')
    }

    /// Reads fields from `start`; the answer is where the body starts.
    fn header(&mut self, start: usize, part: &mut PartEntry) -> usize {
        let raw = self.raw;
        let mut position = start;
        // Only a field that was remembered takes continuation lines.
        let mut current: Option<usize> = None;
        let mut over = false;
        while position < raw.len() {
            let line = &raw[position..];
            match line {
                [b'\n', ..] => return position + 1,
                [b'\r', b'\n', ..] => return position + 2,
                [b'-', b'-', ..] if !self.index.levels.is_empty() && self.delimits(position) => {
                    self.defect(DefectKind::MissingBlankLine, position, position);
                    return position;
                }
                _ => {}
            }
            let feed = self.line_end(position);
            let end = if feed > position && raw[feed - 1] == b'\r' {
                feed - 1
            } else {
                feed
            };
            let next = (feed + 1).min(raw.len());
            if line[0] == b' ' || line[0] == b'\t' {
                if let Some(field) = current.and_then(|at| self.index.fields.get_mut(at)) {
                    field.value_end = offset(end);
                }
                position = next;
                continue;
            }
            current = None;
            let Some(colon) = memchr(b':', &raw[position..end]) else {
                self.defect(DefectKind::NoColon, position, end);
                position = next;
                continue;
            };
            if !over && self.index.fields.len() >= self.limits.fields {
                self.defect(DefectKind::TooManyFields, position, position);
                over = true;
            }
            if !over && position - start > self.limits.header_bytes {
                self.defect(DefectKind::TooMuchHeader, position, position);
                over = true;
            }
            if !over {
                current = Some(self.index.fields.len());
                self.field(position, position + colon, end, part);
            }
            position = next;
        }
        raw.len()
    }

    fn field(&mut self, start: usize, colon: usize, end: usize, part: &mut PartEntry) {
        let raw = self.raw;
        let mut name_end = colon;
        if colon > start && matches!(raw[colon - 1], b' ' | b'\t') {
            name_end = start + raw[start..colon].trim_ascii_end().len();
            self.defect(DefectKind::SpaceBeforeColon, name_end, colon);
        }
        let number = offset(self.index.fields.len());
        let name = &raw[start..name_end];
        // The three names differ in length: one comparison decides for nearly every field.
        let slot = match name.len() {
            12 if name.eq_ignore_ascii_case(b"content-type") => Some(&mut part.content_type),
            19 if name.eq_ignore_ascii_case(b"content-disposition") => Some(&mut part.disposition),
            25 if name.eq_ignore_ascii_case(b"content-transfer-encoding") => {
                Some(&mut part.encoding)
            }
            _ => None,
        };
        if let Some(slot) = slot {
            if *slot == NONE {
                *slot = number;
            } else {
                self.defect(DefectKind::RepeatedField, start, end);
            }
        }
        self.index.fields.push(FieldEntry {
            start: offset(start),
            name_end: offset(name_end),
            value_start: offset(colon + 1),
            value_end: offset(end),
        });
    }

    /// The delimiter that ends the body at `from`, or the preamble of the `multipart` there.
    fn next_delimiter(&self, finder: &memmem::Finder<'_>, from: usize) -> Option<Delimiter> {
        if self.index.levels.is_empty() {
            return None;
        }
        self.find_delimiter(finder, from)
    }

    fn find_delimiter(&self, finder: &memmem::Finder<'_>, from: usize) -> Option<Delimiter> {
        let raw = self.raw;
        if raw[from.min(raw.len())..].starts_with(b"--")
            && let Some(found) = self.delimiter(from)
        {
            return Some(found);
        }
        let mut position = from;
        loop {
            let line = position + finder.find(raw.get(position..)?)? + 1;
            if let Some(found) = self.delimiter(line) {
                return Some(found);
            }
            position = line;
        }
    }

    fn delimits(&self, line: usize) -> bool {
        self.delimiter(line).is_some()
    }

    /// Reads the line at `line`, which starts with `--`, as a delimiter of an open level.
    ///
    /// RFC 2046 §5.1.1: "An exact match of the entire candidate line is not required; it is sufficient that the boundary
    /// appear in its entirety following the CRLF." The longest boundary that fits is meant, the innermost of equals: a
    /// boundary may begin with the boundary around it. A level that was closed takes its late delimiters out of the way.
    fn delimiter(&self, line: usize) -> Option<Delimiter> {
        let raw = self.raw;
        let first = *raw.get(line + 2)?;
        if self.index.levels.last()?.firsts & bit(first) == 0 {
            return None;
        }
        let feed = self.line_end(line);
        let (number, length) = self.open_level_of(&raw[line + 2..feed], first)?;
        if self.index.levels[number].closed {
            return None;
        }
        let close = raw.get(line + 2 + length..feed)?.starts_with(b"--");
        let mut body_end = line.saturating_sub(1);
        if body_end > 0 && raw[body_end - 1] == b'\r' {
            body_end -= 1;
        }
        let next = (feed + 1).min(raw.len());
        Some(Delimiter {
            level: number,
            close,
            body_end,
            next,
        })
    }

    /// The level of the longest boundary that begins the text, the innermost of equals, and that boundary's length.
    fn open_level_of(&self, text: &[u8], first: u8) -> Option<(usize, usize)> {
        let levels = &self.index.levels;
        if let Some(deep) = &self.index.deep {
            let number = deep.begins(text)?;
            return Some((number, levels[number].boundary_len as usize));
        }
        let mut found: Option<(usize, usize)> = None;
        for (number, level) in levels.iter().enumerate().rev() {
            let length = level.boundary_len as usize;
            if level.first != first || found.is_some_and(|(_, longest)| longest >= length) {
                continue;
            }
            if text.starts_with(self.boundary(level)) {
                found = Some((number, length));
            }
        }
        found
    }

    /// The LF that ends the line, or the end of the input.
    fn line_end(&self, from: usize) -> usize {
        match memchr(b'\n', &self.raw[from..]) {
            Some(at) => from + at,
            None => self.raw.len(),
        }
    }

    fn defect(&mut self, kind: DefectKind, start: usize, end: usize) {
        // One in a thousand lines may be broken in good faith; a message of nothing but defects must not fill the
        // memory.
        if self.index.defects.len() < MAX_DEFECTS {
            self.index.defects.push(Defect::new(kind, start..end));
        }
    }
}

fn bit(byte: u8) -> u64 {
    1 << (byte & 63)
}

/// An offset as the tables hold it; the walk never sees an input beyond it.
pub(crate) fn offset(position: usize) -> u32 {
    u32::try_from(position).unwrap_or(NONE - 1)
}

const MAX_DEFECTS: usize = 1_000;

/// Half of all messages have fewer than 40 fields, nine of ten fewer than 100.
const FIELDS: usize = 100;

const PARTS: usize = 8;

/// More white space between a name and its colon is no field that anybody wrote.
const MAX_BLANKS: usize = 80;
