//! Days, the unit of expiry.

use core::fmt;
use core::num::NonZeroU16;
use std::time::{SystemTime, UNIX_EPOCH};

const SECONDS_A_DAY: u64 = 86_400;

/// A day in UTC: days since 1970-01-01, `1..=65_535` (1970-01-02 to 2149-06-06).
///
/// Day 0 is not a value of this type: on the wire 0 means "never expires", and a clock that stands at the epoch must
/// not turn into that. This crate reads no clock; the caller says which day it is.
///
/// ```
/// use inreply_token::Day;
///
/// let today = Day::from_unix_seconds(1_767_225_600);
/// assert_eq!(today.to_string(), "2026-01-01");
/// assert_eq!(today.number(), 20_454);
/// assert_eq!(today.saturating_add(400).to_string(), "2027-02-05");
/// assert_eq!(Day::new(0), None);
/// assert_eq!(Day::from_unix_seconds(u64::MAX).number(), u16::MAX);
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Day(NonZeroU16);

impl Day {
    /// The last day there is, 2149-06-06.
    pub const MAX: Self = Self(NonZeroU16::MAX);

    /// The day that many days after 1970-01-01; `None` for 0.
    pub const fn new(number: u16) -> Option<Self> {
        match NonZeroU16::new(number) {
            Some(number) => Some(Self(number)),
            None => None,
        }
    }

    /// The day that holds this second of Unix time, in UTC. A time before 1970-01-02 gives that day, one after
    /// 2149-06-06 gives that day: a clock that is wrong must not stop the mail.
    ///
    /// ```
    /// assert_eq!(inreply_token::Day::from_unix_seconds(1_767_225_600).number(), 20_454);
    /// ```
    pub fn from_unix_seconds(seconds: u64) -> Self {
        let number = u16::try_from(seconds / SECONDS_A_DAY).unwrap_or(u16::MAX);
        Self(NonZeroU16::new(number).unwrap_or(NonZeroU16::MIN))
    }

    /// Days since 1970-01-01, `1..=65_535`.
    pub const fn number(self) -> u16 {
        self.0.get()
    }

    /// The day that many days later, or [`Day::MAX`].
    #[must_use]
    pub const fn saturating_add(self, days: u16) -> Self {
        Self(self.0.saturating_add(days))
    }
}

/// The day that holds this moment; one before 1970 counts as its beginning.
///
/// ```
/// use std::time::{Duration, SystemTime};
/// use inreply_token::Day;
///
/// let at = SystemTime::UNIX_EPOCH + Duration::from_secs(1_767_225_600);
/// assert_eq!(Day::from(at).to_string(), "2026-01-01");
/// assert_eq!(Day::from(SystemTime::UNIX_EPOCH - Duration::from_secs(1)).number(), 1);
/// ```
impl From<SystemTime> for Day {
    fn from(at: SystemTime) -> Self {
        Self::from_unix_seconds(at.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs())
    }
}

impl fmt::Debug for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Day({self})")
    }
}

/// The date as `YYYY-MM-DD`.
impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut rest = self.number();
        let mut year = 1970_u16;
        while rest >= days_of_year(year) {
            rest -= days_of_year(year);
            year += 1;
        }
        let mut month = 1;
        while rest >= days_of_month(year, month) {
            rest -= days_of_month(year, month);
            month += 1;
        }
        write!(f, "{year:04}-{month:02}-{:02}", rest + 1)
    }
}

fn is_leap(year: u16) -> bool {
    year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400))
}

fn days_of_year(year: u16) -> u16 {
    365 + u16::from(is_leap(year))
}

fn days_of_month(year: u16, month: u8) -> u16 {
    match month {
        2 => 28 + u16::from(is_leap(year)),
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Dates by `date -u -d @$((86400 * N)) +%F`.
    #[test]
    fn known_dates() {
        for (number, date) in [
            (1, "1970-01-02"),
            (365, "1971-01-01"),
            (789, "1972-02-29"),
            (11_016, "2000-02-29"),
            (11_017, "2000-03-01"),
            (20_454, "2026-01-01"),
            (47_540, "2100-02-28"),
            (47_541, "2100-03-01"),
            (65_535, "2149-06-06"),
        ] {
            assert_eq!(Day::new(number).unwrap().to_string(), date);
        }
    }

    #[test]
    fn every_day_is_one_after_the_day_before() {
        let mut dates: Vec<String> = (1..=u16::MAX)
            .map(|n| Day::new(n).unwrap().to_string())
            .collect();
        let all = dates.len();
        assert!(dates.is_sorted());
        dates.dedup();
        assert_eq!(dates.len(), all);
    }

    #[test]
    fn a_wrong_clock_is_clamped() {
        assert_eq!(Day::from_unix_seconds(0).number(), 1);
        assert_eq!(Day::from_unix_seconds(2 * 86_400 - 1).number(), 1);
        assert_eq!(Day::from_unix_seconds(2 * 86_400).number(), 2);
        assert_eq!(Day::MAX.saturating_add(1), Day::MAX);
    }
}
