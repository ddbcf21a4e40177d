//! `/v1/refusals`: what clients were refused.

use std::net::IpAddr;

use axum::extract::{Query, State};
use axum::routing::get;
use axum::{Json, Router};
use jiff::Timestamp;
use model::refused::Refused;
use relay::refusals::advice::advice;
use serde::{Deserialize, Serialize};

use super::Api;
use crate::error::ApiError;

/// A refusal, or several of a kind.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct RefusalView {
    /// When, the last time.
    pub at: Timestamp,
    /// When, the first time.
    pub since: Timestamp,
    /// How often.
    pub count: u64,
    /// The client's address, the last time.
    pub peer: IpAddr,
    /// The credential, or the login of Entra, that the client had proved or that its network has.
    pub credential: Option<String>,
    /// The login that the client gave and that was not taken.
    pub login: Option<String>,
    /// The reverse-path as the client gave it.
    pub sender: Option<String>,
    /// The code of the reply with its enhanced status, `550 5.1.7`; `no TLS` where the handshake failed.
    pub code: String,
    /// The whole reply.
    pub reply: String,
    /// What the client was not told of the cause.
    pub reason: Option<String>,
    /// The author's Message-ID.
    pub message_id: Option<String>,
    /// The version of TLS.
    pub tls: Option<String>,
    /// What to do about it.
    pub advice: String,
}

#[derive(Deserialize)]
struct ListRefusals {
    /// Only those of this login, proved or claimed.
    credential: Option<String>,
    limit: Option<usize>,
}

const LIMIT: usize = 50;
const MAX_LIMIT: usize = 2_000;

pub(super) fn routes() -> Router<Api> {
    Router::new().route("/v1/refusals", get(list))
}

async fn list(
    State(api): State<Api>,
    Query(query): Query<ListRefusals>,
) -> Result<Json<Vec<RefusalView>>, ApiError> {
    let limit = query.limit.unwrap_or(LIMIT).min(MAX_LIMIT);
    let refusals = api.refusals.list(query.credential.as_deref(), limit);
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
