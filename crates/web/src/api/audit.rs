//! `/v1/audit`: who changed what.

use api::audit::{AuditView, ListAudit};
use axum::extract::{Query, State};
use axum::routing::get;
use axum::{Json, Router};

use super::Api;
use crate::error::ApiError;

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
