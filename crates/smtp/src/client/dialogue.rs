//! A message on a session that is ready: MAIL, RCPT, DATA or BDAT, and their replies (RFC 5321 §3.3, RFC 2920, RFC 3030).

use std::time::Instant;

use super::body::Body;
use super::event::{ApiMisuse, Envelope, Event, SendError, Stage};
use super::transaction::Transaction;
use super::{Client, Expected, State};
use crate::wire::command::Command;
use crate::wire::parameter::{BodyType, MailParameters, RcptParameters};
use crate::wire::reply::Reply;
use crate::wire::stuffing::DotStuffer;

impl Client {
    /// Begins a transaction. With PIPELINING, MAIL, RCPT and DATA go out together.
    ///
    /// # Errors
    /// See [`SendError`]: the session is not ready, or the server has said that it cannot take such a message.
    pub fn send(&mut self, now: Instant, envelope: Envelope) -> Result<(), SendError> {
        if !matches!(self.state, State::Ready) {
            return Err(SendError::NotReady);
        }
        self.state = State::Envelope(self.transaction(envelope)?);
        self.advance(now);
        Ok(())
    }

    /// Has another message follow the one whose body is wanted, for which [`Client::finish_body`] was not called yet. With
    /// PIPELINING its MAIL, RCPT and DATA go out right behind that body (RFC 2920 §3.1), which spares a round trip; without,
    /// behind the report. The body of each goes behind the report of the one before, so that a connection that breaks leaves at
    /// most one message of which nobody knows whether the server has it.
    ///
    /// Each message has its [`Event::Finished`], in order.
    ///
    /// # Errors
    /// As [`Client::send`]; [`SendError::NotReady`] where no body is wanted, or a message follows already.
    pub fn send_next(&mut self, envelope: Envelope) -> Result<(), SendError> {
        if !matches!(self.state, State::Body(..)) || self.next.is_some() {
            return Err(SendError::NotReady);
        }
        self.next = Some(self.transaction(envelope)?);
        Ok(())
    }

    /// A transaction that has not begun, where the server can take such a message.
    fn transaction(&self, envelope: Envelope) -> Result<Transaction, SendError> {
        if envelope.recipients.is_empty() {
            return Err(SendError::NoRecipients);
        }
        if let (Some(limit @ 1..), Some(octets)) = (self.capabilities.size, envelope.octets)
            && octets > limit
        {
            return Err(SendError::TooBig { limit });
        }
        if envelope.binary && !(self.capabilities.binary_mime && self.capabilities.chunking) {
            return Err(SendError::NeedsBinaryMime);
        }
        if envelope.eight_bit && !envelope.binary && !self.capabilities.eight_bit_mime {
            return Err(SendError::NeedsEightBitMime);
        }
        if envelope.needs_smtputf8() && !self.capabilities.smtputf8 {
            return Err(SendError::NeedsSmtputf8);
        }
        // Chunks go out without waiting for one another's replies, which takes PIPELINING.
        let chunks =
            self.capabilities.chunking && self.capabilities.pipelining && self.config.chunking;
        let chunked = chunks || envelope.binary;
        Ok(Transaction::new(envelope, chunked))
    }

    fn mail(&mut self, now: Instant, envelope: &Envelope) {
        let parameters = MailParameters {
            size: envelope.octets.filter(|_| self.capabilities.size.is_some()),
            body: match (envelope.binary, envelope.eight_bit) {
                (true, _) => Some(BodyType::BinaryMime),
                (false, true) => Some(BodyType::EightBitMime),
                (false, false) => None,
            },
            smtputf8: envelope.needs_smtputf8(),
            ..MailParameters::default()
        };
        let mail = Command::Mail {
            reverse_path: envelope.reverse_path.clone(),
            parameters,
        };
        self.command(now, &mail, Expected::Mail);
    }

    /// Gives the next piece of the message, cut anywhere; line ends are made whole and dots stuffed. Drain
    /// [`Client::poll_transmit`] between pieces: what is not sent is kept in memory.
    ///
    /// # Errors
    /// [`ApiMisuse::NoBodyWanted`] unless [`Event::BodyWanted`] is the last word.
    pub fn write_body(&mut self, now: Instant, piece: &[u8]) -> Result<(), ApiMisuse> {
        let State::Body(_, body) = &mut self.state else {
            return Err(ApiMisuse::NoBodyWanted);
        };
        let chunk = body.write(piece, &mut self.transmit);
        self.at(now);
        if let Some(line) = chunk {
            self.note_chunk(&line);
            self.expect(Expected::Chunk);
        }
        self.deadline = now + self.config.block_timeout;
        if let Some(transcript) = &mut self.transcript {
            transcript.message(piece.len() as u64);
        }
        Ok(())
    }

    /// Ends the message. A caller that cannot give the rest closes the connection instead: half a message with an end is a
    /// whole one to the server.
    ///
    /// # Errors
    /// As [`Client::write_body`].
    pub fn finish_body(&mut self, now: Instant) -> Result<(), ApiMisuse> {
        match std::mem::replace(&mut self.state, State::Opening) {
            State::Body(transaction, body) => {
                self.at(now);
                self.end_body(now, transaction, body);
                Ok(())
            }
            state => {
                self.state = state;
                Err(ApiMisuse::NoBodyWanted)
            }
        }
    }

    /// Sends what may be sent next, or ends the transaction where nothing is left to ask.
    pub(super) fn advance(&mut self, now: Instant) {
        match std::mem::replace(&mut self.state, State::Opening) {
            State::Envelope(mut transaction) => {
                self.ask(now, &mut transaction);
                self.state = State::Envelope(transaction);
            }
            state => self.state = state,
        }
        if self.expected.is_empty() {
            match &self.state {
                // BDAT asks for nothing: it can begin as soon as there is somebody to send to.
                State::Envelope(transaction)
                    if transaction.chunked && transaction.has_accepted_recipient() =>
                {
                    self.begin_body(now);
                }
                _ => self.finish(now),
            }
        }
    }

    /// Sends the commands of a transaction, as many as may be outstanding.
    fn ask(&mut self, now: Instant, transaction: &mut Transaction) {
        let in_flight = if self.capabilities.pipelining {
            self.config.max_pipelined
        } else {
            1
        };
        while self.expected.len() < in_flight {
            if !transaction.mail_sent {
                transaction.mail_sent = true;
                self.mail(now, &transaction.envelope);
                continue;
            }
            if let Some(index) = transaction.next_recipient() {
                let Some(forward_path) = transaction.envelope.recipients.get(index).cloned() else {
                    break;
                };
                self.command(
                    now,
                    &Command::Rcpt {
                        forward_path,
                        parameters: RcptParameters::default(),
                    },
                    Expected::Rcpt(index),
                );
                continue;
            }
            // Behind the replies of all recipients DATA needs one that was accepted; before them it takes its chance.
            let worthwhile = !self.expected.is_empty() || transaction.has_accepted_recipient();
            if transaction.is_decided()
                || transaction.data_sent
                || !transaction.all_asked()
                || !worthwhile
            {
                break;
            }
            transaction.data_sent = true;
            if transaction.chunked {
                break;
            }
            self.command(now, &Command::Data, Expected::Data);
        }
    }

    /// The rest of the message is no use; the replies to what is on its way are still to come.
    pub(super) fn chunk_refused(&mut self, now: Instant, reply: Reply) {
        self.decide(reply, Stage::Message);
        match std::mem::replace(&mut self.state, State::Opening) {
            State::Body(mut transaction, _) | State::Ending(mut transaction) => {
                transaction.needs_reset = true;
                self.state = State::Ending(transaction);
            }
            state => self.state = state,
        }
        // The caller may not have begun yet.
        self.events.retain(|event| *event != Event::BodyWanted);
        self.advance(now);
    }

    fn note_chunk(&mut self, line: &str) {
        if let Some(transcript) = &mut self.transcript {
            transcript.client(line.as_bytes());
        }
    }

    /// The server said 354, or there are chunks to send.
    pub(super) fn begin_body(&mut self, now: Instant) {
        match std::mem::replace(&mut self.state, State::Opening) {
            State::Envelope(transaction) if transaction.has_accepted_recipient() => {
                let body = if transaction.chunked {
                    Body::chunks(transaction.envelope.binary)
                } else {
                    Body::Dots(DotStuffer::new())
                };
                self.state = State::Body(transaction, body);
                self.deadline = now + self.config.block_timeout;
                self.events.push_back(Event::BodyWanted);
            }
            // RFC 2920 §3.1: a pipelined DATA can be taken though no recipient was; a lone dot ends it.
            State::Envelope(transaction) => {
                self.end_body(now, transaction, Body::Dots(DotStuffer::new()));
            }
            state => self.state = state,
        }
    }

    fn end_body(&mut self, now: Instant, transaction: Transaction, body: Body) {
        if let Some(line) = body.finish(&mut self.transmit) {
            self.note_chunk(&line);
        }
        // A chunk that may still be refused takes a RSET, which has to come before the next MAIL.
        let nothing_else = self.expected.is_empty();
        self.expect(Expected::EndOfData);
        self.deadline = now + self.patience();
        if nothing_else && let Some(mut next) = self.next.take() {
            self.ask(now, &mut next);
            self.next = Some(next);
        }
        self.state = State::Ending(transaction);
    }

    pub(super) fn decide(&mut self, reply: Reply, stage: Stage) {
        if let State::Envelope(transaction)
        | State::Body(transaction, _)
        | State::Ending(transaction) = &mut self.state
        {
            transaction.decide(reply, stage);
        }
    }

    /// Every reply of the transaction is there: reports it, behind a RSET where the server still holds its half.
    pub(super) fn finish(&mut self, now: Instant) {
        match std::mem::replace(&mut self.state, State::Ready) {
            State::Envelope(transaction) => {
                self.state = State::Ending(transaction);
                self.command(now, &Command::Rset, Expected::Rset);
            }
            State::Ending(mut transaction) if transaction.needs_reset => {
                transaction.needs_reset = false;
                self.state = State::Ending(transaction);
                self.command(now, &Command::Rset, Expected::Rset);
            }
            State::Ending(transaction) => {
                self.events.push_back(Event::Finished(transaction.report()));
                if let Some(next) = self.next.take() {
                    self.state = State::Envelope(next);
                    self.advance(now);
                }
            }
            state => self.state = state,
        }
    }
}
