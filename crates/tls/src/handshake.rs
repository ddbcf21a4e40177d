//! Why a handshake with a client failed, in words that help with the client.

use std::fmt;
use std::io;

use rustls::{AlertDescription, PeerIncompatible};

use crate::offer::{Heard, TLS_1_2};

/// A handshake that failed. Prints the reason as a sentence.
#[derive(Debug)]
pub struct HandshakeError {
    /// What the client sent first.
    pub heard: Heard,
    /// What came of it.
    pub source: io::Error,
}

impl HandshakeError {
    pub(crate) fn new(bytes: &[u8], source: io::Error) -> Self {
        Self { heard: Heard::read(bytes), source }
    }

    fn tls(&self) -> Option<&rustls::Error> {
        self.source.get_ref()?.downcast_ref()
    }
}

impl std::error::Error for HandshakeError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.source)
    }
}

impl From<HandshakeError> for io::Error {
    fn from(error: HandshakeError) -> Self {
        Self::new(error.source.kind(), error)
    }
}

impl fmt::Display for HandshakeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let offer = match &self.heard {
            Heard::Nothing if self.source.kind() == io::ErrorKind::TimedOut => {
                return f.write_str("the client connected and sent nothing");
            }
            Heard::Nothing => return f.write_str("the client closed the connection before it sent anything"),
            Heard::NotTls(beginning) => {
                return write!(f, "the client does not speak TLS; it began with `{beginning}`");
            }
            Heard::Hello(offer) => offer,
        };
        if let Some(highest) = offer.highest().filter(|highest| *highest < TLS_1_2) {
            return write!(f, "the client offered {highest} at most; TLS 1.2 or later is required");
        }
        match self.tls() {
            Some(error) => explain(error, f),
            None if self.source.kind() == io::ErrorKind::TimedOut => {
                f.write_str("the client did not finish the handshake in time")
            }
            None => f.write_str("the client closed the connection during the handshake"),
        }
    }
}

fn explain(error: &rustls::Error, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    match error {
        rustls::Error::PeerIncompatible(PeerIncompatible::NoCipherSuitesInCommon) => f.write_str(
            "the client offered no cipher suite that is accepted; those with ECDHE and AES-GCM or ChaCha20-Poly1305 are",
        ),
        rustls::Error::PeerIncompatible(PeerIncompatible::NoKxGroupsInCommon) => f.write_str(
            "the client offered no group for the key exchange that is accepted; X25519, P-256 and P-384 are",
        ),
        rustls::Error::PeerIncompatible(PeerIncompatible::NoSignatureSchemesInCommon) => f.write_str(
            "the client offered no signature scheme that goes with one of the server's certificates",
        ),
        rustls::Error::AlertReceived(alert) if is_about_trust(*alert) => {
            write!(f, "the client does not trust the server's certificate; it sent the alert {alert:?}")
        }
        rustls::Error::AlertReceived(alert) => {
            write!(f, "the client ended the handshake with the alert {alert:?}")
        }
        error => write!(f, "{error}"),
    }
}

fn is_about_trust(alert: AlertDescription) -> bool {
    matches!(
        alert,
        AlertDescription::UnknownCA
            | AlertDescription::BadCertificate
            | AlertDescription::UnsupportedCertificate
            | AlertDescription::CertificateUnknown
            | AlertDescription::CertificateExpired
            | AlertDescription::CertificateRevoked
    )
}
