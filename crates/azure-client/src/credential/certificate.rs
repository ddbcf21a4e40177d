//! A certificate: each request carries a token of our own that its key has signed (RFC 7523 section 2.2).

use std::fmt;

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use clock::Entropy;
use jiff::{SignedDuration, Timestamp};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use secrecy::{ExposeSecret as _, SecretString};
use serde::Serialize;

use super::{App, Credential, Requested};
use crate::entra::{ClientAuthentication, TokenFailure, post_form};
use crate::http::Http;

/// An app with a certificate and its RSA key.
#[derive(Clone)]
pub struct AppCertificate {
    http: Http,
    app: App,
    key: EncodingKey,
    thumbprint: String,
    entropy: Entropy,
    /// When the certificate expires.
    expires_at: Timestamp,
}

/// Why a PEM text is not usable.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CertificateError {
    /// There is no certificate in it.
    #[error("there is no certificate in the PEM text")]
    NoCertificate,
    /// There is no usable key in it.
    #[error("there is no RSA private key in the PEM text, without a passphrase, as PKCS #1 or PKCS #8")]
    NoKey,
    /// The key is another certificate's.
    #[error("the private key is not the certificate's own")]
    AnotherKey,
}

#[derive(Serialize)]
struct Claims<'a> {
    aud: &'a str,
    iss: &'a str,
    sub: &'a str,
    jti: String,
    nbf: i64,
    exp: i64,
}

/// For how long an assertion is good: longer than clocks differ.
const LIFE: SignedDuration = SignedDuration::from_mins(10);
/// Entra's clock may be behind ours.
const LEEWAY: SignedDuration = SignedDuration::from_mins(5);

impl AppCertificate {
    /// Reads certificate and key from one PEM text.
    ///
    /// # Errors
    /// When one of them is not in it.
    pub fn new(http: Http, app: App, pem: &SecretString, entropy: Entropy) -> Result<Self, CertificateError> {
        let pem = pem.expose_secret();
        let der =
            CertificateDer::from_pem_slice(pem.as_bytes()).map_err(|_| CertificateError::NoCertificate)?;
        let (_, parsed) =
            x509_parser::parse_x509_certificate(&der).map_err(|_| CertificateError::NoCertificate)?;
        let expires_at = Timestamp::from_second(parsed.validity().not_after.timestamp());
        let expires_at = expires_at.unwrap_or(Timestamp::MAX);
        let thumbprint = URL_SAFE_NO_PAD.encode(digest(&SHA256, &der));
        let key = key_block(pem).and_then(|block| EncodingKey::from_rsa_pem(block.as_bytes()).ok());
        let key = key.ok_or(CertificateError::NoKey)?;
        let certificate = Self { http, app, key, thumbprint, entropy, expires_at };
        // The key may be of another kind, or another certificate's: a trial tells.
        let trial = certificate.assertion(Timestamp::UNIX_EPOCH).map_err(|_| CertificateError::NoKey)?;
        let public = DecodingKey::from_rsa_der(&parsed.public_key().subject_public_key.data);
        let mut validation = Validation::new(Algorithm::PS256);
        (validation.validate_exp, validation.validate_aud) = (false, false);
        jsonwebtoken::decode::<serde_json::Value>(&trial, &public, &validation)
            .map_err(|_| CertificateError::AnotherKey)?;
        Ok(certificate)
    }

    /// When the certificate expires.
    #[must_use]
    pub fn expires_at(&self) -> Timestamp {
        self.expires_at
    }

    /// The certificate's SHA-256 thumbprint in base64url, which is no secret.
    #[must_use]
    pub fn thumbprint(&self) -> &str {
        &self.thumbprint
    }

    fn assertion(&self, now: Timestamp) -> Result<String, jsonwebtoken::errors::Error> {
        let client = self.app.client.to_string();
        let audience = format!("{}/{}/oauth2/v2.0/token", self.app.authority, self.app.tenant);
        let claims = Claims {
            aud: &audience,
            iss: &client,
            sub: &client,
            jti: uuid::Builder::from_random_bytes(self.entropy.bytes()).into_uuid().to_string(),
            nbf: now.saturating_sub(LEEWAY).unwrap_or(now).as_second(),
            exp: clock::after(now, LIFE).as_second(),
        };
        let mut header = Header::new(Algorithm::PS256);
        header.x5t_s256 = Some(self.thumbprint.clone());
        jsonwebtoken::encode(&header, &claims, &self.key)
    }
}

/// The first block of a PEM text that is a private key.
fn key_block(pem: &str) -> Option<&str> {
    const MARK: &str = "PRIVATE KEY-----";
    let label = pem.find(MARK)?;
    let begin = pem[..label].rfind("-----BEGIN")?;
    let behind = label + MARK.len();
    let end = behind + pem[behind..].find(MARK)? + MARK.len();
    Some(&pem[begin..end])
}

impl Credential for AppCertificate {
    fn request<'a>(&'a self, scope: &'a str, now: Timestamp) -> Requested<'a> {
        Box::pin(async move {
            let assertion = self.assertion(now).map_err(|error| TokenFailure::Unusable(error.to_string()))?;
            post_form(&self.http, &self.app, ClientAuthentication::Assertion(&assertion), scope, now).await
        })
    }
}

impl fmt::Debug for AppCertificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AppCertificate")
            .field("app", &self.app)
            .field("thumbprint", &self.thumbprint)
            .finish_non_exhaustive()
    }
}
