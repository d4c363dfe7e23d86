//! HTML as text.
//!
//! A WHATWG tokenizer finds the tags; a stack of open elements gives them depth. Script, style and title are skipped by
//! the tokenizer's own states, so that `if (a<b)` in a script is no tag. Blocks start on lines of their own, list items
//! get a dash, blockquotes of `type=cite` a `>`, runs of white space are one space outside `pre`.

mod reader;
mod writer;

use std::cell::Cell;
use std::convert::Infallible;

use html5gum::emitters::callback::{CallbackEmitter, CallbackEvent};
use html5gum::{Span, Tokenizer};

use reader::Capped;
use writer::Writer;

/// Renders HTML as text.
///
/// ```
/// use inreply_mime::html::to_text;
///
/// assert_eq!(to_text("<style>p{}</style><p>1 &lt; 2<p>two<br>lines"), "1 < 2\n\ntwo\nlines\n");
/// assert_eq!(to_text("a < b and c"), "a < b and c\n");
/// assert_eq!(to_text("<ul><li>one<li>two</ul>"), "- one\n- two\n");
/// ```
pub fn to_text(html: &str) -> String {
    render(html, &mut Plain)
}

struct Plain;

impl Renderer for Plain {}

/// An element's start tag, as far as anybody asks.
#[derive(Debug, Default)]
pub(crate) struct Element<'e> {
    tag: &'e [u8],
    attributes: &'e Attributes,
}

#[derive(Debug, Default)]
struct Attributes {
    class: String,
    id: String,
    style: String,
    kind: String,
    alt: String,
    name: String,
    href: String,
}

static NO_ATTRIBUTES: Attributes = Attributes {
    class: String::new(),
    id: String::new(),
    style: String::new(),
    kind: String::new(),
    alt: String::new(),
    name: String::new(),
    href: String::new(),
};

impl Default for &Attributes {
    fn default() -> Self {
        &NO_ATTRIBUTES
    }
}

impl Element<'_> {
    pub(crate) fn classes(&self) -> impl Iterator<Item = &str> {
        self.attributes.class.split_ascii_whitespace()
    }

    pub(crate) fn id(&self) -> &str {
        &self.attributes.id
    }

    pub(crate) fn style(&self) -> &str {
        &self.attributes.style
    }

    pub(crate) fn name(&self) -> &str {
        &self.attributes.name
    }

    pub(crate) fn href(&self) -> &str {
        &self.attributes.href
    }

    pub(crate) fn is(&self, name: &str) -> bool {
        self.tag == name.as_bytes()
    }

    /// `type=cite`: the quote of Apple Mail, Thunderbird and their kin.
    pub(crate) fn is_cite(&self) -> bool {
        self.attributes.kind.eq_ignore_ascii_case("cite")
    }
}

/// Is told of the elements and where in the text they stand.
pub(crate) trait Renderer {
    /// Whether the element starts a region: it then starts on a line of its own.
    fn marks(&mut self, element: &Element<'_>) -> bool {
        let _ = element;
        false
    }

    /// An element opens at a byte of the text.
    fn open(&mut self, element: &Element<'_>, depth: usize, position: usize) {
        let _ = (element, depth, position);
    }

    /// The element of a depth closes.
    fn close(&mut self, depth: usize, position: usize) {
        let _ = (depth, position);
    }
}

pub(crate) fn render(html: &str, renderer: &mut impl Renderer) -> String {
    let attributes = Cell::new(0);
    let mut writer = Writer::new(renderer);
    let mut emitter = CallbackEmitter::new(
        |event: CallbackEvent<'_>, _: Span<()>| -> Option<Infallible> {
            match event {
                CallbackEvent::AttributeName { .. } => attributes.set(attributes.get() + 1),
                CallbackEvent::AttributeValue { .. } | CallbackEvent::Error(_) => {}
                _ => attributes.set(0),
            }
            writer.event(event);
            None
        },
    );
    emitter.naively_switch_states(true);
    let reader = Capped::new(html, &attributes);
    let Ok(()) = Tokenizer::new_with_emitter(reader, emitter).finish();
    writer.finish()
}
