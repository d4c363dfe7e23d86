//! What the tests share: a host, keys, strategies, and a second writer of tokens that knows the key and obeys nobody.

use data_encoding::BASE32_NOPAD_NOCASE;
use hmac::{Hmac, KeyInit, Mac};
use inreply_token::{Addresses, Context, Day, Host, Ids, Key, KeyId, KeyRing, Policy};
use proptest::prelude::*;
use sha2::Sha256;

pub(crate) const HOST: &str = "reply.example.com";
pub(crate) const CONTEXTS: [Context; 3] = [Context::Reply, Context::Bounce, Context::Unsubscribe];
pub(crate) const UUID: [u8; 16] = 0x0011_2233_4455_6677_8899_aabb_ccdd_eeff_u128.to_be_bytes();

/// 2026-01-01, on which all of this happens.
pub(crate) fn today() -> Day {
    Day::from_unix_seconds(1_767_225_600)
}

/// The bytes 0 to 31.
pub(crate) fn master() -> [u8; 32] {
    let mut bytes = 0..;
    [(); 32].map(|()| bytes.next().unwrap())
}

pub(crate) fn key() -> Key {
    Key::from_bytes(&master()).unwrap()
}

pub(crate) fn host() -> Host {
    Host::new(HOST).unwrap()
}

pub(crate) fn addresses() -> Addresses {
    Addresses::new(host(), &KeyRing::new(KeyId(1), key()))
}

pub(crate) fn addresses_with(policy: Policy) -> Addresses {
    Addresses::with_policy(host(), &KeyRing::new(KeyId(1), key()), policy)
}

pub(crate) fn prefix(context: Context) -> &'static str {
    match context {
        Context::Bounce => "b+",
        Context::Reply => "reply+",
        _ => "u+",
    }
}

pub(crate) fn decode(token: &str) -> Vec<u8> {
    BASE32_NOPAD_NOCASE.decode(token.as_bytes()).unwrap()
}

pub(crate) fn encode(bytes: &[u8]) -> String {
    BASE32_NOPAD_NOCASE.encode(bytes).to_ascii_lowercase()
}

/// A bare token of these bytes with a tag that holds, made by the book and not by the crate.
pub(crate) fn forge(context: Context, payload: &[u8], tag_bytes: usize) -> String {
    let mac = |key: &[u8]| Hmac::<Sha256>::new_from_slice(key).unwrap();
    let key = mac(&master())
        .chain_update("inreply-token/1/tag")
        .finalize()
        .into_bytes();
    let signed = [
        context.as_str().as_bytes(),
        b"\0",
        HOST.as_bytes(),
        b"\0",
        payload,
    ]
    .concat();
    let tag = mac(&key).chain_update(signed).finalize().into_bytes();
    encode(&[payload, &tag[..tag_bytes]].concat())
}

/// Numbers of every length, with the bounds of the varints among them.
pub(crate) fn number() -> impl Strategy<Value = u64> {
    prop_oneof![
        (0..64_u32, any::<u64>()).prop_map(|(shift, n)| n >> shift),
        (0..64_u32).prop_map(|shift| 1 << shift),
        (0..64_u32).prop_map(|shift| (1 << shift) - 1),
        Just(u64::MAX),
    ]
}

/// Ids that fit into a context.
pub(crate) fn ids(context: Context) -> BoxedStrategy<Ids> {
    if context == Context::Bounce {
        // Seven bytes of varints.
        let pair = (0..=6_u32).prop_flat_map(|bytes| {
            let subject = (1_u64 << (7 * bytes.clamp(1, 6))) - 1;
            let recipient = (1_u64 << (7 * (7 - bytes.clamp(1, 6)))) - 1;
            (0..=subject, 0..=recipient)
        });
        return pair.prop_map(Ids::from).boxed();
    }
    prop_oneof![
        (number(), number()).prop_map(Ids::from),
        (any::<[u8; 16]>(), any::<u32>()).prop_map(Ids::from),
        any::<[u8; 16]>().prop_map(Ids::from),
    ]
    .boxed()
}

/// A context and ids that fit into it.
pub(crate) fn context_and_ids() -> impl Strategy<Value = (Context, Ids)> {
    prop::sample::select(&CONTEXTS[..]).prop_flat_map(|context| (Just(context), ids(context)))
}

/// A day after [`today`], or never.
pub(crate) fn expires() -> impl Strategy<Value = Option<Day>> {
    prop_oneof![
        Just(None),
        (today().number() + 1..=u16::MAX).prop_map(Day::new)
    ]
}

/// `text` with the case of its letters by the bits of `mask`.
pub(crate) fn mix_case(text: &str, mask: u128) -> String {
    let flip = |(at, c): (usize, char)| {
        if mask >> (at % 128) & 1 == 1 {
            c.to_ascii_uppercase()
        } else {
            c
        }
    };
    text.chars().enumerate().map(flip).collect()
}
