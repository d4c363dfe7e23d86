//! The name of a message in the spool and in the logs.

use std::fmt;
use std::io;
use std::str::FromStr;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Names a message: when it arrived, in microseconds, and 16 random bits.
///
/// Its text is 18 upper-case hexadecimal digits that sort by arrival.
///
/// ```
/// use std::time::{Duration, SystemTime};
/// use inreply::spool::QueueId;
///
/// let arrival = SystemTime::UNIX_EPOCH + Duration::from_secs(1_800_000_000);
/// let id = QueueId::new(arrival)?;
/// assert_eq!(id.arrival(), arrival);
/// assert_eq!(id.to_string().parse(), Ok(id));
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct QueueId {
    micros: u64,
    random: u16,
}

/// A text that is no queue id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a queue id is 18 upper-case hexadecimal digits")]
pub struct QueueIdError;

/// Microseconds that 14 hexadecimal digits hold: until the year 4253.
const MAX_MICROS: u64 = (1 << 56) - 1;

impl QueueId {
    /// A new id for a message that arrives at `arrival`; a time before 1970 counts as 1970.
    ///
    /// # Errors
    /// Where the operating system gives no random numbers.
    pub fn new(arrival: SystemTime) -> io::Result<Self> {
        let mut random = [0; 2];
        getrandom::fill(&mut random).map_err(|error| io::Error::other(error.to_string()))?;
        Ok(Self {
            random: u16::from_be_bytes(random),
            ..Self::first_at(arrival)
        })
    }

    /// Sorts before those of all messages that arrive at `arrival` or later, and behind those of all that arrived before.
    pub(crate) fn first_at(arrival: SystemTime) -> Self {
        let since = arrival.duration_since(UNIX_EPOCH).unwrap_or_default();
        let micros = u64::try_from(since.as_micros()).unwrap_or(MAX_MICROS);
        Self {
            micros: micros.min(MAX_MICROS),
            random: 0,
        }
    }

    /// Nine octets that sort as the ids do.
    #[cfg(feature = "redb")]
    pub(crate) fn to_octets(self) -> [u8; 9] {
        let mut octets = [0; 9];
        octets[..7].copy_from_slice(&self.micros.to_be_bytes()[1..]);
        octets[7..].copy_from_slice(&self.random.to_be_bytes());
        octets
    }

    /// The id with these octets.
    #[cfg(feature = "redb")]
    pub(crate) fn from_octets(octets: [u8; 9]) -> Self {
        let [a, b, c, d, e, f, g, h, i] = octets;
        Self {
            micros: u64::from_be_bytes([0, a, b, c, d, e, f, g]),
            random: u16::from_be_bytes([h, i]),
        }
    }

    /// When the message arrived.
    pub fn arrival(self) -> SystemTime {
        UNIX_EPOCH + Duration::from_micros(self.micros)
    }
}

impl fmt::Display for QueueId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:014X}{:04X}", self.micros, self.random)
    }
}

impl FromStr for QueueId {
    type Err = QueueIdError;

    fn from_str(text: &str) -> Result<Self, QueueIdError> {
        if text.len() != 18
            || !text
                .bytes()
                .all(|octet| matches!(octet, b'0'..=b'9' | b'A'..=b'F'))
        {
            return Err(QueueIdError);
        }
        let (micros, random) = text.split_at(14);
        Ok(Self {
            micros: u64::from_str_radix(micros, 16).map_err(|_| QueueIdError)?,
            random: u16::from_str_radix(random, 16).map_err(|_| QueueIdError)?,
        })
    }
}
