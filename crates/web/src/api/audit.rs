//! `/v1/audit`: who changed what.

use api::audit::{AuditView, ListAudit};
use axum::routing::get;
use axum::{Json, Router};
use control::reads::{AuditEntry, AuditQuery};

use super::{Api, Calling};
use crate::error::ApiError;
use crate::extract::Query;

const LIMIT: usize = 50;
const MAX_LIMIT: usize = 1_000;

pub(super) fn routes() -> Router<Api> {
    Router::new().route("/v1/audit", get(list))
}

async fn list(
    Calling(control): Calling,
    Query(query): Query<ListAudit>,
) -> Result<Json<Vec<AuditView>>, ApiError> {
    let limit = query.limit.unwrap_or(LIMIT).min(MAX_LIMIT);
    let subject = query.subject.unwrap_or_default();
    let entries = control.audit(AuditQuery { subject, before: query.before, limit }).await?;
    let view = |(number, entry): (u64, AuditEntry)| AuditView {
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
