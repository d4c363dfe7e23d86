//! Header blocks: From, Sent, To, Subject of the quoted message, as Outlook and its kin write them.

use super::attribution::ends_with_address;
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
    /// message: a first line with an address, another with one, and a date with a time.
    pub(crate) fn block_end(
        &self,
        text: &str,
        lines: &[Line],
        first: usize,
        after_rule: bool,
    ) -> Option<usize> {
        self.block(text, lines, first, after_rule)
            .map(|(end, _)| end)
    }

    /// The same, and whether nobody writes such a block by hand.
    pub(crate) fn block(
        &self,
        text: &str,
        lines: &[Line],
        first: usize,
        after_rule: bool,
    ) -> Option<(usize, bool)> {
        let opening = self.lines.get(first)?.as_ref()?;
        if opening.small {
            return None;
        }
        if opening.label == Label::From && is_one_line(lines.get(first)?.text(text)) {
            return Some((first + 1, true));
        }
        let depth = lines.get(first)?.depth;
        let mut block = Block::default();
        block.take(opening);
        let mut end = first + 1;
        // Lines since the last label: folded values, kept only if a label follows.
        let mut folded = 0;
        for (number, line) in lines.iter().enumerate().skip(first + 1).take(MAX_LINES) {
            if line.depth != depth {
                break;
            }
            if line.is_empty() {
                // HTML's paragraphs as text: a blank line between two labels that are known.
                let next = self.lines.get(number + 1).copied().flatten();
                if block.known
                    && folded == 0
                    && next.is_some_and(|next| next.label != Label::Unknown)
                {
                    continue;
                }
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
        block
            .is_header(after_rule)
            .then(|| (end, block.is_certain()))
    }
}

/// `Word: value`, and what the value holds.
#[derive(Clone, Copy)]
struct Labelled {
    label: Label,
    /// No label of a mail program's begins with a small letter; keys in a program's settings do.
    small: bool,
    address: bool,
    date: bool,
    time: bool,
    /// A name, an address and no more.
    mailbox: bool,
    /// The address stands in brackets, as programs write it.
    bracketed: bool,
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
        // NetEase's phones write a table: `| From | Bob Stone<bob@example.com> |`.
        if let Some(row) = line.strip_prefix('|').and_then(|row| row.strip_suffix('|')) {
            let (label, value) = row.split_once('|')?;
            let labelled = Self::of(label, value)?;
            // A row of labels alone is the head of a table.
            let head = value.contains('|')
                || Self::of(value, "").is_some_and(|cell| cell.label != Label::Unknown);
            return (labelled.label != Label::Unknown && !head).then_some(labelled);
        }
        // A colon far inside is no label's: long lines are not searched.
        let head = line
            .char_indices()
            .nth(MAX_LABEL)
            .map_or(line, |(at, _)| &line[..at]);
        let colon = head.find([':', '\u{ff1a}'])?;
        let value = line[colon..].trim_start_matches([':', '\u{ff1a}']);
        Self::of(&line[..colon], value)
    }

    fn of(label: &str, value: &str) -> Option<Self> {
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
        let small = label.starts_with(char::is_lowercase);
        let address = has_address(value);
        let lower = label.to_lowercase();
        let known = |list: &[&str]| list.contains(&lower.as_str());
        // "From: and To: are wrong": no name begins with a small word and has three.
        let first = value.split_whitespace().next().unwrap_or_default();
        let named = address
            || !first.starts_with(char::is_lowercase)
            || !first.chars().all(char::is_alphabetic)
            || value.split_whitespace().count() < 3;
        let label = if known(words::FROM) && named {
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
        Some(Self {
            label,
            small,
            address,
            date: has_date(value),
            time: has_time(value),
            mailbox: value.len() < 120 && ends_with_address(value),
            bracketed: address && value.ends_with(['>', ')', ']']),
        })
    }
}

/// `From: Bob Stone <bob@example.com> Sent: Tuesday, February 3, 2026 9:12 AM To: Ann Field Subject: Lid`: two more
/// labels of a kind of their own in the sender's line, and an address or a time; a date with both is enough.
fn is_one_line(line: &str) -> bool {
    if !has_address(line) && !has_time(line) {
        return false;
    }
    let mut kinds = [false; 3];
    let mut parts = line.split([':', '\u{ff1a}']).skip(1).peekable();
    // "From: means the sender, To: the receiver".
    let name = parts
        .peek()
        .copied()
        .unwrap_or_default()
        .trim_matches(is_blank);
    if name.starts_with(char::is_lowercase) && !has_address(name) {
        return false;
    }
    while let Some(part) = parts.next() {
        if parts.peek().is_none() {
            break;
        }
        let part = part.trim_end_matches(|c: char| is_blank(c) || matches!(c, '*' | '_'));
        let words: Vec<&str> = part.rsplit(is_blank).take(2).collect();
        let one = words[0].trim_start_matches(['*', '_']);
        if !one.starts_with(|c: char| c.is_alphabetic() && !c.is_lowercase()) && words.len() < 2 {
            continue;
        }
        let one = one.to_lowercase();
        let two = format!("{} {one}", words.get(1).unwrap_or(&"").to_lowercase());
        for (kind, list) in kinds
            .iter_mut()
            .zip([words::SENT, words::TO, words::SUBJECT])
        {
            *kind |= list.contains(&one.as_str()) || list.contains(&two.as_str());
        }
    }
    let full = kinds[0] && has_address(line) && has_date(line) && has_time(line);
    full || kinds.iter().filter(|&&kind| kind).count() >= 2
}

/// Combining marks of Thai, Hebrew and Arabic labels, which are no letters.
fn is_mark(c: char) -> bool {
    matches!(u32::from(c), 0x0300..=0x036F | 0x0591..=0x05C7 | 0x064B..=0x065F | 0x0E31..=0x0E4E)
}

#[derive(Default)]
struct Block {
    labels: usize,
    /// All labels are, and the first is the sender's.
    known: bool,
    from: bool,
    sent: bool,
    /// A time of day, with whatever calendar.
    sent_time: bool,
    to: bool,
    subject: bool,
    first_known: bool,
    first_address: bool,
    from_address: bool,
    from_bracketed: bool,
    addresses: usize,
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
            self.known = line.label == Label::From;
            self.first_address = line.address;
        }
        self.known &= line.label != Label::Unknown;
        self.labels += 1;
        match line.label {
            Label::From => self.from = true,
            Label::Sent => self.sent = true,
            Label::To => self.to = true,
            Label::Subject => self.subject = true,
            Label::Unknown => {}
        }
        self.from_address |= line.label == Label::From && line.mailbox;
        self.from_bracketed |= line.label == Label::From && line.bracketed;
        self.sent_time |= line.label == Label::Sent && line.time;
        self.addresses += usize::from(line.address);
        self.date |= line.date;
        self.full_date |= line.date && line.time;
        self.after_from = line.label == Label::From;
    }

    fn fold(&mut self, content: &str) {
        let address = has_address(content);
        self.addresses += usize::from(address);
        self.from_address |= self.after_from && address;
    }

    /// A journey, a form or a title has some of the labels, and no address; an address that is talked of has one label,
    /// and no brackets.
    fn is_certain(&self) -> bool {
        let all = self.from && self.sent && self.to && self.subject;
        self.labels >= 2 && self.addresses > 0 || all || self.from_bracketed
    }

    fn is_header(&self, after_rule: bool) -> bool {
        let known = [self.from, self.sent, self.to, self.subject]
            .iter()
            .filter(|&&known| known)
            .count();
        let address = self.addresses > 0;
        // Without an address "From", "To" and "Date" may be of a journey: its day has no time, and it has no subject.
        if self.from
            && self.first_known
            && known >= 2
            && (address || self.full_date || known >= 3 && self.sent_time)
        {
            return true;
        }
        if self.first_known && known >= 2 && self.date && address {
            return true;
        }
        if known >= 3 && self.from && self.subject {
            return true;
        }
        // A lone sender line with an address is what some clients leave of it.
        if self.labels == 1 && self.from_address {
            return true;
        }
        if after_rule && self.labels >= 2 && (address || self.date) {
            return true;
        }
        self.labels >= 3 && self.first_address && self.addresses >= 2 && self.full_date
    }
}

const MAX_LINES: usize = 24;
const MAX_BYTES: usize = 2_000;
const MAX_LABEL: usize = 48;
