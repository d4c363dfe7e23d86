//! As much PEM and DER as writing keys takes (RFC 7468, RFC 5280 §4.1.2.7).

use data_encoding::BASE64;

/// A private key in PKCS #8 as PEM.
pub(super) fn to_pem(pkcs8: &[u8]) -> String {
    let base64 = BASE64.encode(pkcs8);
    let mut pem = "-----BEGIN PRIVATE KEY-----\n".to_owned();
    let mut rest = base64.as_str();
    while !rest.is_empty() {
        let (line, after) = rest.split_at(rest.len().min(64));
        pem.push_str(line);
        pem.push('\n');
        rest = after;
    }
    pem + "-----END PRIVATE KEY-----\n"
}

/// An RSAPublicKey as SubjectPublicKeyInfo: RFC 6376 §3.6.1 names the former, and everybody publishes and reads the latter
/// (erratum 3017).
pub(super) fn public_key_info(rsa_public_key: &[u8]) -> Vec<u8> {
    let mut bits = vec![0];
    bits.extend_from_slice(rsa_public_key);
    let mut content = RSA_ALGORITHM.to_vec();
    element(BIT_STRING, &bits, &mut content);
    let mut info = Vec::new();
    element(SEQUENCE, &content, &mut info);
    info
}

fn element(tag: u8, content: &[u8], out: &mut Vec<u8>) {
    out.push(tag);
    let length = content.len().to_be_bytes();
    let short: Vec<u8> = length.into_iter().skip_while(|octet| *octet == 0).collect();
    match (short.len(), content.len()) {
        (_, ..0x80) => out.push(content.len().to_be_bytes()[size_of::<usize>() - 1]),
        (octets, _) => {
            // At most eight.
            out.push(0x80 | u8::try_from(octets).unwrap_or_default());
            out.extend_from_slice(&short);
        }
    }
    out.extend_from_slice(content);
}

const BIT_STRING: u8 = 0x03;
const SEQUENCE: u8 = 0x30;

/// SEQUENCE { OBJECT IDENTIFIER 1.2.840.113549.1.1.1, NULL }
const RSA_ALGORITHM: [u8; 15] = [
    0x30, 0x0d, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01, 0x05, 0x00,
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_are_short_where_they_can_be() {
        let head = |length: usize| {
            let mut out = Vec::new();
            element(SEQUENCE, &vec![0; length], &mut out);
            out.truncate(out.len() - length);
            out
        };
        assert_eq!(head(0), [0x30, 0]);
        assert_eq!(head(127), [0x30, 127]);
        assert_eq!(head(128), [0x30, 0x81, 128]);
        assert_eq!(head(294), [0x30, 0x82, 1, 38]);
    }
}
