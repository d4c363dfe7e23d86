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
        "From: Postmaster <postmaster@example.com>\nIn-Reply-To: <1@b.example>\nSubject: Re: Mail delivery problems\n\nThe mailbox is full, so it could not be delivered. Delete some. Ann\n",
        "From: Postmaster Bo <postmaster@example.com>\nIn-Reply-To: <1@b.example>\nSubject: Svar: Undelivered mail\n\nDet er ordnet.\n",
        "From: Box <no-reply@example.com>\nSubject: Re: Lid not delivered\n\nIt was not delivered to my door.\n",
        "From: Bounce Lids <info@bouncelids.example>\nSubject: Re: Lid\n\nYour card bounced: unable to deliver.\n",
        "From: Mail Delivery Solutions Sales <sales@mds.example>\nSubject: Re: lorries\n\nNothing was undelivered last year.\n",
        "From: Ann <bouncer.ann@example.com>\nSubject: Lid\n\nUndeliverable, said the courier.\n",
        "From: Ann <ann@example.com>\nSubject: Fwd: Undelivered Mail Returned to Sender\n\nWhat is this?\n\nYour message could not be delivered.\n\n<bob@example.com>: 550 5.1.1 user unknown\n",
        "From: Ann <ann@example.com>\nSubject: Mail nicht zugestellt\n\nHallo Bob,\n\nfolgende Mail konnte nicht zugestellt werden:\n<bob@example.com>\nBitte pr\u{fc}fen Sie das.\n",
        "From: Ann <ann@example.com>\nSubject: Nicht zugestellt\n\nMeine Mail an\n\nbob@example.com\n\nkonnte nicht zugestellt werden.\n",
        "From: Ann <ann@example.com>\nSubject: Message not delivered\n\nBob, all,\n\nthis was not delivered to\n\nbob@example.com\n",
        "From: Ann <ann@example.com>\nSubject: Mail niet bezorgd\n\nDeze mail kon niet worden bezorgd, ik weet niet waarom:\n<bob@example.com>\n",
        "From: Ann <ann@example.com>\nSubject: Mail not delivered\n\nHi,\n\nmy message to\n\nbob@example.com\n\ncould not be delivered.\n",
        "From: Ann <ann@example.com>\nSubject: Lid\n\nAmazon says \"notificationType\":\"Bounce\", why?\n",
        "From: Ann <ann@example.com>\nPrecedence: bulk\nSubject: Vacation plans\n\nThe lake?\n",
        "From: Ann <ann@example.com>\nPrecedence: bulk\nSubject: Auto: repariert\n\nEs ist fertig.\n",
        "From: Ann <ann@example.com>\nIn-Reply-To: <1@b.example>\nList-Unsubscribe: <https://crm.example.com/u>\nPrecedence: bulk\nSubject: Re: lid\n\nYes.\n",
        "From: Ann <ann@example.com>\nSubject: AW: Automatische Antwort: Deckel\nX-Auto-Response-Suppress: All\n\nDanke.\n",
    ] {
        let verdict = kind(raw, Some("ann@example.com"));
        assert_eq!(verdict.kind(), Kind::Human, "{raw}\n{}", verdict.reason());
    }
}

#[test]
fn automatic_answers_of_many_languages() {
    for subject in [
        "Automatic reply: lid",
        "Automatische Antwort: Deckel",
        "Automatski odgovor: poklopac",
        "Samodejni odgovor: pokrov",
        "Automaatvastus: kaas",
        "Automātiska atbilde: vāks",
        "Automatinis atsakymas: dangtis",
        "Автоматичен отговор: капак",
        "תשובה אוטומטית: מכסה",
        "رد تلقائي: غطاء",
        "Trả lời tự động: nắp",
        "Balasan Otomatis: tutup",
        "ตอบกลับอัตโนมัติ: ฝา",
        "Automatická odpoveď: veko",
    ] {
        let raw = format!("From: Ann <ann@example.com>\nSubject: {subject}\n\nAway.\n");
        assert_eq!(kind(&raw, Some("")).kind(), Kind::AutoReply, "{subject}");
        assert_eq!(kind(&raw, None).kind(), Kind::Human, "{subject}: one sign");
    }
}

#[test]
fn bounces_of_exchange_without_their_report() {
    for subject in [
        "Undeliverable: lid",
        "Unzustellbar: Deckel",
        "Non remis : couvercle",
        "Non recapitabile: coperchio",
        "Niet-bezorgbaar: deksel",
        "Niedostarczalny: pokrywka",
        "Não é possível entregar: tampa",
        "Не удается доставить: крышка",
        "Nedoručitelné: víko",
        "Teslim edilemedi: kapak",
        "Kézbesíthetetlen: fedél",
        "未送达: 盖子",
        "배달되지 않음: 뚜껑",
        "Ei voi toimittaa: kansi",
        "Kan ikke leveres: låg",
    ] {
        let raw = format!(
            "From: Microsoft Outlook <MicrosoftExchange329e71ec88ae4615bbc36ab6ce41109e@example.com>\nSubject: {subject}\n\nbob@example.com\n"
        );
        assert_eq!(kind(&raw, Some("")).kind(), Kind::Bounce, "{subject}");
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

/// Sender, subject, text; then address, status and the start of the reason, for each recipient.
type Transcript = (
    &'static str,
    &'static str,
    &'static str,
    &'static [(&'static str, &'static str, &'static str)],
);

#[test]
fn bounces_in_plain_words_name_their_recipients() {
    let cases: &[Transcript] = &[
        (
            "qmail",
            "failure notice",
            "Hi. This is the qmail-send program at mx.example.net.\nI'm afraid I wasn't able to deliver your message to \
             the following addresses.\nThis is a permanent error; I've given up. Sorry it didn't work out.\n\n\
             <bob@example.com>:\n192.0.2.7 does not like recipient.\nRemote host said: 550 5.1.1 no such user\n\
             Giving up on 192.0.2.7.\n\n<carol@example.com>:\nSorry, no mailbox here by that name. (#5.1.1)\n\n\
             --- Below this line is a copy of the message.\n\nReturn-Path: <ann@example.org>\n\nto dave@example.com\n",
            &[
                ("bob@example.com", "5.1.1", "192.0.2.7 does not like"),
                ("carol@example.com", "5.1.1", "Sorry, no mailbox"),
            ],
        ),
        (
            "Exim",
            "Mail delivery failed: returning message to sender",
            "This message was created automatically by mail delivery software.\n\nA message that you sent could not be \
             delivered to one or more of its\nrecipients. This is a permanent error. The following address(es) failed:\n\n\
             \x20 bob@example.com\n    host mx.example.com [192.0.2.7]\n    SMTP error from remote mail server after \
             RCPT TO:<bob@example.com>:\n    550 5.2.2 mailbox full\n\n\
             ------ This is a copy of the message, including all the headers. ------\n\nReceived: from x\n",
            &[("bob@example.com", "5.2.2", "host mx.example.com")],
        ),
        (
            "Postfix",
            "Undelivered Mail Returned to Sender",
            "This is the mail system at host mx.example.net.\n\nFor further assistance, please send mail to \
             postmaster.\n\n                   The mail system\n\n<bob@example.com>: host mx.example.com[192.0.2.7] said: 554 \
             5.7.1\n    <bob@example.com>: Relay access denied (in reply to RCPT TO command)\n",
            &[(
                "bob@example.com",
                "5.7.1",
                "host mx.example.com[192.0.2.7] said",
            )],
        ),
        (
            "sendmail",
            "Returned mail: see transcript for details",
            "The original message was received at Tue, 3 Feb 2026 09:12:44 +0100\nfrom box.example.org [192.0.2.9]\n\n\
             \x20  ----- The following addresses had permanent fatal errors -----\n<bob@example.com>\n    (reason: 550 \
             5.1.1 <bob@example.com>... User unknown)\n\n   ----- Transcript of session follows -----\n\
             ... while talking to mx.example.com.:\n>>> RCPT To:<bob@example.com>\n<<< 550 5.1.1 <bob@example.com>... \
             User unknown\n550 5.1.1 <bob@example.com>... User unknown\n",
            &[("bob@example.com", "5.1.1", "(reason: 550")],
        ),
        (
            "Exchange",
            "Undeliverable: lid",
            "Your message\n\n  To:      bob\n  Subject: lid\n  Sent:    Tue, 3 Feb 2026 09:12:44 +0100\n\n\
             did not reach the following recipient(s):\n\nbob@example.com on Tue, 3 Feb 2026 09:12:51 +0100\n    \
             The recipient name is not recognized\n",
            &[("bob@example.com", "", "on Tue")],
        ),
        (
            "Domino",
            "DELIVERY FAILURE: User bob not listed in Domino Directory",
            "Your message\n\n  Subject: lid\n\nwas not delivered to:\n\n  bob@example.com\n\nbecause:\n\n  User bob \
             (bob@example.com) not listed in Domino Directory\n",
            &[("bob@example.com", "", "because: User bob")],
        ),
        (
            "LISTSERV",
            "Delivery error report",
            "An error was detected while processing the enclosed message. A list of\nthe affected recipient follows.\n\n\
             Error-for:  bob@example.com\nError-Code: 0\nError-Text: \"554 loops\"\n\n\
             ------------------------------ Original message ------------------------------\n\nto: dave@example.com\n",
            &[("bob@example.com", "", "Error-Code: 0")],
        ),
        (
            "somebody's own",
            "Undeliverable mail",
            "Sorry, we were unable to deliver your message to bob@example.com, for\nthe quota is exceeded.\n",
            &[("bob@example.com", "", "")],
        ),
    ];
    for (name, subject, text, expected) in cases {
        let raw = format!(
            "From: Mail Delivery System <MAILER-DAEMON@mx.example.net>\nTo: ann@example.org\nSubject: {subject}\n\n{text}"
        );
        let verdict = kind(&raw, Some(""));
        assert_eq!(verdict.kind(), Kind::Bounce, "{name}");
        let recipients = verdict.recipients();
        assert_eq!(recipients.len(), expected.len(), "{name}: {recipients:?}");
        for (recipient, (address, status, reason)) in recipients.iter().zip(*expected) {
            assert_eq!(
                (recipient.address(), recipient.status()),
                (*address, *status),
                "{name}"
            );
            assert!(
                recipient.diagnostic().starts_with(reason),
                "{name}: {}",
                recipient.diagnostic()
            );
            assert_eq!(recipient.action(), Action::Failed, "{name}");
        }
    }
}

#[test]
fn a_bounce_in_plain_words_says_whether_it_is_a_delay() {
    let raw = "From: MAILER-DAEMON@mx.example.net\nTo: ann@example.org\n\
         X-Failed-Recipients: bob@example.com, carol@example.com\n\
         Subject: Warning: message 1abc delayed 24 hours\n\nThis message has not yet been delivered to:\n\n  \
         bob@example.com\n    host mx.example.com: 451 4.2.1 come back\n\nNo action is required on your part.\n";
    let verdict = kind(raw, Some(""));
    let [bob, carol] = verdict.recipients() else {
        panic!("{verdict:?}");
    };
    assert_eq!((bob.address(), bob.status()), ("bob@example.com", "4.2.1"));
    assert_eq!(carol.address(), "carol@example.com");
    assert_eq!(
        (bob.action(), carol.action()),
        (Action::Delayed, Action::Delayed)
    );
}

#[test]
fn the_exact_status_of_the_other_server_counts() {
    let raw = DELIVERY_STATUS
        .replace("Status: 5.1.1", "Status: 5.0.0")
        .replace("550 5.1.1 no", "550 5.2.2 full, no");
    assert_eq!(kind(&raw, Some("")).recipients()[0].status(), "5.2.2");
}

#[test]
fn a_report_without_its_part_names_the_recipient_of_what_it_returns() {
    let raw = "From: MAILER-DAEMON@mx.example.net\nTo: ann@example.org\nSubject: Undeliverable\n\
         Content-Type: multipart/report; report-type=delivery-status; boundary=b\n\n\
         --b\n\nIt did not work.\n\
         --b\nContent-Type: message/rfc822\n\nTo: bob@example.com\nSubject: lid\n\nHi\n--b--\n";
    let verdict = kind(raw, Some(""));
    assert_eq!(verdict.recipients()[0].address(), "bob@example.com");
}
