//! Reply addresses by hand: to see what one says, and why one is refused.

use std::time::SystemTime;

use anyhow::{Context as _, Result, bail};
use clap::Subcommand;
use inreply::token::{Context, Day, OpenError, Opened};

use crate::config::Config;

/// Reply addresses, with the keys in DATA/keys.
#[derive(Debug, Subcommand)]
pub(crate) enum AddressCommand {
    /// Print an address.
    Mint {
        /// What is spoken of: an issue of the demo application.
        subject: u64,
        /// Who may answer: a person of the demo application.
        recipient: u64,
        /// What the address is for: reply, bounce or unsubscribe.
        #[arg(long = "for", default_value = "reply", value_name = "USE")]
        context: Context,
        /// For how many days it works; 0 for good, and 400 without it.
        #[arg(long)]
        days: Option<u16>,
    },
    /// Print what an address says: its use, key, its end, and of whom and what it speaks. Ends with 1 where it is refused, and
    /// says why.
    Open {
        /// The address, or its token alone.
        address: String,
    },
}

pub(crate) fn run(config: &Config, command: AddressCommand) -> Result<()> {
    let gate = config.gate()?;
    let today = Day::from(SystemTime::now());
    match command {
        AddressCommand::Mint {
            subject,
            recipient,
            context,
            days,
        } => {
            let addresses = match context {
                Context::Bounce => gate.bounce_addresses(),
                _ => gate.addresses(),
            };
            let ids = (subject, recipient);
            let address = match days {
                None => addresses.mint(context, ids, today)?,
                Some(days) => {
                    let until = (days > 0).then(|| today.saturating_add(days));
                    addresses.mint_until(context, ids, until)?
                }
            };
            println!("{address}");
        }
        AddressCommand::Open { address } => {
            let text = address.trim_matches(['<', '>']);
            let opened = [gate.addresses(), gate.bounce_addresses()]
                .into_iter()
                .filter(|addresses| {
                    let host = text.rsplit_once('@').map(|(_, host)| host);
                    host.is_none_or(|host| host.eq_ignore_ascii_case(addresses.host().as_str()))
                })
                .map(|addresses| addresses.open(text, today))
                .reduce(|first, second| match first {
                    Err(OpenError::Invalid) => second,
                    first => first,
                });
            let Some(opened) = opened else {
                bail!(
                    "{text} is at another host than {} and {}",
                    gate.addresses().host(),
                    gate.bounce_addresses().host()
                );
            };
            let opened = opened.with_context(|| format!("{text} is refused"))?;
            for (name, value) in facts(&opened) {
                println!("{name}: {value}");
            }
        }
    }
    Ok(())
}

/// What an address says, each with its name.
pub(crate) fn facts(opened: &Opened) -> Vec<(&'static str, String)> {
    let expires = opened.expires.map(|day| day.to_string());
    let mut facts = vec![
        ("use", opened.context.to_string()),
        ("key", opened.key_id.to_string()),
        (
            "refused from",
            expires.unwrap_or_else(|| "never".to_owned()),
        ),
    ];
    match opened.ids.pair() {
        Some((subject, recipient)) => {
            facts.push(("subject", subject.to_string()));
            facts.push(("recipient", recipient.to_string()));
        }
        None => facts.push(("ids", format!("{:?}", opened.ids))),
    }
    facts
}
