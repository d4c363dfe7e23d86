//! Mail exchanges, as zone files write them (RFC 1035 §3.3.9, RFC 5321 §5.1, RFC 7505).

use std::fmt;
use std::str::FromStr;

use nom::Parser;
use nom::bytes::complete::{take_while, take_while1};

use crate::name::Name;
use crate::syntax::{Parsed, Stop, SyntaxError, ascii, stop, whole, wsp};

/// An MX record's data: `preference SP exchange`.
///
/// ```
/// use inreply_dns::mx::MailExchange;
///
/// let exchange: MailExchange = "10 mx.example.com.".parse()?;
/// assert!(!exchange.is_null() && exchange.to_string() == "10 mx.example.com.");
/// assert!("0 .".parse::<MailExchange>()?.is_null());
/// let error = "10 mx..example.com.".parse::<MailExchange>().unwrap_err();
/// assert_eq!(error.to_string(), "expected a domain name at octet 3");
/// # Ok::<(), inreply_dns::SyntaxError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[allow(clippy::exhaustive_structs, reason = "RFC 1035 §3.3.9 has these two")]
pub struct MailExchange {
    /// The lowest is tried first.
    pub preference: u16,
    /// The host that takes the mail; the root where the domain takes none.
    pub exchange: Name,
}

impl MailExchange {
    /// The null MX, `0 .`: the domain takes no mail (RFC 7505 §3).
    pub fn null() -> Self {
        Self {
            preference: 0,
            exchange: Name::root(),
        }
    }

    /// Whether it says that the domain takes no mail. RFC 7505 §3 has a preference of 0; senders look at the root alone.
    pub fn is_null(&self) -> bool {
        self.exchange.is_root()
    }
}

impl FromStr for MailExchange {
    type Err = SyntaxError;

    fn from_str(text: &str) -> Result<Self, SyntaxError> {
        whole(text.as_bytes(), mail_exchange)
    }
}

fn mail_exchange(text: &[u8]) -> Parsed<'_, MailExchange> {
    let (rest, digits) = take_while(|octet: u8| octet.is_ascii_digit()).parse(text)?;
    let Ok(preference) = ascii(digits).parse() else {
        return stop(text, "a preference up to 65535");
    };
    let (at_name, ()) = wsp(rest)?;
    let name = take_while1::<_, _, Stop<'_>>(|octet: u8| octet.is_ascii_graphic()).parse(at_name);
    match name {
        Ok((after, name)) if at_name.len() < rest.len() => match ascii(name).parse() {
            Ok(exchange) => {
                let exchange = MailExchange {
                    preference,
                    exchange,
                };
                Ok((after, exchange))
            }
            Err(_) => stop(at_name, "a domain name"),
        },
        _ => stop(rest, "a space and a domain name"),
    }
}

impl fmt::Display for MailExchange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.preference, self.exchange)
    }
}
