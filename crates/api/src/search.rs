//! `GET /v1/messages`: finding messages.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::messages::WaitView;
use crate::page::PageQuery;

/// A message that was found.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct FoundMessageView {
    /// Its queue id.
    pub id: String,
    /// The account's name; empty if the account was removed.
    pub account: String,
    /// `credential`, `network` (a credential that was chosen by the client's network, without login), `entra`,
    /// `operator` or `dsn`.
    pub origin: String,
    /// The credential or login, where there was one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub login: Option<String>,
    /// The author's address.
    pub from: String,
    /// Where DSNs go; absent when none is sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reverse_path: Option<String>,
    pub message_id: String,
    pub subject: String,
    pub size_bytes: u64,
    pub accepted_at: Timestamp,
    pub recipients: Vec<FoundRecipientView>,
    /// Why it waits and when it leaves, while a request that carries it waits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub waits: Option<WaitView>,
}

/// A recipient of a message that was found.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct FoundRecipientView {
    pub address: String,
    /// As in the message itself.
    pub state: String,
}

/// Which messages: those to which all of this applies. A page may have fewer messages than `limit`, or none, and `next` all
/// the same: the server compares a few thousand messages for each page.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct SearchMessages {
    /// An address, or `*@DOMAIN`, in any case.
    pub recipient: Option<String>,
    /// The address of the author or the reverse-path, or `*@DOMAIN`, in any case.
    pub sender: Option<String>,
    /// The author's Message-ID, with or without angle brackets.
    pub message_id: Option<String>,
    /// Azure's id of the operation.
    pub operation_id: Option<String>,
    /// The credential or Entra login that brought the message.
    pub login: Option<String>,
    /// The account's name.
    pub account: Option<String>,
    /// The state of at least one recipient: `queued`, `submitted`, `sent`, `dropped` or `failed`; after a delivery report
    /// `expanded`, `delivered`, `undelivered`, `quarantined`, `filtered_spam`, `suppressed` or `bounced`.
    pub state: Option<String>,
    /// A part of the subject, in any case.
    pub subject: Option<String>,
    /// Why an attempt came to nothing: `rate`, `login`, `unreachable`, `azure`, `domain_not_linked`, `sender_unknown` or
    /// `suppressed`.
    pub reason: Option<String>,
    /// Messages that a client began to send at this time or later.
    pub since: Option<Timestamp>,
    /// Messages that a client began to send before this time.
    pub until: Option<Timestamp>,
    /// `next` of the page before.
    pub cursor: Option<String>,
    #[param(minimum = 1)]
    pub limit: Option<usize>,
}

impl SearchMessages {
    /// Which page.
    #[must_use]
    pub fn page(&self) -> PageQuery {
        PageQuery { cursor: self.cursor.clone(), limit: self.limit }
    }
}
