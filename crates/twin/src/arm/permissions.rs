//! What the caller may do at a scope.

use axum::Json;
use axum::response::{IntoResponse as _, Response};
use azure_types::arm::Page;
use azure_types::permission::Permission;

use super::Caller;
use crate::refusal::Refusal;
use crate::state::State;

/// All entries that hold there, inherited ones included. Whoever sees nothing of the scope is refused.
pub(super) fn list(state: &State, caller: &Caller, scope: &str) -> Result<Response, Refusal> {
    if !caller.sees(state, scope) {
        caller.must(state, "Microsoft.Authorization/permissions/read", scope)?;
    }
    let value: Vec<Permission> = state.world().permissions(caller.0.oid, scope).collect();
    Ok(Json(Page { value, next_link: None }).into_response())
}
