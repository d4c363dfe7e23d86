//! Tokens that `vectors.py` made from the documentation: this crate must make the same ones, and read them.

use inreply_token::{Addresses, Context, Day, Ids, KeyId, KeyRing, Policy};

use crate::common::{CONTEXTS, decode, host, key, today};

/// A row of `vectors.tsv`.
pub(crate) struct Vector {
    /// A context, or the kind of the older form.
    pub(crate) kind: &'static str,
    /// Numbers, or UUID and number, or UUID.
    pub(crate) ids: Vec<&'static str>,
    pub(crate) key_id: KeyId,
    pub(crate) expires: Option<Day>,
    pub(crate) text: &'static str,
}

impl Vector {
    fn context(&self) -> Context {
        CONTEXTS
            .into_iter()
            .find(|context| context.as_str() == self.kind)
            .unwrap()
    }

    fn ids(&self) -> Ids {
        let uuid = |text: &str| u128::from_str_radix(text, 16).unwrap().to_be_bytes();
        match self.ids[..] {
            [handle] => Ids::from(uuid(handle)),
            [subject, recipient] if subject.len() == 32 => {
                Ids::from((uuid(subject), recipient.parse().unwrap()))
            }
            [subject, recipient] => Ids::from((
                subject.parse::<u64>().unwrap(),
                recipient.parse::<u64>().unwrap(),
            )),
            _ => unreachable!("one or two ids"),
        }
    }

    fn addresses(&self, policy: Policy) -> Addresses {
        Addresses::with_policy(host(), &KeyRing::new(self.key_id, key()), policy)
    }
}

/// The rows of one form: `plain`, `hidden` or `legacy`.
pub(crate) fn vectors(form: &str) -> Vec<Vector> {
    let rows = include_str!("vectors.tsv")
        .lines()
        .map(|line| line.split('\t').collect::<Vec<_>>());
    rows.filter(|row| row[0] == form)
        .map(|row| Vector {
            kind: row[1],
            ids: row[2].split(',').collect(),
            key_id: KeyId(row[3].parse().unwrap()),
            expires: Day::new(row[4].parse().unwrap()),
            text: row[5],
        })
        .collect()
}

#[test]
fn minted_as_documented() {
    for vector in vectors("plain") {
        let addresses = vector.addresses(Policy::default());
        let address = addresses
            .mint_until(vector.context(), vector.ids(), vector.expires)
            .unwrap();
        assert_eq!(address.local_part(), vector.text);
        assert_eq!(
            address.as_str(),
            format!("{}@reply.example.com", vector.text)
        );
        assert_eq!(address.host(), "reply.example.com");
        assert_eq!(address.token(), vector.text.split_once('+').unwrap().1);
    }
}

#[test]
fn opened_as_documented() {
    for vector in vectors("plain") {
        let opened = vector
            .addresses(Policy::default())
            .open(vector.text, today())
            .unwrap();
        assert_eq!(
            (opened.context, opened.ids, opened.hidden),
            (vector.context(), vector.ids(), false)
        );
        assert_eq!(
            (opened.key_id, opened.expires),
            (vector.key_id, vector.expires)
        );
    }
}

#[test]
fn sizes_as_documented() {
    for vector in vectors("plain") {
        let bytes = decode(vector.text.split_once('+').unwrap().1).len();
        match vector.ids() {
            Ids::Handle(_) | Ids::Uuid { .. } => assert_eq!(bytes, 36),
            _ => assert!(bytes <= 36),
        }
        assert!(vector.text.len() <= vector.context().local_part_limit());
    }
}

#[cfg(feature = "hide-ids")]
#[test]
fn hidden_as_documented() {
    let hiding = Policy::default().hide_ids(true);
    for vector in vectors("hidden") {
        let addresses = vector.addresses(hiding.clone());
        let address = addresses
            .mint_until(vector.context(), vector.ids(), vector.expires)
            .unwrap();
        assert_eq!(address.local_part(), vector.text);
        let opened = addresses.open(vector.text, today()).unwrap();
        assert_eq!(
            (opened.context, opened.ids, opened.hidden),
            (vector.context(), vector.ids(), true)
        );
        // A host that mints plain tokens reads hidden ones.
        assert_eq!(
            vector
                .addresses(Policy::default())
                .open(vector.text, today()),
            Ok(opened)
        );
    }
}

#[cfg(not(feature = "hide-ids"))]
#[test]
fn hidden_ids_are_not_read_without_the_feature() {
    for vector in vectors("hidden") {
        let read = vector
            .addresses(Policy::default())
            .open(vector.text, today());
        assert_eq!(read, Err(inreply_token::OpenError::Invalid));
    }
}
