//! Header blocks: From, Sent, To, Subject of the quoted message, as Outlook and its kin write them.

use super::feature::{has_address, has_date, has_time};
use super::line::{Line, is_blank};
use super::words;

/// The labelled lines of a text, each looked at once.
pub(crate) struct Labels {
    lines: Vec<Option<Labelled>>,
}

impl Labels {
    pub(crate) fn of(text: &str, lines: &[Line]) -> Self {
        let read = |line: &Line| match line.len() <= MAX_BYTES {
            true => Labelled::read(line.text(text)),
            false => None,
        };
        Self {
            lines: lines.iter().map(read).collect(),
        }
    }

    /// The line behind a header block that starts at `first`.
    ///
    /// A run of `Word: value` lines. Known labels decide in any order; without them the shape must be that of a
    /// message: a first line with an address, and another with a date and a time.
    pub(crate) fn block_end(
        &self,
        text: &str,
        lines: &[Line],
        first: usize,
        after_rule: bool,
    ) -> Option<usize> {
        let opening = self.lines.get(first)?.as_ref()?;
        let depth = lines.get(first)?.depth;
        let mut block = Block::default();
        block.take(opening);
        let mut end = first + 1;
        // Lines since the last label: folded values, kept only if a label follows.
        let mut folded = 0;
        for (number, line) in lines.iter().enumerate().skip(first + 1).take(MAX_LINES) {
            if line.depth != depth || line.is_empty() {
                break;
            }
            match self.lines.get(number).copied().flatten() {
                // No header says twice who it is from.
                Some(labelled) if block.has(labelled.label) => break,
                Some(labelled) => {
                    block.take(&labelled);
                    end = number + 1;
                    folded = 0;
                }
                None => {
                    folded += 1;
                    if folded > 2 || line.len() > MAX_BYTES {
                        break;
                    }
                    block.fold(line.text(text));
                }
            }
        }
        block.is_header(after_rule).then_some(end)
    }
}

/// `Word: value`, and what the value holds.
#[derive(Clone, Copy)]
struct Labelled {
    label: Label,
    address: bool,
    date: bool,
    time: bool,
    number: bool,
    short: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Label {
    From,
    Sent,
    To,
    Subject,
    Unknown,
}

impl Labelled {
    fn read(line: &str) -> Option<Self> {
        // A colon far inside is no label's: long lines are not searched.
        let head = line
            .char_indices()
            .nth(MAX_LABEL)
            .map_or(line, |(at, _)| &line[..at]);
        let colon = head.find([':', '\u{ff1a}'])?;
        let (label, value) = (
            &line[..colon],
            line[colon..].trim_start_matches([':', '\u{ff1a}']),
        );
        let label = label.trim_matches(|c: char| is_blank(c) || matches!(c, '*' | '_' | '>' | '|'));
        if label.is_empty() || label.len() > MAX_LABEL || label.split_whitespace().count() > 3 {
            return None;
        }
        if !label.chars().all(|c| {
            c.is_alphabetic()
                || matches!(c, ' ' | '-' | '\'' | '\u{2019}' | '.' | '\u{a0}')
                || is_mark(c)
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
        let date = has_date(value);
        Some(Self {
            label,
            address: has_address(value),
            date,
            time: date && has_time(value),
            number: value.contains(char::is_numeric),
            short: value.len() < 120,
        })
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
    /// The date has a number in it, in whatever script.
    sent_number: bool,
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
    fn has(&self, label: Label) -> bool {
        match label {
            Label::From => self.from,
            Label::Sent => self.sent,
            Label::Subject => self.subject,
            // To, Cc and Reply-To are one kind of label here.
            Label::To | Label::Unknown => false,
        }
    }

    fn take(&mut self, line: &Labelled) {
        if self.labels == 0 {
            self.first_known = line.label != Label::Unknown;
            self.first_address = line.address;
        }
        self.labels += 1;
        match line.label {
            Label::From => self.from = true,
            Label::Sent => self.sent = true,
            Label::To => self.to = true,
            Label::Subject => self.subject = true,
            Label::Unknown => {}
        }
        self.from_address |= line.label == Label::From && line.address && line.short;
        self.sent_number |= line.label == Label::Sent && line.number;
        self.address |= line.address;
        self.date |= line.date;
        self.full_date |= line.time;
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
            && (self.address || self.date || known >= 3 && self.sent_number)
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
