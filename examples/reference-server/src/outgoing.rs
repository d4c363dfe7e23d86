//! Sends the mails that tell senders of a refusal, and those for the operator.

use std::sync::Arc;
use std::time::Duration;

use inreply::outgoing::Outgoing;
use inreply::relay::Relay;
use inreply::smtp::client::Delivery;
use tokio::sync::{Semaphore, mpsc};
use tokio::time::sleep;

/// Mails that wait for their turn.
pub(crate) const QUEUED: usize = 100;

/// The waits between tries, for a relay that is restarted or greylists; then the mail is given up.
const WAITS: [Duration; 3] = [
    Duration::from_mins(1),
    Duration::from_mins(10),
    Duration::from_hours(1),
];

/// Mails that are sent or wait for their next try at once.
const AT_ONCE: usize = 1_000;

/// Sends them, until the server that makes them is gone.
pub(crate) async fn run(relay: Relay, mut outgoing: mpsc::Receiver<Outgoing>) {
    let (relay, room) = (Arc::new(relay), Arc::new(Semaphore::new(AT_ONCE)));
    while let Some(mail) = outgoing.recv().await {
        let Ok(permit) = Arc::clone(&room).acquire_owned().await else {
            return;
        };
        let relay = Arc::clone(&relay);
        tokio::spawn(async move {
            send(&relay, mail).await;
            drop(permit);
        });
    }
}

async fn send(relay: &Relay, mail: Outgoing) {
    let mut waits = WAITS.iter();
    loop {
        let sent = relay.send(mail.envelope.clone(), &mail.message).await;
        let (error, transient) = match sent.result {
            Ok(report) if report.is_delivered() => {
                return tracing::info!("a mail about what came in was sent");
            }
            // Who refuses such mail for good does not want it.
            Ok(report) => (
                "the relay does not take it".to_owned(),
                report.results().iter().all(Delivery::is_transient),
            ),
            Err(error) => (error.to_string(), error.is_transient()),
        };
        match waits.next() {
            Some(wait) if transient => {
                tracing::info!(error, ?wait, "a mail about what came in is tried again");
                sleep(*wait).await;
            }
            _ => return tracing::warn!(error, "a mail about what came in is given up"),
        }
    }
}
