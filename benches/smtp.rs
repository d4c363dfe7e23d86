//! `inreply-smtp`: parsing commands and replies, unstuffing messages, and whole sessions.

// A bench that cannot set itself up has nothing to measure.
#![allow(missing_docs, clippy::unwrap_used)]

use std::hint::black_box;
use std::time::Instant;

use bytes::BytesMut;
use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use inreply_smtp::server::{Event, Server, ServerConfig};
use inreply_smtp::wire::command::Command;
use inreply_smtp::wire::data::{BareLineEnds, DataDecoder, DataItem};
use inreply_smtp::wire::reply_parser::ReplyParser;
use inreply_smtp::wire::stuffing::DotStuffer;

/// One transaction as large senders write it.
const COMMANDS: [&str; 6] = [
    "EHLO mail-ed1-f41.provider.example",
    "MAIL FROM:<ann.reader@provider.example> SIZE=4711 BODY=8BITMIME",
    "RCPT TO:<reply+iaavfpibajgdcn4xly4eeyln3zkdax4xq6qq@reply.forge.example>",
    "DATA",
    "RSET",
    "QUIT",
];

/// 64 KiB of text with lines of ordinary length, each tenth of which begins with a dot.
fn message() -> Vec<u8> {
    (0..)
        .flat_map(|line| {
            let dot = if line % 10 == 0 { "." } else { "" };
            format!(
                "{dot}This is line {line} of a message that somebody wrote to somebody else.\r\n"
            )
            .into_bytes()
        })
        .take(65_536)
        .collect()
}

fn commands(c: &mut Criterion) {
    let mut group = c.benchmark_group("smtp/command");
    group.throughput(Throughput::Bytes(
        COMMANDS.iter().map(|line| line.len() as u64 + 2).sum(),
    ));
    group.bench_function("parse", |b| {
        b.iter(|| {
            for line in COMMANDS {
                black_box(Command::parse(black_box(line.as_bytes()))).unwrap();
            }
        });
    });
    group.finish();
}

fn replies(c: &mut Criterion) {
    let wire = "250-mx.example\r\n250-SIZE 35882577\r\n250-8BITMIME\r\n250-ENHANCEDSTATUSCODES\r\n250 SMTPUTF8\r\n";
    let mut group = c.benchmark_group("smtp/reply");
    group.throughput(Throughput::Bytes(wire.len() as u64));
    group.bench_function("parse", |b| {
        b.iter_batched_ref(
            || BytesMut::from(wire),
            |input| ReplyParser::new(512, 100).next(input).unwrap().unwrap(),
            BatchSize::SmallInput,
        );
    });
    group.finish();
}

fn data(c: &mut Criterion) {
    let message = message();
    let mut wire = BytesMut::new();
    let mut stuffer = DotStuffer::new();
    stuffer.write(&message, &mut wire);
    stuffer.finish(&mut wire);
    let mut group = c.benchmark_group("smtp/data");
    group.throughput(Throughput::Bytes(wire.len() as u64));
    group.bench_function("decode", |b| {
        b.iter_batched_ref(
            || wire.clone(),
            |input| {
                let mut decoder = DataDecoder::new(BareLineEnds::Refuse);
                while let Some(item) = decoder.next(input, usize::MAX) {
                    if black_box(item) == DataItem::End {
                        break;
                    }
                }
            },
            BatchSize::SmallInput,
        );
    });
    group.bench_function("encode", |b| {
        b.iter_batched_ref(
            || BytesMut::with_capacity(message.len() * 2),
            |wire| {
                let mut stuffer = DotStuffer::new();
                stuffer.write(black_box(&message), wire);
                stuffer.finish(wire);
            },
            BatchSize::SmallInput,
        );
    });
    // What one pass over the octets costs at least.
    group.bench_function("memchr", |b| {
        b.iter(|| memchr::memchr_iter(b'\n', black_box(&wire)).count())
    });
    group.finish();
}

fn sessions(c: &mut Criterion) {
    let groups = [
        "EHLO mail-ed1-f41.provider.example\r\n".to_owned(),
        format!("{}\r\n{}\r\nDATA\r\n", COMMANDS[1], COMMANDS[2]),
        format!(
            "{}.\r\n",
            "A line of a short answer to a short question.\r\n".repeat(20)
        ),
        "QUIT\r\n".to_owned(),
    ];
    let now = Instant::now();
    let config = ServerConfig::new("mx.example".parse().unwrap());
    let mut group = c.benchmark_group("smtp/session");
    group.throughput(Throughput::Elements(1));
    group.bench_function("server", |b| {
        b.iter(|| {
            let mut server = Server::new(config.clone(), now);
            let mut input = BytesMut::new();
            server.poll_transmit();
            for group in &groups {
                input.extend_from_slice(group.as_bytes());
                let mut moved = true;
                while moved {
                    server.handle_input(now, &mut input);
                    moved = server.poll_transmit().is_some();
                    while let Some(event) = server.poll_event() {
                        moved = true;
                        match event {
                            Event::Hello { ticket, .. }
                            | Event::Mail { ticket, .. }
                            | Event::Rcpt { ticket, .. }
                            | Event::Data { ticket }
                            | Event::EndOfData { ticket, .. } => {
                                server.accept(now, ticket).unwrap()
                            }
                            _ => {}
                        }
                    }
                }
            }
            assert!(server.is_closed());
        });
    });
    group.finish();
}

criterion_group!(benches, commands, replies, data, sessions);
criterion_main!(benches);
