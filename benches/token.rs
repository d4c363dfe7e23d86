//! Tokens beside a bare HMAC-SHA-256 over the same bytes.
//!
//! What is compared: `token/hmac/bare` is what a program does that has the 32 bytes of a key and the bytes that a
//! token's tag covers (context, host, header and ids, each in place): `Hmac::new_from_slice`, `update`, `finalize`,
//! and a comparison of 16 bytes in constant time. Four compressions of SHA-256, two of which are the key's. It is
//! spared the base32, the look at the shape and the choice of the key. `token/hmac/prekeyed` is the same with the key
//! taken in beforehand, as `Addresses` does it: two compressions. `token/verify/*` is `Addresses::open` of a local
//! part, from text to ids.
//!
//! The target: verify at most 1.5 times bare. The bad ones must cost what the good one costs.

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use hmac::{Hmac, KeyInit, Mac};
use inreply_token::legacy::{LegacyAddresses, LegacyKey};
use inreply_token::{Addresses, Context, Day, Host, Ids, Key, KeyId, KeyRing, Policy};
use sha2::Sha256;

const HOST: &str = "reply.example.com";
const KEY: [u8; 32] = *b"a key of exactly thirty-two byte";
const UUID: [u8; 16] = *b"sixteen octets..";

fn today() -> Day {
    Day::from_unix_seconds(1_767_225_600)
}

fn addresses(policy: Policy) -> Result<Addresses, Box<dyn std::error::Error>> {
    Ok(Addresses::with_policy(
        Host::new(HOST)?,
        &KeyRing::new(KeyId(1), Key::from_bytes(&KEY)?),
        policy,
    ))
}

/// The bytes that the tag of (7, 5) covers, and a tag to compare with.
fn covered() -> (Vec<u8>, [u8; 16]) {
    let payload = [0x40, 1, 0x51, 0x76, 7, 5];
    (
        [b"reply\0", HOST.as_bytes(), b"\0", &payload].concat(),
        [0; 16],
    )
}

fn hmac(c: &mut Criterion) {
    let mut group = c.benchmark_group("token/hmac");
    let (bytes, tag) = covered();
    group.bench_function("bare", |b| {
        b.iter(|| {
            let mac = Hmac::<Sha256>::new_from_slice(black_box(&KEY))
                .map(|mac| mac.chain_update(black_box(&bytes)));
            mac.map(|mac| mac.verify_truncated_left(black_box(&tag)).is_ok())
        });
    });
    let keyed = Hmac::<Sha256>::new_from_slice(&KEY);
    group.bench_function("prekeyed", |b| {
        b.iter(|| {
            let mac = black_box(&keyed)
                .clone()
                .map(|mac| mac.chain_update(black_box(&bytes)));
            mac.map(|mac| mac.verify_truncated_left(black_box(&tag)).is_ok())
        });
    });
    group.finish();
}

fn mint(c: &mut Criterion) -> Result<(), Box<dyn std::error::Error>> {
    let mut group = c.benchmark_group("token/mint");
    let (plain, hidden) = (
        addresses(Policy::default())?,
        addresses(Policy::default().hide_ids(true))?,
    );
    for (name, addresses, ids) in [
        ("pair", &plain, Ids::from((7, 5))),
        ("uuid", &plain, Ids::from((UUID, 5))),
        ("handle", &plain, Ids::from(UUID)),
        ("hidden", &hidden, Ids::from((7, 5))),
    ] {
        group.bench_function(name, |b| {
            b.iter(|| addresses.mint(Context::Reply, black_box(ids), black_box(today())));
        });
    }
    group.finish();
    Ok(())
}

fn verify(c: &mut Criterion) -> Result<(), Box<dyn std::error::Error>> {
    let (plain, hidden) = (
        addresses(Policy::default())?,
        addresses(Policy::default().hide_ids(true))?,
    );
    let minted = |addresses: &Addresses, ids| addresses.mint(Context::Reply, ids, today());
    let pair = minted(&plain, Ids::from((7, 5)))?;
    let uuid = minted(&plain, Ids::from((UUID, 5)))?;
    let handle = minted(&plain, Ids::from(UUID))?;
    let veiled = minted(&hidden, Ids::from((7, 5)))?;

    let mut group = c.benchmark_group("token/verify");
    for (name, text) in [
        ("pair", pair.local_part()),
        ("uuid", uuid.local_part()),
        ("handle", handle.local_part()),
        ("hidden", veiled.local_part()),
        ("address", pair.as_str()),
    ] {
        assert!(plain.open(text, today()).is_ok(), "{name}");
        group.bench_function(name, |b| {
            b.iter(|| plain.open(black_box(text), black_box(today())))
        });
    }
    group.finish();

    let text = pair.local_part();
    let changed = |at: usize| {
        let other = if text.as_bytes()[at] == b'a' {
            "b"
        } else {
            "a"
        };
        format!("{}{other}{}", &text[..at], &text[at + 1..])
    };
    let mut group = c.benchmark_group("token/verify-bad");
    for (name, text) in [
        ("first-octet-of-tag", changed(17)),
        ("last-octet-of-tag", changed(40)),
        ("unknown-key", format!("{}7{}", &text[..8], &text[9..])),
        ("shape", format!("{}!{}", &text[..20], &text[21..])),
        ("too-short", text[..20].to_owned()),
        ("too-long", format!("{text}{text}")),
        ("another-host", format!("{text}@example.com")),
        ("empty", String::new()),
    ] {
        assert!(plain.open(&text, today()).is_err(), "{name}");
        group.bench_function(name, |b| {
            b.iter(|| plain.open(black_box(&text), black_box(today())))
        });
    }
    group.finish();
    Ok(())
}

fn legacy(c: &mut Criterion) -> Result<(), Box<dyn std::error::Error>> {
    let key = LegacyKey::from_bytes(b"the secret of the former system")?;
    let addresses = LegacyAddresses::new(Host::new(HOST)?, &key);
    let text = "reply+i-1-213f1f7ac6b39750eecaf91291aef4f4c82ea734-5";
    assert!(addresses.open(text).is_ok());
    c.bench_function("token/legacy/verify", |b| {
        b.iter(|| addresses.open(black_box(text)))
    });
    Ok(())
}

fn all(c: &mut Criterion) {
    hmac(c);
    for bench in [mint, verify, legacy] {
        if let Err(error) = bench(c) {
            eprintln!("token: {error}");
        }
    }
}

criterion_group!(benches, all);
criterion_main!(benches);
