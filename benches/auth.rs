//! What the authentication of an incoming message costs, without a network.

use std::hint::black_box;
use std::time::SystemTime;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use inreply::auth::{Arriving, Authentication, Canonical, Limits, Signature, Verdicts};
use inreply::dns::zone::Zones;

/// Two signatures, RSA of 1,024 bits and Ed25519, and a policy of the domain above.
const MESSAGE: &str = include_str!("../crates/inreply/tests/messages/rfc8463.eml");
const ZONE: &str = include_str!("../crates/inreply/tests/messages/keys.zone");

fn authenticate(zones: &Zones) -> Verdicts {
    let arriving = Arriving {
        client: [192, 0, 2, 1].into(),
        hello: "mx.example.com",
        sender: "joe@example.com",
        receiver: "reply.forge.example",
        received_at: SystemTime::UNIX_EPOCH,
        message: black_box(MESSAGE).as_bytes(),
    };
    let mut authentication = Authentication::new(&arriving, &Limits::default());
    loop {
        let asks = authentication.asks();
        if asks.is_empty() {
            return authentication.into_verdicts();
        }
        for question in asks {
            let outcome = zones.lookup(&question);
            authentication.answer(question, outcome);
        }
    }
}

fn messages(c: &mut Criterion) {
    let Ok(zones) = Zones::parse(ZONE) else {
        return;
    };
    let mut group = c.benchmark_group("auth/message");
    group.throughput(Throughput::Bytes(MESSAGE.len() as u64));
    group.bench_function("rfc-8463", |b| b.iter(|| authenticate(&zones)));
    group.finish();
}

fn parts(c: &mut Criterion) {
    let field = MESSAGE.strip_prefix("DKIM-Signature:").unwrap_or(MESSAGE);
    let field = field.split("\nDKIM-Signature:").next().unwrap_or(field);
    let mut group = c.benchmark_group("auth/signature");
    group.throughput(Throughput::Bytes(field.len() as u64));
    group.bench_function("parse", |b| {
        b.iter(|| Signature::parse(black_box(field).as_bytes()))
    });
    group.finish();

    let body = "We lost the game.  Are you hungry yet?\r\n\r\n".repeat(25_000);
    let mut group = c.benchmark_group("auth/body");
    group.throughput(Throughput::Bytes(body.len() as u64));
    for form in [Canonical::Relaxed, Canonical::Simple] {
        group.bench_function(form.to_string(), |b| {
            b.iter(|| form.hash(black_box(body.as_bytes()), None))
        });
    }
    group.finish();
}

criterion_group!(benches, messages, parts);
criterion_main!(benches);
