//! Neither the order of answers nor the case of names changes a report; no answers make a panic, or an endless talk.

use inreply_dns::doctor::{Ask, Doctor};
use inreply_dns::lookup::{Found, Outcome, Question, Reason, Section};
use inreply_dns::name::Name;
use inreply_dns::record::{Data, Kind, Record};
use inreply_dns::tlsa::Tlsa;
use proptest::prelude::*;

use super::clinic::{Faults, config, examine, zone, zones};

/// Numbers that look drawn, the same for a seed.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        // The constants are those of Knuth's MMIX.
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % sides
    }
}

const ZONES: &[(&str, &str)] = &[
    ("", ""),
    (
        "reply.forge",
        "reply.forge CNAME a\na CNAME b\nb MX 10 mx.provider.test.\nb A 10.0.0.1",
    ),
    (
        "noreply.forge TXT",
        "noreply.forge TXT \"v=spf1 include:ten.provider.test mx a -all\"\n_mta-sts.reply.forge TXT \"v=STSv1; id=1\"",
    ),
    (
        "_dmarc",
        "_dmarc TXT \"v=DMARC1; p=none; rua=mailto:x@provider.test\"\n*.forge A 192.0.2.9",
    ),
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn the_order_of_answers_does_not_matter(seed: u64, which in 0..ZONES.len()) {
        let (without, more) = ZONES[which];
        let without: &[&str] = if without.is_empty() { &[] } else { &[without] };
        let zones = zones(&zone(without, more));
        let expected = examine(config(), &zones, &Faults::new());
        let mut dice = Dice(seed);
        let mut doctor = Doctor::new(config());
        loop {
            let mut asks = doctor.asks();
            if asks.is_empty() {
                break;
            }
            while !asks.is_empty() {
                match asks.swap_remove(dice.roll(asks.len())) {
                    Ask::Dns { question, checking_disabled } => {
                        let outcome = zones.lookup(&question);
                        doctor.answer(question, checking_disabled, outcome);
                    }
                    Ask::Https { domain } => doctor.fetched(domain, None),
                }
            }
        }
        prop_assert_eq!(doctor.report(), expected);
    }

    #[test]
    fn the_case_of_names_does_not_matter(seed: u64, which in 0..ZONES.len()) {
        let (without, more) = ZONES[which];
        let without: &[&str] = if without.is_empty() { &[] } else { &[without] };
        let text = zone(without, more);
        let mut dice = Dice(seed);
        // Names only: what stands between quotes has a case of its own.
        let mut quoted = false;
        let other: String = text
            .chars()
            .map(|letter| {
                quoted ^= letter == '"';
                match !quoted && dice.roll(2) == 1 {
                    true => letter.to_ascii_uppercase(),
                    false => letter,
                }
            })
            .collect();
        let expected = examine(config(), &zones(&text), &Faults::new());
        prop_assert_eq!(examine(config(), &zones(&other), &Faults::new()), expected);
    }

    #[test]
    fn any_answers_end_in_bounded_waves(seed: u64) {
        let mut dice = Dice(seed);
        let mut doctor = Doctor::new(config());
        let mut waves = 0;
        loop {
            let asks = doctor.asks();
            if asks.is_empty() {
                break;
            }
            waves += 1;
            for ask in asks {
                match ask {
                    Ask::Dns { question, checking_disabled } => {
                        let outcome = anything(&mut dice, &question);
                        doctor.answer(question, checking_disabled, outcome);
                    }
                    Ask::Https { domain } => doctor.fetched(domain, Some("version: STSv1\nmode: enforce\nmx: x.test\nmax_age: 1".to_owned())),
                }
            }
        }
        prop_assert!(waves <= 16 && doctor.asked() <= 250);
        let report = doctor.report();
        prop_assert!(!report.to_string().is_empty());
        prop_assert!(serde_json::from_str::<serde_json::Value>(&report.to_json()).is_ok());
    }
}

const NAMES: &[&str] = &[
    "forge.acme.test.",
    "reply.forge.acme.test.",
    "noreply.forge.acme.test.",
    "a.test.",
    "b.a.test.",
    ".",
    "192.0.2.1.acme.test.",
    "x\\000y.test.",
    "_dmarc.acme.test.",
];
const TEXTS: &[&str] = &[
    "v=spf1 -all",
    "v=spf1 include:a.test include:b.a.test a mx ptr exists:%{i}.a.test ?all",
    "v=spf1 redirect=a.test",
    "v=spf1 +all exp=b.a.test",
    "v=spf1 !",
    "v=DMARC1; p=none; rua=mailto:x@a.test",
    "v=DMARC1; p=x; psd=y",
    "v=DMARC1;",
    "v=DKIM1; p=",
    "v=DKIM1; p=AAAA",
    "v=STSv1; id=1",
    "v=STSv1",
    "v=TLSRPTv1",
    "v=BIMI1; l=x",
    "",
    "\u{e9}",
];

/// An outcome with some sense in it, and some nonsense.
fn anything(dice: &mut Dice, question: &Question) -> Outcome {
    let name = |dice: &mut Dice| Name::from_presentation(NAMES[dice.roll(NAMES.len())]).unwrap();
    let mut section = Section::default();
    let mut owner = question.name.clone();
    for _ in 0..dice.roll(5) {
        let data = match (dice.roll(4), question.kind) {
            (0, _) => Data::Cname(name(dice)),
            (_, Kind::A) => Data::A([192, 0, 2, u8::try_from(dice.roll(3)).unwrap()].into()),
            (_, Kind::Aaaa) => Data::Aaaa("2001:db8::1".parse().unwrap()),
            (_, Kind::Mx) => Data::Mx {
                preference: u16::try_from(dice.roll(3)).unwrap(),
                exchange: name(dice),
            },
            (_, Kind::Ptr) => Data::Ptr(name(dice)),
            (_, Kind::Soa) => Data::Soa {
                primary: name(dice),
                minimum: 0,
            },
            (_, Kind::Tlsa) => Data::Tlsa(Tlsa {
                usage: 9,
                selector: 9,
                matching: 9,
                data: Vec::new(),
            }),
            _ => Data::text(TEXTS[dice.roll(TEXTS.len())]),
        };
        let alias = match &data {
            Data::Cname(target) => Some(target.clone()),
            _ => None,
        };
        section.records.push(Found {
            record: Record::new(owner.clone(), data),
            ttl: u32::try_from(dice.roll(3)).unwrap() * 1_000_000,
        });
        owner = alias.unwrap_or(owner);
    }
    section.authoritative = dice.roll(2) == 0;
    section.authenticated = dice.roll(2) == 0;
    section.signed = dice.roll(2) == 0;
    let reason = Reason("odd\n\"text\"".to_owned());
    match dice.roll(14) {
        0 => Outcome::NxDomain(section),
        1 => Outcome::NoData(section),
        2 => Outcome::ServFail(reason),
        3 => Outcome::Bogus(reason),
        4 => Outcome::Timeout,
        5 => Outcome::Refused(reason),
        6 => Outcome::Truncated(reason),
        7 => Outcome::Malformed(reason),
        _ => Outcome::Answer(section),
    }
}
