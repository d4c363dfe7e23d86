//! MTA-STS policies over HTTPS (RFC 8461 §3.3).

mod http;

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream, ToSocketAddrs};
use std::sync::Arc;
use std::time::{Duration, Instant};

use inreply_dns::name::Name;
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, ClientConnection, Stream};

use crate::tls::{Trust, client_config};
use http::Answer;

/// "senders may impose a timeout … a timeout of one minute is suggested" (RFC 8461 §3.3): for people who wait it is less.
const TIMEOUT: Duration = Duration::from_secs(10);

/// The policy of a domain, where it could be had.
pub(super) async fn fetch(domain: &Name) -> Option<String> {
    let domain = domain.clone();
    let fetched = tokio::task::spawn_blocking(move || {
        let config = client_config(&Trust::System).map_err(io::Error::other)?;
        Fetch::new(config).run(&domain)
    });
    // The system's resolver has a patience of its own: the caller does not wait for it.
    let fetched = tokio::time::timeout(TIMEOUT + Duration::from_secs(1), fetched).await;
    match fetched.ok()?.ok()? {
        Ok(policy) => Some(policy),
        Err(error) => {
            tracing::info!(%error, "no MTA-STS policy");
            None
        }
    }
}

/// How a policy is fetched.
struct Fetch {
    config: Arc<ClientConfig>,
    /// Instead of port 443 of the addresses of the policy's host.
    address: Option<SocketAddr>,
    timeout: Duration,
}

impl Fetch {
    fn new(config: Arc<ClientConfig>) -> Self {
        Self {
            config,
            address: None,
            timeout: TIMEOUT,
        }
    }

    /// `GET` of the well-known file, with a certificate of the host; redirects are not followed.
    fn run(&self, domain: &Name) -> io::Result<String> {
        let host = domain.child("mta-sts").map_err(io::Error::other)?;
        let host = host.as_str();
        let name = ServerName::try_from(host.to_owned()).map_err(io::Error::other)?;
        let mut connection =
            ClientConnection::new(Arc::clone(&self.config), name).map_err(io::Error::other)?;
        let mut socket = Hurried {
            until: Instant::now() + self.timeout,
            socket: None,
        };
        socket.connect(&match self.address {
            Some(address) => vec![address],
            None => (host, 443).to_socket_addrs()?.collect(),
        })?;
        let mut stream = Stream::new(&mut connection, &mut socket);
        let request = format!(
            "GET /.well-known/mta-sts.txt HTTP/1.1\r\nHost: {host}\r\nUser-Agent: inreply\r\n\
             Accept: text/plain\r\nConnection: close\r\n\r\n"
        );
        stream.write_all(request.as_bytes())?;
        let invalid = |refusal| io::Error::new(io::ErrorKind::InvalidData, refusal);
        let mut answer = Answer::new();
        let mut octets = [0; 4_096];
        loop {
            // A connection that ends without close_notify is an error here: whoever cuts it would cut the policy.
            let count = stream.read(&mut octets)?;
            if count == 0 || answer.push(&octets[..count]).map_err(invalid)? {
                return answer.into_body().map_err(invalid);
            }
        }
    }
}

/// A socket with one deadline for all that is done with it.
struct Hurried {
    until: Instant,
    socket: Option<TcpStream>,
}

impl Hurried {
    fn left(&self) -> io::Result<Duration> {
        let left = self.until.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(io::ErrorKind::TimedOut.into());
        }
        Ok(left)
    }

    /// The first of the addresses that answers.
    fn connect(&mut self, addresses: &[SocketAddr]) -> io::Result<()> {
        let mut failed = io::Error::from(io::ErrorKind::NotFound);
        for (number, address) in addresses.iter().enumerate() {
            // One that is silent leaves time for the others.
            let others = u32::try_from(addresses.len() - number).unwrap_or(u32::MAX);
            match TcpStream::connect_timeout(address, self.left()? / others) {
                Ok(socket) => {
                    self.socket = Some(socket);
                    return Ok(());
                }
                Err(error) => failed = error,
            }
        }
        Err(failed)
    }

    fn ready(&self) -> io::Result<&TcpStream> {
        let left = self.left()?;
        let socket = self
            .socket
            .as_ref()
            .ok_or_else(|| io::Error::from(io::ErrorKind::NotConnected))?;
        socket.set_read_timeout(Some(left))?;
        socket.set_write_timeout(Some(left))?;
        Ok(socket)
    }
}

impl Read for Hurried {
    fn read(&mut self, octets: &mut [u8]) -> io::Result<usize> {
        self.ready()?.read(octets)
    }
}

impl Write for Hurried {
    fn write(&mut self, octets: &[u8]) -> io::Result<usize> {
        self.ready()?.write(octets)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.ready()?.flush()
    }
}

#[cfg(test)]
mod tests;
