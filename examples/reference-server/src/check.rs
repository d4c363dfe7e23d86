//! Is it as it should be? Everything that can be looked at before mail is lost, in one go.

use std::fmt::Display;
use std::path::Path;
use std::process::ExitCode;
use std::time::{Duration, SystemTime};

use anstream::{print, println};
use anstyle::{AnsiColor, Style};
use anyhow::{Context, Result};
use clap::{Args, ValueEnum};
use inreply::dns::doctor::{Doctor, Severity};
use inreply::dns::report::{Report, Verdict};
use inreply::dns::zone::{ZoneResolver, Zones};
use inreply::postgres::{PgConfig, PgSpool};
use inreply::probe::{Certificate, Probe};
use inreply::resolver::Watch;
use inreply::spool::{Maildir, Spool};
use jiff::Timestamp;

use crate::config::Config;

/// A certificate that ends sooner should have been renewed: Let's Encrypt renews 30 days before.
const RENEWED: Duration = Duration::from_hours(24 * 14);

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

/// What was found, a line each, and what it comes to.
#[derive(Default)]
struct Findings {
    faults: usize,
    warnings: usize,
    unknown: usize,
}

impl Findings {
    fn say(&mut self, severity: Option<Severity>, what: &str, says: impl Display) {
        let (word, color) = match severity {
            Some(Severity::Error) => ("FAULT", AnsiColor::Red),
            Some(Severity::Warning) => ("warning", AnsiColor::Yellow),
            Some(Severity::Unknown) => ("unknown", AnsiColor::Magenta),
            _ => ("ok", AnsiColor::Green),
        };
        match severity {
            Some(Severity::Error) => self.faults += 1,
            Some(Severity::Warning) => self.warnings += 1,
            Some(Severity::Unknown) => self.unknown += 1,
            _ => {}
        }
        let style = Style::new().fg_color(Some(color.into()));
        println!("{style}{word:<8}{style:#} {what:<24} {says}");
    }

    /// A part that can be made, or not.
    fn part<T>(&mut self, what: &str, made: Result<T>, says: impl FnOnce(T) -> String) {
        match made {
            Ok(made) => self.say(None, what, says(made)),
            Err(error) => self.say(Some(Severity::Error), what, format_args!("{error:#}")),
        }
    }

    fn end(&self) -> ExitCode {
        let Self {
            faults,
            warnings,
            unknown,
        } = self;
        println!("\n{faults} faults, {warnings} warnings, {unknown} unknown");
        match (faults, unknown) {
            (0, 0) => ExitCode::SUCCESS,
            (0, _) => Verdict::Indeterminate.exit_code(false).into(),
            _ => ExitCode::FAILURE,
        }
    }
}

/// Looks at the files, and with `network` at DNS and port 25 as well.
pub(crate) async fn run(path: Option<&Path>, network: bool) -> Result<ExitCode> {
    let mut found = Findings::default();
    let config = match Config::read(path) {
        Ok(config) => config,
        Err(error) => {
            found.say(Some(Severity::Error), "config", format_args!("{error:#}"));
            return Ok(found.end());
        }
    };
    files(&config, path, &mut found);
    spool(&config, network, &mut found).await;
    if network && config.site().is_ok() {
        dns(&config, &mut found).await;
        port_25(&config, &mut found).await;
    }
    Ok(found.end())
}

/// What the config says, and the files that it names.
fn files(config: &Config, path: Option<&Path>, found: &mut Findings) {
    let site = config.site().and_then(|site| {
        config.outbox()?;
        config.operator()?;
        config.authenticator()?;
        Ok(site)
    });
    found.part("config", site, |site| match path {
        Some(path) => format!("{} is a config for {}", path.display(), site.host()),
        None => format!("no --config: the defaults, for {}", site.host()),
    });
    if !config.enabled {
        found.say(
            Some(Severity::Warning),
            "config",
            "enabled = false: nothing is taken and nothing sent",
        );
    }
    match config.has_keys() {
        // Whoever runs a check may be another than who runs the server: it makes no file.
        false => found.say(
            Some(Severity::Info),
            "keys",
            "none yet; the first start makes them",
        ),
        true => found.part("keys", config.gate(), |_| {
            format!(
                "reply addresses are signed with {}",
                config.keys().display()
            )
        }),
    }
    found.part("certificate", config.listener(), |_| {
        match config.inbound.tls_certificate.as_os_str().is_empty() {
            true => "none; mail comes in without TLS".to_owned(),
            false => format!(
                "{} and its key belong together",
                config.inbound.tls_certificate.display()
            ),
        }
    });
    certificate(config, found);
    found.part("relay", config.relay(), |_| {
        format!(
            "{}:{}; `send-test` tries it",
            config.outbound.server, config.outbound.port
        )
    });
    found.part("dkim", config.signer(), |signer| match signer {
        None => "no keys; the relay signs".to_owned(),
        Some(signer) => format!("{} keys sign", signer.selectors().count()),
    });
}

/// What strangers make of the certificate.
fn certificate(config: &Config, found: &mut Findings) {
    let file = &config.inbound.tls_certificate;
    let Ok(site) = config.site() else { return };
    if file.as_os_str().is_empty() {
        return;
    }
    let certificate = match Certificate::read(file, site.reply_domain().as_str()) {
        Ok(certificate) => certificate,
        Err(error) => {
            let says = format!("what strangers make of it cannot be told: {error}");
            return found.say(Some(Severity::Unknown), "certificate", says);
        }
    };
    let left = certificate.expires.map(|expires| {
        let left = expires.duration_since(Timestamp::now());
        Duration::try_from(left).unwrap_or_default()
    });
    let severity = match left {
        Some(left) if left.is_zero() => Severity::Error,
        Some(left) if left < RENEWED => Severity::Warning,
        // Senders take it all the same (RFC 7435), unless MTA-STS or DANE says otherwise.
        _ if !certificate.is_for_name || certificate.distrust.is_some() => Severity::Warning,
        _ => Severity::Info,
    };
    found.say(Some(severity), "certificate", certificate);
}

async fn spool(config: &Config, network: bool, found: &mut Findings) {
    match config.postgres() {
        Ok(None) => {}
        Ok(Some(_)) if !network => {
            return found.say(
                None,
                "spool",
                "in PostgreSQL, which is asked without --offline",
            );
        }
        Ok(Some(database)) => return tables(database, found).await,
        Err(error) => return found.part("spool", Err(error), |()| String::new()),
    }
    if !config.spool().is_dir() {
        let says = format!(
            "{} is not there; the first start makes it",
            config.spool().display()
        );
        return found.say(Some(Severity::Info), "spool", says);
    }
    let written = || {
        let spool = Maildir::open(config.spool())?;
        let mut draft = spool.begin(SystemTime::now())?;
        // It is dropped, and gone.
        draft.write(b"check")?;
        let listing = spool.listing()?;
        let count = |name| {
            let mut counts = listing.counts();
            counts
                .find(|(folder, _)| *folder == name)
                .map_or(0, |(_, count)| count)
        };
        Ok((count("new"), count("failure")))
    };
    let written: std::io::Result<_> = written();
    found.part("spool", written.map_err(Into::into), |(waiting, failed)| {
        format!(
            "{} can be written; {waiting} messages wait, {failed} failed",
            config.spool().display()
        )
    });
}

async fn tables(database: PgConfig, found: &mut Findings) {
    let asked = async {
        let spool = PgSpool::new(database)?;
        spool.check().await?;
        Ok((spool.backlog().await?.messages, spool.to_string()))
    };
    found.part("spool", asked.await, |(waiting, name)| {
        format!("{name} answers; {waiting} messages wait")
    });
}

async fn dns(config: &Config, found: &mut Findings) {
    let report = match crate::console::examine(config).await {
        Ok(report) => report,
        Err(error) => {
            return found.say(Some(Severity::Unknown), "dns", format_args!("{error:#}"));
        }
    };
    for finding in &report.findings {
        let code = finding.code.to_string();
        found.say(Some(finding.severity), &code, &finding.message);
    }
    let says = format!(
        "{}; `check-dns` shows what mends it",
        report.verdict.as_str()
    );
    if report.verdict == Verdict::Pass {
        found.say(None, "dns", "the records are as they should be");
    } else {
        println!("{:<8} {:<24} {says}", "", "dns");
    }
}

/// From this machine: whether others get through is another matter, which the hints say.
async fn port_25(config: &Config, found: &mut Findings) {
    let Ok(site) = config.site() else { return };
    let name = site.reply_domain().as_str();
    match Probe::new(name, site.host().as_str()).run().await {
        Ok(probed) if probed.is_good() => found.say(
            None,
            "port 25",
            format_args!("{name} answers as {}", site.host()),
        ),
        Ok(probed) => {
            let why = probed
                .failure
                .as_ref()
                .map_or_else(|| "another server answers".to_owned(), ToString::to_string);
            found.say(
                Some(Severity::Error),
                "port 25",
                format_args!("{name}: {why}"),
            );
            for hint in probed.hints() {
                println!("{:<33} look at: {hint}", "");
            }
        }
        Err(error) => found.say(Some(Severity::Unknown), "port 25", error),
    }
}

/// The DNS records, in full.
pub(crate) async fn check_dns(config: &Config, arguments: &DnsArguments) -> Result<ExitCode> {
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
