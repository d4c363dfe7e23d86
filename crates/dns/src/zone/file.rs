//! Zone files: the master format (RFC 1035 §5, RFC 2308 §4).

use crate::lookup::Found;
use crate::name::Name;
use crate::record::{Data, Record};

/// The TTL of records where the file names none: RFC 2308 §4 wants a `$TTL`, and an hour is what servers make of its absence.
const DEFAULT_TTL: u32 = 3_600;

/// A zone file's records.
///
/// Read are `$ORIGIN`, `$TTL`, parentheses, quotes, comments, owners left out, TTLs in seconds or with the units of BIND
/// (`1d12h`). `$INCLUDE` is refused: this crate opens no files. Types that mail does not use only make their names exist.
///
/// ```
/// use inreply_dns::zone::ZoneFile;
///
/// let file = ZoneFile::parse("$ORIGIN example.\n$TTL 1h\n@ SOA ns1 host 1 2h 1h 2w 5m\nreply MX 10 reply\n  A 192.0.2.1")?;
/// assert_eq!(file.entries[1].found.as_ref().unwrap().record.to_string(), "reply.example. IN MX 10 reply.example.");
/// assert_eq!(ZoneFile::parse("$ORIGIN example.\n\nreply MX ten x").unwrap_err().to_string(), "line 3: expected a number");
/// # Ok::<(), inreply_dns::zone::ZoneError>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[allow(clippy::exhaustive_structs, reason = "a file is its entries")]
pub struct ZoneFile {
    /// The entries in their order.
    pub entries: Vec<Entry>,
}

/// An entry of a zone file.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(
    clippy::exhaustive_structs,
    reason = "an owner, and a record where it is of use"
)]
pub struct Entry {
    /// Where it stands.
    pub owner: Name,
    /// The record; `None` where its type is not one of [`Data`].
    pub found: Option<Found>,
}

/// What is wrong with a zone file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {what}")]
#[allow(clippy::exhaustive_structs, reason = "a place and a reason")]
pub struct ZoneError {
    /// The line, from 1.
    pub line: usize,
    /// What is wrong there.
    pub what: String,
}

impl ZoneFile {
    /// Reads a file.
    ///
    /// # Errors
    /// With the first line that cannot be read.
    pub fn parse(text: &str) -> Result<Self, ZoneError> {
        let mut reader = Reader {
            origin: None,
            ttl: DEFAULT_TTL,
            owner: None,
            entries: Vec::new(),
        };
        for line in Lines::new(text) {
            let line = line?;
            let number = line.number;
            reader
                .take(line)
                .map_err(|what| ZoneError { line: number, what })?;
        }
        Ok(Self {
            entries: reader.entries,
        })
    }
}

/// What holds from line to line.
struct Reader {
    origin: Option<Name>,
    ttl: u32,
    owner: Option<Name>,
    entries: Vec<Entry>,
}

impl Reader {
    fn take(&mut self, line: Line) -> Result<(), String> {
        let mut tokens = line.tokens.into_iter();
        let mut tokens = Tokens(tokens.by_ref());
        if !line.indented {
            let first = tokens.word("an owner")?;
            match first.to_ascii_uppercase().as_str() {
                "$ORIGIN" => {
                    self.origin = Some(self.name(&tokens.word("a name")?)?);
                    return Ok(());
                }
                "$TTL" => {
                    let ttl = tokens.word("a TTL")?;
                    self.ttl = seconds(&ttl).ok_or("expected a TTL")?;
                    return Ok(());
                }
                directive if directive.starts_with('$') => {
                    return Err(format!("{directive} is not read"));
                }
                _ => self.owner = Some(self.name(&first)?),
            }
        }
        let owner = self.owner.clone().ok_or("the first record has no owner")?;
        // RFC 1035 §5.1: TTL and class may stand in either order, or not at all.
        let mut ttl = self.ttl;
        let mut kind = tokens.word("a type")?;
        loop {
            if kind.eq_ignore_ascii_case("IN") {
                kind = tokens.word("a type")?;
            } else if kind.starts_with(|first: char| first.is_ascii_digit()) {
                ttl = seconds(&kind).ok_or("expected a TTL")?;
                kind = tokens.word("a type")?;
            } else {
                break;
            }
        }
        let data = self.data(&kind, &mut tokens)?;
        let found = data.map(|data| Found {
            record: Record::new(owner.clone(), data),
            ttl,
        });
        self.entries.push(Entry { owner, found });
        Ok(())
    }

    fn data(&self, kind: &str, tokens: &mut Tokens<'_>) -> Result<Option<Data>, String> {
        let data = match kind.to_ascii_uppercase().as_str() {
            "A" => {
                let address = tokens.word("an IPv4 address")?;
                Data::A(address.parse().map_err(|_| "expected an IPv4 address")?)
            }
            "AAAA" => {
                let address = tokens.word("an IPv6 address")?;
                Data::Aaaa(address.parse().map_err(|_| "expected an IPv6 address")?)
            }
            "CNAME" => Data::Cname(self.name(&tokens.word("a name")?)?),
            "NS" => Data::Ns(self.name(&tokens.word("a name")?)?),
            "PTR" => Data::Ptr(self.name(&tokens.word("a name")?)?),
            "MX" => {
                let preference = tokens.word("a number")?;
                Data::Mx {
                    preference: preference.parse().map_err(|_| "expected a number")?,
                    exchange: self.name(&tokens.word("a name")?)?,
                }
            }
            "SOA" => {
                let primary = self.name(&tokens.word("a name")?)?;
                let rest: Vec<String> = tokens.0.map(|token| token.text()).collect();
                let minimum = rest.get(5).and_then(|minimum| seconds(minimum));
                Data::Soa {
                    primary,
                    minimum: minimum.ok_or("expected the seven fields of a SOA")?,
                }
            }
            "TLSA" => {
                let words: Vec<String> = tokens.0.map(|token| token.text()).collect();
                let tlsa = words.join(" ").parse();
                Data::Tlsa(tlsa.map_err(|error| format!("TLSA: {error}"))?)
            }
            "TXT" | "SPF" => {
                let mut text = Vec::new();
                let mut strings = 0;
                for token in tokens.0.by_ref() {
                    text.extend(token.octets);
                    strings += 1;
                }
                if strings == 0 {
                    return Err("expected a text".to_owned());
                }
                if kind.eq_ignore_ascii_case("SPF") {
                    // RFC 7208 §3.1: the type of its own is no more.
                    return Ok(None);
                }
                Data::Txt(text)
            }
            _ => return Ok(None),
        };
        if tokens.0.next().is_some() {
            return Err("expected the end of the line".to_owned());
        }
        Ok(Some(data))
    }

    /// A name, below the origin where it has no final dot.
    fn name(&self, text: &str) -> Result<Name, String> {
        let no_name = || format!("{text:?} is no domain name");
        let absolute = text.ends_with('.') && !text.ends_with("\\.");
        if absolute {
            return Name::from_presentation(text).map_err(|_| no_name());
        }
        let origin = self.origin.as_ref();
        let origin =
            origin.ok_or_else(|| format!("{text:?} is relative, and there is no $ORIGIN"))?;
        if text == "@" {
            return Ok(origin.clone());
        }
        Name::from_presentation(&format!("{text}.{origin}")).map_err(|_| no_name())
    }
}

/// Seconds, in digits or with units: `1w2d3h4m5s`.
fn seconds(text: &str) -> Option<u32> {
    let (mut total, mut number) = (0_u32, None);
    for letter in text.chars() {
        if let Some(digit) = letter.to_digit(10) {
            let so_far: u32 = number.unwrap_or(0);
            number = Some(so_far.checked_mul(10)?.checked_add(digit)?);
            continue;
        }
        let unit = match letter.to_ascii_lowercase() {
            's' => 1,
            'm' => 60,
            'h' => 3_600,
            'd' => 86_400,
            'w' => 604_800,
            _ => return None,
        };
        total = total.checked_add(number.take()?.checked_mul(unit)?)?;
    }
    match number {
        Some(number) => total.checked_add(number),
        None => (!text.is_empty()).then_some(total),
    }
}

/// An entry's tokens, over as many lines as its parentheses span.
struct Line {
    number: usize,
    /// Begins with white space: the owner is that of the entry before.
    indented: bool,
    tokens: Vec<Token>,
}

/// A word or a quoted string, its escapes undone.
struct Token {
    octets: Vec<u8>,
    /// As it was written, for names have escapes of their own.
    raw: String,
    quoted: bool,
}

impl Token {
    fn text(&self) -> String {
        if self.quoted {
            String::from_utf8_lossy(&self.octets).into_owned()
        } else {
            self.raw.clone()
        }
    }
}

/// The tokens of an entry that are not read yet.
struct Tokens<'a>(&'a mut std::vec::IntoIter<Token>);

impl Tokens<'_> {
    fn word(&mut self, expected: &str) -> Result<String, String> {
        let token = self.0.next();
        token
            .map(|token| token.text())
            .ok_or_else(|| format!("expected {expected}"))
    }
}

/// Divides a file into entries.
struct Lines<'a> {
    rest: std::iter::Peekable<std::str::Chars<'a>>,
    number: usize,
}

impl<'a> Lines<'a> {
    fn new(text: &'a str) -> Self {
        Self {
            rest: text.chars().peekable(),
            number: 1,
        }
    }

    /// The next entry's tokens; empty where the line has none.
    fn line(&mut self) -> Result<Line, ZoneError> {
        let number = self.number;
        let error = |what: &str| ZoneError {
            line: number,
            what: what.to_owned(),
        };
        let mut line = Line {
            number,
            indented: matches!(self.rest.peek(), Some(' ' | '\t')),
            tokens: Vec::new(),
        };
        let mut depth = 0_usize;
        while let Some(letter) = self.rest.next() {
            match letter {
                '\n' => {
                    self.number += 1;
                    if depth == 0 {
                        return Ok(line);
                    }
                }
                ' ' | '\t' | '\r' => {}
                ';' => while self.rest.next_if(|letter| *letter != '\n').is_some() {},
                '(' => depth += 1,
                ')' => {
                    depth = depth
                        .checked_sub(1)
                        .ok_or_else(|| error("\")\" without \"(\""))?
                }
                '"' => {
                    let mut token = Token::new(true);
                    loop {
                        match self.rest.next() {
                            None | Some('\n') => return Err(error("a quote that is not closed")),
                            Some('"') => break,
                            Some(letter) => self.push(&mut token, letter).map_err(error)?,
                        }
                    }
                    line.tokens.push(token);
                }
                letter => {
                    let mut token = Token::new(false);
                    self.push(&mut token, letter).map_err(error)?;
                    let inside = |letter: &char| !" \t\r\n;()\"".contains(*letter);
                    while let Some(letter) = self.rest.next_if(inside) {
                        self.push(&mut token, letter).map_err(error)?;
                    }
                    line.tokens.push(token);
                }
            }
        }
        if depth > 0 {
            return Err(error("\"(\" without \")\""));
        }
        Ok(line)
    }

    fn push(&mut self, token: &mut Token, letter: char) -> Result<(), &'static str> {
        let mut octets = [0; 4];
        token.raw.push(letter);
        if letter != '\\' {
            let octets = letter.encode_utf8(&mut octets).as_bytes();
            token.octets.extend_from_slice(octets);
            return Ok(());
        }
        let escaped = self.rest.next().ok_or("a backslash at the end")?;
        token.raw.push(escaped);
        let Some(mut number) = escaped.to_digit(10) else {
            let octets = escaped.encode_utf8(&mut octets).as_bytes();
            token.octets.extend_from_slice(octets);
            return Ok(());
        };
        for _ in 0..2 {
            let digit = self
                .rest
                .next_if(char::is_ascii_digit)
                .ok_or("\\DDD wants three digits")?;
            token.raw.push(digit);
            number = number * 10 + digit.to_digit(10).unwrap_or_default();
        }
        token
            .octets
            .push(u8::try_from(number).map_err(|_| "\\DDD is at most 255")?);
        Ok(())
    }
}

impl Token {
    fn new(quoted: bool) -> Self {
        Self {
            octets: Vec::new(),
            raw: String::new(),
            quoted,
        }
    }
}

impl Iterator for Lines<'_> {
    type Item = Result<Line, ZoneError>;

    fn next(&mut self) -> Option<Self::Item> {
        while self.rest.peek().is_some() {
            match self.line() {
                Ok(line) if line.tokens.is_empty() => {}
                other => return Some(other),
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(text: &str) -> Vec<String> {
        let file = ZoneFile::parse(text).unwrap();
        let found = file.entries.into_iter().filter_map(|entry| entry.found);
        found
            .map(|found| format!("{} {}", found.ttl, found.record))
            .collect()
    }

    #[test]
    fn the_master_format() {
        let text = "; a comment\n$ORIGIN example.\n$TTL 1h30m\n\
            @ IN SOA ns1 hostmaster ( 1 ; serial\n 7200 3600\n 1209600 300 )\n\
            www 60 IN A 192.0.2.1\n\
            \tIN 61 AAAA 2001:db8::1\n\
            t TXT \"a; \\\"b\\\"\" c\\059d \"\\195\\169\"\n\
            $ORIGIN sub\n* CNAME www.example.\r\n\
            x CAA 0 issue \"ca\"\n";
        assert_eq!(
            lines(text),
            [
                "5400 example. IN SOA ns1.example. . 0 0 0 0 300",
                "60 www.example. IN A 192.0.2.1",
                "61 www.example. IN AAAA 2001:db8::1",
                "5400 t.example. IN TXT \"a; \\\"b\\\"c;d\\195\\169\"",
                "5400 *.sub.example. IN CNAME www.example.",
            ]
        );
    }

    #[test]
    fn errors_say_which_line() {
        for (text, error) in [
            (
                "a A 192.0.2.1",
                "line 1: \"a\" is relative, and there is no $ORIGIN",
            ),
            ("\n a.", "line 2: the first record has no owner"),
            ("a. A 192.0.2", "line 1: expected an IPv4 address"),
            ("a. A 192.0.2.1 x", "line 1: expected the end of the line"),
            ("a. TXT \"x\n", "line 1: a quote that is not closed"),
            ("a. TXT ( x\n", "line 1: \"(\" without \")\""),
            ("a. TXT x )\n", "line 1: \")\" without \"(\""),
            ("a. TXT \\999\n", "line 1: \\DDD is at most 255"),
            ("$INCLUDE /etc/passwd", "line 1: $INCLUDE is not read"),
            ("a..b. A 192.0.2.1", "line 1: \"a..b.\" is no domain name"),
            ("a. 99999999999 A 192.0.2.1", "line 1: expected a TTL"),
        ] {
            assert_eq!(ZoneFile::parse(text).unwrap_err().to_string(), error);
        }
    }
}
