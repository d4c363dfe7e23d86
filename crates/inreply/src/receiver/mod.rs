//! The way in, on Tokio: sessions in front, the spool in the middle, the product behind.
//!
//! ```text
//! RCPT ─ gate ─ Inbox::standing                           ─▶ 250 or 5xx     (while the client waits)
//! DATA ─ auth ─ intake ─ Inbox::review ─ spool (durable)  ─▶ 250 or 5xx     (while the client waits)
//!                                          │
//!                                          └ intake ─ Inbox::comment ─ success/ failure/ ignored/     (worker)
//! ```

mod authenticate;
mod judge;
mod notices;
mod room;
mod session;
mod writing;

use std::sync::Arc;
use std::time::Duration;

use inreply_smtp::wire::mailbox::Mailbox;
use tokio::sync::{Semaphore, mpsc};

pub(crate) use self::judge::ask;
use self::notices::Notices;
use self::room::Room;
pub use self::session::Session;
use crate::gate::Gate;
use crate::health::Pulse;
use crate::inbox::Inbox;
use crate::logs::Logs;
use crate::metrics::Metrics;
use crate::outgoing::Outgoing;
use crate::rates::{RateLimits, Rates};
use crate::spool::{Maildir, Retention};

/// Long messages that are read at once: each is in memory whole until it has its verdict.
const READERS: usize = 8;

/// When the client hears the verdict.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Mode {
    /// At the final dot, behind intake and the product's word: a refusal is a 5xx, and the sender's own server tells them.
    #[default]
    Synchronous,
    /// `250` as soon as the message is durable; a refusal is mailed. For a product that is slow, or often away.
    Spooled,
}

/// What a [`Receiver`] may have beside its parts.
#[derive(Debug)]
#[non_exhaustive]
pub struct Options {
    /// Logs for the operator; none by default.
    pub logs: Logs,
    /// What is counted for monitoring.
    pub metrics: Metrics,
    /// How many replies are taken, and how fast.
    pub rates: RateLimits,
    /// When the client hears the verdict. Defaults to the final dot.
    pub mode: Mode,
    /// How long the product may think at the final dot; then the message is stored, acknowledged, and decided by the worker.
    /// Defaults to 30 s: a client waits for 10 minutes (RFC 5321 §4.5.3.2.6), some for one.
    pub deadline: Duration,
    /// How long messages are kept where they ended.
    pub retention: Retention,
    /// Where mails go that tell senders of a refusal behind a 250, and those for the operator; a task of the product sends them.
    /// One that finds no room is dropped, with a warning. Defaults to none: then nobody is told.
    pub outgoing: Option<mpsc::Sender<Outgoing>>,
    /// The operator's mailbox, outside of this site, to which mail for postmaster and abuse is sent on. Defaults to none: then it is
    /// kept only.
    pub operator: Option<Mailbox<'static>>,
    /// Who signs the mails that tell senders of a refusal, for the domain of [`Site::no_reply`](crate::site::Site::no_reply).
    /// Defaults to nobody: then the relay does, or nobody. The operator's mail keeps the signatures of its author.
    #[cfg(feature = "auth")]
    pub signer: Option<crate::sign::Signer>,
    /// Who finds out whether the author's domain vouches for a message. Defaults to nobody: then nobody passes
    /// [`Senders::OnlyAuthenticated`](crate::inbox::Senders::OnlyAuthenticated).
    #[cfg(all(feature = "auth", feature = "dns"))]
    pub authenticator: Option<crate::auth::Authenticator>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            logs: Logs::default(),
            metrics: Metrics::default(),
            rates: RateLimits::default(),
            mode: Mode::default(),
            deadline: Duration::from_secs(30),
            retention: Retention::default(),
            outgoing: None,
            operator: None,
            #[cfg(feature = "auth")]
            signer: None,
            #[cfg(all(feature = "auth", feature = "dns"))]
            authenticator: None,
        }
    }
}

/// What all sessions and the worker share.
#[derive(Debug)]
pub struct Receiver<I, S = Maildir> {
    pub(crate) gate: Gate,
    pub(crate) spool: S,
    pub(crate) inbox: I,
    pub(crate) logs: Logs,
    pub(crate) metrics: Metrics,
    pub(crate) pulse: Pulse,
    pub(crate) retention: Retention,
    mode: Mode,
    deadline: Duration,
    rates: Rates,
    readers: Semaphore,
    notices: Notices,
    room: Room,
    #[cfg(feature = "auth")]
    signer: Option<crate::sign::Signer>,
    #[cfg(all(feature = "auth", feature = "dns"))]
    authenticator: Option<crate::auth::Authenticator>,
}

impl<I: Inbox, S> Receiver<I, S> {
    /// Joins the gate, the spool and the product.
    pub fn new(gate: Gate, spool: S, inbox: I) -> Arc<Self> {
        Self::with(gate, spool, inbox, Options::default())
    }

    /// The same, with logs for the operator and limits of one's own.
    pub fn with(gate: Gate, spool: S, inbox: I, options: Options) -> Arc<Self> {
        Arc::new(Self {
            gate,
            spool,
            inbox,
            logs: options.logs,
            metrics: options.metrics,
            pulse: Pulse::default(),
            retention: options.retention,
            mode: options.mode,
            deadline: options.deadline,
            rates: Rates::new(options.rates),
            readers: Semaphore::new(READERS),
            notices: Notices::new(options.outgoing, options.operator),
            room: Room::default(),
            #[cfg(feature = "auth")]
            signer: options.signer,
            #[cfg(all(feature = "auth", feature = "dns"))]
            authenticator: options.authenticator,
        })
    }

    /// The gate.
    pub fn gate(&self) -> &Gate {
        &self.gate
    }

    /// The spool.
    pub fn spool(&self) -> &S {
        &self.spool
    }

    /// The product.
    pub fn inbox(&self) -> &I {
        &self.inbox
    }

    /// The logs.
    pub fn logs(&self) -> &Logs {
        &self.logs
    }
}
