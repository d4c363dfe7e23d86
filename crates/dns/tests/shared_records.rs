//! The record suites of the shared corpora; skipped where the folder is absent, unless `INREPLY_REQUIRE_SHARED` is set.
//!
//! A case that `LEDGER.md` settles against its suite is listed here by its id.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test's panic is its report"
)]

mod shared;

use inreply_dns::{bimi, dkim, dmarc, mta_sts, spf, tls_rpt};

/// Settled in `LEDGER.md` against what the suite says.
const SETTLED: &[&str] = &[
    "mox-spf-005",
    "mail-auth-spf-046",
    "checkdmarc-spf-053",
    "checkdmarc-spf-054",
    "checkdmarc-spf-094",
    "checkdmarc-spf-097",
    "mox-dmarc-004",
    "mox-dmarc-016",
    "mox-dmarc-018",
    "mox-dmarc-023",
    "mox-dmarc-025",
    "mox-dmarc-029",
    "mox-dmarc-034",
    "mail-auth-dmarc-046",
    "mail-auth-dmarc-047",
    "checkdmarc-dmarc-076",
    "checkdmarc-tlsrpt-029",
];

fn holds(file: &str, parses: impl Fn(&str) -> bool) {
    let Some(cases) = shared::cases(&format!("corpora/dns/{file}.jsonl")) else {
        return;
    };
    let mut wrong = Vec::new();
    for case in &cases {
        let id = case["id"].as_str().unwrap();
        let mut input = case["input"].as_str().unwrap().to_owned();
        if case["presentation_form"] == true {
            input = input.replace("\" \"", "").replace('"', "");
        }
        let valid = case["valid"].as_bool().unwrap();
        if (parses(&input) == valid) == SETTLED.contains(&id) {
            wrong.push(format!(
                "{id}: {input:?}, the suite says {valid} (disputed: {})",
                case["disputed"]
            ));
        }
    }
    println!("{file}: {} of {}", cases.len() - wrong.len(), cases.len());
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn spf_records() {
    holds("spf", |text| spf::Record::parse(text).is_ok());
}

#[test]
fn dkim_records() {
    holds("dkim", |text| dkim::KeyRecord::parse(text).is_ok());
}

#[test]
fn dmarc_records() {
    holds("dmarc", |text| dmarc::Record::parse(text).is_ok());
}

#[test]
fn mta_sts_records() {
    holds("mtasts", |text| mta_sts::Record::parse(text).is_ok());
}

#[test]
fn mta_sts_policies() {
    holds("mtasts-policy", |text| mta_sts::Policy::parse(text).is_ok());
}

#[test]
fn tls_rpt_records() {
    holds("tlsrpt", |text| tls_rpt::Record::parse(text).is_ok());
}

#[test]
fn bimi_records() {
    holds("bimi", |text| bimi::Record::parse(text).is_ok());
}
