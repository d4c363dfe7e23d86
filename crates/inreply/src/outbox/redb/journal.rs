//! Results that are not committed yet, in two files in turn.
//!
//! A result is appended without a sync: the operating system has it, so that the death of the process loses nothing, and a sync
//! for each message would be the price of most of them. What a power loss takes is sent again. A commit of the database makes
//! what stands in one file superfluous, while the next results go to the other.

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Write};
use std::path::Path;

use sha2::{Digest, Sha256};

use crate::outbox::Entry;
use crate::spool::QueueId;

/// Octets of a record before its entry: length, checksum, id.
const HEAD: usize = 4 + 4 + 9;

/// The two files.
#[derive(Debug)]
pub(super) struct Journal {
    files: [File; 2],
    current: usize,
    /// Whether the other file holds what no commit has.
    other_needed: bool,
}

impl Journal {
    /// Opens the files beside the database, and gives what a process that died has left there.
    pub(super) fn open(database: &Path) -> io::Result<(Self, Vec<Entry>)> {
        let open = |end: &str| {
            let mut options = OpenOptions::new();
            let path = database.with_extension(end);
            options.read(true).append(true).create(true).open(path)
        };
        let mut files = [open("journal-a")?, open("journal-b")?];
        let mut entries = Vec::new();
        for file in &mut files {
            let mut octets = Vec::new();
            file.read_to_end(&mut octets)?;
            entries.extend(records(&octets));
        }
        let journal = Self {
            files,
            current: 0,
            other_needed: true,
        };
        Ok((journal, entries))
    }

    /// Appends a result.
    pub(super) fn append(&mut self, entry: &Entry) -> io::Result<()> {
        let state = entry.encode();
        let mut record = Vec::with_capacity(HEAD + state.len());
        let length = u32::try_from(state.len()).map_err(io::Error::other)?;
        record.extend(length.to_be_bytes());
        record.extend([0; 4]);
        record.extend(entry.id().to_octets());
        record.extend(state);
        let sum = checksum(&record[8..]);
        record[4..8].copy_from_slice(&sum);
        self.files[self.current].write_all(&record)
    }

    /// A commit of all that was appended so far begins.
    pub(super) fn turn(&mut self) {
        // Behind a commit that failed both files are needed.
        if !self.other_needed {
            self.current = 1 - self.current;
            self.other_needed = true;
        }
    }

    /// That commit is done.
    pub(super) fn committed(&mut self) -> io::Result<()> {
        self.files[1 - self.current].set_len(0)?;
        self.other_needed = false;
        Ok(())
    }

    /// All that was appended is committed.
    pub(super) fn clear(&mut self) -> io::Result<()> {
        self.files[self.current].set_len(0)?;
        self.committed()
    }
}

/// The records to the first that is torn.
fn records(mut octets: &[u8]) -> Vec<Entry> {
    let mut entries = Vec::new();
    while let Some((entry, rest)) = record(octets) {
        entries.push(entry);
        octets = rest;
    }
    entries
}

fn record(octets: &[u8]) -> Option<(Entry, &[u8])> {
    let (length, octets) = octets.split_first_chunk()?;
    let (sum, octets) = octets.split_first_chunk::<4>()?;
    let length = usize::try_from(u32::from_be_bytes(*length)).ok()?;
    let (payload, rest) = octets.split_at_checked(length.checked_add(9)?)?;
    let (id, state) = payload.split_first_chunk()?;
    let entry = Entry::decode(QueueId::from_octets(*id), state)?;
    (checksum(payload) == *sum).then_some((entry, rest))
}

fn checksum(octets: &[u8]) -> [u8; 4] {
    let [a, b, c, d, ..] = <[u8; 32]>::from(Sha256::digest(octets));
    [a, b, c, d]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::outbox::Letter;
    use inreply_smtp::client::Envelope;
    use std::time::{Duration, SystemTime};

    fn entry() -> Entry {
        let envelope = Envelope::new("<>".parse().unwrap()).to("<a@b.example>".parse().unwrap());
        let id = QueueId::new(SystemTime::UNIX_EPOCH + Duration::from_secs(1)).unwrap();
        Entry::new(id, &Letter::new(envelope, "x"), Duration::from_secs(9))
    }

    #[test]
    fn what_no_commit_has_is_there_after_a_death() {
        let folder = tempfile::tempdir().unwrap();
        let database = folder.path().join("outbox.redb");
        let left = || Journal::open(&database).unwrap().1;
        let (mut journal, nothing) = Journal::open(&database).unwrap();
        assert_eq!(nothing, []);
        journal.clear().unwrap();
        let (one, two, three) = (entry(), entry(), entry());
        journal.append(&one).unwrap();
        journal.turn();
        journal.append(&two).unwrap();
        assert_eq!(left(), [one.clone(), two.clone()]);
        journal.committed().unwrap();
        assert_eq!(left(), std::slice::from_ref(&two));
        // This commit fails, and the next one has the rest too.
        journal.turn();
        journal.append(&three).unwrap();
        journal.turn();
        assert_eq!(left().len(), 2);
        journal.committed().unwrap();
        assert_eq!(left(), [three]);
        journal.clear().unwrap();
        assert_eq!(left(), []);
    }

    #[test]
    fn a_torn_record_ends_the_file_and_no_other_is_lost() {
        let folder = tempfile::tempdir().unwrap();
        let database = folder.path().join("outbox.redb");
        let (mut journal, _) = Journal::open(&database).unwrap();
        let (one, two) = (entry(), entry());
        journal.append(&one).unwrap();
        journal.append(&two).unwrap();
        let path = database.with_extension("journal-a");
        let whole = std::fs::read(&path).unwrap();
        for length in 0..whole.len() {
            let whole_records = usize::from(length >= whole.len() / 2);
            assert_eq!(records(&whole[..length]).len(), whole_records, "{length}");
        }
        let mut flipped = whole;
        *flipped.last_mut().unwrap() ^= 1;
        assert_eq!(records(&flipped), [one]);
    }
}
