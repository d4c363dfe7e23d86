//! Bodies over `inreply-smtp`.

use std::time::Instant;

use bytes::BytesMut;
use inreply_smtp::client::{self, Client, ClientConfig, Envelope};
use inreply_smtp::server::{self, Server, ServerConfig};
use inreply_smtp::wire::command::Command;
use inreply_smtp::wire::reply_parser::ReplyParser;

use crate::Target;

/// The targets of this module.
pub const TARGETS: &[Target] = &[
    ("smtp_client", client),
    ("smtp_command", command),
    ("smtp_reply", reply),
    ("smtp_server", server),
];

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

/// The server ends, keeps its bounds, and says and tells the same however the input is cut. The first octet is the length of
/// the pieces; an octet 0xff is a point at which the client waits.
pub fn server(input: &[u8]) {
    let Some((piece, input)) = input.split_first() else {
        return;
    };
    let whole = serve(input, usize::MAX);
    assert_eq!(serve(input, usize::from(*piece).max(1)), whole);
}

/// What the server said and told; none where the client spoke before its turn, for then the cut may decide how much of it
/// the server saw.
fn serve(input: &[u8], piece: usize) -> Option<(Vec<u8>, Vec<String>)> {
    let now = Instant::now();
    let config = ServerConfig::new("mx.example".parse().expect("a domain"))
        .max_line(100)
        .body_window(16);
    let mut server = Server::new(config, now);
    let (mut buffer, mut said, mut log) = (BytesMut::new(), Vec::new(), Vec::new());
    drive(&mut server, now, &mut buffer, &mut said, &mut log);
    for group in input.split(|octet| *octet == 0xff) {
        for piece in group.chunks(piece) {
            buffer.extend_from_slice(piece);
            // Segments of one group arrive before any reply is sent, as they do in one packet.
            server.handle_input(now, &mut buffer);
            while let Some(event) = server.poll_event() {
                answer(&mut server, now, event, &mut log);
            }
            server.handle_input(now, &mut buffer);
        }
        drive(&mut server, now, &mut buffer, &mut said, &mut log);
    }
    server.handle_eof(now);
    drive(&mut server, now, &mut buffer, &mut said, &mut log);
    assert!(server.is_closed());
    let early = log.last().is_some_and(|line| line == "Closed(EarlyTalk)");
    (!early).then_some((said, log))
}

fn drive(
    server: &mut Server,
    now: Instant,
    buffer: &mut BytesMut,
    said: &mut Vec<u8>,
    log: &mut Vec<String>,
) {
    loop {
        let before = buffer.len();
        server.handle_input(now, buffer);
        let mut idle = buffer.len() == before;
        while let Some(octets) = server.poll_transmit() {
            said.extend_from_slice(&octets);
            idle = false;
        }
        while let Some(event) = server.poll_event() {
            answer(server, now, event, log);
            idle = false;
        }
        if idle {
            return;
        }
    }
}

fn answer(server: &mut Server, now: Instant, event: server::Event, log: &mut Vec<String>) {
    use server::Event;
    let (line, ticket) = match event {
        Event::Hello { ticket, name, .. } => (name.to_string(), ticket),
        Event::Mail {
            ticket,
            reverse_path,
            parameters,
        } => (format!("{reverse_path}{parameters}"), ticket),
        Event::Rcpt {
            ticket,
            forward_path,
            ..
        } => (forward_path.to_string(), ticket),
        Event::Data { ticket } => ("data".to_owned(), ticket),
        Event::EndOfData { ticket, octets, .. } => (format!("message {octets}"), ticket),
        Event::Body(octets) => return log.extend(octets.iter().map(ToString::to_string)),
        other => return log.push(format!("{other:?}")),
    };
    log.push(line);
    server.accept(now, ticket).expect("a live ticket");
}

/// The client ends, never sends a bare line end, and reports each message once. An octet 0xff is a point at which the server
/// waits.
pub fn client(input: &[u8]) {
    let now = Instant::now();
    let mut client = Client::new(
        ClientConfig::new("client.example".parse().expect("a name")),
        now,
    );
    let envelope =
        Envelope::new("<a@b>".parse().expect("a path")).to("<c@d>".parse().expect("a path"));
    let (mut buffer, mut sent, mut begun, mut reported) = (BytesMut::new(), Vec::new(), 0, 0);
    for group in input.split(|octet| *octet == 0xff).chain([&b""[..]]) {
        buffer.extend_from_slice(group);
        client.handle_input(now, &mut buffer);
        while let Some(event) = client.poll_event() {
            match event {
                client::Event::Ready(_) => {
                    begun += usize::from(client.send(now, envelope.clone()).is_ok())
                }
                client::Event::BodyWanted => {
                    client
                        .write_body(now, b".a\nb\r")
                        .expect("a body is wanted");
                    client.finish_body(now).expect("a body is wanted");
                }
                client::Event::Finished(report) => {
                    assert_eq!(report.results().len(), 1);
                    reported += 1;
                }
                _ => {}
            }
        }
        sent.extend(std::iter::from_fn(|| client.poll_transmit()).flatten());
    }
    client.handle_eof(now);
    reported += std::iter::from_fn(|| client.poll_event())
        .filter(|event| matches!(event, client::Event::Finished(_)))
        .count();
    assert!(client.is_closed());
    assert_eq!(reported, begun);
    let text = String::from_utf8(sent).expect("ASCII");
    assert!(!text.replace("\r\n", "").contains(['\r', '\n']));
}
