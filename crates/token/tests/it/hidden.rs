//! Tokens whose ids are hidden.

use crate::common::{
    CONTEXTS, HOST, UUID, addresses, addresses_with, decode, encode, expires, host, key, number,
    prefix, today,
};
use inreply_token::{
    Addresses, Context, Host, Ids, Key, KeyId, KeyRing, MintError, OpenError, Policy,
};
use proptest::prelude::*;

fn hiding() -> Addresses {
    addresses_with(Policy::default().hide_ids(true))
}

fn hideable() -> impl Strategy<Value = (Context, Ids)> {
    let pair = (number(), number()).prop_map(Ids::from);
    let wide = prop_oneof![pair, any::<[u8; 16]>().prop_map(Ids::from)];
    let short = (0..128_u64, 0..16_384_u64).prop_map(Ids::from);
    prop_oneof![
        wide.prop_flat_map(|ids| (
            prop::sample::select(&[Context::Reply, Context::Unsubscribe][..]),
            Just(ids)
        )),
        (Just(Context::Bounce), short),
    ]
}

proptest! {
    #[test]
    fn opening_is_the_inverse_of_minting((context, ids) in hideable(), expires in expires()) {
        let address = hiding().mint_until(context, ids, expires).unwrap();
        let opened = hiding().open(address.local_part(), today()).unwrap();
        prop_assert_eq!((opened.context, opened.ids, opened.expires), (context, ids, expires));
        prop_assert!(opened.hidden);
        prop_assert_eq!(hiding().open(&address.as_str().to_uppercase(), today()), Ok(opened));
        let plain = addresses().mint_until(context, ids, expires).unwrap();
        prop_assert_eq!(address.as_str().len(), plain.as_str().len());
        prop_assert!(hiding().open(plain.as_str(), today()).is_ok());
    }

    #[test]
    fn no_bit_can_be_flipped((context, ids) in hideable()) {
        let bytes = decode(hiding().mint(context, ids, today()).unwrap().token());
        for bit in 0..8 * bytes.len() {
            let mut flipped = bytes.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            prop_assert_eq!(hiding().open(&encode(&flipped), today()), Err(OpenError::Invalid), "bit {}", bit);
        }
    }

    #[test]
    fn of_no_other_context_key_or_host((context, ids) in hideable()) {
        let address = hiding().mint(context, ids, today()).unwrap();
        for (number, other) in CONTEXTS.into_iter().enumerate().filter(|&(_, other)| other != context) {
            let mut bytes = decode(address.token());
            bytes[0] = bytes[0] & 0xcf | [0x00, 0x10, 0x20][number];
            let text = format!("{}{}", prefix(other), encode(&bytes));
            prop_assert_eq!(hiding().open(&text, today()), Err(OpenError::Invalid));
        }
        let ring = KeyRing::new(KeyId(1), Key::from_bytes(&[1; 32]).unwrap());
        let other = Addresses::new(Host::new(HOST).unwrap(), &ring);
        prop_assert_eq!(other.open(address.local_part(), today()), Err(OpenError::Invalid));
        let other = Addresses::new(Host::new("example.com").unwrap(), &KeyRing::new(KeyId(1), key()));
        prop_assert_eq!(other.open(address.local_part(), today()), Err(OpenError::Invalid));
    }
}

#[test]
fn what_cannot_be_hidden_is_not_minted() {
    for (context, ids) in [
        (Context::Reply, Ids::from((UUID, 77))),
        (Context::Unsubscribe, Ids::from((UUID, 77))),
        (Context::Bounce, Ids::from((128, 128))),
    ] {
        assert_eq!(
            hiding().mint(context, ids, today()).unwrap_err(),
            MintError::IdsNotHidden
        );
        assert!(addresses().mint(context, ids, today()).is_ok());
    }
    assert!(matches!(
        hiding().mint(Context::Bounce, UUID, today()),
        Err(MintError::LocalPartTooLong { .. })
    ));
}

#[test]
fn ids_are_hidden() {
    let minted = |ids: Ids| decode(hiding().mint(Context::Reply, ids, today()).unwrap().token());
    let plain = UUID;
    let handle = minted(Ids::from(plain));
    assert!(
        !handle
            .windows(4)
            .any(|window| plain.windows(4).any(|part| part == window))
    );
    // Neighbours have nothing in common behind the header.
    let (one, two) = (minted(Ids::from([7; 16])), minted(Ids::from([8; 16])));
    assert_eq!(one[..4], two[..4]);
    let common = one[4..]
        .iter()
        .zip(&two[4..])
        .filter(|(a, b)| a == b)
        .count();
    assert!(common < 6, "{common} of 32 octets");
}

#[test]
fn rotation_and_expiry_are_as_of_plain_ones() {
    let mut ring = KeyRing::new(KeyId(1), key());
    let policy = Policy::default().hide_ids(true);
    let address = Addresses::with_policy(host(), &ring, policy.clone())
        .mint(Context::Reply, (7, 5), today())
        .unwrap();
    ring.rotate(KeyId(2), Key::from_bytes(&[2; 32]).unwrap())
        .unwrap();
    let addresses = Addresses::with_policy(host(), &ring, policy.clone());
    let opened = addresses.open(address.as_str(), today()).unwrap();
    assert_eq!((opened.ids.pair(), opened.key_id), (Some((7, 5)), KeyId(1)));
    let since = today().saturating_add(400);
    assert_eq!(
        addresses.open(address.as_str(), since),
        Err(OpenError::Expired { since, opened })
    );
    ring.retire(KeyId(1)).unwrap();
    let addresses = Addresses::with_policy(host(), &ring, policy);
    assert_eq!(
        addresses.open(address.as_str(), today()),
        Err(OpenError::KeyRetired { key_id: KeyId(1) })
    );
}
