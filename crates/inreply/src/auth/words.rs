//! The words of a structured field: atoms, quoted strings, and comments between them (RFC 5322 §3.2).

/// Walks a value. A comment or a quoted string that is never closed ends the walk, as one that cannot be read; so does a control
/// character.
pub(super) struct Words<'a> {
    value: &'a [u8],
    at: usize,
    broken: bool,
}

impl<'a> Words<'a> {
    pub(super) fn new(value: &'a [u8]) -> Self {
        let mut words = Self {
            value,
            at: 0,
            broken: false,
        };
        words.spaces();
        words
    }

    /// The next word, where one stands here: a quoted string's text, or letters up to white space, `;`, `=`, `"` or `(`.
    ///
    /// Words that `.` or `/` joins are one, whatever white space and comments stand between (RFC 8601 §2.2: `ptype [CFWS]
    /// "." [CFWS] property`, `Keyword [ [CFWS] "/" [CFWS] method-version ]`).
    pub(super) fn next_word(&mut self) -> Option<String> {
        let mut word = self.piece(b"./")?;
        while let Some(joint @ (b'.' | b'/')) = self.peek() {
            self.at += 1;
            self.spaces();
            word.push(char::from(joint));
            word.push_str(&self.piece(b"./")?);
        }
        Some(word)
    }

    /// The next value: `value = token / quoted-string`, or an address, whose `@` is glued.
    pub(super) fn next_value(&mut self) -> Option<String> {
        let mut value = self.piece(b"")?;
        // `[ [ local-part ] "@" ] domain-name`: a quoted local part has its `@` right behind it.
        while self.peek() == Some(b'@') && self.value.get(self.at.wrapping_sub(1)) == Some(&b'"') {
            value.push_str(&self.piece(b"")?);
        }
        Some(value)
    }

    /// Steps over an octet and the white space behind it, where it stands here.
    pub(super) fn skip(&mut self, octet: u8) -> bool {
        let is_there = self.peek() == Some(octet);
        if is_there {
            self.at += 1;
            self.spaces();
        }
        is_there
    }

    /// Whether all was read.
    pub(super) fn is_at_end(&self) -> bool {
        !self.broken && self.at >= self.value.len()
    }

    fn peek(&self) -> Option<u8> {
        if self.broken {
            return None;
        }
        self.value.get(self.at).copied()
    }

    /// A quoted string or an atom, which `stops` end beside the usual, and the white space behind it.
    fn piece(&mut self, stops: &[u8]) -> Option<String> {
        let piece = match self.peek()? {
            b'"' => self.quoted_string()?,
            _ => {
                let rest = &self.value[self.at..];
                let is_end = |octet: &u8| {
                    octet.is_ascii_whitespace()
                        || b";=\"(".contains(octet) && !(*octet == b'=' && stops.is_empty())
                        || stops.contains(octet)
                };
                let length = rest.iter().position(is_end).unwrap_or(rest.len());
                if length == 0 {
                    return None;
                }
                self.at += length;
                self.text(rest[..length].to_vec())?
            }
        };
        self.spaces();
        Some(piece)
    }

    fn quoted_string(&mut self) -> Option<String> {
        let mut text = Vec::new();
        let mut octets = self.value[self.at + 1..].iter().enumerate();
        while let Some((number, octet)) = octets.next() {
            match octet {
                b'"' => {
                    self.at += 1 + number + 1;
                    return self.text(text);
                }
                b'\\' => text.extend(octets.next().map(|(_, octet)| *octet)),
                // Folding is not the text (RFC 5322 §3.2.4).
                b'\r' | b'\n' => {}
                b'\t' => text.push(b' '),
                octet => text.push(*octet),
            }
        }
        self.broken = true;
        None
    }

    /// A word's text; one with control characters is none that a program wrote.
    fn text(&mut self, octets: Vec<u8>) -> Option<String> {
        let text = String::from_utf8(octets).ok();
        let text = text.filter(|text| !text.contains(char::is_control));
        self.broken |= text.is_none();
        text
    }

    /// Steps over white space and comments.
    fn spaces(&mut self) {
        let mut depth = 0_usize;
        while let Some(&octet) = self.value.get(self.at) {
            match octet {
                b'(' => depth += 1,
                b')' if depth > 0 => depth -= 1,
                b'\\' if depth > 0 => self.at += 1,
                _ if depth > 0 || octet.is_ascii_whitespace() => {}
                _ => break,
            }
            self.at += 1;
        }
        self.at = self.at.min(self.value.len());
        self.broken |= depth > 0;
    }
}

/// A value as it may stand in a field: as it is, or in quotes; control characters, line ends among them, are left out.
pub(super) fn quoted(value: &str) -> String {
    let plain = |octet: u8| octet.is_ascii_alphanumeric() || b".-_+/@".contains(&octet);
    if !value.is_empty() && value.bytes().all(plain) {
        return value.to_owned();
    }
    let mut text = String::from("\"");
    for character in value.chars().filter(|character| !character.is_control()) {
        if matches!(character, '"' | '\\') {
            text.push('\\');
        }
        text.push(character);
    }
    text.push('"');
    text
}
