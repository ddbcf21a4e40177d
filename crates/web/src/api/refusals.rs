//! `/v1/refusals`: what clients were refused.

use api::page::Page;
use api::refusals::{ListRefusals, RefusalView};
use axum::Json;
use axum::extract::State;
use model::refused::Refused;
use relay::refusals::advice::advice;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::pages::{Order, cut};
use super::{Api, Calling};
use crate::error::ApiError;
use crate::extract::Query;

pub(super) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new().routes(routes!(list))
}

/// List what clients were refused.
#[utoipa::path(
    get, path = "/v1/refusals", operation_id = "list_refusals", tag = "refusals",
    params(ListRefusals),
    responses((status = 200, description = "A page of refusals, the newest first", body = Page<RefusalView>)),
)]
async fn list(
    State(api): State<Api>,
    Calling(control): Calling,
    Query(query): Query<ListRefusals>,
) -> Result<Json<Page<RefusalView>>, ApiError> {
    control.caller().may_read_server()?;
    let refusals = api.relay.refusals().list(query.credential.as_deref(), usize::MAX);
    // One that happens again moves to the front, as a new one would.
    let key = |view: &RefusalView| {
        let (at, since) = (view.at.as_millisecond(), view.since.as_millisecond());
        format!("{at:020}/{since:020}/{}/{}/{}", view.peer, view.code, view.reply)
    };
    Ok(Json(cut(refusals.into_iter().map(view), key, Order::Descending, &query.page())?))
}

fn view(refused: Refused) -> RefusalView {
    let advice = advice(&refused);
    let Refused { at, since, count, peer, login, credential, sender, reply, code, reason, message_id, tls } =
        refused;
    RefusalView {
        at,
        since,
        count,
        peer,
        credential,
        login,
        sender,
        code,
        reply,
        reason,
        message_id,
        tls,
        advice,
    }
}
