//! `/v1/accounts/{name}/quota-report`.

use api::quota_report::{BusiestView, QuotaReportView};
use axum::Json;
use axum::extract::State;
use model::quota_report::{Busiest, QuotaFacts};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{Api, Calling};
use crate::error::ApiError;
use crate::extract::Path;

pub(super) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new().routes(routes!(report))
}

/// Show what Microsoft asks of somebody who wants a higher quota, from Postern's own records.
#[utoipa::path(
    get, path = "/v1/accounts/{name}/quota-report", operation_id = "show_quota_report", tag = "accounts",
    params(("name" = String, Path, description = "The account's name")),
    responses((status = 200, description = "The report, with text to paste", body = QuotaReportView)),
    extensions(("x-problems" = json!(["missing"]))),
)]
async fn report(
    State(api): State<Api>,
    Calling(control): Calling,
    Path(name): Path<String>,
) -> Result<Json<QuotaReportView>, ApiError> {
    let facts = control.quota_facts(&name).await?;
    let text = facts.text(api.clock.now());
    let QuotaFacts { subscription, volume, sample, refused, domains: domains_since, .. } = facts;
    let busiest = |one: Busiest| BusiestView { at: one.at, requests: one.count };
    Ok(Json(QuotaReportView {
        text,
        subscription,
        requests: volume.total,
        since: volume.since,
        requests_a_day: volume.a_day,
        busiest_hour: volume.busiest_hour.map(busiest),
        busiest_day: volume.busiest_day.map(busiest),
        refused,
        messages: sample.messages,
        busiest_minute: sample.busiest_minute,
        largest_bytes: sample.largest_bytes,
        recipients: sample.recipients,
        most_recipients: sample.most_recipients,
        lanes: sample.lanes,
        domains: sample.domains,
        domains_since,
        outcomes: sample.outcomes,
    }))
}
