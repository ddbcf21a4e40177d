//! `/v1/refusals`.

use std::net::IpAddr;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::page::PageQuery;

/// A refusal, or several of a kind.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct RefusalView {
    /// When, the last time.
    pub at: Timestamp,
    /// When, the first time.
    pub since: Timestamp,
    /// How often.
    pub count: u64,
    /// The client's address, the last time.
    #[schema(value_type = String)]
    pub peer: IpAddr,
    /// The credential, or the login of Entra, that the client had proved or that its network has.
    pub credential: Option<String>,
    /// The login that the client gave and that was not taken.
    pub login: Option<String>,
    /// The reverse-path as the client gave it.
    pub sender: Option<String>,
    /// The code of the reply with its enhanced status, `550 5.1.7`; `no TLS` where the handshake failed.
    pub code: String,
    /// The whole reply.
    pub reply: String,
    /// What the client was not told of the cause.
    pub reason: Option<String>,
    /// The author's Message-ID.
    pub message_id: Option<String>,
    /// The version of TLS.
    pub tls: Option<String>,
    /// What to do about it.
    pub advice: String,
}

/// Which of them, and which page.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct ListRefusals {
    /// Only those of this login, proved or claimed.
    pub credential: Option<String>,
    /// `next` of the page before.
    pub cursor: Option<String>,
    #[param(minimum = 1)]
    pub limit: Option<usize>,
}

impl ListRefusals {
    /// Which page.
    #[must_use]
    pub fn page(&self) -> PageQuery {
        PageQuery { cursor: self.cursor.clone(), limit: self.limit }
    }
}
