//! What a short stretch of text holds: a date, a time, an address.

use std::borrow::Cow;

use super::words;

/// An address: word characters, `@`, a domain.
pub(crate) fn has_address(text: &str) -> bool {
    address_at(text).is_some()
}

/// Where the first address starts and ends.
pub(crate) fn address_at(text: &str) -> Option<(usize, usize)> {
    let bytes = text.as_bytes();
    let mut from = 0;
    while let Some(at) = memchr::memchr(b'@', &bytes[from..]).map(|at| from + at) {
        let local = bytes[..at]
            .iter()
            .rev()
            .take(64)
            .take_while(|&&b| is_local(b))
            .count();
        let domain = bytes[at + 1..]
            .iter()
            .take(255)
            .take_while(|&&b| is_domain(b))
            .count();
        // The limits count bytes: they may end inside a character.
        let (mut start, mut end) = (at - local, at + 1 + domain);
        while !text.is_char_boundary(start) {
            start += 1;
        }
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        if start < at && end > at + 2 {
            return Some((start, end));
        }
        from = at + 1;
    }
    None
}

fn is_local(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte >= 0x80 || b".!#$%&'*+/=?^_`{|}~-".contains(&byte)
}

fn is_domain(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte >= 0x80 || byte == b'.' || byte == b'-'
}

/// A date in any language: a year beside a day or month number, three numbers between separators, or an English month
/// beside a day.
pub(crate) fn has_date(text: &str) -> bool {
    let text = &*plain_digits(text);
    let mut year = false;
    let mut small = false;
    // Digits of the two numbers before, as far as they are joined to this one.
    let mut run = [0, 0];
    let mut previous_end = 0;
    for number in Numbers::new(text) {
        if number.digits == 4 && is_year(number.value) {
            year = true;
        } else if number.digits <= 2 && (1..=31).contains(&number.value) {
            small = true;
        }
        // `19/03/14`, `2.4.2012`, `2010-01-01`, `3. 2. 2026`: three numbers, one separator between each two.
        let between = text
            .as_bytes()
            .get(previous_end..number.start)
            .unwrap_or_default();
        if previous_end == 0 || !matches!(between, b"/" | b"." | b"-" | b". ") {
            run = [0, 0];
        }
        if matches!(
            (run, number.digits),
            ([1 | 2, 1 | 2], 2 | 4) | ([4, 1 | 2], 1 | 2)
        ) {
            return true;
        }
        run = [run[1], number.digits];
        previous_end = number.end;
    }
    if !small || year {
        return small;
    }
    text.split(|c: char| !c.is_alphabetic())
        .filter(|word| word.len() >= 3)
        .any(|word| {
            words::CALENDAR
                .iter()
                .any(|name| starts_with_ignoring_case(word, name))
        })
}

/// `14:30`, `9.15`, `10h30`; of `10.15.33`, which is a date or a time, a year elsewhere makes a time.
pub(crate) fn has_time(text: &str) -> bool {
    let text = &*plain_digits(text);
    let bytes = text.as_bytes();
    let mut previous: Option<Number> = None;
    let mut dotted = false;
    let mut year = false;
    let mut numbers = Numbers::new(text).peekable();
    while let Some(number) = numbers.next() {
        year |= number.digits == 4 && is_year(number.value);
        if let Some(before) = previous
            && number.start == before.end + 1
            && matches!(bytes[before.end], b':' | b'.' | b'h')
            && before.digits <= 2
            && before.value < 25
            && number.digits == 2
            && number.value < 60
        {
            let dot = bytes[before.end] == b'.';
            let joined = before
                .start
                .checked_sub(1)
                .is_some_and(|at| bytes[at] == b'.');
            let third = numbers
                .peek()
                .filter(|third| third.start == number.end + 1 && bytes[number.end] == b'.');
            match third {
                _ if !dot => return true,
                None if !joined => return true,
                Some(third) if !joined && third.digits == 2 => dotted = true,
                _ => {}
            }
        }
        previous = Some(number);
    }
    dotted && year
}

/// Of our calendar, and of the Buddhist one, which Thai programs write.
fn is_year(value: u32) -> bool {
    (1970..2100).contains(&value) || (2513..2643).contains(&value)
}

/// With ASCII for the digits of Arabic, Persian and the scripts of India, and without the direction marks that Windows
/// Mail sets around each number. Most texts have neither.
pub(crate) fn plain_digits(text: &str) -> Cow<'_, str> {
    let odd = |c: char| is_direction(c) || digit(c).is_some();
    if text.is_ascii() || !text.contains(odd) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    let kept = text.chars().filter(|&c| !is_direction(c));
    out.extend(kept.map(|c| digit(c).unwrap_or(c)));
    Cow::Owned(out)
}

fn is_direction(c: char) -> bool {
    matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

fn digit(c: char) -> Option<char> {
    let zero = DIGITS
        .iter()
        .find(|&&zero| (zero..zero + 10).contains(&u32::from(c)))?;
    char::from_digit(u32::from(c) - zero, 10)
}

/// The zeros of Arabic, Persian, Devanagari, Bengali, Gujarati, Tamil, Telugu, Kannada, Malayalam, Thai, Burmese, and of
/// full width.
const DIGITS: &[u32] = &[
    0x0660, 0x06F0, 0x0966, 0x09E6, 0x0AE6, 0x0BE6, 0x0C66, 0x0CE6, 0x0D66, 0x0E50, 0x1040, 0xFF10,
];

#[derive(Clone, Copy)]
struct Number {
    start: usize,
    end: usize,
    digits: usize,
    value: u32,
}

struct Numbers<'t> {
    bytes: &'t [u8],
    position: usize,
}

impl<'t> Numbers<'t> {
    fn new(text: &'t str) -> Self {
        Self {
            bytes: text.as_bytes(),
            position: 0,
        }
    }
}

impl Iterator for Numbers<'_> {
    type Item = Number;

    fn next(&mut self) -> Option<Number> {
        let rest = &self.bytes[self.position..];
        let start = self.position + rest.iter().position(u8::is_ascii_digit)?;
        let digits = self.bytes[start..]
            .iter()
            .take_while(|b| b.is_ascii_digit())
            .count();
        let end = start + digits;
        self.position = end;
        let value = self.bytes[start..end]
            .iter()
            .take(9)
            .fold(0_u32, |sum, b| sum * 10 + u32::from(b - b'0'));
        Some(Number {
            start,
            end,
            digits,
            value,
        })
    }
}

pub(crate) fn starts_with_ignoring_case(text: &str, prefix: &str) -> bool {
    text.as_bytes()
        .get(..prefix.len())
        .is_some_and(|head| head.eq_ignore_ascii_case(prefix.as_bytes()))
}

/// Where a word begins that starts so, the last one; both are in small letters. Scripts without spaces set it beside
/// others: "我的iPhone".
pub(crate) fn find_word(lower: &str, word: &str) -> Option<usize> {
    // Nearly no text holds nearly any word, and this search says so faster than the one from behind.
    if !lower.contains(word) {
        return None;
    }
    let latin = |c: char| c.is_alphanumeric() && c < '\u{250}';
    let other = !word.starts_with(latin);
    lower
        .rmatch_indices(word)
        .map(|(at, _)| at)
        .find(|&at| other || !lower[..at].ends_with(latin))
}

pub(crate) fn holds_word(lower: &str, word: &str) -> bool {
    find_word(lower, word).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_begin_where_no_other_goes_on() {
        for (text, word) in [
            ("smart iphone", "iphon"),
            ("我的iphone", "iphon"),
            ("a macro", "mac"),
            ("用手机", "手机"),
        ] {
            assert!(holds_word(text, word), "{word} in {text}");
        }
        for (text, word) in [
            ("this sprint", "print"),
            ("reset it", "eset "),
            ("the lid", "mac"),
        ] {
            assert!(!holds_word(text, word), "{word} in {text}");
        }
    }

    #[test]
    fn dates() {
        for yes in [
            "On 2010-01-01 12:00",
            "Nov 26, 2013",
            "19/03/14",
            "2016\u{5e74}11\u{6708}8\u{65e5}",
            "Wed, Dec 9",
            "30.09.2017",
            "17-feb.-2015",
        ] {
            assert!(has_date(yes), "{yes}");
        }
        for no in [
            "hello",
            "2013",
            "version 1.2",
            "at 14:30",
            "10.0.0.1 port",
            "192.168.10.22",
            "room 12",
        ] {
            assert!(!has_date(no), "{no}");
        }
    }

    #[test]
    fn times() {
        for yes in [
            "9:12",
            "kl. 9.15",
            "10h30",
            "2026 10.15.33 CET",
            "\u{200e}12\u{200e}:\u{200e}35",
            "\u{6f1}\u{6f0}:\u{6f1}\u{6f5}",
        ] {
            assert!(has_time(yes), "{yes}");
        }
        for no in ["12.05.2026", "12.05.26", "10", "1.2", "10.0.0.1"] {
            assert!(!has_time(no), "{no}");
        }
    }

    #[test]
    fn addresses() {
        assert_eq!(address_at("Ann <ann@example.com>"), Some((5, 20)));
        let wide = format!("{}@{}", "\u{fffd}".repeat(40), "\u{fffd}".repeat(100));
        let (start, end) = address_at(&wide).unwrap();
        assert!(wide.get(start..end).is_some(), "cut inside a character");
        for no in ["@handle", "a @ b", "me@", "@"] {
            assert!(!has_address(no), "{no}");
        }
    }
}
