//! Says of each message what it is: a person's, a bounce, an automatic answer …
//!
//! `classify PATH…` (files, or folders recursively) writes a `{"file","class"}` line each, the file named relative to
//! the folder. A Return-Path field stands for the envelope sender.

use std::fs;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use clap::Parser;
use inreply_mime::Message;
use inreply_mime::kind::{Recipient, Verdict};
use serde::Serialize;

#[derive(Parser)]
#[command(about = "Says of each message what it is")]
struct Arguments {
    /// Files, or folders to read recursively.
    #[arg(required = true)]
    paths: Vec<PathBuf>,
    /// Say why, and whom a bounce is about, too.
    #[arg(long)]
    explain: bool,
}

#[derive(Serialize)]
struct Line<'v> {
    file: String,
    class: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'v str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    recipients: Vec<Failed<'v>>,
}

/// Whom a bounce is about.
#[derive(Serialize)]
struct Failed<'v> {
    address: &'v str,
    status: &'v str,
    diagnostic: &'v str,
}

impl<'v> Failed<'v> {
    fn of(recipient: &'v Recipient) -> Self {
        Self {
            address: recipient.address(),
            status: recipient.status(),
            diagnostic: recipient.diagnostic(),
        }
    }
}

fn main() -> io::Result<()> {
    let arguments = Arguments::parse();
    let mut out = BufWriter::new(io::stdout().lock());
    for path in &arguments.paths {
        let mut files = Vec::new();
        walk(path, &mut files)?;
        files.sort();
        for file in files {
            let raw = fs::read(&file)?;
            let verdict = Verdict::of(&Message::parse(&raw), None);
            let named = file
                .strip_prefix(path)
                .ok()
                .filter(|name| !name.as_os_str().is_empty());
            let line = Line {
                file: named.unwrap_or(&file).display().to_string(),
                class: verdict.kind().name(),
                reason: arguments.explain.then_some(verdict.reason()),
                recipients: match arguments.explain {
                    true => verdict.recipients().iter().map(Failed::of).collect(),
                    false => Vec::new(),
                },
            };
            serde_json::to_writer(&mut out, &line)?;
            out.write_all(b"\n")?;
        }
    }
    out.flush()
}

fn walk(path: &Path, files: &mut Vec<PathBuf>) -> io::Result<()> {
    if !path.is_dir() {
        files.push(path.to_owned());
        return Ok(());
    }
    for entry in fs::read_dir(path)? {
        walk(&entry?.path(), files)?;
    }
    Ok(())
}
