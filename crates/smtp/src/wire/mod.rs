//! The wire format: parses and prints, holds no session state and makes no decision.
//!
//! Lines are framed first ([`mod@line`]), then parsed: a command that does not parse costs one reply and never the
//! position in the stream. Types borrow from the line ([`std::borrow::Cow`]) and are made owned with `into_owned`
//! where they leave the machine. For each type printing is the inverse of parsing.

pub mod capability;
pub mod chunk;
pub mod command;
pub mod data;
pub mod date_time;
pub mod deferral;
pub mod domain;
pub mod dsn;
mod keyword;
mod labels;
pub mod line;
pub mod mailbox;
mod number;
mod octets;
pub mod parameter;
pub mod path;
pub mod proxy;
pub mod reply;
pub mod reply_parser;
pub mod sasl;
pub mod stuffing;
pub mod syntax;
pub mod text;
pub mod xclient;
pub mod xtext;
