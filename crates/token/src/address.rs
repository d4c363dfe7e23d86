//! A minted address.

use core::fmt;

use crate::host::Host;
use crate::prefix::Prefix;
use crate::wire::Frame;

/// RFC 5321 §4.5.3.1.3: a path has 256 octets, and two of them are `<` and `>`.
pub(crate) const MAX_OCTETS: usize = 254;

/// A minted address, such as `reply+ialc…@reply.example.com`.
///
/// Whoever holds it may use it: `Display` and [`as_str`](Self::as_str) give it, for it is meant to go into a mail,
/// `Debug` does not, for that is meant to go into a log.
///
/// ```
/// # use inreply_token::{Addresses, Context, Day, Host, Key, KeyId, KeyRing};
/// # let ring = KeyRing::new(KeyId(1), Key::from_bytes(&[7; 32])?);
/// # let addresses = Addresses::new(Host::new("reply.example.com")?, &ring);
/// let address = addresses.mint(Context::Reply, (7, 5), Day::from_unix_seconds(1_767_225_600))?;
/// assert_eq!(address.to_string(), format!("{}@reply.example.com", address.local_part()));
/// assert_eq!(format!("{address:?}"), "Address(reply+[redacted]@reply.example.com)");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Address {
    text: String,
    prefix_len: usize,
    local_part_len: usize,
}

impl Address {
    pub(crate) fn new(prefix: &Prefix, frame: &Frame, host: &Host) -> Self {
        let mut text = String::with_capacity(MAX_OCTETS.min(65 + host.as_str().len()));
        text.push_str(prefix.as_str());
        frame.encode(&mut text);
        let local_part_len = text.len();
        text.push('@');
        text.push_str(host.as_str());
        Self {
            text,
            prefix_len: prefix.len(),
            local_part_len,
        }
    }

    /// The address.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// What stands before the `@`: at most 64 octets, 40 for bounces.
    pub fn local_part(&self) -> &str {
        &self.text[..self.local_part_len]
    }

    /// What stands behind the `@`.
    pub fn host(&self) -> &str {
        &self.text[self.local_part_len + 1..]
    }

    /// The local part without its prefix.
    pub fn token(&self) -> &str {
        &self.text[self.prefix_len..self.local_part_len]
    }
}

impl AsRef<str> for Address {
    fn as_ref(&self) -> &str {
        self.as_str()
    }
}

impl From<Address> for String {
    fn from(address: Address) -> Self {
        address.text
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "Address({}[redacted]@{})",
            &self.text[..self.prefix_len],
            self.host()
        )
    }
}
