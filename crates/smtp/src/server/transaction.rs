//! MAIL, RCPT, DATA and BDAT: from the envelope to the first octet of a message.

use std::time::Instant;

use super::event::{AbortReason, CloseReason, Event};
use super::message::{Reception, Skip};
use super::pipeline::Asked;
use super::{Server, Turn, texts};
use crate::wire::command::CommandError;
use crate::wire::parameter::{BodyType, MailParameters, RcptParameters};
use crate::wire::path::{ForwardPath, ReversePath};
use crate::wire::reply::Reply;

/// A message and its envelope, from MAIL to the verdict.
#[derive(Debug, Default)]
pub(super) struct Transaction {
    pub(super) smtputf8: bool,
    pub(super) binary: bool,
    /// The reply to MAIL has left and was positive.
    pub(super) accepted: bool,
    pub(super) recipients: usize,
    /// What the chunks before brought, between one BDAT and the next.
    pub(super) chunks: Option<Reception>,
}

impl Server {
    pub(super) fn mail(
        &mut self,
        now: Instant,
        reverse_path: ReversePath<'_>,
        parameters: MailParameters<'_>,
    ) {
        if let Some(refusal) = self.mail_refusal(&reverse_path, &parameters) {
            return self.pipeline.push(refusal);
        }
        self.transaction = Some(Transaction {
            smtputf8: parameters.smtputf8,
            binary: parameters.body == Some(BodyType::BinaryMime),
            ..Transaction::default()
        });
        let ticket = self.ask(now, Asked::Mail);
        self.events.push_back(Event::Mail {
            ticket,
            reverse_path: reverse_path.into_owned(),
            parameters: parameters.into_owned(),
        });
    }

    fn mail_refusal(
        &self,
        reverse_path: &ReversePath<'_>,
        parameters: &MailParameters<'_>,
    ) -> Option<Reply> {
        let (config, asked) = (&self.config, parameters);
        let not_offered = (asked.smtputf8 && !config.smtputf8)
            || (asked.body == Some(BodyType::BinaryMime)
                && !(config.binary_mime && config.chunking))
            || (asked.auth.is_some() && config.auth.is_empty())
            || (asked.asks_for_dsn() && !config.dsn)
            || (asked.requiretls && !config.requiretls)
            || asked.priority.is_some()
            || asked.hold.is_some()
            || asked.by.is_some();
        if !self.greeted {
            Some(texts::HELLO_FIRST)
        } else if self.transaction.is_some() {
            Some(texts::BUSY_TRANSACTION)
        } else if asked
            .size
            .is_some_and(|size| size > config.max_message_octets)
        {
            Some(texts::with_help(texts::TOO_BIG, config.help.as_ref()))
        } else if not_offered {
            Some(texts::of(CommandError::UnknownParameter))
        } else if asked.requiretls && self.tls.is_none() {
            Some(texts::REQUIRETLS_NEEDS_TLS)
        } else if !asked.smtputf8 && !reverse_path.is_ascii() {
            Some(texts::UTF8_NOT_ANNOUNCED)
        } else {
            None
        }
    }

    pub(super) fn rcpt(
        &mut self,
        now: Instant,
        forward_path: ForwardPath<'_>,
        parameters: RcptParameters<'_>,
    ) {
        let refusal = match &self.transaction {
            None => Some(texts::MAIL_FIRST),
            Some(open) if open.chunks.is_some() => Some(texts::CHUNKED_ALREADY),
            Some(open)
                if open.recipients + self.pipeline.recipients() >= self.config.max_recipients =>
            {
                Some(texts::TOO_MANY_RECIPIENTS)
            }
            Some(_) if parameters.asks_for_dsn() && !self.config.dsn => {
                Some(texts::of(CommandError::UnknownParameter))
            }
            Some(open) if !open.smtputf8 && !forward_path.is_ascii() => {
                Some(texts::UTF8_NOT_ANNOUNCED)
            }
            Some(_) => None,
        };
        if let Some(refusal) = refusal {
            return self.pipeline.push(refusal);
        }
        let ticket = self.ask(now, Asked::Rcpt);
        self.events.push_back(Event::Rcpt {
            ticket,
            forward_path: forward_path.into_owned(),
            parameters: parameters.into_owned(),
        });
    }

    pub(super) fn data(&mut self, now: Instant) {
        let refusal = match &self.transaction {
            Some(open) if open.chunks.is_some() => Some(texts::CHUNKED_ALREADY),
            Some(open) if open.binary => Some(texts::BINARY_NEEDS_BDAT),
            _ => self.message_refusal(),
        };
        if let Some(refusal) = refusal {
            return self.pipeline.push(refusal);
        }
        let ticket = self.ask(now, Asked::Data);
        self.turn = Turn::Embedder;
        self.events.push_back(Event::Data { ticket });
    }

    /// Whether there is nobody that a message could be for.
    fn message_refusal(&self) -> Option<Reply> {
        match &self.transaction {
            None => Some(texts::MAIL_FIRST),
            Some(open) if open.recipients == 0 && self.config.lmtp => {
                Some(texts::NO_LMTP_RECIPIENTS)
            }
            Some(open) if open.recipients == 0 => Some(texts::NO_RECIPIENTS),
            Some(_) => None,
        }
    }

    /// BDAT. Whatever the reply, the octets that it announces are taken off the stream: they are no commands.
    pub(super) fn chunk(&mut self, now: Instant, octets: u64, last: bool) {
        let refusal = if self.config.chunking {
            self.message_refusal()
        } else {
            Some(texts::NOT_IMPLEMENTED)
        };
        if let Some(refusal) = refusal {
            return self.skip_chunk(octets, refusal);
        }
        let begun = self
            .transaction
            .as_mut()
            .and_then(|open| open.chunks.take());
        match begun {
            Some(reception) => self.begin_chunk(now, reception, octets, last),
            None => {
                let ticket = self.ask(now, Asked::Chunk { octets, last });
                self.events.push_back(Event::Data { ticket });
            }
        }
    }

    /// The embedder has decided about the first chunk.
    pub(super) fn first_chunk(&mut self, now: Instant, octets: u64, last: bool, reply: Reply) {
        if !reply.is_positive() {
            // RFC 3030 §2: behind a refused chunk only RSET helps.
            self.abort(AbortReason::Refused);
            return self.skip_chunk(octets, reply);
        }
        let binary = self.transaction.as_ref().is_some_and(|open| open.binary);
        let reception = Reception::of_chunks(&self.config, now, binary);
        self.begin_chunk(now, reception, octets, last);
    }

    fn begin_chunk(&mut self, now: Instant, mut reception: Reception, octets: u64, last: bool) {
        if self.is_endless(octets) {
            return self.endless();
        }
        reception.begin_chunk(now, &self.config, octets, last);
        self.reception = Some(reception);
    }

    /// Throws the octets of a chunk away, then replies.
    pub(super) fn skip_chunk(&mut self, octets: u64, reply: Reply) {
        if self.is_endless(octets) {
            return self.endless();
        }
        self.skip = Some(Skip {
            remaining: octets,
            reply,
        });
    }

    fn is_endless(&self, octets: u64) -> bool {
        octets > self.config.max_message_octets.saturating_mul(2)
    }

    pub(super) fn endless(&mut self) {
        self.send(&texts::with_help(texts::TOO_BIG, self.config.help.as_ref()));
        self.close(CloseReason::EndlessMessage);
    }
}
