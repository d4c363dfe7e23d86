//! The classes, ids and styles that mail programs put on quotes and signatures.

use super::super::blocks::Region;
use super::super::fragment::{FragmentKind, Rule};
use crate::html::Element;

/// What an element is.
#[derive(Clone, Copy)]
pub(super) struct Mark {
    pub(super) kind: FragmentKind,
    pub(super) rule: Rule,
    /// The rest of the document belongs to it.
    pub(super) to_end: bool,
    /// Attribution and blockquote stand in it, and what is written below and between.
    pub(super) frame: bool,
}

impl Mark {
    pub(super) fn region(self, start: usize, end: usize) -> Region {
        let (kind, rule) = (self.kind, self.rule);
        Region {
            start,
            end,
            kind,
            rule,
        }
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
pub(super) const ATTRIBUTION: Mark = Mark {
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
pub(super) const INDENT: Mark = Mark {
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

/// What an element is, by the names that mail programs give it.
pub(super) fn mark(element: &Element<'_>) -> Option<Mark> {
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
    let mut names = element.classes().chain([id, element.name()]);
    if names.any(is_signature) {
        return Some(SIGNATURE);
    }
    if is_outlook_border(element.style()) {
        return Some(REST);
    }
    None
}

/// A blockquote that a mail program put around a quote.
pub(super) fn is_program_quote(element: &Element<'_>) -> bool {
    let known = |class: &str| {
        let class = class.trim_start_matches("x_");
        FRAME_CLASSES.contains(&class) || QUOTE_CLASSES.contains(&class)
    };
    element.is_cite() || element.classes().any(known)
}

/// Gmail, Proton, Outlook, Spark, Front … call it by its name; Airmail and Mailbird shorten it. What goes on behind the
/// name is something else, as a `signature-request`, unless it is a word for a part of the message.
fn is_signature(name: &str) -> bool {
    if ["bloop_sign", "mb_sig", "_rc_sig"].contains(&name) {
        return true;
    }
    let mut named = false;
    for word in words(name) {
        let word = word.to_lowercase();
        let numbered = word.bytes().all(|byte| byte.is_ascii_digit());
        match SIGNATURE_WORDS.contains(&word.as_str()) {
            true => named = true,
            // Yahoo sets a number of its own before each class.
            false if word.starts_with("ydp") && word.ends_with("signature") => named = true,
            false if named && !numbered && !SIGNATURE_PARTS.contains(&word.as_str()) => {
                return false;
            }
            false => {}
        }
    }
    named
}

/// `x_gmail_signature`, `AppleMailSignature`, cut where a word begins.
fn words(name: &str) -> impl Iterator<Item = &str> {
    name.split(|c: char| !c.is_alphanumeric())
        .flat_map(|joined| {
            let mut start = 0;
            let ends = joined
                .char_indices()
                .zip(joined.chars().skip(1))
                .filter(|((_, one), next)| one.is_lowercase() && next.is_uppercase())
                .map(|((at, one), _)| at + one.len_utf8());
            ends.chain([joined.len()]).map(move |end| {
                let word = &joined[start..end];
                start = end;
                word
            })
        })
        .filter(|word| !word.is_empty())
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

const SIGNATURE_WORDS: &[&str] = &["signature", "mailsignature", "emailsignature"];

/// What programs write behind the word.
const SIGNATURE_PARTS: &[&str] = &[
    "below",
    "block",
    "container",
    "content",
    "prefix",
    "proton",
    "section",
    "text",
    "user",
    "wrapper",
];
