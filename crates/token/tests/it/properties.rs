//! What holds of every token.

use crate::common::{
    CONTEXTS, HOST, addresses, addresses_with, context_and_ids, decode, encode, expires, forge,
    key, mix_case, prefix, today,
};
use inreply_token::{Addresses, Context, Host, Key, KeyId, KeyRing, OpenError, Policy, Prefix};
use proptest::prelude::*;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn opening_is_the_inverse_of_minting((context, ids) in context_and_ids(), expires in expires()) {
        let addresses = addresses();
        let address = addresses.mint_until(context, ids, expires).unwrap();
        let opened = addresses.open(address.local_part(), today()).unwrap();
        prop_assert_eq!((opened.context, opened.ids, opened.expires), (context, ids, expires));
        prop_assert_eq!(opened.key_id, KeyId(1));
        prop_assert_eq!(addresses.open(address.as_str(), today()), Ok(opened));
        prop_assert_eq!(addresses.open(address.token(), today()), Ok(opened));
        prop_assert_eq!(addresses.open(&format!("{}@{HOST}", address.token()), today()), Ok(opened));
    }

    #[test]
    fn a_second_writer_agrees((context, ids) in context_and_ids(), expires in expires()) {
        let address = addresses().mint_until(context, ids, expires).unwrap();
        let bytes = decode(address.token());
        let tag = if bytes[0] & 0x08 == 0 { 16 } else { 12 };
        let payload = &bytes[..bytes.len() - tag];
        prop_assert_eq!(address.token(), forge(context, payload, tag));
    }

    #[test]
    fn no_bit_can_be_flipped((context, ids) in context_and_ids(), expires in expires()) {
        let addresses = addresses();
        let bytes = decode(addresses.mint_until(context, ids, expires).unwrap().token());
        for bit in 0..8 * bytes.len() {
            let mut flipped = bytes.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            for text in [encode(&flipped), format!("{}{}", prefix(context), encode(&flipped))] {
                prop_assert_eq!(addresses.open(&text, today()), Err(OpenError::Invalid), "bit {}", bit);
            }
        }
    }

    #[test]
    fn no_character_can_be_changed((context, ids) in context_and_ids(), at in any::<prop::sample::Index>()) {
        let addresses = addresses();
        let address = addresses.mint(context, ids, today()).unwrap();
        let opened = addresses.open(address.local_part(), today());
        let at = at.index(address.local_part().len());
        for other in 0..=0x7f_u8 {
            let mut text = address.local_part().as_bytes().to_vec();
            let same = text[at].eq_ignore_ascii_case(&other);
            text[at] = other;
            let read = addresses.open(str::from_utf8(&text).unwrap(), today());
            prop_assert_eq!(read, if same { opened } else { Err(OpenError::Invalid) });
        }
    }

    #[test]
    fn neither_shortened_nor_lengthened((context, ids) in context_and_ids(), more in "[a-z2-7]{1,8}") {
        let addresses = addresses();
        let address = addresses.mint(context, ids, today()).unwrap();
        let text = address.local_part();
        for len in 0..text.len() {
            prop_assert_eq!(addresses.open(&text[..len], today()), Err(OpenError::Invalid));
        }
        prop_assert_eq!(addresses.open(&format!("{text}{more}"), today()), Err(OpenError::Invalid));
        let bytes = [decode(address.token()), decode("aa")].concat();
        prop_assert_eq!(addresses.open(&encode(&bytes), today()), Err(OpenError::Invalid));
    }

    #[test]
    fn every_mix_of_case_opens((context, ids) in context_and_ids(), mask in any::<u128>()) {
        let addresses = addresses();
        let address = addresses.mint(context, ids, today()).unwrap();
        let opened = addresses.open(address.local_part(), today());
        prop_assert!(opened.is_ok());
        prop_assert_eq!(addresses.open(&mix_case(address.as_str(), mask), today()), opened);
        prop_assert_eq!(addresses.open(&mix_case(address.token(), mask), today()), opened);
        let shown = address.as_str();
        prop_assert_eq!(shown, shown.to_ascii_lowercase());
    }

    #[test]
    fn never_longer_than_its_limit((_, ids) in context_and_ids(), prefix in "[a-z0-9]{0,5}[+=_-]") {
        for context in CONTEXTS {
            let addresses = addresses_with(Policy::default().prefix(context, Prefix::new(&prefix).unwrap()));
            let Ok(address) = addresses.mint(context, ids, today()) else {
                prop_assert_eq!(context, Context::Bounce);
                continue;
            };
            let limit = if context == Context::Bounce { 40 } else { 64 };
            prop_assert!(address.local_part().len() <= limit);
            prop_assert!(address.token().len() <= 58);
            prop_assert!(addresses.open(address.as_str(), today()).is_ok());
        }
    }

    #[test]
    fn of_no_other_context_key_or_host((context, ids) in context_and_ids()) {
        let address = addresses().mint(context, ids, today()).unwrap();
        // Another context's prefix; the context's bits in the token itself are among those that cannot be flipped.
        for other in CONTEXTS.into_iter().filter(|&other| other != context) {
            let text = format!("{}{}", prefix(other), address.token());
            prop_assert_eq!(addresses().open(&text, today()), Err(OpenError::Invalid));
            let mut bytes = decode(address.token());
            bytes[0] = bytes[0] & 0xcf | [0x00, 0x10, 0x20][CONTEXTS.iter().position(|&c| c == other).unwrap()];
            let text = format!("{}{}", prefix(other), encode(&bytes));
            prop_assert_eq!(addresses().open(&text, today()), Err(OpenError::Invalid));
        }
        // Another key under the same id, and the same key under another id.
        let mut bytes = *b"another key of thirty-two bytes!";
        let ring = KeyRing::new(KeyId(1), Key::from_bytes(&bytes).unwrap());
        let other = Addresses::new(Host::new(HOST).unwrap(), &ring);
        prop_assert_eq!(other.open(address.local_part(), today()), Err(OpenError::Invalid));
        bytes[0] ^= 1;
        let ring = KeyRing::new(KeyId(2), key()).with_old(KeyId(0), Key::from_bytes(&bytes).unwrap()).unwrap();
        let other = Addresses::new(Host::new(HOST).unwrap(), &ring);
        prop_assert_eq!(other.open(address.local_part(), today()), Err(OpenError::Invalid));
        // Another host, where the local part alone is handed over, and this one by name.
        for name in ["example.com", "reply.example.co", "xreply.example.com", "a.reply.example.com"] {
            let other = Addresses::new(Host::new(name).unwrap(), &KeyRing::new(KeyId(1), key()));
            prop_assert_eq!(other.open(address.local_part(), today()), Err(OpenError::Invalid));
            prop_assert_eq!(other.open(address.as_str(), today()), Err(OpenError::Invalid));
            let text = format!("{}@{name}", address.local_part());
            prop_assert_eq!(addresses().open(&text, today()), Err(OpenError::Invalid));
        }
    }

    #[test]
    fn no_text_panics_or_opens(text in prop_oneof![".{0,80}", "(reply\\+|b\\+|u\\+|)[a-z2-7]{0,64}(@.{0,20})?"]) {
        prop_assert_eq!(addresses().open(&text, today()), Err(OpenError::Invalid));
    }

    #[test]
    fn no_bytes_open(bytes in prop::collection::vec(any::<u8>(), 0..40), kind in 0x40..0x80_u8) {
        let mut bytes = bytes;
        if let Some(first) = bytes.first_mut() {
            *first = kind;
        }
        if let Some(key_id) = bytes.get_mut(1) {
            *key_id = 1;
        }
        prop_assert_eq!(addresses().open(&encode(&bytes), today()), Err(OpenError::Invalid));
    }
}
