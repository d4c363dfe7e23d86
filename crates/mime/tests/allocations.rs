//! What a parse allocates: three tables, and nothing where they are used again.

use std::fmt::Write;

use allocation_counter::measure;
use inreply_mime::Message;
use inreply_mime::message::{Index, Limits};

/// Messages of few and many fields and parts, without a defect.
fn messages() -> Vec<String> {
    let mut plain = String::new();
    for hop in 0..80 {
        let _ = write!(
            plain,
            "Received: from mx{hop}.example.net\r\n\tby mx.example.com\r\n"
        );
    }
    plain.push_str("Subject: lid\r\n\r\nIt turned up.\r\n");
    let mut nested = "Subject: lid\r\n".to_owned();
    for depth in 0..4 {
        let _ = write!(
            nested,
            "Content-Type: multipart/mixed; boundary=\"b{depth}\"\r\n\r\n--b{depth}\r\n"
        );
    }
    nested.push_str("\r\nIt turned up.\r\n--b3\r\n\r\nOr did it?\r\n");
    for depth in (0..4).rev() {
        let _ = write!(nested, "--b{depth}--\r\n");
    }
    vec![
        "\r\n".to_owned(),
        "Subject: lid\r\n\r\nIt turned up.\r\n".to_owned(),
        plain,
        nested,
    ]
}

#[test]
fn at_most_three_a_message() {
    for raw in messages() {
        let counted = measure(|| {
            let message = Message::parse(raw.as_bytes());
            assert!(message.defects().is_empty());
        });
        assert!(counted.count_total <= 3, "{counted:?}\n{raw}");
    }
}

#[test]
fn none_where_the_tables_are_used_again() {
    let limits = Limits::default();
    let mut index = Index::default();
    let messages = messages();
    for raw in &messages {
        let _ = Message::parse_into(raw.as_bytes(), &limits, &mut index);
    }
    for raw in &messages {
        let counted = measure(|| {
            let message = Message::parse_into(raw.as_bytes(), &limits, &mut index);
            assert!(message.parts().count() > 0);
        });
        assert_eq!(counted.count_total, 0, "{raw}");
    }
}
