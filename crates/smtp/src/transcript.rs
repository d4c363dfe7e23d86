//! The record of a conversation, for people.

use std::fmt;
use std::time::{Duration, Instant};

use crate::tls::TlsInfo;
use crate::wire::sasl::Mechanism;

/// Lines kept; a session that goes on is counted, not kept. An ordinary delivery has 20.
const MAX_ENTRIES: usize = 1_000;

/// What both sides said, in the format of a support bundle.
///
/// `->` is what the server said, `<-` what the client said, whichever side recorded it. The octets of a message
/// are counted and not kept; the messages of AUTH are not kept at all.
///
/// ```text
/// Connection opened: mx.example.com:25
/// -> "220 mx.example.com ESMTP\r\n"
/// TLS connection started: TLSv1.3 with TLS_AES_256_GCM_SHA384
/// <- "EHLO client.example\r\n"
/// <- "AUTH PLAIN (redacted)\r\n"
/// <- (message, 312 octets)
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Transcript {
    entries: Vec<Entry>,
    left_out: usize,
    clock: Option<Clock>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Clock {
    start: Instant,
    now: Instant,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Entry {
    /// Since the first moment that the transcript was told of.
    at: Duration,
    event: Event,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Event {
    Opened(String),
    TlsStarted(TlsInfo),
    Server(String),
    Client(String),
    Message(u64),
}

impl Transcript {
    /// Notes that a connection to `peer`, say `mx.example.com:25`, was opened.
    pub fn opened(&mut self, peer: &str) {
        self.push(|| Event::Opened(peer.escape_debug().to_string()));
    }

    /// Adds what another transcript holds behind this one.
    pub fn append(&mut self, other: &Self) {
        let behind = match (self.clock, other.clock) {
            (Some(own), Some(theirs)) => theirs.start.saturating_duration_since(own.start),
            _ => Duration::ZERO,
        };
        for entry in &other.entries {
            let at = behind + entry.at;
            self.push_entry(|| Entry {
                at,
                event: entry.event.clone(),
            });
        }
        self.clock = self.clock.or(other.clock);
        self.left_out += other.left_out;
    }

    /// What is noted from here on happens at `now`; the first call is the moment that [`Transcript::timed`] counts from.
    pub fn at(&mut self, now: Instant) {
        let start = self.clock.map_or(now, |clock| clock.start);
        self.clock = Some(Clock { start, now });
    }

    /// The lines with the seconds since the connection was opened before each.
    ///
    /// ```
    /// use std::time::{Duration, Instant};
    /// use inreply_smtp::transcript::Transcript;
    ///
    /// let (mut transcript, start) = (Transcript::default(), Instant::now());
    /// transcript.at(start);
    /// transcript.at(start + Duration::from_millis(1_500));
    /// transcript.opened("mx.example.com:25");
    /// assert_eq!(transcript.timed().to_string(), "[   1.500] Connection opened: mx.example.com:25\n");
    /// ```
    pub fn timed(&self) -> impl fmt::Display + '_ {
        fmt::from_fn(|f| self.write(f, true))
    }

    fn write(&self, f: &mut fmt::Formatter<'_>, timed: bool) -> fmt::Result {
        for Entry { at, event } in &self.entries {
            if timed {
                write!(f, "[{:>8.3}] ", at.as_secs_f64())?;
            }
            writeln!(f, "{event}")?;
        }
        if self.left_out > 0 {
            writeln!(f, "({} more lines)", self.left_out)?;
        }
        Ok(())
    }

    /// Notes that the connection runs over TLS from here.
    pub fn tls_started(&mut self, info: &TlsInfo) {
        self.push(|| Event::TlsStarted(info.clone()));
    }

    /// Notes octets of the server; each line becomes a line of the transcript.
    pub(crate) fn server(&mut self, octets: &[u8]) {
        for line in octets.split_inclusive(|octet| *octet == b'\n') {
            self.push(|| Event::Server(line.escape_ascii().to_string()));
        }
    }

    /// Notes a command line without its line end.
    pub(crate) fn client(&mut self, line: &[u8]) {
        self.push(|| Event::Client(format!("{}\\r\\n", line.escape_ascii())));
    }

    /// Notes an AUTH command line: the mechanism stays, what follows it does not.
    pub(crate) fn client_auth(&mut self, line: &[u8]) {
        let mut words = line.split(|octet| *octet == b' ').filter(|word| !word.is_empty());
        let (verb, mechanism) = (words.next(), words.next());
        // A client with a bug can put anything in the mechanism's place.
        let known = mechanism.filter(|name| Mechanism::parse(name).is_some());
        let shown = match (verb, known) {
            (Some(verb), Some(name)) if verb.len() == 4 => {
                let more = if words.next().is_some() { " (redacted)" } else { "" };
                format!("AUTH {}{more}", name.escape_ascii())
            }
            _ => "AUTH (redacted)".to_owned(),
        };
        self.push(|| Event::Client(format!("{shown}\\r\\n")));
    }

    /// Notes a line of an AUTH exchange.
    pub(crate) fn redacted_client(&mut self) {
        self.push(|| Event::Client("(redacted)\\r\\n".to_owned()));
    }

    /// Notes a challenge of an AUTH exchange: who has it and the response can guess passwords at leisure.
    pub(crate) fn redacted_server(&mut self) {
        self.push(|| Event::Server("334 (redacted)\\r\\n".to_owned()));
    }

    /// Notes octets of a message; those that follow one another become one line.
    pub(crate) fn message(&mut self, octets: u64) {
        if let Some(Entry {
            event: Event::Message(before),
            ..
        }) = self.entries.last_mut()
        {
            *before += octets;
        } else {
            self.push(|| Event::Message(octets));
        }
    }

    /// Its lines, without line ends.
    pub fn lines(&self) -> impl Iterator<Item = String> + '_ {
        self.entries.iter().map(|entry| entry.event.to_string())
    }

    fn push(&mut self, event: impl FnOnce() -> Event) {
        let at = self.clock.map_or(Duration::ZERO, |clock| {
            clock.now.saturating_duration_since(clock.start)
        });
        self.push_entry(|| Entry { at, event: event() });
    }

    fn push_entry(&mut self, entry: impl FnOnce() -> Entry) {
        if self.entries.len() < MAX_ENTRIES {
            self.entries.push(entry());
        } else {
            self.left_out += 1;
        }
    }
}

impl fmt::Display for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Opened(peer) => write!(f, "Connection opened: {peer}"),
            Self::TlsStarted(info) => write!(f, "TLS connection started: {info}"),
            Self::Server(line) => write!(f, "-> \"{line}\""),
            Self::Client(line) => write!(f, "<- \"{line}\""),
            Self::Message(octets) => write!(f, "<- (message, {octets} octets)"),
        }
    }
}

/// One line an entry.
impl fmt::Display for Transcript {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.write(f, false)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_cannot_forge_another() {
        let mut transcript = Transcript::default();
        transcript.opened("mx.example:25\n-> \"250 forged");
        transcript.client(b"NOOP \"\x1b[31m");
        transcript.server(b"250-a\r\n250 b\r\n");
        transcript.message(3);
        transcript.message(4);
        assert_eq!(
            transcript.to_string(),
            "Connection opened: mx.example:25\\n-> \\\"250 forged\n\
             <- \"NOOP \\\"\\x1b[31m\\r\\n\"\n\
             -> \"250-a\\r\\n\"\n\
             -> \"250 b\\r\\n\"\n\
             <- (message, 7 octets)\n"
        );
    }

    #[test]
    fn it_is_bounded() {
        let mut transcript = Transcript::default();
        for _ in 0..2_000 {
            transcript.client(b"NOOP");
        }
        assert!(transcript.to_string().ends_with("(1000 more lines)\n"));
    }
}
