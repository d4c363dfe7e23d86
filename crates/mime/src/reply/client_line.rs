//! Lines that mail programs add: "Sent from my iPhone", "Get Outlook for Android".

use super::feature::starts_with_ignoring_case;
use super::line::is_blank;
use super::sentence;
use super::words;

/// How sure a line is to be a mail program's own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ClientLine {
    /// A word of sending or getting, and the name of a device or a program.
    Sure,
    /// "Sent via Name": a program that is not known, or a courier. Only as the last thing said.
    Last,
}

/// Reads a line as a mail program's: short, and no sentence but an excuse for typing errors.
pub(crate) fn read(line: &str) -> Option<ClientLine> {
    if line.len() > MAX_BYTES {
        return None;
    }
    let linked = words::CLIENT_LINKS.iter().any(|link| line.contains(link));
    let plain = without_links(line);
    let plain = plain.trim_matches(|c: char| {
        is_blank(c)
            || matches!(
                c,
                '*' | '_' | '-' | '\u{2014}' | '(' | ')' | '[' | ']' | '"' | '.'
            )
    });
    if plain.is_empty() || plain.contains(['?', '!']) {
        return None;
    }
    let lower = plain.to_lowercase();
    // Every line comes here, and nearly all differ in the first byte.
    let first = lower.as_bytes().first();
    let begins = words::CLIENT
        .iter()
        .any(|head| head.as_bytes().first() == first && lower.starts_with(head));
    let ends = words::CLIENT_END.iter().any(|tail| lower.ends_with(tail));
    let offers = words::CLIENT_APPS.iter().any(|app| lower.contains(app));
    // Most lines are neither; one with an excuse has its verb before the comma.
    if !begins && !ends && !offers && !linked && !lower.contains(", ") {
        return None;
    }
    let (head, rest) = clause(plain);
    let words = head.split_whitespace().count();
    if words > MAX_WORDS || plain.split_whitespace().count() > 2 * MAX_WORDS {
        return None;
    }
    if !rest.is_empty() {
        let speaks = sentence::speaks(rest);
        let rest = rest.to_lowercase();
        let excuse = words::EXCUSE.iter().any(|word| rest.contains(word));
        // "Sent from my Verizon, Samsung Galaxy smartphone".
        let device = {
            let last = rest.rsplit(' ').next().unwrap_or_default();
            names_a_device(last, "") && names_a_device(&head.to_lowercase(), head)
        };
        if !excuse && (!device || speaks) {
            return None;
        }
    }
    let excused = || {
        let head = head.to_lowercase();
        words::CLIENT_END.iter().any(|tail| head.ends_with(tail))
    };
    let sent = begins || ends || !rest.is_empty() && excused();
    // "Sent from a rather grand typewriter".
    let joke = lower.starts_with("sent from a ") && !lower.contains(" mobile");
    let gets = words <= MAX_GET
        && words::GET
            .iter()
            .any(|get| lower.starts_with(get) || lower.ends_with(get))
        && offers
        && words::PLATFORMS.iter().any(|name| lower.contains(name));
    if joke {
        return None;
    }
    if linked && (sent || words <= MAX_GET) || sent && names_a_device(&lower, plain) || gets {
        return Some(ClientLine::Sure);
    }
    if !rest.is_empty() || !is_named(head) {
        return None;
    }
    // Nobody begins a sentence with these and a name.
    let mine = head.starts_with("Sent from my ");
    Some(if mine {
        ClientLine::Sure
    } else {
        ClientLine::Last
    })
}

/// The line up to its first comma or full stop, and what follows.
fn clause(line: &str) -> (&str, &str) {
    [", ", "; ", ". ", " - ", " \u{2013} "]
        .iter()
        .filter_map(|mark| line.split_once(mark))
        .min_by_key(|(head, _)| head.len())
        .unwrap_or((line, ""))
}

/// `plain` is the line with its capitals: "Mail" is a program, "mail" is how one sends.
fn names_a_device(lower: &str, plain: &str) -> bool {
    words::DEVICES.iter().any(|device| lower.contains(device)) || plain.contains("Mail")
}

/// "Sent from Nine", "Sent with Spark for Android", "Sent from my Commodore"; "Sent with DHL today" is news of the writer's.
fn is_named(plain: &str) -> bool {
    let mut words = plain.split_whitespace();
    let (first, how) = (words.next().unwrap_or_default(), words.next());
    let how = how.unwrap_or_default();
    first == "Sent"
        && ["from", "with", "via", "using", "in", "by"].contains(&how)
        && plain.split_whitespace().count() <= MAX_NAMED
        && words.clone().any(|word| !SMALL.contains(&word))
        && words.all(|word| {
            word.starts_with(|c: char| c.is_uppercase() || c.is_ascii_digit())
                || SMALL.contains(&word)
        })
}

/// The text without `<https://…>` and `(https://…)`.
fn without_links(line: &str) -> String {
    let mut out = String::with_capacity(line.len());
    let mut rest = line;
    while let Some(open) = rest.find(['<', '(', '[']) {
        let tail = &rest[open + 1..];
        let link = tail.trim_start_matches(' ');
        let is_link = ["http", "mailto:", "www."]
            .iter()
            .any(|scheme| starts_with_ignoring_case(link, scheme));
        match tail.find(['>', ')', ']']) {
            Some(close) if is_link => {
                out.push_str(&rest[..open]);
                rest = &tail[close + 1..];
            }
            _ => {
                out.push_str(&rest[..=open]);
                rest = tail;
            }
        }
    }
    out.push_str(rest);
    out
}

/// Small words among the names.
const SMALL: &[&str] = &["for", "my", "on", "the"];

const MAX_BYTES: usize = 300;

/// "Sent from my BlackBerry 10 smartphone on the Verizon Wireless 4G LTE network" has 13.
const MAX_WORDS: usize = 13;

/// "Laden Sie die Outlook-App für Android herunter".
const MAX_GET: usize = 8;

/// "Sent from my Verizon Wireless 4G LTE Tablet".
const MAX_NAMED: usize = 8;
