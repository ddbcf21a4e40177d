//! What endpoints of web hooks are sent: the bodies of Standard Webhooks requests.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// An event, as the body of a request, or one of an array.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct WebhookPayload {
    /// `message.delivered` and the like; `webhook.test` for a test.
    #[serde(rename = "type")]
    pub kind: String,
    /// When it happened.
    pub timestamp: Timestamp,
    pub data: WebhookData,
}

/// What an event says, by its type.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(untagged)]
pub enum WebhookData {
    Message(MessageEventData),
    Server(ServerEventData),
}

/// The data of `message.*`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct MessageEventData {
    /// The same whenever this event is delivered, and of no other.
    pub event_id: String,
    /// The name of the account; its id if it is removed.
    pub account: String,
    pub queue_id: String,
    /// The Message-ID of its author; absent if there was none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message_id: Option<String>,
    /// The sender in the envelope; empty for a bounce.
    pub sender: String,
    /// The address in the From field.
    pub from: String,
    /// Whom the event is about.
    pub recipients: Vec<String>,
    /// What became of them: `queued`, `submitted`, `sent`, `delivered`, `expanded`, `failed`, `dropped`, `bounced`,
    /// `undelivered`, `quarantined`, `filtered_spam` or `suppressed`.
    pub state: String,
    /// Absent where it is not kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    /// `rest` or `smtp`, where a request was made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub transport: Option<String>,
    /// A word for why, where that concerns more than this message.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Enhanced status code such as `5.1.1`, where one is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<String>,
    /// What the other server said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
}

/// The data of `secret.expiring`, `domain.broken`, `queue.stuck` and `webhook.test`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ServerEventData {
    /// The same whenever this event is delivered, and of no other.
    pub event_id: String,
    /// The name of the account, where it is about one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<String>,
    /// The code of the problem, as `postern status` has it.
    pub code: String,
    /// `began`, or `ended` when the problem is over.
    pub state: String,
    pub message: String,
}
