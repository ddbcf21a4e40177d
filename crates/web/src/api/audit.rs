//! `/v1/audit`: who changed what.

use api::audit::{AuditView, ListAudit};
use api::page::Page;
use axum::Json;
use control::reads::{AuditEntry, AuditQuery};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{Api, Calling, pages};
use crate::error::ApiError;
use crate::extract::Query;

pub(super) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new().routes(routes!(list))
}

/// List who changed what.
#[utoipa::path(
    get, path = "/v1/audit", operation_id = "list_changes", tag = "audit",
    params(ListAudit),
    responses((status = 200, description = "A page of changes, the newest first", body = Page<AuditView>)),
)]
async fn list(
    Calling(control): Calling,
    Query(query): Query<ListAudit>,
) -> Result<Json<Page<AuditView>>, ApiError> {
    let page = query.page();
    let (limit, after) = (pages::limit(&page)?, pages::after(&page)?);
    let garbled =
        |_| ApiError::invalid("cursor", "it is not a cursor of this list: use `next` of the page before");
    let after = after.map(|key| key.parse()).transpose().map_err(garbled)?;
    let subject = query.subject.unwrap_or_default();
    let mut entries =
        control.audit(AuditQuery { subject, before: after.or(query.before), limit: limit + 1 }).await?;
    let view = |(number, entry): (u64, AuditEntry)| AuditView {
        number,
        at: entry.at,
        who: entry.who,
        origin: entry.origin,
        action: entry.action,
        subject: entry.subject,
        detail: entry.detail,
    };
    let is_last = entries.len() <= limit;
    entries.truncate(limit);
    let next = entries.last().filter(|_| !is_last).map(|(number, _)| pages::cursor(&number.to_string()));
    Ok(Json(Page { items: entries.into_iter().map(view).collect(), next }))
}
