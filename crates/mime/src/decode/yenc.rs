//! yEnc 1.3 (yenc.org, 2002): bytes as they are, but for four.
//!
//! ```text
//!  =ybegin line=128 size=3 name=lid.bin
//!  kmn                                   each byte plus 42; NUL, LF, CR and = behind a =, plus 64 more
//!  =yend size=3
//! ```

use memchr::memmem;

use super::uuencode::{Block, Lines};

/// Decodes a body of this transfer encoding; `None` where no line begins a block.
///
/// The second value says whether the size is not the one the trailer tells.
pub(crate) fn decode(body: &[u8]) -> Option<(Vec<u8>, bool)> {
    let begin = Lines::new(body, 0).find(|line| body[line.clone()].starts_with(BEGIN))?;
    block(body, begin.start).map(|block| (block.data, !block.intact))
}

/// The block that begins with the line at `from`; without a trailer it goes to the end.
pub(crate) fn block(text: &[u8], from: usize) -> Option<Block<'_>> {
    let mut lines = Lines::new(text, from);
    let header = &text[lines.next()?];
    if !header.starts_with(BEGIN) {
        return None;
    }
    // The name comes last, blanks and all.
    let name = memmem::find(header, b" name=").map_or(&b""[..], |at| header[at + 6..].trim_ascii());
    let mut data = Vec::new();
    let mut intact = false;
    for line in lines.by_ref() {
        let line = &text[line];
        if line.starts_with(b"=ypart ") {
            continue;
        }
        if line.starts_with(b"=yend") {
            intact = size(line) == Some(data.len());
            break;
        }
        line_into(line, &mut data);
    }
    Some(Block {
        name,
        range: from..lines.position,
        data,
        intact,
    })
}

fn line_into(line: &[u8], out: &mut Vec<u8>) {
    let mut bytes = line.iter();
    while let Some(&byte) = bytes.next() {
        let plain = match byte {
            b'=' => match bytes.next() {
                Some(&escaped) => escaped.wrapping_sub(64),
                None => return,
            },
            _ => byte,
        };
        out.push(plain.wrapping_sub(42));
    }
}

fn size(trailer: &[u8]) -> Option<usize> {
    let rest = &trailer[memmem::find(trailer, b" size=")? + 6..];
    let digits = rest.iter().take_while(|b| b.is_ascii_digit()).count();
    std::str::from_utf8(&rest[..digits]).ok()?.parse().ok()
}

const BEGIN: &[u8] = b"=ybegin ";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bodies() {
        type Case = (&'static [u8], Option<(&'static [u8], bool)>);
        let cases: &[Case] = &[
            (
                b"=ybegin line=128 size=3 name=a b.bin\r\n\x6b\x8c\x8d\r\n=yend size=3\r\n",
                Some((b"Abc", false)),
            ),
            // NUL, CR, LF and = are escaped where the sum is one of them.
            (
                b"=ybegin line=128 size=4 name=x\n=@=J=M=}\n=yend size=4\n",
                Some((&[0xd6, 0xe0, 0xe3, 0x13], false)),
            ),
            (
                b"=ybegin part=1 line=128 size=9 name=x\n=ypart begin=1 end=3\n\x6b\x8c\x8d\n=yend size=3 part=1\n",
                Some((b"Abc", false)),
            ),
            (
                b"=ybegin line=128 size=3 name=x\n\x6b\x8c\n=yend size=3\n",
                Some((b"Ab", true)),
            ),
            (b"=ybegin line=128 size=3 name=x\n\x6b=", Some((b"A", true))),
            (b"nothing", None),
        ];
        for (body, expected) in cases {
            let expected = expected.map(|(data, dirty)| (data.to_vec(), dirty));
            assert_eq!(decode(body), expected, "{body:?}");
        }
        let named = block(
            b"=ybegin line=128 size=1 name=a b.bin\n\x6b\n=yend size=1\n",
            0,
        );
        assert_eq!(named.unwrap().name, b"a b.bin");
        assert!(block(b"one\n=ybegin ", 0).is_none());
    }
}
