//! The relay as the lanes share it: whether it is there, and how fast it may be asked.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use inreply_smtp::client::{Delivery, Envelope, SendError};
use inreply_smtp::transcript::Transcript;
use inreply_smtp::wire::reply::ReplyCode;
use tokio::time::{Instant, sleep_until};

use super::judge::Tried;
use crate::relay::{Connection, Relay, RelayError};

/// A relay, and what is known of it.
#[derive(Debug)]
pub(super) struct Upstream {
    relay: Relay,
    state: Mutex<State>,
    pause: Duration,
    /// Between two messages.
    every: Option<Duration>,
    messages_per_connection: u32,
}

#[derive(Debug)]
struct State {
    away_until: Option<Instant>,
    why: String,
    next_message: Instant,
}

/// A connection, and how many messages it had.
#[derive(Debug)]
pub(super) struct Open {
    connection: Connection,
    messages: u32,
}

impl Open {
    pub(super) async fn quit(self) {
        if self.connection.is_open() {
            self.connection.quit().await;
        }
    }
}

/// Why a message was not tried.
#[derive(Debug)]
pub(super) enum Untried {
    /// The relay gives no session. What was said, where it was asked.
    Away(Option<Transcript>),
    /// It may be another sender's by now.
    Lost,
}

impl Upstream {
    pub(super) fn new(
        relay: Relay,
        pause: Duration,
        messages_per_minute: Option<u32>,
        messages_per_connection: u32,
    ) -> Self {
        Self {
            relay,
            state: Mutex::new(State {
                away_until: None,
                why: String::new(),
                next_message: Instant::now(),
            }),
            pause,
            every: messages_per_minute.map(|messages| Duration::from_mins(1) / messages),
            messages_per_connection,
        }
    }

    /// Whether nobody asks it just now.
    pub(super) fn is_away(&self) -> bool {
        let until = self.state().away_until;
        until.is_some_and(|until| until > Instant::now())
    }

    /// Why it gave no session when it was asked last; empty where it did.
    pub(super) fn why_away(&self) -> String {
        self.state().why.clone()
    }

    /// Sends a message on the connection that is open, or on a new one.
    ///
    /// A connection that has ended since its last message says so with the next one. The relay has not begun that one, and it
    /// goes on a new connection at once.
    ///
    /// The envelope of the `next` message may go along; that message is to be sent next, on the same connection.
    pub(super) async fn send(
        &self,
        open: &mut Option<Open>,
        envelope: &Envelope,
        message: &[u8],
        next: Option<&Envelope>,
        is_ours: impl Fn() -> bool,
    ) -> Result<(Tried, Transcript), Untried> {
        self.pace().await;
        loop {
            if self.is_away() {
                return Err(Untried::Away(None));
            }
            let (mut current, used) = match self.usable(open, envelope).await {
                Some(current) => (current, true),
                None => (self.open().await?, false),
            };
            // Not before: its place, or a relay that is slow to greet, may have taken longer than a lease.
            if !is_ours() {
                *open = Some(current);
                return Err(Untried::Lost);
            }
            current.messages = current.messages.saturating_add(1);
            // One that has to wait for its place does not go along.
            let goes_along =
                self.every.is_none() && current.messages < self.messages_per_connection;
            let sent = current
                .connection
                .send_before(envelope.clone(), message, next.filter(|_| goes_along))
                .await;
            let again = used && !sent.begun;
            let tried = match sent.result {
                Ok(report) if again && report.results().iter().any(is_the_end) => continue,
                Ok(report) => Tried::Reported(report),
                Err(RelayError::Unsuitable(SendError::NotReady)) if again => continue,
                Err(RelayError::Unsuitable(error)) => Tried::Unsuitable(error.to_string()),
                Err(_) if again => continue,
                Err(error) => Tried::Failed(error.to_string()),
            };
            *open = Some(current);
            return Ok((tried, sent.transcript));
        }
    }

    /// The open connection, where it may have this message.
    async fn usable(&self, open: &mut Option<Open>, envelope: &Envelope) -> Option<Open> {
        let current = open.take()?;
        if current.connection.is_open_for(envelope)
            && current.messages < self.messages_per_connection
        {
            return Some(current);
        }
        current.quit().await;
        None
    }

    async fn open(&self) -> Result<Open, Untried> {
        match self.relay.open().await {
            Ok(connection) => {
                self.state().why.clear();
                Ok(Open {
                    connection,
                    messages: 0,
                })
            }
            Err(sent) => {
                let said = sent.transcript;
                let why = sent.result.err().map(|error| error.to_string());
                let mut state = self.state();
                state.why = why.unwrap_or_default();
                state.away_until = Some(Instant::now() + self.pause);
                tracing::warn!(why = %state.why, pause = ?self.pause, "the relay gives no session");
                Err(Untried::Away(Some(said)))
            }
        }
    }

    /// Waits for the place of the next message.
    async fn pace(&self) {
        let Some(every) = self.every else { return };
        let place = {
            let mut state = self.state();
            let place = state.next_message.max(Instant::now());
            state.next_message = place + every;
            place
        };
        sleep_until(place).await;
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether a result is that of the connection and not of the message.
fn is_the_end(result: &Delivery) -> bool {
    match result {
        Delivery::Refused(reply) => reply.code() == ReplyCode::UNAVAILABLE,
        Delivery::Delivered(_) => false,
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use inreply_smtp::client::ClientConfig;

    #[tokio::test(start_paused = true)]
    async fn messages_are_spread_over_the_minute() {
        let relay = Relay::new(
            "relay.test",
            25,
            ClientConfig::new("a.test".parse().unwrap()),
        );
        let upstream = Upstream::new(relay, Duration::ZERO, Some(6), 1);
        let begun = Instant::now();
        for messages in 0..4 {
            upstream.pace().await;
            assert_eq!(begun.elapsed().as_secs(), messages * 10);
        }
        // Whoever was silent for long has no credit.
        tokio::time::sleep(Duration::from_mins(5)).await;
        let begun = Instant::now();
        upstream.pace().await;
        upstream.pace().await;
        assert_eq!(begun.elapsed().as_secs(), 10);
    }
}
