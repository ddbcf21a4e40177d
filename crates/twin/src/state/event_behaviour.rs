//! What is not known for sure about Event Grid: settings here.

use serde::{Deserialize, Serialize};

/// Behaviour of Event Grid.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct EventBehaviour {
    /// PEM files with the certificates that end points of web hooks may have; the system's own when empty.
    pub trusted_certificates: Vec<String>,
    /// Whether `http://` is a web hook, too: Azure takes HTTPS alone.
    pub takes_http: bool,
    /// Seconds until an event is sent, from when its recipient's outcome is known.
    pub delay_seconds: i64,
    /// How the time of a delivery attempt is spelled.
    pub time_spelling: TimeSpelling,
    /// Whether events have the message's Message-ID, as they have since January 2025.
    pub internet_message_id: bool,
    /// Whether events that are due together come in another order.
    pub shuffles: bool,
    /// Seconds until a handshake without an answer is tried once more.
    pub handshake_retry_seconds: i64,
    /// Seconds in which somebody may follow the link of a handshake.
    pub manual_seconds: i64,
    /// Seconds until the next attempt, after the first, the second and so on; the last one again and again.
    pub retry_seconds: Vec<i64>,
}

/// How the time of a delivery attempt is spelled.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TimeSpelling {
    /// `deliveryAttemptTimestamp`, as events have it.
    #[default]
    Real,
    /// `deliveryAttemptTimeStamp`, as the documentation has it.
    Documented,
}

impl Default for EventBehaviour {
    fn default() -> Self {
        Self {
            trusted_certificates: Vec::new(),
            takes_http: false,
            delay_seconds: 0,
            time_spelling: TimeSpelling::Real,
            internet_message_id: true,
            shuffles: false,
            handshake_retry_seconds: 5,
            manual_seconds: 600,
            retry_seconds: vec![10, 30, 60, 300, 600, 1_800, 3_600, 10_800, 21_600, 43_200],
        }
    }
}
