//! What the grammars print parses to the same again; nothing makes them panic; the vectors of the RFCs hold.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test's panic is its report"
)]

use std::fmt::{Debug, Display};

use inreply_dns::dkim::{Key, KeyRecord};
use inreply_dns::dmarc::{self, Walk};
use inreply_dns::mta_sts;
use inreply_dns::mx::MailExchange;
use inreply_dns::name::Name;
use inreply_dns::record::Data;
use inreply_dns::tlsa::Tlsa;
use inreply_dns::uri::Uri;
use inreply_dns::zone::ZoneFile;
use inreply_dns::{bimi, spf, tls_rpt};
use proptest::prelude::*;

/// A text that parses prints as one that parses to the same.
fn round_trips<T: Debug + PartialEq + Display, E: Debug>(
    text: &str,
    parse: impl Fn(&str) -> Result<T, E>,
) -> bool {
    let Ok(parsed) = parse(text) else {
        return false;
    };
    let printed = parsed.to_string();
    match parse(&printed) {
        Ok(again) => assert_eq!(again, parsed, "{text:?} prints as {printed:?}"),
        Err(error) => panic!("{text:?} prints as {printed:?}: {error:?}"),
    }
    true
}

/// Every grammar over the same text; how many take it.
fn all(text: &str) -> usize {
    [
        round_trips(text, spf::Record::parse),
        round_trips(text, spf::DomainSpec::parse),
        round_trips(text, spf::MacroString::parse),
        round_trips(text, spf::MacroString::parse_explanation),
        round_trips(text, KeyRecord::parse),
        round_trips(text, dmarc::Record::parse),
        round_trips(text, mta_sts::Record::parse),
        round_trips(text, mta_sts::Policy::parse),
        round_trips(text, tls_rpt::Record::parse),
        round_trips(text, bimi::Record::parse),
        round_trips(text, str::parse::<Tlsa>),
        round_trips(text, str::parse::<MailExchange>),
        round_trips(text, Uri::parse),
        round_trips(text, Name::from_presentation),
    ]
    .into_iter()
    .filter(|taken| *taken)
    .count()
}

#[test]
fn what_is_printed_parses_to_the_same() {
    for text in [
        "v=spf1",
        "V=SPF1 +A -mx/30 ~a:Mx.Example.com/24//64 ?ip4:192.0.2.0/0 ip6:::/0 ip6:2001:db8::1 exists:%{L1r+}._spf.%{d} -all",
        "v=spf1 include:_spf.%{d2} ptr ptr:x.example redirect=%{o} exp=%{l}.e.example odd.name-1=%{i}%%%_%-",
        "v=DKIM1; h=sha256:sha1; k=rsa; n=a note; s=email:*; t=y:s; p=",
        "v=DMARC1",
        "v=DMARC1; p=reject; sp=none; np=quarantine; psd=y; t=y; adkim=s; aspf=s; fo=1:d:s; rua=mailto:a@x.example,https://y.example/%20; ruf=mailto:b@x.example",
        "v=STSv1; id=abc123; a.b-c_d=x!y",
        "version: STSv1\nmode: none\nmax_age: 0\nx: \u{e9} y",
        "v=TLSRPTv1; rua=mailto:a@x.example,https://y.example/z; x=y",
        "v=BIMI1; l=; a=https://x.example/a.pem; avp=personal; lps=a,b-c",
        "2 0 2 0123456789abcdef",
        "0 .",
        "65535 a.b.example.",
        "a\\.b.\\255.*.example.",
    ] {
        assert!(all(text) > 0, "{text}");
    }
}

/// Pieces of every grammar, so that drawn texts get past the front.
const PIECES: &[&str] = &[
    "v=spf1",
    " ",
    "all",
    "-",
    "~",
    "?",
    "+",
    "a",
    "mx",
    "ip4:",
    "192.0.2.1",
    "/24",
    "//64",
    "ip6:",
    "2001:db8::",
    "include:",
    "exists:",
    "redirect=",
    "exp=",
    "%{",
    "d",
    "2r",
    "}",
    "%%",
    ".example",
    "x",
    ".",
    "v=DKIM1",
    ";",
    "p=",
    "k=ed25519",
    "h=sha256",
    "t=y",
    "v=DMARC1",
    "p=reject",
    "sp=none",
    "rua=",
    "mailto:",
    "a@x.example",
    ",",
    "!10m",
    "v=STSv1",
    "id=1",
    "v=TLSRPTv1",
    "version: STSv1",
    "\n",
    "mode: none",
    "max_age: 1",
    "mx: *.x",
    "v=BIMI1",
    "l=",
    "https://x",
    "3 1 1 ",
    "ab",
    "10 ",
    "\\",
    "\\046",
    "\t",
    "\r",
    "\u{e9}",
    "\0",
    "=",
    ":",
    "%",
];

proptest! {
    #[test]
    fn drawn_texts_round_trip(picks in prop::collection::vec(0..PIECES.len(), 0..24)) {
        let text: String = picks.into_iter().map(|pick| PIECES[pick]).collect();
        all(&text);
    }

    #[test]
    fn no_text_makes_a_panic(text: String, octets: Vec<u8>) {
        all(&text);
        let _ = spf::Record::parse_octets(&octets);
        let _ = dmarc::Record::read(&octets);
        let _ = ZoneFile::parse(&text);
    }

    #[test]
    fn names_of_any_octets_come_back(labels in prop::collection::vec(prop::collection::vec(any::<u8>(), 1..20), 0..6)) {
        let name = Name::from_labels(&labels).unwrap();
        let lower: Vec<Vec<u8>> = labels.iter().map(|label| label.to_ascii_lowercase()).collect();
        prop_assert_eq!(name.wire_labels().collect::<Vec<_>>(), lower);
        prop_assert_eq!(Name::from_presentation(&name.to_string()), Ok(name));
    }

    #[test]
    fn texts_of_any_octets_come_back_from_a_zone_file(octets in prop::collection::vec(any::<u8>(), 1..600)) {
        let line = format!("x.example. TXT {}", Data::Txt(octets.clone()));
        let file = ZoneFile::parse(&line).unwrap();
        let data = &file.entries[0].found.as_ref().unwrap().record.data;
        prop_assert_eq!(data, &Data::Txt(octets));
    }
}

/// RFC 6376 appendix C: the key record of the sample, its base64 divided as it is printed there.
#[test]
fn the_key_of_rfc_6376() {
    let text = "v=DKIM1; p=MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQ\r\n KBgQDwIRP/UC3SBsEmGqZ9ZJW3/DkMoGeLnQg1fWn7/zYt\r\n \
                IxN2SnFCjxOCKG9v3b4jYfcTNh5ijSsq631uBItLa7od+v\r\n /RtdC2UzJ1lWT947qR+Rcac2gbto/NMqJ0fzfVjH4OuKhi\r\n \
                tdY9tf6mcwGjaNBcWToIMmPSPDdQPNUYckcQ2QIDAQAB";
    let record = KeyRecord::parse(text).unwrap();
    assert!(
        matches!(record.key, Key::Rsa { bits: 1_024, .. }),
        "{record}"
    );
}

/// RFC 8463 appendix A.2.
#[test]
fn the_keys_of_rfc_8463() {
    let record =
        KeyRecord::parse("v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=")
            .unwrap();
    let Key::Ed25519(key) = &record.key else {
        panic!("{record}");
    };
    assert_eq!((key[0], key[31]), (0xd7, 0x1a));
    // The RSA key that the appendix signs with beside it is that of RFC 6376.
    assert_eq!(
        Key::from_base64("11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="),
        Ok(record.key)
    );
}

#[test]
fn odd_white_space_and_odd_keys() {
    let key = "11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=";
    let plain = KeyRecord::parse(&format!("k=ed25519;p={key}")).unwrap();
    let (front, back) = key.split_at(20);
    for text in [
        format!("v=DKIM1;k=ed25519;p={key};"),
        format!(" v\t= DKIM1 ; k =\ted25519 ; p = {front} {back} "),
        format!("v=DKIM1; k=ed25519; p={front}\r\n\t{back}"),
        format!("v=DKIM1; g=*; k=ed25519; x_1=; p={key}"),
    ] {
        assert_eq!(KeyRecord::parse(&text).as_ref(), Ok(&plain), "{text:?}");
    }
    for (text, at) in [
        ("v=DKIM1", 7),
        ("k=rsa; v=DKIM1; p=", 7),
        ("v=DKIM1; p=; p=", 13),
        ("v=DKIM1; k=dsa; p=", 11),
        ("v=DKIM1; k=ed25519; p=AAAA", 22),
        ("v=DKIM1; p=AAAA", 11),
        ("v=DKIM1; p=AAA", 11),
        ("v=DKIM1; p=AA$A", 13),
        ("v=DKIM1 p=", 2),
        ("v=DKIM1; p=; ", 13),
        ("", 0),
    ] {
        assert_eq!(KeyRecord::parse(text).unwrap_err().at, at, "{text:?}");
    }
}

/// RFC 7208 §7.4.
#[test]
fn macros_of_rfc_7208() {
    use inreply_dns::lookup::{Outcome, Section};
    use inreply_dns::spf::{CheckHost, Request};

    let sender = "strong-bad@email.example.com";
    for (macros, ip, expansion) in [
        ("%{s}", "192.0.2.3", "strong-bad@email.example.com"),
        ("%{o}", "192.0.2.3", "email.example.com"),
        ("%{d4}", "192.0.2.3", "email.example.com"),
        ("%{d2}", "192.0.2.3", "example.com"),
        ("%{dr}", "192.0.2.3", "com.example.email"),
        ("%{d2r}", "192.0.2.3", "example.email"),
        ("%{l-}", "192.0.2.3", "strong.bad"),
        ("%{lr-}", "192.0.2.3", "bad.strong"),
        ("%{l1r-}", "192.0.2.3", "strong"),
        (
            "%{ir}.%{v}._spf.%{d2}",
            "192.0.2.3",
            "3.2.0.192.in-addr._spf.example.com",
        ),
        (
            "%{lr-}.lp.%{ir}.%{v}._spf.%{d2}",
            "192.0.2.3",
            "bad.strong.lp.3.2.0.192.in-addr._spf.example.com",
        ),
        (
            "%{ir}.%{v}._spf.%{d2}",
            "2001:db8::cb01",
            "1.0.b.c.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6._spf.example.com",
        ),
    ] {
        let request = Request::new(ip.parse().unwrap(), sender, "mx.example.org");
        let mut check = CheckHost::new(request);
        let question = check.asks().remove(0);
        let name = question.name.clone();
        let mut section = Section::default();
        section.records.push(inreply_dns::lookup::Found {
            record: inreply_dns::record::Record::new(
                name,
                Data::text(format!("v=spf1 exists:{macros}.x.example -all")),
            ),
            ttl: 0,
        });
        check.answer(question, Outcome::Answer(section));
        let asked = check.asks().remove(0).name;
        let labels = format!("{expansion}.x.example");
        assert_eq!(
            asked,
            Name::from_labels(labels.split('.')).unwrap(),
            "{macros}"
        );
    }
}

/// RFC 9989 §4.10: eight names at most.
#[test]
fn the_walk_of_a_long_name() {
    let walk = Walk::new(&"a.b.c.d.e.f.g.h.i.j.mail.example.com".parse().unwrap());
    let names: Vec<&str> = walk.names().map(Name::as_str).collect();
    assert_eq!(
        names,
        [
            "a.b.c.d.e.f.g.h.i.j.mail.example.com",
            "g.h.i.j.mail.example.com",
            "h.i.j.mail.example.com",
            "i.j.mail.example.com",
            "j.mail.example.com",
            "mail.example.com",
            "example.com",
            "com",
        ]
    );
}
