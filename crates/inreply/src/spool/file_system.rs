//! What the spool asks of a file system, so that tests can take one that forgets what was not synced.

use std::ffi::{OsStr, OsString};
use std::fmt;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::Path;
use std::time::SystemTime;

use super::QueueId;

/// The calls of the spool. Each is one step between which a crash can come.
pub(super) trait FileSystem: fmt::Debug + Send + Sync {
    /// Makes a file that is not there yet and opens it for writing.
    fn create(&self, path: &Path) -> io::Result<Box<dyn Writer>>;

    /// Makes one folder in a folder that is there.
    fn create_folder(&self, path: &Path) -> io::Result<()>;

    fn read(&self, path: &Path) -> io::Result<Vec<u8>>;

    /// The names in a folder.
    fn list(&self, path: &Path) -> io::Result<Vec<OsString>>;

    /// Gives the messages in a folder one by one, in no order; a file that is none of ours is left out.
    fn each_id(&self, path: &Path, give: &mut dyn FnMut(QueueId)) -> io::Result<()> {
        let names = self.list(path)?;
        names.iter().filter_map(|name| id(name)).for_each(give);
        Ok(())
    }

    /// When a file was last written.
    fn modified(&self, path: &Path) -> io::Result<SystemTime>;

    fn exists(&self, path: &Path) -> bool;

    /// Moves a file, in one step, over one that has the name.
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()>;

    fn remove(&self, path: &Path) -> io::Result<()>;

    /// Returns once the entries of a folder are on disk.
    fn sync_folder(&self, path: &Path) -> io::Result<()>;
}

/// A file that is being written.
pub(super) trait Writer: fmt::Debug + Send {
    fn write(&mut self, octets: &[u8]) -> io::Result<()>;

    /// Returns once its octets are on disk.
    fn sync(&self) -> io::Result<()>;
}

/// The file system of the machine.
#[derive(Debug)]
pub(super) struct Disk;

impl FileSystem for Disk {
    fn create(&self, path: &Path) -> io::Result<Box<dyn Writer>> {
        let file = OpenOptions::new().write(true).create_new(true).open(path)?;
        Ok(Box::new(file))
    }

    fn create_folder(&self, path: &Path) -> io::Result<()> {
        fs::create_dir(path)
    }

    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        fs::read(path)
    }

    fn list(&self, path: &Path) -> io::Result<Vec<OsString>> {
        fs::read_dir(path)?
            .map(|entry| Ok(entry?.file_name()))
            .collect()
    }

    /// One name at a time: an allocator keeps for each thread what all of 100,000 would take.
    fn each_id(&self, path: &Path, give: &mut dyn FnMut(QueueId)) -> io::Result<()> {
        for entry in fs::read_dir(path)? {
            if let Some(id) = id(&entry?.file_name()) {
                give(id);
            }
        }
        Ok(())
    }

    fn modified(&self, path: &Path) -> io::Result<SystemTime> {
        fs::metadata(path)?.modified()
    }

    fn exists(&self, path: &Path) -> bool {
        path.exists()
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        fs::rename(from, to)
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        fs::remove_file(path)
    }

    fn sync_folder(&self, path: &Path) -> io::Result<()> {
        File::open(path)?.sync_all()
    }
}

fn id(name: &OsStr) -> Option<QueueId> {
    name.to_str()?.parse().ok()
}

impl Writer for File {
    fn write(&mut self, octets: &[u8]) -> io::Result<()> {
        self.write_all(octets)
    }

    fn sync(&self) -> io::Result<()> {
        self.sync_all()
    }
}
