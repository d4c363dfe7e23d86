//! A message on its way into the outbox.

use std::time::Duration;

use bytes::Bytes;
use inreply_smtp::client::Envelope;

use crate::notify::Composed;
use crate::outgoing::Outgoing;

/// Octets of a tag.
pub(super) const MAX_TAG: usize = 256;

/// A message to be sent, with what the product wants to be reminded of.
///
/// ```
/// use std::time::Duration;
/// use inreply::outbox::Letter;
/// use inreply::smtp::client::Envelope;
///
/// let envelope = Envelope::new("<bob@example.org>".parse()?).to("<ann@example.com>".parse()?);
/// let letter = Letter::new(envelope, "Message-ID: <1@example.org>\r\n\r\nhello\r\n")
///     .tag("user 5")
///     .time_to_live(Duration::from_hours(1));
/// assert_eq!(letter.envelope().recipients().len(), 1);
/// # Ok::<(), inreply::smtp::wire::syntax::SyntaxError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Letter {
    pub(super) envelope: Envelope,
    pub(super) message: Bytes,
    pub(super) tag: String,
    pub(super) time_to_live: Option<Duration>,
}

impl Letter {
    /// A message with lines that end in `<CR><LF>`. Its Message-ID is what a second copy is known by, should there be one
    /// ([what is promised](super#what-is-promised)).
    pub fn new(envelope: Envelope, message: impl Into<Bytes>) -> Self {
        Self {
            envelope,
            message: message.into(),
            tag: String::new(),
            time_to_live: None,
        }
    }

    /// The product's own words, given back with each [`Notice`](super::Notice): which user it is, say. At most 256 octets.
    #[must_use]
    pub fn tag(mut self, tag: impl Into<String>) -> Self {
        self.tag = tag.into();
        self
    }

    /// How long it is tried: a notification that is late is worth nothing. Defaults to
    /// [`OutboxConfig::time_to_live`](super::OutboxConfig::time_to_live).
    #[must_use]
    pub fn time_to_live(mut self, duration: Duration) -> Self {
        self.time_to_live = Some(duration);
        self
    }

    /// Whom it is from and for.
    pub fn envelope(&self) -> &Envelope {
        &self.envelope
    }

    /// The message.
    pub fn message(&self) -> &Bytes {
        &self.message
    }
}

impl From<Composed> for Letter {
    fn from(composed: Composed) -> Self {
        Self::new(composed.envelope, composed.message)
    }
}

impl From<Outgoing> for Letter {
    fn from(outgoing: Outgoing) -> Self {
        Self::new(outgoing.envelope, outgoing.message)
    }
}
