//! Who wrote a message: SPF, DKIM and DMARC of incoming mail.
//!
//! ```text
//!  message, client, envelope ──▶ Authentication ──▶ Verdicts ──▶ Senders (who may use a token)
//!                                  │       ▲            └──────▶ Authentication-Results, kept with the message
//!                             asks ▼       │ answers
//!                                   the DNS
//! ```
//!
//! A reply token proves that its holder has seen the notification. Where that is too little,
//! [`Senders::OnlyAuthenticated`](crate::inbox::Senders::OnlyAuthenticated) wants the domain in From to vouch for the message as
//! well. [`Verdicts`] are plain values and always there; with the feature `auth` [`Authentication`] finds them, and with `dns`
//! beside it [`Authenticator`] asks the questions.
//!
//! # The machine
//! [`Authentication`] holds no resolver. **Take the asks, answer them all, and again until there are none; then take the
//! verdicts.** A message whose SPF record includes no other takes two waves, one more where a domain
//! beside the author's has to be aligned.
//!
//! # Which parts of the RFCs
//! - SPF is evaluated by [`inreply_dns::spf`], for MAIL FROM, and for the name in HELO where that is empty (RFC 7208 §2.4).
//! - DKIM (RFC 6376) with `rsa-sha256` and `ed25519-sha256` (RFC 8463). `rsa-sha1` and keys below 1,024 bits fail for good (RFC
//!   8301). A signature that leaves a part of the body out (`l=`) is `policy` instead of `pass`: whoever passes it on can add
//!   what they like (RFC 6376 §8.2). One that does not sign From is none (§5.4). A key with `t=y` leaves the mail as if it were
//!   not signed (§3.6.1).
//! - DMARC (RFC 9989) with the tree walk of [`inreply_dns::dmarc::Walk`], and no list of public suffixes. A message without
//!   exactly one author has no verdict (§5.3.1). ARC (RFC 8617) is not looked at: whom to believe is a matter of trust, for
//!   which there are trusted edges.
//!
//! # Why our own DKIM?
//! The grammar of keys, SPF and the tree walk are in `inreply-dns` already, with the limits and the sans-I/O shape of this
//! workspace. What is missing is the field, two canonical forms and two calls to ring, some hundred lines, which read the
//! header **by the same parser as the rest of the crate**: a verifier with a parser of its own is how a signed message comes to
//! show another From than the one that was verified. mail-auth would bring that second parser, two implementations of Ed25519
//! in one build, and compression and archives for reports that nobody sends here.
//!
//! # Past attacks
//! - *Two From fields*, one signed and one shown: no verdict, and the message is refused by intake.
//! - *A field added above a signed one* (RFC 6376 §8.15): fields are taken from the bottom, and what counts is that there is one
//!   From. Subject, To and Content-Type may be added to where the signer does not guard them ("oversigning"); a verdict is about
//!   the author, not about the subject.
//! - *A forged `Authentication-Results`*: fields that claim our name are removed before the message is kept (RFC 8601 §5), and
//!   our own is kept apart from the message, in the trace fields that the server writes.
//! - *Signatures without end*, each with a key to ask for: [`Limits`] bounds them, the questions and the waves.
//! - *Replay*: a signed message may be sent again to anybody. It was still written by its author; the token and the idempotency
//!   key bound what a copy can do.

mod results;
mod verdicts;
mod words;

#[cfg(feature = "auth")]
mod authentication;
#[cfg(all(feature = "auth", feature = "dns"))]
mod authenticator;
#[cfg(feature = "auth")]
mod canonical;
#[cfg(feature = "auth")]
mod dkim;
#[cfg(feature = "auth")]
mod dmarc;
#[cfg(feature = "auth")]
mod signature;

pub use results::{AuthservId, AuthservIdError};
pub use verdicts::{AuthResult, Dkim, Dmarc, Spf, Verdicts};

#[cfg(feature = "auth")]
pub use authentication::{Arriving, Authentication, Limits};
#[cfg(all(feature = "auth", feature = "dns"))]
pub use authenticator::{Authenticated, Authenticator};
#[cfg(feature = "auth")]
pub use canonical::Canonical;
#[cfg(feature = "auth")]
pub use signature::{Algorithm, Signature, SignatureError};
