//! The commands of a client.

use std::fmt;

use super::domain::EhloName;
use super::parameter::MailParameters;
use super::path::{ForwardPath, ReversePath, forward_path, reverse_path};
use super::syntax::{Parsed, Stop, SyntaxError};

/// A command line, without its `<CR><LF>`.
///
/// Verbs are read without regard to case, trailing spaces are dropped (RFC 5321 §4.1.1 asks for both). Printing gives
/// the line that a strict server understands.
///
/// ```
/// use inreply_smtp::wire::command::{Command, CommandError};
///
/// let command = Command::parse(b"mail from:<ann@example.com> SIZE=200").unwrap();
/// assert_eq!(command.to_string(), "MAIL FROM:<ann@example.com> SIZE=200");
/// assert_eq!(Command::parse(b"FOO").unwrap_err(), CommandError::Unrecognized);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Command<'a> {
    /// `EHLO` (RFC 5321 §4.1.1.1).
    Ehlo(EhloName<'a>),
    /// `HELO` (RFC 5321 §4.1.1.1).
    Helo(EhloName<'a>),
    /// `MAIL FROM:` (RFC 5321 §4.1.1.2).
    Mail {
        /// Where a failure is reported.
        reverse_path: ReversePath<'a>,
        /// `SIZE=` and the like.
        parameters: MailParameters,
    },
    /// `RCPT TO:` (RFC 5321 §4.1.1.3).
    Rcpt {
        /// Where the message goes.
        forward_path: ForwardPath<'a>,
    },
    /// `DATA` (RFC 5321 §4.1.1.4).
    Data,
    /// `RSET` (RFC 5321 §4.1.1.5).
    Rset,
    /// `VRFY` (RFC 5321 §4.1.1.6); what follows is not interpreted.
    Vrfy,
    /// `EXPN` (RFC 5321 §4.1.1.7); what follows is not interpreted.
    Expn,
    /// `HELP` (RFC 5321 §4.1.1.8); what follows is not interpreted.
    Help,
    /// `NOOP` (RFC 5321 §4.1.1.9); what follows is ignored.
    Noop,
    /// `QUIT` (RFC 5321 §4.1.1.10).
    Quit,
}

/// Why a line is no command.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CommandError {
    /// The verb is none that this crate knows.
    #[error("the verb is not known")]
    Unrecognized,
    /// The verb belongs to another protocol: a web browser or a proxy is talking, not a mail client.
    #[error("the line belongs to another protocol")]
    OtherProtocol,
    /// The verb is known, its arguments do not follow the grammar.
    #[error("{0}")]
    Syntax(SyntaxError),
    /// A MAIL or RCPT parameter that was not offered.
    #[error("a parameter is not known")]
    UnknownParameter,
}

impl<'a> Command<'a> {
    /// Parses a line without its line end.
    ///
    /// # Errors
    /// See [`CommandError`]; offsets count from the start of the line.
    pub fn parse(line: &'a [u8]) -> Result<Self, CommandError> {
        let line = line.trim_ascii_end();
        let (verb, rest) = match line.iter().position(|octet| *octet == b' ') {
            None => (line, &[][..]),
            Some(at) => line.split_at(at),
        };
        match Verb::of(verb)? {
            Verb::Ehlo => name(line, rest).map(Self::Ehlo),
            Verb::Helo => name(line, rest).map(Self::Helo),
            Verb::Mail => {
                let (rest, reverse_path) = path(line, rest, b" FROM:", "FROM: and a path", reverse_path)?;
                Ok(Self::Mail {
                    reverse_path,
                    parameters: parameters(line, rest)?,
                })
            }
            Verb::Rcpt => {
                let (rest, forward_path) = path(line, rest, b" TO:", "TO: and a path", forward_path)?;
                match rest.trim_ascii() {
                    [] => Ok(Self::Rcpt { forward_path }),
                    _ if rest.starts_with(b" ") => Err(CommandError::UnknownParameter),
                    _ => Err(syntax(line, rest, "a space or the end behind the path")),
                }
            }
            Verb::Data => alone(line, rest, Self::Data),
            Verb::Rset => alone(line, rest, Self::Rset),
            Verb::Quit => alone(line, rest, Self::Quit),
            Verb::Vrfy => Ok(Self::Vrfy),
            Verb::Expn => Ok(Self::Expn),
            Verb::Help => Ok(Self::Help),
            Verb::Noop => Ok(Self::Noop),
        }
    }

    /// The same, owning its text.
    pub fn into_owned(self) -> Command<'static> {
        match self {
            Self::Ehlo(name) => Command::Ehlo(name.into_owned()),
            Self::Helo(name) => Command::Helo(name.into_owned()),
            Self::Mail {
                reverse_path,
                parameters,
            } => Command::Mail {
                reverse_path: reverse_path.into_owned(),
                parameters,
            },
            Self::Rcpt { forward_path } => Command::Rcpt {
                forward_path: forward_path.into_owned(),
            },
            Self::Data => Command::Data,
            Self::Rset => Command::Rset,
            Self::Vrfy => Command::Vrfy,
            Self::Expn => Command::Expn,
            Self::Help => Command::Help,
            Self::Noop => Command::Noop,
            Self::Quit => Command::Quit,
        }
    }
}

/// The line without its line end. A `VRFY` or `EXPN` prints without its argument.
impl fmt::Display for Command<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ehlo(name) => write!(f, "EHLO {name}"),
            Self::Helo(name) => write!(f, "HELO {name}"),
            Self::Mail {
                reverse_path,
                parameters,
            } => write!(f, "MAIL FROM:{reverse_path}{parameters}"),
            Self::Rcpt { forward_path } => write!(f, "RCPT TO:{forward_path}"),
            Self::Data => f.write_str("DATA"),
            Self::Rset => f.write_str("RSET"),
            Self::Vrfy => f.write_str("VRFY"),
            Self::Expn => f.write_str("EXPN"),
            Self::Help => f.write_str("HELP"),
            Self::Noop => f.write_str("NOOP"),
            Self::Quit => f.write_str("QUIT"),
        }
    }
}

#[derive(Clone, Copy)]
enum Verb {
    Ehlo,
    Helo,
    Mail,
    Rcpt,
    Data,
    Rset,
    Vrfy,
    Expn,
    Help,
    Noop,
    Quit,
}

impl Verb {
    fn of(verb: &[u8]) -> Result<Self, CommandError> {
        let Ok(mut verb) = <[u8; 4]>::try_from(verb) else {
            return Err(Self::unknown(verb));
        };
        verb.make_ascii_uppercase();
        Ok(match &verb {
            b"EHLO" => Self::Ehlo,
            b"HELO" => Self::Helo,
            b"MAIL" => Self::Mail,
            b"RCPT" => Self::Rcpt,
            b"DATA" => Self::Data,
            b"RSET" => Self::Rset,
            b"VRFY" => Self::Vrfy,
            b"EXPN" => Self::Expn,
            b"HELP" => Self::Help,
            b"NOOP" => Self::Noop,
            b"QUIT" => Self::Quit,
            _ => return Err(Self::unknown(&verb)),
        })
    }

    /// A request line of HTTP or a header field of it: a page can make a browser post mail commands to port 25.
    fn unknown(verb: &[u8]) -> CommandError {
        const METHODS: [&[u8]; 9] = [
            b"GET", b"HEAD", b"POST", b"PUT", b"DELETE", b"CONNECT", b"OPTIONS", b"TRACE", b"PATCH",
        ];
        if METHODS.iter().any(|method| verb.eq_ignore_ascii_case(method)) || verb.ends_with(b":") {
            return CommandError::OtherProtocol;
        }
        CommandError::Unrecognized
    }
}

fn syntax(line: &[u8], rest: &[u8], expected: &'static str) -> CommandError {
    CommandError::Syntax(Stop { rest, expected }.within(line))
}

fn alone<'a>(line: &[u8], rest: &[u8], command: Command<'a>) -> Result<Command<'a>, CommandError> {
    if rest.is_empty() {
        Ok(command)
    } else {
        Err(syntax(line, rest, "no argument"))
    }
}

fn name<'a>(line: &[u8], rest: &'a [u8]) -> Result<EhloName<'a>, CommandError> {
    let name = rest.trim_ascii_start();
    EhloName::parse(name).map_err(|error| {
        let at = line.len().saturating_sub(name.len()).saturating_add(error.at);
        CommandError::Syntax(SyntaxError { at, ..error })
    })
}

/// The keyword and the path behind it. A space behind the colon is no part of the grammar, yet RFC 5321 §3.3 has to warn
/// of it because so many clients send one; it is taken, for it cannot change what the path is.
fn path<'a, T>(
    line: &'a [u8],
    rest: &'a [u8],
    keyword: &'static [u8],
    expected: &'static str,
    grammar: impl FnOnce(&'a [u8]) -> Parsed<'a, T>,
) -> Result<(&'a [u8], T), CommandError> {
    let behind = rest
        .split_at_checked(keyword.len())
        .filter(|(start, _)| start.eq_ignore_ascii_case(keyword))
        .map(|(_, behind)| behind.trim_ascii_start())
        .ok_or_else(|| syntax(line, rest, expected))?;
    grammar(behind).map_err(|error| match error {
        nom::Err::Error(stop) | nom::Err::Failure(stop) => CommandError::Syntax(stop.within(line)),
        nom::Err::Incomplete(_) => syntax(line, &[], expected),
    })
}

fn parameters(line: &[u8], rest: &[u8]) -> Result<MailParameters, CommandError> {
    if !(rest.is_empty() || rest.starts_with(b" ")) {
        return Err(syntax(line, rest, "a space or the end behind the path"));
    }
    MailParameters::parse(rest).map_err(|error| match error {
        CommandError::Syntax(inner) => CommandError::Syntax(SyntaxError {
            at: line.len().saturating_sub(rest.len()).saturating_add(inner.at),
            ..inner
        }),
        other => other,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn printing_is_the_inverse_of_parsing() {
        for line in [
            "EHLO client.example",
            "HELO [192.0.2.1]",
            "MAIL FROM:<>",
            "MAIL FROM:<ann@example.com> SIZE=1 BODY=8BITMIME SMTPUTF8",
            "RCPT TO:<reply+x@reply.example>",
            "RCPT TO:<Postmaster>",
            "DATA",
            "RSET",
            "VRFY",
            "EXPN",
            "HELP",
            "NOOP",
            "QUIT",
        ] {
            let command = Command::parse(line.as_bytes()).unwrap();
            assert_eq!(command.to_string(), line);
            assert_eq!(command.clone().into_owned(), command);
        }
    }

    #[test]
    fn what_senders_really_write_is_read() {
        for (line, printed) in [
            ("mail FROM: <a@b>", "MAIL FROM:<a@b>"),
            ("MAIL FROM:<a@b>  SIZE=1 ", "MAIL FROM:<a@b> SIZE=1"),
            ("rcpt to:<@r:a@b>", "RCPT TO:<@r:a@b>"),
            ("noop whatever", "NOOP"),
            ("NOOP ", "NOOP"),
            ("vrfy root", "VRFY"),
            ("EHLO  x", "EHLO x"),
        ] {
            assert_eq!(Command::parse(line.as_bytes()).unwrap().to_string(), printed);
        }
    }

    #[test]
    fn errors_say_what_and_where() {
        for (line, error) in [
            (&b""[..], "the verb is not known"),
            (b"DATAX", "the verb is not known"),
            (b"GET / HTTP/1.1", "the line belongs to another protocol"),
            (b"Host: example", "the line belongs to another protocol"),
            (b"DATA foo", "expected no argument at octet 4"),
            (b"EHLO", "expected a host name at octet 4"),
            (b"EHLO a b", "expected the end at octet 6"),
            (b"MAIL", "expected FROM: and a path at octet 4"),
            (b"MAIL TO:<a@b>", "expected FROM: and a path at octet 4"),
            (
                b"MAIL FROM:<a@b>x",
                "expected a space or the end behind the path at octet 15",
            ),
            (
                b"MAIL FROM:<a@b> SIZE=x",
                "expected SIZE= and a number of octets at octet 16",
            ),
            (b"MAIL FROM:<a@b> X=1", "a parameter is not known"),
            (b"RCPT TO:<>", "expected a local part at octet 9"),
            (b"RCPT TO:a@b", "expected an opening angle bracket at octet 8"),
            (b"RCPT TO:<a@b> X=1", "a parameter is not known"),
            (
                b"RCPT TO:<x@other.test\0@example.org>",
                "expected a closing angle bracket at octet 21",
            ),
            (b"NOOP\rNOOP", "the verb is not known"),
            (
                b"MAIL FROM:<a@b>\rRCPT TO:<c@d>",
                "expected a space or the end behind the path at octet 15",
            ),
        ] {
            assert_eq!(
                Command::parse(line).unwrap_err().to_string(),
                error,
                "{}",
                line.escape_ascii()
            );
        }
    }
}
