//! Receiving a message behind 354 or BDAT.

use std::time::Instant;

use bytes::{Buf, Bytes, BytesMut};

use super::config::ServerConfig;
use super::event::{AbortReason, CloseReason, Event};
use super::pipeline::Asked;
use super::{Server, texts};
use crate::wire::chunk::ChunkDecoder;
use crate::wire::data::{BareLineEnds, DataDecoder, DataItem};
use crate::wire::reply::Reply;

/// A message on its way in.
#[derive(Debug)]
pub(super) struct Reception {
    framing: Framing,
    octets: u64,
    unpolled: usize,
    normalized_line_ends: u64,
    refused: Option<AbortReason>,
    block_deadline: Instant,
    message_deadline: Instant,
}

#[derive(Debug)]
enum Framing {
    /// DATA.
    Dots(DataDecoder),
    /// BDAT.
    Chunks(ChunkDecoder),
}

/// A refused chunk, whose octets are thrown away before the refusal is sent.
#[derive(Debug)]
pub(super) struct Skip {
    pub(super) remaining: u64,
    pub(super) reply: Reply,
}

impl Reception {
    pub(super) fn of_data(config: &ServerConfig, now: Instant) -> Self {
        Self::new(
            config,
            now,
            Framing::Dots(DataDecoder::new(config.bare_line_ends)),
        )
    }

    pub(super) fn of_chunks(config: &ServerConfig, now: Instant, binary: bool) -> Self {
        let bare_line_ends = (!binary).then_some(config.bare_line_ends);
        Self::new(
            config,
            now,
            Framing::Chunks(ChunkDecoder::new(bare_line_ends)),
        )
    }

    fn new(config: &ServerConfig, now: Instant, framing: Framing) -> Self {
        Self {
            framing,
            octets: 0,
            unpolled: 0,
            normalized_line_ends: 0,
            refused: None,
            block_deadline: now + config.block_timeout,
            message_deadline: now + config.message_timeout,
        }
    }

    pub(super) fn begin_chunk(
        &mut self,
        now: Instant,
        config: &ServerConfig,
        octets: u64,
        last: bool,
    ) {
        self.block_deadline = now + config.block_timeout;
        if let Framing::Chunks(decoder) = &mut self.framing {
            decoder.begin(octets, last);
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

    fn next(&mut self, input: &mut BytesMut, window: usize) -> Option<DataItem> {
        match &mut self.framing {
            Framing::Dots(decoder) => decoder.next(input, window),
            Framing::Chunks(decoder) => decoder.next(input, window),
        }
    }

    /// Whether the end that was found is the end of the message, and not of a chunk before the last.
    fn is_whole(&self) -> bool {
        match &self.framing {
            Framing::Dots(_) => true,
            Framing::Chunks(decoder) => decoder.is_last(),
        }
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
        let Some(item) = reception.next(input, window) else {
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

    /// Throws octets of a refused chunk away; whether there were any, or the chunk is over.
    pub(super) fn throw_away(&mut self, now: Instant, input: &mut BytesMut) -> bool {
        let Some(skip) = &mut self.skip else {
            return false;
        };
        let octets = usize::try_from(skip.remaining)
            .unwrap_or(usize::MAX)
            .min(input.len());
        input.advance(octets);
        skip.remaining -= octets as u64;
        if skip.remaining > 0 {
            return octets > 0;
        }
        if let Some(skip) = self.skip.take() {
            self.pipeline.push(skip.reply);
            self.settle(now);
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
            self.endless();
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

    /// The end of the message or of a chunk.
    fn end_of_data(&mut self, now: Instant) {
        let Some(reception) = self.reception.take() else {
            return;
        };
        let refusal = match reception.refused {
            None if !reception.is_whole() => {
                if let Some(transaction) = &mut self.transaction {
                    transaction.chunks = Some(reception);
                }
                self.pipeline.push(texts::CHUNK_TAKEN);
                return self.settle(now);
            }
            None => return self.ask_verdicts(now, &reception),
            Some(AbortReason::TooBig) => texts::TOO_BIG,
            Some(AbortReason::Nul) => texts::NUL,
            Some(_) => texts::BARE_LINE_END,
        };
        let refusal = texts::with_help(refusal, self.config.help.as_ref());
        let whole = reception.is_whole();
        let recipients = self.transaction.take().map_or(0, |open| open.recipients);
        // RFC 2033 §4.2: whatever becomes of it, the client reads a reply for each recipient.
        let replies = if self.config.lmtp && whole {
            recipients
        } else {
            1
        };
        for _ in 0..replies {
            self.pipeline.push(refusal.clone());
        }
        self.settle(now);
    }

    fn ask_verdicts(&mut self, now: Instant, reception: &Reception) {
        let recipients = self.transaction.as_ref().map_or(0, |open| open.recipients);
        let verdicts = if self.config.lmtp { recipients } else { 1 };
        for number in 0..verdicts {
            // The client of LMTP has its time for each reply, and so has the embedder.
            let turn = u32::try_from(number + 1).unwrap_or(u32::MAX);
            let patience = self.config.verdict_timeout.saturating_mul(turn);
            let ticket = self.ask_within(now, Asked::EndOfData, patience);
            self.events.push_back(Event::EndOfData {
                ticket,
                recipient: self.config.lmtp.then_some(number),
                octets: reception.octets,
                normalized_line_ends: reception.normalized_line_ends,
            });
        }
    }

    /// Closes where nothing but more octets could go on, and none will come.
    pub(super) fn close_if_starved(&mut self) {
        let held_back = self
            .reception
            .as_ref()
            .is_some_and(|reception| reception.window(&self.config) == 0);
        if self.turn.is_clients() && self.pipeline.is_empty() && !held_back {
            self.close(CloseReason::Eof);
        }
    }
}
