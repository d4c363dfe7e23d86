//! What a token speaks of.

use crate::wire::Layout;

/// Past this length of two varints the fixed form is shorter.
const FIXED_PAIR_BYTES: usize = 16;
const MAX_BYTES: usize = 20;

/// What a token speaks of, in one of three shapes. The shape decides the size of the address.
///
/// ```
/// use inreply_token::Ids;
///
/// assert_eq!(Ids::from((7, 5)), Ids::Pair { subject: 7, recipient: 5 });
/// assert_eq!(Ids::from((7, 5)).pair(), Some((7, 5)));
/// assert_eq!(Ids::from([0xab; 16]).pair(), None);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Ids {
    /// 16 bytes that mean something to the caller alone: the key of a row, two ids, a UUID.
    Handle([u8; 16]),
    /// Two numbers, 2 to 16 bytes: as varints, or 8 bytes each where that is shorter.
    Pair {
        /// What is spoken of: the issue, the thread.
        subject: u64,
        /// Who may answer: the user.
        recipient: u64,
    },
    /// A UUID and a number, 20 bytes; the tag has 96 bits, for 128 do not fit into a local part.
    Uuid {
        /// What is spoken of, the UUID's bytes in the order of RFC 9562 §4.
        subject: [u8; 16],
        /// Who may answer.
        recipient: u32,
    },
}

impl Ids {
    /// Subject and recipient of [`Ids::Pair`], `None` for the other shapes.
    pub const fn pair(self) -> Option<(u64, u64)> {
        match self {
            Self::Pair { subject, recipient } => Some((subject, recipient)),
            Self::Handle(_) | Self::Uuid { .. } => None,
        }
    }

    pub(crate) fn encode(self) -> EncodedIds {
        let mut ids = EncodedIds {
            layout: Layout::Varints,
            len: 0,
            bytes: [0; MAX_BYTES],
        };
        match self {
            Self::Handle(handle) => {
                ids.layout = Layout::Handle;
                ids.push(&handle);
            }
            Self::Pair { subject, recipient }
                if varint_len(subject) + varint_len(recipient) > FIXED_PAIR_BYTES =>
            {
                ids.layout = Layout::Fixed;
                ids.push(&subject.to_be_bytes());
                ids.push(&recipient.to_be_bytes());
            }
            Self::Pair { subject, recipient } => {
                ids.push_varint(subject);
                ids.push_varint(recipient);
            }
            Self::Uuid { subject, recipient } => {
                ids.layout = Layout::Uuid;
                ids.push(&subject);
                ids.push(&recipient.to_be_bytes());
            }
        }
        ids
    }

    /// The inverse of [`Ids::encode`], and of nothing else: bytes that it would not have written are `None`.
    pub(crate) fn decode(layout: Layout, bytes: &[u8]) -> Option<Self> {
        let ids = match layout {
            Layout::Fixed => {
                let (subject, recipient) = bytes.split_first_chunk()?;
                let subject = u64::from_be_bytes(*subject);
                let recipient = u64::from_be_bytes(recipient.try_into().ok()?);
                if varint_len(subject) + varint_len(recipient) <= FIXED_PAIR_BYTES {
                    return None;
                }
                Self::Pair { subject, recipient }
            }
            Layout::Handle => Self::Handle(bytes.try_into().ok()?),
            Layout::Uuid => {
                let (subject, recipient) = bytes.split_first_chunk()?;
                Self::Uuid {
                    subject: *subject,
                    recipient: u32::from_be_bytes(recipient.try_into().ok()?),
                }
            }
            Layout::Varints => {
                let (subject, rest) = read_varint(bytes)?;
                let (recipient, rest) = read_varint(rest)?;
                if !rest.is_empty() || bytes.len() > FIXED_PAIR_BYTES {
                    return None;
                }
                Self::Pair { subject, recipient }
            }
        };
        Some(ids)
    }
}

/// Subject and recipient as [`Ids::Pair`].
impl From<(u64, u64)> for Ids {
    fn from((subject, recipient): (u64, u64)) -> Self {
        Self::Pair { subject, recipient }
    }
}

/// Subject and recipient as [`Ids::Uuid`].
impl From<([u8; 16], u32)> for Ids {
    fn from((subject, recipient): ([u8; 16], u32)) -> Self {
        Self::Uuid { subject, recipient }
    }
}

/// [`Ids::Handle`].
impl From<[u8; 16]> for Ids {
    fn from(handle: [u8; 16]) -> Self {
        Self::Handle(handle)
    }
}

/// Ids as they stand in a token.
pub(crate) struct EncodedIds {
    pub(crate) layout: Layout,
    len: usize,
    bytes: [u8; MAX_BYTES],
}

impl EncodedIds {
    pub(crate) fn as_bytes(&self) -> &[u8] {
        &self.bytes[..self.len]
    }

    fn push(&mut self, bytes: &[u8]) {
        self.bytes[self.len..self.len + bytes.len()].copy_from_slice(bytes);
        self.len += bytes.len();
    }

    /// LEB128: seven bits an octet, the low ones first, the high bit set on all but the last.
    fn push_varint(&mut self, mut value: u64) {
        while value >= 0x80 {
            self.push(&[value.to_le_bytes()[0] | 0x80]);
            value >>= 7;
        }
        self.push(&[value.to_le_bytes()[0]]);
    }
}

fn varint_len(value: u64) -> usize {
    (64 - value.leading_zeros()).max(1).div_ceil(7) as usize
}

/// A varint in front of `bytes` and what follows; `None` if it does not end, does not fit into 64 bits or has a zero at
/// its end that it does not need.
fn read_varint(bytes: &[u8]) -> Option<(u64, &[u8])> {
    let end = bytes.iter().position(|octet| octet & 0x80 == 0)?;
    if end > 0 && bytes[end] == 0 {
        return None;
    }
    let mut value = 0_u64;
    for &octet in bytes[..=end].iter().rev() {
        if value >> 57 != 0 {
            return None;
        }
        value = value << 7 | u64::from(octet & 0x7f);
    }
    Some((value, &bytes[end + 1..]))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn bytes(subject: u64, recipient: u64) -> (Layout, Vec<u8>) {
        let ids = Ids::from((subject, recipient)).encode();
        (ids.layout, ids.as_bytes().to_vec())
    }

    #[test]
    fn pairs_in_bytes() {
        assert_eq!(bytes(0, 0), (Layout::Varints, vec![0, 0]));
        assert_eq!(bytes(7, 5), (Layout::Varints, vec![7, 5]));
        assert_eq!(bytes(300, 127), (Layout::Varints, vec![0xac, 0x02, 0x7f]));
        assert_eq!(bytes(128, 0), (Layout::Varints, vec![0x80, 0x01, 0x00]));
        // 8 + 8 octets either way: the varints win, so that "shorter" has one meaning.
        assert_eq!(bytes((1 << 56) - 1, 1 << 49).0, Layout::Varints);
        assert_eq!(bytes((1 << 56) - 1, 1 << 49).1.len(), 16);
        let fixed = bytes(1 << 56, 1 << 49);
        assert_eq!(
            fixed,
            (
                Layout::Fixed,
                vec![1, 0, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0]
            )
        );
        assert_eq!(bytes(u64::MAX, 1).0, Layout::Varints);
        assert_eq!(bytes(u64::MAX, 1).1.len(), 11);
        assert_eq!(bytes(u64::MAX, u64::MAX), (Layout::Fixed, vec![0xff; 16]));
    }

    proptest! {
        #[test]
        fn what_is_read_is_what_would_be_written(bytes in prop::collection::vec(any::<u8>(), 0..=20)) {
            for layout in [Layout::Varints, Layout::Fixed, Layout::Uuid, Layout::Handle] {
                if let Some(ids) = Ids::decode(layout, &bytes) {
                    let written = ids.encode();
                    prop_assert_eq!((written.layout, written.as_bytes()), (layout, &bytes[..]));
                }
            }
        }
    }

    #[test]
    fn only_the_canonical_form_is_read() {
        for (layout, bad) in [
            (Layout::Varints, &[0x87, 0x00, 0x05][..]),
            (Layout::Varints, &[0x07, 0x85, 0x80, 0x00]),
            (Layout::Varints, &[0x07]),
            (Layout::Varints, &[0x07, 0x85]),
            (Layout::Varints, &[0x07, 0x05, 0x00]),
            (Layout::Varints, &[]),
            // 2^64 and more.
            (
                Layout::Varints,
                &[
                    0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x02, 0x00,
                ],
            ),
            (
                Layout::Varints,
                &[
                    0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01, 0x00,
                ],
            ),
            // 7 and 5 as 8 + 8 octets, where varints are shorter.
            (
                Layout::Fixed,
                &[0, 0, 0, 0, 0, 0, 0, 7, 0, 0, 0, 0, 0, 0, 0, 5],
            ),
            (Layout::Fixed, &[0xff; 15]),
            (Layout::Fixed, &[0xff; 17]),
            (Layout::Fixed, &[0xff; 7]),
            (Layout::Handle, &[0xff; 15]),
            (Layout::Uuid, &[0xff; 19]),
            (Layout::Uuid, &[0xff; 21]),
            (Layout::Uuid, &[0xff; 3]),
        ] {
            assert_eq!(Ids::decode(layout, bad), None, "{layout:?} {bad:?}");
        }
        // 17 octets of varints, where 8 + 8 are shorter.
        let long = [&[0xff; 9][..], &[0x01], &[0xff; 6], &[0x01]].concat();
        assert_eq!(Ids::decode(Layout::Varints, &long), None);
        let most = Ids::from((u64::MAX, 1));
        assert_eq!(
            Ids::decode(Layout::Varints, most.encode().as_bytes()),
            Some(most)
        );
    }
}
