//! The field `Authentication-Results` (RFC 8601): written under our name, believed of a trusted edge, removed of strangers.

use std::borrow::Cow;
use std::fmt::Write as _;
use std::ops::Range;
use std::str::FromStr;

use inreply_dns::dmarc::Policy;
use inreply_mime::Message;
use memchr::memchr;

use super::verdicts::{AuthResult, Dkim, Dmarc, Spf, Verdicts};
use super::words::{Words, quoted};

/// The field's name.
const NAME: &str = "Authentication-Results";

/// Results of one field that are read: a signature makes one, and [`Limits::signatures`](super::Limits::signatures) stays below.
const MOST_RESULTS: usize = 100;

/// Who says what is found: `authserv-id` (RFC 8601 §2.5), by convention the name of the host that receives.
///
/// ```
/// use inreply::auth::AuthservId;
///
/// let id: AuthservId = "Reply.forge.example".parse()?;
/// assert_eq!(id.as_str(), "reply.forge.example");
/// assert!("two words".parse::<AuthservId>().is_err());
/// # Ok::<(), inreply::auth::AuthservIdError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct AuthservId(String);

/// A text that names no server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "the name of an authentication server has 1 to 253 letters, digits, dots, hyphens and underscores"
)]
#[allow(clippy::exhaustive_structs, reason = "there is nothing more to say")]
pub struct AuthservIdError;

impl AuthservId {
    /// The name, in lower case.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The message without the fields that claim to be ours: "MUST delete" (RFC 8601 §5).
    ///
    /// A field whose author cannot be read is taken for one too, for nobody can say how the next program reads it. The octets
    /// are the same where there is none.
    ///
    /// ```
    /// use inreply::auth::AuthservId;
    ///
    /// let id: AuthservId = "reply.forge.example".parse()?;
    /// let message = b"Authentication-Results: REPLY.forge.example;\r\n dmarc=pass\r\nFrom: ann@example.com\r\n\r\nHi.\r\n";
    /// assert_eq!(&*id.without_claims(message), b"From: ann@example.com\r\n\r\nHi.\r\n");
    /// # Ok::<(), inreply::auth::AuthservIdError>(())
    /// ```
    pub fn without_claims<'a>(&self, message: &'a [u8]) -> Cow<'a, [u8]> {
        let claims = self.claims(message);
        if claims.is_empty() {
            return Cow::Borrowed(message);
        }
        let mut kept = Vec::with_capacity(message.len());
        let mut from = 0;
        for claim in claims {
            kept.extend_from_slice(&message[from..claim.start]);
            from = claim.end;
        }
        kept.extend_from_slice(&message[from..]);
        Cow::Owned(kept)
    }

    /// Where they stand, with their line ends.
    ///
    /// By lines and not by the parser, whose limits would hide what stands behind ten thousand other fields.
    fn claims(&self, message: &[u8]) -> Vec<Range<usize>> {
        let mut claims = Vec::new();
        let (mut field, mut end) = (0..0, 0);
        // Blank lines before the first field are passed over by the parser, too, and so they are before what is left.
        let mut any_kept = false;
        while end < message.len() {
            let start = end;
            let feed = memchr(b'\n', &message[start..]);
            end = feed.map_or(message.len(), |feed| start + feed + 1);
            match &message[start..end] {
                [b' ' | b'\t', ..] => field.end = end,
                line => {
                    let before = std::mem::replace(&mut field, start..end);
                    match self.is_claim(&message[before.clone()]) {
                        true => claims.push(before),
                        false => any_kept |= !before.is_empty(),
                    }
                    if matches!(line, b"\n" | b"\r\n") {
                        field = end..end;
                        if any_kept {
                            break;
                        }
                    }
                }
            }
        }
        claims.extend(self.is_claim(&message[field.clone()]).then_some(field));
        claims
    }

    fn is_claim(&self, field: &[u8]) -> bool {
        let Some(colon) = memchr(b':', field) else {
            return false;
        };
        let (name, value) = (field[..colon].trim_ascii_end(), &field[colon + 1..]);
        if !name.eq_ignore_ascii_case(NAME.as_bytes()) {
            return false;
        }
        let claimed = Words::new(value).next_word();
        claimed.is_none_or(|claimed| claimed.eq_ignore_ascii_case(self.as_str()))
    }
}

impl FromStr for AuthservId {
    type Err = AuthservIdError;

    fn from_str(text: &str) -> Result<Self, AuthservIdError> {
        let plain = |octet: u8| octet.is_ascii_alphanumeric() || b".-_".contains(&octet);
        if text.is_empty() || text.len() > 253 || !text.bytes().all(plain) {
            return Err(AuthservIdError);
        }
        Ok(Self(text.to_ascii_lowercase()))
    }
}

impl Verdicts {
    /// The whole field, folded, with its final CRLF.
    ///
    /// ```
    /// use inreply::auth::{AuthResult, Dmarc, Verdicts};
    ///
    /// let mut verdicts = Verdicts::default();
    /// verdicts.dmarc = Dmarc::new(AuthResult::Pass, "example.com");
    /// assert_eq!(
    ///     verdicts.to_field(&"reply.forge.example".parse()?),
    ///     "Authentication-Results: reply.forge.example;\r\n\tspf=none;\r\n\tdkim=none;\r\n\tdmarc=pass header.from=example.com\r\n"
    /// );
    /// # Ok::<(), inreply::auth::AuthservIdError>(())
    /// ```
    pub fn to_field(&self, id: &AuthservId) -> String {
        let mut field = format!("{NAME}: {}", id.as_str());
        let mut result = |method: &str, result: AuthResult, properties: &[(&str, Option<&str>)]| {
            // Writing to a String does not fail.
            let _ = write!(field, ";\r\n\t{method}={result}");
            for (name, value) in properties {
                if let Some(value) = value {
                    let _ = write!(field, " {name}={}", quoted(value));
                }
            }
        };
        let spf = match self.spf.by_helo {
            true => "smtp.helo",
            false => "smtp.mailfrom",
        };
        result("spf", self.spf.result, &[(spf, self.spf.domain.as_deref())]);
        if self.dkim.is_empty() {
            result("dkim", AuthResult::None, &[]);
        }
        for dkim in &self.dkim {
            let properties = [
                ("reason", dkim.reason.as_deref()),
                ("header.d", dkim.domain.as_deref()),
                ("header.s", dkim.selector.as_deref()),
                ("header.a", dkim.algorithm.as_deref()),
                ("header.b", dkim.signature.as_deref()),
            ];
            result("dkim", dkim.result, &properties);
        }
        let policy = self.dmarc.policy.map(Policy::as_str);
        let properties = [
            ("header.from", self.dmarc.domain.as_deref()),
            ("policy.dmarc", policy),
        ];
        result("dmarc", self.dmarc.result, &properties);
        field.push_str("\r\n");
        field
    }

    /// What the value of a field says, where it is one of `id`; methods that are not known are passed over.
    ///
    /// A field that breaks the grammar says nothing: half of it could be the half that its writer did not mean.
    pub fn of_field(value: &[u8], id: &AuthservId) -> Option<Self> {
        let mut verdicts = Self::default();
        verdicts.take(value, id).then_some(verdicts)
    }

    /// What a field says that this program has written itself, under whatever name it had then.
    pub(crate) fn of_own_field(value: &str) -> Option<Self> {
        let id = Field::parse(value.as_bytes())?.id.parse().ok()?;
        Self::of_field(value.as_bytes(), &id)
    }

    /// What the fields of a trusted edge say: those of `id` above the second Received, for what stands below has been there
    /// before the edge (RFC 8601 §4.1). An edge may write one for each method.
    pub fn of_edge(message: &Message<'_>, id: &AuthservId) -> Self {
        let mut verdicts = Self::default();
        let mut hops = 0;
        for field in message.headers() {
            hops += usize::from(field.is("received"));
            if hops > 1 {
                break;
            }
            if field.is(NAME) {
                verdicts.take(field.raw(), id);
            }
        }
        verdicts
    }

    /// Adds what a field says; false where it is not one of `id`, or none.
    fn take(&mut self, value: &[u8], id: &AuthservId) -> bool {
        let Some(field) = Field::parse(value) else {
            return false;
        };
        if !field.id.eq_ignore_ascii_case(id.as_str()) {
            return false;
        }
        for found in field.results {
            let result = AuthResult::of_word(&found.result).unwrap_or(AuthResult::Neutral);
            match found.method.as_str() {
                // Of several the first stands: an edge writes its own above what it keeps.
                "spf" if self.spf == Spf::default() => {
                    let mailfrom = found.property("smtp.mailfrom");
                    let helo = found.property("smtp.helo").filter(|_| mailfrom.is_none());
                    // RFC 8601 §2.7.2: the mailbox, or its domain alone.
                    let domain = |text: &str| {
                        let domain = text.rsplit_once('@').map_or(text, |(_, domain)| domain);
                        domain.to_ascii_lowercase()
                    };
                    self.spf = Spf {
                        result,
                        by_helo: helo.is_some(),
                        domain: mailfrom.or(helo).map(domain),
                    };
                }
                "dkim" if result != AuthResult::None => self.dkim.push(Dkim {
                    result,
                    domain: found.property("header.d").map(str::to_ascii_lowercase),
                    selector: found.property("header.s").map(str::to_owned),
                    algorithm: found.property("header.a").map(str::to_owned),
                    signature: found.property("header.b").map(str::to_owned),
                    reason: found.property("reason").map(str::to_owned),
                }),
                "dmarc" if self.dmarc == Dmarc::default() => {
                    let policies = [Policy::None, Policy::Quarantine, Policy::Reject];
                    let said = found.property("policy.dmarc");
                    self.dmarc = Dmarc {
                        result,
                        domain: found.property("header.from").map(str::to_ascii_lowercase),
                        policy: policies.into_iter().find(|p| Some(p.as_str()) == said),
                    };
                }
                _ => {}
            }
        }
        true
    }
}

/// A field that follows the grammar.
struct Field {
    id: String,
    results: Vec<Found>,
}

/// `resinfo` (RFC 8601 §2.2).
struct Found {
    method: String,
    result: String,
    /// Names in lower case, with their `ptype`; `reason` has none.
    properties: Vec<(String, String)>,
}

impl Found {
    fn property(&self, name: &str) -> Option<&str> {
        let mut properties = self.properties.iter();
        let found = properties.find(|(known, _)| known == name);
        found.map(|(_, value)| value.as_str())
    }
}

impl Field {
    /// `authres-payload = [CFWS] authserv-id [ CFWS authres-version ] ( no-result / 1*resinfo ) [CFWS]`
    fn parse(value: &[u8]) -> Option<Self> {
        let mut words = Words::new(value);
        let id = words.next_word()?;
        // "authres-version … absence implies version 1"
        if let Some(version) = words.next_word()
            && version != "1"
        {
            return None;
        }
        let mut results = Vec::new();
        while words.skip(b';') {
            if words.is_at_end() {
                break;
            }
            let method = words.next_word()?.to_ascii_lowercase();
            if !words.skip(b'=') {
                // `no-result = [CFWS] ";" [CFWS] "none"`
                let alone = method == "none" && results.is_empty() && words.is_at_end();
                return alone.then_some(Self { id, results });
            }
            // `method = Keyword [ [CFWS] "/" [CFWS] method-version ]`
            let method = match method.split_once('/') {
                Some((method, "1")) => method.to_owned(),
                Some(_) => return None,
                None => method,
            };
            let result = words.next_word()?;
            let mut properties = Vec::new();
            while let Some(name) = words.next_word() {
                if !words.skip(b'=') {
                    return None;
                }
                properties.push((name.to_ascii_lowercase(), words.next_value()?));
            }
            results.push(Found {
                method,
                result,
                properties,
            });
            if results.len() > MOST_RESULTS {
                return None;
            }
        }
        words.is_at_end().then_some(Self { id, results })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id() -> AuthservId {
        "example.com".parse().unwrap()
    }

    #[test]
    fn what_is_written_reads_back() {
        let verdicts = Verdicts {
            spf: Spf {
                result: AuthResult::SoftFail,
                domain: Some("news.example.net".to_owned()),
                by_helo: true,
            },
            dkim: vec![
                Dkim {
                    result: AuthResult::Pass,
                    domain: Some("example.net".to_owned()),
                    selector: Some("s1".to_owned()),
                    algorithm: Some("rsa-sha256".to_owned()),
                    signature: Some("AuUoFEf/".to_owned()),
                    reason: None,
                },
                Dkim {
                    result: AuthResult::PermError,
                    reason: Some("no key; \"revoked\" \\ (gone)".to_owned()),
                    ..Dkim::default()
                },
            ],
            dmarc: Dmarc {
                policy: Some(Policy::Quarantine),
                ..Dmarc::new(AuthResult::Pass, "example.net")
            },
        };
        let field = verdicts.to_field(&id());
        assert!(field.split("\r\n").all(|line| line.len() <= 120), "{field}");
        let value = field.strip_prefix("Authentication-Results:").unwrap();
        assert_eq!(Verdicts::of_field(value.as_bytes(), &id()), Some(verdicts));
        let other = "example.org".parse().unwrap();
        assert_eq!(Verdicts::of_field(value.as_bytes(), &other), None);
    }

    /// RFC 8601 appendix B.
    #[test]
    fn the_examples_of_the_rfc() {
        let read = |value: &str| Verdicts::of_field(value.as_bytes(), &id());
        assert_eq!(read(" example.com 1; none"), Some(Verdicts::default()));
        let one = read(" example.com;\r\n          spf=pass smtp.mailfrom=example.net").unwrap();
        assert_eq!(one.spf.result, AuthResult::Pass);
        assert_eq!(one.spf.domain.as_deref(), Some("example.net"));
        let several = read(
            " example.com;\r\n          auth=pass (cram-md5) smtp.auth=sender@example.net;\r\n          spf=pass smtp.mailfrom=example.net",
        )
        .unwrap();
        assert_eq!(several.spf.result, AuthResult::Pass);
        let signed = read(
            " example.com;\r\n        dkim=pass (good signature) header.d=example.com; dkim=fail reason=\"bad signature\"\r\n header.d=newyork.example.com",
        )
        .unwrap();
        assert_eq!(signed.dkim.len(), 2);
        assert_eq!(signed.dkim[1].reason.as_deref(), Some("bad signature"));
        // With comments everywhere.
        let commented = Verdicts::of_field(
            b" foo.example.net (foobar) 1 (baz);\r\n dkim (Because I like it) / 1 (One yay) = (wait for it) fail\r\n policy (A dot can go here) . (like that) expired\r\n (this surprised me) = (as I wasn't expecting it) 1362471462",
            &"foo.example.net".parse().unwrap(),
        )
        .unwrap();
        assert_eq!(commented.dkim[0].result, AuthResult::Fail);
    }

    #[test]
    fn half_a_field_says_nothing() {
        for value in [
            "",
            ";",
            "example.com 2; dmarc=pass header.from=a.example",
            "example.com; dmarc",
            "example.com; dmarc=",
            "example.com; dmarc=pass header.from",
            "example.com; dmarc=pass header.from=a.example b",
            "example.com; dmarc=pass header.from=\"a.example",
            "example.com; dmarc=pass (header.from=a.example",
            "example.com; none; dmarc=pass header.from=a.example",
            "example.com dmarc=pass",
            "example.com; dmarc/2=pass",
            "example.com; dmarc=pass header.from=a\x01.example",
            "example.com; dmarc=pass header.from=\"a\\\x07.example\"",
        ] {
            assert_eq!(Verdicts::of_field(value.as_bytes(), &id()), None, "{value}");
        }
        // A result that nobody knows is no pass.
        let odd = Verdicts::of_field(b"example.com; dmarc=passed header.from=a.example", &id());
        assert!(!odd.unwrap().authenticates("x@a.example"));
    }

    #[test]
    fn claims_are_found_however_they_are_dressed() {
        let claims_of = |value: &str| {
            let raw = format!("A: b\r\nauthentication-results :{value}\r\nFrom: x@y\r\n\r\n");
            let ranges = id().claims(raw.as_bytes());
            ranges
                .iter()
                .map(|range| raw[range.clone()].to_owned())
                .collect::<Vec<_>>()
        };
        for ours in [
            " example.com; dmarc=pass",
            "EXAMPLE.com 1;none",
            "(c (nested)) \"example.com\"; none",
            "\r\n\texample.com;\r\n\tspf=pass",
            " (never closed example.org; none",
            "",
        ] {
            let expected = format!("authentication-results :{ours}\r\n");
            assert_eq!(claims_of(ours), [expected], "{ours}");
        }
        for foreign in [
            " example.org; dmarc=pass",
            " x.example.com; none",
            " example.com.example; none",
        ] {
            assert!(claims_of(foreign).is_empty(), "{foreign}");
        }
        let claim = "Authentication-Results: example.com; none\r\n";
        let kept = |raw: &str| String::from_utf8(id().without_claims(raw.as_bytes()).into_owned());
        for (raw, expected) in [
            (
                format!("{claim}\r\n{claim}\r\nA: b\r\n\r\n{claim}"),
                format!("\r\n\r\nA: b\r\n\r\n{claim}"),
            ),
            (
                format!("{claim}{claim}A: b\r\n\r\n{claim}"),
                format!("A: b\r\n\r\n{claim}"),
            ),
            (
                format!("\r\n{claim}A: b\n\n{claim}"),
                format!("\r\nA: b\n\n{claim}"),
            ),
            (
                format!("no field\n {claim}{claim}"),
                format!("no field\n {claim}"),
            ),
            (
                format!("{}{claim}", "A: b\n".repeat(20_000)),
                "A: b\n".repeat(20_000),
            ),
        ] {
            assert_eq!(kept(&raw).unwrap(), expected);
        }
    }

    #[test]
    fn an_edge_is_believed_down_to_its_own_received() {
        let raw = "Authentication-Results: example.com; spf=pass smtp.mailfrom=ann@News.example.net\r\n\
            Received: by the edge\r\n\
            Authentication-Results: example.com; dkim=pass header.d=example.net; dkim=none\r\n\
            Authentication-Results: example.org; dmarc=pass header.from=example.org\r\n\
            Received: by a stranger\r\n\
            Authentication-Results: example.com; dmarc=pass header.from=example.net\r\n\r\n";
        let verdicts = Verdicts::of_edge(&Message::parse(raw.as_bytes()), &id());
        assert_eq!(verdicts.spf.domain.as_deref(), Some("news.example.net"));
        assert_eq!(
            (verdicts.dkim.len(), verdicts.dkim[0].result),
            (1, AuthResult::Pass)
        );
        assert_eq!(verdicts.dmarc, Dmarc::default());
    }
}
