//! The receiving side of BDAT: the octets that a chunk holds.

use bytes::{Buf, Bytes, BytesMut};

use super::data::{BareLineEnds, DataItem};

/// Reads the chunks of one message, whose lengths the BDAT commands gave (RFC 3030 §2).
///
/// Nothing inside a chunk ends it, and dots are content. A `<CR><LF>` may be cut by the end of a chunk, so that a CR at the end
/// of one is judged by what follows in the next.
///
/// ```
/// use bytes::BytesMut;
/// use inreply_smtp::wire::chunk::ChunkDecoder;
/// use inreply_smtp::wire::data::{BareLineEnds, DataItem};
///
/// let mut decoder = ChunkDecoder::new(Some(BareLineEnds::Refuse));
/// let mut input = BytesMut::from(".\r\nNOOP\r\n");
/// decoder.begin(3, true);
/// assert_eq!(decoder.next(&mut input, 1_000), Some(DataItem::Content(".\r\n".into())));
/// assert_eq!(decoder.next(&mut input, 1_000), Some(DataItem::End));
/// assert_eq!(input, "NOOP\r\n");
/// ```
#[derive(Debug, Clone)]
pub struct ChunkDecoder {
    /// None for BODY=BINARYMIME, where every octet is content.
    bare_line_ends: Option<BareLineEnds>,
    remaining: u64,
    last: bool,
    /// A CR was taken and not given: an LF that follows belongs to it.
    held_cr: bool,
    /// A `<CR><LF>` that stands for a bare line end is owed.
    owed_line_end: bool,
}

impl ChunkDecoder {
    /// A decoder for the chunks of one message; without `bare_line_ends` any octet is content (BODY=BINARYMIME).
    pub fn new(bare_line_ends: Option<BareLineEnds>) -> Self {
        Self {
            bare_line_ends,
            remaining: 0,
            last: false,
            held_cr: false,
            owed_line_end: false,
        }
    }

    /// The next octets are a chunk of so many; `last` where it ends the message.
    pub fn begin(&mut self, octets: u64, last: bool) {
        (self.remaining, self.last) = (octets, last);
    }

    /// Octets of the chunk that have not been taken.
    pub fn remaining(&self) -> u64 {
        self.remaining
    }

    /// Whether the chunk ends the message.
    pub fn is_last(&self) -> bool {
        self.last
    }

    /// Takes the next item off the front of `input`, nothing where more octets are needed. Content comes in pieces of at most
    /// `window` octets (at least 2); [`DataItem::End`] is the end of the chunk.
    pub fn next(&mut self, input: &mut BytesMut, window: usize) -> Option<DataItem> {
        if std::mem::take(&mut self.owed_line_end) {
            return Some(DataItem::Content(Bytes::from_static(b"\r\n")));
        }
        if self.held_cr {
            match input.first() {
                _ if self.remaining == 0 && self.last => return Some(self.bare()),
                _ if self.remaining == 0 => return Some(DataItem::End),
                None => return None,
                Some(b'\n') => {
                    self.held_cr = false;
                    self.drop_front(input);
                    return Some(DataItem::Content(Bytes::from_static(b"\r\n")));
                }
                Some(_) => return Some(self.bare()),
            }
        }
        if self.remaining == 0 {
            return Some(DataItem::End);
        }
        let content = self.content(input, window.max(2));
        if content > 0 {
            self.remaining -= content as u64;
            return Some(DataItem::Content(input.split_to(content).freeze()));
        }
        match input.first()? {
            b'\r' => {
                self.held_cr = true;
                self.drop_front(input);
                self.next(input, window)
            }
            0 => {
                self.drop_front(input);
                Some(DataItem::Nul)
            }
            _ => {
                self.drop_front(input);
                Some(self.bare())
            }
        }
    }

    /// The length of the content at the front, up to the first octet that needs a decision.
    fn content(&self, input: &[u8], window: usize) -> usize {
        let chunk = usize::try_from(self.remaining).unwrap_or(usize::MAX);
        let end = input.len().min(window).min(chunk);
        if self.bare_line_ends.is_none() {
            return end;
        }
        let mut at = 0;
        while let Some(found) = input
            .get(at..end)
            .and_then(|rest| memchr::memchr3(b'\r', b'\n', 0, rest))
        {
            let stop = at + found;
            if stop + 2 > end || input.get(stop..stop + 2) != Some(b"\r\n") {
                return stop;
            }
            at = stop + 2;
        }
        end
    }

    fn drop_front(&mut self, input: &mut BytesMut) {
        input.advance(1);
        self.remaining -= 1;
    }

    fn bare(&mut self) -> DataItem {
        self.held_cr = false;
        self.owed_line_end = self.bare_line_ends == Some(BareLineEnds::Normalize);
        DataItem::BareLineEnd
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The content, the oddities (`b` or `0`), and what is left behind the last chunk.
    fn decode(
        chunks: &[&[u8]],
        piece: usize,
        window: usize,
        bare: Option<BareLineEnds>,
    ) -> (Vec<u8>, String) {
        let mut decoder = ChunkDecoder::new(bare);
        let (mut message, mut odd) = (Vec::new(), String::new());
        for (number, chunk) in chunks.iter().enumerate() {
            decoder.begin(chunk.len() as u64, number + 1 == chunks.len());
            let (mut input, mut pieces) = (BytesMut::new(), chunk.chunks(piece));
            loop {
                match decoder.next(&mut input, window) {
                    Some(DataItem::Content(content)) => message.extend_from_slice(&content),
                    Some(DataItem::BareLineEnd) => odd.push('b'),
                    Some(DataItem::Nul) => odd.push('0'),
                    Some(DataItem::End) => break,
                    None => input.extend_from_slice(pieces.next().unwrap()),
                }
            }
            assert!(input.is_empty());
        }
        (message, odd)
    }

    #[test]
    fn a_line_end_may_be_cut_by_the_end_of_a_chunk() {
        let refuse = Some(BareLineEnds::Refuse);
        for (chunks, message, odd) in [
            (&[&b"a\r"[..], b"\nb"][..], &b"a\r\nb"[..], ""),
            (&[b"a\r", b"", b"\nb"], b"a\r\nb", ""),
            (&[b"a\r", b"b"], b"ab", "b"),
            (&[b"a\r"], b"a", "b"),
            (&[b"a\r\r\n"], b"a\r\n", "b"),
            (&[b"a", b"\n\0."], b"a.", "b0"),
            (&[b".\r\n", b".\r\n"], b".\r\n.\r\n", ""),
            (&[b""], b"", ""),
        ] {
            assert_eq!(decode(chunks, 9, 9, refuse), (message.to_vec(), odd.to_owned()));
        }
        let normalized = decode(&[b"a\r", b"b\nc\r"], 9, 9, Some(BareLineEnds::Normalize));
        assert_eq!(normalized, (b"a\r\nb\r\nc\r\n".to_vec(), "bbb".to_owned()));
        assert_eq!(
            decode(&[b"\r\0\n"], 9, 9, None),
            (b"\r\0\n".to_vec(), String::new())
        );
    }

    proptest! {
        #[test]
        fn any_segmentation_and_window_give_the_same(
            one in proptest::collection::vec(prop::sample::select(b"\r\n\0a".to_vec()), 0..24),
            two in proptest::collection::vec(prop::sample::select(b"\r\n\0a".to_vec()), 0..24),
            piece in 1_usize..8,
            window in 2_usize..8,
            kind in 0_usize..3,
        ) {
            let bare = [None, Some(BareLineEnds::Refuse), Some(BareLineEnds::Normalize)][kind];
            let whole = decode(&[&one, &two], usize::MAX, usize::MAX, bare);
            prop_assert_eq!(decode(&[&one, &two], piece, window, bare), whole);
        }
    }
}
