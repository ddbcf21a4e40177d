//! Microsoft Graph: app registrations and their secrets (`v1.0`); members that are not needed are left out.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::absent::or_default;
use crate::ids::{ClientId, PrincipalId};

/// The app id of Graph itself, the same everywhere.
pub const GRAPH_APP_ID: &str = "00000003-0000-0000-c000-000000000000";
/// May change the registrations that the app's own service principal owns.
pub const OWNED_BY: &str = "Application.ReadWrite.OwnedBy";
/// May change any registration.
pub const ANY: &str = "Application.ReadWrite.All";
/// App roles of Graph that matter to registrations: ids and names, the same everywhere.
pub const APP_ROLES: [(&str, &str); 5] = [
    ("18a4783c-866b-4cc7-a460-3d5e5662c884", OWNED_BY),
    ("1bfefb4e-e0b5-418b-a88f-73c46d2cc8e9", ANY),
    ("9a5d68dd-52b0-4cc2-bd40-abcf44ac3a30", "Application.Read.All"),
    ("06b708a9-e830-4db3-a914-8e69da51d44f", "AppRoleAssignment.ReadWrite.All"),
    ("7ab1d382-f21e-4acd-a863-ba3e13f1da61", "Directory.Read.All"),
];

/// An app role that somebody was given.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AppRoleAssignment {
    /// Which role, as in [`APP_ROLES`] where it is one of Graph's.
    pub app_role_id: Uuid,
}

/// An app registration.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Application {
    /// Object id: neither the client id nor the service principal's.
    pub id: Uuid,
    pub app_id: ClientId,
    #[serde(default, deserialize_with = "or_default")]
    pub display_name: String,
    #[serde(default, deserialize_with = "or_default")]
    pub password_credentials: Vec<PasswordCredential>,
    #[serde(default, deserialize_with = "or_default")]
    pub key_credentials: Vec<Certificate>,
}

/// A service principal, as far as an id goes.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DirectoryObject {
    pub id: PrincipalId,
}

/// A client secret. It does not print: a new one holds its value.
#[derive(Clone, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PasswordCredential {
    pub key_id: Uuid,
    /// What somebody called it.
    #[serde(default)]
    pub display_name: Option<String>,
    /// From when on it is good.
    #[serde(default)]
    pub start_date_time: Option<Timestamp>,
    /// When it expires.
    #[serde(default)]
    pub end_date_time: Option<Timestamp>,
    /// Its first three characters.
    #[serde(default)]
    pub hint: Option<String>,
    /// Its value, told once: in the answer that made it.
    #[serde(default)]
    pub secret_text: Option<String>,
}

impl std::fmt::Debug for PasswordCredential {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { key_id, display_name, end_date_time, hint, .. } = self;
        f.debug_struct("PasswordCredential")
            .field("key_id", key_id)
            .field("display_name", display_name)
            .field("end_date_time", end_date_time)
            .field("hint", hint)
            .finish_non_exhaustive()
    }
}

/// A certificate of a registration.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Certificate {
    pub key_id: Uuid,
    /// What somebody called it.
    #[serde(default)]
    pub display_name: Option<String>,
    /// From when on it is good.
    #[serde(default)]
    pub start_date_time: Option<Timestamp>,
    /// When it expires.
    #[serde(default)]
    pub end_date_time: Option<Timestamp>,
    #[serde(rename = "type", default, deserialize_with = "or_default")]
    pub kind: String,
    #[serde(default, deserialize_with = "or_default")]
    pub usage: String,
}

/// A certificate to be registered.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct NewCertificate {
    /// Its id, if it has one already.
    pub key_id: Option<Uuid>,
    /// What to call it.
    pub display_name: Option<String>,
    /// From when on it is good.
    pub start_date_time: Option<Timestamp>,
    /// When it expires.
    pub end_date_time: Option<Timestamp>,
    /// The certificate, DER in base64.
    pub key: Option<String>,
}

/// The body of `addPassword`.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AddPassword {
    /// What the secret is to be like.
    #[serde(default)]
    pub password_credential: Option<NewPassword>,
}

/// A secret to be made. Its value is Entra's choice.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct NewPassword {
    /// What to call it.
    #[serde(default)]
    pub display_name: Option<String>,
    /// From when on it is good; now if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub start_date_time: Option<Timestamp>,
    /// When it expires; two years later if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub end_date_time: Option<Timestamp>,
}

/// The body of `removePassword`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RemovePassword {
    pub key_id: Uuid,
}
