//! Shows what the parser reads in a message: a JSON line each, for files or folders (recursively).
//!
//! `message-json PATH…`; `file` is relative to the folder. A text's hash is over its UTF-8 with LF line ends, the last
//! ones dropped; of another leaf over its decoded bytes; message/* leaves are not entered.

use std::fs;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use clap::Parser;
use inreply_mime::message::{Address, Message, Part};
use serde_json::{Value, json};
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
            let mut line = describe(&message);
            line["file"] = json!(named.unwrap_or(&file).display().to_string());
            if arguments.defects {
                line["defects"] = message
                    .defects()
                    .iter()
                    .map(|defect| json!(defect.to_string()))
                    .collect();
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

fn describe(message: &Message<'_>) -> Value {
    let body = |part: Option<Part<'_>>| part.map(|part| json!({"sha": text_hash(&part)}));
    json!({
        "subject": one_spaced(&message.subject().unwrap_or_default()),
        "from": addresses(&message.from()),
        "to": addresses(&message.to()),
        "cc": addresses(&message.cc()),
        "reply_to": addresses(&message.reply_to()),
        "date_unix": message.date(),
        "message_id": message.message_id(),
        "in_reply_to": message.in_reply_to(),
        "references": message.references(),
        "text_body": body(message.text_part()),
        "html_body": body(message.html_part()),
        "attachments": message.attachments().map(|part| attachment(&part)).collect::<Vec<_>>(),
        "parts": message.parts().map(|part| part.media_type().into_owned()).collect::<Vec<_>>(),
    })
}

fn addresses(list: &[Address<'_>]) -> Value {
    list.iter()
        .map(|address| json!({"name": one_spaced(address.name()), "addr": address.address()}))
        .collect()
}

/// Runs of white space as one space: folding leaves them as they were, readers show one.
fn one_spaced(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn attachment(part: &Part<'_>) -> Value {
    let (size, hash) = match () {
        () if part.is_kind("message") => (-1, String::new()),
        () if part.media_type().starts_with("text/") => sized(plain(part).as_bytes()),
        () => sized(&part.body()),
    };
    json!({
        "name": one_spaced(&part.file_name().unwrap_or_default()),
        "content_type": part.media_type(),
        "size": size,
        "sha256": hash,
    })
}

fn text_hash(part: &Part<'_>) -> String {
    hash(plain(part).as_bytes())
}

fn plain(part: &Part<'_>) -> String {
    let text = part.text().replace("\r\n", "\n").replace('\r', "\n");
    text.trim_end_matches('\n').to_owned()
}

fn sized(bytes: &[u8]) -> (i64, String) {
    (i64::try_from(bytes.len()).unwrap_or(i64::MAX), hash(bytes))
}

fn hash(bytes: &[u8]) -> String {
    Sha256::digest(bytes)
        .iter()
        .take(12)
        .map(|byte| format!("{byte:02x}"))
        .collect()
}
