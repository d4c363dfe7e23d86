use super::*;
use crate::auth::{Algorithm, Arriving, AuthResult, Authentication, Limits, Signature};
use inreply_dns::record::{Data, Record};
use inreply_dns::zone::Zones;

/// Made for these tests by `openssl genrsa 2048`.
const RSA: &str = include_str!("../../tests/notify/rsa2048.pem");

const MESSAGE: &str = "From: Bob <noreply@noreply.forge.example>\r\nTo: a@b.example\r\nSubject:  two   words\r\n\
    List-Unsubscribe: <mailto:u+x@reply.forge.example>,\r\n <https://forge.example/unsubscribe/x>\r\n\
    List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\nX-Other: 1\r\n\r\nHi  there. \r\n\r\n\r\n";

fn now() -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(1_800_000_000)
}

fn signer() -> Signer {
    let (ed25519, _) = SigningKey::generate_ed25519().unwrap();
    Signer::new("noreply.forge.example")
        .unwrap()
        .key("r1", SigningKey::from_pem(RSA).unwrap())
        .unwrap()
        .key("E1", ed25519)
        .unwrap()
}

/// What our own verifier says of each signature.
fn verified(signer: &Signer, message: &[u8], at: SystemTime) -> Vec<AuthResult> {
    let mut authentication = Authentication::new(
        &Arriving {
            client: "192.0.2.1".parse().unwrap(),
            hello: "forge.example",
            sender: "b+x@noreply.forge.example",
            receiver: "mx.example",
            received_at: at,
            message,
        },
        &Limits::default(),
    );
    let records = signer
        .records()
        .map(|(name, key)| Record::new(name, Data::text(key.to_string())).to_string());
    let zones = Zones::parse(&records.collect::<Vec<_>>().join("\n")).unwrap();
    loop {
        let asks = authentication.asks();
        if asks.is_empty() {
            break;
        }
        for question in asks {
            let outcome = zones.lookup(&question);
            authentication.answer(question, outcome);
        }
    }
    let found = authentication.into_verdicts().dkim.into_iter();
    found.map(|found| found.result).collect()
}

#[test]
fn both_keys_verify_until_something_is_changed_or_added() {
    use AuthResult::{Fail, Pass};
    let signer = signer();
    let signed = signer.sign(MESSAGE.as_bytes(), now()).unwrap();
    assert_eq!(verified(&signer, &signed, now()), [Pass, Pass]);
    let text = String::from_utf8(signed).unwrap();
    for harmless in [
        text.replace("Subject:  two", "SUBJECT: two"),
        text.replace("Hi  there. ", "Hi there."),
        format!("Received: by mx\r\n{text}"),
        text.replace("X-Other: 1\r\n", ""),
    ] {
        assert_eq!(
            verified(&signer, harmless.as_bytes(), now()),
            [Pass, Pass],
            "{harmless}"
        );
    }
    for added in [
        "Subject: other",
        "List-Unsubscribe: <https://evil.example>",
        "List-Unsubscribe-Post: x",
        "Reply-To: eve@evil.example",
        "Content-Type: text/html",
        "Content-Transfer-Encoding: base64",
    ] {
        let changed = format!("{added}\r\n{text}");
        assert_eq!(
            verified(&signer, changed.as_bytes(), now()),
            [Fail, Fail],
            "{added}"
        );
    }
    for (from, to) in [
        ("Hi", "Ho"),
        ("two", "three"),
        ("unsubscribe/x", "unsubscribe/y"),
        ("One-Click", ""),
    ] {
        let changed = text.replace(from, to);
        assert_eq!(
            verified(&signer, changed.as_bytes(), now()),
            [Fail, Fail],
            "{from}"
        );
    }
}

#[test]
fn the_field_covers_what_it_should_in_short_lines() {
    let signed = signer().sign(MESSAGE.as_bytes(), now()).unwrap();
    let message = Message::parse(&signed);
    for (at, algorithm) in [Algorithm::RsaSha256, Algorithm::Ed25519Sha256]
        .into_iter()
        .enumerate()
    {
        let field = message.header("dkim-signature").nth(at).unwrap();
        let signature = Signature::parse(field.raw()).unwrap();
        assert_eq!(signature.algorithm, algorithm);
        assert_eq!(
            (signature.signed_at, signature.expires_at),
            (Some(1_800_000_000), None)
        );
        assert_eq!(signature.length, None);
        let count = |name: &str| {
            signature
                .fields
                .iter()
                .filter(|field| *field == name)
                .count()
        };
        // RFC 8058 §4 asks for the two of them.
        for there in [
            "from",
            "to",
            "subject",
            "list-unsubscribe",
            "list-unsubscribe-post",
        ] {
            assert_eq!(count(there), 2, "{there}");
        }
        for absent in [
            "cc",
            "reply-to",
            "references",
            "date",
            "mime-version",
            "content-type",
        ] {
            assert_eq!(count(absent), 1, "{absent}");
        }
        assert_eq!(count("x-other"), 0);
    }
    let head = String::from_utf8(signed).unwrap();
    for line in head.split("\r\n") {
        assert!(line.len() <= 78, "{line}");
    }
}

#[test]
fn a_lifetime_ends() {
    let signer = signer().lifetime(Duration::from_secs(3_600));
    let signed = signer.sign(MESSAGE.as_bytes(), now()).unwrap();
    assert_eq!(verified(&signer, &signed, now()), [AuthResult::Pass; 2]);
    let later = now() + Duration::from_secs(3_601);
    assert_eq!(verified(&signer, &signed, later), [AuthResult::Fail; 2]);
}

#[test]
fn what_cannot_be_signed_says_so() {
    for message in [
        "Subject: x\r\n\r\n",
        "From: a@b.example\r\nFrom: c@d.example\r\n\r\n",
        "",
    ] {
        assert_eq!(
            signer().sign(message.as_bytes(), now()),
            Err(SignError::From)
        );
    }
    for selector in ["", "a b", "a;b", "-", "a..b", "ключ"] {
        let (key, _) = SigningKey::generate_ed25519().unwrap();
        let signer = Signer::new("forge.example").unwrap();
        assert!(
            signer.key(selector, key).is_err() || selector == "-",
            "{selector}"
        );
    }
    assert!(Signer::new(".").is_err());
}

#[test]
fn the_record_is_what_openssl_publishes() {
    let key = SigningKey::from_pem(RSA).unwrap();
    let inreply_dns::dkim::Key::Rsa { der, bits } = key.public() else {
        panic!()
    };
    assert_eq!((bits, der.len()), (2_048, 294));
    // The head of every SubjectPublicKeyInfo of 2,048 bits.
    assert!(
        BASE64
            .encode(&der)
            .starts_with("MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEA")
    );
    let record = KeyRecord::new(key.public());
    assert_eq!(KeyRecord::parse(&record.to_string()).unwrap(), record);
    assert!(!format!("{:?}", signer()).contains("MII"));
}
