//! What goes over the wire, without a session.

use bytes::BytesMut;
use inreply_smtp::sasl::{Credential, Step, Verifier};
use inreply_smtp::secret::Secret;
use inreply_smtp::server::AuthRequest;
use inreply_smtp::wire::command::Command;
use inreply_smtp::wire::proxy::ProxyHeader;
use inreply_smtp::wire::reply_parser::ReplyParser;
use inreply_smtp::wire::sasl::Mechanism;

/// A line that parses prints as a line that parses to the same command.
pub fn command(line: &[u8]) {
    if let Ok(command) = Command::parse(line) {
        let printed = command.to_string();
        assert_eq!(Command::parse(printed.as_bytes()), Ok(command));
        assert!(!printed.contains(['\r', '\n', '\0']));
    }
}

/// A reply that parses prints as octets that parse to the same reply, printable and within the line limit.
pub fn reply(octets: &[u8]) {
    if let Some(Ok(reply)) = ReplyParser::new(400, 16).next(&mut BytesMut::from(octets)) {
        let printed = reply.to_string();
        assert!(
            printed
                .bytes()
                .all(|octet| matches!(octet, b'\t' | b'\r' | b'\n' | b' '..=b'~'))
        );
        let again = ReplyParser::new(512, 16).next(&mut BytesMut::from(printed.as_str()));
        assert_eq!(again, Some(Ok(reply)));
    }
}

/// A PROXY header is the same header, and as long, however it arrives; an octet more changes nothing.
pub fn proxy(octets: &[u8]) {
    let mut whole = BytesMut::from(octets);
    let header = ProxyHeader::take(&mut whole);
    let mut trickled = BytesMut::new();
    for (at, octet) in octets.iter().enumerate() {
        trickled.extend_from_slice(&[*octet]);
        match ProxyHeader::take(&mut trickled) {
            Ok(None) => {}
            Ok(Some(early)) => {
                assert_eq!(header, Ok(Some(early)));
                assert!(trickled.is_empty());
                assert_eq!(whole, octets[at + 1..]);
                return;
            }
            Err(error) => {
                assert_eq!(header, Err(error));
                return;
            }
        }
    }
    assert_eq!(header, Ok(None));
    assert_eq!(whole, octets, "nothing is taken before all is there");
}

/// No message of a mechanism that keeps the password from the wire is a proof of it by chance: without the password nobody
/// is accepted. The first octet is the mechanism, lines are the messages.
pub fn sasl(input: &[u8]) {
    let Some((choice, messages)) = input.split_first() else {
        return;
    };
    let mechanism = match choice % 2 {
        0 => Mechanism::CramMd5,
        _ => Mechanism::ScramSha256,
    };
    let mut verifier = Verifier::new("mx.example".parse().expect("a domain"), [7; 18]);
    for (turn, message) in messages.split(|octet| *octet == b'\n').enumerate() {
        let message = Secret::new(message);
        let request = match turn {
            0 => AuthRequest::Start { mechanism, message },
            _ => AuthRequest::Response(message),
        };
        let step = verifier.step(request, |_| {
            Some(Credential::Password(Secret::new("correct horse")))
        });
        match step {
            Step::Accept(user) => panic!("{user} was accepted without the password"),
            Step::Challenge(_) => {}
            Step::Refuse => return,
        }
    }
}
