//! Why a handshake failed, in an operator's words.

use rustls::{AlertDescription, CertificateError, Error};

/// Why TLS did not come about, or broke.
///
/// Printing says what is wrong and with whom; [`HandshakeFailure::source`](std::error::Error::source) is rustls' own error.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("{words}")]
pub struct HandshakeFailure {
    words: String,
    source: Option<Error>,
}

impl HandshakeFailure {
    pub(super) fn new(error: Error) -> Self {
        Self {
            words: words(&error),
            source: Some(error),
        }
    }

    /// No configuration was given for a handshake that the machine asked for.
    pub(super) fn no_config() -> Self {
        Self {
            words: "no certificate is configured for TLS".to_owned(),
            source: None,
        }
    }

    pub(super) fn not_tls() -> Self {
        Self {
            words: "the peer sent what is not TLS".to_owned(),
            source: None,
        }
    }

    /// What rustls said, where it said anything.
    pub fn rustls_error(&self) -> Option<&Error> {
        self.source.as_ref()
    }

    /// Whether the peer's certificate is at fault: another try without TLS would go to whoever that is.
    pub fn is_certificate(&self) -> bool {
        matches!(
            self.source,
            Some(Error::InvalidCertificate(_) | Error::NoCertificatesPresented)
        )
    }
}

fn words(error: &Error) -> String {
    match error {
        Error::InvalidCertificate(wrong) => format!("the peer's certificate {}", certificate(wrong)),
        Error::NoCertificatesPresented => "the peer showed no certificate".to_owned(),
        Error::AlertReceived(alert) => match alert {
            AlertDescription::UnknownCA => {
                "the peer does not know who issued our certificate: is the chain in the file whole?"
                    .to_owned()
            }
            AlertDescription::CertificateExpired => {
                "the peer says that our certificate has expired".to_owned()
            }
            AlertDescription::BadCertificate
            | AlertDescription::CertificateUnknown
            | AlertDescription::UnsupportedCertificate => {
                "the peer does not accept our certificate".to_owned()
            }
            AlertDescription::ProtocolVersion => {
                "the peer does not speak TLS 1.2 or 1.3, the versions that are allowed here".to_owned()
            }
            AlertDescription::HandshakeFailure | AlertDescription::InsufficientSecurity => {
                "the peer and we have no cipher in common".to_owned()
            }
            other => format!("the peer broke off the handshake ({other:?})"),
        },
        Error::PeerIncompatible(wrong) => format!(
            "the peer speaks no version or cipher of TLS that is allowed here (TLS 1.2 and 1.3): {wrong:?}"
        ),
        Error::InvalidMessage(_) => "the peer sent what is not TLS".to_owned(),
        other => format!("the handshake failed: {other}"),
    }
}

fn certificate(wrong: &CertificateError) -> String {
    match wrong {
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => "has expired".to_owned(),
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
            "is not valid yet: is a clock wrong?".to_owned()
        }
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
            "is for another name than the one that was asked for".to_owned()
        }
        CertificateError::UnknownIssuer => {
            "was issued by nobody who is trusted here (a private CA?)".to_owned()
        }
        CertificateError::Revoked => "has been revoked".to_owned(),
        other => format!("is not acceptable: {other}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_operator_reads_what_to_do() {
        for (error, words) in [
            (
                Error::InvalidCertificate(CertificateError::Expired),
                "the peer's certificate has expired",
            ),
            (
                Error::AlertReceived(AlertDescription::UnknownCA),
                "the peer does not know who issued our certificate: is the chain in the file whole?",
            ),
            (
                Error::DecryptError,
                "the handshake failed: cannot decrypt peer's message",
            ),
        ] {
            assert_eq!(HandshakeFailure::new(error).to_string(), words);
        }
    }
}
