//! The older form of a reply address, `reply+i-1-<40 hex>-5@…`: read, never minted.
//!
//! ```text
//! legacy = [ "reply+" ] kind "-" id "-" tag "-" user
//! kind   = ALPHA                 ; what the id counts, "i" for issues
//! id     = "0" / %x31-39 *DIGIT  ; up to 2^64 - 1
//! tag    = 40HEXDIG
//! user   = "0" / %x31-39 *DIGIT  ; up to 2^64 - 1
//! ```
//!
//! The tag is HMAC-SHA-1 over the string `KIND-ID-USER`, the letter in lower case and both numbers in decimal: `i-1-5`
//! for the address above. HMAC does not lean on the collision resistance that SHA-1 lost (RFC 2104 §6), so that these
//! addresses are not forged; but they never expire, name no key and are bound to no host and no context. Read them for
//! as long as mails that carry them may be answered, and mint none.
//!
//! ```
//! use inreply_token::legacy::{LegacyAddresses, LegacyKey};
//! use inreply_token::{Host, OpenError};
//!
//! let key = LegacyKey::from_bytes(b"the secret of the former system")?;
//! let addresses = LegacyAddresses::new(Host::new("reply.example.com")?, &key);
//! let text = "reply+i-1-213f1f7ac6b39750eecaf91291aef4f4c82ea734-5@reply.example.com";
//! let opened = addresses.open(text)?;
//! assert_eq!((opened.kind, opened.id, opened.user), ('i', 1, 5));
//! assert_eq!(addresses.open(&text.replace("i-1-", "i-2-")), Err(OpenError::Invalid));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use core::fmt::{self, Write};

use data_encoding::HEXLOWER_PERMISSIVE;
use hmac::{Hmac, KeyInit, Mac};
use sha1::Sha1;
use subtle::{Choice, ConstantTimeEq};
use zeroize::{Zeroize, ZeroizeOnDrop};

use crate::addresses::OpenError;
use crate::host::Host;
use crate::key::{KeyError, measured, of_file};

const PREFIX: &str = "reply+";
const LEAST_BYTES: usize = 16;
const TAG_BYTES: usize = 20;

/// The secret of the older form: at least 16 bytes, for it was chosen by the system before. Wiped when dropped, never
/// printed.
#[derive(Zeroize, ZeroizeOnDrop)]
pub struct LegacyKey(Vec<u8>);

impl LegacyKey {
    /// A key of these bytes.
    ///
    /// # Errors
    /// [`KeyError::TooShort`] for fewer than 16 bytes.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, KeyError> {
        measured(bytes, LEAST_BYTES).map(Self)
    }

    /// A key from hex, base64 or the secret itself, as [`Key::from_file_contents`](crate::Key::from_file_contents)
    /// reads it.
    ///
    /// # Errors
    /// [`KeyError::TooShort`] for fewer than 16 bytes.
    pub fn from_file_contents(contents: &[u8]) -> Result<Self, KeyError> {
        Self::from_bytes(&of_file(contents))
    }
}

impl fmt::Debug for LegacyKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("LegacyKey([redacted])")
    }
}

/// A local part of the older form in its fields. That it can be read proves nothing: see [`LegacyAddresses::open`].
///
/// ```
/// use inreply_token::legacy::LegacyToken;
///
/// let token = LegacyToken::parse("reply+i-1-213f1f7ac6b39750eecaf91291aef4f4c82ea734-5").unwrap();
/// assert_eq!((token.kind(), token.id(), token.user()), ('i', 1, 5));
/// assert_eq!(LegacyToken::parse("reply+i-01-213f1f7ac6b39750eecaf91291aef4f4c82ea734-5"), None);
/// ```
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct LegacyToken {
    kind: u8,
    id: u64,
    user: u64,
    tag: [u8; TAG_BYTES],
}

impl LegacyToken {
    /// Reads a local part, with `reply+` or without, in any case; `None` if it has not this form.
    pub fn parse(local_part: &str) -> Option<Self> {
        let token = match local_part.split_at_checked(PREFIX.len()) {
            Some((head, rest)) if head.eq_ignore_ascii_case(PREFIX) => rest,
            _ => local_part,
        };
        let mut fields = token.split('-');
        let &[kind] = fields.next()?.as_bytes() else {
            return None;
        };
        let id = number(fields.next()?)?;
        let digits = fields.next()?.as_bytes();
        let user = number(fields.next()?)?;
        let mut tag = [0; TAG_BYTES];
        let sound =
            fields.next().is_none() && kind.is_ascii_alphabetic() && digits.len() == 2 * TAG_BYTES;
        if !sound || HEXLOWER_PERMISSIVE.decode_mut(digits, &mut tag).is_err() {
            return None;
        }
        Some(Self {
            kind: kind.to_ascii_lowercase(),
            id,
            user,
            tag,
        })
    }

    /// What the id counts: a letter from `a` to `z`.
    pub const fn kind(&self) -> char {
        self.kind as char
    }

    /// What is spoken of.
    pub const fn id(&self) -> u64 {
        self.id
    }

    /// Who may answer.
    pub const fn user(&self) -> u64 {
        self.user
    }
}

impl fmt::Debug for LegacyToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "LegacyToken({}-{}-[redacted]-{})",
            self.kind(),
            self.id,
            self.user
        )
    }
}

/// The addresses of the older form at one host.
pub struct LegacyAddresses {
    host: Host,
    state: Hmac<Sha1>,
}

impl LegacyAddresses {
    /// The addresses that this key signed. The host is compared, where there is one to compare, not signed.
    pub fn new(host: Host, key: &LegacyKey) -> Self {
        // HMAC takes a key of any length (RFC 2104 §2); `hmac` 0.13 has no error to give, only the signature.
        #[allow(clippy::expect_used)]
        let state = Hmac::new_from_slice(&key.0).expect("a key of any length");
        Self { host, state }
    }

    /// Opens a local part, or one with `@` and the host, in any mix of upper and lower case.
    ///
    /// # Errors
    /// [`OpenError::Invalid`] for anything that the key did not sign, in constant time: for a text of another form a
    /// tag is computed as well, and thrown away.
    pub fn open(&self, text: &str) -> Result<LegacyOpened, OpenError> {
        let (local_part, at_host) = match text.rsplit_once('@') {
            Some((local_part, host)) => (local_part, host.eq_ignore_ascii_case(self.host.as_str())),
            None => (text, true),
        };
        let parsed = LegacyToken::parse(local_part).filter(|_| at_host);
        let sound = Choice::from(u8::from(parsed.is_some()));
        let token = parsed.unwrap_or(LegacyToken {
            kind: b'i',
            id: 1,
            user: 1,
            tag: [0; TAG_BYTES],
        });
        let holds = self.tag(&token).ct_eq(&token.tag) & sound;
        if !bool::from(holds) {
            return Err(OpenError::Invalid);
        }
        Ok(LegacyOpened {
            kind: token.kind(),
            id: token.id,
            user: token.user,
        })
    }

    fn tag(&self, token: &LegacyToken) -> [u8; TAG_BYTES] {
        let mut signed = Signed(self.state.clone());
        // `Signed` takes everything.
        let _ = write!(signed, "{}-{}-{}", token.kind(), token.id, token.user);
        signed.0.finalize().into_bytes().into()
    }
}

impl fmt::Debug for LegacyAddresses {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LegacyAddresses")
            .field("host", &self.host)
            .finish_non_exhaustive()
    }
}

/// What an address of the older form said, after its tag held.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct LegacyOpened {
    /// What the id counts: a letter from `a` to `z`.
    pub kind: char,
    /// What is spoken of.
    pub id: u64,
    /// Who may answer.
    pub user: u64,
}

/// Text that goes into an HMAC piece by piece, so that it need not be put together first.
struct Signed(Hmac<Sha1>);

impl Write for Signed {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.0.update(text.as_bytes());
        Ok(())
    }
}

/// A decimal in its one form.
fn number(digits: &str) -> Option<u64> {
    let canonical = digits == "0" || digits.starts_with(|first: char| matches!(first, '1'..='9'));
    canonical.then(|| digits.parse().ok())?
}
