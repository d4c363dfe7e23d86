//! Where the input is cut never changes what happens.

// Helpers of tests are tests.
#![allow(clippy::unwrap_used, clippy::panic)]

mod support;

use inreply_smtp::wire::sasl::{Mechanism, Mechanisms};
use proptest::prelude::*;
use support::{Session, config};

/// What is said between two points at which a client waits; the harness drains the replies there.
fn scripts() -> impl Strategy<Value = Vec<String>> {
    let word = prop::sample::select(vec![
        "NOOP\r\n",
        "RSET\r\n",
        "VRFY x\r\n",
        "MAIL FROM:<a@b>\r\n",
        "MAIL FROM:<> SIZE=5\r\n",
        "RCPT TO:<c@d>\r\n",
        "RCPT TO:<no@d>\r\n",
        "RCPT TO:\r\n",
        "X\nY\r\n",
        "\r\n",
        "NOOP aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\r\n",
        "BDAT 3\r\nabc",
        "BDAT 4\r\n\r\n.\r",
        "BDAT 1\r\n\n",
        "BDAT 9 LAST\r\nNOOP\r\nhi\n",
        "BDAT 0 LAST\r\n",
        "AUTH PLAIN\r\nAGFubgBodW50ZXI=\r\n",
        "AUTH LOGIN\r\nYW5u\r\n*\r\n",
        "AUTH CRAM-MD5\r\n!\r\n",
        "AUTH SCRAM-SHA-256 biwsbj1hbm4scj14\r\nYQ==\r\n",
    ]);
    let group = prop::collection::vec(word, 0..6).prop_map(|words| words.concat());
    let text = prop::collection::vec(prop::sample::select(b"\r\n.\0a".to_vec()), 0..40);
    let message = text.prop_map(|text| format!("{}\r\n.\r\n", String::from_utf8(text).unwrap()));
    let transaction = (group, message).prop_map(|(group, message)| {
        vec![
            format!("{group}MAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nDATA\r\n"),
            message,
        ]
    });
    prop::collection::vec(transaction, 1..4).prop_map(|groups| groups.concat())
}

fn run(script: &[String], piece: usize) -> (String, Vec<String>) {
    let config = config()
        .max_line(60)
        .body_window(16)
        .auth(Mechanisms::from_iter(Mechanism::ALL))
        .plaintext_auth(true);
    let mut session = Session::greeted(config);
    let mut replies = String::new();
    for group in script {
        for piece in group.as_bytes().chunks(piece) {
            replies.push_str(&session.say(piece));
        }
    }
    (replies, session.log)
}

proptest! {
    #[test]
    fn every_segmentation_gives_the_same_events_and_replies(script in scripts(), piece in 1_usize..9) {
        prop_assert_eq!(run(&script, piece), run(&script, usize::MAX));
    }

    #[test]
    fn arbitrary_octets_never_panic_and_are_bounded(octets in prop::collection::vec(any::<u8>(), 0..512), piece in 1_usize..64) {
        let mut session = Session::greeted(config());
        for piece in octets.chunks(piece) {
            session.say(piece);
        }
        session.server.handle_eof(session.now);
        session.drain();
        prop_assert!(session.server.is_closed());
    }
}
