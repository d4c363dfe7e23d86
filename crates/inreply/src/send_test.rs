//! Tests the settings of outgoing mail: sends one mail, and says in an operator's words what came of it.

use std::io;
use std::time::{Duration, SystemTime};

use inreply_smtp::client::{CloseReason, Delivery, Envelope, Report, SendError, Stage};
use inreply_smtp::transcript::Transcript;
use inreply_smtp::wire::mailbox::Mailbox;
use inreply_smtp::wire::reply::{Reply, ReplyClass, ReplyCode};
use rustls::{AlertDescription, CertificateError, Error};

use crate::diagnosis::{Code, Diagnosis, Exit};
use crate::notify::{ComposeError, test_message};
use crate::relay::watcher::Watcher;
use crate::relay::{Relay, RelayError, Security};
#[cfg(feature = "auth")]
use crate::sign::Signer;
use crate::site::Site;
use crate::tls::Trust;

/// How long the connection, and each answer, may take unless it is said otherwise: somebody waits before a screen, and a server
/// that takes longer is not one to send through.
const PATIENCE: Duration = Duration::from_secs(30);

/// One test of the settings.
///
/// ```no_run
/// # async fn example(relay: inreply::relay::Relay) -> Result<(), Box<dyn std::error::Error>> {
/// use inreply::diagnosis::{Code, Exit};
/// use inreply::send_test::SendTest;
/// use inreply::site::Site;
///
/// let site = Site::new("forge.example")?;
/// let tested = SendTest::new(&site, &relay).run(&["ann@example.com".parse()?]).await?;
/// println!("{}", tested.transcript);
/// for diagnosis in &tested.diagnoses {
///     println!("{diagnosis}");
/// }
/// assert_eq!(tested.exit(), Exit::Ok);
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct SendTest<'a> {
    site: &'a Site,
    relay: &'a Relay,
    patience: Duration,
    watcher: Option<Watcher>,
    #[cfg(feature = "auth")]
    signer: Option<&'a Signer>,
}

/// What came of a test.
#[derive(Debug)]
#[non_exhaustive]
pub struct Tested {
    /// One a recipient, or one in all where it did not come to recipients.
    pub diagnoses: Vec<Diagnosis>,
    /// The whole conversation, without secrets.
    pub transcript: Transcript,
}

impl Tested {
    /// What a program ends with: the gravest of the diagnoses.
    pub fn exit(&self) -> Exit {
        let exits = self.diagnoses.iter().map(|found| found.code.exit());
        exits.max().unwrap_or(Exit::Temporary)
    }
}

impl<'a> SendTest<'a> {
    /// A test of `relay` with a mail from the site's no-reply address.
    pub fn new(site: &'a Site, relay: &'a Relay) -> Self {
        Self {
            site,
            relay,
            patience: PATIENCE,
            watcher: None,
            #[cfg(feature = "auth")]
            signer: None,
        }
    }

    /// How long the connection, and then each answer, may take. Defaults to 30 seconds, less than delivery has: somebody waits.
    #[must_use]
    pub fn patience(mut self, patience: Duration) -> Self {
        self.patience = patience;
        self
    }

    /// Is called with each line of the transcript as soon as it is noted, without its line end and without secrets: all that
    /// [`Tested::transcript`] will have (at most 1000 lines for the message and as many for the goodbye), while somebody waits.
    /// It runs between two reads of the connection, and should be quick: write the line, or send it over a channel. Defaults to
    /// nobody.
    ///
    /// ```
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
    /// use std::sync::mpsc;
    ///
    /// use inreply::relay::Relay;
    /// use inreply::send_test::SendTest;
    /// use inreply::site::Site;
    /// use inreply_smtp::client::ClientConfig;
    /// use tokio::io::AsyncWriteExt;
    ///
    /// let server = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    /// let port = server.local_addr()?.port();
    /// tokio::spawn(async move {
    ///     let (mut stream, _) = server.accept().await?;
    ///     stream.write_all(b"554 5.3.2 closed on Sundays\r\n").await
    /// });
    ///
    /// let (lines, watched) = mpsc::channel();
    /// let (site, relay) = (
    ///     Site::new("forge.example")?,
    ///     Relay::new("127.0.0.1", port, ClientConfig::new("forge.example".parse()?)),
    /// );
    /// let test = SendTest::new(&site, &relay).watch(move |line| {
    ///     let _ = lines.send(line.to_owned());
    /// });
    /// test.run(&["ann@example.com".parse()?]).await?;
    /// assert!(watched.recv()?.starts_with("Connection opened: 127.0.0.1:"));
    /// assert_eq!(watched.recv()?, r#"-> "554 5.3.2 closed on Sundays\r\n""#);
    /// # Ok::<_, Box<dyn std::error::Error>>(())
    /// # })?;
    /// # Ok::<_, Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn watch(mut self, watch: impl Fn(&str) + Send + Sync + 'static) -> Self {
        self.watcher = Some(Watcher::new(watch));
        self
    }

    /// Who signs the mail. Defaults to nobody.
    #[cfg(feature = "auth")]
    #[must_use]
    pub fn signer(mut self, signer: &'a Signer) -> Self {
        self.signer = Some(signer);
        self
    }

    /// Sends the mail to these recipients, on a connection of its own.
    ///
    /// # Errors
    /// Where the mail cannot be made; all else is a diagnosis.
    pub async fn run(&self, to: &[Mailbox<'static>]) -> Result<Tested, ComposeError> {
        let now = SystemTime::now();
        let first = to.first().unwrap_or_else(|| self.site.no_reply());
        let message = test_message(self.site, first, now)?;
        #[cfg(feature = "auth")]
        let message = match self.signer {
            Some(signer) => signer.sign(&message, now)?,
            None => message,
        };
        let envelope = Envelope::new(format!("<{}>", self.site.no_reply()).parse()?)
            .octets(message.len() as u64)
            .smtputf8(!message.is_ascii());
        let envelope = to.iter().fold(envelope, |envelope, to| {
            envelope.to(crate::notify::in_a_labels(to).into())
        });
        let relay = self.relay.clone().patience(self.patience);
        let watched = relay.clone().watched(self.watcher.clone());
        let sent = watched.send(envelope, &message).await;
        let name = relay.name();
        let diagnoses = match &sent.result {
            Ok(report) => self.of_report(report, to, &name),
            Err(error) => {
                let mut code = of_error(error, &sent.transcript, &relay);
                if code == Code::GreetingTimeout && self.speaks_tls(&relay).await {
                    code = Code::TlsFromStart;
                }
                let said = match error {
                    RelayError::Closed(
                        CloseReason::Refused(reply)
                        | CloseReason::AuthRefused(reply)
                        | CloseReason::Unavailable(reply),
                    ) => reply.to_string(),
                    other => other.to_string(),
                };
                vec![Diagnosis::new(self.site, code, &name, &said)]
            }
        };
        Ok(Tested {
            diagnoses,
            transcript: sent.transcript,
        })
    }

    fn of_report(&self, report: &Report, to: &[Mailbox<'static>], relay: &str) -> Vec<Diagnosis> {
        let results = report.results().iter().zip(to).enumerate();
        let found = results.map(|(at, (result, to))| {
            let (code, said) = match result {
                Delivery::Delivered(reply) => (Code::Delivered, reply.to_string()),
                Delivery::Refused(reply) => {
                    (of_refusal(report.stage(at), reply), reply.to_string())
                }
                _ => (Code::Dropped, String::new()),
            };
            Diagnosis::new(self.site, code, relay, &said).about(to.as_str())
        });
        found.collect()
    }

    /// Whether a server that does not greet answers a handshake.
    async fn speaks_tls(&self, relay: &Relay) -> bool {
        let Ok(relay) = relay.clone().security(Security::Implicit, &Trust::Anybody) else {
            return false;
        };
        match relay.open().await {
            Ok(connection) => {
                connection.quit().await;
                true
            }
            // Whatever it says then, it says over TLS.
            Err(sent) => sent.transcript.lines().any(|line| line.starts_with("TLS ")),
        }
    }
}

/// What it means that a session ended before the message.
fn of_error(error: &RelayError, transcript: &Transcript, relay: &Relay) -> Code {
    match error {
        RelayError::Lookup { .. } => Code::HostNotFound,
        RelayError::Connect { source, .. } => match source.kind() {
            io::ErrorKind::ConnectionRefused => Code::ConnectRefused,
            io::ErrorKind::TimedOut if relay.port() == 25 => Code::Port25Blocked,
            io::ErrorKind::TimedOut => Code::ConnectTimeout,
            _ => Code::ConnectFailed,
        },
        RelayError::Unsuitable(SendError::NotReady | SendError::NoRecipients)
        | RelayError::Random(_) => Code::LocalFault,
        RelayError::Unsuitable(_) => Code::MessageUnsuitable,
        RelayError::Handshake { source, .. } => match source.rustls_error() {
            Some(error) => of_tls(error),
            None => Code::TlsNotSpoken,
        },
        RelayError::Broken { source, .. } if source.kind() == io::ErrorKind::TimedOut => {
            Code::Timeout
        }
        RelayError::Broken { .. } => Code::Dropped,
        RelayError::Closed(reason) => of_close(reason, transcript),
    }
}

fn of_tls(error: &Error) -> Code {
    match error {
        Error::InvalidCertificate(wrong) => match wrong {
            CertificateError::Expired | CertificateError::ExpiredContext { .. } => {
                Code::CertificateExpired
            }
            CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
                Code::CertificateName
            }
            CertificateError::UnknownIssuer => Code::CertificateIssuer,
            _ => Code::CertificateOther,
        },
        Error::NoCertificatesPresented => Code::CertificateOther,
        Error::PeerIncompatible(_)
        | Error::AlertReceived(
            AlertDescription::ProtocolVersion
            | AlertDescription::HandshakeFailure
            | AlertDescription::InsufficientSecurity,
        ) => Code::TlsVersion,
        Error::InvalidMessage(_) => Code::TlsNotSpoken,
        _ => Code::TlsFailed,
    }
}

fn of_close(reason: &CloseReason, transcript: &Transcript) -> Code {
    let has_said_hello = transcript
        .lines()
        .any(|line| line.starts_with("<- \"EHLO") || line.starts_with("<- \"HELO"));
    match reason {
        CloseReason::Refused(reply) => match reply.code().class() {
            ReplyClass::PermanentNegative if has_said_hello => Code::HelloRefused,
            ReplyClass::PermanentNegative => Code::GreetingRefused,
            _ => Code::GreetingTemporary,
        },
        CloseReason::NoStartTls => Code::TlsNotOffered,
        CloseReason::LeftoverAfterStartTls => Code::TlsInjected,
        CloseReason::TlsFailed => Code::TlsFailed,
        CloseReason::AuthNeedsTls => Code::AuthNeedsTls,
        CloseReason::NoMechanism => {
            // The last list of extensions is that over TLS, where there is one.
            let offers = |line: &String| {
                let line = line.trim_start_matches("-> \"250");
                line.trim_start_matches(['-', ' ']).starts_with("AUTH")
            };
            match transcript.lines().any(|line| offers(&line)) {
                true => Code::AuthMechanism,
                false => Code::AuthNotOffered,
            }
        }
        CloseReason::AuthRefused(reply) => match reply.code().class() {
            ReplyClass::PermanentNegative => Code::AuthRefused,
            _ => Code::AuthTemporary,
        },
        CloseReason::ServerNotGenuine => Code::AuthNotGenuine,
        CloseReason::Unavailable(_) => Code::Closing,
        CloseReason::Timeout(_) if !has_said_hello => Code::GreetingTimeout,
        CloseReason::Timeout(_) => Code::Timeout,
        CloseReason::Protocol(_) | CloseReason::UnexpectedReply(_) => Code::NotSmtp,
        _ => Code::Dropped,
    }
}

/// What the refusal of a message, or of one of its recipients, means.
fn of_refusal(stage: Option<Stage>, reply: &Reply) -> Code {
    if reply.code() == ReplyCode::UNAVAILABLE {
        return Code::Closing;
    }
    let text = reply.to_string().to_ascii_lowercase();
    // RFC 4954 §6 and RFC 3207 §4 give both the same reply, which the words tell apart.
    if text.starts_with("530") {
        return match text.contains("tls") {
            true => Code::TlsWanted,
            false => Code::AuthWanted,
        };
    }
    let is_temporary = reply.code().class() != ReplyClass::PermanentNegative;
    match (stage, is_temporary) {
        (Some(Stage::Mail), true) => Code::SenderTemporary,
        (Some(Stage::Mail), false) => Code::SenderRefused,
        // RFC 6647 §2.1 names no code for it: servers use 450 and 451 with 4.2.0, 4.7.0 or 4.7.1, and say the word.
        (Some(Stage::Rcpt), true) if text.contains("greylist") || text.contains("graylist") => {
            Code::Greylisted
        }
        (Some(Stage::Rcpt), true) if text.contains(" 4.7.") || text.contains("-4.7.") => {
            Code::Greylisted
        }
        (Some(Stage::Rcpt), true) => Code::RecipientTemporary,
        (Some(Stage::Rcpt), false) => Code::RecipientRefused,
        (_, true) => Code::MessageTemporary,
        (_, false) => Code::MessageRefused,
    }
}

#[cfg(test)]
mod tests;
