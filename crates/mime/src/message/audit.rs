//! The leniencies that the walk does not look for: found by reading everything once.

use memchr::{memchr_iter, memmem};

use super::content::bare_value;
use super::defect::{Defect, DefectKind};
use super::field::Field;
use super::part::{Part, TransferEncoding};
use super::{Message, address, date};
use crate::decode::words::Bounds;
use crate::decode::{charset, words};

/// Everything that is wrong with a message, by place.
pub(super) fn audit(message: &Message<'_>) -> Vec<Defect> {
    let mut audit = Audit {
        message,
        defects: message.defects().to_vec(),
    };
    audit.repeated_fields();
    for field in message.headers() {
        audit.field(&field);
    }
    for part in message.parts() {
        audit.part(&part);
    }
    audit.line_ends();
    audit.defects.sort_by_key(|defect| defect.range().start);
    audit.defects
}

struct Audit<'m> {
    message: &'m Message<'m>,
    defects: Vec<Defect>,
}

impl Audit<'_> {
    fn push(&mut self, kind: DefectKind, range: std::ops::Range<usize>) {
        self.defects.push(Defect::new(kind, range));
    }

    /// RFC 5322 §3.6 has a table of how often a field may stand.
    fn repeated_fields(&mut self) {
        for name in ONCE {
            let repeated: Vec<_> = self
                .message
                .header(name)
                .skip(1)
                .map(|field| field.range())
                .collect();
            for range in repeated {
                self.push(DefectKind::RepeatedField, range);
            }
        }
    }

    fn field(&mut self, field: &Field<'_>) {
        let is = |names: &[&str]| names.iter().any(|name| field.is(name));
        if is(ADDRESSES) {
            let mut list = Vec::new();
            if !address::parse_list(field.raw(), self.message.limits.list_items, &mut list) {
                self.push(DefectKind::TooManyItems, field.range());
            }
            if list.iter().any(|address| {
                address.local_part().contains('@') && !address.local_part().starts_with('"')
            }) {
                self.push(DefectKind::AddressTwoAt, field.range());
            }
            if list.iter().any(|address| address.address().contains("=?")) {
                self.push(DefectKind::EncodedWordInAddress, field.range());
            }
        }
        if field.is("date") && date::parse(field.raw()).is_none() {
            self.push(DefectKind::BadDate, field.range());
        }
        if words::decode_flagged(field.raw(), Bounds::Free).1 {
            self.push(DefectKind::ControlInEncodedWord, field.range());
        }
    }

    fn part(&mut self, part: &Part<'_>) {
        if part.is_multipart() {
            self.boundary(part);
            return;
        }
        let (body, dirty) = part.decoded();
        if dirty {
            let kind = match part.transfer_encoding() {
                TransferEncoding::Base64 => DefectKind::BadBase64,
                TransferEncoding::QuotedPrintable => DefectKind::BadQuotedPrintable,
                TransferEncoding::Uuencode => DefectKind::BadUuencode,
                TransferEncoding::Yenc => DefectKind::BadYenc,
                TransferEncoding::Identity | TransferEncoding::Unknown => {
                    DefectKind::UnknownEncoding
                }
            };
            self.push(kind, part.body_range());
        }
        if !part.is_kind("text") {
            return;
        }
        let label = part.charset().unwrap_or_default();
        if !charset::decode(bare_value(label.as_bytes()), &body).1 {
            self.push(DefectKind::UnknownCharset, part.body_range());
        }
    }

    /// A delimiter that lost the line end before it (RFC 2046 §5.1.1): what follows belongs to the part it stands in.
    ///
    /// Looked for in the leaves right below a `multipart`: each is read once, however deep they lie.
    fn boundary(&mut self, part: &Part<'_>) {
        let Some(boundary) = part.parameter("boundary") else {
            return;
        };
        let delimiter = format!("--{boundary}");
        let finder = memmem::Finder::new(&delimiter);
        let mut number = part.number() + 1;
        while let Some(child) = self.message.part(number).filter(|child| {
            number < part.entry.subtree_end as usize && child.depth() > part.depth()
        }) {
            number = child.entry.subtree_end as usize;
            if child.is_multipart() {
                continue;
            }
            let (body, start) = (child.raw_body(), child.body_range().start);
            let mid_line = finder.find_iter(body).find(|&at| {
                let rest = &body[at + delimiter.len()..];
                let rest = rest.strip_prefix(b"--").unwrap_or(rest);
                let ends_line =
                    rest.is_empty() || rest.starts_with(b"\n") || rest.starts_with(b"\r\n");
                at > 0 && body[at - 1] != b'\n' && ends_line
            });
            if let Some(at) = mid_line {
                let from = start + at;
                self.push(DefectKind::MidLineBoundary, from..from + delimiter.len());
                return;
            }
        }
    }

    /// The first of each kind: a file that lost its CRs has one fault, not a thousand.
    fn line_ends(&mut self) {
        let raw = self.message.raw();
        let bare_cr = memchr_iter(b'\r', raw).find(|&at| raw.get(at + 1) != Some(&b'\n'));
        if let Some(at) = bare_cr {
            self.push(DefectKind::BareCr, at..at + 1);
        }
        let mut crlf = false;
        let mut bare = None;
        for at in memchr_iter(b'\n', raw) {
            match at.checked_sub(1).and_then(|before| raw.get(before)) {
                Some(b'\r') => crlf = true,
                _ => bare = bare.or(Some(at)),
            }
            if let (true, Some(at)) = (crlf, bare) {
                self.push(DefectKind::BareLf, at..at + 1);
                return;
            }
        }
    }
}

const ONCE: &[&str] = &[
    "date",
    "from",
    "sender",
    "reply-to",
    "to",
    "cc",
    "bcc",
    "message-id",
    "in-reply-to",
    "references",
    "subject",
    "mime-version",
];

const ADDRESSES: &[&str] = &["from", "sender", "reply-to", "to", "cc", "bcc"];
