//! Against an HTTPS server on loopback, whose certificate an authority of the test has signed.

use std::net::TcpListener;
use std::thread;

use rcgen::{CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::pki_types::PrivateKeyDer;
use rustls::{RootCertStore, ServerConfig, ServerConnection, StreamOwned};

use super::*;
use crate::tls::provider;

const POLICY: &str = "version: STSv1\r\nmode: enforce\r\nmx: mx.example.com\r\nmax_age: 604800\r\n";

type Talk = StreamOwned<ServerConnection, TcpStream>;

/// A server's name, and the year in which its certificate ends.
struct Server {
    name: &'static str,
    until: i32,
    trusted: bool,
}

const GOOD: Server = Server {
    name: "mta-sts.example.com",
    until: 4096,
    trusted: true,
};

fn authority() -> CertifiedIssuer<'static, KeyPair> {
    let mut parameters = CertificateParams::new(Vec::new()).unwrap();
    parameters.is_ca = IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    CertifiedIssuer::self_signed(parameters, KeyPair::generate().unwrap()).unwrap()
}

impl Server {
    /// Fetches the policy of example.com from a server that answers one request like this.
    fn fetch(&self, answer: impl FnOnce(&mut Talk) + Send + 'static) -> io::Result<String> {
        let (authority, other) = (authority(), authority());
        let key = KeyPair::generate().unwrap();
        let mut parameters = CertificateParams::new(vec![self.name.to_owned()]).unwrap();
        parameters.not_after = rcgen::date_time_ymd(self.until, 1, 1);
        let certificate = parameters.signed_by(&key, &authority).unwrap();
        let server = ServerConfig::builder_with_provider(provider())
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(
                vec![certificate.der().clone()],
                PrivateKeyDer::try_from(key.serialize_der()).unwrap(),
            )
            .unwrap();
        let mut roots = RootCertStore::empty();
        let root = if self.trusted { &authority } else { &other };
        roots.add(root.der().clone()).unwrap();
        let client = ClientConfig::builder_with_provider(provider())
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(roots)
            .with_no_client_auth();

        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let fetch = Fetch {
            config: Arc::new(client),
            address: Some(listener.local_addr().unwrap()),
            timeout: Duration::from_millis(700),
        };
        thread::spawn(move || {
            let (socket, _) = listener.accept().unwrap();
            let connection = ServerConnection::new(Arc::new(server)).unwrap();
            let mut talk = StreamOwned::new(connection, socket);
            let mut request = Vec::new();
            let mut octets = [0; 1_000];
            while !request.ends_with(b"\r\n\r\n") {
                match talk.read(&mut octets) {
                    Ok(count) if count > 0 => request.extend_from_slice(&octets[..count]),
                    // A certificate that the client does not believe ends here.
                    _ => return,
                }
            }
            let request = String::from_utf8(request).unwrap();
            assert!(request.starts_with("GET /.well-known/mta-sts.txt HTTP/1.1\r\n"));
            assert!(request.contains("\r\nHost: mta-sts.example.com\r\n"));
            answer(&mut talk);
        });
        fetch.run(&"example.com".parse().unwrap())
    }
}

/// Says it, and closes in order.
fn say(text: String) -> impl FnOnce(&mut Talk) {
    move |talk| {
        // The client hangs up within an answer that is too large.
        let _ = talk.write_all(text.as_bytes());
        talk.conn.send_close_notify();
        let _ = talk.flush();
    }
}

fn answer(status: &str, fields: &str, body: &str) -> String {
    format!("HTTP/1.1 {status}\r\n{fields}\r\n{body}")
}

fn error(fetched: io::Result<String>) -> String {
    fetched.unwrap_err().to_string()
}

#[test]
fn a_policy_is_fetched() {
    let text = "Content-Type: text/plain; charset=utf-8\r\n";
    let sized = format!("{text}Content-Length: {}\r\n", POLICY.len());
    let chunked = format!("{text}Transfer-Encoding: chunked\r\n");
    let (first, second) = POLICY.split_at(20);
    let chunks = format!(
        "{:x}\r\n{first}\r\n{:X}\r\n{second}\r\n0\r\n\r\n",
        first.len(),
        second.len()
    );
    for said in [
        answer("200 OK", text, POLICY),
        answer("200 OK", &sized, POLICY),
        answer("200 OK", &chunked, &chunks),
    ] {
        assert_eq!(GOOD.fetch(say(said)).unwrap(), POLICY);
    }
    // Where the answer says its length, the end of the connection tells nothing more.
    let said = answer("200 OK", &sized, POLICY);
    let kept_open = move |talk: &mut Talk| {
        talk.write_all(said.as_bytes()).unwrap();
        talk.flush().unwrap();
        thread::sleep(Duration::from_secs(2));
    };
    assert_eq!(GOOD.fetch(kept_open).unwrap(), POLICY);
}

#[test]
fn only_success_has_a_policy() {
    let text = "Content-Type: text/plain\r\n";
    for status in [
        "404 Not Found",
        "204 No Content",
        "500 Internal Server Error",
    ] {
        let fetched = GOOD.fetch(say(answer(status, text, POLICY)));
        assert!(error(fetched).contains(status));
    }
}

#[test]
fn a_redirect_is_not_followed() {
    // The address of this test's own listener: a client that followed would knock here.
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let location = listener.local_addr().unwrap();
    for status in [
        "301 Moved Permanently",
        "302 Found",
        "308 Permanent Redirect",
    ] {
        let fields = format!("Content-Type: text/plain\r\nLocation: https://{location}/\r\n");
        let fetched = GOOD.fetch(say(answer(status, &fields, POLICY)));
        assert!(error(fetched).contains(status));
    }
    listener.set_nonblocking(true).unwrap();
    assert_eq!(
        listener.accept().unwrap_err().kind(),
        io::ErrorKind::WouldBlock
    );
}

#[test]
fn the_certificate_is_one_of_the_policy_host() {
    let refused = |server: Server| {
        let said = answer("200 OK", "Content-Type: text/plain\r\n", POLICY);
        error(server.fetch(say(said)))
    };
    for name in ["example.com", "mta-sts.example.org", "*.example.org"] {
        let said = refused(Server { name, ..GOOD });
        assert!(said.contains("not valid for name"), "{said}");
    }
    let expired = refused(Server {
        until: 2020,
        ..GOOD
    });
    assert!(expired.contains("expired"), "{expired}");
    let unknown = refused(Server {
        trusted: false,
        ..GOOD
    });
    assert!(
        unknown.contains("UnknownIssuer") || unknown.contains("BadSignature"),
        "{unknown}"
    );
    // RFC 8461 §3.3: the host's own name or a wildcard for it.
    let name = "*.example.com";
    let said = answer("200 OK", "Content-Type: text/plain\r\n", POLICY);
    assert!(Server { name, ..GOOD }.fetch(say(said)).is_ok());
}

#[test]
fn a_large_body_is_refused_not_cut() {
    let long = format!("{POLICY}{}", "mx: mx.example.com\r\n".repeat(4_000));
    let said = answer("200 OK", "Content-Type: text/plain\r\n", &long);
    assert!(error(GOOD.fetch(say(said))).contains("65536"));
}

#[test]
fn a_body_that_was_cut_is_refused() {
    let text = "Content-Type: text/plain\r\n";
    let cut = answer("200 OK", text, POLICY);
    // No close_notify: the body's end is not the server's word.
    let hung_up = move |talk: &mut Talk| {
        talk.write_all(cut.as_bytes()).unwrap();
        talk.flush().unwrap();
    };
    let fetched = GOOD.fetch(hung_up);
    assert_eq!(fetched.unwrap_err().kind(), io::ErrorKind::UnexpectedEof);
    let sized = format!("{text}Content-Length: {}\r\n", POLICY.len() + 1);
    let fetched = GOOD.fetch(say(answer("200 OK", &sized, POLICY)));
    assert!(error(fetched).contains("ended within"));
}

#[test]
fn the_type_is_plain_text() {
    for kind in ["text/html", "application/octet-stream", "text/plainer", ""] {
        let fields = format!("Content-Type: {kind}\r\n");
        let fetched = GOOD.fetch(say(answer("200 OK", &fields, POLICY)));
        assert!(error(fetched).contains("text/plain"), "{kind}");
    }
}

#[test]
fn a_slow_server_has_one_deadline() {
    let begun = Instant::now();
    // Each octet comes in time, all of them do not.
    let said = answer("200 OK", "Content-Type: text/plain\r\n", POLICY);
    let dripping = move |talk: &mut Talk| {
        for octet in said.into_bytes() {
            if talk
                .write_all(&[octet])
                .and_then(|()| talk.flush())
                .is_err()
            {
                return;
            }
            thread::sleep(Duration::from_millis(40));
        }
    };
    let kind = GOOD.fetch(dripping).unwrap_err().kind();
    assert!(
        matches!(kind, io::ErrorKind::TimedOut | io::ErrorKind::WouldBlock),
        "{kind}"
    );
    assert!(begun.elapsed() < Duration::from_secs(3));
    let silent = |_: &mut Talk| thread::sleep(Duration::from_secs(2));
    assert!(GOOD.fetch(silent).is_err());
}
