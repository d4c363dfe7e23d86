//! Markdown (CommonMark) of what HTML says beyond its text: emphasis, links, lists, code, quotes, headings.
//!
//! The text is rendered once; the rules cut it. What the elements say is kept beside it as spans, so that the cut is the
//! same in both views.

use std::ops::Range;

use super::fragment::Fragment;
use crate::html::{Element, Renderer};

/// What an element says of the text inside it.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Style {
    Code,
    Emphasis,
    Fence,
    Heading(usize),
    /// The dash of a list item, two bytes before the span.
    Item {
        indent: usize,
        number: Option<usize>,
    },
    Link(String),
    /// A list that stands in no other.
    List,
    Quote,
    Strike,
    Strong,
}

/// The styles of a rendered text, in the order in which their elements end.
#[derive(Clone, Debug, Default)]
pub(super) struct Outline {
    spans: Vec<(Range<usize>, Style)>,
    open: Vec<Open>,
    /// The lists around, and how many items each had; `None` for one without numbers.
    lists: Vec<(usize, Option<usize>)>,
}

/// An element that has not ended.
#[derive(Clone, Debug)]
struct Open {
    depth: usize,
    start: usize,
    style: Style,
}

impl Renderer for Outline {
    fn open(&mut self, element: &Element<'_>, depth: usize, position: usize) {
        let list = element.is("ul") || element.is("ol");
        if list {
            self.lists.push((depth, element.is("ol").then_some(0)));
        }
        let style = match element {
            _ if list && self.lists.len() == 1 => Style::List,
            _ if element.is("li") => self.item(),
            _ if element.is("a") && is_web(element.href()) => {
                Style::Link(element.href().trim().to_owned())
            }
            _ if element.is("blockquote") && !element.is_cite() => Style::Quote,
            _ if element.is("pre") => Style::Fence,
            _ => match STYLES.iter().find(|(tag, _)| element.is(tag)) {
                Some((_, style)) => style.clone(),
                None => return,
            },
        };
        // Each looks at all the text inside it.
        if self.open.len() == MAX_DEPTH {
            return;
        }
        self.open.push(Open {
            depth,
            start: position,
            style,
        });
    }

    fn close(&mut self, depth: usize, position: usize) {
        while self.lists.pop_if(|(list, _)| *list >= depth).is_some() {}
        // An element inside ends first.
        if let Some(open) = self.open.pop_if(|open| open.depth >= depth) {
            self.spans.push((open.start..position, open.style));
        }
    }
}

impl Outline {
    fn item(&mut self) -> Style {
        let indent = self
            .lists
            .iter()
            .rev()
            .skip(1)
            .map(|(_, number)| if number.is_some() { 3 } else { 2 })
            .take(MAX_INDENT)
            .sum();
        let number = self.lists.last_mut().and_then(|(_, count)| {
            let count = count.as_mut()?;
            *count += 1;
            Some(*count)
        });
        Style::Item { indent, number }
    }

    /// The visible fragments of the text with their styles; a style that is cut by a fragment's end, and one of a text
    /// that `keeps` refuses, is left out.
    pub(super) fn write(
        &self,
        text: &str,
        fragments: &[Fragment],
        keeps: impl Fn(&str) -> bool,
    ) -> String {
        let mut writer = Writer::default();
        let marks = self.marks(text, fragments, keeps);
        let mut marks = marks.into_iter().peekable();
        for fragment in fragments.iter().filter(|fragment| fragment.visible) {
            writer.end_line();
            let range = fragment.range();
            let mut position = range.start;
            while position < range.end {
                while let Some(mark) = marks.next_if(|mark| mark.position <= position) {
                    position += writer.mark(&mark);
                }
                let end = marks
                    .peek()
                    .map_or(range.end, |mark| mark.position.min(range.end));
                writer.text(text.get(position..end).unwrap_or_default());
                position = end.max(position);
            }
            while let Some(mark) = marks.next_if(|mark| mark.position <= range.end) {
                writer.mark(&mark);
            }
        }
        writer.out
    }

    /// Both ends of every span that stands inside one visible fragment, in the order of the text.
    fn marks<'o>(
        &'o self,
        text: &str,
        fragments: &[Fragment],
        keeps: impl Fn(&str) -> bool,
    ) -> Vec<Mark<'o>> {
        let mut marks = Vec::new();
        for (number, (range, style)) in self.spans.iter().enumerate() {
            let inside = if let Style::Item { .. } = style {
                // The text came with its dash.
                let dash = range.start.checked_sub(2);
                match dash.filter(|&at| text.get(at..range.start) == Some("- ")) {
                    Some(at) => at..range.start,
                    None => continue,
                }
            } else {
                trimmed(text, range)
            };
            let at = fragments.partition_point(|fragment| fragment.range().end < inside.end);
            let visible = fragments
                .get(at)
                .is_some_and(|fragment| fragment.visible && fragment.range().start <= inside.start);
            let content = text.get(inside.clone()).unwrap_or_default();
            if !visible || content.is_empty() || !style.fits(content) || !keeps(content) {
                continue;
            }
            for opens in [true, false] {
                marks.push(Mark {
                    position: if opens { inside.start } else { inside.end },
                    other: if opens { inside.end } else { inside.start },
                    number,
                    opens,
                    style,
                    ticks: longest_run(content, '`') + 1,
                });
            }
        }
        // At one place ends come before beginnings; inner spans, which end first, are inside.
        marks.sort_by_key(|mark| {
            let order = if mark.opens {
                (usize::MAX - mark.other, usize::MAX - mark.number)
            } else {
                (usize::MAX - mark.other, mark.number)
            };
            (mark.position, mark.opens, order)
        });
        marks
    }
}

impl Style {
    /// Whether Markdown can say it of this text.
    fn fits(&self, content: &str) -> bool {
        match self {
            Self::Code | Self::Emphasis | Self::Heading(_) | Self::Strike | Self::Strong => {
                !content.contains("\n\n")
            }
            // A link that shows its address is one as it is.
            Self::Link(target) => !content.contains('\n') && content.trim() != target,
            Self::Fence | Self::Item { .. } | Self::List | Self::Quote => true,
        }
    }
}

/// One end of a span.
struct Mark<'o> {
    position: usize,
    other: usize,
    /// Inner spans have smaller numbers.
    number: usize,
    opens: bool,
    style: &'o Style,
    /// More backticks than stand in a row inside.
    ticks: usize,
}

#[derive(Default)]
struct Writer {
    out: String,
    quotes: usize,
    /// Inside code nothing is escaped; inside a fence lines end as they end.
    code: bool,
    fence: bool,
    /// A list or a quote ended: without a blank line, what comes next would go on with it.
    ended: bool,
}

impl Writer {
    /// Writes one end of a span: how many bytes of the text it replaces.
    fn mark(&mut self, mark: &Mark<'_>) -> usize {
        match mark.style {
            Style::Strong => self.put("**"),
            Style::Emphasis => self.put("*"),
            Style::Strike => self.put("~~"),
            Style::Code => {
                self.code = mark.opens;
                self.put(&"`".repeat(mark.ticks));
            }
            Style::Fence => {
                let fence = "`".repeat(mark.ticks.max(3));
                if !self.at_line_start() {
                    self.out.push('\n');
                }
                self.put(&fence);
                if mark.opens {
                    self.out.push('\n');
                }
                (self.code, self.fence) = (mark.opens, mark.opens);
            }
            Style::Heading(level) if mark.opens => {
                self.put(&"#".repeat(*level));
                self.out.push(' ');
            }
            Style::Link(_) if mark.opens => self.put("["),
            Style::Link(target) => {
                self.put("](");
                for character in target.chars() {
                    match character {
                        '(' => self.out.push_str("%28"),
                        ')' => self.out.push_str("%29"),
                        ' ' => self.out.push_str("%20"),
                        _ if character.is_control() => {}
                        _ => self.out.push(character),
                    }
                }
                self.out.push(')');
            }
            Style::Quote if mark.opens => self.quotes += 1,
            Style::Quote => {
                self.quotes -= 1;
                self.ended = true;
            }
            Style::List => self.ended = !mark.opens,
            Style::Item { indent, number } if mark.opens => {
                self.put(&" ".repeat(*indent));
                match number {
                    Some(number) => self.put(&format!("{number}. ")),
                    None => self.put("- "),
                }
                return 2;
            }
            Style::Heading(_) | Style::Item { .. } => {}
        }
        0
    }

    fn text(&mut self, text: &str) {
        for line in text.split_inclusive('\n') {
            let (line, ends) = match line.strip_suffix('\n') {
                Some(line) => (line, true),
                None => (line, false),
            };
            if self.code {
                self.put(line);
            } else {
                self.escaped(line);
            }
            if ends {
                if self.at_line_start() && self.quotes > 0 {
                    self.put("");
                }
                self.end_of_line();
            }
        }
    }

    fn escaped(&mut self, line: &str) {
        if line.is_empty() {
            return;
        }
        if self.at_line_start() {
            // Dashes below a line of text would make a heading of it.
            let rule = line.len() >= 3 && line.bytes().all(|byte| byte == b'-' || byte == b'=');
            if rule && !self.out.is_empty() && !self.out.ends_with("\n\n") {
                self.put("");
                self.out.push('\n');
            }
            let hashes = line.bytes().take_while(|&byte| byte == b'#').count();
            if hashes > 0 && line[hashes..].starts_with(' ') {
                self.put("\\");
            }
        }
        self.put("");
        let mut before = self.out.chars().next_back().unwrap_or('\n');
        let mut rest = line.chars().peekable();
        while let Some(character) = rest.next() {
            let inside_word = |next: Option<&char>| {
                before.is_alphanumeric() && next.is_some_and(|next| next.is_alphanumeric())
            };
            if matches!(character, '\\' | '`' | '*' | '[' | '<')
                || character == '_' && !inside_word(rest.peek())
            {
                self.out.push('\\');
            }
            self.out.push(character);
            before = character;
        }
    }

    /// Ends a line: two spaces keep the next from being joined to it.
    fn end_of_line(&mut self) {
        let last = self.out.rsplit('\n').next().unwrap_or_default();
        let blank = last.trim_matches(['>', ' ']).is_empty();
        if !blank && !self.fence {
            let end = self.out.trim_end_matches(' ').len();
            self.out.truncate(end);
            self.out.push_str("  ");
        }
        self.out.push('\n');
    }

    fn end_line(&mut self) {
        if !self.at_line_start() {
            self.out.push('\n');
        }
    }

    fn at_line_start(&self) -> bool {
        self.out.is_empty() || self.out.ends_with('\n')
    }

    /// Writes as it is, behind the marks of the quotes at a line's start.
    fn put(&mut self, text: &str) {
        if self.at_line_start() {
            if std::mem::take(&mut self.ended) && !self.out.ends_with("\n\n") {
                self.out.push('\n');
            }
            for _ in 0..self.quotes.min(MAX_QUOTES) {
                self.out.push_str("> ");
            }
        }
        self.out.push_str(text);
    }
}

/// Takes the two spaces off where the next line needs none: before a blank line, a list, a quote, a fence and the end.
pub(super) fn tidy(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut lines = text.lines().peekable();
    while let Some(line) = lines.next() {
        let next = lines.peek().map_or("", |next| next.trim_start());
        let number = next.trim_start_matches(|c: char| c.is_ascii_digit());
        let numbered = number.len() < next.len() && number.starts_with(". ");
        let block = numbered
            || line.starts_with('#')
            || next.starts_with("> ") != line.starts_with("> ")
            || ["- ", "#", "```"]
                .iter()
                .any(|start| next.starts_with(start));
        let needed = !next.is_empty() && !block;
        out.push_str(if needed {
            line
        } else {
            line.trim_end_matches(' ')
        });
        if lines.peek().is_some() {
            out.push('\n');
        }
    }
    out
}

/// The span without white space at either end, nor the marks of a quoted line.
fn trimmed(text: &str, range: &Range<usize>) -> Range<usize> {
    let content = text.get(range.clone()).unwrap_or_default();
    let start = range.end - content.trim_start_matches(BLANKS).len();
    let end = range.start + content.trim_end_matches(BLANKS).len();
    start..end.max(start)
}

fn longest_run(text: &str, wanted: char) -> usize {
    let mut longest = 0;
    let mut run = 0;
    for character in text.chars() {
        run = if character == wanted { run + 1 } else { 0 };
        longest = longest.max(run);
    }
    longest
}

/// Links to anything else are shown as their text: `javascript:` runs, `mailto:` may hold a secret address.
fn is_web(target: &str) -> bool {
    let target = target.trim_start();
    ["http://", "https://"].iter().any(|scheme| {
        target
            .get(..scheme.len())
            .is_some_and(|head| head.eq_ignore_ascii_case(scheme))
    })
}

const STYLES: &[(&str, Style)] = &[
    ("b", Style::Strong),
    ("strong", Style::Strong),
    ("i", Style::Emphasis),
    ("em", Style::Emphasis),
    ("s", Style::Strike),
    ("strike", Style::Strike),
    ("del", Style::Strike),
    ("code", Style::Code),
    ("tt", Style::Code),
    ("kbd", Style::Code),
    ("samp", Style::Code),
    ("h1", Style::Heading(1)),
    ("h2", Style::Heading(2)),
    ("h3", Style::Heading(3)),
    ("h4", Style::Heading(4)),
    ("h5", Style::Heading(5)),
    ("h6", Style::Heading(6)),
];

const BLANKS: [char; 4] = [' ', '\t', '\n', '\r'];

/// Lists in lists in lists: deeper ones stay where these are.
const MAX_INDENT: usize = 8;

/// How many styles are told apart at one place.
const MAX_DEPTH: usize = 32;

const MAX_QUOTES: usize = 20;
