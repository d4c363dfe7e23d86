//! What to say at RCPT: who a message may be for.
//!
//! The gate is a pure policy over the address, the keys and the day. What only the product knows (is the thread still
//! open, may this person still write) comes back as [`Decision::Ask`].

use inreply_smtp::wire::path::ForwardPath;
use inreply_smtp::wire::reply::Reply;
use inreply_token::{Addresses, Context, Day, Host, Ids, KeyRing, OpenError, Opened};

use crate::inbox::Standing;
use crate::refusal::Refusal;
use crate::site::Site;

/// Decides recipients.
///
/// ```
/// use inreply::gate::{Decision, Gate, Recipient};
/// use inreply::site::Site;
/// use inreply_token::{Context, Day, Key, KeyId, KeyRing};
///
/// let ring = KeyRing::new(KeyId(1), Key::from_bytes(&[7; 32])?);
/// let gate = Gate::new(Site::new("forge.example.com")?, &ring);
/// let today = Day::from_unix_seconds(1_800_000_000);
///
/// let address = gate.addresses().mint(Context::Reply, (7, 5), today)?;
/// let path = format!("<{}>", address.as_str().to_uppercase()).parse()?;
/// assert!(matches!(gate.check(&[], &path, today), Decision::Ask(opened) if opened.ids.pair() == Some((7, 5))));
///
/// let forged = "<reply+aeqabcdef@reply.forge.example.com>".parse()?;
/// let Decision::Refuse(reply) = gate.check(&[], &forged, today) else { panic!() };
/// assert!(reply.to_string().starts_with("550 5.1.1 "));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Gate {
    site: Site,
    replies: Addresses,
    bounces: Addresses,
    /// Tokens of a host that takes no mail: see [`Gate::mark`].
    marks: Option<Addresses>,
}

/// What to say to a recipient.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Decision {
    /// `250`.
    Accept(Recipient),
    /// The token holds: ask the product, then [`Gate::admit`].
    Ask(Opened),
    /// This reply.
    Refuse(Reply),
}

/// What an accepted recipient stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Recipient {
    /// A reply to what the token says.
    Reply(Opened),
    /// A bounce of what the token says.
    Bounce(Opened),
    /// A wish to hear no more of what the token says.
    Unsubscribe(Opened),
    /// The operator: postmaster or abuse.
    Operator,
    /// Nobody: a reason address, or the no-reply address where it is set to discard.
    Nobody,
}

impl Gate {
    /// The gate of a site, with the keys that its addresses are signed with.
    pub fn new(site: Site, ring: &KeyRing) -> Self {
        let replies = Addresses::new(site.reply_domain().clone(), ring);
        let bounces = Addresses::new(site.noreply_domain().clone(), ring);
        // A host that has room for `reply.` has room for this.
        let marks = Host::new(&format!("mark.{}", site.host())).ok();
        let marks = marks.map(|host| Addresses::new(host, ring));
        Self {
            site,
            replies,
            bounces,
            marks,
        }
    }

    /// The site.
    pub fn site(&self) -> &Site {
        &self.site
    }

    /// The addresses under the reply domain: replies and unsubscriptions.
    pub fn addresses(&self) -> &Addresses {
        &self.replies
    }

    /// The addresses under the no-reply domain: bounces come home to the domain of From, so that SPF aligns.
    pub fn bounce_addresses(&self) -> &Addresses {
        &self.bounces
    }

    /// The token that marks mail about `ids` as our own, in `X-Inreply-Own`. It is bound to a name below the host at which no
    /// mail is taken, so that it is no address, and no address is one.
    pub(crate) fn mark(&self, ids: Ids, today: Day) -> Option<String> {
        let address = self.marks.as_ref()?.mint(Context::Reply, ids, today);
        address.ok().map(|address| address.token().to_owned())
    }

    /// Whether `text` is a mark of ours, however old.
    pub(crate) fn is_mark(&self, text: &str, today: Day) -> bool {
        let opened = self.marks.as_ref().map(|marks| marks.open(text, today));
        !matches!(opened, None | Some(Err(OpenError::Invalid)))
    }

    /// Decides `path`, where `accepted` are the recipients of the message so far.
    pub fn check(&self, accepted: &[Recipient], path: &ForwardPath<'_>, today: Day) -> Decision {
        let Some(mailbox) = path.mailbox() else {
            return Decision::Accept(Recipient::Operator);
        };
        let (local_part, domain) = (mailbox.unquoted_local_part(), mailbox.domain());
        let is = |host: &Host| host.as_str().eq_ignore_ascii_case(domain);
        if !self.site.serves(domain) {
            return Decision::Refuse(Refusal::NotOurDomain.reply(&self.site));
        }
        if ["postmaster", "abuse"]
            .iter()
            .any(|role| local_part.eq_ignore_ascii_case(role))
        {
            return Decision::Accept(Recipient::Operator);
        }
        let no_reply = self.site.no_reply();
        if domain.eq_ignore_ascii_case(no_reply.domain())
            && local_part.eq_ignore_ascii_case(&no_reply.unquoted_local_part())
        {
            return match self.site.discards_no_reply() {
                true => Decision::Accept(Recipient::Nobody),
                false => Decision::Refuse(Refusal::NoReply.reply(&self.site)),
            };
        }
        if is(self.site.noreply_domain()) {
            if self.site.is_reason(&local_part) {
                return Decision::Accept(Recipient::Nobody);
            }
            return self.token(accepted, &self.bounces, &local_part, today);
        }
        if is(self.site.reply_domain()) {
            return self.token(accepted, &self.replies, &local_part, today);
        }
        Decision::Refuse(Refusal::NoSuchMailbox.reply(&self.site))
    }

    /// Turns the product's answer about a token of [`Decision::Ask`] into a recipient or a refusal.
    ///
    /// # Errors
    /// The reply, where the product takes nothing there.
    pub fn admit(&self, opened: Opened, standing: &Standing) -> Result<Recipient, Reply> {
        match standing {
            Standing::Open(_) => Ok(Recipient::Reply(opened)),
            Standing::Closed(reason) => Err(Refusal::Closed(reason.clone()).reply(&self.site)),
        }
    }

    fn token(
        &self,
        accepted: &[Recipient],
        addresses: &Addresses,
        local_part: &str,
        today: Day,
    ) -> Decision {
        let opened = match addresses.open(local_part, today) {
            Ok(opened) => opened,
            Err(OpenError::Expired { since, .. }) => {
                return Decision::Refuse((Refusal::Expired { since }).reply(&self.site));
            }
            Err(OpenError::KeyRetired { .. }) => {
                return Decision::Refuse(Refusal::KeyRetired.reply(&self.site));
            }
            Err(_) => return Decision::Refuse(Refusal::NoSuchMailbox.reply(&self.site)),
        };
        match opened.context {
            Context::Bounce => Decision::Accept(Recipient::Bounce(opened)),
            Context::Unsubscribe => Decision::Accept(Recipient::Unsubscribe(opened)),
            _ if accepted.iter().any(
                |other| matches!(other, Recipient::Reply(other) if other.ids != opened.ids),
            ) =>
            {
                Decision::Refuse(Refusal::AnotherToken.reply(&self.site))
            }
            _ => Decision::Ask(opened),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inbox::Senders;
    use inreply_token::{Key, KeyId};

    fn today() -> Day {
        Day::from_unix_seconds(1_800_000_000)
    }

    fn gate() -> Gate {
        let site = Site::new("forge.example")
            .unwrap()
            .support("help@forge.example".parse().unwrap());
        Gate::new(
            site,
            &KeyRing::new(KeyId(1), Key::from_bytes(&[7; 32]).unwrap()),
        )
    }

    fn say(gate: &Gate, path: &str) -> String {
        match gate.check(&[], &path.parse().unwrap(), today()) {
            Decision::Refuse(reply) => {
                let text = reply.to_string();
                assert!(text.ends_with(" Help: help@forge.example\r\n"), "{text}");
                let (code, text) = text.split_at(9);
                format!(
                    "{}{}",
                    code.replace('-', " "),
                    text.split("\r\n").next().unwrap()
                )
            }
            other => format!("{other:?}"),
        }
    }

    /// The RCPT rows of the design, top to bottom.
    #[test]
    fn every_row_has_its_reply() {
        let gate = gate();
        for foreign in [
            "<a@other.example>",
            "<a@evilforge.example>",
            "<a@[127.0.0.1]>",
            "<@forge.example:a@other.example>",
        ] {
            assert!(
                say(&gate, foreign).starts_with("550 5.7.1 Relaying denied"),
                "{foreign}"
            );
        }
        for unknown in [
            "<reply+forged@reply.forge.example>",
            "<reply+@reply.forge.example>",
            "<ann@reply.forge.example>",
            "<ann@forge.example>",
            "<unknown-reason@noreply.forge.example>",
        ] {
            assert!(
                say(&gate, unknown).starts_with("550 5.1.1 No such address"),
                "{unknown}"
            );
        }
        assert!(say(&gate, "<NoReply@noreply.forge.example>").contains("Reply-To"));
        for nobody in [
            "<mention@noreply.forge.example>",
            "<Mention@NOREPLY.forge.example>",
        ] {
            assert_eq!(say(&gate, nobody), "Accept(Nobody)");
        }
        for operator in [
            "<Postmaster>",
            "<postMaster@reply.forge.example>",
            "<abuse@forge.example>",
            "<\"abuse\"@noreply.forge.example>",
        ] {
            assert_eq!(say(&gate, operator), "Accept(Operator)");
        }
    }

    #[test]
    fn the_no_reply_address_is_discarded_where_set() {
        let site = Site::new("forge.example").unwrap().discard_no_reply(true);
        let gate = Gate::new(
            site,
            &KeyRing::new(KeyId(1), Key::from_bytes(&[7; 32]).unwrap()),
        );
        let path = "<noreply@noreply.forge.example>".parse().unwrap();
        assert_eq!(
            gate.check(&[], &path, today()),
            Decision::Accept(Recipient::Nobody)
        );
    }

    #[test]
    fn a_token_opens_at_its_own_domain_only() {
        let gate = gate();
        let reply = gate
            .addresses()
            .mint(Context::Reply, (7, 5), today())
            .unwrap();
        let bounce = gate
            .bounce_addresses()
            .mint(Context::Bounce, (0, 5), today())
            .unwrap();
        for good in [
            reply.local_part().to_owned(),
            reply.token().to_uppercase(),
            format!("\"{}\"", reply.local_part()),
        ] {
            let path = format!("<{good}@Reply.Forge.example>").parse().unwrap();
            let Decision::Ask(opened) = gate.check(&[], &path, today()) else {
                panic!("{good}")
            };
            assert_eq!(opened.ids.pair(), Some((7, 5)));
        }
        assert!(matches!(
            gate.check(&[], &format!("<{bounce}>").parse().unwrap(), today()),
            Decision::Accept(Recipient::Bounce(_))
        ));
        for (token, domain) in [
            (reply.local_part(), "noreply.forge.example"),
            (bounce.local_part(), "reply.forge.example"),
        ] {
            assert!(
                say(&gate, &format!("<{token}@{domain}>")).starts_with("550 5.1.1 No such address")
            );
        }
    }

    #[test]
    fn what_no_longer_opens_says_since_when() {
        let gate = gate();
        let address = gate
            .addresses()
            .mint_until(Context::Reply, (7, 5), Some(today()))
            .unwrap();
        assert_eq!(
            say(&gate, &format!("<{address}>")),
            format!(
                "550 5.2.1 This reply address has expired on {}, please answer on the web",
                today()
            )
        );
        let mut ring = KeyRing::new(KeyId(1), Key::from_bytes(&[7; 32]).unwrap());
        ring.rotate(KeyId(2), Key::from_bytes(&[8; 32]).unwrap())
            .unwrap();
        ring.retire(KeyId(1)).unwrap();
        let rotated = Gate::new(gate.site().clone(), &ring);
        let address = gate
            .addresses()
            .mint(Context::Reply, (7, 5), today())
            .unwrap();
        assert!(
            say(&rotated, &format!("<{address}>"))
                .starts_with("550 5.2.1 This reply address was withdrawn")
        );
    }

    #[test]
    fn one_reply_token_a_message() {
        let gate = gate();
        let mint = |ids: (u64, u64)| gate.addresses().mint(Context::Reply, ids, today()).unwrap();
        let Decision::Ask(first) = gate.check(
            &[],
            &format!("<{}>", mint((7, 5))).parse().unwrap(),
            today(),
        ) else {
            panic!()
        };
        let accepted = [
            gate.admit(first, &Standing::Open(Senders::Anyone)).unwrap(),
            Recipient::Nobody,
        ];
        let again = gate.check(
            &accepted,
            &format!("<{}>", mint((7, 5))).parse().unwrap(),
            today(),
        );
        assert_eq!(again, Decision::Ask(first));
        let Decision::Refuse(other) = gate.check(
            &accepted,
            &format!("<{}>", mint((8, 5))).parse().unwrap(),
            today(),
        ) else {
            panic!()
        };
        assert!(other.to_string().starts_with("452-4.5.3 "));
        let closed = gate
            .admit(first, &Standing::Closed("the issue is locked".to_owned()))
            .unwrap_err();
        assert!(
            closed
                .to_string()
                .starts_with("550-5.2.1 No answer is taken here any more: the issue is locked\r\n")
        );
    }
}
