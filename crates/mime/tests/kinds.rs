//! Who wrote it: one message of each kind, and people's mail that resembles a machine's.

use inreply_mime::kind::{Action, Kind, Verdict};
use inreply_mime::message::Message;

fn kind(raw: &str, sender: Option<&str>) -> Verdict {
    Verdict::of(&Message::parse(raw.as_bytes()), sender)
}

const DELIVERY_STATUS: &str = "From: Mail Delivery System <MAILER-DAEMON@mx.example.net>\n\
Subject: Undelivered Mail Returned to Sender\n\
Content-Type: multipart/report; report-type=delivery-status; boundary=b\n\n\
--b\n\nIt did not work.\n\
--b\nContent-Type: message/delivery-status\n\n\
Reporting-MTA: dns; mx.example.net\n\n\
Final-Recipient: rfc822; bob@example.com\n\
Action: failed\nStatus: 5.1.1\n\
Diagnostic-Code: smtp; 550 5.1.1 no such user\n\
--b--\n";

#[test]
fn a_delivery_status_of_failure_is_a_bounce() {
    let verdict = kind(DELIVERY_STATUS, Some(""));
    assert_eq!(verdict.kind(), Kind::Bounce);
    let recipient = &verdict.recipients()[0];
    assert_eq!(recipient.address(), "bob@example.com");
    assert_eq!(
        (recipient.action(), recipient.status()),
        (Action::Failed, "5.1.1")
    );
    assert_eq!(recipient.diagnostic(), "550 5.1.1 no such user");
}

#[test]
fn a_delivery_status_of_success_is_a_notice() {
    for (action, status) in [
        ("expanded", "2.0.0"),
        ("delivered", "2.0.0"),
        ("relayed", "2.0.0"),
    ] {
        let raw = DELIVERY_STATUS
            .replace("Action: failed", &format!("Action: {action}"))
            .replace("5.1.1\n", &format!("{status}\n"));
        assert_eq!(
            kind(&raw, Some("")).kind(),
            Kind::DeliveryNotice,
            "{action}"
        );
    }
    let delayed = DELIVERY_STATUS.replace("Action: failed", "Action: delayed");
    let verdict = kind(&delayed, Some(""));
    assert_eq!(verdict.kind(), Kind::Bounce);
    assert_eq!(
        verdict.recipients()[0].action(),
        Action::Delayed,
        "the caller can tell"
    );
}

#[test]
fn one_of_each() {
    let cases = [
        (
            Kind::AutoReply,
            "From: a@example.com\nAuto-Submitted: auto-replied (vacation)\n\nBack on Monday.\n",
        ),
        (
            Kind::AutoReply,
            "From: a@example.com\nSubject: Abwesenheitsnotiz: Deckel\nX-Autoreply: yes\n\nBin weg.\n",
        ),
        (
            Kind::Bounce,
            "From: MAILER-DAEMON@mx.example.net\nSubject: failure notice\n\nHi. This is the qmail-send program.\n",
        ),
        (
            Kind::FeedbackReport,
            "Content-Type: multipart/report; report-type=feedback-report; boundary=b\n\n--b\n\nspam\n--b\nContent-Type: message/feedback-report\n\nFeedback-Type: abuse\n--b--\n",
        ),
        (
            Kind::ReadReceipt,
            "Content-Type: multipart/report; report-type=disposition-notification; boundary=b\n\n--b\n\nread\n--b\nContent-Type: message/disposition-notification\n\nDisposition: manual-action/MDN-sent-manually; displayed\n--b--\n",
        ),
        (
            Kind::Calendar,
            "From: a@example.com\nContent-Type: text/calendar; method=REPLY\n\nBEGIN:VCALENDAR\n",
        ),
        (
            Kind::TlsReport,
            "Content-Type: multipart/report; report-type=tlsrpt; boundary=b\n\n--b\n\nreport\n--b--\n",
        ),
        (
            Kind::List,
            "From: a@example.com\nList-Id: <lids.example.com>\nPrecedence: list\n\nHello all.\n",
        ),
    ];
    for (expected, raw) in cases {
        let verdict = kind(raw, Some("someone@example.com"));
        assert_eq!(verdict.kind(), expected, "{raw}\n{}", verdict.reason());
        assert!(!verdict.reason().is_empty());
    }
}

#[test]
fn people_are_not_taken_for_machines() {
    for raw in [
        "From: Ann <ann@example.com>\nSubject: Re: Out of office furniture\n\nYes.\n",
        "From: Ann <ann@example.com>\nSubject: Automatic reply does not work\n\nIt never comes.\n",
        "From: Ann <ann@example.com>\nX-Auto-Response-Suppress: All\nPrecedence: bulk\n\nYes.\n",
        "From: Ann <ann@example.com>\nAuto-Submitted: no\n\nYes.\n",
        "From: Ann <ann@example.com>\nList-Id: <lids.example.com>\n\nI read it on the list.\n",
        "From: Ann <ann@example.com>\nSubject: Re: Undelivered Mail\n\nThe message could not be delivered, I hear.\n",
        "From: Postmaster Ann <postmaster@example.com>\nSubject: Re: lid\n\nI will look.\n",
    ] {
        let verdict = kind(raw, Some("ann@example.com"));
        assert_eq!(verdict.kind(), Kind::Human, "{raw}\n{}", verdict.reason());
    }
}

#[test]
fn the_envelope_sender_counts() {
    let raw = "From: Ann <ann@example.com>\nSubject: Automatic reply: lid\n\nI am away.\n";
    assert_eq!(
        kind(raw, Some("ann@example.com")).kind(),
        Kind::Human,
        "one weak sign"
    );
    assert_eq!(kind(raw, Some("")).kind(), Kind::AutoReply, "two");
    let with_path = format!("Return-Path: <>\n{raw}");
    assert_eq!(
        kind(&with_path, None).kind(),
        Kind::AutoReply,
        "the field stands for the envelope"
    );
    assert_eq!(
        kind(&with_path, Some("ann@example.com")).kind(),
        Kind::Human,
        "the envelope goes before the field"
    );
}

#[test]
fn own_mail_is_told_by_the_caller() {
    let message = Message::parse(b"Message-ID: <1@box.example.com>\n\n");
    let own = |message: &Message<'_>| {
        message
            .message_id()
            .is_some_and(|id| id.ends_with("@box.example.com"))
    };
    assert_eq!(Verdict::of_foreign(&message, None, own).kind(), Kind::Own);
}
