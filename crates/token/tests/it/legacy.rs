//! The older form, `reply+i-1-<40 hex>-5`.

use crate::common::{host, master, mix_case};
use crate::known_answers::{Vector, vectors};
use inreply_token::OpenError;
use inreply_token::legacy::{LegacyAddresses, LegacyKey, LegacyToken};
use proptest::prelude::*;

/// The first vector: i, 1, 5.
const KNOWN: &str = "reply+i-1-2a66b6e4fd991a3654d97196dfd2a25a8fbc36e0-5";

fn addresses() -> LegacyAddresses {
    LegacyAddresses::new(host(), &LegacyKey::from_bytes(&master()).unwrap())
}

#[test]
fn known_answers() {
    for Vector {
        kind, ids, text, ..
    } in vectors("legacy")
    {
        let (kind, id, user) = (
            kind.parse().unwrap(),
            ids[0].parse().unwrap(),
            ids[1].parse().unwrap(),
        );
        let token = LegacyToken::parse(text).unwrap();
        assert_eq!((token.kind(), token.id(), token.user()), (kind, id, user));
        let bare = text.strip_prefix("reply+").unwrap();
        for text in [
            text.to_owned(),
            bare.to_owned(),
            format!("{text}@REPLY.example.com"),
            text.to_uppercase(),
        ] {
            let opened = addresses().open(&text).unwrap();
            assert_eq!((opened.kind, opened.id, opened.user), (kind, id, user));
        }
    }
}

#[test]
fn what_has_not_this_form() {
    let tag = "2a66b6e4fd991a3654d97196dfd2a25a8fbc36e0";
    for text in [
        format!("i-01-{tag}-5"),
        format!("i-1-{tag}-05"),
        format!("i-+1-{tag}-5"),
        format!("i--1-{tag}-5"),
        format!("i-1-{tag}-"),
        format!("i-1-{tag}"),
        format!("i-1-{tag}-5-"),
        format!("i-1-{tag}-5-5"),
        format!("ii-1-{tag}-5"),
        format!("-1-{tag}-5"),
        format!("1-1-{tag}-5"),
        format!("\u{ef}-1-{tag}-5"),
        format!("i-1-{}-5", &tag[1..]),
        format!("i-1-{tag}0-5"),
        format!("i-1-{}g-5", &tag[1..]),
        format!("i-18446744073709551616-{tag}-5"),
        format!("i-1-{tag}-5 "),
        format!("b+i-1-{tag}-5"),
        format!("replyi-1-{tag}-5"),
        format!("repl\u{fc}+i-1-{tag}-5"),
        String::new(),
        "reply+".to_owned(),
    ] {
        assert_eq!(LegacyToken::parse(&text), None, "{text:?}");
        assert_eq!(addresses().open(&text), Err(OpenError::Invalid), "{text:?}");
    }
}

#[test]
fn of_no_other_key_and_host() {
    let text = KNOWN;
    assert!(addresses().open(text).is_ok());
    assert_eq!(
        addresses().open(&format!("{text}@example.com")),
        Err(OpenError::Invalid)
    );
    assert_eq!(
        addresses().open(&format!("{text}@")),
        Err(OpenError::Invalid)
    );
    let other = LegacyAddresses::new(host(), &LegacyKey::from_bytes(&[1; 32]).unwrap());
    assert_eq!(other.open(text), Err(OpenError::Invalid));
}

#[test]
fn keys_and_what_is_printed() {
    assert!(LegacyKey::from_bytes(&[1; 15]).is_err());
    let key = LegacyKey::from_file_contents(
        b"000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f\n",
    );
    let key = key.unwrap();
    assert!(LegacyAddresses::new(host(), &key).open(KNOWN).is_ok());
    assert_eq!(format!("{key:?}"), "LegacyKey([redacted])");
    assert_eq!(
        format!("{:?}", LegacyToken::parse(KNOWN).unwrap()),
        "LegacyToken(i-1-[redacted]-5)"
    );
    assert!(!format!("{:?}", addresses()).contains("state"));
}

proptest! {
    #[test]
    fn no_bit_of_the_tag_can_be_flipped(bit in 0..160_usize) {
        let text = KNOWN;
        let at = text.match_indices('-').nth(1).unwrap().0 + 1 + bit / 4;
        let digit = text[at..=at].chars().next().unwrap().to_digit(16).unwrap() ^ (1 << (bit % 4));
        let flipped = format!("{}{digit:x}{}", &text[..at], &text[at + 1..]);
        prop_assert_eq!(addresses().open(&flipped), Err(OpenError::Invalid));
    }

    #[test]
    fn no_field_can_be_changed(kind in "[a-z]", id: u64, user: u64) {
        prop_assume!((kind.as_str(), id, user) != ("i", 1, 5));
        let text = format!("reply+{kind}-{id}-2a66b6e4fd991a3654d97196dfd2a25a8fbc36e0-{user}");
        prop_assert!(LegacyToken::parse(&text).is_some());
        prop_assert_eq!(addresses().open(&text), Err(OpenError::Invalid));
    }

    #[test]
    fn every_mix_of_case_opens(mask: u128) {
        prop_assert!(addresses().open(&mix_case(KNOWN, mask)).is_ok());
    }

    #[test]
    fn no_text_panics(text in prop_oneof![".{0,80}", "(reply\\+)?[a-z0-9-]{0,60}(@.{0,9})?"]) {
        prop_assert_eq!(addresses().open(&text), Err(OpenError::Invalid));
    }
}
