//! Certificates, keys and roots for the listener and the relay client: rustls with ring, TLS 1.2 and 1.3.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{WebPkiServerVerifier, verify_server_name};
use rustls::crypto::{CryptoProvider, ring, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::server::{ClientHello, ParsedCertificate, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use rustls::{ClientConfig, DigitallySignedStruct, RootCertStore, ServerConfig, SignatureScheme};

/// How often the files are looked at: a renewed certificate is in use within a minute, and a handshake costs no look-up.
const LOOK_AGAIN: Duration = Duration::from_secs(30);

/// Why no TLS configuration was made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TlsError {
    /// A file cannot be read.
    #[error("cannot read {}: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A file holds no certificate, or none that can be read.
    #[error("{} holds no certificate in PEM", .0.display())]
    NoCertificate(PathBuf),
    /// A file holds no private key, or none that can be read.
    #[error("{} holds no private key in PEM", .0.display())]
    NoKey(PathBuf),
    /// The operating system's roots cannot be read.
    #[error("the system has no certificates of authorities: {0}")]
    NoRoots(String),
    /// rustls does not take them: a key that is not of the certificate, say.
    #[error("the certificate or the key cannot be used: {0}")]
    Unusable(#[from] rustls::Error),
}

/// A listener's configuration with the certificate chain and the key of two PEM files, read again when they change.
///
/// A change that cannot be read is logged, and the certificate before it stays in use.
///
/// # Errors
/// See [`TlsError`].
pub fn server_config(certificates: &Path, key: &Path) -> Result<Arc<ServerConfig>, TlsError> {
    let (certificates, key) = (certificates.to_owned(), key.to_owned());
    let current = load(&certificates, &key)?;
    let files = CertificateFiles {
        modified: (modified(&certificates), modified(&key)),
        certificates,
        key,
        current,
        looked: Instant::now(),
    };
    let config = ServerConfig::builder_with_provider(provider())
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_cert_resolver(Arc::new(Reloading(Mutex::new(files))));
    Ok(Arc::new(config))
}

/// Whose certificates a client believes.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Trust {
    /// The authorities of the operating system.
    System,
    /// The authorities in a PEM file, and no other; a server's own certificate in it is believed as it stands, whoever
    /// issued it and whenever it expires, for the name that it is for.
    File(PathBuf),
    /// Anybody: for TLS that is taken where it is offered, and would be given up for none. It keeps out who only listens
    /// (RFC 7435 §3).
    Anybody,
}

/// A client's configuration.
///
/// # Errors
/// See [`TlsError`].
pub fn client_config(trust: &Trust) -> Result<Arc<ClientConfig>, TlsError> {
    let builder =
        ClientConfig::builder_with_provider(provider()).with_safe_default_protocol_versions()?;
    let whose = match trust {
        Trust::Anybody => Whose::Anybody,
        Trust::System => {
            return Ok(Arc::new(
                builder
                    .with_root_certificates(system_roots()?)
                    .with_no_client_auth(),
            ));
        }
        Trust::File(path) => {
            let pinned = read_certificates(path)?;
            let mut roots = RootCertStore::empty();
            for certificate in &pinned {
                roots.add(certificate.clone())?;
            }
            Whose::Known {
                authorities: authorities(roots)?,
                pinned,
            }
        }
    };
    let verifier = Arc::new(Verifier {
        whose,
        provider: provider(),
    });
    Ok(Arc::new(
        builder
            .dangerous()
            .with_custom_certificate_verifier(verifier)
            .with_no_client_auth(),
    ))
}

/// The authorities of the operating system.
pub(crate) fn system_roots() -> Result<RootCertStore, TlsError> {
    let found = rustls_native_certs::load_native_certs();
    let mut roots = RootCertStore::empty();
    if roots.add_parsable_certificates(found.certs).0 == 0 {
        let errors: Vec<String> = found.errors.iter().map(ToString::to_string).collect();
        return Err(TlsError::NoRoots(errors.join(", ")));
    }
    Ok(roots)
}

/// Judges certificates by these roots.
pub(crate) fn authorities(roots: RootCertStore) -> Result<Arc<WebPkiServerVerifier>, TlsError> {
    let builder = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider());
    let built = builder.build();
    Ok(built.map_err(|error| rustls::Error::General(error.to_string()))?)
}

pub(crate) fn provider() -> Arc<CryptoProvider> {
    Arc::new(ring::default_provider())
}

fn read(path: &Path) -> Result<Vec<u8>, TlsError> {
    fs::read(path).map_err(|source| TlsError::Read {
        path: path.to_owned(),
        source,
    })
}

pub(crate) fn read_certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let octets = read(path)?;
    let certificates: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&octets).collect();
    match certificates {
        Ok(certificates) if !certificates.is_empty() => Ok(certificates),
        _ => Err(TlsError::NoCertificate(path.to_owned())),
    }
}

fn load(certificates: &Path, key: &Path) -> Result<Arc<CertifiedKey>, TlsError> {
    let chain = read_certificates(certificates)?;
    let private =
        PrivateKeyDer::from_pem_slice(&read(key)?).map_err(|_| TlsError::NoKey(key.to_owned()))?;
    Ok(Arc::new(CertifiedKey::from_der(
        chain,
        private,
        &provider(),
    )?))
}

fn modified(path: &Path) -> Option<SystemTime> {
    fs::metadata(path)
        .and_then(|metadata| metadata.modified())
        .ok()
}

/// A certificate and its key, as the files had them when they were looked at.
#[derive(Debug)]
struct CertificateFiles {
    certificates: PathBuf,
    key: PathBuf,
    modified: (Option<SystemTime>, Option<SystemTime>),
    current: Arc<CertifiedKey>,
    looked: Instant,
}

impl CertificateFiles {
    fn current(&mut self, now: Instant) -> Arc<CertifiedKey> {
        if now.saturating_duration_since(self.looked) >= LOOK_AGAIN {
            self.looked = now;
            let modified = (modified(&self.certificates), modified(&self.key));
            if modified != self.modified {
                match load(&self.certificates, &self.key) {
                    Ok(current) => {
                        tracing::info!(file = %self.certificates.display(), "certificate read again");
                        self.current = current;
                        self.modified = modified;
                    }
                    // Half of a renewal may be written: the next look finds the other half.
                    Err(error) => {
                        tracing::warn!(%error, "the certificate has changed and cannot be used")
                    }
                }
            }
        }
        Arc::clone(&self.current)
    }
}

#[derive(Debug)]
struct Reloading(Mutex<CertificateFiles>);

impl ResolvesServerCert for Reloading {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        let mut files = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        Some(files.current(Instant::now()))
    }
}

/// Whose certificate a server may show; that it has the key is checked in either case.
#[derive(Debug)]
struct Verifier {
    whose: Whose,
    provider: Arc<CryptoProvider>,
}

#[derive(Debug)]
enum Whose {
    Anybody,
    /// The authorities', or one that the operator gave by itself: a certificate that is self-signed as an authority is refused
    /// by them as a server's.
    Known {
        authorities: Arc<WebPkiServerVerifier>,
        pinned: Vec<CertificateDer<'static>>,
    },
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        certificate: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        match &self.whose {
            Whose::Anybody => Ok(ServerCertVerified::assertion()),
            Whose::Known { pinned, .. } if pinned.contains(&certificate.clone().into_owned()) => {
                verify_server_name(&ParsedCertificate::try_from(certificate)?, name)?;
                Ok(ServerCertVerified::assertion())
            }
            Whose::Known { authorities, .. } => {
                authorities.verify_server_cert(certificate, intermediates, name, ocsp, now)
            }
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls12_signature(message, certificate, signature, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls13_signature(message, certificate, signature, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider
            .signature_verification_algorithms
            .supported_schemes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn write(folder: &Path, name: &str) -> (PathBuf, PathBuf) {
        let made = rcgen::generate_simple_self_signed(vec![name.to_owned()]).unwrap();
        let (certificate, key) = (folder.join("cert.pem"), folder.join("key.pem"));
        fs::write(&certificate, made.cert.pem()).unwrap();
        fs::write(&key, made.signing_key.serialize_pem()).unwrap();
        (certificate, key)
    }

    #[test]
    fn a_renewed_certificate_is_used_and_a_broken_one_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let (certificate, key) = write(folder.path(), "old.example");
        let old = load(&certificate, &key).unwrap();
        let start = Instant::now();
        let mut files = CertificateFiles {
            modified: (None, None),
            certificates: certificate.clone(),
            key,
            current: Arc::clone(&old),
            looked: start,
        };
        write(folder.path(), "new.example");
        assert_eq!(files.current(start + Duration::from_secs(1)).cert, old.cert);
        let renewed = files.current(start + LOOK_AGAIN);
        assert_ne!(renewed.cert, old.cert);
        fs::write(&certificate, "nothing").unwrap();
        assert_eq!(files.current(start + LOOK_AGAIN * 2).cert, renewed.cert);
    }

    #[test]
    fn what_cannot_be_used_is_said() {
        let folder = tempfile::tempdir().unwrap();
        let (certificate, key) = write(folder.path(), "a.example");
        let missing = folder.path().join("missing.pem");
        assert!(matches!(
            server_config(&missing, &key),
            Err(TlsError::Read { .. })
        ));
        assert!(matches!(
            server_config(&key, &key),
            Err(TlsError::NoCertificate(_))
        ));
        assert!(matches!(
            server_config(&certificate, &certificate),
            Err(TlsError::NoKey(_))
        ));
        assert!(matches!(
            client_config(&Trust::File(key)),
            Err(TlsError::NoCertificate(_))
        ));
        assert!(client_config(&Trust::File(certificate)).is_ok());
        assert!(client_config(&Trust::Anybody).is_ok());
    }
}
