//! The demo application's people and issues, by hand.

use anyhow::{Context, Result};
use clap::Subcommand;

use crate::config::Config;
use crate::store::{Store, User};
use crate::{forum, post};

/// The demo application's people.
#[derive(Debug, Subcommand)]
pub(crate) enum UserCommand {
    /// Add a person.
    Add { name: String, email: String },
    /// List people.
    List,
}

/// The demo application's issues.
#[derive(Debug, Subcommand)]
pub(crate) enum IssueCommand {
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

pub(crate) fn user(config: &Config, command: UserCommand) -> Result<()> {
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

pub(crate) async fn issue(config: &Config, command: IssueCommand) -> Result<()> {
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
