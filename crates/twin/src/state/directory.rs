//! Tenants, apps and their secrets.

use azure_types::ids::{ClientId, PrincipalId, TenantId};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use subtle::ConstantTimeEq as _;
use uuid::Uuid;

/// A directory of Entra, with its domains and applications.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Tenant {
    pub id: TenantId,
    /// Its default domain.
    pub domain: String,
    #[serde(default)]
    pub apps: Vec<App>,
}

/// An app registration and its service principal.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct App {
    /// The id that it logs in with.
    pub client: ClientId,
    pub name: String,
    /// Object id of its service principal, if it has one: without, it can log in to nothing.
    pub principal: Option<PrincipalId>,
    /// Whether it is the managed identity of a machine, which needs no secret.
    #[serde(default)]
    pub is_managed: bool,
    /// Its secrets. Several may be good at once.
    #[serde(default)]
    pub secrets: Vec<ClientSecret>,
    #[serde(default)]
    pub certificates: Vec<AppCertificate>,
    /// Service principals that own the registration.
    #[serde(default)]
    pub owners: Vec<PrincipalId>,
    /// App roles on Graph that an administrator consented to.
    #[serde(default)]
    pub graph_roles: Vec<String>,
    /// When it was registered.
    pub created_at: Timestamp,
}

/// A client secret. A twin's secrets are nobody's secrets, so that they may be stored and shown.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ClientSecret {
    /// Its id, which is often pasted in place of the value.
    pub id: Uuid,
    /// What somebody called it.
    #[serde(default)]
    pub name: Option<String>,
    pub value: String,
    /// From when on it is good.
    pub starts_at: Timestamp,
    /// When it expires.
    pub expires_at: Timestamp,
    /// From when on all token servers know of it.
    pub known_at: Timestamp,
}

/// A certificate by which an app may prove itself.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct AppCertificate {
    pub id: Uuid,
    /// What somebody called it.
    #[serde(default)]
    pub name: Option<String>,
    /// The certificate, DER in base64.
    pub der: String,
    /// From when on it is good.
    pub starts_at: Timestamp,
    /// When it expires.
    pub expires_at: Timestamp,
}

/// What there is to say about a presented secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SecretVerdict {
    /// It is good.
    Good,
    /// It was good once.
    Expired,
    /// It is none of the app's.
    Wrong,
}

impl AppCertificate {
    /// The certificate itself, DER; `None` if it is none. Line breaks do not count: the Azure CLI sends the base64 of
    /// a PEM file with those of the file.
    #[must_use]
    pub fn bytes(&self) -> Option<Vec<u8>> {
        let text: String = self.der.chars().filter(|c| !c.is_ascii_whitespace()).collect();
        STANDARD.decode(text).ok()
    }
}

impl App {
    /// Object id of the registration, which is neither of its other two ids.
    #[must_use]
    pub fn object_id(&self) -> Uuid {
        Self::object_id_of(self.client)
    }

    /// Object id of the registration with this client id.
    #[must_use]
    pub fn object_id_of(client: ClientId) -> Uuid {
        named(client.guid(), "application")
    }

    /// The object id that a service principal of this app gets.
    #[must_use]
    pub fn principal_to_be(client: ClientId) -> PrincipalId {
        PrincipalId::new(named(client.guid(), "service principal"))
    }

    /// Judges a presented secret.
    #[must_use]
    pub fn judge(&self, presented: &str, now: Timestamp) -> SecretVerdict {
        let matching: Vec<&ClientSecret> = self
            .secrets
            .iter()
            .filter(|secret| bool::from(secret.value.as_bytes().ct_eq(presented.as_bytes())))
            .collect();
        let is_good =
            |secret: &&ClientSecret| secret.starts_at.max(secret.known_at) <= now && now < secret.expires_at;
        if matching.iter().any(is_good) {
            SecretVerdict::Good
        } else if matching.iter().any(|secret| secret.expires_at <= now) {
            SecretVerdict::Expired
        } else {
            SecretVerdict::Wrong
        }
    }
}

/// An id that follows from another and a word.
pub(crate) fn named(base: Uuid, word: &str) -> Uuid {
    let digest =
        aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, &[base.as_bytes(), word.as_bytes()].concat());
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&digest.as_ref()[..16]);
    uuid::Builder::from_custom_bytes(bytes).into_uuid()
}
