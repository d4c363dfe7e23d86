//! Bodies over the structured header fields that `inreply-mime` reads, one a grammar.
//!
//! The input is the field's whole value: its line ends become folds, so that none of it falls out of the field.

use inreply_mime::message::{Address, Disposition, Limits, Message};

use crate::Target;

/// The targets of this module.
pub const TARGETS: &[Target] = &[
    ("mime_addresses", addresses),
    ("mime_content", content),
    ("mime_date", date),
    ("mime_ids", ids),
    ("mime_words", words),
];

/// Reads an address list (RFC 5322 §3.4).
///
/// # Panics
/// Where an address is no single line, its parts are not the whole, the list outgrows its field or its limit, a plain
/// address does not read back as itself, or a list that was printed by the rules reads otherwise.
pub fn addresses(data: &[u8]) {
    let raw = field("To", data);
    let message = Message::parse(&raw);
    let list = message.to();
    // A name with brackets inside keeps them, so names and addresses are counted apart.
    let size = |length: fn(&Address<'_>) -> usize| list.iter().map(length).sum::<usize>();
    assert!(size(|address| address.name().len()) <= WIDEST * raw.len());
    assert!(size(|address| address.address().len()) <= WIDEST * raw.len());
    for address in &list {
        let (local, domain) = (address.local_part(), address.domain());
        assert!(!address.address().contains(['\r', '\n']));
        assert!(!address.name().contains('\n'));
        let parted = local.len() < address.address().len();
        let whole = if parted {
            format!("{local}@{domain}")
        } else {
            local.to_owned()
        };
        assert_eq!(whole, address.address());
        if is_plain(local) && is_plain(domain) {
            for printed in [whole.clone(), format!("<{whole}>")] {
                let raw = field("To", printed.as_bytes());
                let again = Message::parse(&raw);
                assert_eq!(again.to().len(), 1, "{printed}");
                assert_eq!(again.to()[0].address(), whole);
            }
        }
        assert_eq!(address.clone().into_owned(), *address);
    }
    let few = Limits::default().list_items(2);
    let cut = Message::parse_with(&raw, &few);
    assert_eq!(cut.to(), list[..list.len().min(2)]);
    printed_addresses(&String::from_utf8_lossy(data));
}

/// Each line of the text becomes the display name of a mailbox, all of them a list, the second half of it a group.
fn printed_addresses(text: &str) {
    let names: Vec<&str> = text.split('\n').take(20).collect();
    let names: Vec<String> = names.into_iter().map(speakable).collect();
    let mailbox = |(number, name): (usize, &String)| {
        let name = name.replace('\\', "\\\\").replace('"', "\\\"");
        format!("\"{name}\" <user{number}@example.com>")
    };
    let mut list: Vec<String> = names.iter().enumerate().map(mailbox).collect();
    let group = list.split_off(list.len() / 2).join(",\r\n ");
    list.push(format!("a group: {group};"));
    let raw = format!("To: {}\r\n\r\n", list.join(", "));
    let message = Message::parse(raw.as_bytes());
    let read = message.to();
    assert_eq!(read.len(), names.len(), "{raw}");
    for (number, (address, name)) in read.iter().zip(&names).enumerate() {
        assert_eq!(address.name(), name.trim(), "{raw}");
        assert_eq!(address.address(), format!("user{number}@example.com"));
    }
}

/// Reads a date (RFC 5322 §3.3).
///
/// # Panics
/// Where white space or comments around it change it, it lies outside the years that can be written, or it does not
/// read back when it is printed.
pub fn date(data: &[u8]) {
    let read = |value: &[u8]| Message::parse(&field("Date", value)).date();
    let date = read(data);
    assert_eq!(read(&[b"(a \\) comment)\n", data, b" \t"].concat()), date);
    let Some(seconds) = date else { return };
    // A year has four digits at most, a zone lies between -9959 and +9959.
    let zone = 99 * 3_600 + 59 * 60;
    assert!((FIRST_SECOND - zone..=LAST_SECOND + zone).contains(&seconds));
    if (FIRST_SECOND..=LAST_SECOND).contains(&seconds) {
        let printed = print_date(seconds);
        assert_eq!(read(printed.as_bytes()), Some(seconds), "{printed}");
    }
}

/// By the days of each year and month, where the parser has a formula.
fn print_date(seconds: i64) -> String {
    let (mut days, time) = (
        (seconds - FIRST_SECOND) / 86_400,
        (seconds - FIRST_SECOND) % 86_400,
    );
    let is_leap = |year: i64| year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    // The calendar repeats every 400 years.
    let mut year = 1 + days / 146_097 * 400;
    days %= 146_097;
    while days >= 365 + i64::from(is_leap(year)) {
        days -= 365 + i64::from(is_leap(year));
        year += 1;
    }
    let lengths = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    let mut month = 0;
    loop {
        let length = lengths[month] + i64::from(month == 1 && is_leap(year));
        if days < length {
            break;
        }
        days -= length;
        month += 1;
    }
    let names = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ];
    let (hours, minutes, seconds) = (time / 3_600, time / 60 % 60, time % 60);
    let (day, month) = (days + 1, names[month]);
    format!("{day} {month} {year:04} {hours:02}:{minutes:02}:{seconds:02} +0000")
}

/// Reads message ids (RFC 5322 §3.6.4).
///
/// # Panics
/// Where an id is empty, keeps a bracket or a line end, the list outgrows its field or its limit, or does not read back
/// when it is printed.
pub fn ids(data: &[u8]) {
    let one = [&field("References", data)[..], b"\n"].concat();
    let message = Message::parse(&one);
    let list = message.references();
    assert!(list.iter().map(String::len).sum::<usize>() <= WIDEST * one.len());
    for id in &list {
        assert!(
            !id.is_empty() && !id.contains(['<', '>', '\r', '\n']),
            "{id:?}"
        );
    }
    let printed: String = list.iter().map(|id| format!(" <{id}>\r\n")).collect();
    let raw = field("References", printed.as_bytes());
    assert_eq!(Message::parse(&raw).references(), list);
    let raw = field("Message-ID", data);
    assert_eq!(
        Message::parse(&raw).message_id().as_ref(),
        list.first(),
        "one grammar"
    );
    // The limit is one of the field's name, however often it stands.
    let header = one.strip_suffix(BODY).unwrap_or(&one);
    let twice = [header, header, BODY].concat();
    let few = Limits::default().list_items(3);
    assert!(Message::parse_with(&twice, &few).references().len() <= 3);
}

/// Reads Content-Type and Content-Disposition (RFC 2045 §5.1, RFC 2183 §2, RFC 2231).
///
/// # Panics
/// Where a parameter outgrows its field, the type is not itself, or a value that was printed in a form of RFC 2045 or
/// RFC 2231 reads otherwise.
pub fn content(data: &[u8]) {
    let raw = field("Content-Type", data);
    let message = Message::parse(&raw);
    let Some(part) = message.part(0) else {
        unreachable!("a message has a part")
    };
    let media_type = part.media_type();
    assert!(media_type.len() <= WIDEST * raw.len() + "message/rfc822".len());
    assert!(!media_type.contains('/') || part.is(&media_type));
    for name in ["boundary", "charset", "format", "name", "title"] {
        let value = part.parameter(name);
        assert_eq!(part.parameter(&name.to_uppercase()), value);
        assert!(value.unwrap_or_default().len() <= WIDEST * raw.len());
    }
    let raw = field("Content-Disposition", data);
    let message = Message::parse(&raw);
    let part = message.part(0);
    let _ = part.map(|part| (part.disposition(), part.file_name()));

    let value = String::from_utf8_lossy(data);
    let step = 1 + data.first().copied().map_or(0, usize::from) % 40;
    let percent: String = value.bytes().map(|byte| format!("%{byte:02x}")).collect();
    let mut sections: Vec<String> = percent
        .as_bytes()
        // Between two escapes, not inside one.
        .chunks(3 * step)
        .map(|chunk| String::from_utf8_lossy(chunk).into_owned())
        .enumerate()
        .map(|(number, text)| {
            let charset = if number == 0 { "utf-8'en'" } else { "" };
            format!("filename*{number}*={charset}{text}")
        })
        .collect();
    // RFC 2231 §3: the order in which they stand does not matter.
    sections.reverse();
    let decoded = without_mark(&value);
    reads_back(&format!("filename*=UTF-8''{percent}"), decoded);
    if !value.is_empty() {
        reads_back(&sections.join(";\r\n "), decoded);
    }
    let value = speakable(&value);
    let quoted = value.replace('\\', "\\\\").replace('"', "\\\"");
    reads_back(&format!("x=1; filename=\"{quoted}\"; y=2"), value.trim());
}

fn reads_back(parameters: &str, value: &str) {
    let raw = format!("Content-Disposition: attachment; {parameters}\r\n\r\n");
    let message = Message::parse(raw.as_bytes());
    let Some(part) = message.part(0) else {
        unreachable!("a message has a part")
    };
    assert_eq!(part.disposition(), Disposition::Attachment);
    assert_eq!(part.file_name().as_deref(), Some(value), "{raw}");
}

/// Reads text with encoded words (RFC 2047).
///
/// # Panics
/// Where the text outgrows its field or has a line end, text without a word is not itself unfolded, or words that were
/// printed by either encoding, cut anywhere, read otherwise.
pub fn words(data: &[u8]) {
    let raw = field("Subject", data);
    let message = Message::parse(&raw);
    let text = message.subject().unwrap_or_default();
    assert!(text.len() <= WIDEST * raw.len());
    assert!(!text.contains('\n'));
    if !data.windows(2).any(|pair| pair == b"=?") && !data.contains(&b'\r') {
        let unfolded: Vec<u8> = fold(data).into_iter().filter(|b| *b != b'\n').collect();
        assert_eq!(text, String::from_utf8_lossy(unfolded.trim_ascii()));
    }
    let plain = String::from_utf8_lossy(data);
    let expected: String = without_mark(&plain)
        .chars()
        .map(|c| {
            if matches!(c, '\t' | '\n' | '\r') {
                ' '
            } else {
                c
            }
        })
        .filter(|c| !c.is_control())
        .collect();
    let step = 1 + data.first().copied().map_or(0, usize::from) % 40;
    let chunks = plain.as_bytes().chunks(step);
    let printed: Vec<String> = chunks
        .enumerate()
        .map(|(number, chunk)| {
            if number % 3 == 0 {
                format!("=?utf-8?b?{}?=", base64(chunk))
            } else {
                let escaped: String = chunk.iter().map(|b| format!("={b:02X}")).collect();
                format!("=?UTF-8*en?Q?{escaped}?=")
            }
        })
        .collect();
    let raw = format!("Subject: {}\r\n\r\n", printed.join("\r\n "));
    let message = Message::parse(raw.as_bytes());
    assert_eq!(message.subject().as_deref(), Some(&*expected), "{raw}");
}

/// What a charset is applied to is a text of its own, which a byte order mark may begin.
fn without_mark(text: &str) -> &str {
    text.strip_prefix('\u{feff}').unwrap_or(text)
}

/// A header of one field, and a blank line.
fn field(name: &str, value: &[u8]) -> Vec<u8> {
    [name.as_bytes(), b": ", &fold(value), b"\n", BODY].concat()
}

fn fold(value: &[u8]) -> Vec<u8> {
    value
        .split_inclusive(|&b| b == b'\n')
        .collect::<Vec<_>>()
        .join(&b' ')
        .into_iter()
        .chain(value.ends_with(b"\n").then_some(b' '))
        .collect()
}

/// What stands in a quoted string without changing its meaning: no control character, and nothing that begins an
/// encoded word, which readers decode there too.
fn speakable(text: &str) -> String {
    let text: String = text.chars().filter(|c| !c.is_control()).collect();
    text.replace("=?", "= ?")
}

fn is_plain(text: &str) -> bool {
    !text.is_empty()
        && !text
            .contains(|c: char| c.is_whitespace() || c.is_control() || "()<>[]:;@\\,\"".contains(c))
}

fn base64(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::new();
    for chunk in bytes.chunks(3) {
        let group = chunk
            .iter()
            .chain(&[0, 0])
            .take(3)
            .fold(0_usize, |group, byte| group << 8 | usize::from(*byte));
        for place in 0..4 {
            let letter = ALPHABET[group >> (18 - 6 * place) & 0x3f];
            out.push(if place > chunk.len() {
                '='
            } else {
                char::from(letter)
            });
        }
    }
    out
}

/// How many bytes of UTF-8 a byte of any charset becomes at most; of UTF-8 itself a byte that is none becomes U+FFFD.
const WIDEST: usize = 3;
const BODY: &[u8] = b"\n";
/// 0001-01-01T00:00:00Z and 9999-12-31T23:59:59Z.
const FIRST_SECOND: i64 = -62_135_596_800;
const LAST_SECOND: i64 = 253_402_300_799;
