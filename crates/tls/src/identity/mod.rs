//! A server's certificates and keys, replaceable while it runs.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

use arc_swap::ArcSwap;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use rustls::{ServerConfig, SignatureAlgorithm, crypto};
use x509_parser::parse_x509_certificate;

/// A certificate chain and its private key, both as PEM files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CertificateFiles {
    /// The chain, the server's own certificate first.
    pub certificate: PathBuf,
    /// The key of the first certificate.
    pub key: PathBuf,
}

/// Certificates and keys of a server, read from PEM files. A client gets the first that it can use.
#[derive(Debug)]
pub struct ServerIdentity {
    files: Vec<CertificateFiles>,
    current: ArcSwap<Vec<Arc<CertifiedKey>>>,
    loaded: ArcSwap<Vec<Stamps>>,
}

/// How long a certificate may be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CertificateLifetime {
    /// The kind of its key: `rsa`, `ecdsa`, `ed25519` or `other`.
    pub key: &'static str,
    /// When it expires, in seconds since 1970-01-01 UTC.
    pub expires_at: i64,
}

/// When the two files were last changed.
type Stamps = [Option<SystemTime>; 2];

/// Why a certificate cannot be served.
#[derive(Debug, thiserror::Error)]
pub enum IdentityError {
    /// A file is missing, unreadable or not PEM.
    #[error("{path} cannot be read as PEM")]
    Pem {
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
    /// Every client that can use one of the keys can use the other.
    #[error("the keys in {0} and {1} are of the same kind, so that one of them would never be used")]
    SameKind(PathBuf, PathBuf),
}

/// Makes AWS-LC the process' only provider of cryptography. To be called once, first.
pub fn install_provider() {
    // A second call finds the same provider in place, which is all that is wanted.
    let _ = crypto::aws_lc_rs::default_provider().install_default();
}

impl ServerIdentity {
    /// Reads one certificate and its key.
    ///
    /// # Errors
    /// When a file cannot be read or the key does not belong to the certificate.
    pub fn load(certificate: &Path, key: &Path) -> Result<Arc<Self>, IdentityError> {
        Self::load_all(vec![CertificateFiles { certificate: certificate.to_owned(), key: key.to_owned() }])
    }

    /// Reads several certificates with keys of different kinds, the most wanted first.
    ///
    /// # Errors
    /// When a file cannot be read, a key does not belong to its certificate, or two are of the same kind.
    pub fn load_all(files: Vec<CertificateFiles>) -> Result<Arc<Self>, IdentityError> {
        let loaded = ArcSwap::new(Arc::new(stamps(&files)));
        let current = ArcSwap::new(Arc::new(read_all(&files)?));
        Ok(Arc::new(Self { files, current, loaded }))
    }

    /// Reads all files again if one of them changed; says whether that happened.
    ///
    /// # Errors
    /// When the new files do not fit; the certificates in use stay in use.
    pub fn reload_if_changed(&self) -> Result<bool, IdentityError> {
        let stamps = stamps(&self.files);
        if **self.loaded.load() == stamps {
            return Ok(false);
        }
        let fresh = read_all(&self.files);
        self.loaded.store(Arc::new(stamps));
        self.current.store(Arc::new(fresh?));
        Ok(true)
    }

    /// SHA-256 of the first certificate, as browsers and `openssl x509 -fingerprint` show it.
    #[must_use]
    pub fn fingerprint(&self) -> String {
        self.fingerprints().into_iter().next().unwrap_or_default()
    }

    /// SHA-256 of each certificate.
    #[must_use]
    pub fn fingerprints(&self) -> Vec<String> {
        self.current.load().iter().filter_map(|key| key.cert.first()).map(|one| fingerprint(one)).collect()
    }

    /// When each certificate expires. One that cannot be read is left out: rustls serves it all the same.
    #[must_use]
    pub fn lifetimes(&self) -> Vec<CertificateLifetime> {
        let of = |one: &Arc<CertifiedKey>| {
            let (_, certificate) = parse_x509_certificate(one.cert.first()?).ok()?;
            let expires_at = certificate.validity().not_after.timestamp();
            Some(CertificateLifetime { key: kind_of(one.key.algorithm()), expires_at })
        };
        self.current.load().iter().filter_map(of).collect()
    }

    /// Settings for a server with these certificates: TLS 1.2 and 1.3, tickets for quick returns.
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
    /// rustls names only the schemes that go with one of the client's cipher suites. With none in common it is left
    /// to rustls to say so.
    fn resolve(&self, hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        let current = self.0.current.load();
        let fitting = current.iter().find(|one| one.key.choose_scheme(hello.signature_schemes()).is_some());
        fitting.or(current.first()).map(Arc::clone)
    }
}

fn kind_of(algorithm: SignatureAlgorithm) -> &'static str {
    match algorithm {
        SignatureAlgorithm::RSA => "rsa",
        SignatureAlgorithm::ECDSA => "ecdsa",
        SignatureAlgorithm::ED25519 => "ed25519",
        _ => "other",
    }
}

fn stamps(files: &[CertificateFiles]) -> Vec<Stamps> {
    let changed = |path: &PathBuf| std::fs::metadata(path).and_then(|metadata| metadata.modified()).ok();
    files.iter().map(|pair| [changed(&pair.certificate), changed(&pair.key)]).collect()
}

fn fingerprint(certificate: &CertificateDer<'_>) -> String {
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, certificate);
    let mut text = String::new();
    for byte in digest.as_ref() {
        if !text.is_empty() {
            text.push(':');
        }
        let _ = write!(text, "{byte:02X}");
    }
    text
}

fn read_all(files: &[CertificateFiles]) -> Result<Vec<Arc<CertifiedKey>>, IdentityError> {
    let mut read: Vec<Arc<CertifiedKey>> = Vec::with_capacity(files.len());
    for pair in files {
        let fresh = self::read(&pair.certificate, &pair.key)?;
        let same = |one: &Arc<CertifiedKey>| one.key.algorithm() == fresh.key.algorithm();
        if let Some(other) = read.iter().position(same) {
            return Err(IdentityError::SameKind(files[other].key.clone(), pair.key.clone()));
        }
        read.push(Arc::new(fresh));
    }
    Ok(read)
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
mod tests;
