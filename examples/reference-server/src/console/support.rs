//! What support wants to see.

use std::fmt::Write;
use std::sync::Arc;
use std::time::SystemTime;

use askama::Template;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use inreply::bundle::Bundle;
use inreply::smtp::secret::Secret;
use inreply::spool::Selection;
use tokio::task::spawn_blocking;

use super::page::{Failure, Page, download, html};
use super::visitor::Visitor;
use super::{Console, names};
use crate::config::Config;

#[derive(Template)]
#[template(path = "support.html")]
struct SupportPage {
    page: Page,
}

pub(super) async fn show(visitor: Visitor) -> Response {
    html(&SupportPage {
        page: visitor.page("/support", visitor.words.support),
    })
}

pub(super) async fn bundle(
    State(console): State<Arc<Console>>,
    _: Visitor,
) -> Result<Response, Failure> {
    let bundle = of_running(&console).await?;
    let archive = spawn_blocking(move || {
        let mut archive = Vec::new();
        bundle.write(&mut archive).map(|()| archive)
    });
    let archive = archive.await??;
    Ok(download(
        "inreply-support.tar.gz",
        "application/gzip",
        archive,
    ))
}

pub(super) async fn diagnostics(
    State(console): State<Arc<Console>>,
    _: Visitor,
) -> Result<Response, Failure> {
    let text = of_running(&console).await?.to_text();
    let headers = [
        (header::CONTENT_TYPE, "text/plain; charset=utf-8"),
        (
            header::CONTENT_DISPOSITION,
            "attachment; filename=\"inreply-diagnostics.txt\"",
        ),
    ];
    Ok((headers, text).into_response())
}

/// What the files tell, and what the running server and DNS do.
async fn of_running(console: &Console) -> Result<Bundle, Failure> {
    let parts = console.server.parts().await?;
    let config = parts.config.clone();
    let mut bundle = spawn_blocking(move || collect(&config)).await?;
    bundle.text("health.txt", parts.receiver.health().await.to_string());
    bundle.text("metrics.txt", parts.metrics_text().await);
    let dns = names::examine(&parts.config).await;
    bundle.text(
        "dns.txt",
        dns.map_or_else(|error| format!("{error:#}\n"), |report| report.to_string()),
    );
    Ok(bundle)
}

/// What the files tell, whether the server runs or not.
pub(crate) fn collect(config: &Config) -> Bundle {
    let mut bundle = Bundle::new(SystemTime::now(), &secrets(config));
    bundle.text("versions.txt", versions());
    // The type of the config shows no secret: passwords and keys are in files that it names, and the URL of the database is redacted.
    bundle.text("config.txt", format!("{config:#?}\n"));
    bundle.text("spool.txt", spool(config));
    for name in ["mail.log", "replies.log", "conversations.log"] {
        bundle.log(name, &config.data.join(name));
    }
    bundle
}

fn versions() -> String {
    let system = std::fs::read_to_string("/proc/version").unwrap_or_default();
    format!(
        "reference-server {}\n{} {}\n{system}",
        env!("CARGO_PKG_VERSION"),
        std::env::consts::OS,
        std::env::consts::ARCH
    )
}

fn spool(config: &Config) -> String {
    if matches!(config.postgres(), Ok(Some(_))) {
        return "the messages are in PostgreSQL: health.txt says how many wait\n".to_owned();
    }
    let failures = Selection {
        folder: Some("failure"),
        before: None,
        most: 100,
    };
    let spool = config.maildir();
    let listing = match spool.and_then(|spool| Ok(spool.listing(failures, SystemTime::now())?)) {
        Ok(listing) => listing,
        Err(error) => return format!("the spool cannot be read: {error:#}\n"),
    };
    let mut text = String::new();
    // Writing to a string cannot fail.
    for (folder, count) in listing.counts {
        let _ = writeln!(text, "{folder}: {count} messages");
    }
    for message in listing.latest {
        let reason = message.reason.as_deref().unwrap_or_default();
        let _ = writeln!(text, "{} {reason}", message.id);
    }
    text
}

/// All that the installation keeps to itself: the relay's password, and what is in DATA/keys.
fn secrets(config: &Config) -> Vec<Secret> {
    let mut files = vec![config.outbound.password_file.clone()];
    if let Ok(folder) = std::fs::read_dir(config.data.join("keys")) {
        files.extend(folder.flatten().map(|file| file.path()));
    }
    files
        .iter()
        .filter_map(|file| std::fs::read(file).ok())
        .map(|octets| Secret::new(octets.trim_ascii().to_vec()))
        .collect()
}
