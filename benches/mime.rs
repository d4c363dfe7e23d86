//! `inreply-mime`: finding the parts, reading all of them, extracting the reply. The input is made here; where the
//! corpora lie beside the project (`../shared`, or `$INREPLY_SHARED`) they are read, too.

use std::fmt::Write;
use std::fs;
use std::hint::black_box;
use std::path::{Path, PathBuf};

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use inreply_mime::Reply;
use inreply_mime::message::{Index, Limits, Message};

/// A message as a mail client sends it: text, HTML and a picture, with the header a few hosts leave.
fn message() -> Vec<u8> {
    let mut raw = String::new();
    for hop in 0..6 {
        let _ = write!(
            raw,
            "Received: from mx{hop}.example.net (mx{hop}.example.net [192.0.2.{hop}])\r\n\tby mx.example.com with ESMTPS \
             id abcdef{hop}\r\n\tfor <reply+abc@reply.example.com>; Tue, 3 Feb 2026 09:12:4{hop} +0100\r\n"
        );
    }
    raw.push_str(
        "DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed; d=example.com; s=k;\r\n\tbh=2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=;\r\n\tb=abc\r\n\
         From: =?utf-8?q?J=C3=BCrgen_Ann?= <ann@example.com>\r\nTo: Box <reply+abc@reply.example.com>\r\n\
         Subject: Re: [box] Lid is missing (#7)\r\nDate: Tue, 3 Feb 2026 09:12:44 +0100\r\nMessage-ID: <1@example.com>\r\n\
         In-Reply-To: <0@box.example.com>\r\nReferences: <0@box.example.com>\r\nMIME-Version: 1.0\r\n\
         Content-Type: multipart/mixed; boundary=\"outer\"\r\n\r\n--outer\r\n\
         Content-Type: multipart/alternative; boundary=\"inner\"\r\n\r\n--inner\r\n\
         Content-Type: text/plain; charset=\"utf-8\"\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n",
    );
    for line in reply().lines() {
        let _ = write!(
            raw,
            "{}\r\n",
            line.replace('=', "=3D").replace('\u{e9}', "=C3=A9")
        );
    }
    raw.push_str("--inner\r\nContent-Type: text/html; charset=\"utf-8\"\r\n\r\n<html><body>");
    for line in reply().lines() {
        let _ = write!(raw, "<p class=MsoNormal>{line}</p>\r\n");
    }
    raw.push_str(
        "</body></html>\r\n--inner--\r\n--outer\r\nContent-Type: image/png; name=\"lid.png\"\r\n",
    );
    raw.push_str(
        "Content-Disposition: attachment; filename=\"lid.png\"\r\nContent-Transfer-Encoding: base64\r\n\r\n",
    );
    for _ in 0..800 {
        raw.push_str(
            "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9\r\n",
        );
    }
    raw.push_str("--outer--\r\n");
    raw.into_bytes()
}

/// A reply above a quote of two levels.
fn reply() -> String {
    let mut text = String::from(
        "Hello Bob,\n\nit turned up in the caf\u{e9}, under the table.\nI have put it back.\n\nRegards,\nAnn\n\n-- \nAnn Field\n\n\
         On Tue, Feb 3, 2026 at 9:12 AM Bob Stone <bob@example.com> wrote:\n\n",
    );
    for line in 0..40 {
        let mark = if line % 3 == 0 { ">>" } else { ">" };
        let _ = writeln!(
            text,
            "{mark} has anybody seen the lid? I looked in {line} places and it is in none of them."
        );
    }
    text
}

fn read_everything(message: &Message<'_>) -> usize {
    let parts = message.parts().filter(|part| !part.has_parts());
    parts
        .map(|part| {
            if part.is_kind("text") {
                part.text().len()
            } else {
                part.body().len()
            }
        })
        .sum()
}

fn mime(criterion: &mut Criterion) {
    let raw = message();
    let mut group = criterion.benchmark_group("mime/structure");
    group.throughput(Throughput::Bytes(raw.len() as u64));
    group.bench_function("parse", |bencher| {
        bencher.iter(|| Message::parse(black_box(&raw)).parts().count())
    });
    let (limits, mut index) = (Limits::default(), Index::default());
    group.bench_function("parse_into", |bencher| {
        bencher.iter(|| {
            Message::parse_into(black_box(&raw), &limits, &mut index)
                .parts()
                .count()
        });
    });
    group.finish();

    let mut group = criterion.benchmark_group("mime/headers");
    group.throughput(Throughput::Bytes(raw.len() as u64));
    group.bench_function("from_to_subject_date", |bencher| {
        bencher.iter(|| {
            let message = Message::parse(black_box(&raw));
            let subject = message.subject().map_or(0, |subject| subject.len());
            message.from().len()
                + message.to().len()
                + subject
                + usize::from(message.date().is_some())
        });
    });
    group.finish();

    let mut group = criterion.benchmark_group("mime/full");
    group.throughput(Throughput::Bytes(raw.len() as u64));
    group.bench_function("every_body", |bencher| {
        bencher.iter(|| read_everything(&Message::parse(black_box(&raw))));
    });
    group.finish();
}

/// The messages of the corpora, or none.
fn corpus() -> Vec<Vec<u8>> {
    let shared = std::env::var_os("INREPLY_SHARED").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared"),
        PathBuf::from,
    );
    let mut folders = vec![shared.join("corpora/mime/messages")];
    let mut messages = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path);
            } else {
                messages.extend(fs::read(path));
            }
        }
    }
    messages
}

fn corpora(criterion: &mut Criterion) {
    let messages = corpus();
    if messages.is_empty() {
        eprintln!("mime/corpus: skipped, for there are no corpora");
        return;
    }
    let bytes: usize = messages.iter().map(Vec::len).sum();
    let mut group = criterion.benchmark_group("mime/corpus");
    group.throughput(Throughput::Bytes(bytes as u64));
    group.sample_size(20);
    let (limits, mut index) = (Limits::default(), Index::default());
    group.bench_function("structure", |bencher| {
        bencher.iter(|| {
            let parts = |raw: &Vec<u8>| {
                Message::parse_into(black_box(raw), &limits, &mut index)
                    .parts()
                    .count()
            };
            messages.iter().map(parts).sum::<usize>()
        });
    });
    group.bench_function("every_body", |bencher| {
        bencher.iter(|| {
            messages
                .iter()
                .map(|raw| read_everything(&Message::parse(black_box(raw))))
                .sum::<usize>()
        });
    });
    group.bench_function("reply", |bencher| {
        bencher.iter(|| {
            messages
                .iter()
                .map(|raw| {
                    Reply::of_message(&Message::parse(black_box(raw)))
                        .visible()
                        .len()
                })
                .sum::<usize>()
        });
    });
    group.finish();
}

fn replies(criterion: &mut Criterion) {
    let text = reply();
    let mut group = criterion.benchmark_group("reply/text");
    group.throughput(Throughput::Bytes(text.len() as u64));
    group.bench_function("top_post", |bencher| {
        bencher.iter(|| Reply::of_text(black_box(&text)).visible())
    });
    group.bench_function("memchr", |bencher| {
        bencher.iter(|| {
            black_box(&text)
                .bytes()
                .filter(|&byte| byte == b'\n')
                .count()
        });
    });
    group.finish();

    let raw = message();
    let message = Message::parse(&raw);
    let html = message.html();
    let mut group = criterion.benchmark_group("reply/html");
    group.throughput(Throughput::Bytes(html.len() as u64));
    group.bench_function("top_post", |bencher| {
        bencher.iter(|| Reply::of_html(black_box(&html)).visible())
    });
    group.finish();
}

criterion_group!(benches, mime, corpora, replies);
criterion_main!(benches);
