//! Lines that mail programs add: "Sent from my iPhone", "Get Outlook for Android".

use super::feature::{find_word, holds_word, starts_with_ignoring_case};
use super::line::is_blank;
use super::sentence;
use super::words;

/// How sure a line is to be a mail program's own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ClientLine {
    /// A word of sending and the name of a device or a program: wherever it stands.
    Sure,
    /// What a person could say, too: an offer, a telephone, "Sent via Name". Only as the last thing said.
    Last,
}

/// Reads a line as a mail program's: short, and no sentence but an excuse for typing errors.
pub(crate) fn read(line: &str) -> Option<ClientLine> {
    if line.len() > MAX_BYTES {
        return None;
    }
    let bare = without_links(line);
    // An address that the writer gives stands in the sentence; a program's is what its words link to.
    let linked = words::CLIENT_LINKS
        .iter()
        .any(|link| line.contains(link) && !bare.contains(link))
        && line.ends_with(['>', ')', ']']);
    let plain = bare.trim_matches(|c: char| {
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
    let offers = words::CLIENT_APPS.iter().any(|app| holds_word(&lower, app));
    // Most lines are neither; one with an excuse has its verb before the comma.
    if !begins && !offers && !linked && !lower.contains(", ") && !ends(&lower) {
        return None;
    }
    let (head, rest) = clause(plain);
    let words = head.split_whitespace().count();
    if words > MAX_WORDS
        || plain.split_whitespace().count() > 2 * MAX_WORDS
        || sentence::tells(head)
        || !rest.is_empty() && !is_aside(head, rest)
    {
        return None;
    }
    let head_lower = head.to_lowercase();
    if head_lower
        .split_whitespace()
        .any(|word| words::WHEN.contains(&word))
    {
        return None;
    }
    let sent = begins || ends(&head_lower);
    // Nobody begins a sentence with these and a name.
    let mine = head.starts_with("Sent from my ");
    // "Sent from a rather grand typewriter".
    if lower.starts_with("sent from a ") && !lower.contains(" mobile") {
        return None;
    }
    if sent && let Some(name) = Name::last(head, &head_lower) {
        // "Sent with the app it never comes": what a program writes ends in the name, or nearly so.
        if name.small_behind > MAX_BEHIND {
            return None;
        }
        let known = name.is_brand || mine;
        return Some(sure_if(known && name.small_behind < MAX_BEHIND));
    }
    if words <= MAX_GET && rest.is_empty() {
        if linked && (sent || is_offer(&lower)) {
            return Some(ClientLine::Sure);
        }
        if linked && (offers || holds_word(&lower, "gmail")) || offers && is_offer(&lower) {
            return Some(ClientLine::Last);
        }
    }
    if !rest.is_empty() || !is_named(head) {
        return None;
    }
    Some(sure_if(mine))
}

fn sure_if(known: bool) -> ClientLine {
    match known {
        true => ClientLine::Sure,
        false => ClientLine::Last,
    }
}

/// A verb of sending at the end, and from where before it or at the beginning.
fn ends(lower: &str) -> bool {
    if words::CLIENT_END.iter().any(|tail| lower.ends_with(tail)) {
        return true;
    }
    let opens = || {
        let first = lower.split_whitespace().next().unwrap_or_default();
        words::CLIENT_SOURCE
            .iter()
            .any(|source| lower.starts_with(source))
            || words::DEVICES
                .iter()
                .chain(words::PHONES)
                .any(|name| first.starts_with(name))
    };
    words::CLIENT_VERBS.iter().any(|tail| lower.ends_with(tail)) && opens()
}

/// "Get Outlook for Android", "Outlook für iOS beziehen": a word of getting at one end, and where it runs at the other.
fn is_offer(lower: &str) -> bool {
    let runs = |text: &str| {
        text.split(|c: char| !c.is_ascii_alphanumeric())
            .any(|word| words::PLATFORMS.contains(&word))
    };
    if words::GET.iter().any(|get| lower.ends_with(get)) {
        return runs(lower);
    }
    words::GET.iter().any(|get| lower.starts_with(get))
        && lower.rsplit(is_blank).next().is_some_and(runs)
}

/// What follows the name: excuses and nothing else, or more of the device's name.
fn is_aside(head: &str, rest: &str) -> bool {
    let lower = rest.to_lowercase();
    let excuse = |said: &str| words::EXCUSE.iter().any(|word| said.contains(word));
    if lower.split(". ").all(excuse) {
        return true;
    }
    // "Sent from my Verizon, Samsung Galaxy smartphone".
    let last = lower.rsplit(' ').next().unwrap_or_default();
    Name::last(last, last).is_some()
        && Name::last(head, &head.to_lowercase()).is_some()
        && !sentence::speaks(rest)
}

/// The last device or program that a line names.
struct Name {
    /// A maker's word for it, and no word for a telephone.
    is_brand: bool,
    /// Words in small letters behind it.
    small_behind: usize,
}

impl Name {
    /// `lower` is the line without its capitals: "Mail" is a program, "mail" is how one sends.
    fn last(plain: &str, lower: &str) -> Option<Self> {
        let find = |list: &[&str]| list.iter().filter_map(|name| find_word(lower, name)).max();
        let brand = find(words::DEVICES);
        let phone = find(words::PHONES);
        let mail = plain
            .split(|c: char| !c.is_ascii_alphanumeric())
            .any(|word| word == "Mail");
        let behind = match brand.max(phone) {
            Some(at) => lower[at..].split_whitespace().skip(1).count(),
            None if mail => 0,
            None => return None,
        };
        let small = |word: &&str| {
            word.starts_with(char::is_lowercase) && !word.contains(char::is_uppercase)
        };
        Some(Self {
            is_brand: brand.is_some() || mail,
            small_behind: plain
                .split_whitespace()
                .rev()
                .take(behind)
                .filter(small)
                .count(),
        })
    }
}

/// The line up to its first comma or full stop, and what follows.
fn clause(line: &str) -> (&str, &str) {
    [", ", "; ", ". ", " - ", " \u{2013} "]
        .iter()
        .filter_map(|mark| line.split_once(mark))
        .min_by_key(|(head, _)| head.len())
        .unwrap_or((line, ""))
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

/// "Sent with Proton Mail secure email".
const MAX_BEHIND: usize = 2;

/// "Sent from my Verizon Wireless 4G LTE Tablet".
const MAX_NAMED: usize = 8;
