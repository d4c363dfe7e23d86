//! Sends the mails that tell senders of a refusal.

use std::time::Duration;

use inreply::rejection::Rejection;
use inreply::relay::Relay;
use tokio::sync::mpsc;
use tokio::time::sleep;

/// Mails that wait for their turn.
pub(crate) const QUEUED: usize = 100;

/// The waits between tries, for a relay that is restarted or greylists; then the mail is given up.
const WAITS: [Duration; 3] = [
    Duration::from_mins(1),
    Duration::from_mins(10),
    Duration::from_hours(1),
];

/// Sends one after the other, until the server that makes them is gone.
pub(crate) async fn run(relay: Relay, mut rejections: mpsc::Receiver<Rejection>) {
    while let Some(rejection) = rejections.recv().await {
        send(&relay, rejection).await;
    }
}

async fn send(relay: &Relay, rejection: Rejection) {
    let mut waits = WAITS.iter();
    loop {
        let sent = relay
            .send(rejection.envelope.clone(), &rejection.message)
            .await;
        let error = match sent.result {
            Ok(report) if report.is_delivered() => return tracing::info!("a sender was told"),
            // Who refuses such mail does not want it.
            Ok(_) => return tracing::info!("the relay did not take a mail about a refusal"),
            Err(error) => error,
        };
        match waits.next() {
            Some(wait) if error.is_transient() => {
                tracing::info!(%error, ?wait, "a mail about a refusal is tried again");
                sleep(*wait).await;
            }
            _ => return tracing::warn!(%error, "a mail about a refusal is given up"),
        }
    }
}
