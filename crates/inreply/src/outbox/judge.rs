//! What a try means for a message: policy without a socket, a store or a clock.

use std::time::{Duration, SystemTime};

use inreply_smtp::client::{Delivery, Report};
use inreply_smtp::wire::reply::{Reply, ReplyClass};

use super::config::OutboxConfig;
use super::entry::{Entry, one_line};
use super::notice::End;
use super::schedule::Schedule;
use super::suppression::Suppression;
use crate::bounce;

/// How a try went.
#[derive(Debug)]
pub(super) enum Tried {
    /// The relay has said something to each recipient, or broken off.
    Reported(Report),
    /// The connection broke, or the relay is not what it said.
    Failed(String),
    /// The relay cannot take such a message, now or ever.
    Unsuitable(String),
}

impl Entry {
    /// Ends the recipients that get nothing: time has passed, the domain is none of ours, the mailbox is suppressed.
    pub(super) fn screen(
        &mut self,
        now: SystemTime,
        config: &OutboxConfig,
        suppressed: impl Fn(&str) -> Option<String>,
    ) {
        let (expired, words) = (now >= self.expires_at, self.last_words.clone());
        for recipient in self.waiting_mut() {
            let domain = recipient.path.mailbox().map(|mailbox| mailbox.domain());
            recipient.end = if !config.allows(domain.unwrap_or_default()) {
                Some(End::NotAllowed)
            } else if let Some(reason) = suppressed(&Suppression::key(&recipient.path)) {
                Some(End::Suppressed(reason))
            } else {
                expired.then(|| End::Expired(words.clone()))
            };
        }
    }

    /// Takes a try into account; gives the mailboxes that are not worth another message.
    pub(super) fn judge(
        &mut self,
        tried: &Tried,
        schedule: &Schedule,
        now: SystemTime,
        chance: u32,
    ) -> Vec<Suppression> {
        self.tries = self.tries.saturating_add(1);
        let mut suppressed = Vec::new();
        match tried {
            Tried::Reported(report) => {
                let mut words = None;
                for (recipient, result) in self.waiting_mut().zip(report.results()) {
                    match result {
                        Delivery::Delivered(reply) => {
                            recipient.end = Some(End::Delivered(said(reply)));
                        }
                        Delivery::Refused(reply) if !result.is_transient() => {
                            if is_of_the_mailbox(reply) {
                                suppressed.push(Suppression::new(
                                    &recipient.path,
                                    said(reply),
                                    now,
                                ));
                            }
                            recipient.end = Some(End::Refused(said(reply)));
                        }
                        Delivery::Refused(reply) => words = Some(said(reply)),
                        _ => words = Some("the connection ended before an answer".to_owned()),
                    }
                }
                if let Some(words) = words {
                    self.say(&words);
                }
            }
            Tried::Failed(words) => self.say(words),
            Tried::Unsuitable(words) => {
                for recipient in self.waiting_mut() {
                    recipient.end = Some(End::Refused(words.clone()));
                }
            }
        }
        // Where nobody waits it is due at once: the product is to hear of it.
        let wait = match self.waiting().next() {
            Some(_) => schedule.wait(self.tries, chance),
            None => Duration::ZERO,
        };
        self.try_at(now.checked_add(wait).unwrap_or(self.expires_at));
        suppressed
    }
}

/// The words of a reply on one line.
fn said(reply: &Reply) -> String {
    one_line(&reply.to_string())
}

/// Whether a refusal for good is about the mailbox. A reply without an enhanced status code says too little to silence anybody.
fn is_of_the_mailbox(reply: &Reply) -> bool {
    reply.code().class() == ReplyClass::PermanentNegative
        && reply.enhanced().is_some_and(bounce::is_of_the_mailbox)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::outbox::Letter;
    use crate::spool::QueueId;
    use inreply_smtp::client::Envelope;
    use inreply_smtp::wire::reply::{EnhancedStatusCode, ReplyCode, ReplyText};
    use std::time::UNIX_EPOCH;

    fn arrival() -> SystemTime {
        UNIX_EPOCH + Duration::from_secs(1_800_000_000)
    }

    fn entry(recipients: &[&str]) -> Entry {
        let envelope = Envelope::new("<>".parse().unwrap());
        let envelope = recipients
            .iter()
            .fold(envelope, |envelope, to| envelope.to(to.parse().unwrap()));
        let letter = Letter::new(envelope, "Subject: hi\r\n\r\n");
        let days = Duration::from_hours(5 * 24);
        Entry::new(QueueId::new(arrival()).unwrap(), &letter, days)
    }

    fn ends(entry: &Entry) -> Vec<Option<&End>> {
        entry
            .recipients()
            .iter()
            .map(|recipient| recipient.end())
            .collect()
    }

    #[test]
    fn a_message_is_tried_by_the_schedule_until_its_time_is_over() {
        let (mut entry, schedule) = (entry(&["<ann@example.com>"]), Schedule::default());
        let mut tried = Vec::new();
        loop {
            let now = entry.next_try();
            entry.screen(now, &OutboxConfig::default(), |_| None);
            if entry.waiting().next().is_none() {
                break;
            }
            tried.push(now.duration_since(arrival()).unwrap().as_secs() / 60);
            let failed = Tried::Failed("no connection".to_owned());
            assert!(entry.judge(&failed, &schedule, now, 0).is_empty());
        }
        assert_eq!(tried[..5], [0, 2, 8, 23, 53]);
        let last = tried.windows(2).skip(3).map(|pair| pair[1] - pair[0]);
        assert!(last.into_iter().all(|wait| wait >= 30));
        assert_eq!(
            ends(&entry),
            [Some(&End::Expired("no connection".to_owned()))]
        );
        assert_eq!(
            entry.next_try(),
            arrival() + Duration::from_hours(5 * 24),
            "it is given up when its time is over, and not behind it"
        );
    }

    #[test]
    fn who_gets_nothing_is_told_why() {
        let mut entry = entry(&[
            "<ann@example.com>",
            "<Bob@Staging.Example>",
            "<eve@staging.example>",
            "<Postmaster>",
        ]);
        let config = OutboxConfig::default().only_domains(["staging.example"]);
        let bob =
            |mailbox: &str| (mailbox == "bob@staging.example").then(|| "it bounced".to_owned());
        entry.screen(arrival(), &config, bob);
        assert_eq!(
            ends(&entry),
            [
                Some(&End::NotAllowed),
                Some(&End::Suppressed("it bounced".to_owned())),
                None,
                Some(&End::NotAllowed)
            ]
        );
    }

    #[test]
    fn what_is_unsuitable_is_refused_at_once() {
        let mut entry = entry(&["<ann@example.com>"]);
        let tried = Tried::Unsuitable("too big".to_owned());
        entry.judge(&tried, &Schedule::default(), arrival(), 0);
        assert_eq!(ends(&entry), [Some(&End::Refused("too big".to_owned()))]);
        assert_eq!(entry.next_try(), arrival());
    }

    #[test]
    fn only_the_mailbox_itself_is_suppressed_for() {
        let reply = |code, enhanced: Option<(u8, u16, u16)>| {
            let enhanced = enhanced.and_then(|(class, subject, detail)| {
                EnhancedStatusCode::new(class, subject, detail)
            });
            Reply::new(
                ReplyCode::new(code).unwrap(),
                enhanced,
                ReplyText::literal("no"),
            )
        };
        for (code, enhanced, of_the_mailbox) in [
            (550, Some((5, 1, 1)), true),
            (550, Some((5, 1, 10)), true),
            (550, Some((5, 2, 1)), true),
            (552, Some((5, 2, 2)), false),
            (550, Some((5, 7, 1)), false),
            (550, None, false),
            (450, Some((4, 1, 1)), false),
            (450, Some((5, 1, 1)), false),
        ] {
            let reply = reply(code, enhanced);
            assert_eq!(is_of_the_mailbox(&reply), of_the_mailbox, "{reply}");
        }
    }
}
