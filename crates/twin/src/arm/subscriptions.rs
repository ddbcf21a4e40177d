//! Subscriptions and tenants.

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use azure_types::arm::{Page, Subscription, SubscriptionState};
use serde_json::{Value, json};

use super::Answer;
use super::call::{Call, no_subscription};
use crate::error_reply::ErrorReply;
use crate::state::{self, HiddenSubscription};

/// All that the caller sees: none is no error.
pub(super) fn list(call: &Call<'_>) -> Response {
    let all: Vec<Subscription> = call.backend.state().subscriptions.iter().map(shown).collect();
    let value = all.into_iter().filter(|one| is_visible(call, one)).collect();
    Json(Page { value, next_link: None }).into_response()
}

/// One; what the caller does not see does not exist.
pub(super) fn show(call: &Call<'_>, id: &str) -> Answer {
    find(call, id, "Microsoft.Resources/subscriptions/read").map(|one| Json(one).into_response())
}

/// Where resource groups can be.
pub(super) fn locations(call: &Call<'_>, id: &str) -> Answer {
    let subscription = find(call, id, "Microsoft.Resources/subscriptions/locations/read")?;
    let location = |(name, label): &(&str, &str)| {
        json!({
            "id": format!("{}/locations/{name}", subscription.id),
            "name": name,
            "displayName": label,
            "regionalDisplayName": label,
            "type": "Region",
        })
    };
    let value: Vec<Value> = LOCATIONS.iter().map(location).collect();
    Ok(Json(Page { value, next_link: None }).into_response())
}

/// Tenants that the caller is in.
pub(super) fn tenants(call: &Call<'_>) -> Response {
    let state = call.backend.state();
    let value: Vec<Value> = state
        .tenants
        .iter()
        .filter(|tenant| tenant.id == call.claims.tid)
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

/// A subscription that the caller sees, or may do `action` in.
pub(super) fn find(call: &Call<'_>, id: &str, action: &str) -> Result<Subscription, ErrorReply> {
    let found = must_exist(call, id)?;
    if !call.sees(&found.id) {
        call.must(action, &found.id)?;
    }
    Ok(found)
}

/// A subscription of the caller's directory. What may be done in it is judged by the API that is called there:
/// a refusal names what was asked, and not that the subscription is not seen.
pub(super) fn must_exist(call: &Call<'_>, id: &str) -> Result<Subscription, ErrorReply> {
    let found = call.backend.state().subscription(id).map(shown);
    let found =
        found.filter(|one| one.tenant_id == Some(call.claims.tid)).ok_or_else(|| no_subscription(id))?;
    let is_hidden = call.backend.state().behaviour.hidden_subscription == HiddenSubscription::NotFound;
    if is_hidden && !call.sees(&found.id) { Err(no_subscription(id)) } else { Ok(found) }
}

/// A subscription of the caller's directory that can be written to.
pub(super) fn must_be_writable(call: &Call<'_>, id: &str) -> Result<Subscription, ErrorReply> {
    let subscription = must_exist(call, id)?;
    if matches!(subscription.state, SubscriptionState::Disabled | SubscriptionState::Deleted) {
        let text = format!(
            "The subscription '{id}' is disabled and therefore marked as read only. You cannot perform any write \
             actions on this subscription until it is re-enabled."
        );
        return Err(ErrorReply::new(StatusCode::CONFLICT, "ReadOnlyDisabledSubscription", text));
    }
    Ok(subscription)
}

/// A subscription trusts one directory: apps of others see nothing of it.
fn is_visible(call: &Call<'_>, subscription: &Subscription) -> bool {
    subscription.tenant_id == Some(call.claims.tid) && call.sees(&subscription.id)
}

fn shown(subscription: &state::Subscription) -> Subscription {
    Subscription {
        id: format!("/subscriptions/{}", subscription.id),
        subscription_id: subscription.id,
        display_name: subscription.name.clone(),
        tenant_id: Some(subscription.tenant),
        state: subscription.state.clone(),
    }
}

/// A few; the twin is nowhere.
pub(super) const LOCATIONS: [(&str, &str); 5] = [
    ("westeurope", "West Europe"),
    ("northeurope", "North Europe"),
    ("germanywestcentral", "Germany West Central"),
    ("eastus", "East US"),
    ("westus2", "West US 2"),
];
