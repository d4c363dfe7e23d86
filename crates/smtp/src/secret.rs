//! Octets that no log may show.

use std::fmt;

use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

/// A password, a token or a response of AUTH.
///
/// `Debug` never shows it, in no build; its memory is wiped when it is dropped; comparing takes the same time wherever two of
/// one length differ.
///
/// ```
/// use inreply_smtp::secret::Secret;
///
/// let secret = Secret::new("correct horse");
/// assert_eq!(format!("{secret:?}"), "Secret(..)");
/// assert_eq!(secret, Secret::new(b"correct horse".to_vec()));
/// assert_eq!(secret.expose(), b"correct horse");
/// ```
#[derive(Clone)]
pub struct Secret(Zeroizing<Vec<u8>>);

impl Secret {
    /// Takes the octets over.
    pub fn new(octets: impl Into<Vec<u8>>) -> Self {
        Self(Zeroizing::new(octets.into()))
    }

    /// The octets. What is copied of them is the caller's to wipe.
    pub fn expose(&self) -> &[u8] {
        &self.0
    }

    /// The octets as text, none where they are no UTF-8.
    pub fn expose_str(&self) -> Option<&str> {
        std::str::from_utf8(&self.0).ok()
    }
}

impl PartialEq for Secret {
    fn eq(&self, other: &Self) -> bool {
        self.0.ct_eq(&other.0).into()
    }
}

impl Eq for Secret {}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(..)")
    }
}
