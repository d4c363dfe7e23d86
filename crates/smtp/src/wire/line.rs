//! Framing: where a line ends, before anyone asks what it says.

use bytes::{Buf, Bytes, BytesMut};

/// Cuts lines off an input; a line ends with `<CR><LF>` and nothing else (RFC 5321 §2.3.8).
///
/// A line over the limit is thrown away up to its end while it arrives, so that it takes no memory and the stream
/// stays in step; one [`Frame::TooLong`] stands for it.
///
/// ```
/// use bytes::BytesMut;
/// use inreply_smtp::wire::line::{Frame, LineFramer};
///
/// let mut framer = LineFramer::new(8);
/// let mut input = BytesMut::from("NOOP\r\nNOOP and more\r\nQU");
/// assert_eq!(framer.next(&mut input), Some(Frame::Line("NOOP".into())));
/// assert_eq!(framer.next(&mut input), Some(Frame::TooLong));
/// assert_eq!(framer.next(&mut input), None);
/// assert_eq!(input, "QU");
/// ```
#[derive(Debug, Clone)]
pub struct LineFramer {
    limit: usize,
    /// Octets at the front of the input that hold no line end, so that a trickled line is scanned once.
    scanned: usize,
    discarding: bool,
}

/// What stands at the front of an input.
#[derive(Debug, Clone, PartialEq, Eq)]
// A line fits or it does not.
#[allow(clippy::exhaustive_enums)]
pub enum Frame {
    /// A line without its line end.
    Line(Bytes),
    /// A line longer than the limit was thrown away.
    TooLong,
}

impl LineFramer {
    /// A framer for lines of at most `limit` octets, the line end not counted.
    pub fn new(limit: usize) -> Self {
        Self {
            limit,
            scanned: 0,
            discarding: false,
        }
    }

    /// Forgets what it has seen: the next octet begins a line.
    pub fn reset(&mut self) {
        *self = Self::new(self.limit);
    }

    /// Takes the next line off the front of `input`, nothing where its end has not arrived.
    pub fn next(&mut self, input: &mut BytesMut) -> Option<Frame> {
        let Some(end) = self.line_end(input) else {
            if input.len() > self.limit + 1 || self.discarding {
                // The last octet stays where it is a CR: the LF may be the next to come.
                let keep = usize::from(input.last() == Some(&b'\r'));
                input.advance(input.len() - keep);
                self.discarding = true;
                self.scanned = 0;
            }
            return None;
        };
        self.scanned = 0;
        if std::mem::take(&mut self.discarding) || end > self.limit {
            input.advance(end + 2);
            return Some(Frame::TooLong);
        }
        let line = input.split_to(end).freeze();
        input.advance(2);
        Some(Frame::Line(line))
    }

    fn line_end(&mut self, input: &BytesMut) -> Option<usize> {
        let mut from = self.scanned;
        while let Some(at) = input.get(from..).and_then(|rest| memchr::memchr(b'\n', rest)) {
            let lf = from + at;
            if lf > 0 && input.get(lf - 1) == Some(&b'\r') {
                return Some(lf - 1);
            }
            from = lf + 1;
        }
        self.scanned = input.len();
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frames(pieces: &[&[u8]], limit: usize) -> (Vec<Frame>, usize) {
        let (mut framer, mut input, mut frames, mut most) =
            (LineFramer::new(limit), BytesMut::new(), Vec::new(), 0);
        for piece in pieces {
            input.extend_from_slice(piece);
            while let Some(frame) = framer.next(&mut input) {
                frames.push(frame);
            }
            most = most.max(input.len());
        }
        (frames, most)
    }

    #[test]
    fn only_cr_lf_ends_a_line() {
        let (frames, _) = frames(&[b"a\nb\rc\r\n\r\n"], 100);
        assert_eq!(frames, [Frame::Line("a\nb\rc".into()), Frame::Line("".into())]);
    }

    #[test]
    fn any_segmentation_gives_the_same_lines() {
        let stream = b"NOOP\r\n\n\r\r\nthis line is too long\r\r\nQUIT\r\n";
        let octets: Vec<&[u8]> = stream.chunks(1).collect();
        assert_eq!(frames(&octets, 8).0, frames(&[stream], 8).0);
        assert_eq!(frames(&octets, 8).0.len(), 4);
    }

    #[test]
    fn a_long_line_takes_no_memory() {
        let pieces = vec![&b"aaaaaaaaaaaaaaaa"[..]; 10_000];
        let (frames, most) = frames(&pieces, 512);
        assert!(frames.is_empty());
        assert!(most <= 512 + 16, "{most}");
    }

    #[test]
    fn the_limit_is_inclusive() {
        assert_eq!(frames(&[b"12345678\r\n"], 8).0, [Frame::Line("12345678".into())]);
        assert_eq!(frames(&[b"123456789\r\n"], 8).0, [Frame::TooLong]);
        assert_eq!(
            frames(&[b"12345678", b"\r", b"\n"], 8).0,
            [Frame::Line("12345678".into())]
        );
    }
}
