//! `/v1/refusals`: what clients were refused.

use api::refusals::{ListRefusals, RefusalView};
use axum::extract::State;
use axum::routing::get;
use axum::{Json, Router};
use model::refused::Refused;
use relay::refusals::advice::advice;

use super::{Api, Calling};
use crate::error::ApiError;
use crate::extract::Query;

const LIMIT: usize = 50;
const MAX_LIMIT: usize = 2_000;

pub(super) fn routes() -> Router<Api> {
    Router::new().route("/v1/refusals", get(list))
}

async fn list(
    State(api): State<Api>,
    Calling(control): Calling,
    Query(query): Query<ListRefusals>,
) -> Result<Json<Vec<RefusalView>>, ApiError> {
    let limit = query.limit.unwrap_or(LIMIT).min(MAX_LIMIT);
    control.caller().may_read_server()?;
    let refusals = api.relay.refusals().list(query.credential.as_deref(), limit);
    Ok(Json(refusals.into_iter().map(view).collect()))
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
