//! The reference server: what the e-mail section of a self-hosted forge does, composed from the inreply crates.

mod config;
mod console;
mod demo;
mod forum;
mod mailbox;
mod post;
mod secret_file;
mod serve;
mod store;
mod supervisor;

use std::io::{IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result, ensure};
use clap::{Parser, Subcommand};
use inreply::diagnosis::Exit;
use inreply::send_test::SendTest;
use inreply::smtp::wire::mailbox::Mailbox;
use inreply::spool::{Maildir, QueueId};
use tracing_subscriber::EnvFilter;

use crate::config::Config;
use crate::store::{Store, User};

/// Reply by e-mail, in one small server.
#[derive(Debug, Parser)]
#[command(version, about)]
struct Arguments {
    /// The config file; without one the defaults hold (see `config`).
    #[arg(long, short, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Take replies and make comments of them, until SIGINT or SIGTERM.
    Serve,
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
    /// The messages that came in.
    #[command(subcommand)]
    Spool(SpoolCommand),
    /// The mail that goes out.
    #[command(subcommand)]
    Outbox(post::OutboxCommand),
    /// The demo application's issues.
    #[command(subcommand)]
    Issue(IssueCommand),
}

#[derive(Debug, Subcommand)]
enum SpoolCommand {
    /// List them: id, folder, and why it failed.
    List {
        /// Only this folder: new, success, failure, operator, or ignored/KIND.
        #[arg(long)]
        folder: Option<String>,
    },
    /// Print a message as it came.
    Show { id: QueueId },
    /// Look again at a message that failed or was ignored; a running server does within 30 seconds.
    Retry { id: QueueId },
    /// Delete a message.
    Drop { id: QueueId },
}

#[derive(Debug, Subcommand)]
enum UserCommand {
    /// Add a person.
    Add { name: String, email: String },
    /// List people.
    List,
}

#[derive(Debug, Subcommand)]
enum IssueCommand {
    /// Open an issue and notify everybody else.
    Open {
        title: String,
        #[arg(long)]
        author: u64,
        #[arg(long)]
        text: String,
    },
    /// Comment on an issue and notify everybody else.
    Comment {
        issue: u64,
        #[arg(long)]
        author: u64,
        #[arg(long)]
        text: String,
    },
    /// Take no more comments on an issue.
    Lock { issue: u64 },
    /// Show an issue and its comments.
    Show { issue: u64 },
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
    let config = Config::read(arguments.config.as_deref())?;
    match arguments.command {
        Command::Demo { .. } | Command::SendTest { .. } => Ok(()),
        Command::Serve => serve::run(config, arguments.config).await,
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
        Command::Spool(command) => spool(&config, command),
        Command::Outbox(command) => post::run(&config, command).await,
        Command::User(command) => user(&config, command),
        Command::Issue(command) => issue(&config, command).await,
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
    let mut test = SendTest::new(&site, &relay);
    if let Some(signer) = &signer {
        test = test.signer(signer);
    }
    let tested = test.run(to).await?;
    print!("{}", tested.transcript);
    for diagnosis in &tested.diagnoses {
        print!("{diagnosis}");
    }
    Ok(tested.exit().code().into())
}

fn spool(config: &Config, command: SpoolCommand) -> Result<()> {
    let spool = Maildir::open(config.spool())
        .with_context(|| format!("cannot open the spool in {}", config.spool().display()))?;
    match command {
        SpoolCommand::List { folder } => {
            for kept in spool.kept(folder.as_deref())? {
                let reason = kept.reason.unwrap_or_default();
                println!(
                    "{}",
                    format!("{}  {}  {reason}", kept.id, kept.folder).trim_end()
                );
            }
        }
        SpoolCommand::Show { id } => {
            let kept = spool
                .find(id)?
                .with_context(|| format!("no message {id}"))?;
            std::io::stdout().write_all(&std::fs::read(kept.path())?)?;
        }
        SpoolCommand::Retry { id } => {
            spool
                .retry(id)
                .with_context(|| format!("cannot try {id} again"))?;
        }
        SpoolCommand::Drop { id } => {
            spool
                .discard(id)
                .with_context(|| format!("cannot drop {id}"))?;
        }
    }
    Ok(())
}

fn user(config: &Config, command: UserCommand) -> Result<()> {
    let store = open_store(config)?;
    match command {
        UserCommand::Add { name, email } => println!("{}", store.add_user(&name, &email)?),
        UserCommand::List => {
            for User {
                id,
                name,
                email,
                bounced,
            } in store.users()?
            {
                println!(
                    "{id}\t{name}\t{email}{}",
                    if bounced { "\tbounced" } else { "" }
                );
            }
        }
    }
    Ok(())
}

async fn issue(config: &Config, command: IssueCommand) -> Result<()> {
    let store = open_store(config)?;
    match command {
        IssueCommand::Open {
            title,
            author,
            text,
        } => {
            let issue = store.open_issue(&title)?;
            println!("{issue}");
            tell(config, &store, issue, author, &text).await
        }
        IssueCommand::Comment {
            issue,
            author,
            text,
        } => tell(config, &store, issue, author, &text).await,
        IssueCommand::Lock { issue } => store.lock_issue(issue),
        IssueCommand::Show { issue } => {
            let found = store
                .issue(issue)?
                .with_context(|| format!("there is no issue {issue}"))?;
            println!(
                "#{issue} {}{}",
                found.title,
                if found.locked { " (locked)" } else { "" }
            );
            for comment in store.comments(issue)? {
                let author = store
                    .user(comment.author)?
                    .map_or_else(|| "somebody".to_owned(), |user| user.name);
                println!(
                    "\ncomment {} by {author}:\n{}",
                    comment.number, comment.text
                );
            }
            Ok(())
        }
    }
}

async fn tell(config: &Config, store: &Store, issue: u64, author: u64, text: &str) -> Result<()> {
    let post = post::open(config)?;
    forum::tell(config, store, &post, (issue, author), text).await?;
    Ok(())
}

fn open_store(config: &Config) -> Result<Store> {
    std::fs::create_dir_all(&config.data)
        .with_context(|| format!("cannot make {}", config.data.display()))?;
    Store::open(&config.store())
}
