//! What an address is for.

use core::fmt;
use core::str::FromStr;

/// What an address is for. It is bound into the tag: a token of one context never opens in another.
///
/// ```
/// use inreply_token::Context;
///
/// assert_eq!(Context::Bounce.as_str(), "bounce");
/// assert_eq!("bounce".parse(), Ok(Context::Bounce));
/// assert_eq!(Context::Reply.local_part_limit(), 64);
/// assert_eq!(Context::Bounce.local_part_limit(), 40);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Context {
    /// A `Reply-To`: mail to it is an answer of the recipient on the subject. Prefix `reply+` by default.
    Reply,
    /// An envelope sender: mail to it says that a notification did not arrive. Prefix `b+` by default.
    Bounce,
    /// A `List-Unsubscribe` address: mail to it ends the recipient's subscription. Prefix `u+` by default.
    Unsubscribe,
}

impl Context {
    /// Every context, in the order of the wire.
    pub(crate) const ALL: [Self; 3] = [Self::Reply, Self::Bounce, Self::Unsubscribe];

    /// The string that the tag covers: `reply`, `bounce` or `unsubscribe`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Reply => "reply",
            Self::Bounce => "bounce",
            Self::Unsubscribe => "unsubscribe",
        }
    }

    /// The most octets that a minted local part has: 64 (RFC 5321 §4.5.3.1.1), 40 for bounces, since relays on the
    /// way wrap an envelope sender into BATV (`prvs=…=`) or SRS (`SRS0=…=`) and need the rest.
    pub const fn local_part_limit(self) -> usize {
        match self {
            Self::Bounce => 40,
            Self::Reply | Self::Unsubscribe => 64,
        }
    }

    /// The place of this context in arrays of three, and its number on the wire.
    pub(crate) const fn index(self) -> usize {
        match self {
            Self::Reply => 0,
            Self::Bounce => 1,
            Self::Unsubscribe => 2,
        }
    }
}

impl fmt::Display for Context {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The inverse of [`Context::as_str`].
impl FromStr for Context {
    type Err = ContextError;

    fn from_str(text: &str) -> Result<Self, ContextError> {
        Self::ALL
            .into_iter()
            .find(|context| context.as_str() == text)
            .ok_or(ContextError)
    }
}

/// A text that names no [`Context`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a context is reply, bounce or unsubscribe")]
#[non_exhaustive]
pub struct ContextError;
