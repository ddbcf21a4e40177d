//! What the caller may do at a scope.

use axum::Json;
use axum::response::IntoResponse as _;
use azure_types::arm::Page;
use azure_types::permission::Permission;

use super::Answer;
use super::call::Call;

/// All entries that hold there, inherited ones included. A caller that sees nothing of the scope is refused.
pub(super) fn list(call: &Call<'_>, scope: &str) -> Answer {
    if !call.sees(scope) {
        call.must("Microsoft.Authorization/permissions/read", scope)?;
    }
    let now = call.backend.now();
    let value: Vec<Permission> = call.backend.state().permissions(call.claims.oid, scope, now).collect();
    Ok(Json(Page { value, next_link: None }).into_response())
}
