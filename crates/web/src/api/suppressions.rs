//! `/v1/suppressions`: addresses that mail must not go to.

use api::page::Page;
use api::suppressions::{
    AddSuppression, ExplainSuppression, ImportSuppressions, ImportedSuppressions, ListSuppressions,
    SuppressionExplained, SuppressionView,
};
use axum::Json;
use axum::extract::State;
use axum::extract::rejection::JsonRejection;
use axum::http::StatusCode;
use control::reads::StoredSuppression;
use control::{Control, NewSuppression, SuppressionQuery, SuppressionQuestion};
use jiff::Timestamp;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{Api, Calling, pages};
use crate::error::ApiError;
use crate::extract::{Path, Query};

pub(super) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(list, add))
        .routes(routes!(import))
        .routes(routes!(explain))
        .routes(routes!(remove))
}

/// List addresses that mail must not go to.
#[utoipa::path(
    get, path = "/v1/suppressions", operation_id = "list_suppressions", tag = "suppressions",
    params(ListSuppressions),
    responses((status = 200, description = "A page of entries, the newest first", body = Page<SuppressionView>)),
    extensions(("x-problems" = json!(["missing"]))),
)]
async fn list(
    State(api): State<Api>,
    Calling(control): Calling,
    Query(query): Query<ListSuppressions>,
) -> Result<Json<Page<SuppressionView>>, ApiError> {
    let page = query.page();
    let (limit, after) = (pages::limit(&page)?, pages::after(&page)?);
    let garbled =
        |_| ApiError::invalid("cursor", "it is not a cursor of this list: use `next` of the page before");
    let before = after.map(|key| key.parse()).transpose().map_err(garbled)?;
    let ListSuppressions { account, address, domain, reason, .. } = query;
    let query = SuppressionQuery { account, address, domain, reason, before, limit: limit + 1 };
    let mut entries = control.suppressions(query).await?;
    let is_last = entries.len() <= limit;
    entries.truncate(limit);
    let next = entries.last().filter(|_| !is_last).map(|one| pages::cursor(&one.number.to_string()));
    let now = api.clock.now();
    Ok(Json(Page { items: entries.into_iter().map(|one| view(&control, one, now)).collect(), next }))
}

/// Add an address that mail must not go to.
#[utoipa::path(
    post, path = "/v1/suppressions", operation_id = "add_suppression", tag = "suppressions",
    request_body = AddSuppression,
    responses((status = 201, description = "The address is on the list", body = SuppressionView)),
    extensions(("x-problems" = json!(["missing"]))),
)]
async fn add(
    State(api): State<Api>,
    Calling(control): Calling,
    body: Result<Json<AddSuppression>, JsonRejection>,
) -> Result<(StatusCode, Json<SuppressionView>), ApiError> {
    let entry = control.suppress(new(body?.0)).await?;
    Ok((StatusCode::CREATED, Json(view(&control, entry, api.clock.now()))))
}

/// Add many addresses, all of them or none.
#[utoipa::path(
    post, path = "/v1/suppressions:import", operation_id = "import_suppressions", tag = "suppressions",
    request_body = ImportSuppressions,
    responses((status = 200, description = "What became of them", body = ImportedSuppressions)),
    extensions(("x-problems" = json!(["missing"]))),
)]
async fn import(
    Calling(control): Calling,
    body: Result<Json<ImportSuppressions>, JsonRejection>,
) -> Result<Json<ImportedSuppressions>, ApiError> {
    let rows: Vec<NewSuppression> = body?.0.rows.into_iter().map(new).collect();
    let entered = control.import_suppressions(&rows).await?;
    Ok(Json(ImportedSuppressions { new: entered.new, known: entered.known }))
}

/// Explain whether mail may go to an address.
#[utoipa::path(
    get, path = "/v1/suppressions:explain", operation_id = "explain_suppression", tag = "suppressions",
    params(ExplainSuppression),
    responses((status = 200, description = "What the list has of the address", body = SuppressionExplained)),
    extensions(("x-problems" = json!(["missing"]))),
)]
async fn explain(
    State(api): State<Api>,
    Calling(control): Calling,
    Query(query): Query<ExplainSuppression>,
) -> Result<Json<SuppressionExplained>, ApiError> {
    let ExplainSuppression { address, account, from } = query;
    let explained = control.explain_suppression(SuppressionQuestion { address, account, from }).await?;
    let now = api.clock.now();
    Ok(Json(SuppressionExplained {
        address: explained.address.to_string(),
        is_suppressed: explained.is_suppressed,
        sentences: explained.sentences,
        entries: explained.entries.into_iter().map(|one| view(&control, one, now)).collect(),
    }))
}

/// Remove an entry.
#[utoipa::path(
    delete, path = "/v1/suppressions/{number}", operation_id = "remove_suppression", tag = "suppressions",
    params(("number" = u64, Path, description = "The entry's number")),
    responses((status = 204, description = "It is done")),
)]
async fn remove(Calling(control): Calling, Path(number): Path<String>) -> Result<StatusCode, ApiError> {
    let number = number.parse().map_err(|_| ApiError::invalid("number", "it is not a number"))?;
    control.remove_suppression(number).await?;
    Ok(StatusCode::NO_CONTENT)
}

fn new(body: AddSuppression) -> NewSuppression {
    let AddSuppression { address, account, scope, reason, text, expires_at } = body;
    NewSuppression { address, account, scope, reason, text, expires_at }
}

fn view(control: &Control, stored: StoredSuppression, now: Timestamp) -> SuppressionView {
    let StoredSuppression { number, suppression } = stored;
    let is_over = suppression.is_over(now);
    SuppressionView {
        number,
        address: suppression.address.to_string(),
        account: suppression.account.map(|account| control.name_of(account)),
        scope: suppression.scope.to_string(),
        reason: suppression.reason.to_string(),
        message_id: suppression.evidence.message.map(|id| id.to_string()),
        status: suppression.evidence.status,
        text: suppression.evidence.text,
        by: suppression.evidence.by,
        added_at: suppression.added_at,
        reported_at: suppression.reported_at,
        times: suppression.times,
        expires_at: suppression.expires_at,
        is_over,
    }
}
