//! Asks the DNS for [`Authentication`], on Tokio.

use std::io;
use std::net::IpAddr;
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use inreply_mime::Message;
use ipnet::IpNet;
use tokio::task::{JoinSet, spawn_blocking};
use tokio::time::{Instant, timeout_at};

use super::authentication::{Arriving, Authentication, Limits};
use super::results::AuthservId;
use super::verdicts::Verdicts;
use crate::resolver::Resolver;

/// Finds the [`Verdicts`] on incoming messages.
///
/// ```no_run
/// # fn example() -> Result<(), Box<dyn std::error::Error>> {
/// use inreply::auth::Authenticator;
/// use inreply::receiver::Options;
/// use inreply::resolver::Resolver;
///
/// let authenticator = Authenticator::new("reply.forge.example".parse()?, Resolver::system()?)
///     // The relay in front of us has looked already.
///     .trust("192.0.2.0/28".parse()?, "mx.forge.example".parse()?);
/// let mut options = Options::default();
/// options.authenticator = Some(authenticator);
/// // Receiver::with(gate, spool, inbox, options), and Senders::OnlyAuthenticated from the inbox.
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct Authenticator {
    id: AuthservId,
    resolver: Resolver,
    edges: Vec<(IpNet, AuthservId)>,
    limits: Limits,
    deadline: Duration,
}

/// A message that was looked at.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Authenticated {
    /// What was found.
    pub verdicts: Verdicts,
    /// The same as a field `Authentication-Results`, folded, with its CRLF, to stand above the message.
    pub field: String,
    /// The message without fields that claim to be that.
    pub message: Bytes,
}

impl Authenticator {
    /// Results are written under `id`, by convention the name of the host that receives.
    pub fn new(id: AuthservId, resolver: Resolver) -> Self {
        Self {
            id,
            resolver,
            edges: Vec::new(),
            limits: Limits::default(),
            deadline: Duration::from_secs(20),
        }
    }

    /// Believes what a server in `network` has found and written under `id`: it stood at the edge, and saw the client that we do
    /// not see. Nothing is looked up for its messages.
    ///
    /// **It must remove such fields from what strangers send it** (RFC 8601 §5), or whoever writes one through it is believed.
    #[must_use]
    pub fn trust(mut self, network: IpNet, id: AuthservId) -> Self {
        self.edges.push((network, id));
        self
    }

    /// What one message may cost.
    #[must_use]
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// How long all the questions of one message may take; what is not known then counts as a lookup that failed. Defaults to
    /// 20 seconds: the client waits at its final dot, ten minutes by RFC 5321 §4.5.3.2.6, and one in practice.
    #[must_use]
    pub fn deadline(mut self, deadline: Duration) -> Self {
        self.deadline = deadline;
        self
    }

    /// Under which name results are written.
    pub fn id(&self) -> &AuthservId {
        &self.id
    }

    /// Looks at a message: from `client`, which called itself `hello`, for the mailbox `sender`, empty for a bounce.
    ///
    /// # Errors
    /// Where the runtime loses the thread that it is read on.
    pub async fn authenticate(
        &self,
        client: IpAddr,
        hello: &str,
        sender: &str,
        received_at: SystemTime,
        message: Bytes,
    ) -> io::Result<Authenticated> {
        let client = client.to_canonical();
        let edge = self.edges.iter().find(|(net, _)| net.contains(&client));
        let verdicts = match edge.cloned() {
            Some((_, edge)) => {
                let message = message.clone();
                spawn_blocking(move || Verdicts::of_edge(&Message::parse(&message), &edge)).await?
            }
            None => {
                let (hello, sender) = (hello.to_owned(), sender.to_owned());
                let (receiver, limits) = (self.id.as_str().to_owned(), self.limits);
                let message = message.clone();
                let begun = spawn_blocking(move || {
                    let arriving = Arriving {
                        client,
                        hello: &hello,
                        sender: &sender,
                        receiver: &receiver,
                        received_at,
                        message: &message,
                    };
                    Authentication::new(&arriving, &limits)
                });
                self.ask(begun.await?).await?
            }
        };
        let field = verdicts.to_field(&self.id);
        let id = self.id.clone();
        let message = spawn_blocking(move || match id.without_claims(&message) {
            std::borrow::Cow::Borrowed(_) => message,
            std::borrow::Cow::Owned(kept) => Bytes::from(kept),
        });
        Ok(Authenticated {
            verdicts,
            field,
            message: message.await?,
        })
    }

    /// Answers all that is asked, each wave at once, until the deadline.
    async fn ask(&self, mut authentication: Authentication) -> io::Result<Verdicts> {
        let until = Instant::now() + self.deadline;
        loop {
            // Between the questions there are signatures to be verified.
            let step = spawn_blocking(move || {
                let asks = authentication.asks();
                (authentication, asks)
            });
            let (machine, asks) = step.await?;
            authentication = machine;
            if asks.is_empty() {
                break;
            }
            let mut answers = JoinSet::new();
            for question in asks {
                let resolver = self.resolver.clone();
                answers.spawn(async move {
                    let outcome = resolver.lookup(&question, false).await;
                    (question, outcome)
                });
            }
            while let Ok(Some(answered)) = timeout_at(until, answers.join_next()).await {
                // A task that is lost leaves its question open, which counts as a lookup that failed.
                if let Ok((question, outcome)) = answered {
                    authentication.answer(question, outcome);
                }
            }
            if Instant::now() >= until {
                tracing::warn!("the DNS did not answer in time, authentication stays open");
                break;
            }
        }
        Ok(spawn_blocking(move || authentication.into_verdicts()).await?)
    }
}

#[cfg(test)]
mod tests {
    use std::net::SocketAddr;

    use super::*;
    use crate::auth::AuthResult;

    const MESSAGE: &[u8] =
        b"Authentication-Results: reply.forge.example; dmarc=pass header.from=example.com\r\n\
        Authentication-Results: mx.forge.example; dmarc=pass header.from=example.com\r\n\
        From: ann@example.com\r\n\r\nHi.\r\n";

    /// A resolver that nobody answers for.
    fn authenticator() -> Authenticator {
        let nowhere = SocketAddr::from(([127, 0, 0, 1], 9));
        let resolver = Resolver::new(nowhere)
            .timeout(Duration::from_millis(50))
            .tries(1);
        Authenticator::new("reply.forge.example".parse().unwrap(), resolver)
            .trust(
                "192.0.2.0/28".parse().unwrap(),
                "mx.forge.example".parse().unwrap(),
            )
            .deadline(Duration::from_millis(500))
    }

    async fn look(client: &str) -> Authenticated {
        authenticator()
            .authenticate(
                client.parse().unwrap(),
                "mx.example.net",
                "ann@example.com",
                SystemTime::now(),
                Bytes::from_static(MESSAGE),
            )
            .await
            .unwrap()
    }

    #[tokio::test]
    async fn a_trusted_edge_is_believed_and_a_claim_is_not() {
        for client in ["192.0.2.15", "::ffff:192.0.2.1"] {
            let found = look(client).await;
            assert!(found.verdicts.authenticates("ann@example.com"));
            assert!(found.field.contains("dmarc=pass header.from=example.com"));
            let kept = String::from_utf8(found.message.to_vec()).unwrap();
            assert!(!kept.contains("reply.forge.example") && kept.contains("mx.forge.example"));
        }
        let found = look("192.0.2.16").await;
        assert_eq!(found.verdicts.dmarc.result, AuthResult::TempError);
        assert!(!found.verdicts.authenticates("ann@example.com"));
        assert!(
            !found
                .message
                .windows(19)
                .any(|part| part == b"reply.forge.example")
        );
    }
}
