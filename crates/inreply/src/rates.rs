//! How many replies are taken, and how fast: for each token, user and sender.

use std::collections::HashMap;
use std::hash::{BuildHasher, Hash, RandomState};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use inreply_smtp::wire::path::ReversePath;
use inreply_token::{Ids, Opened};

/// So many at once, and then one each so often.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(clippy::exhaustive_structs)]
pub struct Rate {
    /// Replies at once, at least 1.
    pub burst: u32,
    /// How long until one more is free again.
    pub every: Duration,
}

/// The settings of [`Rates`]. A limit that is none does not hold.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct RateLimits {
    /// Replies with one token. Defaults to 30, then one a minute: a person in a heated thread writes fewer, a loop of two
    /// robots stops there.
    pub token: Option<Rate>,
    /// Replies of one user of the product, whatever the thread. Defaults to 120, then one in 20 seconds: who comes back from
    /// a holiday answers many threads.
    pub user: Option<Rate>,
    /// Replies of one envelope sender. Defaults to the same as for a user.
    pub sender: Option<Rate>,
    /// Tokens, users and senders that are remembered, some 50 octets each. Defaults to 100,000. Where there are more at
    /// once, those beyond are not limited: a limit that forgets is better than one that refuses strangers.
    pub max_keys: usize,
}

impl Default for RateLimits {
    fn default() -> Self {
        let person = Rate {
            burst: 120,
            every: Duration::from_secs(20),
        };
        Self {
            token: Some(Rate {
                burst: 30,
                every: Duration::from_mins(1),
            }),
            user: Some(person),
            sender: Some(person),
            max_keys: 100_000,
        }
    }
}

/// Counts replies, in memory: a restart forgets.
///
/// The time at which a key has its full burst back is all that is kept of it (the generic cell rate algorithm), and a key that
/// has it is not kept.
///
/// ```
/// use std::time::{Duration, Instant};
/// use inreply::rates::{Rate, RateLimits, Rates};
/// use inreply::token::{Context, Day, Host, Addresses, Key, KeyId, KeyRing};
///
/// let ring = KeyRing::new(KeyId(1), Key::from_bytes(&[7; 32])?);
/// let addresses = Addresses::new(Host::new("reply.forge.example")?, &ring);
/// let today = Day::from_unix_seconds(1_800_000_000);
/// let address = addresses.mint(Context::Reply, (7, 5), today)?;
/// let token = addresses.open(address.local_part(), today)?;
///
/// let mut limits = RateLimits::default();
/// limits.token = Some(Rate { burst: 2, every: Duration::from_secs(60) });
/// let (rates, now, ann) = (Rates::new(limits), Instant::now(), "<ann@example.com>".parse()?);
/// assert!(rates.take(now, &token, &ann) && rates.take(now, &token, &ann));
/// assert!(!rates.take(now, &token, &ann));
/// assert!(rates.take(now + Duration::from_secs(60), &token, &ann));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Rates {
    limits: RateLimits,
    hasher: RandomState,
    kept: Mutex<Kept>,
}

#[derive(Debug, Default)]
struct Kept {
    /// When a key has its full burst back.
    full_at: HashMap<u64, Instant>,
    swept_at: Option<Instant>,
}

/// How often keys that have their burst back are looked for, where there is no room.
const SWEEP: Duration = Duration::from_secs(1);

impl Rates {
    /// Counts with these limits, from nothing.
    pub fn new(limits: RateLimits) -> Self {
        Self {
            limits,
            hasher: RandomState::new(),
            kept: Mutex::default(),
        }
    }

    /// Whether one more reply with this token and from this sender is within every limit. One that is not counts nowhere.
    ///
    /// The tags that forwarders and bounce checks write into a sender (`prvs=`, `SRS0=`) are not part of who it is; `<>` is
    /// nobody and has no limit of its own.
    pub fn take(&self, now: Instant, token: &Opened, sender: &ReversePath<'_>) -> bool {
        let address = sender.mailbox().map(|mailbox| untagged(mailbox.as_str()));
        let keys = [
            (self.limits.token, Some(self.key(0, token.ids))),
            (
                self.limits.user,
                recipient(&token.ids).map(|user| self.key(1, user)),
            ),
            (
                self.limits.sender,
                address.map(|address| self.key(2, address)),
            ),
        ];
        let limited = keys.map(|(rate, key)| rate.zip(key));
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let free = limited.iter().flatten().all(|(rate, key)| {
            let full_at = kept.full_at.get(key).copied().unwrap_or(now);
            full_at.saturating_duration_since(now)
                <= rate.every.saturating_mul(rate.burst.saturating_sub(1))
        });
        if free {
            for (rate, key) in limited.into_iter().flatten() {
                if kept.has_room(now, key, self.limits.max_keys) {
                    let full_at = kept.full_at.entry(key).or_insert(now);
                    let start = (*full_at).max(now);
                    *full_at = start.checked_add(rate.every).unwrap_or(start);
                }
            }
        }
        free
    }

    fn key(&self, kind: u8, what: impl Hash) -> u64 {
        self.hasher.hash_one((kind, what))
    }
}

impl Kept {
    fn has_room(&mut self, now: Instant, key: u64, max_keys: usize) -> bool {
        if self.full_at.len() >= max_keys
            && self.swept_at.is_none_or(|at| now >= at + SWEEP)
            && !self.full_at.contains_key(&key)
        {
            self.swept_at = Some(now);
            self.full_at.retain(|_, full_at| *full_at > now);
        }
        self.full_at.len() < max_keys || self.full_at.contains_key(&key)
    }
}

/// The user that a token was given to; none where the token does not show it.
fn recipient(ids: &Ids) -> Option<u64> {
    match ids {
        Ids::Pair { recipient, .. } => Some(*recipient),
        Ids::Uuid { recipient, .. } => Some(u64::from(*recipient)),
        _ => None,
    }
}

/// The address that a sender had before a bounce check (BATV: `prvs=TAG=LOCAL@DOMAIN`) or a forwarder
/// (SRS: `SRS0=HASH=TIME=DOMAIN=LOCAL@FORWARDER`, `SRS1=HASH=FORWARDER==HASH=TIME=DOMAIN=LOCAL@…`) wrote its tag into it, in
/// lower case.
fn untagged(address: &str) -> String {
    let address = address.to_ascii_lowercase();
    let Some((local_part, domain)) = address.rsplit_once('@') else {
        return address;
    };
    if let Some((_, local_part)) = local_part
        .strip_prefix("prvs=")
        .and_then(|tagged| tagged.split_once('='))
    {
        return format!("{local_part}@{domain}");
    }
    let srs0 = match local_part.strip_prefix("srs1=") {
        Some(srs1) => srs1.split_once("==").map(|(_, srs0)| srs0),
        None => local_part.strip_prefix("srs0="),
    };
    let original = srs0.and_then(|tagged| {
        let mut words = tagged.splitn(4, '=').skip(2);
        Some((words.next()?, words.next()?))
    });
    match original {
        Some((domain, local_part)) => format!("{local_part}@{domain}"),
        None => address,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use inreply_token::{Addresses, Context, Day, Host, Key, KeyId, KeyRing};

    fn token(subject: u64, recipient: u64) -> Opened {
        let ring = KeyRing::new(KeyId(1), Key::from_bytes(&[7; 32]).unwrap());
        let addresses = Addresses::new(Host::new("reply.forge.example").unwrap(), &ring);
        let today = Day::from_unix_seconds(1_800_000_000);
        let address = addresses
            .mint(Context::Reply, (subject, recipient), today)
            .unwrap();
        addresses.open(address.local_part(), today).unwrap()
    }

    fn rate(burst: u32) -> Option<Rate> {
        Some(Rate {
            burst,
            every: Duration::from_secs(10),
        })
    }

    #[test]
    fn each_limit_holds_by_itself() {
        let now = Instant::now();
        let none = RateLimits {
            token: None,
            user: None,
            sender: None,
            max_keys: 100,
        };
        let ann = "<ann@example.com>".parse().unwrap();
        for limits in [
            RateLimits {
                token: rate(2),
                ..none
            },
            RateLimits {
                user: rate(2),
                ..none
            },
            RateLimits {
                sender: rate(2),
                ..none
            },
        ] {
            let rates = Rates::new(limits);
            let taken = (0..5)
                .filter(|_| rates.take(now, &token(7, 5), &ann))
                .count();
            assert_eq!(taken, 2);
        }
        let by_user = Rates::new(RateLimits {
            user: rate(1),
            ..none
        });
        assert!(by_user.take(now, &token(7, 5), &ann));
        assert!(!by_user.take(now, &token(8, 5), &ann));
        assert!(by_user.take(now, &token(8, 6), &ann));
        let by_sender = Rates::new(RateLimits {
            sender: rate(1),
            ..none
        });
        assert!(by_sender.take(now, &token(7, 5), &ann));
        let tagged = "<prvs=1234567890=Ann@Example.com>".parse().unwrap();
        assert!(!by_sender.take(now, &token(7, 5), &tagged));
        for _ in 0..3 {
            assert!(by_sender.take(now, &token(7, 5), &ReversePath::Null));
        }
    }

    #[test]
    fn what_is_refused_counts_nowhere() {
        let now = Instant::now();
        let rates = Rates::new(RateLimits {
            token: rate(1),
            user: rate(2),
            sender: None,
            max_keys: 100,
        });
        let ann = "<ann@example.com>".parse().unwrap();
        assert!(rates.take(now, &token(7, 5), &ann));
        for _ in 0..10 {
            assert!(!rates.take(now, &token(7, 5), &ann));
        }
        assert!(rates.take(now, &token(8, 5), &ann));
        assert!(!rates.take(now + Duration::from_secs(9), &token(7, 5), &ann));
        assert!(rates.take(now + Duration::from_secs(10), &token(7, 5), &ann));
    }

    #[test]
    fn memory_is_bounded_and_comes_back() {
        let now = Instant::now();
        let rates = Rates::new(RateLimits {
            token: rate(1),
            user: None,
            sender: None,
            max_keys: 10,
        });
        let ann = "<ann@example.com>".parse().unwrap();
        for subject in 0..1_000 {
            assert!(rates.take(now, &token(subject, 5), &ann));
        }
        assert_eq!(rates.kept.lock().unwrap().full_at.len(), 10);
        let later = now + Duration::from_secs(20);
        assert!(rates.take(later, &token(2_000, 5), &ann));
        assert!(!rates.take(later, &token(2_000, 5), &ann));
        assert_eq!(rates.kept.lock().unwrap().full_at.len(), 1);
    }

    #[test]
    fn a_tag_is_no_part_of_the_sender() {
        for (tagged, address) in [
            ("Ann@Example.com", "ann@example.com"),
            ("prvs=123456789a=ann@example.com", "ann@example.com"),
            ("SRS0=HHH=TT=example.com=ann@fwd.example", "ann@example.com"),
            ("srs0=hhh=tt=example.com=a=b@fwd.example", "a=b@example.com"),
            (
                "SRS1=HHH=fwd.example==HHH=TT=example.com=ann@other.example",
                "ann@example.com",
            ),
            ("srs0=short@fwd.example", "srs0=short@fwd.example"),
            ("prvs=x@example.com", "prvs=x@example.com"),
        ] {
            assert_eq!(untagged(tagged), address, "{tagged}");
        }
    }
}
