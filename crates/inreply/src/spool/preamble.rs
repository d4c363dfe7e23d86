//! The trace fields that the server writes before a message: its envelope, kept with it.

use std::net::IpAddr;
use std::time::SystemTime;

use inreply_smtp::wire::domain::EhloName;
use inreply_smtp::wire::path::{ForwardPath, ReversePath};
use jiff::Timestamp;

use super::QueueId;
use crate::auth::{AuthservId, Verdicts};

/// The envelope and the origin of a message.
///
/// It is written as `Return-Path`, one `Delivered-To` a recipient, `Authentication-Results` where somebody has looked (RFC 8601
/// §4.1: above the `Received` of the host that did), and `Received` (RFC 5321 §4.4), and read back from the
/// top of the file down to that `Received`: a message can hold fields of the same names, below.
///
/// ```
/// use std::time::{Duration, SystemTime};
/// use inreply::spool::{Preamble, Protocol, QueueId};
///
/// let preamble = Preamble {
///     reverse_path: "<ann@example.com>".parse()?,
///     recipients: vec!["<reply+x@reply.example>".parse()?],
///     hello: "client.example".parse()?,
///     client: "192.0.2.1".parse()?,
///     by: "reply.example".to_owned(),
///     protocol: Protocol::Esmtps,
///     verdicts: None,
/// };
/// let id = QueueId::new(SystemTime::UNIX_EPOCH + Duration::from_secs(1_800_000_000))?;
/// let text = preamble.to_text(id);
/// assert!(text.starts_with("Return-Path: <ann@example.com>\r\nDelivered-To: reply+x@reply.example\r\nReceived: from "));
///
/// let file = format!("{text}Delivered-To: forged@reply.example\r\n\r\nhello\r\n");
/// let (read, message) = Preamble::split(file.as_bytes()).unwrap();
/// assert_eq!((read.reverse_path, read.recipients), (preamble.reverse_path, preamble.recipients));
/// assert_eq!(message, b"Delivered-To: forged@reply.example\r\n\r\nhello\r\n");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(clippy::exhaustive_structs)]
pub struct Preamble {
    /// The envelope's sender.
    pub reverse_path: ReversePath<'static>,
    /// The envelope's recipients, as they were accepted.
    pub recipients: Vec<ForwardPath<'static>>,
    /// What the client called itself.
    pub hello: EhloName<'static>,
    /// Where it connected from.
    pub client: IpAddr,
    /// What the server calls itself.
    pub by: String,
    /// How it came.
    pub protocol: Protocol,
    /// What authentication has found, and who says so.
    pub verdicts: Option<(AuthservId, Verdicts)>,
}

/// How a message came: the registered names of RFC 3848.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Protocol {
    /// Behind HELO.
    Smtp,
    /// Behind EHLO.
    Esmtp,
    /// Behind EHLO, over TLS.
    Esmtps,
    /// Behind LHLO.
    Lmtp,
    /// Behind LHLO, over TLS.
    Lmtps,
}

impl Protocol {
    /// Its name in `Received`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Smtp => "SMTP",
            Self::Esmtp => "ESMTP",
            Self::Esmtps => "ESMTPS",
            Self::Lmtp => "LMTP",
            Self::Lmtps => "LMTPS",
        }
    }
}

/// The envelope as it is read back.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Envelope {
    /// The envelope's sender.
    pub reverse_path: ReversePath<'static>,
    /// The envelope's recipients.
    pub recipients: Vec<ForwardPath<'static>>,
    /// What authentication has found; none where nobody has looked.
    pub verdicts: Option<Verdicts>,
}

impl Preamble {
    /// The fields, for a message `id`.
    pub fn to_text(&self, id: QueueId) -> String {
        let mut text = format!("Return-Path: {}\r\n", self.reverse_path);
        for recipient in &self.recipients {
            match recipient.mailbox() {
                Some(mailbox) => text.push_str(&format!("Delivered-To: {mailbox}\r\n")),
                None => text.push_str("Delivered-To: Postmaster\r\n"),
            }
        }
        if let Some((id, verdicts)) = &self.verdicts {
            text.push_str(&verdicts.to_field(id));
        }
        let client = match self.client.to_canonical() {
            IpAddr::V4(address) => format!("[{address}]"),
            IpAddr::V6(address) => format!("[IPv6:{address}]"),
        };
        text.push_str(&format!(
            "Received: from {} ({client})\r\n\tby {} with {} id {id};\r\n\t{}\r\n",
            self.hello,
            self.by,
            self.protocol.name(),
            date(id.arrival()),
        ));
        text
    }

    /// The envelope at the top of a file, and the message behind it; none where the file was not written by
    /// [`Preamble::to_text`].
    pub fn split(file: &[u8]) -> Option<(Envelope, &[u8])> {
        let (line, mut rest) = split_line(file)?;
        let reverse_path = line.strip_prefix("Return-Path: ")?.parse().ok()?;
        let (mut recipients, mut verdicts) = (Vec::new(), None);
        loop {
            let (line, behind) = split_line(rest)?;
            rest = behind;
            match line.strip_prefix("Delivered-To: ") {
                Some("Postmaster") => recipients.push(ForwardPath::Postmaster),
                Some(mailbox) => recipients.push(format!("<{mailbox}>").parse().ok()?),
                None if line.starts_with("Received: ") => break,
                None => {
                    let first = line.strip_prefix("Authentication-Results: ")?;
                    let mut field = first.to_owned();
                    while rest.starts_with(b"\t") {
                        let (line, behind) = split_line(rest)?;
                        rest = behind;
                        field.push_str(line);
                    }
                    verdicts = Verdicts::of_own_field(&field);
                }
            }
        }
        while rest.starts_with(b"\t") {
            rest = split_line(rest)?.1;
        }
        Some((
            Envelope {
                reverse_path,
                recipients,
                verdicts,
            },
            rest,
        ))
    }
}

fn split_line(octets: &[u8]) -> Option<(&str, &[u8])> {
    let end = octets.windows(2).position(|pair| pair == b"\r\n")?;
    let (line, rest) = octets.split_at(end);
    Some((std::str::from_utf8(line).ok()?, rest.get(2..)?))
}

/// A date as RFC 5322 §3.3 has it, in UTC.
pub(crate) fn date(time: SystemTime) -> String {
    Timestamp::try_from(time)
        .unwrap_or_default()
        .strftime("%a, %d %b %Y %H:%M:%S +0000")
        .to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::auth::{AuthResult, Dmarc};
    use std::time::{Duration, UNIX_EPOCH};

    #[test]
    fn printing_is_the_inverse_of_splitting() {
        let found = Verdicts {
            dmarc: Dmarc::new(AuthResult::Pass, "example.com"),
            ..Verdicts::default()
        };
        for (sender, recipients, verdicts) in [
            ("<>", &["<Postmaster>"][..], None),
            (
                "<\"a b\"@[192.0.2.1]>",
                &["<reply+x@reply.example>", "<Postmaster>", "<é@x.example>"],
                Some(found),
            ),
        ] {
            let preamble = Preamble {
                reverse_path: sender.parse().unwrap(),
                recipients: recipients
                    .iter()
                    .map(|path| path.parse().unwrap())
                    .collect(),
                hello: "x".parse().unwrap(),
                client: "2001:db8::1".parse().unwrap(),
                by: "reply.example".to_owned(),
                protocol: Protocol::Esmtp,
                verdicts: verdicts
                    .clone()
                    .map(|verdicts| ("reply.example".parse().unwrap(), verdicts)),
            };
            let id = QueueId::new(UNIX_EPOCH + Duration::from_secs(1_800_000_000)).unwrap();
            let text = preamble.to_text(id);
            assert!(
                text.ends_with("\tFri, 15 Jan 2027 08:00:00 +0000\r\n"),
                "{text}"
            );
            let (envelope, rest) = Preamble::split(text.as_bytes()).unwrap();
            assert_eq!(
                (envelope.reverse_path, envelope.recipients),
                (preamble.reverse_path, preamble.recipients)
            );
            assert_eq!(envelope.verdicts, verdicts);
            assert!(rest.is_empty());
        }
    }

    #[test]
    fn a_file_of_another_origin_is_told() {
        for file in [
            "",
            "Subject: x\r\n\r\n",
            "Return-Path: <a@b>\r\n",
            "Return-Path: <a@b>\r\nSubject: x\r\n",
            "Return-Path: x\r\n",
        ] {
            assert_eq!(Preamble::split(file.as_bytes()), None);
        }
    }
}
