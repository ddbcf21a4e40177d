//! `/v1/audit`: who changed what.

use axum::extract::{Query, State};
use axum::routing::get;
use axum::{Json, Router};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::Api;
use crate::error::ApiError;

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
struct ListAudit {
    /// Only changes of that name.
    subject: Option<String>,
    before: Option<u64>,
    limit: Option<usize>,
}

const LIMIT: usize = 50;
const MAX_LIMIT: usize = 1_000;

pub(super) fn routes() -> Router<Api> {
    Router::new().route("/v1/audit", get(list))
}

async fn list(
    State(api): State<Api>,
    Query(query): Query<ListAudit>,
) -> Result<Json<Vec<AuditView>>, ApiError> {
    let limit = query.limit.unwrap_or(LIMIT).min(MAX_LIMIT);
    let entries = api.store.audit().list(query.subject.unwrap_or_default(), query.before, limit).await?;
    let view = |(number, entry): (u64, store::AuditEntry)| AuditView {
        number,
        at: entry.at,
        who: entry.who,
        origin: entry.origin,
        action: entry.action,
        subject: entry.subject,
        detail: entry.detail,
    };
    Ok(Json(entries.into_iter().map(view).collect()))
}
