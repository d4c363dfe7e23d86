//! `inreply-mime` against mail-parser.

use std::hint::black_box;

use inreply_mime::message::{Index, Limits, Message};
use mail_parser::{HeaderForm, HeaderName, MessageParser};

use crate::measure::row;

/// Fields that the peer reads into a structure by default.
const TYPED: [&str; 44] = [
    "subject",
    "comments",
    "mime-version",
    "thread-topic",
    "from",
    "to",
    "cc",
    "bcc",
    "reply-to",
    "sender",
    "resent-to",
    "resent-from",
    "resent-cc",
    "resent-bcc",
    "resent-sender",
    "list-archive",
    "list-help",
    "list-id",
    "list-owner",
    "list-post",
    "list-subscribe",
    "list-unsubscribe",
    "date",
    "resent-date",
    "message-id",
    "in-reply-to",
    "references",
    "resent-message-id",
    "return-path",
    "keywords",
    "received",
    "content-id",
    "content-description",
    "content-language",
    "content-location",
    "delivered-to",
    "x-original-to",
    "errors-to",
    "disposition-notification-to",
    "return-receipt-to",
    "mail-reply-to",
    "mail-followup-to",
    "apparently-to",
    "arc-authentication-results",
];

pub(crate) fn rows(messages: &[Vec<u8>]) {
    let unit = "ns/message";
    let typed = MessageParser::new();
    let raw = TYPED.iter().fold(MessageParser::new(), |parser, name| {
        parser.header(HeaderName::Other((*name).into()), HeaderForm::Raw)
    });
    let mut index = Index::default();
    let limits = Limits::default();
    let mut structure = || {
        for message in messages {
            black_box(
                Message::parse_into(message, &limits, &mut index)
                    .parts()
                    .count(),
            );
        }
    };
    let peer = |parser: &MessageParser| {
        for message in messages {
            black_box(parser.parse(message).map(|message| message.parts().len()));
        }
    };
    row(
        "mime/structure",
        unit,
        messages.len(),
        &mut structure,
        || peer(&typed),
    );
    row(
        "mime/structure-raw",
        unit,
        messages.len(),
        &mut structure,
        || peer(&raw),
    );
    row(
        "mime/headers",
        unit,
        messages.len(),
        || {
            for message in messages {
                let message = Message::parse_into(message, &limits, &mut index);
                black_box((
                    message.from(),
                    message.to(),
                    message.subject(),
                    message.date(),
                ));
            }
        },
        || {
            for message in messages {
                let message = typed.parse(message);
                black_box(message.as_ref().map(|message| {
                    let count = |list: mail_parser::AddressList<'_>| list.mailboxes().count();
                    (
                        message.from().map(count),
                        message.to().map(count),
                        message.subject().map(str::len),
                        message.date(),
                    )
                }));
            }
        },
    );
    row(
        "mime/full",
        unit,
        messages.len(),
        || {
            for message in messages {
                let message = Message::parse(message);
                for part in message.parts().filter(|part| !part.is_multipart()) {
                    if part.is_kind("text") {
                        black_box(part.text());
                    } else {
                        black_box(part.body());
                    }
                }
            }
        },
        || {
            for message in messages {
                let Some(message) = typed.parse(message) else {
                    continue;
                };
                for part in message.parts().filter(|part| !part.is_multipart()) {
                    if part.is_text() {
                        black_box(part.text());
                    } else {
                        black_box(part.decoded());
                    }
                }
            }
        },
    );
}
