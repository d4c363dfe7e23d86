//! Dates (RFC 5322 §3.3, obsolete forms of §4.3, and what senders write).

/// Seconds since 1970-01-01T00:00:00Z.
///
/// The order of day, month name and year is free, the weekday is ignored, seconds and zone may be missing (a missing or
/// unknown zone is UTC: RFC 5322 §4.3 reads unknown letters as -0000).
pub(crate) fn parse(value: &[u8]) -> Option<i64> {
    let mut date = Date::default();
    for token in (Tokens { rest: value }) {
        date.take(token);
    }
    date.seconds()
}

#[derive(Default)]
struct Date {
    day: Option<i64>,
    month: Option<i64>,
    year: Option<i64>,
    time: Option<i64>,
    zone: Option<i64>,
    afternoon: Option<bool>,
}

impl Date {
    fn take(&mut self, token: &[u8]) {
        if token.contains(&b':') && self.time.is_none() {
            // `10:52:37+0200`: the zone glued on.
            let end = token
                .iter()
                .position(|&b| b == b'+' || b == b'-')
                .unwrap_or(token.len());
            self.time = clock(&token[..end]);
            if end < token.len() && self.time.is_some() {
                self.take(&token[end..]);
            }
            return;
        }
        let signed = token.first().is_some_and(|&b| b == b'+' || b == b'-');
        if signed && self.time.is_some() {
            if self.zone.is_none() {
                self.zone = offset(token);
            }
            return;
        }
        let parts = token
            .split(|&b| b == b'-' || b == b'/')
            .filter(|part| !part.is_empty());
        for part in parts {
            self.take_part(part);
        }
    }

    fn take_part(&mut self, part: &[u8]) {
        let digits = part.iter().take_while(|b| b.is_ascii_digit()).count();
        if digits > 0 {
            // `1st`, `2nd` of a person's hand, and no more than a year's digits.
            let Some(number) = number(&part[..digits]) else {
                return;
            };
            if digits == 4 && self.year.is_none() && (self.day.is_some() || number > 31) {
                self.year = Some(number);
            } else if self.day.is_none() && digits <= 2 {
                self.day = Some(number);
            } else if self.year.is_none() && digits <= 3 {
                // RFC 5322 §4.3: two digits are 1950 to 2049, three are years since 1900.
                self.year = Some(match (digits, number) {
                    (3, _) | (_, 50..) => 1900 + number,
                    _ => 2000 + number,
                });
            }
            return;
        }
        let Some(head) = part.get(..3) else {
            match part.to_ascii_lowercase().as_slice() {
                b"am" => self.afternoon = Some(false),
                b"pm" => self.afternoon = Some(true),
                b"ut" if self.time.is_some() => self.zone = Some(0),
                _ => {}
            }
            return;
        };
        let head = head.to_ascii_lowercase();
        if self.month.is_none()
            && let Some(month) = MONTHS.iter().position(|name| name.as_bytes() == head)
        {
            self.month = i64::try_from(month + 1).ok();
            return;
        }
        if self.zone.is_none()
            && self.time.is_some()
            && let Some((_, hours)) = ZONES
                .iter()
                .find(|(name, _)| name.as_bytes().eq_ignore_ascii_case(part))
        {
            self.zone = Some(hours * 3600);
        }
    }

    fn seconds(&self) -> Option<i64> {
        let (day, month, year) = (self.day?, self.month?, self.year?);
        if !(1..=31).contains(&day) || !(1..=9999).contains(&year) {
            return None;
        }
        // A day alone is no date-time, and midnight would be a guess.
        let mut time = self.time?;
        match self.afternoon {
            Some(true) if time < 12 * 3600 => time += 12 * 3600,
            Some(false) if time >= 12 * 3600 => time -= 12 * 3600,
            _ => {}
        }
        Some(days_from_civil(year, month, day) * 86_400 + time - self.zone.unwrap_or(0))
    }
}

/// Words between white space, commas and comments.
struct Tokens<'a> {
    rest: &'a [u8],
}

impl<'a> Iterator for Tokens<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        loop {
            let (&first, tail) = self.rest.split_first()?;
            if first == b'(' {
                self.rest = &self.rest[super::content::comment_end(self.rest, 0)..];
                continue;
            }
            if first == b',' || first.is_ascii_whitespace() {
                self.rest = tail;
                continue;
            }
            let end = self
                .rest
                .iter()
                .position(|&b| b == b',' || b == b'(' || b.is_ascii_whitespace())
                .unwrap_or(self.rest.len());
            let (token, rest) = self.rest.split_at(end);
            self.rest = rest;
            return Some(token);
        }
    }
}

/// `hh:mm` or `hh:mm:ss`, the leap second included.
fn clock(token: &[u8]) -> Option<i64> {
    let mut fields = token.split(|&b| b == b':');
    let hours = number(fields.next()?)?;
    let minutes = number(fields.next()?)?;
    let seconds = match fields.next() {
        Some(text) => number(&text[..text.iter().take_while(|b| b.is_ascii_digit()).count()])?,
        None => 0,
    };
    if hours > 24 || minutes > 59 || seconds > 60 {
        return None;
    }
    Some(hours * 3600 + minutes * 60 + seconds)
}

/// `+hhmm`, `-hh:mm`, `+hh`; RFC 5322 §3.3 has four digits at most, and what has more is no zone.
fn offset(token: &[u8]) -> Option<i64> {
    let (sign, digits) = token.split_first()?;
    let count = digits.iter().take_while(|b| b.is_ascii_digit()).count();
    if count > 4 {
        return None;
    }
    let value = number(&digits[..count])?;
    let (hours, minutes) = if count <= 2 {
        (value, 0)
    } else {
        (value / 100, value % 100)
    };
    let seconds = hours * 3600 + minutes * 60;
    Some(if *sign == b'-' { -seconds } else { seconds })
}

fn number(digits: &[u8]) -> Option<i64> {
    if digits.is_empty() || digits.len() > 6 {
        return None;
    }
    std::str::from_utf8(digits).ok()?.parse().ok()
}

/// Days since 1970-01-01 in the proleptic Gregorian calendar; the year starts in March, so that a leap day comes last.
fn days_from_civil(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * 146_097 + day_of_era - 719_468
}

const MONTHS: [&str; 12] = [
    "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec",
];

/// RFC 5322 §4.3; other letters, the military ones included, are -0000.
const ZONES: [(&str, i64); 10] = [
    ("gmt", 0),
    ("utc", 0),
    ("est", -5),
    ("edt", -4),
    ("cst", -6),
    ("cdt", -5),
    ("mst", -7),
    ("mdt", -6),
    ("pst", -8),
    ("pdt", -7),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rfc_5322_and_senders() {
        let cases: &[(&str, Option<i64>)] = &[
            ("Fri, 21 Nov 1997 09:55:06 -0600", Some(880_127_706)),
            ("21 Nov 97 09:55:06 GMT", Some(880_106_106)),
            ("Thu, 13 Feb 1969 23:32 -0330", Some(-27_723_480)),
            (
                "Thu,\r\n 13\r\n Feb\r\n 1969\r\n 23:32\r\n -0330 (Newfoundland Time)",
                Some(-27_723_480),
            ),
            ("Tue, 1 Jul 2003 10:52:37 +0200", Some(1_057_049_557)),
            ("1 Jul 2003 10:52:37", Some(1_057_056_757)),
            ("1 Jul 2003 10:52:37 PST", Some(1_057_085_557)),
            ("Thu Jan  1 00:00:01 1970", Some(1)),
            ("29 Feb 2000 00:00 +0000", Some(951_782_400)),
            ("1 Jul 2003 10:52:37 +999999", Some(1_057_056_757)),
            ("1 Jul 2003", None),
            ("1 Jul 2003 59:10 +0200", None),
            ("nonsense", None),
            ("", None),
        ];
        for (input, expected) in cases {
            assert_eq!(parse(input.as_bytes()), *expected, "{input}");
        }
    }
}
