//! Records from their text to a value, and a whole check of a good zone without a network.

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use inreply_dns::doctor::{Config, Doctor};
use inreply_dns::zone::Zones;
use inreply_dns::{dkim, dmarc, spf};

const SPF: &str = "v=spf1 ip4:192.0.2.0/24 include:_spf.provider.example a mx:mail.example.org/28 exists:%{ir}._spf.%{d} -all";
const DKIM: &str = "v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=";
const DMARC: &str = "v=DMARC1; p=reject; sp=quarantine; adkim=s; rua=mailto:a@example.com,mailto:b@reports.example.net; fo=1";
const ZONE: &str = "$ORIGIN forge.example.\n@ SOA ns host 1 2 3 4 5\n@ A 192.0.2.1\nreply A 192.0.2.1\nreply MX 10 reply\n\
    noreply MX 10 @\nnoreply TXT \"v=spf1 ip4:192.0.2.1 -all\"\n_dmarc.noreply TXT \"v=DMARC1; p=reject\"\n";

fn records(c: &mut Criterion) {
    let mut group = c.benchmark_group("dns/records");
    group.throughput(Throughput::Bytes(SPF.len() as u64));
    group.bench_function("spf", |b| b.iter(|| spf::Record::parse(black_box(SPF))));
    group.throughput(Throughput::Bytes(DKIM.len() as u64));
    group.bench_function("dkim", |b| {
        b.iter(|| dkim::KeyRecord::parse(black_box(DKIM)))
    });
    group.throughput(Throughput::Bytes(DMARC.len() as u64));
    group.bench_function("dmarc", |b| {
        b.iter(|| dmarc::Record::parse(black_box(DMARC)))
    });
    group.finish();
}

fn doctor(c: &mut Criterion) {
    let (Ok(zones), Ok(config)) = (Zones::parse(ZONE), Config::new("forge.example")) else {
        return;
    };
    let config = config.sending([[192, 0, 2, 1].into()]);
    let mut group = c.benchmark_group("dns/doctor");
    group.bench_function("good-zone", |b| {
        b.iter(|| zones.examine(Doctor::new(black_box(&config).clone())))
    });
    group.finish();
}

criterion_group!(benches, records, doctor);
criterion_main!(benches);
