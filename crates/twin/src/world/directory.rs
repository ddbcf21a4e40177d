//! Tenants, apps and their secrets.

use azure_types::ids::{ClientId, PrincipalId, TenantId};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use subtle::ConstantTimeEq as _;
use uuid::Uuid;

/// A directory.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Tenant {
    /// Its id.
    pub id: TenantId,
    /// Its default domain.
    pub domain: String,
    /// App registrations.
    #[serde(default)]
    pub apps: Vec<App>,
}

/// An app registration and its service principal.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct App {
    /// The id that it logs in with.
    pub client: ClientId,
    /// Its name.
    pub name: String,
    /// Object id of its service principal.
    pub principal: PrincipalId,
    /// Its secrets. Several may be good at once.
    #[serde(default)]
    pub secrets: Vec<ClientSecret>,
    /// App roles on Graph that an administrator consented to.
    #[serde(default)]
    pub graph_roles: Vec<String>,
}

/// A client secret. A twin's secrets are nobody's secrets, so that they may be stored and shown.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ClientSecret {
    /// Its id, which is often pasted in place of the value.
    pub id: Uuid,
    /// Its value.
    pub value: String,
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

impl App {
    /// Judges a presented secret.
    #[must_use]
    pub fn judge(&self, presented: &str, now: Timestamp) -> SecretVerdict {
        let matching: Vec<&ClientSecret> = self
            .secrets
            .iter()
            .filter(|secret| bool::from(secret.value.as_bytes().ct_eq(presented.as_bytes())))
            .collect();
        if matching.iter().any(|secret| secret.starts_at <= now && now < secret.expires_at) {
            SecretVerdict::Good
        } else if matching.iter().any(|secret| secret.expires_at <= now) {
            SecretVerdict::Expired
        } else {
            SecretVerdict::Wrong
        }
    }
}
