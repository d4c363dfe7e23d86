//! Parses each message of a folder a number of times, and nothing else: what `benches/instructions` counts.
//!
//! `structure ROUNDS FOLDER` prints how many bytes it read.

use std::fs;
use std::hint::black_box;
use std::io;
use std::path::{Path, PathBuf};

use inreply_mime::message::{Index, Limits, Message};

fn main() -> io::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let (Some(rounds), Some(folder)) = (
        arguments.next().and_then(|rounds| rounds.parse().ok()),
        arguments.next().map(PathBuf::from),
    ) else {
        eprintln!("usage: structure ROUNDS FOLDER");
        std::process::exit(2);
    };
    let mut messages = Vec::new();
    walk(&folder, &mut messages)?;
    let (limits, mut index) = (Limits::default(), Index::default());
    for _ in 0..rounds {
        for message in &messages {
            black_box(
                Message::parse_into(message, &limits, &mut index)
                    .parts()
                    .count(),
            );
        }
    }
    println!("{}", messages.iter().map(Vec::len).sum::<usize>());
    Ok(())
}

fn walk(folder: &Path, messages: &mut Vec<Vec<u8>>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            walk(&path, messages)?;
        } else {
            messages.push(fs::read(path)?);
        }
    }
    Ok(())
}
