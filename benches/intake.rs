//! Messages to outcomes, one core: `inreply/intake`, in octets and messages a second.

// A bench that measures something else must not look like one that ran.
#![allow(clippy::panic)]

use std::hint::black_box;
use std::time::SystemTime;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use inreply::gate::{Decision, Gate, Recipient};
use inreply::inbox::{Senders, Standing};
use inreply::intake::{Mail, Outcome, decide};
use inreply::site::Site;
use inreply_token::{Context, Day, Key, KeyId, KeyRing};

const HEADER: &str = "From: Ann Example <ann@example.com>\r\nTo: widgets <reply+x@reply.forge.example>\r\n\
     Subject: Re: [widgets] Build fails (#7)\r\nDate: Mon, 2 Nov 2026 09:30:00 +0100\r\n\
     Message-ID: <b2b9c260@mail.example.com>\r\nIn-Reply-To: <issue/7/comment/3@forge.example>\r\n\
     References: <issue/7@forge.example> <issue/7/comment/3@forge.example>\r\nMIME-Version: 1.0\r\n";

const TEXT: &str = "Merge it. The build is green again since this morning.\r\n\r\n\
     On Mon, 2 Nov 2026 at 09:12, Bob <bob@example.com> wrote:\r\n> Shall I merge?\r\n> It is green.\r\n";

/// What people send, by what it costs.
fn messages() -> Vec<(&'static str, String)> {
    let html: String = TEXT
        .lines()
        .map(|line| format!("<div>{line}</div>"))
        .collect();
    let twins = format!(
        "{HEADER}Content-Type: multipart/alternative; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n{TEXT}\
         \r\n--b\r\nContent-Type: text/html; charset=utf-8\r\n\r\n<html><body>{html}</body></html>\r\n--b--\r\n"
    );
    let line = "QmFzZTY0IG9mIGEgcGljdHVyZSB0aGF0IG5vYm9keSBsb29rcyBhdCwgYWdhaW4u";
    let attached = format!(
        "{HEADER}Content-Type: multipart/mixed; boundary=m\r\n\r\n--m\r\nContent-Type: text/plain\r\n\r\n{TEXT}\r\n--m\r\n\
         Content-Type: image/png; name=p.png\r\nContent-Transfer-Encoding: base64\r\nContent-Disposition: attachment\r\n\r\n{}--m--\r\n",
        format!("{line}\r\n").repeat(15_000)
    );
    let quoted = "> A line of the history that everybody has read already.\r\n".repeat(200);
    vec![
        (
            "text",
            format!("{HEADER}Content-Type: text/plain\r\n\r\n{TEXT}"),
        ),
        (
            "long quote",
            format!("{HEADER}Content-Type: text/plain\r\n\r\n{TEXT}{quoted}"),
        ),
        ("text and html", twins),
        ("attachment", attached),
    ]
}

fn intake(criterion: &mut Criterion) -> Result<(), Box<dyn std::error::Error>> {
    let ring = KeyRing::new(KeyId(1), Key::from_bytes(&[7; 32])?);
    let gate = Gate::new(Site::new("forge.example")?, &ring);
    let today = Day::from_unix_seconds(1_800_000_000);
    let address = gate.addresses().mint(Context::Reply, (7, 5), today)?;
    let Decision::Ask(token) = gate.check(&[], &format!("<{address}>").parse()?, today) else {
        return Err("the gate does not know its own address".into());
    };
    let admitted = gate.admit(token, &Standing::Open(Senders::Anyone));
    let recipients: [Recipient; 1] = [admitted.map_err(|reply| reply.to_string())?];
    let reverse_path = "<ann@example.com>".parse()?;
    let mut group = criterion.benchmark_group("inreply/intake");
    for (name, message) in messages() {
        let mail = Mail {
            reverse_path: &reverse_path,
            recipients: &recipients,
            senders: Some(&Senders::Anyone),
            verdicts: None,
            received_at: SystemTime::UNIX_EPOCH,
            message: message.as_bytes(),
        };
        if !matches!(decide(&gate, &mail), Outcome::Comment(reply) if reply.text.starts_with("Merge it."))
        {
            return Err(format!("{name} is no comment").into());
        }
        group.throughput(Throughput::ElementsAndBytes {
            elements: 1,
            bytes: message.len() as u64,
        });
        group.bench_with_input(BenchmarkId::from_parameter(name), &mail, |bencher, mail| {
            bencher.iter(|| black_box(decide(&gate, black_box(mail))));
        });
    }
    group.finish();
    Ok(())
}

fn benches(criterion: &mut Criterion) {
    if let Err(error) = intake(criterion) {
        panic!("{error}");
    }
}

criterion_group!(all, benches);
criterion_main!(all);
