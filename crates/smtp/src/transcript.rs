//! The record of a conversation, for people.

use std::fmt;

/// Lines kept; a session that goes on is counted, not kept. An ordinary delivery has 20.
const MAX_ENTRIES: usize = 1_000;

/// What both sides said, in the format of a support bundle.
///
/// `->` is what the server said, `<-` what the client said, whichever side recorded it. The octets of a message
/// are counted and not kept.
///
/// ```text
/// Connection opened: mx.example.com:25
/// -> "220 mx.example.com ESMTP\r\n"
/// <- "EHLO client.example\r\n"
/// <- (message, 312 octets)
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Transcript {
    entries: Vec<Entry>,
    left_out: usize,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Entry {
    Opened(String),
    Server(String),
    Client(String),
    Message(u64),
}

impl Transcript {
    /// Notes that a connection to `peer`, say `mx.example.com:25`, was opened.
    pub fn opened(&mut self, peer: &str) {
        self.push(|| Entry::Opened(peer.escape_debug().to_string()));
    }

    /// Adds what another transcript holds behind this one.
    pub fn append(&mut self, other: &Self) {
        for entry in &other.entries {
            self.push(|| entry.clone());
        }
        self.left_out += other.left_out;
    }

    /// Notes octets of the server; each line becomes a line of the transcript.
    pub(crate) fn server(&mut self, octets: &[u8]) {
        for line in octets.split_inclusive(|octet| *octet == b'\n') {
            self.push(|| Entry::Server(line.escape_ascii().to_string()));
        }
    }

    /// Notes a command line without its line end.
    pub(crate) fn client(&mut self, line: &[u8]) {
        self.push(|| Entry::Client(format!("{}\\r\\n", line.escape_ascii())));
    }

    /// Notes octets of a message; those that follow one another become one line.
    pub(crate) fn message(&mut self, octets: u64) {
        if let Some(Entry::Message(before)) = self.entries.last_mut() {
            *before += octets;
        } else {
            self.push(|| Entry::Message(octets));
        }
    }

    /// Its lines, without line ends.
    pub fn lines(&self) -> impl Iterator<Item = String> + '_ {
        self.entries.iter().map(ToString::to_string)
    }

    fn push(&mut self, entry: impl FnOnce() -> Entry) {
        if self.entries.len() < MAX_ENTRIES {
            self.entries.push(entry());
        } else {
            self.left_out += 1;
        }
    }
}

impl fmt::Display for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Opened(peer) => write!(f, "Connection opened: {peer}"),
            Self::Server(line) => write!(f, "-> \"{line}\""),
            Self::Client(line) => write!(f, "<- \"{line}\""),
            Self::Message(octets) => write!(f, "<- (message, {octets} octets)"),
        }
    }
}

/// One line an entry.
impl fmt::Display for Transcript {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for entry in &self.entries {
            writeln!(f, "{entry}")?;
        }
        if self.left_out > 0 {
            writeln!(f, "({} more lines)", self.left_out)?;
        }
        Ok(())
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
