//! Groups of fields between blank lines.

use crate::message::Message;

/// The fields of one group, in order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Group {
    fields: Vec<(String, String)>,
}

impl Group {
    /// All groups of a body, at most 1,000: RFC 3461 senders stay below a hundred recipients.
    pub(super) fn all(body: &[u8]) -> Vec<Self> {
        let mut groups = Vec::new();
        let mut start = 0;
        let mut position = 0;
        while position < body.len() && groups.len() < MAX_GROUPS {
            let end = memchr::memchr(b'\n', &body[position..])
                .map_or(body.len(), |feed| position + feed + 1);
            let blank = body[position..end].trim_ascii().is_empty();
            if blank || end == body.len() {
                let group = Self::parse(&body[start..if blank { position } else { end }]);
                if !group.fields.is_empty() {
                    groups.push(group);
                }
                start = end;
            }
            position = end;
        }
        groups
    }

    /// One group: a header section of its own.
    pub(super) fn parse(lines: &[u8]) -> Self {
        let group = Message::parse(lines);
        let fields = group
            .headers()
            .map(|field| (field.name().into_owned(), field.text().into_owned()))
            .collect();
        Self { fields }
    }

    /// The first value of a name, regardless of case; `None` also where it is empty.
    pub(super) fn first(&self, name: &str) -> Option<&str> {
        self.all_of(name).next()
    }

    /// All values of a name.
    pub(super) fn all_of<'g>(&'g self, name: &str) -> impl Iterator<Item = &'g str> {
        self.fields
            .iter()
            .filter(move |(own, value)| own.eq_ignore_ascii_case(name) && !value.is_empty())
            .map(|(_, value)| value.as_str())
    }

    pub(super) fn typed(&self, name: &str) -> Option<Typed<'_>> {
        self.first(name).map(Typed::new)
    }

    /// Seconds since 1970-01-01T00:00:00Z.
    pub(super) fn date(&self, name: &str) -> Option<i64> {
        crate::message::parse_date(self.first(name)?.as_bytes())
    }
}

/// A value with its type before a `;`: `rfc822; ann@example.com`, `dns; mx.example.net`, `smtp; 550 no`.
///
/// ```
/// use inreply_mime::report::DeliveryStatus;
///
/// let status = DeliveryStatus::parse(b"Reporting-MTA: dns; mx.example.net\nReceived-From-MTA: mx.example.org\n");
/// let mta = status.reporting_mta().unwrap();
/// assert_eq!((mta.kind(), mta.value()), ("dns", "mx.example.net"));
/// let mta = status.received_from_mta().unwrap();
/// assert_eq!((mta.kind(), mta.value()), ("", "mx.example.org"));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Typed<'g> {
    kind: &'g str,
    value: &'g str,
}

impl<'g> Typed<'g> {
    fn new(text: &'g str) -> Self {
        let (kind, value) = text.split_once(';').unwrap_or(("", text));
        Self {
            kind: kind.trim(),
            value: value.trim(),
        }
    }

    /// What the value is: `rfc822`, `dns`, `smtp`, …; empty where it does not say.
    pub fn kind(&self) -> &'g str {
        self.kind
    }

    /// The value.
    pub fn value(&self) -> &'g str {
        self.value
    }
}

const MAX_GROUPS: usize = 1_000;
