//! The spool beside the bare loops that make a message durable, in turn and with as many threads.
//!
//! A line a number of threads: `spool<TAB>THREADS<TAB>ours<TAB>write+sync+rename<TAB>ratio<TAB>the same+folder sync<TAB>ratio`,
//! in messages a second and as `ours / bare`. The first bare loop promises less than ours: a crash can take its file's name.
//! Then `spool<TAB>full<TAB>100000<TAB>empty<TAB>full<TAB>ratio`: messages a second that are stored, found and filed while each folder
//! holds so many already.

// A bench that cannot write has nothing to measure.
#![allow(clippy::expect_used)]

use std::fs::{self, File};
use std::io::Write;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant, SystemTime};

use inreply::spool::{Folder, Maildir, QueueId};

/// A reply with what it quotes.
const MESSAGE: [u8; 4_096] = [b'a'; 4_096];

const ROUNDS: usize = 5;

fn main() {
    // `cargo bench -- --test` asks whether it runs, not how fast.
    let test = std::env::args().any(|argument| argument == "--test");
    for threads in [1, 10, 100] {
        let messages = if test { threads } else { 200.max(threads * 20) };
        let mut best = [0.0_f64; 3];
        for _ in 0..if test { 1 } else { ROUNDS } {
            for (at, best) in best.iter_mut().enumerate() {
                // The disk of the project, not one in memory.
                let root = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).expect("a folder");
                for folder in ["tmp", "new"] {
                    fs::create_dir(root.path().join(folder)).expect("a folder");
                }
                let spool = Maildir::open(root.path()).expect("a spool");
                let rate = run(threads, messages, |number| match at {
                    0 => ours(&spool),
                    1 => bare(root.path(), number, false),
                    _ => bare(root.path(), number, true),
                });
                *best = best.max(rate);
            }
        }
        let [ours, bare, durable] = best;
        println!(
            "spool\t{threads}\t{ours:.0}\t{bare:.0}\t{:.2}\t{durable:.0}\t{:.2}",
            ours / bare,
            ours / durable
        );
    }
    if test {
        full(100, 10);
    } else {
        full(100_000, 2_000);
    }
}

/// The way of messages through folders that are empty, and through the same folders when they hold `kept` each.
fn full(kept: usize, messages: usize) {
    let mut rates = [0.0_f64; 2];
    for (at, rate) in rates.iter_mut().enumerate() {
        let root = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).expect("a folder");
        let spool = Maildir::open(root.path()).expect("a spool");
        let now = SystemTime::now();
        for number in 0..kept * at {
            // Years ago, each in a microsecond of its own.
            let id = QueueId::new(SystemTime::UNIX_EPOCH + Duration::from_micros(number as u64));
            let name = id.expect("a number").to_string();
            for folder in [
                spool.folder(&Folder::Success),
                spool.folder(&Folder::Failure(String::new())),
            ] {
                File::create(folder.join(&name)).expect("a file");
            }
        }
        let start = Instant::now();
        for _ in 0..messages {
            let mut draft = spool.begin(now).expect("a file");
            draft.write(&MESSAGE).expect("room");
            let id = draft.commit().expect("a disk");
            spool.find(id).expect("a folder").expect("the message");
            spool.file(id, &Folder::Success).expect("a folder");
        }
        *rate = messages as f64 / start.elapsed().as_secs_f64();
    }
    let [empty, full] = rates;
    println!(
        "spool\tfull\t{kept}\t{empty:.0}\t{full:.0}\t{:.2}",
        full / empty
    );
}

fn ours(spool: &Maildir) {
    let mut draft = spool.begin(SystemTime::now()).expect("a file");
    draft.write(&MESSAGE).expect("room");
    draft.commit().expect("a disk");
}

fn bare(root: &Path, number: usize, folder_sync: bool) {
    let name = number.to_string();
    let (tmp, new) = (root.join("tmp").join(&name), root.join("new"));
    let mut file = File::create_new(&tmp).expect("a file");
    file.write_all(&MESSAGE).expect("room");
    file.sync_all().expect("a disk");
    fs::rename(tmp, new.join(name)).expect("a file");
    if folder_sync {
        let folder = File::open(new).expect("a folder");
        folder.sync_all().expect("a disk");
    }
}

/// Messages a second.
fn run(threads: usize, messages: usize, work: impl Fn(usize) + Sync) -> f64 {
    let next = AtomicUsize::new(0);
    let start = Instant::now();
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    if number >= messages {
                        return;
                    }
                    work(number);
                }
            });
        }
    });
    messages as f64 / start.elapsed().as_secs_f64()
}
