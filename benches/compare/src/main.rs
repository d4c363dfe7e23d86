//! inreply and its peers in turn on the same inputs and the same work, in one process, by CPU time.
//!
//! ```text
//! cargo run --release --ignore-rust-version --manifest-path benches/compare/Cargo.toml [-- --corpus DIR]
//! ```
//!
//! A row is a line `compare<TAB>NAME<TAB>ours<TAB>peer<TAB>unit<TAB>ratio`; a ratio above 1 says that ours is ahead. Losses are
//! printed like wins. With `--corpus DIR` the inputs are the files below folders named `messages` and the texts of files
//! named `text.jsonl`; without it they are made here.

#![forbid(unsafe_code)]

mod dns;
mod input;
mod measure;
mod mime;
mod reply;
mod smtp;
mod token;

use std::path::PathBuf;
use std::process::ExitCode;

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let corpus = match (arguments.next().as_deref(), arguments.next()) {
        (None, _) => None,
        (Some("--corpus"), Some(folder)) => Some(PathBuf::from(folder)),
        _ => {
            eprintln!("usage: inreply-compare [--corpus DIR]");
            return ExitCode::from(2);
        }
    };
    let input = match input::Input::new(corpus.as_deref()) {
        Ok(input) => input,
        Err(error) => {
            eprintln!("cannot read the corpus: {error}");
            return ExitCode::FAILURE;
        }
    };
    println!(
        "# {} messages, {} texts",
        input.messages.len(),
        input.texts.len()
    );
    mime::rows(&input.messages);
    smtp::rows();
    reply::rows(&input.texts);
    token::rows();
    dns::rows();
    ExitCode::SUCCESS
}
