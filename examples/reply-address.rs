//! Mints and opens reply addresses.
//!
//! ```text
//! reply-address mint --host reply.example.com --key-file token.key --subject 7 --recipient 5
//! reply-address open reply+iaavc5qh…@reply.example.com --key-file token.key
//! ```

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::SystemTime;

use clap::{Args, Parser};
use inreply_token::{Addresses, Context, Day, Host, Key, KeyId, KeyRing, Policy};

type Error = Box<dyn std::error::Error>;

/// Mints and opens reply addresses.
#[derive(Parser)]
enum Command {
    /// Prints an address.
    Mint {
        #[command(flatten)]
        secret: Secret,
        /// The domain of the address.
        #[arg(long)]
        host: Host,
        /// What is spoken of.
        #[arg(long)]
        subject: u64,
        /// Who may answer.
        #[arg(long)]
        recipient: u64,
        /// What the address is for: reply, bounce or unsubscribe.
        #[arg(long, default_value = "reply")]
        context: Context,
        /// For how many days it works; 0 for ever.
        #[arg(long, default_value_t = 400)]
        days: u16,
        /// The first day on which it works no more, in days since 1970-01-01, instead of --days.
        #[arg(long, value_parser = clap::value_parser!(u16).range(1..))]
        until: Option<u16>,
    },
    /// Prints what an address says, or why it is refused (and exits with 1).
    Open {
        #[command(flatten)]
        secret: Secret,
        /// The address.
        address: String,
    },
}

#[derive(Args)]
#[group(required = true, multiple = false)]
struct Secret {
    /// The key in hex. Other users of the machine see it: for tests only.
    #[arg(long)]
    key: Option<String>,
    /// A file with the key in hex, base64 or as it is.
    #[arg(long)]
    key_file: Option<PathBuf>,
}

fn main() -> ExitCode {
    match run(Command::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("reply-address: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(command: Command) -> Result<(), Error> {
    let today = Day::from(SystemTime::now());
    match command {
        Command::Mint {
            secret,
            host,
            subject,
            recipient,
            context,
            days,
            until,
        } => {
            let policy = Policy::default().lifetime_days(days);
            let addresses = Addresses::with_policy(host, &secret.ring()?, policy);
            let address = match until.and_then(Day::new) {
                Some(day) => addresses.mint_until(context, (subject, recipient), Some(day)),
                None => addresses.mint(context, (subject, recipient), today),
            };
            println!("{}", address?);
        }
        Command::Open { secret, address } => {
            let (_, host) = address
                .rsplit_once('@')
                .ok_or("an address has an @ and a host")?;
            let opened = Addresses::new(Host::new(host)?, &secret.ring()?).open(&address, today)?;
            println!("context: {}\nkey: {}", opened.context, opened.key_id);
            println!(
                "expires: {}",
                opened
                    .expires
                    .map_or_else(|| "never".to_owned(), |day| day.to_string())
            );
            match opened.ids.pair() {
                Some((subject, recipient)) => {
                    println!("subject: {subject}\nrecipient: {recipient}")
                }
                None => println!("ids: {:?}", opened.ids),
            }
        }
    }
    Ok(())
}

impl Secret {
    fn ring(self) -> Result<KeyRing, Error> {
        let key = match (self.key, self.key_file) {
            (Some(hex), _) => Key::from_hex(&hex)?,
            (None, Some(path)) => Key::from_file_contents(&std::fs::read(path)?)?,
            (None, None) => return Err("give --key or --key-file".into()),
        };
        Ok(KeyRing::new(KeyId(1), key))
    }
}
