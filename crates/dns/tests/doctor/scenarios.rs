//! A wrong zone for each finding: it is found, nothing else is, and the fix mends it.

use std::collections::BTreeSet;

use inreply_dns::doctor::Code;
use inreply_dns::report::Verdict;

use super::cases::{CASES, Case, Mends};
use super::clinic::{Faults, KEY, config, examine, mended, told, zone, zones};

#[test]
fn each_fault_is_found_and_mended() {
    let mut wrong = Vec::new();
    for Case(without, more, expected, mends) in CASES {
        let text = zone(
            without,
            &more.replace("%KEY%", &format!("{}\" \"{}", &KEY[..100], &KEY[100..])),
        );
        let report = examine(config(), &zones(&text), &Faults::new());
        let case = format!("without {without:?}, with {more:?}");
        if told(&report) != *expected {
            wrong.push(format!(
                "{case}: {:#?}, wanted {expected:#?}",
                told(&report)
            ));
            continue;
        }
        if *mends == Mends::No {
            continue;
        }
        let fix: Vec<String> = report.fix.iter().map(ToString::to_string).collect();
        let after = examine(
            config(),
            &zones(&mended(&text, &report.fix)),
            &Faults::new(),
        );
        let gone = told(&report)
            .iter()
            .any(|finding| !told(&after).contains(finding));
        if after.verdict > Verdict::Warn || !gone {
            wrong.push(format!("{case}: {fix:#?} leaves {:#?}", told(&after)));
        }
    }
    assert!(
        wrong.is_empty(),
        "{} of {}:\n{}",
        wrong.len(),
        CASES.len(),
        wrong.join("\n")
    );
}

/// Each code is reached by a test, here or in the other files of this folder.
#[test]
fn every_code_has_a_zone() {
    let mut reached: BTreeSet<String> = BTreeSet::new();
    for Case(_, _, expected, _) in CASES {
        reached.extend(
            expected
                .iter()
                .filter_map(|finding| finding.split(' ').nth(1))
                .map(ToOwned::to_owned),
        );
    }
    let missing: Vec<&str> = Code::all()
        .map(Code::as_str)
        .filter(|code| !reached.contains(*code) && !super::faults::REACHED.contains(code))
        .collect();
    assert!(missing.is_empty(), "{missing:?}");
}
