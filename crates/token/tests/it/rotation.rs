//! Keys and addresses over time.

use crate::common::{CONTEXTS, addresses, addresses_with, host, today};
use inreply_token::{Addresses, Context, Day, Key, KeyId, KeyRing, OpenError, Policy};

fn key(year: u8) -> Key {
    Key::from_bytes(&[year; 32]).unwrap()
}

#[test]
fn an_old_key_verifies_until_its_tokens_expire() {
    let mut ring = KeyRing::new(KeyId(1), key(1));
    let first = Addresses::new(host(), &ring)
        .mint(Context::Reply, (7, 5), today())
        .unwrap();
    ring.rotate(KeyId(2), key(2)).unwrap();
    let addresses = Addresses::new(host(), &ring);
    let second = addresses.mint(Context::Reply, (7, 5), today()).unwrap();
    assert_ne!(first, second);

    let last_day = today().saturating_add(399);
    assert_eq!(
        addresses.open(first.as_str(), last_day).unwrap().key_id,
        KeyId(1)
    );
    assert_eq!(
        addresses.open(second.as_str(), last_day).unwrap().key_id,
        KeyId(2)
    );
    let since = today().saturating_add(400);
    for address in [first, second] {
        let opened = addresses.open(address.as_str(), last_day).unwrap();
        assert_eq!(
            addresses.open(address.as_str(), since),
            Err(OpenError::Expired { since, opened })
        );
        assert_eq!(
            addresses.open(address.as_str(), Day::MAX),
            Err(OpenError::Expired { since, opened })
        );
    }
}

#[test]
fn a_retired_key_says_so_only_where_the_tag_holds() {
    let mut ring = KeyRing::new(KeyId(1), key(1));
    let address = Addresses::new(host(), &ring)
        .mint(Context::Reply, (7, 5), today())
        .unwrap();
    ring.rotate(KeyId(2), key(2)).unwrap();
    ring.retire(KeyId(1)).unwrap();
    let addresses = Addresses::new(host(), &ring);
    let retired = Err(OpenError::KeyRetired { key_id: KeyId(1) });
    assert_eq!(addresses.open(address.as_str(), today()), retired);
    // Whoever has the key chooses the day: that it has passed is nothing to believe.
    assert_eq!(addresses.open(address.as_str(), Day::MAX), retired);

    let mut forged = address.local_part().to_owned();
    forged.replace_range(
        20..21,
        if forged.as_bytes()[20] == b'a' {
            "b"
        } else {
            "a"
        },
    );
    assert_eq!(addresses.open(&forged, today()), Err(OpenError::Invalid));

    let without = Addresses::new(host(), &KeyRing::new(KeyId(2), key(2)));
    assert_eq!(
        without.open(address.as_str(), today()),
        Err(OpenError::Invalid)
    );
    let configured = KeyRing::new(KeyId(2), key(2))
        .with_retired(KeyId(1), key(1))
        .unwrap();
    assert_eq!(
        Addresses::new(host(), &configured).open(address.as_str(), today()),
        retired
    );
}

#[test]
fn every_key_of_a_full_ring_is_found() {
    let mut ring = KeyRing::new(KeyId(0), key(0));
    let mut minted = Vec::new();
    for id in 0..=u8::MAX {
        if id > 0 {
            ring.rotate(KeyId(id), key(id)).unwrap();
        }
        minted.push(
            Addresses::new(host(), &ring)
                .mint(Context::Bounce, (1, 2), today())
                .unwrap(),
        );
    }
    let addresses = Addresses::new(host(), &ring);
    for (id, address) in (0..=u8::MAX).zip(minted) {
        assert_eq!(
            addresses
                .open(address.local_part(), today())
                .unwrap()
                .key_id,
            KeyId(id)
        );
    }
}

#[test]
fn a_lifetime_counts_from_today() {
    for (days, last) in [(1, 0), (2, 1), (90, 89), (400, 399)] {
        let addresses = addresses_with(Policy::default().lifetime_days(days));
        for context in CONTEXTS {
            let address = addresses.mint(context, (7, 5), today()).unwrap();
            assert!(
                addresses
                    .open(address.as_str(), today().saturating_add(last))
                    .is_ok()
            );
            assert!(
                addresses
                    .open(address.as_str(), today().saturating_add(last + 1))
                    .is_err()
            );
        }
    }
}

#[test]
fn for_ever_is_said_and_never_slipped_into() {
    let forever = addresses_with(Policy::default().lifetime_days(0));
    let address = forever.mint(Context::Reply, (7, 5), today()).unwrap();
    assert_eq!(
        forever.open(address.as_str(), Day::MAX).unwrap().expires,
        None
    );
    // A lifetime past the last day ends on it.
    let address = addresses().mint(Context::Reply, (7, 5), Day::MAX).unwrap();
    let expired = addresses().open(address.as_str(), Day::MAX).unwrap_err();
    assert!(matches!(
        expired,
        OpenError::Expired {
            since: Day::MAX,
            ..
        }
    ));
    // A clock at the epoch.
    let address = addresses()
        .mint(Context::Reply, (7, 5), Day::from_unix_seconds(0))
        .unwrap();
    assert!(matches!(
        addresses().open(address.as_str(), today()),
        Err(OpenError::Expired { .. })
    ));
}

#[test]
fn what_the_errors_say() {
    let address = addresses().mint(Context::Reply, (7, 5), today()).unwrap();
    let expired = addresses().open(address.as_str(), Day::MAX).unwrap_err();
    assert_eq!(expired.to_string(), "the address has expired on 2027-02-05");
    assert_eq!(OpenError::Invalid.to_string(), "no such address");
    let retired = OpenError::KeyRetired { key_id: KeyId(3) };
    assert_eq!(
        retired.to_string(),
        "the address was signed with key 3, which is retired"
    );
}
