//! Wishes about the time of delivery: FUTURERELEASE (RFC 4865), DELIVERBY (RFC 2852) and MT-PRIORITY (RFC 6710).
//!
//! The server machine reads them, so that a client with a typing error hears of that, and refuses them: none of them is
//! offered.

use std::fmt;

use super::date_time::UtcDateTime;
use super::number::number;

/// Not to be delivered before a moment.
///
/// ```text
/// holdfor-param   = "HOLDFOR=" 1*9DIGIT                           RFC 4865 §5
/// holduntil-param = "HOLDUNTIL=" Internet-style-date-time-UTC
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
// The RFC has these two.
#[allow(clippy::exhaustive_enums)]
pub enum Hold {
    /// For so many seconds.
    For(u32),
    /// Until a date and time.
    Until(UtcDateTime),
}

impl Hold {
    pub(crate) fn parse_for(value: &[u8]) -> Option<Self> {
        seconds(value).map(Self::For)
    }

    pub(crate) fn parse_until(value: &[u8]) -> Option<Self> {
        UtcDateTime::parse(value).map(Self::Until)
    }
}

/// The parameter with its keyword.
impl fmt::Display for Hold {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::For(seconds) => write!(f, "HOLDFOR={seconds}"),
            Self::Until(moment) => write!(f, "HOLDUNTIL={moment}"),
        }
    }
}

/// To be delivered within a time, or to be reported.
///
/// ```text
/// by-value = by-time ";" by-mode [by-trace]                       RFC 2852 §4
/// by-time  = ["-" / "+"] 1*9digit
/// by-mode  = "N" / "R"
/// by-trace = "T"
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
// The RFC has these three parts.
#[allow(clippy::exhaustive_structs)]
pub struct DeliverBy {
    /// Seconds from now; behind it where negative.
    pub seconds: i32,
    /// `R`: returned where it is late; `N` only tells.
    pub returned: bool,
    /// `T`: each relay reports.
    pub traced: bool,
}

impl DeliverBy {
    pub(crate) fn parse(value: &[u8]) -> Option<Self> {
        let at = memchr::memchr(b';', value)?;
        let (time, mode) = value.split_at(at);
        let (negative, digits) = match time.split_first() {
            Some((b'-', digits)) => (true, digits),
            Some((b'+', digits)) => (false, digits),
            _ => (false, time),
        };
        let seconds = i32::try_from(seconds(digits)?).ok()?;
        let (returned, traced) = match mode {
            [b';', b'N' | b'n'] => (false, false),
            [b';', b'R' | b'r'] => (true, false),
            [b';', b'N' | b'n', b'T' | b't'] => (false, true),
            [b';', b'R' | b'r', b'T' | b't'] => (true, true),
            _ => return None,
        };
        Some(Self {
            seconds: if negative { -seconds } else { seconds },
            returned,
            traced,
        })
    }
}

impl fmt::Display for DeliverBy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mode = if self.returned { 'R' } else { 'N' };
        let trace = if self.traced { "T" } else { "" };
        write!(f, "{};{mode}{trace}", self.seconds)
    }
}

/// `priority-value = (["-"] NZDIGIT) / "0"` (RFC 6710 §8): from -9 to 9.
pub(crate) fn priority(value: &[u8]) -> Option<i8> {
    let (negative, digit) = match value {
        [b'0'] => return Some(0),
        [digit @ b'1'..=b'9'] => (false, digit),
        [b'-', digit @ b'1'..=b'9'] => (true, digit),
        _ => return None,
    };
    let number = i8::try_from(digit - b'0').ok()?;
    Some(if negative { -number } else { number })
}

/// `1*9DIGIT`, a number of seconds.
fn seconds(digits: &[u8]) -> Option<u32> {
    let seconds = (digits.len() <= 9).then(|| number(digits))??;
    u32::try_from(seconds).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn printing_is_the_inverse_of_parsing() {
        for text in ["120;N", "-5;RT", "0;NT", "999999999;R"] {
            assert_eq!(DeliverBy::parse(text.as_bytes()).unwrap().to_string(), text);
        }
        assert_eq!(Hold::parse_for(b"060").unwrap().to_string(), "HOLDFOR=60");
        let until = Hold::parse_until(b"2026-11-24T10:00:00Z").unwrap();
        assert_eq!(until.to_string(), "HOLDUNTIL=2026-11-24T10:00:00Z");
        assert_eq!(
            [&b"-9"[..], b"0", b"9"].map(priority),
            [Some(-9), Some(0), Some(9)]
        );
    }

    #[test]
    fn numbers_do_not_wrap() {
        for bad in ["", "1000000000", "+1", "-1", "a"] {
            assert_eq!(Hold::parse_for(bad.as_bytes()), None, "{bad}");
        }
        for bad in ["1", ";N", "1;", "1;X", "1;NTT", "--1;N", "1000000000;N"] {
            assert_eq!(DeliverBy::parse(bad.as_bytes()), None, "{bad}");
        }
        for bad in ["", "-0", "10", "+1", "-"] {
            assert_eq!(priority(bad.as_bytes()), None, "{bad}");
        }
        assert_eq!(Hold::parse_until(b"tomorrow"), None);
    }
}
