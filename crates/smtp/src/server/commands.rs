//! What each command does.

use std::time::{Duration, Instant};

use bytes::Bytes;

use super::event::{AbortReason, CloseReason, Event, Ticket};
use super::pipeline::Asked;
use super::{Server, Turn, texts};
use crate::wire::capability::{Capabilities, Limits};
use crate::wire::command::{Command, CommandError};
use crate::wire::domain::EhloName;
use crate::wire::reply::{Reply, ReplyCode, ReplyText};
use crate::wire::sasl::Mechanisms;
use crate::wire::xclient::Xclient;

/// The verbs that RFC 3207 §4 keeps open where TLS is required, and LHLO for EHLO.
const WITHOUT_TLS: [&[u8]; 6] = [b"EHLO", b"HELO", b"LHLO", b"NOOP", b"QUIT", b"STARTTLS"];

impl Server {
    /// Acts on a line. Its reply is owed in the pipeline, or the line waits for an empty one.
    pub(super) fn command(&mut self, now: Instant, line: &Bytes) {
        // AUTH alone may take more (RFC 4954 §4).
        if line.len() > self.config.max_line && !is_verb(line, b"AUTH") {
            return self.pipeline.push(texts::LINE_TOO_LONG);
        }
        let command = Command::parse(line);
        if changes_session(&command) && !self.pipeline.is_empty() {
            self.waiting_line = Some(line.clone());
            return;
        }
        self.note_command(line, &command);
        if self.config.require_tls
            && self.tls.is_none()
            && !WITHOUT_TLS.iter().any(|verb| is_verb(line, verb))
        {
            return match command {
                Err(CommandError::OtherProtocol | CommandError::UnknownChunkSize) => {
                    self.no_command(&command)
                }
                // Its octets are on their way.
                Ok(Command::Bdat { octets, .. }) => self.skip_chunk(octets, texts::NEEDS_TLS),
                _ => self.pipeline.push(texts::NEEDS_TLS),
            };
        }
        if is_idle(&command) {
            self.idle_commands += 1;
            if self.idle_commands > self.config.max_idle_commands {
                let close = Asked::Close(CloseReason::TooManyCommands);
                return self.pipeline.push_for(close, texts::TOO_MANY_COMMANDS);
            }
        }
        match command {
            Err(_) => self.no_command(&command),
            Ok(Command::Quit) => {
                self.send(&texts::BYE);
                self.close(CloseReason::Quit);
            }
            Ok(_) if self.shutting_down && self.transaction.is_none() => {}
            Ok(Command::Ehlo(_) | Command::Helo(_)) if self.config.lmtp => {
                self.pipeline.push(texts::LMTP_ONLY)
            }
            Ok(Command::Lhlo(name)) if self.config.lmtp => self.hello(now, name.into_owned(), true),
            Ok(Command::Ehlo(name)) => self.hello(now, name.into_owned(), true),
            Ok(Command::Helo(name)) => self.hello(now, name.into_owned(), false),
            Ok(Command::Mail {
                reverse_path,
                parameters,
            }) => self.mail(now, reverse_path, parameters),
            Ok(Command::Rcpt {
                forward_path,
                parameters,
            }) => self.rcpt(now, forward_path, parameters),
            Ok(Command::Data) => self.data(now),
            Ok(Command::Bdat { octets, last }) => self.chunk(now, octets, last),
            Ok(Command::Rset) => {
                self.abort(AbortReason::Client);
                self.pipeline.push(texts::OK);
            }
            Ok(Command::Vrfy(_)) => self.pipeline.push(texts::VRFY),
            Ok(Command::Help(_)) => self.pipeline.push(texts::HELP),
            Ok(Command::Noop) => self.pipeline.push(texts::OK),
            Ok(Command::StartTls) => self.starttls(now),
            Ok(Command::Auth { mechanism, initial }) => self.auth(now, mechanism, initial),
            Ok(Command::Xclient(attributes)) => self.xclient(now, attributes),
            Ok(Command::Lhlo(_)) => self.pipeline.push(texts::of(CommandError::Unrecognized)),
            // EXPN names the members of lists and ETRN starts deliveries for anybody who asks: neither is for strangers.
            Ok(Command::Expn(_) | Command::Etrn(_)) => self.pipeline.push(texts::NOT_IMPLEMENTED),
        }
    }

    fn no_command(&mut self, command: &Result<Command<'_>, CommandError>) {
        match command {
            Err(CommandError::OtherProtocol) => {
                self.send(&texts::OTHER_PROTOCOL);
                self.close(CloseReason::OtherProtocol);
            }
            // Octets of the chunk would run as commands.
            Err(error @ CommandError::UnknownChunkSize) => self.pipeline.push_for(
                Asked::Close(CloseReason::UnknownChunkSize),
                texts::of(*error),
            ),
            Err(error) => self.pipeline.push(texts::of(*error)),
            Ok(_) => {}
        }
    }

    /// Writes the line into the transcript, without what may be a secret.
    fn note_command(&mut self, line: &Bytes, command: &Result<Command<'_>, CommandError>) {
        // A client whose AUTH was refused can have the rest of the exchange on its way.
        let stray = std::mem::take(&mut self.stray_responses) && command.is_err();
        self.stray_responses = stray || is_verb(line, b"AUTH");
        let Some(transcript) = &mut self.transcript else {
            return;
        };
        if stray {
            transcript.redacted_client();
        } else if line
            .get(..4)
            .is_some_and(|verb| verb.eq_ignore_ascii_case(b"AUTH"))
        {
            transcript.client_auth(line);
        } else {
            transcript.client(line);
        }
    }

    /// EHLO and HELO begin the session anew (RFC 5321 §4.1.4).
    fn hello(&mut self, now: Instant, name: EhloName<'static>, extended: bool) {
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
        let reply = Reply::new(
            ReplyCode::OK,
            None,
            ReplyText::lossy(self.config.domain.as_str()),
        );
        if !extended {
            return reply;
        }
        let xclient = self.config.xclient.then(|| Xclient::KEYWORD.to_owned());
        self.capabilities()
            .keywords()
            .chain(xclient)
            .fold(reply, |reply, keyword| {
                reply.line(ReplyText::lossy(&keyword))
            })
    }

    /// What is offered now; TLS changes it.
    pub(super) fn capabilities(&self) -> Capabilities {
        let (config, tls) = (&self.config, self.tls.is_some());
        let limits = Limits {
            // One to six digits (RFC 9422 §3).
            recipients: u32::try_from(config.max_recipients)
                .ok()
                .filter(|recipients| *recipients < 1_000_000),
            ..Limits::default()
        };
        Capabilities {
            eight_bit_mime: true,
            auth: if tls || config.plaintext_auth {
                config.auth
            } else {
                Mechanisms::NONE
            },
            binary_mime: config.chunking && config.binary_mime,
            chunking: config.chunking,
            dsn: config.dsn,
            enhanced_status_codes: true,
            limits,
            pipelining: true,
            // RFC 8689 §2 forbids it without TLS.
            requiretls: config.requiretls && tls,
            size: Some(config.max_message_octets),
            smtputf8: config.smtputf8,
            starttls: config.starttls && !tls,
        }
    }

    pub(super) fn ask(&mut self, now: Instant, asked: Asked) -> Ticket {
        let patience = match asked {
            Asked::EndOfData => self.config.verdict_timeout,
            _ => self.config.answer_timeout,
        };
        self.ask_within(now, asked, patience)
    }

    pub(super) fn ask_within(&mut self, now: Instant, asked: Asked, patience: Duration) -> Ticket {
        Ticket {
            session: self.session,
            number: self.pipeline.ask(asked, now + patience),
        }
    }
}

fn is_verb(line: &[u8], verb: &[u8]) -> bool {
    line.split_at_checked(verb.len())
        .is_some_and(|(start, rest)| {
            start.eq_ignore_ascii_case(verb) && matches!(rest.first(), None | Some(b' ' | b'\t'))
        })
}

/// Whether the command acts on what the commands before it decide, so that it waits for their replies.
fn changes_session(command: &Result<Command<'_>, CommandError>) -> bool {
    match command {
        Err(error) => matches!(
            error,
            CommandError::OtherProtocol | CommandError::UnknownChunkSize
        ),
        Ok(command) => !matches!(
            command,
            Command::Rcpt { .. }
                | Command::Vrfy(_)
                | Command::Expn(_)
                | Command::Etrn(_)
                | Command::Help(_)
                | Command::Noop
        ),
    }
}

/// Whether the command brings no message nearer.
fn is_idle(command: &Result<Command<'_>, CommandError>) -> bool {
    matches!(
        command,
        Ok(Command::Ehlo(_)
            | Command::Helo(_)
            | Command::Lhlo(_)
            | Command::Rset
            | Command::Vrfy(_)
            | Command::Expn(_)
            | Command::Etrn(_)
            | Command::Help(_)
            | Command::Noop
            | Command::Xclient(_))
    )
}
