//! `inreply-dns` against mail-auth: the same records from their text to a value.

use std::hint::black_box;

use inreply_dns::{dkim, dmarc, spf};
use mail_auth::common::parse::TxtRecordParser;
use mail_auth::common::verify::DomainKey;
use mail_auth::dmarc::Dmarc;
use mail_auth::spf::Spf;

use crate::measure::row;

/// Records as large providers and small hosts publish them.
pub(crate) const SPF: [&str; 6] = [
    "v=spf1 ip4:192.0.2.1 -all",
    "v=spf1 a mx include:_spf.provider.example ~all",
    "v=spf1 ip4:192.0.2.0/24 ip4:198.51.100.0/22 ip4:203.0.113.7 ip6:2001:db8:4860:4000::/36 ip6:2001:db8::1 -all",
    "v=spf1 include:a.example.com include:b.example.com include:c.example.com include:d.example.com include:e.example.com ?all",
    "v=spf1 exists:%{ir}.%{l1r+-}._spf.%{d} mx:mail.example.org/28//64 -all exp=explain._spf.%{d}",
    "v=spf1 redirect=_spf.example.com",
];
const DMARC: [&str; 4] = [
    "v=DMARC1; p=none; rua=mailto:dmarc@example.com",
    "v=DMARC1; p=reject; sp=quarantine; adkim=s; aspf=s; rua=mailto:a@example.com,mailto:b@reports.example.net; ruf=mailto:c@example.com; fo=1",
    "v=DMARC1;p=quarantine",
    "v=DMARC1; p=reject; np=reject; t=y; rua=mailto:dmarc-reports@example.org",
];
const DKIM: [&str; 3] = [
    concat!(
        "v=DKIM1; k=rsa; p=MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQDwIRP/UC3SBsEmGqZ9ZJW3/DkMoGeLnQg1fWn7/zYtIxN2SnFCjxOCKG9v3b4jY",
        "fcTNh5ijSsq631uBItLa7od+v/RtdC2UzJ1lWT947qR+Rcac2gbto/NMqJ0fzfVjH4OuKhitdY9tf6mcwGjaNBcWToIMmPSPDdQPNUYckcQ2QIDAQAB"
    ),
    "v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=",
    concat!(
        "v=DKIM1; h=sha256; t=s; s=email; p=MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQDwIRP/UC3SBsEmGqZ9ZJW3/DkMoGeLnQg1fWn7/zYtIxN2Sn",
        "FCjxOCKG9v3b4jYfcTNh5ijSsq631uBItLa7od+v/RtdC2UzJ1lWT947qR+Rcac2gbto/NMqJ0fzfVjH4OuKhitdY9tf6mcwGjaNBcWToIMmPSPDdQPNUYckcQ2QIDAQAB"
    ),
];

pub(crate) fn rows() {
    records(
        "dns/spf",
        &SPF,
        |text| spf::Record::parse(text).is_ok(),
        |text| Spf::parse(text.as_bytes()).is_ok(),
    );
    records(
        "dns/dmarc",
        &DMARC,
        |text| dmarc::Record::parse(text).is_ok(),
        |text| Dmarc::parse(text.as_bytes()).is_ok(),
    );
    records(
        "dns/dkim",
        &DKIM,
        |text| dkim::KeyRecord::parse(text).is_ok(),
        |text| DomainKey::parse(text.as_bytes()).is_ok(),
    );
}

fn records(name: &str, texts: &[&str], ours: impl Fn(&str) -> bool, peer: impl Fn(&str) -> bool) {
    let all = |parses: &dyn Fn(&str) -> bool| {
        for text in texts {
            assert!(black_box(parses(black_box(text))), "{name}: {text}");
        }
    };
    row(name, "ns/record", texts.len(), || all(&ours), || all(&peer));
}
