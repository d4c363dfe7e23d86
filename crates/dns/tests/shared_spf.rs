//! The RFC 7208 scenarios of the shared corpora; skipped where the folder is absent, unless `INREPLY_REQUIRE_SHARED` is set.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test's panic is its report"
)]

mod shared;

use inreply_dns::lookup::{Found, Outcome, Question, Reason, Section};
use inreply_dns::name::Name;
use inreply_dns::record::{Data, Record};
use inreply_dns::spf::{CheckHost, Request};
use serde_json::Value;

/// Settled in `LEDGER.md` against what the suite says.
const SETTLED: &[&str] = &[
    "pyspf-extra:default-modifier",
    "pyspf-extra:default-modifier-harsh",
];

/// Answers from a scenario's zone data.
struct Scenario<'a>(&'a Value);

impl Scenario<'_> {
    fn lookup(&self, question: &Question) -> Outcome {
        let mut name = question.name.clone();
        let mut section = Section::default();
        loop {
            let data = self.0.as_object().unwrap();
            let wanted = name.as_str();
            let node = data.iter().find(|(owner, _)| {
                presented(owner)
                    .as_ref()
                    .is_some_and(|owner| owner.as_str() == wanted)
            });
            let Some((_, node)) = node else {
                return Outcome::NxDomain(section);
            };
            let node = node.as_array().unwrap();
            let mut alias = None;
            let before = section.records.len();
            let has_text = node.iter().any(|entry| entry.get("TXT").is_some());
            let mut timeout = false;
            for entry in node {
                let Some(entry) = entry.as_object() else {
                    timeout = true;
                    continue;
                };
                for (kind, value) in entry {
                    // The scenarios say SPF where they mean TXT, unless they say TXT too.
                    let kind = match kind.as_str() {
                        "SPF" if !has_text => "TXT",
                        other => other,
                    };
                    if kind == "CNAME" {
                        alias = presented(value.as_str().unwrap());
                    }
                    if kind != question.kind.as_str() {
                        continue;
                    }
                    if value == "TIMEOUT" {
                        return Outcome::Timeout;
                    }
                    if let Some(data) = data_of(kind, value) {
                        section.records.push(Found {
                            record: Record::new(name.clone(), data),
                            ttl: 60,
                        });
                    }
                }
            }
            if section.records.len() > before {
                return Outcome::Answer(section);
            }
            if timeout {
                return Outcome::Timeout;
            }
            let Some(target) = alias else {
                return Outcome::NoData(section);
            };
            if section
                .records
                .iter()
                .any(|found| found.record.owner == name)
            {
                return Outcome::ServFail(Reason::default());
            }
            section.records.push(Found {
                record: Record::new(name, Data::Cname(target.clone())),
                ttl: 60,
            });
            name = target;
        }
    }
}

fn presented(text: &str) -> Option<Name> {
    Name::from_labels(text.trim_end_matches('.').split('.')).ok()
}

fn octets(value: &Value) -> Vec<u8> {
    // The scenarios write octets as code points.
    let of = |text: &str| {
        text.chars()
            .map(|letter| u8::try_from(u32::from(letter)).unwrap())
            .collect::<Vec<_>>()
    };
    match value {
        Value::String(text) => of(text),
        Value::Array(strings) => strings.iter().flat_map(octets).collect(),
        _ => panic!("{value}"),
    }
}

fn data_of(kind: &str, value: &Value) -> Option<Data> {
    Some(match kind {
        "A" => Data::A(value.as_str()?.parse().ok()?),
        "AAAA" => Data::Aaaa(value.as_str()?.parse().ok()?),
        "PTR" => Data::Ptr(presented(value.as_str()?)?),
        "TXT" if value == "NONE" => return None,
        "TXT" => Data::Txt(octets(value)),
        "MX" => Data::Mx {
            preference: u16::try_from(value[0].as_u64()?).unwrap(),
            exchange: match value[1].as_str()? {
                "" => Name::root(),
                name => presented(name)?,
            },
        },
        _ => return None,
    })
}

#[test]
fn rfc_7208_scenarios() {
    let Some(cases) = shared::cases("corpora/dns/spf-eval.jsonl") else {
        return;
    };
    let mut wrong = Vec::new();
    for case in &cases {
        let text = |key: &str| case[key].as_str().unwrap_or_default();
        let request = Request::new(
            text("host").parse().unwrap(),
            text("mailfrom"),
            text("helo"),
        )
        .at("receiver.example");
        let scenario = Scenario(&case["zonedata"]);
        let mut check = CheckHost::new(request);
        let evaluated = loop {
            if let Some(evaluated) = check.verdict() {
                break evaluated;
            }
            let asks = check.asks();
            assert!(!asks.is_empty());
            for question in asks {
                let outcome = scenario.lookup(&question);
                check.answer(question, outcome);
            }
        };
        let verdict = evaluated.verdict.as_str();
        let allowed = case["result"].as_array().unwrap();
        let settled = SETTLED.contains(&text("id"));
        if settled == allowed.iter().any(|result| result == verdict) {
            wrong.push(format!(
                "{}: {verdict}, wanted {allowed:?} ({:?})",
                text("id"),
                evaluated.problem
            ));
        }
        if let Some(wanted) = case["explanation"].as_str() {
            let explanation = evaluated.explanation.as_deref().unwrap_or("DEFAULT");
            if explanation != wanted {
                wrong.push(format!(
                    "{}: {explanation:?}, wanted {wanted:?}",
                    text("id")
                ));
            }
        }
    }
    println!("{} of {} scenarios", cases.len() - wrong.len(), cases.len());
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
