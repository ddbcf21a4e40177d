//! A server's certificate and key, replaceable while it runs.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

use arc_swap::ArcSwap;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use rustls::{ServerConfig, crypto};

/// Certificate and key of a server, read from two PEM files.
#[derive(Debug)]
pub struct ServerIdentity {
    certificate: PathBuf,
    key: PathBuf,
    current: ArcSwap<CertifiedKey>,
    loaded: ArcSwap<Stamps>,
}

/// When the two files were last changed.
type Stamps = [Option<SystemTime>; 2];

/// Why a certificate cannot be served.
#[derive(Debug, thiserror::Error)]
pub enum IdentityError {
    /// A file is missing, unreadable or not PEM.
    #[error("{path} cannot be read as PEM")]
    Pem {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        source: rustls::pki_types::pem::Error,
    },
    /// The file has no certificate.
    #[error("{0} holds no certificate")]
    Empty(PathBuf),
    /// The key is of an unknown kind, or does not belong to the certificate.
    #[error("the key in {key} does not fit the certificate in {certificate}")]
    Key {
        /// The certificate's file.
        certificate: PathBuf,
        /// The key's file.
        key: PathBuf,
        /// What rustls says.
        source: rustls::Error,
    },
}

/// Makes AWS-LC the process' only provider of cryptography. To be called once, first.
pub fn install_provider() {
    // A second call finds the same provider in place, which is all that is wanted.
    let _ = crypto::aws_lc_rs::default_provider().install_default();
}

impl ServerIdentity {
    /// Reads both files.
    ///
    /// # Errors
    /// When a file cannot be read or the key does not belong to the certificate.
    pub fn load(certificate: &Path, key: &Path) -> Result<Arc<Self>, IdentityError> {
        let stamps = stamps(certificate, key);
        let current = ArcSwap::new(Arc::new(read(certificate, key)?));
        let (certificate, key) = (certificate.to_owned(), key.to_owned());
        Ok(Arc::new(Self { certificate, key, current, loaded: ArcSwap::new(Arc::new(stamps)) }))
    }

    /// Reads both files again if one of them changed; says whether that happened.
    ///
    /// # Errors
    /// When the new files do not fit; the certificate in use stays in use.
    pub fn reload_if_changed(&self) -> Result<bool, IdentityError> {
        let stamps = stamps(&self.certificate, &self.key);
        if **self.loaded.load() == stamps {
            return Ok(false);
        }
        let fresh = read(&self.certificate, &self.key);
        self.loaded.store(Arc::new(stamps));
        self.current.store(Arc::new(fresh?));
        Ok(true)
    }

    /// SHA-256 of the certificate, as browsers and `openssl x509 -fingerprint` show it.
    #[must_use]
    pub fn fingerprint(&self) -> String {
        let current = self.current.load();
        let Some(certificate) = current.cert.first() else { return String::new() };
        let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, certificate);
        let mut text = String::new();
        for octet in digest.as_ref() {
            if !text.is_empty() {
                text.push(':');
            }
            let _ = write!(text, "{octet:02X}");
        }
        text
    }

    /// Settings for a server with this certificate: TLS 1.2 and 1.3, tickets for quick returns.
    ///
    /// # Errors
    /// When the provider has no randomness for the ticket key.
    pub fn server_config(self: &Arc<Self>, alpn: &[&[u8]]) -> Result<Arc<ServerConfig>, rustls::Error> {
        let resolver = Arc::new(Resolver(Arc::clone(self)));
        let mut config = ServerConfig::builder().with_no_client_auth().with_cert_resolver(resolver);
        config.alpn_protocols = alpn.iter().map(|name| name.to_vec()).collect();
        config.ticketer = crypto::aws_lc_rs::Ticketer::new()?;
        config.send_tls13_tickets = 1;
        Ok(Arc::new(config))
    }
}

#[derive(Debug)]
struct Resolver(Arc<ServerIdentity>);

impl ResolvesServerCert for Resolver {
    fn resolve(&self, _hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(self.0.current.load_full())
    }
}

fn stamps(certificate: &Path, key: &Path) -> Stamps {
    [certificate, key].map(|path| std::fs::metadata(path).and_then(|metadata| metadata.modified()).ok())
}

fn read(certificate: &Path, key: &Path) -> Result<CertifiedKey, IdentityError> {
    let pem = |path: &Path, source| IdentityError::Pem { path: path.to_owned(), source };
    let chain = CertificateDer::pem_file_iter(certificate)
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .map_err(|source| pem(certificate, source))?;
    if chain.is_empty() {
        return Err(IdentityError::Empty(certificate.to_owned()));
    }
    let private_key = PrivateKeyDer::from_pem_file(key).map_err(|source| pem(key, source))?;
    let provider = crypto::aws_lc_rs::default_provider();
    CertifiedKey::from_der(chain, private_key, &provider).map_err(|source| IdentityError::Key {
        certificate: certificate.to_owned(),
        key: key.to_owned(),
        source,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Names, self_signed};

    fn write(folder: &Path, name: &str) -> (PathBuf, PathBuf) {
        let (certificate, key) = (folder.join("cert.pem"), folder.join("key.pem"));
        let made = self_signed(&Names { hosts: vec![name.to_owned()], addresses: Vec::new() }).unwrap();
        std::fs::write(&certificate, made.0).unwrap();
        std::fs::write(&key, made.1).unwrap();
        (certificate, key)
    }

    #[test]
    fn a_changed_certificate_is_taken_up_and_a_broken_one_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let (certificate, key) = write(folder.path(), "one.example");
        let identity = ServerIdentity::load(&certificate, &key).unwrap();
        let first = identity.fingerprint();
        assert_eq!(first.len(), 32 * 3 - 1);
        assert!(!identity.reload_if_changed().unwrap());

        let later = SystemTime::now() + std::time::Duration::from_secs(5);
        let touch = |path: &Path| {
            std::fs::File::options().append(true).open(path).unwrap().set_modified(later).unwrap();
        };
        write(folder.path(), "two.example");
        touch(&certificate);
        assert!(identity.reload_if_changed().unwrap());
        let second = identity.fingerprint();
        assert_ne!(second, first);

        std::fs::write(&certificate, "nonsense").unwrap();
        assert!(matches!(identity.reload_if_changed(), Err(IdentityError::Empty(_))));
        assert_eq!(identity.fingerprint(), second);
        assert!(!identity.reload_if_changed().unwrap(), "the same broken file is reported once");
    }

    #[test]
    fn a_key_of_another_certificate_is_refused() {
        let (one, two) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let (certificate, _) = write(one.path(), "one.example");
        let (_, key) = write(two.path(), "two.example");
        assert!(matches!(ServerIdentity::load(&certificate, &key), Err(IdentityError::Key { .. })));
    }
}
