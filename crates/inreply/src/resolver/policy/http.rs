//! The one answer of HTTP that a policy needs: status 200, text, a body of 64 KiB at most (RFC 9112, RFC 8461 §3.3).

use std::fmt;

use memchr::memmem;

/// "The suggested maximum policy size is 64 kilobytes" (RFC 8461 §3.3).
const LARGEST_BODY: usize = 64 * 1_024;

/// The most octets before the body, and of a chunk's first line and trailer: what web servers send themselves as requests.
const LARGEST_HEAD: usize = 16 * 1_024;

/// An answer as it comes in.
#[derive(Debug)]
pub(super) struct Answer {
    pending: Vec<u8>,
    body: Vec<u8>,
    state: State,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Head,
    /// So many octets are to come.
    Sized(usize),
    ChunkSize,
    Chunk(usize),
    ChunkEnd,
    Trailer,
    /// The body ends with the connection.
    Open,
    Done,
}

/// Why there is no policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Refusal {
    /// No answer of HTTP/1.
    Malformed(&'static str),
    /// The connection ended first.
    Short,
    /// "Policies fetched via HTTPS are only valid if the HTTP response code is 200 (OK). HTTP 3xx redirects MUST NOT be
    /// followed" (§3.3).
    Status(String),
    /// More than a policy may have.
    TooLarge,
    /// "Senders SHOULD validate that the media type is \"text/plain\" to guard against cases where web servers allow
    /// untrusted users to host non-text content" (§3.2).
    Type(String),
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Malformed(what) => write!(f, "no answer of HTTP: {what}"),
            Self::Short => f.write_str("the connection ended within the answer"),
            Self::Status(status) => write!(f, "status {status:?} instead of 200"),
            Self::TooLarge => write!(f, "more than {LARGEST_BODY} octets"),
            Self::Type(kind) => write!(f, "type {kind:?} instead of text/plain"),
        }
    }
}

impl std::error::Error for Refusal {}

impl Answer {
    pub(super) fn new() -> Self {
        Self {
            pending: Vec::new(),
            body: Vec::new(),
            state: State::Head,
        }
    }

    /// Takes what came; true where the answer is complete.
    pub(super) fn push(&mut self, octets: &[u8]) -> Result<bool, Refusal> {
        self.pending.extend_from_slice(octets);
        let mut at = 0;
        while self.state != State::Done {
            let taken = self.step(at)?;
            let Some(taken) = taken else { break };
            at += taken;
        }
        self.pending.drain(..at);
        Ok(self.state == State::Done)
    }

    /// The body, once the answer is complete or the connection was closed in order.
    pub(super) fn into_body(self) -> Result<String, Refusal> {
        match self.state {
            State::Done | State::Open => String::from_utf8(self.body)
                .map_err(|_| Refusal::Malformed("a body that is no UTF-8")),
            _ => Err(Refusal::Short),
        }
    }

    /// One step from an offset of what is pending: how many octets it took, `None` where more have to come.
    fn step(&mut self, at: usize) -> Result<Option<usize>, Refusal> {
        let rest = &self.pending[at..];
        match self.state {
            State::Head => {
                let Some(end) = memmem::find(rest, b"\r\n\r\n") else {
                    return within(rest, LARGEST_HEAD);
                };
                if end > LARGEST_HEAD {
                    return Err(Refusal::TooLarge);
                }
                self.state = head(&rest[..end])?;
                Ok(Some(end + 4))
            }
            State::Sized(0) => {
                self.state = State::Done;
                Ok(Some(0))
            }
            State::ChunkSize | State::ChunkEnd | State::Trailer => {
                let Some(end) = memmem::find(rest, b"\r\n") else {
                    return within(rest, LARGEST_HEAD);
                };
                self.state = match (self.state, &rest[..end]) {
                    (State::ChunkSize, line) => match chunk_size(line)? {
                        0 => State::Trailer,
                        size => State::Chunk(size),
                    },
                    (State::ChunkEnd, []) => State::ChunkSize,
                    (State::ChunkEnd, _) => {
                        return Err(Refusal::Malformed("a chunk without its end"));
                    }
                    (_, []) => State::Done,
                    (state, _) => state,
                };
                Ok(Some(end + 2))
            }
            State::Sized(left) | State::Chunk(left) => {
                let taken = rest.len().min(left);
                if taken == 0 {
                    return Ok(None);
                }
                self.keep(at, taken)?;
                self.state = match self.state {
                    State::Sized(_) => State::Sized(left - taken),
                    _ if left == taken => State::ChunkEnd,
                    _ => State::Chunk(left - taken),
                };
                Ok(Some(taken))
            }
            State::Open => {
                let taken = rest.len();
                self.keep(at, taken)?;
                Ok((taken > 0).then_some(taken))
            }
            State::Done => Ok(None),
        }
    }

    fn keep(&mut self, at: usize, taken: usize) -> Result<(), Refusal> {
        if self.body.len() + taken > LARGEST_BODY {
            return Err(Refusal::TooLarge);
        }
        self.body.extend_from_slice(&self.pending[at..at + taken]);
        Ok(())
    }
}

fn within(rest: &[u8], limit: usize) -> Result<Option<usize>, Refusal> {
    if rest.len() > limit {
        return Err(Refusal::TooLarge);
    }
    Ok(None)
}

/// Reads status line and fields: how the body is framed (RFC 9112 §6.3).
fn head(head: &[u8]) -> Result<State, Refusal> {
    let head = std::str::from_utf8(head).map_err(|_| Refusal::Malformed("a head of bytes"))?;
    let mut lines = head.split("\r\n");
    let status = lines.next().unwrap_or_default();
    let words = status
        .strip_prefix("HTTP/1.")
        .and_then(|rest| rest.split_once(' '));
    let Some((_, code)) = words else {
        return Err(Refusal::Malformed("no status line"));
    };
    // Interim answers announce one that is yet to come (RFC 9110 §15.2).
    if code.starts_with('1') {
        return Ok(State::Head);
    }
    if code.split(' ').next() != Some("200") {
        return Err(Refusal::Status(code.to_owned()));
    }
    let (mut length, mut chunked, mut kind) = (None, false, None);
    for line in lines {
        let (name, value) = line
            .split_once(':')
            .ok_or(Refusal::Malformed("a field without a colon"))?;
        let value = value.trim();
        let is = |other: &str| name.eq_ignore_ascii_case(other);
        if is("content-length") {
            // `parse` takes a sign too.
            let digits = value.bytes().all(|b| b.is_ascii_digit());
            let said = value.parse::<usize>().ok().filter(|_| digits);
            let said = said.ok_or(Refusal::Malformed("a length that is no number"))?;
            if length.replace(said).is_some_and(|before| before != said) {
                return Err(Refusal::Malformed("two lengths"));
            }
        } else if is("transfer-encoding") {
            if !value.eq_ignore_ascii_case("chunked") {
                return Err(Refusal::Malformed("an encoding that was not asked for"));
            }
            chunked = true;
        } else if is("content-encoding") && !value.eq_ignore_ascii_case("identity") {
            return Err(Refusal::Malformed("an encoding that was not asked for"));
        } else if is("content-type") {
            kind = Some(value.to_owned());
        }
    }
    // A missing type is no text either. Parameters, charset among them, are passed over (§3.2).
    let kind = kind.unwrap_or_default();
    let bare = kind.split(';').next().unwrap_or_default().trim();
    if !bare.eq_ignore_ascii_case("text/plain") {
        return Err(Refusal::Type(kind));
    }
    match (chunked, length) {
        // Two ways to read one answer are how requests are smuggled (RFC 9112 §6.3).
        (true, Some(_)) => Err(Refusal::Malformed("a length, and chunks")),
        (true, None) => Ok(State::ChunkSize),
        (false, Some(length)) if length > LARGEST_BODY => Err(Refusal::TooLarge),
        (false, Some(length)) => Ok(State::Sized(length)),
        (false, None) => Ok(State::Open),
    }
}

/// `chunk-size [ chunk-ext ]` (RFC 9112 §7.1).
fn chunk_size(line: &[u8]) -> Result<usize, Refusal> {
    let line = std::str::from_utf8(line).unwrap_or_default();
    let digits = line.split(';').next().unwrap_or_default().trim();
    let is_hex = !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_hexdigit());
    let size = usize::from_str_radix(digits, 16).ok().filter(|_| is_hex);
    let size = size.ok_or(Refusal::Malformed("a chunk without its size"))?;
    if size > LARGEST_BODY {
        return Err(Refusal::TooLarge);
    }
    Ok(size)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Reads an answer in pieces of a size.
    fn read(answer: &[u8], step: usize) -> Result<String, Refusal> {
        let mut read = Answer::new();
        for piece in answer.chunks(step) {
            if read.push(piece)? {
                break;
            }
        }
        read.into_body()
    }

    #[test]
    fn every_framing_however_it_is_cut() {
        let text = "Content-Type: text/plain; charset=utf-8\r\n";
        let other = |kind: &str| Err(Refusal::Type(kind.to_owned()));
        let malformed = |what| Err(Refusal::Malformed(what));
        let cases: &[(String, Result<&str, Refusal>)] = &[
            (format!("HTTP/1.1 200 OK\r\n{text}\r\nab"), Ok("ab")),
            (format!("HTTP/1.0 200\r\n{text}\r\nab"), Ok("ab")),
            (
                format!("HTTP/1.1 200 OK\r\n{text}Content-Length: 2\r\n\r\nabc"),
                Ok("ab"),
            ),
            (
                format!("HTTP/1.1 200 OK\r\n{text}content-length: 0\r\n\r\n"),
                Ok(""),
            ),
            (
                format!(
                    "HTTP/1.1 200 OK\r\n{text}Transfer-Encoding: chunked\r\n\r\n2;x=y\r\nab\r\n0A\r\n0123456789\r\n0\r\nT: x\r\n\r\n"
                ),
                Ok("ab0123456789"),
            ),
            (
                format!(
                    "HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 200 OK\r\n{text}\r\nab"
                ),
                Ok("ab"),
            ),
            (
                format!("HTTP/1.1 200 OK\r\n{text}Content-Length: 3\r\n\r\nab"),
                Err(Refusal::Short),
            ),
            (
                format!("HTTP/1.1 200 OK\r\n{text}Transfer-Encoding: chunked\r\n\r\n2\r\nab\r\n"),
                Err(Refusal::Short),
            ),
            (
                "HTTP/1.1 301 Moved\r\nLocation: https://example.com/\r\n\r\n".to_owned(),
                Err(Refusal::Status("301 Moved".to_owned())),
            ),
            (
                format!("HTTP/1.1 404 Not Found\r\n{text}\r\nversion: STSv1\r\n"),
                Err(Refusal::Status("404 Not Found".to_owned())),
            ),
            (
                "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\nab".to_owned(),
                other("text/html"),
            ),
            (
                "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nab".to_owned(),
                other(""),
            ),
            (
                format!("HTTP/1.1 200 OK\r\n{text}Content-Length: 65537\r\n\r\n"),
                Err(Refusal::TooLarge),
            ),
            (
                format!(
                    "HTTP/1.1 200 OK\r\n{text}Content-Length: 1\r\nContent-Length: 2\r\n\r\nab"
                ),
                malformed("two lengths"),
            ),
            (
                format!("HTTP/1.1 200 OK\r\n{text}Content-Length: +1\r\n\r\na"),
                malformed("a length that is no number"),
            ),
            (
                format!(
                    "HTTP/1.1 200 OK\r\n{text}Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n"
                ),
                malformed("a length, and chunks"),
            ),
            (
                format!("HTTP/1.1 200 OK\r\n{text}Content-Encoding: gzip\r\n\r\n"),
                malformed("an encoding that was not asked for"),
            ),
            (
                format!("HTTP/1.1 200 OK\r\n{text}Transfer-Encoding: chunked\r\n\r\n-1\r\n"),
                malformed("a chunk without its size"),
            ),
            (
                format!("HTTP/1.1 200 OK\r\n{text}Transfer-Encoding: chunked\r\n\r\n1\r\nabc\r\n"),
                malformed("a chunk without its end"),
            ),
            (
                "version: STSv1\r\n\r\n".to_owned(),
                malformed("no status line"),
            ),
        ];
        for (answer, expected) in cases {
            for step in [1, 7, answer.len()] {
                let body = read(answer.as_bytes(), step);
                assert_eq!(
                    body.as_deref(),
                    expected.as_ref().map(|body| *body),
                    "{answer}"
                );
            }
        }
    }

    #[test]
    fn no_part_grows_without_end() {
        let head = "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n";
        let open = [format!("{head}\r\n").into_bytes(), vec![b'a'; 70_000]].concat();
        let chunk = format!("8000\r\n{}\r\n", "a".repeat(0x8000));
        let chunks = format!(
            "{head}Transfer-Encoding: chunked\r\n\r\n{}",
            chunk.repeat(3)
        );
        let fields = format!("{head}{}", "A: b\r\n".repeat(5_000));
        let size = format!(
            "{head}Transfer-Encoding: chunked\r\n\r\n{}",
            "0".repeat(20_000)
        );
        for answer in [
            &open[..],
            chunks.as_bytes(),
            fields.as_bytes(),
            size.as_bytes(),
        ] {
            assert_eq!(read(answer, 4_096), Err(Refusal::TooLarge));
        }
    }
}
