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

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use inreply_dns::record::Kind;
    use tokio::net::TcpListener;

    use super::*;
    use crate::resolver::Resolver;

    fn question() -> Question {
        Question::new("example.com".parse().unwrap(), Kind::Txt)
    }

    /// Answers every datagram with what `answer` makes of it.
    async fn udp(answer: impl Fn(&[u8]) -> Option<Vec<u8>> + Send + 'static) -> SocketAddr {
        let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        let address = socket.local_addr().unwrap();
        tokio::spawn(async move {
            let mut octets = [0; 2_000];
            while let Ok((length, from)) = socket.recv_from(&mut octets).await {
                if let Some(answer) = answer(&octets[..length]) {
                    let _ = socket.send_to(&answer, from).await;
                }
            }
        });
        address
    }

    /// The question as an answer without records, with these flags in its third octet.
    fn echo(question: &[u8], flags: u8) -> Vec<u8> {
        let mut answer = question.to_vec();
        answer[2] |= 0x80 | flags;
        answer
    }

    #[tokio::test]
    async fn silence_takes_one_budget_however_many_questions_there_are() {
        let server = udp(|_| None).await;
        let resolver = Resolver::new(server)
            .timeout(Duration::from_millis(50))
            .tries(2);
        let begun = Instant::now();
        let report = resolver
            .examine(inreply_dns::doctor::Doctor::new(
                inreply_dns::doctor::Config::new("forge.example.com").unwrap(),
            ))
            .await;
        assert_eq!(report.findings[0].code.as_str(), "dns.resolver_unusable");
        assert!(
            begun.elapsed() < Duration::from_millis(400),
            "{:?}",
            begun.elapsed()
        );
    }

    #[tokio::test]
    async fn a_lost_datagram_is_sent_again() {
        let lost = std::sync::atomic::AtomicBool::new(false);
        let server = udp(move |question| {
            lost.swap(true, std::sync::atomic::Ordering::Relaxed)
                .then(|| echo(question, 0))
        })
        .await;
        let resolver = Resolver::new(server).timeout(Duration::from_millis(200));
        assert!(matches!(
            resolver.lookup(&question(), false).await,
            Outcome::NoData(_)
        ));
    }

    #[tokio::test]
    async fn what_is_cut_is_asked_for_over_tcp() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        // The same port for both.
        let socket = UdpSocket::bind(address).await.unwrap();
        tokio::spawn(async move {
            let mut octets = [0; 2_000];
            while let Ok((length, from)) = socket.recv_from(&mut octets).await {
                let _ = socket.send_to(&echo(&octets[..length], 0x02), from).await;
            }
        });
        let served = tokio::spawn(async move {
            // The first connection is closed without a word; the second is answered.
            drop(listener.accept().await.unwrap());
            let (mut stream, _) = listener.accept().await.unwrap();
            let length = stream.read_u16().await.unwrap();
            let mut octets = vec![0; usize::from(length)];
            stream.read_exact(&mut octets).await.unwrap();
            stream.write_u16(length).await.unwrap();
            stream.write_all(&echo(&octets, 0)).await.unwrap();
            stream
        });
        let resolver = Resolver::new(address).timeout(Duration::from_secs(2));
        assert!(matches!(
            resolver.lookup(&question(), false).await,
            Outcome::Truncated(_)
        ));
        let Outcome::NoData(section) = resolver.lookup(&question(), false).await else {
            panic!("no answer over TCP");
        };
        assert!(section.large);
        drop(served.await);
    }
}
