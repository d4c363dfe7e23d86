//! What each command does.

use std::time::Instant;

use bytes::Bytes;

use super::event::{AbortReason, CloseReason, Event, Ticket};
use super::pipeline::Asked;
use super::{Server, Transaction, Turn, texts};
use crate::wire::command::{Command, CommandError};
use crate::wire::parameter::{BodyType, MailParameters};
use crate::wire::path::{ForwardPath, ReversePath};
use crate::wire::reply::{Reply, ReplyCode, ReplyText};

impl Server {
    /// Acts on a line. Its reply is owed in the pipeline, or the line waits for an empty one.
    pub(super) fn command(&mut self, now: Instant, line: Bytes) {
        let command = Command::parse(&line);
        if changes_session(&command) && !self.pipeline.is_empty() {
            self.waiting_line = Some(line.clone());
            return;
        }
        if let Some(transcript) = &mut self.transcript {
            transcript.client(&line);
        }
        match command {
            Err(CommandError::OtherProtocol) => {
                self.send(&texts::OTHER_PROTOCOL);
                self.close(CloseReason::OtherProtocol);
            }
            Err(error) => self.pipeline.push(texts::of(error)),
            Ok(Command::Quit) => {
                self.send(&texts::BYE);
                self.close(CloseReason::Quit);
            }
            Ok(_) if self.shutting_down && self.transaction.is_none() => {}
            Ok(Command::Ehlo(name)) => self.hello(now, name.into_owned(), true),
            Ok(Command::Helo(name)) => self.hello(now, name.into_owned(), false),
            Ok(Command::Mail {
                reverse_path,
                parameters,
            }) => self.mail(now, reverse_path, parameters),
            Ok(Command::Rcpt { parameters, .. }) if parameters.asks_for_dsn() => {
                self.pipeline.push(texts::of(CommandError::UnknownParameter));
            }
            Ok(Command::Rcpt { forward_path, .. }) => self.rcpt(now, forward_path),
            Ok(Command::Data) => self.data(now),
            Ok(Command::Rset) => {
                self.abort(AbortReason::Client);
                self.pipeline.push(texts::OK);
            }
            Ok(Command::Vrfy(_)) => self.pipeline.push(texts::VRFY),
            Ok(Command::Expn(_)) => self.pipeline.push(texts::NOT_IMPLEMENTED),
            Ok(Command::Help(_)) => self.pipeline.push(texts::HELP),
            Ok(Command::Noop) => self.pipeline.push(texts::OK),
            Ok(Command::Bdat { .. }) => {
                // Octets follow that are no commands, and nobody here counts them off.
                self.send(&texts::NOT_IMPLEMENTED);
                self.close(CloseReason::OtherProtocol);
            }
            Ok(_) => self.pipeline.push(texts::NOT_IMPLEMENTED),
        }
    }

    /// EHLO and HELO begin the session anew (RFC 5321 §4.1.4).
    fn hello(&mut self, now: Instant, name: crate::wire::domain::EhloName<'static>, extended: bool) {
        self.abort(AbortReason::Client);
        let ticket = self.ask(now, Asked::Hello { extended });
        self.turn = Turn::Embedder;
        self.events.push_back(Event::Hello {
            ticket,
            name,
            extended,
        });
    }

    pub(super) fn hello_reply(&self, extended: bool) -> Reply {
        let reply = Reply::new(ReplyCode::OK, None, ReplyText::lossy(self.config.domain.as_str()));
        if !extended {
            return reply;
        }
        let size = format!("SIZE {}", self.config.max_message_octets);
        let keywords = [
            Some("PIPELINING"),
            Some(size.as_str()),
            Some("8BITMIME"),
            self.config.smtputf8.then_some("SMTPUTF8"),
            Some("ENHANCEDSTATUSCODES"),
        ];
        keywords
            .into_iter()
            .flatten()
            .fold(reply, |reply, keyword| reply.line(ReplyText::lossy(keyword)))
    }

    fn mail(&mut self, now: Instant, reverse_path: ReversePath<'_>, parameters: MailParameters<'_>) {
        let refusal = if !self.greeted {
            Some(texts::HELLO_FIRST)
        } else if self.transaction.is_some() {
            Some(texts::BUSY_TRANSACTION)
        } else if parameters
            .size
            .is_some_and(|size| size > self.config.max_message_octets)
        {
            Some(texts::TOO_BIG)
        } else if parameters.smtputf8 && !self.config.smtputf8
            || parameters.asks_for_dsn()
            || parameters.requiretls
            || parameters.auth.is_some()
            || parameters.priority.is_some()
            || parameters.hold.is_some()
            || parameters.by.is_some()
            || parameters.body == Some(BodyType::BinaryMime)
        {
            Some(texts::of(CommandError::UnknownParameter))
        } else if !parameters.smtputf8 && reverse_path.mailbox().is_some_and(|mailbox| !mailbox.is_ascii()) {
            Some(texts::UTF8_NOT_ANNOUNCED)
        } else {
            None
        };
        if let Some(refusal) = refusal {
            return self.pipeline.push(refusal);
        }
        self.transaction = Some(Transaction {
            smtputf8: parameters.smtputf8,
            ..Transaction::default()
        });
        let ticket = self.ask(now, Asked::Mail);
        self.events.push_back(Event::Mail {
            ticket,
            reverse_path: reverse_path.into_owned(),
            parameters: parameters.into_owned(),
        });
    }

    fn rcpt(&mut self, now: Instant, forward_path: ForwardPath<'_>) {
        let refusal = match &self.transaction {
            None => Some(texts::MAIL_FIRST),
            Some(open) if open.recipients + self.pipeline.recipients() >= self.config.max_recipients => {
                Some(texts::TOO_MANY_RECIPIENTS)
            }
            Some(open)
                if !open.smtputf8 && forward_path.mailbox().is_some_and(|mailbox| !mailbox.is_ascii()) =>
            {
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
        });
    }

    fn data(&mut self, now: Instant) {
        match &self.transaction {
            None => return self.pipeline.push(texts::MAIL_FIRST),
            Some(open) if open.recipients == 0 => return self.pipeline.push(texts::NO_RECIPIENTS),
            Some(_) => {}
        }
        let ticket = self.ask(now, Asked::Data);
        self.turn = Turn::Embedder;
        self.events.push_back(Event::Data { ticket });
    }

    pub(super) fn ask(&mut self, now: Instant, asked: Asked) -> Ticket {
        let patience = match asked {
            Asked::EndOfData => self.config.verdict_timeout,
            _ => self.config.answer_timeout,
        };
        Ticket {
            session: self.session,
            number: self.pipeline.ask(asked, now + patience),
        }
    }
}

/// Whether the command acts on what the commands before it decide, so that it waits for their replies.
fn changes_session(command: &Result<Command<'_>, CommandError>) -> bool {
    match command {
        Err(CommandError::OtherProtocol) => true,
        Err(_) => false,
        Ok(command) => !matches!(
            command,
            Command::Rcpt { .. } | Command::Vrfy(_) | Command::Expn(_) | Command::Help(_) | Command::Noop
        ),
    }
}
