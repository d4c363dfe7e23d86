//! What is found where servers fail, and what is only worth knowing.

use inreply_dns::dkim::Key;
use inreply_dns::doctor::{Ask, Config, Doctor};
use inreply_dns::lookup::{Outcome, Question, Reason};
use inreply_dns::record::Kind;
use inreply_dns::report::Report;

use super::clinic::{Faults, KEY, config, examine, fault, told, zone, zones};

/// Codes that the tests of this file reach.
pub(crate) const REACHED: &[&str] = &[
    "dane.not_validated",
    "dkim.ed25519_only",
    "dkim.lookup_failed",
    "dkim.weak_key",
    "dmarc.inherited",
    "dmarc.lookup_failed",
    "dmarc.obsolete",
    "dmarc.rua_unknown",
    "dns.large_answer",
    "dns.resolver_unusable",
    "dnssec.bogus",
    "dnssec.not_validated",
    "dnssec.secure",
    "host.addr.lookup_failed",
    "host.addr.no_ipv4",
    "mtasts.mx_not_covered",
    "mtasts.no_record",
    "mtasts.policy_syntax",
    "mtasts.policy_unread",
    "noreply.mx.from_wildcard",
    "noreply.mx.lookup_failed",
    "ptr.lookup_failed",
    "ptr.missing",
    "ptr.other_name",
    "reply.addr.from_wildcard",
    "reply.addr.lookup_failed",
    "reply.mx.from_wildcard",
    "reply.mx.lookup_failed",
    "spf.helo_none",
    "spf.lookup_failed",
    "spf.not_aligned",
];

fn has(report: &Report, code: &str) -> bool {
    report
        .findings
        .iter()
        .any(|finding| finding.code.as_str() == code)
}

/// The failures that prove nothing.
fn failures() -> Vec<Outcome> {
    let reason = || Reason("EDE 22 no reachable authority".to_owned());
    vec![
        Outcome::ServFail(reason()),
        Outcome::Refused(reason()),
        Outcome::Timeout,
        Outcome::Truncated(reason()),
        Outcome::Malformed(reason()),
    ]
}

#[test]
fn a_failed_lookup_is_unknown_and_never_missing() {
    for (name, kinds, expected) in [
        (
            "reply.forge.acme.test",
            &[Kind::Mx][..],
            "unknown reply.mx.lookup_failed reply.forge.acme.test.",
        ),
        (
            "noreply.forge.acme.test",
            &[Kind::Mx],
            "unknown noreply.mx.lookup_failed noreply.forge.acme.test.",
        ),
        (
            "reply.forge.acme.test",
            &[Kind::A, Kind::Aaaa],
            "unknown reply.addr.lookup_failed reply.forge.acme.test.",
        ),
        (
            "reply.forge.acme.test",
            &[Kind::A],
            "unknown reply.addr.lookup_failed reply.forge.acme.test.",
        ),
        (
            "forge.acme.test",
            &[Kind::A],
            "unknown host.addr.lookup_failed forge.acme.test.",
        ),
        (
            "noreply.forge.acme.test",
            &[Kind::Txt],
            "unknown spf.lookup_failed noreply.forge.acme.test.",
        ),
        (
            "s1._domainkey.noreply.forge.acme.test",
            &[Kind::Txt],
            "unknown dkim.lookup_failed s1._domainkey.noreply.forge.acme.test.",
        ),
        (
            "_dmarc.noreply.forge.acme.test",
            &[Kind::Txt],
            "unknown dmarc.lookup_failed _dmarc.noreply.forge.acme.test.",
        ),
    ] {
        for outcome in failures() {
            let faults: Faults = kinds
                .iter()
                .map(|kind| fault(name, *kind, outcome.clone()))
                .collect();
            let report = examine(config(), &zones(&zone(&[], "")), &faults);
            assert_eq!(told(&report), [expected], "{name} {outcome}");
            assert_eq!(report.verdict.exit_code(false), 3);
            assert!(report.fix.is_empty(), "{:?}", report.fix);
        }
    }
    // One family of addresses is enough to know that there is one.
    let faults = Faults::from([fault("reply.forge.acme.test", Kind::Aaaa, Outcome::Timeout)]);
    assert_eq!(
        told(&examine(config(), &zones(&zone(&[], "")), &faults)),
        [""; 0]
    );
}

#[test]
fn a_failed_name_of_an_address_is_no_more_than_information() {
    let faults = Faults::from([fault("1.2.0.192.in-addr.arpa", Kind::Ptr, Outcome::Timeout)]);
    let report = examine(config(), &zones(&zone(&[], "")), &faults);
    assert!(told(&report).is_empty() && has(&report, "ptr.lookup_failed"));
}

/// Examines with every question answered by `answer`.
fn with(config: Config, mut answer: impl FnMut(&Question, bool) -> Outcome) -> (Report, Doctor) {
    let mut doctor = Doctor::new(config);
    loop {
        let asks = doctor.asks();
        if asks.is_empty() {
            return (doctor.report(), doctor);
        }
        for ask in asks {
            match ask {
                Ask::Dns {
                    question,
                    checking_disabled,
                } => {
                    let outcome = answer(&question, checking_disabled);
                    doctor.answer(question, checking_disabled, outcome);
                }
                Ask::Https { domain } => doctor.fetched(domain, None),
            }
        }
    }
}

#[test]
fn where_all_fails_alike_there_is_one_finding() {
    for outcome in failures() {
        let (report, _) = with(config(), |_, _| outcome.clone());
        assert_eq!(
            told(&report),
            ["unknown dns.resolver_unusable forge.acme.test."],
            "{outcome}"
        );
    }
}

#[test]
fn signatures_that_do_not_hold_are_one_finding() {
    let good = zones(&zone(&[], ""));
    for failure in [
        Outcome::ServFail(Reason::default()),
        Outcome::Bogus(Reason("EDE 7".to_owned())),
    ] {
        let (report, _) = with(
            config(),
            |question, checking_disabled| match checking_disabled {
                false if question.name.as_str().ends_with("acme.test") => failure.clone(),
                _ => good.lookup(question),
            },
        );
        assert_eq!(told(&report), ["error dnssec.bogus acme.test."]);
    }
}

#[test]
fn a_circle_of_cnames_is_found_behind_a_servfail() {
    let looped = zones(&zone(
        &["reply.forge"],
        "reply.forge CNAME a\na CNAME reply.forge",
    ));
    let (report, _) = with(config(), |question, _| {
        let loops = ["reply.forge.acme.test", "a.acme.test"].contains(&question.name.as_str());
        match loops && question.kind != Kind::Cname {
            true => Outcome::ServFail(Reason::default()),
            false => looped.lookup(question),
        }
    });
    assert_eq!(
        told(&report),
        [
            "error reply.addr.cname_loop reply.forge.acme.test.",
            "error reply.mx.cname_loop reply.forge.acme.test."
        ]
    );
}

#[test]
fn what_signatures_say() {
    let tlsa = "_25._tcp.reply.forge TLSA 3 1 1 abababababababababababababababababababababababababababababababab";
    let zones = zones(&zone(&[], tlsa));
    let flagged = |authenticated: bool| {
        with(config(), |question, _| {
            let mut outcome = zones.lookup(question);
            if let Outcome::Answer(section) | Outcome::NoData(section) = &mut outcome {
                section.signed = true;
                section.authenticated = authenticated;
                section.large = question.kind == Kind::Txt;
            }
            outcome
        })
        .0
    };
    let report = flagged(true);
    assert!(
        told(&report).is_empty()
            && has(&report, "dnssec.secure")
            && has(&report, "dns.large_answer")
    );
    let report = flagged(false);
    assert!(
        told(&report).is_empty()
            && has(&report, "dnssec.not_validated")
            && has(&report, "dane.not_validated")
    );
}

#[test]
fn policies_of_mta_sts() {
    let policy = |mx: &str, mode: &str| {
        format!("version: STSv1\r\nmode: {mode}\r\nmx: {mx}\r\nmax_age: 86400\r\n")
    };
    let announced = zones(&zone(&[], "_mta-sts.reply.forge TXT \"v=STSv1; id=1\""));
    let told_with = |policy: &str| {
        told(&examine(
            config().mta_sts_policy(policy),
            &announced,
            &Faults::new(),
        ))
    };
    assert_eq!(
        told_with(&policy("reply.forge.acme.test", "enforce")),
        [""; 0]
    );
    assert_eq!(told_with(&policy("*.forge.acme.test", "enforce")), [""; 0]);
    let left_out = "error mtasts.mx_not_covered _mta-sts.reply.forge.acme.test.";
    assert_eq!(told_with(&policy("*.acme.test", "enforce")), [left_out]);
    assert_eq!(told_with(&policy("mx.acme.test", "testing")), [""; 0]);
    assert_eq!(
        told_with("version: STSv1\n"),
        ["warning mtasts.policy_syntax _mta-sts.reply.forge.acme.test."]
    );
    let report = examine(config(), &announced, &Faults::new());
    assert!(told(&report).is_empty() && has(&report, "mtasts.policy_unread"));
    let silent = zones(&zone(&[], ""));
    let report = examine(
        config().mta_sts_policy(policy("reply.forge.acme.test", "enforce")),
        &silent,
        &Faults::new(),
    );
    assert!(told(&report).is_empty() && has(&report, "mtasts.no_record"));
}

#[test]
fn addresses_without_a_name() {
    let ips = ["192.0.2.1", "192.0.2.2", "192.0.2.3"].map(|ip| ip.parse().unwrap());
    let text = zone(
        &["noreply.forge TXT"],
        "noreply.forge TXT \"v=spf1 ip4:192.0.2.0/24 -all\"",
    );
    let report = examine(config().sending(ips), &zones(&text), &Faults::new());
    assert_eq!(
        told(&report),
        [
            "warning ptr.missing 192.0.2.3",
            "warning ptr.not_confirmed 192.0.2.2"
        ]
    );
    let report = examine(
        config().with_helo("mx.acme.test".parse().unwrap()),
        &zones(&zone(&[], "")),
        &Faults::new(),
    );
    assert!(told(&report).is_empty() && has(&report, "ptr.other_name"));
}

#[test]
fn what_is_worth_knowing() {
    let wild = zone(
        &["reply.forge", "noreply.forge", "s1", "_dmarc"],
        "*.forge A 192.0.2.1\n*.forge MX 10 reply.forge\n_dmarc TXT \"v=DMARC1; p=reject; pct=5; rua=mailto:x@unknown.net\"",
    );
    let report = examine(config(), &zones(&wild), &Faults::new());
    for code in [
        "reply.addr.from_wildcard",
        "reply.mx.from_wildcard",
        "dmarc.inherited",
        "dmarc.obsolete",
        "dmarc.rua_unknown",
        "spf.helo_none",
    ] {
        assert!(has(&report, code), "{code}: {report}");
    }
    let wild = zone(
        &["reply.forge", "noreply.forge", "s1", "_dmarc"],
        "*.forge A 192.0.2.1\n*.forge MX 10 forge",
    );
    let report = examine(config(), &zones(&wild), &Faults::new());
    assert!(has(&report, "noreply.mx.from_wildcard"));
}

#[test]
fn keys_and_families() {
    let ed25519 = "11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=";
    let text = zone(
        &["s1"],
        &format!("s1._domainkey.noreply.forge TXT \"v=DKIM1; k=ed25519; p={ed25519}\""),
    );
    let bare = || {
        Config::new("forge.acme.test")
            .unwrap()
            .sending(["192.0.2.1".parse().unwrap()])
    };
    let report = examine(
        bare().signing("s1", None).unwrap(),
        &zones(&text),
        &Faults::new(),
    );
    assert_eq!(
        told(&report),
        ["warning dkim.ed25519_only s1._domainkey.noreply.forge.acme.test."]
    );
    // An RSA selector beside it is enough.
    let (front, back) = KEY.split_at(100);
    let both = format!("{text}\ns2._domainkey.noreply.forge TXT \"v=DKIM1; p={front}\" \"{back}\"");
    let report = examine(
        bare()
            .signing("s1", None)
            .unwrap()
            .signing("s2", None)
            .unwrap(),
        &zones(&both),
        &Faults::new(),
    );
    assert_eq!(told(&report), [""; 0]);
    // So it is where one key was given for both: which of the two it is can be told by its type.
    let ours = || Some(Key::from_base64(KEY).unwrap());
    let given = bare()
        .signing("s1", ours())
        .unwrap()
        .signing("s2", ours())
        .unwrap();
    assert_eq!(
        told(&examine(given, &zones(&both), &Faults::new())),
        [""; 0]
    );
    let weak = "MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQDItqbP+7RWzeQgv6IC/ly7vwMmj8BC9avFOs8RbNo4haqY4UmBCN5eglK+UOLUhLvbBfAHIPu4oF4A06IRKruPIAbDNnxa7Jq2cSaGWPxeaWtFSR4Qql3forV8Oa13lJaVuI806eRVRb6M/F7aokeMYCYMPtMEyNCR4ztEDamasQIDAQAB";
    let text = zone(
        &["s1"],
        &format!("s1._domainkey.noreply.forge TXT \"v=DKIM1; p={weak}\""),
    );
    let report = examine(
        bare().signing("s1", None).unwrap(),
        &zones(&text),
        &Faults::new(),
    );
    assert_eq!(
        told(&report),
        ["warning dkim.weak_key s1._domainkey.noreply.forge.acme.test."]
    );
    let text = zone(&["forge A"], "forge AAAA 2001:db8::1");
    let report = examine(config(), &zones(&text), &Faults::new());
    assert!(told(&report).contains(&"warning host.addr.no_ipv4 forge.acme.test.".to_owned()));
}

#[test]
fn an_envelope_of_another_organisation_is_not_aligned() {
    let envelope = config().with_envelope_domain("_spf.provider.test".parse().unwrap());
    let report = examine(envelope, &zones(&zone(&[], "")), &Faults::new());
    assert!(
        told(&report).contains(&"warning spf.not_aligned _spf.provider.test.".to_owned()),
        "{report}"
    );
}
