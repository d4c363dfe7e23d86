//! Is port 25 open, and does it answer as us? One connection from the outside, as a sender would make it: connect, greeting,
//! EHLO, STARTTLS, certificate. No mail is sent.
//!
//! ```no_run
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! use inreply::probe::Probe;
//!
//! // From a machine outside: many networks let nobody out on port 25.
//! let probed = Probe::new("reply.forge.example.com", "forge.example.com").run().await?;
//! println!("{probed}");
//! assert!(probed.is_good());
//! # Ok(())
//! # }
//! ```

mod certificate;

use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use inreply_smtp::client::{Client, ClientConfig, CloseReason, Event, StartTls};
use inreply_smtp::tls::{SecureClient, TlsInfo};
use inreply_smtp::transcript::Transcript;
use inreply_smtp::wire::capability::Capabilities;
use rustls::pki_types::ServerName;
use tokio::net::{TcpStream, lookup_host};
use tokio::time::timeout;

pub use certificate::Certificate;
use certificate::Witness;

use crate::relay::wire::Wire;
use crate::tls::TlsError;

/// A look at a mail exchange.
#[derive(Debug, Clone)]
pub struct Probe {
    exchange: String,
    port: u16,
    us: String,
    connect_timeout: Duration,
}

/// What was seen.
#[derive(Debug)]
#[non_exhaustive]
pub struct Probed {
    /// The address that took the connection; the last that was tried where none did.
    pub address: Option<SocketAddr>,
    /// Why there is no connection, or none any more.
    pub failure: Option<Failure>,
    /// The greeting's first line.
    pub greeting: Option<String>,
    /// Whether the greeting names us.
    pub is_us: bool,
    /// What EHLO told.
    pub capabilities: Option<Capabilities>,
    /// The version and cipher suite of TLS.
    pub tls: Option<TlsInfo>,
    /// The certificate that the server showed.
    pub certificate: Option<Certificate>,
    /// The conversation.
    pub transcript: Transcript,
}

/// Why a look ended early.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Failure {
    /// The name has no address.
    #[error("the name has no address: {0}")]
    Lookup(io::Error),
    /// Nobody listens, or a firewall says no.
    #[error("the connection is refused")]
    Refused,
    /// No answer at all: packets are dropped on the way.
    #[error("nothing answers within {} seconds", .0.as_secs())]
    Silence(Duration),
    /// Another fault of the network.
    #[error("{0}")]
    Network(io::Error),
    /// The session did not come about.
    #[error("{0}")]
    Session(CloseReason),
}

impl Probe {
    /// A look at `exchange`, the target of an MX record, which should greet as `us`, the host of the installation.
    pub fn new(exchange: impl Into<String>, us: impl Into<String>) -> Self {
        Self {
            exchange: exchange.into(),
            port: 25,
            us: us.into(),
            connect_timeout: Duration::from_secs(10),
        }
    }

    /// The port. Defaults to 25, the one that senders know.
    #[must_use]
    pub fn port(mut self, port: u16) -> Self {
        self.port = port;
        self
    }

    /// How long one address may take to accept the connection. Defaults to 10 seconds: who has not answered by then drops the
    /// packets.
    #[must_use]
    pub fn connect_timeout(mut self, duration: Duration) -> Self {
        self.connect_timeout = duration;
        self
    }

    /// Looks.
    ///
    /// # Errors
    /// Where the certificates of the system's authorities cannot be read.
    pub async fn run(&self) -> Result<Probed, TlsError> {
        let mut probed = Probed {
            address: None,
            failure: None,
            greeting: None,
            is_us: false,
            capabilities: None,
            tls: None,
            certificate: None,
            transcript: Transcript::default(),
        };
        let (witness, tls) = Witness::config()?;
        let stream = match self.connect(&mut probed.address).await {
            Ok(stream) => stream,
            Err(failure) => {
                probed.failure = Some(failure);
                return Ok(probed);
            }
        };
        probed
            .transcript
            .opened(&format!("{}:{}", self.exchange, self.port));
        // Names that EHLO does not take are none of a host; an address literal stands in for them (RFC 5321 §4.1.4).
        let name = self.us.parse().or_else(|_| "[127.0.0.1]".parse());
        if let Ok(name) = name {
            let config = ClientConfig::new(name)
                .transcript(true)
                .starttls(StartTls::Opportunistic)
                .command_timeout(Duration::from_secs(60));
            let server = ServerName::try_from(self.exchange.clone()).ok();
            let client = Client::new(config, Instant::now());
            let mut wire = Wire::new(stream, SecureClient::new(client, Some(tls).zip(server)));
            if let Err(failure) = drive(&mut wire, &mut probed).await {
                probed.failure = Some(failure);
            }
            probed.tls = wire.client.tls().cloned();
            if let Some(said) = wire.client.take_transcript() {
                probed.transcript.append(&said);
            }
        }
        probed.certificate = witness.certificate();
        probed.greeting = greeting(&probed.transcript);
        let us = self.us.trim_end_matches('.').to_ascii_lowercase();
        let greeting = probed.greeting.as_deref().unwrap_or_default();
        let domain = greeting.get(4..).unwrap_or_default().split(' ').next();
        let domain = domain
            .unwrap_or_default()
            .trim_end_matches('.')
            .to_ascii_lowercase();
        probed.is_us = domain == us
            || domain
                .strip_suffix(&us)
                .is_some_and(|front| front.ends_with('.'));
        Ok(probed)
    }

    async fn connect(&self, tried: &mut Option<SocketAddr>) -> Result<TcpStream, Failure> {
        let addresses = lookup_host((self.exchange.as_str(), self.port)).await;
        let mut last = Failure::Lookup(io::ErrorKind::NotFound.into());
        for address in addresses.map_err(Failure::Lookup)? {
            *tried = Some(address);
            let connected = timeout(self.connect_timeout, TcpStream::connect(address)).await;
            last = match connected {
                Ok(Ok(stream)) => return Ok(stream),
                Ok(Err(error)) if error.kind() == io::ErrorKind::ConnectionRefused => {
                    Failure::Refused
                }
                Ok(Err(error)) => Failure::Network(error),
                Err(_) => Failure::Silence(self.connect_timeout),
            };
        }
        Err(last)
    }
}

/// Drives the machine until the server is ready for mail, and says goodbye.
async fn drive(wire: &mut Wire, probed: &mut Probed) -> Result<(), Failure> {
    loop {
        match wire.next_event().await.map_err(Failure::Network)? {
            Event::Ready(capabilities) => {
                probed.capabilities = Some(capabilities);
                wire.client.quit(Instant::now());
            }
            Event::Closed(CloseReason::Quit) => return Ok(()),
            // Who has said all that was asked may hang up.
            Event::Closed(_) if probed.capabilities.is_some() => return Ok(()),
            Event::Closed(reason) => return Err(Failure::Session(reason)),
            _ => {}
        }
    }
}

/// The first line that the server sent.
fn greeting(transcript: &Transcript) -> Option<String> {
    let line = transcript.lines().find(|line| line.starts_with("-> \""))?;
    let line = line.trim_start_matches("-> \"").trim_end_matches('"');
    Some(
        line.trim_end_matches("\\n")
            .trim_end_matches("\\r")
            .to_owned(),
    )
}

impl Probed {
    /// Whether senders can deliver here, and it is us. A certificate that strangers do not believe is no hindrance: senders
    /// take it all the same, unless MTA-STS or DANE says otherwise.
    pub fn is_good(&self) -> bool {
        self.failure.is_none() && self.is_us
    }

    /// What to look at, in the order of likelihood.
    pub fn hints(&self) -> Vec<&'static str> {
        match &self.failure {
            Some(Failure::Refused) => vec![
                "the server does not run, or listens on another port or on loopback only (ss -ltn)",
                "a port forwarding of a router or container leads nowhere (25:25)",
                "a firewall on the machine rejects it (nft list ruleset, ufw status)",
            ],
            Some(Failure::Silence(_)) => vec![
                "the cloud's security group or network ACL has no rule for inbound TCP 25",
                "the firewall on the machine drops it (nft list ruleset, ufw status)",
                "the provider blocks port 25 for new customers; it opens it on request",
                "this machine may not get out on port 25 itself: try from another network",
            ],
            Some(Failure::Lookup(_)) => {
                vec!["the name has no A or AAAA record: check-dns says what to add"]
            }
            Some(Failure::Session(CloseReason::Refused(_))) => {
                vec!["the server answers, but does not want this machine: a block list, or a limit"]
            }
            Some(Failure::Session(CloseReason::TlsFailed)) => {
                vec![
                    "TLS begins and fails: the certificate's files, or a proxy between that changes what is sent",
                ]
            }
            Some(Failure::Session(
                CloseReason::Eof | CloseReason::Timeout(_) | CloseReason::Protocol(_),
            )) => vec![
                "something else than a mail server listens there",
                "a load balancer accepts the connection and has no server behind it",
            ],
            Some(_) => vec!["the route between here and there"],
            None if !self.is_us => vec![
                "another mail server answers: an old one on the same machine, or a transparent proxy of the network",
                "the server says another name: set the name that it says in its greeting to the host",
            ],
            None => Vec::new(),
        }
    }
}

/// A line a step, and the hints.
impl fmt::Display for Probed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(address) = self.address {
            writeln!(f, "connect: {address}")?;
        }
        if let Some(greeting) = &self.greeting {
            let us = if self.is_us {
                "it is us"
            } else {
                "it is not us"
            };
            writeln!(f, "greeting: {greeting} ({us})")?;
        }
        if let Some(capabilities) = &self.capabilities {
            let keywords: Vec<String> = capabilities.keywords().collect();
            writeln!(f, "EHLO: {}", keywords.join(", "))?;
        }
        match (&self.tls, &self.certificate) {
            (Some(tls), Some(certificate)) => writeln!(f, "STARTTLS: {tls}; {certificate}")?,
            (Some(tls), None) => writeln!(f, "STARTTLS: {tls}")?,
            (None, _) if self.capabilities.is_some() => writeln!(f, "STARTTLS: not offered")?,
            (None, _) => {}
        }
        if let Some(failure) = &self.failure {
            writeln!(f, "failed: {failure}")?;
        }
        self.hints()
            .iter()
            .try_for_each(|hint| writeln!(f, "  look at: {hint}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpListener;

    /// A server that says what it is told, a line after each line that it gets.
    async fn server(lines: &'static [&'static str]) -> u16 {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            for line in lines {
                stream.write_all(line.as_bytes()).await.unwrap();
                let mut octets = [0; 512];
                if stream.read(&mut octets).await.unwrap_or(0) == 0 {
                    break;
                }
            }
        });
        port
    }

    #[tokio::test]
    async fn a_server_that_is_us() {
        let port = server(&[
            "220 Forge.example.com ESMTP\r\n",
            "250-forge.example.com\r\n250 SIZE 1000\r\n",
            "221 bye\r\n",
        ])
        .await;
        let probed = Probe::new("127.0.0.1", "forge.example.com")
            .port(port)
            .run()
            .await
            .unwrap();
        assert!(probed.is_good() && probed.tls.is_none(), "{probed}");
        let text = probed.to_string();
        assert!(
            text.contains("greeting: 220 Forge.example.com ESMTP (it is us)"),
            "{text}"
        );
        assert!(
            text.contains("EHLO: SIZE 1000") && text.contains("STARTTLS: not offered"),
            "{text}"
        );
    }

    #[tokio::test]
    async fn a_server_that_is_another() {
        let port = server(&[
            "220 mx.provider.example ESMTP\r\n",
            "250 mx.provider.example\r\n",
            "221 bye\r\n",
        ])
        .await;
        let probed = Probe::new("127.0.0.1", "forge.example.com")
            .port(port)
            .run()
            .await
            .unwrap();
        assert!(
            !probed.is_good() && probed.failure.is_none() && !probed.hints().is_empty(),
            "{probed}"
        );
    }

    #[tokio::test]
    async fn nobody_and_somebody_else() {
        let port = {
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            listener.local_addr().unwrap().port()
        };
        let probed = Probe::new("127.0.0.1", "forge.example.com")
            .port(port)
            .run()
            .await
            .unwrap();
        assert!(matches!(probed.failure, Some(Failure::Refused)), "{probed}");
        assert!(
            probed
                .to_string()
                .contains("look at: the server does not run")
        );
        let port = server(&["SSH-2.0-OpenSSH_9.2\r\n"]).await;
        let probed = Probe::new("127.0.0.1", "forge.example.com")
            .port(port)
            .run()
            .await
            .unwrap();
        assert!(
            matches!(probed.failure, Some(Failure::Session(_))) && !probed.is_good(),
            "{probed}"
        );
    }
}
