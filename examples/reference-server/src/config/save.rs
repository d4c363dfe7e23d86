//! What the console changes, written into the file.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use toml_edit::{Array, DocumentMut, Item, value};

use crate::config::Config;
use crate::secret_file;

impl Config {
    /// Writes what the console changes into the file; comments and all else in it stay.
    pub(crate) fn save(&self, path: &Path) -> Result<()> {
        let text =
            fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
        let mut file: DocumentMut = text.parse()?;
        file["enabled"] = value(self.enabled);
        file["host"] = value(&self.host);
        file["support"] = value(&self.support);
        file["operator"] = value(&self.operator);
        file["discard_no_reply"] = value(self.discard_no_reply);
        let path_of = |path: &Path| value(path.to_string_lossy().into_owned());
        let inbound = table(&mut file, "inbound")?;
        inbound["require_tls"] = value(self.inbound.require_tls);
        inbound["tls_certificate"] = path_of(&self.inbound.tls_certificate);
        inbound["tls_key"] = path_of(&self.inbound.tls_key);
        let outbound = table(&mut file, "outbound")?;
        outbound["server"] = value(&self.outbound.server);
        outbound["port"] = value(i64::from(self.outbound.port));
        outbound["hello"] = value(&self.outbound.hello);
        outbound["tls"] = value(self.outbound.tls.name());
        outbound["auth"] = value(&self.outbound.auth);
        outbound["user"] = value(&self.outbound.user);
        outbound["password_file"] = path_of(&self.outbound.password_file);
        outbound["dkim"] = value(self.outbound.dkim.iter().collect::<Array>());
        let write = || {
            // Where it is a link, what it leads to; whoever could read it still can, and nobody else: it may hold a password.
            let real = fs::canonicalize(path)?;
            let mode = fs::metadata(&real)?.permissions();
            secret_file::replace(&real, file.to_string().as_bytes())?;
            fs::set_permissions(&real, mode)
        };
        write().with_context(|| format!("cannot write {}", path.display()))
    }
}

/// A table of a file, made where it is missing.
fn table<'a>(file: &'a mut DocumentMut, name: &str) -> Result<&'a mut Item> {
    let item = file.entry(name).or_insert_with(toml_edit::table);
    ensure!(item.is_table_like(), "{name} is no table");
    Ok(item)
}
