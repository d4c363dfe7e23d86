//! The system's own addresses, taken out of what is published.

use super::feature::address_at;

/// The text without the addresses that `own` names.
pub(crate) fn remove(text: &str, own: impl Fn(&str) -> bool) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((start, end)) = address_at(rest) {
        // A full stop that ends the sentence is no part of the domain.
        let address = rest[start..end].trim_end_matches(['.', '-']);
        let end = start + address.len();
        let local = address.trim_start_matches(['\'', '`', '*', '_', '{', '|', '~']);
        let scheme = local.strip_prefix("mailto:").unwrap_or(local);
        if !own(scheme) {
            out.push_str(&rest[..end]);
            rest = &rest[end..];
            continue;
        }
        let mut before = &rest[..end - local.len()];
        let mut after = &rest[end..];
        before = before.strip_suffix("mailto:").unwrap_or(before);
        if let (Some(opened), Some(closed)) = (before.strip_suffix('<'), after.strip_prefix('>')) {
            (before, after) = (opened, closed);
        } else if let (Some(opened), Some(closed)) =
            (before.strip_suffix('['), after.strip_prefix(']'))
        {
            (before, after) = (opened, closed);
        }
        out.push_str(before);
        rest = after;
    }
    out.push_str(rest);
    out
}
