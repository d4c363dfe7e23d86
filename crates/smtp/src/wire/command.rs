//! The commands of a client.

use std::fmt;

use super::domain::EhloName;
use super::keyword::is_keyword;
use super::number::number;
use super::parameter::{MailParameters, RcptParameters};
use super::path::{ForwardPath, ReversePath, forward_path, reverse_path};
use super::sasl::{Mechanism, Response};
use super::syntax::{Parsed, Stop, SyntaxError};
use super::text::Argument;
use super::xclient::Xclient;

/// A command line, without its `<CR><LF>`.
///
/// Verbs are read without regard to case, trailing spaces are dropped (RFC 5321 §4.1.1 asks for both). Printing gives
/// the line that a strict server understands. Parsing borrows from the line and allocates nothing.
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
    /// `LHLO` (RFC 2033 §4.1).
    Lhlo(EhloName<'a>),
    /// `MAIL FROM:` (RFC 5321 §4.1.1.2).
    Mail {
        /// Where a failure is reported.
        reverse_path: ReversePath<'a>,
        /// `SIZE=` and the like.
        parameters: MailParameters<'a>,
    },
    /// `RCPT TO:` (RFC 5321 §4.1.1.3).
    Rcpt {
        /// Where the message goes.
        forward_path: ForwardPath<'a>,
        /// `NOTIFY=` and `ORCPT=`.
        parameters: RcptParameters<'a>,
    },
    /// `DATA` (RFC 5321 §4.1.1.4).
    Data,
    /// `BDAT` (RFC 3030 §2): so many octets of the message follow the line end.
    Bdat {
        /// How many.
        octets: u64,
        /// Whether they end the message.
        last: bool,
    },
    /// `RSET` (RFC 5321 §4.1.1.5).
    Rset,
    /// `VRFY` (RFC 5321 §4.1.1.6).
    Vrfy(Argument<'a>),
    /// `EXPN` (RFC 5321 §4.1.1.7).
    Expn(Argument<'a>),
    /// `HELP` (RFC 5321 §4.1.1.8).
    Help(Option<Argument<'a>>),
    /// `NOOP` (RFC 5321 §4.1.1.9); what follows is ignored.
    Noop,
    /// `QUIT` (RFC 5321 §4.1.1.10).
    Quit,
    /// `STARTTLS` (RFC 3207 §4).
    StartTls,
    /// `AUTH` (RFC 4954 §4).
    Auth {
        /// How the client wants to prove who it is.
        mechanism: Mechanism,
        /// What the mechanism lets the client say at once.
        initial: Option<Response<'a>>,
    },
    /// `ETRN` (RFC 1985).
    Etrn(Argument<'a>),
    /// `XCLIENT`, of trusted proxies.
    Xclient(Xclient<'a>),
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
    /// A BDAT without a number that can be read: nobody knows where the next command begins.
    #[error("the size of the chunk cannot be read")]
    UnknownChunkSize,
    /// AUTH with a mechanism that this crate does not speak.
    #[error("the mechanism is not known")]
    UnknownMechanism,
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
        let line = trim_end(line);
        // A verb of four letters, which all but three are, is compared as one number.
        let Some((verb, rest)) = line
            .split_first_chunk::<4>()
            .filter(|(_, rest)| rest.first().is_none_or(|octet| *octet == b' '))
        else {
            return Self::long_verb(line);
        };
        match &verb.map(|octet| octet & 0xdf) {
            b"EHLO" => name(line, rest).map(Self::Ehlo),
            b"MAIL" => Self::mail(line, rest),
            b"RCPT" => Self::rcpt(line, rest),
            b"DATA" => alone(line, rest).map(|()| Self::Data),
            b"BDAT" => bdat(rest),
            b"RSET" => alone(line, rest).map(|()| Self::Rset),
            b"QUIT" => alone(line, rest).map(|()| Self::Quit),
            b"NOOP" => Ok(Self::Noop),
            b"HELO" => name(line, rest).map(Self::Helo),
            b"LHLO" => name(line, rest).map(Self::Lhlo),
            b"AUTH" => auth(line, rest),
            b"VRFY" => argument(line, rest).map(Self::Vrfy),
            b"EXPN" => argument(line, rest).map(Self::Expn),
            b"HELP" if rest.is_empty() => Ok(Self::Help(None)),
            b"HELP" => argument(line, rest).map(|about| Self::Help(Some(about))),
            b"ETRN" => argument(line, rest).map(Self::Etrn),
            _ => Err(unknown(verb)),
        }
    }

    fn long_verb(line: &'a [u8]) -> Result<Self, CommandError> {
        let at = memchr::memchr(b' ', line).unwrap_or(line.len());
        let (verb, rest) = line.split_at(at);
        if verb.eq_ignore_ascii_case(b"STARTTLS") {
            return alone(line, rest).map(|()| Self::StartTls);
        }
        if verb.eq_ignore_ascii_case(b"XCLIENT") {
            let rest = trim_start(rest);
            return Xclient::parse(rest)
                .map(Self::Xclient)
                .map_err(|error| behind(line, rest, error));
        }
        Err(unknown(verb))
    }

    fn mail(line: &'a [u8], rest: &'a [u8]) -> Result<Self, CommandError> {
        let (rest, reverse_path) = path(line, rest, b" FROM:", "FROM: and a path", reverse_path)?;
        let parameters = match rest {
            [] => MailParameters::default(),
            _ => parameters(line, rest, MailParameters::parse)?,
        };
        Ok(Self::Mail {
            reverse_path,
            parameters,
        })
    }

    fn rcpt(line: &'a [u8], rest: &'a [u8]) -> Result<Self, CommandError> {
        let (rest, forward_path) = path(line, rest, b" TO:", "TO: and a path", forward_path)?;
        let parameters = match rest {
            [] => RcptParameters::default(),
            _ => parameters(line, rest, RcptParameters::parse)?,
        };
        Ok(Self::Rcpt {
            forward_path,
            parameters,
        })
    }

    /// The same, owning its text.
    pub fn into_owned(self) -> Command<'static> {
        match self {
            Self::Ehlo(name) => Command::Ehlo(name.into_owned()),
            Self::Helo(name) => Command::Helo(name.into_owned()),
            Self::Lhlo(name) => Command::Lhlo(name.into_owned()),
            Self::Mail {
                reverse_path,
                parameters,
            } => Command::Mail {
                reverse_path: reverse_path.into_owned(),
                parameters: parameters.into_owned(),
            },
            Self::Rcpt {
                forward_path,
                parameters,
            } => Command::Rcpt {
                forward_path: forward_path.into_owned(),
                parameters: parameters.into_owned(),
            },
            Self::Data => Command::Data,
            Self::Bdat { octets, last } => Command::Bdat { octets, last },
            Self::Rset => Command::Rset,
            Self::Vrfy(whom) => Command::Vrfy(whom.into_owned()),
            Self::Expn(list) => Command::Expn(list.into_owned()),
            Self::Help(about) => Command::Help(about.map(Argument::into_owned)),
            Self::Noop => Command::Noop,
            Self::Quit => Command::Quit,
            Self::StartTls => Command::StartTls,
            Self::Auth { mechanism, initial } => Command::Auth {
                mechanism,
                initial: initial.map(Response::into_owned),
            },
            Self::Etrn(node) => Command::Etrn(node.into_owned()),
            Self::Xclient(attributes) => Command::Xclient(attributes.into_owned()),
        }
    }
}

/// The line without its line end; an initial response of AUTH is printed, for it has to go over the wire.
impl fmt::Display for Command<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ehlo(name) => write!(f, "EHLO {name}"),
            Self::Helo(name) => write!(f, "HELO {name}"),
            Self::Lhlo(name) => write!(f, "LHLO {name}"),
            Self::Mail {
                reverse_path,
                parameters,
            } => write!(f, "MAIL FROM:{reverse_path}{parameters}"),
            Self::Rcpt {
                forward_path,
                parameters,
            } => write!(f, "RCPT TO:{forward_path}{parameters}"),
            Self::Data => f.write_str("DATA"),
            Self::Bdat { octets, last } => {
                write!(f, "BDAT {octets}{}", if *last { " LAST" } else { "" })
            }
            Self::Rset => f.write_str("RSET"),
            Self::Vrfy(whom) => write!(f, "VRFY {whom}"),
            Self::Expn(list) => write!(f, "EXPN {list}"),
            Self::Help(None) => f.write_str("HELP"),
            Self::Help(Some(about)) => write!(f, "HELP {about}"),
            Self::Noop => f.write_str("NOOP"),
            Self::Quit => f.write_str("QUIT"),
            Self::StartTls => f.write_str("STARTTLS"),
            Self::Auth {
                mechanism,
                initial: None,
            } => write!(f, "AUTH {mechanism}"),
            Self::Auth {
                mechanism,
                initial: Some(response),
            } => write!(f, "AUTH {mechanism} {response}"),
            Self::Etrn(node) => write!(f, "ETRN {node}"),
            Self::Xclient(attributes) => write!(f, "XCLIENT {attributes}"),
        }
    }
}

/// Spaces and tabs at the end are no part of a command (RFC 5321 §4.1.1); a CR there is no white space but a wrong line.
pub(crate) fn trim_end(line: &[u8]) -> &[u8] {
    let spaces = line
        .iter()
        .rev()
        .take_while(|octet| matches!(octet, b' ' | b'\t'))
        .count();
    line.split_at(line.len() - spaces).0
}

fn trim_start(words: &[u8]) -> &[u8] {
    let spaces = words
        .iter()
        .take_while(|octet| matches!(octet, b' ' | b'\t'))
        .count();
    words.split_at(spaces).1
}

/// A request line of HTTP or a header field of it: a page can make a browser post mail commands to port 25.
fn unknown(verb: &[u8]) -> CommandError {
    const METHODS: [&[u8]; 9] = [
        b"GET", b"HEAD", b"POST", b"PUT", b"DELETE", b"CONNECT", b"OPTIONS", b"TRACE", b"PATCH",
    ];
    if METHODS
        .iter()
        .any(|method| verb.eq_ignore_ascii_case(method))
        || verb.ends_with(b":")
    {
        return CommandError::OtherProtocol;
    }
    CommandError::Unrecognized
}

fn syntax(line: &[u8], rest: &[u8], expected: &'static str) -> CommandError {
    CommandError::Syntax(Stop { rest, expected }.within(line))
}

/// An error within `rest`, which ends where `line` does, told by its place in the line.
fn behind(line: &[u8], rest: &[u8], error: SyntaxError) -> CommandError {
    let at = line
        .len()
        .saturating_sub(rest.len())
        .saturating_add(error.at);
    CommandError::Syntax(SyntaxError { at, ..error })
}

fn alone(line: &[u8], rest: &[u8]) -> Result<(), CommandError> {
    if rest.is_empty() {
        Ok(())
    } else {
        Err(syntax(line, rest, "no argument"))
    }
}

fn name<'a>(line: &[u8], rest: &'a [u8]) -> Result<EhloName<'a>, CommandError> {
    let name = trim_start(rest);
    EhloName::parse(name).map_err(|error| behind(line, name, error))
}

fn argument<'a>(line: &[u8], rest: &'a [u8]) -> Result<Argument<'a>, CommandError> {
    Argument::parse(rest).map_err(|error| behind(line, rest, error))
}

/// `bdat-cmd = "BDAT" SP chunk-size [ SP end-marker ] CR LF` with `chunk-size = 1*DIGIT` (RFC 3030 §2).
fn bdat<'a>(rest: &[u8]) -> Result<Command<'a>, CommandError> {
    let mut words = rest
        .split(|octet| *octet == b' ')
        .filter(|word| !word.is_empty());
    let octets = words
        .next()
        .and_then(number)
        .ok_or(CommandError::UnknownChunkSize)?;
    let last = match words.next() {
        None => false,
        Some(word) if word.eq_ignore_ascii_case(b"LAST") => true,
        Some(_) => return Err(CommandError::UnknownChunkSize),
    };
    match words.next() {
        None => Ok(Command::Bdat { octets, last }),
        Some(_) => Err(CommandError::UnknownChunkSize),
    }
}

fn auth<'a>(line: &[u8], rest: &'a [u8]) -> Result<Command<'a>, CommandError> {
    let words = trim_start(rest);
    let at = memchr::memchr(b' ', words).unwrap_or(words.len());
    let (mechanism, response) = words.split_at(at);
    if mechanism.is_empty() {
        return Err(syntax(line, words, "a mechanism"));
    }
    let mechanism = Mechanism::parse(mechanism).ok_or(CommandError::UnknownMechanism)?;
    let response = trim_start(response);
    let initial = match response {
        [] => None,
        _ => Some(Response::parse(response).map_err(|error| behind(line, response, error))?),
    };
    Ok(Command::Auth { mechanism, initial })
}

/// The keyword and the path behind it. A space behind the colon is no part of the grammar, yet RFC 5321 §3.3 has to warn
/// of it because so many clients send one; it is taken, for it cannot change what the path is.
fn path<'a, T, const N: usize>(
    line: &'a [u8],
    rest: &'a [u8],
    keyword: &[u8; N],
    expected: &'static str,
    grammar: impl FnOnce(&'a [u8]) -> Parsed<'a, T>,
) -> Result<(&'a [u8], T), CommandError> {
    let behind = rest
        .split_at_checked(N)
        .filter(|(start, _)| is_keyword(start, keyword))
        .map(|(_, behind)| trim_start(behind))
        .ok_or_else(|| syntax(line, rest, expected))?;
    grammar(behind).map_err(|error| match error {
        nom::Err::Error(stop) | nom::Err::Failure(stop) => CommandError::Syntax(stop.within(line)),
        nom::Err::Incomplete(_) => syntax(line, &[], expected),
    })
}

fn parameters<'a, T>(
    line: &[u8],
    rest: &'a [u8],
    grammar: impl FnOnce(&'a [u8]) -> Result<T, CommandError>,
) -> Result<T, CommandError> {
    if !rest.starts_with(b" ") {
        return Err(syntax(line, rest, "a space or the end behind the path"));
    }
    grammar(rest).map_err(|error| match error {
        CommandError::Syntax(inner) => behind(line, rest, inner),
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
            "VRFY Smith",
            "EXPN Example-People",
            "HELP",
            "HELP DATA",
            "NOOP",
            "QUIT",
            "LHLO client.example",
            "RCPT TO:<a@b> NOTIFY=NEVER ORCPT=rfc822;a@b",
            "BDAT 0",
            "BDAT 18446744073709551615 LAST",
            "STARTTLS",
            "AUTH LOGIN",
            "AUTH PLAIN AHVzZXIAc2VjcmV0",
            "AUTH PLAIN =",
            "ETRN #queue",
            "XCLIENT ADDR=192.0.2.7 HELO=spike",
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
            ("vrfy  root", "VRFY root"),
            ("bdat 7 last", "BDAT 7 LAST"),
            ("starttls \t", "STARTTLS"),
            ("auth cram-md5", "AUTH CRAM-MD5"),
            ("EHLO  x", "EHLO x"),
        ] {
            assert_eq!(
                Command::parse(line.as_bytes()).unwrap().to_string(),
                printed
            );
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
            (
                b"RCPT TO:a@b",
                "expected an opening angle bracket at octet 8",
            ),
            (b"RCPT TO:<a@b> X=1", "a parameter is not known"),
            (
                b"RCPT TO:<x@other.test\0@example.org>",
                "expected a closing angle bracket at octet 21",
            ),
            (b"NOOP\rNOOP", "the verb is not known"),
            (b"NOOP\r", "the verb is not known"),
            (b"QUIT \r", "expected no argument at octet 4"),
            (
                b"RCPT TO:<a@b> NOTIFY=X",
                "expected NOTIFY=NEVER or a list of SUCCESS, FAILURE and DELAY at octet 14",
            ),
            (b"VRFY", "expected an argument at octet 4"),
            (b"STARTTLS foo", "expected no argument at octet 8"),
            (b"AUTH", "expected a mechanism at octet 4"),
            (b"AUTH GSSAPI", "the mechanism is not known"),
            (
                b"AUTH PLAIN !!!!",
                "expected a response in base64 at octet 11",
            ),
            (
                b"XCLIENT X=1",
                "expected a known attribute once, an equals sign and xtext at octet 8",
            ),
            (b"BDAT", "the size of the chunk cannot be read"),
            (b"BDAT -1 LAST", "the size of the chunk cannot be read"),
            (b"BDAT 0x5", "the size of the chunk cannot be read"),
            (b"BDAT 5 LAST LAST", "the size of the chunk cannot be read"),
            (
                b"BDAT 18446744073709551616",
                "the size of the chunk cannot be read",
            ),
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
