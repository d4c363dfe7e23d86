//! `winmail.dat`: what Outlook wraps a message in for other Outlooks (TNEF, MS-OXTNEF).
//!
//! ```text
//!  signature  key   level  id        length  data              checksum
//!  789f3e22   0100  01     0c800200  …       the body          …
//!                   02     02900600  …       an attachment starts
//!                   02     0f800600  …       its data
//! ```
//!
//! ```
//! use inreply_mime::{Message, tnef::Tnef};
//!
//! let raw = b"Content-Type: application/ms-tnef; name=winmail.dat\nContent-Transfer-Encoding: base64\n\n\
//!     eJ8+IgEAAQyAAgAFAAAASGkhAABT\n";
//! let message = Message::parse(raw);
//! let body = message.part(0).unwrap().body();
//! let tnef = Tnef::parse(&body).unwrap();
//! assert_eq!(tnef.text().as_deref(), Some("Hi!"));
//! assert!(tnef.attachments().is_empty());
//! assert!(Tnef::parse(b"something else").is_none());
//! ```
//!
//! # Limits
//! At most 1,000 attachments and 10,000 properties are read. Everything borrows from the input, but for compressed RTF
//! (MS-OXRTFCP): that grows at most eightfold and to 16 MiB at most. A message inside an attachment is handed out as
//! the stream it is: open it or not, nothing recurses. Checksums are not verified; a stream that is cut ends there.

mod compressed;
mod properties;
mod rtf;

use std::borrow::Cow;

use crate::decode::charset;
use crate::message::Part;
use properties::{Properties, Value};

/// An opened `winmail.dat`.
#[derive(Clone, Debug)]
pub struct Tnef<'b> {
    subject: Option<Cow<'b, str>>,
    text: Option<Cow<'b, str>>,
    html: Option<Cow<'b, str>>,
    rtf: Option<&'b [u8]>,
    attachments: Vec<Attachment<'b>>,
}

/// A file inside.
#[derive(Clone, Debug, Default)]
pub struct Attachment<'b> {
    name: Cow<'b, str>,
    media_type: Cow<'b, str>,
    content_id: Cow<'b, str>,
    data: &'b [u8],
}

impl Attachment<'_> {
    /// Its name, the long one where there are two; as the sender wrote it, not a name to open a file by.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its type where the sender says so, else empty; `application/ms-tnef` for a message inside, which
    /// [`Tnef::parse`] opens in turn.
    pub fn media_type(&self) -> &str {
        &self.media_type
    }

    /// What HTML calls it by (`cid:`), else empty.
    pub fn content_id(&self) -> &str {
        &self.content_id
    }

    /// The file.
    pub fn data(&self) -> &[u8] {
        self.data
    }
}

impl<'b> Tnef<'b> {
    /// Opens a stream; `None` where the signature is another's.
    pub fn parse(stream: &'b [u8]) -> Option<Self> {
        let mut attributes = Attributes {
            rest: stream.strip_prefix(SIGNATURE)?.get(2..)?,
        };
        let mut tnef = Self {
            subject: None,
            text: None,
            html: None,
            rtf: None,
            attachments: Vec::new(),
        };
        let mut codepage = charset::WINDOWS_1252;
        for attribute in &mut attributes {
            let data = attribute.data;
            match attribute.id {
                ID_OEM_CODEPAGE => codepage = codepage_label(data),
                ID_SUBJECT => tnef.subject = Some(string(codepage, data)),
                ID_BODY => tnef.text = Some(string(codepage, data)),
                ID_PROPERTIES => tnef.take(Properties::new(data), codepage),
                // Where an attachment starts.
                ID_RENDERING => {
                    if tnef.attachments.len() == MAX_ATTACHMENTS {
                        break;
                    }
                    tnef.attachments.push(Attachment::default());
                }
                ID_TITLE | ID_DATA | ID_ATTACHMENT => {
                    if let Some(attachment) = tnef.attachments.last_mut() {
                        attachment.take(attribute, codepage);
                    }
                }
                _ => {}
            }
        }
        Some(tnef)
    }

    fn take(&mut self, properties: Properties<'b>, codepage: &[u8]) {
        for (id, value) in properties {
            match (id, value) {
                (PR_SUBJECT, value) => self.subject = value.text(codepage),
                (PR_BODY, value) => self.text = value.text(codepage),
                (PR_BODY_HTML, value) => self.html = value.text(codepage),
                (PR_RTF_COMPRESSED, Value::Binary(bytes)) => self.rtf = Some(bytes),
                _ => {}
            }
        }
    }

    /// The subject, where it stands inside.
    pub fn subject(&self) -> Option<&str> {
        self.subject.as_deref()
    }

    /// The text: as such, else out of the RTF that Outlook composes in, else out of the HTML.
    pub fn text(&self) -> Option<Cow<'_, str>> {
        if let Some(text) = self.text.as_deref().filter(|text| !text.trim().is_empty()) {
            return Some(Cow::Borrowed(text));
        }
        if let Some(rtf) = self.rtf() {
            return Some(Cow::Owned(rtf::to_text(&rtf)));
        }
        self.html()
            .map(|html| Cow::Owned(crate::html::to_text(html)))
    }

    /// The source of the HTML body.
    pub fn html(&self) -> Option<&str> {
        self.html.as_deref()
    }

    /// The RTF body, decompressed; it is cut where the compression is broken.
    pub fn rtf(&self) -> Option<Vec<u8>> {
        compressed::decompress(self.rtf?)
    }

    /// The files inside, in order.
    pub fn attachments(&self) -> &[Attachment<'b>] {
        &self.attachments
    }

    /// Whether a part is one, by its type or its name.
    pub fn is(part: &Part<'_>) -> bool {
        part.is("application/ms-tnef")
            || part.is("application/vnd.ms-tnef")
            || part
                .file_name()
                .is_some_and(|name| name.eq_ignore_ascii_case("winmail.dat"))
    }
}

impl<'b> Attachment<'b> {
    fn take(&mut self, attribute: Attribute<'b>, codepage: &[u8]) {
        match attribute.id {
            ID_TITLE if self.name.is_empty() => self.name = string(codepage, attribute.data),
            ID_DATA => self.data = attribute.data,
            ID_ATTACHMENT => {
                for (id, value) in Properties::new(attribute.data) {
                    self.take_property(id, value, codepage);
                }
            }
            _ => {}
        }
    }

    fn take_property(&mut self, id: u16, value: Value<'b>, codepage: &[u8]) {
        match (id, value) {
            (PR_ATTACH_DATA, Value::Object(object)) => {
                // The interface's id comes first (MS-OXTNEF §2.1.3.3.15).
                self.data = object.get(16..).unwrap_or_default();
                self.media_type = Cow::Borrowed("application/ms-tnef");
            }
            (PR_ATTACH_DATA, Value::Binary(bytes)) if self.data.is_empty() => self.data = bytes,
            (PR_ATTACH_LONG_FILENAME, value) => {
                self.name = value.text(codepage).unwrap_or_default();
            }
            (PR_ATTACH_FILENAME, value) if self.name.is_empty() => {
                self.name = value.text(codepage).unwrap_or_default();
            }
            (PR_ATTACH_MIME_TAG, value) if self.media_type.is_empty() => {
                self.media_type = value.text(codepage).unwrap_or_default();
            }
            (PR_ATTACH_CONTENT_ID, value) => {
                self.content_id = value.text(codepage).unwrap_or_default();
            }
            _ => {}
        }
    }
}

/// Walks the attributes up to the first that is cut.
struct Attributes<'b> {
    rest: &'b [u8],
}

#[derive(Clone, Copy)]
struct Attribute<'b> {
    id: u32,
    data: &'b [u8],
}

impl<'b> Iterator for Attributes<'b> {
    type Item = Attribute<'b>;

    fn next(&mut self) -> Option<Self::Item> {
        let (header, rest) = self.rest.split_at_checked(9)?;
        let &[_level, i0, i1, i2, i3, l0, l1, l2, l3] = header else {
            return None;
        };
        let length = usize::try_from(u32::from_le_bytes([l0, l1, l2, l3])).ok()?;
        let (data, rest) = rest.split_at_checked(length)?;
        self.rest = rest.get(2..).unwrap_or_default();
        Some(Attribute {
            id: u32::from_le_bytes([i0, i1, i2, i3]),
            data,
        })
    }
}

/// A string in the sender's code page, without its final NUL.
fn string<'b>(codepage: &[u8], bytes: &'b [u8]) -> Cow<'b, str> {
    let end = bytes.iter().rposition(|&b| b != 0).map_or(0, |at| at + 1);
    charset::decode(codepage, &bytes[..end]).0
}

/// Windows numbers code pages, WHATWG names them.
fn codepage_label(data: &[u8]) -> &'static [u8] {
    let number = match data {
        [low, high, ..] => u16::from_le_bytes([*low, *high]),
        _ => 0,
    };
    charset::of_codepage(number)
}

/// 0x223E9F78, the lowest byte first.
const SIGNATURE: &[u8] = &[0x78, 0x9f, 0x3e, 0x22];

/// MS-OXTNEF §2.1.3.2: the type above, the number below.
const ID_SUBJECT: u32 = 0x0001_8004;
const ID_BODY: u32 = 0x0002_800c;
const ID_TITLE: u32 = 0x0001_8010;
const ID_DATA: u32 = 0x0006_800f;
const ID_RENDERING: u32 = 0x0006_9002;
const ID_PROPERTIES: u32 = 0x0006_9003;
const ID_ATTACHMENT: u32 = 0x0006_9005;
const ID_OEM_CODEPAGE: u32 = 0x0006_9007;

/// MS-OXPROPS.
const PR_SUBJECT: u16 = 0x0037;
const PR_BODY: u16 = 0x1000;
const PR_RTF_COMPRESSED: u16 = 0x1009;
const PR_BODY_HTML: u16 = 0x1013;
const PR_ATTACH_DATA: u16 = 0x3701;
const PR_ATTACH_FILENAME: u16 = 0x3704;
const PR_ATTACH_LONG_FILENAME: u16 = 0x3707;
const PR_ATTACH_MIME_TAG: u16 = 0x370e;
const PR_ATTACH_CONTENT_ID: u16 = 0x3712;

/// Outlook itself stops far below; each takes 11 bytes to write and some hundred to remember.
const MAX_ATTACHMENTS: usize = 1_000;
