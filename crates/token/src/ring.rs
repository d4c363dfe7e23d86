//! Keys over time.

use core::{fmt, mem};

use crate::key::Key;

/// The number by which a token names its key: any octet, never used for another key again.
///
/// ```
/// assert_eq!(inreply_token::KeyId(3).to_string(), "3");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct KeyId(pub u8);

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// What a key is still good for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum KeyState {
    /// Mints and verifies; a ring has one.
    Current,
    /// Verifies what it minted, until that expires.
    Old,
    /// Its tokens are refused, with an error that says so: [`OpenError::KeyRetired`](crate::OpenError::KeyRetired).
    Retired,
}

/// One key that mints, and the ones before it.
///
/// [`rotate`](Self::rotate) in a new key once a year, or whenever somebody who knew it leaves: addresses in mails already
/// sent go on working until they expire. [`retire`](Self::retire) a key that leaked. The steps stand in the
/// [crate's documentation](crate#rotation).
///
/// ```
/// use inreply_token::{Key, KeyId, KeyRing, KeyState};
///
/// let mut ring = KeyRing::new(KeyId(1), Key::from_bytes(b"a key of the first year, 32 bytes")?);
/// ring.rotate(KeyId(2), Key::from_bytes(b"a key of the second year, 32 bytes")?)?;
/// assert_eq!(ring.current(), KeyId(2));
/// assert_eq!(ring.state(KeyId(1)), Some(KeyState::Old));
/// ring.retire(KeyId(1))?;
/// assert_eq!(ring.state(KeyId(1)), Some(KeyState::Retired));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct KeyRing {
    current: Entry,
    others: Vec<Entry>,
}

pub(crate) struct Entry {
    pub(crate) id: KeyId,
    pub(crate) state: KeyState,
    pub(crate) key: Key,
}

impl KeyRing {
    /// A ring with this key alone, which mints.
    pub fn new(id: KeyId, key: Key) -> Self {
        Self {
            current: Entry {
                id,
                state: KeyState::Current,
                key,
            },
            others: Vec::new(),
        }
    }

    /// Adds an old key: it verifies, and does not mint.
    ///
    /// # Errors
    /// [`KeyRingError::DuplicateId`] if the ring has a key of this id.
    pub fn with_old(mut self, id: KeyId, key: Key) -> Result<Self, KeyRingError> {
        let old = self.entry(id, key, KeyState::Old)?;
        self.others.push(old);
        Ok(self)
    }

    /// Adds a retired key: its tokens are told from forged ones, and refused.
    ///
    /// # Errors
    /// [`KeyRingError::DuplicateId`] if the ring has a key of this id.
    pub fn with_retired(mut self, id: KeyId, key: Key) -> Result<Self, KeyRingError> {
        let retired = self.entry(id, key, KeyState::Retired)?;
        self.others.push(retired);
        Ok(self)
    }

    /// Makes this key the current one and the current one old.
    ///
    /// # Errors
    /// [`KeyRingError::DuplicateId`] if the ring has a key of this id.
    pub fn rotate(&mut self, id: KeyId, key: Key) -> Result<(), KeyRingError> {
        let mut old = self.entry(id, key, KeyState::Current)?;
        mem::swap(&mut old, &mut self.current);
        old.state = KeyState::Old;
        self.others.push(old);
        Ok(())
    }

    /// Makes an old key a retired one.
    ///
    /// # Errors
    /// [`KeyRingError::UnknownId`] if the ring has no key of this id, [`KeyRingError::RetiresCurrent`] if it is the
    /// one that mints: [`rotate`](Self::rotate) first.
    pub fn retire(&mut self, id: KeyId) -> Result<(), KeyRingError> {
        if id == self.current.id {
            return Err(KeyRingError::RetiresCurrent { id });
        }
        let mut others = self.others.iter_mut();
        others
            .find(|entry| entry.id == id)
            .ok_or(KeyRingError::UnknownId { id })?
            .state = KeyState::Retired;
        Ok(())
    }

    /// The id of the key that mints.
    pub fn current(&self) -> KeyId {
        self.current.id
    }

    /// What the key of this id is good for; `None` if the ring has none.
    pub fn state(&self, id: KeyId) -> Option<KeyState> {
        self.all()
            .find(|entry| entry.id == id)
            .map(|entry| entry.state)
    }

    /// The current key, and the others.
    pub(crate) fn entries(&self) -> (&Entry, &[Entry]) {
        (&self.current, &self.others)
    }

    fn all(&self) -> impl Iterator<Item = &Entry> {
        [&self.current].into_iter().chain(&self.others)
    }

    fn entry(&self, id: KeyId, key: Key, state: KeyState) -> Result<Entry, KeyRingError> {
        if self.state(id).is_some() {
            return Err(KeyRingError::DuplicateId { id });
        }
        Ok(Entry { id, state, key })
    }
}

impl fmt::Debug for KeyRing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map()
            .entries(self.all().map(|entry| (entry.id, entry.state)))
            .finish()
    }
}

/// Why a ring did not change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum KeyRingError {
    /// Two keys of one id: a token could not say which of them signed it.
    #[error("the ring already has a key {id}")]
    DuplicateId {
        /// The id.
        id: KeyId,
    },
    /// The key that mints cannot be retired.
    #[error("key {id} is the current one; rotate first")]
    RetiresCurrent {
        /// The id.
        id: KeyId,
    },
    /// No key of this id.
    #[error("the ring has no key {id}")]
    UnknownId {
        /// The id.
        id: KeyId,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(fill: u8) -> Key {
        Key::from_bytes(&[fill; 32]).unwrap()
    }

    #[test]
    fn there_is_one_current_key() {
        let mut ring = KeyRing::new(KeyId(1), key(1))
            .with_retired(KeyId(0), key(0))
            .unwrap();
        for id in 2..=9 {
            ring.rotate(KeyId(id), key(id)).unwrap();
            assert_eq!(ring.current(), KeyId(id));
            assert_eq!(ring.entries().0.key.as_bytes(), [id; 32]);
            assert_eq!(
                ring.all()
                    .filter(|entry| entry.state == KeyState::Current)
                    .count(),
                1
            );
        }
        assert_eq!(ring.state(KeyId(0)), Some(KeyState::Retired));
        assert_eq!(ring.state(KeyId(8)), Some(KeyState::Old));
        assert_eq!(ring.state(KeyId(10)), None);
    }

    #[test]
    fn what_a_ring_refuses() {
        let mut ring = KeyRing::new(KeyId(1), key(1));
        assert_eq!(
            ring.rotate(KeyId(1), key(2)),
            Err(KeyRingError::DuplicateId { id: KeyId(1) })
        );
        assert_eq!(
            ring.retire(KeyId(1)),
            Err(KeyRingError::RetiresCurrent { id: KeyId(1) })
        );
        assert_eq!(
            ring.retire(KeyId(2)),
            Err(KeyRingError::UnknownId { id: KeyId(2) })
        );
        assert_eq!(ring.current(), KeyId(1));
        assert!(ring.with_old(KeyId(1), key(3)).is_err());
    }

    #[test]
    fn a_ring_prints_ids_and_states() {
        let ring = KeyRing::new(KeyId(1), key(0xab))
            .with_old(KeyId(0), key(0xcd))
            .unwrap();
        assert_eq!(format!("{ring:?}"), "{KeyId(1): Current, KeyId(0): Old}");
    }
}
