//! Bodies over the authentication of incoming mail in `inreply`.

use std::time::SystemTime;

use inreply::auth::{
    Arriving, AuthResult, Authentication, AuthservId, Canonical, Limits, Signature, SignatureError,
    Verdicts,
};
use inreply::dns::lookup::{Outcome, Section};

use crate::Target;

/// The targets of this module.
pub const TARGETS: &[Target] = &[
    ("auth_canonical", canonical),
    ("auth_message", message),
    ("auth_results", results),
    ("auth_signature", signature),
];

/// Reads a DKIM-Signature field (RFC 6376 §3.5).
///
/// # Panics
/// Where a signature does not read back as it is printed, or taking it out of what is signed leaves some of it.
pub fn signature(data: &[u8]) {
    let unsigned = Signature::unsigned(data);
    assert!(unsigned.len() <= data.len());
    assert_eq!(Signature::unsigned(&unsigned), unsigned);
    let Ok(signature) = Signature::parse(data) else {
        return;
    };
    assert!(signature.identity.is_within(&signature.domain));
    assert!(signature.key_name().is_within(&signature.domain));
    assert!(signature.fields.iter().any(|name| name == "from"));
    assert_eq!(Signature::parse(&unsigned), Err(SignatureError::Value("b")));
    let printed = signature.to_string();
    assert_eq!(
        Signature::parse(printed.as_bytes()),
        Ok(signature),
        "{printed}"
    );
}

/// Brings a body and a field into both forms (RFC 6376 §3.4).
///
/// # Panics
/// Where a form is not its own form, relaxed depends on whether simple came first, lines are left that do not end in CRLF, or
/// the hash counts other octets than the form has.
pub fn canonical(data: &[u8]) {
    let body = |form: Canonical, data: &[u8]| {
        let mut out = Vec::new();
        form.body(data, |octets| out.extend_from_slice(octets));
        assert_eq!(form.hash(data, None).1, out.len() as u64);
        out
    };
    for form in [Canonical::Relaxed, Canonical::Simple] {
        let once = body(form, data);
        assert!(once.len() <= 2 * data.len() + 2);
        assert!(once.is_empty() || once.ends_with(b"\r\n"));
        assert_eq!(body(form, &once), once);
        assert!(!once.ends_with(b"\r\n\r\n"));
        let feeds = once.iter().filter(|octet| **octet == b'\n').count();
        let ends = once.windows(2).filter(|pair| pair == b"\r\n").count();
        assert_eq!(feeds, ends);
        let half = once.len() / 2;
        let cut = form.hash(data, Some(half as u64));
        assert_eq!(cut.1, once.len() as u64);
        assert_eq!(Canonical::Simple.hash(&once, Some(half as u64)).0, cut.0);
    }
    let simple = body(Canonical::Simple, data);
    assert_eq!(
        body(Canonical::Relaxed, &simple),
        body(Canonical::Relaxed, data)
    );
    let field = |value: &[u8]| {
        let mut out = Vec::new();
        Canonical::Relaxed.field(b"Name \t", value, &mut out);
        out.split_off("name:".len())
    };
    let once = field(data);
    assert!(once.len() <= data.len());
    assert_eq!(field(&once), once);
    assert!(!once.contains(&b'\n') && !once.contains(&b'\t'));
}

/// Reads an Authentication-Results field, and takes such fields out of a message (RFC 8601).
///
/// # Panics
/// Where what was read does not print as a field that reads the same, or a claim is left in the message.
pub fn results(data: &[u8]) {
    let Ok(id) = "example.com".parse::<AuthservId>() else {
        unreachable!("it is a name")
    };
    if let Some(verdicts) = Verdicts::of_field(data, &id) {
        let field = verdicts.to_field(&id);
        let value = field.strip_prefix("Authentication-Results:").unwrap_or("");
        let lines = value.strip_suffix("\r\n").unwrap_or("\n");
        assert!(
            lines
                .split("\r\n")
                .skip(1)
                .all(|line| line.starts_with('\t'))
        );
        assert!(!lines.replace("\r\n\t", "").contains(char::is_control));
        let Some(again) = Verdicts::of_field(value.as_bytes(), &id) else {
            panic!("{field}")
        };
        assert_eq!(again.to_field(&id), field);
        assert_eq!(again.dkim.len(), verdicts.dkim.len());
        assert_eq!(again.dmarc.result, verdicts.dmarc.result);
    }
    for message in [
        data.to_vec(),
        [b"Authentication-Results: ", data].concat(),
        [b"Authentication-Results: example.com; none\r\n", data].concat(),
    ] {
        let kept = id.without_claims(&message);
        assert!(kept.len() <= message.len());
        assert_eq!(id.without_claims(&kept), kept);
    }
}

/// Authenticates a message, while nothing exists in the DNS and while it is silent.
///
/// # Panics
/// Where something passes, the questions do not end, or one is asked twice.
pub fn message(data: &[u8]) {
    for outcome in [Outcome::NxDomain(Section::default()), Outcome::Timeout] {
        let arriving = Arriving {
            client: [192, 0, 2, 1].into(),
            hello: "mx.example.com",
            sender: "ann@example.com",
            receiver: "example.net",
            received_at: SystemTime::UNIX_EPOCH,
            message: data,
        };
        let mut authentication = Authentication::new(&arriving, &Limits::default());
        let mut asked = Vec::new();
        loop {
            let asks = authentication.asks();
            if asks.is_empty() {
                break;
            }
            for question in asks {
                assert!(!asked.contains(&question));
                asked.push(question.clone());
                authentication.answer(question, outcome.clone());
            }
        }
        assert!(asked.len() <= 150);
        let verdicts = authentication.into_verdicts();
        let results = verdicts.dkim.iter().map(|found| found.result);
        let mut results = results.chain([verdicts.spf.result, verdicts.dmarc.result]);
        assert!(results.all(|result| result != AuthResult::Pass));
        assert!(verdicts.dkim.len() <= 8);
    }
}
