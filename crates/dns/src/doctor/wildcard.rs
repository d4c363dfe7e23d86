//! Wildcards: what they cover, and what a new record takes from them (RFC 4592).

use super::checkup::Checkup;
use super::finding::Change;
use crate::name::Name;
use crate::record::{Data, Kind, Record};

const KINDS: [Kind; 4] = [Kind::A, Kind::Aaaa, Kind::Mx, Kind::Txt];

impl Checkup<'_> {
    /// Whether a name below the host has what a wildcard gives, and nothing else: then no record of its own stands in the zone.
    pub(super) fn is_synthesised(&self, name: &Name) -> bool {
        let Some(probe) = self.probe() else {
            return false;
        };
        let target = |name: &Name| self.lookups.alias(name).map(|alias| alias.data);
        let same = KINDS
            .iter()
            .all(|kind| self.lookups.known(name, *kind) == self.lookups.known(&probe, *kind));
        let any = KINDS
            .iter()
            .any(|kind| !self.lookups.known(&probe, *kind).is_empty());
        *name != self.config.host
            && name.is_within(&self.config.host)
            && (any || target(name).is_some())
            && same
            && target(name) == target(&probe)
    }

    /// Whether the host itself is a wildcard's.
    fn host_is_synthesised(&self) -> bool {
        let Some(probe) = self.probe_above() else {
            return false;
        };
        let kinds = [Kind::A, Kind::Aaaa];
        let host = &self.config.host;
        kinds
            .iter()
            .all(|kind| self.lookups.known(host, *kind) == self.lookups.known(&probe, *kind))
            && kinds
                .iter()
                .any(|kind| !self.lookups.known(host, *kind).is_empty())
    }

    /// The records that a wildcard gives and that `fix` would take away, to be added as records of their own: "the existence
    /// of [a name] … prevents the wildcard from being used to synthesize" (RFC 4592 §2.2.1), be it for records at the name
    /// or below it.
    pub(super) fn uncovered(&self, fix: &[Change]) -> Vec<Change> {
        let added: Vec<&Record> = fix
            .iter()
            .filter_map(|change| match change {
                Change::Add(record) => Some(record),
                Change::Ask(_) | Change::Remove(_) | Change::Replace { .. } => None,
            })
            .collect();
        let config = self.config;
        let mut names = vec![&config.reply, &config.noreply, &config.sender_domain];
        names.retain(|name| self.is_synthesised(name));
        let below_host = added
            .iter()
            .any(|record| record.owner.is_within(&config.host));
        let host_goes = below_host && self.host_is_synthesised();
        let mut changes = Vec::new();
        if host_goes {
            names.push(&config.host);
        }
        names.dedup();
        for name in names {
            let touched = added.iter().any(|record| record.owner.is_within(name));
            if !touched && !host_goes {
                continue;
            }
            for kind in KINDS {
                let given = self.lookups.known(name, kind);
                let decided = added.iter().any(|record| {
                    record.owner == *name
                        && record.data.kind() == kind
                        && !is_plain_text(&record.data)
                });
                if decided {
                    continue;
                }
                for data in given {
                    let change = Change::Add(Record::new(name.clone(), data));
                    if !fix.contains(&change) && !changes.contains(&change) {
                        changes.push(change);
                    }
                }
            }
        }
        changes
    }

    /// Whether a record stands in the zone as it was answered, so that it can be removed: not where a wildcard gave it.
    pub(super) fn is_removable(&self, record: &Record) -> bool {
        if self.is_synthesised(&record.owner) {
            return false;
        }
        let Some(probe) = self.probe() else {
            return true;
        };
        // Of names below the three that are known only this type is.
        let given = self.lookups.known(&probe, record.data.kind());
        let is_deeper =
            ![&self.config.host, &self.config.reply, &self.config.noreply].contains(&&record.owner);
        !(is_deeper && given.contains(&record.data))
    }

    /// The change from one record to another; from a wildcard's only the new one.
    pub(super) fn replace(&self, old: Record, new: Record) -> Change {
        if self.is_removable(&old) {
            Change::Replace { old, new }
        } else {
            Change::Add(new)
        }
    }

    /// A record's data changed; where a CNAME led to the record, which may be of somebody else, the name gets one of its own
    /// instead of the CNAME.
    pub(super) fn rewrite(&self, name: &Name, old: Record, data: Data) -> Vec<Change> {
        if old.owner == *name {
            let new = Record::new(name.clone(), data);
            return vec![self.replace(old, new)];
        }
        let mut changes = self.without_alias(name);
        changes.push(Change::Add(Record::new(name.clone(), data)));
        changes
    }

    /// The removal of a record; nothing where a wildcard gave it.
    pub(super) fn remove(&self, record: Record) -> Option<Change> {
        self.is_removable(&record).then_some(Change::Remove(record))
    }
}

/// A text that is not SPF: it stands beside others.
fn is_plain_text(data: &Data) -> bool {
    matches!(data, Data::Txt(text) if !crate::spf::Record::is_meant(text))
}
