//! The findings there are: stable codes, each with its severity.

use std::fmt;

/// How bad a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[allow(clippy::exhaustive_enums, reason = "the verdict is made of these four")]
pub enum Severity {
    /// Worth knowing.
    Info,
    /// Mail arrives, but not everywhere, or not for long.
    Warning,
    /// A lookup failed: nobody knows.
    Unknown,
    /// Mail does not arrive, or is refused.
    Error,
}

impl Severity {
    /// In lower case, as reports write it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Warning => "warning",
            Self::Unknown => "unknown",
            Self::Error => "error",
        }
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// A kind of finding. What causes each, and how it is mended, stands in the crate's `CODES.md`.
///
/// ```
/// use inreply_dns::doctor::{Code, Severity};
///
/// let code = Code::of("reply.addr.wildcard_shadowed").unwrap();
/// assert_eq!((code.severity(), code.rfc()), (Severity::Error, "RFC 4592 §2.2.1"));
/// assert!(Code::of("reply.addr.odd").is_none());
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Code(&'static Entry);

#[derive(Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
struct Entry {
    code: &'static str,
    severity: Severity,
    rfc: &'static str,
    title: &'static str,
}

impl Code {
    /// The code of this name.
    pub fn of(code: &str) -> Option<Self> {
        ALL.iter().find(|entry| entry.code == code).map(Self)
    }

    /// Every code, in their order.
    pub fn all() -> impl Iterator<Item = Self> {
        ALL.iter().map(Self)
    }

    /// The name.
    pub fn as_str(self) -> &'static str {
        self.0.code
    }

    /// How bad it is, unless a circumstance makes it better or worse.
    pub fn severity(self) -> Severity {
        self.0.severity
    }

    /// Where it is written.
    pub fn rfc(self) -> &'static str {
        self.0.rfc
    }

    /// What it means, in a few words.
    pub fn title(self) -> &'static str {
        self.0.title
    }
}

impl fmt::Debug for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

const fn entry(
    code: &'static str,
    severity: Severity,
    rfc: &'static str,
    title: &'static str,
) -> Entry {
    Entry {
        code,
        severity,
        rfc,
        title,
    }
}

use Severity::{Error, Info, Unknown, Warning};

#[rustfmt::skip]
static ALL: &[Entry] = &[
    entry("bimi.syntax", Warning, "draft-brand-indicators", "the BIMI record does not parse"),
    entry("dane.not_secure", Warning, "RFC 7672 §2.1", "TLSA records in a zone that is not signed have no effect"),
    entry("dane.not_validated", Info, "RFC 7672 §2.1", "TLSA records whose signatures this resolver did not vouch for"),
    entry("dane.unusable", Warning, "RFC 7672 §3.1", "a TLSA record that no SMTP client may use"),
    entry("dkim.ed25519_only", Warning, "RFC 8463 §5.1", "only ed25519 keys: many verifiers cannot use them"),
    entry("dkim.hash_not_allowed", Warning, "RFC 8301 §3.1", "h= leaves SHA-256 out"),
    entry("dkim.key_mismatch", Error, "RFC 6376 §3.6.1", "the key in DNS is not the one we sign with"),
    entry("dkim.key_too_short", Error, "RFC 8301 §3.2", "an RSA key below 1024 bits"),
    entry("dkim.lookup_failed", Unknown, "RFC 6376 §6.1.2", "the lookup of the key failed"),
    entry("dkim.missing", Error, "RFC 6376 §3.6.2", "the selector we sign with has no record"),
    entry("dkim.multiple", Warning, "RFC 6376 §3.6.2.2", "several records at one selector: verifiers take any"),
    entry("dkim.revoked", Error, "RFC 6376 §3.6.1", "the key is revoked: p= is empty"),
    entry("dkim.service_not_email", Error, "RFC 6376 §3.6.1", "s= leaves e-mail out"),
    entry("dkim.syntax", Error, "RFC 6376 §3.6.1", "the key record does not parse"),
    entry("dkim.testing", Warning, "RFC 6376 §3.6.1", "t=y: signatures count for nothing"),
    entry("dkim.weak_key", Warning, "RFC 8301 §3.2", "an RSA key of 1024 to 2047 bits"),
    entry("dmarc.bad_policy", Error, "RFC 9989 §4.10.1", "p=, sp= or np= is none of none, quarantine, reject"),
    entry("dmarc.inherited", Info, "RFC 9989 §4.10.1", "the policy is that of a domain above"),
    entry("dmarc.lookup_failed", Unknown, "RFC 9989 §4.10.1", "a lookup that decides the policy failed"),
    entry("dmarc.missing", Warning, "RFC 9989 §4.10", "no record at the sender domain or above it"),
    entry("dmarc.multiple", Error, "RFC 9989 §4.10", "several records at one name: none of them counts"),
    entry("dmarc.obsolete", Info, "RFC 9989 §4.7", "a tag that RFC 9989 has removed"),
    entry("dmarc.policy_none", Warning, "RFC 9989 §4.7", "the effective policy is none"),
    entry("dmarc.rua_not_authorised", Warning, "RFC 9990 §4", "reports go to another organisation that has not agreed"),
    entry("dmarc.rua_unknown", Info, "RFC 9990 §4", "whether another organisation has agreed to take reports could not be looked up"),
    entry("dmarc.syntax", Warning, "RFC 9989 §4.8", "a tag that receivers discard"),
    entry("dmarc.testing", Warning, "RFC 9989 §4.7", "t=y: the policy is applied one step weaker"),
    entry("dmarc.wrong_place", Warning, "RFC 9989 §4.10.1", "DMARC text at the domain itself instead of _dmarc"),
    entry("dns.large_answer", Info, "RFC 7766 §5", "an answer that does not fit into a datagram"),
    entry("dns.resolver_unusable", Unknown, "RFC 8499 §3", "every lookup fails alike"),
    entry("dns.ttl_long", Warning, "RFC 1912 §2.2", "a TTL above 7 days on a record that is needed"),
    entry("dns.ttl_zero", Warning, "RFC 1912 §2.2", "TTL 0 on a record that is needed"),
    entry("dnssec.bogus", Error, "RFC 4035 §5.5", "signatures that do not hold: validating resolvers answer nothing"),
    entry("dnssec.not_validated", Info, "RFC 4035 §3.2.3", "the zone is signed, but this resolver did not vouch for it"),
    entry("dnssec.secure", Info, "RFC 4035 §3.2.3", "the zone is signed, and the signatures hold"),
    entry("host.addr.lookup_failed", Unknown, "RFC 2308 §7", "the lookup of the host's addresses failed"),
    entry("host.addr.missing", Error, "RFC 5321 §5.1", "the host has no address"),
    entry("host.addr.no_ipv4", Warning, "RFC 5321 §5.2", "the host has only IPv6 addresses"),
    entry("mtasts.multiple", Warning, "RFC 8461 §3.1", "several records: treated as none"),
    entry("mtasts.mx_not_covered", Error, "RFC 8461 §4.1", "the policy leaves out the mail exchange"),
    entry("mtasts.no_record", Info, "RFC 8461 §3.1", "a policy without the record that points to it"),
    entry("mtasts.policy_syntax", Warning, "RFC 8461 §3.2", "the policy does not parse"),
    entry("mtasts.policy_unread", Info, "RFC 8461 §3.3", "the policy could not be fetched"),
    entry("mtasts.syntax", Warning, "RFC 8461 §3.1", "the record does not parse"),
    entry("noreply.mx.backup_elsewhere", Warning, "RFC 5321 §5.1", "a less preferred mail exchange is another machine"),
    entry("noreply.mx.cname_dangling", Error, "RFC 1034 §3.6.2", "no mail exchange: the CNAME leads to nothing"),
    entry("noreply.mx.cname_loop", Error, "RFC 1034 §3.6.2", "no mail exchange: the CNAME leads back to itself"),
    entry("noreply.mx.from_wildcard", Info, "RFC 4592 §2.1.1", "the MX is that of a wildcard"),
    entry("noreply.mx.lookup_failed", Unknown, "RFC 5321 §5.1", "the MX lookup failed"),
    entry("noreply.mx.missing", Error, "RFC 5321 §5.1", "no mail exchange"),
    entry("noreply.mx.missing_trailing_dot", Error, "RFC 1035 §5.1", "the target ends in the zone twice"),
    entry("noreply.mx.null", Error, "RFC 7505 §3", "a null MX: no mail is taken"),
    entry("noreply.mx.null_with_others", Error, "RFC 7505 §3", "a null MX beside another"),
    entry("noreply.mx.other_name_same_address", Warning, "RFC 5321 §5.1", "the target is another name of the same machine"),
    entry("noreply.mx.preferred_elsewhere", Error, "RFC 5321 §5.1", "another machine is preferred, or equal"),
    entry("noreply.mx.target_dangling", Error, "RFC 5321 §5.1", "the target has no address"),
    entry("noreply.mx.target_is_cname", Error, "RFC 2181 §10.3", "the target is a CNAME"),
    entry("noreply.mx.target_is_ip", Error, "RFC 1035 §3.3.9", "the target is an address written as a name"),
    entry("noreply.mx.wrong_host", Error, "RFC 5321 §5.1", "mail goes to another machine"),
    entry("ptr.lookup_failed", Info, "RFC 5321 §4.1.4", "the name of a sending address could not be looked up"),
    entry("ptr.missing", Warning, "RFC 1912 §2.1", "a sending address has no name"),
    entry("ptr.not_confirmed", Warning, "RFC 1912 §2.1", "the name of a sending address does not resolve back to it"),
    entry("ptr.other_name", Info, "RFC 5321 §4.1.4", "the name of a sending address is not the one in EHLO"),
    entry("reply.addr.cname_chain_long", Warning, "RFC 1034 §3.6.2", "a CNAME chain of more than 3 links"),
    entry("reply.addr.cname_dangling", Error, "RFC 1034 §3.6.2", "the CNAME leads to a name that does not exist"),
    entry("reply.addr.cname_loop", Error, "RFC 1034 §3.6.2", "the CNAME leads back to itself"),
    entry("reply.addr.from_wildcard", Info, "RFC 4592 §2.1.1", "the address is that of a wildcard"),
    entry("reply.addr.lookup_failed", Unknown, "RFC 2308 §7", "the address lookup failed"),
    entry("reply.addr.missing", Error, "RFC 5321 §5.1", "no address"),
    entry("reply.addr.no_ipv4", Warning, "RFC 5321 §5.2", "only IPv6 addresses"),
    entry("reply.addr.not_public", Error, "RFC 6890 §2.2", "an address that cannot be reached from outside"),
    entry("reply.addr.wildcard_shadowed", Error, "RFC 4592 §2.2.1", "a wildcard has an address, but does not cover this name"),
    entry("reply.cname_and_other_data", Error, "RFC 2181 §10.1", "a CNAME with other data beside it"),
    entry("reply.mx.backup_elsewhere", Warning, "RFC 5321 §5.1", "a less preferred mail exchange is another machine"),
    entry("reply.mx.cname_dangling", Error, "RFC 1034 §3.6.2", "no mail exchange: the CNAME leads to nothing"),
    entry("reply.mx.cname_loop", Error, "RFC 1034 §3.6.2", "no mail exchange: the CNAME leads back to itself"),
    entry("reply.mx.from_wildcard", Info, "RFC 4592 §2.1.1", "the MX is that of a wildcard"),
    entry("reply.mx.lookup_failed", Unknown, "RFC 5321 §5.1", "the MX lookup failed"),
    entry("reply.mx.missing", Error, "RFC 5321 §5.1", "no mail exchange"),
    entry("reply.mx.missing_trailing_dot", Error, "RFC 1035 §5.1", "the target ends in the zone twice"),
    entry("reply.mx.null", Error, "RFC 7505 §3", "a null MX: no mail is taken"),
    entry("reply.mx.null_with_others", Error, "RFC 7505 §3", "a null MX beside another"),
    entry("reply.mx.other_name_same_address", Warning, "RFC 5321 §5.1", "the target is another name of the same machine"),
    entry("reply.mx.preferred_elsewhere", Error, "RFC 5321 §5.1", "another machine is preferred, or equal"),
    entry("reply.mx.target_dangling", Error, "RFC 5321 §5.1", "the target has no address"),
    entry("reply.mx.target_is_cname", Error, "RFC 2181 §10.3", "the target is a CNAME"),
    entry("reply.mx.target_is_ip", Error, "RFC 1035 §3.3.9", "the target is an address written as a name"),
    entry("reply.mx.wrong_host", Error, "RFC 5321 §5.1", "mail goes to another machine"),
    entry("spf.helo_none", Info, "RFC 7208 §2.3", "the name in EHLO has no SPF record"),
    entry("spf.helo_not_authorised", Warning, "RFC 7208 §2.3", "the name in EHLO has a record that does not pass for a sending address"),
    entry("spf.include_loop", Error, "RFC 7208 §4.6.4", "include or redirect leads back"),
    entry("spf.include_none", Error, "RFC 7208 §5.2", "include or redirect of a domain without SPF"),
    entry("spf.lookup_failed", Unknown, "RFC 7208 §4.4", "a TXT lookup failed"),
    entry("spf.missing", Warning, "RFC 7208 §4.5", "no SPF record"),
    entry("spf.multiple", Error, "RFC 7208 §4.5", "several SPF records"),
    entry("spf.near_lookup_limit", Warning, "RFC 7208 §4.6.4", "9 or 10 of the 10 lookups are used"),
    entry("spf.no_all", Warning, "RFC 7208 §4.7", "neither all nor redirect"),
    entry("spf.not_aligned", Warning, "RFC 9989 §4.4.2", "the envelope's domain is of another organisation"),
    entry("spf.pass_all", Error, "RFC 7208 §5.1", "+all: everybody may send"),
    entry("spf.ptr", Warning, "RFC 7208 §5.5", "the ptr mechanism, which is not to be used"),
    entry("spf.sender_not_authorised", Error, "RFC 7208 §2.6", "the record does not pass for a sending address"),
    entry("spf.syntax", Error, "RFC 7208 §4.6", "the record does not parse"),
    entry("spf.too_many_lookups", Error, "RFC 7208 §4.6.4", "more than 10 lookups"),
    entry("spf.too_many_void_lookups", Error, "RFC 7208 §4.6.4", "more than 2 lookups that find nothing"),
    entry("tlsrpt.multiple", Warning, "RFC 8460 §3", "several records: treated as none"),
    entry("tlsrpt.syntax", Warning, "RFC 8460 §3", "the record does not parse"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_in_order_and_documented() {
        let page = include_str!("../../CODES.md");
        let codes: Vec<&str> = Code::all().map(Code::as_str).collect();
        let mut sorted = codes.clone();
        sorted.sort_unstable();
        sorted.dedup();
        assert_eq!(codes, sorted);
        for code in codes {
            // A page says `reply.mx.x` for noreply too.
            let spoken = code.replace("noreply.", "reply.");
            assert!(page.contains(&format!("`{spoken}`")), "{code}");
        }
    }
}
