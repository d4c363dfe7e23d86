//! How addresses are minted.

use core::array;

use crate::context::Context;
use crate::prefix::Prefix;

const LIFETIME_DAYS: u16 = 400;

/// How addresses are minted: prefixes, lifetime, and whether ids are hidden.
///
/// ```
/// use inreply_token::{Context, Policy, Prefix};
///
/// let policy = Policy::default().prefix(Context::Reply, Prefix::new("r-")?).lifetime_days(90);
/// # Ok::<(), inreply_token::PrefixError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Policy {
    prefixes: [Prefix; 3],
    lifetime_days: u16,
    hide_ids: bool,
}

impl Policy {
    /// What stands before the tokens of this context. Two contexts may share a prefix, for the token itself says its
    /// context. An address under a former prefix is not read any more.
    ///
    /// Defaults to `reply+`, `b+` and `u+`: `+` since mail servers take it for the recipient delimiter, and two
    /// octets for bounces, since relays lengthen them.
    #[must_use]
    pub fn prefix(mut self, context: Context, prefix: Prefix) -> Self {
        self.prefixes[context.index()] = prefix;
        self
    }

    /// For how many days an address works, the day of minting included; 0 for ever.
    ///
    /// Defaults to 400 days: an answer to a yearly mail still comes through, and a key is gone from the configuration
    /// a little more than a year after its successor came.
    #[must_use]
    pub fn lifetime_days(mut self, days: u16) -> Self {
        self.lifetime_days = days;
        self
    }

    /// Whether minted addresses hide their ids. Tokens of either kind are read in any case.
    ///
    /// Defaults to false: hidden ids cannot be seen in a log either.
    #[cfg(feature = "hide-ids")]
    #[must_use]
    pub fn hide_ids(mut self, hide: bool) -> Self {
        self.hide_ids = hide;
        self
    }

    pub(crate) fn prefix_of(&self, context: Context) -> &Prefix {
        &self.prefixes[context.index()]
    }

    /// `None` for ever.
    pub(crate) fn lifetime(&self) -> Option<u16> {
        (self.lifetime_days > 0).then_some(self.lifetime_days)
    }

    pub(crate) fn hides_ids(&self) -> bool {
        self.hide_ids
    }

    /// The characters that a token of this context may have.
    pub(crate) fn token_chars(&self, context: Context) -> usize {
        context.local_part_limit() - self.prefix_of(context).len()
    }

    /// Takes the longest prefix off a local part: what was taken, for a bare token nothing, and the rest.
    pub(crate) fn strip<'a>(&self, local_part: &'a [u8]) -> (Option<&Prefix>, &'a [u8]) {
        self.prefixes
            .iter()
            .filter_map(|prefix| prefix.strip(local_part).map(|rest| (Some(prefix), rest)))
            .max_by_key(|(prefix, _)| prefix.map(Prefix::len))
            .unwrap_or((None, local_part))
    }
}

impl Default for Policy {
    fn default() -> Self {
        let prefixes = array::from_fn(|index| Prefix::known(["reply+", "b+", "u+"][index]));
        Self {
            prefixes,
            lifetime_days: LIFETIME_DAYS,
            hide_ids: false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_prefixes_are_prefixes() {
        for (context, text) in Context::ALL.into_iter().zip(["reply+", "b+", "u+"]) {
            assert_eq!(
                Prefix::new(text).as_ref(),
                Ok(Policy::default().prefix_of(context))
            );
        }
    }

    #[test]
    fn the_longest_prefix_is_taken() {
        let policy = Policy::default().prefix(Context::Bounce, Prefix::new("u+b+").unwrap());
        let taken = |text: &'static str| {
            let (prefix, rest) = policy.strip(text.as_bytes());
            (
                prefix.map(Prefix::as_str).map(str::to_owned),
                str::from_utf8(rest).unwrap(),
            )
        };
        assert_eq!(taken("u+b+x"), (Some("u+b+".to_owned()), "x"));
        assert_eq!(taken("U+x"), (Some("u+".to_owned()), "x"));
        assert_eq!(taken("reply+"), (Some("reply+".to_owned()), ""));
        assert_eq!(taken("reply"), (None, "reply"));
    }
}
