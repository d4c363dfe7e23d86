//! The conditions, what is sent for each, what is heard, and where the message ends.

use std::collections::HashSet;
use std::path::Path;
use std::sync::Mutex;
use std::time::{Duration, SystemTime};

use inreply::gate::Gate;
use inreply::inbox::{
    IdempotencyKey, Inbox, InboxError, IncomingReply, Receipt, Review, Senders, Standing,
};
use inreply::rates::{Rate, RateLimits};
use inreply::site::Site;
use inreply::token::{Address, Context, Day, Key, KeyId, KeyRing, Opened};

/// More than a receiver keeps in memory, so that a message too big has been on the disk.
pub(crate) const MAX_OCTETS: usize = 400_000;

/// As long as a link may be: 200 octets.
pub(crate) const HELP: &str = "https://forge.example/help/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\
    aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";

pub(crate) const REPLY: &str =
    "From: ann@example.com\r\nMessage-ID: <1@example.com>\r\n\r\nMerge it.\r\n\r\n> Shall I?\r\n";

const ANN: &str = "<ann@example.com>";

/// A condition.
pub(crate) struct Case {
    pub(crate) condition: &'static str,
    pub(crate) setup: Setup,
    /// Sent one behind the other in one session.
    pub(crate) letters: Vec<Letter>,
    /// Where they end, a word each, sorted.
    pub(crate) folders: Vec<&'static str>,
}

/// What differs from a server with its defaults.
#[derive(Default)]
pub(crate) struct Setup {
    pub(crate) discard_no_reply: bool,
    /// The key of the addresses that are sent to was retired.
    pub(crate) key_retired: bool,
    pub(crate) rates: RateLimits,
}

pub(crate) struct Letter {
    /// Behind `MAIL FROM:`.
    pub(crate) mail: String,
    pub(crate) mail_reply: &'static str,
    pub(crate) recipients: Vec<(String, &'static str)>,
    /// None where it ends before DATA.
    pub(crate) message: Option<(String, &'static str)>,
}

impl Setup {
    pub(crate) fn ring(&self) -> KeyRing {
        match self.key_retired {
            true => rotated(),
            false => KeyRing::new(KeyId(1), key(7)),
        }
    }
}

impl Letter {
    fn from(mail: &str) -> Self {
        Self {
            mail: mail.to_owned(),
            mail_reply: "250 2.1.0",
            recipients: Vec::new(),
            message: None,
        }
    }

    fn to(mut self, path: impl ToString, expected: &'static str) -> Self {
        self.recipients.push((path.to_string(), expected));
        self
    }

    fn saying(mut self, message: impl Into<String>, expected: &'static str) -> Self {
        self.message = Some((message.into(), expected));
        self
    }
}

impl Case {
    fn new(
        condition: &'static str,
        letters: impl Into<Vec<Letter>>,
        folders: &[&'static str],
    ) -> Self {
        Self {
            condition,
            setup: Setup::default(),
            letters: letters.into(),
            folders: folders.to_vec(),
        }
    }

    fn with(mut self, setup: Setup) -> Self {
        self.setup = setup;
        self
    }
}

/// A product in memory, which tells its issues and users by their numbers.
#[derive(Debug, Default)]
pub(crate) struct Product(Mutex<HashSet<IdempotencyKey>>);

impl Inbox for Product {
    async fn standing(&self, token: &Opened) -> Result<Standing, InboxError> {
        Ok(match token.ids.pair() {
            Some((_, 66)) => Standing::Closed("the account was suspended".to_owned()),
            Some((9, _)) => Standing::Closed("the issue is locked".to_owned()),
            Some((10, _)) => Standing::Closed("gesperrt für immer\r\n250 2.1.5 Ok ".repeat(60)),
            Some((8, _)) => Standing::Open(Senders::Only(vec!["bob@example.com".to_owned()])),
            _ => Standing::Open(Senders::Anyone),
        })
    }

    async fn review(&self, reply: &IncomingReply) -> Result<Review, InboxError> {
        Ok(match reply.text.contains("XYZZY") {
            true => Review::Refuse("it says XYZZY".to_owned()),
            false => Review::Take,
        })
    }

    async fn comment(&self, reply: IncomingReply) -> Result<Receipt, InboxError> {
        Ok(match self.0.lock().unwrap().insert(reply.key) {
            true => Receipt::Stored,
            false => Receipt::Duplicate,
        })
    }
}

pub(crate) fn key(octet: u8) -> Key {
    Key::from_bytes(&[octet; 32]).unwrap()
}

/// Keys of which the first was retired.
pub(crate) fn rotated() -> KeyRing {
    let mut ring = KeyRing::new(KeyId(1), key(7));
    ring.rotate(KeyId(2), key(8)).unwrap();
    ring.retire(KeyId(1)).unwrap();
    ring
}

pub(crate) fn site() -> Site {
    let site = Site::new("forge.example").unwrap();
    site.support(HELP.parse().unwrap())
}

pub(crate) fn gate() -> Gate {
    Gate::new(site(), &Setup::default().ring())
}

pub(crate) fn today() -> Day {
    Day::from(SystemTime::now())
}

fn mint(context: Context, ids: (u64, u64)) -> Address {
    let gate = gate();
    let addresses = match context {
        Context::Bounce => gate.bounce_addresses(),
        _ => gate.addresses(),
    };
    addresses.mint(context, ids, today()).unwrap()
}

/// The address of user 5 in an issue.
pub(crate) fn reply_to(issue: u64) -> String {
    mint(Context::Reply, (issue, 5)).to_string()
}

pub(crate) fn wrong_tag() -> String {
    let good = reply_to(7);
    let (local_part, domain) = good.split_once('@').unwrap();
    let (start, last) = local_part.split_at(local_part.len() - 1);
    let other = if last == "a" { "b" } else { "a" };
    format!("{start}{other}@{domain}")
}

pub(crate) fn wrong_shape() -> String {
    "reply+zzz@reply.forge.example".to_owned()
}

fn expired() -> String {
    let since = Day::from_unix_seconds(1_600_000_000);
    let gate = gate();
    let address = gate
        .addresses()
        .mint_until(Context::Reply, (7, 5), Some(since));
    address.unwrap().to_string()
}

/// An answer that does not fit in a receiver's memory.
pub(crate) fn long_reply() -> String {
    format!("{REPLY}{}", "Line after line of it.\r\n".repeat(12_000))
}

fn burst(burst: u32) -> Option<Rate> {
    Some(Rate {
        burst,
        every: Duration::from_hours(1),
    })
}

/// The words of the folders that hold a message: `new`, `tmp`, or what is below `incoming-mail`.
pub(crate) fn folders_of(root: &Path) -> Vec<String> {
    let mut folders = Vec::new();
    let mut open = vec![root.to_owned()];
    while let Some(folder) = open.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
            } else if path
                .extension()
                .is_none_or(|extension| extension != "reason")
            {
                let folder = path.parent().unwrap().strip_prefix(root).unwrap();
                let folder = folder.to_str().unwrap().to_owned();
                folders.push(
                    folder
                        .trim_start_matches("incoming-mail/")
                        .trim_start_matches("mail/reply/")
                        .to_owned(),
                );
            }
        }
    }
    folders.sort();
    folders
}

const BOUNCE: &str = "From: MAILER-DAEMON@example.com\r\nMIME-Version: 1.0\r\nContent-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n\
    --b\r\n\r\nno\r\n--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.example.com\r\n\r\n\
    Final-Recipient: rfc822; ann@example.com\r\nAction: failed\r\nStatus: 5.1.1\r\n\r\n--b--\r\n";
const RECEIPT: &str = "From: ann@example.com\r\nMIME-Version: 1.0\r\nContent-Type: multipart/report; report-type=disposition-notification; boundary=b\r\n\r\n\
    --b\r\n\r\nwas shown\r\n--b\r\nContent-Type: message/disposition-notification\r\n\r\nFinal-Recipient: rfc822; ann@example.com\r\n\
    Disposition: manual-action/MDN-sent-manually; displayed\r\n\r\n--b--\r\n";
const CALENDAR: &str = "From: ann@example.com\r\nMIME-Version: 1.0\r\nContent-Type: multipart/alternative; boundary=b\r\n\r\n\
    --b\r\n\r\nAccepted\r\n--b\r\nContent-Type: text/calendar; method=REPLY\r\n\r\nBEGIN:VCALENDAR\r\nMETHOD:REPLY\r\nEND:VCALENDAR\r\n--b--\r\n";
const LIST: &str = "From: robot@lists.example\r\nList-Id: <x.lists.example>\r\nPrecedence: bulk\r\n\r\nDigest of the day\r\n";
const ENCRYPTED: &str = "From: ann@example.com\r\nMIME-Version: 1.0\r\nContent-Type: multipart/encrypted; protocol=\"application/pgp-encrypted\"; boundary=b\r\n\r\n\
    --b\r\nContent-Type: application/pgp-encrypted\r\n\r\nVersion: 1\r\n--b\r\nContent-Type: application/octet-stream\r\n\r\n\
    -----BEGIN PGP MESSAGE-----\r\n\r\nhQ==\r\n-----END PGP MESSAGE-----\r\n--b--\r\n";
const ENVELOPED: &str = "From: ann@example.com\r\nMIME-Version: 1.0\r\nContent-Type: application/pkcs7-mime; smime-type=enveloped-data; name=smime.p7m\r\n\
    Content-Transfer-Encoding: base64\r\n\r\nMIAGCSqGSIb3DQEHA6CAMIA=\r\n";
const PICTURE: &str = "From: ann@example.com\r\nMIME-Version: 1.0\r\nContent-Type: image/png\r\nContent-Transfer-Encoding: base64\r\n\r\niVBORw0K\r\n";

pub(crate) fn cases() -> Vec<Case> {
    let mut cases = mail_and_rcpt();
    cases.extend(rate_limits());
    cases.extend(end_of_data());
    cases
}

fn mail_and_rcpt() -> Vec<Case> {
    let rcpt = |condition, path: &str, expected| {
        Case::new(condition, [Letter::from(ANN).to(path, expected)], &[])
    };
    let delivered = |condition, path: &str, message: &str, folders| {
        let letter = Letter::from(ANN).to(path, "250 2.1.5");
        Case::new(condition, [letter.saying(message, "250 2.0.0")], folders)
    };
    let discarding = || Setup {
        discard_no_reply: true,
        ..Setup::default()
    };
    let retired = Setup {
        key_retired: true,
        ..Setup::default()
    };
    let mut announced_too_big = Letter::from("<ann@example.com> SIZE=400001");
    announced_too_big.mail_reply = "552 5.3.4";
    let (seven, eleven) = (reply_to(7), reply_to(11));
    let bounce = mint(Context::Bounce, (7, 5)).to_string();
    let unsubscribe = mint(Context::Unsubscribe, (7, 5)).to_string();
    let null = |path: &str, message: &str| {
        Letter::from("<>")
            .to(path, "250 2.1.5")
            .saying(message, "250 2.0.0")
    };
    let again = Letter::from(ANN)
        .to(&seven, "250 2.1.5")
        .to(seven.to_uppercase(), "250 2.1.5");
    let another = Letter::from(ANN)
        .to(&seven, "250 2.1.5")
        .to(&eleven, "452 4.5.3");
    vec![
        Case::new("SIZE over the limit", [announced_too_big], &[]),
        Case::new(
            "SIZE at the limit",
            [Letter::from("<ann@example.com> SIZE=400000")],
            &[],
        ),
        Case::new(
            "<> and a person's answer",
            [null(&seven, REPLY)],
            &["success"],
        ),
        Case::new(
            "<> and a forged token",
            [Letter::from("<>").to(wrong_tag(), "550 5.1.1")],
            &[],
        ),
        rcpt("not our domain", "ann@other.example", "550 5.7.1"),
        rcpt(
            "not our domain, behind a source route",
            "@reply.forge.example:ann@other.example",
            "550 5.7.1",
        ),
        rcpt("a domain below ours", "ann@x.forge.example", "550 5.7.1"),
        rcpt("an address literal", "ann@[127.0.0.1]", "550 5.7.1"),
        rcpt("a token of wrong shape", &wrong_shape(), "550 5.1.1"),
        rcpt("a token with a wrong tag", &wrong_tag(), "550 5.1.1"),
        rcpt(
            "a token at another domain of ours",
            &seven.replace("@reply.", "@noreply."),
            "550 5.1.1",
        ),
        rcpt("a mailbox that never was", "ann@forge.example", "550 5.1.1"),
        rcpt("an expired token", &expired(), "550 5.2.1"),
        rcpt("a token whose key was retired", &seven, "550 5.2.1").with(retired),
        rcpt("a locked thread", &reply_to(9), "550 5.2.1"),
        rcpt(
            "a suspended user",
            mint(Context::Reply, (7, 66)).as_str(),
            "550 5.2.1",
        ),
        rcpt(
            "a reason of the product that no line can carry",
            &reply_to(10),
            "550 5.2.1",
        ),
        rcpt(
            "the no-reply address",
            "NoReply@noreply.forge.example",
            "550 5.1.1",
        ),
        delivered(
            "the no-reply address, discarding",
            "noreply@noreply.forge.example",
            REPLY,
            &[],
        )
        .with(discarding()),
        delivered(
            "a known reason",
            "Mention@noreply.forge.example",
            REPLY,
            &[],
        ),
        rcpt(
            "an unknown reason",
            "whatever@noreply.forge.example",
            "550 5.1.1",
        ),
        rcpt(
            "an unknown reason, discarding",
            "whatever@noreply.forge.example",
            "550 5.1.1",
        )
        .with(discarding()),
        Case::new(
            "a bounce for its token",
            [null(&bounce, BOUNCE)],
            &["success"],
        ),
        delivered(
            "a bounce that comes from somebody",
            &bounce,
            BOUNCE,
            &["success"],
        ),
        Case::new(
            "an auto-reply for a bounce token",
            [null(&bounce, &automatic())],
            &["ignored/auto-reply"],
        ),
        delivered(
            "a list robot's mail for a bounce token",
            &bounce,
            LIST,
            &["ignored/list"],
        ),
        delivered(
            "a person's mail for a bounce token",
            &bounce,
            REPLY,
            &["ignored/nobody"],
        ),
        delivered("an unsubscription", &unsubscribe, REPLY, &["success"]),
        Case::new(
            "an unsubscription from <>",
            [null(&unsubscribe, REPLY)],
            &["success"],
        ),
        Case::new(
            "a bounce for an unsubscription token",
            [null(&unsubscribe, BOUNCE)],
            &["ignored/bounce"],
        ),
        Case::new(
            "the same token again",
            [again.saying(REPLY, "250 2.0.0")],
            &["success"],
        ),
        Case::new(
            "a second token",
            [another.saying(REPLY, "250 2.0.0")],
            &["success"],
        ),
        Case::new(
            "a reply-all to a token, a reason and a stranger",
            [Letter::from(ANN)
                .to("mention@noreply.forge.example", "250 2.1.5")
                .to(&seven, "250 2.1.5")
                .to("bob@other.example", "550 5.7.1")
                .saying(REPLY, "250 2.0.0")],
            &["success"],
        ),
        delivered(
            "postmaster",
            "POSTmaster@reply.forge.example",
            REPLY,
            &["operator"],
        ),
        delivered(
            "abuse",
            "abuse@NoReply.Forge.Example",
            BOUNCE,
            &["operator"],
        ),
        delivered("the bare postmaster", "Postmaster", REPLY, &["operator"]),
        delivered(
            "the bare postmaster in another case",
            "pOSTMASTER",
            REPLY,
            &["operator"],
        ),
        rcpt("abuse elsewhere", "abuse@other.example", "550 5.7.1"),
    ]
}

fn rate_limits() -> Vec<Case> {
    let limited = |rates: fn(&mut RateLimits)| {
        let mut setup = Setup::default();
        rates(&mut setup.rates);
        setup
    };
    let letter = |sender, path: String, expected| Letter::from(sender).to(path, expected);
    vec![
        Case::new(
            "too many with one token",
            [
                letter(ANN, reply_to(7), "250 2.1.5"),
                letter("<bob@example.com>", reply_to(7), "451 4.7.1"),
                letter(ANN, reply_to(11), "250 2.1.5"),
            ],
            &[],
        )
        .with(limited(|rates| rates.token = burst(1))),
        Case::new(
            "too many of one user",
            [
                letter(ANN, reply_to(7), "250 2.1.5"),
                letter("<bob@example.com>", reply_to(11), "451 4.7.1"),
                letter(ANN, mint(Context::Reply, (7, 6)).to_string(), "250 2.1.5"),
            ],
            &[],
        )
        .with(limited(|rates| rates.user = burst(1))),
        Case::new(
            "too many of one sender, whatever forwarders and bounce checks write into it",
            [
                letter(ANN, reply_to(7), "250 2.1.5"),
                letter(
                    "<prvs=1234abcdef=ann@example.com>",
                    reply_to(11),
                    "451 4.7.1",
                ),
                letter(
                    "<SRS0=HHH=TT=example.com=ann@forwarder.example>",
                    reply_to(12),
                    "451 4.7.1",
                ),
                letter("<Ann@Example.com>", reply_to(13), "451 4.7.1"),
                letter("<bob@example.com>", reply_to(7), "250 2.1.5"),
                // Nobody has no limit of their own.
                letter("<>", reply_to(7), "250 2.1.5"),
                letter("<>", reply_to(7), "250 2.1.5"),
                // What a limit is not for.
                letter(ANN, mint(Context::Bounce, (7, 5)).to_string(), "250 2.1.5"),
                letter(ANN, "postmaster@forge.example".to_owned(), "250 2.1.5"),
            ],
            &[],
        )
        .with(limited(|rates| rates.sender = burst(1))),
    ]
}

fn automatic() -> String {
    format!("Auto-Submitted: auto-replied\r\n{REPLY}")
}

fn end_of_data() -> Vec<Case> {
    let to = |issue, message: &str, expected| {
        Letter::from(ANN)
            .to(reply_to(issue), "250 2.1.5")
            .saying(message, expected)
    };
    let taken = |condition, message: &str, folder| {
        Case::new(condition, [to(7, message, "250 2.0.0")], &[folder])
    };
    let refused =
        |condition, message: &str, expected| Case::new(condition, [to(7, message, expected)], &[]);
    let hops = |count: usize| {
        let field = "Received: from a by b; Thu, 1 Jan 2026 00:00:00 +0000\r\n";
        format!("{}{REPLY}", field.repeat(count))
    };
    let too_big = format!(
        "{}{}",
        automatic(),
        "Line after line of it.\r\n".repeat(20_000)
    );
    let null = |message: &str| {
        Letter::from("<>")
            .to(reply_to(7), "250 2.1.5")
            .saying(message, "250 2.0.0")
    };
    let suppressing = format!("X-Auto-Response-Suppress: All\r\nPrecedence: bulk\r\n{REPLY}");
    let own = "From: noreply@noreply.forge.example\r\nMessage-ID: <issue/7/comment/3@forge.example>\r\n\r\nMerge it.\r\n";
    let two = |first: &str, second: &str| [to(7, first, "250 2.0.0"), to(7, second, "250 2.0.0")];
    let undated = REPLY.replace(
        "Message-ID: <1@example.com>",
        "Date: Thu, 1 Jan 2026 00:00:00 +0000",
    );
    vec![
        taken("a person's answer", REPLY, "success"),
        taken("a long answer", &long_reply(), "success"),
        refused("too big, whatever else it is", &too_big, "552 5.3.4"),
        taken("a bounce", BOUNCE, "ignored/bounce"),
        taken(
            "an auto-reply, whatever its faults",
            &format!("Auto-Submitted: auto-replied\r\n{}", hops(120)),
            "ignored/auto-reply",
        ),
        taken("a receipt", RECEIPT, "ignored/read-receipt"),
        taken("an answer to an invitation", CALENDAR, "ignored/calendar"),
        // Nobody as the sender and Precedence are two signs of a robot.
        Case::new("a list robot", [null(LIST)], &["ignored/auto-reply"]),
        taken(
            "what a list robot says in the name of somebody",
            LIST,
            "success",
        ),
        taken(
            "fields that ask robots for silence, in a person's answer",
            &suppressing,
            "success",
        ),
        taken(
            "a person's answer that says it is no robot's",
            &format!("Auto-Submitted: no\r\n{REPLY}"),
            "success",
        ),
        taken("our own notification", own, "ignored/own"),
        Case::new(
            "the same message twice",
            two(REPLY, REPLY),
            &["ignored/duplicate", "success"],
        ),
        Case::new(
            "the same message by another way",
            two(REPLY, &hops(3)),
            &["ignored/duplicate", "success"],
        ),
        Case::new(
            "two messages under one Message-ID",
            two(REPLY, &REPLY.replace("Merge", "Drop")),
            &["success", "success"],
        ),
        Case::new(
            "the same text in two messages",
            two(REPLY, &REPLY.replace("<1@", "<2@")),
            &["success", "success"],
        ),
        Case::new(
            "the same message twice, without a Message-ID",
            two(&undated, &undated),
            &["ignored/duplicate", "success"],
        ),
        Case::new(
            "the same message to two issues",
            [to(7, REPLY, "250 2.0.0"), to(11, REPLY, "250 2.0.0")],
            &["success", "success"],
        ),
        taken("99 hops", &hops(99), "success"),
        refused("100 hops", &hops(100), "554 5.4.6"),
        refused(
            "no From",
            "Message-ID: <1@example.com>\r\n\r\nMerge it.\r\n",
            "554 5.6.0",
        ),
        refused(
            "two From fields",
            &format!("From: bob@example.com\r\n{REPLY}"),
            "554 5.6.0",
        ),
        refused(
            "two authors in From",
            &REPLY.replace("ann@", "bob@example.com, ann@"),
            "554 5.6.0",
        ),
        Case::new(
            "a sender that may not use the token",
            [to(8, REPLY, "550 5.7.1")],
            &[],
        ),
        Case::new(
            "the sender that may",
            [to(8, &REPLY.replace("ann@", "Bob@"), "250 2.0.0")],
            &["success"],
        ),
        refused("encrypted with OpenPGP", ENCRYPTED, "554 5.6.1"),
        refused("encrypted with S/MIME", ENVELOPED, "554 5.6.1"),
        refused("nothing readable", PICTURE, "554 5.6.1"),
        refused(
            "nothing left of the reply",
            "From: ann@example.com\r\n\r\n> Shall I?\r\n\r\n-- \r\nAnn\r\n",
            "554 5.6.0",
        ),
        refused(
            "what the product does not take",
            &REPLY.replace("Merge it", "XYZZY"),
            "550 5.7.1",
        ),
        Case::new(
            "a refusal, and then a better message in the same session",
            [to(7, PICTURE, "554 5.6.1"), to(7, REPLY, "250 2.0.0")],
            &["success"],
        ),
    ]
}
