//! From nothing to a server that can be started: a config, keys, a password, and what is left to do elsewhere.

use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};

use anstream::println;
use anstyle::Style;
use anyhow::{Context, Result, ensure};
use clap::Args;
use inreply::sign::SigningKey;
use toml_edit::{Array, DocumentMut, value};

use crate::config::{Config, DEFAULT};
use crate::{console, secret_file};

/// What a new installation is told.
#[derive(Debug, Args)]
pub(crate) struct QuickstartArguments {
    /// The name of the installation, say forge.example.com. Replies will come to reply.HOST.
    host: String,
    /// An address at which this server takes mail, for its DNS records; give it again for IPv6.
    #[arg(long = "address", value_name = "IP")]
    addresses: Vec<IpAddr>,
    /// Where everything will be kept.
    #[arg(long, default_value = "inreply-data", value_name = "FOLDER")]
    data: PathBuf,
    /// Where mail will come in.
    #[arg(long, default_value = "0.0.0.0:25", value_name = "ADDRESS:PORT")]
    listen: SocketAddr,
    /// Where the console will be.
    #[arg(long, default_value = "127.0.0.1:8025", value_name = "ADDRESS:PORT")]
    console: SocketAddr,
}

/// Writes the config to `path`, and the keys that it names.
pub(crate) fn run(path: &Path, arguments: &QuickstartArguments) -> Result<()> {
    let data = std::path::absolute(&arguments.data)?;
    let keys = data.join("keys");
    let dkim = [
        ("r1", keys.join("dkim-r1.pem")),
        ("e1", keys.join("dkim-e1.pem")),
    ];
    let text = config(arguments, &data, &dkim)?;
    // What was typed is held against the rules before anything is written.
    let config: Config = toml::from_str(&text)?;
    config.site()?;
    let unmade = || {
        format!(
            "cannot make {}; quickstart replaces nothing",
            path.display()
        )
    };
    ensure!(!path.exists(), unmade());
    config.gate()?;
    done(
        &keys.join("1.key"),
        "signs reply addresses: keep a copy, without it old notifications cannot be answered",
    );
    let [(_, rsa), (_, ed25519)] = &dkim;
    make_key(rsa, SigningKey::generate_rsa)?;
    make_key(ed25519, SigningKey::generate_ed25519)?;
    let password = console::make_password(&data)?;
    // Last, so that a run that failed can be repeated.
    secret_file::create(path, text.as_bytes()).with_context(unmade)?;
    done(path, "the settings, each with what it is for");
    if let Some(password) = password {
        println!(
            "\nThe console's password is {BOLD}{password}{BOLD:#}\nIt is shown this once; `console-password` sets another."
        );
    }

    heading("1. Add these DNS records");
    println!("{}", config.plan(arguments.addresses.clone())?);
    heading("2. Let mail in on port 25, and no more than that");
    println!("ufw allow 25/tcp          # or: nft add rule inet filter input tcp dport 25 accept");
    println!(
        "A cloud has a firewall of its own (security group), and many providers open port 25 on request only."
    );
    heading("3. Say which relay sends your notifications");
    println!(
        "[outbound] in {}, or the console's page \"Settings\", which tries it first.",
        path.display()
    );
    heading("4. Look whether all is right, and start");
    let program = std::env::args()
        .next()
        .unwrap_or_else(|| "reference-server".to_owned());
    println!(
        "{BOLD}{program} --config {path} check{BOLD:#}\n{BOLD}{program} --config {path} serve{BOLD:#}",
        path = path.display()
    );
    println!("\nThe console will be at http://{}/", arguments.console);
    Ok(())
}

/// The documented file, with what this installation says otherwise.
fn config(
    arguments: &QuickstartArguments,
    data: &Path,
    dkim: &[(&str, PathBuf)],
) -> Result<String> {
    let mut file: DocumentMut = DEFAULT.parse()?;
    file["host"] = value(&arguments.host);
    file["data"] = value(data.to_string_lossy().into_owned());
    file["inbound"]["listen"] = value(arguments.listen.to_string());
    file["console"]["listen"] = value(arguments.console.to_string());
    let dkim = dkim
        .iter()
        .map(|(selector, file)| format!("{selector} {}", file.display()));
    file["outbound"]["dkim"] = value(dkim.collect::<Array>());
    Ok(file.to_string())
}

/// A DKIM key of its own file; one that is there stays.
fn make_key<K, E>(path: &Path, generate: impl FnOnce() -> Result<(K, String), E>) -> Result<()>
where
    E: std::error::Error + Send + Sync + 'static,
{
    if path.exists() {
        return Ok(());
    }
    let (_, pem) = generate()?;
    secret_file::create(path, pem.as_bytes())
        .with_context(|| format!("cannot make {}", path.display()))?;
    done(path, "signs notifications (DKIM)");
    Ok(())
}

const BOLD: Style = Style::new().bold();

fn done(path: &Path, what: &str) {
    println!("made {}: {what}", path.display());
}

fn heading(text: &str) {
    println!("\n{BOLD}{text}{BOLD:#}\n");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_it_writes_is_a_config_that_holds_and_nothing_is_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("config.toml");
        let arguments = |host: &str| QuickstartArguments {
            host: host.to_owned(),
            addresses: vec![[192, 0, 2, 1].into()],
            data: folder.path().join("data"),
            listen: ([127, 0, 0, 1], 0).into(),
            console: ([127, 0, 0, 1], 8025).into(),
        };
        assert!(run(&path, &arguments("no host")).is_err() && !path.exists());
        run(&path, &arguments("forge.example")).unwrap();
        let config = Config::read(Some(&path)).unwrap();
        config.check().unwrap();
        let plan = config.plan(Vec::new()).unwrap().to_string();
        for record in [
            "r1._domainkey.noreply.forge.example. IN TXT",
            "e1._domainkey.noreply.forge.example. IN TXT",
        ] {
            assert!(plan.contains(record), "{plan}");
        }
        let written = std::fs::read_to_string(&path).unwrap();
        assert!(
            written.contains("# Take nothing without TLS."),
            "the comments stay"
        );
        assert!(run(&path, &arguments("other.example")).is_err());
        assert_eq!(std::fs::read_to_string(&path).unwrap(), written);
    }
}
