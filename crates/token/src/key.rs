//! Secrets.

use core::fmt;

use data_encoding::{
    BASE64, BASE64_NOPAD, BASE64URL, BASE64URL_NOPAD, Encoding, HEXLOWER_PERMISSIVE,
};
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

const LEAST_BYTES: usize = 32;

/// The secret that tokens are signed with: at least 32 bytes from a good source of chance, such as
/// `openssl rand -hex 32`.
///
/// It is wiped when dropped and never printed. The text or file that it was made from is the caller's to wipe.
///
/// ```
/// use inreply_token::Key;
///
/// let key = Key::from_hex("000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f")?;
/// assert_eq!(format!("{key:?}"), "Key([redacted])");
/// # Ok::<(), inreply_token::KeyError>(())
/// ```
#[derive(Zeroize, ZeroizeOnDrop)]
pub struct Key(Vec<u8>);

impl Key {
    /// A key of these bytes.
    ///
    /// # Errors
    /// [`KeyError::TooShort`] for fewer than 32 bytes.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, KeyError> {
        measured(bytes, LEAST_BYTES).map(Self)
    }

    /// A key of at least 64 hex digits, of either case.
    ///
    /// # Errors
    /// [`KeyError::NotHex`] for anything but an even number of hex digits, [`KeyError::TooShort`] for fewer than 32
    /// bytes.
    pub fn from_hex(text: &str) -> Result<Self, KeyError> {
        Self::from_bytes(&hex(text).ok_or(KeyError::NotHex)?)
    }

    /// A key in base64, with either alphabet of RFC 4648 (§4, §5), with or without padding.
    ///
    /// ```
    /// use inreply_token::{Key, KeyError};
    ///
    /// assert!(Key::from_base64("AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=").is_ok());
    /// assert_eq!(Key::from_base64("AAEC").unwrap_err(), KeyError::TooShort { bytes: 3, least: 32 });
    /// ```
    ///
    /// # Errors
    /// [`KeyError::NotBase64`] for anything else, [`KeyError::TooShort`] for fewer than 32 bytes.
    pub fn from_base64(text: &str) -> Result<Self, KeyError> {
        Self::from_bytes(&base64(text).ok_or(KeyError::NotBase64)?)
    }

    /// A key from what a key file holds: hex, base64, or the secret itself. The first of the three that fits is
    /// taken, and then measured: 32 hex digits are 16 bytes and too short, not a text of 32.
    ///
    /// One newline (LF or CRLF) at the end of a text is no part of the key, for editors and `echo` put it there.
    /// Bytes that are no text (not UTF-8, or with control characters) are taken as they are.
    ///
    /// Why contents, and not a path? A protocol crate opens no file (it does not know about permissions, systemd
    /// credentials or secret stores); the caller reads it, in one line:
    ///
    /// ```no_run
    /// use inreply_token::Key;
    ///
    /// let key = Key::from_file_contents(&std::fs::read("/etc/inreply/token.key")?)?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`KeyError::TooShort`] for fewer than 32 bytes.
    pub fn from_file_contents(contents: &[u8]) -> Result<Self, KeyError> {
        Self::from_bytes(&of_file(contents))
    }

    pub(crate) fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Key([redacted])")
    }
}

/// Why something is no key. Never holds any of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum KeyError {
    /// Neither alphabet of base64, or a length or trailing bits that no bytes have.
    #[error("the key is not base64")]
    NotBase64,
    /// Not an even number of hex digits.
    #[error("the key is not an even number of hex digits")]
    NotHex,
    /// Too few bytes, after decoding.
    #[error("a key of at least {least} bytes is needed, not {bytes}")]
    TooShort {
        /// How many there are.
        bytes: usize,
        /// How many there must be.
        least: usize,
    },
}

/// The bytes, if there are enough of them.
pub(crate) fn measured(bytes: &[u8], least: usize) -> Result<Vec<u8>, KeyError> {
    if bytes.len() < least {
        return Err(KeyError::TooShort {
            bytes: bytes.len(),
            least,
        });
    }
    Ok(bytes.to_vec())
}

/// The key that a file holds: see [`Key::from_file_contents`].
pub(crate) fn of_file(contents: &[u8]) -> Zeroizing<Vec<u8>> {
    let Ok(text) = str::from_utf8(contents) else {
        return Zeroizing::new(contents.to_vec());
    };
    let text = text
        .strip_suffix('\n')
        .map_or(text, |line| line.strip_suffix('\r').unwrap_or(line));
    if text.contains(char::is_control) {
        return Zeroizing::new(contents.to_vec());
    }
    hex(text)
        .or_else(|| base64(text))
        .unwrap_or_else(|| Zeroizing::new(text.as_bytes().to_vec()))
}

fn hex(text: &str) -> Option<Zeroizing<Vec<u8>>> {
    decode(&HEXLOWER_PERMISSIVE, text)
}

fn base64(text: &str) -> Option<Zeroizing<Vec<u8>>> {
    [BASE64, BASE64_NOPAD, BASE64URL, BASE64URL_NOPAD]
        .iter()
        .find_map(|encoding| decode(encoding, text))
}

/// Decodes into memory that is wiped in any case, also where only the end of the text is wrong.
fn decode(encoding: &Encoding, text: &str) -> Option<Zeroizing<Vec<u8>>> {
    let mut bytes = Zeroizing::new(vec![0; encoding.decode_len(text.len()).ok()?]);
    let len = encoding.decode_mut(text.as_bytes(), &mut bytes).ok()?;
    bytes.truncate(len);
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEX: &str = "fb0102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1eff";

    fn file(contents: &[u8]) -> Result<Vec<u8>, KeyError> {
        Key::from_file_contents(contents).map(|key| key.as_bytes().to_vec())
    }

    fn too_short(bytes: usize) -> KeyError {
        KeyError::TooShort { bytes, least: 32 }
    }

    #[test]
    fn hex_and_base64_are_the_same_key() {
        let key = Key::from_hex(HEX).unwrap();
        assert_eq!(key.as_bytes().len(), 32);
        assert_eq!(
            Key::from_hex(&HEX.to_ascii_uppercase()).unwrap().as_bytes(),
            key.as_bytes()
        );
        for text in [
            "+wECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHv8=",
            "+wECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHv8",
            "-wECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHv8=",
            "-wECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHv8",
        ] {
            assert_eq!(Key::from_base64(text).unwrap().as_bytes(), key.as_bytes());
            assert_eq!(
                file(format!("{text}\n").as_bytes()).unwrap(),
                key.as_bytes()
            );
        }
    }

    #[test]
    fn a_file_holds_hex_base64_or_the_secret_itself() {
        let hex = Key::from_hex(HEX).unwrap().as_bytes().to_vec();
        for end in ["", "\n", "\r\n"] {
            assert_eq!(file(format!("{HEX}{end}").as_bytes()), Ok(hex.clone()));
            let raw = "correct horse battery staple and more";
            assert_eq!(
                file(format!("{raw}{end}").as_bytes()),
                Ok(raw.as_bytes().to_vec())
            );
        }
        // Bytes are no text: a last octet that happens to be a newline is key.
        let mut bytes = [0x80; 32];
        bytes[31] = b'\n';
        assert_eq!(file(&bytes), Ok(bytes.to_vec()));
        let two_lines = b"a line of text\nand another one beneath it\n";
        assert_eq!(file(two_lines), Ok(two_lines.to_vec()));
    }

    #[test]
    fn too_short_is_measured_after_decoding() {
        assert_eq!(Key::from_bytes(&[1; 31]).unwrap_err(), too_short(31));
        assert_eq!(Key::from_hex(&HEX[2..]).unwrap_err(), too_short(31));
        assert_eq!(Key::from_hex(&HEX[1..]).unwrap_err(), KeyError::NotHex);
        assert_eq!(Key::from_base64("?").unwrap_err(), KeyError::NotBase64);
        assert_eq!(file(&HEX.as_bytes()[..32]), Err(too_short(16)));
        assert_eq!(
            file(b"abcdefghijklmnopqrstuvwxyzABCDEF\n"),
            Err(too_short(24))
        );
        assert_eq!(file(b"short, with spaces\n"), Err(too_short(18)));
        assert_eq!(file(b""), Err(too_short(0)));
    }

    #[test]
    fn keys_and_keyed_states_are_wiped() {
        fn wiped<T: ZeroizeOnDrop>() {}
        wiped::<Key>();
        wiped::<crate::legacy::LegacyKey>();
        // `Hmac` is two of these, and lacks the mark only.
        wiped::<sha2::Sha256>();
        wiped::<sha1::Sha1>();
    }

    #[test]
    fn nothing_of_a_key_is_printed() {
        let key = Key::from_bytes(&[0xab; 32]).unwrap();
        assert_eq!(
            format!("{key:?} {key:#?}"),
            "Key([redacted]) Key([redacted])"
        );
    }
}
