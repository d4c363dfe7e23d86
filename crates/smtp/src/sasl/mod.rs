//! The messages inside AUTH, and who checks them.
//!
//! The machines frame them (RFC 4954); what they say is here: the client's half for [`client`](crate::client), and
//! [`Verifier`] for embedders of the server who keep passwords. Nothing here draws random octets: nonces come in as
//! arguments.

mod hash;
mod message;
mod scram;
mod verifier;

pub(crate) use self::message::{
    cram_response, oauthbearer, plain, read_oauthbearer, read_plain, read_xoauth2, xoauth2,
};
pub(crate) use self::scram::ScramClient;
pub use self::scram::ScramKeys;
pub use self::verifier::{Credential, Step, Verifier};

/// Octets of randomness in a nonce: with 18 of them no two sessions of all time share one, and their base64 has no padding.
pub const NONCE_OCTETS: usize = 18;
