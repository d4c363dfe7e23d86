//! One question to one server: over UDP, and over TCP where the answer does not fit.

use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use inreply_dns::lookup::{Outcome, Question, Reason};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpStream, UdpSocket};
use tokio::time::timeout;

use super::message::{Said, query, read};

/// Room for a datagram; servers that do not mind the size asked for send up to this.
const DATAGRAM: usize = 4_096;

/// Asks, for at most `limit` over UDP and the same over TCP.
pub(super) async fn exchange(
    server: SocketAddr,
    question: &Question,
    checking_disabled: bool,
    limit: Duration,
) -> Outcome {
    let mut with_edns = true;
    loop {
        let udp = over_udp(server, question, checking_disabled, with_edns);
        return match timeout(limit, udp).await {
            Ok(Ok(Said::Outcome(outcome))) => outcome,
            Ok(Ok(Said::NoEdns)) if with_edns => {
                with_edns = false;
                continue;
            }
            Ok(Ok(Said::NoEdns)) => Outcome::Malformed(Reason("FORMERR".to_owned())),
            Ok(Ok(Said::Cut)) => {
                let tcp = over_tcp(server, question, checking_disabled, with_edns);
                match timeout(limit, tcp).await {
                    Ok(Ok(Said::Outcome(outcome))) => outcome,
                    Ok(Ok(_)) => {
                        Outcome::Malformed(Reason("an answer to something else".to_owned()))
                    }
                    Ok(Err(error)) => Outcome::Truncated(Reason(error.to_string())),
                    Err(_) => Outcome::Truncated(Reason("timeout".to_owned())),
                }
            }
            // Nobody listens, or no way leads there: no answer, like silence.
            Ok(Ok(Said::Nothing) | Err(_)) | Err(_) => Outcome::Timeout,
        };
    }
}

async fn over_udp(
    server: SocketAddr,
    question: &Question,
    checking_disabled: bool,
    with_edns: bool,
) -> io::Result<Said> {
    let id = number()?;
    let Some(message) = query(id, question, checking_disabled, with_edns) else {
        return Ok(no_such_name());
    };
    let any: SocketAddr = match server {
        SocketAddr::V4(_) => (Ipv4Addr::UNSPECIFIED, 0).into(),
        SocketAddr::V6(_) => (Ipv6Addr::UNSPECIFIED, 0).into(),
    };
    let socket = UdpSocket::bind(any).await?;
    socket.connect(server).await?;
    socket.send(&message).await?;
    let mut datagram = vec![0; DATAGRAM];
    loop {
        let length = socket.recv(&mut datagram).await?;
        match read(&datagram[..length], id, question, false) {
            Said::Nothing => {}
            said => return Ok(said),
        }
    }
}

async fn over_tcp(
    server: SocketAddr,
    question: &Question,
    checking_disabled: bool,
    with_edns: bool,
) -> io::Result<Said> {
    let id = number()?;
    let Some(message) = query(id, question, checking_disabled, with_edns) else {
        return Ok(no_such_name());
    };
    let mut stream = TcpStream::connect(server).await?;
    // RFC 1035 §4.2.2: two octets of length before the message; RFC 7766 §8 wants them in one write.
    let length = u16::try_from(message.len()).map_err(io::Error::other)?;
    let framed = [&length.to_be_bytes()[..], &message].concat();
    stream.write_all(&framed).await?;
    let length = stream.read_u16().await?;
    let mut message = vec![0; usize::from(length)];
    stream.read_exact(&mut message).await?;
    Ok(read(&message, id, question, true))
}

fn no_such_name() -> Said {
    Said::Outcome(Outcome::Malformed(Reason(
        "no name that a message holds".to_owned(),
    )))
}

/// A number that nobody can guess (RFC 5452 §9.2).
fn number() -> io::Result<u16> {
    let mut octets = [0; 2];
    getrandom::fill(&mut octets).map_err(|error| io::Error::other(error.to_string()))?;
    Ok(u16::from_be_bytes(octets))
}
