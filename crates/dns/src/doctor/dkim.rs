//! The keys that mail is signed with.

use super::checkup::Checkup;
use super::finding::Change;
use crate::dkim::{Key, KeyRecord, Words};
use crate::name::Name;
use crate::record::{Data, Kind, Record};

impl Checkup<'_> {
    pub(super) fn dkim(&mut self) -> Option<()> {
        let mut ed25519 = Vec::new();
        let mut others = 0;
        let mut pending = false;
        for (selector, ours) in self.config.selectors.clone() {
            let Some(name) = self.selector_name(&selector) else {
                continue;
            };
            match self.dkim_key(&name, ours.as_ref()) {
                None => pending = true,
                Some(Some(Key::Ed25519(_))) => ed25519.push(name),
                Some(_) => others += 1,
            }
        }
        if pending {
            return None;
        }
        if others == 0 {
            for name in ed25519 {
                let message = format!(
                    "only an ed25519 key stands at {name}; many verifiers want RSA, so sign with a selector of each"
                );
                self.add("dkim.ed25519_only", &name, message, &[(&name, Kind::Txt)]);
            }
        }
        Some(())
    }

    /// The key at a selector, where it can be used.
    fn dkim_key(&mut self, name: &Name, ours: Option<&Key>) -> Option<Option<Key>> {
        let shown = [(name, Kind::Txt)];
        let found = self.lookups.resolve(name, Kind::Txt)?;
        if found.failed() || found.chain.looped {
            let message = format!(
                "the key at {name} could not be looked up: {}",
                found.outcome
            );
            self.add("dkim.lookup_failed", name, message, &shown);
            return Some(None);
        }
        let texts: Vec<String> = found
            .texts()
            .filter(|text| is_meant(text))
            .map(|text| String::from_utf8_lossy(text).into_owned())
            .collect();
        let owner = found.chain.links.last().unwrap_or(name).clone();
        let strong = |key: &&Key| !matches!(key, Key::Rsa { bits, .. } if *bits < 1_024);
        let wanted = ours
            .filter(strong)
            .map(|key| Data::text(KeyRecord::new(key.clone()).to_string()));
        let Some(text) = texts.first() else {
            let message = format!("no key stands at {name}, which our signatures point to");
            let mut fix = Vec::new();
            if let Some(data) = wanted {
                fix = self.without_alias(name);
                fix.push(Change::Add(Record::new(name.clone(), data)));
            }
            self.add("dkim.missing", name, message, &shown).fix = fix;
            return Some(None);
        };
        if texts.len() > 1 {
            let message = format!(
                "{} key records stand at {name}; a verifier takes whichever it likes",
                texts.len()
            );
            self.add("dkim.multiple", name, message, &shown);
        }
        let old = Record::new(owner.clone(), Data::text(text.as_str()));
        let ours_instead = match wanted.filter(|data| *data != old.data) {
            Some(data) => self.rewrite(name, old, data),
            None => Vec::new(),
        };
        let record = match KeyRecord::parse(text) {
            Ok(record) => record,
            Err(error) => {
                let message = format!("the key record at {name} does not parse: {error}");
                self.add("dkim.syntax", name, message, &shown).fix = ours_instead;
                return Some(None);
            }
        };
        let (code, message) = match &record.key {
            Key::Revoked => (
                "dkim.revoked",
                format!("the key at {name} is revoked: p= is empty"),
            ),
            Key::Rsa { bits, .. } if *bits < 1_024 => (
                "dkim.key_too_short",
                format!("the RSA key at {name} has {bits} bits; verifiers must not use it"),
            ),
            key if ours.is_some_and(|ours| self.differs(ours, key)) => (
                "dkim.key_mismatch",
                format!("the key at {name} is not the one we sign with"),
            ),
            _ if !record.is_for_email() => (
                "dkim.service_not_email",
                format!("the key at {name} is not for e-mail: s={}", record.services),
            ),
            _ => {
                self.dkim_weaknesses(name, &owner, text, &record);
                return Some(Some(record.key));
            }
        };
        self.add(code, name, message, &shown).fix = ours_instead;
        Some(None)
    }

    /// Whether the key in DNS is not ours. Who gives one key for several selectors has not said which is whose: of a key of
    /// another type nothing can be told then.
    fn differs(&self, ours: &Key, key: &Key) -> bool {
        let selectors = self.config.selectors.iter();
        let with_ours = selectors.filter(|(_, other)| other.as_ref() == Some(ours));
        ours != key && (ours.kind() == key.kind() || with_ours.count() < 2)
    }

    fn dkim_weaknesses(&mut self, name: &Name, owner: &Name, text: &str, record: &KeyRecord) {
        let shown = [(name, Kind::Txt)];
        let mut better = record.clone();
        better.testing = false;
        if !record.allows_sha256() {
            better.hashes = Words::default();
        }
        let old = Record::new(owner.clone(), Data::text(text));
        let fix = self.rewrite(name, old, Data::text(better.to_string()));
        if record.testing {
            let message = format!(
                "the key at {name} says t=y: verifiers are to treat our mail as not signed"
            );
            self.add("dkim.testing", name, message, &shown)
                .fix
                .clone_from(&fix);
        }
        if !record.allows_sha256() {
            let message = format!(
                "the key at {name} does not allow SHA-256: h={}",
                record.hashes
            );
            self.add("dkim.hash_not_allowed", name, message, &shown).fix = fix;
        }
        match &record.key {
            Key::Rsa { bits, .. } if *bits < 2_048 => {
                let message = format!(
                    "the RSA key at {name} has {bits} bits; 2048 are the least to sign with today"
                );
                self.add("dkim.weak_key", name, message, &shown);
            }
            key => {
                let bits = match key {
                    Key::Rsa { bits, .. } => format!(" of {bits} bits"),
                    _ => String::new(),
                };
                self.pass("dkim", name, format!("{}{bits}", record.key.kind()));
            }
        }
    }
}

/// Whether a text can be meant as a key: a record of another kind, such as a wildcard gives, is none.
fn is_meant(text: &[u8]) -> bool {
    let text = String::from_utf8_lossy(text).to_ascii_lowercase();
    let dense: String = text.split_ascii_whitespace().collect();
    match dense.strip_prefix("v=") {
        Some(version) => version.starts_with("dkim"),
        None => dense
            .split(';')
            .any(|tag| tag.starts_with("p=") || tag.starts_with("k=")),
    }
}
