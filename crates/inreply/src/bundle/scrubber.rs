//! Finds known secrets, plain and encoded.

use std::fmt;

use data_encoding::{BASE64_NOPAD, BASE64URL_NOPAD, HEXLOWER, HEXUPPER};
use inreply_smtp::secret::Secret;
use memchr::memmem::Finder;

/// What stands where a secret was.
const REMOVED: &[u8] = b"[secret removed]";

/// Secrets that are shorter are words of the language.
const SHORTEST: usize = 6;

/// Looks for secrets in every form in which a log or a config could hold them: as they are, in hexadecimal, with percent signs,
/// and in base64, whatever stands before and behind them in the encoded text.
pub(super) struct Scrubber {
    needles: Vec<Finder<'static>>,
}

impl fmt::Debug for Scrubber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Scrubber")
            .field("needles", &self.needles.len())
            .finish()
    }
}

impl Scrubber {
    pub(super) fn new(secrets: &[Secret]) -> Self {
        let mut needles: Vec<Vec<u8>> = secrets
            .iter()
            .map(Secret::expose)
            .filter(|secret| secret.len() >= SHORTEST)
            .flat_map(forms)
            .collect();
        // A longer one may hold a shorter one.
        needles.sort_unstable_by(|a, b| b.len().cmp(&a.len()).then_with(|| a.cmp(b)));
        needles.dedup();
        Self {
            needles: needles
                .iter()
                .map(|needle| Finder::new(needle).into_owned())
                .collect(),
        }
    }

    /// The octets without what was looked for.
    pub(super) fn scrub(&self, octets: &[u8]) -> Vec<u8> {
        let mut octets = octets.to_vec();
        for finder in &self.needles {
            if finder.find(&octets).is_none() {
                continue;
            }
            let mut clean = Vec::with_capacity(octets.len());
            let mut from = 0;
            for at in finder.find_iter(&octets) {
                clean.extend_from_slice(octets.get(from..at).unwrap_or_default());
                clean.extend_from_slice(REMOVED);
                from = at + finder.needle().len();
            }
            clean.extend_from_slice(octets.get(from..).unwrap_or_default());
            octets = clean;
        }
        octets
    }
}

/// A secret in each of its forms.
fn forms(secret: &[u8]) -> Vec<Vec<u8>> {
    let percent: String = secret
        .iter()
        .map(|octet| match octet {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                char::from(*octet).to_string()
            }
            _ => format!("%{octet:02X}"),
        })
        .collect();
    let mut forms = vec![
        secret.to_vec(),
        HEXLOWER.encode(secret).into_bytes(),
        HEXUPPER.encode(secret).into_bytes(),
        percent.into_bytes(),
    ];
    // Base64 has three forms, by where in a group of three octets the secret begins. The digits that share octets with what
    // stands before and behind it are left out.
    for before in 0..3_usize {
        let mut padded = vec![0; before];
        padded.extend_from_slice(secret);
        let first = (before * 8).div_ceil(6);
        let last = padded.len() * 8 / 6;
        for encoding in [&BASE64_NOPAD, &BASE64URL_NOPAD] {
            let text = encoding.encode(&padded);
            forms.extend(text.as_bytes().get(first..last).map(<[u8]>::to_vec));
        }
    }
    forms
}

#[cfg(test)]
mod tests {
    use data_encoding::BASE64;

    use super::*;

    #[test]
    fn no_form_of_a_secret_stays() {
        let secret = "p\u{e4}ss w\u{f6}rd+/1234";
        let scrubber = Scrubber::new(&[Secret::new(secret)]);
        let octets = secret.as_bytes();
        let mut texts = vec![
            secret.to_owned(),
            HEXLOWER.encode(octets),
            "p%C3%A4ss%20w%C3%B6rd%2B%2F1234".to_owned(),
        ];
        for around in ["", "\0", "ann\0ann\0", "user=x\u{1}", "ab"] {
            let inner = format!("{around}{secret}{around}");
            texts.push(BASE64.encode(inner.as_bytes()));
        }
        for text in texts {
            let clean =
                String::from_utf8(scrubber.scrub(format!("<- {text}!").as_bytes())).unwrap();
            assert!(clean.starts_with("<- ") && clean.ends_with('!'));
            assert!(clean.contains("[secret removed]"), "{text} stays");
        }
        assert_eq!(scrubber.scrub(b"nothing here"), b"nothing here");
        assert!(!format!("{scrubber:?}").contains("1234"));
    }

    #[test]
    fn a_short_word_is_no_secret() {
        let scrubber = Scrubber::new(&[Secret::new("mail")]);
        assert_eq!(scrubber.scrub(b"mail.log"), b"mail.log");
    }
}
