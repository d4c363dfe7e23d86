//! The keys of reply addresses, in DATA/keys.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use inreply::gate::Gate;
use inreply::token::{Key, KeyId, KeyRing};

use crate::config::Config;
use crate::secret_file;

impl Config {
    /// Where the keys are, and the passwords.
    pub(crate) fn keys(&self) -> PathBuf {
        self.data.join("keys")
    }

    /// Whether there is a key for reply addresses already.
    pub(crate) fn has_keys(&self) -> bool {
        read_keys(&self.keys()).is_ok_and(|keys| !keys.is_empty())
    }

    /// The gate with the keys in DATA/keys; the first start makes one.
    pub(crate) fn gate(&self) -> Result<Gate> {
        let folder = self.keys();
        fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
        let mut keys = read_keys(&folder)?;
        if keys.is_empty() {
            keys.push((1, make_key(&folder.join("1.key"))?));
        }
        keys.sort_by_key(|(id, _)| *id);
        let (current, key) = keys.pop().context("no key")?;
        ensure!(
            !self.retired_keys.contains(&current),
            "key {current} is retired and there is no later one"
        );
        let ring =
            keys.into_iter()
                .try_fold(
                    KeyRing::new(KeyId(current), key),
                    |ring, (id, key)| match self.retired_keys.contains(&id) {
                        true => ring.with_retired(KeyId(id), key),
                        false => ring.with_old(KeyId(id), key),
                    },
                )?;
        Ok(Gate::new(self.site()?, &ring))
    }
}

fn read_keys(folder: &Path) -> Result<Vec<(u8, Key)>> {
    let mut keys = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "key") {
            let name = || format!("{} is no key", path.display());
            let id = path
                .file_stem()
                .and_then(|stem| stem.to_str())
                .and_then(|stem| stem.parse().ok());
            keys.push((
                id.with_context(name)?,
                Key::from_file_contents(&fs::read(&path)?).with_context(name)?,
            ));
        }
    }
    Ok(keys)
}

fn make_key(path: &Path) -> Result<Key> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes).map_err(|error| anyhow::anyhow!("no random numbers: {error}"))?;
    let hex = data_encoding::HEXLOWER.encode(&bytes);
    secret_file::create(path, format!("{hex}\n").as_bytes())?;
    Ok(Key::from_hex(&hex)?)
}
