//! Runs of lines with quote marks: where they end, and whose they are.

use super::super::attribution;
use super::super::fragment::FragmentKind;
use super::super::line::Line;
use super::super::marker::{self, Marker};
use super::Reader;

impl Reader<'_> {
    /// The end of the quoted run at `at`: blank lines inside belong to it, and lines torn off by a re-wrap.
    pub(super) fn quote_end(&self, at: usize) -> usize {
        let mut end = at + 1;
        let mut next = end;
        while let Some(line) = self.lines.get(next) {
            if line.depth > 0 {
                next += 1;
                end = next;
            } else if line.is_blank() {
                next += 1;
            } else if next == end && self.is_torn(next) {
                next += 1;
                end = next;
            } else {
                break;
            }
        }
        end
    }

    /// A line without mark between two quoted lines, where the one above breaks off inside a link or a long line.
    pub(super) fn is_torn(&self, at: usize) -> bool {
        let Some(above) = at.checked_sub(1).and_then(|number| self.lines.get(number)) else {
            return false;
        };
        let Some(below) = self.lines.get(at + 1) else {
            return false;
        };
        if above.depth == 0 || below.depth == 0 {
            return false;
        }
        let content = self.lines[at].text(self.text);
        let torn_link =
            attribution::is_open(above.text(self.text)) && content.contains([')', '>', ']']);
        let link = content
            .trim_start_matches(['(', '<', '['])
            .starts_with("http")
            && !content.trim().contains(' ');
        let link = link || content.starts_with("(http") && content.trim_end().ends_with('>');
        // With the first word the line above would have been longer than a line may be.
        let word = content.split(' ').next().unwrap_or_default();
        let wrapped = (above.len() >= 66 || above.len() + word.len() >= 74)
            && content.starts_with(char::is_lowercase)
            && content.len() < 40;
        torn_link || link || wrapped
    }

    /// A run that is a title and a header block, and no more.
    pub(super) fn is_header(&self, at: usize, end: usize) -> bool {
        let solid = |from: usize| (from..end).find(|&at| !self.lines[at].is_empty());
        let Some(first) = solid(at) else { return false };
        let title = marker::read(self.lines[first].text(self.text)) == Some(Marker::Original)
            || marker::is_title(self.lines[first].text(self.text));
        let head = match title {
            true => solid(first + 1),
            false => Some(first),
        };
        head.and_then(|head| self.labels.block_end(self.text, self.lines, head, title))
            .is_some_and(|below| below <= end && solid(below).is_none())
    }

    /// Marked lines of the writer's own: Python's prompt, and a "From" that a mailbox escaped. No introducer stands above.
    pub(super) fn is_own(&self, at: usize, end: usize) -> bool {
        let raw = |line: &Line| self.text.get(line.start..line.end).unwrap_or_default();
        let introduced = self
            .said_above
            .is_some_and(|kind| kind != FragmentKind::Text);
        let run = &self.lines[at..end];
        let prompt = run
            .iter()
            .all(|line| line.is_blank() || line.depth == 3 && raw(line).starts_with(">>> "));
        let escaped = run.len() == 1 && raw(&run[0]).starts_with(">From ");
        !introduced && (prompt || escaped)
    }
}
