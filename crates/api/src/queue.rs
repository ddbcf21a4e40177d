//! `/v1/queue`.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::page::PageQuery;

use crate::messages::WaitView;

/// One line of the list: one request to Azure.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct QueueEntry {
    /// The message's queue id.
    pub id: String,
    /// Which of the message's requests, from 0.
    pub part: u16,
    /// The account's name.
    pub account: String,
    /// Its state.
    pub state: String,
    /// When it leaves, as far as is known now, or when its status is read; absent where somebody has to act first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due_at: Option<Timestamp>,
    /// How urgent it is: `urgent`, `normal` or `bulk`.
    #[serde(default)]
    pub lane: String,
    /// When its sender has no use for it any more, where the sender said so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deadline: Option<Timestamp>,
    /// When it is to be sent, where its sender asked for a later time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub send_at: Option<Timestamp>,
    /// Why it waits, while it is `queued`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub waits: Option<WaitView>,
    /// How often it was tried.
    pub attempts: u32,
    /// The author's address.
    pub from: String,
    /// To whom.
    pub recipients: Vec<String>,
    /// Subject.
    pub subject: String,
    /// Bytes.
    pub size_bytes: u64,
    /// When it was accepted.
    pub accepted_at: Timestamp,
    /// What the last try brought.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last: Option<String>,
}

/// How many requests were changed.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct ChangedView {
    /// How many.
    pub changed: usize,
    /// Why each request that still waits does so.
    #[serde(default)]
    pub waits: Vec<WaitView>,
}

/// Which of them, and which page.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct ListQueue {
    pub state: Option<String>,
    pub account: Option<String>,
    pub before: Option<String>,
    /// `next` of the page before.
    pub cursor: Option<String>,
    #[param(minimum = 1)]
    pub limit: Option<usize>,
}

impl ListQueue {
    /// Which page.
    #[must_use]
    pub fn page(&self) -> PageQuery {
        PageQuery { cursor: self.cursor.clone(), limit: self.limit }
    }
}
