//! A message in the outbox, without its octets: for whom it still waits, and how it ended for the rest.

use std::fmt;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use inreply_mime::Message;
use inreply_smtp::client::Envelope;
use inreply_smtp::wire::path::{ForwardPath, ReversePath};

use super::letter::{Letter, MAX_TAG};
use super::notice::{End, Notice};
use crate::spool::{QueueId, date};

/// The first octet of an encoded entry.
const VERSION: u8 = 1;

/// Octets of a server's words that are kept: what a person reads, and not what a server can make us store.
const MAX_WORDS: usize = 1_024;

/// The state of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    pub(super) id: QueueId,
    pub(super) reverse_path: ReversePath<'static>,
    pub(super) recipients: Vec<Recipient>,
    pub(super) eight_bit: bool,
    pub(super) binary: bool,
    pub(super) smtputf8: bool,
    pub(super) octets: u64,
    pub(super) message_id: Option<String>,
    pub(super) tag: String,
    pub(super) expires_at: SystemTime,
    pub(super) next_try: SystemTime,
    pub(super) tries: u32,
    pub(super) last_words: String,
}

/// One recipient of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recipient {
    pub(super) path: ForwardPath<'static>,
    pub(super) end: Option<End>,
}

impl Recipient {
    /// Where it goes.
    pub fn path(&self) -> &ForwardPath<'static> {
        &self.path
    }

    /// How it ended; none while it waits.
    pub fn end(&self) -> Option<&End> {
        self.end.as_ref()
    }
}

impl Entry {
    pub(super) fn new(id: QueueId, letter: &Letter, time_to_live: Duration) -> Self {
        let (envelope, arrival) = (&letter.envelope, id.arrival());
        let recipients = envelope.recipients().iter().map(|path| Recipient {
            path: path.clone(),
            end: None,
        });
        let mut tag = letter.tag.clone();
        tag.truncate(tag.floor_char_boundary(MAX_TAG));
        let time_to_live = letter.time_to_live.unwrap_or(time_to_live);
        Self {
            id,
            reverse_path: envelope.reverse_path().clone(),
            recipients: recipients.collect(),
            eight_bit: envelope.is_eight_bit(),
            binary: envelope.is_binary(),
            smtputf8: envelope.is_smtputf8(),
            octets: letter.message.len() as u64,
            message_id: Message::parse(&letter.message).message_id(),
            tag,
            expires_at: arrival.checked_add(time_to_live).unwrap_or(arrival),
            next_try: arrival,
            tries: 0,
            last_words: String::new(),
        }
    }

    /// Its id.
    pub fn id(&self) -> QueueId {
        self.id
    }

    /// Who hears of failures.
    pub fn reverse_path(&self) -> &ReversePath<'static> {
        &self.reverse_path
    }

    /// Whom it is for, those excepted of whom the product has heard.
    pub fn recipients(&self) -> &[Recipient] {
        &self.recipients
    }

    /// The size of the message in octets.
    pub fn octets(&self) -> u64 {
        self.octets
    }

    /// The Message-ID without angle brackets, where there is one.
    pub fn message_id(&self) -> Option<&str> {
        self.message_id.as_deref()
    }

    /// What [`Letter::tag`] said.
    pub fn tag(&self) -> &str {
        &self.tag
    }

    /// When nobody tries any more.
    pub fn expires_at(&self) -> SystemTime {
        self.expires_at
    }

    /// When it is tried next, never behind [`Entry::expires_at`].
    pub fn next_try(&self) -> SystemTime {
        self.next_try
    }

    /// How often it was tried.
    pub fn tries(&self) -> u32 {
        self.tries
    }

    /// What stood in the way last; empty before the first try.
    pub fn last_words(&self) -> &str {
        &self.last_words
    }

    /// The next try is at `at`, or when it expires.
    pub(super) fn try_at(&mut self, at: SystemTime) {
        self.next_try = at.min(self.expires_at);
    }

    /// The product has heard of this recipient.
    pub(super) fn forget(&mut self, path: &ForwardPath<'static>) {
        let ended = |recipient: &Recipient| recipient.end.is_some() && recipient.path == *path;
        if let Some(at) = self.recipients.iter().position(ended) {
            self.recipients.remove(at);
        }
    }

    /// The product is told again at `at`, where nothing is due before; its time to live does not matter any more.
    pub(super) fn tell_again(&mut self, at: SystemTime) {
        if self.waiting().next().is_none() {
            self.next_try = at;
        }
    }

    /// The same, tried next at `at`.
    #[cfg(feature = "postgres")]
    pub(crate) fn due_at(mut self, at: SystemTime) -> Self {
        self.next_try = at;
        self
    }

    pub(super) fn say(&mut self, words: &str) {
        self.last_words = one_line(words);
    }

    /// The envelope for the recipients that wait; none where nobody does.
    pub(super) fn envelope(&self) -> Option<Envelope> {
        let mut waiting = self.waiting().peekable();
        waiting.peek()?;
        let envelope = Envelope::new(self.reverse_path.clone())
            .octets(self.octets)
            .eight_bit(self.eight_bit)
            .binary(self.binary)
            .smtputf8(self.smtputf8);
        Some(waiting.fold(envelope, |envelope, recipient| {
            envelope.to(recipient.path.clone())
        }))
    }

    /// The recipients without an end, in the order of the envelope.
    pub(super) fn waiting(&self) -> impl Iterator<Item = &Recipient> {
        self.recipients
            .iter()
            .filter(|recipient| recipient.end.is_none())
    }

    pub(super) fn waiting_mut(&mut self) -> impl Iterator<Item = &mut Recipient> {
        self.recipients
            .iter_mut()
            .filter(|recipient| recipient.end.is_none())
    }

    /// What the product has not heard.
    pub(super) fn notices(&self) -> Vec<Notice> {
        let notice = |recipient: &Recipient| {
            Some(Notice {
                id: self.id,
                message_id: self.message_id.clone(),
                tag: self.tag.clone(),
                recipient: recipient.path.clone(),
                end: recipient.end.clone()?,
            })
        };
        self.recipients.iter().filter_map(notice).collect()
    }

    /// The octets of the entry without its id, for a store that keeps it as one value.
    ///
    /// ```
    /// use inreply::outbox::{Entry, Letter, Outbox};
    /// # fn example(entry: &Entry) {
    /// assert_eq!(Entry::decode(entry.id(), &entry.encode()).as_ref(), Some(entry));
    /// # }
    /// ```
    pub fn encode(&self) -> Vec<u8> {
        let mut octets = Vec::with_capacity(256);
        octets.push(VERSION);
        octets.extend(to_micros(self.next_try).to_be_bytes());
        octets.extend(to_micros(self.expires_at).to_be_bytes());
        octets.extend(self.tries.to_be_bytes());
        octets.extend(self.octets.to_be_bytes());
        let flags = [self.eight_bit, self.binary, self.smtputf8];
        octets.extend(flags.map(u8::from));
        let message_id = self.message_id.as_deref().unwrap_or_default();
        for text in [
            &self.reverse_path.to_string(),
            message_id,
            &self.tag,
            &self.last_words,
        ] {
            push(&mut octets, text);
        }
        for recipient in &self.recipients {
            push(&mut octets, &recipient.path.to_string());
            let (letter, text) = match &recipient.end {
                Some(end) => end.parts(),
                None => (b'-', ""),
            };
            octets.push(letter);
            push(&mut octets, text);
        }
        octets
    }

    /// The entry with this id and these octets; none where they are no entry's.
    pub fn decode(id: QueueId, octets: &[u8]) -> Option<Self> {
        let mut rest = octets;
        if take::<1>(&mut rest)? != [VERSION] {
            return None;
        }
        let next_try = from_micros(u64::from_be_bytes(take(&mut rest)?));
        let expires_at = from_micros(u64::from_be_bytes(take(&mut rest)?));
        let tries = u32::from_be_bytes(take(&mut rest)?);
        let size = u64::from_be_bytes(take(&mut rest)?);
        let [eight_bit, binary, smtputf8] = take::<3>(&mut rest)?.map(|flag| flag == 1);
        let reverse_path = text(&mut rest)?.parse().ok()?;
        let (message_id, tag, last_words) = (text(&mut rest)?, text(&mut rest)?, text(&mut rest)?);
        let mut recipients = Vec::new();
        while !rest.is_empty() {
            let path = text(&mut rest)?.parse().ok()?;
            let ([letter], words) = (take(&mut rest)?, text(&mut rest)?);
            let end = match letter {
                b'-' => None,
                letter => Some(End::from_parts(letter, words)?),
            };
            recipients.push(Recipient { path, end });
        }
        Some(Self {
            id,
            reverse_path,
            recipients,
            eight_bit,
            binary,
            smtputf8,
            octets: size,
            message_id: Some(message_id).filter(|id| !id.is_empty()),
            tag,
            expires_at,
            next_try,
            tries,
            last_words,
        })
    }
}

/// A line of a list: id, size, tries, the next try, recipients, and what stood in the way last.
impl fmt::Display for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (id, next_try) = (self.id, date(self.next_try));
        write!(
            f,
            "{id}  {} octets  {} tries, next {next_try} ",
            self.octets, self.tries
        )?;
        for recipient in &self.recipients {
            write!(f, " {}", recipient.path)?;
        }
        if !self.last_words.is_empty() {
            write!(f, "  {}", self.last_words)?;
        }
        Ok(())
    }
}

/// A server's words as one line of bounded length.
pub(super) fn one_line(words: &str) -> String {
    let mut line = crate::notify::one_line(words);
    line.truncate(line.floor_char_boundary(MAX_WORDS));
    line
}

/// Microseconds since 1970, for the octets and the indexes of a store.
pub(crate) fn to_micros(at: SystemTime) -> u64 {
    let since = at.duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_micros()).unwrap_or(u64::MAX)
}

/// The time so many microseconds behind 1970.
pub(crate) fn from_micros(micros: u64) -> SystemTime {
    UNIX_EPOCH
        .checked_add(Duration::from_micros(micros))
        .unwrap_or(UNIX_EPOCH)
}

fn push(octets: &mut Vec<u8>, text: &str) {
    let length = u32::try_from(text.len()).unwrap_or_default();
    octets.extend(length.to_be_bytes());
    octets.extend(text.bytes().take(length as usize));
}

fn take<const N: usize>(rest: &mut &[u8]) -> Option<[u8; N]> {
    let (taken, behind) = rest.split_first_chunk()?;
    *rest = behind;
    Some(*taken)
}

fn text(rest: &mut &[u8]) -> Option<String> {
    let length = usize::try_from(u32::from_be_bytes(take(rest)?)).ok()?;
    let (text, behind) = rest.split_at_checked(length)?;
    *rest = behind;
    String::from_utf8(text.to_vec()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry() -> Entry {
        let envelope = Envelope::new("<b+x@noreply.forge.example>".parse().unwrap())
            .to("<ann@example.com>".parse().unwrap())
            .to("<\"a b\"@example.com>".parse().unwrap())
            .to("<Postmaster>".parse().unwrap())
            .eight_bit(true);
        let letter = Letter::new(envelope, "Message-ID: <1@forge.example>\r\n\r\nhi\r\n")
            .tag("ü".repeat(200))
            .time_to_live(Duration::from_secs(60));
        let arrival = UNIX_EPOCH + Duration::from_secs(1_800_000_000);
        Entry::new(QueueId::new(arrival).unwrap(), &letter, Duration::ZERO)
    }

    #[test]
    fn decoding_is_the_inverse_of_encoding() {
        let mut entry = entry();
        assert_eq!(entry.message_id(), Some("1@forge.example"));
        assert_eq!(entry.tag().len(), MAX_TAG);
        for end in [
            End::Delivered("250 2.0.0 Ok".to_owned()),
            End::Expired(String::new()),
            End::NotAllowed,
            End::Refused("550 nö".to_owned()),
            End::Suppressed("it bounced".to_owned()),
        ] {
            entry.recipients[1].end = Some(end);
            entry.tries += 1;
            entry.say("no\r\nconnection");
            assert_eq!(entry.last_words(), "no connection");
            let octets = entry.encode();
            assert_eq!(Entry::decode(entry.id, &octets).as_ref(), Some(&entry));
            for length in 0..octets.len() {
                // Cut between two recipients it is a shorter list; elsewhere nothing.
                let cut = Entry::decode(entry.id, &octets[..length]);
                assert!(cut.is_none_or(|cut| cut.recipients.len() < 3), "{length}");
            }
        }
    }

    #[test]
    fn the_envelope_has_who_still_waits() {
        let mut entry = entry();
        entry.recipients[0].end = Some(End::NotAllowed);
        let envelope = entry.envelope().unwrap();
        assert_eq!(envelope.recipients().len(), 2);
        assert!(envelope.is_eight_bit() && !envelope.is_smtputf8());
        assert_eq!(entry.notices().len(), 1);
        for recipient in entry.waiting_mut() {
            recipient.end = Some(End::NotAllowed);
        }
        assert_eq!(entry.envelope(), None);
    }

    #[test]
    fn no_try_is_behind_the_time_to_live() {
        let mut entry = entry();
        let arrival = entry.id.arrival();
        entry.try_at(arrival + Duration::from_secs(30));
        assert_eq!(entry.next_try(), arrival + Duration::from_secs(30));
        entry.try_at(arrival + Duration::from_hours(1));
        assert_eq!(entry.next_try(), arrival + Duration::from_secs(60));
    }
}
