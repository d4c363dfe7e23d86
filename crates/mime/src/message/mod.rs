//! The MIME parser: [`Message::parse`] walks once, everything else is read when it is asked for.
//!
//! ```text
//!  bytes    Content-Type: multipart/mixed; …   --b   Content-Type: text/plain …   text   --b--
//!            │                                  │                                 │
//!  fields   [name, value] [name, value] …      [name, value] …                    │        offsets, 16 bytes each
//!  parts    part 0: fields, body, subtree      part 1: fields, body ◄─────────────┘        depth first
//! ```
//!
//! The walk reads a field's name and, of three fields, the value: Content-Type, Content-Transfer-Encoding and
//! Content-Disposition. Bodies are searched for `LF--` and not otherwise looked at. A message inside a message
//! (message/rfc822) is a leaf until [`Part::message`] is called, so that nesting them costs nothing.
//!
//! # Broken mail
//! A parser that refuses broken mail refuses some percent of all mail; one that reads it in silence reads it otherwise
//! than the next program does, which is what attacks live on. So everything is read, and what had to be overlooked is a
//! [`Defect`] with its place. The walk tells those of the structure, [`Message::audit`] reads everything once and tells
//! all of them.
//!
//! | defect | for example | read as |
//! |---|---|---|
//! | `AddressTwoAt` | `From: a@b@example.com` | one address, at example.com |
//! | `BadBase64` | `Zm9v!YmFy` | what is no base64 is skipped: `foobar` |
//! | `BadDate` | `Date: soon` | no date |
//! | `BadQuotedPrintable` | `50 =zz` | as it stands |
//! | `BadUuencode`, `BadYenc` | no `end`, a wrong size | what is there |
//! | `BareCr` | `a\rb` | text: CR alone ends no line |
//! | `BareLf` | LF among lines that end in CRLF | a line end |
//! | `ControlInEncodedWord` | `=?utf-8?q?a=0D=0ABcc:_b?=` | line ends are spaces, other control characters go |
//! | `EncodedWordInAddress` | `<=?utf-8?q?ann?=@example.com>` | as it stands: an address is never decoded |
//! | `LeadingBlankLine` | a blank line, then `From:` | the header starts behind it |
//! | `MboxLine` | `From ann@example.com Tue Feb  3 …` | skipped |
//! | `MidLineBoundary` | `text--b` | text: a delimiter starts its line |
//! | `MissingBlankLine` | a field, then `--b` | the part has no body |
//! | `MissingBoundary` | `multipart/mixed` alone | a leaf |
//! | `MissingCloseDelimiter` | no `--b--` | the part ends where its parent does |
//! | `NoColon` | `no field` among fields | skipped |
//! | `RepeatedBoundary` | `b` inside `b` | the delimiters are the inner one's |
//! | `RepeatedField` | two `From` | both reachable; which one counts is the caller's to say |
//! | `SpaceBeforeColon` | `From : a@example.com` | a From field |
//! | `TooDeep`, `TooManyParts`, `TooManyFields`, `TooManyItems`, `TooMuchHeader`, `TooLong` | see [`Limits`] | what lies before the limit |
//! | `UnknownCharset` | `charset=x-own`, none, or one that the bytes contradict | UTF-8, bad bytes U+FFFD; us-ascii that is none: windows-1252 |
//! | `UnknownEncoding` | `Content-Transfer-Encoding: x-own` | as it stands |
//!
//! ```
//! use inreply_mime::message::{DefectKind, Message};
//!
//! let message = Message::parse(b"From : ann@example.com\nno field\n\nText");
//! let kinds: Vec<DefectKind> = message.defects().iter().map(|defect| defect.kind()).collect();
//! assert_eq!(kinds, [DefectKind::SpaceBeforeColon, DefectKind::NoColon]);
//! assert_eq!(message.from()[0].address(), "ann@example.com");
//! assert_eq!(message.text(), "Text");
//! ```
//!
//! The same readings stand as tables with their sources in `tests/oracle.rs`; `LEDGER.md` says where most other parsers
//! read otherwise.
//!
//! # Beside other parsers
//! mail-parser 1.0.1 and mailparse 0.18.0, tried in November 2026:
//!
//! | | here | mail-parser | mailparse |
//! |---|---|---|---|
//! | fails on | nothing | an empty message | 100 levels, a base64 body with dirt |
//! | says what was overlooked | each with its bytes | flags of each part, and of decoding its body | no |
//! | `From` and `From :` | both | one | one |
//! | `"a@b"@example.com` | one address | a name, and `@example.com` | an error |
//! | an encoded word inside an address | kept | decoded into the name | kept |
//! | line ends inside an encoded word | spaces | kept | kept |
//! | `<a@x> b <c@y>` | `c@y`, the rest is the name | one address out of both | an error |
//! | ISO-2022-JP over two words | joined | joined, with a feature | one letter lost |
//! | UTF-8 that is labelled us-ascii | UTF-8 | windows-1252 | windows-1252 |
//! | format=flowed | undone | as it stands | as it stands |
//! | uuencode, yEnc, winmail.dat | read | no | no |
//! | message/rfc822 in base64 | a message | a part without content | its source as text |
//! | 100,000 levels of multipart | 32 read, in time linear in the size | 1,174 read, in twenty times that | an error |
//!
//! mail-parser does what is not done here: it reads Received and the List- fields into structures.
//!
//! # Past attacks
//! - *Two readings of one address* (CVE-2023-27043 and its kin): an address is never decoded, a quoted `@` does not
//!   split it, an unquoted name that looks like an address stays a name.
//! - *Header injection by encoded words*: line ends from inside a word become spaces, other control characters go.
//! - *Boundaries that begin alike*: the longest open boundary wins.
//! - *Parts without end*: depth, parts and fields are limited, tables grow by 16 and 48 bytes an entry, nothing recurses.

mod address;
mod audit;
pub(crate) mod content;
mod date;
mod deep;
mod defect;
mod embedded;
mod field;
mod index;
mod limits;
mod part;

use std::borrow::Cow;

pub use address::Address;
pub(crate) use date::parse as parse_date;
pub use defect::{Defect, DefectKind};
pub use embedded::EmbeddedFile;
pub use field::{Field, Fields};
pub use index::Index;
pub use limits::Limits;
pub use part::{Disposition, Part, TransferEncoding};

use index::Walk;

/// A parsed message: two flat tables over the bytes it borrows.
///
/// Parsing never fails. Whatever the bytes are, there is a message with a header (maybe empty) and one part at least;
/// [`Message::defects`] says what had to be overlooked.
///
/// ```
/// use inreply_mime::Message;
///
/// let raw = b"From: Ann <ann@example.com>\r\nSubject: Hi\r\n\r\nHello!\r\n";
/// let message = Message::parse(raw);
/// assert_eq!(message.from()[0].address(), "ann@example.com");
/// assert_eq!(message.subject().as_deref(), Some("Hi"));
/// assert_eq!(message.text(), "Hello!\r\n");
/// assert!(message.defects().is_empty());
/// assert_eq!(Message::parse(b"").text(), "");
/// ```
#[derive(Clone, Debug)]
pub struct Message<'a> {
    raw: Cow<'a, [u8]>,
    limits: Limits,
    index: Tables<'a>,
}

#[derive(Clone, Debug)]
enum Tables<'a> {
    Owned(Index),
    Borrowed(&'a Index),
}

impl<'a> Message<'a> {
    /// Parses with the default [`Limits`].
    pub fn parse(raw: &'a [u8]) -> Self {
        Self::parse_with(raw, &Limits::default())
    }

    /// Parses with limits of the caller's.
    pub fn parse_with(raw: &'a [u8], limits: &Limits) -> Self {
        Self::parse_cow(Cow::Borrowed(raw), limits)
    }

    /// The same, for bytes that may be nobody else's: a message that was encoded inside another.
    pub(crate) fn parse_cow(raw: Cow<'a, [u8]>, limits: &Limits) -> Self {
        let mut index = Index::default();
        Walk::run(&raw, limits, &mut index);
        Self {
            raw,
            limits: limits.clone(),
            index: Tables::Owned(index),
        }
    }

    /// Parses into tables that are used again: no allocation once they have grown.
    ///
    /// ```
    /// use inreply_mime::message::{Index, Limits, Message};
    ///
    /// let mut index = Index::default();
    /// for raw in [&b"Subject: one\n\n"[..], b"Subject: two\n\n"] {
    ///     let message = Message::parse_into(raw, &Limits::default(), &mut index);
    ///     assert!(message.subject().is_some());
    /// }
    /// ```
    pub fn parse_into(raw: &'a [u8], limits: &Limits, index: &'a mut Index) -> Self {
        Walk::run(raw, limits, index);
        Self {
            raw: Cow::Borrowed(raw),
            limits: limits.clone(),
            index: Tables::Borrowed(index),
        }
    }

    fn index(&self) -> &Index {
        match &self.index {
            Tables::Owned(index) => index,
            Tables::Borrowed(index) => index,
        }
    }

    /// The bytes it was parsed from.
    pub fn raw(&self) -> &[u8] {
        &self.raw
    }

    /// The leniencies of the walk, in the order of their discovery; at most 1,000 are kept.
    pub fn defects(&self) -> &[Defect] {
        &self.index().defects
    }

    /// Every leniency, those of the walk and those that reading everything once brings up, by place.
    ///
    /// ```
    /// use inreply_mime::message::{DefectKind, Message};
    ///
    /// let raw = b"From: a@b@c\nDate: soon\nContent-Transfer-Encoding: base64\n\nZm9v!\n";
    /// let message = Message::parse(raw);
    /// assert!(message.defects().is_empty());
    /// let kinds: Vec<DefectKind> = message.audit().iter().map(|defect| defect.kind()).collect();
    /// assert_eq!(kinds, [DefectKind::AddressTwoAt, DefectKind::BadDate, DefectKind::BadBase64]);
    /// ```
    pub fn audit(&self) -> Vec<Defect> {
        audit::audit(self)
    }

    /// All parts, depth first; the first is the message itself.
    pub fn parts(&self) -> impl Iterator<Item = Part<'_>> {
        self.index()
            .parts
            .iter()
            .enumerate()
            .map(|(number, entry)| Part {
                message: self,
                number,
                entry,
            })
    }

    /// The part of a number, as [`Part::number`] gives it.
    pub fn part(&self, number: usize) -> Option<Part<'_>> {
        let entry = self.index().parts.get(number)?;
        Some(Part {
            message: self,
            number,
            entry,
        })
    }

    /// The fields of the message's own header.
    pub fn headers(&self) -> impl Iterator<Item = Field<'_>> {
        self.top_fields()
            .iter()
            .map(|entry| Field::new(&self.raw, *entry))
    }

    /// The message's own fields of a name, regardless of case.
    pub fn header<'n>(&self, name: &'n str) -> Fields<'_, 'n> {
        Fields {
            raw: &self.raw,
            entries: self.top_fields().iter(),
            name,
        }
    }

    fn top_fields(&self) -> &[index::FieldEntry] {
        let index = self.index();
        let end = index
            .parts
            .first()
            .map_or(0, |part| part.fields_end as usize);
        index.fields.get(..end).unwrap_or_default()
    }

    /// The mailboxes of all fields of a name, groups flattened.
    pub fn addresses(&self, name: &str) -> Vec<Address<'_>> {
        let mut out = Vec::new();
        for field in self.header(name) {
            address::parse_list(field.raw(), self.limits.list_items, &mut out);
        }
        out
    }

    /// Who wrote it: From.
    ///
    /// More than one mailbox is a message by several people (RFC 5322 §3.6.2), more than one *field* is a forgery or a
    /// fault: count [`Message::header`] before trusting it.
    pub fn from(&self) -> Vec<Address<'_>> {
        self.addresses("from")
    }

    /// Who it is for: To.
    pub fn to(&self) -> Vec<Address<'_>> {
        self.addresses("to")
    }

    /// Who else it is for: Cc.
    pub fn cc(&self) -> Vec<Address<'_>> {
        self.addresses("cc")
    }

    /// Where answers go: Reply-To.
    pub fn reply_to(&self) -> Vec<Address<'_>> {
        self.addresses("reply-to")
    }

    /// The first Subject, decoded.
    pub fn subject(&self) -> Option<Cow<'_, str>> {
        self.header("subject").first().map(|field| field.text())
    }

    /// The first Date, in seconds since 1970-01-01T00:00:00Z; `None` also where it cannot be read.
    pub fn date(&self) -> Option<i64> {
        date::parse(self.header("date").first()?.raw())
    }

    /// The first id of the first Message-ID, without angle brackets.
    pub fn message_id(&self) -> Option<String> {
        self.ids("message-id").into_iter().next()
    }

    /// The ids of In-Reply-To, without angle brackets.
    pub fn in_reply_to(&self) -> Vec<String> {
        self.ids("in-reply-to")
    }

    /// The ids of References, the oldest first, without angle brackets.
    pub fn references(&self) -> Vec<String> {
        self.ids("references")
    }

    fn ids(&self, name: &str) -> Vec<String> {
        let mut out = Vec::new();
        for field in self.header(name) {
            field::message_ids(field.raw(), self.limits.list_items, &mut out);
        }
        out
    }

    /// The part a mail client shows as plain text: the first text/plain that is no attachment.
    pub fn text_part(&self) -> Option<Part<'_>> {
        self.parts()
            .find(|part| part.is("text/plain") && part.disposition() != Disposition::Attachment)
    }

    /// The part a mail client shows as HTML: the first text/html that is no attachment.
    pub fn html_part(&self) -> Option<Part<'_>> {
        self.parts()
            .find(|part| part.is("text/html") && part.disposition() != Disposition::Attachment)
    }

    /// The text of [`Message::text_part`], format=flowed undone; empty where there is none.
    pub fn text(&self) -> Cow<'_, str> {
        self.text_part()
            .map(|part| part.unflowed())
            .unwrap_or_default()
    }

    /// The source of [`Message::html_part`]; empty where there is none.
    pub fn html(&self) -> Cow<'_, str> {
        self.html_part().map(|part| part.text()).unwrap_or_default()
    }

    /// Every leaf that is neither [`Message::text_part`] nor [`Message::html_part`], in order.
    pub fn attachments(&self) -> impl Iterator<Item = Part<'_>> {
        let number = |part: Option<Part<'_>>| part.map(|part| part.number());
        let shown = [number(self.text_part()), number(self.html_part())];
        self.parts()
            .filter(move |part| !part.has_parts() && !shown.contains(&Some(part.number())))
    }
}
