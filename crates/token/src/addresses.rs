//! Minting and opening.

use subtle::Choice;

use crate::address::{Address, MAX_OCTETS};
use crate::base32;
use crate::context::Context;
use crate::day::Day;
use crate::host::Host;
use crate::ids::Ids;
use crate::policy::Policy;
use crate::prefix::Prefix;
use crate::ring::{KeyId, KeyRing, KeyState};
use crate::seal::Seal;
use crate::wire::{Frame, HEADER_BYTES, Kind, TagLength};

/// The addresses of one host: mints them and opens them.
///
/// Make one per host when the program starts or its keys change, and share it: it is `Send` and `Sync`, takes `&self`
/// only, and keeps nothing of what it minted. It holds states derived from the keys, wiped when it is dropped, not the
/// ring itself.
///
/// ```
/// use inreply_token::{Addresses, Context, Day, Host, Key, KeyId, KeyRing, OpenError};
///
/// let key = Key::from_hex("000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f")?;
/// let addresses = Addresses::new(Host::new("reply.example.com")?, &KeyRing::new(KeyId(1), key));
/// let today = Day::from_unix_seconds(1_767_225_600);
///
/// let address = addresses.mint(Context::Reply, (7, 5), today)?;
/// let opened = addresses.open(address.local_part(), today)?;
/// assert_eq!(opened.context, Context::Reply);
/// assert_eq!(opened.ids.pair(), Some((7, 5)));
///
/// // The whole address is read too, in any case.
/// assert_eq!(addresses.open(&address.as_str().to_uppercase(), today)?, opened);
/// assert_eq!(addresses.open("reply+forged", today), Err(OpenError::Invalid));
/// let later = today.saturating_add(400);
/// assert_eq!(addresses.open(address.as_str(), later), Err(OpenError::Expired { since: later, opened }));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Addresses {
    host: Host,
    policy: Policy,
    /// The key that mints.
    current: Seal,
    others: Vec<Seal>,
}

impl Addresses {
    /// The addresses of this host by the default [`Policy`].
    pub fn new(host: Host, ring: &KeyRing) -> Self {
        Self::with_policy(host, ring, Policy::default())
    }

    /// The addresses of this host by this policy.
    pub fn with_policy(host: Host, ring: &KeyRing, policy: Policy) -> Self {
        let (current, others) = ring.entries();
        let current = Seal::new(current, &host);
        let others = others.iter().map(|entry| Seal::new(entry, &host)).collect();
        Self {
            host,
            policy,
            current,
            others,
        }
    }

    /// The host.
    pub fn host(&self) -> &Host {
        &self.host
    }

    /// An address that opens until the policy's lifetime has passed: `today` is its first day.
    ///
    /// `ids` is an [`Ids`] or what it is made from: `(subject, recipient)` of two `u64`, of a UUID and a `u32`, or 16
    /// bytes.
    ///
    /// # Errors
    /// See [`mint_until`](Self::mint_until).
    pub fn mint(
        &self,
        context: Context,
        ids: impl Into<Ids>,
        today: Day,
    ) -> Result<Address, MintError> {
        self.mint_until(
            context,
            ids,
            self.policy
                .lifetime()
                .map(|days| today.saturating_add(days)),
        )
    }

    /// An address that does not open any more on the day `expires`; for ever if that is `None`.
    ///
    /// The same arguments give the same address: nothing random is in it.
    ///
    /// # Errors
    /// [`MintError::LocalPartTooLong`] if the local part would exceed its
    /// [limit](Context::local_part_limit): a UUID, a handle or large numbers as a bounce address (with the prefix
    /// `b+`, seven bytes of varints fit: 2^28 subjects of 2^21 recipients, say).
    /// [`MintError::AddressTooLong`] if the host is so long that the address would have more than 254 octets.
    /// [`MintError::IdsNotHidden`] if the policy hides ids and these leave room for a tag of 96 bits only: a UUID and
    /// a `u32`, or a bounce address with more than three bytes of varints.
    pub fn mint_until(
        &self,
        context: Context,
        ids: impl Into<Ids>,
        expires: Option<Day>,
    ) -> Result<Address, MintError> {
        let ids = ids.into().encode();
        let prefix = self.policy.prefix_of(context);
        let len = ids.as_bytes().len();
        let Some(tag) = TagLength::for_ids(len, self.policy.token_chars(context)) else {
            let shortest = HEADER_BYTES + len + TagLength::Bits96.bytes();
            let octets = prefix.len() + base32::chars_for(shortest);
            return Err(MintError::LocalPartTooLong {
                octets,
                limit: context.local_part_limit(),
            });
        };
        let hidden = self.policy.hides_ids();
        if hidden && tag == TagLength::Bits96 {
            return Err(MintError::IdsNotHidden);
        }
        let mut frame = Frame::new(
            Kind {
                context,
                tag,
                hidden,
                layout: ids.layout,
            },
            self.current.id,
            expires,
            &ids,
        );
        self.current.seal(&mut frame);
        let address = Address::new(prefix, &frame, &self.host);
        if address.as_str().len() > MAX_OCTETS {
            return Err(MintError::AddressTooLong {
                octets: address.as_str().len(),
            });
        }
        Ok(address)
    }

    /// Opens a token: `text` is a local part with its prefix, the bare token, or either with `@` and the host, in any
    /// mix of upper and lower case. A local part must not be in quotes.
    ///
    /// No allocation, and no early way out: for a text that is no token a tag is computed as well, and thrown away.
    ///
    /// # Errors
    /// [`OpenError::Invalid`] for everything that this host's keys did not mint: a wrong shape, a wrong tag, another
    /// host, a prefix of another context, an unknown key. The tag held, and still the token is refused:
    /// [`OpenError::KeyRetired`] for one of a retired key, then [`OpenError::Expired`].
    pub fn open(&self, text: &str, today: Day) -> Result<Opened, OpenError> {
        let (local_part, at_host) = self.split(text.as_bytes());
        let (prefix, token) = self.policy.strip(local_part);
        let (mut frame, shaped) = Frame::decode(token);
        let named = self.seal_of(&frame);
        let sound = at_host && shaped && named.is_some() && self.admits(&frame, prefix);
        let seal = named.unwrap_or(&self.current);
        let holds = seal.open(&mut frame) & Choice::from(u8::from(sound));
        if !bool::from(holds) {
            return Err(OpenError::Invalid);
        }
        // Only a holder of the key comes here: that an id is not in its one form tells nothing to anybody else.
        let ids = Ids::decode(frame.kind().layout, frame.ids()).ok_or(OpenError::Invalid)?;
        if seal.state == KeyState::Retired {
            return Err(OpenError::KeyRetired { key_id: seal.id });
        }
        let kind = frame.kind();
        let expires = frame.expires();
        let opened = Opened {
            context: kind.context,
            ids,
            expires,
            key_id: seal.id,
            hidden: kind.hidden,
        };
        match expires {
            Some(since) if since <= today => Err(OpenError::Expired { since, opened }),
            _ => Ok(opened),
        }
    }

    /// The local part, and whether what stands behind an `@` is this host.
    fn split<'a>(&self, text: &'a [u8]) -> (&'a [u8], bool) {
        let Some(at) = text.iter().rposition(|&octet| octet == b'@') else {
            return (text, true);
        };
        (
            &text[..at],
            text[at + 1..].eq_ignore_ascii_case(self.host.as_str().as_bytes()),
        )
    }

    /// Whether this host would have minted such a token under this prefix.
    fn admits(&self, frame: &Frame, prefix: Option<&Prefix>) -> bool {
        let kind = frame.kind();
        let tag = TagLength::for_ids(frame.ids().len(), self.policy.token_chars(kind.context));
        let readable = !kind.hidden || cfg!(feature = "hide-ids");
        tag == Some(kind.tag)
            && readable
            && prefix.is_none_or(|prefix| prefix == self.policy.prefix_of(kind.context))
    }

    fn seal_of(&self, frame: &Frame) -> Option<&Seal> {
        [&self.current]
            .into_iter()
            .chain(&self.others)
            .find(|seal| seal.id == frame.key_id())
    }
}

/// What a token said, after its tag held.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Opened {
    /// What the address is for. Check it: a bounce address is no reply address.
    pub context: Context,
    /// What it speaks of.
    pub ids: Ids,
    /// The first day on which it does not open any more; `None` for never.
    pub expires: Option<Day>,
    /// The key that signed it.
    pub key_id: KeyId,
    /// Whether its ids were hidden.
    pub hidden: bool,
}

/// Why no address was minted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum MintError {
    /// The host leaves no room: RFC 5321 §4.5.3.1.3 gives a path 256 octets with its angle brackets.
    #[error("the address would have {octets} octets, more than 254: the host is too long")]
    AddressTooLong {
        /// The length it would have.
        octets: usize,
    },
    /// The policy hides ids, and an address with these has no room for the 128 bits of AES-SIV.
    #[error("ids of this size cannot be hidden: there is room for a tag of 96 bits only")]
    IdsNotHidden,
    /// The ids are too large for the local part of an address of this context.
    #[error("the local part would have {octets} octets, more than {limit}: the ids are too large")]
    LocalPartTooLong {
        /// The length it would have.
        octets: usize,
        /// The most it may have.
        limit: usize,
    },
}

/// Why an address was not opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// The tag holds, but the day has come.
    #[error("the address has expired on {since}")]
    Expired {
        /// The first day on which it did not open any more.
        since: Day,
        /// What it says, for the log and for an answer to the sender.
        opened: Opened,
    },
    /// Not minted here, for whatever reason: the outside is to learn no more than that.
    #[error("no such address")]
    Invalid,
    /// The tag holds, but of a key that is retired. Whoever has that key may have made the token, so that what it
    /// says is not given.
    #[error("the address was signed with key {key_id}, which is retired")]
    KeyRetired {
        /// The key.
        key_id: KeyId,
    },
}
