//! Code that the writer shows.

use super::super::line::{self, Line};
use super::super::signature;
use super::Reader;

impl Reader<'_> {
    /// A header block set in as code, below a line that leads into it, and the writer goes on at the margin.
    pub(super) fn is_shown(&self, at: usize, end: usize) -> bool {
        let indented = |line: &Line| {
            let indent = self.text.get(line.start..line.content).unwrap_or_default();
            indent.contains('\t') || indent.len() >= 4
        };
        let above = self.lines[..at].iter().rfind(|line| !line.is_blank());
        let below = self.lines[end..].iter().find(|line| !line.is_blank());
        self.lines[at..end].iter().all(indented)
            && above
                .is_some_and(|line| !indented(line) && signature::announces(line.text(self.text)))
            && below.is_some_and(|line| !indented(line))
    }

    /// The writer said something above, and does not lead into what stands here.
    pub(super) fn is_below_text(&self, at: usize) -> bool {
        self.has_text && !self.is_announced(at)
    }

    /// The line above leads into what stands here.
    pub(super) fn is_announced(&self, at: usize) -> bool {
        let above = self.lines[..at].iter().rfind(|line| !line.is_blank());
        above.is_some_and(|line| signature::announces(line.text(self.text)))
    }
}

/// Blocks of code between lines of three backticks, or three tildes: what stands in them is quoted from no mail, whatever
/// its lines begin with. A fence that only a quoted one would close, or nothing, is none.
pub(super) fn fences(text: &str, lines: &[Line]) -> Vec<Option<usize>> {
    let mut found = vec![None; lines.len()];
    let mut close = [None, None];
    for (number, line) in lines.iter().enumerate().rev() {
        let content = line.text(text);
        if line.depth > 0 {
            continue;
        }
        let Some((kind, mark)) = FENCES
            .iter()
            .enumerate()
            .find(|(_, mark)| content.starts_with(**mark))
        else {
            continue;
        };
        let behind = &content[mark.len()..];
        if behind.contains(['`', '~']) {
            continue;
        }
        // Words behind the mark name the language: such a line opens only. From below, one without closes first.
        let bare = behind.trim_matches(line::is_blank).is_empty();
        found[number] = close[kind].take();
        if found[number].is_none() && bare {
            close[kind] = Some(number);
        }
    }
    found
}

const FENCES: &[&str] = &["```", "~~~"];
