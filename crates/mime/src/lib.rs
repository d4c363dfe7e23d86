//! Reads mail: what a message holds ([`message`]), what its writer said ([`reply`]), whether a person wrote it
//! ([`kind`]), and what a report reports ([`report`]).
//!
//! ```text
//!  bytes ──► Message ──┬──► from, subject, parts, text …        (on call, nothing is parsed before)
//!                      ├──► Reply   ──► visible text            (quote, signature, header block cut)
//!                      └──► Verdict ──► human, bounce, auto-reply …
//! ```
//!
//! ```
//! use inreply_mime::{Message, Reply, kind::{Kind, Verdict}};
//!
//! let raw = b"From: Ann <ann@example.com>\r\n\
//!     Subject: Re: [box] Lid is missing (#7)\r\n\
//!     Content-Type: text/plain; charset=utf-8\r\n\
//!     Content-Transfer-Encoding: quoted-printable\r\n\
//!     \r\n\
//!     It turned up in the caf=C3=A9.\r\n\
//!     \r\n\
//!     On Tue, 3 Feb 2026 at 09:12, box <reply+abc@reply.example.com> wrote:\r\n\
//!     > Has anybody seen the lid?\r\n";
//! let message = Message::parse(raw);
//! assert_eq!(message.from()[0].address(), "ann@example.com");
//! assert_eq!(Verdict::of(&message, Some("ann@example.com")).kind(), Kind::Human);
//! assert_eq!(Reply::of_message(&message).visible(), "It turned up in the caf\u{e9}.");
//! ```
//!
//! # What it does not do
//! It composes nothing, fetches nothing, decrypts nothing and checks no signature. It does not say whether the sender is
//! who they claim to be: `From` is what somebody wrote.
//!
//! # How broken mail is read
//! Nothing fails and nothing panics; each leniency is a [`Defect`](message::Defect) with its place: those that decide
//! where parts lie in [`Message::defects`], the others when [`Message::audit`] reads everything. [`message`] has the
//! list, with examples, and a comparison with other parsers.
//! - Lines end in CRLF or LF. A bare CR is text.
//! - A header line without colon is skipped; the body starts at the blank line.
//! - A `multipart` without its closing line ends where its parent does; without a boundary it has no parts.
//! - A boundary need only begin its line (RFC 2046 §5.1.1); the longest that fits is meant.
//! - A part without a type is text/plain (RFC 2045 §5.2).
//! - Base64 skips what is no base64; quoted-printable keeps a broken escape as it is. uuencode and yEnc are known, as
//!   encodings and in the middle of a text ([`Part::embedded_files`](message::Part::embedded_files)).
//! - Unknown charsets are read as UTF-8, with U+FFFD for what is none; us-ascii too, but as windows-1252 where it is no
//!   UTF-8 (three of four parsers agree, and it is what such senders meant). A guess is made where it is asked for:
//!   [`Part::guessed_text`](message::Part::guessed_text).
//! - Encoded words are decoded in display names and text, never inside an address.
//! - A message inside a message is opened even where it was encoded against the rules; [`tnef`] opens `winmail.dat`.
//!
//! # Limits
//! Everything a sender controls is bounded by [`Limits`](message::Limits): depth 32, parts 10,000, fields 10,000,
//! header section 1 MiB, list items 10,000; [`report`] and [`tnef`] have their own. Every function takes time linear in
//! its input, and a message three allocations at most, or none with
//! [`Message::parse_into`](message::Message::parse_into).
//!
//! # Why lazy?
//! A server that answers a reply needs From, Message-ID, two fields more and one part. The walk finds where everything
//! lies; decoding is done for what is asked, when it is asked.
//!
//! # Why no regular expressions?
//! An attribution is told by what it holds (a date, an address, a final colon), which takes one look at each line.
//! Patterns with `.*` twice are how most reply strippers came to take quadratic time.
#![deny(clippy::print_stdout, clippy::print_stderr)]

pub(crate) mod decode;
pub mod html;
pub mod kind;
pub mod message;
pub mod reply;
pub mod report;
pub mod tnef;

pub use kind::{Kind, Verdict};
pub use message::Message;
pub use reply::Reply;

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct ReadmeDoctests;
