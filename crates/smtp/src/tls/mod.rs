//! TLS below the machines.
//!
//! The machines know of TLS only that it is on, and with what: [`TlsInfo`]. With the feature `tls` a machine and a rustls
//! connection made from the caller's config become one machine of the same shape: `SecureServer` and `SecureClient` take the
//! octets of the wire and give octets for it, whether TLS is off, starting or on, so that no driver can mix the two up.
//!
//! rustls reads a clock for the validity of certificates: the one of its config's time provider.

#[cfg(feature = "tls")]
mod client;
#[cfg(feature = "tls")]
mod failure;
#[cfg(feature = "tls")]
mod link;
#[cfg(feature = "tls")]
mod server;

use std::borrow::Cow;
use std::fmt;

#[cfg(feature = "tls")]
pub use self::client::SecureClient;
#[cfg(feature = "tls")]
pub use self::failure::HandshakeFailure;
#[cfg(feature = "tls")]
pub use self::server::SecureServer;

/// The version and the cipher of a TLS connection, for the log and as evidence.
///
/// ```
/// use inreply_smtp::tls::TlsInfo;
///
/// let info = TlsInfo::new("TLSv1.3", "TLS_AES_256_GCM_SHA384");
/// assert_eq!(info.to_string(), "TLSv1.3 with TLS_AES_256_GCM_SHA384");
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TlsInfo {
    version: Cow<'static, str>,
    cipher: Cow<'static, str>,
}

impl TlsInfo {
    /// A connection of this version with this cipher suite.
    pub fn new(version: impl Into<Cow<'static, str>>, cipher: impl Into<Cow<'static, str>>) -> Self {
        Self {
            version: version.into(),
            cipher: cipher.into(),
        }
    }

    /// `TLSv1.2` or `TLSv1.3`.
    pub fn version(&self) -> &str {
        &self.version
    }

    /// The cipher suite's name in the registry.
    pub fn cipher(&self) -> &str {
        &self.cipher
    }
}

impl fmt::Display for TlsInfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} with {}", self.version, self.cipher)
    }
}
