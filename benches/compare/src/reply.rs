//! `inreply-mime`'s visible reply against email_reply_parser.

use std::hint::black_box;
use std::panic::{AssertUnwindSafe, catch_unwind};

use email_reply_parser::EmailReplyParser;
use inreply_mime::reply::Reply;

use crate::measure::{alone, row};

pub(crate) fn rows(texts: &[String]) {
    // The peer panics on some inputs: both sides leave those out.
    std::panic::set_hook(Box::new(|_| {}));
    let texts: Vec<&String> = texts
        .iter()
        .filter(|text| {
            catch_unwind(AssertUnwindSafe(|| EmailReplyParser::parse_reply(text))).is_ok()
        })
        .collect();
    let _ = std::panic::take_hook();
    // It compiles its expressions at each call and takes milliseconds a text; twenty of them say enough.
    let few: Vec<&String> = texts
        .iter()
        .step_by(texts.len().div_ceil(20).max(1))
        .copied()
        .collect();
    row(
        "reply/text",
        "ns/text",
        few.len(),
        || {
            for text in &few {
                black_box(Reply::of_text(text).visible());
            }
        },
        || {
            for text in &few {
                black_box(EmailReplyParser::parse_reply(text));
            }
        },
    );
    let mut each: Vec<(f64, f64)> = texts
        .iter()
        .map(|text| {
            let repeat = 64;
            let ours = alone_once(repeat, || drop(black_box(Reply::of_text(text).visible())));
            let scan = alone_once(repeat, || {
                let _ = black_box(memchr::memchr_iter(b'\n', text.as_bytes()).count());
            });
            (ours, scan)
        })
        .collect();
    each.sort_by(|one, other| one.0.total_cmp(&other.0));
    if let Some((ours, scan)) = each.get(each.len() / 2) {
        println!(
            "# reply/text: median {:.1} us a text; memchr over the same octets {:.3} us",
            ours / 1e3,
            scan / 1e3
        );
    }
    let all = alone(|| {
        for text in &texts {
            black_box(Reply::of_text(text).visible());
        }
    });
    let octets: usize = texts.iter().map(|text| text.len()).sum();
    println!(
        "# reply/text: {:.1} ns a byte over all texts",
        all / octets as f64
    );
}

/// Nanoseconds a call, the best of three short rounds.
fn alone_once(repeat: u32, mut work: impl FnMut()) -> f64 {
    (0..3)
        .map(|_| {
            let start = std::time::Instant::now();
            (0..repeat).for_each(|_| work());
            start.elapsed().as_nanos() as f64 / f64::from(repeat)
        })
        .fold(f64::MAX, f64::min)
}
