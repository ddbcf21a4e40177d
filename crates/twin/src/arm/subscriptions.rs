//! Subscriptions and tenants.

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use azure_types::arm::{Page, Subscription};
use serde_json::{Value, json};

use super::Caller;
use crate::refusal::Refusal;
use crate::state::State;
use crate::world;

/// All that the caller sees: none is no error.
pub(super) fn list(state: &State, caller: &Caller) -> Response {
    let all: Vec<Subscription> = state.world().subscriptions.iter().map(shown).collect();
    let value = all.into_iter().filter(|one| caller.sees(state, &one.id)).collect();
    Json(Page { value, next_link: None }).into_response()
}

/// One; what the caller does not see does not exist.
pub(super) fn show(state: &State, caller: &Caller, id: &str) -> Result<Response, Refusal> {
    find(state, caller, id).map(|subscription| Json(subscription).into_response())
}

/// Tenants that the caller is in.
pub(super) fn tenants(state: &State, caller: &Caller) -> Response {
    let world = state.world();
    let value: Vec<Value> = world
        .tenants
        .iter()
        .filter(|tenant| tenant.id == caller.0.tid)
        .map(|tenant| {
            json!({
                "id": format!("/tenants/{}", tenant.id),
                "tenantId": tenant.id,
                "displayName": tenant.domain,
                "defaultDomain": tenant.domain,
            })
        })
        .collect();
    Json(Page { value, next_link: None }).into_response()
}

pub(super) fn find(state: &State, caller: &Caller, id: &str) -> Result<Subscription, Refusal> {
    let found = state.world().subscriptions.iter().find(|one| one.id.to_string() == id).map(shown);
    found.filter(|one| caller.sees(state, &one.id)).ok_or_else(|| {
        let text = format!("The subscription '{id}' could not be found.");
        Refusal::new(StatusCode::NOT_FOUND, "SubscriptionNotFound", text)
    })
}

fn shown(subscription: &world::Subscription) -> Subscription {
    Subscription {
        id: format!("/subscriptions/{}", subscription.id),
        subscription_id: subscription.id,
        display_name: subscription.name.clone(),
        tenant_id: Some(subscription.tenant),
        state: subscription.state.clone(),
    }
}
