//! Quotes and signatures in HTML: what the structure says.

use super::blocks::Region;
use super::fragment::{FragmentKind, Rule};
use super::line;
use super::markdown::Outline;
use crate::html::{Element, Renderer, render};

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

#[derive(Clone, Copy)]
struct Mark {
    kind: FragmentKind,
    rule: Rule,
    /// The rest of the document belongs to it.
    to_end: bool,
    /// Attribution and blockquote stand in it, and what is written below and between.
    frame: bool,
}

impl Mark {
    fn region(self, start: usize, end: usize) -> Region {
        let (kind, rule) = (self.kind, self.rule);
        Region {
            start,
            end,
            kind,
            rule,
        }
    }
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

const QUOTE: Mark = Mark {
    kind: FragmentKind::Quote,
    rule: Rule::HtmlQuote,
    to_end: false,
    frame: false,
};
/// Gmail's and Proton's frame around attribution and quote.
const FRAME: Mark = Mark {
    frame: true,
    ..QUOTE
};
/// Thunderbird's line above the quote, which stands outside of it.
const ATTRIBUTION: Mark = Mark {
    kind: FragmentKind::Attribution,
    rule: Rule::HtmlQuote,
    to_end: false,
    frame: false,
};
const REST: Mark = Mark {
    kind: FragmentKind::Quote,
    rule: Rule::HtmlQuote,
    to_end: true,
    frame: false,
};
const SIGNATURE: Mark = Mark {
    kind: FragmentKind::Signature,
    rule: Rule::HtmlSignature,
    to_end: false,
    frame: false,
};

/// A blockquote that nothing marks: a quote, or the writer's own indent.
const INDENT: Mark = Mark {
    kind: FragmentKind::Quote,
    rule: Rule::Blockquote,
    to_end: false,
    frame: false,
};

/// What Gmail's quote button writes: the writer's own, unless an attribution stands above it.
const CITATION: Mark = Mark {
    kind: FragmentKind::Text,
    rule: Rule::Blockquote,
    to_end: false,
    frame: false,
};

fn mark(element: &Element<'_>) -> Option<Mark> {
    // Outlook on the web puts `x_` before what it found in the message it quotes.
    let id = element.id().trim_start_matches("x_");
    let class = |names: &[&str]| {
        element
            .classes()
            .any(|class| names.contains(&class.trim_start_matches("x_")))
    };
    if element.is("blockquote") {
        return match element {
            _ if element.is_cite() => None,
            _ if class(&["gmail_quote"]) => Some(CITATION),
            _ if class(FRAME_CLASSES) || class(QUOTE_CLASSES) => Some(QUOTE),
            _ => Some(INDENT),
        };
    }
    if class(&["moz-cite-prefix"]) {
        return Some(ATTRIBUTION);
    }
    if class(FRAME_CLASSES) {
        return Some(FRAME);
    }
    if class(QUOTE_CLASSES) || QUOTE_IDS.contains(&id) || QUOTE_NAMES.contains(&element.name()) {
        return Some(QUOTE);
    }
    if id.starts_with("yahoo_quoted") {
        return Some(QUOTE);
    }
    if REST_IDS.contains(&id) || id.starts_with("divRplyFwdMsg") {
        return Some(REST);
    }
    let names = element.classes().chain([id, element.name()]);
    if names.map(str::to_lowercase).any(|name| is_signature(&name)) {
        return Some(SIGNATURE);
    }
    if is_outlook_border(element.style()) {
        return Some(REST);
    }
    None
}

/// A blockquote that a mail program put around a quote.
fn is_program_quote(element: &Element<'_>) -> bool {
    let known = |class: &str| {
        let class = class.trim_start_matches("x_");
        FRAME_CLASSES.contains(&class) || QUOTE_CLASSES.contains(&class)
    };
    element.is_cite() || element.classes().any(known)
}

/// Gmail, Proton, Outlook, Spark, Front … call it by its name; Airmail and Mailbird shorten it.
fn is_signature(name: &str) -> bool {
    name.contains("signature") || ["bloop_sign", "mb_sig", "_rc_sig"].contains(&name)
}

/// Outlook for the desktop, and Windows Mail, draw a line above the header block of the quoted message.
fn is_outlook_border(style: &str) -> bool {
    if !style.contains("border-top") {
        return false;
    }
    let style: String = style
        .chars()
        .filter(|c| !c.is_whitespace())
        .flat_map(char::to_lowercase)
        .collect();
    let desktop = style.contains("border-top:solid#") && style.contains("padding:3.0pt0");
    let windows_mail = style.contains("border-top-color:rgb(229,229,229)")
        && style.contains("border-top-width:1px");
    desktop || windows_mail
}

const FRAME_CLASSES: &[&str] = &[
    "gmail_quote",
    "gmail_quote_container",
    "gmail_extra",
    "protonmail_quote",
];

const QUOTE_CLASSES: &[&str] = &[
    "yahoo_quoted",
    "zmail_extra",
    "OutlookMessageHeader",
    "WordSection1_quote",
    "front-blockquote",
    "sh-quoted-content",
    "airmail_ext_on",
    "gmail_attr",
    "missive_quote",
    "tutanota_quote",
    "mailplus_quote",
    "freebird_quote",
    "mail-quote-collapse",
    "ntes-mailmaster-quote",
];

const QUOTE_IDS: &[&str] = &[
    "OLK_SRC_BODY_SECTION",
    "isForwardContent",
    "isReplyContent",
    "mailContentDoc",
    "oriMsgHtmlSeperator",
    "qt",
    "reply-intro",
    "replybody1",
];

/// GMX and web.de, Spark.
const QUOTE_NAMES: &[&str] = &["quote", "messageReplySection"];

/// Outlook on the web and on phones, Hotmail, Zimbra.
const REST_IDS: &[&str] = &[
    "appendonsend",
    "divRplyFwdMsg",
    "mail-editor-reference-message-container",
    "stopSpelling",
    "zwchr",
];
