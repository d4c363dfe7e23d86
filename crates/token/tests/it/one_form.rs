//! A token has one text: whatever else says the same is refused, even with a tag that holds.

use crate::common::{UUID, addresses, addresses_with, encode, forge, key, prefix, today};
use inreply_token::{
    Addresses, Context, Host, Ids, KeyId, KeyRing, MintError, OpenError, Policy, Prefix,
};

const REPLY: u8 = 0x40;
const BOUNCE: u8 = 0x50;

fn payload(kind: u8, ids: &[u8]) -> Vec<u8> {
    [&[kind, 1, 0, 0], ids].concat()
}

#[test]
fn forging_with_the_key_works_at_all() {
    let opened = addresses()
        .open(
            &forge(Context::Reply, &payload(REPLY, &[7, 5]), 16),
            today(),
        )
        .unwrap();
    assert_eq!(opened.ids, Ids::from((7, 5)));
    let opened = addresses().open(
        &forge(
            Context::Bounce,
            &payload(BOUNCE | 8, &[0x80, 1, 0x80, 1]),
            12,
        ),
        today(),
    );
    assert_eq!(opened.unwrap().ids, Ids::from((128, 128)));
}

#[test]
fn a_tag_that_holds_over_another_form() {
    let fixed_7_5 = [7_u64.to_be_bytes(), 5_u64.to_be_bytes()].concat();
    let uuid = [&UUID[..], &[0, 0, 0, 77]].concat();
    for (what, context, kind, ids, tag) in [
        (
            "a varint with a zero behind it",
            Context::Reply,
            REPLY,
            &[0x87, 0, 5][..],
            16,
        ),
        (
            "8 + 8 octets where varints are shorter",
            Context::Reply,
            REPLY | 1,
            &fixed_7_5,
            16,
        ),
        (
            "varints where 8 + 8 octets are shorter",
            Context::Reply,
            REPLY | 8,
            &varints(u64::MAX, u64::MAX),
            12,
        ),
        (
            "96 bits where 128 fit",
            Context::Reply,
            REPLY | 8,
            &[7, 5],
            12,
        ),
        (
            "96 bits where 128 fit, in a bounce",
            Context::Bounce,
            BOUNCE | 8,
            &[7, 5],
            12,
        ),
        (
            "96 bits of a handle",
            Context::Reply,
            REPLY | 8 | 3,
            &UUID,
            12,
        ),
        (
            "128 bits that do not fit a bounce",
            Context::Bounce,
            BOUNCE,
            &[0x80, 1, 0x80, 1],
            16,
        ),
        (
            "a handle that does not fit a bounce",
            Context::Bounce,
            BOUNCE | 3,
            &UUID,
            16,
        ),
        (
            "a UUID that does not fit a bounce",
            Context::Bounce,
            BOUNCE | 8 | 2,
            &uuid,
            12,
        ),
        ("one varint", Context::Reply, REPLY, &[7], 16),
        ("three varints", Context::Reply, REPLY, &[7, 5, 3], 16),
        ("no ids", Context::Reply, REPLY, &[], 16),
        (
            "a varint without end",
            Context::Reply,
            REPLY,
            &[7, 0x85],
            16,
        ),
        (
            "a handle of 15 octets",
            Context::Reply,
            REPLY | 3,
            &UUID[1..],
            16,
        ),
        (
            "hidden ids with 96 bits",
            Context::Reply,
            REPLY | 8 | 4 | 2,
            &uuid,
            12,
        ),
        (
            "hidden ids with an HMAC",
            Context::Reply,
            REPLY | 4,
            &[7, 5],
            16,
        ),
        ("a fourth context", Context::Reply, 0x70, &[7, 5], 16),
        ("version 0", Context::Reply, 0x00, &[7, 5], 16),
        ("version 2", Context::Reply, 0x80, &[7, 5], 16),
        ("version 3", Context::Reply, 0xc0, &[7, 5], 16),
    ] {
        let token = forge(context, &payload(kind, ids), tag);
        for text in [format!("{}{token}", prefix(context)), token] {
            assert_eq!(
                addresses().open(&text, today()),
                Err(OpenError::Invalid),
                "{what}"
            );
        }
    }
}

#[test]
fn another_text_of_the_same_bytes() {
    let address = addresses().mint(Context::Reply, (7, 5), today()).unwrap();
    let token = address.token();
    assert!(addresses().open(token, today()).is_ok());
    // 22 bytes are 35.2 characters: four bits of the last one are free, and must be zero.
    let last = "abcdefghijklmnopqrstuvwxyz234567"
        .find(&token[35..])
        .unwrap();
    assert_eq!(last % 16, 0);
    for bits in 1..16 {
        let other = char::from(b"abcdefghijklmnopqrstuvwxyz234567"[last + bits]);
        assert_eq!(
            addresses().open(&format!("{}{other}", &token[..35]), today()),
            Err(OpenError::Invalid)
        );
    }
    for text in [
        format!("{token}===="),
        format!(" {token}"),
        format!("{token} "),
        format!("{token}\n"),
        format!("{token}\0"),
        format!("reply+{token}\r\n"),
        format!("\"reply+{token}\""),
        format!("reply+reply+{token}"),
        format!("+{token}"),
        format!("<reply+{token}@reply.example.com>"),
        format!("reply+{token}@"),
        format!("reply+{token}@reply.example.com."),
        format!("reply+{token}@reply.example.com@reply.example.com"),
        format!("@reply.example.com:reply+{token}@reply.example.com"),
        format!("reply+{token}@reply.example.com\r\n"),
        // Letters that become ASCII ones by Unicode's rules for case: KELVIN SIGN, LATIN SMALL LETTER LONG S.
        token.replace('k', "\u{212a}") + "\u{212a}",
        format!(
            "reply+{}",
            token.replacen(|c: char| c.is_ascii_lowercase(), "\u{17f}", 1)
        ),
        String::new(),
        "reply+".to_owned(),
        "@reply.example.com".to_owned(),
    ] {
        assert_eq!(
            addresses().open(&text, today()),
            Err(OpenError::Invalid),
            "{text:?}"
        );
    }
}

#[test]
fn what_does_not_fit_is_not_minted() {
    let too_long = |octets| Err(MintError::LocalPartTooLong { octets, limit: 40 });
    let bounce = |ids: Ids| {
        addresses()
            .mint(Context::Bounce, ids, today())
            .map(|address| address.as_str().len())
    };
    assert_eq!(
        bounce(Ids::from(((1 << 28) - 1, (1 << 21) - 1))),
        Ok(39 + 18)
    );
    assert_eq!(bounce(Ids::from((1 << 28, (1 << 21) - 1))), too_long(41));
    assert_eq!(bounce(Ids::from(UUID)), too_long(54));
    assert_eq!(bounce(Ids::from((UUID, 77))), too_long(60));
    assert_eq!(bounce(Ids::from((u64::MAX, u64::MAX))), too_long(54));
    let error = addresses()
        .mint(Context::Bounce, UUID, today())
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        "the local part would have 54 octets, more than 40: the ids are too large"
    );
}

/// With a long prefix 128 bits do not fit a bounce at all: the tag is short from the start.
#[test]
fn the_tag_of_a_bounce_follows_its_prefix() {
    for (text, ids, kind) in [
        ("b+", (7, 5), BOUNCE),
        ("bounc+", (7, 5), BOUNCE | 8),
        ("b+", (128, 128), BOUNCE | 8),
    ] {
        let addresses =
            addresses_with(Policy::default().prefix(Context::Bounce, Prefix::new(text).unwrap()));
        let address = addresses.mint(Context::Bounce, ids, today()).unwrap();
        assert_eq!(&address.token()[..1], &encode(&[kind])[..1]);
        assert_eq!(
            addresses.open(address.as_str(), today()).unwrap().ids,
            Ids::from(ids)
        );
    }
}

#[test]
fn two_contexts_may_share_a_prefix() {
    let addresses = addresses_with(
        Policy::default().prefix(Context::Unsubscribe, Prefix::new("reply+").unwrap()),
    );
    for context in [Context::Reply, Context::Unsubscribe] {
        let address = addresses.mint(context, (7, 5), today()).unwrap();
        assert!(address.as_str().starts_with("reply+"));
        assert_eq!(
            addresses.open(address.as_str(), today()).unwrap().context,
            context
        );
    }
}

#[test]
fn a_host_that_leaves_no_room() {
    let name = [
        "a".repeat(63),
        "b".repeat(63),
        "c".repeat(63),
        "d".repeat(61),
    ]
    .join(".");
    let host = Host::new(&name).unwrap();
    let addresses = Addresses::new(host, &KeyRing::new(KeyId(1), key()));
    let error = addresses.mint(Context::Reply, (7, 5), today()).unwrap_err();
    assert_eq!(
        error,
        MintError::AddressTooLong {
            octets: 42 + 1 + 253
        }
    );
}

fn varints(a: u64, b: u64) -> Vec<u8> {
    let varint = |mut n: u64| {
        let mut bytes = Vec::new();
        while n >= 0x80 {
            bytes.push(n.to_le_bytes()[0] | 0x80);
            n >>= 7;
        }
        bytes.push(n.to_le_bytes()[0]);
        bytes
    };
    [varint(a), varint(b)].concat()
}
