//! `/v1/status`.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What the server holds.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct StatusView {
    /// The server's version.
    pub version: String,
    /// Its time.
    pub now: Timestamp,
    /// Its own name.
    pub host_name: String,
    /// Accounts.
    pub accounts: usize,
    /// Credentials.
    pub credentials: usize,
    /// Requests to Azure by state.
    pub sends: BTreeMap<String, u64>,
    /// The queues in which something waits.
    #[serde(default)]
    pub queues: Vec<QueueView>,
    /// What keeps mail from being accepted or sent now, the worst first.
    pub problems: Vec<ProblemView>,
    /// Where it listens for mail.
    #[serde(default)]
    pub listeners: Vec<ListenerView>,
    /// Whether it made its certificates itself, so that clients have to be told to trust them.
    #[serde(default)]
    pub self_signed: bool,
}

/// What waits for an account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct QueueView {
    /// The account's name.
    pub account: String,
    /// Requests to Azure that wait or are under way.
    pub waiting: u64,
    /// When the last of them leaves if nothing else comes; absent where somebody has to act first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub empty_at: Option<Timestamp>,
}

/// A listener for mail.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ListenerView {
    /// The address and port that it has.
    #[schema(value_type = String)]
    pub address: SocketAddr,
    /// `starttls`, `tls` or `plain`.
    pub mode: String,
    /// Whether clients log in: `required` or `none`.
    pub login: String,
}

/// Something that keeps mail from being accepted or sent now.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct ProblemView {
    /// A word for programs, such as `quota_used_up`; the documentation lists them.
    pub code: String,
    /// `critical`, `warning` or `notice`.
    pub severity: String,
    /// The account's name, where it is one account's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<String>,
    /// The domain, address, login or network that it is about, where there can be several at once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    /// When it began, as far as this is known.
    pub since: Timestamp,
    /// What happened, whose fault it is and what it holds up.
    pub message: String,
    /// What to do.
    pub action: String,
}
