//! Compressed RTF (MS-OXRTFCP): an LZ77 over a ring of 4,096 bytes that begins filled.

/// Decompresses; `None` where the header is none. What is cut or broken ends there.
pub(super) fn decompress(input: &[u8]) -> Option<Vec<u8>> {
    let (header, body) = input.split_at_checked(16)?;
    let size = u32::from_le_bytes(header[4..8].try_into().ok()?);
    let size = usize::try_from(size).ok()?.min(MAX_SIZE);
    match &header[8..12] {
        b"MELA" => Some(body[..body.len().min(size)].to_vec()),
        b"LZFu" => Some(inflate(body, size)),
        _ => None,
    }
}

fn inflate(body: &[u8], size: usize) -> Vec<u8> {
    let mut ring = [b' '; RING];
    ring[..PREFILLED.len()].copy_from_slice(PREFILLED);
    let mut position = PREFILLED.len();
    // Two bytes and a bit give 17 bytes at most, whatever size is claimed.
    let mut out = Vec::with_capacity(size.min(body.len().saturating_mul(8)));
    let mut bytes = body.iter().copied();
    'runs: while let Some(flags) = bytes.next() {
        for bit in 0..8 {
            if flags & (1 << bit) == 0 {
                let Some(byte) = bytes.next() else {
                    break 'runs;
                };
                if out.len() >= size {
                    break 'runs;
                }
                out.push(byte);
                ring[position] = byte;
                position = (position + 1) % RING;
                continue;
            }
            let (Some(high), Some(low)) = (bytes.next(), bytes.next()) else {
                break 'runs;
            };
            let reference = u16::from_be_bytes([high, low]);
            let offset = usize::from(reference >> 4);
            let length = usize::from(reference & 0xf) + 2;
            // A reference to the place that is written next is the end.
            if offset == position {
                break 'runs;
            }
            for step in 0..length {
                if out.len() >= size {
                    break 'runs;
                }
                let byte = ring[(offset + step) % RING];
                out.push(byte);
                ring[position] = byte;
                position = (position + 1) % RING;
            }
        }
    }
    out
}

const RING: usize = 4_096;

/// MS-OXRTFCP §2.2.2.1.
const PREFILLED: &[u8] = b"{\\rtf1\\ansi\\mac\\deff0\\deftab720{\\fonttbl;}{\\f0\\fnil \\froman \\fswiss \\fmodern \\fscript \
\\fdecor MS Sans SerifSymbolArialTimes New RomanCourier{\\colortbl\\red0\\green0\\blue0\r\n\\par \
\\pard\\plain\\f0\\fs20\\b\\i\\u\\tab\\tx";

/// A text of this size is none that a person wrote.
const MAX_SIZE: usize = 16 << 20;

#[cfg(test)]
mod tests {
    use super::*;

    /// MS-OXRTFCP §4.1.1 and §4.2.
    #[test]
    fn examples_of_the_specification() {
        assert_eq!(PREFILLED.len(), 207);
        let hello = [
            0x2d, 0, 0, 0, 0x2b, 0, 0, 0, b'L', b'Z', b'F', b'u', 0xf1, 0xc5, 0xc7, 0xa7, 0x03, 0,
            0x0a, 0, 0x72, 0x63, 0x70, 0x67, 0x31, 0x32, 0x35, 0x42, 0x32, 0x0a, 0xf3, 0x20, 0x68,
            0x65, 0x6c, 0x09, 0, 0x20, 0x62, 0x77, 0x05, 0xb0, 0x6c, 0x64, 0x7d, 0x0a, 0x80, 0x0f,
            0xa0,
        ];
        let rtf = decompress(&hello).unwrap();
        assert_eq!(
            String::from_utf8(rtf).unwrap(),
            "{\\rtf1\\ansi\\ansicpg1252\\pard hello world}\r\n"
        );
        let crossing = [
            0x1a, 0, 0, 0, 0x1c, 0, 0, 0, b'L', b'Z', b'F', b'u', 0xe2, 0xd4, 0x4b, 0x51, 0x41, 0,
            0x04, 0x20, 0x57, 0x58, 0x59, 0x5a, 0x0d, 0x6e, 0x7d, 0x01, 0x0e, 0xb0,
        ];
        let rtf = decompress(&crossing).unwrap();
        assert_eq!(
            String::from_utf8(rtf).unwrap(),
            "{\\rtf1 WXYZWXYZWXYZWXYZWXYZ}"
        );
        for end in 0..hello.len() {
            let _ = decompress(&hello[..end]);
        }
    }
}
