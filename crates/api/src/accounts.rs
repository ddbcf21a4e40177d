//! `/v1/accounts`.

use jiff::Timestamp;
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::verification::Verdict;

/// An account, without its secret.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct AccountView {
    /// Its name.
    pub name: String,
    /// `enabled` or `disabled`.
    pub state: String,
    /// What it sends through: `azure`.
    pub upstream: String,
    /// Directory (tenant) id.
    pub tenant_id: String,
    /// Application (client) id.
    pub client_id: String,
    /// Subscription id.
    pub subscription_id: String,
    /// The communication service, once one is chosen.
    pub service: Option<String>,
    /// Its base URL.
    pub endpoint: Option<String>,
    /// `client_secret`, `certificate`, `managed_identity` or `access_key`.
    pub authorization: String,
    /// The first characters of the secret, by which the portal names it too.
    pub secret_hint: Option<String>,
    /// When the secret was set.
    pub secret_set_at: Option<Timestamp>,
    /// When the secret expires, if that is known.
    pub secret_expires_at: Option<Timestamp>,
    /// Which way mail takes.
    pub transport: String,
    /// Where Azure is, if it is not the public one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cloud: Option<CloudView>,
    /// What Azure allows.
    pub quota: QuotaView,
    /// Sends that wait for an answer by REST.
    #[serde(default)]
    pub requests_at_once: u16,
    /// Open sessions by SMTP.
    #[serde(default)]
    pub smtp_sessions: u16,
    /// What to log in with at the relay to send with the app's own secret.
    pub entra_login: Option<String>,
    /// Senders that it has.
    pub senders: usize,
    /// How the last verification ended, and when.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub verified: Option<VerifiedView>,
    /// What keeps its mail from leaving now, if its last attempts failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outage: Option<OutageView>,
    /// When it was added.
    pub created_at: Timestamp,
    /// How the input was normalised.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
}

/// Attempts of an account that failed one after the other.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct OutageView {
    /// The code that the problem has in the status: `azure_unreachable`, `azure_failing`, `login_refused` or
    /// `account_unusable`.
    pub code: String,
    /// When the first of them failed.
    pub since: Timestamp,
    /// How many there were.
    pub attempts: u32,
    /// When the account is tried again, if there is one time for all of its mail.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_at: Option<Timestamp>,
    /// What was answered to the last of them, or why nothing was.
    pub message: String,
}

/// How the last verification ended.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct VerifiedView {
    /// When.
    pub at: Timestamp,
    /// How it ended.
    pub verdict: Verdict,
    /// Whether the account was changed after it: then it says nothing about what the account is now.
    #[serde(default)]
    pub is_outdated: bool,
}

/// Another Azure than the public one.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct CloudView {
    /// `us-government`, `china` or `custom`.
    pub name: String,
    /// Where tokens are had.
    pub authority: String,
    /// Resource Manager.
    pub resource_manager: String,
    /// Graph.
    pub graph: String,
    /// Host of the SMTP endpoint.
    pub smtp_host: String,
    /// Its port.
    pub smtp_port: u16,
}

/// What Azure allows.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, ToSchema)]
pub struct QuotaView {
    /// Sends in any minute.
    pub sends_per_minute: u32,
    /// Sends in any hour.
    pub sends_per_hour: u32,
    /// Sends in any 24 hours; absent where only minutes and hours are limited.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sends_per_day: Option<u32>,
    /// Status reads in any minute.
    pub status_reads_per_minute: u32,
    /// Status reads in any hour.
    pub status_reads_per_hour: u32,
}

/// What is needed to add an account. It is read and never written.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AddAccount {
    pub name: String,
    pub tenant_id: String,
    pub client_id: String,
    #[serde(default)]
    #[schema(value_type = Option<String>, format = Password, write_only)]
    pub client_secret: Option<SecretString>,
    /// Certificate and private key, in PEM.
    #[serde(default)]
    #[schema(value_type = Option<String>, format = Password, write_only)]
    pub certificate: Option<SecretString>,
    #[serde(default)]
    #[schema(value_type = Option<String>, format = Password, write_only)]
    pub access_key: Option<SecretString>,
    #[serde(default)]
    pub managed_identity: bool,
    #[serde(default)]
    pub secret_expires_at: Option<Timestamp>,
    pub subscription_id: String,
    #[serde(default)]
    pub service: Option<String>,
    #[serde(default)]
    pub endpoint: Option<String>,
    #[serde(default)]
    pub cloud: Option<AddCloud>,
    #[serde(default)]
    pub transport: Option<String>,
    #[serde(default)]
    pub quota: Option<QuotaView>,
    #[serde(default)]
    pub requests_at_once: Option<u16>,
    #[serde(default)]
    pub smtp_sessions: Option<u16>,
}

#[derive(Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AddCloud {
    pub name: Option<String>,
    pub authority: Option<String>,
    pub resource_manager: Option<String>,
    pub graph: Option<String>,
    pub smtp_host: Option<String>,
    pub smtp_port: Option<u16>,
    pub ca_pem: Option<String>,
}

/// What is to be different. What is absent stays.
#[derive(Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ChangeAccount {
    pub name: Option<String>,
    pub tenant_id: Option<String>,
    pub client_id: Option<String>,
    pub subscription_id: Option<String>,
    pub service: Option<String>,
    pub endpoint: Option<String>,
    pub cloud: Option<AddCloud>,
    #[schema(value_type = Option<String>, format = Password, write_only)]
    pub secret: Option<SecretString>,
    pub secret_expires_at: Option<Timestamp>,
    pub state: Option<String>,
    pub transport: Option<String>,
    pub quota: Option<QuotaView>,
    pub requests_at_once: Option<u16>,
    pub smtp_sessions: Option<u16>,
}
