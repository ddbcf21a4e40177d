//! The link of a handshake, for those who agree by hand; and the token that a delivery carries.

use std::collections::HashMap;
use std::sync::Arc;

use axum::Router;
use axum::extract::{Query, State as Shared};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use azure_types::event_grid::WebHook;
use azure_types::ids::{ClientId, PrincipalId, TenantId};
use uuid::Uuid;

use crate::backend::Backend;
use crate::keys::{Claims, random_guid};
use crate::state::event_grid::Handshake;

/// The routes of `rp-<region>.eventgrid.azure.net:553`.
pub(crate) fn routes() -> Router<Arc<Backend>> {
    Router::new().route("/eventsubscriptions/{name}/validate", get(validate))
}

async fn validate(
    Shared(backend): Shared<Arc<Backend>>,
    Query(query): Query<HashMap<String, String>>,
) -> Response {
    let token = query.get("token").and_then(|token| Uuid::try_parse(token).ok());
    let now = backend.now();
    let found = backend.change_state(|state| {
        state.settle(now);
        let is_meant = |handshake: &Handshake| match handshake {
            Handshake::Manual { code, .. } | Handshake::Asking { code, .. } => Some(*code) == token,
            Handshake::Agreed | Handshake::Failed { .. } => false,
        };
        let id = state.events.subscriptions.iter().find(|one| is_meant(&one.handshake))?.id;
        state.end_handshake(id, Ok(()), now);
        Some(id)
    });
    match found {
        Some(_) => "Webhook successfully validated as a subscription endpoint".into_response(),
        None => (StatusCode::BAD_REQUEST, "The validation link is not valid, or no longer.").into_response(),
    }
}

/// Event Grid's own app, the same in all directories.
const EVENT_GRID_APP: &str = "4962773b-9cdb-44cf-a8bf-237846a00ab7";

/// A token of the directory that a web hook names, for the app that it names.
pub(super) fn token(backend: &Backend, hook: &WebHook) -> Option<String> {
    let tid: TenantId = hook.azure_active_directory_tenant_id.as_deref()?.parse().ok()?;
    let aud = hook.azure_active_directory_application_id_or_uri.clone()?;
    let appid: ClientId = EVENT_GRID_APP.parse().ok()?;
    let principal: PrincipalId = EVENT_GRID_APP.parse().ok()?;
    let (now, lifetime) = (backend.now().as_second(), backend.state().behaviour.token_seconds);
    let iss = format!("https://sts.windows.net/{tid}/");
    Some(backend.token_key.sign(&Claims {
        aud,
        idp: iss.clone(),
        iss,
        iat: now,
        nbf: now,
        exp: now + lifetime,
        appid,
        appidacr: "2".to_owned(),
        idtyp: "app".to_owned(),
        oid: principal,
        sub: principal,
        tid,
        roles: vec!["AzureEventGridSecureWebhookSubscriber".to_owned()],
        uti: random_guid().to_string(),
        ver: "1.0".to_owned(),
    }))
}
