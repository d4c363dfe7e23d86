//! A relay for tests in any language that fails as the address asks: `failing-relay [ADDRESS]`, `127.0.0.1:2526` by default.
//!
//! `550@example.com` is refused, `greylist@example.com` comes the second time, `drop@example.com` ends the connection; the whole
//! vocabulary stands in `inreply::simulation`. For each message that it takes it prints a line: the connection's number, the
//! Message-ID, and the recipients.

use std::io::Write;

use inreply::mime::Message;
use inreply::simulation::SimulatedRelay;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let address = std::env::args()
        .nth(1)
        .unwrap_or_else(|| "127.0.0.1:2526".to_owned());
    let relay = SimulatedRelay::listen(&address).await?;
    loop {
        let taken = relay.next().await;
        let id = Message::parse(&taken.message).message_id();
        let recipients: Vec<String> = taken.recipients.iter().map(ToString::to_string).collect();
        println!(
            "{}\t{}\t{}",
            taken.connection,
            id.unwrap_or_default(),
            recipients.join(" ")
        );
        // A script reads along.
        std::io::stdout().flush()?;
    }
}
