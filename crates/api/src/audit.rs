//! `/v1/audit`.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// One change.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct AuditView {
    /// Its number; later changes have larger ones.
    pub number: u64,
    /// When.
    pub at: Timestamp,
    /// Who.
    pub who: String,
    /// From where.
    pub origin: String,
    /// What was done.
    pub action: String,
    /// To what.
    pub subject: String,
    /// What else there is to say.
    pub detail: String,
}

#[derive(Deserialize)]
pub struct ListAudit {
    /// Only changes of that name.
    pub subject: Option<String>,
    pub before: Option<u64>,
    pub limit: Option<usize>,
}
