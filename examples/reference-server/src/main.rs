//! The reference server: what the e-mail section of a self-hosted forge does, composed from the inreply crates.

mod address;
mod check;
mod config;
mod console;
mod demo;
mod forum;
mod mailbox;
mod people;
mod post;
mod quickstart;
mod secret_file;
mod serve;
mod spool;
mod store;
mod supervisor;

use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result, ensure};
use clap::{CommandFactory, Parser, Subcommand};
use clap_complete::{Shell, generate};
use inreply::diagnosis::Exit;
use inreply::send_test::SendTest;
use inreply::smtp::wire::mailbox::Mailbox;
use tracing_subscriber::EnvFilter;

use crate::address::AddressCommand;
use crate::check::DnsArguments;
use crate::config::{Config, Role};
use crate::people::{IssueCommand, UserCommand};
use crate::post::OutboxCommand;
use crate::quickstart::QuickstartArguments;
use crate::spool::SpoolCommand;

/// Reply by e-mail, in one small server.
#[derive(Debug, Parser)]
#[command(version, about, after_help = FIRST_STEPS)]
struct Arguments {
    /// The config file; without one the defaults hold (see `config`).
    #[arg(long, short, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    #[command(subcommand)]
    command: Command,
}

/// Where to begin, below the list of commands.
const FIRST_STEPS: &str = "First steps:
  reference-server demo                                 see a reply become a comment, on this machine alone
  reference-server quickstart forge.example.com         write config.toml and the keys; print what to do elsewhere
  reference-server --config config.toml check           config, certificate, spool, DNS and port 25 in one go
  reference-server --config config.toml send-test ME    a mail through the relay, with the conversation
  reference-server --config config.toml serve           take replies; the console is where the config says

When something is wrong: `check` says what, `diagnostics` is what support wants to see.";

#[derive(Debug, Subcommand)]
enum Command {
    /// Take replies and make comments of them, until SIGINT or SIGTERM.
    Serve {
        /// Which part of a server, of several that share a database.
        #[arg(long, value_enum, default_value_t)]
        role: Role,
    },
    /// Show the whole way of one reply on this machine, with nothing configured.
    Demo {
        /// End when the comment is there.
        #[arg(long)]
        once: bool,
    },
    /// Send a test mail through the relay, show the conversation, and say what is wrong and what to try. Ends with 0, or 75 where
    /// trying again can help, 69 where the other side has to act, 78 where the settings are wrong.
    SendTest {
        /// Who gets it.
        #[arg(required = true)]
        to: Vec<Mailbox<'static>>,
    },
    /// Write a config with every key explained, make the keys and the console's password, and print what is left to do: DNS
    /// records, firewall, next command. The config goes to --config, or to config.toml; nothing is replaced.
    Quickstart(QuickstartArguments),
    /// Look at config, keys, certificate, spool, DNS and port 25 in one go. Ends with 0, 1 where there is a fault, 3 where
    /// something could not be found out.
    Check {
        /// Look at files only: no DNS, no port 25. For a unit's ExecStartPre.
        #[arg(long)]
        offline: bool,
    },
    /// Check the DNS records of the config's host, and print what mends them. Ends with 0, 1 where something is wrong, 3 where a
    /// look-up failed.
    CheckDns(DnsArguments),
    /// Reply addresses: make one, or see what one says.
    #[command(subcommand)]
    Address(AddressCommand),
    /// Print the config file with every key and its default.
    Config,
    /// Print the DNS records that the host needs.
    Dns {
        /// The addresses at which this server takes mail.
        #[arg(long = "address", value_name = "IP")]
        addresses: Vec<std::net::IpAddr>,
    },
    /// The demo application's people.
    #[command(subcommand)]
    User(UserCommand),
    /// Write a support bundle: logs, conversations, settings, versions and counts, without secrets.
    Bundle {
        /// The tar.gz to make.
        #[arg(default_value = "inreply-support.tar.gz")]
        file: PathBuf,
    },
    /// Print the same as one text.
    Diagnostics,
    /// Set the console's password, which is read from standard input.
    ConsolePassword,
    /// Print the completions of a shell: `reference-server completions bash > /etc/bash_completion.d/reference-server`.
    Completions { shell: Shell },
    /// The messages that came in.
    #[command(subcommand)]
    Spool(SpoolCommand),
    /// The mail that goes out.
    #[command(subcommand)]
    Outbox(OutboxCommand),
    /// The demo application's issues.
    #[command(subcommand)]
    Issue(IssueCommand),
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    tracing_subscriber::fmt()
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal())
        .with_env_filter(EnvFilter::try_from_default_env().unwrap_or_else(|_| {
            // The demo tells its story itself.
            EnvFilter::new(if matches!(arguments.command, Command::Demo { .. }) {
                "warn"
            } else {
                "info"
            })
        }))
        .init();
    match run(arguments) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

#[tokio::main]
async fn run(arguments: Arguments) -> Result<ExitCode> {
    if let Command::Demo { once } = arguments.command {
        demo::run(once).await?;
        return Ok(ExitCode::SUCCESS);
    }
    if let Command::SendTest { to } = &arguments.command {
        return send_test(arguments.config.as_deref(), to).await;
    }
    match &arguments.command {
        Command::Check { offline } => {
            return check::run(arguments.config.as_deref(), !offline).await;
        }
        Command::Quickstart(new) => {
            let path = arguments.config.as_deref();
            quickstart::run(path.unwrap_or_else(|| Path::new("config.toml")), new)?;
            return Ok(ExitCode::SUCCESS);
        }
        Command::Completions { shell } => {
            let mut command = Arguments::command();
            generate(
                *shell,
                &mut command,
                "reference-server",
                &mut std::io::stdout(),
            );
            return Ok(ExitCode::SUCCESS);
        }
        _ => {}
    }
    let config = Config::read(arguments.config.as_deref())?;
    match arguments.command {
        Command::Check { .. }
        | Command::Completions { .. }
        | Command::Demo { .. }
        | Command::Quickstart(_)
        | Command::SendTest { .. } => Ok(()),
        Command::CheckDns(arguments) => return check::check_dns(&config, &arguments).await,
        Command::Address(command) => address::run(&config, command),
        Command::Serve { role } => serve::run(Config { role, ..config }, arguments.config).await,
        Command::Bundle { file } => {
            let bundle = console::collect(&config);
            let archive = std::fs::File::create(&file)
                .with_context(|| format!("cannot make {}", file.display()))?;
            Ok(bundle.write(archive)?)
        }
        Command::Diagnostics => {
            print!("{}", console::collect(&config).to_text());
            Ok(())
        }
        Command::ConsolePassword => {
            eprintln!("The new password, one line of at least 12 characters:");
            let mut password = String::new();
            std::io::stdin().read_line(&mut password)?;
            let password = password.trim_end_matches(['\r', '\n']);
            ensure!(
                password.chars().count() >= 12,
                "it has less than 12 characters"
            );
            console::set_password(&config.data, password)
        }
        Command::Config => {
            print!("{}", config::DEFAULT);
            Ok(())
        }
        Command::Dns { addresses } => {
            print!("{}", config.plan(addresses)?);
            Ok(())
        }
        Command::Spool(command) => spool::run(&config, command).await,
        Command::Outbox(command) => post::run(&config, command).await,
        Command::User(command) => people::user(&config, command),
        Command::Issue(command) => people::issue(&config, command).await,
    }?;
    Ok(ExitCode::SUCCESS)
}

async fn send_test(config: Option<&Path>, to: &[Mailbox<'static>]) -> Result<ExitCode> {
    let read = || {
        let config = Config::read(config)?;
        Ok((config.site()?, config.relay()?, config.signer()?))
    };
    let (site, relay, signer) = match read() {
        Ok(settings) => settings,
        Err(error) => {
            let error: anyhow::Error = error;
            eprintln!("error: {error:#}");
            return Ok(Exit::Config.code().into());
        }
    };
    let mut test = SendTest::new(&site, &relay).watch(|line| println!("{line}"));
    if let Some(signer) = &signer {
        test = test.signer(signer);
    }
    let tested = test.run(to).await?;
    for diagnosis in &tested.diagnoses {
        print!("{diagnosis}");
    }
    Ok(tested.exit().code().into())
}
