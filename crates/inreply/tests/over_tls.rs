//! The relay client and the listener over TLS: every security, trusted and not, with AUTH and without.

// Helpers of tests are tests.
#![allow(clippy::unwrap_used, clippy::panic)]

use std::net::SocketAddr;
use std::path::PathBuf;

use bytes::Bytes;
use inreply::listener::{self, Handler, ListenerConfig};
use inreply::relay::{Relay, RelayError, Security};
use inreply::smtp::client::{ClientConfig, CloseReason, Credentials, Envelope, Report};
use inreply::smtp::sasl::{Credential, Step, Verifier};
use inreply::smtp::secret::Secret;
use inreply::smtp::server::{AuthRequest, ServerConfig};
use inreply::smtp::tls::TlsInfo;
use inreply::smtp::wire::path::ForwardPath;
use inreply::smtp::wire::reply::{Reply, ReplyCode};
use inreply::smtp::wire::sasl::{Mechanism, Mechanisms};
use inreply::tls::{Trust, server_config};
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

    async fn rcpt(&mut self, _: ForwardPath<'static>) -> Result<(), Reply> {
        Ok(())
    }

    async fn body(&mut self, _: Bytes) {}

    async fn message(&mut self) -> Reply {
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

#[tokio::test]
async fn a_client_that_does_not_wait_is_not_greeted() {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let fixture = Fixture::start("127.0.0.1", false).await;
    let mut socket = tokio::net::TcpStream::connect(fixture.address)
        .await
        .unwrap();
    socket.write_all(b"EHLO client.example\r\n").await.unwrap();
    let mut said = String::new();
    socket.read_to_string(&mut said).await.unwrap();
    assert!(said.starts_with("554 5.5.0 "), "{said}");
}
