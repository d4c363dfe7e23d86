//! Asks the DNS for the doctor of [`inreply_dns`]: messages of `hickory-proto` over UDP and TCP, on Tokio.
//!
//! An ordinary resolver library hides what the doctor needs: whether the answer is validated (AD), an answer in spite of bad
//! signatures (CD), the reason of a SERVFAIL (RFC 8914), and each CNAME on the way. So the messages are sent from here. Every
//! question has a socket, and with it a port, and a number of its own (RFC 5452); an answer to anything else is passed over.
//!
//! ```no_run
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! use inreply::dns::doctor::{Config, Doctor};
//! use inreply::resolver::Resolver;
//!
//! let resolver = Resolver::system()?;
//! let config = Config::new("forge.example.com")?.server(resolver.to_string());
//! println!("{}", resolver.examine(Doctor::new(config)).await);
//! # Ok(())
//! # }
//! ```

mod exchange;
mod message;
mod policy;
mod watch;

use std::fmt;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use inreply_dns::doctor::{Ask, Doctor};
use inreply_dns::lookup::{Outcome, Question};
use inreply_dns::report::Report;
use tokio::task::JoinSet;

pub use watch::{Looked, Watch};

/// Where resolvers are named.
const RESOLV_CONF: &str = "/etc/resolv.conf";

/// Recursive resolvers, and how long they may take.
#[derive(Debug, Clone)]
pub struct Resolver {
    servers: Vec<SocketAddr>,
    timeout: Duration,
    tries: usize,
    fetch_policy: bool,
}

impl Resolver {
    /// The resolver at one address.
    pub fn new(server: SocketAddr) -> Self {
        Self {
            servers: vec![server],
            timeout: Duration::from_secs(2),
            tries: 3,
            fetch_policy: false,
        }
    }

    /// The resolvers of the system, which are asked in turn.
    ///
    /// # Errors
    /// Where `/etc/resolv.conf` cannot be read, or names none.
    pub fn system() -> io::Result<Self> {
        let text = std::fs::read_to_string(RESOLV_CONF)?;
        let mut servers = servers(&text);
        let first = servers.next().ok_or_else(|| {
            io::Error::new(
                io::ErrorKind::NotFound,
                format!("{RESOLV_CONF} names no server"),
            )
        })?;
        let mut resolver = Self::new(first).fetch_policy(true);
        resolver.servers.extend(servers);
        Ok(resolver)
    }

    /// How long one try may take. Defaults to 2 seconds: a resolver that has to walk from the root takes one.
    #[must_use]
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// How often a question is sent, at each try to the next server. Defaults to 3 times: with 2 seconds each, a question
    /// takes 6 seconds at most, and so does a wave, whose questions are all on their way at once.
    #[must_use]
    pub fn tries(mut self, tries: usize) -> Self {
        self.tries = tries.max(1);
        self
    }

    /// Whether MTA-STS policies are fetched over HTTPS. Defaults to no, and to yes for the resolvers of the system: a resolver
    /// of one's own may know names that the rest of the system does not.
    #[must_use]
    pub fn fetch_policy(mut self, fetch: bool) -> Self {
        self.fetch_policy = fetch;
        self
    }

    /// Asks one question. `checking_disabled` asks for an answer whatever its signatures are (RFC 4035 §3.2.2).
    pub async fn lookup(&self, question: &Question, checking_disabled: bool) -> Outcome {
        let mut outcome = Outcome::Timeout;
        for number in 0..self.tries {
            let server = self.servers[number % self.servers.len()];
            outcome = exchange::exchange(server, question, checking_disabled, self.timeout).await;
            // What another server, or the same a moment later, may answer is asked again.
            let again = matches!(outcome, Outcome::Timeout)
                || (self.servers.len() > 1 && outcome.is_failure());
            if !again {
                break;
            }
        }
        outcome
    }

    /// Answers all that the doctor asks, each wave at once, and takes the report.
    pub async fn examine(&self, mut doctor: Doctor) -> Report {
        loop {
            let asks = doctor.asks();
            if asks.is_empty() {
                return doctor.report();
            }
            let mut answers = JoinSet::new();
            for ask in asks {
                let resolver = self.clone();
                answers.spawn(async move { resolver.answer(ask).await });
            }
            while let Some(answered) = answers.join_next().await {
                // A task that is lost leaves its question open: the report has it as a timeout.
                match answered {
                    Ok(Answered::Dns(question, checking_disabled, outcome)) => {
                        doctor.answer(question, checking_disabled, outcome);
                    }
                    Ok(Answered::Policy(domain, policy)) => doctor.fetched(domain, policy),
                    Err(_) => {}
                }
            }
        }
    }

    async fn answer(&self, ask: Ask) -> Answered {
        match ask {
            Ask::Dns {
                question,
                checking_disabled,
            } => {
                let outcome = self.lookup(&question, checking_disabled).await;
                Answered::Dns(question, checking_disabled, outcome)
            }
            Ask::Https { domain } => {
                let policy = match self.fetch_policy {
                    true => policy::fetch(&domain).await,
                    false => None,
                };
                Answered::Policy(domain, policy)
            }
        }
    }
}

/// The servers' addresses, for the evidence.
impl fmt::Display for Resolver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let servers: Vec<String> = self.servers.iter().map(ToString::to_string).collect();
        f.write_str(&servers.join(", "))
    }
}

enum Answered {
    Dns(Question, bool, Outcome),
    Policy(inreply_dns::name::Name, Option<String>),
}

/// The addresses behind `nameserver` (resolv.conf(5)).
fn servers(text: &str) -> impl Iterator<Item = SocketAddr> {
    text.lines().filter_map(|line| {
        let mut words = line.split_ascii_whitespace();
        let address: IpAddr = match (words.next(), words.next()) {
            (Some("nameserver"), Some(address)) => address.parse().ok()?,
            _ => return None,
        };
        Some(SocketAddr::new(address, 53))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_servers_of_a_file() {
        let text = "# x\nsearch example\nnameserver 192.0.2.53\n nameserver 2001:db8::53 \nnameserver x\noptions edns0\n";
        let servers: Vec<String> = servers(text).map(|server| server.to_string()).collect();
        assert_eq!(servers, ["192.0.2.53:53", "[2001:db8::53]:53"]);
    }
}
