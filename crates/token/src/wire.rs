//! The bytes of a token: printed and read here, and nowhere else.
//!
//! ```text
//! 0        kind: bits 7-6 version 1, 5-4 context, 3 tag of 96 bits, 2 ids hidden, 1-0 layout of the ids
//! 1        key id
//! 2..4     expiry day, big endian; 0 = never
//! 4..      ids
//! last 16  tag, or the last 12
//! ```

use crate::base32::{self, MAX_BYTES};
use crate::context::Context;
use crate::day::Day;
use crate::ids::EncodedIds;
use crate::ring::KeyId;

/// The octets before the ids.
pub(crate) const HEADER_BYTES: usize = 4;
const VERSION: u8 = 0x40;
const VERSION_MASK: u8 = 0xc0;
const SHORT_TAG: u8 = 0x08;
const HIDDEN: u8 = 0x04;

/// How the ids stand in a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Layout {
    Varints,
    Fixed,
    Uuid,
    Handle,
}

impl Layout {
    const ALL: [Self; 4] = [Self::Varints, Self::Fixed, Self::Uuid, Self::Handle];

    fn number(self) -> u8 {
        match self {
            Self::Varints => 0,
            Self::Fixed => 1,
            Self::Uuid => 2,
            Self::Handle => 3,
        }
    }

    fn admits(self, len: usize) -> bool {
        match self {
            Self::Varints => (2..=16).contains(&len),
            Self::Fixed | Self::Handle => len == 16,
            Self::Uuid => len == 20,
        }
    }
}

/// How much of the HMAC a token carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TagLength {
    Bits128,
    Bits96,
}

impl TagLength {
    /// The tag of a token with `ids` bytes of ids in a local part that has `chars` characters for it: 128 bits, 96
    /// only where 128 would not fit. Minting and reading both ask here, so that one token has one form.
    pub(crate) fn for_ids(ids: usize, chars: usize) -> Option<Self> {
        let room = base32::bytes_within(chars);
        [Self::Bits128, Self::Bits96]
            .into_iter()
            .find(|tag| HEADER_BYTES + ids + tag.bytes() <= room)
    }

    pub(crate) const fn bytes(self) -> usize {
        match self {
            Self::Bits128 => 16,
            Self::Bits96 => 12,
        }
    }
}

/// The first octet of a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Kind {
    pub(crate) context: Context,
    pub(crate) tag: TagLength,
    pub(crate) hidden: bool,
    pub(crate) layout: Layout,
}

impl Kind {
    fn encode(self) -> u8 {
        let context = match self.context {
            Context::Reply => 0x00,
            Context::Bounce => 0x10,
            Context::Unsubscribe => 0x20,
        };
        let tag = if self.tag == TagLength::Bits96 {
            SHORT_TAG
        } else {
            0
        };
        let hidden = if self.hidden { HIDDEN } else { 0 };
        VERSION | context | tag | hidden | self.layout.number()
    }

    /// A kind in any case, and whether it is what the octet says.
    fn decode(octet: u8) -> (Self, bool) {
        let context = Context::ALL.get(usize::from(octet >> 4 & 0x03)).copied();
        let short = octet & SHORT_TAG != 0;
        let hidden = octet & HIDDEN != 0;
        let kind = Self {
            context: context.unwrap_or(Context::Unsubscribe),
            tag: if short {
                TagLength::Bits96
            } else {
                TagLength::Bits128
            },
            // AES-SIV has a tag of 128 bits.
            hidden: hidden && !short,
            layout: Layout::ALL[usize::from(octet & 0x03)],
        };
        (
            kind,
            octet & VERSION_MASK == VERSION && context.is_some() && !(hidden && short),
        )
    }
}

/// A token in bytes; whether the tag holds is another matter.
pub(crate) struct Frame {
    kind: Kind,
    len: usize,
    bytes: [u8; MAX_BYTES],
}

impl Frame {
    /// A token with a tag of zeros. `kind.tag` must come from [`TagLength::for_ids`] with these ids, so that 36 bytes
    /// are enough.
    pub(crate) fn new(kind: Kind, key_id: KeyId, expires: Option<Day>, ids: &EncodedIds) -> Self {
        let ids = ids.as_bytes();
        let len = HEADER_BYTES + ids.len() + kind.tag.bytes();
        let day = expires.map_or(0, Day::number).to_be_bytes();
        let mut bytes = [0; MAX_BYTES];
        bytes[..HEADER_BYTES].copy_from_slice(&[kind.encode(), key_id.0, day[0], day[1]]);
        bytes[HEADER_BYTES..HEADER_BYTES + ids.len()].copy_from_slice(ids);
        Self { kind, len, bytes }
    }

    /// Reads base32 of a token, and says whether it is one: whether its lengths and the bits of its first octet agree.
    ///
    /// There is a frame in any case, as long as the text and with what its first octet claims as far as can be, so
    /// that to verify a text that is no token takes as long as to verify one that is.
    pub(crate) fn decode(text: &[u8]) -> (Self, bool) {
        let mut bytes = [0; MAX_BYTES];
        let (len, in_base32) = base32::decode(text, &mut bytes);
        let (kind, known) = Kind::decode(bytes[0]);
        let around = HEADER_BYTES + kind.tag.bytes();
        let admitted = len
            .checked_sub(around)
            .is_some_and(|ids| kind.layout.admits(ids));
        (
            Self {
                kind,
                len: len.max(around),
                bytes,
            },
            in_base32 && known && admitted,
        )
    }

    /// Appends the base32 of this token.
    pub(crate) fn encode(&self, out: &mut String) {
        base32::encode(&self.bytes[..self.len], out);
    }

    pub(crate) fn kind(&self) -> Kind {
        self.kind
    }

    pub(crate) fn key_id(&self) -> KeyId {
        KeyId(self.bytes[1])
    }

    /// `None` is "never".
    pub(crate) fn expires(&self) -> Option<Day> {
        Day::new(u16::from_be_bytes([self.bytes[2], self.bytes[3]]))
    }

    pub(crate) fn ids(&self) -> &[u8] {
        &self.bytes[HEADER_BYTES..self.len - self.kind.tag.bytes()]
    }

    /// What an HMAC tag covers: header and ids.
    pub(crate) fn payload(&self) -> &[u8] {
        &self.bytes[..self.len - self.kind.tag.bytes()]
    }

    pub(crate) fn tag(&self) -> &[u8] {
        &self.bytes[self.len - self.kind.tag.bytes()..self.len]
    }

    /// Header, ids and tag, the last two to be written.
    pub(crate) fn parts_mut(&mut self) -> (&[u8], &mut [u8], &mut [u8]) {
        let (header, rest) = self.bytes[..self.len].split_at_mut(HEADER_BYTES);
        let (ids, tag) = rest.split_at_mut(self.len - HEADER_BYTES - self.kind.tag.bytes());
        (header, ids, tag)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_octet_round_trips_and_nothing_else_is_read() {
        let mut read = 0;
        for octet in 0..=u8::MAX {
            let (kind, sound) = Kind::decode(octet);
            assert_eq!(kind.encode() == octet, sound);
            read += u32::from(sound);
        }
        // Three contexts, four layouts; 128 bits plain, 128 bits hidden, 96 bits plain.
        assert_eq!(read, 3 * 4 * 3);
    }

    #[test]
    fn the_tag_is_short_only_where_the_long_one_does_not_fit() {
        use TagLength::{Bits96, Bits128};
        for (ids, chars, tag) in [
            (16, 58, Some(Bits128)),
            (17, 58, Some(Bits96)),
            (20, 58, Some(Bits96)),
            (21, 58, None),
            (20, 62, Some(Bits96)),
            (3, 38, Some(Bits128)),
            (4, 38, Some(Bits96)),
            (7, 38, Some(Bits96)),
            (8, 38, None),
            (2, 34, Some(Bits96)),
            (5, 34, Some(Bits96)),
            (6, 34, None),
        ] {
            assert_eq!(
                TagLength::for_ids(ids, chars),
                tag,
                "{ids} bytes of ids in {chars} characters"
            );
        }
    }
}
