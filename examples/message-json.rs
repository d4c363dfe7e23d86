//! Shows what the parser reads in a message: a JSON line each, for files or folders (recursively).
//!
//! `message-json PATH…`; `file` is relative to the folder. A text's hash is over its UTF-8 with LF line ends, the last
//! ones dropped; of another leaf over its decoded bytes; message/* leaves are not entered.

use std::fs;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use clap::Parser;
use inreply_mime::message::{Address, Message, Part};
use serde::Serialize;
use sha2::{Digest, Sha256};

#[derive(Parser)]
#[command(about = "Shows what the parser reads in a message")]
struct Arguments {
    /// Files, or folders to read recursively.
    #[arg(required = true)]
    paths: Vec<PathBuf>,
    /// Name the leniencies that fired, too.
    #[arg(long)]
    defects: bool,
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
            let message = Message::parse(&raw);
            let named = file
                .strip_prefix(path)
                .ok()
                .filter(|name| !name.as_os_str().is_empty());
            let mut line = describe(&message, named.unwrap_or(&file).display().to_string());
            if arguments.defects {
                line.defects = Some(message.defects().iter().map(ToString::to_string).collect());
            }
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

/// What is written of a message.
#[derive(Serialize)]
struct Line {
    file: String,
    subject: String,
    from: Vec<Mailbox>,
    to: Vec<Mailbox>,
    cc: Vec<Mailbox>,
    reply_to: Vec<Mailbox>,
    date_unix: Option<i64>,
    message_id: Option<String>,
    in_reply_to: Vec<String>,
    references: Vec<String>,
    text_body: Option<Body>,
    html_body: Option<Body>,
    attachments: Vec<Attachment>,
    parts: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    defects: Option<Vec<String>>,
}

#[derive(Serialize)]
struct Mailbox {
    name: String,
    addr: String,
}

#[derive(Serialize)]
struct Body {
    sha: String,
}

#[derive(Serialize)]
struct Attachment {
    name: String,
    content_type: String,
    size: i64,
    sha256: String,
}

fn describe(message: &Message<'_>, file: String) -> Line {
    let body = |part: Option<Part<'_>>| {
        part.map(|part| Body {
            sha: text_hash(&part.text()).1,
        })
    };
    Line {
        file,
        subject: message
            .subject()
            .map(|subject| one_spaced(&subject))
            .unwrap_or_default(),
        from: mailboxes(&message.from()),
        to: mailboxes(&message.to()),
        cc: mailboxes(&message.cc()),
        reply_to: mailboxes(&message.reply_to()),
        date_unix: message.date(),
        message_id: message.message_id(),
        in_reply_to: message.in_reply_to(),
        references: message.references(),
        text_body: body(message.text_part()),
        html_body: body(message.html_part()),
        attachments: message
            .attachments()
            .map(|part| attachment(&part))
            .collect(),
        parts: message
            .parts()
            .map(|part| part.media_type().into_owned())
            .collect(),
        defects: None,
    }
}

fn mailboxes(list: &[Address<'_>]) -> Vec<Mailbox> {
    let mailbox = |of: &Address<'_>| Mailbox {
        name: one_spaced(of.name()),
        addr: of.address().to_owned(),
    };
    list.iter().map(mailbox).collect()
}

/// Runs of white space as one space: folding leaves them as they were, readers show one.
fn one_spaced(text: &str) -> String {
    let mut out = String::new();
    for word in text.split_whitespace() {
        if !out.is_empty() {
            out.push(' ');
        }
        out.push_str(word);
    }
    out
}

fn attachment(part: &Part<'_>) -> Attachment {
    let content_type = part.media_type().into_owned();
    let (size, sha256) = match () {
        () if part.is_kind("message") => (-1, String::new()),
        () if content_type.starts_with("text/") => text_hash(&part.text()),
        () => {
            let body = part.body();
            (
                i64::try_from(body.len()).unwrap_or(i64::MAX),
                hex(Sha256::digest(&body).as_slice()),
            )
        }
    };
    Attachment {
        name: one_spaced(&part.file_name().unwrap_or_default()),
        content_type,
        size,
        sha256,
    }
}

/// Size and hash with LF line ends, the last ones dropped.
fn text_hash(text: &str) -> (i64, String) {
    let mut hash = Sha256::new();
    let mut size = 0;
    let mut rest = text.trim_end_matches(['\r', '\n']);
    while let Some(at) = rest.find('\r') {
        let tail = &rest[at + 1..];
        hash.update(&rest[..at]);
        hash.update("\n");
        size += at + 1;
        rest = tail.strip_prefix('\n').unwrap_or(tail);
    }
    hash.update(rest);
    (
        i64::try_from(size + rest.len()).unwrap_or(i64::MAX),
        hex(hash.finalize().as_slice()),
    )
}

fn hex(hash: &[u8]) -> String {
    hash.iter()
        .take(12)
        .map(|byte| format!("{byte:02x}"))
        .collect()
}
