//! Prints what a person wrote in a reply: no quote, no signature.
//!
//! `visible-reply [--kind text|html|eml] [--explain | --markdown] < FILE` reads one reply;
//! `visible-reply --jsonl` reads `{"id","kind","input"}` lines and writes `{"id","reply"}` lines.

use std::io::{self, BufRead, BufWriter, IsTerminal, Read, Write};

use clap::{Parser, ValueEnum};
use inreply_mime::Message;
use inreply_mime::reply::{Fragment, FragmentKind, Reply};
use serde::{Deserialize, Serialize};

#[derive(Parser)]
#[command(about = "Prints what a person wrote in a reply")]
struct Arguments {
    /// What the input is.
    #[arg(long, value_enum, default_value_t = Kind::Eml)]
    kind: Kind,
    /// Show each line with its kind and the rule that fired instead.
    #[arg(long, conflicts_with = "markdown")]
    explain: bool,
    /// Write Markdown: what HTML says beyond its text.
    #[arg(long)]
    markdown: bool,
    /// Read and write a JSON object per line.
    #[arg(long)]
    jsonl: bool,
}

#[derive(Clone, Copy, Deserialize, ValueEnum)]
#[serde(rename_all = "lowercase")]
enum Kind {
    Text,
    Html,
    Eml,
}

#[derive(Deserialize)]
struct Question {
    id: String,
    kind: Kind,
    input: String,
}

#[derive(Serialize)]
struct Answer {
    id: String,
    reply: String,
}

fn main() -> io::Result<()> {
    let arguments = Arguments::parse();
    let mut out = BufWriter::new(io::stdout().lock());
    if arguments.jsonl {
        for line in io::stdin().lock().lines() {
            let question: Question = serde_json::from_str(&line?)?;
            let reply = with_reply(question.kind, question.input.as_bytes(), |reply| {
                reply.visible()
            });
            serde_json::to_writer(
                &mut out,
                &Answer {
                    id: question.id,
                    reply,
                },
            )?;
            out.write_all(b"\n")?;
        }
        return out.flush();
    }
    let mut input = Vec::new();
    io::stdin().lock().read_to_end(&mut input)?;
    // https://no-color.org: set and not empty.
    let plain = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    let colour = io::stdout().is_terminal() && !plain;
    let text = with_reply(arguments.kind, &input, |reply| match () {
        () if arguments.explain => reply
            .fragments()
            .iter()
            .map(|fragment| explained(reply, fragment, colour))
            .collect(),
        () if arguments.markdown => reply.markdown() + "\n",
        () => reply.visible() + "\n",
    });
    out.write_all(text.as_bytes())?;
    out.flush()
}

/// Reads the input as its kind says and hands the reply on: it may borrow from the message.
fn with_reply<T>(kind: Kind, input: &[u8], use_it: impl FnOnce(&Reply<'_>) -> T) -> T {
    match kind {
        Kind::Text => use_it(&Reply::of_text(&String::from_utf8_lossy(input))),
        Kind::Html => use_it(&Reply::of_html(&String::from_utf8_lossy(input))),
        Kind::Eml => use_it(&Reply::of_message(&Message::parse(input))),
    }
}

/// The lines of a fragment: shown or cut, its kind, the rule, the text.
fn explained(reply: &Reply<'_>, fragment: &Fragment, colour: bool) -> String {
    let (sign, paint) = match (fragment.is_visible(), fragment.kind()) {
        (true, FragmentKind::Text) => ('+', "\x1b[32m"),
        (true, _) => ('+', "\x1b[36m"),
        (false, FragmentKind::Quote) => ('-', "\x1b[90m"),
        (false, _) => ('-', "\x1b[33m"),
    };
    let (paint, plain) = if colour { (paint, "\x1b[0m") } else { ("", "") };
    let (kind, rule) = (fragment.kind(), fragment.rule());
    let lines = reply.text_of(fragment).lines();
    lines
        .map(|line| format!("{paint}{sign} {kind:16} {rule:18} {line}{plain}\n"))
        .collect()
}
