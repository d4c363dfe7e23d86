//! One key of one host: tags, and hidden ids.

use core::fmt;

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use subtle::{Choice, ConstantTimeEq};
use zeroize::Zeroizing;

use crate::context::Context;
use crate::host::Host;
use crate::ring::{Entry, KeyId, KeyState};
use crate::wire::Frame;

/// What the key of the tags is derived with.
const TAG_LABEL: &[u8] = b"inreply-token/1/tag";
/// What the key of the hidden ids is derived with.
#[cfg(feature = "hide-ids")]
const SIV_LABEL: &[u8] = b"inreply-token/1/siv";

type HmacSha256 = Hmac<Sha256>;

/// One key of one host, made ready: the states have taken in key, context and host, so that a token costs two
/// compressions of SHA-256 instead of four.
pub(crate) struct Seal {
    pub(crate) id: KeyId,
    pub(crate) state: KeyState,
    tags: [HmacSha256; 3],
    #[cfg(feature = "hide-ids")]
    siv: siv::SivKey,
}

impl Seal {
    pub(crate) fn new(entry: &Entry, host: &Host) -> Self {
        let key = derive(entry.key.as_bytes(), TAG_LABEL);
        let tags = Context::ALL.map(|context| {
            let mut state = hmac(key.as_slice());
            // Neither a context nor a host holds a NUL: no other context and host give these bytes.
            for part in [
                context.as_str().as_bytes(),
                &[0],
                host.as_str().as_bytes(),
                &[0],
            ] {
                state.update(part);
            }
            state
        });
        Self {
            id: entry.id,
            state: entry.state,
            tags,
            #[cfg(feature = "hide-ids")]
            siv: siv::SivKey::new(&derive(entry.key.as_bytes(), SIV_LABEL), host),
        }
    }

    /// Writes the tag, and encrypts the ids if they are to be hidden.
    pub(crate) fn seal(&self, frame: &mut Frame) {
        #[cfg(feature = "hide-ids")]
        if frame.kind().hidden {
            self.siv.seal(frame);
            return;
        }
        let tag = self.tag(frame);
        let (_, _, place) = frame.parts_mut();
        place.copy_from_slice(&tag.to_be_bytes()[..place.len()]);
    }

    /// Whether the tag holds, in a time that does not depend on where it differs. Hidden ids are plain afterwards, if
    /// it does.
    pub(crate) fn open(&self, frame: &mut Frame) -> Choice {
        #[cfg(feature = "hide-ids")]
        if frame.kind().hidden {
            return self.siv.open(frame);
        }
        self.tag(frame).ct_eq(&padded(frame.tag()))
    }

    /// The tag, in a number that has zeros where the token has no more of it: one comparison, whatever its length.
    fn tag(&self, frame: &Frame) -> u128 {
        let mut state = self.tags[frame.kind().context.index()].clone();
        state.update(frame.payload());
        padded(&state.finalize().into_bytes()[..frame.tag().len()])
    }
}

impl fmt::Debug for Seal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {:?}", self.id, self.state)
    }
}

fn padded(tag: &[u8]) -> u128 {
    let mut bytes = [0; 16];
    bytes[..tag.len()].copy_from_slice(tag);
    u128::from_be_bytes(bytes)
}

/// A key for one use from the one the operator gave: HMAC-SHA-256 of the label, which is HKDF-Expand (RFC 5869 §2.3)
/// for one block in all but the counter. No use can learn the key of another, nor the operator's.
fn derive(master: &[u8], label: &[u8]) -> Zeroizing<[u8; 32]> {
    Zeroizing::new(
        hmac(master)
            .chain_update(label)
            .finalize()
            .into_bytes()
            .into(),
    )
}

fn hmac(key: &[u8]) -> HmacSha256 {
    // HMAC takes a key of any length (RFC 2104 §2); `hmac` 0.13 has no error to give, only the signature.
    #[allow(clippy::expect_used)]
    HmacSha256::new_from_slice(key).expect("a key of any length")
}

#[cfg(feature = "hide-ids")]
mod siv {
    use aes_siv::siv::Aes128Siv;
    use aes_siv::{KeyInit, Tag};
    use subtle::Choice;
    use zeroize::Zeroizing;

    use crate::host::Host;
    use crate::wire::Frame;

    /// AES-SIV-CMAC-256 (RFC 5297): the synthetic IV is the tag, the ids are the plaintext, and the associated data
    /// are three components: context, host, header.
    pub(super) struct SivKey {
        key: Zeroizing<[u8; 32]>,
        host: Box<str>,
    }

    impl SivKey {
        pub(super) fn new(key: &Zeroizing<[u8; 32]>, host: &Host) -> Self {
            Self {
                key: key.clone(),
                host: host.as_str().into(),
            }
        }

        pub(super) fn seal(&self, frame: &mut Frame) {
            let context = frame.kind().context.as_str();
            let (header, ids, place) = frame.parts_mut();
            let associated = [context.as_bytes(), self.host.as_bytes(), header];
            // The one error is "more than 126 components" (RFC 5297 §7), and these are three.
            #[allow(clippy::expect_used)]
            let tag = Aes128Siv::new((&*self.key).into())
                .encrypt_inout_detached(associated, ids.into())
                .expect("three components of associated data");
            place.copy_from_slice(&tag);
        }

        pub(super) fn open(&self, frame: &mut Frame) -> Choice {
            let context = frame.kind().context.as_str();
            let (header, ids, place) = frame.parts_mut();
            let associated = [context.as_bytes(), self.host.as_bytes(), header];
            let mut tag = Tag::default();
            tag.copy_from_slice(place);
            // Compares in constant time, and gives the ciphertext back where the tag does not hold.
            let opened = Aes128Siv::new((&*self.key).into()).decrypt_inout_detached(
                associated,
                ids.into(),
                &tag,
            );
            Choice::from(u8::from(opened.is_ok()))
        }
    }
}
