//! Quoted-printable (RFC 2045 §6.7).

use memchr::memchr2;

use crate::message::content::hex;

/// Decodes; the answer says whether an escape was broken and stayed as it is.
///
/// Rule (3): white space at the end of a line was added on the way and is dropped.
pub(crate) fn decode_into(input: &[u8], out: &mut Vec<u8>) -> bool {
    out.reserve(input.len());
    let mut dirty = false;
    let mut rest = input;
    // Blanks that an escape wrote are text: only what lies behind this mark may be dropped.
    let mut kept = out.len();
    while let Some(at) = memchr2(b'=', b'\n', rest) {
        out.extend_from_slice(&rest[..at]);
        let tail = &rest[at + 1..];
        if rest[at] == b'\n' {
            let carriage = out.len() > kept && out.last() == Some(&b'\r');
            if carriage {
                out.pop();
            }
            drop_blanks(out, kept);
            if carriage {
                out.push(b'\r');
            }
            out.push(b'\n');
            kept = out.len();
            rest = tail;
            continue;
        }
        if let [high, low, after @ ..] = tail
            && let (Some(high), Some(low)) = (hex(*high), hex(*low))
        {
            out.push(high << 4 | low);
            kept = out.len();
            rest = after;
            continue;
        }
        // Rule (5): a soft line break, behind which white space may have been added.
        let blanks = tail
            .iter()
            .take_while(|&&b| b == b' ' || b == b'\t')
            .count();
        rest = match &tail[blanks..] {
            [b'\r', b'\n', after @ ..] | [b'\n', after @ ..] => {
                kept = out.len();
                after
            }
            [] => {
                kept = out.len();
                &[]
            }
            _ => {
                dirty = true;
                out.extend_from_slice(&rest[at..=at + blanks]);
                kept = out.len();
                &tail[blanks..]
            }
        };
    }
    out.extend_from_slice(rest);
    drop_blanks(out, kept);
    dirty
}

fn drop_blanks(out: &mut Vec<u8>, kept: usize) {
    let blanks = out[kept..]
        .iter()
        .rev()
        .take_while(|&&b| b == b' ' || b == b'\t')
        .count();
    out.truncate(out.len() - blanks);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rfc_2045_rules() {
        let cases: &[(&str, &str, bool)] = &[
            (
                "Now's the time =\r\nfor all folk to come=\r\n to the aid",
                "Now's the time for all folk to come to the aid",
                false,
            ),
            ("a=3Db=3db", "a=b=b", false),
            ("trailing \t\r\nnext  ", "trailing\r\nnext", false),
            ("kept=20\r\nx", "kept \r\nx", false),
            ("soft=  \r\nbreak", "softbreak", false),
            ("soft=\nbreak", "softbreak", false),
            ("bad =zz escape", "bad =zz escape", true),
            ("ends in =", "ends in ", false),
            ("=C3=A9", "\u{e9}", false),
        ];
        for (input, expected, dirty) in cases {
            let mut out = Vec::new();
            assert_eq!(decode_into(input.as_bytes(), &mut out), *dirty, "{input:?}");
            assert_eq!(String::from_utf8(out).unwrap(), *expected, "{input:?}");
        }
    }
}
