//! A sans-I/O SMTP engine: the grammar, a server's and a client's state machine, and the transcript of what they say.
//!
//! ```text
//!            octets in ─┐                              ┌─ octets out
//!                       ▼                              │
//!   now ──▶ handle_input(now, &mut BytesMut)   poll_transmit() -> Option<Bytes>
//!   now ──▶ handle_eof(now)                    poll_event()    -> Option<Event>
//!   now ──▶ handle_timeout(now)                poll_timeout()  -> Option<Instant>
//!                       ▲                              │
//!     accept / answer(ticket, reply) ◀── your decision ◀┘ events with tickets
//! ```
//!
//! It opens no socket, starts no thread, reads no clock and needs no runtime. It stores no mail, looks nothing up and
//! decides nothing about senders or recipients: that is the embedder's part, asked for in events. AUTH is framed here and
//! decided by the embedder, with [`sasl::Verifier`] for those who keep passwords; TLS is told to the machines
//! ([`tls::TlsInfo`]).
//!
//! # The driver's contract
//!
//! **After every call that changes the machine drain `poll_transmit`, then `poll_event`, call `handle_input` with
//! what is left of the input (even nothing), and repeat until nothing moves; then read the deadline of
//! `poll_timeout`.** The client and the server machine are driven by the same loop. `handle_input` takes what it can act
//! on and leaves the rest: a driver that stops reading while octets are left has its back-pressure. An answer may be given
//! at once or from another task later; a [`server::Ticket`] is [`Send`] and is answered once.
//!
//! This loop serves one connection with the standard library alone, keeping messages in memory:
//!
//! ```no_run
//! use std::io::{Read, Write};
//! use std::net::TcpListener;
//! use std::time::Instant;
//!
//! use bytes::BytesMut;
//! use inreply_smtp::server::{Event, Server, ServerConfig};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let (mut socket, _) = TcpListener::bind("127.0.0.1:2525")?.accept()?;
//! let mut server = Server::new(ServerConfig::new("mx.example".parse()?), Instant::now());
//! let (mut input, mut message, mut chunk) = (BytesMut::new(), Vec::new(), [0; 4_096]);
//! loop {
//!     loop {
//!         let (now, before) = (Instant::now(), input.len());
//!         server.handle_input(now, &mut input);
//!         let mut moved = input.len() != before;
//!         while let Some(octets) = server.poll_transmit() {
//!             socket.write_all(&octets)?;
//!             moved = true;
//!         }
//!         while let Some(event) = server.poll_event() {
//!             moved = true;
//!             match event {
//!                 Event::Hello { ticket, .. } | Event::Mail { ticket, .. } | Event::Rcpt { ticket, .. } => {
//!                     server.accept(now, ticket)?;
//!                 }
//!                 Event::Data { ticket } => {
//!                     message.clear();
//!                     server.accept(now, ticket)?;
//!                 }
//!                 Event::Body(octets) => message.extend_from_slice(&octets),
//!                 Event::EndOfData { ticket, .. } => {
//!                     // Store `message` first: 250 is a promise.
//!                     server.accept(now, ticket)?;
//!                 }
//!                 Event::Closed(reason) => println!("closed: {reason}"),
//!                 _ => {}
//!             }
//!         }
//!         if !moved {
//!             break;
//!         }
//!     }
//!     if server.is_closed() {
//!         return Ok(());
//!     }
//!     socket.set_read_timeout(server.poll_timeout().map(|at| at.saturating_duration_since(Instant::now())))?;
//!     match socket.read(&mut chunk) {
//!         Ok(0) => server.handle_eof(Instant::now()),
//!         Ok(octets) => input.extend_from_slice(chunk.get(..octets).unwrap_or_default()),
//!         Err(_) => server.handle_timeout(Instant::now()),
//!     }
//! }
//! # }
//! ```
//!
//! # Attacks, and why they fail here
//!
//! - **SMTP smuggling** (CVE-2023-51764, -51765, -51766): the end of a message is `<CR><LF>.<CR><LF>` and nothing else, on
//!   both sides. A bare CR or LF refuses the whole message, which is read to its true end all the same; the client never
//!   sends one.
//! - **Header and command injection**: mailboxes, domains, EHLO names and reply texts are types whose constructors refuse
//!   CR, LF and NUL. Nothing that a peer sent is repeated in a reply.
//! - **Pipelined commands before their turn**: octets before the greeting and behind EHLO or DATA end the session with
//!   `554 5.5.0`. A browser made to post to port 25 is sent away at its first line.
//! - **Slow and endless peers**: a command has one deadline however it trickles, a message one for each block and one for
//!   the whole; lines, messages, recipients, pipelined commands and errors have limits. Memory is bounded by
//!   [`server::ServerConfig::max_line`] and [`server::ServerConfig::body_window`].
//! - **A server that answers before it is asked**: a reply to a command that has not left the machine ends the client's
//!   session, so that answers cannot be prepared for later commands.
//! - **STARTTLS injection into the server** (CVE-2011-0411 and its kin): what stands behind STARTTLS in plain text is thrown
//!   away, in the machine and not in the driver. Behind the 220 the session is forgotten: greeting, AUTH, MAIL, all of it
//!   (RFC 3207 §4.2).
//! - **STARTTLS injection into the client**: octets between the 220 and the handshake end the session; capabilities heard in
//!   plain text do not count behind it; a refused, a missing or a failed STARTTLS ends a session that requires it before an
//!   address or a password has left.
//! - **Credentials in the clear**: AUTH is neither offered nor used without TLS unless the config allows it, nor a second time
//!   in a session. SCRAM-SHA-256 makes the server prove that it knows the password: a `235` without the proof ends the
//!   session. [`secret::Secret`] prints as `Secret(..)`, is compared in constant time and wiped; transcripts and Debug output hold
//!   none, in no encoding.
//! - **Guessing**: 20 negative replies without an accepted message, wrong passwords among them, close the connection. Lines of
//!   AUTH and messages of SASL have their own limits.
//! - **Forged proxies**: a PROXY header and XCLIENT are believed where the embedder's config says so, and it says so per peer.
//! - **Relaying**: the machine has no notion of a local domain and accepts nothing by itself.
//!
//! # Coverage
//!
#![doc = include_str!("../COVERAGE.md")]
//!
//! # Limits
//!
//! All of them are in [`server::ServerConfig`] and [`client::ClientConfig`], each with its unit, default and reason.
//!
//! # Questions
//!
//! *Why no async?* A protocol has no opinion on runtimes. `inreply` has a Tokio driver of a hundred lines; the loop above is
//! the blocking one.
//!
//! *Why tickets and not callbacks?* Whether a recipient exists may be a database query. A ticket crosses an await, a
//! thread or a queue; a callback blocks the connection.

#![deny(clippy::print_stdout, clippy::print_stderr)]

pub mod client;
pub mod sasl;
pub mod secret;
pub mod server;
pub mod tls;
pub mod transcript;
pub mod wire;

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct ReadmeDoctests;
