//! Removing an account: what is lost with it.

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// What is lost with an account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct LossesView {
    /// Waiting messages, logins and domains; what `discard` has to say.
    pub count: usize,
    /// Messages that wait, the oldest first.
    pub messages: Vec<WaitingView>,
    /// Logins whose mail goes through it.
    pub logins: Vec<String>,
    /// Its sender addresses. They are not counted.
    pub senders: Vec<String>,
    /// Domains of its desired state. They stay at Azure; Postern forgets that it set them up.
    pub domains: Vec<String>,
    /// Connections to DNS providers that wrote their records. They stay.
    pub dns_connections: Vec<String>,
}

/// A message that waits.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct WaitingView {
    /// Its queue id.
    pub id: String,
    /// Who gets a DSN, if anybody does.
    pub sender: Option<String>,
}

/// What came of a removal.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RemovedView {
    /// The account.
    pub removed: String,
    /// Messages whose senders get a DSN, by queue id.
    pub told: Vec<String>,
    /// Messages whose senders cannot be told, by queue id.
    pub untold: Vec<String>,
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Remove {
    #[serde(default)]
    pub discard: Option<usize>,
}
