//! `Microsoft.Authorization`, which hangs below any scope.

use super::call::Call;
use super::{Answer, permissions, role_assignments, role_definitions, unknown};

/// Finds who answers what comes behind `/providers/Microsoft.Authorization/`.
pub(super) fn dispatch(call: &Call<'_>, scope: &str, rest: &[String]) -> Answer {
    let kind = rest.first().map(|kind| kind.to_ascii_lowercase()).unwrap_or_default();
    let name = rest.get(1).map(String::as_str);
    match (kind.as_str(), call.method.as_str(), name) {
        ("permissions", "GET", None) => permissions::list(call, scope),
        ("roledefinitions", "GET", None) => role_definitions::list(call, scope),
        ("roledefinitions", "GET", Some(id)) => role_definitions::show(call, scope, id),
        ("roledefinitions", "PUT", Some(id)) => role_definitions::put(call, scope, id),
        ("roledefinitions", "DELETE", Some(id)) => role_definitions::delete(call, scope, id),
        ("roleassignments", "GET", None) => role_assignments::list(call, scope),
        ("roleassignments", "GET", Some(id)) => role_assignments::show(call, scope, id),
        ("roleassignments", "PUT", Some(id)) => role_assignments::put(call, scope, id),
        ("roleassignments", "DELETE", Some(id)) => role_assignments::delete(call, scope, id),
        _ => Err(unknown(call)),
    }
}
