//! Both machines, joined.

use std::time::Instant;

use bytes::BytesMut;
use inreply_smtp::client::{self, Client, ClientConfig, Delivery, Envelope};
use inreply_smtp::server::{self, Server, ServerConfig};
use inreply_smtp::wire::data::BareLineEnds;

use super::Features;

/// Whatever a message holds, however the wire cuts it and wherever the wire breaks: what the client believes to be delivered
/// the server has, whole, and what it believes to be refused the server has not.
///
/// The first octet says what is on, the second how many octets pass at a time, the next two after how many the wire breaks;
/// the rest is the message.
pub fn pair(input: &[u8]) {
    let [features, piece, high, low, message @ ..] = input else {
        return;
    };
    let features = Features(*features);
    let mut wire = Wire {
        piece: usize::from(*piece).max(1),
        left: match u16::from_be_bytes([*high, *low]) {
            0 => usize::MAX,
            octets => usize::from(octets),
        },
    };
    let now = Instant::now();
    let mut server = Server::new(
        ServerConfig::new("mx.example".parse().expect("a domain"))
            .bare_line_ends(match features.has(0) {
                true => BareLineEnds::Normalize,
                false => BareLineEnds::Refuse,
            })
            .body_window(16)
            .chunking(features.has(1)),
        now,
    );
    let mut client = Client::new(
        ClientConfig::new("client.example".parse().expect("a name")).chunking(features.has(2)),
        now,
    );
    let envelope = Envelope::new("<a@b>".parse().expect("a path"))
        .to("<c@d>".parse().expect("a path"))
        .eight_bit(!message.is_ascii());
    let [mut to_server, mut to_client, mut at_server, mut at_client] =
        std::array::from_fn(|_| BytesMut::new());
    let (mut stored, mut body, mut result) = (None, Vec::new(), None);
    loop {
        let mut moved = false;
        while let Some(event) = client.poll_event() {
            moved = true;
            match event {
                client::Event::Ready(_) => client.send(now, envelope.clone()).expect("ready"),
                client::Event::BodyWanted => {
                    for piece in message.chunks(wire.piece) {
                        client.write_body(now, piece).expect("a body is wanted");
                    }
                    client.finish_body(now).expect("a body is wanted");
                }
                client::Event::Finished(report) => {
                    result = report.results().first().cloned();
                    client.quit(now);
                }
                _ => {}
            }
        }
        while let Some(event) = server.poll_event() {
            moved = true;
            let ticket = match event {
                server::Event::Hello { ticket, .. }
                | server::Event::Mail { ticket, .. }
                | server::Event::Rcpt { ticket, .. }
                | server::Event::Data { ticket } => ticket,
                server::Event::Body(octets) => {
                    body.extend_from_slice(&octets);
                    continue;
                }
                server::Event::EndOfData { ticket, .. } => {
                    stored = Some(std::mem::take(&mut body));
                    ticket
                }
                _ => continue,
            };
            server.accept(now, ticket).expect("a live ticket");
        }
        to_server.extend(std::iter::from_fn(|| client.poll_transmit()).flatten());
        to_client.extend(std::iter::from_fn(|| server.poll_transmit()).flatten());
        moved |= wire.pass(&mut to_server, &mut at_server);
        moved |= wire.pass(&mut to_client, &mut at_client);
        let before = at_server.len();
        server.handle_input(now, &mut at_server);
        client.handle_input(now, &mut at_client);
        moved |= at_server.len() != before;
        if !moved {
            break;
        }
    }
    client.handle_eof(now);
    server.handle_eof(now);
    while let Some(event) = client.poll_event() {
        if let client::Event::Finished(report) = event {
            result = report.results().first().cloned();
        }
    }
    assert!(client.is_closed());
    match result {
        Some(Delivery::Delivered(_)) => assert_eq!(stored, Some(canonical(message))),
        Some(Delivery::Refused(_)) => assert_eq!(stored, None),
        _ => assert!(wire.left == 0, "the wire was whole"),
    }
}

struct Wire {
    /// Octets that pass at a time.
    piece: usize,
    /// Octets that pass at all.
    left: usize,
}

impl Wire {
    fn pass(&mut self, from: &mut BytesMut, to: &mut BytesMut) -> bool {
        let octets = from.len().min(self.piece).min(self.left);
        self.left -= octets;
        to.extend_from_slice(&from.split_to(octets));
        octets > 0
    }
}

/// The message with each line end as `<CR><LF>`, one behind its last line too.
fn canonical(message: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut octets = message.iter().peekable();
    while let Some(octet) = octets.next() {
        match octet {
            b'\r' => {
                octets.next_if_eq(&&b'\n');
                out.extend_from_slice(b"\r\n");
            }
            b'\n' => out.extend_from_slice(b"\r\n"),
            _ => out.push(*octet),
        }
    }
    if !out.is_empty() && !out.ends_with(b"\r\n") {
        out.extend_from_slice(b"\r\n");
    }
    out
}
