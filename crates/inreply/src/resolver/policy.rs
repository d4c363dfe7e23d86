//! MTA-STS policies over HTTPS (RFC 8461 §3.3).

use std::io::{self, Read, Write};
use std::net::{TcpStream, ToSocketAddrs};
use std::sync::Arc;
use std::time::Duration;

use inreply_dns::name::Name;
use rustls::pki_types::ServerName;
use rustls::{ClientConnection, Stream};

use crate::tls::{Trust, client_config};

/// "senders may impose a timeout … a timeout of one minute is suggested" (RFC 8461 §3.3): for people who wait it is less.
const TIMEOUT: Duration = Duration::from_secs(10);

/// The largest file: "suggested maximum policy size: 64 kilobytes" (RFC 8461 §3.3), and the head before it.
const LARGEST: u64 = 80 * 1_024;

/// The policy of a domain, where it could be had.
pub(super) async fn fetch(domain: &Name) -> Option<String> {
    let host = domain.child("mta-sts").ok()?;
    let fetched = tokio::task::spawn_blocking(move || get(host.as_str()));
    fetched.await.ok()?.ok()
}

/// `GET` of the well-known file, with a certificate of the host; redirects are not followed.
fn get(host: &str) -> io::Result<String> {
    let config = client_config(&Trust::System).map_err(io::Error::other)?;
    let name = ServerName::try_from(host.to_owned()).map_err(io::Error::other)?;
    let mut connection =
        ClientConnection::new(Arc::clone(&config), name).map_err(io::Error::other)?;
    let address = (host, 443).to_socket_addrs()?.next();
    let address = address.ok_or_else(|| io::Error::from(io::ErrorKind::NotFound))?;
    let mut socket = TcpStream::connect_timeout(&address, TIMEOUT)?;
    socket.set_read_timeout(Some(TIMEOUT))?;
    socket.set_write_timeout(Some(TIMEOUT))?;
    let mut stream = Stream::new(&mut connection, &mut socket);
    // HTTP/1.0: the body ends with the connection, and comes in one piece.
    let request = format!(
        "GET /.well-known/mta-sts.txt HTTP/1.0\r\nHost: {host}\r\nConnection: close\r\n\r\n"
    );
    stream.write_all(request.as_bytes())?;
    let mut answer = Vec::new();
    stream.take(LARGEST).read_to_end(&mut answer)?;
    body(&String::from_utf8_lossy(&answer))
        .ok_or_else(|| io::Error::from(io::ErrorKind::InvalidData))
}

/// The body of an answer with status 200.
fn body(answer: &str) -> Option<String> {
    let (head, body) = answer.split_once("\r\n\r\n")?;
    let status = head.lines().next()?;
    let mut words = status.split(' ');
    let is_http = words.next()?.starts_with("HTTP/1.");
    (is_http && words.next()? == "200").then(|| body.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_success_has_a_policy() {
        let answer = |status: &str| {
            body(&format!(
                "HTTP/1.1 {status}\r\nA: b\r\n\r\nversion: STSv1\r\n"
            ))
        };
        assert_eq!(answer("200 OK").as_deref(), Some("version: STSv1\r\n"));
        assert_eq!(answer("301 Moved"), None);
        assert_eq!(body("version: STSv1\r\n\r\n"), None);
    }
}
