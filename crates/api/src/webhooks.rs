//! `/v1/webhooks`: endpoints that are told what becomes of mail.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// An endpoint, without its signing secret.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct WebhookView {
    pub name: String,
    pub url: String,
    /// The types of events that it is told of.
    pub kinds: Vec<String>,
    /// The account whose mail it is told of; all of them if null.
    pub account: Option<String>,
    /// Events in a request at most, as an array; if null a request has one event, as an object.
    pub batch: Option<u16>,
    /// Whether it may have an address in a private network or on this machine.
    pub allow_private: bool,
    /// `enabled`, `disabled`, or `gone` after it answered 410.
    pub state: String,
    pub created_at: Timestamp,
    /// When it accepted something last.
    pub delivered_at: Option<Timestamp>,
    /// What keeps it from accepting the request that is next.
    pub failing: Option<WebhookFailing>,
    /// Requests that were given up.
    pub dead_letters: u64,
    /// Until when requests are also signed with the secret before.
    pub previous_secret_until: Option<Timestamp>,
}

/// A request that an endpoint does not accept.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct WebhookFailing {
    /// When the request was tried first.
    pub since: Timestamp,
    pub tries: u32,
    /// When it is tried next.
    pub next_at: Option<Timestamp>,
    /// What the last try came to.
    pub problem: String,
}

#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AddWebhook {
    pub url: String,
    /// The host of the URL if absent.
    #[serde(default)]
    pub name: Option<String>,
    /// All types if absent or empty.
    #[serde(default)]
    pub kinds: Vec<String>,
    #[serde(default)]
    pub account: Option<String>,
    /// From 1 to 100.
    #[serde(default)]
    #[schema(minimum = 1, maximum = 100)]
    pub batch: Option<u16>,
    #[serde(default)]
    pub allow_private: bool,
    /// Allows `http`: what is told can be read and changed on its way.
    #[serde(default)]
    pub allow_plain: bool,
    /// CA certificates to trust instead of the system's, in PEM.
    #[serde(default)]
    pub ca_pem: Option<String>,
}

/// A signing secret, which is not shown again.
#[derive(Clone, Serialize, Deserialize, ToSchema)]
pub struct WebhookSecretView {
    pub name: String,
    /// `whsec_` and base64, as libraries for Standard Webhooks take it.
    pub secret: String,
    /// Until when requests are also signed with the secret before.
    pub previous_secret_until: Option<Timestamp>,
}

#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ChangeWebhook {
    /// `enabled` or `disabled`.
    pub state: String,
}

#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RotateWebhookSecret {
    /// How long requests are also signed with the secret before, in hours; 24 if absent.
    #[serde(default)]
    #[schema(maximum = 720)]
    pub overlap_hours: Option<u16>,
}

#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReplayWebhook {
    /// From when on events are delivered again; the dead letters if absent.
    #[serde(default)]
    pub since: Option<Timestamp>,
}

/// What is delivered again.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct ReplayView {
    pub name: String,
    /// How many dead letters that are; null where it is events since a time.
    pub dead_letters: Option<usize>,
}

/// What came of a test event.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct WebhookTestView {
    pub name: String,
    /// Whether the endpoint accepted it.
    pub accepted: bool,
    /// Its answer, or why there was none.
    pub message: String,
}

/// A request that was given up.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct DeadLetterView {
    pub number: u64,
    pub events: u32,
    pub tries: u32,
    /// When it was given up.
    pub at: Timestamp,
    pub problem: String,
}
