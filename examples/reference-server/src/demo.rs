//! The whole way of a reply on one machine: a notification goes out over SMTP, is answered over SMTP, and is a comment.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use anyhow::{Context, Result, bail};
use inreply::listener::{self, ListenerConfig};
use inreply::mime::Message;
use inreply::relay::{Relay, Security};
use inreply::smtp::client::{ClientConfig, Envelope};
use inreply::smtp::server::ServerConfig;
use inreply::tls::Trust;
use tokio::net::TcpListener;
use tokio::sync::{mpsc, watch};
use tokio::time::timeout;

use crate::config::Config;
use crate::console;
use crate::forum;
use crate::mailbox::Mailbox;
use crate::post;
use crate::supervisor::Supervisor;

/// Nothing in it takes a second; a machine that needs longer than this is stuck.
const PATIENCE: Duration = Duration::from_secs(30);

pub(crate) async fn run(once: bool) -> Result<()> {
    let folder = tempfile::tempdir().context("no temporary folder")?;
    // The reader's own mail server: whatever it takes is her mailbox.
    let (mailbox, mut mail) = Mailbox::new();
    let mail_server = TcpListener::bind("127.0.0.1:0").await?;
    let mail_server_port = mail_server.local_addr()?.port();
    let (_running, never) = watch::channel(false);
    let mail_server_config = ListenerConfig::new(ServerConfig::new("mx.reader.example".parse()?));
    tokio::spawn(listener::serve(
        mail_server,
        mail_server_config,
        never,
        move |_| mailbox.clone(),
    ));

    let mut config = Config {
        data: folder.path().to_owned(),
        ..Config::default()
    };
    config.inbound.listen = "127.0.0.1:0".to_owned();
    (config.inbound.tls_certificate, config.inbound.tls_key) = certificate(folder.path())?;
    config.outbound.port = mail_server_port;
    let (news, mut comments) = mpsc::unbounded_channel();
    let server = Supervisor::start(config.clone(), None, Some(news)).await?;
    let parts = server.parts().await?;
    let (store, address) = (
        Arc::clone(&parts.store),
        server.address().await.context("e-mail is switched off")?,
    );

    heading("Bob opens an issue; Ann is notified");
    let (bob, ann) = (
        store.add_user("Bob", "bob@reader.example")?,
        store.add_user("Ann", "ann@reader.example")?,
    );
    let issue = store.open_issue("The build fails on Tuesdays")?;
    let number = store.add_comment(
        issue,
        bob,
        "It is green on every other day.\nShall I look into it?",
    )?;
    let ann = store.user(ann)?.context("Ann is gone")?;
    let notification = forum::notification(
        &store,
        (parts.receiver.gate(), None),
        "",
        (issue, number),
        &ann,
    )?;
    parts.post.enqueue(post::letter(notification, &ann)).await?;
    let notification = timeout(PATIENCE, mail.recv())
        .await?
        .context("no notification arrived")?;
    println!("{}", String::from_utf8_lossy(&notification).trim_end());

    heading("Ann presses reply; her mail program says this to us");
    let reply = answer(&notification, &ann.email);
    let to = Message::parse(&notification)
        .reply_to()
        .first()
        .map(|to| to.address().to_owned());
    let envelope = Envelope::new(format!("<{}>", ann.email).parse()?).to(format!(
        "<{}>",
        to.context("the notification has no Reply-To")?
    )
    .parse()?);
    let client = ClientConfig::new("laptop.reader.example".parse()?);
    // Her mail server trusts the certificate that was made for this run, and no other.
    let trust = Trust::File(config.inbound.tls_certificate.clone());
    let relay =
        Relay::new("127.0.0.1", address.port(), client).security(Security::Required, &trust)?;
    let sent = relay.send(envelope, reply.as_bytes()).await;
    print!("{}", sent.transcript);
    if !sent.result?.is_delivered() {
        bail!("the reply was refused");
    }
    println!("\nThe message was:\n\n{}", reply.trim_end());

    heading("The comment on the issue");
    let (_, number) = timeout(PATIENCE, comments.recv())
        .await?
        .context("no comment was stored")?;
    let stored = store
        .comments(issue)?
        .into_iter()
        .find(|comment| comment.number == number);
    let stored = stored.context("the comment is gone")?;
    println!(
        "#{issue} comment {number} by {}:\n{}",
        ann.name, stored.text
    );
    if stored.text != ANSWER {
        bail!("the comment is not what Ann wrote");
    }
    if once {
        drop(parts);
        return server.stop().await;
    }
    // The console may start the server anew, which waits for who holds its parts.
    drop(parts);
    let bound = console::bind("127.0.0.1:0", Arc::clone(&server)).await?;
    let (console, password) = (bound.address, bound.password.clone().unwrap_or_default());
    tokio::spawn(bound.serve());
    heading("Your turn");
    println!("The console is at http://{console}/ and its password is {password}\n");
    println!(
        "The server goes on at {}. Answer as Ann with a mail client, say:\n\n  \
         swaks --server {} --from {} --to '{}' --body 'Hello from swaks'\n\n\
         Comments are shown here as they come. Stop with Ctrl-C; everything is in {}, and goes with it.",
        address,
        address,
        ann.email,
        Message::parse(&notification)
            .reply_to()
            .first()
            .map_or("", |to| to.address()),
        folder.path().display(),
    );
    loop {
        tokio::select! {
            news = comments.recv() => {
                let Some((issue, number)) = news else { break };
                let comments = store.comments(issue)?;
                if let Some(comment) = comments.iter().find(|comment| comment.number == number) {
                    println!("\n#{issue} comment {number} by {}:\n{}", ann.name, comment.text);
                }
            }
            stop = tokio::signal::ctrl_c() => {
                stop?;
                break;
            }
        }
    }
    server.stop().await
}

/// A certificate for this run, and its key.
fn certificate(folder: &Path) -> Result<(PathBuf, PathBuf)> {
    let made = rcgen::generate_simple_self_signed(vec!["127.0.0.1".to_owned()])?;
    let (certificate, key) = (folder.join("certificate.pem"), folder.join("key.pem"));
    std::fs::write(&certificate, made.cert.pem())?;
    std::fs::write(&key, made.signing_key.serialize_pem())?;
    Ok((certificate, key))
}

const ANSWER: &str = "Yes please, Bob.\n\nThe runner loses its cache on Monday nights.";

/// What a mail program makes of Ann's answer: her text above the quoted notification, and her signature.
fn answer(notification: &[u8], from: &str) -> String {
    let notification = Message::parse(notification);
    let to = notification
        .reply_to()
        .first()
        .map(|to| to.address().to_owned())
        .unwrap_or_default();
    let author = notification
        .from()
        .first()
        .map(|from| from.name().to_owned())
        .unwrap_or_default();
    let quote: String = notification
        .text()
        .lines()
        .map(|line| format!("> {line}\n"))
        .collect();
    let id = SystemTime::now()
        .duration_since(SystemTime::UNIX_EPOCH)
        .unwrap_or_default()
        .as_micros();
    let subject = notification.subject().unwrap_or_default();
    let subject = if subject.starts_with("Re:") {
        subject
    } else {
        format!("Re: {subject}").into()
    };
    format!(
        "From: Ann Reader <{from}>\n\
         To: {to}\n\
         Subject: {subject}\n\
         Message-ID: <{id}@laptop.reader.example>\n\
         In-Reply-To: <{}>\n\
         Content-Type: text/plain; charset=utf-8\n\
         \n\
         {ANSWER}\n\
         \n\
         On Tue, 24 Nov 2026 at 09:30, {author} <noreply@noreply.forge.example> wrote:\n\
         {quote}\n\
         -- \n\
         Ann Reader, Release Engineering\n",
        notification.message_id().unwrap_or_default(),
    )
}

fn heading(text: &str) {
    println!(
        "\n── {text} {}\n",
        "─".repeat(96_usize.saturating_sub(text.chars().count()))
    );
}
