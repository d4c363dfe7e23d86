//! The sending side of DATA: line ends made whole, dots stuffed, the end marked.

use bytes::{BufMut, BytesMut};

/// Writes a message as it goes over the wire behind a 354 reply.
///
/// A bare CR or LF becomes `<CR><LF>`: nothing that one server takes for a line end and the next for content leaves this
/// machine. A dot that begins a line is doubled (RFC 5321 §4.5.2). A message that does not end with a line end gets one.
///
/// ```
/// use bytes::BytesMut;
/// use inreply_smtp::wire::stuffing::DotStuffer;
///
/// let (mut stuffer, mut wire) = (DotStuffer::new(), BytesMut::new());
/// stuffer.write(b"Hi\n.", &mut wire);
/// stuffer.write(b"\r\nBye", &mut wire);
/// stuffer.finish(&mut wire);
/// assert_eq!(wire, "Hi\r\n..\r\nBye\r\n.\r\n");
/// ```
#[derive(Debug, Clone)]
pub struct DotStuffer {
    last: Last,
    dots: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Last {
    /// Nothing yet, or a line end that is complete.
    LineEnd,
    /// A CR whose `<CR><LF>` is written; an LF that follows belongs to it.
    CarriageReturn,
    Other,
}

impl Default for DotStuffer {
    fn default() -> Self {
        Self::new()
    }
}

impl DotStuffer {
    /// A stuffer at the start of a message.
    pub fn new() -> Self {
        Self {
            last: Last::LineEnd,
            dots: true,
        }
    }

    /// One that makes line ends whole and leaves the rest, for the chunks of BDAT.
    pub(crate) fn without_dots() -> Self {
        Self {
            last: Last::LineEnd,
            dots: false,
        }
    }

    /// Appends the wire form of the next piece of the message, cut anywhere, to `wire`.
    pub fn write(&mut self, mut piece: &[u8], wire: &mut BytesMut) {
        if self.last == Last::CarriageReturn && !piece.is_empty() {
            piece = piece.strip_prefix(b"\n").unwrap_or(piece);
            self.last = Last::LineEnd;
        }
        wire.reserve(piece.len() + 16);
        while let Some(first) = piece.first() {
            if self.dots && self.last == Last::LineEnd && *first == b'.' {
                wire.put_u8(b'.');
            }
            let Some(at) = memchr::memchr2(b'\r', b'\n', piece) else {
                wire.put_slice(piece);
                self.last = Last::Other;
                return;
            };
            let (line, rest) = piece.split_at(at);
            wire.put_slice(line);
            wire.put_slice(b"\r\n");
            self.last = Last::LineEnd;
            piece = match rest {
                [b'\r', b'\n', rest @ ..] => rest,
                [b'\r'] => {
                    self.last = Last::CarriageReturn;
                    &[]
                }
                _ => rest.get(1..).unwrap_or_default(),
            };
        }
    }

    /// Appends the end of the message.
    pub fn finish(self, wire: &mut BytesMut) {
        if self.last == Last::Other {
            wire.put_slice(b"\r\n");
        }
        if self.dots {
            wire.put_slice(b".\r\n");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::data::{BareLineEnds, DataDecoder, DataItem};
    use proptest::prelude::*;

    fn wire(message: &[u8], piece: usize) -> BytesMut {
        let (mut stuffer, mut wire) = (DotStuffer::new(), BytesMut::new());
        for piece in message.chunks(piece) {
            stuffer.write(piece, &mut wire);
        }
        stuffer.finish(&mut wire);
        wire
    }

    #[test]
    fn an_empty_message_is_a_single_dot() {
        assert_eq!(wire(b"", 1), ".\r\n");
    }

    proptest! {
        #[test]
        fn the_receiver_reads_the_message_with_whole_line_ends(
            message in proptest::collection::vec(prop::sample::select(b"\r\n.a".to_vec()), 0..64),
            piece in 1_usize..8,
        ) {
            let mut wire = wire(&message, piece);
            let mut decoder = DataDecoder::new(BareLineEnds::Refuse);
            let mut read = Vec::new();
            loop {
                match decoder.next(&mut wire, usize::MAX) {
                    Some(DataItem::Content(content)) => read.extend_from_slice(&content),
                    Some(DataItem::End) => break,
                    other => prop_assert!(false, "{:?}", other),
                }
            }
            prop_assert!(wire.is_empty());
            let text = String::from_utf8(message).unwrap().replace("\r\n", "\n").replace('\r', "\n");
            let mut expected = text.replace('\n', "\r\n");
            if !(expected.is_empty() || expected.ends_with('\n')) {
                expected.push_str("\r\n");
            }
            prop_assert_eq!(read, expected.into_bytes());
        }
    }
}
