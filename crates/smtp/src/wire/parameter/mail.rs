//! The parameters of MAIL FROM.

use std::fmt;

use super::Parameter;
use crate::wire::command::CommandError;
use crate::wire::deferral::{DeliverBy, Hold, priority};
use crate::wire::dsn::{MAX_ENVID, Ret};
use crate::wire::keyword::is_keyword;
use crate::wire::mailbox::Mailbox;
use crate::wire::number::number;
use crate::wire::xtext::Xtext;

/// How the octets of a message are to be carried (RFC 6152 §3, RFC 3030 §3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum BodyType {
    /// `7BIT`: what a MAIL command without the parameter means.
    #[default]
    SevenBit,
    /// `8BITMIME`: octets above 127 in the message, in lines of at most 998 octets.
    EightBitMime,
    /// `BINARYMIME`: any octets, in BDAT only.
    BinaryMime,
}

impl BodyType {
    fn parse(value: &[u8]) -> Option<Self> {
        if is_keyword(value, b"8BITMIME") {
            Some(Self::EightBitMime)
        } else if is_keyword(value, b"7BIT") {
            Some(Self::SevenBit)
        } else {
            is_keyword(value, b"BINARYMIME").then_some(Self::BinaryMime)
        }
    }
}

impl fmt::Display for BodyType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::SevenBit => "7BIT",
            Self::EightBitMime => "8BITMIME",
            Self::BinaryMime => "BINARYMIME",
        })
    }
}

/// The parameters of a MAIL command that this crate knows.
///
/// ```text
/// size-value = 1*20DIGIT                                          RFC 1870 §4
/// body-value = "7BIT" / "8BITMIME" / "BINARYMIME"                 RFC 6152 §3, RFC 3030 §3
/// auth-param = "AUTH=" ( "<>" / xtext of a mailbox )              RFC 4954 §5
/// ret-param, envid-param                                          RFC 3461 §4.3, §4.4
/// ```
///
/// ```
/// use inreply_smtp::wire::parameter::{BodyType, MailParameters};
///
/// let parameters = MailParameters::parse(b"SIZE=1000 body=8bitmime ENVID=QQ314159").unwrap();
/// assert_eq!(parameters.size, Some(1_000));
/// assert_eq!(parameters.body, Some(BodyType::EightBitMime));
/// assert_eq!(parameters.to_string(), " SIZE=1000 BODY=8BITMIME ENVID=QQ314159");
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct MailParameters<'a> {
    /// `SIZE=`: the client's estimate of the message's size in octets (RFC 1870).
    pub size: Option<u64>,
    /// `BODY=` (RFC 6152, RFC 3030).
    pub body: Option<BodyType>,
    /// `SMTPUTF8`: addresses or header fields of the message hold non-ASCII (RFC 6531 §3.4).
    pub smtputf8: bool,
    /// `AUTH=`: who submitted the message first, `<>` where nobody says. Only a peer that is trusted to say so proves
    /// anything with it (RFC 4954 §5).
    pub auth: Option<Xtext<'a>>,
    /// `RET=`: how much of the message a report brings back (RFC 3461 §4.3).
    pub ret: Option<Ret>,
    /// `ENVID=`: what the sender calls this message in reports (RFC 3461 §4.4).
    pub envid: Option<Xtext<'a>>,
    /// `REQUIRETLS`: on no hop without TLS (RFC 8689).
    pub requiretls: bool,
    /// `MT-PRIORITY=` from -9 to 9 (RFC 6710).
    pub priority: Option<i8>,
    /// `HOLDFOR=` or `HOLDUNTIL=` (RFC 4865).
    pub hold: Option<Hold>,
    /// `BY=` (RFC 2852).
    pub by: Option<DeliverBy>,
}

impl<'a> MailParameters<'a> {
    /// Parses what stands behind the path and its space.
    ///
    /// # Errors
    /// [`CommandError::UnknownParameter`] for a keyword that is none of these, [`CommandError::Syntax`] for a bad or
    /// repeated one.
    pub fn parse(input: &'a [u8]) -> Result<Self, CommandError> {
        let mut all = Self::default();
        for it in Parameter::all(input) {
            if it.is(b"SIZE") {
                it.set(&mut all.size, "SIZE= and a number of octets", size_value)?;
            } else if it.is(b"BODY") {
                it.set(
                    &mut all.body,
                    "BODY=7BIT, BODY=8BITMIME or BODY=BINARYMIME",
                    BodyType::parse,
                )?;
            } else if it.is(b"SMTPUTF8") {
                it.raise(&mut all.smtputf8, "SMTPUTF8 without a value")?;
            } else if it.is(b"AUTH") {
                it.set(
                    &mut all.auth,
                    "AUTH=<> or AUTH= and a mailbox in xtext",
                    auth_value,
                )?;
            } else if it.is(b"RET") {
                it.set(&mut all.ret, "RET=FULL or RET=HDRS", Ret::parse)?;
            } else if it.is(b"ENVID") {
                it.set(
                    &mut all.envid,
                    "ENVID= and xtext of at most 100 octets",
                    envid_value,
                )?;
            } else if it.is(b"REQUIRETLS") {
                it.raise(&mut all.requiretls, "REQUIRETLS without a value")?;
            } else if it.is(b"MT-PRIORITY") {
                it.set(
                    &mut all.priority,
                    "MT-PRIORITY= and a number from -9 to 9",
                    priority,
                )?;
            } else if it.is(b"HOLDFOR") {
                it.set(
                    &mut all.hold,
                    "HOLDFOR= and a number of seconds",
                    Hold::parse_for,
                )?;
            } else if it.is(b"HOLDUNTIL") {
                it.set(&mut all.hold, "HOLDUNTIL= and a date", Hold::parse_until)?;
            } else if it.is(b"BY") {
                it.set(&mut all.by, "BY= with a time and a mode", DeliverBy::parse)?;
            } else {
                return Err(it.unknown());
            }
        }
        Ok(all)
    }

    /// Whether a report is shaped by them (RFC 3461).
    pub fn asks_for_dsn(&self) -> bool {
        self.ret.is_some() || self.envid.is_some()
    }

    /// The same, owning its text.
    pub fn into_owned(self) -> MailParameters<'static> {
        MailParameters {
            size: self.size,
            body: self.body,
            smtputf8: self.smtputf8,
            auth: self.auth.map(Xtext::into_owned),
            ret: self.ret,
            envid: self.envid.map(Xtext::into_owned),
            requiretls: self.requiretls,
            priority: self.priority,
            hold: self.hold,
            by: self.by,
        }
    }
}

/// Prints each parameter with a space before it, as it stands behind the path.
impl fmt::Display for MailParameters<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(size) = self.size {
            write!(f, " SIZE={size}")?;
        }
        if let Some(body) = self.body {
            write!(f, " BODY={body}")?;
        }
        if self.smtputf8 {
            f.write_str(" SMTPUTF8")?;
        }
        if let Some(auth) = &self.auth {
            write!(f, " AUTH={auth}")?;
        }
        if let Some(ret) = self.ret {
            write!(f, " RET={ret}")?;
        }
        if let Some(envid) = &self.envid {
            write!(f, " ENVID={envid}")?;
        }
        if self.requiretls {
            f.write_str(" REQUIRETLS")?;
        }
        if let Some(priority) = self.priority {
            write!(f, " MT-PRIORITY={priority}")?;
        }
        if let Some(hold) = self.hold {
            write!(f, " {hold}")?;
        }
        if let Some(by) = self.by {
            write!(f, " BY={by}")?;
        }
        Ok(())
    }
}

fn size_value(value: &[u8]) -> Option<u64> {
    (value.len() <= 20).then(|| number(value))?
}

fn auth_value(value: &[u8]) -> Option<Xtext<'_>> {
    let text = Xtext::parse(value).ok()?;
    (value == b"<>" || Mailbox::parse(&text.decode()).is_ok()).then_some(text)
}

fn envid_value(value: &[u8]) -> Option<Xtext<'_>> {
    if value.is_empty() || value.len() > MAX_ENVID {
        return None;
    }
    Xtext::parse(value).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_read_without_wrapping() {
        assert_eq!(
            MailParameters::parse(b"SIZE=18446744073709551615")
                .unwrap()
                .size,
            Some(u64::MAX)
        );
        for bad in [
            "SIZE",
            "SIZE=",
            "SIZE=+1",
            "SIZE=-1",
            "SIZE=abc",
            "SIZE=18446744073709551616",
            "SIZE=1 SIZE=2",
        ] {
            assert!(
                matches!(
                    MailParameters::parse(bad.as_bytes()),
                    Err(CommandError::Syntax(_))
                ),
                "{bad}"
            );
        }
    }

    #[test]
    fn an_unknown_parameter_is_told_from_a_bad_one() {
        assert_eq!(
            MailParameters::parse(b"XFOO=bar"),
            Err(CommandError::UnknownParameter)
        );
        for bad in [
            "=",
            "-A",
            "BODY=9BIT",
            "BODY",
            "SMTPUTF8=1",
            "SMTPUTF8 SMTPUTF8",
            "AUTH=ann",
            "AUTH=",
            "RET=ALL",
            "ENVID=",
            "ENVID=a+b",
            "REQUIRETLS=1",
            "MT-PRIORITY=10",
            "HOLDFOR=1 HOLDUNTIL=2026-11-24T10:00:00Z",
            "BY=1",
        ] {
            assert!(
                matches!(
                    MailParameters::parse(bad.as_bytes()),
                    Err(CommandError::Syntax(_))
                ),
                "{bad}"
            );
        }
        let long = format!("ENVID={}", "a".repeat(MAX_ENVID + 1));
        assert!(MailParameters::parse(long.as_bytes()).is_err());
    }

    #[test]
    fn printing_is_the_inverse_of_parsing() {
        for text in [
            "",
            " SIZE=0",
            " BODY=7BIT SMTPUTF8",
            " SIZE=5 BODY=8BITMIME SMTPUTF8",
            " BODY=BINARYMIME AUTH=<> RET=HDRS ENVID=QQ+2B1 REQUIRETLS MT-PRIORITY=-3 HOLDFOR=60 BY=120;RT",
            " AUTH=e+3Dmc2@example.com HOLDUNTIL=2026-11-24T10:00:00Z",
        ] {
            let parameters = MailParameters::parse(text.as_bytes()).unwrap();
            assert_eq!(parameters.to_string(), text);
            assert_eq!(parameters.clone().into_owned(), parameters);
        }
    }
}
