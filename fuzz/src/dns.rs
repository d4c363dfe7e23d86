//! Bodies over `inreply-dns`.

use std::fmt::{Debug, Display};

use inreply_dns::doctor::{Ask, Config, Doctor};
use inreply_dns::lookup::{Found, Outcome, Question, Reason, Section};
use inreply_dns::name::Name;
use inreply_dns::record::{Data, Kind, Record};
use inreply_dns::spf::{CheckHost, Request};
use inreply_dns::zone::{ZoneFile, ZoneResolver, Zones};
use inreply_dns::{bimi, dkim, dmarc, mta_sts, mx, spf, tls_rpt, tlsa};

use crate::Target;

/// The targets of this module.
pub const TARGETS: &[Target] = &[
    ("dns_bimi", bimi_record),
    ("dns_check_host", check_host),
    ("dns_dkim", dkim_record),
    ("dns_dmarc", dmarc_record),
    ("dns_doctor", doctor),
    ("dns_mta_sts", mta_sts_texts),
    ("dns_spf", spf_record),
    ("dns_tls_rpt", tls_rpt_record),
    ("dns_tlsa", zone_data),
    ("dns_zone", zone),
];

/// What parses prints as what parses to the same; an error lies within the text.
fn round_trip<T: Debug + PartialEq + Display>(
    data: &[u8],
    parse: impl Fn(&str) -> Result<T, inreply_dns::SyntaxError>,
) {
    let text = String::from_utf8_lossy(data);
    match parse(&text) {
        Ok(parsed) => {
            let printed = parsed.to_string();
            assert_eq!(parse(&printed).as_ref(), Ok(&parsed), "{printed:?}");
        }
        Err(error) => assert!(error.at <= text.len()),
    }
}

/// A BIMI record.
pub fn bimi_record(data: &[u8]) {
    round_trip(data, bimi::Record::parse);
}

/// A DKIM key record, and a bare key.
pub fn dkim_record(data: &[u8]) {
    round_trip(data, dkim::KeyRecord::parse);
    let text = String::from_utf8_lossy(data);
    if let Ok(key) = dkim::Key::from_base64(&text) {
        assert_eq!(dkim::Key::from_base64(&key.to_base64()), Ok(key));
    }
}

/// A DMARC record, by the letter and as receivers read it.
pub fn dmarc_record(data: &[u8]) {
    round_trip(data, dmarc::Record::parse);
    assert_eq!(
        dmarc::Record::read(data).is_ok(),
        dmarc::Record::is_meant(data)
    );
}

/// An MTA-STS record, and a policy.
pub fn mta_sts_texts(data: &[u8]) {
    round_trip(data, mta_sts::Record::parse);
    round_trip(data, mta_sts::Policy::parse);
}

/// An SPF record, and an explanation.
pub fn spf_record(data: &[u8]) {
    round_trip(data, spf::Record::parse);
    round_trip(data, spf::MacroString::parse_explanation);
    if spf::Record::parse_octets(data).is_ok() {
        assert!(spf::Record::is_meant(data));
    }
}

/// A TLS-RPT record.
pub fn tls_rpt_record(data: &[u8]) {
    round_trip(data, tls_rpt::Record::parse);
}

/// The data of TLSA and MX records.
pub fn zone_data(data: &[u8]) {
    round_trip(data, str::parse::<tlsa::Tlsa>);
    round_trip(data, str::parse::<mx::MailExchange>);
}

/// A zone file; its records print as lines that parse to the same, and every name in it is answered for.
pub fn zone(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let Ok(file) = ZoneFile::parse(&text) else {
        return;
    };
    for found in file.entries.iter().filter_map(|entry| entry.found.as_ref()) {
        let again = ZoneFile::parse(&found.record.to_string());
        let again = again.map(|file| file.entries[0].found.clone().map(|found| found.record));
        assert_eq!(again, Ok(Some(found.record.clone())));
    }
    let Ok(zone) = ZoneResolver::parse(&text) else {
        return;
    };
    let mut zones = Zones::default();
    zones.add(zone);
    for entry in file.entries.iter().take(50) {
        for kind in [Kind::A, Kind::Mx, Kind::Txt] {
            let question = Question::new(entry.owner.clone(), kind);
            let _ = zones
                .lookup(&question)
                .section()
                .map(|section| section.follow(&entry.owner));
        }
    }
}

/// An SPF evaluation over a zone: it ends, and within its limits.
pub fn check_host(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let text = format!("$ORIGIN a.example.\n@ SOA ns host 1 2 3 4 5\n{text}");
    let Ok(zones) = Zones::parse(&text) else {
        return;
    };
    for (ip, sender) in [
        ("192.0.2.1", "l@a.example"),
        ("2001:db8::1", "x.y@a.example"),
    ] {
        let request = Request::new(ip.parse().expect("an address"), sender, "mx.a.example");
        let mut check = CheckHost::new(request);
        let mut waves = 0;
        while check.verdict().is_none() {
            waves += 1;
            assert!(waves < 100);
            for question in check.asks() {
                let outcome = zones.lookup(&question);
                check.answer(question, outcome);
            }
        }
    }
}

/// The doctor over answers made of the octets: it ends, and its report can be written.
pub fn doctor(data: &[u8]) {
    let config = Config::new("forge.a.example").expect("a name");
    let config = config
        .sending([[192, 0, 2, 1].into()])
        .signing("s", None)
        .expect("a selector");
    let mut doctor = Doctor::new(config);
    let mut octets = data.iter().copied().cycle();
    let mut next = move || octets.next().unwrap_or_default();
    let mut waves = 0;
    loop {
        let asks = doctor.asks();
        if asks.is_empty() {
            break;
        }
        waves += 1;
        assert!(waves <= 16 && doctor.asked() <= 250);
        for ask in asks {
            match ask {
                Ask::Dns {
                    question,
                    checking_disabled,
                } => {
                    let outcome = outcome(&question, &mut next);
                    doctor.answer(question, checking_disabled, outcome);
                }
                Ask::Https { domain } => doctor.fetched(domain, None),
            }
        }
    }
    let report = doctor.report();
    let _ = (report.to_string(), report.to_json());
}

const NAMES: [&str; 6] = [
    "forge.a.example.",
    "reply.forge.a.example.",
    "noreply.forge.a.example.",
    "b.example.",
    ".",
    "192.0.2.1.a.example.",
];

const TEXTS: [&str; 10] = [
    "v=spf1 a mx include:b.example -all",
    "v=spf1 redirect=b.example",
    "v=spf1 exists:%{ir}.%{p}.b.example ?all",
    "v=spf1 x",
    "v=DMARC1; p=none; rua=mailto:x@b.example",
    "v=DMARC1; p=x",
    "v=DKIM1; p=",
    "v=STSv1; id=1",
    "v=TLSRPTv1",
    "",
];

fn outcome(question: &Question, next: &mut impl FnMut() -> u8) -> Outcome {
    let name = |octet: u8| {
        NAMES[usize::from(octet) % NAMES.len()]
            .parse::<Name>()
            .expect("a name")
    };
    let mut section = Section::default();
    let mut owner = question.name.clone();
    for _ in 0..next() % 4 {
        let data = match (next() % 4, question.kind) {
            (0, _) => Data::Cname(name(next())),
            (_, Kind::A) => Data::A([192, 0, 2, next() % 3].into()),
            (_, Kind::Mx) => Data::Mx {
                preference: u16::from(next() % 3),
                exchange: name(next()),
            },
            (_, Kind::Ptr) => Data::Ptr(name(next())),
            (_, Kind::Txt) => Data::text(TEXTS[usize::from(next()) % TEXTS.len()]),
            _ => Data::Ns(name(next())),
        };
        let target = match &data {
            Data::Cname(target) => Some(target.clone()),
            _ => None,
        };
        let record = Record::new(owner.clone(), data);
        section.records.push(Found {
            record,
            ttl: u32::from(next()) << 16,
        });
        owner = target.unwrap_or(owner);
    }
    section.authoritative = next().is_multiple_of(2);
    match next() % 12 {
        0 => Outcome::NxDomain(section),
        1 => Outcome::NoData(section),
        2 => Outcome::ServFail(Reason::default()),
        3 => Outcome::Bogus(Reason::default()),
        4 => Outcome::Timeout,
        5 => Outcome::Refused(Reason::default()),
        _ => Outcome::Answer(section),
    }
}
