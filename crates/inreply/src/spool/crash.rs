//! A file system that can lose its power, and what the spool promises when it does.
//!
//! Every call is a step. A crash comes before one of them and takes what was not synced: octets of files, entries of folders,
//! each alone or all. A rename happens or does not: it is one entry in the journal.

// Helpers of tests are tests: what cannot be had fails them. The die and the steps are small numbers.
#![allow(clippy::cast_possible_truncation)]

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, SystemTime};

use super::file_system::{FileSystem, Writer};
use super::{Folder, Maildir, QueueId};

/// What a crash takes.
#[derive(Debug, Clone, Copy)]
enum Loss {
    /// All that was not synced.
    Everything,
    /// The octets: files are there and empty.
    Octets,
    /// The entries: the octets are there and have no name.
    Entries,
    /// Some of it, and the ends of some files, by the throw of a die.
    Some(u64),
    /// Nothing, as when the process alone dies.
    Nothing,
}

#[derive(Debug, Clone)]
enum Change {
    Folder(PathBuf),
    Enter(PathBuf, usize),
    Rename(PathBuf, PathBuf, usize),
    Remove(PathBuf),
}

impl Change {
    fn touches(&self, folder: &Path) -> bool {
        let within = |path: &Path| path.parent() == Some(folder);
        match self {
            Self::Folder(path) | Self::Enter(path, _) | Self::Remove(path) => within(path),
            Self::Rename(from, to, _) => within(from) || within(to),
        }
    }

    fn apply(self, entries: &mut BTreeMap<PathBuf, Option<usize>>) {
        match self {
            Self::Folder(path) => drop(entries.insert(path, None)),
            Self::Enter(path, file) => drop(entries.insert(path, Some(file))),
            Self::Rename(from, to, file) => {
                entries.remove(&from);
                entries.insert(to, Some(file));
            }
            Self::Remove(path) => drop(entries.remove(&path)),
        }
    }
}

/// Octets as they are read, and as they are on disk.
#[derive(Debug, Default)]
struct File {
    octets: Vec<u8>,
    synced: Vec<u8>,
}

#[derive(Debug, Default)]
struct State {
    files: Vec<File>,
    /// Folders are none.
    entries: BTreeMap<PathBuf, Option<usize>>,
    synced: BTreeMap<PathBuf, Option<usize>>,
    /// What `synced` lacks, in order, by number.
    pending: BTreeMap<usize, Change>,
    steps: usize,
    crash_at: Option<usize>,
    fail_at: Option<(usize, io::ErrorKind)>,
}

impl State {
    fn change(&mut self, change: Change) {
        change.clone().apply(&mut self.entries);
        self.pending.insert(self.steps, change);
    }

    fn file(&self, path: &Path) -> io::Result<usize> {
        let entry = self.entries.get(path).copied().flatten();
        entry.ok_or_else(|| io::ErrorKind::NotFound.into())
    }

    /// A folder that is gone takes what is below it.
    fn is_reachable(&self, path: &Path) -> bool {
        path.parent()
            .is_none_or(|above| above == Path::new("/") || self.entries.get(above) == Some(&None))
    }
}

#[derive(Debug, Clone, Default)]
struct Model(Arc<Mutex<State>>);

#[derive(Debug)]
struct Open(Model, usize);

impl Model {
    /// The state, one step on.
    fn step(&self) -> io::Result<MutexGuard<'_, State>> {
        let mut state = self.0.lock().unwrap();
        if state.crash_at.is_some_and(|at| state.steps >= at) {
            return Err(io::Error::other("the power is off"));
        }
        state.steps += 1;
        match state.fail_at {
            Some((at, kind)) if state.steps == at => Err(kind.into()),
            _ => Ok(state),
        }
    }

    fn steps(&self) -> usize {
        self.0.lock().unwrap().steps
    }

    /// The power comes back.
    fn restart(&self, loss: Loss) {
        let mut state = self.0.lock().unwrap();
        let mut die = match loss {
            Loss::Some(seed) => seed | 1,
            _ => 1,
        };
        let mut throw = |sides: usize| {
            // xorshift64
            die ^= die << 13;
            die ^= die >> 7;
            die ^= die << 17;
            (die % sides as u64) as usize
        };
        for change in std::mem::take(&mut state.pending).into_values() {
            let kept = match loss {
                Loss::Everything | Loss::Entries => false,
                Loss::Octets | Loss::Nothing => true,
                Loss::Some(_) => throw(2) == 0,
            };
            if kept {
                change.apply(&mut state.synced);
            }
        }
        for file in &mut state.files {
            let kept = match loss {
                Loss::Everything | Loss::Octets => file.synced.len(),
                Loss::Entries | Loss::Nothing => file.octets.len(),
                Loss::Some(_) => {
                    file.synced.len() + throw(file.octets.len() - file.synced.len() + 1)
                }
            };
            file.octets.truncate(kept);
            file.synced.clone_from(&file.octets);
        }
        state.entries = state.synced.clone();
        let lost: Vec<PathBuf> = state
            .entries
            .keys()
            .filter(|path| !path.ancestors().all(|above| state.is_reachable(above)))
            .cloned()
            .collect();
        for path in lost {
            state.entries.remove(&path);
            state.synced.remove(&path);
        }
        (state.crash_at, state.fail_at) = (None, None);
    }
}

impl FileSystem for Model {
    fn create(&self, path: &Path) -> io::Result<Box<dyn Writer>> {
        let mut state = self.step()?;
        if state.entries.contains_key(path) {
            return Err(io::ErrorKind::AlreadyExists.into());
        }
        let file = state.files.len();
        state.files.push(File::default());
        state.change(Change::Enter(path.to_owned(), file));
        Ok(Box::new(Open(self.clone(), file)))
    }

    fn create_folder(&self, path: &Path) -> io::Result<()> {
        let mut state = self.step()?;
        if state.entries.contains_key(path) {
            return Err(io::ErrorKind::AlreadyExists.into());
        }
        state.change(Change::Folder(path.to_owned()));
        Ok(())
    }

    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        let state = self.step()?;
        let file = state.file(path)?;
        Ok(state.files[file].octets.clone())
    }

    fn list(&self, path: &Path) -> io::Result<Vec<OsString>> {
        let state = self.step()?;
        if state.entries.get(path) != Some(&None) {
            return Err(io::ErrorKind::NotFound.into());
        }
        let within = state
            .entries
            .keys()
            .filter(|entry| entry.parent() == Some(path));
        Ok(within
            .map(|entry| entry.file_name().unwrap().to_owned())
            .collect())
    }

    fn modified(&self, _: &Path) -> io::Result<SystemTime> {
        Ok(SystemTime::now())
    }

    fn exists(&self, path: &Path) -> bool {
        path == Path::new("/") || self.0.lock().unwrap().entries.contains_key(path)
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        let mut state = self.step()?;
        let file = state.file(from)?;
        if !state.is_reachable(to) {
            return Err(io::ErrorKind::NotFound.into());
        }
        state.change(Change::Rename(from.to_owned(), to.to_owned(), file));
        Ok(())
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        let mut state = self.step()?;
        state.file(path)?;
        state.change(Change::Remove(path.to_owned()));
        Ok(())
    }

    fn sync_folder(&self, path: &Path) -> io::Result<()> {
        // What changes between the begin of a sync and its end is not part of it.
        let state = self.step()?;
        let synced: Vec<usize> = state
            .pending
            .iter()
            .filter(|(_, change)| change.touches(path))
            .map(|(number, _)| *number)
            .collect();
        drop(state);
        std::thread::yield_now();
        let mut state = self.step()?;
        for number in synced {
            if let Some(change) = state.pending.remove(&number) {
                change.apply(&mut state.synced);
            }
        }
        Ok(())
    }
}

impl Writer for Open {
    fn write(&mut self, octets: &[u8]) -> io::Result<()> {
        self.0.step()?.files[self.1]
            .octets
            .extend_from_slice(octets);
        Ok(())
    }

    fn sync(&self) -> io::Result<()> {
        let mut state = self.0.step()?;
        let file = &mut state.files[self.1];
        file.synced.clone_from(&file.octets);
        Ok(())
    }
}

/// What was said to clients, and what the product was given.
#[derive(Debug, Default)]
struct Said {
    acknowledged: Vec<QueueId>,
}

fn open(model: &Model) -> io::Result<Maildir> {
    Maildir::open_on(Box::new(model.clone()), "/srv/spool".into())
}

/// The octets of a message, which it can be told by.
fn octets(id: QueueId) -> Vec<u8> {
    format!("Subject: {id}\r\n\r\nhello {id}\r\n").into_bytes()
}

fn deliver(spool: &Maildir) -> io::Result<QueueId> {
    let mut draft = spool.begin(SystemTime::now())?;
    let octets = octets(draft.id());
    draft.write(&octets[..20])?;
    draft.write(&octets[20..])?;
    draft.commit()
}

/// Delivers messages and files every second one, until the end or the first fault.
fn work(model: &Model, said: &mut Said) -> io::Result<()> {
    let spool = open(model)?;
    let folders = [
        Folder::Success,
        Folder::Failure("the issue is gone".to_owned()),
        Folder::Ignored("auto-reply"),
        Folder::Ignored("bounce"),
        Folder::Operator,
    ];
    for folder in &folders {
        for _ in 0..2 {
            said.acknowledged.push(deliver(&spool)?);
        }
        let oldest = spool.waiting()?[0];
        spool.file(oldest, folder)?;
        if matches!(folder, Folder::Failure(_)) {
            spool.retry(oldest)?;
            spool.file(oldest, folder)?;
        }
    }
    Ok(())
}

/// Every acknowledged message is there, whole, and none that waits is torn.
fn check(model: &Model, said: &Said, context: &str) {
    let spool = open(model).unwrap();
    for id in &said.acknowledged {
        let kept = spool.find(*id).unwrap();
        let kept = kept.unwrap_or_else(|| panic!("{context}: {id} is lost"));
        assert_eq!(
            model.read(kept.path()).unwrap(),
            octets(*id),
            "{context}: {kept:?}"
        );
    }
    for id in spool.waiting().unwrap() {
        assert_eq!(spool.read(id).unwrap(), octets(id), "{context}: torn");
    }
    // And it goes on.
    let id = deliver(&spool).unwrap();
    spool.file(id, &Folder::Ignored("calendar")).unwrap();
}

#[test]
fn a_crash_at_any_step_loses_nothing_that_was_acknowledged() {
    let model = Model::default();
    let mut said = Said::default();
    work(&model, &mut said).unwrap();
    assert_eq!(said.acknowledged.len(), 10);
    let steps = model.steps();
    let losses = [Loss::Everything, Loss::Octets, Loss::Entries, Loss::Nothing]
        .into_iter()
        .chain((0_u64..16).map(|seed| Loss::Some(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15))));
    for loss in losses {
        for step in 0..=steps {
            let (model, mut said) = (Model::default(), Said::default());
            model.0.lock().unwrap().crash_at = Some(step);
            let done = work(&model, &mut said);
            assert_eq!(done.is_ok(), step == steps);
            model.restart(loss);
            check(&model, &said, &format!("{loss:?} at step {step}"));
        }
    }
}

#[test]
fn a_crash_among_senders_that_share_a_sync_loses_nothing() {
    for round in 0..200_u64 {
        let model = Model::default();
        let spool = open(&model).unwrap();
        let begun = model.steps();
        model.0.lock().unwrap().crash_at = Some(begun + 10 + round as usize);
        let said = Mutex::new(Said::default());
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    while let Ok(id) = deliver(&spool) {
                        said.lock().unwrap().acknowledged.push(id);
                    }
                });
            }
        });
        drop(spool);
        let loss = match round % 4 {
            0 => Loss::Everything,
            1 => Loss::Octets,
            2 => Loss::Entries,
            _ => Loss::Some(round),
        };
        model.restart(loss);
        check(
            &model,
            &said.into_inner().unwrap(),
            &format!("{loss:?} in round {round}"),
        );
    }
}

/// A disk that is full, a folder that is read-only: one message gets an error, the next one is taken.
#[test]
fn a_fault_at_any_step_costs_that_message_alone() {
    let model = Model::default();
    let spool = open(&model).unwrap();
    let begun = model.steps();
    deliver(&spool).unwrap();
    let steps = model.steps() - begun;
    for kind in [
        io::ErrorKind::StorageFull,
        io::ErrorKind::ReadOnlyFilesystem,
        io::ErrorKind::PermissionDenied,
    ] {
        for step in 1..=steps {
            let model = Model::default();
            let spool = open(&model).unwrap();
            let first = deliver(&spool).unwrap();
            model.0.lock().unwrap().fail_at = Some((model.steps() + step, kind));
            let refused = deliver(&spool);
            assert_eq!(refused.unwrap_err().kind(), kind, "step {step}");
            let second = deliver(&spool).unwrap();
            let waiting = spool.waiting().unwrap();
            assert!(waiting.contains(&first) && waiting.contains(&second));
            for id in waiting {
                assert_eq!(spool.read(id).unwrap(), octets(id), "step {step}: torn");
            }
            let left = model.list(&spool.root().join("mail/reply/tmp")).unwrap();
            assert_eq!(left, [] as [OsString; 0], "step {step}");
        }
    }
}

/// A clock that is set back changes the order, and nothing else.
#[test]
fn a_clock_that_jumps_loses_nothing() {
    let model = Model::default();
    let spool = open(&model).unwrap();
    let now = SystemTime::now();
    let mut ids = [
        now,
        now - Duration::from_hours(48),
        now + Duration::from_hours(48),
    ]
    .map(|at| spool.begin(at).unwrap().commit().unwrap());
    ids.sort_unstable();
    assert_eq!(spool.waiting().unwrap(), ids);
    assert_eq!(open(&model).unwrap().waiting().unwrap(), ids);
}
