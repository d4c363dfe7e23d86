//! Reply by e-mail: takes the answers to notifications, and gives the product comments.
//!
//! ```text
//! Notification ──▶ notify ──▶ outbox ──▶ relay ──▶ the reader's mail server
//!
//! the reader's mail server ──▶ listener ──▶ receiver ──▶ spool ──▶ worker ──▶ Inbox of the product
//!                                             │ gate (RCPT)          │
//!                                             │ auth (DATA)          │
//!                                             └ intake (DATA)        └ intake, again after a crash
//! ```
//!
//! A product implements [`inbox::Inbox`]: who may write, and "store this comment". The rest is composition of
//! [`inreply-smtp`](smtp), [`inreply-token`](token), [`inreply-mime`](mime) and [`inreply-dns`](dns), which are re-exported.
//!
//! What it does not do: it holds no users, threads or comments, decides nothing about them, and has no opinion on the product's
//! database. It hosts no mailboxes and relays for nobody.
//!
//! # What is promised
//!
//! - `250` behind DATA means that the message is on disk, its file and its folder entry synced ([`spool`]). Addresses that are
//!   declared to discard are the one exception, and their reply says so.
//! - What was acknowledged is offered to the product until it takes it or refuses it for good; after a crash it is offered again.
//!   With [`inbox::IncomingReply::key`] in the product's own transaction every reply is exactly one comment.
//! - A message that is refused at the end of DATA leaves nothing behind.
//! - Where there is an authenticator, what it has found stands in the trace fields before the message, where no sender can write.
//!
//! # Features
//!
//! - `auth`: SPF, DKIM and DMARC of incoming mail in [`auth`], without a resolver; with `dns` also `auth::Authenticator`, which the
//!   receiver takes as an option; DKIM signatures of outgoing mail in `sign`. It brings ring.
//! - `bundle`: the module `bundle`, what support wants to see in one file. It brings flate2 and tar.
//! - `dns`: the modules `resolver`, which asks for the doctor of [`inreply-dns`](dns), and `probe`, which looks at port 25. It brings
//!   `tokio`.
//! - `redb`: `outbox::RedbStore`, the outbox in one file. It brings `tokio`.
//! - `postgres`: the module `postgres`, a spool and an outbox in PostgreSQL that many servers share. It brings tokio-postgres and `tokio`.
//! - `rsa`: `sign::SigningKey::generate_rsa`, which makes DKIM keys. It brings `auth` and the crate rsa, which signs nothing here.
//! - `tokio`: the modules `health`, `listener`, `logs`, `metrics`, `outbox`, `receiver`, `relay`, `send_test`, `simulation`, `tls` and `worker`, with TLS by rustls and ring. Without it the crate is policy, formats and a
//!   synchronous spool.
//!
//! # Limits
//!
//! Sizes, counts and times of a session stand in [`smtp::server::ServerConfig`]. A session keeps up to 256 KiB of a message in
//! memory; larger ones go to the spool while they arrive, and eight at a time are read whole by intake. The worker has five messages
//! in memory at most, and of a spool in PostgreSQL up to 256 short ones, 16 MiB, that came with their claims. What a message may attach is limited by [`attachments::AttachmentLimits`].

#![deny(clippy::print_stdout, clippy::print_stderr)]

pub mod attachments;
pub mod auth;
pub mod bounce;
#[cfg(feature = "bundle")]
pub mod bundle;
pub mod catalogue;
pub mod diagnosis;
pub mod forward;
pub mod gate;
#[cfg(feature = "tokio")]
pub mod health;
pub mod inbox;
pub mod intake;
#[cfg(feature = "tokio")]
pub mod listener;
#[cfg(feature = "tokio")]
pub mod logs;
#[cfg(feature = "tokio")]
pub mod metrics;
pub mod notify;
#[cfg(feature = "tokio")]
pub mod outbox;
pub mod outgoing;
#[cfg(feature = "postgres")]
pub mod postgres;
#[cfg(feature = "dns")]
pub mod probe;
pub mod rates;
#[cfg(feature = "tokio")]
pub mod receiver;
pub mod refusal;
pub mod rejection;
#[cfg(feature = "tokio")]
pub mod relay;
#[cfg(feature = "dns")]
pub mod resolver;
#[cfg(feature = "tokio")]
pub mod send_test;
#[cfg(feature = "auth")]
pub mod sign;
#[cfg(feature = "tokio")]
pub mod simulation;
pub mod site;
pub mod spool;
#[cfg(feature = "tokio")]
pub mod tls;
#[cfg(feature = "tokio")]
pub mod worker;

pub use inreply_dns as dns;
pub use inreply_mime as mime;
pub use inreply_smtp as smtp;
pub use inreply_token as token;

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct ReadmeDoctests;

#[cfg(doctest)]
#[doc = include_str!("../../../README.md")]
struct WorkspaceReadmeDoctests;
