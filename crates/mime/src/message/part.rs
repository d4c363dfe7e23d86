//! A part of a message and its body.

use std::borrow::Cow;
use std::ops::Range;

use super::content::{first_token, media_type, parameter};
use super::embedded::{self, EmbeddedFile};
use super::field::{self, Field, Fields};
use super::index::{NONE, PartEntry};
use super::{Message, content};
use crate::decode::{base64, charset, cms, flowed, quoted_printable, uuencode, yenc};

/// A part: a leaf with a body, or a `multipart` with parts of its own.
#[derive(Clone, Copy, Debug)]
pub struct Part<'m> {
    pub(crate) message: &'m Message<'m>,
    pub(crate) number: usize,
    pub(crate) entry: &'m PartEntry,
}

/// How a part wants to be shown (RFC 2183 §2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Disposition {
    /// As a file.
    Attachment,
    /// In the text; also where the field is missing.
    Inline,
    /// Another word, which RFC 2183 §2.8 has treated as attachment.
    Other,
}

/// The encodings of RFC 2045 §6, and the one that came before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum TransferEncoding {
    /// 7bit, 8bit, binary, or nothing said.
    Identity,
    /// base64.
    Base64,
    /// quoted-printable.
    QuotedPrintable,
    /// x-uuencode and its other names: never registered, written by Unix and Exchange of the nineties.
    Uuencode,
    /// x-yencode and its other names: what Usenet's gateways write.
    Yenc,
    /// A word that no RFC knows: the body is taken as it is.
    Unknown,
}

impl<'m> Part<'m> {
    /// The part's place in the table: 0 is the message itself.
    pub fn number(&self) -> usize {
        self.number
    }

    /// How many `multipart` levels stand above it.
    pub fn depth(&self) -> usize {
        self.entry.depth as usize
    }

    /// The `multipart` it lies in; `None` for the message itself.
    pub fn parent(&self) -> Option<Part<'m>> {
        self.message.part(self.entry.parent as usize)
    }

    /// The fields of the part's own header.
    pub fn headers(&self) -> impl Iterator<Item = Field<'m>> {
        let raw = self.message.raw();
        self.fields()
            .iter()
            .map(move |entry| Field::new(raw, *entry))
    }

    /// The part's own fields of a name, regardless of case.
    pub fn header<'n>(&self, name: &'n str) -> Fields<'m, 'n> {
        Fields {
            raw: self.message.raw(),
            entries: self.fields().iter(),
            name,
        }
    }

    fn fields(&self) -> &'m [super::index::FieldEntry] {
        let range = self.entry.fields_start as usize..self.entry.fields_end as usize;
        self.message.index().fields.get(range).unwrap_or_default()
    }

    /// Type and subtype in lower case.
    ///
    /// text/plain where nothing is said (RFC 2045 §5.2), message/rfc822 in multipart/digest (RFC 2046 §5.1.5). What is no
    /// `type/subtype` comes as it stands: it may be shown as text, by the same section, but it is not a text/plain.
    pub fn media_type(&self) -> Cow<'m, str> {
        let Some((kind, subtype)) = self.types() else {
            let said = self.value(self.entry.content_type).map(content::bare_value);
            if let Some(said) = said.filter(|said| !said.is_empty()) {
                return Cow::Owned(charset::utf8(said).to_lowercase());
            }
            return Cow::Borrowed(if self.in_digest() {
                "message/rfc822"
            } else {
                "text/plain"
            });
        };
        let mut name = format!("{kind}/{subtype}");
        name.make_ascii_lowercase();
        Cow::Owned(name)
    }

    /// Whether the type is this one, such as `text/html`, regardless of case.
    pub fn is(&self, media_type: &str) -> bool {
        let Some((kind, subtype)) = media_type.split_once('/') else {
            return false;
        };
        match self.types() {
            Some((ours, sub)) => {
                ours.eq_ignore_ascii_case(kind) && sub.eq_ignore_ascii_case(subtype)
            }
            None => media_type.eq_ignore_ascii_case(&self.media_type()),
        }
    }

    /// Whether the type's first word is this one, such as `text`.
    pub fn is_kind(&self, kind: &str) -> bool {
        match self.types() {
            Some((ours, _)) => ours.eq_ignore_ascii_case(kind),
            None => self
                .media_type()
                .split('/')
                .next()
                .is_some_and(|ours| ours.eq_ignore_ascii_case(kind)),
        }
    }

    /// Whether it is a `multipart`, which has no body of its own.
    pub fn is_multipart(&self) -> bool {
        self.value(self.entry.content_type)
            .is_some_and(content::is_multipart)
    }

    /// Whether its type is no `type/subtype`.
    pub(crate) fn is_untyped(&self) -> bool {
        self.entry.content_type != NONE
            && self.types().is_none()
            && self.disposition() == Disposition::Inline
    }

    /// Whether it has parts, or could have: a `multipart` whose boundary never comes is a leaf, whatever it calls itself.
    pub fn has_parts(&self) -> bool {
        self.entry.delimited || self.entry.subtree_end as usize > self.number + 1
    }

    fn types(&self) -> Option<(&'m str, &'m str)> {
        media_type(self.value(self.entry.content_type)?)
    }

    fn in_digest(&self) -> bool {
        self.parent()
            .is_some_and(|parent| parent.is("multipart/digest"))
    }

    fn value(&self, field: u32) -> Option<&'m [u8]> {
        if field == NONE {
            return None;
        }
        let entry = self.message.index().fields.get(field as usize)?;
        Some(&self.message.raw()[entry.value_start as usize..entry.value_end as usize])
    }

    /// A parameter of Content-Type, decoded (RFC 2231).
    pub fn parameter(&self, name: &str) -> Option<Cow<'m, str>> {
        parameter(
            self.value(self.entry.content_type)?,
            name,
            self.message.limits.list_items,
        )
    }

    /// The charset parameter, as written.
    pub fn charset(&self) -> Option<Cow<'m, str>> {
        self.parameter("charset")
    }

    /// What Content-Disposition says.
    pub fn disposition(&self) -> Disposition {
        let Some(value) = self.value(self.entry.disposition) else {
            return Disposition::Inline;
        };
        let word = first_token(value);
        if word.eq_ignore_ascii_case("attachment") {
            Disposition::Attachment
        } else if word.eq_ignore_ascii_case("inline") || word.is_empty() {
            Disposition::Inline
        } else {
            Disposition::Other
        }
    }

    /// The file's name: `filename` of Content-Disposition, else `name` of Content-Type.
    ///
    /// As the sender wrote it, path separators and all: not a name to open a file by.
    pub fn file_name(&self) -> Option<Cow<'m, str>> {
        let limit = self.message.limits.list_items;
        self.value(self.entry.disposition)
            .and_then(|value| parameter(value, "filename", limit))
            .or_else(|| self.parameter("name"))
    }

    /// Content-ID without angle brackets: what HTML beside it calls it by (`cid:`, RFC 2392).
    ///
    /// ```
    /// let raw = b"Content-Type: multipart/related; boundary=b\n\n\
    ///     --b\nContent-Type: text/html\n\n<img src=\"cid:lid@example.com\">\n\
    ///     --b\nContent-Type: image/png\nContent-ID: <lid@example.com>\n\n...\n--b--\n";
    /// let message = inreply_mime::Message::parse(raw);
    /// let mut parts = message.parts();
    /// let picture = parts.find(|part| part.content_id().as_deref() == Some("lid@example.com")).unwrap();
    /// assert!(picture.is("image/png"));
    /// ```
    pub fn content_id(&self) -> Option<String> {
        let field = self.header("content-id").first()?;
        let mut ids = Vec::new();
        field::message_ids(field.raw(), 1, &mut ids);
        // Some write it without angle brackets and without an `@`.
        let bare = || Some(field.text().into_owned()).filter(|text| !text.is_empty());
        ids.pop().or_else(bare)
    }

    /// The transfer encoding.
    pub fn transfer_encoding(&self) -> TransferEncoding {
        let Some(value) = self.value(self.entry.encoding) else {
            return TransferEncoding::Identity;
        };
        let word = first_token(value);
        let is = |name: &str| word.eq_ignore_ascii_case(name);
        if is("base64") {
            TransferEncoding::Base64
        } else if is("quoted-printable") {
            TransferEncoding::QuotedPrintable
        } else if is("x-uuencode") || is("uuencode") || is("x-uue") || is("uue") {
            TransferEncoding::Uuencode
        } else if is("x-yencode") || is("yencode") || is("x-yenc") || is("yenc") || is("y-enc") {
            TransferEncoding::Yenc
        } else if is("7bit") || is("8bit") || is("binary") || word.is_empty() {
            TransferEncoding::Identity
        } else {
            TransferEncoding::Unknown
        }
    }

    /// Where the encoded body lies in the input.
    pub fn body_range(&self) -> Range<usize> {
        self.entry.body_start as usize..self.entry.body_end as usize
    }

    /// The body as it came.
    pub fn raw_body(&self) -> &'m [u8] {
        &self.message.raw()[self.body_range()]
    }

    /// The body with its transfer encoding undone; dirt is skipped.
    ///
    /// uuencode and yEnc decode from their first line `begin` to their `end`; without one the body stays as it is. No
    /// encoding makes a body longer by more than a half.
    ///
    /// ```
    /// let raw = b"Content-Transfer-Encoding: x-uuencode\n\nbegin 644 cat.txt\n#0V%T\n`\nend\n";
    /// let message = inreply_mime::Message::parse(raw);
    /// assert_eq!(&*message.part(0).unwrap().body(), b"Cat");
    /// ```
    pub fn body(&self) -> Cow<'m, [u8]> {
        self.decoded().0
    }

    /// The body, and whether its encoding was broken.
    pub(crate) fn decoded(&self) -> (Cow<'m, [u8]>, bool) {
        let raw = self.raw_body();
        // RFC 2046 §5.1: no encoding but 7bit, 8bit and binary is allowed for a multipart.
        if self.is_multipart() {
            return (Cow::Borrowed(raw), false);
        }
        let decoded = match self.transfer_encoding() {
            TransferEncoding::Base64 => {
                let mut out = Vec::new();
                let dirty = base64::decode_into(raw, &mut out);
                Some((out, dirty))
            }
            TransferEncoding::QuotedPrintable => {
                let mut out = Vec::new();
                let dirty = quoted_printable::decode_into(raw, &mut out);
                Some((out, dirty))
            }
            TransferEncoding::Uuencode => uuencode::decode(raw),
            TransferEncoding::Yenc => yenc::decode(raw),
            TransferEncoding::Identity => return (Cow::Borrowed(raw), false),
            TransferEncoding::Unknown => None,
        };
        match decoded {
            Some((body, dirty)) => (Cow::Owned(body), dirty),
            None => (Cow::Borrowed(raw), true),
        }
    }

    /// The files that stand in the text itself: uuencode between `begin` and `end`, yEnc.
    ///
    /// [`Part::text`] keeps them: [`EmbeddedFile::range`] says where they stand. At most
    /// [`Limits::list_items`](super::Limits::list_items) are read.
    ///
    /// ```
    /// let raw = b"Subject: cat\n\nHere it is.\nbegin 644 cat.txt\n#0V%T\n`\nend\n";
    /// let message = inreply_mime::Message::parse(raw);
    /// let files = message.part(0).unwrap().embedded_files();
    /// assert_eq!((files[0].name(), files[0].data()), ("cat.txt", &b"Cat"[..]));
    /// assert_eq!(files[0].range(), 12..42);
    /// ```
    pub fn embedded_files(&self) -> Vec<EmbeddedFile> {
        embedded::files(&self.body(), self.message.limits.list_items)
    }

    /// The body as text, by its charset; line ends as they came.
    ///
    /// Unknown charsets and a missing one are read as UTF-8, bad bytes as U+FFFD; us-ascii too, but as windows-1252 where
    /// it is no UTF-8. [`Part::guessed_text`] goes further.
    pub fn text(&self) -> Cow<'m, str> {
        let label = self.charset().unwrap_or_default();
        match self.body() {
            Cow::Borrowed(bytes) => charset::decode(label.as_bytes(), bytes).0,
            Cow::Owned(bytes) => Cow::Owned(charset::decode_owned(label.as_bytes(), bytes)),
        }
    }

    /// The text by a guess, and the WHATWG name of the charset that was guessed.
    ///
    /// `None` where [`Part::text`] is right: the charset is said, known and not contradicted, or the bytes are UTF-8.
    /// A guess is one: of a word or two it is often wrong. So it stands apart, and [`DefectKind::UnknownCharset`] of
    /// [`Message::audit`] says where it is worth asking for.
    ///
    /// ```
    /// let raw = b"Content-Type: text/plain; charset=x-unknown\n\n\xd0\xf3\xf1\xf1\xea\xe8\xe9 \xff\xe7\xfb\xea, \xe1\xe5\xe7 \xec\xe5\xf2\xea\xe8\n";
    /// let message = inreply_mime::Message::parse(raw);
    /// let part = message.part(0).unwrap();
    /// assert!(part.text().contains('\u{fffd}'));
    /// let (text, charset) = part.guessed_text().unwrap();
    /// assert_eq!(charset, "windows-1251");
    /// assert!(text.starts_with("\u{420}\u{443}\u{441}\u{441}\u{43a}\u{438}\u{439}"));
    /// ```
    ///
    /// [`DefectKind::UnknownCharset`]: super::DefectKind::UnknownCharset
    pub fn guessed_text(&self) -> Option<(Cow<'m, str>, &'static str)> {
        let label = self.charset().unwrap_or_default();
        let body = self.body();
        if charset::decode(label.as_bytes(), &body).1 || std::str::from_utf8(&body).is_ok() {
            return None;
        }
        Some(match body {
            Cow::Borrowed(bytes) => charset::guess(bytes),
            Cow::Owned(bytes) => {
                let (text, name) = charset::guess(&bytes);
                (Cow::Owned(text.into_owned()), name)
            }
        })
    }

    /// The text with format=flowed undone (RFC 3676): one line a paragraph.
    ///
    /// The same as [`Part::text`] for a part that is not flowed.
    pub fn unflowed(&self) -> Cow<'m, str> {
        let is = |name: &str, value: &str| {
            self.parameter(name)
                .is_some_and(|is| is.trim().eq_ignore_ascii_case(value))
        };
        let text = self.text();
        if !is("format", "flowed") || !self.is("text/plain") {
            return text;
        }
        Cow::Owned(flowed::unflow(&text, is("delsp", "yes")))
    }

    /// The message inside a message/rfc822, message/global or text/rfc822-headers part, parsed on its own.
    ///
    /// RFC 2046 §5.2.1 allows no encoding here, and programs write base64 and quoted-printable all the same: such a
    /// message is decoded first, and owned. `None` for any other type.
    ///
    /// ```
    /// let raw = b"Content-Type: message/rfc822\nContent-Transfer-Encoding: base64\n\nU3ViamVjdDogaW5uZXIKClRleHQK";
    /// let message = inreply_mime::Message::parse(raw);
    /// let inner = message.part(0).unwrap().message().unwrap();
    /// assert_eq!(inner.subject().as_deref(), Some("inner"));
    /// assert_eq!(inner.text(), "Text\n");
    /// ```
    pub fn message(&self) -> Option<Message<'m>> {
        let types = [
            "message/rfc822",
            "message/global",
            "message/rfc822-headers",
            "text/rfc822-headers",
        ];
        if !types.iter().any(|name| self.is(name)) {
            return None;
        }
        Some(Message::parse_cow(self.body(), &self.message.limits))
    }

    /// The entity inside an S/MIME signature that encloses it (RFC 8551 §3.5.2); the signature is not checked.
    ///
    /// `None` for any other type, and for an encrypted one. Signatures beside their content are parts of a
    /// multipart/signed.
    pub fn signed_content(&self) -> Option<Message<'static>> {
        if !self.is("application/pkcs7-mime") && !self.is("application/x-pkcs7-mime") {
            return None;
        }
        let content = cms::signed_content(&self.body())?;
        Some(Message::parse_cow(
            Cow::Owned(content),
            &self.message.limits,
        ))
    }
}
