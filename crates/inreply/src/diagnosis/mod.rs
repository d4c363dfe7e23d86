//! What a failure of outgoing mail means to an operator: a code that stays, a sentence, and what to try.
//!
//! The feature `tokio` has the module `send_test`, which finds them out.

mod words;

use std::fmt;

use crate::site::Site;

/// What a test of the settings has found, in one word that programs can rely on: no code ever changes its meaning.
///
/// ```
/// use inreply::diagnosis::{Code, Exit};
///
/// assert_eq!(Code::AuthRefused.as_str(), "auth-refused");
/// assert_eq!(Code::AuthRefused.exit(), Exit::Config);
/// assert_eq!(Code::Greylisted.exit().code(), 75);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Code {
    /// The server offers AUTH, and no mechanism of it that suits.
    AuthMechanism,
    /// There is a password, and no TLS to send it over.
    AuthNeedsTls,
    /// The server did not keep to the mechanism of AUTH, or could not prove that it knows the password.
    AuthNotGenuine,
    /// The server offers no AUTH.
    AuthNotOffered,
    /// The server refused the credentials.
    AuthRefused,
    /// The server cannot check credentials now.
    AuthTemporary,
    /// The server takes mail only of those who have logged in.
    AuthWanted,
    /// The server's certificate has expired.
    CertificateExpired,
    /// Nobody who is trusted here has issued the certificate.
    CertificateIssuer,
    /// The certificate is for another name.
    CertificateName,
    /// The certificate cannot be accepted for another reason.
    CertificateOther,
    /// The server said 421, at whatever step.
    Closing,
    /// The network leads nowhere.
    ConnectFailed,
    /// Nothing listens there.
    ConnectRefused,
    /// No answer to the connection, on a port other than 25.
    ConnectTimeout,
    /// The relay has taken the mail.
    Delivered,
    /// The connection ended without a word.
    Dropped,
    /// The greeting was 5yz, or none at all of SMTP that this machine may use.
    GreetingRefused,
    /// The greeting was 4yz.
    GreetingTemporary,
    /// The connection stands, and no greeting comes.
    GreetingTimeout,
    /// The server puts off mail of those it does not know.
    Greylisted,
    /// EHLO and HELO were refused.
    HelloRefused,
    /// The server's name has no address.
    HostNotFound,
    /// A fault of this machine.
    LocalFault,
    /// DATA or the message was refused for good.
    MessageRefused,
    /// DATA or the message was put off.
    MessageTemporary,
    /// The server lacks what the message needs, or it is too large.
    MessageUnsuitable,
    /// What answers is no SMTP.
    NotSmtp,
    /// No answer on port 25, which many networks close.
    Port25Blocked,
    /// The recipient was refused for good.
    RecipientRefused,
    /// The recipient was put off.
    RecipientTemporary,
    /// The sender was refused for good.
    SenderRefused,
    /// The sender was put off.
    SenderTemporary,
    /// An answer took too long.
    Timeout,
    /// The handshake broke off.
    TlsFailed,
    /// The port speaks TLS from the first octet, and the settings wait for a greeting.
    TlsFromStart,
    /// Octets came between STARTTLS and the handshake.
    TlsInjected,
    /// TLS is required, and STARTTLS is not offered.
    TlsNotOffered,
    /// The port begins in plain text, and the settings begin with TLS.
    TlsNotSpoken,
    /// No version or cipher of TLS in common.
    TlsVersion,
    /// The server takes nothing without TLS.
    TlsWanted,
}

/// What a program ends with, after sysexits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Exit {
    /// It worked.
    Ok,
    /// Trying again later can help.
    Temporary,
    /// The other side has to change something.
    Permanent,
    /// The settings have to be changed.
    Config,
}

impl Exit {
    /// The number: 0, 75 (EX_TEMPFAIL), 69 (EX_UNAVAILABLE) or 78 (EX_CONFIG).
    pub fn code(self) -> u8 {
        match self {
            Self::Ok => 0,
            Self::Temporary => 75,
            Self::Permanent => 69,
            Self::Config => 78,
        }
    }
}

impl Code {
    /// Every code, in the order of the alphabet.
    pub const ALL: &[Self] = &[
        Self::AuthMechanism,
        Self::AuthNeedsTls,
        Self::AuthNotGenuine,
        Self::AuthNotOffered,
        Self::AuthRefused,
        Self::AuthTemporary,
        Self::AuthWanted,
        Self::CertificateExpired,
        Self::CertificateIssuer,
        Self::CertificateName,
        Self::CertificateOther,
        Self::Closing,
        Self::ConnectFailed,
        Self::ConnectRefused,
        Self::ConnectTimeout,
        Self::Delivered,
        Self::Dropped,
        Self::GreetingRefused,
        Self::GreetingTemporary,
        Self::GreetingTimeout,
        Self::Greylisted,
        Self::HelloRefused,
        Self::HostNotFound,
        Self::LocalFault,
        Self::MessageRefused,
        Self::MessageTemporary,
        Self::MessageUnsuitable,
        Self::NotSmtp,
        Self::Port25Blocked,
        Self::RecipientRefused,
        Self::RecipientTemporary,
        Self::SenderRefused,
        Self::SenderTemporary,
        Self::Timeout,
        Self::TlsFailed,
        Self::TlsFromStart,
        Self::TlsInjected,
        Self::TlsNotOffered,
        Self::TlsNotSpoken,
        Self::TlsVersion,
        Self::TlsWanted,
    ];

    /// The code in one word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::AuthMechanism => "auth-mechanism",
            Self::AuthNeedsTls => "auth-needs-tls",
            Self::AuthNotGenuine => "auth-not-genuine",
            Self::AuthNotOffered => "auth-not-offered",
            Self::AuthRefused => "auth-refused",
            Self::AuthTemporary => "auth-temporary",
            Self::AuthWanted => "auth-wanted",
            Self::CertificateExpired => "certificate-expired",
            Self::CertificateIssuer => "certificate-issuer",
            Self::CertificateName => "certificate-name",
            Self::CertificateOther => "certificate-invalid",
            Self::Closing => "server-closing",
            Self::ConnectFailed => "connection-failed",
            Self::ConnectRefused => "connection-refused",
            Self::ConnectTimeout => "connection-timeout",
            Self::Delivered => "delivered",
            Self::Dropped => "connection-dropped",
            Self::GreetingRefused => "greeting-refused",
            Self::GreetingTemporary => "greeting-temporary",
            Self::GreetingTimeout => "greeting-timeout",
            Self::Greylisted => "greylisted",
            Self::HelloRefused => "hello-refused",
            Self::HostNotFound => "host-not-found",
            Self::LocalFault => "local-fault",
            Self::MessageRefused => "message-refused",
            Self::MessageTemporary => "message-temporary",
            Self::MessageUnsuitable => "message-unsuitable",
            Self::NotSmtp => "not-smtp",
            Self::Port25Blocked => "port-25-blocked",
            Self::RecipientRefused => "recipient-refused",
            Self::RecipientTemporary => "recipient-temporary",
            Self::SenderRefused => "sender-refused",
            Self::SenderTemporary => "sender-temporary",
            Self::Timeout => "timeout",
            Self::TlsFailed => "tls-failed",
            Self::TlsFromStart => "tls-from-start",
            Self::TlsInjected => "tls-injected",
            Self::TlsNotOffered => "tls-not-offered",
            Self::TlsNotSpoken => "tls-not-spoken",
            Self::TlsVersion => "tls-version",
            Self::TlsWanted => "tls-wanted",
        }
    }

    /// Who has to do something about it.
    pub fn exit(self) -> Exit {
        match self {
            Self::Delivered => Exit::Ok,
            Self::AuthTemporary
            | Self::Closing
            | Self::ConnectFailed
            | Self::ConnectRefused
            | Self::ConnectTimeout
            | Self::Dropped
            | Self::GreetingTemporary
            | Self::GreetingTimeout
            | Self::Greylisted
            | Self::LocalFault
            | Self::MessageTemporary
            | Self::RecipientTemporary
            | Self::SenderTemporary
            | Self::Timeout
            | Self::TlsFailed => Exit::Temporary,
            Self::AuthNotGenuine
            | Self::CertificateExpired
            | Self::CertificateOther
            | Self::GreetingRefused
            | Self::HelloRefused
            | Self::MessageRefused
            | Self::MessageUnsuitable
            | Self::RecipientRefused
            | Self::SenderRefused
            | Self::TlsInjected
            | Self::TlsVersion => Exit::Permanent,
            Self::AuthMechanism
            | Self::AuthNeedsTls
            | Self::AuthNotOffered
            | Self::AuthRefused
            | Self::AuthWanted
            | Self::CertificateIssuer
            | Self::CertificateName
            | Self::HostNotFound
            | Self::NotSmtp
            | Self::Port25Blocked
            | Self::TlsFromStart
            | Self::TlsNotOffered
            | Self::TlsNotSpoken
            | Self::TlsWanted => Exit::Config,
        }
    }

    /// The sentence and what to try in English, about a server that is called `relay`.
    pub fn in_english(self, relay: &str) -> Advice {
        Advice::of(words::english(self), relay)
    }

    /// The same in Korean.
    pub fn in_korean(self, relay: &str) -> Advice {
        Advice::of(words::korean(self), relay)
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A code in the words of a language.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(clippy::exhaustive_structs)]
pub struct Advice {
    /// What happened, in one sentence.
    pub sentence: String,
    /// What to try.
    pub remedy: String,
}

impl Advice {
    fn of((sentence, remedy): (&str, &str), relay: &str) -> Self {
        Self {
            sentence: sentence.replace("{relay}", relay),
            remedy: remedy.to_owned(),
        }
    }
}

/// A code with what led to it.
///
/// ```
/// use inreply::diagnosis::{Code, Diagnosis};
/// use inreply::site::Site;
///
/// let site = Site::new("forge.example")?;
/// let found = Diagnosis::new(&site, Code::AuthRefused, "mx.example.com:587", "535 5.7.8 Bad password\r\n");
/// assert_eq!(
///     found.to_string(),
///     "auth-refused: mx.example.com:587 did not accept the user or the password.\n  \
///      535 5.7.8 Bad password\n  \
///      Try: Check both for typing errors; many providers want an app password in place of the account's own.\n"
/// );
/// # Ok::<(), inreply::site::SiteError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Diagnosis {
    /// The code.
    pub code: Code,
    /// It in the site's language.
    pub advice: Advice,
    /// What the server or the machine said, line by line; empty where neither did.
    pub said: String,
    /// Which recipient it is about; none where no recipient was asked for.
    pub recipient: Option<String>,
}

impl Diagnosis {
    /// The diagnosis in the site's language; `relay` is the server as the operator knows it, `said` what it said.
    pub fn new(site: &Site, code: Code, relay: &str, said: &str) -> Self {
        Self {
            code,
            advice: site.texts().advice(code, relay),
            said: said.trim_end().to_owned(),
            recipient: None,
        }
    }

    /// The same about one recipient.
    #[must_use]
    pub fn about(mut self, recipient: &str) -> Self {
        self.recipient = Some(recipient.to_owned());
        self
    }
}

/// What an operator reads on a terminal.
impl fmt::Display for Diagnosis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(recipient) = &self.recipient {
            write!(f, "{recipient}: ")?;
        }
        writeln!(f, "{}: {}", self.code, self.advice.sentence)?;
        for line in self.said.lines() {
            // A server's words may hold what a terminal would obey.
            let shown: String = line.chars().filter(|c| !c.is_control()).collect();
            writeln!(f, "  {shown}")?;
        }
        writeln!(f, "  Try: {}", self.advice.remedy)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue::Korean;
    use std::collections::BTreeSet;

    #[test]
    fn every_code_has_a_word_and_words_of_its_own() {
        let words: BTreeSet<_> = Code::ALL.iter().map(|code| code.as_str()).collect();
        let english: BTreeSet<_> = Code::ALL
            .iter()
            .map(|code| code.in_english("x").sentence)
            .collect();
        let korean: BTreeSet<_> = Code::ALL
            .iter()
            .map(|code| code.in_korean("x").sentence)
            .collect();
        assert_eq!(words.len(), Code::ALL.len());
        assert_eq!((english.len(), korean.len()), (words.len(), words.len()));
        for code in Code::ALL {
            for advice in [code.in_english("mx:25"), code.in_korean("mx:25")] {
                assert!(
                    !advice.sentence.contains('{') && advice.sentence.ends_with('.'),
                    "{advice:?}"
                );
                assert!(
                    !advice.remedy.contains('{') && advice.remedy.ends_with('.'),
                    "{advice:?}"
                );
            }
            assert!(
                code.in_korean("x")
                    .remedy
                    .chars()
                    .any(|c| ('가'..='힣').contains(&c))
            );
        }
    }

    #[test]
    fn it_speaks_the_language_of_the_site() {
        let site = Site::new("forge.example").unwrap().catalogue(Korean);
        let found = Diagnosis::new(
            &site,
            Code::Greylisted,
            "mx.example:25",
            "450 4.2.0 x\x1b[2J",
        );
        let shown = found.about("ann@example.com").to_string();
        assert!(shown.starts_with("ann@example.com: greylisted: mx.example:25 서버가"));
        assert!(shown.contains("\n  450 4.2.0 x[2J\n"), "{shown}");
    }
}
