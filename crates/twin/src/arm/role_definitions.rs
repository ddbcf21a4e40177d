//! Role definitions: the built-in ones, and those that somebody makes.

use axum::Json;
use axum::http::StatusCode;
use axum::response::IntoResponse as _;
use azure_types::arm::Page;
use azure_types::permission::Permission;
use serde::Deserialize;
use serde_json::{Value, json};
use uuid::Uuid;

use super::Answer;
use super::call::Call;
use crate::error_reply::ErrorReply;
use crate::filter::equals;
use crate::state::{Role, covers};

#[derive(Deserialize)]
struct Body {
    properties: Properties,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Properties {
    role_name: String,
    #[serde(default)]
    description: Option<String>,
    permissions: Vec<Permission>,
    assignable_scopes: Vec<String>,
}

/// Roles that may be assigned at a scope.
pub(super) fn list(call: &Call<'_>, scope: &str) -> Answer {
    call.must("Microsoft.Authorization/roleDefinitions/read", scope)?;
    let filter = call.query.get("$filter").map(String::as_str).unwrap_or_default();
    let (name, kind) = (equals(filter, "roleName"), equals(filter, "type"));
    let state = call.backend.state();
    let value: Vec<Value> = state
        .roles()
        .filter(|role| {
            role.assignable_scopes
                .iter()
                .any(|assignable| covers(assignable, scope) || covers(scope, assignable))
        })
        .filter(|role| name.as_ref().is_none_or(|name| role.name.eq_ignore_ascii_case(name)))
        .filter(|role| kind.as_ref().is_none_or(|kind| kind.eq_ignore_ascii_case(kind_of(role))))
        .map(|role| shown(role, scope))
        .collect();
    Ok(Json(Page { value, next_link: None }).into_response())
}

pub(super) fn show(call: &Call<'_>, scope: &str, id: &str) -> Answer {
    call.must("Microsoft.Authorization/roleDefinitions/read", scope)?;
    let state = call.backend.state();
    let role = parse(id).ok().and_then(|id| state.role(id));
    role.map(|role| Json(shown(role, scope)).into_response()).ok_or_else(|| missing(id))
}

/// Makes or changes a role: 201 in either case.
pub(super) fn put(call: &Call<'_>, scope: &str, id: &str) -> Answer {
    call.must("Microsoft.Authorization/roleDefinitions/write", scope)?;
    let id = parse(id)?;
    let Properties { role_name, description, permissions, assignable_scopes } =
        call.json::<Body>()?.properties;
    if assignable_scopes.is_empty() || permissions.is_empty() {
        let text = "The role definition needs permissions and assignable scopes.";
        return Err(ErrorReply::bad_request("InvalidRoleDefinition", text));
    }
    let now = call.backend.now();
    let state = call.backend.state();
    if state.role(id).is_some_and(|role| !role.is_custom) {
        let text = "A built-in role definition cannot be changed.";
        return Err(ErrorReply::new(StatusCode::FORBIDDEN, "RoleDefinitionIsReadOnly", text));
    }
    if state.roles().any(|role| role.id != id && role.name.eq_ignore_ascii_case(&role_name)) {
        let text =
            format!("A custom role with the same name '{role_name}' already exists in this directory.");
        return Err(ErrorReply::new(StatusCode::CONFLICT, "RoleDefinitionWithSameNameExists", text));
    }
    let created_at = state.role(id).map_or(now, |role| role.created_at);
    drop(state);
    let role = Role {
        description: description.unwrap_or_default(),
        assignable_scopes,
        created_at,
        ..Role::custom(id, &role_name, permissions, now)
    };
    let answer = Json(shown(&role, scope));
    call.backend.change_state(|state| {
        state.custom_roles.retain(|other| other.id != id);
        state.custom_roles.push(role);
    });
    Ok((StatusCode::CREATED, answer).into_response())
}

/// Removes a role that nobody has.
pub(super) fn delete(call: &Call<'_>, scope: &str, id: &str) -> Answer {
    call.must("Microsoft.Authorization/roleDefinitions/delete", scope)?;
    let id = parse(id)?;
    let state = call.backend.state();
    let Some(role) = state.custom_roles.iter().find(|role| role.id == id).cloned() else {
        return Ok(StatusCode::NO_CONTENT.into_response());
    };
    if state.assignments.iter().any(|assignment| assignment.role == id) {
        let text = "There are existing role assignments referencing role.";
        return Err(ErrorReply::bad_request("RoleDefinitionHasAssignments", text));
    }
    drop(state);
    call.backend.change_state(|state| state.custom_roles.retain(|role| role.id != id));
    Ok(Json(shown(&role, scope)).into_response())
}

/// The ARM id of a role, which has only the subscription of the scope in it.
pub(super) fn resource_id(role: Uuid, scope: &str) -> String {
    let subscription: Vec<&str> = scope.split('/').take(3).collect();
    let prefix = if scope.to_ascii_lowercase().starts_with("/subscriptions/") {
        subscription.join("/")
    } else {
        String::new()
    };
    format!("{prefix}/providers/Microsoft.Authorization/roleDefinitions/{role}")
}

fn shown(role: &Role, scope: &str) -> Value {
    json!({
        "id": resource_id(role.id, scope),
        "name": role.id,
        "type": "Microsoft.Authorization/roleDefinitions",
        "properties": {
            "roleName": role.name,
            "type": kind_of(role),
            "description": role.description,
            "assignableScopes": role.assignable_scopes,
            "permissions": role.permissions,
            "createdOn": role.created_at,
            "updatedOn": role.updated_at,
        },
    })
}

fn kind_of(role: &Role) -> &'static str {
    if role.is_custom { "CustomRole" } else { "BuiltInRole" }
}

/// Names of roles and assignments are GUIDs that the caller chose.
pub(super) fn parse(id: &str) -> Result<Uuid, ErrorReply> {
    Uuid::try_parse(id).map_err(|_| {
        let text = format!("The identifier '{id}' is not valid: it must be a GUID.");
        ErrorReply::bad_request("InvalidRoleDefinitionOrAssignmentId", text)
    })
}

fn missing(id: &str) -> ErrorReply {
    let text = format!("The specified role definition with ID '{id}' does not exist.");
    ErrorReply::new(StatusCode::NOT_FOUND, "RoleDefinitionDoesNotExist", text)
}
