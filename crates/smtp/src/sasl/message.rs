//! The messages of the mechanisms of one or two steps.

use std::borrow::Cow;

use super::hash::hmac_md5;
use crate::secret::Secret;

/// `message = [authzid] UTF8NUL authcid UTF8NUL passwd` (RFC 4616 §2).
pub(crate) fn plain(user: &str, password: &Secret) -> Secret {
    let mut message = Vec::with_capacity(user.len() + password.expose().len() + 2);
    message.push(0);
    message.extend_from_slice(user.as_bytes());
    message.push(0);
    message.extend_from_slice(password.expose());
    Secret::new(message)
}

/// Whom to act as (empty for oneself), who asks, and the password.
pub(crate) fn read_plain(message: &[u8]) -> Option<(String, String, Secret)> {
    let mut parts = message.split(|octet| *octet == 0);
    let (authorization, user, password) = (parts.next()?, parts.next()?, parts.next()?);
    if parts.next().is_some() || user.is_empty() || password.is_empty() {
        return None;
    }
    let text = |octets: &[u8]| String::from_utf8(octets.to_vec()).ok();
    Some((text(authorization)?, text(user)?, Secret::new(password)))
}

/// The response to a CRAM-MD5 challenge: the user, a space, the digest (RFC 2195 §2).
pub(crate) fn cram_response(user: &str, password: &Secret, challenge: &[u8]) -> Secret {
    Secret::new(format!("{user} {}", hmac_md5(password.expose(), challenge)))
}

/// `user=` and `auth=` between control-A octets, as Google and Microsoft describe XOAUTH2.
pub(crate) fn xoauth2(user: &str, token: &Secret) -> Secret {
    bearer(format!("user={user}\x01"), token)
}

pub(crate) fn read_xoauth2(message: &[u8]) -> Option<(String, Secret)> {
    let text = std::str::from_utf8(message).ok()?.strip_suffix("\x01\x01")?;
    let (user, auth) = text.split_once('\x01')?;
    Some((user.strip_prefix("user=")?.to_owned(), read_bearer(auth)?))
}

/// A GS2 header with the user, then `auth=` (RFC 7628 §3.1).
pub(crate) fn oauthbearer(user: &str, token: &Secret) -> Secret {
    bearer(format!("n,a={},\x01", saslname(user)), token)
}

pub(crate) fn read_oauthbearer(message: &[u8]) -> Option<(String, Secret)> {
    let text = std::str::from_utf8(message).ok()?.strip_suffix("\x01\x01")?;
    let mut parts = text.split('\x01');
    // A client that wants channel binding (`p=`) does not get it here, and must not be told otherwise.
    let header = parts.next()?;
    let identity = header
        .strip_prefix("n,")
        .or_else(|| header.strip_prefix("y,"))?
        .strip_suffix(',')?;
    let user = match identity {
        "" => String::new(),
        _ => read_saslname(identity.strip_prefix("a=")?)?,
    };
    // `host=` and `port=` may stand beside it; they prove nothing.
    let auth = parts.find(|part| part.starts_with("auth="))?;
    Some((user, read_bearer(auth)?))
}

fn bearer(head: String, token: &Secret) -> Secret {
    let mut message = head.into_bytes();
    message.extend_from_slice(b"auth=Bearer ");
    message.extend_from_slice(token.expose());
    message.extend_from_slice(b"\x01\x01");
    Secret::new(message)
}

fn read_bearer(auth: &str) -> Option<Secret> {
    let (scheme, token) = auth.strip_prefix("auth=")?.split_once(' ')?;
    let token = token.trim_start_matches(' ');
    (scheme.eq_ignore_ascii_case("Bearer") && !token.is_empty()).then(|| Secret::new(token))
}

/// `saslname` of RFC 5802 §5.1: a comma and an equals sign would end an attribute.
pub(super) fn saslname(user: &str) -> Cow<'_, str> {
    if user.contains([',', '=']) {
        Cow::Owned(user.replace('=', "=3D").replace(',', "=2C"))
    } else {
        Cow::Borrowed(user)
    }
}

pub(super) fn read_saslname(text: &str) -> Option<String> {
    let plain = text.replace("=2C", "").replace("=3D", "");
    (!text.is_empty() && !plain.contains('=')).then(|| text.replace("=2C", ",").replace("=3D", "="))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        let secret = Secret::new("s3cret");
        assert_eq!(
            read_plain(plain("ann", &secret).expose()),
            Some((String::new(), "ann".to_owned(), secret.clone()))
        );
        for user in ["ann", "a=b,c"] {
            assert_eq!(
                read_xoauth2(xoauth2(user, &secret).expose()),
                Some((user.to_owned(), secret.clone()))
            );
            assert_eq!(
                read_oauthbearer(oauthbearer(user, &secret).expose()),
                Some((user.to_owned(), secret.clone()))
            );
        }
    }

    /// RFC 7628 §4.1.
    #[test]
    fn the_example_of_oauthbearer() {
        let message = b"n,a=user@example.com,\x01host=server.example.com\x01port=143\x01auth=Bearer vF9dft4qmTc2Nvb3RlckBhbHRhdmlzdGEuY29tCg==\x01\x01";
        let (user, token) = read_oauthbearer(message).unwrap();
        assert_eq!(user, "user@example.com");
        assert_eq!(token, Secret::new("vF9dft4qmTc2Nvb3RlckBhbHRhdmlzdGEuY29tCg=="));
    }

    #[test]
    fn what_is_malformed_is_no_message() {
        for bad in ["", "a", "\0a", "\0\0p", "\0a\0", "\0a\0b\0c", "a\0b"] {
            assert_eq!(read_plain(bad.as_bytes()), None, "{bad:?}");
        }
        assert_eq!(read_plain(b"\0\xff\0p"), None);
        for bad in [
            "",
            "user=a\x01auth=Bearer t",
            "user=a\x01auth=Basic t\x01\x01",
            "a\x01auth=Bearer t\x01\x01",
        ] {
            assert_eq!(read_xoauth2(bad.as_bytes()), None, "{bad:?}");
        }
        for bad in [
            "p=x,,\x01auth=Bearer t\x01\x01",
            "n,,auth=Bearer t\x01\x01",
            "n,a==,\x01auth=Bearer t\x01\x01",
        ] {
            assert_eq!(read_oauthbearer(bad.as_bytes()), None, "{bad:?}");
        }
    }
}
