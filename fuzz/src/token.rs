//! Bodies over `inreply-token`.

use inreply_token::legacy::{LegacyAddresses, LegacyKey, LegacyToken};
use inreply_token::{
    Addresses, Context, Day, Host, Ids, Key, KeyId, KeyRing, OpenError, Policy, Prefix,
};

use crate::Target;

/// The targets of this module.
pub const TARGETS: &[Target] = &[
    ("token_legacy", legacy),
    ("token_mint", mint),
    ("token_open", open),
    ("token_types", types),
];

const HOST: &str = "reply.example.com";
const CONTEXTS: [Context; 3] = [Context::Reply, Context::Bounce, Context::Unsubscribe];

/// The bytes 0 to 31, the key of the crate's known answers: the seeds open.
fn master() -> [u8; 32] {
    let mut bytes = 0..;
    [(); 32].map(|()| bytes.next().expect("32 of 256"))
}

fn today() -> Day {
    Day::from_unix_seconds(1_767_225_600)
}

fn addresses(hide: bool) -> Addresses {
    let ring = KeyRing::new(KeyId(1), Key::from_bytes(&master()).expect("32 bytes"));
    let policy = Policy::default().hide_ids(hide);
    Addresses::with_policy(Host::new(HOST).expect("a host"), &ring, policy)
}

/// A local part or an address: no panic, and whatever opens is what minting would have written.
pub fn open(data: &[u8]) {
    let Ok(text) = str::from_utf8(data) else {
        return;
    };
    let plain = addresses(false);
    let opened = match plain.open(text, today()) {
        Ok(opened) | Err(OpenError::Expired { opened, .. }) => opened,
        Err(_) => return,
    };
    let minter = if opened.hidden {
        addresses(true)
    } else {
        plain
    };
    let address = minter
        .mint_until(opened.context, opened.ids, opened.expires)
        .expect("what opens can be minted");
    let read = text.to_ascii_lowercase();
    let read = read.strip_suffix("@reply.example.com").unwrap_or(&read);
    assert!(
        read == address.local_part() || read == address.token(),
        "{read:?} and {:?}",
        address.as_str()
    );
}

/// Any ids in any context: what is minted is within its limit and opens, and with one bit changed does not.
pub fn mint(data: &[u8]) {
    let Some((&[choice, bit, day, night], rest)) = data.split_first_chunk() else {
        return;
    };
    let mut bytes = [0; 20];
    let len = rest.len().min(bytes.len());
    bytes[..len].copy_from_slice(&rest[..len]);
    let (first, last) = bytes.split_at(16);
    let first: [u8; 16] = first.try_into().expect("16 bytes");
    let ids = match choice >> 4 & 3 {
        0 => Ids::from(first),
        1 => Ids::from((first, u32::from_be_bytes(last.try_into().expect("4 bytes")))),
        _ => {
            let number =
                |at: usize| u64::from_be_bytes(bytes[at..at + 8].try_into().expect("8 bytes"));
            Ids::from((number(0) >> (choice & 0x3f), number(8) >> (bit & 0x3f)))
        }
    };
    let context = CONTEXTS[usize::from(choice >> 2 & 3) % 3];
    let addresses = addresses(choice & 1 == 1);
    let expires = Day::new(u16::from_be_bytes([day, night]));
    let Ok(address) = addresses.mint_until(context, ids, expires) else {
        return;
    };
    assert!(address.local_part().len() <= context.local_part_limit());
    let opened = match addresses.open(address.as_str(), today()) {
        Ok(opened) | Err(OpenError::Expired { opened, .. }) => opened,
        Err(error) => panic!("{error}"),
    };
    assert_eq!(
        (opened.context, opened.ids, opened.expires),
        (context, ids, expires)
    );

    let mut text = address.local_part().as_bytes().to_vec();
    let at = usize::from(bit) % text.len();
    text[at] ^= 1 << (choice % 5);
    let text = String::from_utf8(text).expect("ASCII");
    assert_eq!(addresses.open(&text, today()), Err(OpenError::Invalid));
}

/// A local part of the older form: no panic, and what is read is printed to the same text.
pub fn legacy(data: &[u8]) {
    let Ok(text) = str::from_utf8(data) else {
        return;
    };
    let key = LegacyKey::from_bytes(&master()).expect("32 bytes");
    let addresses = LegacyAddresses::new(Host::new(HOST).expect("a host"), &key);
    let local_part = text
        .rsplit_once('@')
        .map_or(text, |(local_part, _)| local_part);
    let opened = addresses.open(text);
    let Some(token) = LegacyToken::parse(local_part) else {
        assert_eq!(opened, Err(OpenError::Invalid));
        return;
    };
    let lower = local_part.to_ascii_lowercase();
    let bare = lower.strip_prefix("reply+").unwrap_or(&lower);
    assert!(bare.starts_with(&format!("{}-{}-", token.kind(), token.id())));
    assert!(bare.ends_with(&format!("-{}", token.user())));
    if let Ok(opened) = opened {
        assert_eq!(
            (opened.kind, opened.id, opened.user),
            (token.kind(), token.id(), token.user())
        );
    }
}

/// Hosts, prefixes and key files: no panic, and what is taken is taken again.
pub fn types(data: &[u8]) {
    if let Ok(key) = Key::from_file_contents(data) {
        assert_eq!(format!("{key:?}"), "Key([redacted])");
    }
    let Ok(text) = str::from_utf8(data) else {
        return;
    };
    if let Ok(host) = Host::new(text) {
        assert_eq!(Host::new(host.as_str()).as_ref(), Ok(&host));
        assert!(
            !host
                .as_str()
                .contains(|c: char| c.is_ascii_uppercase() || c.is_control() || c == '@')
        );
    }
    if let Ok(prefix) = Prefix::new(text) {
        assert_eq!(prefix.as_str(), text);
        assert!(text.len() <= 6 && !text.contains(|c: char| c.is_control() || c == '@'));
    }
}
