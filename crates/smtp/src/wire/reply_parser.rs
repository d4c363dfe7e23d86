//! Reads replies off what a server sent.

use bytes::BytesMut;

use super::line::{Frame, LineFramer};
use super::reply::{EnhancedStatusCode, Reply, ReplyCode, ReplyText};

/// Joins reply lines into replies, within bounds.
///
/// ```
/// use bytes::BytesMut;
/// use inreply_smtp::wire::reply_parser::ReplyParser;
///
/// let mut parser = ReplyParser::new(512, 100);
/// let mut input = BytesMut::from("250-mx.example\r\n250 SIZE 1000\r\n22");
/// let reply = parser.next(&mut input).unwrap().unwrap();
/// assert_eq!(reply.lines().collect::<Vec<_>>(), ["mx.example", "SIZE 1000"]);
/// assert_eq!(parser.next(&mut input), None);
/// ```
#[derive(Debug, Clone)]
pub struct ReplyParser {
    framer: LineFramer,
    max_lines: usize,
    lines: usize,
    partial: Option<Reply>,
}

/// Why what the server sent is no reply.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ReplyError {
    /// A line begins with no code from 200 to 599, or with no space or hyphen behind it.
    #[error("the server sent a line that is no reply: {0:?}")]
    NoReply(String),
    /// A line of one reply has another code than the line before.
    #[error("the lines of one reply have different codes, {0} and {1}")]
    MixedCodes(ReplyCode, ReplyCode),
    /// A line is longer than the limit.
    #[error("the server sent a reply line that is too long")]
    LineTooLong,
    /// A reply has more lines than the limit.
    #[error("the server sent a reply of too many lines")]
    TooManyLines,
}

impl ReplyParser {
    /// A parser for lines of at most `max_line` octets and replies of at most `max_lines` lines.
    pub fn new(max_line: usize, max_lines: usize) -> Self {
        Self {
            framer: LineFramer::new(max_line),
            max_lines,
            lines: 0,
            partial: None,
        }
    }

    /// Takes the next whole reply off the front of `input`, nothing where its last line has not arrived.
    ///
    /// Text that is not printable ASCII is replaced by `?`: it is for a person to read, and for a terminal to show.
    ///
    /// # Errors
    /// See [`ReplyError`]. The stream is out of step behind one; close the connection.
    pub fn next(&mut self, input: &mut BytesMut) -> Option<Result<Reply, ReplyError>> {
        loop {
            let line = match self.framer.next(input)? {
                Frame::Line(line) => line,
                Frame::TooLong | Frame::Endless => return Some(Err(ReplyError::LineTooLong)),
            };
            self.lines += 1;
            if self.lines > self.max_lines {
                return Some(Err(ReplyError::TooManyLines));
            }
            match self.line(&line) {
                Ok(true) => {
                    self.lines = 0;
                    return self.partial.take().map(Ok);
                }
                Ok(false) => {}
                Err(error) => return Some(Err(error)),
            }
        }
    }

    /// Adds a line; whether it is the last.
    fn line(&mut self, line: &[u8]) -> Result<bool, ReplyError> {
        let no_reply = || {
            ReplyError::NoReply(
                ReplyText::lossy(&String::from_utf8_lossy(line))
                    .as_str()
                    .to_owned(),
            )
        };
        let (code, rest) = line.split_at_checked(3).ok_or_else(no_reply)?;
        let code = Some(code)
            .filter(|code| code.iter().all(u8::is_ascii_digit))
            .and_then(|code| std::str::from_utf8(code).ok()?.parse().ok())
            .and_then(ReplyCode::new)
            .ok_or_else(no_reply)?;
        let (last, text) = match rest.split_first() {
            // RFC 5321 §4.2 lets a server leave the space out where there is no text.
            None => (true, rest),
            Some((b' ', text)) => (true, text),
            Some((b'-', text)) => (false, text),
            Some(_) => return Err(no_reply()),
        };
        let text = String::from_utf8_lossy(text);
        // The code belongs to the reply: a later line repeats it, and what looks like another one is text.
        let (enhanced, text) = match (EnhancedStatusCode::split(&text), &self.partial) {
            (Some((enhanced, text)), None)
                if u16::from(enhanced.class()) == code.as_u16() / 100 =>
            {
                (Some(enhanced), text)
            }
            (Some((enhanced, text)), Some(reply)) if reply.enhanced() == Some(enhanced) => {
                (Some(enhanced), text)
            }
            _ => (None, &*text),
        };
        let text = ReplyText::lossy(text);
        self.partial = Some(match self.partial.take() {
            None => Reply::new(code, enhanced, text),
            Some(reply) if reply.code() == code => reply.line(text),
            Some(reply) => return Err(ReplyError::MixedCodes(reply.code(), code)),
        });
        Ok(last)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(stream: &str) -> Option<Result<Reply, ReplyError>> {
        ReplyParser::new(64, 4).next(&mut BytesMut::from(stream))
    }

    #[test]
    fn printing_is_the_inverse_of_parsing() {
        for stream in [
            "250 2.1.5 ok\r\n",
            "550-5.1.1 a\r\n550 5.1.1 b\r\n",
            "220 mx ready\r\n",
            "354 \r\n",
        ] {
            assert_eq!(parse(stream).unwrap().unwrap().to_string(), stream);
        }
        assert_eq!(parse("250\r\n").unwrap().unwrap().to_string(), "250 \r\n");
    }

    #[test]
    fn an_enhanced_code_of_another_class_is_text() {
        let reply = parse("250 5.1.1 confused\r\n").unwrap().unwrap();
        assert_eq!(
            (reply.enhanced(), reply.lines().next()),
            (None, Some("5.1.1 confused"))
        );
    }

    #[test]
    fn only_the_first_line_sets_the_enhanced_code() {
        let reply = parse("250-a\r\n250 2.1.0 b\r\n").unwrap().unwrap();
        assert_eq!(
            (reply.enhanced(), reply.lines().collect::<Vec<_>>()),
            (None, vec!["a", "2.1.0 b"])
        );
        let reply = parse("250-2.1.0 a\r\n250 2.1.5 b\r\n").unwrap().unwrap();
        assert_eq!(reply.to_string(), "250-2.1.0 a\r\n250 2.1.0 2.1.5 b\r\n");
    }

    #[test]
    fn what_is_no_reply_is_an_error() {
        for (stream, error) in [
            (
                "hello\r\n",
                "the server sent a line that is no reply: \"hello\"",
            ),
            (
                "199 x\r\n",
                "the server sent a line that is no reply: \"199 x\"",
            ),
            ("25\r\n", "the server sent a line that is no reply: \"25\""),
            (
                "250x\r\n",
                "the server sent a line that is no reply: \"250x\"",
            ),
            (
                "250-a\r\n550 b\r\n",
                "the lines of one reply have different codes, 250 and 550",
            ),
            (
                "250-\r\n250-\r\n250-\r\n250-\r\n250-\r\n",
                "the server sent a reply of too many lines",
            ),
        ] {
            assert_eq!(parse(stream).unwrap().unwrap_err().to_string(), error);
        }
        assert_eq!(
            parse(&format!("250 {}\r\n", "a".repeat(64))),
            Some(Err(ReplyError::LineTooLong))
        );
        assert_eq!(parse("250 a\n"), None);
    }
}
