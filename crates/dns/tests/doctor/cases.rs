//! Wrong zones, and what is found in them.

/// What a zone is: which lines of the good one go, which come, what is found, and whether the fix mends all of it.
pub(crate) struct Case(
    pub(crate) &'static [&'static str],
    pub(crate) &'static str,
    pub(crate) &'static [&'static str],
    pub(crate) Mends,
);

#[derive(PartialEq)]
pub(crate) enum Mends {
    /// After the fix nothing but warnings is left, and something is gone.
    Yes,
    /// There is no fix in the zone.
    No,
}
use Mends::{No, Yes};

pub(crate) const CASES: &[Case] = &[
    Case(&[], "", &[], No),
    // Addresses.
    Case(
        &["forge A"],
        "forge TXT x",
        &[
            "error host.addr.missing forge.acme.test.",
            "error noreply.mx.target_dangling noreply.forge.acme.test.",
            "warning ptr.not_confirmed 192.0.2.1",
        ],
        Yes,
    ),
    Case(
        &["forge A"],
        "forge CNAME other\nother A 192.0.2.1",
        &["error noreply.mx.target_is_cname noreply.forge.acme.test."],
        Yes,
    ),
    Case(
        &["forge A"],
        "forge CNAME gone",
        &[
            "error host.addr.missing forge.acme.test.",
            "error noreply.mx.target_dangling noreply.forge.acme.test.",
            "warning ptr.not_confirmed 192.0.2.1",
        ],
        Yes,
    ),
    Case(
        &["reply.forge A"],
        "",
        &["error reply.addr.missing reply.forge.acme.test."],
        Yes,
    ),
    Case(
        &["reply.forge A"],
        "*.forge A 192.0.2.1",
        &["error reply.addr.wildcard_shadowed reply.forge.acme.test."],
        Yes,
    ),
    Case(
        &["reply.forge A"],
        "*.acme.test. A 192.0.2.1",
        &["error reply.addr.missing reply.forge.acme.test."],
        Yes,
    ),
    Case(
        &["reply.forge A"],
        "reply.forge AAAA 2001:db8::1",
        &["warning reply.addr.no_ipv4 reply.forge.acme.test."],
        No,
    ),
    Case(
        &["reply.forge A"],
        "reply.forge A 10.0.0.5",
        &["error reply.addr.not_public reply.forge.acme.test."],
        Yes,
    ),
    Case(
        &[],
        "reply.forge A 10.0.0.5",
        &["warning reply.addr.not_public reply.forge.acme.test."],
        Yes,
    ),
    Case(
        &["reply.forge"],
        "reply.forge CNAME a\na CNAME reply.forge",
        &[
            "error reply.addr.cname_loop reply.forge.acme.test.",
            "error reply.mx.cname_loop reply.forge.acme.test.",
        ],
        Yes,
    ),
    Case(
        &["reply.forge"],
        "reply.forge CNAME gone.forge",
        &[
            "error reply.addr.cname_dangling reply.forge.acme.test.",
            "error reply.mx.cname_dangling reply.forge.acme.test.",
        ],
        Yes,
    ),
    Case(
        &["reply.forge"],
        "reply.forge CNAME a\na CNAME b\nb CNAME c\nc CNAME d\nd A 192.0.2.1\nd MX 10 d",
        &[
            "warning reply.addr.cname_chain_long reply.forge.acme.test.",
            "warning reply.mx.other_name_same_address reply.forge.acme.test.",
        ],
        Yes,
    ),
    Case(
        &["reply.forge A"],
        "reply.forge CNAME forge",
        &["error reply.cname_and_other_data reply.forge.acme.test."],
        Yes,
    ),
    // Mail exchanges.
    Case(
        &["reply.forge MX"],
        "",
        &["warning reply.mx.missing reply.forge.acme.test."],
        Yes,
    ),
    Case(
        &["reply.forge"],
        "",
        &[
            "error reply.addr.missing reply.forge.acme.test.",
            "error reply.mx.missing reply.forge.acme.test.",
        ],
        Yes,
    ),
    Case(
        &["reply.forge MX"],
        "reply.forge MX 0 .",
        &["error reply.mx.null reply.forge.acme.test."],
        Yes,
    ),
    Case(
        &[],
        "reply.forge MX 0 .",
        &["error reply.mx.null_with_others reply.forge.acme.test."],
        Yes,
    ),
    Case(
        &["reply.forge MX"],
        "reply.forge MX 10 192.0.2.1",
        &["error reply.mx.target_is_ip reply.forge.acme.test."],
        Yes,
    ),
    Case(
        &["reply.forge MX"],
        "reply.forge MX 10 192.0.2.1.",
        &["error reply.mx.target_is_ip reply.forge.acme.test."],
        Yes,
    ),
    Case(
        &["reply.forge MX"],
        "reply.forge MX 10 reply.forge.acme.test",
        &["error reply.mx.missing_trailing_dot reply.forge.acme.test."],
        Yes,
    ),
    Case(
        &["reply.forge MX"],
        "reply.forge MX 10 gone.forge",
        &["error reply.mx.target_dangling reply.forge.acme.test."],
        Yes,
    ),
    Case(
        &["reply.forge MX"],
        "reply.forge MX 10 mx.forge\nmx.forge CNAME reply.forge",
        &["error reply.mx.target_is_cname reply.forge.acme.test."],
        Yes,
    ),
    Case(
        &["reply.forge MX"],
        "reply.forge MX 10 mx.provider.test.",
        &["error reply.mx.wrong_host reply.forge.acme.test."],
        Yes,
    ),
    Case(
        &["reply.forge MX"],
        "reply.forge MX 10 mx.provider.test.\nreply.forge MX 20 forge.provider.test.",
        &["error reply.mx.wrong_host reply.forge.acme.test."],
        Yes,
    ),
    Case(
        &["reply.forge"],
        "reply.forge CNAME forge\nforge MX 10 mx.provider.test.",
        &["error reply.mx.wrong_host reply.forge.acme.test."],
        Yes,
    ),
    Case(
        &[],
        "reply.forge MX 5 mx.provider.test.",
        &["error reply.mx.preferred_elsewhere reply.forge.acme.test."],
        Yes,
    ),
    Case(
        &[],
        "reply.forge MX 10 mx.provider.test.",
        &["error reply.mx.preferred_elsewhere reply.forge.acme.test."],
        Yes,
    ),
    Case(
        &[],
        "reply.forge MX 20 mx.provider.test.",
        &["warning reply.mx.backup_elsewhere reply.forge.acme.test."],
        Yes,
    ),
    Case(
        &["reply.forge MX"],
        "reply.forge MX 10 forge",
        &["warning reply.mx.other_name_same_address reply.forge.acme.test."],
        Yes,
    ),
    Case(
        &["reply.forge"],
        "reply.forge CNAME forge\nforge MX 10 forge",
        &["warning reply.mx.other_name_same_address reply.forge.acme.test."],
        Yes,
    ),
    Case(
        &["noreply.forge MX"],
        "",
        &["error noreply.mx.missing noreply.forge.acme.test."],
        Yes,
    ),
    Case(
        &["noreply.forge MX"],
        "noreply.forge MX 0 .",
        &["error noreply.mx.null noreply.forge.acme.test."],
        Yes,
    ),
    Case(
        &[],
        "noreply.forge MX 0 .",
        &["error noreply.mx.null_with_others noreply.forge.acme.test."],
        Yes,
    ),
    Case(
        &["noreply.forge MX"],
        "noreply.forge MX 10 mx.provider.test.",
        &["error noreply.mx.wrong_host noreply.forge.acme.test."],
        Yes,
    ),
    Case(
        &["noreply.forge MX"],
        "noreply.forge MX 10 reply.forge",
        &["warning noreply.mx.other_name_same_address noreply.forge.acme.test."],
        Yes,
    ),
    Case(
        &["noreply.forge MX"],
        "noreply.forge MX 10 forge.acme.test",
        &["error noreply.mx.missing_trailing_dot noreply.forge.acme.test."],
        Yes,
    ),
    Case(
        &["noreply.forge MX"],
        "noreply.forge MX 10 192.0.2.1",
        &["error noreply.mx.target_is_ip noreply.forge.acme.test."],
        Yes,
    ),
    Case(
        &[],
        "noreply.forge MX 1 mx.provider.test.",
        &["error noreply.mx.preferred_elsewhere noreply.forge.acme.test."],
        Yes,
    ),
    Case(
        &[],
        "noreply.forge MX 90 mx.provider.test.",
        &["warning noreply.mx.backup_elsewhere noreply.forge.acme.test."],
        Yes,
    ),
    Case(
        &["noreply.forge"],
        "noreply.forge CNAME a\na CNAME noreply.forge",
        &[
            "error noreply.mx.cname_loop noreply.forge.acme.test.",
            "unknown spf.lookup_failed noreply.forge.acme.test.",
        ],
        Yes,
    ),
    Case(
        &["noreply.forge"],
        "noreply.forge CNAME gone.forge",
        &[
            "error noreply.mx.cname_dangling noreply.forge.acme.test.",
            "warning spf.missing noreply.forge.acme.test.",
        ],
        Yes,
    ),
    Case(
        &["noreply.forge"],
        "noreply.forge CNAME hidden\nhidden TXT \"v=spf1 ip4:192.0.2.1 -all\"",
        &["error noreply.mx.missing noreply.forge.acme.test."],
        Yes,
    ),
    // A wildcard gives what a fix takes away.
    Case(
        &["reply.forge"],
        "*.forge A 192.0.2.1",
        &["warning reply.mx.missing reply.forge.acme.test."],
        Yes,
    ),
    Case(
        &["reply.forge"],
        "*.forge A 192.0.2.1\n*.forge MX 10 mx.provider.test.",
        &["error reply.mx.wrong_host reply.forge.acme.test."],
        Yes,
    ),
    Case(
        &["reply.forge"],
        "*.forge A 192.0.2.1\n*.forge MX 10 forge",
        &["warning reply.mx.other_name_same_address reply.forge.acme.test."],
        Yes,
    ),
    Case(
        &["reply.forge"],
        "*.forge CNAME forge\nforge MX 10 mx.provider.test.",
        &["error reply.mx.wrong_host reply.forge.acme.test."],
        Yes,
    ),
    Case(
        &["reply.forge", "noreply.forge", "s1", "_dmarc"],
        "*.forge A 192.0.2.1\n*.forge MX 10 forge\n*.forge TXT \"v=spf1 ip4:192.0.2.1 -all\"",
        &[
            "error dkim.missing s1._domainkey.noreply.forge.acme.test.",
            "warning dmarc.missing _dmarc.noreply.forge.acme.test.",
            "warning reply.mx.other_name_same_address reply.forge.acme.test.",
        ],
        Yes,
    ),
    Case(
        &["forge", "reply.forge", "noreply.forge", "s1", "_dmarc"],
        "*.acme.test. A 192.0.2.1",
        &[
            "error dkim.missing s1._domainkey.noreply.forge.acme.test.",
            "error noreply.mx.missing noreply.forge.acme.test.",
            "warning dmarc.missing _dmarc.noreply.forge.acme.test.",
            "warning reply.mx.missing reply.forge.acme.test.",
            "warning spf.missing noreply.forge.acme.test.",
        ],
        Yes,
    ),
    // SPF.
    Case(
        &["noreply.forge TXT"],
        "",
        &["warning spf.missing noreply.forge.acme.test."],
        Yes,
    ),
    Case(
        &[],
        "noreply.forge TXT \"v=spf1 include:_spf.provider.test ~all\"",
        &["error spf.multiple noreply.forge.acme.test."],
        Yes,
    ),
    Case(
        &["noreply.forge TXT"],
        "noreply.forge TXT \"v=spf1 ip4:192.0.2.300 include:_spf.provider.test -all\"",
        &["error spf.syntax noreply.forge.acme.test."],
        Yes,
    ),
    Case(
        &["noreply.forge TXT"],
        "noreply.forge TXT \"v=spf1 ip4=192.0.2.1 -all\"",
        &["error spf.sender_not_authorised noreply.forge.acme.test."],
        Yes,
    ),
    Case(
        &["noreply.forge TXT"],
        "noreply.forge TXT \"v=spf1 include:_spf.provider.test ~all\"",
        &["error spf.sender_not_authorised noreply.forge.acme.test."],
        Yes,
    ),
    Case(
        &["noreply.forge TXT"],
        "noreply.forge TXT \"v=spf1 -ip4:192.0.2.0/24 -all\"",
        &["error spf.sender_not_authorised noreply.forge.acme.test."],
        Yes,
    ),
    Case(
        &["noreply.forge TXT"],
        "noreply.forge TXT \"v=spf1 ip4:192.0.2.1 +all\"",
        &["error spf.pass_all noreply.forge.acme.test."],
        Yes,
    ),
    Case(
        &["noreply.forge TXT"],
        "noreply.forge TXT \"v=spf1 redirect=open.provider.test\"",
        &["error spf.pass_all noreply.forge.acme.test."],
        No,
    ),
    Case(
        &["noreply.forge TXT"],
        "noreply.forge TXT \"v=spf1 ip4:192.0.2.1\"",
        &["warning spf.no_all noreply.forge.acme.test."],
        Yes,
    ),
    Case(
        &["noreply.forge TXT"],
        "noreply.forge TXT \"v=spf1 ip4:192.0.2.1 ptr -all\"",
        &["warning spf.ptr noreply.forge.acme.test."],
        Yes,
    ),
    Case(
        &["noreply.forge TXT"],
        "noreply.forge TXT \"v=spf1 include:ten.provider.test include:a.provider.test include:b.provider.test include:c.provider.test ip4:192.0.2.1 -all\"",
        &["error spf.too_many_lookups noreply.forge.acme.test."],
        No,
    ),
    Case(
        &["noreply.forge TXT"],
        "noreply.forge TXT \"v=spf1 ip4:192.0.2.1 include:ten.provider.test include:a.provider.test include:b.provider.test include:c.provider.test -all\"",
        &["warning spf.too_many_lookups noreply.forge.acme.test."],
        No,
    ),
    Case(
        &["noreply.forge TXT"],
        "noreply.forge TXT \"v=spf1 include:ten.provider.test include:a.provider.test include:b.provider.test ip4:192.0.2.1 -all\"",
        &["warning spf.near_lookup_limit noreply.forge.acme.test."],
        No,
    ),
    Case(
        &["noreply.forge TXT"],
        "noreply.forge TXT \"v=spf1 a:x1.acme.test mx:x2.acme.test exists:x3.acme.test ip4:192.0.2.1 -all\"",
        &["error spf.too_many_void_lookups noreply.forge.acme.test."],
        Yes,
    ),
    Case(
        &["noreply.forge TXT"],
        "noreply.forge TXT \"v=spf1 include:empty.provider.test ip4:192.0.2.1 -all\"",
        &["error spf.include_none noreply.forge.acme.test."],
        Yes,
    ),
    Case(
        &["noreply.forge TXT"],
        "noreply.forge TXT \"v=spf1 include:noreply.forge.acme.test ip4:192.0.2.1 -all\"",
        &["error spf.include_loop noreply.forge.acme.test."],
        Yes,
    ),
    Case(
        &["noreply.forge TXT"],
        "noreply.forge TXT \"v=spf1 redirect=l.acme.test\"\nl TXT \"v=spf1 redirect=noreply.forge.acme.test\"",
        &["error spf.include_loop noreply.forge.acme.test."],
        No,
    ),
    Case(
        &[],
        "forge TXT \"v=spf1 -all\"",
        &["warning spf.helo_not_authorised forge.acme.test."],
        No,
    ),
    // DKIM.
    Case(
        &["s1"],
        "",
        &["error dkim.missing s1._domainkey.noreply.forge.acme.test."],
        Yes,
    ),
    Case(
        &["s1"],
        "s1._domainkey.noreply.forge TXT \"v=DKIM1; p=\"",
        &["error dkim.revoked s1._domainkey.noreply.forge.acme.test."],
        Yes,
    ),
    Case(
        &["s1"],
        "s1._domainkey.noreply.forge TXT \"v=DKIM1; p=MII!!\"",
        &["error dkim.syntax s1._domainkey.noreply.forge.acme.test."],
        Yes,
    ),
    Case(
        &["s1"],
        "s1._domainkey.noreply.forge TXT \"v=DKIM1; p=MFwwDQYJKoZIhvcNAQEBBQADSwAwSAJBAL/DnSGaqMS4YFTN0+fSyKvCT7kOvHO9/Ed/Bp3FjaIGQ1biRZwluLCp2U7G9gKtY1+1lpBvzAi2uzhnegM4wXUCAwEAAQ==\"",
        &["error dkim.key_too_short s1._domainkey.noreply.forge.acme.test."],
        Yes,
    ),
    Case(
        &["s1"],
        "s1._domainkey.noreply.forge TXT \"v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=\"",
        &["error dkim.key_mismatch s1._domainkey.noreply.forge.acme.test."],
        Yes,
    ),
    Case(
        &["s1"],
        "s1._domainkey.noreply.forge TXT \"v=DKIM1; t=y; p=%KEY%\"",
        &["warning dkim.testing s1._domainkey.noreply.forge.acme.test."],
        Yes,
    ),
    Case(
        &["s1"],
        "s1._domainkey.noreply.forge TXT \"v=DKIM1; h=sha1; p=%KEY%\"",
        &["warning dkim.hash_not_allowed s1._domainkey.noreply.forge.acme.test."],
        Yes,
    ),
    Case(
        &["s1"],
        "s1._domainkey.noreply.forge TXT \"v=DKIM1; s=tlsrpt; p=%KEY%\"",
        &["error dkim.service_not_email s1._domainkey.noreply.forge.acme.test."],
        Yes,
    ),
    Case(
        &[],
        "s1._domainkey.noreply.forge TXT \"v=DKIM1; n=again; p=%KEY%\"",
        &["warning dkim.multiple s1._domainkey.noreply.forge.acme.test."],
        No,
    ),
    Case(
        &["s1"],
        "s1._domainkey.noreply.forge CNAME gone.provider.test.",
        &["error dkim.missing s1._domainkey.noreply.forge.acme.test."],
        Yes,
    ),
    // DMARC.
    Case(
        &["_dmarc"],
        "_dmarc.noreply.forge CNAME policy\npolicy TXT \"v=DMARC1; p=none\"",
        &["warning dmarc.policy_none _dmarc.noreply.forge.acme.test."],
        Yes,
    ),
    Case(
        &["_dmarc"],
        "",
        &["warning dmarc.missing _dmarc.noreply.forge.acme.test."],
        Yes,
    ),
    Case(&["_dmarc"], "_dmarc TXT \"v=DMARC1; p=reject\"", &[], No),
    // The organisational domain's policy holds, not the nearest parent's.
    Case(
        &["_dmarc"],
        "_dmarc TXT \"v=DMARC1; p=reject\"\n_dmarc.forge TXT \"v=DMARC1; p=none\"",
        &[],
        No,
    ),
    Case(
        &["_dmarc"],
        "_dmarc TXT \"v=DMARC1; p=reject\"\n_dmarc.forge TXT \"v=DMARC1; p=none; psd=n\"",
        &["warning dmarc.policy_none _dmarc.forge.acme.test."],
        Yes,
    ),
    Case(
        &["_dmarc"],
        "_dmarc TXT \"v=DMARC1; p=reject; sp=none\"",
        &["warning dmarc.policy_none _dmarc.acme.test."],
        Yes,
    ),
    Case(
        &["_dmarc"],
        "noreply.forge TXT \"v=DMARC1; p=reject\"",
        &["warning dmarc.wrong_place noreply.forge.acme.test."],
        Yes,
    ),
    Case(
        &[],
        "_dmarc.noreply.forge TXT \"v=DMARC1; p=none\"",
        &["error dmarc.multiple _dmarc.noreply.forge.acme.test."],
        Yes,
    ),
    Case(
        &["_dmarc"],
        "_dmarc.noreply.forge TXT \"v=DMARC1; p=rejct\"",
        &["error dmarc.bad_policy _dmarc.noreply.forge.acme.test."],
        Yes,
    ),
    Case(
        &["_dmarc"],
        "_dmarc.noreply.forge TXT \"v=DMARC1; p=reject; sp=nothing; rua=mailto:x@acme.test\"",
        &["error dmarc.bad_policy _dmarc.noreply.forge.acme.test."],
        Yes,
    ),
    Case(
        &["_dmarc"],
        "_dmarc.noreply.forge TXT \"v=DMARC1; p=none\"",
        &["warning dmarc.policy_none _dmarc.noreply.forge.acme.test."],
        Yes,
    ),
    Case(
        &["_dmarc"],
        "_dmarc.noreply.forge TXT \"v=DMARC1; p=reject; t=y\"",
        &["warning dmarc.testing _dmarc.noreply.forge.acme.test."],
        Yes,
    ),
    Case(
        &["_dmarc"],
        "_dmarc.noreply.forge TXT \"v=DMARC1; p=reject; rua=x@acme.test\"",
        &["warning dmarc.syntax _dmarc.noreply.forge.acme.test."],
        Yes,
    ),
    Case(
        &["_dmarc"],
        "_dmarc.noreply.forge TXT \"v=DMARC1; p=reject; rua=mailto:x@provider.test\"",
        &["warning dmarc.rua_not_authorised _dmarc.noreply.forge.acme.test."],
        No,
    ),
    Case(
        &["_dmarc"],
        "_dmarc.noreply.forge TXT \"v=DMARC1; p=reject; pct=50; rua=mailto:x@agreed.provider.test\"",
        &[],
        No,
    ),
    // Whoever passes reports on to a third is not to get any (RFC 9990 §4).
    Case(
        &["_dmarc"],
        "_dmarc.noreply.forge TXT \"v=DMARC1; p=reject; rua=mailto:x@passing.provider.test\"",
        &["warning dmarc.rua_not_authorised _dmarc.noreply.forge.acme.test."],
        No,
    ),
    Case(
        &[],
        "default._bimi.noreply.forge TXT \"v=BIMI1; l=http://x\"",
        &["warning bimi.syntax default._bimi.noreply.forge.acme.test."],
        No,
    ),
    // TLS.
    Case(
        &[],
        "_mta-sts.reply.forge TXT \"v=STSv1; id=1\"\n_mta-sts.reply.forge TXT \"v=STSv1; id=2\"",
        &["warning mtasts.multiple _mta-sts.reply.forge.acme.test."],
        Yes,
    ),
    Case(
        &[],
        "_mta-sts.reply.forge TXT \"v=STSv1; id=1-2\"",
        &["warning mtasts.syntax _mta-sts.reply.forge.acme.test."],
        No,
    ),
    Case(&[], "_mta-sts.reply.forge TXT \"v=STSv1; id=1\"", &[], No),
    Case(
        &[],
        "_smtp._tls.reply.forge TXT \"v=TLSRPTv1\"",
        &["warning tlsrpt.syntax _smtp._tls.reply.forge.acme.test."],
        Yes,
    ),
    Case(
        &[],
        "_smtp._tls.reply.forge TXT \"v=TLSRPTv1; rua=mailto:a@acme.test\"\n_smtp._tls.reply.forge TXT \"v=TLSRPTv1; rua=mailto:b@acme.test\"",
        &["warning tlsrpt.multiple _smtp._tls.reply.forge.acme.test."],
        Yes,
    ),
    Case(
        &[],
        "_25._tcp.reply.forge TLSA 3 1 1 abababababababababababababababababababababababababababababababab",
        &["warning dane.not_secure _25._tcp.reply.forge.acme.test."],
        No,
    ),
    Case(
        &[],
        "_25._tcp.reply.forge TLSA 1 1 1 abababababababababababababababababababababababababababababababab",
        &[
            "warning dane.not_secure _25._tcp.reply.forge.acme.test.",
            "warning dane.unusable _25._tcp.reply.forge.acme.test.",
        ],
        Yes,
    ),
    // TTLs.
    Case(
        &["reply.forge A"],
        "reply.forge 0 A 192.0.2.1",
        &["warning dns.ttl_zero reply.forge.acme.test."],
        No,
    ),
    Case(
        &["noreply.forge MX"],
        "noreply.forge 4w MX 10 forge",
        &["warning dns.ttl_long noreply.forge.acme.test."],
        No,
    ),
];
