//! uuencode: what Unix mail used before MIME (POSIX.1-2017, `uuencode`, "Historical Algorithm").
//!
//! ```text
//!  begin 644 lid.txt          mode and name
//!  #0V%T                      a length, then four characters for each three bytes
//!  `                          a line of length 0
//!  end
//! ```

use std::ops::Range;

use memchr::memchr;

/// A block between `begin` and `end`.
pub(crate) struct Block<'b> {
    pub(crate) name: &'b [u8],
    /// From the `b` of `begin` to behind the line of `end`.
    pub(crate) range: Range<usize>,
    pub(crate) data: Vec<u8>,
    /// Every line fits its length, and `end` is there.
    pub(crate) intact: bool,
}

/// Decodes a body of this transfer encoding, from its `begin` to its `end`; lines that are none are skipped.
///
/// `None` where no line begins a block; the second value says whether something had to be skipped.
pub(crate) fn decode(body: &[u8]) -> Option<(Vec<u8>, bool)> {
    let mut lines = Lines::new(body, 0);
    lines.find(|line| begin(&body[line.clone()]).is_some())?;
    let mut data = Vec::with_capacity(body.len() / 4 * 3);
    let mut dirty = false;
    for line in lines {
        let line = &body[line];
        if line == b"end" {
            return Some((data, dirty));
        }
        if !line_into(line, &mut data) {
            dirty |= !line.is_empty();
        }
    }
    Some((data, true))
}

/// The block that begins with the line at `from`; one that has no line of data is no block.
///
/// It ends at `end`, or before the first line that is none of it.
pub(crate) fn block(text: &[u8], from: usize) -> Option<Block<'_>> {
    let mut lines = Lines::new(text, from);
    let name = begin(&text[lines.next()?])?;
    let mut block = Block {
        name,
        range: from..lines.position,
        data: Vec::new(),
        intact: false,
    };
    while let Some(line) = lines.next() {
        let line = &text[line];
        block.intact = line == b"end";
        if !block.intact && !line_into(line, &mut block.data) {
            break;
        }
        block.range.end = lines.position;
        if block.intact {
            break;
        }
    }
    (!block.data.is_empty()).then_some(block)
}

/// `begin MODE NAME`: the name. The mode is what tells it from a sentence.
fn begin(line: &[u8]) -> Option<&[u8]> {
    let rest = line.strip_prefix(b"begin ")?;
    let space = memchr(b' ', rest)?;
    let mode = matches!(space, 3 | 4) && rest[..space].iter().all(|b| matches!(b, b'0'..=b'7'));
    let name = rest[space + 1..].trim_ascii();
    (mode && !name.is_empty()).then_some(name)
}

/// Decodes one line; false where it is none.
///
/// Blanks that were cut from its end are zeros, one character more than the length asks for is a checksum.
fn line_into(line: &[u8], out: &mut Vec<u8>) -> bool {
    let Some((&first, encoded)) = line.split_first() else {
        return false;
    };
    if !(b' '..=b'`').contains(&first) {
        return false;
    }
    let length = usize::from(value(first));
    let characters = length.div_ceil(3) * 4;
    let fits = encoded.len() <= characters + 1
        // A sentence that begins with a capital letter is shorter than the length this says.
        && encoded.len() + MAX_CUT.min(characters) >= characters
        && encoded.iter().all(|b| (b' '..=b'`').contains(b));
    if !fits {
        return false;
    }
    let end = out.len() + length;
    for group in encoded[..encoded.len().min(characters)].chunks(4) {
        let at = |place: usize| group.get(place).map_or(0, |&byte| u32::from(value(byte)));
        let word = at(0) << 18 | at(1) << 12 | at(2) << 6 | at(3);
        out.extend_from_slice(&word.to_be_bytes()[1..]);
    }
    out.resize(end, 0);
    true
}

/// Blank and backtick are both 0.
fn value(byte: u8) -> u8 {
    byte.wrapping_sub(b' ') & 0x3f
}

/// How many blanks a mail program may have cut from the end of a line: those of one group.
const MAX_CUT: usize = 4;

/// Ranges of lines without their ends.
pub(crate) struct Lines<'b> {
    bytes: &'b [u8],
    /// Where the next line starts.
    pub(crate) position: usize,
}

impl<'b> Lines<'b> {
    pub(crate) fn new(bytes: &'b [u8], position: usize) -> Self {
        Self { bytes, position }
    }
}

impl Iterator for Lines<'_> {
    type Item = Range<usize>;

    fn next(&mut self) -> Option<Range<usize>> {
        let start = self.position;
        let rest = self.bytes.get(start..).filter(|rest| !rest.is_empty())?;
        let feed = memchr(b'\n', rest).unwrap_or(rest.len());
        self.position = (start + feed + 1).min(self.bytes.len());
        let line = &rest[..feed];
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        Some(start..start + line.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bodies() {
        let cases: &[(&str, Option<(&str, bool)>)] = &[
            ("begin 644 cat.txt\n#0V%T\n`\nend\n", Some(("Cat", false))),
            (
                "text\r\nbegin 0644 a\r\n#0V%T\r\n \r\nend\r\n",
                Some(("Cat", false)),
            ),
            ("begin 644 a\n#0V%T\n", Some(("Cat", true))),
            (
                "begin 644 a\nwhat is this?\n#0V%T\nend\n",
                Some(("Cat", true)),
            ),
            ("begin 644 a\n#0V%TX\n`\nend", Some(("Cat", false))),
            ("begin 644 a\n#\n`\nend", Some(("\0\0\0", false))),
            ("begin the day\n#0V%T\nend\n", None),
            ("", None),
        ];
        for (body, expected) in cases {
            let expected = expected.map(|(data, dirty)| (data.as_bytes().to_vec(), dirty));
            assert_eq!(decode(body.as_bytes()), expected, "{body:?}");
        }
    }

    #[test]
    fn blocks_in_a_text() {
        let text = b"begin 644 cat.txt\n#0V%T\n`\nend\nRegards\n";
        let found = block(text, 0).unwrap();
        assert_eq!(
            (found.name, found.data.as_slice()),
            (&b"cat.txt"[..], &b"Cat"[..])
        );
        assert!(found.intact);
        assert_eq!(&text[found.range.end..], b"Regards\n");
        let cut = block(b"begin 644 cat.txt\n#0V%T\nRegards,\n", 0).unwrap();
        assert!(!cut.intact);
        assert!(block(b"begin 644 cat.txt\nI like it.\nend\n", 0).is_none());
    }
}
