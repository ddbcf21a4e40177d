//! What our own clients trust.

use std::sync::Arc;

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use rustls::{ClientConfig, RootCertStore};
use rustls_platform_verifier::BuilderVerifierExt as _;

/// Why the wanted roots cannot be trusted.
#[derive(Debug, thiserror::Error)]
pub enum TrustError {
    /// The text is not PEM.
    #[error("the CA certificates are not valid PEM")]
    Pem(#[source] rustls::pki_types::pem::Error),
    /// The text is PEM and holds no usable certificate.
    #[error("the CA file holds no usable certificate")]
    Unusable(#[source] Option<rustls::Error>),
    /// The system's own roots cannot be used.
    #[error("the system's root certificates cannot be used")]
    System(#[source] rustls::Error),
}

/// Settings of a client that trusts the system's roots, or only those in `ca_pem` when it is given.
///
/// # Errors
/// When no root can be trusted.
pub fn client_config(ca_pem: Option<&str>) -> Result<Arc<ClientConfig>, TrustError> {
    let builder = ClientConfig::builder();
    let Some(pem) = ca_pem else {
        let config = builder.with_platform_verifier().map_err(TrustError::System)?.with_no_client_auth();
        return Ok(Arc::new(config));
    };
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(pem.as_bytes()) {
        let certificate = certificate.map_err(TrustError::Pem)?;
        roots.add(certificate).map_err(|error| TrustError::Unusable(Some(error)))?;
    }
    if roots.is_empty() {
        return Err(TrustError::Unusable(None));
    }
    Ok(Arc::new(builder.with_root_certificates(roots).with_no_client_auth()))
}
