//! Signed tokens and the addresses that carry them: a program puts `reply+TOKEN@reply.example.com` into the `Reply-To`
//! of a mail, and when something comes back to it, the token says who answers what, and proves that the program said so.
//!
//! ```text
//! mint(Reply, (subject 7, recipient 5), today) ──▶ reply+iaavc5qhauh4nkneivhak7xrxzlsk4kyhlha@reply.example.com
//!                                                                         │ Reply-To, a reader, RCPT TO
//! Opened { context, ids, expires, key_id } or one error    ◀── open("reply+iaavc5qh…", today)
//! ```
//!
//! ```
//! use inreply_token::{Addresses, Context, Day, Host, Key, KeyId, KeyRing, OpenError};
//!
//! let key = Key::from_hex("000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f")?;
//! let addresses = Addresses::new(Host::new("reply.example.com")?, &KeyRing::new(KeyId(1), key));
//! let today = Day::from_unix_seconds(1_767_225_600);
//!
//! let address = addresses.mint(Context::Reply, (7, 5), today)?;
//! assert_eq!(address.as_str(), "reply+iaavc5qhauh4nkneivhak7xrxzlsk4kyhlha@reply.example.com");
//!
//! let opened = addresses.open("reply+IAAVC5QHAUH4NKNEIVHAK7XRXZLSK4KYHLHA", today)?;
//! assert_eq!((opened.context, opened.ids.pair()), (Context::Reply, Some((7, 5))));
//! assert_eq!(opened.expires.unwrap().to_string(), "2027-02-05");
//! assert_eq!(addresses.open("reply+iaavc5qhauh4nkneivhak7xrxzlsk4kyhlhb", today), Err(OpenError::Invalid));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # What it does not do
//! No storage: nothing is written down when an address is minted, and so no single address can be taken back before
//! it expires; the program that knows the subject and the recipient refuses them. No clock: `today` is an argument,
//! in days since 1970-01-01 UTC ([`Day`]). No source of chance, no file, no mail.
//!
//! # What a token proves
//! That a holder of the key minted an address of this context at this host, for these ids, until this day. Nothing
//! else:
//!
//! - **It is a bearer secret.** Whoever reads the mail, or is forwarded it, may answer in the recipient's name. `From`
//!   is not checked here; a program that wants more compares it, and DKIM's verdict on it.
//! - **It may be used again**, as an answer may be followed by a second one. Duplicates are told by Message-ID and
//!   body, where the mail is taken in.
//! - **The ids are readable** for everybody, unless the feature `hide-ids` and [`Policy`] hide them.
//! - A subject that is locked and a recipient who is suspended still have their addresses. Look them up.
//!
//! So treat addresses as what they are: `Debug` of [`Address`] redacts the token, a log should too, and
//! what is published of a mail must not quote its `Reply-To`.
//!
//! # Threat model
//! The attacker sends any text as a local part, as often as the server answers, and measures the time; holds genuine
//! addresses, also of other hosts and contexts of the same key, and may know every id. They do not have a current or
//! old key.
//!
//! | attack | why it fails |
//! |---|---|
//! | guess a tag | 128 bits; see below |
//! | another subject, recipient, day or key id | the tag covers every octet before it |
//! | a token of one host at another, a bounce address as a reply address | host and context go into the tag, each closed by a NUL that neither can hold; the context stands in the token as well, and the prefix must agree with it |
//! | a shorter tag | how long it is follows from the ids, and the version octet that says so is under the tag |
//! | several texts of one token, past a rate limit or a list of blocked ones | there is one: minimal varints, the shorter of two layouts, no trailing bits, no padding. Case alone is free; compare lower-cased |
//! | feel for the tag octet by octet | compared in constant time |
//! | tell a malformed text, an unknown key or another host from a wrong tag | all are [`OpenError::Invalid`] by one path: a tag is computed for each. Time depends on the length of the text and on what its first octet claims, both of which the sender chose |
//! | learn who is suspended or what has expired | specific errors come after the tag held, so to holders of genuine addresses only |
//! | a leaked key | retire it: its tokens are refused, and what they say is not even given |
//! | CR, LF or NUL by way of an address | [`Host`] and [`Prefix`] refuse them, and base32 has none |
//!
//! Keys and what is derived from them are wiped when dropped. Copies that the compiler makes when it moves them, and
//! the round keys of AES on the stack (`hide-ids`), are not.
//!
//! # The bytes
//! Base32 (RFC 4648 §6, lower case, no padding) of
//!
//! | octets | what |
//! |---|---|
//! | 1 | bits 7-6: version, `01`; 5-4: context, 0 reply, 1 bounce, 2 unsubscribe; 3: the tag has 96 bits; 2: ids are hidden; 1-0: layout of the ids |
//! | 1 | key id |
//! | 2 | expiry day, big endian: the first day on which the token does not open; 0 is never |
//! | 2 to 20 | ids |
//! | 16 or 12 | tag |
//!
//! | layout | ids | octets of ids | tag | characters of token |
//! |---|---|---|---|---|
//! | 0 | subject and recipient as varints (LEB128, minimal) | 2 to 16 | 128 bits | 36 to 58 |
//! | 1 | subject and recipient, big endian, where varints would be more than 16 octets | 16 | 128 bits | 58 |
//! | 2 | UUID, and recipient, big endian | 20 | 96 bits | 58 |
//! | 3 | a handle | 16 | 128 bits | 58 |
//!
//! With six octets of prefix that is a local part of at most 64 octets (RFC 5321 §4.5.3.1.1). A bounce address has
//! at most 40, since relays wrap it: up to three octets of ids with a tag of 128 bits, up to seven with 96, under the
//! default prefix. Minting fails rather than exceed either.
//!
//! The tag is HMAC-SHA-256, cut on the right, over `CONTEXT 0x00 HOST 0x00` and the octets before the tag, `CONTEXT`
//! being `reply`, `bounce` or `unsubscribe` and `HOST` in lower case. Its key is HMAC-SHA-256 of
//! `inreply-token/1/tag` under the [`Key`].
//!
//! Hidden ids are the ciphertext, and the tag is the synthetic IV, of AES-SIV-CMAC-256 (RFC 5297) with three
//! components of associated data: `CONTEXT`, `HOST`, the four octets of the header. Its key is HMAC-SHA-256 of
//! `inreply-token/1/siv` under the [`Key`]. A token has the same size as one in clear. AES-SIV has no shorter tag, so that a
//! UUID with a recipient, and a bounce address with more than three octets of ids, cannot be hidden
//! ([`MintError::IdsNotHidden`]). It hides values, not sizes: small numbers make short tokens; and the same
//! ids make the same token on the same day.
//!
//! # Rotation
//! 1. Make a key (`openssl rand -hex 32`), give it the next [`KeyId`], and let it be the current one; keep the former as an
//!    old one ([`KeyRing::rotate`], or [`KeyRing::with_old`] where the ring is built from a configuration).
//! 2. With more than one server, first add the new key as an old one everywhere, then make it current: each must
//!    open what another has minted.
//! 3. When the last token of an old key has expired (400 days after step 1, by default), drop it. Its id may not be
//!    given to another key before that.
//! 4. If a key has leaked, retire it at once ([`KeyRing::retire`]). Honest replies to older mails are refused too, but
//!    with a text that says why.
//!
//! # Questions
//! **Why not base64?** It has upper and lower case. RFC 5321 §2.4 has local parts compared with case, but mail
//! programs, address books and gateways change it; a base32 token survives that, and costs 58 characters where base64
//! would take 48.
//!
//! **Why 128 bits?** Somebody who tries 10^6 tokens a second for a year makes 3.2 · 10^13 ≈ 2^45 guesses. The chance
//! that one of them holds is 2^-83 (10^-25) with 128 bits, and 2^-51 (4 · 10^-16) with 96. With 64 it would be one in
//! 600,000, and 32 bits would fall in about an hour. A forger cannot work offline: without the key only the server knows.
//!
//! **May an HMAC be cut?** RFC 2104 §5 advises no fewer bits than half of them and no fewer than 80. 128 keep to both,
//! 96 to the second; the full 256 would leave no room for a handle.
//!
//! **Why 400 days?** See [`Policy::lifetime_days`].
//!
//! **Why is an expired token no [`OpenError::Invalid`]?** Its holder wrote an answer in good faith and is owed the
//! reason; and who holds a token with a tag that holds learns nothing by it.
//!
//! # Features
//! `hide-ids` (off): mints and reads tokens with hidden ids. Without it they are [`OpenError::Invalid`].

#![deny(clippy::print_stdout, clippy::print_stderr)]

mod address;
mod addresses;
mod base32;
mod context;
mod day;
mod host;
mod ids;
mod key;
pub mod legacy;
mod policy;
mod prefix;
mod ring;
mod seal;
mod wire;

pub use address::Address;
pub use addresses::{Addresses, MintError, OpenError, Opened};
pub use context::{Context, ContextError};
pub use day::Day;
pub use host::{Host, HostError};
pub use ids::Ids;
pub use key::{Key, KeyError};
pub use policy::Policy;
pub use prefix::{Prefix, PrefixError};
pub use ring::{KeyId, KeyRing, KeyRingError, KeyState};

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct ReadmeDoctests;
