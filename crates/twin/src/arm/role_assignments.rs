//! Role assignments: who has which role where.

use axum::Json;
use axum::http::StatusCode;
use axum::response::IntoResponse as _;
use azure_types::arm::Page;
use azure_types::ids::PrincipalId;
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use serde_json::{Value, json};
use uuid::Uuid;

use super::Answer;
use super::call::Call;
use super::role_definitions::{parse, resource_id};
use crate::error_reply::ErrorReply;
use crate::filter::{argument, equals};
use crate::state::{Assignment, State, covers};

#[derive(Deserialize)]
struct Body {
    properties: Properties,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Properties {
    role_definition_id: String,
    principal_id: PrincipalId,
}

/// Assignments at a scope, above it and below it, as far as the filter wants them.
pub(super) fn list(call: &Call<'_>, scope: &str) -> Answer {
    call.must("Microsoft.Authorization/roleAssignments/read", scope)?;
    let filter = call.query.get("$filter").map(String::as_str).unwrap_or_default();
    let at_scope = filter.to_ascii_lowercase().contains("atscope()");
    let principal = equals(filter, "principalId").or_else(|| argument(filter, "assignedTo"));
    let state = call.backend.state();
    let value: Vec<Value> = state
        .assignments
        .iter()
        .filter(|one| covers(&one.scope, scope) || (!at_scope && covers(scope, &one.scope)))
        .filter(|one| principal.as_ref().is_none_or(|wanted| one.principal.to_string() == *wanted))
        .map(shown)
        .collect();
    Ok(Json(Page { value, next_link: None }).into_response())
}

pub(super) fn show(call: &Call<'_>, scope: &str, id: &str) -> Answer {
    call.must("Microsoft.Authorization/roleAssignments/read", scope)?;
    let id = parse(id)?;
    let state = call.backend.state();
    let found = state.assignments.iter().find(|one| one.id == id);
    found.map(|one| Json(shown(one)).into_response()).ok_or_else(|| {
        let text = format!("The role assignment '{id}' is not found.");
        ErrorReply::new(StatusCode::NOT_FOUND, "RoleAssignmentNotFound", text)
    })
}

/// Gives a role; it counts once Azure has told everybody.
pub(super) fn put(call: &Call<'_>, scope: &str, id: &str) -> Answer {
    call.must("Microsoft.Authorization/roleAssignments/write", scope)?;
    let id = parse(id)?;
    let properties = call.json::<Body>()?.properties;
    let role = parse(properties.role_definition_id.rsplit('/').next().unwrap_or_default())?;
    let principal = properties.principal_id;
    let now = call.backend.now();
    call.backend.change_state(|state| assign(call, state, Wanted { scope, id, role, principal, now }))
}

/// An assignment to be made.
struct Wanted<'a> {
    scope: &'a str,
    id: Uuid,
    role: Uuid,
    principal: PrincipalId,
    now: Timestamp,
}

fn assign(call: &Call<'_>, state: &mut State, wanted: Wanted<'_>) -> Answer {
    let Wanted { scope, id, role, principal, now } = wanted;
    if state.role(role).is_none() {
        let text = format!("The specified role definition with ID '{role}' does not exist.");
        return Err(ErrorReply::new(StatusCode::NOT_FOUND, "RoleDefinitionDoesNotExist", text));
    }
    if state.app_of(principal).is_none() {
        let text = format!(
            "Principal {} does not exist in the directory {}.",
            principal.guid().simple(),
            call.claims.tid
        );
        return Err(ErrorReply::bad_request("PrincipalNotFound", text));
    }
    let same = |one: &&Assignment| {
        one.principal == principal && one.role == role && one.scope.eq_ignore_ascii_case(scope)
    };
    match state.assignments.iter().find(same) {
        Some(there) if there.id == id => return Ok(Json(shown(there)).into_response()),
        Some(there) => {
            let text = format!(
                "The role assignment already exists. The ID of the existing role assignment is {}.",
                there.id.simple()
            );
            return Err(ErrorReply::new(StatusCode::CONFLICT, "RoleAssignmentExists", text));
        }
        None => {}
    }
    let wait = SignedDuration::from_secs(state.behaviour.assignment_seconds);
    let active_at = clock::after(now, wait);
    let made = Assignment { id, principal, scope: scope.to_owned(), role, created_at: now, active_at };
    let answer = Json(shown(&made));
    state.assignments.push(made);
    Ok((StatusCode::CREATED, answer).into_response())
}

/// Takes a role away.
pub(super) fn delete(call: &Call<'_>, scope: &str, id: &str) -> Answer {
    call.must("Microsoft.Authorization/roleAssignments/delete", scope)?;
    let id = parse(id)?;
    let taken = call.backend.change_state(|state| {
        let at = state.assignments.iter().position(|one| one.id == id)?;
        Some(state.assignments.remove(at))
    });
    Ok(match taken {
        Some(taken) => Json(shown(&taken)).into_response(),
        None => StatusCode::NO_CONTENT.into_response(),
    })
}

fn shown(assignment: &Assignment) -> Value {
    let scope = assignment.scope.trim_end_matches('/');
    json!({
        "id": format!("{scope}/providers/Microsoft.Authorization/roleAssignments/{}", assignment.id),
        "name": assignment.id,
        "type": "Microsoft.Authorization/roleAssignments",
        "properties": {
            "roleDefinitionId": resource_id(assignment.role, scope),
            "principalId": assignment.principal,
            "principalType": "ServicePrincipal",
            "scope": assignment.scope,
            "createdOn": assignment.created_at,
            "updatedOn": assignment.created_at,
        },
    })
}
