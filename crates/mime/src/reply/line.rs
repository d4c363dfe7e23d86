//! The line model.

use super::marks;

/// A line of the text: byte offsets.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Line {
    pub(crate) start: usize,
    /// Behind the quote marks and white space.
    pub(crate) content: usize,
    /// Before the line end and trailing white space; never before `content`.
    pub(crate) end: usize,
    /// Where the next line starts.
    pub(crate) next: usize,
    /// How many `>` stand before the content.
    pub(crate) depth: usize,
}

impl Line {
    pub(crate) fn text<'t>(&self, text: &'t str) -> &'t str {
        #[cfg(test)]
        super::linear::look();
        text.get(self.content..self.end).unwrap_or_default()
    }

    pub(crate) fn is_blank(&self) -> bool {
        #[cfg(test)]
        super::linear::look();
        self.content >= self.end && self.depth == 0
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.content >= self.end
    }

    pub(crate) fn len(&self) -> usize {
        self.end - self.content
    }
}

/// Cuts the text into lines; every byte belongs to one.
pub(crate) fn lines(text: &str) -> Vec<Line> {
    let mut lines = Vec::with_capacity(text.len() / 32 + 1);
    let bytes = text.as_bytes();
    let mut start = 0;
    while start < bytes.len() {
        let feed = memchr::memchr(b'\n', &bytes[start..]).map_or(bytes.len(), |at| start + at);
        let next = (feed + 1).min(bytes.len());
        lines.push(line(text, start, feed, next));
        start = next;
    }
    marks::bars(text, &mut lines);
    marks::prefixes(text, &mut lines);
    lines
}

/// One line; `end` is where its line end starts.
pub(crate) fn line(text: &str, start: usize, end: usize, next: usize) -> Line {
    let slice = &text[start..end];
    let trimmed = trim_end(slice);
    let mut depth = 0;
    let mut content = 0;
    let bytes = trimmed.as_bytes();
    while let Some(&byte) = bytes.get(content) {
        match byte {
            b'>' => depth += 1,
            b' ' | b'\t' | b'\r' => {}
            0x80.. => {
                let Some(character) = trimmed[content..].chars().next().filter(|&c| is_blank(c))
                else {
                    break;
                };
                content += character.len_utf8();
                continue;
            }
            _ => break,
        }
        content += 1;
    }
    Line {
        start,
        content: start + content,
        end: start + trimmed.len(),
        next,
        depth,
    }
}

/// Nearly every line ends in an ASCII letter or CR, which bytes tell faster.
fn trim_end(slice: &str) -> &str {
    let ascii = slice.trim_ascii_end();
    match ascii.as_bytes().last() {
        Some(0x80..) => ascii.trim_end_matches(is_blank),
        _ => ascii,
    }
}

/// White space, and what HTML editors, phones and right-to-left mail leave at line edges: zero-width characters and
/// direction marks.
pub(crate) fn is_blank(character: char) -> bool {
    character.is_whitespace()
        || matches!(character, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}
