//! How many questions there are, and how long they take, on a clock of 50 ms a question.

use std::collections::BTreeSet;
use std::time::Duration;

use inreply_dns::doctor::{Ask, Doctor};
use inreply_dns::lookup::Outcome;

use super::clinic::{config, zone, zones};

const QUESTION: Duration = Duration::from_millis(50);
/// What one question may take until it is given up: three tries of two seconds.
const BUDGET: Duration = Duration::from_secs(6);

/// The time on the clock, and all that was asked; a wave takes as long as its slowest question.
fn clocked(text: &str, mut answers: impl FnMut(&Ask) -> bool) -> (Duration, Vec<Ask>) {
    let zones = zones(text);
    let mut doctor = Doctor::new(config());
    let (mut clock, mut asked) = (Duration::ZERO, Vec::new());
    loop {
        let asks = doctor.asks();
        if asks.is_empty() {
            return (clock, asked);
        }
        let mut slowest = QUESTION;
        for ask in asks {
            asked.push(ask.clone());
            let answered = answers(&ask);
            if !answered {
                slowest = BUDGET;
            }
            match ask {
                Ask::Dns {
                    question,
                    checking_disabled,
                } => {
                    let outcome = match answered {
                        true => zones.lookup(&question),
                        false => Outcome::Timeout,
                    };
                    doctor.answer(question, checking_disabled, outcome);
                }
                Ask::Https { domain } => doctor.fetched(domain, None),
            }
        }
        clock += slowest;
    }
}

#[test]
fn a_good_zone_takes_one_wave_of_at_most_35_questions_and_none_twice() {
    let (clock, asked) = clocked(&zone(&[], ""), |_| true);
    assert_eq!(clock, QUESTION);
    assert!(asked.len() <= 35, "{}", asked.len());
    let once: BTreeSet<&Ask> = asked.iter().collect();
    assert_eq!(once.len(), asked.len());
}

#[test]
fn silence_takes_one_budget_in_all() {
    let (clock, _) = clocked(&zone(&[], ""), |_| false);
    assert_eq!(clock, BUDGET);
}

#[test]
fn a_chain_takes_as_many_waves_as_it_has_links() {
    for (without, more, waves) in [
        // The MX, and then the addresses of its target.
        ("reply.forge MX", "reply.forge MX 10 mx.provider.test.", 2),
        // Six includes beside each other, and the one behind them.
        (
            "noreply.forge TXT",
            "noreply.forge TXT \"v=spf1 include:ten.provider.test include:_spf.provider.test ip4:192.0.2.1 -all\"",
            3,
        ),
        // The record, and the address that it names.
        (
            "noreply.forge TXT",
            "noreply.forge TXT \"v=spf1 -a:mx.provider.test ip4:192.0.2.1 -all\"",
            2,
        ),
        // The record, and the policy.
        ("", "_mta-sts.reply.forge TXT \"v=STSv1; id=1\"", 2),
        (
            "_dmarc",
            "_dmarc.noreply.forge TXT \"v=DMARC1; p=reject; rua=mailto:a@provider.test,mailto:b@agreed.provider.test\"",
            2,
        ),
    ] {
        let without: &[&str] = if without.is_empty() { &[] } else { &[without] };
        let (clock, asked) = clocked(&zone(without, more), |_| true);
        assert_eq!(clock, QUESTION * waves, "{more}");
        let once: BTreeSet<&Ask> = asked.iter().collect();
        assert_eq!(once.len(), asked.len(), "{more}");
    }
}
