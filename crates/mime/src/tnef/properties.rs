//! A list of MAPI properties (MS-OXTNEF §2.1.3.4).

use std::borrow::Cow;

use super::string;

/// A property's value, as far as anybody asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Value<'b> {
    Binary(&'b [u8]),
    Object(&'b [u8]),
    /// In the sender's code page.
    String8(&'b [u8]),
    /// UTF-16, the low byte first.
    Unicode(&'b [u8]),
    Other,
}

impl<'b> Value<'b> {
    pub(super) fn text(self, codepage: &[u8]) -> Option<Cow<'b, str>> {
        match self {
            Self::Binary(bytes) | Self::String8(bytes) => Some(string(codepage, bytes)),
            Self::Unicode(bytes) => {
                let text = encoding_rs::UTF_16LE.decode_without_bom_handling(bytes).0;
                Some(Cow::Owned(text.trim_end_matches('\0').to_owned()))
            }
            Self::Object(_) | Self::Other => None,
        }
    }
}

/// Walks the properties up to the first that cannot be read: the first value of each.
pub(super) struct Properties<'b> {
    rest: &'b [u8],
    left: u32,
}

impl<'b> Properties<'b> {
    pub(super) fn new(data: &'b [u8]) -> Self {
        let mut properties = Self {
            rest: data,
            left: 0,
        };
        properties.left = properties.u32().unwrap_or(0).min(MAX_PROPERTIES);
        properties
    }

    fn take(&mut self, length: usize) -> Option<&'b [u8]> {
        let (taken, rest) = self.rest.split_at_checked(length)?;
        self.rest = rest;
        Some(taken)
    }

    fn u32(&mut self) -> Option<u32> {
        let bytes = self.take(4)?;
        Some(u32::from_le_bytes(bytes.try_into().ok()?))
    }

    /// A length and as many bytes, filled up to a multiple of four.
    fn counted(&mut self) -> Option<&'b [u8]> {
        let length = usize::try_from(self.u32()?).ok()?;
        let data = self.take(length)?;
        let padding = length.wrapping_neg() % 4;
        self.rest = self.rest.get(padding..).unwrap_or_default();
        Some(data)
    }

    fn property(&mut self) -> Option<(u16, Value<'b>)> {
        let tag = self.u32()?.to_le_bytes();
        let kind = u16::from_le_bytes([tag[0], tag[1]]);
        let id = u16::from_le_bytes([tag[2], tag[3]]);
        // Named properties bring a GUID, and a number or a name.
        if id >= 0x8000 {
            self.take(16)?;
            if self.u32()? == 0 {
                self.u32()?;
            } else {
                self.counted()?;
            }
        }
        let several = kind & 0x1000 != 0;
        let kind = kind & !0x1000;
        let size = match kind {
            0x02..=0x04 | 0x0a | 0x0b => Some(4),
            0x05..=0x07 | 0x14 | 0x40 => Some(8),
            0x48 => Some(16),
            0x0d | 0x1e | 0x1f | 0x102 => None,
            _ => return None,
        };
        let count = if several || size.is_none() {
            self.u32()?
        } else {
            1
        };
        if let Some(size) = size {
            self.take(size * usize::try_from(count).ok()?)?;
            return Some((id, Value::Other));
        }
        let mut first = None;
        for _ in 0..count {
            let value = self.counted()?;
            first = first.or(Some(value));
        }
        let bytes = first.unwrap_or_default();
        let value = match kind {
            0x0d => Value::Object(bytes),
            0x1e => Value::String8(bytes),
            0x1f => Value::Unicode(bytes),
            _ => Value::Binary(bytes),
        };
        Some((id, value))
    }
}

impl<'b> Iterator for Properties<'b> {
    type Item = (u16, Value<'b>);

    fn next(&mut self) -> Option<Self::Item> {
        self.left = self.left.checked_sub(1)?;
        self.property()
    }
}

/// Exchange writes some hundred.
const MAX_PROPERTIES: u32 = 10_000;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list() {
        let mut data = Vec::new();
        data.extend(5_u32.to_le_bytes());
        data.extend([0x03, 0, 0x26, 0, 1, 0, 0, 0]);
        // Named, with a name of three bytes.
        data.extend([0x0b, 0, 0x01, 0x80]);
        data.extend([0; 16]);
        data.extend([1, 0, 0, 0, 3, 0, 0, 0, b'a', 0, 0, 0, 1, 0, 0, 0]);
        data.extend([0x1e, 0, 0, 0x10, 1, 0, 0, 0, 3, 0, 0, 0, b'H', b'i', 0, 0]);
        // Two values of UTF-16.
        data.extend([0x1f, 0x10, 0x07, 0x37, 2, 0, 0, 0]);
        data.extend([4, 0, 0, 0, b'x', 0, 0, 0, 2, 0, 0, 0, b'y', 0, 0, 0]);
        data.extend([0x02, 0x01, 0x09, 0x10, 1, 0, 0, 0, 9, 0, 0, 0, 1]);
        let read: Vec<_> = Properties::new(&data).collect();
        assert_eq!(read.len(), 4, "the last one is cut");
        assert_eq!(read[0], (0x26, Value::Other));
        assert_eq!(read[1].0, 0x8001);
        assert_eq!(read[2].1.text(b"utf-8").as_deref(), Some("Hi"));
        assert_eq!(read[3].1.text(b"utf-8").as_deref(), Some("x"));
    }
}
