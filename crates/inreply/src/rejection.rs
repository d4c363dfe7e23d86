//! The mail that tells a sender that their answer was not taken, where no reply of SMTP can tell them any more.
//!
//! Whoever was told `250` believes that they were heard. The rules are those of RFC 3834 for personal responses: it goes to the
//! envelope sender, from `<>`, says that a machine wrote it, and never answers a machine.

use std::time::{SystemTime, UNIX_EPOCH};

use inreply_mime::Message;
use inreply_mime::kind::{Kind, Verdict};
use inreply_smtp::client::Envelope;
use inreply_smtp::wire::path::{ForwardPath, ReversePath};
use mail_builder::MessageBuilder;
use mail_builder::headers::address::Address;
use mail_builder::headers::message_id::MessageId;
use mail_builder::headers::raw::Raw;

use crate::notify::{ComposeError, one_line};
use crate::outgoing::Outgoing;
use crate::refusal::Refusal;
use crate::site::Site;

/// Octets of the original's subject that are said again: enough to know it by.
const MAX_SUBJECT: usize = 200;

/// The mail about `message`, which came from `sender`, because of `refusal`.
///
/// None where nobody is told: there is no sender, the sender is of this site, or the message was written by a machine or came
/// over a list.
///
/// # Errors
/// Where it cannot be written.
///
/// ```
/// use std::time::SystemTime;
/// use inreply::refusal::Refusal;
/// use inreply::rejection::to_sender;
/// use inreply::site::Site;
///
/// let site = Site::new("forge.example")?.support("help@forge.example".parse()?);
/// let message = b"From: ann@example.com\r\nSubject: Re: Build fails\r\nMessage-ID: <1@example.com>\r\n\r\nMerge it.\r\n";
/// let refusal = Refusal::Closed("the issue is locked".to_owned());
/// let ann = "<ann@example.com>".parse()?;
/// let rejection = to_sender(&site, &ann, message, &refusal, SystemTime::UNIX_EPOCH)?.unwrap();
/// let text = String::from_utf8(rejection.message)?;
/// assert!(text.contains("Auto-Submitted: auto-replied\r\n") && text.contains("In-Reply-To: <1@example.com>\r\n"));
/// assert!(text.contains("the issue is locked"));
///
/// assert!(to_sender(&site, &"<>".parse()?, message, &refusal, SystemTime::UNIX_EPOCH)?.is_none());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn to_sender(
    site: &Site,
    sender: &ReversePath<'static>,
    message: &[u8],
    refusal: &Refusal,
    now: SystemTime,
) -> Result<Option<Outgoing>, ComposeError> {
    let Some(mailbox) = sender.mailbox() else {
        return Ok(None);
    };
    let original = Message::parse(message);
    let kind = Verdict::of(&original, Some(mailbox.as_str())).kind();
    if kind != Kind::Human || site.serves(mailbox.domain()) {
        return Ok(None);
    }
    let texts = site.texts();
    let since = now.duration_since(UNIX_EPOCH).unwrap_or_default();
    let mut subject = one_line(&original.subject().unwrap_or_default());
    subject.truncate(subject.floor_char_boundary(MAX_SUBJECT));
    let mut builder = MessageBuilder::new()
        .message_id(format!("rejection/{}@{}", since.as_micros(), site.host()))
        .date(i64::try_from(since.as_secs()).unwrap_or_default())
        .from(Address::new_address(
            Some(site.host().as_str()),
            site.no_reply().as_str(),
        ))
        .to(Address::new_address(None::<&str>, mailbox.as_str()))
        .header("Auto-Submitted", Raw::new("auto-replied"))
        .header("X-Auto-Response-Suppress", Raw::new("All"))
        .subject(format!(
            "{}: {subject}",
            one_line(&texts.rejection_subject())
        ));
    if let Some(id) = original.message_id() {
        builder = builder
            .in_reply_to(MessageId::new(id.clone()))
            .references(MessageId::new(id));
    }
    let help = site.support_link().map(|link| texts.help(link) + "\n");
    let body = format!(
        "{}\n\n    {}\n\n{}: {subject}\n{}{}\n",
        texts.rejection_opening(site),
        one_line(&texts.sentence(refusal, site)),
        texts.rejection_about(),
        help.unwrap_or_default(),
        texts.rejection_closing(),
    )
    .replace('\n', "\r\n");
    let message = builder.text_body(body).write_to_vec()?;
    let envelope = Envelope::new(ReversePath::Null)
        .to(ForwardPath::from(mailbox.clone().into_owned()))
        .octets(message.len() as u64);
    Ok(Some(Outgoing { envelope, message }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue::{Catalogue, Korean};

    fn of(sender: &str, message: &str) -> Option<String> {
        let site = Site::new("forge.example").unwrap();
        let sender = sender.parse().unwrap();
        let rejection = to_sender(
            &site,
            &sender,
            message.as_bytes(),
            &Refusal::NothingLeft,
            UNIX_EPOCH,
        );
        rejection
            .unwrap()
            .map(|rejection| String::from_utf8(rejection.message).unwrap())
    }

    #[test]
    fn no_machine_list_or_nobody_is_told() {
        const PERSON: &str = "From: ann@example.com\r\nSubject: hi\r\n\r\n> quoted\r\n";
        assert!(of("<ann@example.com>", PERSON).is_some());
        for (sender, field) in [
            ("<>", ""),
            ("<noreply@noreply.forge.example>", ""),
            ("<ann@example.com>", "Auto-Submitted: auto-replied\r\n"),
            (
                "<ann@example.com>",
                "List-Id: <talk.example.com>\r\nPrecedence: list\r\n",
            ),
        ] {
            assert_eq!(
                of(sender, &format!("{field}{PERSON}")),
                None,
                "{sender} {field}"
            );
        }
    }

    #[test]
    fn what_the_original_says_ends_no_field_and_no_line_is_long() {
        let subject = format!(
            "=?utf-8?q?a=0D=0ABcc:_eve@example.com?= {}",
            "ä ".repeat(600)
        );
        let message = format!("From: ann@example.com\r\nSubject: {subject}\r\n\r\n> quoted\r\n");
        let text = of("<ann@example.com>", &message).unwrap();
        let parsed = Message::parse(text.as_bytes());
        assert_eq!(parsed.header("bcc").count(), 0);
        assert!(
            parsed
                .subject()
                .unwrap()
                .starts_with("Not taken: a Bcc: eve@example.com ä")
        );
        assert!(text.lines().all(|line| line.len() <= 998));
        assert_eq!(parsed.header("references").count(), 0);
    }

    #[test]
    fn a_korean_site_speaks_korean_in_mails_and_ascii_in_smtp() {
        let site = Site::new("forge.example")
            .unwrap()
            .support("help@forge.example".parse().unwrap())
            .catalogue(Korean);
        let message = b"From: ann@example.com\r\nSubject: hi\r\n\r\n> quoted\r\n";
        let sender = "<ann@example.com>".parse().unwrap();
        let refusals = [
            Refusal::NotOurDomain,
            Refusal::NoSuchMailbox,
            Refusal::NoReply,
            Refusal::Expired {
                since: inreply_token::Day::from_unix_seconds(1_800_000_000),
            },
            Refusal::KeyRetired,
            Refusal::Closed("locked".to_owned()),
            Refusal::NotTaken("too long".to_owned()),
            Refusal::Failed,
            Refusal::AnotherToken,
            Refusal::SenderNotAllowed,
            Refusal::SenderUnproven,
            Refusal::SenderUndecided,
            Refusal::Loop,
            Refusal::NotOneFrom,
            Refusal::Unreadable,
            Refusal::NothingLeft,
            Refusal::TooMany,
            Refusal::SpoolFull,
            Refusal::LocalFault,
        ];
        for refusal in refusals {
            let reply = refusal.reply(&site).to_string();
            assert!(reply.is_ascii() && !reply.contains('?'), "{reply}");
            assert!(reply.lines().all(|line| line.len() <= 510), "{reply}");
            assert!(reply.contains("Help: help@forge.example"), "{reply}");
            let rejection = to_sender(&site, &sender, message, &refusal, UNIX_EPOCH);
            let mail = rejection.unwrap().unwrap().message;
            let mail = Message::parse(&mail);
            assert_eq!(mail.subject().unwrap(), "등록되지 않음: hi");
            let text = mail.text();
            assert!(text.contains("도움말: help@forge.example"), "{text}");
            let sentence = Korean.sentence(&refusal, &site);
            assert!(!sentence.is_ascii() && text.contains(&sentence), "{text}");
        }
    }
}
