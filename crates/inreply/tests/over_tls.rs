//! The relay client and the listener over TLS: every security, trusted and not, with AUTH and without.

// Helpers of tests are tests.
#![allow(clippy::unwrap_used, clippy::panic)]

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use inreply::listener::{self, Handler, ListenerConfig};
use inreply::relay::{Relay, RelayError, Security};
use inreply::smtp::client::{ClientConfig, CloseReason, Credentials, Envelope, Report};
use inreply::smtp::sasl::{Credential, Step, Verifier};
use inreply::smtp::secret::Secret;
use inreply::smtp::server::{AuthRequest, ServerConfig};
use inreply::smtp::tls::TlsInfo;
use inreply::smtp::wire::parameter::RcptParameters;
use inreply::smtp::wire::path::ForwardPath;
use inreply::smtp::wire::reply::{Reply, ReplyCode};
use inreply::smtp::wire::sasl::{Mechanism, Mechanisms, Response};
use inreply::tls::{Trust, server_config};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::sync::{mpsc, watch};

const OK: Reply = Reply::literal(ReplyCode::OK, (2, 0, 0), "Ok");
const PASSWORD: &str = "correct horse";

struct Taker {
    verifier: Verifier,
    told: mpsc::UnboundedSender<String>,
}

impl Handler for Taker {
    fn secured(&mut self, tls: &TlsInfo) {
        self.told.send(tls.version().to_owned()).unwrap();
    }

    async fn auth(&mut self, request: AuthRequest) -> Step {
        let step = self.verifier.step(request, |user| {
            (user == "ann").then(|| Credential::Password(Secret::new(PASSWORD)))
        });
        if let Step::Accept(user) = &step {
            self.told.send(format!("auth {user}")).unwrap();
        }
        step
    }

    async fn rcpt(
        &mut self,
        _: ForwardPath<'static>,
        _: RcptParameters<'static>,
    ) -> Result<(), Reply> {
        Ok(())
    }

    async fn body(&mut self, _: Bytes) {}

    async fn message(&mut self, _: Option<usize>) -> Reply {
        self.told.send("message".to_owned()).unwrap();
        OK
    }
}

struct Fixture {
    address: SocketAddr,
    certificate: PathBuf,
    told: mpsc::UnboundedReceiver<String>,
    _stop: watch::Sender<bool>,
    _folder: tempfile::TempDir,
}

impl Fixture {
    async fn start(name: &str, implicit: bool) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let made = rcgen::generate_simple_self_signed(vec![name.to_owned()]).unwrap();
        let (certificate, key) = (
            folder.path().join("cert.pem"),
            folder.path().join("key.pem"),
        );
        std::fs::write(&certificate, made.cert.pem()).unwrap();
        std::fs::write(&key, made.signing_key.serialize_pem()).unwrap();
        let machine =
            ServerConfig::new("mx.example".parse().unwrap()).auth(Mechanisms::of_words([
                "PLAIN",
                "LOGIN",
                "CRAM-MD5",
                "SCRAM-SHA-256",
            ]));
        let config = ListenerConfig::new(machine)
            .tls(server_config(&certificate, &key).unwrap())
            .implicit_tls(implicit);
        let socket = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = socket.local_addr().unwrap();
        let (stop, stopped) = watch::channel(false);
        let (sender, told) = mpsc::unbounded_channel();
        tokio::spawn(listener::serve(socket, config, stopped, move |_| Taker {
            verifier: Verifier::new("mx.example".parse().unwrap(), [7; 18]),
            told: sender.clone(),
        }));
        Self {
            address,
            certificate,
            told,
            _stop: stop,
            _folder: folder,
        }
    }

    async fn send(
        &self,
        security: Security,
        trust: &Trust,
        credentials: Option<Credentials>,
    ) -> (Result<Report, RelayError>, String) {
        let mut client = ClientConfig::new("client.example".parse().unwrap());
        if let Some(credentials) = credentials {
            client = client.auth(credentials);
        }
        let relay = Relay::new("127.0.0.1", self.address.port(), client)
            .security(security, trust)
            .unwrap();
        let envelope = Envelope::new("<ann@example.com>".parse().unwrap())
            .to("<bob@example.net>".parse().unwrap());
        let sent = relay.send(envelope, b"Subject: hi\r\n\r\nhello\r\n").await;
        (sent.result, sent.transcript.to_string())
    }

    fn heard(&mut self) -> Vec<String> {
        std::iter::from_fn(|| self.told.try_recv().ok()).collect()
    }
}

#[tokio::test]
async fn each_security_delivers_where_it_may() {
    for (security, implicit, tls) in [
        (Security::None, false, false),
        (Security::Opportunistic, false, true),
        (Security::Required, false, true),
        (Security::Implicit, true, true),
    ] {
        let mut fixture = Fixture::start("127.0.0.1", implicit).await;
        let trust = Trust::File(fixture.certificate.clone());
        let (result, transcript) = fixture.send(security, &trust, None).await;
        assert!(result.unwrap().is_delivered(), "{security:?}: {transcript}");
        let expected: &[&str] = if tls {
            &["TLSv1.3", "message"]
        } else {
            &["message"]
        };
        assert_eq!(fixture.heard(), expected, "{security:?}");
        assert_eq!(
            transcript.contains("TLS connection started"),
            tls,
            "{transcript}"
        );
    }
}

#[tokio::test]
async fn one_connection_takes_several_messages() {
    let mut fixture = Fixture::start("127.0.0.1", false).await;
    let client = ClientConfig::new("client.example".parse().unwrap());
    let relay = Relay::new("127.0.0.1", fixture.address.port(), client)
        .security(
            Security::Required,
            &Trust::File(fixture.certificate.clone()),
        )
        .unwrap();
    let mut connection = relay.open().await.unwrap();
    for number in 0..3 {
        assert!(connection.is_open());
        let envelope =
            Envelope::new("<>".parse().unwrap()).to("<bob@example.net>".parse().unwrap());
        let sent = connection
            .send(envelope, b"Subject: hi\r\n\r\nhello\r\n")
            .await;
        assert!(sent.result.unwrap().is_delivered());
        let said = sent.transcript.to_string();
        assert_eq!(said.contains("STARTTLS"), number == 0, "{said}");
        assert_eq!(said.matches("(message, ").count(), 1, "{said}");
    }
    // A message that this session cannot take costs no other.
    let envelope = Envelope::new("<>".parse().unwrap()).to("<bob@example.net>".parse().unwrap());
    let sent = connection
        .send(envelope.clone().octets(u64::MAX), b"")
        .await;
    assert!(matches!(sent.result, Err(RelayError::Unsuitable(_))));
    let sent = connection.send(envelope, b"Subject: hi\r\n\r\n").await;
    assert!(sent.result.unwrap().is_delivered());
    assert!(connection.quit().await.to_string().contains("QUIT"));
    assert_eq!(
        fixture.heard(),
        ["TLSv1.3", "message", "message", "message", "message"]
    );
}

#[tokio::test]
async fn a_certificate_of_another_name_or_issuer_is_told() {
    let mut fixture = Fixture::start("other.example", false).await;
    let other = Fixture::start("127.0.0.1", false).await;
    for (trust, words) in [
        (Trust::File(fixture.certificate.clone()), "name"),
        (Trust::File(other.certificate.clone()), "certificate"),
    ] {
        let (result, _) = fixture.send(Security::Required, &trust, None).await;
        let error = result.unwrap_err();
        assert!(matches!(error, RelayError::Handshake { .. }), "{error}");
        assert!(error.to_string().contains(words), "{error}");
    }
    assert!(!fixture.heard().contains(&"message".to_owned()));
}

#[tokio::test]
async fn every_mechanism_proves_who_it_is_under_tls_alone() {
    let mut fixture = Fixture::start("127.0.0.1", false).await;
    let trust = Trust::File(fixture.certificate.clone());
    for mechanism in [
        Mechanism::Plain,
        Mechanism::Login,
        Mechanism::CramMd5,
        Mechanism::ScramSha256,
    ] {
        let right = Credentials::password("ann", Secret::new(PASSWORD)).mechanism(mechanism);
        let (result, transcript) = fixture.send(Security::Required, &trust, Some(right)).await;
        assert!(
            result.unwrap().is_delivered(),
            "{mechanism:?}: {transcript}"
        );
        assert_eq!(
            fixture.heard(),
            ["TLSv1.3", "auth ann", "message"],
            "{mechanism:?}"
        );
        assert!(!transcript.contains("horse"), "{transcript}");
        let wrong = Credentials::password("ann", Secret::new("wrong")).mechanism(mechanism);
        let (result, _) = fixture.send(Security::Required, &trust, Some(wrong)).await;
        let error = result.unwrap_err();
        assert!(
            matches!(error, RelayError::Closed(CloseReason::AuthRefused(_))),
            "{mechanism:?}: {error}"
        );
        fixture.heard();
    }
    let credentials = Credentials::password("ann", Secret::new(PASSWORD));
    let (result, _) = fixture
        .send(Security::None, &trust, Some(credentials))
        .await;
    assert!(
        matches!(result, Err(RelayError::Closed(CloseReason::AuthNeedsTls))),
        "{result:?}"
    );
}

/// What is logged from now on, at every level.
fn log() -> Arc<Mutex<Vec<u8>>> {
    struct Log(Arc<Mutex<Vec<u8>>>);
    impl std::io::Write for Log {
        fn write(&mut self, octets: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(octets);
            Ok(octets.len())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    let log = Arc::new(Mutex::new(Vec::new()));
    let writer = Arc::clone(&log);
    tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_ansi(false)
        .with_writer(move || Log(Arc::clone(&writer)))
        .init();
    log
}

#[tokio::test]
async fn no_log_transcript_or_error_shows_a_password() {
    let log = log();
    let fixture = Fixture::start("127.0.0.1", false).await;
    let trust = Trust::File(fixture.certificate.clone());
    let mut shown = String::new();
    for mechanism in [
        Mechanism::Plain,
        Mechanism::Login,
        Mechanism::CramMd5,
        Mechanism::ScramSha256,
    ] {
        for password in [PASSWORD, "wrong horse"] {
            let credentials =
                Credentials::password("ann", Secret::new(password)).mechanism(mechanism);
            shown += &format!("{credentials:?}");
            let (result, transcript) = fixture
                .send(Security::Required, &trust, Some(credentials))
                .await;
            shown += &format!("{result:?} {transcript}");
            if let Err(error) = result {
                shown += &error.to_string();
            }
        }
    }
    // A handshake that fails is logged by the listener, which shows that the log is one.
    let mut stranger = tokio::net::TcpStream::connect(fixture.address)
        .await
        .unwrap();
    let mut heard = [0; 512];
    for said in ["", "EHLO a\r\n", "STARTTLS\r\n", "no handshake\r\n"] {
        stranger.write_all(said.as_bytes()).await.unwrap();
        let _ = stranger.read(&mut heard).await.unwrap();
    }
    shown += &String::from_utf8_lossy(&log.lock().unwrap());
    assert!(shown.contains("TLS failed"), "{shown}");
    for password in [PASSWORD, "wrong horse"] {
        for lead in ["", "\0ann\0", "\0\0"] {
            let text = Response::encode(format!("{lead}{password}").as_bytes()).to_string();
            // The base64 of a longer message, from its first octet that holds none of what leads.
            let form = &text[lead.len().div_ceil(3) * 4..(lead.len() + password.len()) / 3 * 4];
            assert!(!shown.contains(form), "{form}: {shown}");
        }
        let hex: String = password
            .bytes()
            .map(|octet| format!("{octet:02x}"))
            .collect();
        for form in [
            password.to_owned(),
            hex,
            format!("{:?}", password.as_bytes()),
        ] {
            assert!(!shown.contains(&form), "{form}: {shown}");
        }
    }
}

#[tokio::test]
async fn a_client_that_does_not_wait_is_not_greeted() {
    let fixture = Fixture::start("127.0.0.1", false).await;
    let mut socket = tokio::net::TcpStream::connect(fixture.address)
        .await
        .unwrap();
    socket.write_all(b"EHLO client.example\r\n").await.unwrap();
    let mut said = String::new();
    socket.read_to_string(&mut said).await.unwrap();
    assert!(said.starts_with("554 5.5.0 "), "{said}");
}
