//! The files that came with an answer.

use inreply_mime::Message;

/// How much of the attachments of one message the product is given. What is beyond stays in the original, in the spool.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct AttachmentLimits {
    /// Attachments of one message. Defaults to 20: a person attaches a few, a signature with pictures in it some more.
    pub count: usize,
    /// Octets of one, decoded. Defaults to 10 MiB, what forges take in their web forms.
    pub octets: usize,
    /// Octets of all together. Defaults to 25 MiB: they are in memory until the product has them.
    pub total_octets: usize,
}

impl Default for AttachmentLimits {
    fn default() -> Self {
        Self {
            count: 20,
            octets: 10 << 20,
            total_octets: 25 << 20,
        }
    }
}

/// A file that came with an answer, or a picture within its text.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Attachment {
    /// Its name, as the sender gave it: a path in it, or a name that means something to a file system, is not taken out.
    pub name: Option<String>,
    /// Its media type, in lower case, as the sender gave it.
    pub media_type: String,
    /// The id by which the HTML speaks of it (`cid:`), without angle brackets (RFC 2392).
    pub content_id: Option<String>,
    /// Its octets, decoded.
    pub octets: Vec<u8>,
}

/// Its octets by their number.
impl std::fmt::Debug for Attachment {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Attachment")
            .field("name", &self.name)
            .field("media_type", &self.media_type)
            .field("content_id", &self.content_id)
            .field("octets", &self.octets.len())
            .finish()
    }
}

/// Signatures over a message are about it, not with it (RFC 8551 §3.5.3, RFC 3156 §5).
const SIGNATURES: [&str; 3] = [
    "application/pgp-signature",
    "application/pkcs7-signature",
    "application/x-pkcs7-signature",
];

/// The attachments within the limits, in order, and how many were left out.
pub(crate) fn of(message: &Message<'_>, limits: &AttachmentLimits) -> (Vec<Attachment>, usize) {
    let (mut taken, mut left_out, mut total) = (Vec::new(), 0, 0);
    for part in message.attachments() {
        let media_type = part.media_type().to_ascii_lowercase();
        if SIGNATURES.contains(&media_type.as_str()) {
            continue;
        }
        if taken.len() >= limits.count {
            left_out += 1;
            continue;
        }
        let octets = part.body();
        if octets.len() > limits.octets || octets.len() > limits.total_octets - total {
            left_out += 1;
            continue;
        }
        total += octets.len();
        taken.push(Attachment {
            name: part.file_name().map(|name| name.into_owned()),
            media_type,
            content_id: part.content_id(),
            octets: octets.into_owned(),
        });
    }
    (taken, left_out)
}

#[cfg(test)]
mod tests {
    use super::*;

    const MESSAGE: &[u8] = b"From: ann@example.com\r\nContent-Type: multipart/mixed; boundary=m\r\n\r\n--m\r\n\r\nMerge it.\r\n\
        --m\r\nContent-Type: Image/PNG; name=a.png\r\nContent-ID: <a@x>\r\nContent-Disposition: attachment\r\n\
        Content-Transfer-Encoding: base64\r\n\r\naGVsbG8=\r\n\
        --m\r\nContent-Type: message/rfc822\r\n\r\nSubject: inner\r\n\r\nhi\r\n\
        --m\r\nContent-Type: application/pgp-signature; name=signature.asc\r\n\r\nsigned\r\n\
        --m\r\nContent-Type: text/x-diff\r\nContent-Disposition: attachment; filename*=utf-8''fix%C3%A9.diff\r\n\r\n+a\r\n--m--\r\n";

    fn names(limits: AttachmentLimits) -> (Vec<String>, usize) {
        let message = Message::parse(MESSAGE);
        let (attachments, left_out) = of(&message, &limits);
        let names = attachments.iter().map(|attachment| {
            attachment
                .name
                .clone()
                .unwrap_or_else(|| attachment.media_type.clone())
        });
        (names.collect(), left_out)
    }

    #[test]
    fn files_and_messages_are_taken_and_signatures_are_not() {
        let message = Message::parse(MESSAGE);
        let (attachments, left_out) = of(&message, &AttachmentLimits::default());
        assert_eq!(
            attachments[0],
            Attachment {
                name: Some("a.png".to_owned()),
                media_type: "image/png".to_owned(),
                content_id: Some("a@x".to_owned()),
                octets: b"hello".to_vec(),
            }
        );
        assert_eq!(attachments[1].octets, b"Subject: inner\r\n\r\nhi");
        let (names, _) = names(AttachmentLimits::default());
        assert_eq!(names, ["a.png", "message/rfc822", "fix\u{e9}.diff"]);
        assert_eq!(left_out, 0);
    }

    #[test]
    fn what_is_beyond_a_limit_is_counted() {
        let limits = |count, octets, total_octets| AttachmentLimits {
            count,
            octets,
            total_octets,
        };
        for (limits, expected, left_out) in [
            (limits(1, 99, 999), &["a.png"][..], 2),
            (limits(0, 99, 999), &[], 3),
            (limits(9, 5, 999), &["a.png", "fix\u{e9}.diff"], 1),
            (limits(9, 99, 7), &["a.png", "fix\u{e9}.diff"], 1),
            (limits(9, 99, 0), &[], 3),
        ] {
            let (names, left) = names(limits);
            assert_eq!(
                (&names[..], left),
                (
                    &expected
                        .iter()
                        .map(|name| (*name).to_owned())
                        .collect::<Vec<_>>()[..],
                    left_out
                )
            );
        }
    }
}
