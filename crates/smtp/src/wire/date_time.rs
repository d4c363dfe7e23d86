//! Dates and times of RFC 3339, in UTC.

use std::fmt;

use super::number::number;

/// A date and a time of day in UTC.
///
/// ```text
/// date-time    = full-date "T" partial-time "Z"                   RFC 3339 §5.6, with the offset of UTC alone
/// full-date    = 4DIGIT "-" 2DIGIT "-" 2DIGIT
/// partial-time = 2DIGIT ":" 2DIGIT ":" 2DIGIT [ "." 1*DIGIT ]
/// ```
///
/// A second of 60 is a leap second. Of a fraction nine digits are kept, and printed without zeros at the end.
///
/// ```
/// use inreply_smtp::wire::date_time::UtcDateTime;
///
/// let moment = UtcDateTime::parse(b"2026-11-24T10:00:00.50Z").unwrap();
/// assert_eq!(moment.to_string(), "2026-11-24T10:00:00.5Z");
/// assert_eq!(moment.unix_seconds(), 1_795_514_400);
/// assert_eq!(UtcDateTime::parse(b"2026-02-29T10:00:00Z"), None);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UtcDateTime {
    year: u16,
    month: u8,
    day: u8,
    hour: u8,
    minute: u8,
    second: u8,
    nanosecond: u32,
}

impl UtcDateTime {
    /// Parses the whole of `text`; none where it is of another shape, or no day of the calendar.
    pub fn parse(text: &[u8]) -> Option<Self> {
        let (moment, behind) = text.split_first_chunk::<19>()?;
        let [
            ..,
            b'-',
            _,
            _,
            b'-',
            _,
            _,
            b'T' | b't',
            _,
            _,
            b':',
            _,
            _,
            b':',
            _,
            _,
        ] = moment
        else {
            return None;
        };
        let two = |at: usize| {
            let value = number(moment.get(at..at + 2)?)?;
            u8::try_from(value).ok()
        };
        let year = u16::try_from(number(moment.first_chunk::<4>()?)?).ok()?;
        let (month, day) = (two(5)?, two(8)?);
        let (hour, minute, second) = (two(11)?, two(14)?, two(17)?);
        let is_date = (1..=days_of_month(year, month)?).contains(&day);
        if !is_date || hour > 23 || minute > 59 || second > 60 {
            return None;
        }
        Some(Self {
            year,
            month,
            day,
            hour,
            minute,
            second,
            nanosecond: nanosecond(
                behind
                    .strip_suffix(b"Z")
                    .or_else(|| behind.strip_suffix(b"z"))?,
            )?,
        })
    }

    /// Whole seconds since the beginning of 1970, negative before it. A leap second is the one behind it.
    pub fn unix_seconds(self) -> i64 {
        // The year begins in March, so that its last day is the one that may be missing.
        let (year, month) = match self.month {
            month @ 3.. => (i64::from(self.year), i64::from(month) - 3),
            month => (i64::from(self.year) - 1, i64::from(month) + 9),
        };
        let leap_days = year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400);
        let day_of_year = (153 * month + 2) / 5 + i64::from(self.day) - 1;
        let days = year * 365 + leap_days + day_of_year - DAYS_TO_1970;
        let minutes = (days * 24 + i64::from(self.hour)) * 60 + i64::from(self.minute);
        minutes * 60 + i64::from(self.second)
    }
}

impl fmt::Display for UtcDateTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}-{:02}T", self.year, self.month, self.day)?;
        write!(f, "{:02}:{:02}:{:02}", self.hour, self.minute, self.second)?;
        if self.nanosecond > 0 {
            let digits = format!("{:09}", self.nanosecond);
            write!(f, ".{}", digits.trim_end_matches('0'))?;
        }
        f.write_str("Z")
    }
}

/// From the first of March of the year 0.
const DAYS_TO_1970: i64 = 719_468;

fn days_of_month(year: u16, month: u8) -> Option<u8> {
    let leap = year.is_multiple_of(4) && !year.is_multiple_of(100) || year.is_multiple_of(400);
    Some(match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        4 | 6 | 9 | 11 => 30,
        2 if leap => 29,
        2 => 28,
        _ => return None,
    })
}

/// Of the fraction of a second, with its point; 0 of none.
fn nanosecond(fraction: &[u8]) -> Option<u32> {
    let Some((b'.', digits)) = fraction.split_first() else {
        return fraction.is_empty().then_some(0);
    };
    if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let padded = digits.iter().chain(std::iter::repeat(&b'0')).take(9);
    Some(padded.fold(0, |value, digit| value * 10 + u32::from(digit - b'0')))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn printing_is_the_inverse_of_parsing() {
        for text in [
            "1970-01-01T00:00:00Z",
            "2024-02-29T23:59:60Z",
            "0000-12-31T00:00:00.000000001Z",
            "9999-12-31T23:59:59.9Z",
        ] {
            let moment = UtcDateTime::parse(text.as_bytes()).unwrap();
            assert_eq!(moment.to_string(), text);
        }
        // Letters of ABNF are of either case.
        let lower = UtcDateTime::parse(b"2026-11-24t10:00:00z").unwrap();
        assert_eq!(lower.to_string(), "2026-11-24T10:00:00Z");
        let long = UtcDateTime::parse(b"2026-11-24T10:00:00.12345678987654321Z").unwrap();
        assert_eq!(long.to_string(), "2026-11-24T10:00:00.123456789Z");
    }

    #[test]
    fn what_is_no_moment_is_refused() {
        for bad in [
            "",
            "tomorrow",
            "2026-11-24",
            "2026-11-24T10:00:00",
            "2026-11-24 10:00:00Z",
            "2026-11-24T10:00:00+01:00",
            "2026-11-24T10:00:00.Z",
            "2026-11-24T10:00:00.1x2Z",
            "2026-11-24T10:00:00ZZ",
            "+026-11-24T10:00:00Z",
            "2026-13-24T10:00:00Z",
            "2026-00-24T10:00:00Z",
            "2026-04-31T10:00:00Z",
            "1900-02-29T10:00:00Z",
            "2026-11-00T10:00:00Z",
            "2026-11-24T24:00:00Z",
            "2026-11-24T10:60:00Z",
            "2026-11-24T10:00:61Z",
        ] {
            assert_eq!(UtcDateTime::parse(bad.as_bytes()), None, "{bad}");
        }
    }

    #[test]
    fn seconds_since_1970() {
        for (text, seconds) in [
            ("1970-01-01T00:00:00Z", 0),
            ("1969-12-31T23:59:59Z", -1),
            ("2000-02-29T00:00:00Z", 951_782_400),
            ("2000-03-01T00:00:00Z", 951_868_800),
            ("2038-01-19T03:14:08Z", 2_147_483_648),
            ("0000-01-01T00:00:00Z", -62_167_219_200),
        ] {
            let moment = UtcDateTime::parse(text.as_bytes()).unwrap();
            assert_eq!(moment.unix_seconds(), seconds, "{text}");
        }
    }
}
