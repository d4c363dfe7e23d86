//! The DNS records by themselves: live, watched, or in zone files.

use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use anstream::{print, println};
use anyhow::{Context, Result};
use clap::{Args, ValueEnum};
use inreply::dns::doctor::Doctor;
use inreply::dns::report::Report;
use inreply::dns::zone::{ZoneResolver, Zones};
use inreply::resolver::Watch;

use crate::config::Config;

/// How the DNS report is written.
#[derive(Debug, Clone, Copy, PartialEq, ValueEnum)]
pub(crate) enum Format {
    /// For people.
    Text,
    /// For programs.
    Json,
}

/// How DNS is checked.
#[derive(Debug, Args)]
pub(crate) struct DnsArguments {
    /// An address that mail leaves from, where it is not that of the host.
    #[arg(long = "sending-ip", value_name = "IP")]
    sending: Vec<std::net::IpAddr>,
    /// Zone files to check before they are published; nothing is asked over the network.
    #[arg(long = "zone", value_name = "FILE")]
    zones: Vec<std::path::PathBuf>,
    /// Look again until all is well, for at most this many seconds.
    #[arg(long, value_name = "SECONDS", conflicts_with = "zones")]
    watch: Option<u64>,
    /// Warnings end with 1.
    #[arg(long)]
    strict: bool,
    /// How the report is written.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

/// The DNS records, in full.
pub(crate) async fn run(config: &Config, arguments: &DnsArguments) -> Result<ExitCode> {
    let doctor = config.doctor()?.sending(arguments.sending.iter().copied());
    let report = if arguments.zones.is_empty() {
        let resolver = config.resolver()?;
        let doctor = doctor.server(resolver.to_string());
        match arguments.watch {
            None => resolver.examine(Doctor::new(doctor)).await,
            Some(seconds) => {
                let watch = Watch::default().deadline(Duration::from_secs(seconds));
                let looked = watch.run(&resolver, &doctor, |looked| {
                    if let Some(next) = looked.next {
                        let verdict = looked.report.verdict;
                        eprintln!("{verdict}; the next look is in {} s", next.as_secs());
                    }
                });
                looked.await
            }
        }
    } else {
        let mut zones = Zones::default();
        for path in &arguments.zones {
            zones.add(zone(path)?);
        }
        zones.examine(Doctor::new(doctor.server("zone files")))
    };
    show(&report, arguments.format);
    Ok(report.verdict.exit_code(arguments.strict).into())
}

fn zone(path: &Path) -> Result<ZoneResolver> {
    let read = || anyhow::Ok(ZoneResolver::parse(&std::fs::read_to_string(path)?)?);
    read().with_context(|| format!("{}", path.display()))
}

fn show(report: &Report, format: Format) {
    match format {
        Format::Text => print!("{report}"),
        Format::Json => println!("{}", report.to_json()),
    }
}
