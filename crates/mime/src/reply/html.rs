//! Quotes and signatures in HTML: what the structure says.

use super::blocks::Region;
use super::fragment::{FragmentKind, Rule};
use super::markdown::Outline;
use crate::html::{Element, Renderer, render};

/// Renders HTML as text, with the regions that its structure marks, and its styles.
pub(crate) fn read(html: &str) -> (String, Vec<Region>, Outline) {
    let mut reader = Reader::default();
    let text = render(html, &mut reader);
    reader.structure.finish(text.len());
    (text, reader.structure.regions, reader.outline)
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
    regions: Vec<Region>,
    open: Option<(usize, usize, Mark)>,
    to_end: bool,
}

#[derive(Clone, Copy)]
struct Mark {
    kind: FragmentKind,
    rule: Rule,
    /// The rest of the document belongs to it.
    to_end: bool,
}

impl Renderer for Structure {
    fn marks(&mut self, element: &Element<'_>) -> bool {
        self.open.is_none() && !self.to_end && mark(element).is_some()
    }

    fn open(&mut self, element: &Element<'_>, depth: usize, position: usize) {
        if self.open.is_some() || self.to_end {
            return;
        }
        let Some(mark) = mark(element) else { return };
        self.to_end = mark.to_end;
        self.open = Some((depth, position, mark));
    }

    fn close(&mut self, depth: usize, position: usize) {
        if let Some((opened, start, mark)) = self.open
            && opened == depth
            && !mark.to_end
        {
            self.push(start, position, mark);
        }
    }
}

impl Structure {
    fn push(&mut self, start: usize, end: usize, mark: Mark) {
        self.open = None;
        if start < end {
            self.regions.push(Region {
                start,
                end,
                kind: mark.kind,
                rule: mark.rule,
            });
        }
    }

    fn finish(&mut self, end: usize) {
        if let Some((_, start, mark)) = self.open {
            self.push(start, end, mark);
        }
    }
}

const QUOTE: Mark = Mark {
    kind: FragmentKind::Quote,
    rule: Rule::HtmlQuote,
    to_end: false,
};
/// Thunderbird's line above the quote, which stands outside of it.
const ATTRIBUTION: Mark = Mark {
    kind: FragmentKind::Attribution,
    rule: Rule::HtmlQuote,
    to_end: false,
};
const REST: Mark = Mark {
    kind: FragmentKind::Quote,
    rule: Rule::HtmlQuote,
    to_end: true,
};
const SIGNATURE: Mark = Mark {
    kind: FragmentKind::Signature,
    rule: Rule::HtmlSignature,
    to_end: false,
};

/// A blockquote that nothing marks: a quote, or the writer's own indent.
const INDENT: Mark = Mark {
    kind: FragmentKind::Quote,
    rule: Rule::Blockquote,
    to_end: false,
};

/// What Gmail's quote button writes: the writer's own, unless an attribution stands above it.
const CITATION: Mark = Mark {
    kind: FragmentKind::Text,
    rule: Rule::Blockquote,
    to_end: false,
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
            _ if class(QUOTE_CLASSES) => Some(QUOTE),
            _ => Some(INDENT),
        };
    }
    if class(&["moz-cite-prefix"]) {
        return Some(ATTRIBUTION);
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
    if class(SIGNATURE_CLASSES) || SIGNATURE_IDS.contains(&id) {
        return Some(SIGNATURE);
    }
    if is_outlook_border(element.style()) {
        return Some(REST);
    }
    None
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

const QUOTE_CLASSES: &[&str] = &[
    "gmail_quote",
    "gmail_quote_container",
    "gmail_extra",
    "yahoo_quoted",
    "protonmail_quote",
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

const SIGNATURE_CLASSES: &[&str] = &[
    "gmail_signature",
    "gmail_signature_prefix",
    "moz-signature",
    "protonmail_signature_block",
    "tutanota_signature",
];

const SIGNATURE_IDS: &[&str] = &[
    "AppleMailSignature",
    "Signature",
    "composer_signature",
    "ms-outlook-mobile-signature",
    "ymail_android_signature",
];
