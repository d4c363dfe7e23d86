//! The receiving side of DATA: where the message ends, and what it holds.

use bytes::{Buf, Bytes, BytesMut};

/// What to do with a bare CR or a bare LF inside DATA.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum BareLineEnds {
    /// The message is refused. What one server takes for a line end and another for content is the lever of SMTP
    /// smuggling (CVE-2023-51764, -51765, -51766).
    #[default]
    Refuse,
    /// Each becomes `<CR><LF>`, and the end of the message is recognised as strictly as before. For senders that cannot be
    /// mended: scripts that pipe files with Unix line ends.
    Normalize,
}

/// What stands at the front of a DATA stream.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum DataItem {
    /// Octets of the message, dots unstuffed.
    Content(Bytes),
    /// A CR without LF or an LF without CR. Under [`BareLineEnds::Normalize`] the `<CR><LF>` for it follows as content.
    BareLineEnd,
    /// A NUL octet, not allowed in a 7-bit or 8-bit body (RFC 6152 §3, RFC 2045 §2.7). It is dropped.
    Nul,
    /// `<CR><LF>.<CR><LF>`.
    End,
}

/// Reads a message behind a 354 reply.
///
/// The end is `<CR><LF>.<CR><LF>` and nothing else, where the `<CR><LF>` of the DATA command counts as the first
/// (RFC 5321 §4.1.1.4): an empty message is a single `.<CR><LF>`. A dot that begins any other line is taken off (§4.5.2). What
/// cannot be told yet stays in the input: at most three octets.
///
/// ```
/// use bytes::BytesMut;
/// use inreply_smtp::wire::data::{BareLineEnds, DataDecoder, DataItem};
///
/// let mut decoder = DataDecoder::new(BareLineEnds::Refuse);
/// let mut input = BytesMut::from("Hi\r\n..\r\n.\r\nQUIT\r\n");
/// assert_eq!(decoder.next(&mut input, 1_000), Some(DataItem::Content("Hi\r\n".into())));
/// assert_eq!(decoder.next(&mut input, 1_000), Some(DataItem::Content(".\r\n".into())));
/// assert_eq!(decoder.next(&mut input, 1_000), Some(DataItem::End));
/// assert_eq!(input, "QUIT\r\n");
/// ```
#[derive(Debug, Clone)]
pub struct DataDecoder {
    bare_line_ends: BareLineEnds,
    line: Line,
    /// A `<CR><LF>` that stands for a bare line end is owed.
    owed_line_end: bool,
}

/// Where in a line the front of the input is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Line {
    /// Behind a true `<CR><LF>`: a dot here may end the message.
    Start,
    /// Behind a bare line end that was normalised: a dot here is stuffing at most, never the end.
    StartAfterBare,
    Within,
}

impl DataDecoder {
    /// A decoder at the first octet behind the `<CR><LF>` of DATA.
    pub fn new(bare_line_ends: BareLineEnds) -> Self {
        Self {
            bare_line_ends,
            line: Line::Start,
            owed_line_end: false,
        }
    }

    /// Takes the next item off the front of `input`, nothing where more octets are needed. Content comes in pieces of at most
    /// `window` octets (at least 2).
    pub fn next(&mut self, input: &mut BytesMut, window: usize) -> Option<DataItem> {
        if std::mem::take(&mut self.owed_line_end) {
            return Some(DataItem::Content(Bytes::from_static(b"\r\n")));
        }
        if self.line != Line::Within && input.first() == Some(&b'.') {
            match (self.line, input.get(1), input.get(2)) {
                (Line::Start, None, _) | (Line::Start, Some(b'\r'), None) => return None,
                (Line::Start, Some(b'\r'), Some(b'\n')) => {
                    input.advance(3);
                    return Some(DataItem::End);
                }
                _ => input.advance(1),
            }
            self.line = Line::Within;
        }
        let content = self.content(input, window.max(2));
        if content > 0 {
            return Some(DataItem::Content(input.split_to(content).freeze()));
        }
        self.oddity(input)
    }

    /// The length of the content at the front, up to the first octet that needs a decision.
    fn content(&mut self, input: &[u8], window: usize) -> usize {
        let mut at = 0;
        loop {
            let end = input.len().min(window);
            let Some(found) = input
                .get(at..end)
                .and_then(|rest| memchr::memchr3(b'\r', b'\n', 0, rest))
            else {
                if end > at {
                    self.line = Line::Within;
                }
                return end;
            };
            let stop = at + found;
            if found > 0 {
                self.line = Line::Within;
            }
            if input.get(stop) != Some(&b'\r')
                || input.get(stop + 1) != Some(&b'\n')
                || stop + 2 > window
            {
                return stop;
            }
            self.line = Line::Start;
            at = stop + 2;
            if input.get(at) == Some(&b'.') {
                return at;
            }
        }
    }

    /// The octet at the front is a CR, an LF or a NUL that is no part of a `<CR><LF>`.
    fn oddity(&mut self, input: &mut BytesMut) -> Option<DataItem> {
        match (input.first()?, input.get(1)) {
            (b'\r', None) => None,
            (0, _) => {
                input.advance(1);
                self.line = Line::Within;
                Some(DataItem::Nul)
            }
            _ => {
                input.advance(1);
                self.owed_line_end = self.bare_line_ends == BareLineEnds::Normalize;
                self.line = if self.owed_line_end {
                    Line::StartAfterBare
                } else {
                    Line::Within
                };
                Some(DataItem::BareLineEnd)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The message, the number of bare line ends and NULs, and what is left behind the end (none where it never came).
    type Decoded = (Vec<u8>, usize, usize, Option<Vec<u8>>);

    fn decode(stream: &[u8], piece: usize, window: usize, bare: BareLineEnds) -> Decoded {
        let (mut decoder, mut input) = (DataDecoder::new(bare), BytesMut::new());
        let (mut message, mut bare, mut nul) = (Vec::new(), 0, 0);
        let mut pieces = stream.chunks(piece);
        loop {
            while let Some(item) = decoder.next(&mut input, window) {
                match item {
                    DataItem::Content(content) => message.extend_from_slice(&content),
                    DataItem::BareLineEnd => bare += 1,
                    DataItem::Nul => nul += 1,
                    DataItem::End => {
                        input.extend_from_slice(&pieces.flatten().copied().collect::<Vec<u8>>());
                        return (message, bare, nul, Some(input.to_vec()));
                    }
                }
            }
            assert!(input.len() <= 3, "kept {}", input.escape_ascii());
            match pieces.next() {
                Some(next) => input.extend_from_slice(next),
                None => return (message, bare, nul, None),
            }
        }
    }

    fn refuse(stream: &[u8]) -> Decoded {
        decode(stream, usize::MAX, usize::MAX, BareLineEnds::Refuse)
    }

    #[test]
    fn dots_are_unstuffed() {
        for (stream, message) in [
            (&b".\r\n"[..], &b""[..]),
            (b"\r\n.\r\n", b"\r\n"),
            (b"..\r\n.\r\n", b".\r\n"),
            (b"a\r\n..b\r\n...\r\n.\r\n", b"a\r\n.b\r\n..\r\n"),
            (b".a\r\n.\r\n", b"a\r\n"),
            (b"a.\r\n.\r\n", b"a.\r\n"),
        ] {
            assert_eq!(
                refuse(stream),
                (message.to_vec(), 0, 0, Some(Vec::new())),
                "{}",
                stream.escape_ascii()
            );
        }
    }

    #[test]
    fn nothing_else_ends_the_message() {
        for end in [
            "\n.\n",
            "\n.\r",
            "\r.\n",
            "\r.\r",
            "\r.\r\n",
            "\n.\r\n",
            "\r\n.\n",
            "\r\n.\r",
            "\r\n\0.\r\n",
            "\r\n.\0\r\n",
        ] {
            let stream = format!("a{end}MAIL");
            let (_, bare, nul, rest) = refuse(stream.as_bytes());
            assert_eq!(rest, None, "{end:?}");
            assert!(bare + nul > 0, "{end:?}");
            let (message, ..) = decode(
                stream.as_bytes(),
                usize::MAX,
                usize::MAX,
                BareLineEnds::Normalize,
            );
            assert!(message.ends_with(b"MAIL"), "{end:?}");
        }
    }

    #[test]
    fn normalising_leaves_no_bare_line_end() {
        let stream = b"a\nb\r\rc\n\r\n..d\n..e\r\n.\r\n";
        let (message, bare, _, rest) =
            decode(stream, usize::MAX, usize::MAX, BareLineEnds::Normalize);
        assert_eq!(message, b"a\r\nb\r\n\r\nc\r\n\r\n.d\r\n.e\r\n");
        assert_eq!((bare, rest), (5, Some(Vec::new())));
    }

    proptest! {
        #[test]
        fn any_segmentation_and_window_give_the_same(
            stream in proptest::collection::vec(prop::sample::select(b"\r\n.\0a".to_vec()), 0..64),
            piece in 1_usize..8,
            window in 2_usize..8,
            normalize: bool,
        ) {
            let bare = if normalize { BareLineEnds::Normalize } else { BareLineEnds::Refuse };
            let whole = decode(&stream, usize::MAX, usize::MAX, bare);
            prop_assert_eq!(decode(&stream, piece, window, bare), whole);
        }
    }
}
