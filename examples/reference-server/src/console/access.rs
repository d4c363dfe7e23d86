//! Who may use the console: a password, a signed cookie, and proof that a form is ours.

use std::collections::HashMap;
use std::fs;
use std::net::IpAddr;
use std::path::Path;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result, anyhow};
use argon2::Argon2;
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use data_encoding::BASE64URL_NOPAD;
use hmac::{Hmac, KeyInit, Mac};
use inreply::smtp::secret::Secret;
use sha2::Sha256;
use subtle::ConstantTimeEq;
use tokio::sync::Semaphore;

use crate::secret_file;

/// How long a login lasts: a working day.
const SESSION: Duration = Duration::from_hours(12);

/// Wrong passwords of one address before it has to wait.
const FREE_TRIES: u32 = 5;

/// The longest wait between tries; an operator who has mistyped waits no longer.
const LONGEST_WAIT: Duration = Duration::from_mins(1);

/// Addresses whose wrong passwords are remembered.
const REMEMBERED: usize = 1_000;

/// Passwords that are hashed at once, 19 MiB of memory each.
const HASHING: usize = 2;

/// The name of the cookie.
pub(crate) const COOKIE: &str = "inreply_session";

/// The console's password and the key of its cookies.
#[derive(Debug)]
pub(crate) struct Access {
    /// Its hash in the PHC format.
    password: Secret,
    key: Secret,
    wrong: Mutex<HashMap<IpAddr, Wrong>>,
    hashing: Semaphore,
}

#[derive(Debug, Clone, Copy)]
struct Wrong {
    tries: u32,
    until: Instant,
}

/// What came of a login.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Login {
    /// The value of the cookie.
    Welcome(String),
    Wrong,
    /// Too many wrong ones: seconds to wait.
    Later(u64),
}

impl Access {
    /// Reads password and key from DATA/keys; what is missing is made, and a new password is returned to be shown once.
    pub(crate) fn open(data: &Path) -> Result<(Self, Option<String>)> {
        let folder = data.join("keys");
        fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
        let (hash_file, key_file) = (
            folder.join("console-password"),
            folder.join("console-cookies"),
        );
        let mut made = None;
        let password = match fs::read_to_string(&hash_file) {
            Ok(hash) => hash.trim().to_owned(),
            Err(_) => {
                let password = random_text(15)?;
                let hash = hashed(&password)?;
                make(&hash_file, hash.as_bytes())?;
                made = Some(password);
                hash
            }
        };
        PasswordHash::new(&password)
            .map_err(|error| anyhow!("{}: {error}", hash_file.display()))?;
        let key = match fs::read(&key_file) {
            Ok(key) if key.len() >= 32 => key,
            Ok(_) => anyhow::bail!("{} is too short; delete it", key_file.display()),
            Err(_) => {
                let mut key = vec![0; 32];
                getrandom::fill(&mut key)?;
                make(&key_file, &key)?;
                key
            }
        };
        let access = Self {
            password: Secret::new(password),
            key: Secret::new(key),
            wrong: Mutex::default(),
            hashing: Semaphore::new(HASHING),
        };
        Ok((access, made))
    }

    /// Checks a password; an address that was wrong too often waits.
    pub(crate) async fn login(&self, peer: IpAddr, password: String) -> Login {
        if let Some(wait) = self.wait(peer, Instant::now()) {
            return Login::Later(wait.as_secs() + 1);
        }
        let Ok(_turn) = self.hashing.acquire().await else {
            return Login::Wrong;
        };
        let hash = self.password.clone();
        let is_right = tokio::task::spawn_blocking(move || {
            hash.expose_str()
                .and_then(|hash| PasswordHash::new(hash).ok())
                .is_some_and(|hash| {
                    Argon2::default()
                        .verify_password(password.as_bytes(), &hash)
                        .is_ok()
                })
        });
        if !is_right.await.unwrap_or(false) {
            self.was_wrong(peer, Instant::now());
            return Login::Wrong;
        }
        self.wrong().remove(&peer);
        self.cookie(SystemTime::now())
            .map_or(Login::Wrong, Login::Welcome)
    }

    fn wrong(&self) -> std::sync::MutexGuard<'_, HashMap<IpAddr, Wrong>> {
        self.wrong.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wait(&self, peer: IpAddr, now: Instant) -> Option<Duration> {
        let wrong = self.wrong();
        let wait = wrong.get(&peer)?.until.checked_duration_since(now)?;
        (!wait.is_zero()).then_some(wait)
    }

    fn was_wrong(&self, peer: IpAddr, now: Instant) {
        let mut wrong = self.wrong();
        if wrong.len() >= REMEMBERED {
            wrong.retain(|_, wrong| wrong.until + LONGEST_WAIT > now);
        }
        let tries = wrong.get(&peer).map_or(0, |wrong| wrong.tries) + 1;
        let wait = match tries.checked_sub(FREE_TRIES) {
            None => Duration::ZERO,
            Some(more) => Duration::from_secs(1 << more.min(6)).min(LONGEST_WAIT),
        };
        let until = now + wait;
        // Where the memory is full of addresses that wait, a new one waits as long as they do.
        if wrong.len() < REMEMBERED || wrong.contains_key(&peer) {
            wrong.insert(peer, Wrong { tries, until });
        }
    }

    fn cookie(&self, now: SystemTime) -> Result<String> {
        let until = seconds(now + SESSION);
        let nonce = random_text(16)?;
        let value = format!("{until}.{nonce}");
        Ok(format!("{value}.{}", self.sign("session", &value)))
    }

    /// Whether this is a cookie of ours that holds still.
    pub(crate) fn knows(&self, cookie: &str, now: SystemTime) -> bool {
        let Some((value, tag)) = cookie.rsplit_once('.') else {
            return false;
        };
        let until = value
            .split_once('.')
            .and_then(|(until, _)| until.parse::<u64>().ok());
        same(&self.sign("session", value), tag) && until.is_some_and(|until| until > seconds(now))
    }

    /// What a form of this session has to bring.
    pub(crate) fn form_token(&self, cookie: &str) -> String {
        self.sign("form", cookie)
    }

    pub(crate) fn is_form_token(&self, cookie: &str, token: &str) -> bool {
        same(&self.form_token(cookie), token)
    }

    fn sign(&self, use_: &str, value: &str) -> String {
        // HMAC takes a key of any length.
        let Ok(mut mac) = <Hmac<Sha256> as KeyInit>::new_from_slice(self.key.expose()) else {
            return String::new();
        };
        mac.update(use_.as_bytes());
        mac.update(b"\0");
        mac.update(value.as_bytes());
        BASE64URL_NOPAD.encode(&mac.finalize().into_bytes())
    }
}

fn same(expected: &str, given: &str) -> bool {
    !expected.is_empty() && bool::from(expected.as_bytes().ct_eq(given.as_bytes()))
}

fn seconds(at: SystemTime) -> u64 {
    at.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs()
}

fn random_text(octets: usize) -> Result<String> {
    let mut random = vec![0; octets];
    getrandom::fill(&mut random)?;
    Ok(BASE64URL_NOPAD.encode(&random))
}

fn hashed(password: &str) -> Result<String> {
    let mut salt = [0; 16];
    getrandom::fill(&mut salt)?;
    let hash = Argon2::default()
        .hash_password_with_salt(password.as_bytes(), &salt)
        .map_err(|error| anyhow!("the password cannot be hashed: {error}"))?;
    Ok(hash.to_string())
}

fn make(path: &Path, octets: &[u8]) -> Result<()> {
    secret_file::create(path, octets).with_context(|| format!("cannot make {}", path.display()))
}

/// Makes the password where there is none yet, to be shown once.
pub(crate) fn make_password(data: &Path) -> Result<Option<String>> {
    Ok(Access::open(data)?.1)
}

/// Sets another password; who is logged in stays so.
pub(crate) fn set_password(data: &Path, password: &str) -> Result<()> {
    let folder = data.join("keys");
    fs::create_dir_all(&folder)?;
    let file = folder.join("console-password");
    Ok(secret_file::replace(&file, hashed(password)?.as_bytes())?)
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;

    #[tokio::test]
    async fn the_password_opens_and_a_forged_cookie_does_not() {
        let data = tempfile::tempdir().unwrap();
        let (access, password) = Access::open(data.path()).unwrap();
        let peer = IpAddr::from(Ipv4Addr::LOCALHOST);
        assert_eq!(access.login(peer, "wrong".to_owned()).await, Login::Wrong);
        let Login::Welcome(cookie) = access.login(peer, password.unwrap()).await else {
            panic!("the password is not known");
        };
        let now = SystemTime::now();
        assert!(access.knows(&cookie, now));
        assert!(!access.knows(&cookie, now + SESSION + Duration::from_secs(1)));
        let (value, tag) = cookie.rsplit_once('.').unwrap();
        let later = value.replacen(['1', '2'], "9", 1);
        for forged in [
            format!("{later}.{tag}"),
            value.to_owned(),
            format!("{value}."),
        ] {
            assert!(!access.knows(&forged, now), "{forged}");
        }
        let token = access.form_token(&cookie);
        assert!(access.is_form_token(&cookie, &token));
        assert!(!access.is_form_token("another", &token) && !access.is_form_token(&cookie, ""));
        // A second start knows both.
        let (again, made) = Access::open(data.path()).unwrap();
        assert!(again.knows(&cookie, now) && made.is_none());
    }

    #[test]
    fn who_guesses_waits_longer_and_longer_and_nobody_else_does() {
        let data = tempfile::tempdir().unwrap();
        let (access, _) = Access::open(data.path()).unwrap();
        let (guesser, other) = (
            IpAddr::from(Ipv4Addr::new(192, 0, 2, 1)),
            IpAddr::from(Ipv4Addr::new(192, 0, 2, 2)),
        );
        let now = Instant::now();
        let waits: Vec<u64> = (0..13)
            .map(|_| {
                access.was_wrong(guesser, now);
                access.wait(guesser, now).unwrap_or_default().as_secs()
            })
            .collect();
        assert_eq!(waits, [0, 0, 0, 0, 1, 2, 4, 8, 16, 32, 60, 60, 60]);
        assert_eq!(access.wait(other, now), None);
    }
}
