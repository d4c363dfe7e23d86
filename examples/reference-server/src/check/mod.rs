//! Is it as it should be? Everything that can be looked at before mail is lost, in one go.

mod dns;
mod findings;

use std::path::Path;
use std::process::ExitCode;
use std::time::{Duration, SystemTime};

use anstream::println;
use anyhow::Result;
use inreply::dns::doctor::Severity;
use inreply::dns::report::Verdict;
use inreply::postgres::{PgConfig, PgSpool};
use inreply::probe::{Certificate, Probe};
use inreply::spool::{Maildir, Selection, Spool};
use jiff::Timestamp;
use tokio::task::spawn_blocking;

pub(crate) use self::dns::{DnsArguments, run as check_dns};
pub(crate) use self::findings::{Findings, Mark};
use crate::config::Config;

/// A certificate that ends sooner should have been renewed: Let's Encrypt renews 30 days before.
const RENEWED: Duration = Duration::from_hours(24 * 14);

/// Looks at the files, and with `network` at DNS and port 25 as well; prints what it finds while it looks.
pub(crate) async fn run(path: Option<&Path>, network: bool) -> Result<ExitCode> {
    let mut found = Findings::told(|line| println!("{line}"));
    match Config::read(path) {
        Ok(config) => examine(&config, path, network, &mut found).await,
        Err(error) => found.say(Some(Severity::Error), "config", format_args!("{error:#}")),
    }
    println!("\n{found}");
    Ok(found.exit_code())
}

/// Looks at all that a config is about.
pub(crate) async fn examine(
    config: &Config,
    path: Option<&Path>,
    network: bool,
    found: &mut Findings,
) {
    files(config, path, found);
    spool(config, network, found).await;
    if network && config.site().is_ok() {
        dns(config, found).await;
        port_25(config, found).await;
    }
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
    let folder = config.spool();
    let written = spawn_blocking(move || {
        let spool = Maildir::open(folder)?;
        let mut draft = spool.begin(SystemTime::now())?;
        // It is dropped, and gone.
        draft.write(b"check")?;
        let none = Selection {
            folder: None,
            before: None,
            most: 0,
        };
        let counts = spool.listing(none, SystemTime::now())?.counts;
        let count = |name| {
            let mut counts = counts.iter();
            counts
                .find(|(folder, _)| folder == name)
                .map_or(0, |(_, count)| *count)
        };
        Ok::<_, std::io::Error>((count("new"), count("failure")))
    });
    let written = written.await.map_err(std::io::Error::from).flatten();
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
        found.hint("dns", says);
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
                found.hint("", format_args!("look at: {hint}"));
            }
        }
        Err(error) => found.say(Some(Severity::Unknown), "port 25", error),
    }
}
