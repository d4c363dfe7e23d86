//! Sends a message from standard input through `inreply::relay`, and says what became of it.
//!
//! Exit codes are those of sysexits: 0 delivered, 75 try again later, 69 refused for good, 2 usage.

use std::io::Read;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, ValueEnum};
use inreply::relay::{Relay, Security, Sent};
use inreply::smtp::client::{ClientConfig, Credentials, Delivery, Envelope};
use inreply::smtp::secret::Secret;
use inreply::smtp::wire::sasl::Mechanism;
use inreply::tls::Trust;

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
    /// Whether and how the session is encrypted.
    #[arg(long, value_enum, default_value_t = Tls::Opportunistic)]
    tls: Tls,
    /// The authorities whose certificates count, in PEM; the system's without it.
    #[arg(long)]
    ca: Option<PathBuf>,
    /// The mechanism of AUTH, say PLAIN; the best one offered without it.
    #[arg(long, requires = "user")]
    auth: Option<String>,
    /// The user of AUTH.
    #[arg(long, requires = "password_file")]
    user: Option<String>,
    /// A file with the user's password, or with the token of XOAUTH2 and OAUTHBEARER.
    #[arg(long, requires = "user")]
    password_file: Option<PathBuf>,
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

#[derive(Clone, Copy, ValueEnum)]
enum Tls {
    /// Never.
    None,
    /// Where the server offers it.
    Opportunistic,
    /// Or the message is not sent.
    Required,
    /// From the first octet.
    Implicit,
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
    let mut client = ClientConfig::new(arguments.helo.parse()?);
    if let (Some(user), Some(file)) = (arguments.user, arguments.password_file) {
        let text = std::fs::read_to_string(file)?;
        let secret = Secret::new(text.trim_end_matches(['\r', '\n']));
        let mechanism = arguments
            .auth
            .map(|name| name.parse::<Mechanism>())
            .transpose()?;
        client = client.auth(match mechanism {
            Some(mechanism @ (Mechanism::XOAuth2 | Mechanism::OAuthBearer)) => {
                Credentials::token(user, secret).mechanism(mechanism)
            }
            Some(mechanism) => Credentials::password(user, secret).mechanism(mechanism),
            None => Credentials::password(user, secret),
        });
    }
    let security = match arguments.tls {
        Tls::None => Security::None,
        Tls::Opportunistic => Security::Opportunistic,
        Tls::Required => Security::Required,
        Tls::Implicit => Security::Implicit,
    };
    let trust = arguments.ca.map_or(Trust::System, Trust::File);
    let relay = Relay::new(host, port.parse()?, client).security(security, &trust)?;
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
