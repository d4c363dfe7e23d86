//! `inreply-smtp` against smtp-proto.

use std::hint::black_box;

use bytes::BytesMut;
use inreply_smtp::wire::command::Command;
use inreply_smtp::wire::data::{BareLineEnds, DataDecoder, DataItem};
use smtp_proto::Request;
use smtp_proto::request::receiver::DataReceiver;

use crate::measure::{alone, row};

/// The commands of ordinary transactions, each with its line end.
const COMMANDS: [&str; 10] = [
    "EHLO mail-ed1-f41.provider.example\r\n",
    "MAIL FROM:<ann.reader@provider.example> SIZE=4711 BODY=8BITMIME\r\n",
    "RCPT TO:<reply+iaavfpibajgdcn4xly4eeyln3zkdax4xq6qq@reply.forge.example>\r\n",
    "DATA\r\n",
    "MAIL FROM:<bounces+12345-67ab-bob=mail.example@sender.example>\r\n",
    "RCPT TO:<reply+maavfpibaiy6uj7wcmakx3dajdsralmnitla@reply.forge.example>\r\n",
    "RSET\r\n",
    "NOOP\r\n",
    "HELO [192.0.2.1]\r\n",
    "QUIT\r\n",
];

pub(crate) fn rows() {
    row(
        "smtp/command",
        "ns/command",
        COMMANDS.len(),
        || {
            for line in COMMANDS {
                // The framer's part of the work: finding the end of the line.
                let line = line.as_bytes();
                let end = memchr::memchr(b'\n', line).map_or(line.len(), |end| end - 1);
                assert!(black_box(Command::parse(black_box(&line[..end]))).is_ok());
            }
        },
        || {
            for line in COMMANDS {
                assert!(black_box(Request::parse(&mut black_box(line.as_bytes()).iter())).is_ok());
            }
        },
    );
    let mut wire: Vec<u8> = (0..)
        .flat_map(|line| {
            format!(
                "{}Line {line} of a message that somebody wrote to somebody else.\r\n",
                if line % 10 == 0 { ".." } else { "" }
            )
            .into_bytes()
        })
        .take(1 << 20)
        .collect();
    wire.truncate(
        wire.iter()
            .rposition(|octet| *octet == b'\n')
            .map_or(0, |at| at + 1),
    );
    wire.extend_from_slice(b".\r\n");
    let kib = wire.len() / 1_024;
    // Ours takes the octets off a buffer of the driver's, and the peer copies them: both copy the wire once.
    row(
        "smtp/data",
        "ns/KiB",
        kib,
        || {
            let mut input = BytesMut::from(&wire[..]);
            let mut decoder = DataDecoder::new(BareLineEnds::Refuse);
            while let Some(item) = decoder.next(&mut input, usize::MAX) {
                if black_box(item) == DataItem::End {
                    return;
                }
            }
            // A decoder that misses the end has not done the work that the row is about.
            panic!("no end of data");
        },
        || {
            let mut message = Vec::with_capacity(wire.len());
            assert!(DataReceiver::new().ingest(&mut wire.iter(), &mut message));
            black_box(message);
        },
    );
    let copy = alone(|| drop(black_box(BytesMut::from(&wire[..]))));
    let decode = alone(|| {
        let mut input = BytesMut::from(&wire[..]);
        let mut decoder = DataDecoder::new(BareLineEnds::Refuse);
        while let Some(item) = decoder.next(&mut input, usize::MAX) {
            black_box(item);
        }
    }) - copy;
    let scan = alone(|| {
        black_box(
            memchr::memchr_iter(b'\n', black_box(&wire))
                .map(|at| at & 1)
                .sum::<usize>(),
        );
    });
    println!(
        "# smtp/data without the copy: {:.2} of memchr's bandwidth over its line ends",
        scan / decode
    );
}
