//! One message on its way out.

use super::event::{Delivery, Envelope, Report, Stage};
use crate::wire::reply::Reply;

/// The state of a transaction: what has been asked for each recipient, and what was said.
#[derive(Debug)]
pub(super) struct Transaction {
    pub(super) envelope: Envelope,
    pub(super) mail_sent: bool,
    /// Recipients whose RCPT was sent.
    asked: usize,
    replies: Vec<Option<Reply>>,
    pub(super) data_sent: bool,
    /// The message goes in BDAT.
    pub(super) chunked: bool,
    /// A chunk was refused, and the server keeps the rest of the transaction until RSET (RFC 3030 §2).
    pub(super) needs_reset: bool,
    /// The reply that ended it for every recipient that was not refused by itself.
    verdict: Option<(Reply, Stage)>,
}

impl Transaction {
    pub(super) fn new(envelope: Envelope, chunked: bool) -> Self {
        let replies = vec![None; envelope.recipients.len()];
        Self {
            envelope,
            mail_sent: false,
            asked: 0,
            replies,
            data_sent: false,
            chunked,
            needs_reset: false,
            verdict: None,
        }
    }

    /// The next recipient to ask for; none where all are asked or nothing more can come of it.
    pub(super) fn next_recipient(&mut self) -> Option<usize> {
        if self.verdict.is_some() || self.asked == self.envelope.recipients.len() {
            return None;
        }
        self.asked += 1;
        Some(self.asked - 1)
    }

    pub(super) fn all_asked(&self) -> bool {
        self.asked == self.envelope.recipients.len()
    }

    pub(super) fn recipient_replied(&mut self, index: usize, reply: Reply) {
        if let Some(slot) = self.replies.get_mut(index) {
            *slot = Some(reply);
        }
    }

    pub(super) fn has_accepted_recipient(&self) -> bool {
        self.verdict.is_none() && self.replies.iter().flatten().any(Reply::is_positive)
    }

    /// The reply to MAIL, DATA or the end of the message decides for all; the first that does counts.
    pub(super) fn decide(&mut self, reply: Reply, stage: Stage) {
        self.verdict.get_or_insert((reply, stage));
    }

    pub(super) fn is_decided(&self) -> bool {
        self.verdict.is_some()
    }

    pub(super) fn report(self) -> Report {
        let (results, stages) = self
            .replies
            .into_iter()
            .map(|reply| match (reply, &self.verdict) {
                // What was pipelined behind a MAIL that was refused is refused for want of it.
                (_, Some((verdict, Stage::Mail))) if !verdict.is_positive() => {
                    (Delivery::Refused(verdict.clone()), Some(Stage::Mail))
                }
                (Some(reply), _) if !reply.is_positive() => {
                    (Delivery::Refused(reply), Some(Stage::Rcpt))
                }
                (_, Some((verdict, stage))) if verdict.is_positive() => {
                    (Delivery::Delivered(verdict.clone()), Some(*stage))
                }
                (_, Some((verdict, stage))) => (Delivery::Refused(verdict.clone()), Some(*stage)),
                (_, None) => (Delivery::Unknown, None),
            })
            .unzip();
        Report { results, stages }
    }
}
