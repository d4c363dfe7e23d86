//! Leniencies that fired.

use std::fmt;
use std::ops::Range;

/// A place where the message breaks the rules and was read all the same.
///
/// The range is over the bytes given to [`Message::parse`](crate::message::Message::parse).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Defect {
    kind: DefectKind,
    range: Range<usize>,
}

impl Defect {
    pub(crate) fn new(kind: DefectKind, range: Range<usize>) -> Self {
        Self { kind, range }
    }

    /// What is wrong.
    pub fn kind(&self) -> DefectKind {
        self.kind
    }

    /// Where, in bytes of the input.
    pub fn range(&self) -> Range<usize> {
        self.range.clone()
    }
}

impl fmt::Display for Defect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} at bytes {}..{}",
            self.kind, self.range.start, self.range.end
        )
    }
}

/// Which rule was broken, and how the message is read in spite of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum DefectKind {
    /// A mailbox with more than one `@` outside quotes: split at the last one.
    AddressTwoAt,
    /// Base64 holds bytes outside its alphabet (RFC 2045 §6.8) or ends early: they are skipped.
    BadBase64,
    /// A date that cannot be read: there is none.
    BadDate,
    /// `=` in quoted-printable is not followed by two hex digits or a line end (RFC 2045 §6.7): it stays as it is.
    BadQuotedPrintable,
    /// uuencode has no `begin`, no `end`, or lines that do not fit their length: they are skipped.
    BadUuencode,
    /// yEnc has no `=ybegin`, or not the size that its trailer tells: what is there is decoded.
    BadYenc,
    /// CR without LF: not a line end.
    BareCr,
    /// LF without CR between lines that end in CRLF: a line end.
    BareLf,
    /// A control character inside an encoded word (RFC 2047): dropped.
    ControlInEncodedWord,
    /// An encoded word inside an addr-spec, against RFC 2047 §5: it stays as it is.
    EncodedWordInAddress,
    /// Blank lines before the header: skipped, where a field follows.
    LeadingBlankLine,
    /// A delimiter that does not start its line (RFC 2046 §5.1.1): text of the part it stands in.
    MidLineBoundary,
    /// The last line of a header section has no blank line after it (RFC 5322 §2.1): the body starts there.
    MissingBlankLine,
    /// `multipart` without a boundary parameter (RFC 2046 §5.1.1): a part without children.
    MissingBoundary,
    /// A `multipart` that its close delimiter does not end: it ends where its parent does.
    MissingCloseDelimiter,
    /// A `From ` line of an mbox file before the header: skipped.
    MboxLine,
    /// A header line without a colon: skipped, or the start of the body.
    NoColon,
    /// White space between a field's name and the colon (RFC 5322 §4.5.8): dropped.
    SpaceBeforeColon,
    /// A `multipart` with the boundary of one around it: its delimiters are the inner one's, up to the close delimiter.
    RepeatedBoundary,
    /// A field that may stand once (RFC 5322 §3.6) stands twice: all are reachable.
    RepeatedField,
    /// Deeper than [`Limits::depth`](crate::message::Limits::depth): the `multipart` is a leaf.
    TooDeep,
    /// More fields than [`Limits::fields`](crate::message::Limits::fields): the rest is skipped.
    TooManyFields,
    /// More list items than [`Limits::list_items`](crate::message::Limits::list_items): the rest is skipped.
    TooManyItems,
    /// More parts than [`Limits::parts`](crate::message::Limits::parts): the rest belongs to the last one.
    TooManyParts,
    /// More than 4 GiB: the rest is not read.
    TooLong,
    /// A header section longer than [`Limits::header_bytes`](crate::message::Limits::header_bytes): the rest of it is
    /// skipped.
    TooMuchHeader,
    /// A charset that nobody registered, or none, read as UTF-8 with U+FFFD for bad bytes; or us-ascii with other bytes,
    /// read as UTF-8, or windows-1252 where it is none.
    UnknownCharset,
    /// A transfer encoding that RFC 2045 §6 does not know: the body is taken as it is.
    UnknownEncoding,
}

impl fmt::Display for DefectKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::AddressTwoAt => "address with two at-signs",
            Self::BadBase64 => "bytes outside the base64 alphabet",
            Self::BadDate => "unreadable date",
            Self::BadQuotedPrintable => "bad quoted-printable escape",
            Self::BadUuencode => "broken uuencode",
            Self::BadYenc => "broken yEnc",
            Self::BareCr => "CR without LF",
            Self::BareLf => "LF without CR",
            Self::ControlInEncodedWord => "control character in an encoded word",
            Self::EncodedWordInAddress => "encoded word inside an address",
            Self::LeadingBlankLine => "blank line before the header",
            Self::MidLineBoundary => "boundary in the middle of a line",
            Self::MissingBlankLine => "no blank line after the header",
            Self::MissingBoundary => "multipart without a boundary",
            Self::MissingCloseDelimiter => "multipart without its close delimiter",
            Self::MboxLine => "mbox line before the header",
            Self::NoColon => "header line without a colon",
            Self::SpaceBeforeColon => "white space before the colon",
            Self::RepeatedBoundary => "boundary of the multipart around it",
            Self::RepeatedField => "repeated field",
            Self::TooDeep => "nested too deep",
            Self::TooManyFields => "too many fields",
            Self::TooManyItems => "too many list items",
            Self::TooManyParts => "too many parts",
            Self::TooLong => "message too long",
            Self::TooMuchHeader => "header section too long",
            Self::UnknownCharset => "unknown charset",
            Self::UnknownEncoding => "unknown transfer encoding",
        })
    }
}
