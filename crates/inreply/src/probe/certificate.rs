//! The certificate that a server shows: for whom it is, until when, and whether strangers believe it.

use std::fmt;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use jiff::Timestamp;
use jiff::civil::DateTime;
use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::verify_server_name;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{ClientConfig, DigitallySignedStruct, SignatureScheme};

use crate::tls::{TlsError, authorities, provider, read_certificates, system_roots};

/// A certificate that was shown.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Certificate {
    /// Until when it holds; `None` where that cannot be read.
    pub expires: Option<Timestamp>,
    /// Whether it is for the name that was asked for.
    pub is_for_name: bool,
    /// Why an authority of the system does not vouch for it; `None` where one does.
    pub distrust: Option<String>,
}

impl fmt::Display for Certificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = if self.is_for_name {
            "for this name"
        } else {
            "NOT for this name"
        };
        write!(f, "certificate {name}")?;
        if let Some(expires) = self.expires {
            write!(f, ", until {expires}")?;
        }
        match &self.distrust {
            Some(why) => write!(f, ", not trusted: {why}"),
            None => f.write_str(", trusted"),
        }
    }
}

impl Certificate {
    /// What strangers will make of the certificate in a PEM file, the server's own first, for `name`.
    ///
    /// ```no_run
    /// use inreply::probe::Certificate;
    ///
    /// let certificate = Certificate::read("/etc/inreply/fullchain.pem".as_ref(), "reply.forge.example.com")?;
    /// assert!(certificate.is_for_name, "{certificate}");
    /// # Ok::<(), inreply::tls::TlsError>(())
    /// ```
    ///
    /// # Errors
    /// Where the file cannot be read or holds no certificate, or the certificates of the system's authorities cannot be read.
    pub fn read(path: &Path, name: &str) -> Result<Self, TlsError> {
        let chain = read_certificates(path)?;
        let Some((first, rest)) = chain.split_first() else {
            return Err(TlsError::NoCertificate(path.to_owned()));
        };
        let authorities = authorities(system_roots()?)?;
        let name = ServerName::try_from(name.to_owned());
        let name = name.map_err(|error| rustls::Error::General(error.to_string()))?;
        Ok(Self::judged(
            &authorities,
            (first, rest),
            &name,
            &[],
            UnixTime::now(),
        ))
    }

    fn judged(
        authorities: &WebPkiServerVerifier,
        (certificate, intermediates): (&CertificateDer<'_>, &[CertificateDer<'_>]),
        name: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> Self {
        let trusted = authorities.verify_server_cert(certificate, intermediates, name, ocsp, now);
        let parsed = ParsedCertificate::try_from(certificate);
        Self {
            expires: expiry(certificate),
            is_for_name: parsed.is_ok_and(|parsed| verify_server_name(&parsed, name).is_ok()),
            distrust: trusted.err().map(|error| error.to_string()),
        }
    }
}

/// Takes every certificate, and remembers what is to be said of it: senders of mail do the first (RFC 7435 §3).
#[derive(Debug)]
pub(super) struct Witness {
    authorities: Arc<WebPkiServerVerifier>,
    seen: Mutex<Option<Certificate>>,
}

impl Witness {
    /// A witness, and a client's configuration that asks it.
    pub(super) fn config() -> Result<(Arc<Self>, Arc<ClientConfig>), TlsError> {
        let witness = Arc::new(Self {
            authorities: authorities(system_roots()?)?,
            seen: Mutex::new(None),
        });
        let config = ClientConfig::builder_with_provider(provider())
            .with_safe_default_protocol_versions()?
            .dangerous()
            .with_custom_certificate_verifier(Arc::clone(&witness) as Arc<dyn ServerCertVerifier>)
            .with_no_client_auth();
        Ok((witness, Arc::new(config)))
    }

    /// What was seen.
    pub(super) fn certificate(&self) -> Option<Certificate> {
        self.seen
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
}

impl ServerCertVerifier for Witness {
    fn verify_server_cert(
        &self,
        certificate: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let shown = (certificate, intermediates);
        let seen = Certificate::judged(&self.authorities, shown, name, ocsp, now);
        *self.seen.lock().unwrap_or_else(PoisonError::into_inner) = Some(seen);
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.authorities
            .verify_tls12_signature(message, certificate, signature)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.authorities
            .verify_tls13_signature(message, certificate, signature)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.authorities.supported_verify_schemes()
    }
}

/// `notAfter` (RFC 5280 §4.1): `Certificate { tbs { [0] version, serial, algorithm, issuer, validity { from, to } … } … }`.
fn expiry(der: &[u8]) -> Option<Timestamp> {
    const CONTEXT_0: u8 = 0xa0;
    let (_, certificate, _) = element(der)?;
    let (_, mut tbs, _) = element(certificate)?;
    if tbs.first() == Some(&CONTEXT_0) {
        tbs = element(tbs)?.2;
    }
    for _ in ["serial", "algorithm", "issuer"] {
        tbs = element(tbs)?.2;
    }
    let (_, validity, _) = element(tbs)?;
    let (_, _, to) = element(validity)?;
    let (tag, to, _) = element(to)?;
    time(tag, std::str::from_utf8(to).ok()?)
}

/// An element's tag and content, and what follows it.
fn element(der: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (&[tag, first], rest) = der.split_first_chunk()?;
    let (length, rest) = match first {
        short @ 0..=0x7f => (usize::from(short), rest),
        0x81..=0x83 => {
            let (length, rest) = rest.split_at_checked(usize::from(first & 0x7f))?;
            let length = length
                .iter()
                .fold(0, |sum, octet| sum << 8 | usize::from(*octet));
            (length, rest)
        }
        _ => return None,
    };
    let (content, rest) = rest.split_at_checked(length)?;
    Some((tag, content, rest))
}

/// `UTCTime` and `GeneralizedTime`, of which RFC 5280 §4.1.2.5 allows one form each, in UTC.
fn time(tag: u8, text: &str) -> Option<Timestamp> {
    const UTC_TIME: u8 = 0x17;
    let text = match (tag, text.get(..2)?.parse::<u8>().ok()?) {
        // §4.1.2.5.1: from 50 on it is 19YY.
        (UTC_TIME, 50..) => format!("19{text}"),
        (UTC_TIME, _) => format!("20{text}"),
        _ => text.to_owned(),
    };
    let time = DateTime::strptime("%Y%m%d%H%M%SZ", text).ok()?;
    time.in_tz("UTC").ok().map(|zoned| zoned.timestamp())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_expiry_of_a_certificate() {
        let mut parameters = rcgen::CertificateParams::new(vec!["mx.example".to_owned()]).unwrap();
        for (year, expected) in [
            (2_031, "2031-02-03T00:00:00Z"),
            (2_061, "2061-02-03T00:00:00Z"),
        ] {
            parameters.not_after = rcgen::date_time_ymd(year, 2, 3);
            let key = rcgen::KeyPair::generate().unwrap();
            let certificate = parameters.self_signed(&key).unwrap();
            assert_eq!(expiry(certificate.der()).unwrap().to_string(), expected);
        }
        // The file of the last one: nobody vouches for it, and it is for its own name alone.
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("certificate.pem");
        let key = rcgen::KeyPair::generate().unwrap();
        std::fs::write(&file, parameters.self_signed(&key).unwrap().pem()).unwrap();
        let read = |name| Certificate::read(&file, name).unwrap();
        assert!(read("mx.example").is_for_name && read("mx.example").distrust.is_some());
        assert_eq!(
            read("mx.example").expires.unwrap().to_string(),
            "2061-02-03T00:00:00Z"
        );
        assert!(!read("other.example").is_for_name);
        assert!(Certificate::read(&folder.path().join("none"), "mx.example").is_err());
        for cut in 0..40 {
            assert_eq!(
                expiry(&[0x30, 0x82, 0x01, 0x00, 0x30, 0x80][..cut.min(6)]),
                None
            );
        }
    }
}
