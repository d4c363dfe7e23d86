//! The message on its way out, behind DATA or in chunks.

use bytes::{BufMut, BytesMut};

use crate::wire::command::Command;
use crate::wire::stuffing::DotStuffer;

/// Octets of a chunk: a few of them fill a fast line, and one of them is the memory that a slow one costs.
const CHUNK: usize = 65_536;

/// How the octets of a message are sent.
#[derive(Debug)]
pub(super) enum Body {
    /// Behind DATA.
    Dots(DotStuffer),
    /// In BDAT chunks.
    Chunks {
        /// Makes line ends whole; none for BODY=BINARYMIME.
        line_ends: Option<DotStuffer>,
        buffer: BytesMut,
    },
}

impl Body {
    pub(super) fn chunks(binary: bool) -> Self {
        Self::Chunks {
            line_ends: (!binary).then(DotStuffer::without_dots),
            buffer: BytesMut::new(),
        }
    }

    /// Appends the wire form of the next piece; gives the command line of a chunk that became full, whose octets stand behind
    /// it in `wire`.
    pub(super) fn write(&mut self, piece: &[u8], wire: &mut BytesMut) -> Option<String> {
        let (line_ends, buffer) = match self {
            Self::Dots(stuffer) => {
                stuffer.write(piece, wire);
                return None;
            }
            Self::Chunks { line_ends, buffer } => (line_ends, buffer),
        };
        match line_ends {
            Some(line_ends) => line_ends.write(piece, buffer),
            None => buffer.put_slice(piece),
        }
        (buffer.len() >= CHUNK).then(|| Self::chunk(buffer, false, wire))
    }

    /// Appends the end of the message; gives the command line of the last chunk.
    pub(super) fn finish(self, wire: &mut BytesMut) -> Option<String> {
        match self {
            Self::Dots(stuffer) => {
                stuffer.finish(wire);
                None
            }
            Self::Chunks {
                line_ends,
                mut buffer,
            } => {
                if let Some(line_ends) = line_ends {
                    line_ends.finish(&mut buffer);
                }
                Some(Self::chunk(&mut buffer, true, wire))
            }
        }
    }

    fn chunk(buffer: &mut BytesMut, last: bool, wire: &mut BytesMut) -> String {
        let octets = buffer.len() as u64;
        let line = Command::Bdat { octets, last }.to_string();
        wire.put_slice(line.as_bytes());
        wire.put_slice(b"\r\n");
        wire.put_slice(buffer);
        buffer.clear();
        line
    }
}
