//! Sends a message from standard input through `inreply::relay`, and says what became of it.
//!
//! Exit codes are those of sysexits: 0 delivered, 75 try again later, 69 refused for good, 2 usage.

use std::io::Read;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;
use inreply::relay::{Relay, Sent};
use inreply::smtp::client::{ClientConfig, Delivery, Envelope};

/// The temporary failure of sysexits.
const TEMPFAIL: u8 = 75;
/// The permanent one.
const UNAVAILABLE: u8 = 69;

/// Send the message on standard input.
#[derive(Parser)]
struct Arguments {
    /// HOST:PORT of the server.
    #[arg(long)]
    server: String,
    /// The name in EHLO.
    #[arg(long, default_value = "localhost")]
    helo: String,
    /// The sender, empty for <>.
    #[arg(long)]
    from: String,
    /// A recipient; several are given by repeating it.
    #[arg(long, required = true)]
    to: Vec<String>,
    /// Write the conversation to this file.
    #[arg(long)]
    transcript: Option<PathBuf>,
}

#[tokio::main]
async fn main() -> Result<ExitCode, Box<dyn std::error::Error>> {
    let arguments = Arguments::parse();
    let mut message = Vec::new();
    std::io::stdin().read_to_end(&mut message)?;
    let (host, port) = arguments
        .server
        .rsplit_once(':')
        .ok_or("--server wants HOST:PORT")?;
    let envelope = Envelope::new(format!("<{}>", arguments.from).parse()?)
        .octets(message.len() as u64)
        .eight_bit(!message.is_ascii());
    let envelope = arguments.to.iter().try_fold(envelope, |envelope, to| {
        format!("<{to}>").parse().map(|to| envelope.to(to))
    })?;

    let host = host.trim_start_matches('[').trim_end_matches(']');
    let relay = Relay::new(host, port.parse()?, ClientConfig::new(arguments.helo.parse()?));
    let Sent {
        result, transcript, ..
    } = relay.send(envelope, &message).await;
    if let Some(path) = arguments.transcript {
        std::fs::write(path, transcript.to_string())?;
    }
    let report = match result {
        Ok(report) => report,
        Err(error) => {
            eprintln!("not delivered: {error}");
            return Ok(ExitCode::from(if error.is_transient() {
                TEMPFAIL
            } else {
                UNAVAILABLE
            }));
        }
    };
    let mut code = 0;
    for (to, delivery) in arguments.to.iter().zip(report.results()) {
        match delivery {
            Delivery::Delivered(reply) => println!("{to}: {}", reply.to_string().trim_end()),
            Delivery::Refused(reply) => eprintln!("{to}: {}", reply.to_string().trim_end()),
            other => eprintln!("{to}: {other:?}"),
        }
        // A recipient worth another try decides the code: the caller queues, and those that are done are done.
        code = match delivery {
            Delivery::Delivered(_) => code,
            delivery if delivery.is_transient() => TEMPFAIL,
            _ if code == 0 => UNAVAILABLE,
            _ => code,
        };
    }
    Ok(ExitCode::from(code))
}
