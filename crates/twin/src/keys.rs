//! The key that signs tokens, and what is read out of one.

use std::collections::HashMap;
use std::io;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use azure_types::ids::{ClientId, PrincipalId, TenantId};
use jiff::Timestamp;
use jsonwebtoken::jwk::Jwk;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use rcgen::{KeyPair, PKCS_RSA_SHA256, RsaKeySize};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// RS256, with the published half.
pub(crate) struct TokenKey {
    id: String,
    encoding: EncodingKey,
    decoding: DecodingKey,
    published: Jwk,
    /// Tokens whose signature was checked: a client shows the same one a thousand times.
    checked: Mutex<HashMap<String, Claims>>,
}

/// The claims of an app-only token, in the form of version 1.0 that Azure's own resources get.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Claims {
    pub(crate) aud: String,
    pub(crate) iss: String,
    pub(crate) iat: i64,
    pub(crate) nbf: i64,
    pub(crate) exp: i64,
    pub(crate) appid: ClientId,
    pub(crate) appidacr: String,
    pub(crate) idp: String,
    pub(crate) idtyp: String,
    pub(crate) oid: PrincipalId,
    pub(crate) sub: PrincipalId,
    pub(crate) tid: TenantId,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) roles: Vec<String>,
    pub(crate) uti: String,
    pub(crate) ver: String,
}

/// Tokens remembered; beyond that all are checked anew.
const REMEMBERED: usize = 10_000;

impl TokenKey {
    /// Reads the key from `folder`, or makes one there at the first start.
    pub(crate) fn open(folder: &Path) -> io::Result<Self> {
        let path = folder.join("token.key");
        if !path.exists() {
            let key =
                KeyPair::generate_rsa_for(&PKCS_RSA_SHA256, RsaKeySize::_2048).map_err(io::Error::other)?;
            crate::private_file::write(&path, key.serialize_pem())?;
        }
        let key = KeyPair::from_pem(&std::fs::read_to_string(&path)?).map_err(io::Error::other)?;
        let encoding = EncodingKey::from_rsa_der(key.serialized_der());
        let encoding = match Jwk::from_encoding_key(&encoding, Algorithm::RS256) {
            Ok(_) => encoding,
            Err(_) => EncodingKey::from_rsa_pem(key.serialize_pem().as_bytes()).map_err(io::Error::other)?,
        };
        let mut published = Jwk::from_encoding_key(&encoding, Algorithm::RS256).map_err(io::Error::other)?;
        let id = published.thumbprint(jsonwebtoken::jwk::ThumbprintHash::SHA256).map_err(io::Error::other)?;
        published.common.key_id = Some(id.clone());
        published.common.public_key_use = Some(jsonwebtoken::jwk::PublicKeyUse::Signature);
        let decoding = DecodingKey::from_jwk(&published).map_err(io::Error::other)?;
        Ok(Self { id, encoding, decoding, published, checked: Mutex::default() })
    }

    /// Signs a token.
    pub(crate) fn sign(&self, claims: &Claims) -> String {
        let mut header = Header::new(Algorithm::RS256);
        header.kid = Some(self.id.clone());
        header.x5t = Some(self.id.clone());
        // The key was made for this and the claims are plain: there is nothing that could fail.
        jsonwebtoken::encode(&header, claims, &self.encoding).unwrap_or_default()
    }

    /// Reads a token that this key signed and that is good now.
    pub(crate) fn read(&self, token: &str, now: Timestamp) -> Option<Claims> {
        let claims = self.signed_claims(token)?;
        (claims.nbf <= now.as_second() && now.as_second() < claims.exp).then_some(claims)
    }

    /// What is published of the key.
    pub(crate) fn published(&self) -> &Jwk {
        &self.published
    }

    fn signed_claims(&self, token: &str) -> Option<Claims> {
        let mut checked = self.checked.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(claims) = checked.get(token) {
            return Some(claims.clone());
        }
        // Times are judged by the twin's clock, and the audience by the API that is called.
        let mut validation = Validation::new(Algorithm::RS256);
        (validation.validate_exp, validation.validate_aud) = (false, false);
        let claims = jsonwebtoken::decode::<Claims>(token, &self.decoding, &validation).ok()?.claims;
        if checked.len() >= REMEMBERED {
            checked.clear();
        }
        checked.insert(token.to_owned(), claims.clone());
        Some(claims)
    }
}

/// A fresh GUID.
pub(crate) fn random_guid() -> Uuid {
    Uuid::new_v4()
}

/// A fresh access key: 64 bytes in base64, as Azure's are.
pub(crate) fn random_key() -> String {
    let bytes: Vec<u8> = (0..4).flat_map(|_| random_guid().into_bytes()).collect();
    base64::Engine::encode(&base64::engine::general_purpose::STANDARD, bytes)
}
