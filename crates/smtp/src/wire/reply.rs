//! The replies of a server.

use std::borrow::Cow;
use std::fmt::{self, Write};

use bytes::{BufMut, BytesMut};

/// The longest reply line, code and line end included (RFC 5321 §4.5.3.1.5).
pub const MAX_REPLY_LINE: usize = 512;

/// The longest text of one reply line: what [`MAX_REPLY_LINE`] leaves beside the code, a separator, the longest enhanced
/// code (`5.999.999`), a space and the line end.
pub const MAX_REPLY_TEXT: usize = MAX_REPLY_LINE - 4 - 10 - 2;

/// A three-digit code from 200 to 599 (RFC 5321 §4.2.1).
///
/// ```
/// use inreply_smtp::wire::reply::{ReplyClass, ReplyCode};
///
/// let code = ReplyCode::new(452).unwrap();
/// assert_eq!(code.class(), ReplyClass::TransientNegative);
/// assert_eq!(ReplyCode::new(99), None);
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ReplyCode(u16);

impl ReplyCode {
    /// 211, help.
    pub const HELP: Self = Self(214);
    /// 220, the greeting.
    pub const READY: Self = Self(220);
    /// 221, closing.
    pub const CLOSING: Self = Self(221);
    /// 235, the client is who it says.
    pub const AUTHENTICATED: Self = Self(235);
    /// 250, done.
    pub const OK: Self = Self(250);
    /// 252, not verified.
    pub const NOT_VERIFIED: Self = Self(252);
    /// 334, the next step of AUTH.
    pub const CONTINUE: Self = Self(334);
    /// 354, start of the message.
    pub const START_MESSAGE: Self = Self(354);
    /// 421, closing though not asked to.
    pub const UNAVAILABLE: Self = Self(421);
    /// 450, mailbox not available now.
    pub const MAILBOX_BUSY: Self = Self(450);
    /// 451, local error.
    pub const LOCAL_ERROR: Self = Self(451);
    /// 452, no room.
    pub const NO_STORAGE: Self = Self(452);
    /// 500, no such command or a line too long.
    pub const UNRECOGNIZED: Self = Self(500);
    /// 501, bad argument.
    pub const BAD_ARGUMENT: Self = Self(501);
    /// 502, not implemented.
    pub const NOT_IMPLEMENTED: Self = Self(502);
    /// 503, out of order.
    pub const BAD_SEQUENCE: Self = Self(503);
    /// 504, parameter not implemented.
    pub const PARAMETER_NOT_IMPLEMENTED: Self = Self(504);
    /// 530, not without TLS or AUTH.
    pub const ACCESS_DENIED: Self = Self(530);
    /// 535, wrong credentials.
    pub const NOT_AUTHENTICATED: Self = Self(535);
    /// 538, not without TLS.
    pub const ENCRYPTION_REQUIRED: Self = Self(538);
    /// 550, not taken.
    pub const MAILBOX_UNAVAILABLE: Self = Self(550);
    /// 552, too big.
    pub const TOO_BIG: Self = Self(552);
    /// 553, address not allowed.
    pub const BAD_MAILBOX: Self = Self(553);
    /// 554, transaction failed.
    pub const FAILED: Self = Self(554);
    /// 555, parameter not known.
    pub const UNKNOWN_PARAMETER: Self = Self(555);

    /// A code, none where it is not within `200..=599`.
    pub const fn new(code: u16) -> Option<Self> {
        if code >= 200 && code <= 599 {
            Some(Self(code))
        } else {
            None
        }
    }

    /// The number.
    pub const fn as_u16(self) -> u16 {
        self.0
    }

    /// What its first digit says.
    pub const fn class(self) -> ReplyClass {
        match self.0 / 100 {
            2 => ReplyClass::PositiveCompletion,
            3 => ReplyClass::PositiveIntermediate,
            4 => ReplyClass::TransientNegative,
            _ => ReplyClass::PermanentNegative,
        }
    }
}

impl fmt::Debug for ReplyCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Display for ReplyCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The first digit of a code (RFC 5321 §4.2.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
// The RFC has these four.
#[allow(clippy::exhaustive_enums)]
pub enum ReplyClass {
    /// 2yz: done.
    PositiveCompletion,
    /// 3yz: go on.
    PositiveIntermediate,
    /// 4yz: not now.
    TransientNegative,
    /// 5yz: no.
    PermanentNegative,
}

/// An enhanced status code, `class.subject.detail` (RFC 3463 §2, RFC 2034).
///
/// ```
/// use inreply_smtp::wire::reply::EnhancedStatusCode;
///
/// let (code, rest) = EnhancedStatusCode::split("5.1.1 no such mailbox").unwrap();
/// assert_eq!((code.to_string().as_str(), rest), ("5.1.1", "no such mailbox"));
/// assert_eq!(EnhancedStatusCode::split("5.1 no"), None);
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct EnhancedStatusCode {
    class: u8,
    subject: u16,
    detail: u16,
}

impl EnhancedStatusCode {
    /// A code; none where the class is not 2, 4 or 5, or another number over 999.
    pub const fn new(class: u8, subject: u16, detail: u16) -> Option<Self> {
        if matches!(class, 2 | 4 | 5) && subject <= 999 && detail <= 999 {
            Some(Self {
                class,
                subject,
                detail,
            })
        } else {
            None
        }
    }

    /// Like [`EnhancedStatusCode::new`], for literals.
    ///
    /// # Panics
    /// Where the class is not 2, 4 or 5, or another number over 999: at compile time in a constant.
    pub const fn literal(class: u8, subject: u16, detail: u16) -> Self {
        assert!(
            matches!(class, 2 | 4 | 5) && subject <= 999 && detail <= 999,
            "no enhanced status code"
        );
        Self {
            class,
            subject,
            detail,
        }
    }

    /// 2, 4 or 5.
    pub const fn class(self) -> u8 {
        self.class
    }

    /// What the code is about: 1 addresses, 2 mailboxes, 3 the system, 4 routing, 5 the protocol, 6 content, 7 policy.
    pub const fn subject(self) -> u16 {
        self.subject
    }

    /// The detail.
    pub const fn detail(self) -> u16 {
        self.detail
    }

    /// Reads a code off the front of a reply's text; none where there is none.
    pub fn split(text: &str) -> Option<(Self, &str)> {
        let (code, rest) = text.split_once(' ').unwrap_or((text, ""));
        let mut numbers = code.splitn(3, '.').map(|number| {
            let digits = (1..=3).contains(&number.len())
                && number.bytes().all(|octet| octet.is_ascii_digit());
            digits.then(|| number.parse::<u16>().ok()).flatten()
        });
        let mut next = || numbers.next().flatten();
        let (class, subject, detail) = (next()?, next()?, next()?);
        Some((Self::new(u8::try_from(class).ok()?, subject, detail)?, rest))
    }
}

impl fmt::Debug for EnhancedStatusCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Display for EnhancedStatusCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.class, self.subject, self.detail)
    }
}

/// The text of one reply line.
///
/// ```text
/// textstring = 1*(%d09 / %d32-126)          RFC 5321 §4.2
/// ```
///
/// At most [`MAX_REPLY_TEXT`] octets; it may be empty. Nothing that holds one can break the line it is sent in.
///
/// ```
/// use inreply_smtp::wire::reply::ReplyText;
///
/// assert!(ReplyText::new("two\r\nlines").is_err());
/// assert_eq!(ReplyText::lossy("two\r\nlines").as_str(), "two??lines");
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReplyText(Cow<'static, str>);

/// A text that no reply line can carry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a reply's text is printable ASCII of at most {MAX_REPLY_TEXT} octets")]
pub struct ReplyTextError;

impl ReplyText {
    /// A text as it is.
    ///
    /// # Errors
    /// Where it holds anything but printable ASCII, spaces and tabs, or is longer than [`MAX_REPLY_TEXT`].
    pub fn new(text: impl Into<Cow<'static, str>>) -> Result<Self, ReplyTextError> {
        let text = text.into();
        if text.len() <= MAX_REPLY_TEXT && text.bytes().all(is_text) {
            Ok(Self(text))
        } else {
            Err(ReplyTextError)
        }
    }

    /// A text with each character that a line cannot carry replaced by `?`, cut to [`MAX_REPLY_TEXT`] octets.
    pub fn lossy(text: &str) -> Self {
        Self(
            text.chars()
                .map(|c| {
                    if u8::try_from(c).is_ok_and(is_text) {
                        c
                    } else {
                        '?'
                    }
                })
                .take(MAX_REPLY_TEXT)
                .collect::<String>()
                .into(),
        )
    }

    /// A text of the program.
    ///
    /// # Panics
    /// Where [`ReplyText::new`] would be an error: at compile time in a constant.
    pub const fn literal(text: &'static str) -> Self {
        let bytes = text.as_bytes();
        assert!(bytes.len() <= MAX_REPLY_TEXT, "a reply's text is too long");
        let mut at = 0;
        while at < bytes.len() {
            assert!(is_text(bytes[at]), "a reply's text is printable ASCII");
            at += 1;
        }
        Self(Cow::Borrowed(text))
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Octets of a line beside its text, at most: a code, an enhanced code of three numbers, what stands between them and the line end.
const LINE_FRAME: usize = 20;

const fn is_text(octet: u8) -> bool {
    matches!(octet, b'\t' | b' '..=b'~')
}

/// A reply, of one line or several.
///
/// ```
/// use inreply_smtp::wire::reply::{EnhancedStatusCode, Reply, ReplyCode, ReplyText};
///
/// let code = ReplyCode::new(550).unwrap();
/// let reply = Reply::new(code, EnhancedStatusCode::new(5, 1, 1), ReplyText::literal("no such mailbox"))
///     .line(ReplyText::literal("write to ops@example.com for help"));
/// assert_eq!(reply.to_string(), "550-5.1.1 no such mailbox\r\n550 5.1.1 write to ops@example.com for help\r\n");
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    code: ReplyCode,
    enhanced: Option<EnhancedStatusCode>,
    first: ReplyText,
    more: Vec<ReplyText>,
}

impl Reply {
    /// A reply of one line.
    pub const fn new(
        code: ReplyCode,
        enhanced: Option<EnhancedStatusCode>,
        text: ReplyText,
    ) -> Self {
        Self {
            code,
            enhanced,
            first: text,
            more: Vec::new(),
        }
    }

    /// A reply of the program's own words.
    ///
    /// # Panics
    /// As [`ReplyText::literal`] and [`EnhancedStatusCode::literal`]: at compile time in a constant.
    pub const fn literal(code: ReplyCode, enhanced: (u8, u16, u16), text: &'static str) -> Self {
        let (class, subject, detail) = enhanced;
        Self::new(
            code,
            Some(EnhancedStatusCode::literal(class, subject, detail)),
            ReplyText::literal(text),
        )
    }

    /// The same with one more line.
    #[must_use]
    pub fn line(mut self, text: ReplyText) -> Self {
        self.more.push(text);
        self
    }

    /// The code.
    pub fn code(&self) -> ReplyCode {
        self.code
    }

    /// The enhanced status code.
    pub fn enhanced(&self) -> Option<EnhancedStatusCode> {
        self.enhanced
    }

    /// The texts of its lines, at least one.
    pub fn lines(&self) -> impl Iterator<Item = &str> {
        std::iter::once(&self.first)
            .chain(&self.more)
            .map(ReplyText::as_str)
    }

    /// Whether the first digit is 2 or 3.
    pub fn is_positive(&self) -> bool {
        matches!(
            self.code.class(),
            ReplyClass::PositiveCompletion | ReplyClass::PositiveIntermediate
        )
    }

    /// Appends the lines as they go over the wire.
    pub fn write(&self, wire: &mut BytesMut) {
        let lines = self.more.len() + 1;
        for (number, text) in self.lines().enumerate() {
            let separator = if number + 1 == lines { ' ' } else { '-' };
            wire.reserve(text.len() + LINE_FRAME);
            // Writing to a buffer that grows cannot fail.
            let _ = match self.enhanced {
                Some(enhanced) => write!(wire, "{}{separator}{enhanced} ", self.code),
                None => write!(wire, "{}{separator}", self.code),
            };
            wire.put_slice(text.as_bytes());
            wire.put_slice(b"\r\n");
        }
    }
}

/// The lines as they go over the wire, line ends included.
impl fmt::Display for Reply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut wire = BytesMut::new();
        self.write(&mut wire);
        f.write_str(&String::from_utf8_lossy(&wire))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_have_bounds() {
        assert_eq!(
            [199, 200, 599, 600].map(|code| ReplyCode::new(code).is_some()),
            [false, true, true, false]
        );
        for text in ["2.1.5", "4.7.0 x", "5.999.999 "] {
            assert!(EnhancedStatusCode::split(text).is_some(), "{text}");
        }
        for text in [
            "3.1.1", "5.1.1000", "5..1", "5.1", "5.1.1.1", "5.1.+1", "", "a.b.c",
        ] {
            assert!(EnhancedStatusCode::split(text).is_none(), "{text}");
        }
    }

    #[test]
    fn no_reply_line_exceeds_the_limit() {
        let enhanced = EnhancedStatusCode::new(5, 999, 999);
        let reply = Reply::new(
            ReplyCode::FAILED,
            enhanced,
            ReplyText::lossy(&"é".repeat(1_000)),
        );
        assert_eq!(reply.to_string().len(), MAX_REPLY_LINE);
        assert!(ReplyText::new("a".repeat(MAX_REPLY_TEXT + 1)).is_err());
    }
}
