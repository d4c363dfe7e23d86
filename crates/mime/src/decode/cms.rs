//! What a signature encloses: CMS SignedData (RFC 5652 §5.1), as far as the way to its content.
//!
//! ```text
//!  SEQUENCE { OID signedData, [0] { SEQUENCE { INTEGER, SET, SEQUENCE { OID data, [0] { OCTET STRING … } } } } }
//! ```

/// The enclosed bytes; `None` where it is something else, or where the signature stands apart from its content.
pub(crate) fn signed_content(cms: &[u8]) -> Option<Vec<u8>> {
    let mut at = Reader(cms);
    at.enter(SEQUENCE)?;
    if at.skip(OBJECT_ID)? != SIGNED_DATA {
        return None;
    }
    at.enter(EXPLICIT)?;
    at.enter(SEQUENCE)?;
    at.skip(INTEGER)?;
    at.skip(SET)?;
    at.enter(SEQUENCE)?;
    at.skip(OBJECT_ID)?;
    at.enter(EXPLICIT)?;
    if at.0.first() == Some(&OCTET_STRING) {
        return Some(at.skip(OCTET_STRING)?.to_vec());
    }
    // BER cuts long strings into pieces.
    at.enter(OCTET_STRING | CONSTRUCTED)?;
    let mut content = Vec::new();
    while let Some(piece) = at.skip(OCTET_STRING) {
        content.extend_from_slice(piece);
    }
    Some(content)
}

/// What is left to read.
struct Reader<'b>(&'b [u8]);

impl<'b> Reader<'b> {
    /// Goes inside an element: its end is that of its length, or that of the input where it has none.
    fn enter(&mut self, tag: u8) -> Option<()> {
        let (length, rest) = self.header(tag)?;
        self.0 = match length {
            Some(length) => rest.get(..length)?,
            None => rest,
        };
        Some(())
    }

    /// Goes past an element with a length: its content.
    fn skip(&mut self, tag: u8) -> Option<&'b [u8]> {
        let (length, rest) = self.header(tag)?;
        let (content, rest) = rest.split_at_checked(length?)?;
        self.0 = rest;
        Some(content)
    }

    /// The length of the element that comes next (X.690 §8.1.3), if it has this tag.
    fn header(&self, tag: u8) -> Option<(Option<usize>, &'b [u8])> {
        let (&[own, first], rest) = self.0.split_first_chunk::<2>()?;
        if own != tag {
            return None;
        }
        match first {
            0..=0x7f => Some((Some(usize::from(first)), rest)),
            // The indefinite form.
            0x80 => Some((None, rest)),
            _ => {
                let (bytes, rest) = rest.split_at_checked(usize::from(first & 0x7f))?;
                let length = bytes.iter().try_fold(0_usize, |length, &byte| {
                    length.checked_mul(256)?.checked_add(usize::from(byte))
                })?;
                Some((Some(length), rest))
            }
        }
    }
}

const INTEGER: u8 = 0x02;
const OCTET_STRING: u8 = 0x04;
const OBJECT_ID: u8 = 0x06;
const CONSTRUCTED: u8 = 0x20;
const SEQUENCE: u8 = 0x30;
const SET: u8 = 0x31;
const EXPLICIT: u8 = 0xa0;

/// 1.2.840.113549.1.7.2
const SIGNED_DATA: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x02];

#[cfg(test)]
mod tests {
    use super::*;

    fn element(tag: u8, content: &[u8]) -> Vec<u8> {
        let length = u8::try_from(content.len()).unwrap();
        let mut out = if length < 0x80 {
            vec![tag, length]
        } else {
            vec![tag, 0x81, length]
        };
        out.extend_from_slice(content);
        out
    }

    fn signed(content: &[u8]) -> Vec<u8> {
        let data = [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x01];
        let enclosed = [element(OBJECT_ID, &data), element(EXPLICIT, content)].concat();
        let signed = [
            element(INTEGER, &[1]),
            element(SET, &[]),
            element(SEQUENCE, &enclosed),
            element(SET, &[]),
        ]
        .concat();
        let content = element(EXPLICIT, &element(SEQUENCE, &signed));
        element(
            SEQUENCE,
            &[element(OBJECT_ID, SIGNED_DATA), content].concat(),
        )
    }

    #[test]
    fn both_forms_of_a_string() {
        let whole = signed(&element(OCTET_STRING, b"Hello"));
        assert_eq!(signed_content(&whole).as_deref(), Some(&b"Hello"[..]));
        let mut pieces = vec![OCTET_STRING | CONSTRUCTED, 0x80];
        pieces.extend(element(OCTET_STRING, b"Hel"));
        pieces.extend(element(OCTET_STRING, b"lo"));
        pieces.extend([0, 0]);
        assert_eq!(
            signed_content(&signed(&pieces)).as_deref(),
            Some(&b"Hello"[..])
        );
        assert_eq!(signed_content(&signed(&[])), None);
        for end in 0..whole.len() {
            let _ = signed_content(&whole[..end]);
        }
    }
}
