//! An installation with a good zone, and a driver.

use std::collections::BTreeMap;

use inreply_dns::dkim::Key;
use inreply_dns::doctor::{Ask, Change, Config, Doctor};
use inreply_dns::lookup::{Outcome, Question};
use inreply_dns::record::{Kind, Record};
use inreply_dns::report::Report;
use inreply_dns::zone::{ZoneFile, ZoneResolver, Zones};

/// A key of 2048 bits, in base64.
pub(crate) const KEY: &str = "MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAvH6uuV3ULM2l+tATHzeQf+umVtwtzS/l0FCFBvbwSDXJ4IOhBDb9NFB9RY93++46wloG5W/f/IjFUBQ2hPgyYNKavbtT0avFhRpgmpnNFyq67pZLQ3Tnsrzy87DFnujQVkr5yVQ4Iv1s9WRrG3pceqafM8eUlQ7MGJ3Vm+5pwGdQwPEtp0SmkXMcjGbLNS0LQQHgZrJLC39yLXJOiGEl8dH1qKW9VdrNT8iKzk5kxF702zTuFAusfjLMtie/jpr6fiBSZkSYaaNu8x1V+ygChAK70g6GAX5b4RLUAxeOaiObd2Os79C6Bk+LBSjGPqfNC3K+V4fSfDUo4LgKuS0iNQIDAQAB";

/// The zone of `forge.acme.test` at 192.0.2.1, in which nothing is wrong.
pub(crate) const GOOD: &str = "\
$ORIGIN acme.test.
$TTL 3600
@ SOA ns1 hostmaster 1 7200 3600 1209600 300
@ NS ns1
ns1 A 192.0.2.53
forge A 192.0.2.1
reply.forge A 192.0.2.1
reply.forge MX 10 reply.forge
noreply.forge MX 10 forge
noreply.forge TXT \"v=spf1 ip4:192.0.2.1 -all\"
s1._domainkey.noreply.forge TXT \"v=DKIM1; k=rsa; p=%KEY%\"
_dmarc.noreply.forge TXT \"v=DMARC1; p=reject\"
";

/// A provider, and the names of addresses.
const OTHERS: &[&str] = &[
    "$ORIGIN provider.test.\n@ SOA ns host 1 2 3 4 5\nmx A 198.51.100.25\n_spf TXT \"v=spf1 ip4:198.51.100.0/24 -all\"\n\
     ten TXT \"v=spf1 include:a.provider.test include:b.provider.test include:c.provider.test include:d.provider.test \
     include:e.provider.test include:f.provider.test include:g.provider.test -all\"\n\
     a TXT \"v=spf1 -all\"\nb TXT \"v=spf1 -all\"\nc TXT \"v=spf1 -all\"\nd TXT \"v=spf1 -all\"\n\
     e TXT \"v=spf1 -all\"\nf TXT \"v=spf1 -all\"\ng TXT \"v=spf1 -all\"\n\
     open TXT \"v=spf1 +all\"\nforge.acme.test._report._dmarc.agreed TXT \"v=DMARC1;\"\n\
     noreply.forge.acme.test._report._dmarc.agreed TXT \"v=DMARC1;\"\n\
     noreply.forge.acme.test._report._dmarc.passing TXT \"v=DMARC1; rua=mailto:x@another.test\"\n\
     empty A 198.51.100.1\n",
    "$ORIGIN 2.0.192.in-addr.arpa.\n@ SOA ns host 1 2 3 4 5\n1 PTR forge.acme.test.\n2 PTR mx.provider.test.\n",
];

/// The good zone with some lines taken out, those that begin with one of `without`, and `more` put in.
pub(crate) fn zone(without: &[&str], more: &str) -> String {
    let kept = GOOD
        .lines()
        .filter(|line| !without.iter().any(|start| line.starts_with(start)));
    let kept: Vec<&str> = kept.collect();
    let (front, back) = KEY.split_at(200);
    format!("{}\n{more}\n", kept.join("\n")).replace("%KEY%", &format!("{front}\" \"{back}"))
}

/// The installation.
pub(crate) fn config() -> Config {
    Config::new("forge.acme.test")
        .unwrap()
        .sending(["192.0.2.1".parse().unwrap()])
        .signing("s1", Some(Key::from_base64(KEY).unwrap()))
        .unwrap()
        .server("test")
}

/// The zones of a text, and those of others.
pub(crate) fn zones(text: &str) -> Zones {
    let mut zones = Zones::parse(text).unwrap_or_else(|error| panic!("{error}\n{text}"));
    for other in OTHERS {
        zones.add(ZoneResolver::parse(other).unwrap());
    }
    zones
}

/// What some questions end in, whatever the zone says.
pub(crate) type Faults = BTreeMap<Question, Outcome>;

/// A fault at one question.
pub(crate) fn fault(name: &str, kind: Kind, outcome: Outcome) -> (Question, Outcome) {
    (Question::new(name.parse().unwrap(), kind), outcome)
}

/// Examines an installation.
pub(crate) fn examine(config: Config, zones: &Zones, faults: &Faults) -> Report {
    let mut doctor = Doctor::new(config);
    loop {
        let asks = doctor.asks();
        if asks.is_empty() {
            return doctor.report();
        }
        for ask in asks {
            match ask {
                Ask::Dns {
                    question,
                    checking_disabled,
                } => {
                    let faulty = faults.get(&question).cloned();
                    let outcome = faulty.unwrap_or_else(|| zones.lookup(&question));
                    doctor.answer(question, checking_disabled, outcome);
                }
                Ask::Https { domain } => doctor.fetched(domain, None),
            }
        }
    }
}

/// The findings but the information, as `severity code name`.
pub(crate) fn told(report: &Report) -> Vec<String> {
    let findings = report.findings.iter();
    let mut told: Vec<String> = findings
        .filter(|finding| finding.severity.as_str() != "info")
        .map(|finding| format!("{} {} {}", finding.severity, finding.code, finding.name))
        .collect();
    told.sort();
    told
}

/// The zone's text with a fix applied to it.
pub(crate) fn mended(text: &str, fix: &[Change]) -> String {
    let entries = ZoneFile::parse(text).unwrap().entries;
    let mut records: Vec<Record> = entries
        .into_iter()
        .filter_map(|entry| entry.found)
        .map(|found| found.record)
        .collect();
    let remove = |records: &mut Vec<Record>, record: &Record| {
        let at = records.iter().position(|there| there == record);
        records.remove(at.unwrap_or_else(|| panic!("not in the zone: {record}")));
    };
    for change in fix {
        match change {
            Change::Add(record) => records.push(record.clone()),
            Change::Remove(record) => remove(&mut records, record),
            Change::Replace { old, new } => {
                remove(&mut records, old);
                records.push(new.clone());
            }
            _ => {}
        }
    }
    for alias in records
        .iter()
        .filter(|record| record.data.kind() == Kind::Cname)
    {
        let beside = records
            .iter()
            .filter(|record| record.owner == alias.owner)
            .count();
        assert_eq!(beside, 1, "data beside the CNAME of {}", alias.owner);
    }
    let lines: Vec<String> = records
        .iter()
        .map(|record| {
            format!(
                "{} 3600 IN {} {}",
                record.owner,
                record.data.kind(),
                record.data
            )
        })
        .collect();
    lines.join("\n")
}
