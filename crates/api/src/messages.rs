//! `/v1/messages`.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A message was accepted.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct AcceptedView {
    /// Its queue id.
    pub id: String,
}

/// A message and all that happened to it.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct MessageView {
    /// Its queue id.
    pub id: String,
    /// The account's name.
    pub account: String,
    /// `credential`, `network` (a credential that was chosen by the client's network, without login), `entra`,
    /// `operator` or `dsn`.
    pub origin: String,
    /// The credential or login, where there was one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub login: Option<String>,
    /// How urgent it is.
    pub lane: String,
    /// Where DSNs go; absent when no DSN is sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reverse_path: Option<String>,
    /// The author's address.
    pub from: String,
    /// Message-ID.
    pub message_id: String,
    /// Subject.
    pub subject: String,
    /// What was changed in it on its way in.
    #[serde(default)]
    pub changes: Vec<ChangeView>,
    /// Bytes.
    pub size_bytes: u64,
    /// When it was accepted.
    pub accepted_at: Timestamp,
    /// When delivery is given up.
    pub expires_at: Timestamp,
    /// When its sender has no use for it any more, where the sender said so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deadline: Option<Timestamp>,
    /// When it is to be sent, where its sender asked for a later time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub send_at: Option<Timestamp>,
    /// The requests to Azure that carry it.
    pub sends: Vec<SendView>,
}

/// A change to a message on its way in, by a rule or a repair of the operator's.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct ChangeView {
    /// `rule` or `repair`.
    pub cause: String,
    /// The repair's name: `line-ends`, `from` or `envelope`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub repair: Option<String>,
    /// What it was, and what it is.
    pub text: String,
}

/// One request to Azure.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct SendView {
    /// Its state.
    pub state: String,
    /// When it leaves, as far as is known now, or when its status is read; absent where somebody has to act first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due_at: Option<Timestamp>,
    /// Under which id Azure has it.
    pub operation_id: String,
    /// To whom.
    pub recipients: Vec<RecipientView>,
    /// What was tried.
    pub attempts: Vec<AttemptView>,
    /// All that happened, attempts included, the oldest first.
    #[serde(default)]
    pub events: Vec<EventView>,
    /// Why it waits, while it is `queued`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub waits: Option<WaitView>,
}

/// Why a request to Azure waits.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct WaitView {
    /// The code of the problem that holds it up; `put_off` after an attempt that failed, `scheduled` before the time
    /// that its sender wants, `next` where nothing holds it up.
    pub code: String,
    /// The same in a sentence.
    pub message: String,
    /// When it leaves, by a forecast from the limits, the lanes and what waits before it; absent where somebody has to act
    /// first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
    /// So many requests of its lane leave before it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<u64>,
}

/// A recipient, and what became of it.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct RecipientView {
    /// The address.
    pub address: String,
    /// `queued`, `submitted`, `sent`, `dropped` or `failed`; after a delivery report `expanded`, `delivered`,
    /// `undelivered`, `quarantined`, `filtered_spam`, `suppressed` or `bounced`.
    pub state: String,
    /// Since when.
    pub at: Timestamp,
    /// The enhanced status code, where one is known for this recipient alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<String>,
    /// What the upstream said last; empty before the first attempt.
    pub text: String,
}

/// One try.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct AttemptView {
    /// When it ended.
    pub at: Timestamp,
    /// `rest` or `smtp`, when it got that far.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub transport: Option<String>,
    /// `accepted`, `deferred` or `failed`.
    pub result: String,
    /// What was done, why that way, and what was answered.
    pub text: String,
}

/// Something that happened to a request to Azure.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct EventView {
    /// When it happened; of a delivery report, when Azure tried.
    pub at: Timestamp,
    /// What happened, in a sentence for people.
    pub message: String,
    /// Who reported it: `attempt`, `status` (a read of the operation's status), `operator` or `delivery` (a delivery
    /// report).
    pub source: String,
    /// Of attempts and reads of the status `accepted`, `deferred` or `failed`; of the operator `retried` or `dropped`; of
    /// delivery reports the state of the recipient.
    pub result: String,
    /// The recipient that it is about, where that is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recipient: Option<String>,
    /// `rest` or `smtp`, where a request got that far.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub transport: Option<String>,
    /// What was done, and what the upstream answered; empty where there is nothing more to say.
    pub text: String,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SendMessage {
    #[serde(default)]
    pub account: Option<String>,
    pub from: String,
    pub to: Vec<String>,
    #[serde(default)]
    pub subject: Option<String>,
    #[serde(default)]
    pub text: Option<String>,
    /// `urgent`, `normal` (where it is absent) or `bulk`.
    #[serde(default)]
    pub lane: Option<String>,
    /// When it has no use any more: a time (`2026-11-28T08:00:00Z`) or how long from now (`90s`, `10m`, `2h`). If it
    /// cannot leave before, it fails.
    #[serde(default)]
    pub deadline: Option<String>,
    /// When it is to be sent, at most 30 days from now; written like the deadline.
    #[serde(default)]
    pub send_at: Option<String>,
}
