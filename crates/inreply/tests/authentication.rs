//! SPF, DKIM and DMARC of whole messages, with zones instead of the DNS.

// Helpers of tests are tests.
#![allow(clippy::unwrap_used)]

use std::time::{Duration, SystemTime};

use inreply::auth::{Arriving, AuthResult, Authentication, Limits, Verdicts};
use inreply::dns::dmarc::Policy;
use inreply::dns::zone::Zones;

/// RFC 8463 appendix A.3; lines end in LF here.
const RFC_8463: &str = include_str!("messages/rfc8463.eml");

/// RFC 6376 appendix A.2, whose key stands in appendix C.
const RFC_6376: &str = include_str!("messages/rfc6376.eml");

/// The keys of both RFCs, and the policies of the tests.
const ZONE: &str = include_str!("messages/keys.zone");

fn crlf(text: &str) -> Vec<u8> {
    text.replace('\n', "\r\n").into_bytes()
}

/// Where the tests' messages come from unless they say otherwise: nobody that SPF knows.
const STRANGER: (&str, &str) = ("198.51.100.9", "ann@stranger.example.net");

fn verdicts(zone: &str, (client, sender): (&str, &str), message: &[u8]) -> Verdicts {
    let zones = Zones::parse(zone).unwrap();
    let mut authentication = Authentication::new(
        &Arriving {
            client: client.parse().unwrap(),
            hello: "mx.example.net",
            sender,
            receiver: "reply.forge.example",
            received_at: SystemTime::UNIX_EPOCH + Duration::from_secs(1_800_000_000),
            message,
        },
        &Limits::default(),
    );
    let mut waves = 0;
    loop {
        let asks = authentication.asks();
        if asks.is_empty() {
            break;
        }
        waves += 1;
        for question in asks {
            let outcome = zones.lookup(&question);
            authentication.answer(question, outcome);
        }
    }
    assert!(waves <= 3, "{waves} waves");
    authentication.into_verdicts()
}

fn dkim(message: &[u8]) -> Vec<(AuthResult, String)> {
    let verdicts = verdicts(ZONE, STRANGER, message);
    let found = verdicts.dkim.into_iter();
    found
        .map(|found| (found.result, found.reason.unwrap_or_default()))
        .collect()
}

fn pass() -> (AuthResult, String) {
    (AuthResult::Pass, String::new())
}

#[test]
fn the_examples_of_both_rfcs_verify() {
    for message in [crlf(RFC_8463), RFC_8463.as_bytes().to_vec()] {
        assert_eq!(dkim(&message), [pass(), pass()]);
    }
    let found = verdicts(ZONE, STRANGER, &crlf(RFC_8463));
    let domains: Vec<_> = found.dkim.iter().map(|one| one.domain.clone()).collect();
    assert_eq!(
        domains,
        [
            Some("football.example.com".to_owned()),
            Some("football.example.com".to_owned())
        ]
    );
    assert_eq!(found.dkim[0].signature.as_deref(), Some("/gCrinpc"));
    assert_eq!(dkim(&crlf(RFC_6376)), [pass()]);
}

#[test]
fn what_a_form_allows_holds_and_nothing_else_does() {
    let broken = |what: &str| (AuthResult::Fail, what.to_owned());
    let (body, header) = (
        broken("the body was changed"),
        broken("the header was changed, or the key is another"),
    );
    let changed = |from: &str, to: &str| {
        assert!(RFC_8463.contains(from));
        dkim(&crlf(&RFC_8463.replacen(from, to, 1)))
    };
    for (from, to) in [
        ("Subject: Is", "SUBJECT :   Is"),
        ("Is dinner", "Is\n  dinner"),
        ("game.  Are", "game. \t Are"),
        ("Joe.\n", "Joe.  \n\n\n"),
        ("To: Suzie", "Received: by x\nTo: Suzie"),
    ] {
        assert_eq!(changed(from, to), [pass(), pass()], "{to:?}");
    }
    for (from, to) in [
        ("Hi.", "Hi!"),
        ("Joe.\n", "Joe.\n\nP.S.\n"),
        ("We lost", "We  lost x"),
    ] {
        assert_eq!(changed(from, to), [body.clone(), body.clone()], "{to:?}");
    }
    for (from, to) in [
        ("Is dinner", "Is lunch"),
        ("Is dinner", "Isdinner"),
        ("joe@football", "jim@football"),
        // Signed twice, of which one is not there: one that is added takes its place.
        ("Subject:", "Subject: Dinner is ready\nSubject:"),
        ("Date:", "Date: x\nDate:"),
        ("Message-ID: <", "Message-ID: <x"),
    ] {
        assert_eq!(
            changed(from, to),
            [header.clone(), header.clone()],
            "{to:?}"
        );
    }
    // To is signed once: the lowest counts, and one above it goes unnoticed (RFC 6376 §8.15).
    assert_eq!(
        changed("To: Suzie", "To: nobody@example.com\nTo: Suzie"),
        [pass(), pass()]
    );
    assert_eq!(
        changed(
            "t=1528637909; h=from : to :\n",
            "t=1528637910; h=from : to :\n"
        ),
        [header.clone(), pass()]
    );
    // simple/simple: nothing at all.
    for (from, to) in [
        ("Subject: Is", "SUBJECT: Is"),
        ("example.com  [192", "example.com [192"),
    ] {
        assert_eq!(
            dkim(&crlf(&RFC_6376.replacen(from, to, 1))),
            std::slice::from_ref(&header)
        );
    }
    assert_eq!(
        dkim(&crlf(&RFC_6376.replacen("game. Are", "game.  Are", 1))),
        [body]
    );
}

#[test]
fn a_key_says_what_it_is_for() {
    let cases: &[(&str, &str, AuthResult, &str)] = &[
        (
            "k=ed25519;",
            "k=ed25519; t=y;",
            AuthResult::Neutral,
            "the domain is testing",
        ),
        ("k=ed25519;", "k=ed25519; t=s;", AuthResult::Pass, ""),
        (
            "k=ed25519;",
            "k=ed25519; s=tlsrpt;",
            AuthResult::PermError,
            "the key is not for this",
        ),
        (
            "k=ed25519;",
            "k=ed25519; h=sha1;",
            AuthResult::PermError,
            "the key is not for this",
        ),
        (
            "k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=",
            "p=",
            AuthResult::PermError,
            "the key was revoked",
        ),
        (
            "k=ed25519; p=11q",
            "k=ed25519; p=12q",
            AuthResult::Fail,
            "the header was changed, or the key is another",
        ),
        (
            "brisbane._domainkey TXT \"v=DKIM1; k=ed25519",
            "other._domainkey TXT \"v=DKIM1; k=ed25519",
            AuthResult::PermError,
            "there is no key",
        ),
        (
            "v=DKIM1; k=ed25519",
            "v=DKIM2; k=ed25519",
            AuthResult::PermError,
            "the key cannot be read",
        ),
        (
            "brisbane._domainkey TXT \"v=DKIM1; k=ed25519",
            "brisbane._domainkey TXT \"v=DKIM1; p=\"\nbrisbane._domainkey TXT \"v=DKIM1; k=ed25519",
            AuthResult::PermError,
            "there are several keys",
        ),
        (
            "brisbane._domainkey TXT \"v=DKIM1; k=ed25519",
            "brisbane._domainkey TXT \"another text\"\nbrisbane._domainkey TXT \"v=DKIM1; k=ed25519",
            AuthResult::Pass,
            "",
        ),
        (
            "brisbane._domainkey TXT \"v=DKIM1; k=ed25519",
            "brisbane._domainkey CNAME key.example.com.\nkey.example.com. TXT \"v=DKIM1; k=ed25519",
            AuthResult::Pass,
            "",
        ),
    ];
    for (from, to, result, reason) in cases {
        assert!(ZONE.contains(from), "{from}");
        let found = verdicts(&ZONE.replacen(from, to, 1), STRANGER, &crlf(RFC_8463));
        let first = &found.dkim[0];
        assert_eq!(
            (first.result, first.reason.as_deref().unwrap_or_default()),
            (*result, *reason),
            "{to}"
        );
        assert_eq!(found.dkim[1].result, AuthResult::Pass);
    }
    // `t=s` where i= lies below d=.
    let strict = ZONE.replacen(
        "\"v=DKIM1; p=MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQDwI",
        "\"v=DKIM1; t=s; p=MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQDwI",
        1,
    );
    assert_eq!(
        verdicts(&strict, STRANGER, &crlf(RFC_6376)).dkim[0].result,
        AuthResult::PermError
    );
}

#[test]
fn signatures_are_bounded() {
    let signature = RFC_8463.split_once("DKIM-Signature: v=1; a=rsa").unwrap().0;
    let many = format!("{}{RFC_8463}", signature.repeat(100));
    assert_eq!(dkim(&crlf(&many)).len(), 8);
}

#[test]
fn old_algorithms_and_broken_fields_are_no_pass() {
    let first = |from: &str, to: &str| dkim(&crlf(&RFC_6376.replacen(from, to, 1))).remove(0);
    assert_eq!(first("a=rsa-sha256", "a=rsa-sha1").0, AuthResult::PermError);
    assert_eq!(
        first("Received : From :", "Received :").0,
        AuthResult::PermError
    );
    assert_eq!(first("v=1;", "v=1; v=1;").0, AuthResult::Neutral);
    assert_eq!(first("s=brisbane;", "").0, AuthResult::Neutral);
    assert_eq!(
        first("q=dns/txt;", "x=1700000000;").1,
        "the signature has expired"
    );
    assert_eq!(
        first("q=dns/txt;", "l=1000;").1,
        "the body is shorter than what was signed"
    );
}

/// A policy, a signature of football.example.com, and what comes of it for an author there.
#[test]
fn dmarc_walks_the_tree() {
    let message = crlf(RFC_8463);
    let cases: &[(&str, &str, AuthResult, Option<Policy>)] = &[
        // The policy of the domain above, for a domain that exists, one that does not, and the author's own.
        ("", "", AuthResult::Pass, Some(Policy::Quarantine)),
        (
            "football A",
            "foot A",
            AuthResult::Pass,
            Some(Policy::Quarantine),
        ),
        (
            "football A 192.0.2.1",
            "football A 192.0.2.1\n_dmarc.football TXT \"v=DMARC1; p=none\"",
            AuthResult::Pass,
            Some(Policy::None),
        ),
        (
            "sp=quarantine",
            "sp=quarantine; t=y; adkim=s",
            AuthResult::Pass,
            Some(Policy::None),
        ),
        ("\"v=DMARC1", "\"v=DMARC2", AuthResult::None, None),
        ("p=reject;", "p=rejct;", AuthResult::None, None),
        (
            "p=reject;",
            "p=rejct; rua=mailto:a@example.com;",
            AuthResult::Pass,
            Some(Policy::None),
        ),
    ];
    for (from, to, result, policy) in cases {
        let zone = ZONE.replacen(from, to, 1);
        let found = verdicts(&zone, STRANGER, &message).dmarc;
        assert_eq!((found.result, found.policy), (*result, *policy), "{to}");
        assert_eq!(found.domain.as_deref(), Some("football.example.com"));
    }
}

#[test]
fn dmarc_aligns_by_organisation() {
    // Signed by example.com for football.example.com.
    let message = crlf(RFC_6376);
    let result = |from: &str, to: &str| {
        assert!(ZONE.contains(from));
        verdicts(&ZONE.replacen(from, to, 1), STRANGER, &message)
            .dmarc
            .result
    };
    assert_eq!(result("", ""), AuthResult::Pass);
    assert_eq!(
        result("sp=quarantine", "sp=quarantine; adkim=s"),
        AuthResult::Fail
    );
    assert_eq!(
        result("sp=quarantine", "sp=quarantine; aspf=s"),
        AuthResult::Pass
    );
    // football.example.com is an organisation of its own.
    let own = "football A 192.0.2.1\n_dmarc.football TXT \"v=DMARC1; p=reject; psd=n\"";
    assert_eq!(result("football A 192.0.2.1", own), AuthResult::Fail);
    // example.com is a public suffix: whoever is there speaks for itself alone.
    assert_eq!(result("sp=quarantine", "psd=y"), AuthResult::Fail);
    // A stranger's signature, however good, is not the author's.
    let foreign = RFC_8463.replacen("From: Joe", "Resent-From: Joe", 1);
    let foreign = foreign.replacen("To: Suzie", "From: ann@example.net\nTo: Suzie", 1);
    let found = verdicts(
        &format!("{ZONE}_dmarc.example.net. TXT \"v=DMARC1; p=none\"\n"),
        STRANGER,
        &crlf(&foreign),
    );
    assert_eq!(
        (found.dmarc.result, found.dmarc.domain.as_deref()),
        (AuthResult::Fail, Some("example.net"))
    );
}

#[test]
fn dmarc_takes_spf_of_the_envelope() {
    let message = b"From: Joe <joe@football.example.com>\r\n\r\nHi.\r\n";
    let result = |client: &str, sender: &str| {
        let found = verdicts(ZONE, (client, sender), message);
        (found.spf.result, found.dmarc.result)
    };
    assert_eq!(
        result("192.0.2.1", "bounces@example.com"),
        (AuthResult::Pass, AuthResult::Pass)
    );
    assert_eq!(
        result("192.0.2.2", "bounces@example.com"),
        (AuthResult::Fail, AuthResult::Fail)
    );
    assert_eq!(
        result("192.0.2.1", "ann@nowhere.example.com"),
        (AuthResult::None, AuthResult::Fail)
    );
    // HELO's name where MAIL FROM is empty.
    let found = verdicts(ZONE, ("192.0.2.1", ""), message);
    assert_eq!(
        (found.spf.domain.as_deref(), found.spf.by_helo),
        (Some("mx.example.net"), true)
    );
}

#[test]
fn without_one_author_there_is_no_verdict() {
    for from in [
        "",
        "From: joe@example.com\r\nFrom: joe@example.com\r\n",
        "From: joe@example.com, ann@example.com\r\n",
        "From: joe\r\n",
        "From: joe@[192.0.2.1]\r\n",
    ] {
        let message = format!("{from}Subject: x\r\n\r\nHi.\r\n");
        let found = verdicts(ZONE, ("192.0.2.1", "joe@example.com"), message.as_bytes());
        assert_eq!(
            (found.spf.result, found.dmarc.result),
            (AuthResult::Pass, AuthResult::None),
            "{from}"
        );
        assert!(!found.authenticates("joe@example.com"));
    }
}

#[test]
fn silence_is_no_verdict_for_good() {
    let message = crlf(RFC_8463);
    let arriving = Arriving {
        client: "198.51.100.9".parse().unwrap(),
        hello: "mx.example.net",
        sender: "joe@example.com",
        receiver: "reply.forge.example",
        received_at: SystemTime::now(),
        message: &message,
    };
    let mut silent = Authentication::new(&arriving, &Limits::default());
    assert!(!silent.asks().is_empty());
    // Nothing was answered: nothing is asked again.
    assert!(silent.asks().is_empty());
    let found = silent.into_verdicts();
    assert_eq!(found.spf.result, AuthResult::TempError);
    assert!(
        found
            .dkim
            .iter()
            .all(|found| found.result == AuthResult::TempError)
    );
    assert_eq!(found.dmarc.result, AuthResult::TempError);

    // The author's policy is known, and the one key that would speak for it is not.
    let zones = Zones::parse(ZONE).unwrap();
    let mut half = Authentication::new(&arriving, &Limits::default());
    for question in half.asks() {
        if !question.name.to_string().contains("_domainkey") {
            let outcome = zones.lookup(&question);
            half.answer(question, outcome);
        }
    }
    assert_eq!(
        half.clone().into_verdicts().dmarc.result,
        AuthResult::TempError
    );
    assert!(half.asks().is_empty());

    let mut few = Authentication::new(&arriving, &Limits::default().questions(2));
    assert_eq!(few.asks().len(), 2);
}
