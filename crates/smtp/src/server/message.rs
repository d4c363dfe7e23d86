//! Receiving a message behind 354.

use std::time::Instant;

use bytes::{Bytes, BytesMut};

use super::config::ServerConfig;
use super::event::{AbortReason, CloseReason, Event};
use super::pipeline::Asked;
use super::{Server, texts};
use crate::wire::data::{BareLineEnds, DataDecoder, DataItem};

/// A message on its way in.
#[derive(Debug)]
pub(super) struct Reception {
    decoder: DataDecoder,
    octets: u64,
    unpolled: usize,
    normalized_line_ends: u64,
    refused: Option<AbortReason>,
    block_deadline: Instant,
    message_deadline: Instant,
}

impl Reception {
    pub(super) fn new(config: &ServerConfig, now: Instant) -> Self {
        Self {
            decoder: DataDecoder::new(config.bare_line_ends),
            octets: 0,
            unpolled: 0,
            normalized_line_ends: 0,
            refused: None,
            block_deadline: now + config.block_timeout,
            message_deadline: now + config.message_timeout,
        }
    }

    pub(super) fn polled(&mut self, octets: usize) {
        self.unpolled = self.unpolled.saturating_sub(octets);
    }

    /// Octets that may be taken now, 0 until the embedder polls. The decoder cannot cut a `<CR><LF>`, so that a window of one octet is none.
    pub(super) fn window(&self, config: &ServerConfig) -> usize {
        match config.body_window.saturating_sub(self.unpolled) {
            0 | 1 => 0,
            octets => octets,
        }
    }

    /// Whether the embedder has been told that no message will come of it.
    pub(super) fn is_refused(&self) -> bool {
        self.refused.is_some()
    }

    pub(super) fn deadline(&self) -> Instant {
        self.block_deadline.min(self.message_deadline)
    }
}

impl Server {
    /// Takes one item of the message; whether there was one to take.
    pub(super) fn receive(&mut self, now: Instant, input: &mut BytesMut) -> bool {
        let Some(reception) = &mut self.reception else {
            return false;
        };
        let window = reception.window(&self.config);
        if window == 0 {
            return false;
        }
        let Some(item) = reception.decoder.next(input, window) else {
            return false;
        };
        reception.block_deadline = now + self.config.block_timeout;
        match item {
            DataItem::Content(octets) => self.content(octets),
            DataItem::BareLineEnd if self.config.bare_line_ends == BareLineEnds::Normalize => {
                reception.normalized_line_ends += 1;
            }
            DataItem::BareLineEnd => self.refuse_message(AbortReason::BareLineEnd),
            DataItem::Nul => self.refuse_message(AbortReason::Nul),
            DataItem::End => self.end_of_data(now),
        }
        true
    }

    fn content(&mut self, content: Bytes) {
        let Some(reception) = &mut self.reception else {
            return;
        };
        reception.octets += content.len() as u64;
        if let Some(transcript) = &mut self.transcript {
            transcript.message(content.len() as u64);
        }
        let limit = self.config.max_message_octets;
        if reception.octets > limit.saturating_mul(2) {
            self.send(&texts::TOO_BIG);
            self.close(CloseReason::EndlessMessage);
        } else if reception.octets > limit {
            self.refuse_message(AbortReason::TooBig);
        } else if reception.refused.is_none() {
            reception.unpolled += content.len();
            self.events.push_back(Event::Body(content));
        }
    }

    /// The message is read to its end for the sake of the stream, and thrown away.
    fn refuse_message(&mut self, reason: AbortReason) {
        if let Some(reception) = &mut self.reception
            && reception.refused.is_none()
        {
            reception.refused = Some(reason);
            self.events.push_back(Event::TransactionAborted(reason));
        }
    }

    fn end_of_data(&mut self, now: Instant) {
        let Some(reception) = self.reception.take() else {
            return;
        };
        let refusal = match reception.refused {
            None => {
                let (octets, normalized_line_ends) = (reception.octets, reception.normalized_line_ends);
                let ticket = self.ask(now, Asked::EndOfData);
                self.events.push_back(Event::EndOfData {
                    ticket,
                    octets,
                    normalized_line_ends,
                });
                return;
            }
            Some(AbortReason::TooBig) => texts::TOO_BIG,
            Some(AbortReason::Nul) => texts::NUL,
            Some(_) => texts::BARE_LINE_END,
        };
        self.transaction = None;
        self.pipeline.push(refusal);
        self.settle(now);
    }
}
