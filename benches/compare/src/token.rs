//! `inreply-token` against a bare HMAC-SHA-256 of the same octets.

use std::hint::black_box;

use hmac::{Hmac, KeyInit, Mac};
use inreply_token::{Addresses, Context, Day, Host, Key, KeyId, KeyRing};
use sha2::Sha256;

use crate::measure::row;

const KEY: [u8; 32] = [7; 32];

pub(crate) fn rows() {
    // A comparison that cannot be set up has no row to print.
    let ring = KeyRing::new(KeyId(1), Key::from_bytes(&KEY).expect("a key"));
    let addresses = Addresses::new(Host::new("reply.forge.example").expect("a host"), &ring);
    let today = Day::from_unix_seconds(1_795_500_000);
    let address = addresses
        .mint(Context::Reply, (7, 5), today)
        .expect("an address");
    // The context, the host and the payload: what the tag is computed over.
    let signed = b"reply\0reply.forge.example\0......";
    row(
        "token/verify",
        "ns/token",
        1,
        || assert!(black_box(addresses.open(black_box(address.local_part()), today)).is_ok()),
        || {
            // HMAC takes a key of any length (RFC 2104 §2).
            let mut mac = Hmac::<Sha256>::new_from_slice(black_box(&KEY)).expect("any length");
            mac.update(black_box(signed));
            black_box(mac.finalize());
        },
    );
}
