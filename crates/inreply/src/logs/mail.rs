//! `mail.log`: each message's way in, line by line as Postfix writes it.

use std::fmt::{self, Display};
use std::net::IpAddr;
use std::process;
use std::time::Duration;

use inreply_smtp::tls::TlsInfo;
use inreply_smtp::wire::domain::EhloName;
use inreply_smtp::wire::path::{ForwardPath, ReversePath};
use inreply_smtp::wire::reply::Reply;
use jiff::ZonedDateTime;

use super::LogFile;
use crate::spool::QueueId;

/// The log of the sessions, in the format of Postfix, which `pflogsumm` and its like read.
///
/// ```text
/// Nov 24 08:00:00 forge.example postfix/smtpd[5284]: connect from unknown[192.0.2.1]
/// Nov 24 08:00:00 forge.example postfix/smtpd[5284]: 064C3B6D2A1F0E9C5D: client=unknown[192.0.2.1]
/// Nov 24 08:00:00 forge.example postfix/cleanup[5284]: 064C3B6D2A1F0E9C5D: message-id=<b2b9c260@mail.example>
/// Nov 24 08:00:00 forge.example postfix/qmgr[5284]: 064C3B6D2A1F0E9C5D: from=<ann@mail.example>, size=812, nrcpt=1 (queue active)
/// Nov 24 08:00:00 forge.example postfix/local[5284]: 064C3B6D2A1F0E9C5D: to=<reply+…@reply.forge.example>, relay=local, delay=0.03, delays=0.02/0/0/0.01, dsn=2.0.0, status=sent (delivered to maildir)
/// Nov 24 08:00:00 forge.example postfix/qmgr[5284]: 064C3B6D2A1F0E9C5D: removed
/// Nov 24 08:00:00 forge.example postfix/smtpd[5284]: disconnect from unknown[192.0.2.1] ehlo=1 mail=1 rcpt=1 data=1 quit=1 commands=5
/// ```
///
/// No name is looked up for a client: it is `unknown`, as Postfix has it.
#[derive(Debug)]
pub struct MailLog {
    file: LogFile,
    host: String,
    program: String,
}

/// What a session has asked for, and how much of it was granted.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Commands {
    pub(crate) helo: Count,
    pub(crate) ehlo: Count,
    pub(crate) starttls: Count,
    pub(crate) mail: Count,
    pub(crate) rcpt: Count,
    pub(crate) data: Count,
    pub(crate) quit: Count,
}

/// How often a command came, and how often it was granted.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Count {
    granted: u32,
    all: u32,
}

impl Count {
    pub(crate) fn add(&mut self, granted: bool) {
        self.granted += u32::from(granted);
        self.all += 1;
    }
}

impl Display for Count {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.granted == self.all {
            true => write!(f, "{}", self.all),
            false => write!(f, "{}/{}", self.granted, self.all),
        }
    }
}

/// The command that a refusal answers.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Stage<'a> {
    Rcpt(&'a ForwardPath<'static>),
    EndOfMessage,
}

/// Who sends what, for the lines of a message.
#[derive(Debug, Clone)]
pub(crate) struct Letter<'a> {
    pub(crate) reverse_path: &'a ReversePath<'static>,
    pub(crate) recipients: Vec<&'a ForwardPath<'static>>,
    pub(crate) hello: &'a EhloName<'static>,
    pub(crate) extended: bool,
}

/// What became of a message that was taken.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Delivery<'a> {
    pub(crate) message_id: Option<&'a str>,
    /// Octets of the message.
    pub(crate) octets: u64,
    /// From DATA to the final dot.
    pub(crate) transmission: Duration,
    /// From there to the disk.
    pub(crate) storing: Duration,
    pub(crate) status: &'static str,
}

impl MailLog {
    /// Writes to this file, as the server `host` and the program `postfix`, by which other tools know the format.
    pub fn new(file: LogFile, host: impl Into<String>) -> Self {
        Self {
            file,
            host: host.into(),
            program: "postfix".to_owned(),
        }
    }

    /// Writes as this program instead; `pflogsumm --syslog-name` reads it.
    #[must_use]
    pub fn program(mut self, name: impl Into<String>) -> Self {
        self.program = name.into();
        self
    }

    /// The file, for rotation.
    pub fn file(&self) -> &LogFile {
        &self.file
    }

    pub(crate) fn connect(&self, client: IpAddr) {
        self.line("smtpd", format_args!("connect from {}", Client(client)));
    }

    pub(crate) fn tls(&self, client: IpAddr, tls: &TlsInfo) {
        let (version, cipher) = (tls.version(), tls.cipher());
        let bits = if cipher.contains("128") { 128 } else { 256 };
        self.line(
            "smtpd",
            format_args!(
                "Anonymous TLS connection established from {}: {version} with cipher {cipher} ({bits}/{bits} bits)",
                Client(client)
            ),
        );
    }

    pub(crate) fn disconnect(&self, client: IpAddr, commands: &Commands) {
        let counts = [
            ("ehlo", commands.ehlo),
            ("helo", commands.helo),
            ("starttls", commands.starttls),
            ("mail", commands.mail),
            ("rcpt", commands.rcpt),
            ("data", commands.data),
            ("quit", commands.quit),
        ];
        let mut text = format!("disconnect from {}", Client(client));
        let mut all = Count::default();
        for (name, count) in counts {
            all.granted += count.granted;
            all.all += count.all;
            if count.all > 0 {
                text += &format!(" {name}={count}");
            }
        }
        self.line("smtpd", format_args!("{text} commands={all}"));
    }

    pub(crate) fn reject(
        &self,
        client: IpAddr,
        stage: Stage<'_>,
        letter: &Letter<'_>,
        reply: &Reply,
    ) {
        let reply = reply.to_string();
        // The first line of the reply has what the sender did wrong; the hint behind it is the same every time.
        let text = reply.lines().next().unwrap_or_default();
        let (code, text) = text.split_at(text.len().min(3));
        let text = text.trim_start_matches(['-', ' ']);
        let (enhanced, text) = text.split_once(' ').unwrap_or(("", text));
        let (command, what) = match stage {
            Stage::Rcpt(path) => ("RCPT", path.to_string()),
            Stage::EndOfMessage => ("END-OF-MESSAGE", "<END-OF-MESSAGE>".to_owned()),
        };
        let protocol = if letter.extended { "ESMTP" } else { "SMTP" };
        let mut line = format!(
            "NOQUEUE: reject: {command} from {}: {code} {enhanced} {what}: {text}; from={}",
            Client(client),
            letter.reverse_path
        );
        // Behind the end of a message there may be many; Postfix names one.
        let to = match stage {
            Stage::Rcpt(path) => Some(path),
            Stage::EndOfMessage => letter.recipients.first().copied(),
        };
        if let Some(to) = to {
            line += &format!(" to={to}");
        }
        let hello = letter.hello.as_str();
        self.line(
            "smtpd",
            format_args!("{line} proto={protocol} helo=<{hello}>"),
        );
    }

    /// All lines of a message that was taken.
    pub(crate) fn taken(
        &self,
        client: IpAddr,
        id: QueueId,
        letter: &Letter<'_>,
        delivery: &Delivery<'_>,
    ) {
        let head = self.head();
        let from = letter.reverse_path;
        let message_id = delivery.message_id.unwrap_or_default();
        let (octets, recipients) = (delivery.octets, letter.recipients.len());
        let mut lines = vec![
            head.line("smtpd", format_args!("{id}: client={}", Client(client))),
            head.line("cleanup", format_args!("{id}: message-id=<{message_id}>")),
            head.line(
                "qmgr",
                format_args!("{id}: from={from}, size={octets}, nrcpt={recipients} (queue active)"),
            ),
        ];
        for to in &letter.recipients {
            lines.push(head.line(
                "local",
                format_args!(
                    "{id}: to={to}, relay=local, delay={}, delays={}/0/0/{}, dsn=2.0.0, status=sent ({})",
                    Delay(delivery.transmission + delivery.storing),
                    Delay(delivery.transmission),
                    Delay(delivery.storing),
                    delivery.status
                ),
            ));
        }
        lines.push(head.line("qmgr", format_args!("{id}: removed")));
        self.file.lines(lines.iter().map(String::as_str));
    }

    fn line(&self, daemon: &str, text: fmt::Arguments<'_>) {
        self.file.line(&self.head().line(daemon, text));
    }

    fn head(&self) -> Head<'_> {
        Head {
            now: ZonedDateTime::now().strftime("%b %e %H:%M:%S").to_string(),
            log: self,
            process: process::id(),
        }
    }
}

/// What lines of one moment begin with.
struct Head<'a> {
    now: String,
    log: &'a MailLog,
    process: u32,
}

impl Head<'_> {
    fn line(&self, daemon: &str, text: fmt::Arguments<'_>) -> String {
        let (now, host, program) = (&self.now, &self.log.host, &self.log.program);
        format!("{now} {host} {program}/{daemon}[{}]: {text}", self.process)
    }
}

/// A client without a name.
struct Client(IpAddr);

impl Display for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "unknown[{}]", self.0.to_canonical())
    }
}

/// Seconds with two significant digits, as Postfix prints them.
struct Delay(Duration);

impl Display for Delay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = self.0.as_secs_f64();
        match seconds {
            ..0.005 => f.write_str("0"),
            ..0.095 => write!(f, "{seconds:.2}"),
            ..9.95 => write!(f, "{seconds:.1}"),
            _ => write!(f, "{seconds:.0}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn delays_have_two_digits_at_most() {
        for (millis, text) in [
            (0, "0"),
            (4, "0"),
            (12, "0.01"),
            (149, "0.1"),
            (1_234, "1.2"),
            (12_345, "12"),
        ] {
            assert_eq!(Delay(Duration::from_millis(millis)).to_string(), text);
        }
    }

    #[test]
    fn a_refused_command_counts_as_one_of_two() {
        let mut count = Count::default();
        count.add(true);
        assert_eq!(count.to_string(), "1");
        count.add(false);
        assert_eq!(count.to_string(), "1/2");
    }
}
