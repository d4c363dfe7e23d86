//! Header blocks: From, Sent, To, Subject of the quoted message, as Outlook and its kin write them.

use super::feature::{has_address, has_date, has_time};
use super::line::{Line, is_blank};
use super::words;

/// The line behind a header block that starts at `first`.
///
/// A run of `Word: value` lines. Known labels decide in any order; without them the shape must be that of a message: a
/// first line with an address, and another with a date and a time.
pub(crate) fn end_of(text: &str, lines: &[Line], first: usize, after_rule: bool) -> Option<usize> {
    let depth = lines.get(first)?.depth;
    let mut block = Block::default();
    let mut end = first;
    // Lines since the last label: folded values, kept only if a label follows.
    let mut folded = 0;
    for (number, line) in lines.iter().enumerate().skip(first).take(MAX_LINES) {
        if line.depth != depth {
            break;
        }
        let content = line.text(text);
        if line.is_empty() {
            if number == first {
                return None;
            }
            break;
        }
        match Labelled::read(content) {
            Some(labelled) if line.len() <= MAX_BYTES => {
                block.take(&labelled);
                end = number + 1;
                folded = 0;
            }
            _ if number == first => return None,
            _ => {
                folded += 1;
                if folded > 2 {
                    break;
                }
                block.fold(content);
            }
        }
    }
    block.is_header(after_rule).then_some(end)
}

/// `Word: value`.
struct Labelled<'t> {
    label: Label,
    value: &'t str,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Label {
    From,
    Sent,
    To,
    Subject,
    Unknown,
}

impl<'t> Labelled<'t> {
    fn read(line: &'t str) -> Option<Self> {
        let (label, value) = line.split_once([':', '\u{ff1a}'])?;
        let label = label.trim_matches(|c: char| is_blank(c) || matches!(c, '*' | '_' | '>' | '|'));
        if label.is_empty() || label.len() > MAX_LABEL || label.split_whitespace().count() > 3 {
            return None;
        }
        if !label.chars().all(|c| {
            c.is_alphabetic() || matches!(c, ' ' | '-' | '\'' | '\u{2019}' | '.' | '\u{a0}') || is_mark(c)
        }) {
            return None;
        }
        let value = value.trim_matches(|c: char| is_blank(c) || matches!(c, '*' | '_'));
        if value.starts_with("//") {
            return None;
        }
        let lower = label.to_lowercase();
        let known = |list: &[&str]| list.contains(&lower.as_str());
        let label = if known(words::FROM) {
            Label::From
        } else if known(words::SENT) {
            Label::Sent
        } else if known(words::SUBJECT) {
            Label::Subject
        } else if known(words::TO) {
            Label::To
        } else {
            Label::Unknown
        };
        Some(Self { label, value })
    }
}

/// Combining marks of Thai, Hebrew and Arabic labels, which are no letters.
fn is_mark(c: char) -> bool {
    matches!(u32::from(c), 0x0300..=0x036F | 0x0591..=0x05C7 | 0x064B..=0x065F | 0x0E31..=0x0E4E)
}

#[derive(Default)]
struct Block {
    labels: usize,
    from: bool,
    sent: bool,
    to: bool,
    subject: bool,
    first_known: bool,
    first_address: bool,
    from_address: bool,
    address: bool,
    date: bool,
    full_date: bool,
    after_from: bool,
}

impl Block {
    fn take(&mut self, line: &Labelled<'_>) {
        let address = has_address(line.value);
        let date = has_date(line.value);
        if self.labels == 0 {
            self.first_known = line.label != Label::Unknown;
            self.first_address = address;
        }
        self.labels += 1;
        match line.label {
            Label::From => self.from = true,
            Label::Sent => self.sent = true,
            Label::To => self.to = true,
            Label::Subject => self.subject = true,
            Label::Unknown => {}
        }
        self.from_address |= line.label == Label::From && address && line.value.len() < 120;
        self.address |= address;
        self.date |= date;
        self.full_date |= date && has_time(line.value);
        self.after_from = line.label == Label::From;
    }

    fn fold(&mut self, content: &str) {
        let address = has_address(content);
        self.address |= address;
        self.from_address |= self.after_from && address;
    }

    fn is_header(&self, after_rule: bool) -> bool {
        let known = [self.from, self.sent, self.to, self.subject]
            .iter()
            .filter(|&&known| known)
            .count();
        if self.from
            && self.first_known
            && known >= 2
            && (self.address || self.date || known >= 3 && self.sent)
        {
            return true;
        }
        if self.first_known && known >= 2 && self.date && (self.address || self.from) {
            return true;
        }
        if known >= 3 && self.from && self.subject {
            return true;
        }
        // A lone sender line with an address is what some clients leave of it.
        if self.labels == 1 && self.from_address {
            return true;
        }
        if after_rule && self.labels >= 2 && (self.address || self.date) {
            return true;
        }
        self.labels >= 3 && self.first_address && self.full_date
    }
}

const MAX_LINES: usize = 24;
const MAX_BYTES: usize = 2_000;
const MAX_LABEL: usize = 48;
