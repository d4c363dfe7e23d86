//! Checks the DNS records of an installation, and says what mends them.
//!
//! Exit codes: 0 pass (and warn), 1 fail (and warn with `--strict`), 3 where lookups failed, 2 usage.

use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::{Parser, ValueEnum};
use inreply::probe::Probe;
use inreply::resolver::{Resolver, Watch};
use inreply_dns::dkim::Key;
use inreply_dns::doctor::{Config, Doctor};
use inreply_dns::name::Name;
use inreply_dns::plan::Plan;
use inreply_dns::report::Report;
use inreply_dns::zone::{ZoneResolver, Zones};

/// Check the DNS records that reply-by-e-mail needs.
#[derive(Parser)]
struct Arguments {
    /// The host of the installation.
    #[arg(long)]
    host: String,
    /// Where replies come to; reply.HOST without it.
    #[arg(long)]
    reply: Option<String>,
    /// Where notifications come from; noreply.HOST without it.
    #[arg(long)]
    noreply: Option<String>,
    /// The domain in From; the no-reply domain without it.
    #[arg(long)]
    sender_domain: Option<String>,
    /// An address that mail leaves from.
    #[arg(long)]
    sending_ip: Vec<IpAddr>,
    /// SELECTOR=KEY: a selector that mail is signed with, and its public key in base64.
    #[arg(long)]
    dkim: Vec<String>,
    /// The MTA-STS policy of the reply domain, instead of fetching it.
    #[arg(long)]
    mta_sts_policy: Option<PathBuf>,
    /// IP:PORT of the resolver; the system's without it.
    #[arg(long, conflicts_with = "zone")]
    server: Option<SocketAddr>,
    /// Zone files to check before they are published; nothing is asked over the network.
    #[arg(long)]
    zone: Vec<PathBuf>,
    /// Print the records that are needed, and check nothing.
    #[arg(long)]
    plan: bool,
    /// Warnings make the exit code 1.
    #[arg(long)]
    strict: bool,
    /// Look again until all is well, for at most this many seconds.
    #[arg(long, value_name = "SECONDS", conflicts_with = "zone")]
    watch: Option<u64>,
    /// Look at port 25 of the reply domain's name too, as a sender would.
    #[arg(long, conflicts_with = "zone")]
    probe: bool,
    /// How the report is written.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

#[derive(Clone, Copy, PartialEq, ValueEnum)]
enum Format {
    /// For people.
    Text,
    /// For programs.
    Json,
    /// For continuous integration.
    Junit,
    /// For code hosts.
    Sarif,
}

const USAGE: u8 = 2;

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    match run(&arguments) {
        Ok(code) => ExitCode::from(code),
        Err(error) => {
            eprintln!("check-dns: {error}");
            ExitCode::from(USAGE)
        }
    }
}

fn run(arguments: &Arguments) -> Result<u8, Box<dyn std::error::Error>> {
    let config = config(arguments)?;
    if arguments.plan {
        let plan = Plan::of(&config);
        match arguments.format {
            Format::Text => print!("{plan}"),
            _ => {
                let rows = plan.rows();
                let rows: Vec<_> = rows.iter().map(|row| serde_json::json!({ "host": row.host, "type": row.kind, "value": row.value })).collect();
                println!("{}", serde_json::json!({ "schema": 1, "rows": rows }));
            }
        }
        return Ok(0);
    }
    let report = if arguments.zone.is_empty() {
        tokio::runtime::Runtime::new()?.block_on(over_network(config, arguments))?
    } else {
        from_files(config, &arguments.zone)?
    };
    print(&report, arguments);
    Ok(report.verdict.exit_code(arguments.strict))
}

fn print(report: &Report, arguments: &Arguments) {
    let place = arguments.zone.first().map(|path| path.to_string_lossy());
    match arguments.format {
        Format::Text => print!("{report}"),
        Format::Json => println!("{}", report.to_json()),
        Format::Junit => print!("{}", report.to_junit()),
        Format::Sarif => println!("{}", report.to_sarif(&place.unwrap_or_default())),
    }
}

async fn over_network(
    config: Config,
    arguments: &Arguments,
) -> Result<Report, Box<dyn std::error::Error>> {
    let system = |server| Ok(Resolver::new(server));
    let resolver = arguments.server.map_or_else(Resolver::system, system)?;
    let config = config.server(resolver.to_string());
    if arguments.probe {
        let exchange = config.reply().as_str();
        let probed = Probe::new(exchange, config.host().as_str()).run().await?;
        eprintln!("{probed}\n{}", probed.transcript);
    }
    let Some(seconds) = arguments.watch else {
        return Ok(resolver.examine(Doctor::new(config)).await);
    };
    let watch = Watch::default().deadline(Duration::from_secs(seconds));
    let looked = watch.run(&resolver, &config, |looked| {
        if let Some(next) = looked.next {
            let verdict = looked.report.verdict;
            eprintln!("{verdict}; the next look is in {} s", next.as_secs());
        }
    });
    Ok(looked.await)
}

fn config(arguments: &Arguments) -> Result<Config, Box<dyn std::error::Error>> {
    let name = |text: &str| Name::from_unicode(text).map_err(|error| format!("{text}: {error}"));
    let mut config = Config::new(&arguments.host)?.sending(arguments.sending_ip.iter().copied());
    if let Some(reply) = &arguments.reply {
        config = config.with_reply(name(reply)?);
    }
    if let Some(noreply) = &arguments.noreply {
        config = config.with_noreply(name(noreply)?);
    }
    if let Some(domain) = &arguments.sender_domain {
        config = config.with_sender_domain(name(domain)?);
    }
    for dkim in &arguments.dkim {
        let (selector, key) = dkim.split_once('=').unwrap_or((dkim, ""));
        let key = (!key.is_empty()).then(|| Key::from_base64(key)).transpose();
        config = config.signing(
            selector,
            key.map_err(|error| format!("--dkim {selector}: {error}"))?,
        )?;
    }
    if let Some(path) = &arguments.mta_sts_policy {
        let text = std::fs::read_to_string(path);
        config =
            config.mta_sts_policy(text.map_err(|error| format!("{}: {error}", path.display()))?);
    }
    Ok(config)
}

fn from_files(config: Config, files: &[PathBuf]) -> Result<Report, Box<dyn std::error::Error>> {
    let mut zones = Zones::default();
    for path in files {
        let said = |error: &dyn std::fmt::Display| format!("{}: {error}", path.display());
        let text = std::fs::read_to_string(path).map_err(|error| said(&error))?;
        zones.add(ZoneResolver::parse(&text).map_err(|error| said(&error))?);
    }
    Ok(zones.examine(Doctor::new(config.server("zone files"))))
}
