//! Text of the product on its way into a header field.

use std::fmt;

/// Characters of a text that a header field shows. A subject of 255 is longer than any list of messages shows, and as encoded
/// words it stays within 14 lines.
const MAX_CHARS: usize = 255;

/// One line of text: whatever it is made from, it has no control character and no line break of any script, its spaces are
/// single, it is at most 255 characters long, and it holds no `=?`, which a reader would take for an encoded word (RFC 2047).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Line(String);

impl Line {
    pub(super) fn new(text: &str) -> Self {
        let mut line = one_line(text).replace("=?", "= ?");
        if let Some((end, _)) = line.char_indices().nth(MAX_CHARS) {
            // The ellipsis is the last of them.
            let end = line[..end]
                .char_indices()
                .next_back()
                .map_or(0, |(at, _)| at);
            line.truncate(end);
            line.truncate(line.trim_end().len());
            line.push('…');
        }
        Self(line)
    }
}

impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// `text` without anything that could end a header field's line.
pub(crate) fn one_line(text: &str) -> String {
    // U+2028 and U+2029 are white space to `split_whitespace`, and invisible ones hide what a name says.
    let spaced: String = text
        .chars()
        .filter(|c| !is_bidi(*c))
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect();
    spaced.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// What turns the direction of all that follows: a name could write the address behind it backwards.
fn is_bidi(c: char) -> bool {
    matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_one_line_whatever_it_is_made_from() {
        for (text, line) in [
            ("a\r\nBcc: x", "a Bcc: x"),
            ("\t a \u{2028}\u{85}b\0c \u{7f}", "a b c"),
            ("=?utf-8?Q?=0A?= =?", "= ?utf-8?Q?=0A?= = ?"),
            ("\u{202e}moc.elpmaxe\u{202c}", "moc.elpmaxe"),
            ("", ""),
        ] {
            assert_eq!(Line::new(text).to_string(), line);
        }
        let long = Line::new(&"가".repeat(1_000));
        assert_eq!(long.0.chars().count(), 255);
        assert!(long.0.ends_with("가…"));
        assert_eq!(Line::new(&"x".repeat(255)).0, "x".repeat(255));
    }
}
