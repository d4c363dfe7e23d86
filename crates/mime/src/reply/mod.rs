//! What the person wrote: the visible reply.
//!
//! ```text
//!  Yes, tomorrow.                                      text           shown
//!
//!  Regards,                                            text           shown: the sign-off is the writer's
//!  Ann
//!  --                                                  signature      cut: behind a delimiter
//!  Ann Field, Lid Department
//!
//!  Am 03.02.26 um 09:12 schrieb Bob:                   attribution    cut: a date, a verb, a final colon
//!  > Is it?                                            quote          cut: marked
//! ```
//!
//! # The policy
//! - Shown: the writer's text, with sign-off and name; a citation that a line of theirs leads into; the quotes that
//!   inline answers refer to; a forwarded message.
//! - Cut: a quote with its attribution or header block, also where no mark shows its end; one quote with the answer
//!   below it (the answer stays); what stands behind `-- `, `--` or `___`, a trailing `-Name`, a contact block; lines
//!   of mail programs; disclaimers; gateways' banners; everything below "reply above this line".
//! - Losing a sentence is worse than showing a quote. Where a rule is unsure, the text stays.
//!
//! [`Options`] change it, [`Reply::fragments`] hold everything, cut or not.
//!
//! # The rules
//! Shapes first, words second: each rule has a [`Rule`] and a [`Certainty`].
//!
//! **Attribution**: up to five lines that hold a date, and an address or a verb of writing, and end in a colon. An
//! unmarked one must also open with its date, its preposition or a name, and hold no word of a speaker's ("On 3 May I
//! wrote to bob@example.com:"). Above a quote less is enough: a name and an address, or a name and a verb. An item of a
//! list is no part of one.
//! ```text
//! Le mar. 3 févr. 2026 à 09:12, Bob Stone <bob@example.com> a       Gmail, wrapped at 76
//! écrit :
//! > Il est là ?
//! ```
//! **Header block**: a run of `Word: value` lines with known labels, and an address, a time or a subject: a journey has
//! "From", "To" and "Date", too. Without known labels, an address in the first of three lines or more, another address,
//! and a date with a time. One without address or with one label alone needs the writer's words above it, and no colon
//! that leads into it.
//! ```text
//! Von: Bob Stone <bob@example.com>                                  Outlook: the quote has no marks
//! Gesendet: Dienstag, 3. Februar 2026 09:12                         and goes to the end
//! An: Ann Field
//! Betreff: Deckel
//!
//! Ist er da?
//! ```
//! **Markers**: a known title between dashes, dashes around an attribution, a line that asks for the answer above it.
//! ```text
//! -----Ursprüngliche Nachricht-----                                 Outlook of old
//! ---- On Tue, 03 Feb 2026 09:12:44 +0100 Bob wrote ----            Zoho
//! ## Reply above this line ##                                       a notification
//! ```
//! **Quote marks**: `>`; bars that are no table, initials and other marks, each from where a date or a verb of writing
//! introduces it. Lines that a re-wrap tore off a quoted line belong to the quote; Python's prompt is none.
//! ```text
//! > a line that was as long as it could be before it was
//! quoted
//! > and goes on
//! ```
//! **Signatures**: a delimiter, a trailing name behind a dash, a block of numbers and addresses, a program's own line
//! (a word of sending, and a device or a program, and nobody who does something). Below such a line in a paragraph of its
//! own stands what the telephone quotes; below one within a paragraph the writer goes on. What was asked for stays: behind a colon, or as the whole message.
//! ```text
//! -Ann                 --                       Von meinem iPhone gesendet
//!                      Ann Field
//! ```
//! **Gateways**: a first paragraph that warns of mail from outside; last ones with words of the lawyers',
//! with a company's registration, a virus scanner's verdict, or how to leave a list.
//! ```text
//! [EXTERNAL] Do not click links unless you recognize the sender.
//! ```
//! **HTML**: the classes and ids that mail programs put on quotes and signatures come first, then the text rules on
//! what is left. A plain `<blockquote>` is a quote, and the writer's where a line leads into it and more follows. What
//! is written in Gmail's and Proton's frame below their blockquote is the writer's.
//! ```text
//! <div class="gmail_quote">                         Gmail, and many that copied it
//! <blockquote type="cite">                          Apple Mail, Thunderbird
//! <div class="moz-cite-prefix">                     Thunderbird's line above it
//! <div style="border:none;border-top:solid #E1E1E1  Outlook
//! <div id="divRplyFwdMsg">, <div id="appendonsend"> Outlook on the web
//! <div class="yahoo_quoted">, "protonmail_quote"    Yahoo, Proton
//! <div name="quote">, <hr id="zwchr">               GMX and web.de, Zimbra
//! ```
//! **Inline answers**: several quotes with text below each stay, with the attribution above the first.
//! ```text
//! > Is it there?                                    shown
//! Yes.
//! > And the box?                                    shown
//! No.
//! ```
//!
//! # Adding a language
//! Nothing, if its mail programs write date, address and colon: the shapes know no language. Else
//! 1. write `tests/replies/languages/xx.txt`, from what the programs write in that language, and run
//!    `cargo test -p inreply-mime --test reply_languages`: it shows which lines the shapes do not know;
//! 2. add to `words/` what is missing: the verb that ends an attribution, the labels of a header block, the titles of
//!    quoted and forwarded messages, how the line of a telephone begins, and what a disclaimer says.
//!
//! # Beside other extractors
//! Of 408 replies in plain text out of other projects' test suites, 205 were seen when the rules were written:
//!
//! | | right | the median reply |
//! |---|---|---|
//! | here | 94 % of the 205 | 5 µs |
//! | email_reply_trimmer (Ruby), the best of 22 | 67 % of the 408, 61 % without its own suite | 212 µs |
//! | email_reply_parser (Rust) | 49 % of the 408 | 20 ms |
//! | email_reply_parser (Ruby, GitHub's) | 34 % of the 408 | |
//!
//! Most take quadratic time on some input. `LEDGER.md` names the cases that contradict the policy.
//!
//! # Why linear?
//! Each rule looks at a line a bounded number of times: what joins lines joins five at most, of 500 bytes at most; a
//! header block has 25 at most; what a search found once, an end that never comes, is kept. A test counts the looks.
//! There is no regular expression.

mod attribution;
mod blocks;
mod client_line;
pub(crate) mod feature;
mod footer;
mod fragment;
mod header_block;
mod html;
mod line;
#[cfg(test)]
pub(crate) mod linear;
mod markdown;
mod marker;
mod marks;
mod options;
mod own;
mod policy;
mod sentence;
mod shown;
mod signature;
mod verb;
mod words;

use std::borrow::Cow;
use std::fmt::Write;

pub use fragment::{Certainty, Fragment, FragmentKind, Rule};
pub use options::Options;

use crate::message::Message;
use crate::tnef::Tnef;
use blocks::Region;
use markdown::Outline;

/// A reply, cut into fragments that tile its text.
///
/// ```
/// use inreply_mime::reply::{FragmentKind, Reply};
///
/// let reply = Reply::of_text("Yes, please.\n\nOn 3 May 2024 at 10:12, Bob <bob@example.com> wrote:\n> Coffee?\n");
/// assert_eq!(reply.visible(), "Yes, please.");
/// let kinds: Vec<FragmentKind> = reply.fragments().iter().map(|fragment| fragment.kind()).collect();
/// assert_eq!(kinds, [FragmentKind::Text, FragmentKind::Attribution, FragmentKind::Quote]);
/// ```
#[derive(Clone, Debug)]
pub struct Reply<'t> {
    text: Cow<'t, str>,
    fragments: Vec<Fragment>,
    source: Source,
    outline: Outline,
}

/// What a reply was read from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Source {
    /// An encrypted message (OpenPGP, S/MIME): nothing readable.
    Encrypted,
    /// HTML, rendered as text.
    Html,
    /// Nothing: the message holds neither text nor HTML.
    None,
    /// Plain text.
    Text,
}

impl<'t> Reply<'t> {
    /// Reads plain text with the default [`Options`].
    pub fn of_text(text: &'t str) -> Self {
        Self::of_text_with(text, &Options::default())
    }

    /// Reads plain text.
    pub fn of_text_with(text: &'t str, options: &Options) -> Self {
        Self::read(Cow::Borrowed(text), &[], options, Source::Text)
    }

    /// Reads HTML with the default [`Options`]: its structure speaks first, then the text rules.
    ///
    /// ```
    /// use inreply_mime::reply::Reply;
    ///
    /// let html = "<p>1 &lt; 2</p><div class=gmail_quote>On Monday Ann wrote: <blockquote>Is it?</blockquote></div>";
    /// assert_eq!(Reply::of_html(html).visible(), "1 < 2");
    /// ```
    pub fn of_html(html: &str) -> Reply<'static> {
        Self::of_html_with(html, &Options::default())
    }

    /// Reads HTML.
    pub fn of_html_with(html: &str, options: &Options) -> Reply<'static> {
        let (text, regions, outline) = html::read(html);
        let reply = Reply::read(Cow::Owned(text), &regions, options, Source::Html);
        Reply { outline, ..reply }
    }

    /// Reads a message with the default [`Options`]: its text part, or its HTML part where there is no text.
    ///
    /// ```
    /// use inreply_mime::{Message, reply::Reply};
    ///
    /// let raw = b"Content-Type: text/plain; format=flowed\r\n\r\nOne \r\nline.\r\n\r\n-- \r\nAnn\r\n";
    /// assert_eq!(Reply::of_message(&Message::parse(raw)).visible(), "One line.");
    /// ```
    pub fn of_message(message: &'t Message<'_>) -> Self {
        Self::of_message_with(message, &Options::default())
    }

    /// Reads a message.
    pub fn of_message_with(message: &'t Message<'_>, options: &Options) -> Self {
        let mut options = options.clone();
        options.forwarded |= message
            .subject()
            .is_some_and(|subject| marker::is_forward_subject(&subject));
        if let Some(part) = message.text_part() {
            let text = shown::text(message, part);
            if text.trim_start().starts_with("-----BEGIN PGP MESSAGE-----") {
                return Self {
                    text: Cow::Borrowed(""),
                    fragments: Vec::new(),
                    source: Source::Encrypted,
                    outline: Outline::default(),
                };
            }
            if !text.trim_matches(line::is_blank).is_empty() || message.html_part().is_none() {
                return Self::read(text, &[], &options, Source::Text);
            }
        }
        if let Some(part) = message.html_part() {
            return Self::of_html_with(&shown::html(message, part), &options);
        }
        // RFC 2045 §5.2 has a part of an unreadable type shown as text.
        if let Some(part) = message.parts().find(|part| part.is_untyped()) {
            return Self::read(part.text(), &[], &options, Source::Text);
        }
        // A multipart whose boundary never comes: what would be its preamble is all there is.
        if let Some(part) = message.part(0)
            && part.is_multipart()
            && message.part(1).is_none()
        {
            return Self::read(part.text(), &[], &options, Source::Text);
        }
        // Signed in one piece with its signature.
        if let Some(inner) = message.parts().find_map(|part| part.signed_content())
            && (inner.text_part().is_some() || inner.html_part().is_some())
        {
            return Reply::of_message_with(&inner, &options).into_owned();
        }
        // Outlook to an Outlook that is none: the text lies in winmail.dat.
        if let Some(text) = message.parts().filter(Tnef::is).find_map(|part| {
            let body = part.body();
            Some(Tnef::parse(&body)?.text()?.into_owned())
        }) {
            return Self::read(Cow::Owned(text), &[], &options, Source::Text);
        }
        let encrypted = [
            "multipart/encrypted",
            "application/pkcs7-mime",
            "application/x-pkcs7-mime",
        ];
        let source = if message
            .parts()
            .any(|part| encrypted.iter().any(|kind| part.is(kind)))
        {
            Source::Encrypted
        } else {
            Source::None
        };
        Self {
            text: Cow::Borrowed(""),
            fragments: Vec::new(),
            source,
            outline: Outline::default(),
        }
    }

    fn read(text: Cow<'t, str>, regions: &[Region], options: &Options, source: Source) -> Self {
        let lines = line::lines(&text);
        let blocks = blocks::read(&text, &lines, regions, &options.markers);
        let blocks = policy::apply(&text, &lines, blocks, options);
        let mut fragments: Vec<Fragment> = Vec::with_capacity(blocks.len());
        for block in blocks {
            let fragment = Fragment {
                kind: block.kind,
                range: block.start..block.end,
                rule: block.rule,
                visible: block.visible,
            };
            fragments.push(fragment);
        }
        Self {
            text,
            fragments,
            source,
            outline: Outline::default(),
        }
    }

    fn into_owned(self) -> Reply<'static> {
        Reply {
            text: Cow::Owned(self.text.into_owned()),
            fragments: self.fragments,
            source: self.source,
            outline: self.outline,
        }
    }

    /// The text that the fragments tile: the input, or the HTML rendered as text.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// What the reply was read from.
    pub fn source(&self) -> Source {
        self.source
    }

    /// All fragments, in order, without gaps.
    pub fn fragments(&self) -> &[Fragment] {
        &self.fragments
    }

    /// The text of one fragment.
    pub fn text_of(&self, fragment: &Fragment) -> &str {
        self.text.get(fragment.range()).unwrap_or_default()
    }

    /// What the person wrote, without white space at either end; empty where nothing is left.
    pub fn visible(&self) -> String {
        self.view(true)
    }

    /// What [`Reply::visible`] leaves out.
    pub fn elided(&self) -> String {
        self.view(false)
    }

    fn view(&self, visible: bool) -> String {
        let mut out = String::new();
        for fragment in self
            .fragments
            .iter()
            .filter(|fragment| fragment.visible == visible)
        {
            if !out.is_empty() && !out.ends_with('\n') {
                out.push('\n');
            }
            out.push_str(self.text_of(fragment));
        }
        trim(&mut out);
        out
    }

    /// [`Reply::visible`] as Markdown (CommonMark): of HTML, with its emphasis, links, lists, code, quotes and headings;
    /// of plain text, as it was typed.
    ///
    /// What stands in the HTML as text is escaped where it would mean something, so that it shows as it did. Links go to
    /// `http` and `https` only: of others the text is left. Rendering it is the caller's business, and so is cleaning
    /// what comes out: this writes no HTML.
    ///
    /// ```
    /// use inreply_mime::reply::Reply;
    ///
    /// let html = "<div>It is <b>not</b> in <a href=\"https://example.com/box\">the box</a>:</div>\
    ///     <ul><li>2 * 3 places<li><code>a_b</code></ul>\
    ///     <div class=gmail_quote>On Monday Ann wrote: <blockquote>Is it?</blockquote></div>";
    /// let reply = Reply::of_html(html);
    /// assert_eq!(reply.visible(), "It is not in the box:\n- 2 * 3 places\n- a_b");
    /// assert_eq!(
    ///     reply.markdown(),
    ///     "It is **not** in [the box](https://example.com/box):\n- 2 \\* 3 places\n- `a_b`"
    /// );
    /// assert_eq!(Reply::of_text("2 * 3").markdown(), "2 * 3");
    /// ```
    pub fn markdown(&self) -> String {
        self.markdown_without(|_| false)
    }

    /// [`Reply::markdown`] without the addresses that the predicate names: see [`Reply::visible_without`].
    pub fn markdown_without(&self, own: impl Fn(&str) -> bool) -> String {
        if self.source != Source::Html {
            return self.visible_without(own);
        }
        let keeps = |content: &str| !own::remove(content, &own).trim().is_empty();
        let written = self.outline.write(&self.text, &self.fragments, keeps);
        let mut out = own::remove(&markdown::tidy(&written), own);
        trim(&mut out);
        out
    }

    /// [`Reply::visible`] without the addresses that the predicate names: your own reply addresses carry tokens and
    /// must not be published.
    ///
    /// Angle brackets and `mailto:` around an address go with it.
    ///
    /// ```
    /// use inreply_mime::reply::Reply;
    ///
    /// let reply = Reply::of_text("Write to <reply+abc@reply.example.com> or bob@example.com.");
    /// let own = |address: &str| address.ends_with("@reply.example.com");
    /// assert_eq!(reply.visible_without(own), "Write to  or bob@example.com.");
    /// ```
    pub fn visible_without(&self, own: impl Fn(&str) -> bool) -> String {
        own::remove(&self.visible(), own)
    }

    /// A line per fragment: shown or cut, kind, rule, and how the fragment begins.
    pub fn explain(&self) -> String {
        let mut out = String::new();
        for fragment in &self.fragments {
            let sign = if fragment.visible { '+' } else { '-' };
            let head: String = self.text_of(fragment).trim().chars().take(60).collect();
            // Writing to a String cannot fail.
            let _ = writeln!(
                out,
                "{sign} {:16} {:18} {}",
                fragment.kind,
                fragment.rule,
                head.replace('\n', "\u{23ce}")
            );
        }
        out
    }
}

/// Takes white space off both ends; an indented first line keeps its indent.
fn trim(text: &mut String) {
    text.truncate(text.trim_end_matches(line::is_blank).len());
    let blank = text.len() - text.trim_start_matches(line::is_blank).len();
    let start = text[..blank].rfind('\n').map_or(0, |at| at + 1);
    text.drain(..start);
}
