//! The demo application's data: people, issues and comments, in redb.

use std::path::Path;
use std::sync::mpsc::{Sender, channel};
use std::sync::{Mutex, PoisonError};

use anyhow::{Context, Result, ensure};
use inreply::inbox::{IdempotencyKey, Receipt};
use redb::{
    ConcurrencyMode, Database, ReadTransaction, ReadableDatabase, ReadableTable, TableDefinition,
};

const USERS: TableDefinition<'_, u64, (&str, &str)> = TableDefinition::new("users");
const ISSUES: TableDefinition<'_, u64, (&str, bool)> = TableDefinition::new("issues");
const COMMENTS: TableDefinition<'_, (u64, u64), (u64, &str)> = TableDefinition::new("comments");
const SEEN: TableDefinition<'_, &[u8; 32], u64> = TableDefinition::new("seen");

/// Octets of the file that are kept in memory (16 MiB): without a limit it is a gibibyte, which a long day fills.
const CACHE: usize = 16_777_216;

/// The embedded store; several processes may have it open.
#[derive(Debug)]
pub(crate) struct Store {
    database: Database,
    /// Replies that wait for the commit of those before them.
    waiting: Mutex<Vec<Waiting>>,
    committing: Mutex<()>,
}

/// A reply on its way to a comment.
#[derive(Debug)]
struct Waiting {
    issue: u64,
    author: u64,
    text: String,
    key: IdempotencyKey,
    done: Sender<(Receipt, u64)>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct User {
    pub(crate) id: u64,
    pub(crate) name: String,
    pub(crate) email: String,
    /// Mail to it came back.
    pub(crate) bounced: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Issue {
    pub(crate) id: u64,
    pub(crate) title: String,
    pub(crate) locked: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Comment {
    pub(crate) number: u64,
    pub(crate) author: u64,
    pub(crate) text: String,
}

/// Who wants no mail about an issue.
const MUTED: TableDefinition<'_, (u64, u64), ()> = TableDefinition::new("muted");
const BOUNCED: TableDefinition<'_, u64, ()> = TableDefinition::new("bounced");

impl Store {
    pub(crate) fn open(path: &Path) -> Result<Self> {
        let database = Database::builder()
            .set_concurrency_mode(ConcurrencyMode::MultiWriter)
            .set_cache_size(CACHE)
            .create(path)
            .with_context(|| format!("cannot open {}", path.display()))?;
        let transaction = database.begin_write()?;
        // Tables exist from here on, so that a reader need not ask.
        transaction.open_table(USERS)?;
        transaction.open_table(ISSUES)?;
        transaction.open_table(COMMENTS)?;
        transaction.open_table(SEEN)?;
        transaction.open_table(BOUNCED)?;
        transaction.open_table(MUTED)?;
        transaction.commit()?;
        Ok(Self {
            database,
            waiting: Mutex::default(),
            committing: Mutex::default(),
        })
    }

    pub(crate) fn add_user(&self, name: &str, email: &str) -> Result<u64> {
        let transaction = self.database.begin_write()?;
        let id = {
            let mut users = transaction.open_table(USERS)?;
            let id = users.last()?.map_or(0, |(id, _)| id.value()) + 1;
            users.insert(id, (name, email))?;
            id
        };
        transaction.commit()?;
        Ok(id)
    }

    pub(crate) fn users(&self) -> Result<Vec<User>> {
        let transaction = self.database.begin_read()?;
        let bounced = transaction.open_table(BOUNCED)?;
        let users = transaction.open_table(USERS)?;
        users
            .iter()?
            .map(|entry| {
                let (id, user) = entry?;
                let ((name, email), id) = (user.value(), id.value());
                let bounced = bounced.get(id)?.is_some();
                Ok(User {
                    id,
                    name: name.to_owned(),
                    email: email.to_owned(),
                    bounced,
                })
            })
            .collect()
    }

    pub(crate) fn user(&self, id: u64) -> Result<Option<User>> {
        let transaction = self.database.begin_read()?;
        user(&transaction, id)
    }

    /// An issue and a person, as of one moment.
    pub(crate) fn pair(&self, issue: u64, user: u64) -> Result<(Option<Issue>, Option<User>)> {
        let transaction = self.database.begin_read()?;
        Ok((
            self::issue(&transaction, issue)?,
            self::user(&transaction, user)?,
        ))
    }

    pub(crate) fn mark_bounced(&self, user: u64) -> Result<()> {
        let transaction = self.database.begin_write()?;
        transaction.open_table(BOUNCED)?.insert(user, ())?;
        transaction.commit()?;
        Ok(())
    }

    /// Forgets that mail to this address came back.
    pub(crate) fn unmark_bounced(&self, email: &str) -> Result<()> {
        let users = self.users()?;
        let transaction = self.database.begin_write()?;
        for user in users {
            if user.email.eq_ignore_ascii_case(email) {
                transaction.open_table(BOUNCED)?.remove(user.id)?;
            }
        }
        transaction.commit()?;
        Ok(())
    }

    pub(crate) fn open_issue(&self, title: &str) -> Result<u64> {
        let transaction = self.database.begin_write()?;
        let id = {
            let mut issues = transaction.open_table(ISSUES)?;
            let id = issues.last()?.map_or(0, |(id, _)| id.value()) + 1;
            issues.insert(id, (title, false))?;
            id
        };
        transaction.commit()?;
        Ok(id)
    }

    pub(crate) fn issue(&self, id: u64) -> Result<Option<Issue>> {
        let transaction = self.database.begin_read()?;
        issue(&transaction, id)
    }

    pub(crate) fn issues(&self) -> Result<Vec<Issue>> {
        let transaction = self.database.begin_read()?;
        let issues = transaction.open_table(ISSUES)?;
        issues
            .iter()?
            .map(|entry| {
                let (id, issue) = entry?;
                let (title, locked) = issue.value();
                Ok(Issue {
                    id: id.value(),
                    title: title.to_owned(),
                    locked,
                })
            })
            .collect()
    }

    /// Whether somebody gets mail about an issue.
    pub(crate) fn is_notified(&self, issue: u64, user: u64) -> Result<bool> {
        let transaction = self.database.begin_read()?;
        let muted = transaction.open_table(MUTED)?.get((issue, user))?;
        Ok(muted.is_none())
    }

    pub(crate) fn set_notified(&self, issue: u64, user: u64, notified: bool) -> Result<()> {
        let transaction = self.database.begin_write()?;
        {
            let mut muted = transaction.open_table(MUTED)?;
            match notified {
                true => drop(muted.remove((issue, user))?),
                false => drop(muted.insert((issue, user), ())?),
            }
        }
        transaction.commit()?;
        Ok(())
    }

    pub(crate) fn lock_issue(&self, id: u64) -> Result<()> {
        let issue = self
            .issue(id)?
            .with_context(|| format!("there is no issue {id}"))?;
        let transaction = self.database.begin_write()?;
        transaction
            .open_table(ISSUES)?
            .insert(id, (issue.title.as_str(), true))?;
        transaction.commit()?;
        Ok(())
    }

    /// Adds a comment that was written here.
    pub(crate) fn add_comment(&self, issue: u64, author: u64, text: &str) -> Result<u64> {
        ensure!(self.issue(issue)?.is_some(), "there is no issue {issue}");
        let transaction = self.database.begin_write()?;
        let number = insert(&transaction, issue, author, text)?;
        transaction.commit()?;
        Ok(number)
    }

    /// Adds a comment that came by mail, unless its key was seen: both in one transaction, so that a reply offered twice
    /// is one comment. Replies that come during a commit share the next one.
    pub(crate) fn add_reply(
        &self,
        issue: u64,
        author: u64,
        text: &str,
        key: &IdempotencyKey,
    ) -> Result<(Receipt, u64)> {
        let (done, added) = channel();
        lock(&self.waiting).push(Waiting {
            issue,
            author,
            text: text.to_owned(),
            key: *key,
            done,
        });
        let _committing = lock(&self.committing);
        if let Ok(added) = added.try_recv() {
            return Ok(added);
        }
        // Where this fails, the others of the group hear of it by their senders, which are gone.
        let group = std::mem::take(&mut *lock(&self.waiting));
        let transaction = self.database.begin_write()?;
        let mut receipts = Vec::with_capacity(group.len());
        for reply in &group {
            receipts.push(add(&transaction, reply)?);
        }
        transaction.commit()?;
        for (reply, receipt) in group.iter().zip(receipts) {
            // Whoever gave up waiting offers the reply again.
            let _ = reply.done.send(receipt);
        }
        added.recv().context("the commit of this reply failed")
    }

    pub(crate) fn comments(&self, issue: u64) -> Result<Vec<Comment>> {
        let transaction = self.database.begin_read()?;
        let comments = transaction.open_table(COMMENTS)?;
        comments
            .range((issue, 0)..=(issue, u64::MAX))?
            .map(|entry| {
                let (key, comment) = entry?;
                let ((_, number), (author, text)) = (key.value(), comment.value());
                Ok(Comment {
                    number,
                    author,
                    text: text.to_owned(),
                })
            })
            .collect()
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn user(transaction: &ReadTransaction, id: u64) -> Result<Option<User>> {
    let bounced = transaction.open_table(BOUNCED)?.get(id)?.is_some();
    let user = transaction.open_table(USERS)?.get(id)?;
    Ok(user.map(|user| {
        let (name, email) = user.value();
        User {
            id,
            name: name.to_owned(),
            email: email.to_owned(),
            bounced,
        }
    }))
}

fn issue(transaction: &ReadTransaction, id: u64) -> Result<Option<Issue>> {
    let issue = transaction.open_table(ISSUES)?.get(id)?;
    Ok(issue.map(|issue| {
        let (title, locked) = issue.value();
        Issue {
            id,
            title: title.to_owned(),
            locked,
        }
    }))
}

fn add(transaction: &redb::WriteTransaction, reply: &Waiting) -> Result<(Receipt, u64)> {
    let mut seen = transaction.open_table(SEEN)?;
    let known = seen.get(reply.key.as_bytes())?.map(|number| number.value());
    if let Some(number) = known {
        return Ok((Receipt::Duplicate, number));
    }
    let number = insert(transaction, reply.issue, reply.author, &reply.text)?;
    seen.insert(reply.key.as_bytes(), number)?;
    Ok((Receipt::Stored, number))
}

fn insert(
    transaction: &redb::WriteTransaction,
    issue: u64,
    author: u64,
    text: &str,
) -> Result<u64> {
    let mut comments = transaction.open_table(COMMENTS)?;
    let last = comments
        .range((issue, 0)..=(issue, u64::MAX))?
        .next_back()
        .transpose()?;
    let number = last.map_or(0, |(key, _)| key.value().1) + 1;
    comments.insert((issue, number), (author, text))?;
    Ok(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_processes_share_the_store() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("issues.redb");
        let (one, two) = (Store::open(&path).unwrap(), Store::open(&path).unwrap());
        let user = one.add_user("Ann", "ann@example.com").unwrap();
        let issue = two.open_issue("Build fails").unwrap();
        one.add_comment(issue, user, "first").unwrap();
        two.add_comment(issue, user, "second").unwrap();
        let texts: Vec<String> = one
            .comments(issue)
            .unwrap()
            .into_iter()
            .map(|comment| comment.text)
            .collect();
        assert_eq!(texts, ["first", "second"]);
        two.lock_issue(issue).unwrap();
        assert!(one.issue(issue).unwrap().unwrap().locked);
        assert!(one.add_comment(99, user, "x").is_err());
    }

    #[test]
    fn replies_that_come_together_are_each_one_comment() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&folder.path().join("issues.redb")).unwrap();
        let (user, issue) = (
            store.add_user("Ann", "ann@example.com").unwrap(),
            store.open_issue("x").unwrap(),
        );
        let key = |number: u8| IdempotencyKey::from_bytes([number; 32]);
        // Each reply is offered twice, by different threads.
        std::thread::scope(|scope| {
            for lane in 0..8_u8 {
                let store = &store;
                scope.spawn(move || {
                    for number in 0..20 {
                        let text = format!("{} {number}", lane % 4);
                        store
                            .add_reply(issue, user, &text, &key(lane % 4 * 20 + number))
                            .unwrap();
                    }
                });
            }
        });
        let comments = store.comments(issue).unwrap();
        let mut texts: Vec<_> = comments.iter().map(|comment| &comment.text).collect();
        texts.sort_unstable();
        texts.dedup();
        assert_eq!((comments.len(), texts.len()), (80, 80));
    }
}
