use super::*;
use crate::auth::{AuthResult, Dmarc};
use crate::gate::{Decision, Gate};
use inreply_token::{Context, Day, Key, KeyId, KeyRing};

fn gate() -> Gate {
    let site = Site::new("forge.example").unwrap();
    Gate::new(
        site,
        &KeyRing::new(KeyId(1), Key::from_bytes(&[7; 32]).unwrap()),
    )
}

fn today() -> Day {
    Day::from_unix_seconds(1_800_000_000)
}

fn recipient(context: Context) -> Recipient {
    let gate = gate();
    let addresses = if context == Context::Bounce {
        gate.bounce_addresses()
    } else {
        gate.addresses()
    };
    let address = addresses.mint(context, (7, 5), today()).unwrap();
    match gate.check(&[], &format!("<{address}>").parse().unwrap(), today()) {
        Decision::Ask(opened) => Recipient::Reply(opened),
        Decision::Accept(recipient) => recipient,
        other => panic!("{other:?}"),
    }
}

fn outcome(message: &str, sender: &str, recipients: &[Recipient], senders: &Senders) -> Outcome {
    judged(message, sender, recipients, senders, None)
}

fn judged(
    message: &str,
    sender: &str,
    recipients: &[Recipient],
    senders: &Senders,
    verdicts: Option<&Verdicts>,
) -> Outcome {
    let mail = Mail {
        reverse_path: &sender.parse().unwrap(),
        recipients,
        senders: Some(senders),
        verdicts,
        received_at: SystemTime::UNIX_EPOCH,
        message: message.as_bytes(),
    };
    decide(&gate(), &mail)
}

fn reply(message: &str) -> Outcome {
    outcome(
        message,
        "<ann@example.com>",
        &[recipient(Context::Reply)],
        &Senders::Anyone,
    )
}

#[test]
fn a_domain_that_vouches_for_its_author() {
    let senders = Senders::OnlyAuthenticated(vec!["ann@example.com".to_owned()]);
    let message = "From: Ann@example.com\r\n\r\nMerge it.\r\n";
    let code = |verdicts: Option<(AuthResult, &str)>| {
        let verdicts = verdicts.map(|(result, domain)| Verdicts {
            dmarc: Dmarc::new(result, domain),
            ..Verdicts::default()
        });
        let sender = "<ann@example.com>";
        let token = [recipient(Context::Reply)];
        match judged(message, sender, &token, &senders, verdicts.as_ref()) {
            Outcome::Comment(reply) => {
                assert_eq!(reply.verdicts, verdicts);
                250
            }
            Outcome::Refused { refusal, .. } => refusal.reply(gate().site()).code().as_u16(),
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(code(Some((AuthResult::Pass, "example.com"))), 250);
    assert_eq!(code(Some((AuthResult::TempError, "example.com"))), 451);
    for bad in [
        None,
        Some((AuthResult::Fail, "example.com")),
        Some((AuthResult::None, "example.com")),
        Some((AuthResult::Pass, "example.net")),
    ] {
        assert_eq!(code(bad), 550, "{bad:?}");
    }
}

/// The steps of the end of DATA, top to bottom, each message with the fault of its row and of every row below.
#[test]
fn the_first_fault_counts() {
    let only = Senders::Only(vec!["Bob@example.com".to_owned()]);
    let hops = "Received: from a by b; Thu, 1 Jan 2026 00:00:00 +0000\r\n".repeat(100);
    let quote = "\r\n> quoted\r\n";
    for (message, expected) in [
        (
            format!("Auto-Submitted: auto-replied\r\n{hops}{quote}"),
            "auto-reply",
        ),
        (format!("{hops}{quote}"), "554 5.4.6"),
        (quote.to_owned(), "554 5.6.0"),
        (
            format!("From: a@example.com\r\nFrom: b@example.com\r\n{quote}"),
            "554 5.6.0",
        ),
        (
            format!("From: a@example.com, b@example.com\r\n{quote}"),
            "554 5.6.0",
        ),
        (format!("From: ann@example.com\r\n{quote}"), "550 5.7.1"),
        (
            "From: bob@example.com\r\nContent-Type: image/png\r\n\r\nx\r\n".to_owned(),
            "554 5.6.1",
        ),
        (format!("From: bob@example.com\r\n{quote}"), "554 5.6.0"),
        ("From: BOB@example.com\r\n\r\nyes\r\n".to_owned(), "comment"),
    ] {
        let got = match outcome(
            &message,
            "<ann@example.com>",
            &[recipient(Context::Reply)],
            &only,
        ) {
            Outcome::Refused { refusal, .. } => refusal
                .reply(gate().site())
                .to_string()
                .chars()
                .take(9)
                .collect(),
            Outcome::Ignored { kind, .. } => kind.to_owned(),
            Outcome::Comment(_) => "comment".to_owned(),
            other => panic!("{other:?}"),
        };
        assert_eq!(got, expected, "{message}");
    }
}

#[test]
fn list_fields_do_not_silence_a_person() {
    let message = "From: ann@example.com\r\nPrecedence: bulk\r\nList-Id: <x.example.com>\r\nX-Auto-Response-Suppress: All\r\n\r\nyes\r\n";
    assert!(matches!(reply(message), Outcome::Comment(_)));
}

#[test]
fn our_own_notification_is_known_by_its_message_id_or_its_mark() {
    let own =
        "From: ann@example.com\r\nMessage-ID: <issue/7/comment/3@Forge.example>\r\n\r\nhi\r\n";
    assert!(matches!(reply(own), Outcome::Ignored { kind: "own", .. }));
    // A relay has given it another Message-ID.
    let marked = |mark: &str| {
        format!(
            "From: ann@example.com\r\nMessage-ID: <1@ses.example>\r\nX-Inreply-Own: {mark}\r\n\r\nhi\r\n"
        )
    };
    let mark = gate().mark(Ids::from((7, 5)), today()).unwrap();
    assert!(matches!(
        reply(&marked(&mark)),
        Outcome::Ignored { kind: "own", .. }
    ));
    let token = gate().addresses().mint(Context::Reply, (7, 5), today());
    for forged in ["", "yes", token.unwrap().token()] {
        assert!(
            matches!(reply(&marked(forged)), Outcome::Comment(_)),
            "{forged}"
        );
    }
    let answer = "From: ann@forge.example\r\nMessage-ID: <5c1f@forge.example>\r\nReferences: <issue/7@forge.example>\r\n\
                  Received: from forge.example by mx.example\r\n\r\nhi\r\n";
    assert!(matches!(reply(answer), Outcome::Comment(_)));
}

#[test]
fn a_token_in_the_text_is_not_published() {
    let address = gate()
        .addresses()
        .mint(Context::Reply, (7, 5), today())
        .unwrap();
    let Outcome::Comment(comment) = reply(&format!(
        "From: ann@example.com\r\n\r\nI wrote to {address} twice.\r\n"
    )) else {
        panic!()
    };
    assert!(!comment.text.contains(address.token()), "{}", comment.text);
}

#[test]
fn the_text_of_a_comment_has_plain_line_ends() {
    let Outcome::Comment(comment) = reply("From: ann@example.com\r\n\r\none\r\n\r\ntwo\r\n") else {
        panic!()
    };
    assert_eq!(comment.text, "one\n\ntwo");
}

#[test]
fn copies_have_one_key() {
    let key = |message: &str, subject: u64| {
        let address = gate()
            .addresses()
            .mint(Context::Reply, (subject, 5), today())
            .unwrap();
        let Decision::Ask(opened) =
            gate().check(&[], &format!("<{address}>").parse().unwrap(), today())
        else {
            panic!()
        };
        match outcome(
            message,
            "<ann@example.com>",
            &[Recipient::Reply(opened)],
            &Senders::Anyone,
        ) {
            Outcome::Comment(reply) => reply.key,
            other => panic!("{other:?}"),
        }
    };
    let message = "From: ann@example.com\r\nMessage-ID: <1@x>\r\n\r\nyes\r\n";
    let other_way = format!("Received: from a by b\r\n{message}");
    assert_eq!(key(message, 7), key(&other_way, 7));
    let encoded = message.replace(
        "\r\n\r\nyes",
        "\r\nContent-Transfer-Encoding: base64\r\n\r\neWVzDQo=",
    );
    assert_eq!(key(message, 7), key(&encoded, 7));
    assert_ne!(key(message, 7), key(message, 8));
    assert_ne!(key(message, 7), key(&message.replace("<1@x>", "<2@x>"), 7));
    assert_ne!(key(message, 7), key(&message.replace("yes", "no"), 7));
    let dated = "From: ann@example.com\r\nDate: Thu, 1 Jan 2026 00:00:00 +0000\r\n\r\nyes\r\n";
    assert_ne!(
        key(dated, 7),
        key(&dated.replace("00:00:00", "00:00:01"), 7)
    );
}

#[test]
fn a_delay_is_no_bounce_of_the_recipient() {
    let report = |action: &str| {
        format!(
            "From: mailer-daemon@example.com\r\nContent-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n\
             --b\r\n\r\nlater\r\n--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; x.example\r\n\r\n\
             Final-Recipient: rfc822; ann@example.com\r\nAction: {action}\r\nStatus: 4.4.1\r\n\r\n--b--\r\n"
        )
    };
    let outcome = |action: &str| {
        outcome(
            &report(action),
            "<>",
            &[recipient(Context::Bounce)],
            &Senders::Anyone,
        )
    };
    assert!(
        matches!(
            outcome("delayed"),
            Outcome::Ignored {
                kind: "delivery-notice",
                ..
            }
        ),
        "{:?}",
        outcome("delayed")
    );
    // What reached one and not the other is about the other.
    let both = outcome(
        "delivered\r\nStatus: 2.1.5\r\n\r\nFinal-Recipient: rfc822; bob@example.com\r\nAction: failed",
    );
    let Outcome::Bounced(bounce) = both else {
        panic!()
    };
    assert_eq!(bounce.status.unwrap().to_string(), "4.4.1");
    let Outcome::Bounced(bounce) = outcome("failed") else {
        panic!()
    };
    assert!(!bounce.is_of_the_mailbox(), "{bounce:?}");
}

#[test]
fn other_tokens_do_what_they_are_for_and_nothing_else() {
    let bounce = "From: mailer-daemon@example.com\r\nContent-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n\
                  --b\r\n\r\nfailed\r\n--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; x.example\r\n\r\n\
                  Final-Recipient: rfc822; ann@example.com\r\nAction: failed\r\nStatus: 5.1.1\r\n\r\n--b--\r\n";
    let human = "From: ann@example.com\r\n\r\nstop\r\n";
    let away = "From: ann@example.com\r\nAuto-Submitted: auto-replied\r\n\r\naway\r\n";
    let outcome = |message: &str, context: Context| {
        outcome(message, "<>", &[recipient(context)], &Senders::Anyone)
    };
    let Outcome::Bounced(returned) = outcome(bounce, Context::Bounce) else {
        panic!()
    };
    assert!(returned.is_of_the_mailbox(), "{returned:?}");
    assert!(matches!(
        outcome(human, Context::Bounce),
        Outcome::Ignored { .. }
    ));
    assert!(matches!(
        outcome(away, Context::Bounce),
        Outcome::Ignored {
            kind: "auto-reply",
            ..
        }
    ));
    assert!(matches!(
        outcome(human, Context::Unsubscribe),
        Outcome::Unsubscribed(_)
    ));
    assert!(matches!(
        outcome(away, Context::Unsubscribe),
        Outcome::Ignored { .. }
    ));
    assert!(matches!(
        outcome(bounce, Context::Unsubscribe),
        Outcome::Ignored { kind: "bounce", .. }
    ));
    assert!(matches!(
        outcome(bounce, Context::Reply),
        Outcome::Ignored { kind: "bounce", .. }
    ));
    assert!(matches!(
        self::outcome(human, "<>", &[Recipient::Operator], &Senders::Anyone),
        Outcome::Operator
    ));
}

#[test]
fn a_comment_carries_what_came_with_it() {
    let html = "From: ann@example.com\r\nMessage-ID: <2@example.com>\r\nIn-Reply-To: <issue/7/comment/3@forge.example>\r\n\
        References: <issue/7@forge.example> <issue/7/comment/3@forge.example>\r\n\
        Content-Type: multipart/related; boundary=r\r\n\r\n--r\r\nContent-Type: text/html\r\n\r\n\
        <p>It is <b>green</b>: <img src=\"cid:shot@x\"></p>\r\n\
        --r\r\nContent-Type: image/png\r\nContent-ID: <shot@x>\r\nContent-Disposition: inline; filename=shot.png\r\n\r\npixels\r\n--r--\r\n";
    let Outcome::Comment(comment) = reply(html) else {
        panic!("no comment")
    };
    assert_eq!(comment.text.trim(), "It is green:");
    assert_eq!(comment.markdown.trim(), "It is **green**:");
    assert!(comment.html.unwrap().contains("cid:shot@x"));
    assert_eq!(comment.in_reply_to, ["issue/7/comment/3@forge.example"]);
    assert_eq!(
        comment.references,
        ["issue/7@forge.example", "issue/7/comment/3@forge.example"]
    );
    let [shot] = &comment.attachments[..] else {
        panic!("{:?}", comment.attachments)
    };
    assert_eq!(
        (
            shot.name.as_deref(),
            shot.content_id.as_deref(),
            &shot.octets[..]
        ),
        (Some("shot.png"), Some("shot@x"), &b"pixels"[..])
    );
    let Outcome::Comment(comment) = reply("From: ann@example.com\r\n\r\n2 * 3\r\n") else {
        panic!("no comment")
    };
    assert_eq!(
        (
            comment.text.as_str(),
            comment.markdown.as_str(),
            comment.html
        ),
        ("2 * 3", "2 * 3", None)
    );
}
