//! Text from the tokenizer's events.

use html5gum::emitters::callback::CallbackEvent;

use super::{Attributes, Element, Renderer};

pub(super) struct Writer<'r, R> {
    renderer: &'r mut R,
    out: String,
    stack: Vec<Open>,
    name: Vec<u8>,
    attributes: Attributes,
    attribute: Attribute,
    /// Line ends wanted before the next text.
    breaks: usize,
    space: bool,
    quotes: usize,
    /// Where the last quote starts: a paragraph there needs no blank line above it.
    quote_start: usize,
    pre: usize,
    hidden: usize,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Attribute {
    Class,
    Id,
    Style,
    Kind,
    Alt,
    Name,
    Href,
    Other,
}

/// An open element.
struct Open {
    tag: Tag,
    /// Lines inside bear a `>`.
    cite: bool,
    /// Nothing inside is shown.
    hidden: bool,
    /// The renderer was told.
    marked: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Tag {
    Block,
    Paragraph,
    Item,
    Cell,
    Quote,
    Pre,
    Inline(u64),
}

impl<'r, R: Renderer> Writer<'r, R> {
    pub(super) fn new(renderer: &'r mut R) -> Self {
        Self {
            renderer,
            out: String::new(),
            stack: Vec::new(),
            name: Vec::new(),
            attributes: Attributes::default(),
            attribute: Attribute::Other,
            breaks: 0,
            space: false,
            quotes: 0,
            quote_start: 0,
            pre: 0,
            hidden: 0,
        }
    }

    pub(super) fn event(&mut self, event: CallbackEvent<'_>) {
        match event {
            CallbackEvent::OpenStartTag { name } => {
                self.name.clear();
                self.name.extend_from_slice(name);
                for value in [
                    &mut self.attributes.class,
                    &mut self.attributes.id,
                    &mut self.attributes.style,
                    &mut self.attributes.kind,
                    &mut self.attributes.alt,
                    &mut self.attributes.name,
                    &mut self.attributes.href,
                ] {
                    value.clear();
                }
            }
            CallbackEvent::AttributeName { name } => {
                self.attribute = match name {
                    b"class" => Attribute::Class,
                    b"id" => Attribute::Id,
                    b"style" => Attribute::Style,
                    b"type" => Attribute::Kind,
                    b"alt" => Attribute::Alt,
                    b"name" => Attribute::Name,
                    b"href" => Attribute::Href,
                    _ => Attribute::Other,
                };
            }
            CallbackEvent::AttributeValue { value } => {
                let slot = match self.attribute {
                    Attribute::Class => &mut self.attributes.class,
                    Attribute::Id => &mut self.attributes.id,
                    Attribute::Style => &mut self.attributes.style,
                    Attribute::Kind => &mut self.attributes.kind,
                    Attribute::Alt => &mut self.attributes.alt,
                    Attribute::Name => &mut self.attributes.name,
                    Attribute::Href => &mut self.attributes.href,
                    Attribute::Other => return,
                };
                // WHATWG: of two attributes with one name the first counts.
                if slot.is_empty() {
                    slot.push_str(&String::from_utf8_lossy(value));
                }
            }
            CallbackEvent::CloseStartTag { self_closing } => self.start(self_closing),
            CallbackEvent::EndTag { name } => self.end(name),
            CallbackEvent::String { value } => self.text(&String::from_utf8_lossy(value)),
            CallbackEvent::Comment { .. }
            | CallbackEvent::Doctype { .. }
            | CallbackEvent::Error(_) => {}
        }
    }

    fn start(&mut self, self_closing: bool) {
        let name = std::mem::take(&mut self.name);
        match name.as_slice() {
            b"br" => self.line_break(),
            b"hr" => {
                let element = Element {
                    tag: b"hr",
                    attributes: &self.attributes,
                };
                if self.renderer.marks(&element) {
                    self.breaks = self.breaks.max(1);
                    self.flush_breaks();
                    let element = Element {
                        tag: b"hr",
                        attributes: &self.attributes,
                    };
                    self.renderer
                        .open(&element, self.stack.len(), self.out.len());
                }
                self.want(1);
                self.literal("--------");
                self.want(1);
            }
            b"img" => {
                // An emoji or a smiley is text to its writer; a picture's description is not.
                let alt = std::mem::take(&mut self.attributes.alt);
                if !alt.is_empty() && alt.chars().count() <= 2 && !alt.is_ascii() {
                    self.text(&alt);
                }
            }
            b"meta" | b"link" | b"input" | b"wbr" | b"base" | b"col" | b"area" | b"source"
            | b"embed" => {}
            name if self_closing && matches!(tag_of(name), Tag::Inline(_)) => {}
            name => self.open(name),
        }
        self.name = name;
    }

    fn open(&mut self, name: &[u8]) {
        let tag = tag_of(name);
        let cite = tag == Tag::Quote && self.attributes.kind.eq_ignore_ascii_case("cite");
        // An item or paragraph ends the one before it (WHATWG "implied end tags").
        if matches!(tag, Tag::Item | Tag::Paragraph)
            && self.stack.last().is_some_and(|open| open.tag == tag)
        {
            self.pop();
        }
        let element = Element {
            tag: name,
            attributes: &self.attributes,
        };
        let marked = self.renderer.marks(&element);
        if marked {
            self.breaks = self.breaks.max(1);
            self.flush_breaks();
        }
        match tag {
            Tag::Block => self.want(1),
            Tag::Paragraph => self.want(2),
            Tag::Item => {
                self.want(1);
                self.literal("- ");
            }
            Tag::Cell => self.space = true,
            Tag::Quote => {
                self.want(1);
                self.flush_breaks();
                self.quotes += usize::from(cite);
                self.quote_start = self.out.len();
            }
            Tag::Pre => {
                self.want(1);
                self.pre += 1;
            }
            Tag::Inline(_) => {}
        }
        let hidden = is_hidden(name, &self.attributes.style);
        self.hidden += usize::from(hidden);
        let element = Element {
            tag: name,
            attributes: &self.attributes,
        };
        self.renderer
            .open(&element, self.stack.len(), self.out.len());
        self.stack.push(Open {
            tag,
            cite,
            hidden,
            marked,
        });
    }

    fn end(&mut self, name: &[u8]) {
        if name == b"br" {
            self.line_break();
            return;
        }
        if name == b"p"
            && !self
                .stack
                .iter()
                .rev()
                .take(LOOK_BACK)
                .any(|open| open.tag == Tag::Paragraph)
        {
            self.want(2);
            return;
        }
        let wanted = tag_of(name);
        // An end tag without its start closes nothing; looking for one through a deep stack would be quadratic.
        let Some(up) = self
            .stack
            .iter()
            .rev()
            .take(LOOK_BACK)
            .position(|open| open.tag == wanted)
        else {
            return;
        };
        for _ in 0..=up {
            self.pop();
        }
    }

    fn pop(&mut self) {
        let Some(open) = self.stack.pop() else { return };
        match open.tag {
            Tag::Block | Tag::Item => self.want(1),
            Tag::Paragraph => self.want(2),
            Tag::Cell => self.space = true,
            Tag::Quote => {
                self.want(1);
                self.quotes -= usize::from(open.cite);
            }
            Tag::Pre => {
                self.want(1);
                self.pre = self.pre.saturating_sub(1);
            }
            Tag::Inline(_) => {}
        }
        self.hidden -= usize::from(open.hidden);
        if open.marked {
            self.want(1);
            self.flush_breaks();
        }
        let position = self.out.len();
        self.renderer.close(self.stack.len(), position);
    }

    fn want(&mut self, breaks: usize) {
        self.space = false;
        if !self.out.is_empty() && self.hidden == 0 {
            self.breaks = self.breaks.max(breaks);
        }
    }

    fn line_break(&mut self) {
        if self.hidden > 0 {
            return;
        }
        self.flush_breaks();
        if self.at_line_start() {
            self.marks();
        }
        self.newline();
        self.space = false;
    }

    fn newline(&mut self) {
        while self.out.ends_with([' ', '\t']) {
            self.out.pop();
        }
        self.out.push('\n');
    }

    fn at_line_start(&self) -> bool {
        self.out.is_empty() || self.out.ends_with('\n')
    }

    fn flush_breaks(&mut self) {
        let wanted = std::mem::take(&mut self.breaks);
        if wanted == 0 || self.out.is_empty() || self.out.len() == self.quote_start {
            return;
        }
        let feed = |byte: &u8| {
            #[cfg(test)]
            crate::reply::linear::look();
            *byte == b'\n'
        };
        // There may be very many, and one element after the other asks.
        let have = self.out.bytes().rev().take(wanted).take_while(feed).count();
        for number in have..wanted {
            if number > 0 && self.quotes > 0 {
                self.marks();
            }
            self.newline();
        }
    }

    fn marks(&mut self) {
        for _ in 0..self.quotes.min(MAX_MARKS) {
            self.out.push('>');
        }
        if self.quotes > 0 {
            self.out.push(' ');
        }
    }

    fn literal(&mut self, text: &str) {
        if self.hidden > 0 {
            return;
        }
        self.flush_breaks();
        if self.at_line_start() {
            self.marks();
        }
        self.out.push_str(text);
    }

    fn text(&mut self, text: &str) {
        if self.hidden > 0 {
            return;
        }
        if self.pre > 0 {
            for (number, line) in text.split('\n').enumerate() {
                if number > 0 {
                    self.line_break();
                }
                if !line.is_empty() {
                    self.literal(line);
                }
            }
            return;
        }
        for (number, word) in text.split([' ', '\t', '\n', '\r', '\u{c}']).enumerate() {
            if number > 0 {
                self.space = true;
            }
            if word.is_empty() {
                continue;
            }
            self.flush_breaks();
            if self.at_line_start() {
                self.marks();
            } else if self.space && !self.out.ends_with(' ') {
                self.out.push(' ');
            }
            self.space = false;
            self.out.push_str(word);
        }
    }

    pub(super) fn finish(mut self) -> String {
        while !self.stack.is_empty() {
            self.pop();
        }
        if !self.out.is_empty() && !self.out.ends_with('\n') {
            self.newline();
        }
        self.out
    }
}

/// Elements whose text is no text, and those a style sheet would not show.
fn is_hidden(name: &[u8], style: &str) -> bool {
    match name {
        b"script" | b"style" | b"title" | b"template" | b"iframe" | b"object" | b"select"
        | b"textarea" | b"svg" | b"math" | b"noembed" | b"noframes" => true,
        _ if style.is_empty() || style.len() > MAX_STYLE => false,
        _ => {
            let style: String = style.chars().filter(|c| !c.is_whitespace()).collect();
            let style = style.to_ascii_lowercase();
            style.contains("display:none") || style.contains("mso-hide:all")
        }
    }
}

fn tag_of(name: &[u8]) -> Tag {
    match name {
        b"p" => Tag::Paragraph,
        b"div" | b"table" | b"tr" | b"ul" | b"ol" | b"dl" | b"dt" | b"dd" | b"section"
        | b"article" | b"header" | b"footer" | b"main" | b"nav" | b"aside" | b"address"
        | b"form" | b"fieldset" | b"center" | b"caption" | b"body" | b"html" | b"figure"
        | b"figcaption" | b"details" | b"summary" => Tag::Block,
        b"h1" | b"h2" | b"h3" | b"h4" | b"h5" | b"h6" => Tag::Paragraph,
        b"li" => Tag::Item,
        b"td" | b"th" => Tag::Cell,
        b"blockquote" => Tag::Quote,
        b"pre" | b"listing" | b"xmp" => Tag::Pre,
        _ => Tag::Inline(hash(name)),
    }
}

/// Tells inline elements apart without keeping their names (FNV-1a).
fn hash(name: &[u8]) -> u64 {
    name.iter().fold(0xcbf2_9ce4_8422_2325, |hash, &b| {
        (hash ^ u64::from(b)).wrapping_mul(0x0100_0000_01b3)
    })
}

/// Deeper quotes than these get no more marks, so that a line is never longer than its marks allow.
const MAX_MARKS: usize = 20;

/// How far an end tag looks for its start tag.
const LOOK_BACK: usize = 64;

/// A style longer than this is searched for nothing.
const MAX_STYLE: usize = 2_000;
