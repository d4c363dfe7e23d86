//! Signed and encrypted replies.

use inreply_mime::Message;
use inreply_mime::reply::{Reply, Source};

/// Made with `openssl smime -sign -nodetach`, certificates left out.
const OPAQUE: &[u8] = include_bytes!("messages/signed-opaque.eml");
const CLEAR: &[u8] = include_bytes!("messages/signed.eml");

#[test]
fn the_text_inside_a_signature_is_read() {
    let opaque = Message::parse(OPAQUE);
    let reply = Reply::of_message(&opaque);
    assert_eq!(
        (reply.visible().as_str(), reply.source()),
        ("It turned up.", Source::Text)
    );
    assert!(opaque.part(0).unwrap().signed_content().is_some());

    let clear = Message::parse(CLEAR);
    assert_eq!(
        Reply::of_message(&clear).visible(),
        "It is \u{201c}here\u{201d}."
    );
}

#[test]
fn a_text_in_armour_is_read() {
    let text = "-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA256\n\nIt turned up.\n\
        -----BEGIN PGP SIGNATURE-----\n\niQEzBAEBCAAdFiEE\n=abcd\n-----END PGP SIGNATURE-----\n";
    assert_eq!(Reply::of_text(text).visible(), "It turned up.");
}

#[test]
fn what_is_encrypted_is_said_to_be() {
    for raw in [
        "Content-Type: multipart/encrypted; protocol=\"application/pgp-encrypted\"; boundary=b\n\n\
         --b\nContent-Type: application/pgp-encrypted\n\nVersion: 1\n\
         --b\nContent-Type: application/octet-stream\n\n-----BEGIN PGP MESSAGE-----\n--b--\n",
        "Content-Type: application/pkcs7-mime; smime-type=enveloped-data; name=smime.p7m\n\
         Content-Transfer-Encoding: base64\n\nMIAGCSqGSIb3DQEHA6CAMIACAQA=\n",
        "Subject: Re: lid\n\n-----BEGIN PGP MESSAGE-----\n\nhQEMA\n-----END PGP MESSAGE-----\n",
    ] {
        let message = Message::parse(raw.as_bytes());
        let reply = Reply::of_message(&message);
        assert_eq!(
            (reply.visible().as_str(), reply.source()),
            ("", Source::Encrypted),
            "{raw}"
        );
    }
}
