//! The client machine.

use std::time::Instant;

use bytes::BytesMut;
use inreply_smtp::client::{Client, ClientConfig, Credentials, Envelope, Event, StartTls};
use inreply_smtp::secret::Secret;
use inreply_smtp::tls::TlsInfo;
use inreply_smtp::wire::sasl::Mechanism;

use super::Features;

/// The client ends, never sends a bare line end, reports each message once, and says and tells the same however the server's
/// words are cut. The first octet is the length of the pieces, the second the features that are on; an octet 0xff is a point
/// at which the server waits.
pub fn client(input: &[u8]) {
    let [piece, features, input @ ..] = input else {
        return;
    };
    let features = Features(*features);
    let whole = talk(features, input, usize::MAX);
    assert_eq!(talk(features, input, usize::from(*piece).max(1)), whole);
}

fn talk(features: Features, input: &[u8], piece: usize) -> (Vec<u8>, Vec<Event>) {
    let now = Instant::now();
    let mut client = Client::new(config(features), now);
    client.set_nonce([9; 18]);
    let envelope =
        Envelope::new("<a@b>".parse().expect("a path")).to("<c@d>".parse().expect("a path"));
    let (mut buffer, mut sent, mut events) = (BytesMut::new(), Vec::new(), Vec::new());
    let mut begun = 0;
    for group in input.split(|octet| *octet == 0xff).chain([&b""[..]]) {
        for piece in group.chunks(piece) {
            buffer.extend_from_slice(piece);
            client.handle_input(now, &mut buffer);
        }
        while let Some(event) = client.poll_event() {
            // An error here means that the session has ended since, which an event still to come tells.
            let _ = match &event {
                Event::Ready(_) => {
                    let sent = client.send(now, envelope.clone()).is_ok();
                    begun += usize::from(sent);
                    sent
                }
                Event::BodyWanted => {
                    // One behind the first: it ends what it began.
                    let follows = begun == 1 && client.send_next(envelope.clone()).is_ok();
                    begun += usize::from(follows);
                    client.write_body(now, b".a\nb\r").is_ok() && client.finish_body(now).is_ok()
                }
                Event::HandshakeWanted => {
                    let tls = TlsInfo::new("TLSv1.3", "TLS_AES_256_GCM_SHA384");
                    client.tls_started(now, tls).is_ok()
                }
                _ => true,
            };
            events.push(event);
        }
        sent.extend(std::iter::from_fn(|| client.poll_transmit()).flatten());
    }
    client.handle_eof(now);
    events.extend(std::iter::from_fn(|| client.poll_event()));
    assert!(client.is_closed());
    let reported = events
        .iter()
        .filter(|event| matches!(event, Event::Finished(report) if report.results().len() == 1));
    assert_eq!(reported.count(), begun);
    let text = String::from_utf8_lossy(&sent);
    assert!(!text.replace("\r\n", "").contains(['\r', '\n']));
    (sent, events)
}

fn config(features: Features) -> ClientConfig {
    let config = ClientConfig::new("client.example".parse().expect("a name"))
        .chunking(features.has(0))
        .plaintext_auth(features.has(1))
        .starttls(match (features.has(2), features.has(3)) {
            (false, _) => StartTls::Never,
            (true, false) => StartTls::Opportunistic,
            (true, true) => StartTls::Required,
        });
    let password = || Credentials::password("ann", Secret::new("correct horse"));
    let token = || Credentials::token("ann", Secret::new("ya29.token"));
    match features.0 >> 4 {
        0 => config,
        1 => config.auth(password()),
        2 => config.auth(password().mechanism(Mechanism::Plain)),
        3 => config.auth(password().mechanism(Mechanism::Login)),
        4 => config.auth(password().mechanism(Mechanism::CramMd5)),
        5 => config.auth(password().mechanism(Mechanism::ScramSha256)),
        6 => config.auth(token().mechanism(Mechanism::XOAuth2)),
        _ => config.auth(token()),
    }
}
