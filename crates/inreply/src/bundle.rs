//! What support wants to see, in one file: a `tar.gz` for tools, or one text for a mail.
//!
//! What goes in is redacted by type already: a [`Transcript`](inreply_smtp::transcript::Transcript) has no AUTH data, a
//! [`Secret`] does not print itself. The bundle is the last look: it knows the secrets of the installation, and whatever holds
//! one of them, plain or encoded, is cut out before it is written.

mod scrubber;

use std::fmt::Write as _;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use data_encoding::HEXLOWER;
use flate2::Compression;
use flate2::write::GzEncoder;
use inreply_smtp::secret::Secret;
use sha2::{Digest, Sha256};
use tar::{Builder, Header};

use self::scrubber::Scrubber;

/// Octets of a log's end that go in: some tens of thousands of lines, which a mail can still carry when they are packed.
const TAIL: u64 = 4_194_304;

/// Octets of a part that go into the text.
const IN_TEXT: usize = 65_536;

/// A support bundle in the making.
///
/// ```
/// use std::time::SystemTime;
/// use inreply::bundle::Bundle;
/// use inreply::smtp::secret::Secret;
///
/// let mut bundle = Bundle::new(SystemTime::now(), &[Secret::new("hunter2hunter2")]);
/// bundle.text("config.toml", "user = \"ann\"\npassword = \"hunter2hunter2\"\n");
/// bundle.log("mail.log", "no/such/file".as_ref());
///
/// let text = bundle.to_text();
/// assert!(text.contains("user = \"ann\"\npassword = \"[secret removed]\"\n"));
/// assert!(text.contains("cannot be read"));
/// let mut archive = Vec::new();
/// bundle.write(&mut archive)?;
/// assert_eq!(archive[..2], [0x1F, 0x8B]);
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Debug)]
pub struct Bundle {
    made_at: u64,
    scrubber: Scrubber,
    parts: Vec<Part>,
}

#[derive(Debug)]
struct Part {
    name: String,
    octets: Vec<u8>,
}

impl Bundle {
    /// An empty one, made at `now`, in which none of these secrets will be: passwords, tokens and keys, as text or as octets.
    /// Those of less than 6 octets are not looked for; they would be found everywhere.
    pub fn new(now: SystemTime, secrets: &[Secret]) -> Self {
        let made_at = now.duration_since(UNIX_EPOCH).unwrap_or_default();
        Self {
            made_at: made_at.as_secs(),
            scrubber: Scrubber::new(secrets),
            parts: Vec::new(),
        }
    }

    /// Adds a text under a file name. What of the name is no letter, digit, dot, hyphen or underscore becomes a hyphen.
    pub fn text(&mut self, name: &str, text: impl AsRef<str>) {
        self.add(name, text.as_ref().as_bytes());
    }

    /// Adds the last 4 MiB of a log, from the beginning of a line. Where it cannot be read, the part says why: a bundle is made
    /// where something is wrong, and must not fail for that.
    pub fn log(&mut self, name: &str, path: &Path) {
        match end_of_log(path, TAIL) {
            Ok(octets) => self.add(name, &octets),
            Err(error) => {
                let text = format!("{} cannot be read: {error}\n", path.display());
                self.add(name, text.as_bytes());
            }
        }
    }

    fn add(&mut self, name: &str, octets: &[u8]) {
        let name = name.chars().map(|c| match c {
            'a'..='z' | 'A'..='Z' | '0'..='9' | '.' | '-' | '_' => c,
            _ => '-',
        });
        self.parts.push(Part {
            name: name.collect(),
            octets: self.scrubber.scrub(octets),
        });
    }

    /// Writes it as `tar.gz`: a folder `inreply-support` with `MANIFEST` first, which has the name, the size and the SHA-256 of
    /// every part.
    ///
    /// # Errors
    /// Those of the writer.
    pub fn write(&self, writer: impl Write) -> io::Result<()> {
        let mut archive = Builder::new(GzEncoder::new(writer, Compression::default()));
        self.append(&mut archive, "MANIFEST", self.manifest().as_bytes())?;
        for part in &self.parts {
            self.append(&mut archive, &part.name, &part.octets)?;
        }
        archive.into_inner()?.finish()?.flush()
    }

    fn append(
        &self,
        archive: &mut Builder<impl Write>,
        name: &str,
        octets: &[u8],
    ) -> io::Result<()> {
        let mut header = Header::new_gnu();
        header.set_size(octets.len() as u64);
        header.set_mode(0o600);
        header.set_mtime(self.made_at);
        archive.append_data(&mut header, format!("inreply-support/{name}"), octets)
    }

    fn manifest(&self) -> String {
        let mut manifest = format!("inreply {}\n", env!("CARGO_PKG_VERSION"));
        for part in &self.parts {
            let digest = HEXLOWER.encode(&Sha256::digest(&part.octets));
            // Writing to a string cannot fail.
            let _ = writeln!(manifest, "{digest}  {}  {}", part.octets.len(), part.name);
        }
        manifest
    }

    /// All of it as one text: each part under its name, the end of those that are long.
    pub fn to_text(&self) -> String {
        let mut text = self.manifest();
        for part in &self.parts {
            let shown = match part.octets.len().checked_sub(IN_TEXT) {
                None | Some(0) => part.octets.as_slice(),
                Some(more) => from_a_line(part.octets.get(more..).unwrap_or_default()),
            };
            let _ = writeln!(text, "\n=== {}", part.name);
            if shown.len() < part.octets.len() {
                let _ = writeln!(text, "[{} octets before]", part.octets.len() - shown.len());
            }
            text.push_str(&String::from_utf8_lossy(shown));
            if !text.ends_with('\n') {
                text.push('\n');
            }
        }
        text
    }
}

/// The last octets of a log, at most `most`, from the beginning of a line.
///
/// # Errors
/// Where the file cannot be read.
///
/// ```
/// let folder = tempfile::tempdir()?;
/// let log = folder.path().join("mail.log");
/// std::fs::write(&log, "first\nsecond\nthird\n")?;
/// assert_eq!(inreply::bundle::end_of_log(&log, 15)?, b"second\nthird\n");
/// assert_eq!(inreply::bundle::end_of_log(&log, 99)?.len(), 19);
/// # Ok::<(), std::io::Error>(())
/// ```
pub fn end_of_log(path: &Path, most: u64) -> io::Result<Vec<u8>> {
    let mut file = File::open(path)?;
    let before = file.metadata()?.len().saturating_sub(most);
    file.seek(SeekFrom::Start(before))?;
    let mut octets = Vec::new();
    // A log grows while it is read.
    file.take(most).read_to_end(&mut octets)?;
    Ok(match before {
        0 => octets,
        _ => from_a_line(&octets).to_vec(),
    })
}

fn from_a_line(octets: &[u8]) -> &[u8] {
    memchr::memchr(b'\n', octets)
        .and_then(|end| octets.get(end + 1..))
        .unwrap_or(octets)
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use flate2::read::GzDecoder;

    use super::*;

    fn unpacked(bundle: &Bundle) -> Vec<(String, String)> {
        let mut archive = Vec::new();
        bundle.write(&mut archive).unwrap();
        let mut archive = tar::Archive::new(GzDecoder::new(archive.as_slice()));
        let parts = archive.entries().unwrap().map(|entry| {
            let mut entry = entry.unwrap();
            let mut text = String::new();
            entry.read_to_string(&mut text).unwrap();
            (entry.path().unwrap().display().to_string(), text)
        });
        parts.collect()
    }

    #[test]
    fn the_manifest_names_every_part() {
        let mut bundle = Bundle::new(SystemTime::now(), &[]);
        bundle.text("../../etc/passwd", "root");
        bundle.text("versions.txt", "abc");
        let parts = unpacked(&bundle);
        let names: Vec<&str> = parts.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(
            names,
            [
                "inreply-support/MANIFEST",
                "inreply-support/..-..-etc-passwd",
                "inreply-support/versions.txt"
            ]
        );
        let of_abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert!(parts[0].1.contains(&format!("{of_abc}  3  versions.txt\n")));
    }

    #[test]
    fn a_long_log_is_its_end_from_a_line() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("mail.log");
        let line = "x".repeat(99) + "\n";
        std::fs::write(&path, line.repeat(60_000)).unwrap();
        let mut bundle = Bundle::new(SystemTime::now(), &[]);
        bundle.log("mail.log", &path);
        let parts = unpacked(&bundle);
        let log = &parts[1].1;
        assert!(log.len() as u64 <= TAIL && log.len() as u64 > TAIL - 100);
        assert!(log.starts_with(&line));
        let text = bundle.to_text();
        assert!(text.len() < IN_TEXT + 1_000);
        assert!(text.contains("octets before]\nxxx"));
    }
}
