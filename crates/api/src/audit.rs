//! `/v1/audit`.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::page::PageQuery;

/// One change.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
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

/// Which of them, and which page.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct ListAudit {
    /// Only changes of that name.
    pub subject: Option<String>,
    pub before: Option<u64>,
    /// `next` of the page before.
    pub cursor: Option<String>,
    #[param(minimum = 1)]
    pub limit: Option<usize>,
}

impl ListAudit {
    /// Which page.
    #[must_use]
    pub fn page(&self) -> PageQuery {
        PageQuery { cursor: self.cursor.clone(), limit: self.limit }
    }
}
