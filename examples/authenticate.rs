//! Says whether the domain in From vouches for a message.
//!
//! `authenticate --client IP [--helo NAME] [--sender MAILBOX] [--id NAME] [--server IP:PORT | --zone FILE…] < MESSAGE` prints the
//! field `Authentication-Results`, and exits 0 where DMARC passes, 1 where it does not. Without `--server` and `--zone` the
//! resolvers of the system are asked.

use std::error::Error;
use std::io::{self, Read};
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::SystemTime;

use clap::Parser;
use inreply::auth::{Arriving, AuthResult, Authentication, Authenticator, AuthservId, Limits};
use inreply::resolver::Resolver;
use inreply_dns::zone::{ZoneResolver, Zones};

#[derive(Parser)]
#[command(about = "Says whether the domain in From vouches for a message")]
struct Arguments {
    /// Where the message came from.
    #[arg(long)]
    client: IpAddr,
    /// What that called itself.
    #[arg(long, default_value = "localhost")]
    helo: String,
    /// The mailbox in MAIL FROM; empty for a bounce.
    #[arg(long, default_value = "")]
    sender: String,
    /// Under which name the results are written.
    #[arg(long, default_value = "localhost")]
    id: AuthservId,
    /// The resolver to ask.
    #[arg(long, conflicts_with = "zone")]
    server: Option<SocketAddr>,
    /// Zone files to look into instead.
    #[arg(long)]
    zone: Vec<PathBuf>,
}

fn main() -> Result<ExitCode, Box<dyn Error>> {
    let arguments = Arguments::parse();
    let mut message = Vec::new();
    io::stdin().read_to_end(&mut message)?;
    let verdicts = if arguments.zone.is_empty() {
        let resolver = match arguments.server {
            Some(server) => Resolver::new(server),
            None => Resolver::system()?,
        };
        let authenticator = Authenticator::new(arguments.id.clone(), resolver);
        let found = authenticator.authenticate(
            arguments.client,
            &arguments.helo,
            &arguments.sender,
            SystemTime::now(),
            message.into(),
        );
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .enable_all()
            .build()?;
        runtime.block_on(found)?.verdicts
    } else {
        let mut zones = Zones::default();
        for path in &arguments.zone {
            zones.add(ZoneResolver::parse(&std::fs::read_to_string(path)?)?);
        }
        let arriving = Arriving {
            client: arguments.client,
            hello: &arguments.helo,
            sender: &arguments.sender,
            receiver: arguments.id.as_str(),
            received_at: SystemTime::now(),
            message: &message,
        };
        let mut authentication = Authentication::new(&arriving, &Limits::default());
        loop {
            let asks = authentication.asks();
            if asks.is_empty() {
                break authentication.into_verdicts();
            }
            for question in asks {
                let outcome = zones.lookup(&question);
                authentication.answer(question, outcome);
            }
        }
    };
    print!("{}", verdicts.to_field(&arguments.id).replace("\r\n", "\n"));
    Ok(match verdicts.dmarc.result {
        AuthResult::Pass => ExitCode::SUCCESS,
        _ => ExitCode::from(1),
    })
}
